//! What happened with a message, step by step, for whoever asks what became of it. A message has a bounded number of
//! steps: what happens again and again is counted.

use ipc_schema::chat::State;
use rusqlite::{Connection, params};

use super::account::Owner;
use super::apply::{int, uint};
use super::message::{COLUMNS, from_row, state};
use crate::core::op::{Done, Message, Step, StoreError};

/// The most steps of one message.
const MAX: i64 = 32;
/// The most messages that an id's first characters are looked up for.
const MATCHES: u32 = 16;

/// The first step of a message that is new here, now.
pub(super) fn first(
    conn: &Connection,
    row: u64,
    state: State,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO step (message, number, ts, state, reason, times)
         VALUES (?1, 0, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?2, ?3, 1)",
    )?
    .execute(params![int(row), state.word(), reason])?;
    Ok(())
}

/// A step that happens now.
pub(super) fn now(conn: &Connection, row: u64, state: State, reason: Option<&str>) -> Result<(), StoreError> {
    let ts: String = conn
        .prepare_cached("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")?
        .query_row([], |row| row.get(0))?;
    add(conn, row, &Step { ts, state, reason: reason.map(str::to_owned), times: 1 })
}

/// A further step. The same as one of the last two is counted there; the same state as the last one says at most why.
fn add(conn: &Connection, row: u64, step: &Step) -> Result<(), StoreError> {
    let all = numbered(conn, row)?;
    let last = all.last();
    if let Some((number, last)) = last.filter(|(_, last)| last.state == step.state) {
        match (&last.reason, &step.reason) {
            (_, None) => return Ok(()),
            (None, Some(reason)) => {
                conn.prepare_cached("UPDATE step SET reason = ?3 WHERE message = ?1 AND number = ?2")?
                    .execute(params![int(row), number, reason])?;
                return Ok(());
            }
            (Some(_), Some(_)) => {}
        }
    }
    let full = last.is_some_and(|(number, _)| *number + 1 >= MAX);
    let looked = if full { all.len() } else { 2 };
    let same = |(_, known): &&(i64, Step)| known.state == step.state && known.reason == step.reason;
    if let Some((number, _)) = all.iter().rev().take(looked).find(same) {
        conn.prepare_cached(
            "UPDATE step SET times = times + ?4, ts = ?3 WHERE message = ?1 AND number = ?2",
        )?
        .execute(params![int(row), number, step.ts, int(step.times)])?;
        return Ok(());
    }
    let number = last.map_or(0, |(number, _)| if full { *number } else { number + 1 });
    conn.prepare_cached(
        "INSERT OR REPLACE INTO step (message, number, ts, state, reason, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![int(row), number, step.ts, step.state.word(), step.reason, int(step.times)])?;
    Ok(())
}

/// What the core saw happen with an own message.
pub(super) fn note(conn: &Connection, owner: &Owner, id: &str, steps: &[Step]) -> Result<Done, StoreError> {
    if let Some((row, _)) = super::message::own(conn, owner, id, None)? {
        steps.iter().try_for_each(|step| add(conn, row, step))?;
    }
    Ok(Done::Nothing)
}

/// The message with this id, or those whose ids begin so, and what happened with it if it is one.
pub(super) fn explain(conn: &Connection, owner: Option<&Owner>, id: &str) -> Result<Done, StoreError> {
    let Some(owner) = owner else { return Ok(Done::Explained { matches: Vec::new(), steps: Vec::new() }) };
    let matches = matches(conn, owner, id, "1")?;
    let steps = match &matches[..] {
        [(row, _)] => numbered(conn, *row)?.into_iter().map(|(_, step)| step).collect(),
        _ => Vec::new(),
    };
    Ok(Done::Explained { matches, steps })
}

/// Messages whose ids begin so and for which `condition` holds, one an id; one with exactly this id is the only one. Of
/// several senders' with the same id one's own.
pub(super) fn matches(
    conn: &Connection,
    owner: &Owner,
    id: &str,
    condition: &str,
) -> Result<Vec<(u64, Message)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message WHERE owner = ?1 AND id BETWEEN ?2 AND ?2 || char(0x10ffff) AND {condition}
         ORDER BY id, mine DESC, row DESC LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let found = statement.query_map(params![owner.row, id, MATCHES], from_row)?;
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    found.dedup_by(|later, first| later.1.id == first.1.id);
    // The shortest stands first.
    if found.first().is_some_and(|(_, message)| message.id == id) {
        found.truncate(1);
    }
    Ok(found)
}

fn numbered(conn: &Connection, row: u64) -> Result<Vec<(i64, Step)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT number, ts, state, reason, times FROM step WHERE message = ?1 ORDER BY number",
    )?;
    let steps = statement.query_map([int(row)], |row| {
        let word: String = row.get(2)?;
        let state = state(&word).ok_or_else(|| rusqlite::Error::InvalidColumnName(word.clone()))?;
        Ok((row.get(0)?, Step { ts: row.get(1)?, state, reason: row.get(3)?, times: uint(row.get(4)?) }))
    })?;
    Ok(steps.collect::<Result<_, _>>()?)
}

/// A message that failed is to be sent again under its id: behind what waits, and from `ts` on. Answers
/// [`Done::Explained`] with what was found instead if it is not one that failed.
pub(super) fn retry(conn: &Connection, owner: &Owner, id: &str, ts: &str) -> Result<Done, StoreError> {
    let failed = matches(conn, owner, id, "mine = 1 AND state = 'failed'")?;
    let [(row, _)] = &failed[..] else {
        let matches = if failed.is_empty() { matches(conn, owner, id, "1")? } else { failed };
        return Ok(Done::Explained { matches, steps: Vec::new() });
    };
    conn.prepare_cached(
        "UPDATE message SET state = 'queued', reason = NULL, cleared = 0, ts = ?2, place = 1 + (SELECT max(other.place)
             FROM message other WHERE other.owner = message.owner AND other.peer = message.peer)
         WHERE row = ?1",
    )?
    .execute(params![int(*row), ts])?;
    conn.prepare_cached("INSERT INTO outbox (message) VALUES (?1)")?.execute([int(*row)])?;
    super::search::place(conn, *row)?;
    now(conn, *row, State::Queued, Some("retried"))?;
    let sql = format!("SELECT {COLUMNS} FROM message WHERE row = ?1");
    let (_, message) = conn.prepare_cached(&sql)?.query_row([int(*row)], from_row)?;
    Ok(Done::Queued { message: Box::new(message), known: false })
}

/// Messages that failed are not listed any more. Answers [`Done::Explained`] with what was found instead if the one that is
/// meant did not fail.
pub(super) fn clear(conn: &Connection, owner: &Owner, id: Option<&str>) -> Result<Done, StoreError> {
    const FAILED: &str = "mine = 1 AND state = 'failed'";
    let Some(id) = id else {
        let sql = format!("UPDATE message SET cleared = 1 WHERE owner = ?1 AND cleared = 0 AND {FAILED}");
        let cleared = conn.prepare_cached(&sql)?.execute([owner.row])?;
        return Ok(Done::Unlisted(cleared as u64));
    };
    let failed = matches(conn, owner, id, FAILED)?;
    let [(row, _)] = &failed[..] else {
        let matches = if failed.is_empty() { matches(conn, owner, id, "1")? } else { failed };
        return Ok(Done::Explained { matches, steps: Vec::new() });
    };
    let mut change = conn.prepare_cached("UPDATE message SET cleared = 1 WHERE row = ?1 AND cleared = 0")?;
    Ok(Done::Unlisted(change.execute([int(*row)])? as u64))
}
