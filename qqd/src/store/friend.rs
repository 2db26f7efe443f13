//! The friend list as the relay told it last, with its groups, requests and blocks, and what one shows of oneself.

use ipc_schema::friend::{Asked, FRIENDS, STRANGERS};
use rusqlite::{Connection, OptionalExtension, params};

use super::account::Owner;
use crate::core::op::{Change, Done, Friend, List, Profile, StoreError};

/// The whole list.
pub(super) fn list(conn: &Connection, owner: &Owner) -> Result<List, StoreError> {
    let names = |sql: &str| -> rusqlite::Result<Vec<String>> {
        conn.prepare_cached(sql)?.query_map([owner.row], |row| row.get(0))?.collect()
    };
    Ok(List {
        friends: friends(conn, owner)?,
        groups: names("SELECT name FROM friend_group WHERE owner = ?1 ORDER BY name")?,
        requests: requests(conn, owner)?,
        blocked: names("SELECT account FROM blocked WHERE owner = ?1 ORDER BY account")?,
    })
}

fn friends(conn: &Connection, owner: &Owner) -> Result<Vec<Friend>, StoreError> {
    const SQL: &str =
        "SELECT account, name, picture, grp, remark, note FROM friend WHERE owner = ?1 ORDER BY account";
    let mut statement = conn.prepare_cached(SQL)?;
    let friends = statement.query_map([owner.row], |row| {
        Ok(Friend {
            account: row.get(0)?,
            name: row.get(1)?,
            picture: row.get(2)?,
            group: row.get(3)?,
            remark: row.get(4)?,
            note: row.get(5)?,
        })
    })?;
    Ok(friends.collect::<Result<_, _>>()?)
}

/// Newest first.
fn requests(conn: &Connection, owner: &Owner) -> Result<Vec<Asked>, StoreError> {
    const SQL: &str = "SELECT account, incoming, name, note, ts FROM request WHERE owner = ?1 \
                       ORDER BY ts DESC, account, incoming";
    let mut statement = conn.prepare_cached(SQL)?;
    let requests = statement.query_map([owner.row], |row| {
        Ok(Asked {
            friend: row.get(0)?,
            incoming: row.get(1)?,
            name: row.get(2)?,
            note: row.get(3)?,
            ts: row.get(4)?,
        })
    })?;
    Ok(requests.collect::<Result<_, _>>()?)
}

/// A whole list instead of the old one.
pub(super) fn replace(conn: &Connection, owner: &Owner, list: &List) -> Result<Done, StoreError> {
    for table in ["friend", "friend_group", "request", "blocked"] {
        conn.execute(&format!("DELETE FROM {table} WHERE owner = ?1"), [owner.row])?;
    }
    list.groups.iter().try_for_each(|group| put_group(conn, owner, group))?;
    list.friends.iter().try_for_each(|friend| put(conn, owner, friend))?;
    list.requests.iter().try_for_each(|asked| put_request(conn, owner, asked))?;
    list.blocked.iter().try_for_each(|account| put_block(conn, owner, account))?;
    Ok(Done::Nothing)
}

/// One row's change.
pub(super) fn change(conn: &Connection, owner: &Owner, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Friend(friend) => put(conn, owner, friend),
        Change::Removed(account) => {
            remove(conn, "DELETE FROM friend WHERE owner = ?1 AND account = ?2", owner, account)
        }
        Change::Requested(asked) => put_request(conn, owner, asked),
        Change::Answered { friend, incoming, .. } => {
            conn.prepare_cached("DELETE FROM request WHERE owner = ?1 AND account = ?2 AND incoming = ?3")?
                .execute(params![owner.row, friend, incoming])?;
            Ok(())
        }
        Change::Blocked { friend, blocked: true } => put_block(conn, owner, friend),
        Change::Blocked { friend, blocked: false } => {
            remove(conn, "DELETE FROM blocked WHERE owner = ?1 AND account = ?2", owner, friend)
        }
        Change::Group(group) => put_group(conn, owner, group),
        Change::GroupRenamed { group, new } => {
            if drop_group(conn, owner, group, new)? {
                put_group(conn, owner, new)?;
            }
            Ok(())
        }
        Change::GroupRemoved(group) => drop_group(conn, owner, group, FRIENDS).map(drop),
        Change::Profile { name, picture, note } => {
            let [name, picture, note] = [name, picture, note].map(Option::as_deref);
            put_profile(conn, owner, name, picture, note)
        }
    }
}

