//! All accounts, for a person or as one JSON object. A shown name comes from somebody else: a terminal obeys none of it.

use std::env;
use std::fmt::Write as _;
use std::io;

use time::OffsetDateTime;
use unicode_width::UnicodeWidthStr as _;

use super::wrap;
use crate::admin::{Code, Trouble};
use crate::core::op::AccountRow;

/// The titles between the two names, as wide as what stands below them.
const BETWEEN: &str = "  ONLINE  FRIENDS  DEVICES  SINCE       ";

/// One JSON object in one line. It is exact; for a terminal, what that would obey is written as `\uXXXX`.
pub(super) fn json(accounts: &[AccountRow], for_terminal: bool) -> Result<String, Trouble> {
    let line = serde_json::to_string(&serde_json::json!({ "accounts": accounts }))
        .map_err(|error| Trouble::new(Code::Unexpected, error.to_string()))?;
    Ok(if for_terminal { escaped(&line) } else { line } + "\n")
}

/// What standard output is, if it is a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub(super) columns: usize,
    colours: bool,
}

/// The terminal of standard output.
pub(super) fn terminal() -> Option<Terminal> {
    let colours = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    wrap::columns(&io::stdout()).map(|columns| Terminal { columns, colours })
}

/// Columns for a person. On a terminal no line is longer than that; the longer one of the two names gives way.
pub(super) fn table(accounts: &[AccountRow], terminal: Option<Terminal>) -> String {
    let rows: Vec<(&AccountRow, String)> = accounts.iter().map(|row| (row, shown(row))).collect();
    let account = rows.iter().map(|(row, _)| row.account.len()).max().unwrap_or(0).max("ACCOUNT".len());
    let name = rows.iter().map(|(_, name)| name.width()).max().unwrap_or(0).max("NAME".len());
    let room = terminal.map_or(usize::MAX, |terminal| terminal.columns.saturating_sub(BETWEEN.len()));
    let (account, name) = share(account, name, room);
    let head = format!("{:account$}{BETWEEN}NAME", "ACCOUNT");
    let dim = terminal.is_some_and(|terminal| terminal.colours);
    let mut text = if dim { format!("\u{1b}[2m{head}\u{1b}[0m\n") } else { format!("{head}\n") };
    for (row, shown) in rows {
        let AccountRow { account: own, friends, devices, created_ms, online, .. } = row;
        let (own, shown, since) = (cut(own, account), cut(&shown, name), date(*created_ms));
        text.push_str(&format!(
            "{own:account$}  {online:>6}  {friends:>7}  {devices:>7}  {since:10}  {shown}\n"
        ));
    }
    text
}

fn shown(row: &AccountRow) -> String {
    harmless(&row.name) + if row.disabled { " (disabled)" } else { "" }
}

/// How wide each of two columns may be that have `room` together.
fn share(a: usize, b: usize, room: usize) -> (usize, usize) {
    let half = room / 2;
    match a.saturating_add(b) <= room {
        true => (a, b),
        false if a <= half => (a, room - a),
        false if b <= room - half => (room - b, b),
        false => (half, room - half),
    }
}

/// At most `width` columns of a text, with … where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let fits = ends.take_while(|end| text[..*end].width() < width).last().unwrap_or(0);
    format!("{}…", text[..fits].trim_end())
}

/// Somebody else's text without what a terminal would obey or not show at all.
pub(super) fn harmless(foreign: &str) -> String {
    foreign.chars().filter(|c| crate::log::is_inert(*c)).collect()
}

/// All that is not seen stands inside JSON's strings, where each character may be escaped.
fn escaped(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if crate::log::is_inert(c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A String takes everything.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line
}

fn date(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000))
        .map_or_else(|_| "?".to_owned(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, name: &str, disabled: bool) -> AccountRow {
        AccountRow {
            account: account.into(),
            name: name.into(),
            disabled,
            friends: 3,
            devices: 2,
            created_ms: 1_764_000_000_000,
            online: 1,
        }
    }

    const NASTY: &str =
        "A\u{1b}[2J\u{9b}l\u{7f}\u{202e}i\u{61c}\u{206a}\u{206f}\u{200b}\u{feff}\u{2066}c\u{200f}e";

    #[test]
    fn a_shown_name_cannot_command_the_terminal() {
        assert_eq!(harmless(NASTY), "A[2Jlice");
        assert_eq!(harmless("Alice 爱丽丝 👩\u{200d}🚀"), "Alice 爱丽丝 👩\u{200d}🚀");
    }

    #[test]
    fn columns_line_up_whatever_the_names_are() {
        assert_eq!(
            table(&[row("alice", "爱丽丝", true), row("bob.the.builder", NASTY, false)], None),
            "ACCOUNT          ONLINE  FRIENDS  DEVICES  SINCE       NAME\n\
             alice                 1        3        2  2025-11-24  爱丽丝 (disabled)\n\
             bob.the.builder       1        3        2  2025-11-24  A[2Jlice\n"
        );
    }

    #[test]
    fn on_a_terminal_no_line_is_longer_than_it() {
        let long = "a-name-of-sixty-four-characters-that-is-as-long-as-they-may-ever-b";
        let rows =
            [row(long, "一个很长很长很长很长很长很长的名字", true), row("bob", "cafe\u{301} 👍🏽", false)];
        for columns in 60..160 {
            let text = table(&rows, Some(Terminal { columns, colours: false }));
            assert!(text.lines().all(|line| line.width() <= columns), "{columns}:\n{text}");
        }
        let text = table(&rows, Some(Terminal { columns: 80, colours: true }));
        assert!(text.starts_with("\u{1b}[2mACCOUNT") && text.contains("a-name-of-sixty-fou…"), "{text}");
        assert!(text.contains("一个很长很长很长很…") && text.ends_with("cafe\u{301} 👍🏽\n"), "{text}");
    }

    #[test]
    fn the_list_as_json_is_exact() {
        assert_eq!(
            json(&[row("alice", "Al\u{1b}[2Jice\u{202e}", true)], false).unwrap(),
            "{\"accounts\":[{\"account\":\"alice\",\"name\":\"Al\\u001b[2Jice\u{202e}\",\"disabled\":true,\
             \"friends\":3,\"devices\":2,\"created_ms\":1764000000000,\"online\":1}]}\n"
        );
    }

    #[test]
    fn on_a_terminal_json_says_the_same_with_escapes() {
        let rows = [row("alice", NASTY, false), row("bob", "李 \\ \"雷\"\n", false)];
        let (exact, shown) = (json(&rows, false).unwrap(), json(&rows, true).unwrap());
        assert!(shown.trim_end().chars().all(crate::log::is_inert), "{shown:?}");
        assert!(shown.contains("\\u009bl\\u007f\\u202ei\\u061c") && shown.contains('李'), "{shown}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&exact), read(&shown));
    }
}
