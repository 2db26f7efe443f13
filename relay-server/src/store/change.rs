//! What an account wishes about its friends, groups and profile. Each wish first asks all its questions (a refusal has
//! written nothing), then changes the tables, then tells: the rows of all inboxes, in ascending account number.

use relay_schema::NackCode;
use rusqlite::{Connection, Error, Result};

use super::friend::{self, Person};
use super::rows::News;
use super::{block, group, picture, profile, request};
use crate::core::op::{AccountId, Change, Changed, FriendKind, Refused, Row, Wish};

/// Why a wish is not carried out.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is not allowed, or not now.
    Refused(Refused),
    /// The database.
    Failed(Error),
}

impl From<NackCode> for Stop {
    fn from(code: NackCode) -> Self {
        Self::Refused(Refused { code, retry_ms: None })
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Failed(e)
    }
}

/// Carries a wish out, or says why not.
pub(super) fn change(conn: &Connection, change: &Change) -> Result<std::result::Result<Changed, Refused>> {
    let done = wish(conn, change).and_then(|told| Ok(told.write(conn, change.now_ms)?));
    match done {
        Ok(rows) => {
            let own = rows.iter().rfind(|(account, _)| *account == change.account);
            Ok(Ok(Changed { seq: own.map(|(_, row)| row.seq), rows }))
        }
        Err(Stop::Refused(refused)) => Ok(Err(refused)),
        Err(Stop::Failed(e)) => Err(e),
    }
}

fn wish(conn: &Connection, change: &Change) -> std::result::Result<Told, Stop> {
    let own = friend::person(conn, change.account)?.ok_or(NackCode::Forbidden)?;
    match &change.wish {
        Wish::Request { other, note } => request::ask(conn, change, &own, other, note),
        Wish::Answer { other, accepted } => request::answer(conn, change, &own, other, *accepted),
        Wish::Remove { other } => request::remove(conn, &own, other),
        Wish::Move { other, group } => group::put(conn, &own, other, group),
        Wish::Rename { other, remark } => group::remark(conn, &own, other, remark),
        Wish::Block { other } => block::block(conn, change, &own, other),
        Wish::Unblock { other } => block::unblock(conn, &own, other),
        Wish::GroupAdd { group } => group::add(conn, change, group),
        Wish::GroupRename { group, new } => group::rename(conn, change, group, new),
        Wish::GroupRemove { group } => group::remove(conn, change.account, group),
        Wish::Profile { name, picture, note } => {
            profile::change(conn, change, name.as_deref(), picture.as_deref(), note.as_deref())
        }
        Wish::Picture(picture) => picture::put(conn, change, picture),
    }
}

/// What is told to whom.
#[derive(Debug, Default)]
pub(super) struct Told(Vec<(AccountId, Step)>);

#[derive(Debug)]
enum Step {
    /// An entry, new or of another kind.
    Put(AccountId, FriendKind),
    /// An entry is gone.
    Remove(AccountId),
    /// Anything else; the tables have it already.
    Say(News),
}

impl Told {
    /// All was so already.
    pub(super) fn nothing() -> Self {
        Self::default()
    }

    /// `other` becomes an entry in the list of `account`.
    pub(super) fn put(mut self, account: AccountId, other: AccountId, kind: FriendKind) -> Self {
        self.0.push((account, Step::Put(other, kind)));
        self
    }

    /// `other` is no entry in the list of `account` any more.
    pub(super) fn remove(mut self, account: AccountId, other: AccountId) -> Self {
        self.0.push((account, Step::Remove(other)));
        self
    }

    /// What `other` tells, too.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(super) fn say(mut self, account: AccountId, news: News) -> Self {
        self.0.push((account, Step::Say(news)));
        self
    }

    /// Writes the rows; accounts that were removed meanwhile get none.
    pub(super) fn write(mut self, conn: &Connection, now_ms: i64) -> Result<Vec<(AccountId, Row)>> {
        self.0.sort_by_key(|(account, _)| *account);
        let mut rows = Vec::with_capacity(self.0.len());
        let mut owner: Option<Person> = None;
        for (account, step) in self.0 {
            if owner.as_ref().is_none_or(|owner| owner.id != account) {
                owner = friend::person(conn, account)?;
            }
            let Some(owner) = &mut owner else { continue };
            let row = match step {
                Step::Put(other, kind) => friend::put(conn, owner, other, kind, now_ms)?,
                Step::Remove(other) => friend::remove(conn, owner, other, now_ms)?,
                Step::Say(news) => owner.push(conn, &news, now_ms)?,
            };
            rows.push((account, row));
        }
        Ok(rows)
    }
}
