//! Avatars: a picture that a friend chose, or a disc in a colour that belongs to the account, with the name's first
//! letter. Both carry their own round alpha, as the software renderer clips square.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ipc_schema::presence;
use ipc_schema::state::Account;
use qq_slint_ui::{Face, Presence};
use slint::{Color, Image, Rgba8Pixel, SharedPixelBuffer};

/// The side of a picture in pixels: an avatar of 72 px at scale 2, about.
const SIDE: u32 = 144;
/// The largest avatar that a server takes, in bytes.
const PICTURE_MAX: usize = 32 << 10;
/// The longest side of a picture of others that is decoded, in pixels.
const SIDE_MAX: u32 = 2_048;
/// The most memory that decoding one may take, in bytes.
const MEMORY_MAX: u64 = 32 << 20;
/// The largest file that somebody may choose a picture from, in bytes.
const FILE_MAX: u64 = 32 << 20;
/// So many pictures are asked for at once: well below what the line to the daemon holds.
const AT_ONCE: usize = 32;
/// Colours on which white has at least 4.5 : 1.
const COLOURS: [u32; 8] =
    [0x0b_6b_d3, 0x7a_3f_c4, 0x0f_7a_56, 0xb0_3a_5b, 0xa3_55_00, 0x4a_55_c9, 0x2f_74_33, 0x8f_3f_8a];

/// How far a picture is that the mirror names.
enum Known {
    /// It waits for its turn, is asked for, or there is none.
    Asked,
    /// It could not be fetched; asked for again when the daemon or the relay is back.
    Failed,
    Here(Image),
}

/// Whose picture is to be asked for: the account, its friend unless it is its own, and the picture's name.
type Wanted = (String, Option<String>, String);

/// The pictures that are here, by their names.
#[derive(Default)]
pub(crate) struct Faces {
    pictures: RefCell<HashMap<String, Known>>,
    /// Those that wait until fewer are asked for.
    waiting: RefCell<VecDeque<Wanted>>,
    /// How many are asked for now.
    asked: Cell<usize>,
}

impl Faces {
    /// The face of an account that shows itself as `shown`.
    pub(crate) fn face(&self, account: &str, shown: &str, picture: &str, presence: Presence) -> Face {
        let from = COLOURS[usize::from(hash(account)) % COLOURS.len()];
        let picture = match self.pictures.borrow().get(picture) {
            Some(Known::Here(picture)) => Some(picture.clone()),
            Some(Known::Asked | Known::Failed) | None => None,
        };
        Face {
            initial: initial(shown).into(),
            from: rgb(from),
            has_picture: picture.is_some(),
            picture: picture.unwrap_or_default(),
            presence,
        }
    }

    /// Takes what the mirror names now: what is new waits to be asked for, and what nobody has any more is dropped.
    pub(crate) fn want(&self, accounts: &[Account]) {
        let mut pictures = self.pictures.borrow_mut();
        let mut waiting = self.waiting.borrow_mut();
        let mut named = HashSet::new();
        for account in accounts {
            let friends = account.groups.iter().flat_map(|group| &group.friends);
            let friends = friends.map(|friend| (Some(&friend.account), friend.picture.as_str()));
            for (friend, picture) in std::iter::once((None, account.picture.as_str())).chain(friends) {
                if !picture.is_empty() && named.insert(picture) && !pictures.contains_key(picture) {
                    pictures.insert(picture.to_owned(), Known::Asked);
                    waiting.push_back((account.account.clone(), friend.cloned(), picture.to_owned()));
                }
            }
        }
        if pictures.len() > named.len() {
            pictures.retain(|picture, _| named.contains(picture.as_str()));
            waiting.retain(|(_, _, picture)| named.contains(picture.as_str()));
        }
    }

    /// The next picture to ask for, unless enough are asked for already. Each has to be [`Faces::answered`].
    pub(crate) fn next(&self) -> Option<Wanted> {
        if self.asked.get() >= AT_ONCE {
            return None;
        }
        let next = self.waiting.borrow_mut().pop_front()?;
        self.asked.set(self.asked.get() + 1);
        Some(next)
    }

    /// The answer has come: the picture lies in this file, there is none, or it could not be fetched.
    /// Gives whether now is the time to show those that came: some at once, or each of the last few.
    pub(crate) fn answered(&self, picture: &str, path: Result<Option<PathBuf>, ()>) -> bool {
        self.asked.set(self.asked.get().saturating_sub(1));
        let known = match path {
            Ok(path) => path.and_then(|path| load(&path)).map_or(Known::Asked, Known::Here),
            Err(()) => Known::Failed,
        };
        // One that nobody has any more was dropped meanwhile.
        if let Some(place) = self.pictures.borrow_mut().get_mut(picture) {
            *place = known;
        }
        self.waiting.borrow().len().is_multiple_of(AT_ONCE)
    }

