//! The daemon's own store: one SQLite database and a token file for each account in one directory of the user's
//! own.
//!
//! [`Store`] hands operations to the thread that owns the connection; many of them share one commit, and an answer is
//! given only when that commit is on disk. What an operation means stands in [`apply`] and the files below it.

mod account;
mod apply;
mod draft;
mod fill;
mod friend;
mod history;
mod mark;
mod message;
mod notify;
mod open;
mod password_file;
mod picture;
mod schema;
mod search;
mod step;
mod token_file;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

pub use apply::apply;
pub use history::{PAGE_BYTES, READ_COUNT};
pub use open::{OpenError, in_memory};

use crate::core::io::{Local, Token};
use crate::core::op::{Done, Op, StoreError};

/// How many operations wait for the store at most; [`Store::send`] waits beyond that.
pub const QUEUE: usize = 1024;

/// An operation: its token, the local name of the account that it is about, and what is to be done.
pub type Asked = (Token, Local, Op);

/// An operation's token and what came of it.
pub type Answer = (Token, Result<Done, StoreError>);

/// The store's thread is no longer there: nothing can be kept any more, the daemon has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the daemon's store has stopped; restart qqd")]
pub struct Stopped;

/// The open store. Dropping it carries out what is queued, answers it and closes the database.
pub struct Store {
    directory: PathBuf,
    queue: Option<mpsc::Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the store in `directory` (made if it is not there, mode 0700), or makes a new one.
    ///
    /// `answers` is called on the store's own thread with one or more answers, in the order of the operations, after
    /// the commit that they stand for. It must not wait for whoever calls [`Store::send`]: that one may be waiting
    /// for the store. No second daemon can open the same directory meanwhile.
    ///
    /// # Errors
    ///
    /// An [`OpenError`], whose text says what to do. What is there already is never thrown away.
    pub fn open(
        directory: &Path,
        answers: impl FnMut(Vec<Answer>) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let writer = writer::Writer::new(open::open(directory)?);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store".into())
            .stack_size(512 * 1024)
            .spawn(move || writer.run(waiting, answers))
            .map_err(|error| OpenError::Failed(error.to_string()))?;
        Ok(Self { directory: directory.to_owned(), queue: Some(queue), thread: Some(thread) })
    }

    /// Where the avatar of this name lies if it is here: one of these files.
    pub fn picture(&self, hash: &str) -> Vec<PathBuf> {
        picture::files(&self.directory, hash).into()
    }

    /// Hands in one operation; operations are carried out in the order of these calls. Waits while [`QUEUE`] of them
    /// are queued. Dropped before it is ready, it has handed in nothing.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the store's thread is gone.
    pub async fn send(&self, token: Token, whose: Local, op: Op) -> Result<(), Stopped> {
        self.queue.as_ref().ok_or(Stopped)?.send((token, whose, op)).await.map_err(|_| Stopped)
    }

    /// [`Store::send`] for callers outside a runtime: blocks the thread while the queue is full.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the store's thread is gone.
    pub fn blocking_send(&self, token: Token, whose: Local, op: Op) -> Result<(), Stopped> {
        self.queue.as_ref().ok_or(Stopped)?.blocking_send((token, whose, op)).map_err(|_| Stopped)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread panicked");
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
