//! The server over real sockets, with a queue in place of the core.

mod events;
mod requests;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream as Peer;
use std::path::PathBuf;
use std::time::Duration;

use ipc_schema::{Envelope, Event, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// Nothing here takes this long.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server, and the queue that a core would read.
struct Daemon {
    server: Server,
    inputs: mpsc::Receiver<Input>,
    socket: PathBuf,
    _place: Place,
    _home: TempDir,
}

fn daemon(settings: Settings) -> Daemon {
    let home = tempfile::tempdir().unwrap();
    let socket = home.path().join("qqd/ipc.sock");
    let mut place = Place::take(&socket).unwrap();
    let (sender, inputs) = mpsc::channel(16);
    let server = Server::start(place.listen().unwrap(), settings, sender);
    Daemon { server, inputs, socket, _place: place, _home: home }
}

impl Daemon {
    async fn input(&mut self) -> Input {
        timeout(DEADLINE, self.inputs.recv()).await.expect("an input in time").expect("a server")
    }

    async fn request(&mut self) -> (ClientId, RequestId, Request) {
        match self.input().await {
            Input::Request { client, id, call } => (client, id, call.request),
            other => panic!("{other:?}"),
        }
    }

    fn client(&self) -> Client {
        let peer = Peer::connect(&self.socket).unwrap();
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        peer.set_write_timeout(Some(DEADLINE)).unwrap();
        Client { reader: BufReader::new(peer) }
    }

    /// A client that has said hello.
    async fn greeted(&self) -> Client {
        let mut client = self.client();
        client.say(&hello(1));
        let welcome;
        (client, welcome) = client.hear().await;
        assert_eq!(welcome["result"]["protocol"], 1);
        client
    }

    /// A client that has subscribed and heard one first event; with its number.
    async fn subscribed(&mut self) -> (Client, ClientId) {
        let mut client = self.greeted().await;
        client.say(&json!({"jsonrpc": "2.0", "id": 2, "method": "events.subscribe"}));
        let (number, id, _) = self.request().await;
        self.server.reply(number, &id, Ok(json!({"seq": 1})));
        self.server.subscribed(number, &[state(1)]);
        let line;
        (client, line) = client.hear().await;
        assert_eq!(line["id"], 2);
        let line;
        (client, line) = client.hear().await;
        assert_eq!(line["params"]["event"], "daemon.state");
        (client, number)
    }
}

fn hello(protocol: u32) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": protocol, "client": "test/0"}})
}

fn state(seq: u64) -> Envelope {
    Envelope::new(seq, "2026-01-31T09:30:00.123Z", None, Event::DaemonState(ipc_schema::State::default()))
}

/// The blocking end of a connection; waiting happens beside the runtime.
struct Client {
    reader: BufReader<Peer>,
}

impl Client {
    fn send(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn say(&mut self, line: &Value) {
        self.send(format!("{line}\n").as_bytes());
    }

    /// The next line; null at the end.
    async fn hear(mut self) -> (Self, Value) {
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("a line in time");
            (self, line)
        });
        let (client, line) = read.await.unwrap();
        let value = if line.is_empty() { Value::Null } else { serde_json::from_str(&line).unwrap() };
        (client, value)
    }

    /// Everything up to the end.
    async fn hear_all(mut self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let line;
            (self, line) = self.hear().await;
            if line.is_null() {
                return all;
            }
            all.push(line);
        }
    }
}

/// Runs other tasks until the condition holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}
