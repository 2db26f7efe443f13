//! Accounts as others see them, and friend lists: entries, pages, the oldest strangers that give way.

use rusqlite::{Connection, Error, OptionalExtension, Result, params};

use super::number::Num;
use super::rows::{News, RowKind, push, push_chat};
use crate::core::op::{Account, AccountId, Friend, FriendKind, Network, Row, Seq};

/// How long a network counts as known.
pub(super) const NETWORK_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// An account that is there, as the others see it, and its inbox's counter.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: AccountId,
    pub(super) account: String,
    pub(super) head: Seq,
}

impl Person {
    /// Number, name and counter, of which the first is column `at`.
    pub(super) fn read(row: &rusqlite::Row<'_>, at: usize) -> Result<Self> {
        Ok(Self { id: row.get(at)?, account: row.get(at + 1)?, head: row.get::<_, Num>(at + 2)?.0 })
    }

    /// Appends a row to this inbox.
    pub(super) fn push(&mut self, conn: &Connection, news: &News, now_ms: i64) -> Result<Row> {
        push(conn, self.id, &mut self.head, news, now_ms)
    }

    /// Appends a chat's row to this inbox.
    pub(super) fn push_chat(&mut self, conn: &Connection, message: i64) -> Result<Seq> {
        push_chat(conn, self.id, &mut self.head, message)
    }
}

/// The account with this number, unless it was removed.
pub(super) fn person(conn: &Connection, id: AccountId) -> Result<Option<Person>> {
    conn.prepare_cached(
        "SELECT id, name, head FROM account JOIN inbox_state ON account = id
         WHERE id = ?1 AND removed_ms IS NULL",
    )?
    .query_row([id], |row| Person::read(row, 0))
    .optional()
}

/// The account with this name.
pub(super) fn person_named(conn: &Connection, name: &str) -> Result<Option<Person>> {
    conn.prepare_cached(
        "SELECT id, name, head FROM account JOIN inbox_state ON account = id
         WHERE name = ?1 AND removed_ms IS NULL",
    )?
    .query_row([name], |row| Person::read(row, 0))
    .optional()
}

