//! Delivery marks and cursors: who has what. Everything here only ever moves forward.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::conv::{self, Conv};
use super::number::{Num, conv_id, conv_name};
use super::rows::head;
use crate::core::op::{AccountId, Mark, Seq};

/// `account` has `conv` up to `cseq`.
pub(super) fn delivered(conn: &Connection, account: AccountId, conv: &str, cseq: u64) -> Result<Vec<Mark>> {
    let conv = conv_id(conv).map(|id| conv::by_id(conn, id)).transpose()?.flatten();
    match conv {
        Some(conv) => Ok(set(conn, account, &conv, cseq)?.into_iter().collect()),
        None => Ok(Vec::new()),
    }
}

/// A full device has committed everything up to `seq`; the seed cursor follows the highest.
pub(super) fn recv(
    conn: &Connection,
    account: AccountId,
    device: &str,
    seq: Seq,
    latest_ms: i64,
) -> Result<()> {
    let seq = seq.min(head(conn, account)?);
    conn.prepare_cached(
        "UPDATE device SET cursor = ?3, seen_ms = max(seen_ms, ?4)
         WHERE account = ?1 AND device = ?2 AND cursor < ?3",
    )?
    .execute(params![account, device, Num(seq), latest_ms])?;
    move_seed_cursor(conn, account, seq)?;
    Ok(())
}

/// The account's seed clients have everything up to `seq`: makes the marks that they cannot make themselves.
pub(super) fn seed_cursor(conn: &Connection, account: AccountId, seq: Seq) -> Result<Vec<Mark>> {
    let seq = seq.min(head(conn, account)?);
    let Some(old) = move_seed_cursor(conn, account, seq)? else {
        return Ok(Vec::new());
    };
    let mut read = conn.prepare_cached(
        "SELECT m.conv, m.cseq FROM inbox i JOIN message m ON m.id = i.what
         WHERE i.account = ?1 AND i.seq > ?2 AND i.seq <= ?3 AND i.kind = 0 AND m.sender <> ?1",
    )?;
    let mut highest = BTreeMap::new();
    let mut rows = read.query(params![account, Num(old), Num(seq)])?;
    while let Some(row) = rows.next()? {
        let cseq = row.get::<_, Num>(1)?.0;
        let entry: &mut u64 = highest.entry(row.get::<_, i64>(0)?).or_default();
        *entry = cseq.max(*entry);
    }
    let mut moved = Vec::new();
    for (id, cseq) in highest {
        if let Some(conv) = conv::by_id(conn, id)? {
            moved.extend(set(conn, account, &conv, cseq)?);
        }
    }
    Ok(moved)
}

/// Marks of the others in my conversations that moved when my head was `from` or higher; whoever blocks me shows none.
pub(super) fn since(conn: &Connection, account: AccountId, from: Seq) -> Result<Vec<Mark>> {
    conn.prepare_cached(
        "SELECT k.conv, k.account, a.name, k.cseq FROM mark k JOIN account a ON a.id = k.account
         WHERE k.other = ?1 AND k.head >= ?2 AND k.account <> ?1
             AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = k.account AND b.other = ?1)
         ORDER BY k.head",
    )?
    .query_map(params![account, Num(from)], |row| {
        let other: AccountId = row.get(1)?;
        Ok(Mark {
            conv: conv_name(row.get(0)?),
            account: other,
            name: row.get(2)?,
            cseq: row.get::<_, Num>(3)?.0,
            tell: vec![account.min(other), account.max(other)],
        })
    })?
    .collect()
}

/// Moves one mark forward; none if it stood there already or `account` is no member.
fn set(conn: &Connection, account: AccountId, conv: &Conv, cseq: u64) -> Result<Option<Mark>> {
    let Some(other) = conv.other(account) else {
        return Ok(None);
    };
    let cseq = cseq.min(conv.head);
    let moved = conn
        .prepare_cached(
            "INSERT INTO mark (conv, account, other, cseq, head) SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?4 > 0
             ON CONFLICT (conv, account) DO UPDATE SET cseq = excluded.cseq, head = excluded.head
             WHERE excluded.cseq > mark.cseq",
        )?
        .execute(params![conv.id, account, other, Num(cseq), Num(head(conn, other)?)])?;
    if moved == 0 {
        return Ok(None);
    }
    let name = conn
        .prepare_cached("SELECT name FROM account WHERE id = ?1")?
        .query_row([account], |row| row.get(0))?;
    Ok(Some(Mark { conv: conv_name(conv.id), account, name, cseq, tell: conv.members() }))
}

/// Gives where the cursor stood, if it moved.
fn move_seed_cursor(conn: &Connection, account: AccountId, seq: Seq) -> Result<Option<Seq>> {
    let old = conn
        .prepare_cached("SELECT seed_cursor FROM inbox_state WHERE account = ?1 AND seed_cursor < ?2")?
        .query_row(params![account, Num(seq)], |row| row.get::<_, Num>(0))
        .optional()?;
    if old.is_some() {
        conn.prepare_cached("UPDATE inbox_state SET seed_cursor = ?2 WHERE account = ?1")?
            .execute(params![account, Num(seq)])?;
    }
    Ok(old.map(|old| old.0))
}
