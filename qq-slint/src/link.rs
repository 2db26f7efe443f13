//! The connection to `qqd`, on threads of its own: one connects, reads and connects again, one writes. What is heard lies
//! in a bounded inbox until the event loop takes it; while it is full the reader waits, and the daemon tells of the gap.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use ipc_schema::client::{self, Client, Heard, Reader, Writer};
use ipc_schema::daemon::{Stopped, Subscribe};
use ipc_schema::{Code, Envelope, Error, Event, Method};
use serde_json::value::RawValue;

/// How much may lie in the inbox; beyond it the reader waits.
const INBOX: usize = 4_096;
/// How many calls may wait for the writer; beyond it a call is refused as busy.
const CALLS: usize = 256;
/// How long greeting the daemon may take.
const GREETING: Duration = Duration::from_secs(5);
/// The first and the longest pause before the daemon is tried again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// What the client calls itself.
const NAME: &str = concat!("qq-slint/", env!("CARGO_PKG_VERSION"));
/// The number of the call that subscribes; calls of the program begin above it.
const SUBSCRIBE: u64 = 1;

type Line = zeroize::Zeroizing<Vec<u8>>;
type Then = Box<dyn FnOnce(Result<Box<RawValue>, Error>)>;

/// What came over the connection, or from another thread of this program.
pub(crate) enum News {
    /// The daemon greets; calls go out through this from now on.
    Up(SyncSender<Line>),
    /// Something happened.
    Event(Box<Envelope>),
    /// The answer to a call.
    Reply(u64, Result<Box<RawValue>, Error>),
    /// The connection is gone, or cannot be made; it is tried again.
    Down(Error),
    /// A friend's picture was decoded, by its name; none: it is not to be shown.
    Face(String, Option<crate::face::load::Pixels>),
    /// What was to be done with a picture of one's own, by its turn.
    Own(u64, crate::face::own::Done),
}

/// Where the threads lay what they hear. `wake` is called when it was empty before.
pub(crate) struct Inbox {
    news: Mutex<VecDeque<News>>,
    room: Condvar,
    came: Condvar,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Inbox {
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            news: Mutex::default(),
            room: Condvar::new(),
            came: Condvar::new(),
            wake: Box::new(wake),
        })
    }

    /// Takes all that has come.
    pub(crate) fn take(&self) -> VecDeque<News> {
        let taken = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        self.room.notify_all();
        taken
    }

    /// Waits until something lies here, or this long.
    #[cfg(test)]
    pub(crate) fn wait(&self, at_most: Duration) {
        let held = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_empty() {
            drop(self.came.wait_timeout(held, at_most));
        }
    }

    pub(crate) fn put(&self, news: News) {
        let mut held = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        while held.len() >= INBOX {
            held = self.room.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        held.push_back(news);
        let first = held.len() == 1;
        drop(held);
        self.came.notify_all();
        if first {
            (self.wake)();
        }
    }
}

/// The event loop's end of the connection.
pub(crate) struct Link {
    writer: RefCell<Option<SyncSender<Line>>>,
    waiting: RefCell<BTreeMap<u64, Then>>,
    last: Cell<u64>,
    again: SyncSender<()>,
}

impl Link {
    /// Begins to connect. `start` lets it start the daemon when none answers.
    pub(crate) fn open(
        socket: PathBuf,
        named: bool,
        start: bool,
        inbox: Arc<Inbox>,
    ) -> std::io::Result<Self> {
        let (again, asked) = sync_channel(1);
        std::thread::Builder::new()
            .name("qqd".into())
            .spawn(move || keep(&socket, named, start, &inbox, &asked))?;
        Ok(Self {
            writer: RefCell::default(),
            waiting: RefCell::default(),
            last: Cell::new(SUBSCRIBE),
            again,
        })
    }

    /// Calls a method; `then` hears the reply on the event loop.
    pub(crate) fn call<M: Method>(
        &self,
        account: Option<&str>,
        params: &M,
        then: impl FnOnce(Result<M::Reply, Error>) + 'static,
    ) {
        let id = self.last.get() + 1;
        self.last.set(id);
        let sent = client::call_line(id, account, params).and_then(|line| self.write(line));
        match sent {
            Ok(()) => {
                let then: Then = Box::new(move |raw| then(raw.and_then(|raw| client::reply::<M>(&raw))));
                self.waiting.borrow_mut().insert(id, then);
            }
            Err(error) => then(Err(error)),
        }
    }

