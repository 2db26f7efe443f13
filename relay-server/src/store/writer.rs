//! The threads: one writer with group commit, a few readers. Each takes its work from a bounded queue and ends
//! when the queue is closed and empty.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use super::apply::Db;
use super::{Answers, Settings};
use crate::core::op::Op;

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
    loop {
        if waiting.is_empty() {
            match queue.recv() {
                Ok(job) => take(db, job, &mut waiting),
                Err(_closed_and_empty) => return,
            }
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
