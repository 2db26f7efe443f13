//! Requests to be friends: asked, answered, and the friendship's end. What both sides are told of a request's end,
//! whatever ended it, is an answer.

use relay_schema::NackCode;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::change::{Stop, Told};
use super::conv;
use super::friend::{self, Person, Standing};
use super::number::Num;
use super::rows::{News, RowKind};
use super::stamp::{self, DAY, What};
use super::submit::NOBODY;
use crate::core::op::{AccountId, Change, FriendKind, Refused};

/// Nobody is asked again within this time after a refusal.
const REFUSED_MS: i64 = 7 * DAY;
/// So many open requests may wait for an account; the oldest gives way.
const OPEN_MAX: u64 = 500;

/// A request that is remembered.
struct Known {
    open: bool,
    note: String,
    ts_ms: i64,
}

/// `own` asks the account called `other`.
pub(super) fn ask(
    conn: &Connection,
    change: &Change,
    own: &Person,
    other: &str,
    note: &str,
) -> Result<Told, Stop> {
    // All questions are asked whoever it is: an unknown account and one that blocks cost the same.
    let found = friend::person_named(conn, other)?;
    let to = found.as_ref().map_or(NOBODY, |found| found.id);
    let Standing { listed, blocks, blocked } = friend::standing(conn, to, own.id)?;
    let theirs = known(conn, to, own.id)?;
    let mine = known(conn, own.id, to)?;
    let rate = stamp::check(conn, own.id, What::Request, change.requests_per_day, change.now_ms)?;
    if to == own.id {
        return Err(NackCode::Conflict.into());
    }
    if found.is_none() || blocks {
        return Err(NackCode::Unknown.into());
    }
    if blocked {
        return Err(NackCode::Forbidden.into());
    }
    if listed == Some(FriendKind::Friend) {
        return Err(NackCode::Conflict.into());
    }
    if theirs.is_some_and(|theirs| theirs.open) {
        return befriend(conn, change, own.id, to);
    }
    if let Some(mine) = mine {
        if mine.open && mine.note == note {
            return Ok(Told::nothing());
        }
        let free = mine.ts_ms.min(change.now_ms) + REFUSED_MS;
        if !mine.open && change.now_ms < free {
            let retry_ms = u64::try_from(free - change.now_ms).ok();
            return Err(Refused { code: NackCode::Rate, retry_ms }.into());
        }
    }
    rate?;
    stamp::note(conn, own.id, What::Request, change.now_ms)?;
    let told = make_room(conn, to, own.id, change.now_ms)?;
    conn.prepare_cached("DELETE FROM request WHERE asker = ?1 AND state = 1 AND ts_ms <= ?2")?
        .execute(params![own.id, change.now_ms - REFUSED_MS])?;
    conn.prepare_cached(
        "INSERT INTO request (asker, asked, state, note, ts_ms) VALUES (?1, ?2, 0, ?3, ?4)
         ON CONFLICT (asker, asked) DO UPDATE SET state = 0, note = excluded.note, ts_ms = excluded.ts_ms",
    )?
    .execute(params![own.id, to, note, change.now_ms])?;
    Ok(told
        .say(own.id, News::of(RowKind::RequestTo, to).with(note))
        .say(to, News::of(RowKind::RequestOf, own.id).with(note)))
}

/// `own` answers the account called `other`.
pub(super) fn answer(
    conn: &Connection,
    change: &Change,
    own: &Person,
    other: &str,
    accepted: bool,
) -> Result<Told, Stop> {
    let found = friend::person_named(conn, other)?;
    let asker = found.as_ref().map_or(NOBODY, |found| found.id);
    let Standing { listed, blocks, blocked } = friend::standing(conn, asker, own.id)?;
    let known = known(conn, asker, own.id)?;
    if found.is_none() || blocks {
        return Err(NackCode::Unknown.into());
    }
    match known {
        Some(known) if !known.open && !accepted => return Ok(Told::nothing()),
        None if accepted && listed == Some(FriendKind::Friend) => return Ok(Told::nothing()),
        Some(known) if known.open => {}
        Some(_) | None => return Err(NackCode::Unknown.into()),
    }
    if blocked {
        return Err(NackCode::Forbidden.into());
    }
    if accepted {
        return befriend(conn, change, own.id, asker);
    }
    conn.prepare_cached("UPDATE request SET state = 1, ts_ms = ?3 WHERE asker = ?1 AND asked = ?2")?
        .execute(params![asker, own.id, change.now_ms])?;
    Ok(ended(Told::nothing(), asker, own.id, false))
}

