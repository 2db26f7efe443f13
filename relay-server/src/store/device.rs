//! The devices of an account, and the one-time codes with which further ones log in.

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::core::op::{AccountId, CodeHash, DeviceOp, DeviceRow, Done};

/// Open codes an account has at most; the oldest gives way.
const LINKS: u32 = 4;

/// Whether it only reads.
pub(super) fn is_read(op: &DeviceOp) -> bool {
    match op {
        DeviceOp::List => true,
        DeviceOp::Revoke(_) | DeviceOp::Link { .. } => false,
    }
}

/// Does it.
pub(super) fn device(conn: &Connection, account: AccountId, op: &DeviceOp) -> Result<Done> {
    match op {
        DeviceOp::List => list(conn, account).map(Done::Devices),
        DeviceOp::Revoke(device) => forget(conn, account, device).map(Done::Revoked),
        DeviceOp::Link { code, expires_ms, now_ms } => {
            link(conn, account, code, *expires_ms, *now_ms).map(|()| Done::Nothing)
        }
    }
}

fn list(conn: &Connection, account: AccountId) -> Result<Vec<DeviceRow>> {
    conn.prepare_cached(
        "SELECT device, client, seen_ms FROM device WHERE account = ?1 ORDER BY seen_ms DESC, device",
    )?
    .query_map([account], |row| {
        Ok(DeviceRow { device: row.get(0)?, client: row.get(1)?, seen_ms: row.get(2)? })
    })?
    .collect()
}

/// Forgets a device, its tokens, and the code that it may show again; false if there is none.
pub(super) fn forget(conn: &Connection, account: AccountId, device: &str) -> Result<bool> {
    spend_link(conn, account, device)?;
    let gone = conn
        .prepare_cached("DELETE FROM device WHERE account = ?1 AND device = ?2")?
        .execute(params![account, device])?;
    Ok(gone > 0)
}

/// Notes a code. Those whose time is over go, and of the open ones the oldest that are too many.
pub(super) fn link(
    conn: &Connection,
    account: AccountId,
    code: &CodeHash,
    expires_ms: i64,
    now_ms: i64,
) -> Result<()> {
    conn.prepare_cached("INSERT INTO link (account, hash, expires_ms) VALUES (?1, ?2, ?3)")?
        .execute(params![account, code.0, expires_ms])?;
    conn.prepare_cached(
        "DELETE FROM link WHERE account = ?1 AND (expires_ms <= ?2 OR device IS NULL AND id NOT IN
            (SELECT id FROM link WHERE account = ?1 AND device IS NULL AND expires_ms > ?2
             ORDER BY id DESC LIMIT ?3))",
    )?
    .execute(params![account, now_ms, LINKS])?;
    Ok(())
}

/// Whether the device may log in with the code: nobody has, or it has itself and its token is not confirmed yet.
pub(super) fn may_link(
    conn: &Connection,
    account: AccountId,
    device: &str,
    code: &CodeHash,
    now_ms: i64,
) -> Result<bool> {
    let used_by: Option<Option<String>> = conn
        .prepare_cached("SELECT device FROM link WHERE account = ?1 AND hash = ?2 AND expires_ms > ?3")?
        .query_row(params![account, code.0, now_ms], |row| row.get(0))
        .optional()?;
    Ok(used_by.is_some_and(|by| by.is_none_or(|by| by == device)))
}

/// The device logs in with the code.
pub(super) fn use_link(conn: &Connection, account: AccountId, device: &str, code: &CodeHash) -> Result<()> {
    conn.prepare_cached("UPDATE link SET device = ?3 WHERE account = ?1 AND hash = ?2")?
        .execute(params![account, code.0, device])?;
    Ok(())
}

/// The device has a token of its own: what it logged in with before is worth nothing any more.
pub(super) fn spend_link(conn: &Connection, account: AccountId, device: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM link WHERE account = ?1 AND device = ?2")?
        .execute(params![account, device])?;
    Ok(())
}

/// No code of the account works any more.
pub(super) fn end_links(conn: &Connection, account: AccountId) -> Result<()> {
    conn.prepare_cached("DELETE FROM link WHERE account = ?1")?.execute([account])?;
    Ok(())
}
