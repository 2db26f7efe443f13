//! The outbox as people see it: what waits and what failed, a message taken back, one sent again.

use ipc_schema::chat::State;
use ipc_schema::outbox::{Cancel, Clear, Cleared, Done, List, Listed, Retry};
use ipc_schema::{Code, Error};

use super::{Entry, MAX, Step};
use crate::core::account::Account;
use crate::core::clock;
use crate::core::explain::{Matches, only, several};
use crate::core::failure::Failure;
use crate::core::io::Closed;
use crate::core::name::not_logged_in;
use crate::core::op::{self, Message, Op, StoreError};
use crate::core::read::Messages;
use crate::core::request::ReplyTo;
use crate::core::stored::{Then, unexpected};

/// What failed earlier is not listed any more: 30 days in microseconds.
const LISTED_US: i64 = 30 * 24 * 3_600 * 1_000_000;

impl Account {
    /// `outbox.list`.
    pub(in crate::core) fn list_outbox(&mut self, to: ReplyTo<List>) {
        let since = clock::rfc3339(self.now.wall_us.saturating_sub(LISTED_US));
        self.ask(Op::Outbox { since }, Then::Outbox(to));
    }

    pub(in crate::core) fn on_outbox(&mut self, to: ReplyTo<List>, result: Result<Messages, StoreError>) {
        let listed = result.map_err(|error| unexpected(&error)).map(|(mut messages, more)| {
            for (_, message) in &mut messages {
                if let Some((state, _)) = self.outbox.underway(&message.id) {
                    message.state = state;
                }
            }
            Listed { messages: self.shown(messages), more }
        });
        self.reply(to, listed);
    }

    /// `outbox.cancel`: what was never written to the relay is failed, and not sent any more. Whether it has been written
    /// is known here alone, so that one of the two happens and not the other.
    pub(in crate::core) fn cancel(&mut self, to: ReplyTo<Cancel>, params: &Cancel) {
        let begun = match self.begun(&params.id) {
            Err(error) => return self.reply(to, Err(error)),
            Ok(begun) => begun,
        };
        let waiting = self.outbox.entries.iter().filter(|entry| entry.message.id.starts_with(&begun));
        let mut waiting: Vec<(String, bool)> =
            waiting.map(|entry| (entry.message.id.clone(), entry.flown)).collect();
        if let Some(exact) = waiting.iter().position(|(id, _)| *id == begun) {
            waiting = vec![waiting.swap_remove(exact)];
        }
        match &waiting[..] {
            [] if self.outbox.unwritten.contains(&begun) => self.write_cancelled(to, begun),
            [] => self.ask(Op::Explain { id: begun.clone() }, Then::NotWaiting(to, begun)),
            [(id, true)] => {
                let message =
                    format!("message {id} is on its way to the server already; it cannot be taken back");
                self.reply(to, Err(Error::new(Code::Conflict, message)));
            }
            [(id, false)] => {
                self.fail_message(id, "cancelled");
                self.ask(Op::Find { id: id.clone() }, Then::Cancelled(to, id.clone()));
                // Perhaps the relay takes nothing else until that one comes again.
                if self.outbox.sticky.is_some() {
                    let relay = self.relay();
                    self.fail(Failure::closed(&Closed::Hangup, None, &relay));
                }
            }
            [..] => {
                let ids = waiting.into_iter().map(|(id, _)| id).collect();
                self.reply(to, Err(several(&begun, ids)));
            }
        }
    }

    /// Once more: it is taken back already, but that was not written down.
    fn write_cancelled(&mut self, to: ReplyTo<Cancel>, id: String) {
        self.ask(Op::Failed { id: id.clone(), reason: "cancelled".to_owned() }, Then::Nothing);
        self.ask(Op::Find { id: id.clone() }, Then::Cancelled(to, id));
    }

    /// It is on disk that the message is not sent any more; one that was only for a receiver on line never was on disk.
    pub(in crate::core) fn on_cancelled(
        &mut self,
        to: ReplyTo<Cancel>,
        id: String,
        result: Result<Option<Message>, StoreError>,
    ) {
        let written =
            matches!(&result, Ok(found) if found.as_ref().is_none_or(|one| one.state == State::Failed));
        match written {
            true => drop(self.outbox.unwritten.remove(&id)),
            false if self.outbox.unwritten.len() < MAX => drop(self.outbox.unwritten.insert(id.clone())),
            false => {}
        }
        let done = match result {
            Err(error) => Err(unexpected(&error)),
            Ok(Some(message)) if message.state != State::Failed => {
                let message = "it could not be written down that the message was taken back; after a restart of qqd it \
                               would be sent";
                Err(Error::new(Code::Unexpected, message).with_hint("make room on the disk, cancel it again"))
            }
            Ok(_) => Ok(Done { id, state: State::Failed }),
        };
        self.reply(to, done);
    }

