//! One link at a time, from the dialling to the end: what is read becomes news, what is sent waits in a bounded queue.

use std::sync::Arc;

use relay_schema::{Framer, LIMIT_AFTER_LOGIN, Refusal, Stanza};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::outgoing::{Full, Outgoing};
use super::{Settings, dial};
use crate::core::io::{Attempt, Closed, News, Trust};
use crate::core::op::Address;

/// How many bytes are read at once.
const CHUNK: usize = 16 * 1024;

/// The most bytes of one stanza from the relay. It is sent at most [`LIMIT_AFTER_LOGIN`], but writes anew what it hands
/// on: a character may become six bytes (`&quot;`), and there are more children than on the way up. Six times that
/// limit, and half a MiB for the rest.
pub(super) const STANZA_MAX: usize = 6 * LIMIT_AFTER_LOGIN + 512 * 1024;

/// Where all news goes; the reader waits while it is full.
type Events = mpsc::Sender<(Attempt, News)>;

/// Whether a link is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It goes on.
    Not,
    /// We hang up: what waits is sent first.
    Hangup,
    /// More waits than ever should: it ends as it is.
    Full,
}

/// The daemon's side of the connection to the relay. Its functions never wait; they must be called inside a tokio
/// runtime with I/O and time.
#[derive(Debug)]
pub struct Link {
    events: Events,
    settings: Arc<Settings>,
    current: Option<Current>,
}

/// The link that stands or is being made; dropped, it is cut.
#[derive(Debug)]
struct Current {
    outgoing: Arc<Outgoing>,
    ending: watch::Sender<Ending>,
    task: JoinHandle<()>,
}

impl Drop for Current {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link {
    /// No link yet. News goes to `events`: while it is full the relay is not read, so its capacity, each of at most
    /// 256 KiB and only one of more (2 MiB), is what a flooding relay can fill.
    pub fn new(events: mpsc::Sender<(Attempt, News)>) -> Self {
        Self::with(events, Settings::default())
    }

    /// [`Link::new`] with other deadlines and limits.
    pub fn with(events: mpsc::Sender<(Attempt, News)>, settings: Settings) -> Self {
        Self { events, settings: Arc::new(settings), current: None }
    }

    /// Begins to reach a relay, and cuts a link that is still there (nothing more is told about that one).
    ///
    /// Told are, in this order: [`News::Connected`], [`News::Open`], what is read, and exactly one [`News::Closed`].
    pub fn dial(&mut self, attempt: Attempt, address: Address, trust: Trust) {
        self.begin(attempt, Aim::One(address), trust);
    }

    /// The same where the relay may be at several addresses. Told are, in this order: [`News::Reached`], [`News::Open`], what
    /// is read, and exactly one [`News::Closed`].
    pub fn dial_any(&mut self, attempt: Attempt, addresses: Vec<Address>, trust: Trust) {
        self.begin(attempt, Aim::Any(addresses), trust);
    }

    fn begin(&mut self, attempt: Attempt, aim: Aim, trust: Trust) {
        self.current = None;
        let outgoing = Arc::new(Outgoing::new(self.settings.unsent_max));
        let (ending, told) = watch::channel(Ending::Not);
        let task = Task {
            attempt,
            events: self.events.clone(),
            settings: self.settings.clone(),
            outgoing: outgoing.clone(),
            ending: told,
        };
        let task = tokio::spawn(task.run(aim, trust));
        self.current = Some(Current { outgoing, ending, task });
    }

    /// Sends a stanza on the link that stands, or as soon as it is open. Without one it is dropped. With more than
    /// [`Settings::unsent_max`] bytes unsent the link ends: [`Closed::Lost`].
    pub fn send(&mut self, stanza: &Stanza) {
        let Some(current) = self.current.as_ref().filter(|current| !current.task.is_finished()) else {
            tracing::debug!(kind = stanza.word(), "no link to send on");
            return;
        };
        if current.outgoing.push(stanza) == Err(Full) {
            current.ending.send_replace(Ending::Full);
        }
    }

    /// Ends the link: what waits is sent, then it is closed, within [`Settings::goodbye`]. [`Closed::Hangup`] is told
    /// when it is done, nothing else before.
    pub fn hangup(&mut self) {
        if let Some(current) = &self.current {
            current.ending.send_if_modified(|ending| {
                let begins = *ending == Ending::Not;
                if begins {
                    *ending = Ending::Hangup;
                }
                begins
            });
        }
    }
}

/// Where the relay is.
enum Aim {
    One(Address),
    /// At one of these.
    Any(Vec<Address>),
}

/// One link's life.
struct Task {
    attempt: Attempt,
    events: Events,
    settings: Arc<Settings>,
    outgoing: Arc<Outgoing>,
    ending: watch::Receiver<Ending>,
}

impl Task {
    async fn run(self, aim: Aim, trust: Trust) {
        let mut ending = self.ending.clone();
        let reached = tokio::select! {
            reached = self.reach(aim, trust) => reached,
            why = ended(&mut ending) => Err(why),
        };
        let closed = match reached {
            Ok(stream) => self.exchange(stream).await,
            Err(closed) => closed,
        };
        self.tell(News::Closed(closed)).await;
    }

    /// Tells, waiting for room; false when nobody listens any more.
    async fn tell(&self, news: News) -> bool {
        self.events.send((self.attempt, news)).await.is_ok()
    }

