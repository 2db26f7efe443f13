//! Pages of messages: a conversation's history, and what is unread.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};

use super::account::Owner;
use super::apply::{int, uint};
use super::message::{COLUMNS, from_row};
use super::step;
use crate::core::op::{Done, Message, StoreError};
use ipc_schema::chat::State;

/// A page ends before it has more bytes of text and bodies than this; one message always fits.
pub const PAGE_BYTES: usize = 512 * 1024;

/// The most messages that one reading of unread ones answers.
pub const READ_COUNT: u32 = 500;

/// The most messages that the list of the outbox has; as many as wait at most, and as many that failed.
const OUTBOX_COUNT: u32 = 8192;

/// No page has more messages than this, whatever is asked for.
const COUNT_MAX: u32 = 1000;

/// What a query without anybody logged in answers.
const NOTHING: Done = Done::Messages { messages: Vec::new(), more: false };

/// The newest messages of a conversation that are older than `before`, the oldest of them first.
pub(super) fn page(
    conn: &Connection,
    owner: Option<&Owner>,
    with: &str,
    before: Option<u64>,
    count: u32,
) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(NOTHING) };
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE owner = ?1 AND peer = ?2 AND place < ?3 ORDER BY place DESC"
    );
    let before = before.map_or(Ok(i64::MAX), |before| place_of(conn, owner, with, before))?;
    let (mut messages, more) =
        take(conn.prepare_cached(&sql)?, params![owner.row, with, before], count.min(COUNT_MAX))?;
    messages.reverse();
    Ok(Done::Messages { messages, more })
}

/// Where a message stands in its conversation, by its local number; of a number that is none of its messages', where the
/// next one stands that came after it.
fn place_of(conn: &Connection, owner: &Owner, with: &str, number: u64) -> Result<i64, StoreError> {
    const EXACT: &str = "SELECT place FROM message WHERE row = ?3 AND owner = ?1 AND peer = ?2";
    const BEHIND: &str =
        "SELECT coalesce(max(place) + 1, ?4) FROM message WHERE owner = ?1 AND peer = ?2 AND row < ?3";
    let exact = conn
        .prepare_cached(EXACT)?
        .query_row(params![owner.row, with, int(number)], |row| row.get(0))
        .optional()?;
    match exact {
        Some(place) => Ok(place),
        None => Ok(conn
            .prepare_cached(BEHIND)?
            .query_row(params![owner.row, with, int(number), i64::MIN], |row| row.get(0))?),
    }
}

/// The oldest unread messages, of one friend or of all; unless `peek` these are read now. They are answered as they
/// were before.
pub(super) fn read(
    conn: &Connection,
    owner: Option<&Owner>,
    with: Option<&str>,
    peek: bool,
) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(NOTHING) };
    let one = if with.is_some() { "peer = ?2" } else { "?2 IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE owner = ?1 AND mine = 0 AND state = 'acked' AND {one} ORDER BY row"
    );
    let (messages, more) = take(conn.prepare_cached(&sql)?, params![owner.row, with], READ_COUNT)?;
    if !peek {
        let mut mark = conn.prepare_cached("UPDATE message SET state = 'read' WHERE row = ?1")?;
        for (row, _) in &messages {
            mark.execute([int(*row)])?;
            step::now(conn, *row, State::Read, None)?;
        }
        super::mark::read_here(conn, owner, &messages)?;
    }
    Ok(Done::Messages { messages, more })
}

/// The oldest messages of a conversation that stand behind the one with the row `after`.
pub(super) fn export(
    conn: &Connection,
    owner: Option<&Owner>,
    with: &str,
    after: Option<u64>,
) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(NOTHING) };
    let begin = match after {
        None => Some(i64::MIN),
        Some(row) => conn
            .prepare_cached("SELECT place FROM message WHERE row = ?1 AND owner = ?2 AND peer = ?3")?
            .query_row(params![int(row), owner.row, with], |row| row.get(0))
            .optional()?,
    };
    let Some(begin) = begin else { return Ok(Done::Found(None)) };
    let sql =
        format!("SELECT {COLUMNS} FROM message WHERE owner = ?1 AND peer = ?2 AND place > ?3 ORDER BY place");
    let (messages, more) = take(conn.prepare_cached(&sql)?, params![owner.row, with, begin], COUNT_MAX)?;
    Ok(Done::Messages { messages, more })
}

/// What waits for the relay, in the order in which it goes out, then what failed since `since`, the newest last.
pub(super) fn outbox(conn: &Connection, owner: Option<&Owner>, since: &str) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(NOTHING) };
    let sql = format!(
        "SELECT {COLUMNS} FROM message LEFT JOIN outbox ON outbox.message = row
         WHERE owner = ?1 AND (position IS NOT NULL OR (mine = 1 AND state = 'failed' AND cleared = 0 AND ts >= ?2))
         ORDER BY position IS NULL, position, ts"
    );
    let (messages, more) = take(conn.prepare_cached(&sql)?, params![owner.row, since], OUTBOX_COUNT)?;
    Ok(Done::Messages { messages, more })
}

/// How many messages are unread, for each friend who has any.
pub(super) fn unread(conn: &Connection, owner: &Owner) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT peer, count(*) FROM message WHERE owner = ?1 AND mine = 0 AND state = 'acked'
         GROUP BY peer ORDER BY peer",
    )?;
    let counts = statement.query_map([owner.row], |row| Ok((row.get(0)?, uint(row.get(1)?))))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

/// Takes messages from a query until there are `count` or a page is full; tells whether there would be more.
pub(super) fn take(
    mut statement: CachedStatement<'_>,
    params: impl Params,
    count: u32,
) -> Result<(Vec<(u64, Message)>, bool), StoreError> {
    let mut rows = statement.query(params)?;
    let (mut messages, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        if messages.len() >= count as usize {
            return Ok((messages, true));
        }
        let (number, message) = from_row(row)?;
        bytes += message.text.len() + message.body.as_ref().map_or(0, String::len);
        if bytes > PAGE_BYTES && !messages.is_empty() {
            return Ok((messages, true));
        }
        messages.push((number, message));
    }
    Ok((messages, false))
}