    /// Nothing of that id waits: what is it, then?
    pub(in crate::core) fn on_not_waiting(
        &mut self,
        to: ReplyTo<Cancel>,
        id: &str,
        result: Result<Matches, StoreError>,
    ) {
        let error = match result.map(|(matches, _)| only(id, matches)) {
            Err(error) => unexpected(&error),
            Ok(Err(error)) => error,
            Ok(Ok((_, message))) => {
                let id = &message.id;
                let said = match (message.state, message.reason.as_deref()) {
                    (State::Failed, Some("cancelled")) => format!("message {id} was taken back already"),
                    (State::Failed, _) => {
                        format!("message {id} has failed already and is not sent by itself")
                    }
                    (State::Queued | State::Sent | State::Acked | State::Delivered | State::Read, _) => {
                        format!("message {id} does not wait to be sent any more")
                    }
                };
                let hint = match message.state {
                    State::Failed => format!("qqctl outbox retry {id} sends it again"),
                    State::Queued | State::Sent | State::Acked | State::Delivered | State::Read => {
                        format!("qqctl chat explain {id}")
                    }
                };
                Error::new(Code::Conflict, said).with_hint(hint).with_field("state", message.state.word())
            }
        };
        self.reply(to, Err(error));
    }

    /// `outbox.clear`.
    pub(in crate::core) fn clear(&mut self, to: ReplyTo<Clear>, params: &Clear) {
        let begun = match &params.id {
            Some(id) => self.begun(id).map(Some),
            None if self.account.is_none() => Err(not_logged_in()),
            None => Ok(None),
        };
        match begun {
            Err(error) => self.reply(to, Err(error)),
            Ok(id) => self.ask(Op::Clear { id: id.clone() }, Then::Unlisted(to, id)),
        }
    }

    pub(in crate::core) fn on_unlisted(
        &mut self,
        to: ReplyTo<Clear>,
        id: Option<&str>,
        result: Result<op::Done, StoreError>,
    ) {
        let cleared = match result {
            Err(error) => Err(unexpected(&error)),
            Ok(op::Done::Unlisted(messages)) => Ok(Cleared { messages }),
            Ok(op::Done::Explained { matches, .. }) => Err(match only(id.unwrap_or_default(), matches) {
                Err(error) => error,
                Ok((_, message)) => not_failed(&message, "taken off the list"),
            }),
            Ok(_) => Ok(Cleared::default()),
        };
        self.reply(to, cleared);
    }

    /// `outbox.retry`.
    pub(in crate::core) fn retry(&mut self, to: ReplyTo<Retry>, params: &Retry) {
        let begun = self.begun(&params.id).and_then(|begun| match &self.refused {
            Some(error) => Err(error.clone()),
            None if self.outbox.is_full() => {
                let message =
                    format!("{MAX} messages wait for the server already; try again when some are gone");
                Err(Error::new(Code::Busy, message).with_retry_after_ms(30_000))
            }
            None => Ok(begun),
        });
        match begun {
            Err(error) => self.reply(to, Err(error)),
            Ok(id) => {
                let op = Op::Retry { id: id.clone(), ts: self.ts() };
                self.ask(op, Then::Retried(to, id));
            }
        }
    }

    /// The message is in the outbox on disk, or it is none that failed.
    pub(in crate::core) fn on_retried(
        &mut self,
        to: ReplyTo<Retry>,
        id: &str,
        result: Result<Result<Message, Matches>, StoreError>,
    ) {
        let message = match result {
            Err(error) => return self.reply(to, Err(unexpected(&error))),
            Ok(Err((matches, _))) => {
                let error = match only(id, matches) {
                    Err(error) => error,
                    Ok((_, message)) => not_failed(&message, "sent again"),
                };
                return self.reply(to, Err(error));
            }
            Ok(Ok(message)) => message,
        };
        if !self.is_of(&message) {
            return self.reply(to, Err(not_logged_in()));
        }
        let (id, receiver, ts) = (message.id.clone(), message.to.clone(), message.ts.clone());
        if self.outbox.entry_mut(&id).is_none() {
            self.outbox.push(Entry::new(message, false));
        }
        let step =
            Step { id: &id, to: &receiver, state: State::Queued, peer: None, reason: None, counts: true };
        self.tell_chat(step, ts);
        self.pump();
        let state = self.outbox.underway(&id).map_or(State::Queued, |(state, _)| state);
        self.reply(to, Ok(Done { id, state }));
    }
}

fn not_failed(message: &Message, what: &str) -> Error {
    let said = match message.state {
        State::Queued | State::Sent => format!("message {} waits already and is sent by itself", message.id),
        State::Acked | State::Delivered | State::Read | State::Failed => {
            format!("message {} did not fail; only one that failed can be {what}", message.id)
        }
    };
    Error::new(Code::Conflict, said)
        .with_hint(format!("qqctl chat explain {}", message.id))
        .with_field("state", message.state.word())
}
