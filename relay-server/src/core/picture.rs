//! What a PNG or JPEG file says about its size, read from its first bytes: nothing is decoded.

/// The most pixels a side.
const SIDE_MAX: u32 = 1_024;

/// In pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pixels {
    width: u32,
    height: u32,
}

impl Pixels {
    /// Whether both sides are 1 to 1,024 pixels.
    pub(super) fn is_allowed(self) -> bool {
        (1..=SIDE_MAX).contains(&self.width) && (1..=SIDE_MAX).contains(&self.height)
    }
}

/// What the file says; none if it is neither PNG nor JPEG.
pub(super) fn size(file: &[u8]) -> Option<Pixels> {
    png(file).or_else(|| jpeg(file))
}

/// PNG (ISO/IEC 15948, 5.2 and 11.2.2): the signature, then `IHDR` with width and height.
fn png(file: &[u8]) -> Option<Pixels> {
    let header =
        file.strip_prefix(b"\x89PNG\r\n\x1a\n")?.strip_prefix(&[0, 0, 0, 13])?.strip_prefix(b"IHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    // Depth, colour, compression, filter, interlace, checksum: the chunk is whole.
    (rest.len() >= 9)
        .then(|| Pixels { width: u32::from_be_bytes(*width), height: u32::from_be_bytes(*height) })
}

/// JPEG (ITU-T T.81, annex B): SOI, then segments up to the frame's header, which has height and width. A height of 0
/// would follow after the first scan; such a file is refused for its size.
fn jpeg(file: &[u8]) -> Option<Pixels> {
    let mut rest = file.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        rest = rest.strip_prefix(&[0xFF])?;
        // Any marker may have fill bytes before it.
        let (marker, after) = rest.split_first()?;
        if *marker == 0xFF {
            continue;
        }
        let (length, _) = after.split_first_chunk()?;
        let segment = after.get(2..usize::from(u16::from_be_bytes(*length)))?;
        match marker {
            // Start of frame, but for DHT, JPG and DAC, which lie between.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let [_precision, h1, h2, w1, w2, ..] = *segment else { return None };
                let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
                return Some(Pixels { width: side(w1, w2), height: side(h1, h2) });
            }
            // Neither of these stands before the frame's header.
            0x00 | 0x01 | 0xD0..=0xDA => return None,
            _ => rest = &after[2 + segment.len()..],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_png(width: u32, height: u32) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        file.extend(width.to_be_bytes());
        file.extend(height.to_be_bytes());
        file.extend([8, 6, 0, 0, 0, 1, 2, 3, 4]);
        file
    }

    fn a_jpeg(frame: u8, width: u16, height: u16) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 6, b'J', b'F', b'I', b'F'];
        // A Huffman table before the frame's header, and fill bytes.
        file.extend([0xFF, 0xC4, 0, 4, 9, 9, 0xFF, 0xFF, 0xFF, frame, 0, 8, 8]);
        file.extend(height.to_be_bytes());
        file.extend(width.to_be_bytes());
        file.push(0);
        file
    }

    #[test]
    fn the_sides_are_read_from_the_header() {
        assert_eq!(size(&a_png(640, 480)), Some(Pixels { width: 640, height: 480 }));
        for frame in [0xC0, 0xC1, 0xC2] {
            assert_eq!(size(&a_jpeg(frame, 640, 480)), Some(Pixels { width: 640, height: 480 }));
        }
    }

    #[test]
    fn a_side_has_1_to_1024_pixels() {
        let allowed = |width, height| size(&a_png(width, height)).unwrap().is_allowed();
        assert!(allowed(1, 1) && allowed(1_024, 1_024));
        assert!(!allowed(0, 1) && !allowed(1, 0) && !allowed(1_025, 1) && !allowed(1, u32::MAX));
        assert!(!size(&a_jpeg(0xC0, 640, 0)).unwrap().is_allowed());
    }

    #[test]
    fn anything_else_is_no_picture() {
        let scan_first = [0xFF, 0xD8, 0xFF, 0xDA, 0, 4, 1, 2];
        for bad in
            [&b""[..], b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"RIFF....WEBP", &scan_first]
        {
            assert_eq!(size(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_in_its_header_is_no_picture() {
        for whole in [a_png(9, 9), a_jpeg(0xC0, 9, 9)] {
            for end in 0..whole.len() - 1 {
                assert_eq!(size(&whole[..end]), None, "{end}");
            }
        }
        // A segment that says it is shorter than its own length field.
        assert_eq!(size(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 0, 0, 0]), None);
    }
}