    async fn reach(&self, aim: Aim, trust: Trust) -> Result<Box<dyn dial::Stream>, Closed> {
        let dial::Reached { stream, key, by_system } = match aim {
            Aim::One(address) => {
                let tcp = dial::connect(&address, &self.settings).await?;
                let peer = tcp.peer_addr().map_err(|error| Closed::Lost { detail: error.to_string() })?;
                self.tell(News::Connected { peer }).await;
                dial::secure(tcp, &address, trust, &self.settings).await?
            }
            Aim::Any(addresses) => {
                let (address, reached) = dial::any(addresses, &trust, &self.settings).await?;
                self.tell(News::Reached { address }).await;
                reached
            }
        };
        self.tell(News::Open { key, by_system }).await;
        Ok(stream)
    }

    /// Reads and writes until one of them ends; neither waits for the other.
    async fn exchange(&self, stream: Box<dyn dial::Stream>) -> Closed {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let closed = tokio::select! {
            closed = self.read(&mut reader) => closed,
            closed = self.write(&mut writer) => closed,
            closed = self.stuck() => closed,
        };
        if closed == Closed::Hangup {
            // Closing with bytes unread would reset the connection, and what was sent last might not arrive.
            let _ = timeout(self.settings.goodbye, drain(&mut reader)).await;
        }
        closed
    }

    async fn read(&self, reader: &mut (impl AsyncRead + Unpin)) -> Closed {
        let mut framer = Framer::new(STANZA_MAX);
        let mut chunk = vec![0; CHUNK];
        loop {
            let detail = match timeout(self.settings.silence, reader.read(&mut chunk)).await {
                Ok(Ok(0)) => "the server closed the connection".into(),
                Ok(Ok(count)) => match self.take_in(&mut framer, &chunk[..count]).await {
                    Ok(()) => continue,
                    Err(closed) => return closed,
                },
                // TLS without its good-bye: a process that was killed says none.
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    "the server closed the connection".into()
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("nothing came from the server for {} s", self.settings.silence.as_secs()),
            };
            return Closed::Lost { detail };
        }
    }

    /// Makes news of what came.
    async fn take_in(&self, framer: &mut Framer, mut bytes: &[u8]) -> Result<(), Closed> {
        loop {
            let (refusal, raw) = match framer.next(&mut bytes) {
                Ok(None) => return Ok(()),
                Ok(Some(frame)) => match frame.parse() {
                    Ok(stanza) => {
                        let size = frame.bytes().len();
                        self.tell_read(News::Stanza(Box::new(stanza)), size).await?;
                        continue;
                    }
                    Err(refusal) => (refusal, frame.bytes().to_vec()),
                },
                Err(fault) => (Refusal::from(fault), Vec::new()),
            };
            let (fault, size) = (refusal.fault, raw.len());
            self.tell_read(News::Unreadable { refusal: Box::new(refusal), raw }, size).await?;
            if fault.closes() {
                return Err(Closed::Lost { detail: format!("the server cannot be understood: {fault}") });
            }
        }
    }

    /// Tells what was read. What is unusually long waits until all before it is taken, so that never two such wait.
    async fn tell_read(&self, news: News, size: usize) -> Result<(), Closed> {
        let places = if size > LIMIT_AFTER_LOGIN { self.events.max_capacity() } else { 1 };
        if let Ok(mut places) = self.events.reserve_many(places).await
            && let Some(place) = places.next()
        {
            place.send((self.attempt, news));
            return Ok(());
        }
        Err(Closed::Lost { detail: "the daemon is ending".into() })
    }

    /// Writes all that waits, whenever something does; ends with a hang-up once all is written.
    async fn write(&self, writer: &mut (impl AsyncWrite + Unpin)) -> Closed {
        let mut ending = self.ending.clone();
        loop {
            let last = *ending.borrow_and_update() != Ending::Not;
            let bytes = self.outgoing.take();
            let written = match (bytes.is_empty(), last) {
                (false, _) => write_out(writer, &bytes).await,
                (true, true) => {
                    let _ = timeout(self.settings.goodbye, writer.shutdown()).await;
                    return Closed::Hangup;
                }
                (true, false) => {
                    tokio::select! {
                        () = self.outgoing.changed() => {}
                        _ = ending.changed() => {}
                    }
                    Ok(())
                }
            };
            if let Err(error) = written {
                return Closed::Lost { detail: error.to_string() };
            }
        }
    }

    /// Ends what the writer cannot end: too much is unsent, or a good-bye takes too long.
    async fn stuck(&self) -> Closed {
        let why = ended(&mut self.ending.clone()).await;
        if why == Closed::Hangup {
            sleep(self.settings.goodbye).await;
        }
        why
    }
}

/// Waits for the word to end.
async fn ended(ending: &mut watch::Receiver<Ending>) -> Closed {
    match ending.wait_for(|ending| *ending != Ending::Not).await.as_deref() {
        Ok(Ending::Full) => Closed::Lost { detail: "the server does not take what is sent to it".into() },
        Ok(Ending::Not | Ending::Hangup) | Err(_) => Closed::Hangup,
    }
}

async fn write_out(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

async fn drain(reader: &mut (impl AsyncRead + Unpin)) {
    let mut chunk = [0; 1024];
    while matches!(reader.read(&mut chunk).await, Ok(1..)) {}
}
