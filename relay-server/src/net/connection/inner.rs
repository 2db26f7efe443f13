//! What one connection consists of, and what is done to it while nobody else can look: waking, writing, asking the kernel.

use std::io;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use super::Stage;
use crate::core::Dialect;
use crate::net::outbox::{Marks, Outbox};
use crate::net::stream::Stream;

/// The peer's kernel is asked again after this, then after twice the time, up to [`ASK_AT_MOST`].
pub(super) const ASK_FIRST: Duration = Duration::from_millis(5);
const ASK_AT_MOST: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) stage: Stage,
    pub(super) stream: Option<Stream>,
    pub(super) outbox: Outbox,
    /// The own task's.
    pub(super) waker: Option<Waker>,
    pub(super) dialect: Option<Dialect>,
    pub(super) login_since: Instant,
    pub(super) failures: u32,
    /// The peer says no more, but may want to hear what it asked for.
    pub(super) silent: bool,
    /// What other threads have been asked for its sake.
    pub(super) owed: usize,
    pub(super) paused_until: Option<Instant>,
    /// The task does not read because too much waits to be written.
    pub(super) reader_waits: bool,
    pub(super) ask_room: bool,
    pub(super) ask_acknowledged: bool,
    pub(super) ask_again: Option<(Instant, Duration)>,
    /// The kernel has all that was pushed.
    pub(super) flushed: bool,
    /// A row or an answer came too late to be sent: nothing is acknowledged any more, or it would be passed over.
    pub(super) lost: bool,
    /// Since when the peer has taken no byte of what waits.
    pub(super) stalled: Option<Instant>,
    pub(super) written_when_stalled: u64,
}

impl Inner {
    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    /// The socket itself is closed by the task, which may want to ask it a last question.
    pub(super) fn kill(&mut self) {
        self.stage = Stage::Dead;
        self.wake();
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, marks: Marks) -> Poll<io::Result<()>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(())) };
        if matches!(self.stage, Stage::Draining(_) | Stage::Dead) {
            return Poll::Ready(Ok(()));
        }
        while !self.outbox.front().is_empty() {
            match ready!(stream.poll_write(cx, self.outbox.front()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                bytes => self.outbox.written(bytes, marks),
            }
        }
        stream.poll_flush(cx)
    }

    /// Notes since when the peer has taken nothing.
    pub(super) fn watch_stall(&mut self, waits: bool) {
        if !waits {
            self.stalled = None;
            return;
        }
        let written = self.stream.as_ref().map_or(0, Stream::written);
        if self.stalled.is_some() && written == self.written_when_stalled {
            return;
        }
        if self.stalled.is_none() {
            self.wake();
        }
        self.stalled = Some(Instant::now());
        self.written_when_stalled = written;
    }

    /// Whether the peer's kernel has everything; else the time of the next look is set.
    pub(super) fn look_at_queue(&mut self) -> bool {
        if self.stream.as_ref().is_some_and(Stream::is_acknowledged) {
            self.ask_acknowledged = false;
            self.ask_again = None;
            return true;
        }
        let now = Instant::now();
        match self.ask_again {
            Some((at, _)) if now < at => return false,
            Some((_, pause)) => {
                let pause = (2 * pause).min(ASK_AT_MOST);
                self.ask_again = Some((now + pause, pause));
            }
            None => self.ask_again = Some((now + ASK_FIRST, ASK_FIRST)),
        }
        self.wake();
        false
    }
}
