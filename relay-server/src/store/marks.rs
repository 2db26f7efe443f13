//! Marks and cursors: who has what, and who has read it. Everything here only ever moves forward.

use std::collections::BTreeMap;

use rusqlite::{Connection, Error, OptionalExtension, Result, params};

use super::conv::{self, Conv};
use super::friend::{self, Standing};
use super::number::{Num, conv_id, conv_name};
use super::rows::head;
use crate::core::op::{AccountId, FriendKind, Mark, MarkKind, Seq};

/// `account` has, or has read, `conv` up to `cseq`. What was read was delivered: that is noted, too, and not told apart.
pub(super) fn mark(
    conn: &Connection,
    kind: MarkKind,
    account: AccountId,
    conv: &str,
    cseq: u64,
    is_hidden: bool,
) -> Result<Vec<Mark>> {
    let conv = conv_id(conv).map(|id| conv::by_id(conn, id)).transpose()?.flatten();
    let Some(conv) = conv else {
        return Ok(Vec::new());
    };
    let moved = set(conn, kind, account, &conv, cseq, is_hidden)?;
    if kind == MarkKind::Read && moved.is_some() {
        set(conn, MarkKind::Delivered, account, &conv, cseq, is_hidden)?;
    }
    Ok(moved.into_iter().collect())
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
pub(super) fn seed_cursor(
    conn: &Connection,
    account: AccountId,
    seq: Seq,
    is_hidden: bool,
) -> Result<Vec<Mark>> {
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
            moved.extend(set(conn, MarkKind::Delivered, account, &conv, cseq, is_hidden)?);
        }
    }
    Ok(moved)
}

/// Marks that a device does not know which has seen the inbox up to `from`: those of the others in my conversations
/// (see [`SHOWN`]), and of mine what I have read.
pub(super) fn since(conn: &Connection, account: AccountId, from: Seq) -> Result<Vec<Mark>> {
    let asked = params![account, Num(from)];
    let mut marks = known(
        conn,
        &format!(
            "SELECT k.kind, k.conv, k.account, a.name, k.shown FROM mark k JOIN account a ON a.id = k.account
             WHERE k.other = ?1 AND k.head >= ?2 AND {SHOWN} ORDER BY k.head, k.kind"
        ),
        asked,
        account,
    )?;
    marks.append(&mut known(
        conn,
        "SELECT k.kind, k.conv, k.account, a.name, k.cseq FROM mark k JOIN account a ON a.id = k.account
         WHERE k.account = ?1 AND k.kind = 1 AND k.own_head >= ?2 ORDER BY k.own_head",
        asked,
        account,
    )?);
    Ok(marks)
}

/// The same for a device that knows nothing and is sent the rows after `from`: of the conversations of these rows,
/// however old the marks are.
pub(super) fn of_rows(conn: &Connection, account: AccountId, from: Seq) -> Result<Vec<Mark>> {
    known(
        conn,
        &format!(
            "SELECT k.kind, k.conv, k.account, a.name, iif(k.account = ?1, k.cseq, k.shown)
             FROM (SELECT DISTINCT m.conv FROM inbox i JOIN message m ON m.id = i.what
                   WHERE i.account = ?1 AND i.seq > ?2 AND i.kind = 0) c
             JOIN mark k ON k.conv = c.conv JOIN account a ON a.id = k.account
             WHERE (k.account = ?1 AND k.kind = 1) OR ({SHOWN}) ORDER BY k.conv, k.account, k.kind"
        ),
        params![account, Num(from)],
        account,
    )
}

/// Which marks `k` of others the account `?1` is told: nobody's who blocks it, and only friends' what they have read.
const SHOWN: &str = "k.account <> ?1 AND k.shown > 0
    AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = k.account AND b.other = ?1)
    AND (k.kind = 0
         OR EXISTS (SELECT 1 FROM friend f WHERE f.account = k.account AND f.other = ?1 AND f.kind = 0))";

