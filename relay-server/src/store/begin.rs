//! A session begins: its token is checked and replaced, its device and network are noted, and it is told where
//! it stands. When nothing can be written, it is let in all the same and keeps its token.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::friend::{NETWORK_MS, blocks, friends, network_key};
use super::number::Num;
use super::token::{self, State};
use super::{device, marks};
use crate::core::op::{AccountId, Begin, BeginDevice, BeginError, Begun, Network, Seq};

/// A new device starts with so many of the newest rows.
const NEWEST: u64 = 1_000;

/// A device unseen for so long gives way to a new one.
const UNSEEN_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// So many networks an account are remembered.
const NETWORKS: u64 = 64;

/// A known network is noted again only after so long: most logins of the seed dialect then write nothing.
const NETWORK_STEP_MS: i64 = 24 * 60 * 60 * 1000;

/// Checks and writes; a refusal has written nothing.
pub(super) fn begin(conn: &Connection, epoch: &str, begin: &Begin) -> Result<Result<Begun, BeginError>> {
    if let Err(refused) = check(conn, begin)? {
        return Ok(Err(refused));
    }
    let mut evicted = None;
    if let Some(device) = &begin.device {
        match admit(conn, begin, device)? {
            Some(gave_way) => evicted = gave_way,
            None => return Ok(Err(BeginError::Devices)),
        }
        if let Some(code) = &device.code {
            device::use_link(conn, begin.account, &device.device, code)?;
        }
        if let Some(shown) = &device.shown {
            token::confirm(conn, begin.account, &device.device, shown)?;
        }
        token::give(conn, begin.account, &device.device, &device.next)?;
    }
    if by_password(begin) {
        note_network(conn, begin.account, begin.network, begin.now_ms)?;
    }
    if let Some(rehash) = &begin.rehash {
        conn.prepare_cached("UPDATE account SET password = ?2 WHERE id = ?1")?
            .execute(params![begin.account, rehash])?;
    }
    let begun = begun(conn, epoch, begin, begin.device.is_some())?;
    Ok(begun.map(|begun| Begun { evicted, ..begun }))
}

/// The same by reading only: the device keeps the token it has, a new one is let in without.
pub(super) fn by_reading(conn: &Connection, epoch: &str, begin: &Begin) -> Result<Result<Begun, BeginError>> {
    match check(conn, begin)? {
        Ok(()) => begun(conn, epoch, begin, false),
        Err(refused) => Ok(Err(refused)),
    }
}

