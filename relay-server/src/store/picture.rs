//! Avatars. Each account keeps those that it has put: the one it shows, and the last few others. A file that several
//! have put is there once.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::change::{Stop, Told};
use super::number::Num;
use super::stamp::{self, What};
use crate::core::op::{AccountId, Change, Picture};

/// So many that it does not show are kept of an account.
const SPARE: u64 = 8;
/// New ones an hour.
const PUTS: u32 = 60;

/// Keeps an avatar. It makes no row: nobody is shown it yet.
pub(super) fn put(conn: &Connection, change: &Change, picture: &Picture) -> Result<Told, Stop> {
    let Change { account, now_ms, .. } = change;
    // The newest, whatever the clock says: it must not be the one that gives way.
    let ts_ms: i64 = conn
        .prepare_cached("SELECT max(?2, coalesce(max(ts_ms) + 1, 0)) FROM picture_owner WHERE account = ?1")?
        .query_row([account, now_ms], |row| row.get(0))?;
    let known = conn
        .prepare_cached("UPDATE picture_owner SET ts_ms = ?3 WHERE account = ?1 AND hash = ?2")?
        .execute(params![account, picture.hash, ts_ms])?;
    if known > 0 {
        return Ok(Told::nothing());
    }
    stamp::check(conn, *account, What::Picture, PUTS, *now_ms)??;
    stamp::note(conn, *account, What::Picture, *now_ms)?;
    conn.prepare_cached("INSERT INTO picture (hash, body) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING")?
        .execute(params![picture.hash, picture.body])?;
    conn.prepare_cached("INSERT INTO picture_owner (account, hash, ts_ms) VALUES (?1, ?2, ?3)")?
        .execute(params![account, picture.hash, ts_ms])?;
    prune(conn, *account)?;
    Ok(Told::nothing())
}

/// Whether the account has put it, and it is still kept.
pub(super) fn is_own(conn: &Connection, account: AccountId, hash: &str) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM picture_owner WHERE account = ?1 AND hash = ?2")?
        .exists(params![account, hash])
}

/// The file, if the account has put it or is shown it: by somebody in its list, or on one of the two sides of an open
/// request. Whoever blocks it shows what it showed when the block began.
pub(super) fn get(conn: &Connection, account: AccountId, hash: &str) -> Result<Option<Vec<u8>>> {
    conn.prepare_cached(
        "WITH shower (id) AS (
             SELECT id FROM account WHERE picture = ?2 AND picture <> ''
                 AND NOT EXISTS (SELECT 1 FROM block WHERE account = id AND other = ?1)
             UNION ALL SELECT account FROM block WHERE other = ?1 AND picture = ?2)
         SELECT body FROM picture WHERE hash = ?2 AND (
             EXISTS (SELECT 1 FROM picture_owner WHERE account = ?1 AND hash = ?2)
             OR EXISTS (SELECT 1 FROM shower s WHERE
                 EXISTS (SELECT 1 FROM friend WHERE account = ?1 AND other = s.id)
                 OR EXISTS (SELECT 1 FROM request WHERE asker = s.id AND asked = ?1 AND state = 0)
                 OR EXISTS (SELECT 1 FROM request WHERE asker = ?1 AND asked = s.id AND state = 0)))",
    )?
    .query_row(params![account, hash], |row| row.get(0))
    .optional()
}

/// Drops what the account does not show and has put before the last few others.
pub(super) fn prune(conn: &Connection, account: AccountId) -> Result<()> {
    let dropped = conn
        .prepare_cached(
            "DELETE FROM picture_owner WHERE account = ?1 AND hash IN
                (SELECT o.hash FROM picture_owner o JOIN account a ON a.id = o.account
                 WHERE o.account = ?1 AND o.hash <> a.picture
                 ORDER BY o.ts_ms DESC, o.hash LIMIT -1 OFFSET ?2)
             RETURNING hash",
        )?
        .query_map(params![account, Num(SPARE)], |row| row.get(0))?
        .collect::<Result<Vec<String>>>()?;
    for hash in &dropped {
        // Whom it blocks goes on seeing the one of then; that this one alone cannot be had any more would tell.
        conn.prepare_cached("UPDATE block SET picture = '' WHERE account = ?1 AND picture = ?2")?
            .execute(params![account, hash])?;
        sweep(conn, hash)?;
    }
    Ok(())
}

/// Drops all that the account has put.
pub(super) fn drop_all(conn: &Connection, account: AccountId) -> Result<()> {
    let dropped = conn
        .prepare_cached("DELETE FROM picture_owner WHERE account = ?1 RETURNING hash")?
        .query_map([account], |row| row.get(0))?
        .collect::<Result<Vec<String>>>()?;
    dropped.iter().try_for_each(|hash| sweep(conn, hash))
}

/// Drops a file that nobody keeps any more.
fn sweep(conn: &Connection, hash: &str) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM picture WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM picture_owner WHERE hash = ?1)",
    )?
    .execute([hash])
    .map(drop)
}
