//! What a removed account leaves behind: its inbox, and the messages that nobody is left to read. There may be millions
//! of rows, so they go in small transactions while nobody else writes; what is still to go is noted in `meta` in the
//! transaction that removes the account, and outlasts a restart. At the end nothing of it is in the log either.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result};

use crate::core::op::AccountId;

/// Rows that go in one transaction; a message may be 256 KiB long.
const ROWS: u32 = 1_000;
const MESSAGES: u32 = 100;

/// When what could not go is tried again.
pub(super) const AGAIN: Duration = Duration::from_secs(5);

/// How the note of an account begins; its number follows.
const NOTE: &str = "wipe.";

/// What a [`step`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing is to go.
    Nothing,
    /// Rows went; there may be more.
    Rows,
    /// All rows of this account are gone; what is left is the log.
    Log(AccountId),
}

/// Notes that the account's rows are to go.
pub(super) fn note(conn: &Connection, account: AccountId) -> Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO meta (key, value) VALUES (?1, '')")?
        .execute([format!("{NOTE}{account}")])
        .map(drop)
}

/// Deletes a few rows, within a transaction.
pub(super) fn step(conn: &Connection) -> Result<Step> {
    let Some(account) = noted(conn)? else { return Ok(Step::Nothing) };
    let rows = conn
        .prepare_cached(
            "DELETE FROM inbox WHERE account = ?1 AND seq IN
                (SELECT seq FROM inbox WHERE account = ?1 ORDER BY seq LIMIT ?2)",
        )?
        .execute((account, ROWS))?;
    if rows > 0 {
        return Ok(Step::Rows);
    }
    // A conversation's messages stay for the other one, until he is removed, too.
    let messages = conn
        .prepare_cached(
            "DELETE FROM message WHERE id IN
                (SELECT m.id FROM conv c
                 JOIN account a ON a.id = c.low + c.high - ?1 AND a.removed_ms IS NOT NULL
                 JOIN message m ON m.conv = c.id
                 WHERE c.low = ?1 OR c.high = ?1 LIMIT ?2)",
        )?
        .execute((account, MESSAGES))?;
    Ok(if messages > 0 { Step::Rows } else { Step::Log(account) })
}

/// An account whose rows are to go.
pub(super) fn noted(conn: &Connection) -> Result<Option<AccountId>> {
    conn.prepare_cached(
        "SELECT CAST(substr(key, 6) AS INTEGER) FROM meta WHERE key >= 'wipe.' AND key < 'wipe/' ORDER BY key LIMIT 1",
    )?
    .query_row([], |row| row.get(0))
    .optional()
}

/// Nothing of the account is left to go, within a transaction.
pub(super) fn done(conn: &Connection, account: AccountId) -> Result<()> {
    conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([format!("{NOTE}{account}")]).map(drop)
}

/// Empties the log, outside of a transaction; false where somebody reads in it just now (a backup, for example): it is
/// not waited for.
pub(super) fn empty_log(conn: &Connection, timeout: Duration) -> Result<bool> {
    conn.busy_timeout(Duration::ZERO)?;
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(timeout)?;
    Ok(!busy?)
}
