//! Accounts as a whole: made, given another password, removed; whoever asks for it.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::change::Told;
use super::friend::{self, Person};
use super::{block, device, picture, request, token, wipe};
use crate::core::op::{AccountId, NewPassword, Removal, Row};

/// Makes an account; its name is free.
pub(super) fn make(
    conn: &Connection,
    name: &str,
    shown: &str,
    password: &str,
    now_ms: i64,
) -> Result<AccountId> {
    let id = conn
        .prepare_cached("INSERT INTO account (name, shown, password, created_ms) VALUES (?1, ?2, ?3, ?4)")?
        .insert(params![name, shown, password, now_ms])?;
    conn.prepare_cached("INSERT INTO inbox_state (account, head, seed_cursor) VALUES (?1, 0, 0)")?
        .execute([id])?;
    Ok(id)
}

/// The owner's new password. False, and nothing written, if the old one was changed meanwhile.
pub(super) fn passwd(conn: &Connection, op: &NewPassword) -> Result<bool> {
    if !is_proven(conn, op.account, &op.proven)? {
        return Ok(false);
    }
    set_password(conn, op.account, &op.password)?;
    token::end_others(conn, op.account, &op.device)?;
    Ok(true)
}

/// The owner's wish to end it; the rows of those who knew it. None, and nothing written, if the password was changed
/// meanwhile.
pub(super) fn remove_own(conn: &Connection, op: &Removal) -> Result<Option<Vec<(AccountId, Row)>>> {
    if !is_proven(conn, op.account, &op.proven)? {
        return Ok(None);
    }
    let Some(person) = friend::person(conn, op.account)? else { return Ok(None) };
    remove(conn, &person, op.now_ms).map(Some)
}

/// The administrator's new password: every token ends.
pub(super) fn reset(conn: &Connection, account: AccountId, password: &str) -> Result<()> {
    set_password(conn, account, password)?;
    token::end_all(conn, account)
}

/// Ends an account; gives the rows of those who have it in their lists.
pub(super) fn remove(conn: &Connection, person: &Person, now_ms: i64) -> Result<Vec<(AccountId, Row)>> {
    let listed_by: Vec<AccountId> = conn
        .prepare_cached("SELECT account FROM friend WHERE other = ?1")?
        .query_map([person.id], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let told = listed_by.into_iter().fold(Told::nothing(), |told, owner| told.remove(owner, person.id));
    let told = told.and(request::end_all(conn, person.id)?).and(block::end_all(conn, person.id)?);
    forget(conn, person.id, now_ms)?;
    told.write(conn, now_ms)
}

/// Whether the account is there and its password is still the one that was found right.
fn is_proven(conn: &Connection, account: AccountId, proven: &str) -> Result<bool> {
    let password: Option<String> = conn
        .prepare_cached("SELECT password FROM account WHERE id = ?1 AND removed_ms IS NULL AND disabled = 0")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    Ok(password.as_deref() == Some(proven))
}

/// No link that was made before works any more, either.
fn set_password(conn: &Connection, account: AccountId, password: &str) -> Result<()> {
    conn.prepare_cached("UPDATE account SET password = ?2 WHERE id = ?1")?
        .execute(params![account, password])?;
    device::end_links(conn, account)
}

/// Deletes what is the account's alone, but for what may be much: that goes later (see `wipe`). Its name stays readable in what others have.
fn forget(conn: &Connection, account: AccountId, now_ms: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE account SET removed_ms = ?2, password = '', picture = '', note = '' WHERE id = ?1",
    )?
    .execute(params![account, now_ms])?;
    for sql in [
        "DELETE FROM device WHERE account = ?1",
        "DELETE FROM link WHERE account = ?1",
        "DELETE FROM joined WHERE account = ?1",
        "DELETE FROM invite_friend WHERE account = ?1",
        "DELETE FROM network WHERE account = ?1",
        "DELETE FROM friend WHERE account = ?1",
        "DELETE FROM friend_group WHERE account = ?1",
        "DELETE FROM stamp WHERE account = ?1",
    ] {
        conn.prepare_cached(sql)?.execute([account])?;
    }
    picture::drop_all(conn, account)?;
    wipe::note(conn, account)
}
