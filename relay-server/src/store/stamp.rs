//! Rates by the hour and by the day, which a restart of the relay must not forget: exactly so many in any such time.

use relay_schema::NackCode;
use rusqlite::{Connection, Result, params};

use super::number::Num;
use crate::core::op::{AccountId, Refused};

/// Milliseconds.
const HOUR: i64 = 60 * 60 * 1000;
pub(super) const DAY: i64 = 24 * HOUR;

/// What has such a rate; the number is `what` in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// `friend_request`, a day.
    Request = 0,
    /// `profile`, an hour: each is told to every friend.
    Profile = 1,
    /// `picture_put`, an hour.
    Picture = 2,
    /// `group_rename`, an hour: each is told of every member.
    GroupRename = 3,
}

impl What {
    fn window(self) -> i64 {
        match self {
            Self::Request => DAY,
            Self::Profile | Self::Picture | Self::GroupRename => HOUR,
        }
    }
}

/// Whether the account may do it once more, of `max` in the time; writes nothing.
pub(super) fn check(
    conn: &Connection,
    account: AccountId,
    what: What,
    max: u32,
    now_ms: i64,
) -> Result<std::result::Result<(), Refused>> {
    // What lies in the future was noted before the clock was set back; it does not count.
    let (count, oldest): (Num, Option<i64>) = conn
        .prepare_cached(
            "SELECT count(*), min(ts_ms) FROM stamp
             WHERE account = ?1 AND what = ?2 AND ts_ms > ?3 AND ts_ms <= ?4",
        )?
        .query_row(params![account, what as i64, now_ms - what.window(), now_ms], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if count.0 < u64::from(max) {
        return Ok(Ok(()));
    }
    let free = oldest.unwrap_or(now_ms) + what.window();
    Ok(Err(Refused { code: NackCode::Rate, retry_ms: u64::try_from(free - now_ms).ok() }))
}

/// It was done now; what does not count any more is forgotten.
pub(super) fn note(conn: &Connection, account: AccountId, what: What, now_ms: i64) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM stamp WHERE account = ?1 AND what = ?2 AND (ts_ms <= ?3 OR ts_ms > ?4)",
    )?
    .execute(params![account, what as i64, now_ms - what.window(), now_ms])?;
    conn.prepare_cached("INSERT INTO stamp (account, what, ts_ms) VALUES (?1, ?2, ?3)")?.execute(params![
        account,
        what as i64,
        now_ms
    ])?;
    Ok(())
}
