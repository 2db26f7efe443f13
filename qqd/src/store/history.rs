//! Pages of messages: a conversation's history, and what is unread.

use rusqlite::{CachedStatement, Connection, Params, params};

use super::account::Owner;
use super::apply::{int, uint};
use super::message::{COLUMNS, from_row};
use crate::core::op::{Done, Message, StoreError};

/// A page ends before it has more bytes of text and bodies than this; one message always fits.
pub const PAGE_BYTES: usize = 512 * 1024;

/// The most messages that one reading of unread ones answers.
pub const READ_COUNT: u32 = 500;

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
        "SELECT {COLUMNS} FROM message WHERE owner = ?1 AND peer = ?2 AND row < ?3 ORDER BY row DESC"
    );
    let before = before.map_or(i64::MAX, int);
    let (mut messages, more) =
        take(conn.prepare_cached(&sql)?, params![owner.row, with, before], count.min(COUNT_MAX))?;
    messages.reverse();
    Ok(Done::Messages { messages, more })
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
        }
    }
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
fn take(
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
