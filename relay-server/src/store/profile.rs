//! What an account shows of itself; everybody in whose list it stands gets a row, but whom it blocks.

use relay_schema::NackCode;
use rusqlite::{Connection, Error, Result, params};

use super::change::{Stop, Told};
use super::picture;
use super::rows::{News, RowKind};
use super::stamp::{self, What};
use crate::core::op::{AccountId, Change, FriendKind};

/// Changes an hour.
const CHANGES: u32 = 20;
/// So many to whom the account is a stranger hear of a change: it may have written to everybody, and each would be a row.
/// The others see what is new with the next whole list.
const STRANGERS: u32 = 500;

/// Changes what is given.
pub(super) fn change(
    conn: &Connection,
    change: &Change,
    name: Option<&str>,
    picture: Option<&str>,
    note: Option<&str>,
) -> Result<Told, Stop> {
    let account = change.account;
    if let Some(hash) = picture.filter(|hash| !hash.is_empty())
        && !picture::is_own(conn, account, hash)?
    {
        return Err(NackCode::Unknown.into());
    }
    let same: bool = conn
        .prepare_cached(
            "SELECT shown = coalesce(?2, shown) AND picture = coalesce(?3, picture)
                AND note = coalesce(?4, note) FROM account WHERE id = ?1",
        )?
        .query_row(params![account, name, picture, note], |row| row.get(0))?;
    if same {
        return Ok(Told::nothing());
    }
    stamp::check(conn, account, What::Profile, CHANGES, change.now_ms)??;
    stamp::note(conn, account, What::Profile, change.now_ms)?;
    conn.prepare_cached(
        "UPDATE account SET shown = coalesce(?2, shown), picture = coalesce(?3, picture),
                note = coalesce(?4, note) WHERE id = ?1",
    )?
    .execute(params![account, name, picture, note])?;
    picture::prune(conn, account)?;
    let told = Told::nothing().say(account, News::of(RowKind::Profile, account));
    Ok(listed_by(conn, account)?
        .into_iter()
        .fold(told, |told, (owner, kind)| told.say(owner, News::of(kind.into(), account))))
}

/// In whose lists the account stands, and as what; without those whom it blocks, and of those to whom it is a stranger
/// only some.
fn listed_by(conn: &Connection, account: AccountId) -> Result<Vec<(AccountId, FriendKind)>> {
    conn.prepare_cached(
        "WITH seer (account, kind) AS (SELECT account, kind FROM friend f WHERE other = ?1
             AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = ?1 AND b.other = f.account))
         SELECT account, kind FROM seer WHERE kind = 0
         UNION ALL SELECT * FROM (SELECT account, kind FROM seer WHERE kind = 1 LIMIT ?2)",
    )?
    .query_map(params![account, STRANGERS], |row| {
        let kind = match row.get(1)? {
            0 => FriendKind::Friend,
            1 => FriendKind::Stranger,
            other => return Err(Error::IntegralValueOutOfRange(1, other)),
        };
        Ok((row.get(0)?, kind))
    })?
    .collect()
}
