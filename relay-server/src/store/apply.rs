//! One connection that carries out ops, alone or in groups: the writer thread, the readers, the command line and
//! the tests all come through here. Never leaves a transaction open.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error, ErrorCode, Result};

use super::order::Order;
use super::wipe::{self, Step};
use super::{
    account, admin, begin, change, device, friend, history, invite, list, marks, open, picture, rows, submit,
    token,
};
use crate::core::op::{AdminOp, Begin, BeginError, Begun, Done, Op, StoreError};

/// A connection to an opened store.
pub(super) struct Db {
    pub(super) conn: Connection,
    pub(super) epoch: String,
    /// The latest wall clock that any op has told, Unix milliseconds.
    latest_ms: Cell<i64>,
    order: RefCell<Order>,
    /// The last write found no room; told to the log once, and once more when there is room again.
    full: Cell<bool>,
    /// Something of a removed account may still have to go.
    wiping: Cell<bool>,
    /// What could not go is not tried again before.
    wipe_again: Cell<Option<Instant>>,
}

/// What [`Db::wipe`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wiped {
    /// Nothing was to be done.
    Nothing,
    /// Something; there may be more.
    Some,
    /// It cannot be done now.
    Later,
}

/// Whether an op can be done by a connection that cannot write.
pub(super) fn is_read(op: &Op) -> bool {
    match op {
        Op::History(_)
        | Op::Find { .. }
        | Op::Inquire(_)
        | Op::Rows { .. }
        | Op::List { .. }
        | Op::Picture { .. } => true,
        Op::Device { op, .. } => device::is_read(op),
        Op::Admin(op) => match op {
            AdminOp::AccountList => true,
            AdminOp::Invite(op) => invite::is_read(op),
            AdminOp::AccountAdd { .. }
            | AdminOp::AccountPasswd { .. }
            | AdminOp::AccountDisable { .. }
            | AdminOp::AccountRemove { .. }
            | AdminOp::AccountLink { .. }
            | AdminOp::FriendAdd { .. }
            | AdminOp::FriendRemove { .. } => false,
        },
        Op::Begin(_)
        | Op::Enter { .. }
        | Op::Confirm { .. }
        | Op::Logout { .. }
        | Op::Join(_)
        | Op::Passwd(_)
        | Op::Remove(_)
        | Op::Submit(_)
        | Op::Change(_)
        | Op::Recv { .. }
        | Op::SeedCursor { .. }
        | Op::Mark { .. }
        | Op::Reveal { .. } => false,
    }
}

impl Db {
    pub(super) fn new(conn: Connection, epoch: String) -> Self {
        Self {
            conn,
            epoch,
            latest_ms: Cell::new(0),
            order: RefCell::default(),
            full: Cell::new(false),
            wiping: Cell::new(true),
            wipe_again: Cell::new(None),
        }
    }

    /// One small step of what removed accounts leave behind. What cannot go rests for [`wipe::AGAIN`], however often
    /// it is asked for: each try costs the disk a sync, or the log a line.
    pub(super) fn wipe(&self, now: Instant) -> Wiped {
        if !self.wiping.get() {
            return Wiped::Nothing;
        }
        if self.wipe_again.get().is_some_and(|again| now < again) {
            return Wiped::Later;
        }
        let wiped = self.wipe_step().unwrap_or_else(|error| {
            tracing::warn!(%error, "what is left of a removed account cannot go now; it is tried again");
            Wiped::Later
        });
        self.wiping.set(wiped != Wiped::Nothing);
        self.wipe_again.set((wiped == Wiped::Later).then_some(now + wipe::AGAIN));
        wiped
    }

    fn wipe_step(&self) -> Result<Wiped> {
        if wipe::noted(&self.conn)?.is_none() {
            return Ok(Wiped::Nothing);
        }
        match self.transaction(|| wipe::step(&self.conn))? {
            Step::Nothing => Ok(Wiped::Nothing),
            Step::Rows => Ok(Wiped::Some),
            Step::Log(_) if !wipe::empty_log(&self.conn, open::BUSY)? => Ok(Wiped::Later),
            Step::Log(account) => self.transaction(|| wipe::done(&self.conn, account)).map(|()| Wiped::Some),
        }
    }

    /// One op, in a transaction of its own if it writes.
    pub(super) fn alone(&self, op: &Op) -> std::result::Result<Done, StoreError> {
        self.order.borrow().check(op)?;
        let apply = || caught(|| self.apply(op));
        let result = if is_read(op) { apply() } else { self.transaction(apply) };
        let result = result.or_else(|e| self.without_writing(op, e));
        self.order.borrow_mut().note(op, &result);
        result
    }

