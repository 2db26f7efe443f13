//! One connection's life: before its login, while that is checked, logged in, over. Where each stanza goes stands in
//! `route`.

use std::net::IpAddr;
use std::time::Duration;

use relay_schema::{ErrorCode, Fault, Id, Logout, NackCode, Ping, Refusal, Stanza};

use super::attempt::Waiting;
use super::chat::{Flight, Sticky};
use super::delivery::Mail;
use super::history::Histories;
use super::mark::Receipts;
use super::op::{AccountId, Op, Seq, TokenHash};
use super::pending::Pending;
use super::{Core, Dialect, Now, Numbered, Output, SessionId};

/// Stanzas that may arrive while a login is being checked.
const HELD_MAX: usize = 16;
/// How long the connection rests when one does; the login's end ends it.
const HELD_PAUSE: Duration = Duration::from_secs(1);
/// At the so-manieth stanza before login the connection is closed.
const STRIKES: u8 = 3;

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) address: IpAddr,
    strikes: u8,
    pub(super) phase: Phase,
    /// Its attempt at a password, a code or an invitation, while that waits for others (see `throttle`).
    pub(super) waiting: Option<Waiting>,
}

/// Where a connection stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nobody yet.
    Before,
    /// A login or a registration is being checked.
    LoggingIn(LoggingIn),
    /// Logged in.
    In(Box<Live>),
    /// Told to close; of a seed session, what it was sent.
    Over(Option<Sent>),
}

/// What a seed session was sent: rows behind `start` up to `cursor`.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) account: AccountId,
    pub(super) start: Seq,
    pub(super) cursor: Seq,
}

/// A login or a registration that is being checked.
#[derive(Debug, Default)]
pub(super) struct LoggingIn {
    /// What came meanwhile, to be handled afterwards.
    held: Vec<Held>,
}

/// A stanza that came while a login was being checked.
#[derive(Debug)]
pub(super) enum Held {
    Stanza(Stanza),
    Refused(Refusal),
}

/// A logged-in session.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) account: AccountId,
    /// The account's name.
    pub(super) name: String,
    /// The device of a full session; what has none speaks the seed dialect.
    pub(super) device: Option<String>,
    /// The new token, until the next stanza shows that the client has it.
    pub(super) confirm: Option<TokenHash>,
    /// What came before the login was answered, until the friend list is sent.
    pub(super) held: Vec<Held>,
    /// A logout is on its way: nothing is taken any more.
    leaving: bool,
    /// Its password is being checked for something that needs it once more.
    pub(super) is_proving: bool,
    pub(super) sticky: Option<Sticky>,
    pub(super) flight: Flight,
    pub(super) receipts: Receipts,
    pub(super) mail: Mail,
    pub(super) histories: Histories,
}

impl Session {
    pub(super) fn new(address: IpAddr) -> Self {
        Self { address, strikes: 0, phase: Phase::Before, waiting: None }
    }
}

impl Live {
    pub(super) fn new(account: AccountId, name: String, device: Option<String>, mail: Mail) -> Self {
        Self {
            account,
            name,
            device,
            confirm: None,
            held: Vec::new(),
            leaving: false,
            is_proving: false,
            sticky: None,
            flight: Flight::default(),
            receipts: Receipts::default(),
            mail,
            histories: Histories::default(),
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        if self.device.is_some() { Dialect::Full } else { Dialect::Seed }
    }

    pub(super) fn is_full(&self) -> bool {
        self.device.is_some()
    }
}

/// The logged-in session of that number.
pub(super) fn live(sessions: &Numbered<SessionId, Session>, session: SessionId) -> Option<&Live> {
    match &sessions.get(&session)?.phase {
        Phase::In(live) => Some(live),
        Phase::Before | Phase::LoggingIn(_) | Phase::Over(_) => None,
    }
}

/// The logged-in session of that number.
pub(super) fn live_mut(sessions: &mut Numbered<SessionId, Session>, session: SessionId) -> Option<&mut Live> {
    match &mut sessions.get_mut(&session)?.phase {
        Phase::In(live) => Some(live),
        Phase::Before | Phase::LoggingIn(_) | Phase::Over(_) => None,
    }
}

impl Core {
    pub(super) fn on_stanza(&mut self, now: Now, session: SessionId, stanza: Stanza) {
        self.confirm(session);
        self.take(now, session, stanza);
    }

    /// Handles one stanza, at once or held back before.
    fn take(&mut self, now: Now, session: SessionId, stanza: Stanza) {
        match self.sessions.get(&session).map(|session| &session.phase) {
            None | Some(Phase::Over(_)) => {}
            Some(Phase::LoggingIn(_)) => self.hold(now, session, Held::Stanza(stanza)),
            Some(Phase::In(live)) if !live.held.is_empty() => self.hold(now, session, Held::Stanza(stanza)),
            Some(Phase::Before) => self.before_login(now, session, stanza),
            Some(Phase::In(live)) if live.leaving => {}
            Some(Phase::In(live)) if live.is_full() => self.of_full(now, session, stanza),
            Some(Phase::In(_)) => self.of_seed(now, session, stanza),
        }
    }

    /// A stanza that cannot be read, or a time limit that passed.
    pub(super) fn on_refused(&mut self, now: Now, session: SessionId, refusal: Refusal) {
        // A clock that ran out, or bytes that are no stanza, show nothing of what the client has on its disk.
        if !refusal.fault.closes() {
            self.confirm(session);
        }
        self.refuse(now, session, refusal);
    }

