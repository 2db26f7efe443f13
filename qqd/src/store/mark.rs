//! Marks: how far somebody has received and read a conversation. They never go back.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use ipc_schema::chat::State;

use super::account::Owner;
use super::apply::{int, uint};
use super::step;
use crate::core::op::{Arrived, Done, Message, StoreError};

/// How many conversations a start tells the relay of, the newest.
const DELIVERED: u32 = 64;
/// Among so many of the newest rows they are looked for: more than can have been without a receipt.
const RECENT: u32 = 4_096;
/// How many marks that were not said a start hands to the core.
const UNSAID: u32 = 16_384;

/// `account` has, or has read, everything up to `cseq`: answers which of our messages have come further by that.
pub(super) fn of_other(
    conn: &Connection,
    owner: &Owner,
    (conv, account): (&str, &str),
    cseq: u64,
    read: bool,
) -> Result<Done, StoreError> {
    let known = if read { read_by(conn, owner, conv, account)? } else { 0 };
    conn.prepare_cached(
        "INSERT INTO mark (owner, conv, account, cseq, read) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (owner, conv, account) DO UPDATE
         SET cseq = max(cseq, excluded.cseq), read = max(read, excluded.read)",
    )?
    .execute(params![owner.row, conv, account, int(cseq), if read { int(cseq) } else { 0 }])?;
    // What was read before has been told; what was delivered is found by an index of its own.
    let sql = match read {
        true => {
            "SELECT row, id, recipient FROM message
             WHERE owner = ?1 AND mine = 1 AND state IN ('acked', 'delivered') AND conv = ?2 AND cseq <= ?3
                 AND cseq > ?5 AND cseq IS NOT NULL AND recipient = ?4
             ORDER BY cseq"
        }
        false => {
            "SELECT row, id, recipient FROM message
             WHERE owner = ?1 AND mine = 1 AND state = 'acked' AND conv = ?2 AND cseq <= ?3 AND ?5 = 0
                 AND recipient = ?4
             ORDER BY cseq"
        }
    };
    let mut statement = conn.prepare_cached(sql)?;
    let further = statement
        .query_map(params![owner.row, conv, int(cseq), account, known], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let state = if read { State::Read } else { State::Delivered };
    let mut update = conn.prepare_cached("UPDATE message SET state = ?2 WHERE row = ?1")?;
    let mut told = Vec::with_capacity(further.len());
    for (row, id, to) in further {
        update.execute(params![row, state.word()])?;
        step::now(conn, uint(row), state, None)?;
        told.push(Arrived { id, to, state });
    }
    Ok(Done::Delivered(told))
}

/// These messages are read here from now on: the relay is to know it.
pub(super) fn read_here(
    conn: &Connection,
    owner: &Owner,
    messages: &[(u64, Message)],
) -> Result<(), StoreError> {
    let mut marks: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, message) in messages {
        if let (Some(conv), Some(cseq)) = (&message.conv, message.cseq) {
            let mark = marks.entry(conv).or_default();
            *mark = cseq.max(*mark);
        }
    }
    let mut save = conn.prepare_cached(
        "INSERT INTO mark (owner, conv, account, cseq, read, unsaid) VALUES (?1, ?2, ?3, 0, ?4, 1)
         ON CONFLICT (owner, conv, account) DO UPDATE SET read = excluded.read, unsaid = 1
         WHERE excluded.read > read",
    )?;
    for (conv, cseq) in marks {
        save.execute(params![owner.row, conv, owner.account, int(cseq)])?;
    }
    Ok(())
}

