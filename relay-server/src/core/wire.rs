//! Rows and entries as stanzas: with all their children for the full dialect, with the heritage's for the seed dialect.

use std::fmt::Write as _;
use std::time::Duration;

use relay_schema::{self as schema, Body, Stanza};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::op::{Entry, Friend, FriendKind, Item, Message, Request, Row, Submit};
use super::{Dialect, name};

/// RFC 3339, UTC, milliseconds.
const TS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// About how many bytes the tags, names and numbers of a row take.
const TAGS: usize = 400;

/// Unix milliseconds as the wire writes them.
pub(super) fn ts(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(TS).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
}

/// A time as `<retry>`: milliseconds, rounded up, at least one.
pub(super) fn retry(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1)
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every text");
        text
    })
}

/// An entry of the friend list; `row` where it is a row of the full dialect. What stands where its kind stands has no
/// `<group>`, what is empty is left out.
pub(super) fn friend(friend: &Friend, dialect: Dialect, row: Option<&Row>) -> Stanza {
    let Friend { account, name, picture, kind, group, remark, note, id: _ } = friend.clone();
    let full = dialect == Dialect::Full;
    let group = group.filter(|_| full);
    let [remark, note] = [remark, note].map(|text| Some(text).filter(|text| full && !text.is_empty()));
    let (seq, at) = (row.map(|row| row.seq), row.and_then(|row| row.ts_ms).map(ts));
    match kind {
        FriendKind::Friend => {
            schema::Friend { name, account, picture, group, remark, note, seq, ts: at }.into()
        }
        FriendKind::Stranger => {
            schema::Stranger { name, account, picture, group, remark, note, seq, ts: at }.into()
        }
    }
}

/// A row as the account called `own` hears it; none where its dialect has no word for it or does not hear it.
///
/// A seed session hears incoming chats and the entries of its friend list that came after `list`, the number up to
/// which the list it was sent counted them in.
pub(super) fn row(row: &Row, dialect: Dialect, own: &str, list: u64) -> Option<Stanza> {
    match (dialect, &row.item) {
        (Dialect::Full, Item::Chat(message)) => Some(chat(message, Some(row.seq))),
        (Dialect::Full, item) => Some(news(row, item, own)),
        (Dialect::Seed, Item::Chat(message)) => name::is(&message.to, own).then(|| seed_chat(message)),
        (Dialect::Seed, Item::Friend(entry)) => (row.seq > list).then(|| friend(entry, dialect, None)),
        (
            Dialect::Seed,
            Item::Moved(_)
            | Item::FriendRemove { .. }
            | Item::Request(_)
            | Item::Answer { .. }
            | Item::Blocked { .. }
            | Item::Group { .. }
            | Item::GroupRename { .. }
            | Item::GroupRemove { .. }
            | Item::Profile { .. },
        ) => None,
    }
}

/// A row of the full dialect.
fn news(row: &Row, item: &Item, own: &str) -> Stanza {
    let (seq, ts) = (Some(row.seq), row.ts_ms.map(ts));
    match item.clone() {
        Item::Chat(message) => chat(&message, Some(row.seq)),
        Item::Friend(entry) | Item::Moved(entry) => friend(&entry, Dialect::Full, Some(row)),
        Item::FriendRemove { account } => {
            schema::FriendRemove { friendaccount: account, id: None, seq, ts }.into()
        }
        Item::Request(open) => request(&open, own, seq, ts),
        Item::Answer { account, theirs, accepted } => {
            let own = own.to_owned();
            let (myaccount, friendaccount) = if theirs { (account, own) } else { (own, account) };
            let (state, myaccount) = (i32::from(accepted), Some(myaccount));
            schema::FriendAnswer { friendaccount, state, id: None, myaccount, seq, ts }.into()
        }
        Item::Blocked { account, blocked, id: _ } => {
            schema::Blocked { friendaccount: account, state: i32::from(blocked), seq, ts }.into()
        }
        Item::Group { name } => schema::Group { group: name, seq, ts }.into(),
        Item::GroupRename { name, new } => schema::GroupRename { group: name, new, id: None, seq, ts }.into(),
        Item::GroupRemove { name } => schema::GroupRemove { group: name, id: None, seq, ts }.into(),
        Item::Profile { name, picture, note } => {
            let (name, picture, note) = (Some(name), Some(picture), Some(note));
            schema::Profile { name, picture, note, id: None, seq, ts }.into()
        }
    }
}

/// A request as the account called `own` hears it, a row or in a whole list.
pub(super) fn request(open: &Request, own: &str, seq: Option<u64>, ts: Option<String>) -> Stanza {
    let Request { account, name, picture, note, theirs } = open.clone();
    let own = own.to_owned();
    let (myaccount, friendaccount) = if theirs { (account, own) } else { (own, account) };
    let (name, picture) = (Some(name), Some(picture));
    let note = Some(note).filter(|note| !note.is_empty());
    let myaccount = Some(myaccount);
    schema::FriendRequest { friendaccount, note, id: None, myaccount, name, picture, seq, ts }.into()
}

/// A message that is looked back at: no row of the inbox. None if it is too long for its receiver, who could then
/// read none behind it: no such message was ever taken.
pub(super) fn older(message: &Message) -> Option<Stanza> {
    let about = bound(&message.content, message.body.as_ref());
    Some(chat(message, None)).filter(|stanza| fits(stanza, about))
}

