//! One frontend's connection: what it has asked, what it has not been sent, and the task that writes to it. A peer
//! that takes no byte for too long while it is behind is cut off.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use interprocess::os::unix::uds_local_socket::tokio::Stream;
use socket2::SockRef;
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::Settings;
use super::outbox::{Change, Outbox};
use crate::core::io::ClientId;

/// So much is handed to the system at once.
const BATCH: usize = 64 << 10;

/// Shared by the task that reads, the task that writes, and the server.
#[derive(Debug)]
pub(super) struct Connection {
    /// Its number.
    pub(super) id: ClientId,
    settings: Arc<Settings>,
    stream: Stream,
    state: Mutex<State>,
    /// For the writer: there is something to write, or the end has come.
    unsent: Notify,
    /// For the reader: there may be room again.
    room: Notify,
}

#[derive(Debug)]
struct State {
    outbox: Outbox,
    /// `hello` was said.
    greeted: bool,
    in_flight: usize,
    /// Bytes of the requests since none was in flight.
    in_flight_bytes: usize,
    /// Write what there is, then close.
    closing: bool,
    /// Nothing is read or written any more.
    dead: bool,
    /// When the peer last took a byte, or fell behind.
    progress: Instant,
    /// Looks after `progress` while the peer is behind.
    watch: Option<AbortHandle>,
}

impl State {
    /// The peer owes us reading.
    fn is_behind(&self) -> bool {
        self.outbox.is_full() || (self.closing && !self.outbox.is_empty())
    }
}

impl Connection {
    /// A connection that has said nothing yet.
    pub(super) fn new(id: ClientId, stream: Stream, settings: Arc<Settings>) -> Self {
        let state = State {
            outbox: Outbox::new(settings.limits),
            greeted: false,
            in_flight: 0,
            in_flight_bytes: 0,
            closing: false,
            dead: false,
            progress: Instant::now(),
            watch: None,
        };
        Self { id, settings, stream, state: Mutex::new(state), unsent: Notify::new(), room: Notify::new() }
    }

    /// The socket.
    pub(super) fn stream(&self) -> &UnixStream {
        self.stream.inner()
    }

    pub(super) fn is_greeted(&self) -> bool {
        self.state().greeted
    }

    pub(super) fn greet(&self) {
        self.state().greeted = true;
    }

    /// A request goes to the core.
    pub(super) fn asked(&self, bytes: usize) {
        let mut state = self.state();
        state.in_flight += 1;
        state.in_flight_bytes += bytes;
    }

    /// The core has answered a request; a notification's answer is none.
    pub(super) fn answered(self: &Arc<Self>, line: Option<Vec<u8>>) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if state.in_flight == 0 {
            state.in_flight_bytes = 0;
        }
        drop(state);
        self.room.notify_one();
        if let Some(line) = line {
            self.keep(line);
        }
    }

    /// Lines that must arrive.
    pub(super) fn keep(self: &Arc<Self>, line: Vec<u8>) {
        self.queue(|outbox| outbox.keep(line));
    }

    /// The state comes whole, then changes.
    pub(super) fn subscribed(self: &Arc<Self>, first: Vec<Vec<u8>>) {
        self.queue(|outbox| {
            outbox.start_over();
            first.into_iter().for_each(|line| outbox.keep(line));
        });
    }

    /// A change, unless it is behind; false when the connection is over.
    pub(super) fn change(self: &Arc<Self>, change: &Arc<Change>) -> bool {
        self.queue(|outbox| outbox.change(change))
    }

    fn queue(self: &Arc<Self>, put: impl FnOnce(&mut Outbox)) -> bool {
        let mut state = self.state();
        if state.dead {
            return false;
        }
        let was_behind = state.is_behind();
        put(&mut state.outbox);
        self.watch(&mut state, was_behind);
        drop(state);
        self.unsent.notify_one();
        true
    }

    /// Waits until another line may be read: one at all, or the only one in flight.
    ///
    /// # Errors
    /// The connection is over.
    pub(super) async fn room(&self, in_flight: usize) -> io::Result<()> {
        loop {
            {
                let state = self.state();
                if state.dead || state.closing {
                    return Err(ErrorKind::ConnectionAborted.into());
                }
                let full = state.in_flight >= in_flight || state.in_flight_bytes > self.settings.line;
                if !full && !state.outbox.is_over() {
                    return Ok(());
                }
            }
            self.room.notified().await;
        }
    }

    /// What is unsent is written, then the connection closes.
    pub(super) fn close(self: &Arc<Self>) {
        let mut state = self.state();
        let was_behind = state.is_behind();
        state.closing = true;
        self.watch(&mut state, was_behind);
        drop(state);
        self.unsent.notify_one();
        self.room.notify_one();
    }

    /// Nothing is read or written any more.
    pub(super) fn cut_off(&self) {
        let watch = {
            let mut state = self.state();
            state.dead = true;
            state.watch.take()
        };
        if let Some(watch) = watch {
            watch.abort();
        }
        // The peer may be gone already: then there is nothing left to end.
        let _ = SockRef::from(self.stream()).shutdown(std::net::Shutdown::Both);
        self.unsent.notify_one();
        self.room.notify_one();
    }

    /// Writes until the end.
    pub(super) async fn write(self: Arc<Self>) {
        let mut batch = Vec::new();
        while self.batch(&mut batch).await {
            if let Err(error) = self.write_all(&batch).await {
                tracing::debug!(client = self.id, %error, "not written");
                break;
            }
            self.state().outbox.written();
            self.room.notify_one();
        }
        self.cut_off();
    }

    /// Waits for what is to be written next; false at the end.
    async fn batch(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        if batch.capacity() > 2 * BATCH {
            *batch = Vec::new();
        }
        loop {
            {
                let mut state = self.state();
                if state.dead {
                    return false;
                }
                if state.outbox.take(batch, BATCH) {
                    return true;
                }
                if state.closing {
                    return false;
                }
            }
            // An idle connection holds no memory.
            *batch = Vec::new();
            self.unsent.notified().await;
        }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream().writable().await?;
            match self.stream().try_write(bytes) {
                Ok(count) => {
                    bytes = &bytes[count..];
                    self.state().progress = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// From the moment the peer is behind, somebody looks after its progress.
    fn watch(self: &Arc<Self>, state: &mut State, was_behind: bool) {
        if was_behind || !state.is_behind() {
            return;
        }
        state.progress = Instant::now();
        if state.watch.is_none() {
            let patience = patience(Arc::downgrade(self), self.settings.patience);
            state.watch = Some(tokio::spawn(patience).abort_handle());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts a peer off that is behind and takes no byte for so long.
async fn patience(connection: Weak<Connection>, patience: Duration) {
    loop {
        let Some(connection) = connection.upgrade() else { return };
        let until = {
            let mut state = connection.state();
            if state.dead || !state.is_behind() {
                state.watch = None;
                return;
            }
            state.progress + patience
        };
        if until <= Instant::now() {
            tracing::info!(client = connection.id, "cut off: it reads nothing");
            connection.cut_off();
            return;
        }
        drop(connection);
        tokio::time::sleep_until(until).await;
    }
}

#[cfg(test)]
impl Connection {
    /// For a test that wants to lose nothing.
    pub(super) fn has_room_for_changes(&self) -> bool {
        !self.state().outbox.is_half_full()
    }

    /// Too many replies are unsent.
    pub(super) fn is_over(&self) -> bool {
        self.state().outbox.is_over()
    }
}
