//! What a session hears after its login succeeded: the answer, its own profile, the friend list as the output drains,
//! who is on line, the marks that moved; then rows follow.

use relay_schema::{ErrorCode, ListEnd, LoginResponse, User};

use super::attempt::{Aim, Attempt};
use super::delivery::{Greeting, Mail, Stage};
use super::login::{self, Full};
use super::op::{Account, AccountId, Begun, Entry, Seq};
use super::session::{Live, Phase, live, live_mut};
use super::{Core, Dialect, Now, Output, SessionId, wire};

/// Sessions of one account, so that none fills the relay; devices have a limit of their own.
const SESSIONS_MAX: usize = 64;
/// About how many bytes a mark takes on the wire.
const MARK: usize = 150;

impl Core {
    /// The store has begun the session.
    pub(super) fn welcome(&mut self, now: Now, mut attempt: Attempt, mut begun: Begun) {
        let session = attempt.session;
        let Some(account) = attempt.account.take() else { return };
        let logging_in =
            self.sessions.get(&session).is_some_and(|entry| matches!(entry.phase, Phase::LoggingIn(_)));
        if !logging_in {
            return;
        }
        let device = attempt.full().map(|full| full.device.clone());
        if let Some(device) = &device {
            for other in self.sessions_of_device(account.id, device) {
                let text = "this device has logged in again over another connection";
                self.end_session(now, other, ErrorCode::Replaced, text);
            }
        }
        if let Some(evicted) = begun.evicted.take() {
            for other in self.sessions_of_device(account.id, &evicted) {
                let text =
                    "this device gave way to a new one: the account has as many as it may; log in again";
                self.end_session(now, other, ErrorCode::Revoked, text);
            }
        }
        self.make_way(now, account.id);
        let dialect = if device.is_some() { Dialect::Full } else { Dialect::Seed };
        let mail = self.mail(&account, &mut begun, dialect);
        let mut live = Box::new(Live::new(account.id, account.account.clone(), device, mail));
        live.confirm = attempt.full().filter(|_| begun.rotated).map(|full| login::hash(&full.next));
        let held = self.settle(session, Phase::In(live));
        if let Some(live) = live_mut(&mut self.sessions, session) {
            live.held = held;
        }
        let own = attempt.full_mut().map(|full| std::mem::take(&mut full.own)).unwrap_or_default();
        self.join(now, &account, &begun, session, own);
        self.outputs.push_back(Output::LoggedIn { session, dialect });
        self.answer(attempt, &begun);
        let Account { account, name, picture, note, .. } = account;
        let note = Some(note).filter(|note| dialect == Dialect::Full && !note.is_empty());
        self.send(session, User { name, account, picture, note });
        if dialect == Dialect::Full && !begun.whole_list {
            self.greet(now, session);
        }
        self.pump(session);
    }

    /// One session more of an account that has as many as it may: its oldest seed session ends. The store counts its
    /// devices; on a full disk it lets new ones in without, and then the oldest of those sessions ends.
    fn make_way(&mut self, now: Now, account: AccountId) {
        let (all, full) = (self.sessions_of(account), self.full_sessions(account));
        let full_max = SESSIONS_MAX.max(self.limits.devices as usize);
        let oldest = match self.seed_sessions(account).first() {
            Some(seed) if all.len() >= SESSIONS_MAX => Some(*seed),
            _ => full.first().copied().filter(|_| full.len() >= full_max),
        };
        if let Some(oldest) = oldest {
            let text = "this account has logged in too often; close the connections that nobody uses";
            self.end_session(now, oldest, ErrorCode::Replaced, text);
        }
    }

    /// Where the new session starts to read.
    fn mail(&self, account: &Account, begun: &mut Begun, dialect: Dialect) -> Mail {
        let cursor = match dialect {
            Dialect::Full => begun.from,
            Dialect::Seed => self.seed_start(account, begun.seed_cursor),
        };
        Mail::new(cursor, begun.head, dialect, std::mem::take(&mut begun.marks))
    }

    /// A seed session starts behind what another one that is open has been sent (if that one does not get it, see
    /// [`Core::heal`]).
    fn seed_start(&self, account: &Account, seed_cursor: Seq) -> Seq {
        let Some(online) = self.online.get(&account.id) else { return seed_cursor };
        let open = online.sessions.iter().filter_map(|session| live(&self.sessions, *session));
        open.filter(|live| !live.is_full())
            .map(|live| live.mail.cursor)
            .fold(seed_cursor.max(online.seed.has()), Seq::max)
    }

    fn answer(&mut self, attempt: Attempt, begun: &Begun) {
        let Attempt { session, id, aim, .. } = attempt;
        let Aim::Login(Some(Full { device, next, .. })) = aim else {
            return self.send(session, LoginResponse { state: 1, id, ..Default::default() });
        };
        let response = LoginResponse {
            state: 1,
            id: id.clone(),
            v: Some(1),
            device: Some(device),
            token: begun.rotated.then_some(next),
            epoch: Some(begun.epoch.clone()),
            seq: Some(begun.head),
            from: Some(begun.from),
            ..Default::default()
        };
        self.send(session, response);
        if begun.resume_refused {
            let text = "<resume> is above what this relay has; start again from <from>";
            self.error(session, ErrorCode::Resume, text, id);
        }
    }

    /// A page of the list.
    pub(super) fn on_list(&mut self, now: Now, session: SessionId, count: u32, page: &[Entry]) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        live.mail.reading = false;
        if let Some(last) = page.last() {
            live.mail.stage = Stage::List { behind: last.behind() };
        }
        let (dialect, own) = (live.dialect(), live.name.clone());
        for entry in page {
            self.send(session, wire::entry(entry, dialect, &own));
            self.spend(session, wire::weight_of(entry));
        }
        if page.len() < count as usize {
            self.end_list(now, session);
        }
        self.pump(session);
    }

    /// The whole list is sent.
    fn end_list(&mut self, now: Now, session: SessionId) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let (full, seq) = (live.is_full(), live.mail.list);
        if full {
            self.send(session, ListEnd { seq });
        }
        self.greet(now, session);
    }

    /// The last things before the rows: who is on line, and the marks that moved, as the output drains.
    fn greet(&mut self, now: Now, session: SessionId) {
        let friends = self.friends_to_tell(session);
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let marks = std::mem::take(&mut live.mail.marks).into();
        live.mail.stage = if live.is_full() {
            Stage::Greeting(Greeting { friends, marks })
        } else {
            Stage::Greeting(Greeting::default())
        };
        self.greet_on(now, session);
    }

    /// Goes on with it while there is room.
    pub(super) fn greet_on(&mut self, now: Now, session: SessionId) {
        loop {
            let Some(live) = live_mut(&mut self.sessions, session) else { return };
            let room = live.mail.has_room();
            let Stage::Greeting(greeting) = &mut live.mail.stage else { return };
            if !room {
                return;
            }
            if let Some(friend) = greeting.friends.pop_front() {
                self.send_presence(session, friend);
            } else if let Some(mark) = greeting.marks.pop_front() {
                self.send_mark(session, &mark);
                self.spend(session, MARK);
            } else {
                break;
            }
        }
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        live.mail.stage = Stage::Rows;
        let held = std::mem::take(&mut live.held);
        self.replay(now, session, held);
    }
}