fn known(
    conn: &Connection,
    sql: &str,
    asked: &[&dyn rusqlite::ToSql],
    account: AccountId,
) -> Result<Vec<Mark>> {
    let mut read = conn.prepare_cached(sql)?;
    let rows = read.query_map(asked, |row| {
        Ok(Mark {
            kind: kind(row, 0)?,
            conv: conv_name(row.get(1)?),
            account: row.get(2)?,
            name: row.get(3)?,
            cseq: row.get::<_, Num>(4)?.0,
            tell: vec![account],
        })
    })?;
    rows.collect()
}

/// Whether there are marks of the account that nobody else was told.
pub(super) fn has_hidden(conn: &Connection, account: AccountId) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM mark WHERE account = ?1 AND shown < cseq LIMIT 1")?.exists([account])
}

/// The account is invisible no more: the others are told what they were not.
pub(super) fn reveal(conn: &Connection, account: AccountId) -> Result<Vec<Mark>> {
    let hidden: Vec<(MarkKind, i64, AccountId, u64)> = conn
        .prepare_cached("SELECT kind, conv, other, cseq FROM mark WHERE account = ?1 AND shown < cseq")?
        .query_map([account], |row| Ok((kind(row, 0)?, row.get(1)?, row.get(2)?, row.get::<_, Num>(3)?.0)))?
        .collect::<Result<_>>()?;
    conn.prepare_cached(
        "UPDATE mark SET shown = cseq, head = (SELECT head FROM inbox_state s WHERE s.account = mark.other)
         WHERE account = ?1 AND shown < cseq",
    )?
    .execute([account])?;
    let mut marks = Vec::with_capacity(hidden.len());
    for (kind, conv, other, cseq) in hidden {
        if other != account && may_know(conn, kind, account, other)? {
            let (conv, name) = (conv_name(conv), name(conn, account)?);
            marks.push(Mark { kind, conv, account, name, cseq, tell: vec![other] });
        }
    }
    Ok(marks)
}

/// Moves one mark forward; none if it stood there already or `account` is no member.
fn set(
    conn: &Connection,
    kind: MarkKind,
    account: AccountId,
    conv: &Conv,
    cseq: u64,
    is_hidden: bool,
) -> Result<Option<Mark>> {
    let Some(other) = conv.other(account) else {
        return Ok(None);
    };
    let cseq = cseq.min(conv.head);
    let (own_head, other_head) = (head(conn, account)?, head(conn, other)?);
    let shown = if is_hidden { 0 } else { cseq };
    let moved = conn
        .prepare_cached(
            "INSERT INTO mark (conv, account, kind, other, cseq, own_head, shown, head)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ?5 > 0
             ON CONFLICT (conv, account, kind) DO UPDATE
             SET cseq = excluded.cseq, own_head = excluded.own_head, shown = max(shown, excluded.shown),
                 head = iif(excluded.shown > shown, excluded.head, head)
             WHERE excluded.cseq > mark.cseq",
        )?
        .execute(params![
            conv.id,
            account,
            kind as i64,
            other,
            Num(cseq),
            Num(own_head),
            Num(shown),
            Num(other_head)
        ])?;
    if moved == 0 {
        return Ok(None);
    }
    let tell_other = other != account && !is_hidden && may_know(conn, kind, account, other)?;
    let tell = if tell_other { conv.members() } else { vec![account] };
    Ok(Some(Mark { kind, conv: conv_name(conv.id), account, name: name(conn, account)?, cseq, tell }))
}

/// What has reached somebody is told to whoever sent it, what he has read to friends only; nothing to whom he blocks.
fn may_know(conn: &Connection, kind: MarkKind, account: AccountId, other: AccountId) -> Result<bool> {
    let Standing { listed, blocks, .. } = friend::standing(conn, account, other)?;
    let may = match kind {
        MarkKind::Delivered => true,
        MarkKind::Read => listed == Some(FriendKind::Friend),
    };
    Ok(may && !blocks)
}

fn name(conn: &Connection, account: AccountId) -> Result<String> {
    conn.prepare_cached("SELECT name FROM account WHERE id = ?1")?.query_row([account], |row| row.get(0))
}

fn kind(row: &rusqlite::Row<'_>, column: usize) -> Result<MarkKind> {
    match row.get(column)? {
        0 => Ok(MarkKind::Delivered),
        1 => Ok(MarkKind::Read),
        other => Err(Error::IntegralValueOutOfRange(column, other)),
    }
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
