//! The local API: a socket for the user's own programs, JSON-RPC 2.0, one object a line. Requests go to the core as
//! [`Input`]s; the shell carries the core's answers and events here. A frontend that is slow, wrong or hostile
//! harms its own connection only; the daemon never waits for one.

mod connection;
mod lines;
mod outbox;
mod place;
mod reader;
mod rpc;

use std::collections::BTreeMap;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use interprocess::local_socket::traits::StreamCommon;
use interprocess::local_socket::traits::tokio::Listener as _;
use interprocess::os::unix::uds_local_socket::tokio::{Listener, Stream};
use ipc_schema::line::{MAX_LINE_TO_DAEMON, encode_event};
use ipc_schema::{Code, Envelope, Error};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use self::connection::Connection;
use self::outbox::Change;
pub use self::outbox::Limits;
pub use self::place::{Place, Refusal};
use crate::core::io::{ClientId, Input, RequestId};

/// The numbers of the socket; tests shorten them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The daemon's version, for `hello`.
    pub version: &'static str,
    /// The only user who is let in.
    pub user: u32,
    /// Connections at once.
    pub connections: usize,
    /// Requests of one connection that are not answered yet; beyond, it is not read.
    pub in_flight: usize,
    /// The longest line, in bytes.
    pub line: usize,
    /// What may be unsent.
    pub limits: Limits,
    /// A peer that is behind and takes no byte for so long is cut off.
    pub patience: Duration,
    /// How long the rest of a line that is too long is thrown away.
    pub linger: Duration,
}

impl Settings {
    /// As the design says, for the user who runs this process.
    pub fn new() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            user: nix::unistd::geteuid().as_raw(),
            connections: 256,
            in_flight: 64,
            line: MAX_LINE_TO_DAEMON,
            limits: Limits { reply_bytes: 1 << 20, changes: 1024, change_bytes: 1 << 20 },
            patience: Duration::from_secs(30),
            linger: Duration::from_secs(5),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// The server: accepts and reads by itself, and writes what the shell hands it.
#[derive(Debug)]
pub struct Server {
    clients: Arc<Clients>,
    subscribers: Vec<Arc<Connection>>,
    accepting: JoinHandle<()>,
    /// Ends when the last connection has.
    ended: mpsc::Receiver<()>,
}

/// The connections there are, oldest first.
#[derive(Debug, Default)]
struct Clients(Mutex<BTreeMap<ClientId, Arc<Connection>>>);

impl Clients {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ClientId, Arc<Connection>>> {
        // Insertions and removals leave the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, client: ClientId) -> Option<Arc<Connection>> {
        self.lock().get(&client).cloned()
    }
}

impl Server {
    /// Starts to accept; what frontends ask goes to `inputs`, as soon as there is room.
    pub fn start(listener: Listener, settings: Settings, inputs: mpsc::Sender<Input>) -> Self {
        let clients = Arc::new(Clients::default());
        let (living, ended) = mpsc::channel(1);
        let door = Door { clients: Arc::clone(&clients), settings: Arc::new(settings), inputs, living };
        let accepting = tokio::spawn(door.accept(listener));
        Self { clients, subscribers: Vec::new(), accepting, ended }
    }

    /// Carries out [`crate::core::Output::Reply`].
    pub fn reply(&self, client: ClientId, id: &RequestId, result: Result<Value, Error>) {
        if let Some(connection) = self.clients.get(client) {
            connection.answered(rpc::reply(id, result));
        }
    }

    /// Carries out [`crate::core::Output::Subscribed`].
    pub fn subscribed(&mut self, client: ClientId, first: &[Envelope]) {
        let Some(connection) = self.clients.get(client) else { return };
        connection.subscribed(first.iter().map(encode_event).collect());
        if !self.subscribers.iter().any(|subscriber| subscriber.id == client) {
            self.subscribers.push(connection);
        }
    }

    /// Carries out [`crate::core::Output::Event`]: written once, shared by all.
    pub fn event(&mut self, envelope: &Envelope) {
        if self.subscribers.is_empty() {
            return;
        }
        let change = Arc::new(Change::new(envelope));
        self.subscribers.retain(|subscriber| subscriber.change(&change));
    }

    /// Removes the socket, writes what is unsent, closes; after `most` whoever is left is cut off.
    pub async fn stop(mut self, most: Duration) {
        self.accepting.abort();
        // It was aborted: the listener is dropped now, and with it the socket's file.
        let _ = self.accepting.await;
        self.subscribers.clear();
        let open: Vec<_> = self.clients.lock().values().cloned().collect();
        open.iter().for_each(Connection::close);
        if timeout(most, self.ended.recv()).await.is_err() {
            tracing::info!("not everybody has read the last answers");
            open.iter().for_each(|connection| connection.cut_off());
        }
    }
}

/// Lets frontends in.
struct Door {
    clients: Arc<Clients>,
    settings: Arc<Settings>,
    inputs: mpsc::Sender<Input>,
    living: mpsc::Sender<()>,
}

impl Door {
    async fn accept(self, listener: Listener) {
        let mut last: ClientId = 0;
        loop {
            match listener.accept().await {
                Ok(stream) => {
                    last += 1;
                    self.enter(last, stream);
                }
                Err(error) => {
                    // Out of descriptors, most likely: it passes.
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn enter(&self, id: ClientId, stream: Stream) {
        if let Err(error) = self.check(&stream).and_then(|()| self.make_room()) {
            tracing::debug!(%error, "a connection was refused");
            // The sentence is a courtesy; an empty socket buffer takes it at once.
            let _ = stream.inner().try_write(&rpc::refuse(error.code, &error.message));
            return;
        }
        let connection = Arc::new(Connection::new(id, stream, Arc::clone(&self.settings)));
        self.clients.lock().insert(id, Arc::clone(&connection));
        let serving = reader::serve(connection, Arc::clone(&self.settings), self.inputs.clone());
        let (clients, living) = (Arc::clone(&self.clients), self.living.clone());
        tokio::spawn(async move {
            serving.await;
            clients.lock().remove(&id);
            drop(living);
        });
    }

    /// The user's own programs, nobody else: not even root.
    fn check(&self, stream: &Stream) -> Result<(), Error> {
        let user = stream.peer_creds().map(|peer| peer.euid());
        match user {
            Ok(Some(user)) if user == self.settings.user => Ok(()),
            _ => Err(Error::new(Code::Denied, "this qqd belongs to another user; start one of your own")),
        }
    }

    /// When all places are taken, the one who has waited longest without a `hello` gives way.
    fn make_room(&self) -> Result<(), Error> {
        let mut clients = self.clients.lock();
        if clients.len() < self.settings.connections {
            return Ok(());
        }
        let silent = clients.values().find(|connection| !connection.is_greeted()).map(|silent| silent.id);
        let Some(silent) = silent.and_then(|id| clients.remove(&id)) else {
            let most = self.settings.connections;
            let sentence = format!("{most} programs are connected to qqd already; close some");
            return Err(Error::new(Code::Busy, sentence));
        };
        silent.cut_off();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
