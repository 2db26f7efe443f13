//! The outbox: messages that the relay has not acknowledged, oldest first, at most 32 on their way at a time.

mod queue;
mod request;

use std::time::Duration;

use ipc_schema::chat::{Changed, Peer, Sent, State, Wait};
use ipc_schema::{Error, Event};
use relay_schema::{Ack, Id, Nack, NackCode};

use super::account::Account;
use super::failure::Failure;
use super::io::Closed;
use super::op::{Message, Op};
use super::stored::Then;

use super::{clock, op};
pub(super) use queue::{Entry, Outbox};

/// The most messages on their way at a time.
const WINDOW: usize = 32;
/// The most messages that wait.
pub(super) const MAX: usize = 4_096;
/// A relay that answers nothing for so long while it owes answers is not to be trusted with more.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// The longest pause that a relay may impose on the outbox.
const RETRY_MAX: Duration = Duration::from_secs(300);

impl Account {
    pub(super) fn outbox_deadline(&self) -> Option<Duration> {
        if !self.link.is_online() {
            None
        } else if self.outbox.flying > 0 {
            Some(self.outbox.answered + ANSWER_MAX)
        } else {
            self.outbox.sticky
        }
    }

    pub(super) fn on_outbox_tick(&mut self) {
        if self.outbox_deadline().is_none_or(|deadline| deadline > self.now.mono) {
            return;
        }
        if self.outbox.flying > 0 {
            let relay = self.relay();
            return self.fail(Failure::trouble("it does not answer messages any more", &relay));
        }
        // All are answered now, and the one that the relay stumbled over is the oldest: it goes first.
        self.outbox.sticky = None;
        self.pump();
    }

    /// Sends what may be sent, oldest first.
    pub(super) fn pump(&mut self) {
        let held_back = self.outbox.sticky.is_some() || self.logout.is_some() || self.inbox.is_comparing();
        if !self.link.is_online() || held_back {
            return;
        }
        let window = if self.outbox.careful > 0 { 1 } else { WINDOW };
        let mut at = 0;
        while self.outbox.flying < window && at < self.outbox.entries.len() {
            if !self.outbox.entries[at].flying {
                self.fly(at);
            }
            at += 1;
        }
    }

    fn fly(&mut self, at: usize) {
        let Some(entry) = self.outbox.entries.get_mut(at) else { return };
        let Some(chat) = entry.stanza() else { return };
        entry.note(clock::rfc3339(self.now.wall_us), State::Sent, entry.flown.then_some("sent-again"));
        (entry.flying, entry.flown) = (true, true);
        if self.outbox.flying == 0 {
            self.outbox.answered = self.now.mono;
        }
        self.outbox.flying += 1;
        self.send(chat);
    }

    /// `ack` to a chat: it is on the relay's disk.
    pub(super) fn on_chat_ack(&mut self, ack: Ack) {
        let id = ack.id.as_str();
        if self.outbox.entry_mut(id).is_none_or(|entry| !entry.flying) {
            return;
        }
        let Some(mut entry) = self.outbox.take(id) else { return };
        let ts = ack.ts.unwrap_or_else(|| self.ts());
        let (conv, cseq) = (ack.conv.unwrap_or_default(), ack.cseq.unwrap_or_default());
        let to = entry.message.to.clone();
        if entry.require {
            self.ask(Op::Queue(entry.message), Then::Nothing);
        }
        if entry.away {
            entry.notes.push(self.seen(State::Acked, Some("receiver-offline")));
        }
        self.ask(Op::Note { id: id.to_owned(), steps: entry.notes }, Then::Nothing);
        let acked = Op::Acked { id: id.to_owned(), conv: conv.clone(), cseq, ts: ts.clone() };
        self.ask(acked, Then::Acked);
        let peer = if entry.away { Peer::Offline } else { Peer::Online };
        self.outbox.remember(id.to_owned(), peer);
        self.tell_chat(
            Step { id, to: &to, state: State::Acked, peer: Some(peer), reason: None, counts: true },
            ts,
        );
        for (wait, reply) in entry.waiting {
            match wait {
                Wait::Relay => {
                    let sent = Sent { id: id.to_owned(), state: State::Acked, peer: Some(peer) };
                    self.reply(reply, Ok(sent));
                }
                Wait::Delivered | Wait::Read => self.outbox.await_arrival(id.to_owned(), wait, reply),
            }
        }
        self.mark_note(&to, &conv, cseq);
        self.answered();
    }

