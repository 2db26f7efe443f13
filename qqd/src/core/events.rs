//! Events: numbered, applied to a mirror, kept for those who come back with `since`.

use std::collections::VecDeque;

use ipc_schema::{Envelope, Event, State, daemon, state};

use super::io::ClientId;
use super::request::ReplyTo;
use super::{Core, Now, Output, VERSION, clock};

/// How many durable events are kept.
const MAX_KEPT: usize = 4_096;
/// How many bytes of other people's text the kept events may hold; the oldest give way.
const MAX_KEPT_BYTES: usize = 16 << 20;

/// The stream of events so far.
#[derive(Debug)]
pub(super) struct Events {
    last: u64,
    /// Nothing up to this number can be told again.
    floor: u64,
    kept: VecDeque<Envelope>,
    bytes: usize,
    mirror: State,
}

impl Events {
    pub(super) fn new(started: Now) -> Self {
        let first = u64::try_from(started.wall_us).unwrap_or_default();
        let daemon = state::Daemon {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            started: clock::rfc3339(started.wall_us),
        };
        let mirror = State { daemon, accounts: Vec::new() };
        Self { last: first, floor: first, kept: VecDeque::new(), bytes: 0, mirror }
    }

    /// What every frontend that has heard all events knows.
    pub(super) fn mirror(&self) -> &State {
        &self.mirror
    }

    fn keep(&mut self, envelope: Envelope) {
        self.bytes += weight(&envelope);
        self.kept.push_back(envelope);
        while self.kept.len() > MAX_KEPT || self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= weight(&oldest);
            self.floor = oldest.seq;
        }
    }

    fn missed(&self, since: u64) -> Option<Vec<Envelope>> {
        let known = (self.floor..=self.last).contains(&since);
        known.then(|| self.kept.iter().filter(|envelope| envelope.seq > since).cloned().collect())
    }
}

/// What an event weighs in memory: only a message's text can be long.
fn weight(envelope: &Envelope) -> usize {
    match &envelope.event {
        Event::ChatReceived(chat) => 512 + chat.text.len() + chat.kind.len(),
        _ => 512,
    }
}

impl Core {
    /// Tells every subscriber something that happens now.
    pub(super) fn tell(&mut self, event: Event) {
        let local = self.local_name();
        self.emit(local, event, false);
    }

    /// Tells every subscriber something that happened while the daemon was away.
    pub(super) fn tell_replayed(&mut self, event: Event) {
        let local = self.local_name();
        self.emit(local, event, true);
    }

    /// Tells the whole state, because more has changed than the events can say.
    pub(super) fn tell_state(&mut self, accounts: Vec<state::Account>) {
        let state = State { daemon: self.events.mirror.daemon.clone(), accounts };
        self.emit(None, Event::DaemonState(state), false);
    }

    pub(super) fn emit(&mut self, local: Option<String>, event: Event, replayed: bool) {
        self.events.last += 1;
        let mut envelope = Envelope::new(self.events.last, self.ts(), local, event);
        envelope.replayed = replayed;
        self.events.mirror.apply(&envelope);
        if envelope.event.is_durable() {
            self.events.keep(envelope.clone());
        }
        self.outputs.push_back(Output::Event(envelope));
    }

    /// The local name of the account that is logged in.
    pub(super) fn local_name(&self) -> Option<String> {
        self.account.as_ref().map(|account| account.local.clone())
    }

    /// `events.subscribe`.
    pub(super) fn subscribe(
        &mut self,
        to: ReplyTo<daemon::Subscribe>,
        client: ClientId,
        params: &daemon::Subscribe,
    ) {
        let seq = self.events.last;
        let now = |event| Envelope::new(seq, self.ts(), None, event);
        let state = || now(Event::DaemonState(self.events.mirror.clone()));
        let first = match params.since {
            None => vec![state()],
            Some(since) => self
                .events
                .missed(since)
                .unwrap_or_else(|| vec![now(Event::DaemonGap(daemon::Gap { lost: None })), state()]),
        };
        self.reply(to, Ok(daemon::Subscribed { seq }));
        self.outputs.push_back(Output::Subscribed { client, first });
    }
}
