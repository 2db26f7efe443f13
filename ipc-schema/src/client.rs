//! The blocking client (feature `client`): one connection, one call at a time, no runtime. It never
//! starts a daemon and never connects again by itself.

mod halves;
mod start;
mod waiting;

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

pub use self::halves::{Heard, Reader, Writer, call_line, reply};
pub use self::start::{answers, start};
use self::waiting::Waiting;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::daemon::{Hello, Subscribe, Subscribed, Welcome};
use crate::line::{self, FromDaemon, Id, MAX_LINE_FROM_DAEMON, ReplyLine};
use crate::request::{Addressed, takes_account};
use crate::{Code, Envelope, Error, Method};

/// How long one write may block before what has arrived is read: the daemon does not read while we do not.
const WRITE_SLICE: Duration = Duration::from_millis(20);
/// The shortest wait of the system for a byte.
const READ_SLICE: Duration = Duration::from_millis(1);

/// A connection to the daemon, after `hello`.
pub struct Client {
    stream: UnixStream,
    /// Bytes read and not yet taken as lines; the first `scanned` of them hold no line end.
    input: Vec<u8>,
    scanned: usize,
    events: Waiting,
    last_id: u64,
    timeout: Option<Duration>,
    welcome: Welcome,
    broken: Option<Error>,
    /// Whom all calls are for that do not say it themselves.
    account: Option<String>,
}

impl Client {
    /// Connects to the daemon's socket and greets it. `name` is the program's name and version, `qqctl/0.1.0`;
    /// `timeout` is the deadline of connecting and greeting, and then of each call (none: waits for ever).
    ///
    /// # Errors
    /// [`Code::NoDaemon`], [`Code::Timeout`], [`Code::Denied`] (the socket is somebody else's), [`Code::Version`].
    pub fn connect(path: &Path, name: &str, timeout: Option<Duration>) -> Result<Self, Error> {
        let started = Instant::now();
        let stream = open(path, timeout).map_err(|error| no_connection(path, &error))?;
        own(&stream, path)?;
        let left = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
        let mut client = Self {
            stream,
            input: Vec::new(),
            scanned: 0,
            events: Waiting::default(),
            last_id: 0,
            timeout: left,
            welcome: Welcome::new("", Vec::new()),
            broken: None,
            account: None,
        };
        client.welcome = client.call(&Hello::new(name))?;
        client.welcome.check()?;
        client.timeout = timeout;
        Ok(client)
    }

    /// What the daemon said of itself.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Sets the deadline of each call from now on; none waits for ever.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// Sets which account all later calls are for (those that take it, see [`crate::MethodRow::takes_account`]): its local
    /// name, or its own word while only one is called so. None: the only one that is logged in.
    pub fn set_account(&mut self, account: Option<String>) {
        self.account = account;
    }

    /// Calls a method and waits for its reply. Events that arrive in the meantime are kept.
    ///
    /// # Errors
    /// The daemon's own; [`Code::Timeout`] (a late reply is then dropped, the connection stays good);
    /// [`Code::NoDaemon`] when the connection ends; [`Code::Unexpected`] when the reply is not the method's.
    pub fn call<M: Method>(&mut self, params: &M) -> Result<M::Reply, Error> {
        let reply = self.exchange(M::NAME, params)?;
        read_reply(M::NAME, &reply)
    }

