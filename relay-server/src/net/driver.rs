//! The task of one connection: the handshake, the rounds of reading, its deadlines, the end. It holds a partial
//! stanza and nothing else; one timer, armed for the earliest deadline and moved only when it fires or must be earlier.
//! The deadlines stand in `deadline`.

mod deadline;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use relay_schema::Framer;
use tokio::time::Sleep;
use tokio_rustls::Accept;

use super::connection::{Connection, Stage};
use super::stream::{Socket, Stream};
use super::{Host, Net};
use crate::core::Input;
use deadline::Clock;

/// Rounds of reading before others have their turn.
const ROUNDS: usize = 4;

/// Deadlines met before others have their turn.
const TURNS: usize = 16;

/// How long the peer has to read our last words before the connection goes.
const DRAIN: Duration = Duration::from_secs(1);

/// What the peer does first.
pub(super) enum Greeting {
    /// Stanzas.
    Plain(Socket),
    /// A TLS handshake.
    Tls(Box<Accept<Socket>>),
    /// It has done so.
    Done,
}

/// See the module; it is done when the connection is gone.
pub(super) struct Driver {
    connection: Rc<Connection>,
    net: Rc<Net>,
    host: Rc<dyn Host>,
    greeting: Greeting,
    framer: Framer,
    /// Read, but not looked at: the session is paused.
    held: Vec<u8>,
    clock: Clock,
    alarm: Option<(Instant, Pin<Box<Sleep>>)>,
    opened: bool,
    ended: bool,
}

/// Whether the task goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Wait,
    End,
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.connection.keep_waker(cx.waker());
        let mut next = this.work(cx);
        let mut turns = 0;
        while next == Next::Wait {
            let Some((at, due)) = this.earliest() else {
                this.alarm = None;
                return Poll::Pending;
            };
            if at <= Instant::now() {
                if turns == TURNS {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                turns += 1;
                next = this.on_time(due, cx);
            } else if this.poll_alarm(at, cx).is_pending() {
                return Poll::Pending;
            }
        }
        this.end();
        Poll::Ready(())
    }
}

impl Driver {
    pub(super) fn new(
        connection: Rc<Connection>,
        net: Rc<Net>,
        host: Rc<dyn Host>,
        greeting: Greeting,
    ) -> Self {
        let framer = Framer::new(net.settings.stanza_before_login);
        let clock =
            Clock { last_byte: Instant::now(), stanza: None, blocked: None, quiet_said: false, silent: None };
        Self {
            connection,
            net,
            host,
            greeting,
            framer,
            held: Vec::new(),
            clock,
            alarm: None,
            opened: false,
            ended: false,
        }
    }

    /// Does what can be done now.
    fn work(&mut self, cx: &mut Context<'_>) -> Next {
        if self.connection.stage() == Stage::Handshake && self.greet(cx).is_pending() {
            return Next::Wait;
        }
        if self.connection.has_output() {
            self.net.touch(&self.connection);
            self.host.settle();
        }
        if self.connection.stage() == Stage::Open && self.connection.is_silent() {
            self.linger();
        } else if self.connection.stage() == Stage::Open && self.read(cx) == Next::End {
            return Next::End;
        }
        match self.connection.stage() {
            Stage::Handshake | Stage::Open => Next::Wait,
            Stage::Closing | Stage::Draining(_) => self.take_leave(cx),
            Stage::Dead => Next::End,
        }
    }

    /// The handshake, if there is one; then the core hears of the connection.
    fn greet(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let stream = match std::mem::replace(&mut self.greeting, Greeting::Done) {
            Greeting::Done => return Poll::Pending,
            Greeting::Plain(socket) => Stream::Plain(socket),
            Greeting::Tls(mut accept) => match Pin::new(&mut *accept).poll(cx) {
                Poll::Pending => {
                    self.greeting = Greeting::Tls(accept);
                    return Poll::Pending;
                }
                Poll::Ready(Ok(tls)) => Stream::Tls(Box::new(tls)),
                Poll::Ready(Err(error)) => {
                    tracing::debug!(session = self.connection.session(), error = ?error.to_string(), "no TLS");
                    self.connection.kill();
                    return Poll::Ready(());
                }
            },
        };
        self.connection.open(stream);
        self.clock.last_byte = Instant::now();
        self.opened = true;
        let (session, address) = (self.connection.session(), self.connection.address());
        self.host.hear(Input::Opened { session, address });
        Poll::Ready(())
    }