/// Another device has read it: what is here of it is not unread any more.
pub(super) fn read_elsewhere(
    conn: &Connection,
    owner: &Owner,
    conv: &str,
    cseq: u64,
) -> Result<Done, StoreError> {
    conn.prepare_cached(
        "INSERT INTO mark (owner, conv, account, cseq, read) VALUES (?1, ?2, ?3, 0, ?4)
         ON CONFLICT (owner, conv, account) DO UPDATE
         SET unsaid = iif(excluded.read >= read, 0, unsaid), read = max(read, excluded.read)",
    )?
    .execute(params![owner.row, conv, owner.account, int(cseq)])?;
    let with: Option<String> = conn
        .prepare_cached(
            "SELECT peer FROM message WHERE owner = ?1 AND conv = ?2 AND cseq IS NOT NULL LIMIT 1",
        )?
        .query_row(params![owner.row, conv], |row| row.get(0))
        .optional()?;
    let rows = conn
        .prepare_cached(
            "UPDATE message SET state = 'read'
             WHERE owner = ?1 AND peer = ?2 AND mine = 0 AND state = 'acked' AND conv = ?3 AND cseq <= ?4
             RETURNING row",
        )?
        .query_map(params![owner.row, with, conv, int(cseq)], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for row in &rows {
        step::now(conn, uint(*row), State::Read, Some("other-device"))?;
    }
    Ok(Done::Cleared { with, count: rows.len().try_into().unwrap_or(0) })
}

/// The relay knows that so far was read here.
pub(super) fn told(conn: &Connection, owner: &Owner, marks: &[(String, u64)]) -> Result<Done, StoreError> {
    let mut save = conn.prepare_cached(
        "UPDATE mark SET unsaid = 0 WHERE owner = ?1 AND conv = ?2 AND account = ?3 AND read <= ?4",
    )?;
    for (conv, cseq) in marks {
        save.execute(params![owner.row, conv, owner.account, int(*cseq)])?;
    }
    Ok(Done::Nothing)
}

/// Whether one's own mark says that somebody else's message was read.
pub(super) fn was_read(conn: &Connection, owner: &Owner, message: &Message) -> Result<bool, StoreError> {
    let (Some(conv), Some(cseq)) = (&message.conv, message.cseq) else { return Ok(false) };
    Ok(uint(read_by(conn, owner, conv, &owner.account)?) >= cseq)
}

fn read_by(conn: &Connection, owner: &Owner, conv: &str, account: &str) -> Result<i64, StoreError> {
    let read = conn
        .prepare_cached("SELECT read FROM mark WHERE owner = ?1 AND conv = ?2 AND account = ?3")?
        .query_row(params![owner.row, conv, account], |row| row.get(0))
        .optional()?;
    Ok(read.unwrap_or(0))
}

/// How far one's own message at this place has come, by what its receiver's marks say.
pub(super) fn reached(conn: &Connection, owner: &Owner, message: &Message) -> Result<State, StoreError> {
    let (Some(conv), Some(cseq)) = (&message.conv, message.cseq) else { return Ok(State::Acked) };
    // A note to oneself is where it was to be.
    if message.to == owner.account {
        return Ok(State::Delivered);
    }
    let mark: Option<(i64, i64)> = conn
        .prepare_cached("SELECT cseq, read FROM mark WHERE owner = ?1 AND conv = ?2 AND account = ?3")?
        .query_row(params![owner.row, conv, message.to], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match mark {
        Some((_, read)) if uint(read) >= cseq => State::Read,
        Some((delivered, _)) if uint(delivered) >= cseq => State::Delivered,
        _ => State::Acked,
    })
}

/// How far the newest conversations have come here, as [`crate::core::op::Loaded::delivered`] lists them.
pub(super) fn delivered(conn: &Connection, owner: &Owner) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT conv, max(cseq) FROM message
         WHERE row > (SELECT max(row) FROM message) - ?2 AND owner = ?1 AND mine = 0 AND seq IS NOT NULL
             AND conv IS NOT NULL AND cseq IS NOT NULL
         GROUP BY conv ORDER BY max(row) DESC LIMIT ?3",
    )?;
    let marks = statement
        .query_map(params![owner.row, RECENT, DELIVERED], |row| Ok((row.get(0)?, uint(row.get(1)?))))?;
    Ok(marks.collect::<Result<_, _>>()?)
}

/// How far conversations were read here, where the relay may not know it.
pub(super) fn unsaid(conn: &Connection, owner: &Owner) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT conv, read FROM mark WHERE owner = ?1 AND unsaid = 1 AND account = ?2 ORDER BY conv LIMIT ?3",
    )?;
    let marks = statement
        .query_map(params![owner.row, owner.account, UNSAID], |row| Ok((row.get(0)?, uint(row.get(1)?))))?;
    Ok(marks.collect::<Result<_, _>>()?)
}
