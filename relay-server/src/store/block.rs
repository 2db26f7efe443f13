//! Blocks: whoever is blocked sees of the other one what it showed when the block began, and reaches nobody.

use relay_schema::NackCode;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::change::{Stop, Told};
use super::friend::{self, Person};
use super::number::Num;
use super::rows::{News, RowKind};
use crate::core::op::{AccountId, Change};

/// `own` blocks the account called `other`.
pub(super) fn block(conn: &Connection, change: &Change, own: &Person, other: &str) -> Result<Told, Stop> {
    let other = friend::person_named(conn, other)?.ok_or(NackCode::Unknown)?;
    if other.id == own.id {
        return Err(NackCode::Conflict.into());
    }
    if friend::standing(conn, own.id, other.id)?.blocks {
        return Ok(Told::nothing());
    }
    let count: Num = conn
        .prepare_cached("SELECT count(*) FROM block WHERE account = ?1")?
        .query_row([own.id], |row| row.get(0))?;
    if count.0 >= u64::from(change.friends_max) {
        return Err(NackCode::Forbidden.into());
    }
    conn.prepare_cached(
        "INSERT INTO block (account, other, shown, picture, note)
         SELECT id, ?2, shown, picture, note FROM account WHERE id = ?1",
    )?
    .execute([own.id, other.id])?;
    Ok(Told::nothing().say(own.id, News::of(RowKind::Blocked, other.id).is(true)))
}

/// `own` takes that back. Whoever was blocked is told what changed meanwhile, if anything did.
pub(super) fn unblock(conn: &Connection, own: &Person, other: &str) -> Result<Told, Stop> {
    let Some(other) = friend::person_named(conn, other)? else {
        return Ok(Told::nothing());
    };
    let changed: Option<bool> = conn
        .prepare_cached(
            "DELETE FROM block WHERE account = ?1 AND other = ?2
             RETURNING (shown, picture, note) IS NOT (SELECT shown, picture, note FROM account WHERE id = ?1)",
        )?
        .query_row([own.id, other.id], |row| row.get(0))
        .optional()?;
    let Some(changed) = changed else {
        return Ok(Told::nothing());
    };
    let told = Told::nothing().say(own.id, News::of(RowKind::Blocked, other.id).is(false));
    Ok(match friend::kind_of(conn, other.id, own.id)? {
        Some(kind) if changed => told.say(other.id, News::of(kind.into(), own.id)),
        Some(_) | None => told,
    })
}

/// An account goes: nobody blocks it any more, and it blocks nobody. Those who did are told: its name is free again.
pub(super) fn end_all(conn: &Connection, account: AccountId) -> Result<Told> {
    let by: Vec<AccountId> = conn
        .prepare_cached("SELECT account FROM block WHERE other = ?1")?
        .query_map([account], |row| row.get(0))?
        .collect::<Result<_>>()?;
    conn.prepare_cached("DELETE FROM block WHERE account = ?1 OR other = ?1")?.execute([account])?;
    Ok(by
        .into_iter()
        .fold(Told::nothing(), |told, by| told.say(by, News::of(RowKind::Blocked, account).is(false))))
}

/// A page of those whom `account` blocks, by name.
pub(super) fn page(
    conn: &Connection,
    account: AccountId,
    after: Option<&str>,
    count: u32,
) -> Result<Vec<String>> {
    conn.prepare_cached(
        "SELECT a.name FROM block b JOIN account a ON a.id = b.other
         WHERE b.account = ?1 AND a.name > ?2 ORDER BY a.name LIMIT ?3",
    )?
    .query_map(params![account, after.unwrap_or_default(), count], |row| row.get(0))?
    .collect()
}
