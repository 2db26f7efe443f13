//! The index for search: one FTS5 table for each account, which holds words and no text. It changes with the messages, in
//! the same transactions; what was there before it is taken in step by step, from the newest to the oldest.

use rusqlite::{Connection, OptionalExtension, ToSql, params};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::account::Owner;
use super::apply::{int, uint};
use super::history::take;
use super::message::COLUMNS;
use crate::core::op::{Done, StoreError};
use crate::core::segment;

/// A step of making the index ends after so many messages,
const STEP: u32 = 128;
/// or after so many bytes of their texts.
const STEP_BYTES: usize = 256 * 1024;
/// So many low bits of a `doc` number the messages of one millisecond.
const SAME_BITS: u32 = 20;
/// No time needs more bits, in milliseconds.
const TIME_MAX: i128 = (1 << (63 - SAME_BITS)) - 1;

/// What is looked for.
pub(super) struct Query<'a> {
    /// In the words of [`segment::phrases`].
    pub(super) phrases: &'a [String],
    /// Only with this account.
    pub(super) with: Option<&'a str>,
    /// Only what is older than the message with this row.
    pub(super) before: Option<u64>,
    pub(super) count: u32,
}

/// The account has an index from now on. Made by words of one letter or Chinese character, the `ascii` tokenizer parts at
/// spaces alone. Prefixes of two and three letters have many words and are kept ready.
pub(super) fn begin(conn: &Connection, owner: i64) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "CREATE VIRTUAL TABLE IF NOT EXISTS search_{owner}
         USING fts5(words, content='', columnsize=0, prefix='2 3', tokenize='ascii')"
    ))
}

/// Indexes for all accounts of a database from before there was a search.
pub(super) fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    let mut statement = conn.prepare("SELECT row FROM account")?;
    let owners = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    owners.into_iter().try_for_each(|owner| begin(conn, owner))
}

/// All words of the account are gone. The messages go on their own.
pub(super) fn forget(conn: &Connection, owner: i64) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("DROP TABLE IF EXISTS search_{owner}"))
}

/// A message is new, or has another time: the index knows it from now on, at its place.
pub(super) fn place(conn: &Connection, row: u64) -> Result<(), StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT owner, peer, text, ts, doc FROM message
             LEFT JOIN search_place ON search_place.message = message.row WHERE row = ?1",
        )?
        .query_row([int(row)], |row| {
            Ok(Entry {
                owner: row.get(0)?,
                peer: row.get(1)?,
                text: row.get(2)?,
                ts: row.get(3)?,
                doc: row.get(4)?,
            })
        })
        .optional()?;
    match found {
        Some(entry) => entry.put(conn, row),
        None => Ok(()),
    }
}

/// A message that was not here before.
pub(super) fn add(
    conn: &Connection,
    owner: i64,
    row: u64,
    (peer, text, ts): (&str, &str, &str),
) -> Result<(), StoreError> {
    let doc = free(conn, ts)?;
    let sql = format!("INSERT INTO search_{owner} (rowid, words) VALUES (?1, ?2)");
    conn.prepare_cached(&sql)?.execute(params![doc, segment::indexed(peer, text)])?;
    conn.prepare_cached("INSERT INTO search_place (doc, message) VALUES (?1, ?2)")?
        .execute(params![doc, int(row)])?;
    Ok(())
}

/// What the index is told of a message.
struct Entry {
    owner: i64,
    peer: String,
    text: String,
    ts: String,
    doc: Option<i64>,
}

impl Entry {
    fn put(&self, conn: &Connection, row: u64) -> Result<(), StoreError> {
        match self.doc {
            Some(doc) if doc >> SAME_BITS == begin_of(&self.ts) >> SAME_BITS => return Ok(()),
            Some(doc) => {
                let owner = self.owner;
                let sql = format!(
                    "INSERT INTO search_{owner} (search_{owner}, rowid, words) VALUES ('delete', ?1, ?2)"
                );
                conn.prepare_cached(&sql)?.execute(params![doc, segment::indexed(&self.peer, &self.text)])?;
                conn.prepare_cached("DELETE FROM search_place WHERE doc = ?1")?.execute([doc])?;
            }
            None => {}
        }
        add(conn, self.owner, row, (&self.peer, &self.text, &self.ts))
    }
}