    /// Some rounds of reading: bytes, stanzas, and what they cause is written.
    fn read(&mut self, cx: &mut Context<'_>) -> Next {
        for _ in 0..ROUNDS {
            if self.connection.stage() != Stage::Open || !self.may_read(cx) {
                return Next::Wait;
            }
            if !self.held.is_empty() {
                let held = std::mem::take(&mut self.held);
                self.take(&held);
                self.host.settle();
                continue;
            }
            let net = Rc::clone(&self.net);
            let mut buffer = net.buffer.borrow_mut();
            match self.connection.poll_read(cx, &mut buffer) {
                Poll::Pending => return Next::Wait,
                Poll::Ready(Err(_)) => return Next::End,
                Poll::Ready(Ok(0)) => {
                    drop(buffer);
                    self.on_silence();
                    return Next::Wait;
                }
                Poll::Ready(Ok(bytes)) => self.take(&buffer[..bytes]),
            }
            drop(buffer);
            self.host.settle();
        }
        cx.waker().wake_by_ref();
        Next::Wait
    }

    /// The peer says no more. What its kernel has acknowledged by now counts, and nothing that comes later.
    fn on_silence(&mut self) {
        self.net.touch(&self.connection);
        self.host.settle();
        self.connection.fell_silent();
        self.clock.silent = Some(Instant::now());
        self.clock.stanza = None;
        self.linger();
        self.host.settle();
    }

    /// Whoever says no more goes when all is said to it that it asked for.
    fn linger(&self) {
        if !self.connection.is_owed() {
            self.connection.close();
        }
    }

    /// Whether this connection is read from now. While it is not, the peer's deadlines stand still.
    fn may_read(&mut self, cx: &Context<'_>) -> bool {
        let may = self.connection.paused_until().is_none()
            && self.connection.may_read(self.net.settings.output)
            && self.net.may_read(self.connection.session(), cx.waker());
        let now = Instant::now();
        if !may {
            self.clock.blocked.get_or_insert(now);
        } else if let Some(since) = self.clock.blocked.take() {
            self.clock.last_byte = now;
            self.clock.stanza = self.clock.stanza.map(|begun| begun + (now - since));
        }
        may
    }

    /// Cuts bytes into stanzas, and has each heard.
    fn take(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.clock.last_byte = now;
        self.clock.quiet_said = false;
        let was_partial = self.framer.is_partial();
        let mut rest = bytes;
        let mut stanzas = 0_usize;
        while self.listens() {
            if self.connection.dialect().is_some() {
                self.framer.set_limit(self.net.settings.stanza_max);
            }
            if !self.take_one(&mut rest) {
                break;
            }
            stanzas += 1;
        }
        if self.listens() || self.connection.stage() != Stage::Open {
            rest = &[];
        }
        self.held = rest.to_vec();
        match self.framer.is_partial() {
            true if was_partial && stanzas == 0 => {}
            true => self.clock.stanza = Some(now),
            false => self.clock.stanza = None,
        }
    }

    /// The next stanza of `rest`; false when there is none.
    fn take_one(&mut self, rest: &mut &[u8]) -> bool {
        let session = self.connection.session();
        let refusal = match self.framer.next(rest) {
            Ok(None) => return false,
            Ok(Some(frame)) => match frame.parse() {
                Ok(stanza) => {
                    self.host.hear(Input::Stanza { session, stanza });
                    return true;
                }
                Err(refusal) => refusal,
            },
            Err(fault) => fault.into(),
        };
        let closes = refusal.fault.closes();
        self.host.hear(Input::Refused { session, refusal });
        if closes {
            self.connection.close();
        }
        true
    }

    fn listens(&self) -> bool {
        self.connection.stage() == Stage::Open
            && self.connection.paused_until().is_none()
            && !self.connection.is_spent()
    }

    /// The write side is shut once all is written; what the peer still says is thrown away.
    fn take_leave(&mut self, cx: &mut Context<'_>) -> Next {
        if self.connection.stage() == Stage::Closing {
            if self.connection.has_output() {
                return Next::Wait;
            }
            match self.connection.poll_shutdown(cx, Instant::now() + DRAIN) {
                Poll::Pending => return Next::Wait,
                Poll::Ready(Err(_)) => return Next::End,
                Poll::Ready(Ok(())) => {}
            }
        }
        for _ in 0..ROUNDS {
            match self.connection.poll_read(cx, &mut self.net.buffer.borrow_mut()) {
                Poll::Pending => return Next::Wait,
                Poll::Ready(Ok(0) | Err(_)) => return Next::End,
                Poll::Ready(Ok(_)) => {}
            }
        }
        cx.waker().wake_by_ref();
        Next::Wait
    }

    fn end(&mut self) {
        self.ended = true;
        let session = self.connection.session();
        if self.opened && self.connection.is_acknowledged_at_last() {
            self.host.hear(Input::Acknowledged { session });
        }
        self.connection.bury();
        self.net.forget(&self.connection);
        if self.opened {
            self.host.hear(Input::Closed { session });
            self.host.settle();
        }
    }
}

impl Drop for Driver {
    /// Only a panic, or the end of everything, comes here before the end was told.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.connection.bury();
        self.net.forget(&self.connection);
        if self.opened {
            self.net.orphans.borrow_mut().push(self.connection.session());
        }
    }
}
