//! The store without threads: each op at once, on one connection. For the command line while no server runs, and
//! for tests on a database in memory.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use super::apply::{Db, Wiped};
use super::open::{self, OpenError};
use crate::core::op::{Done, Op, StoreError};

/// A store that answers at once.
pub struct Direct(pub(super) Db);

impl Direct {
    /// Opens, or makes, the store in `dir`; the caller holds the directory's lock.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        open::open(dir).map(Self)
    }

    /// An empty store that is gone with this value.
    pub fn in_memory() -> Result<Self, OpenError> {
        open::in_memory().map(Self)
    }

    /// Carries out one op, as the threaded store would, and all that it leaves behind to be done.
    pub fn apply(&mut self, op: Op) -> Result<Done, StoreError> {
        let done = self.0.alone(&op);
        // What cannot go now goes when the store is used later.
        while self.0.wipe(Instant::now()) == Wiped::Some {}
        done
    }

    /// 128 random bits in hex, made with the store.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").field("epoch", &self.0.epoch).finish_non_exhaustive()
    }
}
