//! Inboxes: appending a row under the account's counter, and reading rows after a cursor.

use relay_schema::{Body, Id};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, params};

use super::number::{Num, conv_name};
use crate::core::op::{AccountId, Friend, FriendKind, Item, Message, Row, Seq};

/// What an inbox row points at; the number is the row's `kind` in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    Chat = 0,
    Friend = 1,
    Stranger = 2,
    FriendRemove = 3,
}

impl From<FriendKind> for RowKind {
    fn from(kind: FriendKind) -> Self {
        match kind {
            FriendKind::Friend => Self::Friend,
            FriendKind::Stranger => Self::Stranger,
        }
    }
}

/// Appends a row and moves the counter, of which `head` is the value; gives the row's number.
pub(super) fn push(
    conn: &Connection,
    account: AccountId,
    head: &mut Seq,
    kind: RowKind,
    what: i64,
) -> Result<Seq> {
    let seq = *head + 1;
    conn.prepare_cached("UPDATE inbox_state SET head = ?2 WHERE account = ?1")?
        .execute(params![account, Num(seq)])?;
    conn.prepare_cached("INSERT INTO inbox (account, seq, kind, what) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![account, Num(seq), kind as i64, what])?;
    *head = seq;
    Ok(seq)
}

/// The inbox's highest number; 0 for an account that was never there.
pub(super) fn head(conn: &Connection, account: AccountId) -> Result<Seq> {
    let mut read = conn.prepare_cached("SELECT head FROM inbox_state WHERE account = ?1")?;
    let mut rows = read.query([account])?;
    Ok(rows.next()?.map(|row| row.get::<_, Num>(0)).transpose()?.map_or(0, |head| head.0))
}

/// Rows after a cursor, oldest first, at most `count`.
pub(super) fn after(conn: &Connection, account: AccountId, after: Seq, count: u32) -> Result<Vec<Row>> {
    let mut read = conn.prepare_cached(
        "SELECT i.seq, i.kind, i.what,
                s.name, r.name, m.mid, m.content, m.kind, m.re, m.body, m.conv, m.cseq, m.ts_ms,
                p.name, p.shown, p.picture
         FROM inbox i
         LEFT JOIN message m ON i.kind = 0 AND m.id = i.what
         LEFT JOIN account s ON s.id = m.sender
         LEFT JOIN account r ON r.id = m.recipient
         LEFT JOIN account p ON i.kind <> 0 AND p.id = i.what
         WHERE i.account = ?1 AND i.seq > ?2 ORDER BY i.seq LIMIT ?3",
    )?;
    read.query_map(params![account, Num(after), count], row)?.collect()
}

fn row(row: &rusqlite::Row<'_>) -> Result<Row> {
    let seq = row.get::<_, Num>(0)?.0;
    let item = match row.get(1)? {
        0 => Item::Chat(Box::new(message(row)?)),
        1 => Item::Friend(friend(row, FriendKind::Friend)?),
        2 => Item::Friend(friend(row, FriendKind::Stranger)?),
        3 => Item::FriendRemove { account: row.get(13)? },
        other => return Err(Error::IntegralValueOutOfRange(1, other)),
    };
    Ok(Row { seq, item })
}

fn message(row: &rusqlite::Row<'_>) -> Result<Message> {
    Ok(Message {
        from: row.get(3)?,
        to: row.get(4)?,
        id: id(row, 5)?.ok_or_else(|| Error::InvalidColumnType(5, "mid".into(), Type::Null))?,
        content: row.get(6)?,
        kind: row.get(7)?,
        re: id(row, 8)?,
        body: row.get::<_, Option<Vec<u8>>>(9)?.map(Body),
        conv: conv_name(row.get(10)?),
        cseq: row.get::<_, Num>(11)?.0,
        ts_ms: row.get(12)?,
    })
}

fn friend(row: &rusqlite::Row<'_>, kind: FriendKind) -> Result<Friend> {
    Ok(Friend { id: row.get(2)?, account: row.get(13)?, name: row.get(14)?, picture: row.get(15)?, kind })
}

fn id(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<Id>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| Id::new(&text).ok_or_else(|| Error::InvalidColumnType(column, "id".into(), Type::Text)))
        .transpose()
}
