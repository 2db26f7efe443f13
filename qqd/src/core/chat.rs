//! Sending a message: it is stored first, then sent, and told as far as the caller wants to wait.

use ipc_schema::chat::{Send, Sent, State, TEXT_MAX_CHARS, Wait};
use ipc_schema::{Code, Error};
use relay_schema::Id;

use super::account::Account;
use super::address::usage;
use super::name::{not_logged_in, quote};
use super::op::{Message, Op, StoreError};
use super::outbox::{self, Entry, Step};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// A `chat.send` that the store is asked about.
#[derive(Debug)]
pub(super) struct Asked {
    to: ReplyTo<Send>,
    wait: Option<Wait>,
    require: bool,
    message: Message,
}

impl Account {
    /// `chat.send`.
    pub(super) fn chat(&mut self, to: ReplyTo<Send>, params: Send) {
        let keyed = params.id.is_some();
        let (wait, require) = (params.wait, params.require_online);
        let message = match self.checked(params) {
            Err(error) => return self.reply(to, Err(error)),
            Ok(message) => message,
        };
        if let Some(known) =
            self.outbox.entry_mut(&message.id).filter(|_| keyed).map(|entry| entry.message.clone())
        {
            return self.known(Asked { to, wait, require, message }, known);
        }
        let asked = Asked { to, wait, require, message };
        if !require {
            let message = asked.message.clone();
            return self.ask(Op::Queue(message), Then::Queued(Box::new(asked)));
        }
        if keyed {
            let id = asked.message.id.clone();
            return self.ask(Op::Find { id }, Then::Found(Box::new(asked)));
        }
        self.send_now(asked);
    }

    /// The message, if it can be sent at all.
    fn checked(&mut self, params: Send) -> Result<Message, Error> {
        let from = self.account.as_ref().map(|account| account.account.clone()).ok_or_else(not_logged_in)?;
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        let to = self.resolve(&params.to)?;
        check_text(&params.text)?;
        let id = match params.id {
            None => self.random_id().to_string(),
            Some(key) => Id::new(&key)
                .ok_or_else(|| usage("a message's KEY has 1 to 64 of A-Z, a-z, 0-9, _ and -".to_owned()))?
                .to_string(),
        };
        if self.outbox.is_full() && self.outbox.entry_mut(&id).is_none() {
            let message = format!(
                "{} messages wait for the server already; send again when some are gone",
                outbox::MAX
            );
            return Err(Error::new(Code::Busy, message).with_retry_after_ms(30_000));
        }
        Ok(Message {
            id,
            from,
            to,
            text: params.text,
            kind: "text".to_owned(),
            body: None,
            re: None,
            conv: None,
            cseq: None,
            seq: None,
            state: State::Queued,
            reason: None,
            ts: self.ts(),
        })
    }

    /// The store has it, or had it before.
    pub(super) fn on_queued(&mut self, asked: Asked, result: Result<Option<(Message, bool)>, StoreError>) {
        match result {
            Err(error) => self.reply(asked.to, Err(unexpected(&error))),
            Ok(Some((message, true))) => self.known(asked, message),
            Ok(Some((_, false)) | None) if self.is_of(&asked.message) => self.queued(asked),
            Ok(_) => self.reply(asked.to, Err(not_logged_in())),
        }
    }

    /// Whether the message is of the account that is logged in (still).
    pub(super) fn is_of(&self, message: &Message) -> bool {
        self.account.as_ref().is_some_and(|account| account.account == message.from) && self.logout.is_none()
    }

    fn queued(&mut self, asked: Asked) {
        let Asked { to, wait, message, .. } = asked;
        let (id, friend, ts) = (message.id.clone(), message.to.clone(), message.ts.clone());
        if !self.link.is_online() {
            let away = self.seen(State::Queued, Some("relay-away"));
            self.ask(Op::Note { id: id.clone(), steps: vec![away] }, Then::Nothing);
        }
        self.outbox.push(Entry::new(message, false));
        let step =
            Step { id: &id, to: &friend, state: State::Queued, peer: None, reason: None, counts: true };
        self.tell_chat(step, ts);
        self.pump();
        self.follow(to, wait, &id);
    }

    /// Answers as far as the message is, or waits with it.
    fn follow(&mut self, to: ReplyTo<Send>, wait: Option<Wait>, id: &str) {
        let online = self.link.is_online();
        // A name that nobody here knows may be misspelt: whether it is somebody is what the relay says.
        let wait = wait.or_else(|| (online && !self.knows_of(id)).then_some(Wait::Relay));
        let Some(entry) = self.outbox.entry_mut(id) else {
            let sent = Sent { id: id.to_owned(), state: State::Queued, peer: None };
            return self.reply(to, Ok(sent));
        };
        let state = entry.state();
        match wait {
            Some(wait) => entry.wait(wait, to),
            None if online => self.reply(to, Ok(Sent { id: id.to_owned(), state, peer: None })),
            None => {
                let friend = entry.message.to.clone();
                let error = self.away(id, &friend);
                self.reply(to, Err(error));
            }
        }
    }

    /// Whether the message is to oneself or to somebody of the friend list.
    fn knows_of(&mut self, id: &str) -> bool {
        let to = self.outbox.entry_mut(id).map(|entry| entry.message.to.clone());
        to.is_none_or(|to| self.is_known(&to))
    }

    /// The message is kept, and the relay is not there.
    fn away(&self, id: &str, to: &str) -> Error {
        let relay = self.own_relay();
        let message =
            format!("{relay} is not connected; message {id} to {to} is kept and sent as soon as it is");
        Error::new(Code::NoRelay, message)
            .with_hint("`qqctl status` says why")
            .with_field("id", id)
            .with_field("state", State::Queued.word())
    }

