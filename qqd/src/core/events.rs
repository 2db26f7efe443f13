//! Events: applied to the account's mirror, then numbered, and kept for those who come back with `since`.

use std::collections::VecDeque;

use ipc_schema::{Envelope, Event, State, daemon, state};

use super::account::{Account, Said};
use super::request::Caller;
use super::{Core, Now, Output, VERSION, clock};

/// How many durable events are kept.
const MAX_KEPT: usize = 4_096;
/// How many bytes of other people's text the kept events may hold; the oldest give way.
const MAX_KEPT_BYTES: usize = 16 << 20;

/// The stream of events so far, of all accounts.
#[derive(Debug)]
pub(super) struct Events {
    last: u64,
    /// Nothing up to this number can be told again.
    floor: u64,
    kept: VecDeque<Envelope>,
    bytes: usize,
    daemon: state::Daemon,
}

impl Events {
    pub(super) fn new(started: Now) -> Self {
        let first = u64::try_from(started.wall_us).unwrap_or_default();
        let daemon = state::Daemon {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            started: clock::rfc3339(started.wall_us),
            outdated: None,
        };
        Self { last: first, floor: first, kept: VecDeque::new(), bytes: 0, daemon }
    }

    /// What is installed instead of this daemon, if anything.
    pub(super) fn outdated(&self) -> Option<&daemon::Outdated> {
        self.daemon.outdated.as_ref()
    }

    pub(super) fn set_outdated(&mut self, outdated: daemon::Outdated) {
        self.daemon.outdated = Some(outdated);
    }

    fn keep(&mut self, envelope: Envelope) {
        self.drop_older_draft(&envelope);
        self.bytes += weight(&envelope);
        self.kept.push_back(envelope);
        while self.kept.len() > MAX_KEPT || self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= weight(&oldest);
            self.floor = oldest.seq;
        }
    }

    /// Of a draft that is being typed only the newest event is worth keeping.
    fn drop_older_draft(&mut self, newer: &Envelope) {
        let Event::ChatDrafted(draft) = &newer.event else { return };
        let same = |known: &Envelope| {
            matches!(&known.event, Event::ChatDrafted(older) if older.friend == draft.friend)
                && known.account == newer.account
        };
        if let Some(at) = self.kept.iter().rposition(same)
            && let Some(older) = self.kept.remove(at)
        {
            self.bytes -= weight(&older);
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

impl Account {
    /// Tells every subscriber something that happens now.
    pub(super) fn tell(&mut self, event: Event) {
        self.emit(event, false);
    }

    /// Tells every subscriber something that happened while the daemon was away.
    pub(super) fn tell_replayed(&mut self, event: Event) {
        self.emit(event, true);
    }

    /// Tells the whole state, because more of this account has changed than the events can say; none: it is not shown
    /// any more.
    pub(super) fn tell_whole(&mut self, shown: Option<state::Account>) {
        self.mirror.accounts = shown.clone().into_iter().collect();
        self.said.push_back(Said::Shown(shown));
    }

    fn emit(&mut self, event: Event, replayed: bool) {
        let mut envelope = Envelope::new(0, self.ts(), Some(self.local.to_string()), event);
        envelope.replayed = replayed;
        self.mirror.apply(&envelope);
        self.said.push_back(Said::Event(envelope));
    }

    /// What every frontend that has heard all events knows of this account.
    pub(super) fn visible(&self) -> Option<&state::Account> {
        self.mirror.accounts.first()
    }
}

impl Core {
    /// Numbers an account's event, keeps it if it is to be kept, and hands it out.
    pub(super) fn publish(&mut self, mut envelope: Envelope) {
        self.hear(&envelope);
        self.events.last += 1;
        envelope.seq = self.events.last;
        if envelope.event.is_durable() {
            self.events.keep(envelope.clone());
        }
        self.outputs.push_back(Output::Event(envelope));
    }

    /// Tells the whole state; the account at this place has said what is to be shown of it, and perhaps more since.
    pub(super) fn tell_state(&mut self, at: usize, shown: Option<state::Account>) {
        let mut shown = Some(shown);
        let accounts = self.accounts.iter().enumerate().filter_map(|(other, account)| match other == at {
            true => shown.take().flatten(),
            false => account.visible().cloned(),
        });
        let (daemon, notify) = (self.events.daemon.clone(), self.notices.now().clone());
        let state = State { daemon, notify, accounts: accounts.collect() };
        let ts = clock::rfc3339(self.now.wall_us);
        self.publish(Envelope::new(0, ts, None, Event::DaemonState(state)));
    }

    /// What every frontend that has heard all events knows.
    pub(super) fn state(&self) -> State {
        let accounts = self.accounts.iter().filter_map(|account| account.visible().cloned());
        let (daemon, notify) = (self.events.daemon.clone(), self.notices.now().clone());
        State { daemon, notify, accounts: accounts.collect() }
    }

    /// `events.subscribe`.
    pub(super) fn subscribe(&mut self, caller: Caller, params: &daemon::Subscribe) {
        let seq = self.events.last;
        let ts = clock::rfc3339(self.now.wall_us);
        let now = |event| Envelope::new(seq, ts.clone(), None, event);
        let state = || now(Event::DaemonState(self.state()));
        let first = match params.since {
            None => vec![state()],
            Some(since) => self
                .events
                .missed(since)
                .unwrap_or_else(|| vec![now(Event::DaemonGap(daemon::Gap { lost: None })), state()]),
        };
        let client = caller.client;
        self.answer(caller, Ok(daemon::Subscribed { seq }));
        self.outputs.push_back(Output::Subscribed { client, first });
    }
}
