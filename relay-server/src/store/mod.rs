//! The store: accounts, friends and messages in SQLite. It carries out the ops of [`crate::core::op`], each as one
//! transaction, and answers a write only when it is on disk. It decides nothing else and knows no session.
//!
//! One thread writes, with group commit: what has queued up becomes one transaction with one sync. A few threads
//! read. [`Direct`] is the same without threads.

mod account;
mod admin;
mod apply;
pub mod backup;
mod begin;
mod block;
mod change;
mod conv;
mod device;
mod direct;
mod friend;
mod group;
mod history;
mod invite;
mod list;
mod marks;
mod number;
mod open;
mod order;
mod picture;
mod profile;
mod request;
pub mod restore;
mod rows;
mod seal;
mod stamp;
mod submit;
mod token;
mod wipe;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use apply::is_read;
pub use direct::Direct;
pub use open::{FILE, OpenError};
use writer::{Job, read, thread, write};

use crate::core::op::{Done, Op, StoreError, Submit};

/// The sizes of the store's queues, groups and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// So many ops may wait for the writer, and as many for the readers.
    pub queue: usize,
    /// At most so many ops in one transaction.
    pub group: usize,
    /// A transaction takes no further op after this time.
    pub group_time: Duration,
    /// So many threads read.
    pub readers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        // While much waits, a large transaction writes a page once that two smaller ones write twice.
        Self { queue: 4_096, group: 1_024, group_time: Duration::from_millis(8), readers: 2 }
    }
}

/// Called by the store's threads with the answers to one transaction's ops (or one read), in the order of asking.
/// It must not block.
pub type Answers<T> = Box<dyn Fn(Vec<(T, Result<Done, StoreError>)>) + Send + Sync>;

/// Too many ops wait: this one was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many operations wait for the disk")]
pub struct Full;

/// The threaded store. `T` names a question, and comes back with its answer. Dropping it carries out what waits,
/// gives the answers, and ends the threads.
pub struct Store<T = u64> {
    epoch: String,
    writer: Option<SyncSender<Job<T>>>,
    readers: Option<SyncSender<Job<T>>>,
    threads: Vec<JoinHandle<()>>,
    /// The newest era of a submit that found the queue full.
    full_era: AtomicU64,
}

impl<T: Send + 'static> Store<T> {
    /// Opens, or makes, the store in `dir`; the caller holds the directory's lock.
    pub fn open(dir: &Path, settings: Settings, answers: Answers<T>) -> Result<Self, OpenError> {
        let db = open::open(dir)?;
        let answers = Arc::new(answers);
        let (writer, queue) = sync_channel(settings.queue);
        let (readers, asked) = sync_channel(settings.queue);
        let asked: Arc<Mutex<Receiver<Job<T>>>> = Arc::new(Mutex::new(asked));
        let mut store = Self {
            epoch: db.epoch.clone(),
            writer: Some(writer),
            readers: Some(readers),
            threads: Vec::new(),
            full_era: AtomicU64::new(0),
        };
        for n in 1..=settings.readers.max(1) {
            let (db, asked, answers) =
                (open::reader(dir, &db.epoch)?, Arc::clone(&asked), Arc::clone(&answers));
            store.start(&format!("store-read-{n}"), move || read(&db, &asked, &answers))?;
        }
        store.start("store-write", move || write(&db, &queue, &settings, &answers))?;
        Ok(store)
    }

    fn start(&mut self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let thread = thread(name, body).map_err(|e| OpenError::System(e.to_string()))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Asks; never blocks. Writes are carried out in the order of asking; a read sees every write that was answered
    /// before it was asked. A submit that was not taken keeps those of its era (see [`Op::Submit`]) out, too.
    pub fn send(&self, token: T, op: Op) -> Result<(), Full> {
        let queue = if is_read(&op) { &self.readers } else { &self.writer };
        let queue = queue.as_ref().ok_or(Full)?;
        let Op::Submit(Submit { era, .. }) = op else {
            return queue.try_send(Job::Op(token, op)).map_err(|_| Full);
        };
        if era <= self.full_era.load(Ordering::Relaxed) {
            return Err(Full);
        }
        queue.try_send(Job::Op(token, op)).map_err(|_| {
            self.full_era.fetch_max(era, Ordering::Relaxed);
            Full
        })
    }

    /// 128 random bits in hex, made with the store.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }
}

impl<T> Drop for Store<T> {
    fn drop(&mut self) {
        self.writer = None;
        self.readers = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl<T> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
