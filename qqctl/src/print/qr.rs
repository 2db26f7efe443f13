//! A QR code on a terminal, for a link that a phone or another computer's camera shall read. Two modules a character, in
//! black on white whatever the terminal's own colours are, with the margin that readers need.

use qrcode::{Color, EcLevel, QrCode};

use super::Paint;

/// Light modules on every side (ISO/IEC 18004 asks for four), one less below.
const MARGIN: usize = 4;
/// Black on white of the 256 fixed colours: a theme may have turned the first sixteen around.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const AS_BEFORE: &str = "\u{1b}[0m";

/// The code in lines; none where it could not be read: not on a terminal of `width` columns, without colours, or where it
/// is too wide. Whoever asks says the link in letters, too.
pub(super) fn code(text: &str, width: Option<usize>, paint: Paint) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let side = code.width() + 2 * MARGIN;
    if !paint.0 || width.is_none_or(|width| width < side) {
        return None;
    }
    let modules = code.into_colors();
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < side - 2 * MARGIN);
        inside(x).zip(inside(y)).is_some_and(|(x, y)| modules[y * (side - 2 * MARGIN) + x] == Color::Dark)
    };
    let line = |y: usize| -> String {
        let halves = (0..side).map(|x| match (dark(x, y), dark(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        });
        format!("{BLACK_ON_WHITE}{}{AS_BEFORE}", halves.collect::<String>())
    };
    // The number of modules is odd. A last line for half a margin would push the first line of code out of a window of
    // 24 lines, with a link of two lines, one about it, and the prompt below.
    Some((0..side - 1).step_by(2).map(line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str =
        "qiao://chat.example.org:5290/d/7K2M-9XQF-41TT#SHA256:c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

    /// The lights and darks that a terminal shows, a character one module wide and two high.
    fn shown(text: &str) -> Vec<Vec<bool>> {
        text.lines()
            .flat_map(|line| {
                let line =
                    line.strip_prefix(BLACK_ON_WHITE).and_then(|line| line.strip_suffix(AS_BEFORE)).unwrap();
                let upper = line.chars().map(|c| matches!(c, '█' | '▀')).collect();
                let lower = line.chars().map(|c| matches!(c, '█' | '▄')).collect();
                [upper, lower]
            })
            .collect()
    }

    /// What a camera reads.
    fn read(modules: &[Vec<bool>]) -> String {
        const SCALE: usize = 4;
        let (width, height) = (modules[0].len() * SCALE, modules.len() * SCALE);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if modules[y / SCALE][x / SCALE] { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_camera_reads_what_was_printed() {
        for link in [LINK, "x", "qiao://例子.example/i/红豆"] {
            assert_eq!(read(&shown(&code(link, Some(80), Paint::ALL).unwrap())), link);
        }
    }

    #[test]
    fn in_a_window_of_24_lines_only_the_upper_margin_scrolls_away() {
        // As long as one with an IPv4 address, a port, a short name and a key is.
        let link = "qiao://192.0.2.222:15290/d/alice.3v9kq2m8xw4t7ryz0acdefgh1j\
                    #BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
        assert!((81..=160).contains(&link.len()));
        let modules = shown(&code(link, Some(80), Paint::ALL).unwrap());
        // The link takes two lines; one tells about it, and one is the prompt.
        let lost = (modules.len() / 2 + 4).saturating_sub(24) * 2;
        assert!(lost <= MARGIN, "{lost} of {MARGIN}");
        assert_eq!(read(&modules[lost..]), link);
    }

    #[test]
    fn the_margin_is_light_on_every_side() {
        let modules = shown(&code(LINK, Some(80), Paint::ALL).unwrap());
        let side = modules[0].len();
        assert_eq!(modules.len(), side - 1);
        for (y, row) in modules.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let margin = x < MARGIN || y < MARGIN || x >= side - MARGIN || y >= side - MARGIN;
                assert!(!(margin && *dark), "{x} {y}");
            }
        }
    }

    #[test]
    fn where_it_could_not_be_read_there_is_none() {
        let side = shown(&code(LINK, Some(80), Paint::ALL).unwrap())[0].len();
        assert!(code(LINK, Some(side), Paint::ALL).is_some());
        assert!(code(LINK, Some(side - 1), Paint::ALL).is_none());
        assert!(code(LINK, None, Paint::ALL).is_none());
        assert!(code(LINK, Some(80), Paint::NONE).is_none());
        assert!(code(&"x".repeat(5_000), Some(1_000), Paint::ALL).is_none());
    }
}
