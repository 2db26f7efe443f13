//! The end of a relay: what the store has is answered, everybody is told the connection ends, and what the kernels
//! of seed clients acknowledged meanwhile is stored. All within [`AT_MOST`], and [`LET_GO`] for the threads.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::{Shell, Told};
use crate::net::Host as _;

/// After this the program ends, whatever still waits; it loses nothing that was acknowledged.
const AT_MOST: Duration = Duration::from_millis(4_200);

/// For the threads to end, where they have not by then. What still waits for the disk ends with the process: it was
/// never answered.
const LET_GO: Duration = Duration::from_millis(400);

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
        let ended = self.let_go();
        if tokio::time::timeout_at((end + LET_GO).into(), ended).await.is_err() {
            tracing::warn!(
                "the database does not answer: what waited for it was never acknowledged, and is given up"
            );
        }
    }

    /// Ends the other threads. Their end is waited for in a thread of its own, which nobody has to wait for.
    fn let_go(&self) -> oneshot::Receiver<()> {
        let (pool, store) = (self.pool.take(), self.store.take());
        let (tell, ended) = oneshot::channel();
        let wait = std::thread::Builder::new().name("the-end".to_owned()).spawn(move || {
            drop(pool);
            drop(store);
            // Nobody may wait any more.
            let _ = tell.send(());
        });
        if let Err(error) = wait {
            tracing::error!(%error, "the threads were not waited for");
        }
        ended
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