    /// [`Client::call`] for this account, whatever [`Client::set_account`] said.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call_as<M: Method>(&mut self, account: &str, params: &M) -> Result<M::Reply, Error> {
        let before = self.account.replace(account.to_owned());
        let reply = self.call(params);
        self.account = before;
        reply
    }

    /// Calls any method with any params, a [`Value`] or a [`crate::Request`], and gives the reply as it came.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call_raw(&mut self, method: &str, params: impl Serialize) -> Result<Value, Error> {
        let reply = self.exchange(method, &params)?;
        read_reply(method, &reply)
    }

    /// Follows what happens: from now on [`Client::next_event`] gives the state, then the changes.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn subscribe(&mut self, since: Option<u64>) -> Result<Subscribed, Error> {
        self.call(&Subscribe { since })
    }

    /// The next event, waiting until the deadline (none: for ever).
    ///
    /// # Errors
    /// [`Code::Timeout`] when the deadline passed; [`Code::NoDaemon`] when the connection ended.
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Result<Envelope, Error> {
        line::read_envelope(&self.next_event_raw(deadline)?)
    }

    /// The next event's envelope exactly as the daemon wrote it, for `watch --json`.
    ///
    /// # Errors
    /// As [`Client::next_event`].
    pub fn next_event_raw(&mut self, deadline: Option<Instant>) -> Result<Box<RawValue>, Error> {
        loop {
            if let Some(envelope) = self.events.pop() {
                return Ok(envelope);
            }
            match self.next_line()? {
                Some(line) => drop(self.sort(&line)?),
                None if self.fill(deadline)? => {}
                None => return Err(Error::new(Code::Timeout, "the event did not come in time")),
            }
        }
    }

    /// All events from now on, without a deadline; ends after the first error.
    pub fn events(&mut self) -> Events<'_> {
        Events { client: self, ended: false }
    }

    fn exchange(&mut self, method: &str, params: &impl Serialize) -> Result<Box<RawValue>, Error> {
        let deadline = self.timeout.map(|timeout| Instant::now() + timeout);
        self.last_id += 1;
        let request = match self.account.as_deref().filter(|_| takes_account(method)) {
            Some(account) => line::encode_request(self.last_id, method, &Addressed { account, params })?,
            None => line::encode_request(self.last_id, method, params)?,
        };
        if !self.write(&request, deadline)? {
            return Err(self.late());
        }
        drop(request);
        loop {
            match self.next_line()? {
                Some(line) => {
                    if let Some(reply) = self.sort(&line)? {
                        return reply.result;
                    }
                }
                None if self.fill(deadline)? => {}
                None => return Err(self.late()),
            }
        }
    }

    fn late(&self) -> Error {
        let tenths = self.timeout.unwrap_or_default().as_secs_f32() * 10.0;
        let limit = tenths.round() / 10.0;
        Error::new(Code::Timeout, format!("there was no answer within {limit} s"))
            .with_hint("allow more time with --timeout")
    }

    /// Writes a whole line; false when the deadline passed (then the connection is of no use any more, unless nothing went out).
    fn write(&mut self, mut line: &[u8], deadline: Option<Instant>) -> Result<bool, Error> {
        self.usable()?;
        let whole = line.len();
        self.stream.set_write_timeout(Some(WRITE_SLICE)).map_err(|error| lost(&error))?;
        while !line.is_empty() {
            match self.stream.write(line) {
                Ok(n) => line = &line[n..],
                Err(error) if is_timeout(&error) => {
                    if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                        if line.len() < whole {
                            self.broken = Some(no_daemon("the connection to qqd is stuck; connect again"));
                        }
                        return Ok(false);
                    }
                    self.drain()?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The daemon may have said why before it closed: what can be read comes first.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(true),
                Err(error) => return Err(self.end(lost(&error))),
            }
        }
        Ok(true)
    }

    /// Takes in what has arrived, so that a daemon that waits for its reader reads again.
    fn drain(&mut self) -> Result<(), Error> {
        self.fill(Some(Instant::now()))?;
        while let Some(line) = self.next_line()? {
            self.sort(&line)?;
        }
        Ok(())
    }

    /// Reads once; false when the deadline passed without a byte.
    fn fill(&mut self, deadline: Option<Instant>) -> Result<bool, Error> {
        self.usable()?;
        let start = self.input.len();
        if start > MAX_LINE_FROM_DAEMON {
            return Err(self.end(Error::new(Code::Unexpected, "qqd sent a line of more than 16 MiB")));
        }
        let mut chunk = [0; 16 << 10];
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let wait = left.map(|left| left.max(READ_SLICE));
            self.stream.set_read_timeout(wait).map_err(|error| lost(&error))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(self.end(no_daemon("qqd has closed the connection"))),
                Ok(n) => {
                    self.input.extend_from_slice(&chunk[..n]);
                    return Ok(true);
                }
                Err(error) if is_timeout(&error) && left.is_some_and(|left| left <= READ_SLICE) => {
                    return Ok(false);
                }
                Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.end(lost(&error))),
            }
        }
    }

    /// The next whole line of what has been read.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(end) = self.input[self.scanned..].iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.input.len();
            return Ok(None);
        };
        let rest = self.input.split_off(self.scanned + end + 1);
        self.scanned = 0;
        Ok(Some(std::mem::replace(&mut self.input, rest)))
    }

    /// Puts an event aside; gives the reply to the last call, and drops late ones to earlier calls.
    fn sort(&mut self, line: &[u8]) -> Result<Option<ReplyLine>, Error> {
        match FromDaemon::decode(line) {
            Ok(FromDaemon::Event(envelope)) => self.events.push(envelope),
            Ok(FromDaemon::Reply(reply)) if reply.id == Id::from(self.last_id) || reply.id == Id::Null => {
                return Ok(Some(reply));
            }
            Ok(FromDaemon::Reply(_) | FromDaemon::Other) => {}
            Err(error) => return Err(self.end(error)),
        }
        Ok(None)
    }

    fn usable(&self) -> Result<(), Error> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// Remembers why the connection is of no use any more.
    fn end(&mut self, error: Error) -> Error {
        self.broken = Some(error.clone());
        error
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("welcome", &self.welcome)
            .field("events", &self.events.len())
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

/// The events of a [`Client`], one after the other.
#[derive(Debug)]
pub struct Events<'a> {
    client: &'a mut Client,
    ended: bool,
}