    /// Tries to reach the daemon now, not after the pause.
    pub(crate) fn retry(&self) {
        // One that is asked for already is enough.
        let _ = self.again.try_send(());
    }

    /// The daemon greets.
    pub(crate) fn on_up(&self, writer: SyncSender<Line>) {
        *self.writer.borrow_mut() = Some(writer);
    }

    /// The connection is gone: whoever waits for a reply hears it.
    pub(crate) fn on_down(&self, error: &Error) {
        *self.writer.borrow_mut() = None;
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        for then in waiting.into_values() {
            then(Err(error.clone()));
        }
    }

    /// A reply has come.
    pub(crate) fn on_reply(&self, id: u64, result: Result<Box<RawValue>, Error>) {
        let then = self.waiting.borrow_mut().remove(&id);
        if let Some(then) = then {
            then(result);
        }
    }

    fn write(&self, line: Line) -> Result<(), Error> {
        let writer = self.writer.borrow();
        let Some(writer) = writer.as_ref() else { return Err(away()) };
        writer.try_send(line).map_err(|_| Error::new(Code::Busy, "too much is being asked at once"))
    }
}

fn away() -> Error {
    Error::new(Code::NoDaemon, "there is no connection to qqd")
}

/// Connects, listens until the end, and connects again, for as long as the program runs.
fn keep(socket: &Path, named: bool, start: bool, inbox: &Inbox, asked: &Receiver<()>) {
    let mut pause = PAUSE.0;
    loop {
        let (error, stopped) = match reach(socket, named, start) {
            Ok((writer, mut reader)) => {
                pause = PAUSE.0;
                inbox.put(News::Up(write_on(writer)));
                listen(&mut reader, inbox)
            }
            Err(error) => (error, None),
        };
        inbox.put(News::Down(error));
        if let Some(stopped) = stopped {
            pause = PAUSE.0;
            // Somebody told it to end: it is started again when somebody says so, not by a press of long ago.
            while asked.try_recv().is_ok() {}
            if !stopped.restart && asked.recv().is_err() {
                return;
            }
            continue;
        }
        // The pause ends at once when the user asks for it.
        let _ = asked.recv_timeout(pause);
        pause = (pause * 2).min(PAUSE.1);
    }
}

fn reach(socket: &Path, named: bool, start: bool) -> Result<(Writer, Reader), Error> {
    if start && !client::answers(socket) {
        client::start(socket, named)?;
    }
    let client = Client::connect(socket, NAME, Some(GREETING))?;
    let (mut writer, reader) = client.split()?;
    writer.write(&client::call_line(SUBSCRIBE, None, &Subscribe { since: None })?)?;
    Ok((writer, reader))
}

/// Until the connection ends: why, and whether the daemon was told to end.
fn listen(reader: &mut Reader, inbox: &Inbox) -> (Error, Option<Stopped>) {
    let mut stopped = None;
    loop {
        match reader.hear() {
            Ok(Heard::Event(envelope)) => {
                if let Event::DaemonStopped(said) = &envelope.event {
                    stopped = Some(said.clone());
                }
                inbox.put(News::Event(Box::new(envelope)));
            }
            Ok(Heard::Reply(SUBSCRIBE, Ok(_))) => {}
            Ok(Heard::Reply(SUBSCRIBE, Err(error))) | Err(error) => return (error, stopped),
            Ok(Heard::Reply(id, result)) => inbox.put(News::Reply(id, result)),
        }
    }
}

/// A thread that writes what is asked; it ends when the event loop drops its end.
fn write_on(mut writer: Writer) -> SyncSender<Line> {
    let (sender, lines) = sync_channel::<Line>(CALLS);
    // Without a thread nothing can be asked; the first call then finds the channel closed.
    let _ = std::thread::Builder::new().name("qqd-calls".into()).spawn(move || {
        while let Ok(line) = lines.recv() {
            if writer.write(&line).is_err() {
                break;
            }
        }
        writer.end();
    });
    sender
}