    /// One answer has come; the next message may go.
    fn answered(&mut self) {
        self.outbox.answered = self.now.mono;
        self.outbox.careful = self.outbox.careful.saturating_sub(1);
        self.pump();
        self.fill();
    }

    /// `line` `-1` with the id of a chat comes just before its ack.
    pub(super) fn on_chat_away(&mut self, id: &Id) {
        if let Some(entry) = self.outbox.entry_mut(id.as_str()).filter(|entry| entry.flying) {
            entry.away = true;
        }
    }

    /// `nack` to a chat. With `retry` the relay answers every later one alike until this one comes again.
    pub(super) fn on_chat_nack(&mut self, nack: &Nack) {
        let id = nack.id.as_str();
        let ts = self.ts();
        let Some(entry) = self.outbox.entry_mut(id).filter(|entry| entry.flying) else { return };
        let Some(retry) = nack.retry else {
            self.fail_message(id, nack.code.as_str());
            return self.answered();
        };
        // It is not there, so it may be taken back.
        (entry.flying, entry.flown, entry.away) = (false, false, false);
        let reason = if nack.code == NackCode::Rate {
            "throttled".to_owned()
        } else {
            super::name::quote(nack.code.as_str())
        };
        entry.note(ts, State::Queued, Some(&reason));
        self.outbox.flying -= 1;
        self.outbox.answered = self.now.mono;
        if self.outbox.sticky.is_none() {
            let pause = Duration::from_millis(retry.max(1)).min(RETRY_MAX);
            self.outbox.sticky = Some(self.now.mono + pause);
        }
    }

    /// `error` with the id of a chat: the relay will never take it.
    pub(super) fn on_chat_refused(&mut self, id: &Id, code: &str) {
        if self.outbox.entry_mut(id.as_str()).is_some_and(|entry| entry.flying) {
            self.fail_message(id.as_str(), code);
            self.answered();
        }
    }

    /// A connection ends because the relay could not read something. Twice at one message, and it is that message.
    pub(super) fn suspect(&mut self, id: Option<&Id>) {
        let alone = self.outbox.flying == 1;
        let flying = self.outbox.flying;
        let suspect = self.outbox.entries.iter_mut().find(|entry| match id {
            Some(id) => entry.message.id == id.as_str(),
            None => alone && entry.flying,
        });
        self.outbox.careful = flying.max(1);
        let Some(suspect) = suspect else { return };
        suspect.bad += 1;
        if suspect.bad >= 2 {
            let id = suspect.message.id.clone();
            self.fail_message(&id, "malformed");
        }
    }

    /// It will not arrive.
    pub(super) fn fail_message(&mut self, id: &str, reason: &str) {
        let Some(entry) = self.outbox.take(id) else { return };
        let reason = super::name::quote(reason);
        if !entry.require {
            if !entry.notes.is_empty() {
                self.ask(Op::Note { id: id.to_owned(), steps: entry.notes }, Then::Nothing);
            }
            self.ask(Op::Failed { id: id.to_owned(), reason: reason.clone() }, Then::Nothing);
        }
        let to = entry.message.to;
        let ts = self.ts();
        let step = Step {
            id,
            to: &to,
            state: State::Failed,
            peer: None,
            reason: Some(reason.clone()),
            counts: true,
        };
        self.tell_chat(step, ts);
        for (_, reply) in entry.waiting {
            self.reply(reply, Err(super::chat::refusal(&reason, id, &to)));
        }
    }