/// The account as a login needs it.
pub(super) fn find(conn: &Connection, name: &str, network: Network, now_ms: i64) -> Result<Option<Account>> {
    conn.prepare_cached(
        "SELECT id, name, shown, picture, note, password, disabled,
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
            note: row.get(4)?,
            password: row.get(5)?,
            disabled: row.get(6)?,
            known_network: row.get(7)?,
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

/// What two accounts are to each other, as far as a chat has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// What the other one is in the owner's list.
    pub(super) listed: Option<FriendKind>,
    /// The owner blocks the other one.
    pub(super) blocks: bool,
    /// The other one blocks the owner.
    pub(super) blocked: bool,
}

impl Standing {
    /// Its three columns, of which the first is `at`.
    pub(super) fn read(row: &rusqlite::Row<'_>, at: usize) -> Result<Self> {
        let listed = row.get::<_, Option<i64>>(at)?.map(|_| kind(row, at)).transpose()?;
        Ok(Self { listed, blocks: row.get(at + 1)?, blocked: row.get(at + 2)? })
    }
}

/// What `other` is to `owner`.
pub(super) fn standing(conn: &Connection, owner: AccountId, other: AccountId) -> Result<Standing> {
    conn.prepare_cached(
        "SELECT (SELECT kind FROM friend WHERE account = ?1 AND other = ?2),
                EXISTS (SELECT 1 FROM block WHERE account = ?1 AND other = ?2),
                EXISTS (SELECT 1 FROM block WHERE account = ?2 AND other = ?1)",
    )?
    .query_row([owner, other], |row| Standing::read(row, 0))
}

/// `other` as `viewer` sees it: as it is today, or as it was when it began to block him.
pub(super) fn entry(
    conn: &Connection,
    viewer: AccountId,
    other: AccountId,
    kind: FriendKind,
) -> Result<Friend> {
    conn.prepare_cached(
        "SELECT a.name, coalesce(b.shown, a.shown), coalesce(b.picture, a.picture), coalesce(b.note, a.note),
                g.name, coalesce(f.remark, '')
         FROM account a
         LEFT JOIN block b ON b.account = a.id AND b.other = ?1
         LEFT JOIN friend f ON f.account = ?1 AND f.other = a.id
         LEFT JOIN friend_group g ON g.id = f.grp
         WHERE a.id = ?2",
    )?
    .query_row([viewer, other], |row| {
        Ok(Friend {
            id: other,
            account: row.get(0)?,
            name: row.get(1)?,
            picture: row.get(2)?,
            kind,
            group: row.get(4)?,
            remark: row.get(5)?,
            note: row.get(3)?,
        })
    })
}

/// What an account is called, also one that was removed.
pub(super) fn name(conn: &Connection, account: AccountId) -> Result<String> {
    conn.prepare_cached("SELECT name FROM account WHERE id = ?1")?.query_row([account], |row| row.get(0))
}

/// Writes an entry, new or of another kind, and its row; gives the row.
pub(super) fn put(
    conn: &Connection,
    owner: &mut Person,
    other: AccountId,
    kind: FriendKind,
    now_ms: i64,
) -> Result<Row> {
    conn.prepare_cached(
        "INSERT INTO friend (account, other, kind, seq) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account, other) DO UPDATE SET kind = excluded.kind, seq = excluded.seq",
    )?
    .execute(params![owner.id, other, kind as i64, Num(owner.head + 1)])?;
    owner.push(conn, &News::of(kind.into(), other), now_ms)
}

/// Removes an entry, and what was private about it; gives its `friend_remove` row.
pub(super) fn remove(conn: &Connection, owner: &mut Person, other: AccountId, now_ms: i64) -> Result<Row> {
    conn.prepare_cached("DELETE FROM friend WHERE account = ?1 AND other = ?2")?
        .execute([owner.id, other])?;
    owner.push(conn, &News::of(RowKind::FriendRemove, other), now_ms)
}

/// Removes the oldest strangers until there is room for one more of `max`; gives the rows.
pub(super) fn make_room(conn: &Connection, owner: &mut Person, max: u32, now_ms: i64) -> Result<Vec<Row>> {
    let strangers = count(conn, owner.id, FriendKind::Stranger)?;
    let over = (strangers + 1).saturating_sub(u64::from(max.max(1)));
    if over == 0 {
        return Ok(Vec::new());
    }
    let oldest: Vec<AccountId> = conn
        .prepare_cached("SELECT other FROM friend WHERE account = ?1 AND kind = 1 ORDER BY seq LIMIT ?2")?
        .query_map(params![owner.id, Num(over)], |row| row.get(0))?
        .collect::<Result<_>>()?;
    oldest.iter().map(|other| remove(conn, owner, *other, now_ms)).collect()
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
    let (after, name) = after.map_or((-1, ""), |(kind, name)| (*kind as i64, name.as_str()));
    conn.prepare_cached(
        "SELECT a.id, a.name, coalesce(b.shown, a.shown), coalesce(b.picture, a.picture),
                f.kind, g.name, f.remark, coalesce(b.note, a.note)
         FROM friend f JOIN account a ON a.id = f.other
         LEFT JOIN block b ON b.account = f.other AND b.other = f.account
         LEFT JOIN friend_group g ON g.id = f.grp
         WHERE f.account = ?1 AND (f.kind, a.name) > (?2, ?3) ORDER BY f.kind, a.name LIMIT ?4",
    )?
    .query_map(params![account, after, name, count], |row| {
        Ok(Friend {
            id: row.get(0)?,
            account: row.get(1)?,
            name: row.get(2)?,
            picture: row.get(3)?,
            kind: kind(row, 4)?,
            group: row.get(5)?,
            remark: row.get(6)?,
            note: row.get(7)?,
        })
    })?
    .collect()
}

/// Number and name of all entries of kind `Friend`, by name.
pub(super) fn friends(conn: &Connection, account: AccountId) -> Result<Vec<(AccountId, String)>> {
    conn.prepare_cached(
        "SELECT a.id, a.name FROM friend f JOIN account a ON a.id = f.other
         WHERE f.account = ?1 AND f.kind = 0 ORDER BY a.name",
    )?
    .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Whom the account blocks, and who blocks it.
pub(super) fn blocks(conn: &Connection, account: AccountId) -> Result<(Vec<AccountId>, Vec<AccountId>)> {
    let of = |sql: &str| {
        conn.prepare_cached(sql)?.query_map([account], |row| row.get(0))?.collect::<Result<Vec<_>>>()
    };
    Ok((of("SELECT other FROM block WHERE account = ?1")?, of("SELECT account FROM block WHERE other = ?1")?))
}

fn kind(row: &rusqlite::Row<'_>, column: usize) -> Result<FriendKind> {
    match row.get(column)? {
        0 => Ok(FriendKind::Friend),
        1 => Ok(FriendKind::Stranger),
        other => Err(Error::IntegralValueOutOfRange(column, other)),
    }
}
