//! Older messages, fetched from the relay bit by bit: what is not here, and what has come.

use rusqlite::{Connection, OptionalExtension, params};

use ipc_schema::chat::State;

use super::account::Owner;
use super::apply::uint;
use super::{mark, message};
use crate::core::op::{Done, Message, StoreError, Unfilled};

/// With whom older messages may be lacking. Whoever was sent every row from the first lacks none.
pub(super) fn unfilled(conn: &Connection, owner: Option<&Owner>) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(Done::Unfilled(Unfilled::default())) };
    let floor: i64 = conn
        .prepare_cached("SELECT floor FROM account WHERE row = ?1")?
        .query_row([owner.row], |row| row.get(0))?;
    if floor == 0 {
        return Ok(Done::Unfilled(Unfilled::default()));
    }
    let mut lacking = Vec::new();
    for peer in peers(conn, owner)? {
        let low = low(conn, owner, &peer)?;
        if low != Some(1) {
            lacking.push((peer, low));
        }
    }
    let done = conn
        .prepare_cached("SELECT count(*) FROM message WHERE owner = ?1 AND place <= 0")?
        .query_row([owner.row], |row| row.get(0))
        .map(uint)?;
    Ok(Done::Unfilled(Unfilled { done, lacking }))
}

/// Everybody with whom not everything is here for certain; with whom something was said last, first.
fn peers(conn: &Connection, owner: &Owner) -> Result<Vec<String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT peer FROM (
             SELECT peer, max(row) AS last FROM message WHERE owner = ?1 GROUP BY peer
             UNION ALL
             SELECT account, 0 FROM friend WHERE owner = ?1
                 AND NOT EXISTS (SELECT 1 FROM message WHERE owner = ?1 AND peer = friend.account)
         ) known
         WHERE NOT EXISTS (SELECT 1 FROM filled WHERE owner = ?1 AND filled.peer = known.peer)
         ORDER BY last DESC, peer",
    )?;
    let peers = statement.query_map([owner.row], |row| row.get(0))?;
    Ok(peers.collect::<Result<_, _>>()?)
}

/// The lowest number that is here of the conversation with somebody.
fn low(conn: &Connection, owner: &Owner, peer: &str) -> Result<Option<u64>, StoreError> {
    let conv: Option<String> = conn
        .prepare_cached(
            "SELECT conv FROM message WHERE owner = ?1 AND peer = ?2 AND cseq IS NOT NULL
             ORDER BY place DESC LIMIT 1",
        )?
        .query_row(params![owner.row, peer], |row| row.get(0))
        .optional()?
        .flatten();
    let low: Option<i64> = conn
        .prepare_cached("SELECT min(cseq) FROM message WHERE owner = ?1 AND conv = ?2 AND cseq IS NOT NULL")?
        .query_row(params![owner.row, conv], |row| row.get(0))?;
    Ok(low.map(uint))
}

/// Puts older messages before all that is here of their conversation; what is here already only learns its number.
pub(super) fn fill(
    conn: &Connection,
    owner: &Owner,
    peer: &str,
    messages: &[Message],
    whole: bool,
) -> Result<Done, StoreError> {
    let first: Option<i64> = conn
        .prepare_cached("SELECT min(place) FROM message WHERE owner = ?1 AND peer = ?2")?
        .query_row(params![owner.row, peer], |row| row.get(0))?;
    let mut place = first.map_or(0, |first| first.min(1) - 1);
    let mut new = 0;
    for one in messages.iter().rev() {
        if let Some(row) = message::same(conn, owner, one)? {
            let at = message::Place { conv: one.conv.as_deref(), cseq: one.cseq, ts: &one.ts };
            message::put(conn, row, &at)?;
            continue;
        }
        let mine = one.from == owner.account;
        let state = if mine { mark::reached(conn, owner, one)? } else { State::Read };
        let stored = Message { state, seq: None, reason: None, ..one.clone() };
        message::insert_at(conn, owner, &stored, place)?;
        place -= 1;
        new += 1;
    }
    if whole {
        conn.prepare_cached("INSERT OR IGNORE INTO filled (owner, peer) VALUES (?1, ?2)")?
            .execute(params![owner.row, peer])?;
    }
    let low = messages.iter().filter_map(|one| one.cseq).min();
    let low = low.map_or_else(|| self::low(conn, owner, peer), |low| Ok(Some(low)))?;
    Ok(Done::Filled { new, low })
}
