//! One's own picture: opened, looked at, and a square of it cut out, on a thread of its own, since a photograph has many
//! pixels.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use image::{DynamicImage, ImageDecoder, ImageReader};
use qq_slint_ui::{Say, Voice};
use slint::ComponentHandle;

use super::PICTURE_MAX;
use super::load::{self, Pixels, Unread};
use crate::link::{Inbox, News};
use crate::words;

/// The largest file that somebody may choose a picture from, in bytes.
const FILE_MAX: u64 = 32 << 20;
/// The most memory that its pixels may take, in bytes: 64 million of them in colours.
const MEMORY_MAX: u64 = 192 << 20;
/// The longest side in which a picture is shown while a square of it is chosen: not larger than the screen needs.
const SHOWN: u32 = 1_024;

/// Which square of a picture is cut out: its corner and its side, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Square {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) side: u32,
}

/// What goes wrong with a picture of one's own.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It is a directory, a device, a pipe.
    NoFile,
    /// The file is larger than [`FILE_MAX`].
    Large,
    /// It is no PNG or JPEG, or a damaged one.
    NoPicture,
    /// It has more pixels than there is memory for.
    Pixels,
    /// It does not become as small as servers take it.
    Unshrinkable,
    /// Another one is still being opened.
    Busy,
    /// The file cannot be read or written.
    File(PathBuf, std::io::Error),
}

impl Problem {
    /// As a sentence in the window's language.
    pub(crate) fn said(&self, voice: &Voice) -> String {
        let word = match self {
            Self::NoFile => "no-file",
            Self::Large => "large",
            Self::NoPicture => "no-picture",
            Self::Pixels => "pixels",
            Self::Unshrinkable => "unshrinkable",
            Self::Busy => "busy",
            Self::File(path, error) => return words::file(voice, path, error),
        };
        voice.global::<Say>().invoke_picture_problem(word.into(), (FILE_MAX >> 20).to_string().into()).into()
    }
}

/// A picture that was opened, and the small one that is shown of it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) whole: Arc<DynamicImage>,
    pub(crate) shown: Pixels,
}

/// What the thread is to do.
pub(crate) enum Work {
    Open(PathBuf),
    Cut(Arc<DynamicImage>, Square),
}

/// What it has done.
pub(crate) enum Done {
    Opened(Result<Opened, Problem>),
    /// The file of the square; whoever takes it removes it.
    Cut(Result<PathBuf, Problem>),
}

/// Starts the thread; what is done lies in the inbox with the number that it was asked under. It ends with its sender.
pub(crate) fn worker(inbox: Arc<Inbox>) -> SyncSender<(u64, Work)> {
    let (sender, works) = sync_channel(1);
    // Without a thread the channel is closed: that is said as being busy.
    let _ = std::thread::Builder::new().name("picture".into()).spawn(move || {
        for (turn, work) in works {
            let done = match work {
                Work::Open(path) => Done::Opened(read(&path).map(opened)),
                Work::Cut(whole, square) => Done::Cut(cut(&whole, square)),
            };
            inbox.put(News::Own(turn, done));
        }
    });
    sender
}

/// Reads a picture that somebody took, the right way up.
fn read(path: &Path) -> Result<DynamicImage, Problem> {
    let bytes = load::bytes(path, FILE_MAX).map_err(|unread| match unread {
        Unread::NoFile => Problem::NoFile,
        Unread::Large => Problem::Large,
        Unread::Failed(error) => Problem::File(path.to_owned(), error),
    })?;
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| Problem::File(path.to_owned(), error))?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    // The decoders reserve what they need beside the pixels, not the pixels themselves.
    if decoder.total_bytes() > MEMORY_MAX {
        return Err(Problem::Pixels);
    }
    let turned = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut whole = DynamicImage::from_decoder(decoder).map_err(refused)?;
    whole.apply_orientation(turned);
    Ok(whole)
}

fn refused(error: image::ImageError) -> Problem {
    if matches!(error, image::ImageError::Limits(_)) { Problem::Pixels } else { Problem::NoPicture }
}

/// With the small one beside it.
pub(crate) fn opened(whole: DynamicImage) -> Opened {
    let small = if whole.width().max(whole.height()) > SHOWN {
        whole.resize(SHOWN, SHOWN, image::imageops::FilterType::Triangle).to_rgba8()
    } else {
        whole.to_rgba8()
    };
    let (width, height) = small.dimensions();
    Opened { whole: Arc::new(whole), shown: Pixels::clone_from_slice(small.as_raw(), width, height) }
}

/// Cuts a square out of a picture, as servers take it (at most 32 KiB), into a file of one's own.
fn cut(whole: &DynamicImage, square: Square) -> Result<PathBuf, Problem> {
    let whole = whole.crop_imm(square.x, square.y, square.side, square.side);
    let dir = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let file = dir.join(format!("qq-slint-{}.jpg", uuid::Uuid::new_v4().simple()));
    for (side, quality) in [(256, 85), (256, 60), (192, 60), (128, 50)] {
        let square = whole.resize_to_fill(side, side, image::imageops::FilterType::Lanczos3).to_rgb8();
        let mut coded = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut coded, quality);
        square.write_with_encoder(encoder).map_err(|_| Problem::NoPicture)?;
        if coded.len() <= PICTURE_MAX {
            std::fs::write(&file, coded).map_err(|error| Problem::File(file.clone(), error))?;
            return Ok(file);
        }
    }
    Err(Problem::Unshrinkable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_chosen_from_files_of_a_size_and_from_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holiday.png");
        image::RgbImage::new(3, 2).save(&path).unwrap();
        assert_eq!(read(&path).unwrap().width(), 3);
        for no_file in [Path::new("/dev/zero"), dir.path()] {
            assert!(matches!(read(no_file), Err(Problem::NoFile)));
        }
        assert!(matches!(read(&dir.path().join("none")), Err(Problem::File(..))));
        std::fs::write(&path, "no picture").unwrap();
        assert!(matches!(read(&path), Err(Problem::NoPicture)));
        std::fs::File::create(&path).unwrap().set_len(FILE_MAX + 1).unwrap();
        assert!(matches!(read(&path), Err(Problem::Large)));
    }

    /// A small file whose head promises 60,000 x 60,000 pixels.
    #[test]
    fn a_picture_of_more_pixels_than_there_is_memory_is_refused_before_it_is_decoded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bomb.png");
        let mut encoder = png::Encoder::new(std::fs::File::create(&path).unwrap(), 60_000, 60_000);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().unwrap();
        writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]).unwrap();
        drop(writer);
        assert!(std::fs::metadata(&path).unwrap().len() < 200);
        assert!(matches!(read(&path), Err(Problem::Pixels)));
    }
}
