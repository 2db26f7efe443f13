//! Waiting for a named condition with a deadline: the only way a test here lets time pass.

use std::time::{Duration, Instant};

/// How long a test waits for what should come at once; generous, because machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until `look` finds something; panics with `what` after [`PATIENCE`].
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look)
}

/// Like [`until`], with another patience.
pub fn until_within<T>(patience: Duration, what: &str, look: impl FnMut() -> Option<T>) -> T {
    look_until(patience, look).unwrap_or_else(|| panic!("waited {patience:?} in vain: {what}"))
}

/// Looks again and again until `look` finds something, or the patience is at its end: for those who can say more about
/// what is missing.
pub fn look_until<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if start.elapsed() >= patience {
            return None;
        }
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
