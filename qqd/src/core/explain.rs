//! What became of a message: its steps as the store has them, what is on its way right now, and a sentence for a person.

use ipc_schema::chat::{Explain, Explained, State, Step};
use ipc_schema::{Code, Error, presence};

use super::account::Account;
use super::address::usage;
use super::name::quote;
use super::op::{self, Message, StoreError};
use super::read::shown;
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// Messages whose ids begin with what was asked, and what happened with the only one.
pub(super) type Matches = (Vec<(u64, Message)>, Vec<op::Step>);

impl Account {
    /// `chat.explain`.
    pub(super) fn explain(&mut self, to: ReplyTo<Explain>, params: &Explain) {
        match self.begun(&params.id) {
            Err(error) => self.reply(to, Err(error)),
            Ok(id) => self.ask(op::Op::Explain { id: id.clone() }, Then::Explain(to, id)),
        }
    }

    /// The first characters of a message's id, or all of them.
    pub(super) fn begun(&self, id: &str) -> Result<String, Error> {
        if self.account.is_none() {
            return Err(super::name::not_logged_in());
        }
        let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=64).contains(&id.len()) || !id.bytes().all(valid) {
            let message =
                format!("{:?} is no message's id: that has 1 to 64 of A-Z, a-z, 0-9, _ and -", quote(id));
            return Err(usage(message));
        }
        Ok(id.to_owned())
    }

    pub(super) fn on_explained(
        &mut self,
        to: ReplyTo<Explain>,
        id: &str,
        result: Result<Matches, StoreError>,
    ) {
        let explained = match result {
            Err(error) => Err(unexpected(&error)),
            Ok((matches, steps)) => {
                only(id, matches).map(|(row, message)| self.explained(row, message, steps))
            }
        };
        self.reply(to, explained);
    }

    fn explained(&self, row: u64, mut message: Message, mut steps: Vec<op::Step>) -> Explained {
        let own = self.account.as_ref().is_some_and(|account| account.account == message.from);
        if own && let Some((state, notes)) = self.outbox.underway(&message.id) {
            message.state = state;
            steps.extend(notes.iter().cloned());
        }
        if steps.is_empty() {
            // From before there were steps, or from the server's history.
            let (ts, reason) = (message.ts.clone(), message.reason.clone());
            let state = if own || message.state == State::Read { message.state } else { State::Delivered };
            steps.push(op::Step { ts, state, reason, times: 1 });
        }
        let summary = if own { self.summary(&message, &steps) } else { received(&message).to_owned() };
        let steps = steps.into_iter().map(|step| told(step, &message, own)).collect();
        let account = self.account.as_ref().map(|account| account.account.as_str()).unwrap_or_default();
        Explained { message: shown(row, message, account), steps, summary }
    }

    /// Where an own message is, and what happens next.
    fn summary(&self, message: &Message, steps: &[op::Step]) -> String {
        let to = &message.to;
        match message.state {
            State::Queued if !self.link.is_online() => {
                format!("it waits here, for {} is not connected; it is sent as soon as it is", self.own_relay())
            }
            State::Queued if self.outbox.is_held() => {
                "it waits here, for the server takes no more for a moment; it is sent by itself".to_owned()
            }
            State::Queued => "it waits here behind others and is sent by itself".to_owned(),
            State::Sent => {
                "it was sent, and the server has not confirmed it; should the connection end before, it is sent again"
                    .to_owned()
            }
            State::Acked => {
                let away = match self.presence_of(to) {
                    Some(state) => state == presence::State::Offline,
                    None => steps.last().is_some_and(|step| step.reason.as_deref() == Some("receiver-offline")),
                };
                match away {
                    true => format!("the server has it; {to} is off line and gets it when next on line"),
                    false => format!("the server has it, and no device of {to} has confirmed it yet"),
                }
            }
            State::Delivered => format!("it is on a device of {to}"),
            State::Read => format!("{to} has read it"),
            State::Failed => {
                let reason = message.reason.as_deref().unwrap_or_default();
                let why = super::chat::refusal(reason, &message.id, to).message;
                format!("it was not sent: {why}; `qqctl outbox retry {0}` sends it again, `qqctl outbox clear {0}` takes it off the list", message.id)
            }
        }
    }

    fn presence_of(&self, friend: &str) -> Option<presence::State> {
        let mut all = self.visible()?.groups.iter().flat_map(|group| &group.friends);
        all.find(|entry| entry.account == friend).map(|entry| entry.state)
    }
}

/// The one message that is meant.
pub(super) fn only(id: &str, mut matches: Vec<(u64, Message)>) -> Result<(u64, Message), Error> {
    match (matches.pop(), matches.is_empty()) {
        (None, _) => {
            Err(Error::new(Code::NotFound, format!("no message here has an id that begins with {id}"))
                .with_hint("`qqctl --json history TO` shows ids, and so does `qqctl outbox list`"))
        }
        (Some(one), true) => Ok(one),
        (Some(last), false) => {
            let ids = matches.into_iter().map(|(_, message)| message.id).chain([last.1.id]);
            Err(several(id, ids.collect()))
        }
    }
}

/// More than one message is meant.
pub(super) fn several(id: &str, ids: Vec<String>) -> Error {
    let shown: Vec<&str> = ids.iter().take(5).map(String::as_str).collect();
    let message = format!("several ids begin with {id} ({}); write more of it", shown.join(", "));
    Error::new(Code::Ambiguous, message).with_field("matches", ids)
}

fn received(message: &Message) -> &'static str {
    match message.state {
        State::Read => "you have read it",
        State::Queued | State::Sent | State::Acked | State::Delivered | State::Failed => {
            "it is here, and unread"
        }
    }
}

/// A step for a person.
fn told(step: op::Step, message: &Message, own: bool) -> Step {
    let to = &message.to;
    let mut text = match (step.state, step.reason.as_deref()) {
        (State::Queued, None) => "stored here".to_owned(),
        (State::Queued, Some("relay-away")) => "stored here; the server was away".to_owned(),
        (State::Queued, Some("throttled")) => {
            "the server asked to wait: too many messages in too short a time".to_owned()
        }
        (State::Queued, Some("retried")) => "to be sent again, as you asked".to_owned(),
        (State::Queued, Some("server-restored")) => {
            "to be sent again: the server was restored from a backup and did not have it".to_owned()
        }
        (State::Queued, Some(other)) => format!("the server could not take it yet ({})", quote(other)),
        (State::Sent, None) => "sent to the server".to_owned(),
        (State::Sent, Some(_)) => "sent to the server again, after the connection was lost".to_owned(),
        (State::Acked, Some("receiver-offline")) => format!("the server keeps it; {to} was off line"),
        (State::Acked, Some("other-device")) => "written on another device of yours".to_owned(),
        (State::Acked, _) => "the server has it on its disk".to_owned(),
        (State::Delivered, _) if own => format!("arrived at a device of {to}"),
        (State::Delivered, _) => "arrived on this computer".to_owned(),
        (State::Read, _) if own => format!("read by {to}"),
        (State::Read, Some("other-device")) => "read on another device of yours".to_owned(),
        (State::Read, _) => "read here".to_owned(),
        (State::Failed, reason) => super::chat::refusal(reason.unwrap_or_default(), &message.id, to).message,
    };
    if step.times > 1 {
        text.push_str(&format!(" ({} times, this was the last)", step.times));
    }
    Step { ts: step.ts, state: step.state, reason: step.reason, text }
}
