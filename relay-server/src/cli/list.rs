//! All accounts, for a person or as one JSON object. A shown name comes from somebody else: a terminal obeys none of it.

use std::fmt::Write as _;

use time::OffsetDateTime;

use crate::admin::{Code, Trouble};
use crate::core::op::AccountRow;

/// One JSON object in one line. It is exact; for a terminal, what that would obey is written as `\uXXXX`.
pub(super) fn json(accounts: &[AccountRow], for_terminal: bool) -> Result<String, Trouble> {
    let line = serde_json::to_string(&serde_json::json!({ "accounts": accounts }))
        .map_err(|error| Trouble::new(Code::Unexpected, error.to_string()))?;
    Ok(if for_terminal { escaped(&line) } else { line } + "\n")
}

/// Columns for a person. The shown name is the last one: whatever width its characters have, nothing is out of line.
pub(super) fn table(accounts: &[AccountRow]) -> String {
    let width = accounts.iter().map(|row| row.account.len()).max().unwrap_or(0).max("ACCOUNT".len());
    let mut text = format!("{:width$}  ONLINE  FRIENDS  DEVICES  SINCE       NAME\n", "ACCOUNT");
    for row in accounts {
        let AccountRow { account, name, disabled, friends, devices, created_ms, online } = row;
        let name = harmless(name);
        let disabled = if *disabled { " (disabled)" } else { "" };
        let since = date(*created_ms);
        text.push_str(&format!(
            "{account:width$}  {online:>6}  {friends:>7}  {devices:>7}  {since:10}  {name}{disabled}\n"
        ));
    }
    text
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
            table(&[row("alice", "爱丽丝", true), row("bob.the.builder", NASTY, false)]),
            "ACCOUNT          ONLINE  FRIENDS  DEVICES  SINCE       NAME\n\
             alice                 1        3        2  2025-11-24  爱丽丝 (disabled)\n\
             bob.the.builder       1        3        2  2025-11-24  A[2Jlice\n"
        );
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