    /// The session is over. What was only for a receiver on line is not kept for the next one: whoever asked is told
    /// so now, and must not be made a liar later.
    pub(super) fn land(&mut self) {
        for id in self.outbox.requiring() {
            self.fail_message(&id, "lost");
        }
        self.outbox.land();
        let noted = self.outbox.entries.iter_mut().filter(|entry| !entry.notes.is_empty());
        let noted = noted.map(|entry| (entry.message.id.clone(), std::mem::take(&mut entry.notes)));
        for (id, steps) in noted.collect::<Vec<_>>() {
            self.ask(Op::Note { id, steps }, Then::Nothing);
        }
    }

    /// What happens with a message right now.
    pub(super) fn seen(&self, state: State, reason: Option<&str>) -> op::Step {
        op::Step { ts: self.ts(), state, reason: reason.map(str::to_owned), times: 1 }
    }

    /// A frontend is gone: what was only for a receiver on line, and has not left yet, goes no more.
    pub(super) fn forsake(&mut self) {
        self.outbox.forget(&self.requests);
        let forsaken = self.outbox.forsaken();
        for id in &forsaken {
            self.fail_message(id, "cancelled");
        }
        // Perhaps the relay takes nothing else until that one comes again, which it never will, or the session ends.
        if !forsaken.is_empty() && self.outbox.sticky.is_some() {
            let relay = self.relay();
            self.fail(Failure::closed(&Closed::Hangup, None, &relay));
        }
    }

    /// Nothing older than 14 days is sent unasked.
    pub(super) fn expire(&mut self) {
        let since = self.unasked_since();
        let old = self.outbox.entries.iter().filter(|entry| entry.message.ts < since);
        let old: Vec<String> = old.map(|entry| entry.message.id.clone()).collect();
        for id in old {
            self.fail_message(&id, "expired");
        }
    }

    /// Messages that a restored relay lacks go again before all that is new.
    pub(super) fn requeue(&mut self, messages: Vec<Message>) {
        let mut at = 0;
        for message in messages {
            if self.outbox.entry_mut(&message.id).is_some() {
                continue;
            }
            // One that its receiver has already goes again too, but stays delivered.
            let (id, to, state) = (message.id.clone(), message.to.clone(), message.state);
            self.outbox.entries.insert(at, Entry::new(message, false));
            at += 1;
            let ts = self.ts();
            let step = Step { id: &id, to: &to, state, peer: None, reason: None, counts: true };
            self.tell_chat(step, ts);
        }
        self.pump();
    }

    /// Whoever waits for a message waits no more, and nothing is sent any more.
    pub(super) fn outbox_failed(&mut self, error: &Error) {
        let outbox = std::mem::take(&mut self.outbox);
        let sending = outbox.entries.into_iter().flat_map(|entry| entry.waiting).map(|(_, to)| to);
        let awaited = outbox.awaited.into_values().flatten().map(|(_, to)| to);
        for to in sending.chain(awaited).collect::<Vec<_>>() {
            self.reply(to, Err(error.clone()));
        }
    }

    /// `chat.state`.
    pub(super) fn tell_chat(&mut self, step: Step<'_>, ts: String) {
        let changed = Changed {
            id: step.id.to_owned(),
            to: step.to.to_owned(),
            state: step.state,
            peer: step.peer,
            reason: step.reason,
            ts,
            outbox: step.counts.then(|| self.outbox.len()),
        };
        self.tell(Event::ChatState(changed));
    }
}

/// One step of a message on its way.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) id: &'a str,
    pub(super) to: &'a str,
    pub(super) state: State,
    pub(super) peer: Option<Peer>,
    pub(super) reason: Option<String>,
    /// The outbox's length has changed.
    pub(super) counts: bool,
}