/// Whether the account is still there and what proves the login is still right.
fn check(conn: &Connection, begin: &Begin) -> Result<Result<(), BeginError>> {
    let account: Option<(String, bool)> = conn
        .prepare_cached("SELECT password, disabled FROM account WHERE id = ?1 AND removed_ms IS NULL")?
        .query_row([begin.account], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((password, disabled)) = account else { return Ok(Err(BeginError::Gone)) };
    if begin.proven.as_ref().is_some_and(|proven| *proven != password) {
        return Ok(Err(BeginError::Gone));
    }
    // Only who proved to be its owner learns that an account is disabled.
    let allowed = if disabled { Err(BeginError::Disabled) } else { Ok(()) };
    if let Some((device, code)) =
        begin.device.as_ref().and_then(|device| Some((device, device.code.as_ref()?)))
        && !device::may_link(conn, begin.account, &device.device, code, begin.now_ms)?
    {
        return Ok(Err(BeginError::Code));
    }
    let shown = begin.device.as_ref().and_then(|device| Some((&device.device, device.shown.as_ref()?)));
    let Some((device, shown)) = shown else {
        return Ok(allowed);
    };
    Ok(match token::state(conn, begin.account, device, shown)? {
        Some(State::Current | State::Pending) => allowed,
        Some(State::Retired) => Err(BeginError::TokenReused),
        None => Err(BeginError::Token),
    })
}

/// A seed session always logs in with a password, a full one where it showed no token.
fn by_password(begin: &Begin) -> bool {
    begin.device.as_ref().is_none_or(|device| device.shown.is_none())
}

/// Notes the device as seen, making room for a new one; none where there is none. Gives the device that had to go.
fn admit(conn: &Connection, begin: &Begin, device: &BeginDevice) -> Result<Option<Option<String>>> {
    let known = conn
        .prepare_cached("UPDATE device SET client = ?3, seen_ms = ?4 WHERE account = ?1 AND device = ?2")?
        .execute(params![begin.account, device.device, device.client, begin.now_ms])?;
    if known > 0 {
        return Ok(Some(None));
    }
    let count: Num = conn
        .prepare_cached("SELECT count(*) FROM device WHERE account = ?1")?
        .query_row([begin.account], |row| row.get(0))?;
    let mut evicted = None;
    if count.0 >= u64::from(device.devices_max) {
        evicted = conn
            .prepare_cached(
                "SELECT device FROM device WHERE account = ?1 AND seen_ms < ?2 ORDER BY seen_ms, device LIMIT 1",
            )?
            .query_row([begin.account, begin.now_ms - UNSEEN_MS], |row| row.get::<_, String>(0))
            .optional()?;
        let Some(evicted) = &evicted else { return Ok(None) };
        device::forget(conn, begin.account, evicted)?;
    }
    conn.prepare_cached("INSERT INTO device (account, device, client, seen_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![begin.account, device.device, device.client, begin.now_ms])?;
    Ok(Some(evicted))
}

/// Notes where a password was right, and forgets what is too old or too much.
fn note_network(conn: &Connection, account: AccountId, network: Network, now_ms: i64) -> Result<()> {
    let key = network_key(network);
    let fresh = conn
        .prepare_cached("SELECT 1 FROM network WHERE account = ?1 AND network = ?2 AND last_ms > ?3")?
        .exists(params![account, key, now_ms - NETWORK_STEP_MS])?;
    if fresh {
        return Ok(());
    }
    conn.prepare_cached(
        "INSERT INTO network (account, network, last_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (account, network) DO UPDATE SET last_ms = max(last_ms, excluded.last_ms)",
    )?
    .execute(params![account, key, now_ms])?;
    conn.prepare_cached(
        "DELETE FROM network WHERE account = ?1 AND network <> ?2 AND (last_ms < ?3 OR network NOT IN
            (SELECT network FROM network WHERE account = ?1 ORDER BY last_ms DESC LIMIT ?4))",
    )?
    .execute(params![account, key, now_ms - NETWORK_MS, Num(NETWORKS)])?;
    Ok(())
}

/// The epoch of an account's inbox: of this store and of this account, as another account may have had the name before.
/// A device that still holds a cursor of that one starts over, and misses nothing.
pub(super) fn inbox_epoch(store: &str, account: AccountId) -> String {
    format!("{store}-{account}")
}

/// Where the session stands.
fn begun(
    conn: &Connection,
    store_epoch: &str,
    begin: &Begin,
    rotated: bool,
) -> Result<Result<Begun, BeginError>> {
    let epoch = inbox_epoch(store_epoch, begin.account);
    let (head, seed_cursor) = conn
        .prepare_cached("SELECT head, seed_cursor FROM inbox_state WHERE account = ?1")?
        .query_row([begin.account], |row| Ok((row.get::<_, Num>(0)?.0, row.get::<_, Num>(1)?.0)))?;
    let start = begin
        .device
        .as_ref()
        .map_or(Start { from: seed_cursor, whole_list: true, resume_refused: false }, |device| {
            Start::of(device, &epoch, head)
        });
    let marks = match &begin.device {
        Some(device) if device.resume.is_some() => marks::since(conn, begin.account, start.from)?,
        Some(_) => marks::of_rows(conn, begin.account, start.from)?,
        None => Vec::new(),
    };
    let (blocks, blocked_by) = blocks(conn, begin.account)?;
    Ok(Ok(Begun {
        epoch,
        head,
        from: start.from,
        resume_refused: start.resume_refused,
        whole_list: start.whole_list,
        rotated,
        evicted: None,
        friends: friends(conn, begin.account)?,
        blocks,
        blocked_by,
        marks,
        has_hidden_marks: marks::has_hidden(conn, begin.account)?,
        seed_cursor,
    }))
}

/// From where a device reads on.
struct Start {
    from: Seq,
    whole_list: bool,
    resume_refused: bool,
}

impl Start {
    fn of(device: &BeginDevice, epoch: &str, head: Seq) -> Self {
        let same = device.epoch.as_deref() == Some(epoch);
        match device.resume {
            Some(resume) if same && resume <= head => {
                Self { from: resume, whole_list: false, resume_refused: false }
            }
            Some(_) => Self { from: 0, whole_list: true, resume_refused: same },
            None => Self { from: head.saturating_sub(NEWEST), whole_list: true, resume_refused: false },
        }
    }
}
