//! Waiting for a named condition with a deadline: the only way a test here lets time pass.

use std::time::{Duration, Instant};

/// How long a test waits for what should come at once; generous, because machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until `look` finds something; panics with `what` after [`PATIENCE`].
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look)
}

/// Like [`until`], with another patience.
pub fn until_within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < patience, "waited {patience:?} in vain: {what}");
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
