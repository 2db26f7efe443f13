//! One's own groups, and what one alone sees of one's friends: where they stand, and what one calls them.

use relay_schema::NackCode;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::change::{Stop, Told};
use super::friend::{self, Person};
use super::number::Num;
use super::rows::{News, OWN, RowKind};
use super::stamp::{self, What};
use crate::core::op::{AccountId, Change, FriendKind};

/// The groups that are there for ever, under the words of the heritage: My Friends, and Strangers.
const FRIEND: &str = "friend";
const STRANGER: &str = "stranger";
/// Renames an hour.
const RENAMES: u32 = 60;

/// Makes a group.
pub(super) fn add(conn: &Connection, change: &Change, group: &str) -> Result<Told, Stop> {
    if is_reserved(group) || id(conn, change.account, group)?.is_some() {
        return Err(NackCode::Conflict.into());
    }
    let count: Num = conn
        .prepare_cached("SELECT count(*) FROM friend_group WHERE account = ?1")?
        .query_row([change.account], |row| row.get(0))?;
    if count.0 >= u64::from(change.groups_max) {
        return Err(NackCode::Forbidden.into());
    }
    conn.prepare_cached("INSERT INTO friend_group (account, name) VALUES (?1, ?2)")?
        .execute(params![change.account, group])?;
    Ok(Told::nothing().say(change.account, News::of(RowKind::Group, 0).with(group)))
}

/// Gives a group another name. Each member gets a row, too: whoever is told of several changes after a list that knew
/// the last of them ends up with the right groups all the same.
pub(super) fn rename(conn: &Connection, change: &Change, group: &str, new: &str) -> Result<Told, Stop> {
    let account = change.account;
    if is_reserved(group) || is_reserved(new) {
        return Err(NackCode::Conflict.into());
    }
    let group_id = id(conn, account, group)?.ok_or(NackCode::Unknown)?;
    if group == new {
        return Ok(Told::nothing());
    }
    if id(conn, account, new)?.is_some() {
        return Err(NackCode::Conflict.into());
    }
    stamp::check(conn, account, What::GroupRename, RENAMES, change.now_ms)??;
    stamp::note(conn, account, What::GroupRename, change.now_ms)?;
    conn.prepare_cached("UPDATE friend_group SET name = ?2 WHERE id = ?1")?
        .execute(params![group_id, new])?;
    let members: Vec<AccountId> = conn
        .prepare_cached("SELECT other FROM friend WHERE account = ?1 AND grp = ?2 ORDER BY other")?
        .query_map([account, group_id], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let renamed = News::of(RowKind::GroupRename, 0).with(format!("{group}\n{new}"));
    let told = Told::nothing().say(account, renamed);
    Ok(members.into_iter().fold(told, |told, other| told.say(account, own(FriendKind::Friend, other))))
}

/// Removes a group; its members stand in `friend` from then on, which the row says.
pub(super) fn remove(conn: &Connection, account: AccountId, group: &str) -> Result<Told, Stop> {
    if is_reserved(group) {
        return Err(NackCode::Conflict.into());
    }
    let Some(group_id) = id(conn, account, group)? else {
        return Ok(Told::nothing());
    };
    conn.prepare_cached("UPDATE friend SET grp = NULL WHERE account = ?1 AND grp = ?2")?
        .execute([account, group_id])?;
    conn.prepare_cached("DELETE FROM friend_group WHERE id = ?1")?.execute([group_id])?;
    Ok(Told::nothing().say(account, News::of(RowKind::GroupRemove, 0).with(group)))
}

/// Puts a friend into a group.
pub(super) fn put(conn: &Connection, owner: &Person, other: &str, group: &str) -> Result<Told, Stop> {
    let other = friend::person_named(conn, other)?.ok_or(NackCode::Unknown)?;
    match friend::kind_of(conn, owner.id, other.id)?.ok_or(NackCode::Unknown)? {
        FriendKind::Friend => {}
        FriendKind::Stranger => return Err(NackCode::Forbidden.into()),
    }
    let group = match group {
        FRIEND => None,
        name => Some(id(conn, owner.id, name)?.ok_or(NackCode::Unknown)?),
    };
    let moved = conn
        .prepare_cached("UPDATE friend SET grp = ?3 WHERE account = ?1 AND other = ?2 AND grp IS NOT ?3")?
        .execute(params![owner.id, other.id, group])?;
    Ok(if moved == 0 {
        Told::nothing()
    } else {
        Told::nothing().say(owner.id, own(FriendKind::Friend, other.id))
    })
}

/// Gives a friend or stranger a name of one's own.
pub(super) fn remark(conn: &Connection, owner: &Person, other: &str, remark: &str) -> Result<Told, Stop> {
    let other = friend::person_named(conn, other)?.ok_or(NackCode::Unknown)?;
    let kind = friend::kind_of(conn, owner.id, other.id)?.ok_or(NackCode::Unknown)?;
    let renamed = conn
        .prepare_cached("UPDATE friend SET remark = ?3 WHERE account = ?1 AND other = ?2 AND remark <> ?3")?
        .execute(params![owner.id, other.id, remark])?;
    Ok(if renamed == 0 { Told::nothing() } else { Told::nothing().say(owner.id, own(kind, other.id)) })
}

/// A page of the groups, by name.
pub(super) fn page(
    conn: &Connection,
    account: AccountId,
    after: Option<&str>,
    count: u32,
) -> Result<Vec<String>> {
    conn.prepare_cached(
        "SELECT name FROM friend_group WHERE account = ?1 AND name > ?2 ORDER BY name LIMIT ?3",
    )?
    .query_map(params![account, after.unwrap_or_default(), count], |row| row.get(0))?
    .collect()
}

fn is_reserved(group: &str) -> bool {
    group == FRIEND || group == STRANGER
}

/// An entry of one's list that one has changed oneself.
fn own(kind: FriendKind, other: AccountId) -> News {
    News::of(kind.into(), other).with(OWN)
}

fn id(conn: &Connection, account: AccountId, group: &str) -> Result<Option<i64>> {
    conn.prepare_cached("SELECT id FROM friend_group WHERE account = ?1 AND name = ?2")?
        .query_row(params![account, group], |row| row.get(0))
        .optional()
}
