//! Accounts as others see them, and friend lists: entries, pages, the oldest strangers that give way.

use rusqlite::{Connection, Error, OptionalExtension, Result, params};

use super::number::Num;
use super::rows::{RowKind, push};
use crate::core::op::{Account, AccountId, Friend, FriendKind, Item, Network, Row, Seq};

/// How long a network counts as known.
pub(super) const NETWORK_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// An account that is there, as the others see it, and its inbox's counter.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: AccountId,
    pub(super) account: String,
    pub(super) name: String,
    pub(super) picture: String,
    pub(super) head: Seq,
}

impl Person {
    fn read(row: &rusqlite::Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            picture: row.get(3)?,
            head: row.get::<_, Num>(4)?.0,
        })
    }

    /// As an entry of somebody's list.
    pub(super) fn entry(&self, kind: FriendKind) -> Friend {
        Friend {
            id: self.id,
            account: self.account.clone(),
            name: self.name.clone(),
            picture: self.picture.clone(),
            kind,
        }
    }

    /// Appends a row to this inbox.
    pub(super) fn push(&mut self, conn: &Connection, kind: RowKind, what: i64) -> Result<Seq> {
        push(conn, self.id, &mut self.head, kind, what)
    }
}

/// The account with this number, unless it was removed.
pub(super) fn person(conn: &Connection, id: AccountId) -> Result<Option<Person>> {
    conn.prepare_cached(
        "SELECT id, name, shown, picture, head FROM account JOIN inbox_state ON account = id
         WHERE id = ?1 AND removed_ms IS NULL",
    )?
    .query_row([id], Person::read)
    .optional()
}

/// The account with this name.
pub(super) fn person_named(conn: &Connection, name: &str) -> Result<Option<Person>> {
    conn.prepare_cached(
        "SELECT id, name, shown, picture, head FROM account JOIN inbox_state ON account = id
         WHERE name = ?1 AND removed_ms IS NULL",
    )?
    .query_row([name], Person::read)
    .optional()
}

/// The account as a login needs it.
pub(super) fn find(conn: &Connection, name: &str, network: Network, now_ms: i64) -> Result<Option<Account>> {
    conn.prepare_cached(
        "SELECT id, name, shown, picture, password, disabled,
                EXISTS (SELECT 1 FROM network n
                        WHERE n.account = account.id AND n.network = ?2 AND n.last_ms >= ?3)
         FROM account WHERE name = ?1 AND removed_ms IS NULL",
    )?
    .query_row(params![name, network_key(network), now_ms - NETWORK_MS], |row| {
        Ok(Account {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            picture: row.get(3)?,
            password: row.get(4)?,
            disabled: row.get(5)?,
            known_network: row.get(6)?,
        })
    })
    .optional()
}

/// A network in SQL: 16 bytes, IPv4 mapped into IPv6.
pub(super) fn network_key(network: Network) -> [u8; 16] {
    match network.0 {
        std::net::IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        std::net::IpAddr::V6(v6) => v6.octets(),
    }
}

/// What `other` is in the list of `account`.
pub(super) fn kind_of(conn: &Connection, account: AccountId, other: AccountId) -> Result<Option<FriendKind>> {
    conn.prepare_cached("SELECT kind FROM friend WHERE account = ?1 AND other = ?2")?
        .query_row([account, other], |row| kind(row, 0))
        .optional()
}

/// Writes an entry, new or changed, and its row; gives the row.
pub(super) fn put(conn: &Connection, owner: &mut Person, other: &Person, kind: FriendKind) -> Result<Row> {
    let seq = owner.push(conn, kind.into(), other.id)?;
    conn.prepare_cached(
        "INSERT INTO friend (account, other, kind, seq) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account, other) DO UPDATE SET kind = excluded.kind, seq = excluded.seq",
    )?
    .execute(params![owner.id, other.id, kind as i64, Num(seq)])?;
    Ok(Row { seq, item: Item::Friend(other.entry(kind)) })
}

/// Removes an entry; gives its `friend_remove` row.
pub(super) fn remove(conn: &Connection, owner: &mut Person, other: AccountId, account: &str) -> Result<Row> {
    let seq = owner.push(conn, RowKind::FriendRemove, other)?;
    conn.prepare_cached("DELETE FROM friend WHERE account = ?1 AND other = ?2")?
        .execute([owner.id, other])?;
    Ok(Row { seq, item: Item::FriendRemove { account: account.to_owned() } })
}

/// Removes the oldest strangers until there is room for one more of `max`; gives the rows.
pub(super) fn make_room(conn: &Connection, owner: &mut Person, max: u32) -> Result<Vec<Row>> {
    let strangers = count(conn, owner.id, FriendKind::Stranger)?;
    let over = (strangers + 1).saturating_sub(u64::from(max.max(1)));
    if over == 0 {
        return Ok(Vec::new());
    }
    let oldest: Vec<(AccountId, String)> = conn
        .prepare_cached(
            "SELECT f.other, a.name FROM friend f JOIN account a ON a.id = f.other
             WHERE f.account = ?1 AND f.kind = 1 ORDER BY f.seq LIMIT ?2",
        )?
        .query_map(params![owner.id, Num(over)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    oldest.iter().map(|(other, name)| remove(conn, owner, *other, name)).collect()
}

/// How many entries of one kind a list has.
pub(super) fn count(conn: &Connection, account: AccountId, kind: FriendKind) -> Result<u64> {
    conn.prepare_cached("SELECT count(*) FROM friend WHERE account = ?1 AND kind = ?2")?
        .query_row(params![account, kind as i64], |row| row.get::<_, Num>(0))
        .map(|count| count.0)
}

/// A page of the list, `friend` before `stranger`, then by account name.
pub(super) fn page(
    conn: &Connection,
    account: AccountId,
    after: Option<&(FriendKind, String)>,
    count: u32,
) -> Result<Vec<Friend>> {
    let (kind, name) = after.map_or((-1, ""), |(kind, name)| (*kind as i64, name.as_str()));
    conn.prepare_cached(
        "SELECT a.id, a.name, a.shown, a.picture, f.kind
         FROM friend f JOIN account a ON a.id = f.other
         WHERE f.account = ?1 AND (f.kind, a.name) > (?2, ?3) ORDER BY f.kind, a.name LIMIT ?4",
    )?
    .query_map(params![account, kind, name, count], entry)?
    .collect()
}

/// All entries of kind `Friend`, by account name.
pub(super) fn friends(conn: &Connection, account: AccountId) -> Result<Vec<Friend>> {
    conn.prepare_cached(
        "SELECT a.id, a.name, a.shown, a.picture, f.kind
         FROM friend f JOIN account a ON a.id = f.other
         WHERE f.account = ?1 AND f.kind = 0 ORDER BY a.name",
    )?
    .query_map([account], entry)?
    .collect()
}

fn entry(row: &rusqlite::Row<'_>) -> Result<Friend> {
    Ok(Friend {
        id: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        picture: row.get(3)?,
        kind: kind(row, 4)?,
    })
}

fn kind(row: &rusqlite::Row<'_>, column: usize) -> Result<FriendKind> {
    match row.get(column)? {
        0 => Ok(FriendKind::Friend),
        1 => Ok(FriendKind::Stranger),
        other => Err(Error::IntegralValueOutOfRange(column, other)),
    }
}
