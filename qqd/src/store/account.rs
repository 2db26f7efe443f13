//! Whose store it is: the accounts that are logged in, their cursors, and what logging out leaves behind.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::apply::{int, uint};
use ipc_schema::presence::Wish;

use super::search;
use crate::core::op::{Account, Address, Done, Left, Own, StoreError};

/// An account that is logged in, as the other tables know it.
pub(super) struct Owner {
    /// Its row.
    pub(super) row: i64,
    /// Its name at the relay: what it has sent is its own.
    pub(super) account: String,
}

/// The account with this local name, if it is logged in.
pub(super) fn present(conn: &Connection, local: &str) -> Result<Option<Owner>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT row, account FROM account WHERE local = ?1 AND present = 1")?
        .query_row([local], |row| Ok(Owner { row: row.get(0)?, account: row.get(1)? }))
        .optional()?)
}

/// The local names of all that are logged in, in the order of their first logins.
pub(super) fn locals(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare_cached("SELECT local FROM account WHERE present = 1 ORDER BY row")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The local names of all that are known, logged in or not.
pub(super) fn all_locals(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare_cached("SELECT local FROM account")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

const COLUMNS: &str =
    "local, account, name, host, port, plain, pin, device, epoch, cursor, presence, presence_note";

/// What is kept of one account.
pub(super) fn one(conn: &Connection, owner: &Owner) -> Result<Account, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE row = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([owner.row], from_row)?)
}

/// Those who are logged out and whose history is kept.
pub(super) fn former(conn: &Connection) -> Result<Vec<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE present = 0 ORDER BY row");
    let mut statement = conn.prepare_cached(&sql)?;
    let accounts = statement.query_map([], from_row)?;
    Ok(accounts.collect::<Result<_, _>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        local: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        relay: Address { host: row.get(3)?, port: row.get(4)?, plain: row.get(5)? },
        pin: row.get(6)?,
        device: row.get(7)?,
        epoch: row.get(8)?,
        cursor: uint(row.get(9)?),
        own: Own { presence: wish(&row.get::<_, String>(10)?), note: row.get(11)? },
    })
}

/// A word that a newer version has written is on line.
fn wish(word: &str) -> Wish {
    Wish::ALL.iter().copied().find(|wish| wish.word() == word).unwrap_or_default()
}

/// How the account is to show itself from now on.
pub(super) fn set_presence(conn: &Connection, owner: &Owner, own: &Own) -> Result<Done, StoreError> {
    conn.prepare_cached("UPDATE account SET presence = ?2, presence_note = ?3 WHERE row = ?1")?
        .execute(params![owner.row, own.presence.word(), own.note])?;
    Ok(Done::Nothing)
}

/// Makes or updates the account, which is logged in from now on. How it shows itself stays.
///
/// With the same epoch the cursor stays. With another one the numbers that the relay gave mean nothing any more: they are
/// forgotten, with the marks, and come again with the rows.
pub(super) fn save(conn: &Connection, account: &Account) -> Result<Done, StoreError> {
    let known: Option<(i64, String, i64)> = conn
        .prepare_cached("SELECT row, epoch, cursor FROM account WHERE local = ?1")?
        .query_row([&account.local], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let cursor = match known {
        Some((_, epoch, cursor)) if epoch == account.epoch => cursor,
        Some((row, ..)) => {
            forget_numbers(conn, row)?;
            int(account.cursor)
        }
        None => int(account.cursor),
    };
    conn.prepare_cached(
        "INSERT INTO account (local, account, name, host, port, plain, pin, device, epoch, cursor, present, floor,
             presence, presence_note)
         VALUES (:local, :account, :name, :host, :port, :plain, :pin, :device, :epoch, :cursor, 1, :cursor,
             :presence, :note)
         ON CONFLICT (local) DO UPDATE SET account = excluded.account, name = excluded.name, host = excluded.host,
             port = excluded.port, plain = excluded.plain, pin = excluded.pin, device = excluded.device,
             floor = iif(epoch = excluded.epoch, floor, excluded.cursor),
             epoch = excluded.epoch, cursor = excluded.cursor, present = 1",
    )?
    .execute(named_params! {
        ":local": account.local, ":account": account.account, ":name": account.name,
        ":host": account.relay.host, ":port": account.relay.port, ":plain": account.relay.plain,
        ":pin": account.pin, ":device": account.device, ":epoch": account.epoch, ":cursor": cursor,
        ":presence": account.own.presence.word(), ":note": account.own.note,
    })?;
    let row = conn
        .prepare_cached("SELECT row FROM account WHERE local = ?1")?
        .query_row([&account.local], |row| row.get(0))?;
    search::begin(conn, row)?;
    Ok(Done::Nothing)
}

