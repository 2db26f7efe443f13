//! Everything about connections: listening, TLS, the cutting of bytes into stanzas, every limit and deadline of a
//! socket, and what waits to be written. What a stanza means it never asks: that is the [`Host`]'s.

mod connection;
mod door;
mod driver;
mod listen;
mod outbox;
mod queue;
mod reach;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use relay_schema::Stanza;
use tokio::sync::Notify;

use crate::config::Config;
use crate::core::op::Network;
use crate::core::{Class, Dialect, Input, Numbered, SessionId};
use connection::Connection;
use door::Door;
use outbox::Marks;

pub use listen::{Greeting, accept, bind, raise_file_limit};
pub use reach::{Reach, reach, usable};
pub use tls::{Certificates, Files, TlsError};

/// Beyond `output_max` there is room for what one page of rows may bring: it was asked for when there was room.
const PAGE: usize = 1_024 * 1_024;

/// One buffer for the thread: only a partial stanza stays with its connection.
const READ_BUFFER: usize = 64 * 1_024;

/// What connections need from above: the shell is it.
pub trait Host {
    /// Something happened to a connection; it is dealt with in place.
    fn hear(&self, input: Input);
    /// A round of reading is over: what is to be written is written.
    fn settle(&self);
}

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    stanza_before_login: usize,
    stanza_max: usize,
    login_deadline: Duration,
    stanza_deadline: Duration,
    idle_max: Duration,
    output: Marks,
    output_deadline: Duration,
    sessions_max: usize,
}

/// All connections.
pub struct Net {
    settings: Settings,
    connections: RefCell<Numbered<SessionId, Rc<Connection>>>,
    next: Cell<SessionId>,
    door: RefCell<Door>,
    /// Connections with something to write, or a question to look at.
    dirty: RefCell<Vec<Rc<Connection>>>,
    /// Sessions whose task ended in a panic.
    orphans: RefCell<Vec<SessionId>>,
    buffer: RefCell<Box<[u8]>>,
    scratch: RefCell<Vec<u8>>,
    gate: RefCell<Gate>,
    /// Told whenever a connection is gone.
    freed: Notify,
}

/// Whether anything is read at all: shut while the store has more to do than it takes, and at the end.
#[derive(Default)]
struct Gate {
    shut: bool,
    waiting: HashMap<SessionId, Waker>,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Net").field("connections", &self.connections.borrow().len()).finish_non_exhaustive()
    }
}

