//! The end of a relay: what the store has is answered, everybody is told the connection ends, and what the kernels
//! of seed clients acknowledged meanwhile is stored. All within [`AT_MOST`].

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Shell, Told};
use crate::net::Host as _;

/// After this the program ends, whatever still waits; it loses nothing that was acknowledged.
const AT_MOST: Duration = Duration::from_millis(4_500);

/// For what had been asked before the end.
const ANSWERS: Duration = Duration::from_secs(2);

/// For peers to take what waits for them and to go.
const LEAVE: Duration = Duration::from_millis(1_500);

impl Shell {
    pub(super) async fn drain(&self, mut answers: mpsc::Receiver<Told>) {
        let end = Instant::now() + AT_MOST;
        self.stopping.set(true);
        self.net.set_reading(false);
        let answered =
            || self.asked.get() == 0 && self.checking.get() == 0 && self.backlog.borrow().is_empty();
        self.attend(&mut answers, Instant::now() + ANSWERS, answered).await;
        self.net.close_all();
        self.settle();
        self.attend(&mut answers, Instant::now() + LEAVE, || self.net.is_empty()).await;
        self.net.kill_all();
        self.attend(&mut answers, end, || self.net.is_empty() && answered()).await;
        // Their threads must not wait for this one, which waits for them.
        answers.close();
        drop(self.pool.take());
        drop(self.store.take());
    }

    /// Goes on with answers until something is so, or it is too late.
    async fn attend(&self, answers: &mut mpsc::Receiver<Told>, until: Instant, is_so: impl Fn() -> bool) {
        while !is_so() && Instant::now() < until {
            tokio::select! {
                told = answers.recv() => match told {
                    Some(told) => self.on_told(Some(told), answers),
                    None => return,
                },
                () = self.net.freed() => {}
                () = tokio::time::sleep_until(until.into()) => {}
            }
        }
    }
}