    fn refuse(&mut self, now: Now, session: SessionId, refusal: Refusal) {
        let before = match self.sessions.get(&session).map(|session| &session.phase) {
            None | Some(Phase::Over(_)) => return,
            Some(Phase::LoggingIn(_)) if !refusal.fault.closes() => {
                return self.hold(now, session, Held::Refused(refusal));
            }
            Some(Phase::In(live)) if !refusal.fault.closes() && !live.held.is_empty() => {
                return self.hold(now, session, Held::Refused(refusal));
            }
            Some(Phase::Before) => true,
            Some(Phase::LoggingIn(_) | Phase::In(_)) => false,
        };
        // A type that exists is refused for its time first; whether its fields are right does not matter yet.
        let early = !matches!(refusal.word.as_deref(), Some("login" | "register" | "ping"));
        if before && early && refusal.fault == Fault::BadField {
            return self.login_first(now, session, refusal.id);
        }
        self.send(session, refusal.to_error());
        if refusal.fault.closes() {
            self.close(now, session);
        }
    }

    /// 30 s of silence; a seed session is never asked.
    pub(super) fn on_quiet(&mut self, session: SessionId) {
        if live(&self.sessions, session).is_some_and(Live::is_full) {
            let id = self.random_id();
            self.send(session, Ping { id });
        }
    }

    pub(super) fn on_closed(&mut self, now: Now, session: SessionId) {
        let Some(entry) = self.sessions.remove(&session) else { return };
        match entry.phase {
            Phase::In(live) => {
                self.detach(now, session, &live);
                if !live.is_full() {
                    self.heal(live.account);
                }
            }
            Phase::Over(Some(sent)) => self.heal(sent.account),
            Phase::Before | Phase::LoggingIn(_) | Phase::Over(None) => {}
        }
    }

    /// Ends a connection from this side; what was sent goes out first.
    pub(super) fn close(&mut self, now: Now, session: SessionId) {
        let Some(entry) = self.sessions.get_mut(&session) else { return };
        let phase = std::mem::replace(&mut entry.phase, Phase::Over(None));
        self.outputs.push_back(Output::Close { session });
        if let Phase::In(live) = phase {
            if !live.is_full() {
                let (start, cursor) = (live.mail.start, live.mail.cursor);
                entry.phase = Phase::Over(Some(Sent { account: live.account, start, cursor }));
            }
            self.detach(now, session, &live);
        }
    }

    /// The account has one session less.
    fn detach(&mut self, now: Now, session: SessionId, live: &Live) {
        self.flush_recv(live);
        self.leave(now, live.account, session);
    }

    pub(super) fn login_first(&mut self, now: Now, session: SessionId, id: Option<Id>) {
        self.error(session, ErrorCode::LoginFirst, "log in first", id);
        let Some(entry) = self.sessions.get_mut(&session) else { return };
        entry.strikes += 1;
        if entry.strikes >= STRIKES {
            self.close(now, session);
        }
    }

    /// Keeps what came while the login is being checked or answered, up to a few.
    fn hold(&mut self, now: Now, session: SessionId, what: Held) {
        let held = match self.sessions.get_mut(&session).map(|session| &mut session.phase) {
            Some(Phase::LoggingIn(login)) => &mut login.held,
            Some(Phase::In(live)) => &mut live.held,
            None | Some(Phase::Before | Phase::Over(_)) => return,
        };
        if held.len() < HELD_MAX {
            held.push(what);
            self.outputs.push_back(Output::Pause { session, time: HELD_PAUSE });
            return;
        }
        let text = "too much was sent before the login was answered";
        self.error(session, ErrorCode::TooLong, text, None);
        self.close(now, session);
    }

    /// The login is over: the connection is in `phase` now, and hands out what was held back.
    pub(super) fn settle(&mut self, session: SessionId, phase: Phase) -> Vec<Held> {
        let Some(entry) = self.sessions.get_mut(&session) else { return Vec::new() };
        match std::mem::replace(&mut entry.phase, phase) {
            Phase::LoggingIn(login) => login.held,
            Phase::Before | Phase::In(_) | Phase::Over(_) => Vec::new(),
        }
    }

    /// Handles what was held back, in order.
    pub(super) fn replay(&mut self, now: Now, session: SessionId, held: Vec<Held>) {
        if !held.is_empty() {
            self.outputs.push_back(Output::Pause { session, time: Duration::ZERO });
        }
        for what in held {
            match what {
                Held::Stanza(stanza) => self.take(now, session, stanza),
                Held::Refused(refusal) => self.refuse(now, session, refusal),
            }
        }
    }

    /// The first stanza after a login shows that the new token is on the client's disk. (What was sent before the
    /// login was answered shows nothing.)
    fn confirm(&mut self, session: SessionId) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let (Some(token), Some(device)) = (live.confirm.take(), live.device.clone()) else { return };
        let account = live.account;
        self.ask(Op::Confirm { account, device, token }, Pending::Confirm);
    }

    pub(super) fn on_logout(&mut self, session: SessionId, logout: Logout) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let (Some(id), Some(device)) = (logout.id, live.device.clone()) else {
            return self.without_id(session, "logout");
        };
        live.leaving = true;
        let account = live.account;
        self.ask(Op::Logout { account, device }, Pending::Logout { session, id });
    }

    pub(super) fn on_logged_out(&mut self, now: Now, session: SessionId, id: Id, done: bool) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if done {
            let (account, device) = (live.account, live.device.clone());
            self.ack(session, id);
            self.close(now, session);
            self.gone_for_good(account, device.as_deref());
        } else {
            live.leaving = false;
            self.nack(session, id, NackCode::Storage, Some(super::chat::STORAGE_RETRY));
        }
    }

    /// A request of the full dialect that lacks its `<id>`.
    pub(super) fn without_id(&mut self, session: SessionId, word: &str) {
        let text = format!("<id> of {word} is missing; it is required");
        self.error(session, ErrorCode::BadField, text, None);
    }
}