    /// What could not be fetched is asked for again.
    pub(crate) fn retry(&self) {
        self.pictures.borrow_mut().retain(|_, known| !matches!(known, Known::Failed));
    }
}

/// A presence in the window's words.
pub(crate) fn presence(state: presence::State, invisible: bool) -> Presence {
    if invisible {
        return Presence::Invisible;
    }
    match state {
        presence::State::Online => Presence::Online,
        presence::State::Away => Presence::Away,
        presence::State::Busy => Presence::Busy,
        presence::State::Offline => Presence::Offline,
    }
}

fn rgb(hex: u32) -> Color {
    Color::from_argb_encoded(0xff00_0000 | hex)
}

/// The first letter or digit; a sign when there is none.
fn initial(shown: &str) -> String {
    shown
        .chars()
        .find(|letter| letter.is_alphanumeric())
        .map_or_else(|| "☺".to_owned(), |letter| letter.to_uppercase().collect())
}

/// The same colour on every computer: FNV-1a over the account, folded to a byte.
fn hash(account: &str) -> u8 {
    let hash = account
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let [a, b, c, d] = hash.to_le_bytes();
    a ^ b ^ c ^ d
}

/// Reads a picture, cuts it square, and makes its corners transparent.
fn load(path: &Path) -> Option<Image> {
    let bytes = bytes(path, PICTURE_MAX as u64).ok()?;
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok()?;
    // It is somebody else's file: a small one may decode to a gigabyte.
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let whole = reader.decode().ok()?;
    let square = whole.resize_to_fill(SIDE, SIDE, image::imageops::FilterType::Triangle).to_rgba8();
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::clone_from_slice(square.as_raw(), SIDE, SIDE);
    round(&mut buffer);
    Some(Image::from_rgba8(buffer))
}

/// Reads a file that is one and has at most so many bytes: no device, which has no end, and no pipe, which waits.
fn bytes(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let refuse = |why| Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
    if !std::fs::metadata(path)?.is_file() {
        return refuse("this is no file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return refuse(format!("it is larger than {} MiB; choose a smaller one", most >> 20));
    }
    Ok(bytes)
}

/// Which square of a picture is cut out: its corner and its side, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Square {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) side: u32,
}

/// Reads a picture that somebody took, the right way up.
///
/// # Errors
/// When the file cannot be read, is no file or larger than 32 MiB, or is no PNG or JPEG.
pub(crate) fn read(path: &Path) -> anyhow::Result<image::DynamicImage> {
    use image::ImageDecoder;
    let bytes = bytes(path, FILE_MAX).with_context(|| path.display().to_string())?;
    let reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format()?;
    let mut decoder = reader.into_decoder().context("this is no PNG or JPEG")?;
    let turned = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut whole = image::DynamicImage::from_decoder(decoder).context("this is no PNG or JPEG")?;
    whole.apply_orientation(turned);
    Ok(whole)
}

/// A picture as it is shown while a square of it is chosen: not larger than the screen needs.
pub(crate) fn shown(whole: &image::DynamicImage) -> Image {
    const LARGEST: u32 = 1_024;
    let small = if whole.width().max(whole.height()) > LARGEST {
        whole.resize(LARGEST, LARGEST, image::imageops::FilterType::Triangle).to_rgba8()
    } else {
        whole.to_rgba8()
    };
    let (width, height) = small.dimensions();
    Image::from_rgba8(SharedPixelBuffer::<Rgba8Pixel>::clone_from_slice(small.as_raw(), width, height))
}

/// Cuts a square out of a picture, as servers take it (at most 32 KiB), into a file of one's own.
///
/// # Errors
/// When the file cannot be written, or the picture not be made small enough.
pub(crate) fn cut(whole: &image::DynamicImage, square: Square) -> anyhow::Result<PathBuf> {
    let whole = whole.crop_imm(square.x, square.y, square.side, square.side);
    let dir = std::env::var_os("XDG_RUNTIME_DIR").context("XDG_RUNTIME_DIR is not set")?;
    let file = Path::new(&dir).join(format!("qq-slint-{}.jpg", std::process::id()));
    for (side, quality) in [(256, 85), (256, 60), (192, 60), (128, 50)] {
        let square = whole.resize_to_fill(side, side, image::imageops::FilterType::Lanczos3).to_rgb8();
        let mut coded = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut coded, quality).encode_image(&square)?;
        if coded.len() <= PICTURE_MAX {
            std::fs::write(&file, coded)?;
            return Ok(file);
        }
    }
    anyhow::bail!("this picture cannot be made small enough")
}