    /// The id was used before: the same answer for the same message, and no second one.
    fn known(&mut self, asked: Asked, message: Message) {
        let Asked { to, wait, require, message: again } = asked;
        // Whether the receiver is on line is known with the ack: that is the answer, whatever is waited for.
        let wait = if require { wait.or(Some(Wait::Relay)) } else { wait };
        let same = |one: &Message| {
            (one.from.clone(), one.to.clone(), one.text.clone(), one.kind.clone(), one.re.clone())
        };
        if same(&message) != same(&again) {
            return self.reply(to, Err(refusal("conflict", &message.id, &again.to)));
        }
        let peer = self.outbox.peer(&message.id);
        let sent = Sent { id: message.id.clone(), state: message.state, peer };
        match (message.state, wait) {
            (State::Queued | State::Sent, _) => self.follow(to, wait, &message.id),
            (State::Failed, _) => {
                let reason = message.reason.unwrap_or_default();
                self.reply(to, Err(refusal(&reason, &message.id, &message.to)));
            }
            (State::Acked, Some(wait @ (Wait::Delivered | Wait::Read))) => {
                self.outbox.await_arrival(message.id, wait, to);
            }
            (State::Delivered, Some(Wait::Read)) => {
                self.outbox.await_arrival(message.id, Wait::Read, to);
            }
            (State::Acked | State::Delivered | State::Read, _) => self.reply(to, Ok(sent)),
        }
    }

    /// Whether a key of a message that must not wait was used before.
    pub(super) fn on_found(&mut self, asked: Asked, result: Result<Option<Message>, StoreError>) {
        match result {
            Err(error) => self.reply(asked.to, Err(unexpected(&error))),
            Ok(Some(message)) => self.known(asked, message),
            Ok(None) if self.is_of(&asked.message) => self.send_now(asked),
            Ok(None) => self.reply(asked.to, Err(not_logged_in())),
        }
    }

    /// Only if the receiver is on line: nothing is stored before the relay has it, so nothing is left if it does not.
    fn send_now(&mut self, asked: Asked) {
        if !self.requests.is_open(&asked.to) {
            return;
        }
        if !self.link.is_online() {
            let message = format!("{} is not connected; the message was not kept", self.own_relay());
            return self.reply(asked.to, Err(Error::new(Code::NoRelay, message)));
        }
        let mut entry = Entry::new(asked.message, true);
        entry.wait(asked.wait.unwrap_or(Wait::Relay), asked.to);
        self.outbox.push(entry);
        self.pump();
    }
}

fn check_text(text: &str) -> Result<(), Error> {
    let length = text.chars().take(TEXT_MAX_CHARS + 1).count();
    if length == 0 {
        return Err(usage("the text is empty; write something".to_owned()));
    }
    if length > TEXT_MAX_CHARS {
        return Err(usage(format!("the text has more than {TEXT_MAX_CHARS} characters; send it in parts"))
            .with_field("reason", "too-big"));
    }
    match text.chars().find(|&c| !is_xml(c)) {
        None => Ok(()),
        Some(c) => Err(usage(format!(
            "the text holds the control character U+{:04X}, which cannot be sent unchanged; take it out",
            u32::from(c)
        ))),
    }
}

/// Whether XML 1.0 allows the character, so that it arrives as it was written.
pub(super) fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

/// Why a message was refused for good, as an answer to whoever sent it.
pub(super) fn refusal(reason: &str, id: &str, to: &str) -> Error {
    let (code, message) = match reason {
        "unknown" => (
            Code::Unreachable,
            format!(
                "{to} cannot be reached: no such account, or it takes no messages from you; look at the spelling of the name"
            ),
        ),
        "forbidden" | "not-your-account" => (
            Code::Denied,
            format!("the server does not let you write to {to} now; be friends first: qqctl friend add {to}"),
        ),
        "too-big" => (Code::Usage, "the server takes shorter messages only; send it in parts".to_owned()),
        "rate" => {
            (Code::Throttled, "too many messages in too short a time; send again in a while".to_owned())
        }
        "lost" => (
            Code::NoRelay,
            format!(
                "the connection was lost before an answer came; unless the message was through, {to} does not get it"
            ),
        ),
        "storage" => (
            Code::Busy,
            "the server has no room on its disk; tell whoever runs it, send again later".to_owned(),
        ),
        "conflict" => {
            (Code::Conflict, format!("the key {id} was used for another message; choose another key"))
        }
        "offline" => (
            Code::Offline,
            format!("{to} is off line, and the message was not to wait; send it again when {to} is there"),
        ),
        "expired" => {
            (Code::Timeout, format!("the message to {to} waited for 14 days and was given up; send it again"))
        }
        "cancelled" => {
            (Code::Conflict, format!("the message to {to} was taken back before it was sent; nobody has it"))
        }
        "malformed" => {
            (Code::Unexpected, format!("the server cannot read the message to {to}; write it in other words"))
        }
        "no-encryption" => (
            Code::Unsupported,
            format!("the program of {to} cannot read encrypted messages; it must be updated"),
        ),
        "unknown-type" => {
            (Code::Unsupported, "the server is too old for this message; it must be updated".to_owned())
        }
        other => (
            Code::Unexpected,
            format!("the server refused the message to {to} ({:?}); ask whoever runs it", quote(other)),
        ),
    };
    Error::new(code, message)
        .with_field("id", id)
        .with_field("state", State::Failed.word())
        .with_field("reason", quote(reason))
}
