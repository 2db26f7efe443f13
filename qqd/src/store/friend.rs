//! The friend list as the relay told it last.

use rusqlite::{Connection, params};

use super::account::Owner;
use crate::core::op::{Done, Friend, StoreError};

/// The whole list, by account.
pub(super) fn all(conn: &Connection, owner: &Owner) -> Result<Vec<Friend>, StoreError> {
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

/// A whole list instead of the old one.
pub(super) fn replace(conn: &Connection, owner: &Owner, friends: &[Friend]) -> Result<Done, StoreError> {
    conn.prepare_cached("DELETE FROM friend WHERE owner = ?1")?.execute([owner.row])?;
    for friend in friends {
        put(conn, owner, friend)?;
    }
    Ok(Done::Nothing)
}

/// A new or changed one.
pub(super) fn put(conn: &Connection, owner: &Owner, friend: &Friend) -> Result<(), StoreError> {
    const SQL: &str = "INSERT OR REPLACE INTO friend (owner, account, name, picture, grp, remark, note) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Friend { account, name, picture, group, remark, note } = friend;
    conn.prepare_cached(SQL)?.execute(params![owner.row, account, name, picture, group, remark, note])?;
    Ok(())
}

/// One is gone; the messages stay.
pub(super) fn remove(conn: &Connection, owner: &Owner, account: &str) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM friend WHERE owner = ?1 AND account = ?2")?
        .execute(params![owner.row, account])?;
    Ok(())
}