fn forget_numbers(conn: &Connection, owner: i64) -> Result<(), StoreError> {
    conn.execute("DELETE FROM mark WHERE owner = ?1", [owner])?;
    conn.execute("DELETE FROM filled WHERE owner = ?1", [owner])?;
    conn.execute(
        "UPDATE message SET conv = NULL, cseq = NULL, seq = NULL
         WHERE owner = ?1 AND (conv IS NOT NULL OR cseq IS NOT NULL OR seq IS NOT NULL)",
        [owner],
    )?;
    Ok(())
}

/// `seq` is committed from now on.
pub(super) fn move_cursor(conn: &Connection, owner: &Owner, seq: u64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE account SET cursor = ?2 WHERE row = ?1")?
        .execute(params![owner.row, int(seq)])?;
    Ok(())
}

/// The account is not logged in any more; `wipe` removes it with all that is its own.
pub(super) fn log_out(conn: &Connection, local: &str, wipe: bool) -> Result<Done, StoreError> {
    let Some(owner) = present(conn, local)? else { return Ok(Done::LoggedOut(Left::default())) };
    let left = left(conn, owner.row)?;
    if wipe {
        search::forget(conn, owner.row)?;
        conn.execute("DELETE FROM account WHERE row = ?1", [owner.row])?;
    } else {
        conn.execute("UPDATE account SET present = 0 WHERE row = ?1", [owner.row])?;
    }
    Ok(Done::LoggedOut(left))
}

/// Removes an account that is logged out, with all that is its own.
pub(super) fn forget(conn: &Connection, local: &str) -> Result<Done, StoreError> {
    let row: Option<i64> = conn
        .prepare_cached("SELECT row FROM account WHERE present = 0 AND local = ?1")?
        .query_row([local], |row| row.get(0))
        .optional()?;
    let Some(row) = row else { return Ok(Done::LoggedOut(Left::default())) };
    let left = left(conn, row)?;
    search::forget(conn, row)?;
    conn.execute("DELETE FROM account WHERE row = ?1", [row])?;
    Ok(Done::LoggedOut(left))
}

/// What lies here of those who are not logged in.
pub(super) fn all_left(conn: &Connection) -> Result<Vec<(String, Left)>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT row, local FROM account WHERE present = 0 ORDER BY row")?;
    let accounts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    accounts
        .map(|account| {
            account.map_err(StoreError::from).and_then(|(row, local)| Ok((local, left(conn, row)?)))
        })
        .collect()
}

fn left(conn: &Connection, row: i64) -> Result<Left, StoreError> {
    const UNSENT: &str =
        "SELECT count(*) FROM outbox JOIN message ON message.row = outbox.message WHERE message.owner = ?1";
    const UNREAD: &str = "SELECT count(*) FROM message WHERE owner = ?1 AND mine = 0 AND state = 'acked'";
    let count = |sql| conn.prepare_cached(sql)?.query_row([row], |row| row.get(0)).map(uint);
    Ok(Left { outbox: count(UNSENT)?, unread: count(UNREAD)? })
}

/// Removes from the files what was deleted: secure_delete has overwritten the pages, this empties the log, too, and
/// gives the room back. Failing is no error of the operation: its commit stands.
pub(super) fn scrub(conn: &Connection) {
    if let Err(error) = conn.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);") {
        tracing::warn!(%error, "the database could not be made smaller after the wipe");
    }
}
