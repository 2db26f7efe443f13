//! The threads: one writer with group commit, a few readers. Each takes its work from a bounded queue and ends
//! when the queue is closed and empty.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::apply::{Db, Wiped};
use super::{Answers, Settings, wipe};
use crate::core::op::Op;

/// A writer that is never idle takes a step of a wipe after so many transactions.
const BUSY_GROUPS: u32 = 64;

/// Work for a thread.
#[cfg_attr(test, expect(clippy::large_enum_variant, reason = "the other variant is a test's"))]
pub(super) enum Job<T> {
    /// An op, and what its answer is called.
    Op(T, Op),
    /// Something that only a test does, on the thread's own connection.
    #[cfg(test)]
    Test(Box<dyn FnOnce(&rusqlite::Connection) + Send>),
}

/// Takes what has queued up, commits it as one transaction, and only then answers.
pub(super) fn write<T>(db: &Db, queue: &Receiver<Job<T>>, settings: &Settings, answers: &Answers<T>) {
    let mut waiting: VecDeque<(T, Op)> = VecDeque::with_capacity(settings.group);
    let mut groups = 0_u32;
    loop {
        if waiting.is_empty() {
            match idle(db, queue) {
                Some(job) => take(db, job, &mut waiting),
                None => return,
            }
            groups = 0;
        }
        while waiting.len() < settings.group {
            match queue.try_recv() {
                Ok(job) => take(db, job, &mut waiting),
                Err(_none_now) => break,
            }
        }
        if waiting.is_empty() {
            continue;
        }
        let results = db.group(waiting.iter().map(|(_, op)| op), settings.group_time);
        let done: Vec<T> = waiting.drain(..results.len()).map(|(token, _)| token).collect();
        answers(done.into_iter().zip(results).collect());
        groups += 1;
        if groups.is_multiple_of(BUSY_GROUPS) {
            db.wipe(Instant::now());
        }
    }
}

/// The next job. Until there is one, removed accounts are wiped step by step; none when the queue is closed and empty
/// (then the rest goes after the next start).
fn idle<T>(db: &Db, queue: &Receiver<Job<T>>) -> Option<Job<T>> {
    loop {
        match queue.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        match db.wipe(Instant::now()) {
            Wiped::Some => {}
            Wiped::Nothing => return queue.recv().ok(),
            Wiped::Later => match queue.recv_timeout(wipe::AGAIN) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            },
        }
    }
}

fn take<T>(db: &Db, job: Job<T>, waiting: &mut VecDeque<(T, Op)>) {
    match job {
        Job::Op(token, op) => waiting.push_back((token, op)),
        #[cfg(test)]
        Job::Test(test) => test(&db.conn),
    }
    #[cfg(not(test))]
    let _ = db;
}

/// Answers one op after the other; the readers share the queue.
pub(super) fn read<T>(db: &Db, queue: &Mutex<Receiver<Job<T>>>, answers: &Answers<T>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(Job::Op(token, op)) => answers(vec![(token, db.alone(&op))]),
            #[cfg(test)]
            Ok(Job::Test(test)) => test(&db.conn),
            Err(_closed_and_empty) => return,
        }
    }
}

/// Starts a named thread.
pub(super) fn thread(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body)
}
