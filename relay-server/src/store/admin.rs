//! What the administrator asks: accounts come and go, friendships are made and ended. A refusal has written nothing.

use rusqlite::{Connection, Result, params};

use super::conv;
use super::friend::{self, Person};
use super::number::Num;
use super::request;
use super::{account, device, invite};
use crate::core::op::{AccountId, AccountRow, AdminDone, AdminError, AdminOp, CodeHash, FriendKind, Row};

/// Does it, or says why not.
pub(super) fn admin(conn: &Connection, op: &AdminOp) -> Result<Result<AdminDone, AdminError>> {
    match op {
        AdminOp::AccountAdd { name, shown, password, now_ms } => {
            account_add(conn, name, shown, password, *now_ms)
        }
        AdminOp::AccountList => Ok(Ok(AdminDone::Accounts(account_list(conn)?))),
        AdminOp::AccountPasswd { name, password } => account_passwd(conn, name, password),
        AdminOp::AccountDisable { name, disabled } => account_disable(conn, name, *disabled),
        AdminOp::AccountRemove { name, now_ms } => account_remove(conn, name, *now_ms),
        AdminOp::AccountLink { name, code, expires_ms, now_ms } => {
            account_link(conn, name, code, *expires_ms, *now_ms)
        }
        AdminOp::Invite(op) => invite::invite(conn, op),
        AdminOp::FriendAdd { a, b, friends_max, now_ms } => friend_add(conn, a, b, *friends_max, *now_ms),
        AdminOp::FriendRemove { a, b, now_ms } => friend_remove(conn, a, b, *now_ms),
    }
}

fn changed(rows: Vec<(AccountId, Row)>, end: Vec<AccountId>) -> Result<Result<AdminDone, AdminError>> {
    Ok(Ok(AdminDone::Changed { rows, end }))
}

fn refused(why: AdminError) -> Result<Result<AdminDone, AdminError>> {
    Ok(Err(why))
}

fn no_account(name: &str) -> Result<Result<AdminDone, AdminError>> {
    refused(AdminError::NoAccount(name.to_owned()))
}

fn account_add(
    conn: &Connection,
    name: &str,
    shown: &str,
    password: &str,
    now_ms: i64,
) -> Result<Result<AdminDone, AdminError>> {
    if friend::person_named(conn, name)?.is_some() {
        return refused(AdminError::Taken(name.to_owned()));
    }
    account::make(conn, name, shown, password, now_ms)?;
    changed(Vec::new(), Vec::new())
}

fn account_list(conn: &Connection) -> Result<Vec<AccountRow>> {
    conn.prepare_cached(
        "SELECT name, shown, disabled, created_ms,
                (SELECT count(*) FROM friend WHERE account = account.id AND kind = 0),
                (SELECT count(*) FROM device WHERE account = account.id)
         FROM account WHERE removed_ms IS NULL ORDER BY name",
    )?
    .query_map([], |row| {
        Ok(AccountRow {
            account: row.get(0)?,
            name: row.get(1)?,
            disabled: row.get(2)?,
            created_ms: row.get(3)?,
            friends: row.get::<_, Num>(4)?.0,
            devices: row.get::<_, Num>(5)?.0,
            online: 0,
        })
    })?
    .collect()
}

fn account_passwd(conn: &Connection, name: &str, password: &str) -> Result<Result<AdminDone, AdminError>> {
    let Some(person) = friend::person_named(conn, name)? else {
        return no_account(name);
    };
    account::reset(conn, person.id, password)?;
    changed(Vec::new(), vec![person.id])
}

/// Its tokens stay: once enabled, its devices go on with them.
fn account_disable(conn: &Connection, name: &str, disabled: bool) -> Result<Result<AdminDone, AdminError>> {
    let Some(person) = friend::person_named(conn, name)? else {
        return no_account(name);
    };
    conn.prepare_cached("UPDATE account SET disabled = ?2 WHERE id = ?1")?
        .execute(params![person.id, disabled])?;
    if disabled { Ok(Ok(AdminDone::Disabled(person.id))) } else { changed(Vec::new(), Vec::new()) }
}

fn account_remove(conn: &Connection, name: &str, now_ms: i64) -> Result<Result<AdminDone, AdminError>> {
    let Some(person) = friend::person_named(conn, name)? else {
        return no_account(name);
    };
    let rows = account::remove(conn, &person, now_ms)?;
    changed(rows, vec![person.id])
}

fn account_link(
    conn: &Connection,
    name: &str,
    code: &CodeHash,
    expires_ms: i64,
    now_ms: i64,
) -> Result<Result<AdminDone, AdminError>> {
    let Some(person) = friend::person_named(conn, name)? else {
        return no_account(name);
    };
    let disabled: bool = conn
        .prepare_cached("SELECT disabled FROM account WHERE id = ?1")?
        .query_row([person.id], |row| row.get(0))?;
    if disabled {
        return refused(AdminError::Disabled(person.account));
    }
    device::link(conn, person.id, code, expires_ms, now_ms)?;
    changed(Vec::new(), Vec::new())
}

/// Two different accounts that are there.
fn pair(conn: &Connection, a: &str, b: &str) -> Result<std::result::Result<(Person, Person), AdminError>> {
    let Some(one) = friend::person_named(conn, a)? else {
        return Ok(Err(AdminError::NoAccount(a.to_owned())));
    };
    let Some(other) = friend::person_named(conn, b)? else {
        return Ok(Err(AdminError::NoAccount(b.to_owned())));
    };
    Ok(if one.id == other.id { Err(AdminError::Oneself(one.account)) } else { Ok((one, other)) })
}

fn friend_add(
    conn: &Connection,
    a: &str,
    b: &str,
    max: u32,
    now_ms: i64,
) -> Result<Result<AdminDone, AdminError>> {
    let (one, other) = match pair(conn, a, b)? {
        Ok(pair) => pair,
        Err(why) => return refused(why),
    };
    if friend::kind_of(conn, one.id, other.id)? == Some(FriendKind::Friend) {
        return refused(AdminError::FriendsAlready(one.account, other.account));
    }
    for person in [&one, &other] {
        if friend::count(conn, person.id, FriendKind::Friend)? >= u64::from(max) {
            return refused(AdminError::Full(person.account.clone(), max));
        }
    }
    changed(request::make_friends(conn, one.id, other.id)?.write(conn, now_ms)?, Vec::new())
}

fn friend_remove(conn: &Connection, a: &str, b: &str, now_ms: i64) -> Result<Result<AdminDone, AdminError>> {
    let (mut one, mut other) = match pair(conn, a, b)? {
        Ok(pair) => pair,
        Err(why) => return refused(why),
    };
    if friend::kind_of(conn, one.id, other.id)? != Some(FriendKind::Friend) {
        return refused(AdminError::NotFriends(one.account, other.account));
    }
    conv::estrange(conn, one.id, other.id)?;
    let mut rows = vec![
        (one.id, friend::remove(conn, &mut one, other.id, now_ms)?),
        (other.id, friend::remove(conn, &mut other, one.id, now_ms)?),
    ];
    rows.sort_by_key(|(account, _)| *account);
    changed(rows, Vec::new())
}