fn round(buffer: &mut SharedPixelBuffer<Rgba8Pixel>) {
    #[expect(clippy::cast_precision_loss, reason = "a side of some hundred pixels")]
    let (width, radius) = (buffer.width(), buffer.width() as f32 / 2.0);
    for (at, pixel) in (0_u32..).zip(buffer.make_mut_slice()) {
        #[expect(clippy::cast_precision_loss, reason = "a side of some hundred pixels")]
        let (x, y) = ((at % width) as f32 + 0.5 - radius, (at / width) as f32 + 0.5 - radius);
        let inside = (radius - x.hypot(y)).clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255 times 0 to 1")]
        let alpha = (f32::from(pixel.a) * inside) as u8;
        pixel.a = alpha;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_colour_and_a_letter_of_its_shown_name() {
        assert_eq!(hash("alice"), hash("alice"));
        assert_eq!(initial("陈雨桐"), "陈");
        assert_eq!(initial("  (bob)"), "B");
        assert_eq!(initial("…"), "☺");
    }

    #[test]
    fn a_round_picture_is_clear_in_its_corners_and_full_in_its_middle() {
        let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(SIDE, SIDE);
        buffer.make_mut_slice().fill(Rgba8Pixel { r: 1, g: 2, b: 3, a: 255 });
        round(&mut buffer);
        let pixels = buffer.as_slice();
        assert_eq!(pixels[0].a, 0);
        assert_eq!(pixels[(SIDE / 2 * SIDE + SIDE / 2) as usize].a, 255);
    }

    #[test]
    fn a_small_file_that_decodes_to_a_large_picture_is_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("face.png");
        image::RgbImage::from_pixel(300, 200, image::Rgb([9, 8, 7])).save(&path).unwrap();
        assert!(load(&path).is_some());
        for (width, height) in [(SIDE_MAX + 1, 1), (1, SIDE_MAX + 1)] {
            image::GrayImage::new(width, height).save(&path).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() < PICTURE_MAX as u64);
            assert!(load(&path).is_none(), "{width} x {height}");
        }
    }

    #[test]
    fn a_picture_is_chosen_from_files_of_a_size_and_from_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holiday.png");
        image::RgbImage::new(3, 2).save(&path).unwrap();
        assert_eq!(read(&path).unwrap().width(), 3);
        for no_file in [Path::new("/dev/zero"), dir.path()] {
            assert!(format!("{:#}", read(no_file).unwrap_err()).contains("this is no file"));
        }
        std::fs::File::create(&path).unwrap().set_len(FILE_MAX + 1).unwrap();
        assert!(format!("{:#}", read(&path).unwrap_err()).contains("larger than 32 MiB"));
    }

    fn named(pictures: std::ops::Range<usize>) -> Vec<Account> {
        let friend = |n| ipc_schema::friend::Entry {
            account: format!("f{n}"),
            picture: format!("p{n}"),
            ..ipc_schema::friend::Entry::default()
        };
        let group =
            ipc_schema::friend::Group { name: "friend".into(), friends: pictures.map(friend).collect() };
        vec![Account { account: "alice@mock".into(), groups: vec![group], ..Account::default() }]
    }

    #[test]
    fn of_many_pictures_some_are_asked_for_at_once_and_each_once() {
        let faces = Faces::default();
        let all = named(0..1_000);
        faces.want(&all);
        let mut asked: Vec<_> = std::iter::from_fn(|| faces.next()).collect();
        assert_eq!(asked.len(), AT_ONCE);
        let mut shown = 0;
        for at in 0..1_000 {
            shown += usize::from(faces.answered(&format!("p{at}"), Err(())));
            faces.want(&all);
            asked.extend(std::iter::from_fn(|| faces.next()));
        }
        let asked: Vec<_> = asked.into_iter().map(|(_, _, picture)| picture).collect();
        assert_eq!(asked, (0..1_000).map(|n| format!("p{n}")).collect::<Vec<_>>(), "none again by itself");
        assert!((AT_ONCE..100).contains(&shown), "{shown}");
        faces.retry();
        faces.want(&all);
        assert!(faces.next().is_some(), "what failed is asked for when somebody says so");
    }

    #[test]
    fn a_picture_that_nobody_has_any_more_goes() {
        let faces = Faces::default();
        faces.want(&named(0..40));
        while faces.next().is_some() {}
        faces.want(&named(39..41));
        assert_eq!(faces.pictures.borrow().len(), 2);
        assert_eq!(faces.waiting.borrow().len(), 2);
        faces.answered("p0", Err(()));
        assert_eq!(faces.pictures.borrow().len(), 2, "nor does a late answer bring it back");
    }
}
