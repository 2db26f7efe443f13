//! Pictures of others, read and decoded on a thread of their own: it is somebody else's file.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use slint::{Rgba8Pixel, SharedPixelBuffer};

use super::{AT_ONCE, PICTURE_MAX};
use crate::link::{Inbox, News};

/// The side of a picture in pixels: an avatar of 72 px at scale 2, about.
const SIDE: u32 = 144;
/// The longest side of a picture of others that is decoded, in pixels.
const SIDE_MAX: u32 = 2_048;
/// The most memory that decoding one may take, in bytes.
const MEMORY_MAX: u64 = 32 << 20;

/// A picture as it is shown.
pub(crate) type Pixels = SharedPixelBuffer<Rgba8Pixel>;

/// A picture to be read, by its name.
pub(crate) struct Read {
    pub(super) picture: String,
    pub(super) path: PathBuf,
}

/// Starts the thread; what it has decoded lies in the inbox. It ends with the program.
pub(crate) fn reader(inbox: Arc<Inbox>) -> SyncSender<Read> {
    let (sender, reads) = sync_channel::<Read>(AT_ONCE);
    // Without a thread the channel is closed: the letters are shown.
    let _ = std::thread::Builder::new().name("faces".into()).spawn(move || {
        for Read { picture, path } in reads {
            let pixels = load(&path);
            inbox.put(News::Face(picture, pixels));
        }
    });
    sender
}

/// Reads a picture, cuts it square, and makes its corners transparent.
fn load(path: &Path) -> Option<Pixels> {
    let bytes = bytes(path, PICTURE_MAX as u64).ok()?;
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().ok()?;
    // A small file may decode to a gigabyte.
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let whole = reader.decode().ok()?;
    let square = whole.resize_to_fill(SIDE, SIDE, image::imageops::FilterType::Triangle).to_rgba8();
    let mut buffer = Pixels::clone_from_slice(square.as_raw(), SIDE, SIDE);
    round(&mut buffer);
    Some(buffer)
}

/// Why a file's bytes are not to be had.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is a directory, a device, a pipe.
    NoFile,
    /// It has more bytes than asked for.
    Large,
    Failed(std::io::Error),
}

/// Reads a file that is one and has at most so many bytes: no device, which has no end, and no pipe, which waits.
pub(super) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    if !std::fs::metadata(path).map_err(Unread::Failed)?.is_file() {
        return Err(Unread::NoFile);
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(Unread::Failed)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(Unread::Failed)?;
    if bytes.len() as u64 > most {
        return Err(Unread::Large);
    }
    Ok(bytes)
}

fn round(buffer: &mut Pixels) {
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
    fn a_round_picture_is_clear_in_its_corners_and_full_in_its_middle() {
        let mut buffer = Pixels::new(SIDE, SIDE);
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
}
