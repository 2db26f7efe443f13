//! Avatars: a picture that a friend chose, or a disc in a colour that belongs to the account, with the name's first
//! letter. Both carry their own round alpha, as the software renderer clips square.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use ipc_schema::presence;
use qq_slint_ui::{Face, Presence};
use slint::{Color, Image, Rgba8Pixel, SharedPixelBuffer};

/// The side of a picture in pixels: an avatar of 72 px at scale 2, about.
const SIDE: u32 = 144;
/// The largest avatar that a server takes, in bytes.
const PICTURE_MAX: usize = 32 << 10;
/// Colours on which white has at least 4.5 : 1.
const COLOURS: [u32; 8] =
    [0x0b_6b_d3, 0x7a_3f_c4, 0x0f_7a_56, 0xb0_3a_5b, 0xa3_55_00, 0x4a_55_c9, 0x2f_74_33, 0x8f_3f_8a];

/// The pictures that are here, by their names.
#[derive(Default)]
pub(crate) struct Faces {
    pictures: RefCell<HashMap<String, Option<Image>>>,
}

impl Faces {
    /// The face of an account that shows itself as `shown`.
    pub(crate) fn face(&self, account: &str, shown: &str, picture: &str, presence: Presence) -> Face {
        let from = COLOURS[usize::from(hash(account)) % COLOURS.len()];
        let picture = self.pictures.borrow().get(picture).cloned().flatten();
        Face {
            initial: initial(shown).into(),
            from: rgb(from),
            has_picture: picture.is_some(),
            picture: picture.unwrap_or_default(),
            presence,
        }
    }

    /// Whether a picture of this name has to be asked for; from then on it counts as asked.
    pub(crate) fn lacks(&self, picture: &str) -> bool {
        let mut pictures = self.pictures.borrow_mut();
        if picture.is_empty() || pictures.contains_key(picture) {
            return false;
        }
        pictures.insert(picture.to_owned(), None);
        true
    }

    /// A picture lies in this file; false when it cannot be shown.
    pub(crate) fn keep(&self, picture: &str, path: &Path) -> bool {
        let Some(image) = load(path) else { return false };
        self.pictures.borrow_mut().insert(picture.to_owned(), Some(image));
        true
    }

    /// What could not be fetched is asked for again.
    pub(crate) fn forget(&self, picture: &str) {
        self.pictures.borrow_mut().remove(picture);
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
    let bytes = std::fs::read(path).ok()?;
    let whole = image::load_from_memory(&bytes).ok()?;
    let square = whole.resize_to_fill(SIDE, SIDE, image::imageops::FilterType::Triangle).to_rgba8();
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::clone_from_slice(square.as_raw(), SIDE, SIDE);
    round(&mut buffer);
    Some(Image::from_rgba8(buffer))
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
/// When the file cannot be read, or is no PNG or JPEG.
pub(crate) fn read(path: &Path) -> anyhow::Result<image::DynamicImage> {
    use image::ImageDecoder;
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
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
pub(crate) fn cut(whole: &image::DynamicImage, square: Square) -> anyhow::Result<std::path::PathBuf> {
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
}
