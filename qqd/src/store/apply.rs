//! What each operation means: one transaction, the same on the store's thread and in a test's memory.

use rusqlite::{Connection, ErrorCode, params};

use super::account::{self, Owner};
use super::{draft, fill, friend, history, mark, message, notify, search, step};
use crate::core::op::{All, Done, Loaded, Op, PictureFault, Row, StoreError};

/// A database up to this size is read through when somebody asks, about 300 ms in which nothing else is written.
const CHECKED_AT_ONCE: u64 = 64 << 20;

/// Carries out one operation of the account with this local name, wholly or not at all; inside a transaction that is open already, as a part of it.
///
/// The files of tokens and passwords are not the database's: [`Op::SaveToken`] and its like change nothing here, and what
/// is in the files is missing in the answers.
///
/// # Errors
///
/// [`StoreError::Full`] when the disk takes no more, [`StoreError::Failed`] otherwise; nothing has changed then.
pub fn apply(conn: &mut Connection, local: &str, op: &Op) -> Result<Done, StoreError> {
    let alone = conn.is_autocommit();
    let point = conn.savepoint()?;
    let done = carry_out(&point, local, op)?;
    point.commit()?;
    if alone && op.wipes() {
        account::scrub(conn);
    }
    Ok(done)
}

fn carry_out(conn: &Connection, local: &str, op: &Op) -> Result<Done, StoreError> {
    match op {
        Op::LoadAll => load_all(conn),
        Op::Load => Ok(Done::Loaded(Box::new(load(conn, local)?))),
        Op::SaveToken { .. } | Op::EndJoin(_) | Op::KeepPassword { .. } | Op::DropPassword => {
            Ok(Done::Nothing)
        }
        Op::BeginJoin { offer, .. } => Ok(Done::Joining(Box::new(offer.clone()))),
        Op::Password => Ok(Done::Password(None)),
        Op::Check => check(conn),
        Op::SaveAccount(account) => account::save(conn, account),
        Op::Logout { wipe } => account::log_out(conn, local, *wipe),
        Op::Forget => account::forget(conn, local),
        Op::Queue(message) => message::queue(conn, &owner(conn, local)?, message),
        Op::Acked { id, conv, cseq, ts } => message::acked(
            conn,
            &owner(conn, local)?,
            id,
            &message::Place { conv: Some(conv), cseq: Some(*cseq), ts },
        ),
        Op::Failed { id, reason } => message::failed(conn, &owner(conn, local)?, id, reason),
        Op::Receive { seq, row } => receive(conn, local, *seq, row),
        Op::Friends(list) => friend::replace(conn, &owner(conn, local)?, list),
        Op::SaveProfile(profile) => friend::save_profile(conn, &owner(conn, local)?, profile),
        // Files of their own, see `picture`.
        Op::FindPicture { .. } | Op::KeepPicture(_) => Ok(Done::PicturePath(None)),
        Op::ReadPicture { .. } => Ok(Done::PictureRead(Err(PictureFault::Missing))),
        Op::Delivered { conv, account, cseq, read } => {
            mark::of_other(conn, &owner(conn, local)?, (conv, account), *cseq, *read)
        }
        Op::ReadElsewhere { conv, cseq } => mark::read_elsewhere(conn, &owner(conn, local)?, conv, *cseq),
        Op::Told(marks) => mark::told(conn, &owner(conn, local)?, marks),
        Op::Presence(own) => account::set_presence(conn, &owner(conn, local)?, own),
        Op::Unfilled => fill::unfilled(conn, account::present(conn, local)?.as_ref()),
        Op::Fill { with, messages, whole } => fill::fill(conn, &owner(conn, local)?, with, messages, *whole),
        Op::Lacking { since } => message::lacking(conn, &owner(conn, local)?, since),
        Op::Find { id } => message::find(conn, account::present(conn, local)?.as_ref(), id),
        Op::History { with, before, count } => {
            history::page(conn, account::present(conn, local)?.as_ref(), with, *before, *count)
        }
        Op::Search { phrases, with, before, count } => {
            let query = search::Query { phrases, with: with.as_deref(), before: *before, count: *count };
            search::find(conn, account::present(conn, local)?.as_ref(), &query)
        }
        Op::Export { with, after } => {
            history::export(conn, account::present(conn, local)?.as_ref(), with, *after)
        }
        Op::Explain { id } => step::explain(conn, account::present(conn, local)?.as_ref(), id),
        Op::Note { id, steps } => step::note(conn, &owner(conn, local)?, id, steps),
        Op::Outbox { since } => history::outbox(conn, account::present(conn, local)?.as_ref(), since),
        Op::Retry { id, ts } => step::retry(conn, &owner(conn, local)?, id, ts),
        Op::Clear { id } => step::clear(conn, &owner(conn, local)?, id.as_deref()),
        Op::Draft { with, text } => draft::draft(conn, &owner(conn, local)?, with, text.as_deref()),
        Op::Notify(rule) => notify::change(conn, account::present(conn, local)?.as_ref(), rule.as_ref()),
        Op::Read { with, peek } => {
            history::read(conn, account::present(conn, local)?.as_ref(), with.as_deref(), *peek)
        }
    }
}

