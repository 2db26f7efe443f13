//! A picture of a screen or a part of it, as grim and ImageMagick's `import` write it (PPM).

/// Pixels, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Red, green, blue of each.
    pub pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Reads a PPM (`P6`, 8 bits a colour).
    pub fn of_ppm(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let mut word = || {
            let begin = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
            let end = begin + rest[begin..].iter().position(u8::is_ascii_whitespace)?;
            let word = std::str::from_utf8(&rest[begin..end]).ok()?;
            rest = &rest[end..];
            Some(word)
        };
        let (magic, width, height, most) = (word(), word(), word(), word());
        assert_eq!((magic, most), (Some("P6"), Some("255")), "no picture");
        let number = |word: Option<&str>| word.and_then(|word| word.parse().ok()).expect("a number");
        let (width, height) = (number(width), number(height));
        let pixels: Vec<[u8; 3]> = rest[1..].chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect();
        assert_eq!(pixels.len(), width * height, "a whole picture");
        Self { width, height, pixels }
    }

    /// The picture as a PPM.
    pub fn to_ppm(&self) -> Vec<u8> {
        let mut bytes = format!("P6\n{} {}\n255\n", self.width, self.height).into_bytes();
        bytes.extend(self.pixels.iter().flatten());
        bytes
    }

    /// How many colours it has.
    pub fn colours(&self) -> usize {
        self.pixels.iter().collect::<std::collections::HashSet<_>>().len()
    }
}
