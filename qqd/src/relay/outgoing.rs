//! What waits to be sent on one link: bytes, not stanzas, so that all that is there goes out in one write. Bounded:
//! beyond the limit the link is lost, for the core keeps little in flight.

use std::sync::{Mutex, MutexGuard, PoisonError};

use relay_schema::Stanza;
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// Room for a login at once: growing would leave copies of its password behind in memory.
const ROOM: usize = 4096;

/// The stanza does not fit any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// The bytes between the one who sends and the one who writes.
#[derive(Debug)]
pub(super) struct Outgoing {
    waiting: Mutex<Waiting>,
    changed: Notify,
    limit: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Zeroizing<Vec<u8>>,
    /// Taken and perhaps not written yet.
    taken: usize,
}

impl Outgoing {
    /// Nothing waits; at most `limit` bytes ever do.
    pub(super) fn new(limit: usize) -> Self {
        Self { waiting: Mutex::default(), changed: Notify::new(), limit }
    }

    /// Adds a stanza to what waits.
    pub(super) fn push(&self, stanza: &Stanza) -> Result<(), Full> {
        let mut waiting = self.lock();
        if waiting.bytes.capacity() == 0 {
            waiting.bytes.reserve(ROOM);
        }
        stanza.write(&mut waiting.bytes);
        if waiting.bytes.len() + waiting.taken > self.limit {
            return Err(Full);
        }
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// Everything that waits; what was taken before is written.
    pub(super) fn take(&self) -> Zeroizing<Vec<u8>> {
        let mut waiting = self.lock();
        waiting.taken = waiting.bytes.len();
        std::mem::take(&mut waiting.bytes)
    }

    /// Returns when something was added since the last time.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A stanza is never left half written, not even by a panic elsewhere.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
