//! A friend's avatar as the desktop wants it: decoded, small, with limits, for it is somebody else's file.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{ImageReader, Limits};
use zbus::zvariant::Value;

use crate::core::picture::MAX_BYTES;

/// The longest side that is decoded, in pixels.
const SIDE_MAX: u32 = 2_048;
/// The most memory that decoding may take.
const MEMORY_MAX: u64 = 32 << 20;
/// The side that is shown, in pixels.
const SIDE: u32 = 96;

/// Pixels: red, green, blue, opacity.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Face {
    width: i32,
    height: i32,
    pixels: Vec<u8>,
}

impl Face {
    /// As the hint `image-data`: width, height, bytes of a row, with opacity, bits, channels, pixels.
    pub(super) fn into_value(self) -> Value<'static> {
        let Self { width, height, pixels } = self;
        Value::new((width, height, width * 4, true, 8_i32, 4_i32, pixels))
    }
}

/// Reads the first of these that is a picture, beside all else.
pub(super) async fn read(files: Vec<PathBuf>) -> Option<Face> {
    tokio::task::spawn_blocking(move || files.iter().find_map(|file| decode(file))).await.ok().flatten()
}

fn decode(path: &Path) -> Option<Face> {
    let bytes = std::fs::read(path).ok().filter(|bytes| bytes.len() <= MAX_BYTES)?;
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    reader.limits(limits);
    let small = reader.decode().ok()?.thumbnail(SIDE, SIDE).into_rgba8();
    let (width, height) = (i32::try_from(small.width()).ok()?, i32::try_from(small.height()).ok()?);
    Some(Face { width, height, pixels: small.into_raw() })
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    #[test]
    fn a_picture_is_made_small_and_what_is_none_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.png");
        RgbImage::from_pixel(200, 100, image::Rgb([9, 8, 7])).save(&path).unwrap();
        let face = decode(&path).unwrap();
        assert_eq!((face.width, face.height, face.pixels.len()), (96, 48, 96 * 48 * 4));
        assert_eq!(face.pixels[..4], [9, 8, 7, 255]);
        RgbImage::new(SIDE_MAX + 1, 1).save(&path).unwrap();
        assert_eq!(decode(&path), None, "too large");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n and then nothing").unwrap();
        assert_eq!(decode(&path), None);
        assert_eq!(decode(&directory.path().join("b.png")), None);
    }
}
