//! Inboxes: appending a row under the account's counter, and reading rows after a cursor.

use std::sync::Arc;

use relay_schema::{Body, Id};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, params};

use super::friend;
use super::number::{Num, conv_name};
use crate::core::op::{AccountId, Friend, FriendKind, Item, Message, Request, Row, Seq};

/// What an inbox row is about that is no chat (kind 0); the number is the row's `kind` in SQL (see `V2__friends.sql`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    Friend = 1,
    Stranger = 2,
    FriendRemove = 3,
    RequestTo = 4,
    RequestOf = 5,
    AnswerTo = 6,
    AnswerOf = 7,
    Blocked = 8,
    Group = 9,
    GroupRename = 10,
    GroupRemove = 11,
    Profile = 12,
}

/// The `detail` of a [`RowKind::Friend`] or [`RowKind::Stranger`] that its owner alone has changed.
pub(super) const OWN: &str = "own";
/// The `detail` of an answer and of a block.
const YES: &str = "1";
const NO: &str = "0";

/// What a row that is no chat holds.
#[derive(Debug, Clone)]
pub(super) struct News {
    pub(super) kind: RowKind,
    /// An account, or 0.
    pub(super) what: i64,
    pub(super) detail: Option<String>,
}

impl News {
    pub(super) fn of(kind: RowKind, what: AccountId) -> Self {
        Self { kind, what, detail: None }
    }

    pub(super) fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same with a `detail` that is yes or no.
    pub(super) fn is(self, yes: bool) -> Self {
        self.with(if yes { YES } else { NO })
    }
}

impl From<FriendKind> for RowKind {
    fn from(kind: FriendKind) -> Self {
        match kind {
            FriendKind::Friend => Self::Friend,
            FriendKind::Stranger => Self::Stranger,
        }
    }
}

/// Appends a chat's row and moves the counter, of which `head` is the value; gives the row's number.
pub(super) fn push_chat(conn: &Connection, account: AccountId, head: &mut Seq, message: i64) -> Result<Seq> {
    let seq = count(conn, account, head)?;
    conn.prepare_cached("INSERT INTO inbox (account, seq, kind, what) VALUES (?1, ?2, 0, ?3)")?
        .execute(params![account, Num(seq), message])?;
    Ok(seq)
}

/// The same of any other row; gives the row as it will be read.
pub(super) fn push(
    conn: &Connection,
    account: AccountId,
    head: &mut Seq,
    news: &News,
    now_ms: i64,
) -> Result<Row> {
    let seq = count(conn, account, head)?;
    let News { kind, what, detail } = news;
    conn.prepare_cached(
        "INSERT INTO inbox (account, seq, kind, what, ts_ms, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![account, Num(seq), *kind as i64, what, now_ms, detail])?;
    let item = item(conn, account, *kind as i64, *what, detail.as_deref())?;
    Ok(Row { seq, ts_ms: Some(now_ms), item })
}

fn count(conn: &Connection, account: AccountId, head: &mut Seq) -> Result<Seq> {
    *head += 1;
    conn.prepare_cached("UPDATE inbox_state SET head = ?2 WHERE account = ?1")?
        .execute(params![account, Num(*head)])?;
    Ok(*head)
}

/// The inbox's highest number; 0 for an account that was never there.
pub(super) fn head(conn: &Connection, account: AccountId) -> Result<Seq> {
    let mut read = conn.prepare_cached("SELECT head FROM inbox_state WHERE account = ?1")?;
    let mut rows = read.query([account])?;
    Ok(rows.next()?.map(|row| row.get::<_, Num>(0)).transpose()?.map_or(0, |head| head.0))
}

/// Rows after a cursor, oldest first, at most `count`.
pub(super) fn after(conn: &Connection, account: AccountId, after: Seq, count: u32) -> Result<Vec<Row>> {
    let mut read = conn.prepare_cached(&format!(
        "SELECT i.seq, i.kind, i.what, {MESSAGE}, i.ts_ms, i.detail
         FROM inbox i
         LEFT JOIN message m ON i.kind = 0 AND m.id = i.what
         LEFT JOIN account s ON s.id = m.sender
         LEFT JOIN account r ON r.id = m.recipient
         WHERE i.account = ?1 AND i.seq > ?2 ORDER BY i.seq LIMIT ?3"
    ))?;
    read.query_map(params![account, Num(after), count], |row| {
        let seq = row.get::<_, Num>(0)?.0;
        let item = match row.get(1)? {
            0 => Item::Chat(Arc::new(message(row, 3)?)),
            kind => item(conn, account, kind, row.get(2)?, row.get_ref(14)?.as_str_or_null()?)?,
        };
        Ok(Row { seq, ts_ms: row.get(13)?, item })
    })?
    .collect()
}

/// What a row of `account` says that is no chat. Names, pictures and groups are those of today.
fn item(conn: &Connection, account: AccountId, kind: i64, what: i64, detail: Option<&str>) -> Result<Item> {
    let own = detail == Some(OWN);
    let yes = detail == Some(YES);
    let text = || detail.unwrap_or_default().to_owned();
    let entry = |kind| friend::entry(conn, account, what, kind);
    let name = || friend::name(conn, what);
    Ok(match kind {
        1 if own => Item::Moved(entry(FriendKind::Friend)?),
        1 => Item::Friend(entry(FriendKind::Friend)?),
        2 if own => Item::Moved(entry(FriendKind::Stranger)?),
        2 => Item::Friend(entry(FriendKind::Stranger)?),
        3 => Item::FriendRemove { account: name()? },
        4 | 5 => {
            let Friend { account, name, picture, .. } = entry(FriendKind::Stranger)?;
            Item::Request(Request { account, name, picture, note: text(), theirs: kind == 5 })
        }
        6 | 7 => Item::Answer { account: name()?, theirs: kind == 7, accepted: yes },
        8 => Item::Blocked { id: what, account: name()?, blocked: yes },
        9 => Item::Group { name: text() },
        10 => {
            let (name, new) = detail.and_then(|names| names.split_once('\n')).unwrap_or_default();
            Item::GroupRename { name: name.to_owned(), new: new.to_owned() }
        }
        11 => Item::GroupRemove { name: text() },
        12 => {
            let Friend { name, picture, note, .. } = entry(FriendKind::Friend)?;
            Item::Profile { name, picture, note }
        }
        other => return Err(Error::IntegralValueOutOfRange(1, other)),
    })
}

/// The columns that [`message`] reads, of `m`, its sender `s` and its recipient `r`.
pub(super) const MESSAGE: &str =
    "s.name, r.name, m.mid, m.content, m.kind, m.re, m.body, m.conv, m.cseq, m.ts_ms";

/// A message whose first column is `at`.
pub(super) fn message(row: &rusqlite::Row<'_>, at: usize) -> Result<Message> {
    Ok(Message {
        from: row.get(at)?,
        to: row.get(at + 1)?,
        id: id(row, at + 2)?.ok_or_else(|| Error::InvalidColumnType(at + 2, "mid".into(), Type::Null))?,
        content: row.get(at + 3)?,
        kind: row.get(at + 4)?,
        re: id(row, at + 5)?,
        body: row.get::<_, Option<Vec<u8>>>(at + 6)?.map(Body),
        conv: conv_name(row.get(at + 7)?),
        cseq: row.get::<_, Num>(at + 8)?.0,
        ts_ms: row.get(at + 9)?,
    })
}

fn id(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<Id>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| Id::new(&text).ok_or_else(|| Error::InvalidColumnType(column, "id".into(), Type::Text)))
        .transpose()
}
