//! One connection as everybody else sees it: where stanzas for it are put, and written from whatever task puts them.
//! Its own task is in [`super::driver`]; it is woken only when there is something that it alone can do.

mod inner;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use relay_schema::Stanza;

use super::outbox::{Marks, Outbox, Pushed};
use super::stream::Stream;
use crate::core::op::Network;
use crate::core::{Class, Dialect, Input, SessionId};
use inner::Inner;

/// So many logins may fail: each failure starts the time for the next one anew.
const FAILURES: u32 = 20;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// TLS is being agreed upon; nobody above knows of it.
    Handshake,
    /// Stanzas come and go.
    Open,
    /// What waits is written, then the write side is shut.
    Closing,
    /// The peer's last words are thrown away until then, so that it can read ours.
    Draining(Instant),
    /// It is over.
    Dead,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Connection {
    session: SessionId,
    address: IpAddr,
    pub(super) dirty: Cell<bool>,
    inner: RefCell<Inner>,
}

impl Connection {
    /// A connection that was just accepted.
    pub(super) fn new(session: SessionId, address: IpAddr, now: Instant) -> Self {
        let inner = Inner {
            stage: Stage::Handshake,
            stream: None,
            outbox: Outbox::default(),
            waker: None,
            dialect: None,
            login_since: now,
            failures: 0,
            silent: false,
            owed: 0,
            paused_until: None,
            reader_waits: false,
            ask_room: false,
            ask_acknowledged: false,
            ask_again: None,
            flushed: true,
            lost: false,
            stalled: None,
            written_when_stalled: 0,
        };
        Self { session, address, dirty: Cell::new(false), inner: RefCell::new(inner) }
    }

    pub(super) fn session(&self) -> SessionId {
        self.session
    }

    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    pub(super) fn network(&self) -> Network {
        Network::from(self.address)
    }

    // What the others do with it.

    pub(super) fn push(&self, class: Class, stanza: &Stanza, marks: Marks, scratch: &mut Vec<u8>) {
        let mut inner = self.inner.borrow_mut();
        if inner.stage != Stage::Open {
            inner.lost |= class == Class::Kept;
            return;
        }
        // It may have gone altogether: its kernel's word for what comes now means nothing.
        inner.lost |= inner.silent && class == Class::Kept;
        match inner.outbox.push(class, stanza, marks, scratch) {
            Pushed::Taken => inner.flushed = false,
            Pushed::Dropped => {}
            Pushed::Over => {
                tracing::debug!(session = self.session, "closed: too much waits to be written");
                inner.lost = true;
                inner.kill();
            }
        }
    }

    pub(super) fn logged_in(&self, dialect: Dialect) {
        let mut inner = self.inner.borrow_mut();
        inner.dialect = Some(dialect);
        inner.wake();
    }

    pub(super) fn login_failed(&self, now: Instant) {
        let mut inner = self.inner.borrow_mut();
        inner.login_since = now;
        inner.failures += 1;
    }

    pub(super) fn asked(&self) {
        self.inner.borrow_mut().owed += 1;
    }

    pub(super) fn answered(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.owed = inner.owed.saturating_sub(1);
        if inner.silent && inner.owed == 0 {
            inner.wake();
        }
    }

    pub(super) fn pause(&self, until: Instant) {
        let mut inner = self.inner.borrow_mut();
        inner.paused_until = Some(until);
        inner.wake();
    }

    pub(super) fn close(&self) {
        let mut inner = self.inner.borrow_mut();
        match inner.stage {
            Stage::Handshake => inner.kill(),
            Stage::Open => {
                inner.stage = Stage::Closing;
                inner.wake();
            }
            Stage::Closing | Stage::Draining(_) | Stage::Dead => {}
        }
    }

    pub(super) fn kill(&self) {
        self.inner.borrow_mut().kill();
    }

    pub(super) fn ask_room(&self) {
        self.inner.borrow_mut().ask_room = true;
    }

    pub(super) fn ask_acknowledged(&self) {
        self.inner.borrow_mut().ask_acknowledged = true;
    }

    /// Writes what the socket takes, and looks at what was asked.
    pub(super) fn flush(&self, marks: Marks, heard: &mut Vec<Input>) {
        self.dirty.set(false);
        if self.is_spent() {
            self.close();
        }
        let session = self.session;
        let mut inner = self.inner.borrow_mut();
        let Some(waker) = inner.waker.clone() else { return };
        let written = inner.poll_write(&mut Context::from_waker(&waker), marks);
        if let Poll::Ready(Err(error)) = &written {
            tracing::debug!(session, %error, "closed: it cannot be written to");
            inner.kill();
        }
        if inner.stage == Stage::Dead {
            return;
        }
        inner.flushed |= written.is_ready();
        inner.watch_stall(written.is_pending());
        let short = inner.outbox.unsent() < marks.short;
        if short && std::mem::take(&mut inner.reader_waits) {
            inner.wake();
        }
        if short && std::mem::take(&mut inner.ask_room) {
            heard.push(Input::Room { session });
        }
        if inner.ask_acknowledged && inner.flushed && !inner.lost && inner.look_at_queue() {
            heard.push(Input::Acknowledged { session });
        }
    }

