//! The task that reads a connection: lines in, requests for the core out. `hello` and everything that is wrong with
//! a line are answered here.

use std::io;
use std::sync::Arc;

use ipc_schema::daemon::{Hello, Welcome};
use ipc_schema::{Call, Code, Error, Request};
use tokio::io::Interest;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::connection::Connection;
use super::lines::{Lines, Next};
use super::{Settings, rpc};
use crate::core::io::{Input, RequestId};

/// The rest of a line that is too long is thrown away up to so many times its limit, so that the peer reads why.
const DISCARDED: usize = 16;
/// So much of a program's name is logged, in characters.
const PROGRAM: usize = 64;

/// Reads and writes until the connection is over, and tells the core.
pub(super) async fn serve(connection: Arc<Connection>, settings: Arc<Settings>, inputs: mpsc::Sender<Input>) {
    let writer = tokio::spawn(Arc::clone(&connection).write());
    let mut reader = Reader { connection, settings, inputs, known: false };
    if let Err(error) = reader.read().await {
        tracing::debug!(client = reader.connection.id, %error, "not read");
    }
    let Reader { connection, inputs, known, .. } = reader;
    connection.close();
    // A panic of the writer is the end of this connection, not of the daemon.
    let _ = writer.await;
    connection.cut_off();
    if known {
        // Without a core there is nobody to tell.
        let _ = inputs.send(Input::Gone { client: connection.id }).await;
    }
    tracing::debug!(client = connection.id, "gone");
}

struct Reader {
    connection: Arc<Connection>,
    settings: Arc<Settings>,
    inputs: mpsc::Sender<Input>,
    /// The core has heard of it.
    known: bool,
}

impl Reader {
    async fn read(&mut self) -> io::Result<()> {
        let connection = Arc::clone(&self.connection);
        let mut lines = Lines::new(self.settings.line);
        loop {
            connection.room(self.settings.in_flight).await?;
            match lines.next(connection.stream()).await? {
                Next::Line => self.on_line(lines.line()).await?,
                Next::TooLong => return self.on_too_long(&mut lines).await,
                Next::End => return self.on_end().await,
            }
        }
    }

    async fn on_line(&mut self, line: &[u8]) -> io::Result<()> {
        let call = match rpc::read(line) {
            Ok(call) => call,
            Err(refusal) => {
                self.connection.keep(refusal);
                return Ok(());
            }
        };
        let asked = match Call::parse(&call.method, call.params) {
            Ok(Call { request: Request::Hello(hello), .. }) => {
                return self.on_hello(&call.id, &hello).await;
            }
            parsed => parsed,
        };
        if !self.connection.is_greeted() && call.method != "hello" {
            let error =
                Error::new(Code::HelloFirst, "say hello first: the first call of a connection is `hello`");
            self.refuse(&call.id, error);
            return Ok(());
        }
        match asked {
            Ok(asked) => self.ask(call.id, asked, line.len()).await?,
            Err(error) => self.refuse(&call.id, error),
        }
        Ok(())
    }

    /// Hands a request to the core, as soon as there is room.
    async fn ask(&mut self, id: RequestId, call: Call, bytes: usize) -> io::Result<()> {
        let subscribes = matches!(call.request, Request::EventsSubscribe(_));
        self.known = true;
        self.connection.asked(bytes);
        let input = Input::Request { client: self.connection.id, id, call };
        if self.inputs.send(input).await.is_err() {
            return Err(io::Error::other("the daemon is stopping"));
        }
        if subscribes {
            // Each may bring a whole state: they come one by one.
            self.connection.room(1).await?;
        }
        Ok(())
    }

    async fn on_hello(&self, id: &RequestId, hello: &Hello) -> io::Result<()> {
        // Also of one that is too old for it: the daemon should know that it is outdated.
        if let Some(newer) = hello.newer_than(self.settings.version) {
            let installed = Some(newer.chars().take(PROGRAM).collect());
            if self.inputs.send(Input::Outdated { installed }).await.is_err() {
                return Err(io::Error::other("the daemon is stopping"));
            }
        }
        if let Err(error) = hello.check() {
            self.refuse(id, error);
            return Ok(());
        }
        let program: String = hello.client.chars().take(PROGRAM).collect();
        tracing::debug!(client = self.connection.id, program, "hello");
        self.connection.greet();
        if let Some(line) = rpc::reply(id, Ok(Welcome::new(self.settings.version, Vec::new()))) {
            self.connection.keep(line);
        }
        Ok(())
    }

    fn refuse(&self, id: &RequestId, error: Error) {
        if let Some(line) = rpc::reply(id, Err::<(), _>(error)) {
            self.connection.keep(line);
        }
    }

    async fn on_too_long(&self, lines: &mut Lines) -> io::Result<()> {
        let most = self.settings.line;
        let sentence = format!("a line may have at most {most} bytes; the connection is closed");
        self.connection.keep(rpc::refuse(Code::InvalidRequest, &sentence));
        let rest = lines.discard(self.connection.stream(), most.saturating_mul(DISCARDED));
        // Whoever takes longer than this to send it does not learn why.
        timeout(self.settings.linger, rest).await.unwrap_or(Ok(()))?;
        self.on_end().await
    }

    /// Whoever has only ended its own side still gets its answers.
    async fn on_end(&self) -> io::Result<()> {
        if self.connection.stream().ready(Interest::WRITABLE).await?.is_write_closed() {
            self.connection.cut_off();
            return Ok(());
        }
        self.connection.room(1).await
    }
}