/// The first `doc` of a time's millisecond; 0 for what is no time.
fn begin_of(ts: &str) -> i64 {
    let ms = OffsetDateTime::parse(ts, &Rfc3339).map_or(0, |time| time.unix_timestamp_nanos() / 1_000_000);
    i64::try_from(ms.clamp(0, TIME_MAX)).unwrap_or(0) << SAME_BITS
}

/// The next free `doc` of a time; when a millisecond is full, of the one after it.
fn free(conn: &Connection, ts: &str) -> Result<i64, StoreError> {
    let mut last = conn.prepare_cached("SELECT max(doc) FROM search_place WHERE doc BETWEEN ?1 AND ?2")?;
    let mut first = begin_of(ts);
    loop {
        let end = first | ((1 << SAME_BITS) - 1);
        let used: Option<i64> = last.query_row([first, end], |row| row.get(0))?;
        match used {
            None => return Ok(first),
            Some(used) if used < end => return Ok(used + 1),
            Some(_) => {
                first = end.checked_add(1).ok_or_else(|| StoreError::Failed("no free place".into()))?;
            }
        }
    }
}

/// The newest messages that hold all the words; [`Done::Found`] with none if `before` is the row of no message any more.
pub(super) fn find(conn: &Connection, owner: Option<&Owner>, query: &Query<'_>) -> Result<Done, StoreError> {
    let nothing = Done::Hits { messages: Vec::new(), more: false, indexing: false };
    let Some(owner) = owner else { return Ok(nothing) };
    let before: Option<i64> = match query.before {
        None => Some(i64::MAX),
        Some(row) => conn
            .prepare_cached("SELECT doc FROM search_place WHERE message = ?1")?
            .query_row([int(row)], |row| row.get(0))
            .optional()?,
    };
    let Some(before) = before else { return Ok(Done::Found(None)) };
    let with = query.with.map(|with| format!("\"{}\"", segment::peer_token(with)));
    let words: Vec<&str> = with.iter().chain(query.phrases).map(String::as_str).collect();
    let table = format!("search_{}", owner.row);
    let sql = format!(
        "SELECT {COLUMNS} FROM {table}
         CROSS JOIN search_place ON search_place.doc = {table}.rowid
         CROSS JOIN message ON message.row = search_place.message
         WHERE {table} MATCH ?1 AND {table}.rowid < ?2 ORDER BY {table}.rowid DESC"
    );
    let params: [&dyn ToSql; 2] = [&words.join(" AND "), &before];
    let (messages, more) = take(conn.prepare_cached(&sql)?, &params[..], query.count)?;
    Ok(Done::Hits { messages, more, indexing: upto(conn)? > 0 })
}

fn upto(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT upto FROM search")?.query_row([], |row| row.get(0))
}

/// Indexes a few of the messages that are older than the index, the newest first; whether there are more.
pub(super) fn step(conn: &Connection) -> Result<bool, StoreError> {
    let mut upto = upto(conn)?;
    if upto <= 0 {
        return Ok(false);
    }
    let mut bytes = 0;
    for _ in 0..STEP {
        let next: Option<i64> = conn
            .prepare_cached("SELECT max(row) FROM message WHERE row <= ?1")?
            .query_row([upto], |row| row.get(0))?;
        let Some(row) = next else {
            upto = 0;
            break;
        };
        place(conn, uint(row))?;
        upto = row - 1;
        let length: i64 = conn
            .prepare_cached("SELECT length(text) FROM message WHERE row = ?1")?
            .query_row([row], |row| row.get(0))?;
        bytes += usize::try_from(length).unwrap_or(0);
        if bytes > STEP_BYTES {
            break;
        }
    }
    conn.prepare_cached("UPDATE search SET upto = ?1")?.execute([upto])?;
    Ok(upto > 0)
}