fn put(conn: &Connection, owner: &Owner, friend: &Friend) -> Result<(), StoreError> {
    const SQL: &str = "INSERT OR REPLACE INTO friend (owner, account, name, picture, grp, remark, note) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Friend { account, name, picture, group, remark, note } = friend;
    conn.prepare_cached(SQL)?.execute(params![owner.row, account, name, picture, group, remark, note])?;
    put_group(conn, owner, group)
}

/// A group; the default ones are there for ever and need no row.
fn put_group(conn: &Connection, owner: &Owner, group: &str) -> Result<(), StoreError> {
    if [FRIENDS, STRANGERS].contains(&group) {
        return Ok(());
    }
    conn.prepare_cached("INSERT OR IGNORE INTO friend_group (owner, name) VALUES (?1, ?2)")?
        .execute(params![owner.row, group])?;
    Ok(())
}

/// A group is gone, and its friends stand in another one. Whether it was there.
fn drop_group(conn: &Connection, owner: &Owner, group: &str, new: &str) -> Result<bool, StoreError> {
    let there = conn
        .prepare_cached("DELETE FROM friend_group WHERE owner = ?1 AND name = ?2")?
        .execute(params![owner.row, group])?;
    if there > 0 {
        conn.prepare_cached("UPDATE friend SET grp = ?3 WHERE owner = ?1 AND grp = ?2")?
            .execute(params![owner.row, group, new])?;
    }
    Ok(there > 0)
}

fn put_request(conn: &Connection, owner: &Owner, asked: &Asked) -> Result<(), StoreError> {
    const SQL: &str = "INSERT OR REPLACE INTO request (owner, account, incoming, name, note, ts) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Asked { friend, name, note, incoming, ts } = asked;
    conn.prepare_cached(SQL)?.execute(params![owner.row, friend, incoming, name, note, ts])?;
    Ok(())
}

fn put_block(conn: &Connection, owner: &Owner, account: &str) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR IGNORE INTO blocked (owner, account) VALUES (?1, ?2)")?
        .execute(params![owner.row, account])?;
    Ok(())
}

/// What is gone is gone; messages stay.
fn remove(conn: &Connection, sql: &str, owner: &Owner, account: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute(params![owner.row, account])?;
    Ok(())
}

/// What one shows of oneself.
pub(super) fn profile(conn: &Connection, owner: &Owner) -> Result<Profile, StoreError> {
    const SQL: &str = "SELECT account.name, profile.picture, profile.note FROM account \
                       LEFT JOIN profile ON profile.owner = account.row WHERE account.row = ?1";
    let known = conn.prepare_cached(SQL)?.query_row([owner.row], |row| {
        let text = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
        Ok(Profile { name: text(0)?, picture: text(1)?, note: text(2)? })
    });
    Ok(known.optional()?.unwrap_or_default())
}

/// The whole profile.
pub(super) fn save_profile(conn: &Connection, owner: &Owner, profile: &Profile) -> Result<Done, StoreError> {
    let Profile { name, picture, note } = profile;
    put_profile(conn, owner, Some(name), Some(picture), Some(note))?;
    Ok(Done::Nothing)
}

/// What is none stays.
fn put_profile(
    conn: &Connection,
    owner: &Owner,
    name: Option<&str>,
    picture: Option<&str>,
    note: Option<&str>,
) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE account SET name = coalesce(?2, name) WHERE row = ?1")?
        .execute(params![owner.row, name])?;
    conn.prepare_cached(
        "INSERT INTO profile (owner, picture, note) VALUES (?1, coalesce(?2, ''), coalesce(?3, ''))
         ON CONFLICT (owner) DO UPDATE SET picture = coalesce(?2, picture), note = coalesce(?3, note)",
    )?
    .execute(params![owner.row, picture, note])?;
    Ok(())
}
