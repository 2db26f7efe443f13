//! Text for people: other people's words without what a terminal would obey, columns that line up, local times.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use unicode_width::UnicodeWidthStr;

/// Somebody else's text in one line: escape sequences are gone, control characters and line ends are shown as symbols.
pub(crate) fn one_line(foreign: &str) -> String {
    harmless(foreign)
        .chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\t' => ' ',
            c => c,
        })
        .collect()
}

/// Somebody else's text with its line ends. Whoever prints it indents each line after the first, so that none can pass
/// for another message.
pub(crate) fn several_lines(foreign: &str) -> String {
    harmless(foreign).trim_end().replace('\t', " ")
}

/// Without escape sequences, control characters (but line end and tab) and characters that turn the writing direction.
fn harmless(foreign: &str) -> String {
    anstream::adapter::strip_str(foreign)
        .to_string()
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .filter(|c| !is_unseen(*c))
        .collect()
}

/// Characters that show nothing and change how the others are read: direction marks, joiners, line separators.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// JSON for a terminal: the same value, with what a terminal might obey written as `\u…`. Elsewhere JSON stays exact.
pub(crate) fn json_for_terminal(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if (c.is_control() && c != '\n') || is_unseen(c) {
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// `text` and spaces up to `width` columns; Chinese characters take two.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{:missing$}", "")
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// `09:30:05` of today, `2026-01-31 09:30` of another day, in local time; the text itself if it is no time.
pub(crate) fn time(ts: &str) -> String {
    let clock = Clock::here();
    let Some(when) = clock.at(ts) else { return one_line(ts) };
    let format = if when.date() == clock.now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" };
    when.strftime(format).to_string()
}

/// Where and when a person reads.
#[derive(Debug)]
pub(crate) struct Clock {
    now: Zoned,
}

impl Clock {
    /// Now, in local time.
    pub(crate) fn here() -> Self {
        Self { now: Timestamp::now().to_zoned(TimeZone::system()) }
    }

    /// The same for what is read some other day: no day is today.
    pub(crate) fn for_later(self) -> Self {
        Self { now: Timestamp::UNIX_EPOCH.to_zoned(self.now.time_zone().clone()) }
    }

    /// A moment in UTC.
    #[cfg(test)]
    pub(crate) fn utc(now: &str) -> Self {
        Self { now: now.parse::<Timestamp>().expect("a time").to_zoned(TimeZone::UTC) }
    }

    fn at(&self, ts: &str) -> Option<Zoned> {
        ts.parse::<Timestamp>().ok().map(|when| when.to_zoned(self.now.time_zone().clone()))
    }

    /// `2026-01-31 Saturday`, with `, today` if it is; the text itself if it is no time.
    pub(crate) fn day(&self, ts: &str) -> String {
        let Some(when) = self.at(ts) else { return one_line(ts) };
        let today = if when.date() == self.now.date() { ", today" } else { "" };
        format!("{}{today}", when.strftime("%Y-%m-%d %A"))
    }

    /// `09:30`; nothing if it is no time.
    pub(crate) fn time(&self, ts: &str) -> String {
        self.at(ts).map(|when| when.strftime("%H:%M").to_string()).unwrap_or_default()
    }
}

/// `3 s`, `5 min`, `2 h 10 min`, `4 days`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_of_other_people_are_gone() {
        assert_eq!(one_line("\u{1b}[31mred\u{1b}[0m"), "red");
        assert_eq!(one_line("\u{1b}]0;title\u{7}hi"), "hi");
        assert_eq!(one_line("\u{1b}]52;c;aGk=\u{1b}\\hi"), "hi");
        assert_eq!(one_line("a\u{8}b\u{0}c\u{9b}31md\u{7f}"), "abc31md");
        assert_eq!(one_line("two\nlines"), "two⏎lines");
        assert_eq!(one_line("over\rwritten"), "overwritten");
        assert_eq!(one_line("\u{202e}drawkcab\u{61c}\u{206a}\u{feff}\u{200b}"), "drawkcab");
    }

    #[test]
    fn json_on_a_terminal_is_the_same_json_without_what_a_terminal_obeys() {
        let json = "{\"text\":\"a\u{9b}31m\u{202e}\u{7f}红\"}\n";
        assert_eq!(json_for_terminal(json), "{\"text\":\"a\\u009b31m\\u202e\\u007f红\"}\n");
    }

    #[test]
    fn chinese_names_take_two_columns_a_character() {
        assert_eq!(pad("小明", 6), "小明  ");
        assert_eq!(pad("bob", 6), "bob   ");
        assert_eq!(pad("too long", 3), "too long");
    }

    #[test]
    fn days_and_times_are_local_and_no_time_is_shown_as_it_is() {
        let clock = Clock::utc("2026-01-31T12:00:00Z");
        assert_eq!(clock.day("2026-01-31T09:30:00.123Z"), "2026-01-31 Saturday, today");
        assert_eq!(clock.day("2026-01-30T09:30:00.123Z"), "2026-01-30 Friday");
        assert_eq!(clock.time("2026-01-30T09:30:00.123Z"), "09:30");
        assert_eq!((clock.day("\u{1b}[31msoon").as_str(), clock.time("soon").as_str()), ("soon", ""));
    }

    #[test]
    fn spans_are_told_in_words() {
        assert_eq!(span(59), "59 s");
        assert_eq!(span(61), "1 min");
        assert_eq!(span(7_800), "2 h 10 min");
        assert_eq!(span(400_000), "4 days");
    }
}
