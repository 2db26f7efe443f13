//! The messages that wait, in their order, and who waits for them.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use ipc_schema::chat::{Peer, Send, State, Wait};
use relay_schema::{Chat, Id};

use super::MAX;
use crate::core::body;
use crate::core::op::{self, Message};
use crate::core::request::{ReplyTo, Requests};

/// Whether the receiver was on line is remembered for so many messages.
const PEERS_MAX: usize = 256;
/// The most steps of a message that are not on disk.
const NOTES_MAX: usize = 16;

/// One message.
#[derive(Debug)]
pub(in crate::core) struct Entry {
    pub(in crate::core) message: Message,
    /// Only if the receiver is on line: it is in no store before the ack.
    pub(in crate::core) require: bool,
    /// Written in this session and not answered.
    pub(super) flying: bool,
    /// The relay has said that nobody of the receiver is on line.
    pub(super) away: bool,
    /// How often a connection ended at this message.
    pub(super) bad: u8,
    /// Written before, and the relay has not said that it did not take it.
    pub(super) flown: bool,
    /// What happened with it and is not on disk yet.
    pub(super) notes: Vec<op::Step>,
    pub(super) waiting: Vec<(Wait, ReplyTo<Send>)>,
}

/// What waits, and who waits for it.
#[derive(Debug, Default)]
pub(in crate::core) struct Outbox {
    pub(super) entries: VecDeque<Entry>,
    pub(super) flying: usize,
    /// The relay takes nothing until the oldest message comes again, which is not before then.
    pub(super) sticky: Option<Duration>,
    /// So many messages go one by one, because one among them ends connections.
    pub(super) careful: usize,
    /// When the relay last answered while it owed an answer.
    pub(super) answered: Duration,
    /// Who waits for a message that the relay has, by id, and for what.
    pub(super) awaited: HashMap<String, Vec<(Wait, ReplyTo<Send>)>>,
    pub(super) peers: VecDeque<(String, Peer)>,
    /// Taken back by somebody, which is not on disk: a restart would send them.
    pub(super) unwritten: BTreeSet<String>,
}

impl Outbox {
    pub(in crate::core) fn begin(&mut self, messages: Vec<Message>) {
        self.entries = messages.into_iter().map(|message| Entry::new(message, false)).collect();
    }

    /// When what waits longest was written; it may have been asked for again since.
    pub(in crate::core) fn oldest(&self) -> Option<&str> {
        self.entries.iter().map(|entry| entry.message.ts.as_str()).min()
    }

    pub(in crate::core) fn len(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }

    pub(in crate::core) fn is_full(&self) -> bool {
        self.entries.len() >= MAX
    }

