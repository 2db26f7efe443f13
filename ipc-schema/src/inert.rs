//! Texts of other people, so that they can do nothing but be read, wherever a frontend or the desktop shows them: no control
//! characters, no turned direction, no towers of marks.

use unicode_normalization::char::is_combining_mark;

/// The most marks that are set over one character.
pub const MARKS_MAX: usize = 4;

/// A text of one line: a name, a status text, a note, the name of a group. What would begin another line is a blank.
#[must_use]
pub fn line(text: &str) -> String {
    tame(text, ' ')
}

/// A text of several lines, which stands by itself: a message. Whatever ends a line is `\n`.
#[must_use]
pub fn body(text: &str) -> String {
    tame(&text.replace("\r\n", "\n"), '\n')
}

/// Line ends are `end`, other control characters blanks.
fn tame(text: &str, end: char) -> String {
    let mut marks = 0;
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_turn(letter) {
            continue;
        }
        if is_combining_mark(letter) {
            marks += 1;
        } else if !is_unseen(letter) {
            marks = 0;
        }
        if marks > MARKS_MAX && is_combining_mark(letter) {
            continue;
        }
        kept.push(match letter {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => end,
            letter if letter.is_control() => ' ',
            letter => letter,
        });
    }
    kept
}

/// Embeddings, overrides and isolates, which turn the letters behind them, too. The marks that right-to-left texts need stay.
fn is_turn(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What takes no place: marks behind it stand over the character before it.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_turns_nothing() {
        assert_eq!(line("a\u{202e}b\u{2066}c\nd\u{2028}e\u{2029}f\u{85}g\u{b}h\ti\x1b"), "abc d e f g h i ");
        assert_eq!(line("\u{200f}שלום"), "\u{200f}שלום", "a right-to-left text keeps its mark");
    }

    #[test]
    fn a_body_keeps_its_lines() {
        assert_eq!(body("a\r\nb\u{2028}c\u{202d}\rd\u{7}"), "a\nb\nc\nd ");
        assert_eq!(
            body("👨\u{200d}👩\u{200d}👧 1\u{fe0f}\u{20e3} नमस्ते ถ้ำ"),
            "👨\u{200d}👩\u{200d}👧 1\u{fe0f}\u{20e3} नमस्ते ถ้ำ"
        );
    }

    #[test]
    fn marks_do_not_pile_up() {
        let tower = format!("e{}x", "\u{301}".repeat(50));
        assert_eq!(line(&tower).chars().count(), 2 + MARKS_MAX);
        let joined = format!("e{}x", "\u{301}\u{301}\u{200d}".repeat(50));
        assert_eq!(body(&joined).matches('\u{301}').count(), MARKS_MAX, "nor behind what takes no place");
    }
}
