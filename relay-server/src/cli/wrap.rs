//! Sentences for a person at a terminal, in lines that are no longer than it: broken between words.

use std::io::IsTerminal;
use std::os::fd::AsFd;

use unicode_width::UnicodeWidthStr as _;

/// What a terminal has that does not tell its size.
pub(super) const COLUMNS: usize = 80;

/// How many columns a terminal has; none where it is no terminal.
pub(super) fn columns(of: &(impl AsFd + IsTerminal)) -> Option<usize> {
    let told = terminal_size::terminal_size_of(of).map(|(columns, _)| usize::from(columns.0));
    of.is_terminal().then(|| told.filter(|columns| *columns > 0).unwrap_or(COLUMNS))
}

/// The text in lines of at most so many columns; a longer word has a line of its own. Line ends of the text stay; without
/// a number they are the only ones.
pub(super) fn lines(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let mut wrapped = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            wrapped.push('\n');
        }
        let mut used = 0;
        for word in line.split(' ') {
            let width = word.width();
            if used > 0 && used + 1 + width > columns {
                wrapped.push('\n');
                used = 0;
            } else if used > 0 {
                wrapped.push(' ');
                used += 1;
            }
            wrapped.push_str(word);
            used += width;
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_no_longer_than_the_terminal() {
        assert_eq!(lines("one two three\nfour", Some(8)), "one two\nthree\nfour");
        assert_eq!(lines("one two", Some(7)), "one two");
        assert_eq!(lines("one two", Some(6)), "one\ntwo");
        assert_eq!(lines("/a/long/path is here", Some(6)), "/a/long/path\nis\nhere");
        assert_eq!(lines("红豆 绿豆", Some(8)), "红豆\n绿豆", "two columns each");
        assert_eq!(lines("one two three\nfour", None), "one two three\nfour");
    }
}
