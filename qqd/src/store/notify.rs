//! The daemon's rules for notifications. They hold for all accounts; who is muted is somebody of one of them.

use ipc_schema::notify::{Rules, Shows};
use rusqlite::{Connection, params};

use super::account::Owner;
use crate::core::op::{Done, Rule, StoreError};

/// Changes a rule, if there is one to change, and answers all of them.
pub(super) fn change(
    conn: &Connection,
    owner: Option<&Owner>,
    rule: Option<&Rule>,
) -> Result<Done, StoreError> {
    match (rule, owner) {
        (None, _) => {}
        (Some(Rule::Dnd { on, until }), _) => {
            conn.execute("UPDATE notify SET dnd = ?1, dnd_until = ?2", params![on, until])?;
        }
        (Some(Rule::Quiet(hours)), _) => drop(conn.execute("UPDATE notify SET quiet = ?1", [hours])?),
        (Some(Rule::Content(shows)), _) => {
            conn.execute("UPDATE notify SET content = ?1", [shows.word()])?;
        }
        (Some(Rule::Mute { friend, off: false }), Some(owner)) => {
            conn.execute("INSERT OR IGNORE INTO muted VALUES (?1, ?2)", params![owner.row, friend])?;
        }
        (Some(Rule::Mute { friend, off: true }), Some(owner)) => {
            conn.execute("DELETE FROM muted WHERE owner = ?1 AND friend = ?2", params![owner.row, friend])?;
        }
        (Some(Rule::Mute { .. }), None) => return Err(StoreError::Failed("nobody is logged in".into())),
    }
    Ok(Done::Notify(Box::new(rules(conn)?)))
}

pub(super) fn rules(conn: &Connection) -> rusqlite::Result<Rules> {
    let mut muted = conn.prepare(
        "SELECT local || '/' || friend FROM muted JOIN account ON account.row = owner ORDER BY owner, friend",
    )?;
    let muted = muted.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    conn.query_row("SELECT dnd, dnd_until, quiet, content FROM notify", [], |row| {
        let content: String = row.get(3)?;
        let content = Shows::ALL.iter().copied().find(|shows| shows.word() == content).unwrap_or_default();
        Ok(Rules { dnd: row.get(0)?, dnd_until: row.get(1)?, quiet: row.get(2)?, content, muted })
    })
}
