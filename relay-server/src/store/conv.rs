//! Conversations of two accounts (or of one with itself): the counter, and who wrote how much to whom.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, OptionalExtension, Result, params};

use super::number::Num;
use crate::core::op::AccountId;

/// A conversation's row.
#[derive(Debug, Clone)]
pub(super) struct Conv {
    pub(super) id: i64,
    pub(super) low: AccountId,
    pub(super) high: AccountId,
    /// The highest `cseq`.
    pub(super) head: u64,
    low_chats: u64,
    high_chats: u64,
}

impl Conv {
    fn read(row: &rusqlite::Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            low: row.get(1)?,
            high: row.get(2)?,
            head: row.get::<_, Num>(3)?.0,
            low_chats: row.get::<_, Num>(4)?.0,
            high_chats: row.get::<_, Num>(5)?.0,
        })
    }

    /// The same where there may be none.
    pub(super) fn read_if_any(row: &rusqlite::Row<'_>) -> Result<Option<Self>> {
        let is_there = row.get_ref(0)? != ValueRef::Null;
        is_there.then(|| Self::read(row)).transpose()
    }

    /// Its members, ascending, each once.
    pub(super) fn members(&self) -> Vec<AccountId> {
        if self.low == self.high { vec![self.low] } else { vec![self.low, self.high] }
    }

    /// The member that is not `account` (oneself in a conversation with oneself); none if it is no member.
    pub(super) fn other(&self, account: AccountId) -> Option<AccountId> {
        match account {
            a if a == self.low => Some(self.high),
            a if a == self.high => Some(self.low),
            _ => None,
        }
    }

    /// How many chats `account` wrote here since they last stopped being friends.
    pub(super) fn chats_of(&self, account: AccountId) -> u64 {
        if account == self.low { self.low_chats } else { self.high_chats }
    }

    /// Counts one more chat of `sender`.
    pub(super) fn count_chat(&mut self, conn: &Connection, sender: AccountId) -> Result<()> {
        self.head += 1;
        *(if sender == self.low { &mut self.low_chats } else { &mut self.high_chats }) += 1;
        conn.prepare_cached("UPDATE conv SET head = ?2, low_chats = ?3, high_chats = ?4 WHERE id = ?1")?
            .execute(params![self.id, Num(self.head), Num(self.low_chats), Num(self.high_chats)])?;
        Ok(())
    }
}

/// The conversation with this number.
pub(super) fn by_id(conn: &Connection, id: i64) -> Result<Option<Conv>> {
    conn.prepare_cached("SELECT id, low, high, head, low_chats, high_chats FROM conv WHERE id = ?1")?
        .query_row([id], Conv::read)
        .optional()
}

/// The conversation of two accounts, if they ever wrote.
pub(super) fn of(conn: &Connection, a: AccountId, b: AccountId) -> Result<Option<Conv>> {
    conn.prepare_cached(
        "SELECT id, low, high, head, low_chats, high_chats FROM conv WHERE low = ?1 AND high = ?2",
    )?
    .query_row([a.min(b), a.max(b)], Conv::read)
    .optional()
}

/// Makes the conversation of two accounts, under a random number.
pub(super) fn create(conn: &Connection, a: AccountId, b: AccountId) -> Result<Conv> {
    let random = getrandom::u64().map_err(|e| Error::ToSqlConversionFailure(Box::new(e)))?;
    let id = (random >> 1).cast_signed();
    let (low, high) = (a.min(b), a.max(b));
    conn.prepare_cached(
        "INSERT INTO conv (id, low, high, head, low_chats, high_chats) VALUES (?1, ?2, ?3, 0, 0, 0)",
    )?
    .execute([id, low, high])?;
    Ok(Conv { id, low, high, head: 0, low_chats: 0, high_chats: 0 })
}

/// Two accounts are strangers again: each has its first chats before it.
pub(super) fn estrange(conn: &Connection, a: AccountId, b: AccountId) -> Result<()> {
    conn.prepare_cached("UPDATE conv SET low_chats = 0, high_chats = 0 WHERE low = ?1 AND high = ?2")?
        .execute([a.min(b), a.max(b)])?;
    Ok(())
}
