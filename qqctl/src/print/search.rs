//! Hits of a search: one a line, cut around what was found, which stands out.

use std::ops::Range;

use ipc_schema::chat::{Hits, Message};
use unicode_normalization::UnicodeNormalization;

use super::wrap::cut;
use super::{Paint, Printer};
use crate::Stop;
use crate::text::{columns, one_line, pad, time};

/// Longer names are cut.
const NAME_MAX: usize = 16;
/// Where there are fewer columns for the text, it stands under the names.
const TEXT_MIN: usize = 20;

impl Printer {
    /// `search`: `words` is what was looked for.
    pub(crate) fn hits(&self, words: &str, hits: &Hits) -> Result<(), Stop> {
        self.reply(hits, |paint| {
            let mut lines = lines(&hits.messages, words, self.width, paint);
            if let Some(row) = hits.messages.last().and_then(|message| message.row).filter(|_| hits.more) {
                lines.push(paint.dim(&format!("(older ones: --before {row})")));
            }
            lines.join("\n")
        })?;
        if hits.messages.is_empty() {
            self.talk("Nothing was found.");
        }
        if hits.indexing {
            self.talk("Older messages are still being made searchable: there may be more in a moment.");
        }
        Ok(())
    }
}

/// `2026-01-31 09:30  bob → alice  … dinner at seven …`, the newest first.
fn lines(messages: &[Message], words: &str, width: Option<usize>, paint: Paint) -> Vec<String> {
    let terms = terms(words);
    let heads: Vec<(String, String)> = messages.iter().map(head).collect();
    let widest =
        |of: fn(&(String, String)) -> &str| heads.iter().map(|head| columns(of(head))).max().unwrap_or(0);
    let (times, names) = (widest(|head| &head.0), widest(|head| &head.1));
    let beside = times + 2 + names + 2;
    let narrow = width.is_some_and(|width| width < beside + TEXT_MIN);
    let mut lines = Vec::new();
    for (message, (time, name)) in messages.iter().zip(&heads) {
        let indent = if narrow { 2 } else { beside };
        let room = width.map(|width| width.saturating_sub(indent));
        let said = marked(&around(&one_line(&message.text), &terms, room), &terms, paint);
        if narrow {
            lines.push(paint.dim(&cut(&format!("{time}  {name}"), width.unwrap_or(usize::MAX))));
            lines.push(format!("  {said}"));
        } else {
            let head = paint.dim(&format!("{}  {}", pad(time, times), pad(name, names)));
            lines.push(format!("{head}  {said}"));
        }
    }
    lines
}

/// When, and who wrote to whom.
fn head(message: &Message) -> (String, String) {
    let name = |name: &str| cut(&one_line(name), NAME_MAX);
    (time(&message.ts), format!("{} → {}", name(&message.from), name(&message.to)))
}

/// The part of a text that shows the first hit, with … where something is missing.
fn around(text: &str, terms: &[Vec<char>], room: Option<usize>) -> String {
    let Some(room) = room.filter(|room| columns(text) > *room) else { return text.to_owned() };
    let Some(hit) = found(text, terms).into_iter().next() else { return cut(text, room) };
    if columns(&text[..hit.end]) < room {
        return cut(text, room);
    }
    // A third of the room for what stands before it.
    let mut begin = hit.start;
    for (at, _) in text[..hit.start].char_indices().rev() {
        if columns(&text[at..hit.start]) > room / 3 {
            break;
        }
        begin = at;
    }
    cut(&format!("…{}", text[begin..].trim_start()), room)
}

/// The text with what was found in bold.
fn marked(text: &str, terms: &[Vec<char>], paint: Paint) -> String {
    let mut out = String::new();
    let mut at = 0;
    for hit in found(text, terms) {
        out.push_str(&text[at..hit.start]);
        out.push_str(&paint.bold(&text[hit.clone()]));
        at = hit.end;
    }
    out.push_str(&text[at..]);
    out
}