    pub(in crate::core) fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }

    pub(in crate::core) fn entry_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.message.id == id)
    }

    /// The relay takes nothing for a while.
    pub(in crate::core) fn is_held(&self) -> bool {
        self.sticky.is_some()
    }

    /// How far a message is that waits here, and what happened with it that is not on disk.
    pub(in crate::core) fn underway(&self, id: &str) -> Option<(State, &[op::Step])> {
        let entry = self.entries.iter().find(|entry| entry.message.id == id)?;
        Some((entry.state(), &entry.notes))
    }

    /// What the relay said about the receiver of a message that it has.
    pub(in crate::core) fn peer(&self, id: &str) -> Option<Peer> {
        self.peers.iter().find(|(known, _)| known == id).map(|(_, peer)| *peer)
    }

    pub(in crate::core) fn await_arrival(&mut self, id: String, wait: Wait, to: ReplyTo<Send>) {
        self.awaited.entry(id).or_default().push((wait, to));
    }

    /// Those who have waited for that; what was read was delivered, too.
    pub(in crate::core) fn arrived(&mut self, id: &str, state: State) -> Vec<ReplyTo<Send>> {
        let waiting = self.awaited.remove(id).unwrap_or_default();
        let there = |wait: &Wait| state == State::Read || *wait != Wait::Read;
        let (there, further): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(wait, _)| there(wait));
        if !further.is_empty() {
            self.awaited.insert(id.to_owned(), further);
        }
        there.into_iter().map(|(_, to)| to).collect()
    }

    /// What was only for a receiver on line and cannot be that any more: its session is over.
    pub(super) fn requiring(&self) -> Vec<String> {
        self.entries.iter().filter(|entry| entry.require).map(|entry| entry.message.id.clone()).collect()
    }

    /// What was only for a receiver on line, has not left yet, and nobody waits for any more.
    pub(super) fn forsaken(&self) -> Vec<String> {
        let all = self.entries.iter();
        let forsaken = all.filter(|entry| entry.require && !entry.flying && entry.waiting.is_empty());
        forsaken.map(|entry| entry.message.id.clone()).collect()
    }

    /// Forgets those who wait no more.
    pub(in crate::core) fn forget(&mut self, requests: &Requests) {
        for entry in &mut self.entries {
            entry.waiting.retain(|(_, to)| requests.is_open(to));
        }
        self.awaited.retain(|_, waiting| {
            waiting.retain(|(_, to)| requests.is_open(to));
            !waiting.is_empty()
        });
    }

    /// How many wait for a message's answer.
    #[cfg(test)]
    pub(in crate::core) fn waiters(&self) -> usize {
        let sending: usize = self.entries.iter().map(|entry| entry.waiting.len()).sum();
        sending + self.awaited.values().map(Vec::len).sum::<usize>()
    }

    /// The session is over: what was on its way is not.
    pub(super) fn land(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.flying) {
            entry.flying = false;
            entry.away = false;
        }
        self.flying = 0;
        self.sticky = None;
    }

    pub(super) fn take(&mut self, id: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.message.id == id)?;
        let entry = self.entries.remove(at)?;
        if entry.flying {
            self.flying -= 1;
        }
        Some(entry)
    }

    pub(super) fn remember(&mut self, id: String, peer: Peer) {
        if self.peers.len() == PEERS_MAX {
            self.peers.pop_front();
        }
        self.peers.push_back((id, peer));
    }
}

impl Entry {
    pub(in crate::core) fn new(message: Message, require: bool) -> Self {
        Self {
            message,
            require,
            flying: false,
            away: false,
            bad: 0,
            flown: false,
            notes: Vec::new(),
            waiting: Vec::new(),
        }
    }

    pub(in crate::core) fn wait(&mut self, wait: Wait, to: ReplyTo<Send>) {
        self.waiting.push((wait, to));
    }

    pub(in crate::core) fn state(&self) -> State {
        if self.flying { State::Sent } else { State::Queued }
    }

    /// Keeps in mind what happens with it; what happens again and again is counted.
    pub(super) fn note(&mut self, ts: String, state: State, reason: Option<&str>) {
        let same = |known: &&mut op::Step| known.state == state && known.reason.as_deref() == reason;
        if let Some(known) = self.notes.iter_mut().rev().take(2).find(same) {
            (known.ts, known.times) = (ts, known.times + 1);
        } else if self.notes.len() < NOTES_MAX {
            self.notes.push(op::Step { ts, state, reason: reason.map(str::to_owned), times: 1 });
        }
    }

    /// The same bytes every time.
    pub(super) fn stanza(&self) -> Option<Chat> {
        let message = &self.message;
        let body = message.body.as_deref().and_then(body::decode);
        Some(Chat {
            myaccount: message.from.clone(),
            friendaccount: message.to.clone(),
            content: message.text.clone(),
            id: Some(Id::new(&message.id)?),
            kind: (message.kind != "text").then(|| message.kind.clone()),
            re: message.re.as_deref().and_then(Id::new),
            body,
            require: self.require.then(|| "online".to_owned()),
            ..Chat::default()
        })
    }
}
