//! The whole list, a page at a time: groups, friends and strangers, who is blocked, open requests.

use rusqlite::{Connection, Result, params};

use super::{block, friend, group};
use crate::core::op::{AccountId, Behind, Entry, Request};

/// At most `count` entries behind the last one; fewer only at the end.
pub(super) fn page(
    conn: &Connection,
    account: AccountId,
    behind: &Behind,
    whole: bool,
    count: u32,
) -> Result<Vec<Entry>> {
    let count = count as usize;
    let mut page = Vec::new();
    let mut next = Some(behind.clone());
    while let Some(behind) = next.filter(|_| page.len() < count) {
        let left = u32::try_from(count - page.len()).unwrap_or(u32::MAX);
        next = match behind {
            Behind::Group(after) => {
                page.extend(
                    group::page(conn, account, after.as_deref(), left)?.into_iter().map(Entry::Group),
                );
                Some(Behind::Friend(None))
            }
            Behind::Friend(after) => {
                let friends = friend::page(conn, account, after.as_ref(), left)?;
                page.extend(friends.into_iter().map(Entry::Friend));
                whole.then_some(Behind::Blocked(None))
            }
            Behind::Blocked(after) => {
                let blocked = block::page(conn, account, after.as_deref(), left)?;
                page.extend(blocked.into_iter().map(Entry::Blocked));
                Some(Behind::Request(None))
            }
            Behind::Request(after) => {
                let (theirs, name) = after.unwrap_or_default();
                page.extend(requests(conn, account, theirs, &name, left)?);
                (!theirs).then(|| Behind::Request(Some((true, String::new()))))
            }
        };
    }
    Ok(page)
}

/// Open requests of one direction, by the other one's name. Also those of accounts that one blocks: nothing tells of
/// them again when the block ends.
fn requests(
    conn: &Connection,
    account: AccountId,
    theirs: bool,
    after: &str,
    count: u32,
) -> Result<Vec<Entry>> {
    let sql = if theirs {
        "SELECT a.name, coalesce(b.shown, a.shown), coalesce(b.picture, a.picture), r.note, r.ts_ms
         FROM request r JOIN account a ON a.id = r.asker
         LEFT JOIN block b ON b.account = r.asker AND b.other = r.asked
         WHERE r.asked = ?1 AND r.state = 0 AND a.name > ?2 ORDER BY a.name LIMIT ?3"
    } else {
        "SELECT a.name, coalesce(b.shown, a.shown), coalesce(b.picture, a.picture), r.note, r.ts_ms
         FROM request r JOIN account a ON a.id = r.asked
         LEFT JOIN block b ON b.account = r.asked AND b.other = r.asker
         WHERE r.asker = ?1 AND r.state = 0 AND a.name > ?2 ORDER BY a.name LIMIT ?3"
    };
    conn.prepare_cached(sql)?
        .query_map(params![account, after, count], |row| {
            let request = Request {
                account: row.get(0)?,
                name: row.get(1)?,
                picture: row.get(2)?,
                note: row.get(3)?,
                theirs,
            };
            Ok(Entry::Request { request, ts_ms: row.get(4)? })
        })?
        .collect()
}
