//! `words`: what people see, in both languages; the same words stand in every window and command.

use serde_json::{Value, json};

use crate::text::{columns, pad};

/// The word, the Chinese one, what it means.
const WORDS: &[(&str, &str, &str)] = &[
    ("Server", "服务器", "the relay that passes messages on; whoever runs it can read them"),
    (
        "Friend group",
        "好友分组",
        "a section of the friend list; there are always My Friends 我的好友 and Strangers 陌生人",
    ),
    ("Stranger", "陌生人", "somebody who wrote to you and is no friend yet"),
    ("Shake", "窗口抖动", "knock, knock: shakes the friend's chat window"),
    ("Device", "登录设备", "a computer on which you have logged in"),
    ("Call", "通话", "rings on all devices of a friend (voice and video come later)"),
    ("Room", "群聊", "a chat for many people (comes later)"),
    (
        "Invite link",
        "邀请链接",
        "a qiao:// link that makes your account, or logs in your next device: `qqctl join LINK`",
    ),
];

const BEFORE: &str = "The words of Qiaoqiao 敲敲, the same in every window and command:";

const AFTER: &str = "\
In commands: TO is an account, a remark name, @NAME (always a friend), or @me
(a note to yourself).
A message is queued (stored here), sent, acked (on the server's disk), delivered
(on the friend's device), read, or failed.";

/// For the usual terminal.
const WIDTH: usize = 78;

/// For people.
pub(crate) fn text() -> String {
    let width = |of: fn(&(&str, &str, &str)) -> usize| WORDS.iter().map(of).max().unwrap_or(0);
    let (word, chinese) = (width(|row| columns(row.0)), width(|row| columns(row.1)));
    let indent = 2 + word + 3 + chinese + 4;
    let row = |(english, other, meaning): &(&str, &str, &str)| {
        let meaning = crate::print::wrapped(meaning, WIDTH - indent).join(&format!("\n{:indent$}", ""));
        format!("  {}   {}    {meaning}", pad(english, word), pad(other, chinese))
    };
    let rows: Vec<String> = WORDS.iter().map(row).collect();
    format!("{BEFORE}\n\n{}\n\n{AFTER}", rows.join("\n"))
}

/// For programs: `{"words":[{"word","chinese","meaning"}]}`.
pub(crate) fn data() -> Value {
    let words = WORDS
        .iter()
        .map(|(word, chinese, meaning)| json!({ "word": word, "chinese": chinese, "meaning": meaning }));
    json!({ "words": words.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_stand_in_columns() {
        let text = text();
        assert!(
            text.contains("  Server         服务器      the relay that passes messages on; whoever"),
            "{text}"
        );
        assert!(text.contains("  Shake          窗口抖动    knock, knock"), "{text}");
        assert!(
            text.lines().filter(|line| line.starts_with(' ')).all(|line| columns(line) <= WIDTH),
            "{text}"
        );
    }

    #[test]
    fn a_program_gets_every_word() {
        let data = data();
        assert_eq!(data["words"].as_array().unwrap().len(), WORDS.len());
        assert_eq!(data["words"][3]["chinese"], "窗口抖动");
    }
}