/// Reads the whole database if that takes no longer than a moment; SQLite checks each page of a larger one when it comes
/// to it.
fn check(conn: &Connection) -> Result<Done, StoreError> {
    let number = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map(uint);
    let bytes = number("PRAGMA page_count")? * number("PRAGMA page_size")?;
    if bytes <= CHECKED_AT_ONCE {
        let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Failed(format!("it is damaged: {verdict}")));
        }
    }
    Ok(Done::Whole { bytes })
}

fn load_all(conn: &Connection) -> Result<Done, StoreError> {
    let present = account::locals(conn)?.iter().map(|local| load(conn, local)).collect::<Result<_, _>>()?;
    let (former, left) = (account::former(conn)?, account::all_left(conn)?);
    let all = All { present, former, left, random: Vec::new(), rules: notify::rules(conn)? };
    Ok(Done::All(Box::new(all)))
}

fn load(conn: &Connection, local: &str) -> Result<Loaded, StoreError> {
    let Some(owner) = account::present(conn, local)? else { return Ok(Loaded::default()) };
    Ok(Loaded {
        account: Some(account::one(conn, &owner)?),
        token: None,
        list: friend::list(conn, &owner)?,
        profile: friend::profile(conn, &owner)?,
        random_password: false,
        outbox: message::outbox(conn, &owner)?,
        unread: history::unread(conn, &owner)?,
        undelivered: message::undelivered(conn, &owner)?,
        delivered: mark::delivered(conn, &owner)?,
        read: mark::unsaid(conn, &owner)?,
        drafts: draft::all(conn, &owner)?,
    })
}

/// A row and the cursor, together.
fn receive(conn: &Connection, local: &str, seq: u64, row: &Row) -> Result<Done, StoreError> {
    let owner = owner(conn, local)?;
    let done = match row {
        Row::Chat(message) => message::receive(conn, &owner, seq, message)?,
        Row::List(change) => {
            friend::change(conn, &owner, change)?;
            SEEN
        }
        Row::Unknown { raw } => {
            conn.prepare_cached("INSERT OR REPLACE INTO raw (owner, seq, stanza) VALUES (?1, ?2, ?3)")?
                .execute(params![owner.row, int(seq), raw])?;
            SEEN
        }
        Row::Counted | Row::Gap { .. } => SEEN,
    };
    account::move_cursor(conn, &owner, seq)?;
    Ok(done)
}

/// The answer to a row that is no message.
const SEEN: Done = Done::Received { new: false, unread: false };

fn owner(conn: &Connection, local: &str) -> Result<Owner, StoreError> {
    account::present(conn, local)?.ok_or_else(|| StoreError::Failed(format!("{local} is not logged in")))
}

/// A number as SQLite keeps it; the wire has none over 2^63 - 1.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it was kept; none is ever negative.
pub(super) fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied,
            ) => Self::Full(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
