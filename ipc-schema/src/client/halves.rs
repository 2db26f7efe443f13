//! The two halves of a connection, for a program that must never wait for a reply: one thread writes calls under
//! numbers of its own, another reads replies and events in the order in which they come.

use std::io::Write;
use std::os::unix::net::UnixStream;

use serde_json::value::RawValue;

use super::{Client, lost, read_reply};
use crate::line::{self, FromDaemon, Id};
use crate::request::{Addressed, takes_account};
use crate::{Envelope, Error, Method};

/// The half that asks.
#[derive(Debug)]
pub struct Writer {
    stream: UnixStream,
}

/// The half that hears.
#[derive(Debug)]
pub struct Reader {
    client: Client,
}

/// What the daemon said.
#[derive(Debug)]
pub enum Heard {
    /// The answer to the call with this number.
    Reply(u64, Result<Box<RawValue>, Error>),
    /// Something happened.
    Event(Envelope),
}

impl Client {
    /// Parts the connection. Calls from now on go through [`Writer::write`], and nothing has a deadline any more.
    ///
    /// # Errors
    /// [`crate::Code::NoDaemon`] when the connection is broken.
    pub fn split(self) -> Result<(Writer, Reader), Error> {
        self.usable()?;
        self.stream.set_write_timeout(None).map_err(|error| lost(&error))?;
        let stream = self.stream.try_clone().map_err(|error| lost(&error))?;
        Ok((Writer { stream }, Reader { client: self }))
    }
}

impl Writer {
    /// Writes one whole line of [`call_line`]; waits while the daemon does not read.
    ///
    /// # Errors
    /// [`crate::Code::NoDaemon`] when the connection has ended.
    pub fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        self.stream.write_all(line).map_err(|error| lost(&error))
    }

    /// Ends the connection, for both halves.
    pub fn end(&self) {
        // One that has ended already cannot be ended again: nothing is lost.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

impl Reader {
    /// The next reply or event, however long it takes. What is neither (a newer daemon may say more) is passed over.
    ///
    /// # Errors
    /// [`crate::Code::NoDaemon`] when the connection has ended, [`crate::Code::Unexpected`] when a line is none of ours.
    pub fn hear(&mut self) -> Result<Heard, Error> {
        loop {
            if let Some(envelope) = self.client.events.pop() {
                return line::read_envelope(&envelope).map(Heard::Event);
            }
            let Some(line) = self.client.next_line()? else {
                self.client.fill(None)?;
                continue;
            };
            match FromDaemon::decode(&line)? {
                FromDaemon::Event(envelope) => return line::read_envelope(&envelope).map(Heard::Event),
                FromDaemon::Reply(reply) => {
                    if let Some(id) = number(&reply.id) {
                        return Ok(Heard::Reply(id, reply.result));
                    }
                }
                FromDaemon::Other => {}
            }
        }
    }
}

/// The line of a call under a number of one's own, for an account where the method takes one.
///
/// # Errors
/// [`crate::Code::BadParams`] when the params are too long for a line.
pub fn call_line<M: Method>(
    id: u64,
    account: Option<&str>,
    params: &M,
) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
    match account.filter(|_| takes_account(M::NAME)) {
        Some(account) => line::encode_request(id, M::NAME, &Addressed { account, params }),
        None => line::encode_request(id, M::NAME, params),
    }
}

/// Reads a method's reply.
///
/// # Errors
/// [`crate::Code::Unexpected`] when it is not the method's.
pub fn reply<M: Method>(raw: &RawValue) -> Result<M::Reply, Error> {
    read_reply(M::NAME, raw)
}

fn number(id: &Id) -> Option<u64> {
    match id {
        Id::Number(number) => number.as_u64(),
        Id::Text(_) | Id::Null => None,
    }
}
