//! Drafts: what was typed to somebody and not sent, one for each conversation.

use rusqlite::{Connection, OptionalExtension, params};

use super::account::Owner;
use crate::core::op::{Done, StoreError};

/// Keeps a draft, forgets it when it is empty, or looks at it.
pub(super) fn draft(
    conn: &Connection,
    owner: &Owner,
    with: &str,
    text: Option<&str>,
) -> Result<Done, StoreError> {
    let known: Option<String> = conn
        .prepare_cached("SELECT text FROM draft WHERE owner = ?1 AND peer = ?2")?
        .query_row(params![owner.row, with], |row| row.get(0))
        .optional()?;
    let known = known.unwrap_or_default();
    let Some(text) = text.filter(|text| *text != known) else {
        return Ok(Done::Draft { text: known, changed: false });
    };
    if text.is_empty() {
        conn.prepare_cached("DELETE FROM draft WHERE owner = ?1 AND peer = ?2")?
            .execute(params![owner.row, with])?;
    } else {
        conn.prepare_cached("INSERT OR REPLACE INTO draft (owner, peer, text) VALUES (?1, ?2, ?3)")?
            .execute(params![owner.row, with, text])?;
    }
    Ok(Done::Draft { text: text.to_owned(), changed: true })
}

/// All drafts of an account: to whom, and the text.
pub(super) fn all(conn: &Connection, owner: &Owner) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT peer, text FROM draft WHERE owner = ?1")?;
    let rows = statement.query_map([owner.row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
