//! A device's tokens: one is current, those given since are pending until their session has used one, those
//! replaced are remembered as retired, so that a copy of one can be told from a guess.
//!
//! More than one can be pending: every answer to a login may be lost, and a login that was long on its way may
//! arrive after a newer one. Whichever the device has on disk, it is let in with.

use rusqlite::{Connection, Error, Result, params};
use subtle::ConstantTimeEq;

use super::device;
use crate::core::op::{AccountId, TokenHash};

const PENDING_KEPT: usize = 4;
const RETIRED_KEPT: i64 = 16;

/// What a device's token is worth; 0, 1, 2 in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Retired,
    Current,
    Pending,
}

struct Token {
    n: i64,
    state: State,
    hash: [u8; 32],
}

/// What the shown token is for this device; none for one that it never had (or not among the last ones).
pub(super) fn state(
    conn: &Connection,
    account: AccountId,
    device: &str,
    shown: &TokenHash,
) -> Result<Option<State>> {
    Ok(find(&all(conn, account, device)?, shown).map(|token| token.state))
}

/// A pending token was used: it becomes the current one and all others are retired. Anything else changes nothing.
pub(super) fn confirm(conn: &Connection, account: AccountId, device: &str, used: &TokenHash) -> Result<()> {
    let tokens = all(conn, account, device)?;
    let Some(token) = find(&tokens, used).filter(|token| token.state == State::Pending) else {
        return Ok(());
    };
    conn.prepare_cached("UPDATE token SET state = 1 WHERE account = ?1 AND device = ?2 AND n = ?3")?
        .execute(params![account, device, token.n])?;
    device::spend_link(conn, account, device)?;
    let replaced = tokens.iter().filter(|other| other.state != State::Retired && other.n != token.n);
    retire(conn, account, device, replaced.map(|other| other.n))
}

/// Gives the device its next token, pending beside the current one.
pub(super) fn give(conn: &Connection, account: AccountId, device: &str, next: &TokenHash) -> Result<()> {
    let tokens = all(conn, account, device)?;
    let n = tokens.last().map_or(1, |last| last.n + 1);
    conn.prepare_cached("INSERT INTO token (account, device, n, state, hash) VALUES (?1, ?2, ?3, 2, ?4)")?
        .execute(params![account, device, n, next.0])?;
    let pending: Vec<i64> = tokens.iter().filter(|t| t.state == State::Pending).map(|t| t.n).collect();
    let over = (pending.len() + 1).saturating_sub(PENDING_KEPT);
    retire(conn, account, device, pending.into_iter().take(over))
}

/// No device of the account but this one has a token any more.
pub(super) fn end_others(conn: &Connection, account: AccountId, device: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM token WHERE account = ?1 AND device <> ?2")?
        .execute(params![account, device])?;
    Ok(())
}

/// No device of the account has a token any more.
pub(super) fn end_all(conn: &Connection, account: AccountId) -> Result<()> {
    conn.prepare_cached("DELETE FROM token WHERE account = ?1")?.execute([account])?;
    Ok(())
}

/// All of a device's tokens, oldest first.
fn all(conn: &Connection, account: AccountId, device: &str) -> Result<Vec<Token>> {
    conn.prepare_cached("SELECT n, state, hash FROM token WHERE account = ?1 AND device = ?2 ORDER BY n")?
        .query_map(params![account, device], |row| {
            let state = match row.get(1)? {
                0 => State::Retired,
                1 => State::Current,
                2 => State::Pending,
                other => return Err(Error::IntegralValueOutOfRange(1, other)),
            };
            Ok(Token { n: row.get(0)?, state, hash: row.get(2)? })
        })?
        .collect()
}

/// Compares with every one, each in constant time.
fn find<'a>(tokens: &'a [Token], shown: &TokenHash) -> Option<&'a Token> {
    tokens.iter().fold(
        None,
        |found, token| {
            if bool::from(token.hash.ct_eq(&shown.0)) { Some(token) } else { found }
        },
    )
}

/// Retires tokens; of the retired, the last ones are kept.
fn retire(
    conn: &Connection,
    account: AccountId,
    device: &str,
    tokens: impl Iterator<Item = i64>,
) -> Result<()> {
    let mut retired = false;
    for n in tokens {
        retired = true;
        conn.prepare_cached(
            "UPDATE token SET state = 0, n = (SELECT max(n) + 1 FROM token WHERE account = ?1 AND device = ?2)
             WHERE account = ?1 AND device = ?2 AND n = ?3",
        )?
        .execute(params![account, device, n])?;
    }
    if retired {
        conn.prepare_cached(
            "DELETE FROM token WHERE account = ?1 AND device = ?2 AND n IN
                (SELECT n FROM token WHERE account = ?1 AND device = ?2 AND state = 0
                 ORDER BY n DESC LIMIT -1 OFFSET ?3)",
        )?
        .execute(params![account, device, RETIRED_KEPT])?;
    }
    Ok(())
}