/// About how many bytes it takes on the wire.
pub(super) fn weight_of_older(message: &Message) -> usize {
    TAGS + message.content.len() + message.body.as_ref().map_or(0, |body| body.0.len() / 3 * 4)
}

/// A line of the whole list as the account called `own` hears it.
pub(super) fn entry(entry: &Entry, dialect: Dialect, own: &str) -> Stanza {
    match entry {
        Entry::Group(name) => schema::Group { group: name.clone(), seq: None, ts: None }.into(),
        Entry::Friend(entry) => friend(entry, dialect, None),
        Entry::Blocked(account) => {
            schema::Blocked { friendaccount: account.clone(), state: 1, seq: None, ts: None }.into()
        }
        Entry::Request { request: open, ts_ms } => request(open, own, None, Some(ts(*ts_ms))),
    }
}

/// About how many bytes a line of the whole list takes on the wire.
pub(super) fn weight_of(entry: &Entry) -> usize {
    const TAGS: usize = 200;
    TAGS + match entry {
        Entry::Group(name) | Entry::Blocked(name) => name.len(),
        Entry::Friend(entry) => texts_of(entry),
        Entry::Request { request, .. } => request.name.len() + request.picture.len() + request.note.len(),
    }
}

/// Whether a stanza is short enough for its receiver, whose limit is [`schema::LIMIT_AFTER_LOGIN`] wherever it runs,
/// whatever this relay itself takes; `about` is what is known of its length without writing it, see [`bound`].
pub(super) fn fits(stanza: &Stanza, about: usize) -> bool {
    if about <= schema::LIMIT_AFTER_LOGIN {
        return true;
    }
    let mut out = Vec::with_capacity(about);
    stanza.write(&mut out);
    out.len() <= schema::LIMIT_AFTER_LOGIN
}

/// The most bytes of a character that is written as a reference: `&quot;`.
const ESCAPED: usize = 6;

/// The most bytes that a chat takes on the wire, whatever its content is made of.
pub(super) fn bound(content: &str, body: Option<&Body>) -> usize {
    /// All tags, names and numbers, and a `<kind>`.
    const REST: usize = 2 * 1024;
    content.len() * ESCAPED + body.map_or(0, |body| (body.0.len() / 3 + 1) * 4) + REST
}

/// The same of a row.
pub(super) fn row_bound(row: &Row) -> usize {
    match &row.item {
        Item::Chat(message) => bound(&message.content, message.body.as_ref()),
        item => bound("", None) + texts(item) * ESCAPED,
    }
}

/// How long the texts of a row are together that are not an account's name.
fn texts(item: &Item) -> usize {
    match item {
        Item::Chat(message) => message.content.len(),
        Item::Friend(entry) | Item::Moved(entry) => texts_of(entry),
        Item::Request(open) => open.name.len() + open.picture.len() + open.note.len(),
        Item::Group { name } | Item::GroupRemove { name } => name.len(),
        Item::GroupRename { name, new } => name.len() + new.len(),
        Item::Profile { name, picture, note } => name.len() + picture.len() + note.len(),
        Item::FriendRemove { .. } | Item::Answer { .. } | Item::Blocked { .. } => 0,
    }
}

/// The same of an entry of the friend list.
fn texts_of(entry: &Friend) -> usize {
    let group = entry.group.as_ref().map_or(0, String::len);
    entry.name.len() + entry.picture.len() + group + entry.remark.len() + entry.note.len()
}

/// Whether a chat that `from` submits is still short enough when it is delivered: escaped anew, and with the longest
/// numbers that the relay can add.
pub(super) fn can_be_delivered(from: &str, submit: &Submit) -> bool {
    let about = bound(&submit.content, submit.body.as_ref());
    if about <= schema::LIMIT_AFTER_LOGIN {
        return true;
    }
    let Submit { to, id, content, kind, re, body, .. } = submit.clone();
    let message = Message {
        from: from.to_owned(),
        to,
        id,
        content,
        kind,
        re,
        body,
        conv: i64::MAX.to_string(),
        cseq: u64::MAX,
        ts_ms: submit.now_ms,
    };
    fits(&chat(&message, Some(u64::MAX)), about)
}

/// About how many bytes a row takes on the wire.
pub(super) fn weight(row: &Row) -> usize {
    let body = if let Item::Chat(message) = &row.item { message.body.as_ref() } else { None };
    TAGS + texts(&row.item) + body.map_or(0, |body| body.0.len() / 3 * 4)
}

fn chat(message: &Message, seq: Option<u64>) -> Stanza {
    let Message { from, to, id, content, kind, re, body, conv, cseq, ts_ms } = message.clone();
    schema::Chat {
        myaccount: from,
        friendaccount: to,
        content,
        id: Some(id),
        kind,
        re,
        body,
        require: None,
        seq,
        conv: Some(conv),
        cseq: Some(cseq),
        ts: Some(ts(ts_ms)),
    }
    .into()
}

fn seed_chat(message: &Message) -> Stanza {
    let Message { from, to, content, .. } = message.clone();
    schema::Chat { myaccount: from, friendaccount: to, content, ..Default::default() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc_with_milliseconds() {
        assert_eq!(ts(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(ts(1_767_322_985_600), "2026-01-02T03:03:05.600Z");
        assert_eq!(ts(i64::MAX), "1970-01-01T00:00:00.000Z");
        assert_eq!(retry(Duration::from_micros(1_001)), 2);
        assert_eq!(retry(Duration::ZERO), 1);
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }
}