/// Both are told that a request has ended, with a friendship or without.
fn ended(told: Told, asker: AccountId, asked: AccountId, accepted: bool) -> Told {
    told.say(asked, News::of(RowKind::AnswerTo, asker).is(accepted))
        .say(asker, News::of(RowKind::AnswerOf, asked).is(accepted))
}

/// `own` accepts what `asker` had asked.
fn befriend(conn: &Connection, change: &Change, own: AccountId, asker: AccountId) -> Result<Told, Stop> {
    for account in [own, asker] {
        if friend::count(conn, account, FriendKind::Friend)? >= u64::from(change.friends_max) {
            return Err(NackCode::Forbidden.into());
        }
    }
    Ok(make_friends(conn, own, asker)?)
}

/// Two accounts become friends, and whatever they asked each other is done with.
pub(super) fn make_friends(conn: &Connection, a: AccountId, b: AccountId) -> Result<Told> {
    let mut told = Told::nothing();
    for (asker, asked) in [(a, b), (b, a)] {
        if known(conn, asker, asked)?.is_some_and(|known| known.open) {
            told = ended(told, asker, asked, true);
        }
    }
    conn.prepare_cached(
        "DELETE FROM request WHERE (asker = ?1 AND asked = ?2) OR (asker = ?2 AND asked = ?1)",
    )?
    .execute([a, b])?;
    Ok(told.put(a, b, FriendKind::Friend).put(b, a, FriendKind::Friend))
}

/// `own` takes the account called `other` out of its list: a friend leaves both lists, a stranger one's own.
pub(super) fn remove(conn: &Connection, own: &Person, other: &str) -> Result<Told, Stop> {
    let found = friend::person_named(conn, other)?;
    let other = found.as_ref().map_or(NOBODY, |found| found.id);
    Ok(match friend::kind_of(conn, own.id, other)? {
        None => Told::nothing(),
        Some(FriendKind::Stranger) => Told::nothing().remove(own.id, other),
        Some(FriendKind::Friend) => {
            conv::estrange(conn, own.id, other)?;
            Told::nothing().remove(own.id, other).remove(other, own.id)
        }
    })
}

/// Every open request of an account that goes ends; the other sides are told.
pub(super) fn end_all(conn: &Connection, account: AccountId) -> Result<Told> {
    let open = |sql: &str| {
        conn.prepare_cached(sql)?.query_map([account], |row| row.get(0))?.collect::<Result<Vec<AccountId>>>()
    };
    let asked = open("SELECT asked FROM request WHERE asker = ?1 AND state = 0")?;
    let askers = open("SELECT asker FROM request WHERE asked = ?1 AND state = 0")?;
    let mut told = Told::nothing();
    for other in asked {
        told = told.say(other, News::of(RowKind::AnswerTo, account).is(false));
    }
    for other in askers {
        told = told.say(other, News::of(RowKind::AnswerOf, account).is(false));
    }
    conn.prepare_cached("DELETE FROM request WHERE asker = ?1 OR asked = ?1")?.execute([account])?;
    Ok(told)
}

/// The oldest open requests to `asked` end, until there is room for one of `asker`.
fn make_room(conn: &Connection, asked: AccountId, asker: AccountId, now_ms: i64) -> Result<Told> {
    let open: Num = conn
        .prepare_cached("SELECT count(*) FROM request WHERE asked = ?1 AND state = 0 AND asker <> ?2")?
        .query_row([asked, asker], |row| row.get(0))?;
    let over = (open.0 + 1).saturating_sub(OPEN_MAX);
    let oldest: Vec<AccountId> = conn
        .prepare_cached(
            "SELECT asker FROM request WHERE asked = ?1 AND state = 0 AND asker <> ?2
             ORDER BY ts_ms, asker LIMIT ?3",
        )?
        .query_map(params![asked, asker, Num(over)], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut told = Told::nothing();
    for old in oldest {
        conn.prepare_cached("UPDATE request SET state = 1, ts_ms = ?3 WHERE asker = ?1 AND asked = ?2")?
            .execute(params![old, asked, now_ms])?;
        told = ended(told, old, asked, false);
    }
    Ok(told)
}

fn known(conn: &Connection, asker: AccountId, asked: AccountId) -> Result<Option<Known>> {
    conn.prepare_cached("SELECT state = 0, note, ts_ms FROM request WHERE asker = ?1 AND asked = ?2")?
        .query_row([asker, asked], |row| {
            Ok(Known { open: row.get(0)?, note: row.get(1)?, ts_ms: row.get(2)? })
        })
        .optional()
}