impl Net {
    /// No connections yet; `files_max` is how many files this process may have open.
    pub fn new(config: &Config, files_max: u64) -> Rc<Self> {
        // The store, the certificate, the log, the administrator's socket.
        const OTHER_FILES: u64 = 64;
        let by_files = usize::try_from(files_max.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(1);
        let sessions_max =
            if config.sessions_max == 0 { by_files } else { config.sessions_max.min(by_files) };
        // Who has an account must find a place, however many come without one.
        let unauthenticated_max = config.unauthenticated_max.min((sessions_max / 2).max(1));
        let output = Marks { short: config.output_max / 16, most: config.output_max + PAGE };
        Rc::new(Self {
            settings: Settings {
                stanza_before_login: config.stanza_before_login,
                stanza_max: config.stanza_max,
                login_deadline: config.login_deadline,
                stanza_deadline: config.stanza_deadline,
                idle_max: config.idle_max,
                output,
                output_deadline: config.output_deadline,
                sessions_max,
            },
            connections: RefCell::default(),
            next: Cell::new(1),
            door: RefCell::new(Door::new(config.unauthenticated_per_address, unauthenticated_max)),
            dirty: RefCell::default(),
            orphans: RefCell::default(),
            buffer: RefCell::new(vec![0; READ_BUFFER].into_boxed_slice()),
            scratch: RefCell::default(),
            gate: RefCell::default(),
            freed: Notify::new(),
        })
    }

    /// How many connections there are, in whatever state.
    pub fn len(&self) -> usize {
        self.connections.borrow().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.connections.borrow().is_empty()
    }

    /// Returns once a connection has gone.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Puts a stanza behind what waits for this connection; [`Net::flush`] writes it.
    pub fn send(&self, session: SessionId, class: Class, stanza: &Stanza) {
        let Some(connection) = self.find(session) else { return };
        connection.push(class, stanza, self.settings.output, &mut self.scratch.borrow_mut());
        self.touch(&connection);
    }

    /// The login succeeded.
    pub fn logged_in(&self, session: SessionId, dialect: Dialect) {
        let Some(connection) = self.find(session) else { return };
        connection.logged_in(dialect);
        self.door.borrow_mut().leave(connection.network(), session);
    }

    /// The login failed: there is as much time for another as there was for this one, but not for ever: after some
    /// failures the connection ends.
    pub fn login_failed(&self, session: SessionId) {
        let Some(connection) = self.find(session) else { return };
        connection.login_failed(Instant::now());
        self.touch(&connection);
    }

    /// Something that this session waits for was asked of another thread. A peer that says no more is kept until
    /// all of it was [answered](Net::answered).
    pub fn asked(&self, session: SessionId) {
        self.with(session, Connection::asked);
    }

    /// The answer came, and was heard.
    pub fn answered(&self, session: SessionId) {
        self.with(session, Connection::answered);
    }

    /// Nothing is read from this connection for so long.
    pub fn pause(&self, session: SessionId, time: Duration) {
        self.with(session, |connection| connection.pause(Instant::now() + time));
    }

    /// The connection ends once what waits is written.
    pub fn close(&self, session: SessionId) {
        let Some(connection) = self.find(session) else { return };
        connection.close();
        self.touch(&connection);
    }

    /// [`Input::Room`] is wanted.
    pub fn ask_room(&self, session: SessionId) {
        let Some(connection) = self.find(session) else { return };
        connection.ask_room();
        self.touch(&connection);
    }

    /// [`Input::Acknowledged`] is wanted.
    pub fn ask_acknowledged(&self, session: SessionId) {
        let Some(connection) = self.find(session) else { return };
        connection.ask_acknowledged();
        self.touch(&connection);
    }

    /// Writes what the sockets take. What is to be told of it is added to `heard`.
    pub fn flush(&self, heard: &mut Vec<Input>) {
        let dirty = std::mem::take(&mut *self.dirty.borrow_mut());
        for connection in dirty {
            connection.flush(self.settings.output, heard);
        }
        let orphans = std::mem::take(&mut *self.orphans.borrow_mut());
        heard.extend(orphans.into_iter().map(|session| Input::Closed { session }));
    }

    /// Stops or resumes reading, from everybody.
    pub fn set_reading(&self, reading: bool) {
        let mut gate = self.gate.borrow_mut();
        gate.shut = !reading;
        if reading {
            gate.waiting.drain().for_each(|(_, waker)| waker.wake());
        }
    }

    /// Ends every connection once what waits for it is written.
    pub fn close_all(&self) {
        let all: Vec<_> = self.connections.borrow().values().cloned().collect();
        for connection in all {
            connection.close();
            self.touch(&connection);
        }
    }

    /// Ends every connection now.
    pub fn kill_all(&self) {
        let all: Vec<_> = self.connections.borrow().values().cloned().collect();
        all.iter().for_each(|connection| connection.kill());
    }

    /// Takes a connection in; the one that has no more place at the door is ended.
    fn admit(&self, address: IpAddr, connect: impl FnOnce(SessionId) -> Connection) -> Rc<Connection> {
        let session = self.next.replace(self.next.get() + 1);
        let connection = Rc::new(connect(session));
        self.connections.borrow_mut().insert(session, Rc::clone(&connection));
        let one_too_many = self.door.borrow_mut().enter(Network::from(address), session);
        if let Some(other) = one_too_many {
            tracing::debug!(session = other, "closed: too many connections without a login");
            self.with(other, Connection::kill);
        }
        connection
    }

    fn forget(&self, connection: &Connection) {
        self.gate.borrow_mut().waiting.remove(&connection.session());
        if self.connections.borrow_mut().remove(&connection.session()).is_some() {
            self.door.borrow_mut().leave(connection.network(), connection.session());
            self.freed.notify_waiters();
        }
    }

    fn is_full(&self) -> bool {
        self.len() >= self.settings.sessions_max
    }

    /// Whether nobody can be taken in: all who are inside have logged in, and stay.
    fn is_shut(&self) -> bool {
        self.is_full() && self.door.borrow().is_empty()
    }

    /// Returns once there is a place for one more. While there is none, those who have not logged in have to go.
    async fn room(&self) {
        while self.is_full() {
            let other = self.door.borrow_mut().make_room();
            if let Some(other) = other {
                tracing::debug!(session = other, "closed: without a login, and others want to come in");
                self.with(other, Connection::kill);
            }
            self.freed().await;
        }
    }

    /// Whether the gate is open; if it is not, the session's `waker` is woken when it opens.
    fn may_read(&self, session: SessionId, waker: &Waker) -> bool {
        let mut gate = self.gate.borrow_mut();
        if gate.shut {
            gate.waiting.insert(session, waker.clone());
        }
        !gate.shut
    }

    fn touch(&self, connection: &Rc<Connection>) {
        if !connection.dirty.replace(true) {
            self.dirty.borrow_mut().push(Rc::clone(connection));
        }
    }

    fn find(&self, session: SessionId) -> Option<Rc<Connection>> {
        self.connections.borrow().get(&session).cloned()
    }

    fn with(&self, session: SessionId, act: impl FnOnce(&Connection)) {
        if let Some(connection) = self.find(session) {
            act(&connection);
        }
    }
}