    // What its own task does with it.

    pub(super) fn keep_waker(&self, waker: &Waker) {
        let mut inner = self.inner.borrow_mut();
        if !inner.waker.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            inner.waker = Some(waker.clone());
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.inner.borrow().stage
    }

    pub(super) fn open(&self, stream: Stream) {
        let mut inner = self.inner.borrow_mut();
        if inner.stage == Stage::Handshake {
            inner.stream = Some(stream);
            inner.stage = Stage::Open;
        }
    }

    pub(super) fn poll_read(&self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match &mut self.inner.borrow_mut().stream {
            Some(stream) => stream.poll_read(cx, into),
            None => Poll::Ready(Ok(0)),
        }
    }

    /// Shuts the write side; the time of draining begins when that is done.
    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>, drain_until: Instant) -> Poll<io::Result<()>> {
        let mut inner = self.inner.borrow_mut();
        if let Some(stream) = &mut inner.stream {
            ready!(stream.poll_shutdown(cx))?;
        }
        inner.stage = Stage::Draining(drain_until);
        Poll::Ready(Ok(()))
    }

    /// Whether something waits to be written.
    pub(super) fn has_output(&self) -> bool {
        let inner = self.inner.borrow();
        inner.outbox.unsent() > 0 || inner.stalled.is_some()
    }

    /// Whether the output is short enough to read what may bring more; else the task is woken when it is.
    pub(super) fn may_read(&self, marks: Marks) -> bool {
        let mut inner = self.inner.borrow_mut();
        inner.reader_waits = inner.outbox.unsent() >= marks.short;
        !inner.reader_waits
    }

    /// The bytes that it holds for the peer.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.inner.borrow().outbox.held()
    }

    #[cfg(test)]
    pub(super) fn is_acknowledged(&self) -> bool {
        self.inner.borrow().stream.as_ref().is_some_and(Stream::is_acknowledged)
    }

    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        self.stage() == Stage::Open
    }

    pub(super) fn dialect(&self) -> Option<Dialect> {
        self.inner.borrow().dialect
    }

    pub(super) fn login_since(&self) -> Instant {
        self.inner.borrow().login_since
    }

    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.inner.borrow().paused_until
    }

    /// Too many logins have failed; it ends with the answer to the last one.
    pub(super) fn is_spent(&self) -> bool {
        let inner = self.inner.borrow();
        inner.dialect.is_none() && inner.failures >= FAILURES
    }

    /// The peer has said its last word.
    pub(super) fn fell_silent(&self) {
        self.inner.borrow_mut().silent = true;
    }

    pub(super) fn is_silent(&self) -> bool {
        self.inner.borrow().silent
    }

    /// Whether an answer is on its way to it.
    pub(super) fn is_owed(&self) -> bool {
        self.inner.borrow().owed > 0
    }

    pub(super) fn resume(&self) {
        self.inner.borrow_mut().paused_until = None;
    }

    pub(super) fn stalled(&self) -> Option<Instant> {
        self.inner.borrow().stalled
    }

    /// When the peer's kernel is asked again; never while something waits to be written, for then the answer is
    /// known, nor when it does not matter any more.
    pub(super) fn ask_again(&self) -> Option<Instant> {
        let inner = self.inner.borrow();
        inner.ask_again.filter(|_| inner.flushed && !inner.lost).map(|(at, _)| at)
    }

    /// At the end: whether [`Input::Acknowledged`] was asked for and can still be said.
    pub(super) fn is_acknowledged_at_last(&self) -> bool {
        let mut inner = self.inner.borrow_mut();
        inner.flushed
            && !inner.lost
            && std::mem::take(&mut inner.ask_acknowledged)
            && inner.stream.as_ref().is_some_and(Stream::is_acknowledged)
    }

    /// Lets go of the socket and all memory.
    pub(super) fn bury(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.stage = Stage::Dead;
        inner.stream = None;
        inner.outbox.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::inner::ASK_FIRST;
    use super::*;

    #[test]
    fn the_peers_kernel_is_not_asked_again_when_its_answer_does_not_matter() {
        let now = Instant::now();
        let connection = Connection::new(1, [127, 0, 0, 1].into(), now);
        connection.inner.borrow_mut().ask_again = Some((now, ASK_FIRST));
        assert_eq!(connection.ask_again(), Some(now));
        connection.inner.borrow_mut().lost = true;
        assert_eq!(connection.ask_again(), None);
    }
}