    /// Many ops in one transaction: as many, from the first, as `time` allows, but at least one. One that fails
    /// leaves no trace and does not harm the others. If the transaction itself fails, each is tried alone; but
    /// where another program holds the database all fail at once, for each would wait as long again.
    /// Gives as many results as ops were done.
    pub(super) fn group<'a>(
        &self,
        ops: impl Iterator<Item = &'a Op> + Clone,
        time: Duration,
    ) -> Vec<std::result::Result<Done, StoreError>> {
        // Almost always no op fails, and a savepoint costs a copy of every page that its op changes: savepoints come
        // only when one has failed and it has to be known which.
        let together = self.together(ops.clone(), time, |op| self.unguarded(op));
        let together = together.or_else(|(tried, e)| match is_busy(&e) || is_full(&e) {
            true => Err((tried, e)),
            false => self.together(ops.clone(), time, |op| self.guarded(op)),
        });
        together.unwrap_or_else(|(tried, e)| match is_busy(&e) {
            true => self.fail(ops, &store_error(&e)),
            false => ops.take(tried.max(1)).map(|op| self.alone(op)).collect(),
        })
    }

    /// Ops in one transaction, until `time` is up. If it fails nothing was done; then also how many were tried.
    fn together<'a>(
        &self,
        ops: impl Iterator<Item = &'a Op>,
        time: Duration,
        apply: impl Fn(&Op) -> Result<std::result::Result<Done, StoreError>>,
    ) -> std::result::Result<Vec<std::result::Result<Done, StoreError>>, (usize, Error)> {
        let mut tried = 0;
        let results = self.transaction(|| {
            let start = Instant::now();
            let mut results = Vec::new();
            for op in ops {
                tried += 1;
                results.push(apply(op)?);
                if start.elapsed() >= time {
                    break;
                }
            }
            Ok(results)
        });
        results.map_err(|e| (tried, e))
    }

    /// Nothing of this was done.
    fn fail<'a>(
        &self,
        ops: impl Iterator<Item = &'a Op>,
        why: &StoreError,
    ) -> Vec<std::result::Result<Done, StoreError>> {
        let mut order = self.order.borrow_mut();
        let fail = |op| {
            let failed = order.check(op).and(Err(why.clone()));
            order.note(op, &failed);
            failed
        };
        ops.map(fail).collect()
    }

    /// An op in a transaction that is given up if it fails.
    fn unguarded(&self, op: &Op) -> Result<std::result::Result<Done, StoreError>> {
        if let Err(behind) = self.order.borrow().check(op) {
            return Ok(Err(behind));
        }
        caught(|| self.apply(op)).map(Ok)
    }

    /// An op behind a savepoint. Fails only where the whole transaction has to be given up.
    fn guarded(&self, op: &Op) -> Result<std::result::Result<Done, StoreError>> {
        if let Err(behind) = self.order.borrow().check(op) {
            return Ok(Err(behind));
        }
        self.run("SAVEPOINT op")?;
        match caught(|| self.apply(op)) {
            Ok(done) => self.run("RELEASE op").map(|()| Ok(done)),
            Err(e) if is_full(&e) => Err(e),
            Err(e) => {
                // Fails where SQLite has given up the whole transaction already.
                self.run("ROLLBACK TO op")?;
                self.run("RELEASE op")?;
                let failed = Err(store_error(&e));
                self.order.borrow_mut().note(op, &failed);
                Ok(failed)
            }
        }
    }

    fn transaction<R>(&self, body: impl FnOnce() -> Result<R>) -> Result<R> {
        let before = self.conn.total_changes();
        let result = self.run("BEGIN IMMEDIATE").and_then(|()| body());
        let result = result.and_then(|done| self.run("COMMIT").map(|()| done));
        if !self.conn.is_autocommit()
            && let Err(e) = self.run("ROLLBACK")
        {
            tracing::error!(error = %e, "a transaction could not be rolled back");
        }
        match &result {
            Err(e) if is_full(e) && !self.full.replace(true) => {
                tracing::warn!(error = %e, "the disk is full or cannot be written: messages are refused");
            }
            Ok(_) if self.full.get() && self.conn.total_changes() > before => {
                self.full.set(false);
                tracing::info!("the disk can be written again");
            }
            Ok(_) | Err(_) => {}
        }
        result
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// The op itself, in whatever transaction there is.
    fn apply(&self, op: &Op) -> Result<Done> {
        let conn = &self.conn;
        match op {
            Op::Find { name, network, now_ms } => {
                Ok(Done::Found(friend::find(conn, name, *network, *now_ms)?))
            }
            Op::Begin(op) => {
                self.saw(op.now_ms);
                Ok(Done::Begun(begin::begin(conn, &self.epoch, op)?))
            }
            Op::Enter { name, begin } => {
                self.saw(begin.now_ms);
                self.enter(name, begin, begin::begin)
            }
            Op::Confirm { account, device, token } => {
                token::confirm(conn, *account, device, token)?;
                Ok(Done::Nothing)
            }
            Op::Logout { account, device } => {
                device::forget(conn, *account, device)?;
                Ok(Done::Nothing)
            }
            Op::Inquire(op) => Ok(Done::Inquired(invite::inquire(conn, op)?)),
            Op::Join(op) => Ok(Done::Joined(invite::join(conn, op)?)),
            Op::Passwd(op) => Ok(Done::Passwd(account::passwd(conn, op)?)),
            Op::Remove(op) => {
                self.wiping.set(true);
                Ok(Done::Removed(account::remove_own(conn, op)?))
            }
            Op::Device { account, op } => device::device(conn, *account, op),
            Op::Submit(op) => {
                self.saw(op.now_ms);
                Ok(Done::Submitted(submit::submit(conn, op)?))
            }
            Op::Rows { account, after, count } => {
                Ok(Done::Rows(rows::after(conn, *account, *after, *count)?))
            }
            Op::List { account, behind, whole, count } => {
                Ok(Done::List(list::page(conn, *account, behind, *whole, *count)?))
            }
            Op::History(asked) => Ok(Done::History(history::page(conn, asked)?)),
            Op::Picture { account, hash } => Ok(Done::Picture(picture::get(conn, *account, hash)?)),
            Op::Change(op) => Ok(Done::Changed(change::change(conn, op)?)),
            Op::Recv { account, device, seq } => {
                marks::recv(conn, *account, device, *seq, self.latest_ms.get())?;
                Ok(Done::Nothing)
            }
            Op::SeedCursor { account, seq, is_hidden } => {
                Ok(Done::Marked(marks::seed_cursor(conn, *account, *seq, *is_hidden)?))
            }
            Op::Mark { kind, account, conv, cseq, is_hidden } => {
                Ok(Done::Marked(marks::mark(conn, *kind, *account, conv, *cseq, *is_hidden)?))
            }
            Op::Reveal { account } => Ok(Done::Marked(marks::reveal(conn, *account)?)),
            Op::Admin(op) => {
                self.wiping.set(self.wiping.get() || matches!(op, AdminOp::AccountRemove { .. }));
                Ok(Done::Admin(admin::admin(conn, op)?))
            }
        }
    }

    fn saw(&self, now_ms: i64) {
        self.latest_ms.set(self.latest_ms.get().max(now_ms));
    }

    /// What is still possible on a disk that takes nothing: logins, but for a code that could not be used up.
    fn without_writing(&self, op: &Op, failed: Error) -> std::result::Result<Done, StoreError> {
        let read = match op {
            Op::Begin(op)
                if is_full(&failed) && op.device.as_ref().is_none_or(|device| device.code.is_none()) =>
            {
                begin::by_reading(&self.conn, &self.epoch, op).map(Done::Begun)
            }
            Op::Enter { name, begin } if is_full(&failed) => self.enter(name, begin, begin::by_reading),
            _ => Err(failed),
        };
        read.map_err(|e| store_error(&e))
    }

    /// Finds the account and begins its session. One that is not there costs as much as one that is.
    fn enter(
        &self,
        name: &str,
        begin: &Begin,
        body: impl FnOnce(&Connection, &str, &Begin) -> Result<std::result::Result<Begun, BeginError>>,
    ) -> Result<Done> {
        let account = friend::find(&self.conn, name, begin.network, begin.now_ms)?;
        let found = account.as_ref().map_or(submit::NOBODY, |account| account.id);
        let begun = body(&self.conn, &self.epoch, &Begin { account: found, ..begin.clone() })?;
        Ok(Done::Entered(Box::new((account, begun))))
    }
}

/// A mistake of ours in one op ends that op, not the thread that serves everybody.
fn caught<R>(body: impl FnOnce() -> Result<R>) -> Result<R> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Error::UnwindingPanic))
}

/// The disk takes nothing (any more); it may again later.
fn is_full(e: &Error) -> bool {
    matches!(
        e.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen)
    )
}

/// Another program writes, and went on for as long as one waits for it.
fn is_busy(e: &Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn store_error(e: &Error) -> StoreError {
    if is_full(e) {
        return StoreError::Full(e.to_string());
    }
    tracing::error!(error = %e, "an operation failed");
    StoreError::Failed(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_one_op_leaves_no_trace() {
        let db = super::super::open::in_memory().unwrap();
        let failed: Result<()> = db.transaction(|| {
            db.conn.execute("INSERT INTO meta VALUES ('x', 'y')", [])?;
            caught(|| panic!("a mistake"))
        });
        assert!(matches!(failed, Err(Error::UnwindingPanic)));
        let count = "SELECT count(*) FROM meta";
        assert_eq!(db.conn.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        db.transaction(|| db.conn.execute("INSERT INTO meta VALUES ('x', 'y')", [])).unwrap();
    }
}