impl Iterator for Events<'_> {
    type Item = Result<Envelope, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.client.next_event(None);
        self.ended = event.is_err();
        Some(event)
    }
}

fn open(path: &Path, timeout: Option<Duration>) -> std::io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Bounds connect(2) too, which waits while the daemon's queue of callers is full.
    socket.set_write_timeout(timeout.map(|timeout| timeout.max(READ_SLICE)))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(OwnedFd::from(socket).into())
}

/// Only a daemon of one's own user hears anything: the first words may be a password.
fn own(stream: &UnixStream, path: &Path) -> Result<(), Error> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    use nix::unistd::geteuid;
    let path = path.display();
    let peer = getsockopt(stream, PeerCredentials)
        .map_err(|error| no_daemon(&format!("nobody can tell who listens on {path}: {error}")))?;
    if peer.uid() == geteuid().as_raw() {
        return Ok(());
    }
    let sentence = format!("{path} belongs to another user (number {}); nothing was sent to it", peer.uid());
    Err(Error::new(Code::Denied, sentence))
}

fn no_connection(path: &Path, error: &std::io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            no_daemon(&format!("no qqd is running (nobody answers on {path})"))
        }
        ErrorKind::PermissionDenied => {
            Error::new(Code::Denied, format!("the socket {path} belongs to another user"))
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            Error::new(Code::Timeout, format!("qqd does not take the connection on {path}"))
        }
        _ => no_daemon(&format!("cannot connect to qqd on {path}: {error}")),
    }
}

fn read_reply<R: serde::de::DeserializeOwned>(method: &str, reply: &RawValue) -> Result<R, Error> {
    serde_json::from_str(reply.get()).map_err(|error| {
        Error::new(Code::Unexpected, format!("qqd's reply to {method} cannot be read: {error}"))
    })
}

fn lost(error: &std::io::Error) -> Error {
    no_daemon(&format!("the connection to qqd broke: {error}"))
}

fn no_daemon(message: &str) -> Error {
    Error::new(Code::NoDaemon, message)
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