/// What was looked for, in small letters and without accents.
fn terms(words: &str) -> Vec<Vec<char>> {
    let mut terms = vec![Vec::new()];
    for (c, _) in folded(words) {
        match terms.last_mut() {
            Some(term) if !parts(c) => term.push(c),
            _ => terms.push(Vec::new()),
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn parts(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation() || "，。？！、；：“”‘’（）《》…".contains(c)
}

/// Each folded character with the place of the one it comes from.
fn folded(text: &str) -> Vec<(char, usize)> {
    let fold = |(at, c): (usize, char)| {
        let parts = std::iter::once(c).nfkc().flat_map(char::to_lowercase).collect::<String>();
        let parts: Vec<char> = parts.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).collect();
        parts.into_iter().map(move |c| (c, at))
    };
    text.char_indices().flat_map(fold).collect()
}

/// The places of all terms, in order and apart from each other. A word is found where it begins, Chinese anywhere.
fn found(text: &str, terms: &[Vec<char>]) -> Vec<Range<usize>> {
    let all = folded(text);
    let narrow = |c: char| c.is_alphanumeric() && columns(c.encode_utf8(&mut [0; 4])) < 2;
    let mut hits: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let begins = at == 0 || !narrow(all[at - 1].0);
        let fits = |term: &&Vec<char>| {
            (begins || !narrow(term[0]))
                && term.len() <= all.len() - at
                && term.iter().zip(&all[at..]).all(|(wanted, (c, _))| wanted == c)
        };
        match terms.iter().filter(fits).map(Vec::len).max() {
            Some(length) => {
                let last = all[at + length - 1].1;
                let end = all[at + length..].iter().map(|(_, place)| *place).find(|place| *place > last);
                hits.push(all[at].1..end.unwrap_or(text.len()));
                at += length;
            }
            None => at += 1,
        }
    }
    hits.retain(|hit| hit.start < hit.end);
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc_schema::chat::State;

    fn shown(text: &str, words: &str) -> String {
        marked(text, &terms(words), Paint::ALL).replace("\u{1b}[1m", "<").replace("\u{1b}[0m", ">")
    }

    #[test]
    fn what_was_found_stands_out_whatever_its_case_and_width() {
        assert_eq!(shown("一起吃晚饭吗", "晚饭"), "一起吃<晚饭>吗");
        assert_eq!(
            shown("Dinner? My dinner, no breakdinner", "dinner"),
            "<Dinner>? My <dinner>, no breakdinner"
        );
        assert_eq!(shown("Café au lait", "cafe LA"), "<Café> au <la>it");
        assert_eq!(shown("ＤＩＮＮＥＲ了", "dinner"), "<ＤＩＮＮＥＲ>了");
        assert_eq!(shown("cafe\u{301}!", "café"), "<cafe\u{301}>!");
        assert_eq!(shown("ok 👍🏽", "👍"), "ok <👍>🏽");
        assert_eq!(shown("nothing", "?!"), "nothing");
    }

    #[test]
    fn a_long_text_is_cut_around_the_hit_and_fits() {
        let text = format!("{}晚饭{}", "今天天气很好，".repeat(20), "我们走吧".repeat(20));
        for width in 10..90 {
            let part = around(&text, &terms("晚饭"), Some(width));
            assert!(columns(&part) <= width && part.contains("晚饭"), "{width}: {part}");
        }
        assert_eq!(around("short", &terms("x"), Some(10)), "short");
        assert_eq!(around("nothing of it is here", &terms("x"), Some(10)), "nothing o…");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let message = |from: &str, text: &str| Message {
            id: "m".into(),
            from: from.into(),
            to: "alice".into(),
            text: text.into(),
            ts: "2026-01-31T09:30:00.000Z".into(),
            state: State::Read,
            row: None,
            kind: None,
            reason: None,
            why: None,
        };
        let messages = [
            message("bob", "Dinner\u{1b}[31m at seven?\nOr later, as you like; I have time all evening long"),
            message("一个很长很长很长的名字", &"吃晚饭".repeat(40)),
        ];
        for width in 24..100 {
            let lines = lines(&messages, "晚饭 dinner", Some(width), Paint::NONE);
            assert!(lines.iter().all(|line| columns(line) <= width), "{width}: {lines:#?}");
            assert!(!lines.concat().contains('\u{1b}'));
        }
        let lines = lines(&messages, "dinner", Some(80), Paint::NONE);
        assert!(lines[0].contains("bob → alice") && lines[0].contains("Dinner at seven?⏎Or"), "{lines:#?}");
    }
}
