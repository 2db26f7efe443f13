//! Text that fits into so many columns of a terminal: cut, or over several lines. Chinese characters and most emoji take
//! two columns, combining characters none and are never parted from what they belong to.

use crate::text::columns;

/// Chinese punctuation that begins no line.
const CLOSING: &str = "、。，．：；！？）］｝〉》」』】〕”’…—～";
/// And what ends none.
const OPENING: &str = "（［｛〈《「『【〔“‘";

/// At most `width` columns of a text, with … where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    if width == 0 {
        return String::new();
    }
    let (kept, _) = split_at(text, width - 1);
    format!("{}…", kept.trim_end())
}

/// The text in lines of at most `width` columns: broken between words and between Chinese characters, a longer word
/// anywhere. Line ends of the text stay; without a width they are the only ones.
pub(super) fn lines(text: &str, width: Option<usize>) -> Vec<String> {
    let lines = text.trim_end().split('\n').map(str::trim_end);
    let Some(width) = width else { return lines.map(str::to_owned).collect() };
    // A character of two columns must have a place.
    let width = width.max(2);
    lines.flat_map(|line| filled(line, width)).collect()
}

fn filled(line: &str, width: usize) -> Vec<String> {
    let mut done = Vec::new();
    let mut current = String::new();
    for piece in pieces(line) {
        if columns(&current) + columns(piece.trim_end()) <= width {
            current.push_str(piece);
            continue;
        }
        if !current.trim().is_empty() {
            done.push(current.trim_end().to_owned());
        }
        let mut rest = piece;
        while columns(rest.trim_end()) > width {
            let (begin, end) = split_at(rest, width);
            if begin.is_empty() {
                break;
            }
            done.push(begin.to_owned());
            rest = end;
        }
        current = rest.to_owned();
    }
    done.push(current.trim_end().to_owned());
    done
}

/// What a line may be broken into: words with the space behind them, single Chinese characters.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut before) = (0, None);
    for (at, c) in line.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            pieces.push(&line[begin..at]);
            begin = at;
        }
        before = Some(c);
    }
    pieces.push(&line[begin..]);
    pieces
}

fn may_break(before: char, after: char) -> bool {
    if belongs_to_the_one_before(after) || before == '\u{200d}' || after == ' ' {
        return false;
    }
    let wide = |c: char| columns(c.encode_utf8(&mut [0; 4])) == 2;
    before == ' ' || ((wide(before) || wide(after)) && !CLOSING.contains(after) && !OPENING.contains(before))
}

/// The first part, of at most `width` columns, and the rest.
fn split_at(text: &str, width: usize) -> (&str, &str) {
    let mut fits = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c == '\u{200d}' || text[end..].starts_with(belongs_to_the_one_before) {
            continue;
        }
        if columns(&text[..end]) > width {
            break;
        }
        fits = end;
    }
    text.split_at(fits)
}

/// Accents, joiners, variants, colours of skin.
fn belongs_to_the_one_before(c: char) -> bool {
    columns(c.encode_utf8(&mut [0; 4])) == 0 || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_fits() {
        assert_eq!(cut("bob", 3), "bob");
        assert_eq!(cut("bobby", 3), "bo…");
        assert_eq!(cut("小明和小红", 10), "小明和小红");
        assert_eq!(cut("小明和小红", 9), "小明和小…");
        assert_eq!(cut("小明和小红", 8), "小明和…");
        assert_eq!(cut("小明和小红", 1), "…");
        assert_eq!(cut("cafe\u{301}s", 5), "cafe\u{301}s");
        assert_eq!(cut("cafe\u{301}s!", 5), "cafe\u{301}…");
        for width in 0..12 {
            for text in ["👩\u{200d}🚀 in space", "e\u{301}e\u{301}e\u{301}", "👍🏽👍🏽👍🏽", "一二三四五六七"]
            {
                assert!(columns(&cut(text, width)) <= width, "{text} in {width}");
            }
        }
    }

    #[test]
    fn words_stay_whole_and_chinese_may_break_anywhere() {
        assert_eq!(lines("dinner at seven?", Some(10)), ["dinner at", "seven?"]);
        assert_eq!(lines("今天晚上一起吃晚饭吗", Some(8)), ["今天晚上", "一起吃晚", "饭吗"]);
        assert_eq!(lines("see 你好吗 ok", Some(8)), ["see 你好", "吗 ok"]);
        assert_eq!(lines("two\n\nparagraphs \n", Some(20)), ["two", "", "paragraphs"]);
        assert_eq!(lines("as long as it is\nyes", None), ["as long as it is", "yes"]);
        assert_eq!(lines("", Some(5)), [""]);
    }

    #[test]
    fn a_line_does_not_begin_with_a_full_stop_nor_end_with_a_bracket() {
        assert_eq!(lines("今天晚上。好", Some(8)), ["今天晚", "上。好"]);
        assert_eq!(lines("今天晚（上）", Some(8)), ["今天晚", "（上）"]);
    }

    #[test]
    fn a_word_that_is_too_long_is_broken_and_every_line_fits() {
        assert_eq!(lines("https://example.org/a", Some(10)), ["https://ex", "ample.org/", "a"]);
        let text =
            "a long 今天晚上一起吃晚饭吗？ https://example.org/averylongpath 👩\u{200d}🚀👍🏽 cafe\u{301}";
        for width in 2..60 {
            let lines = lines(text, Some(width));
            assert!(lines.iter().all(|line| columns(line) <= width), "{width}: {lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""), "{width}: nothing is lost");
        }
    }
}
