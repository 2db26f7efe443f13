//! `line`: how an account shows itself, told to friends of the full dialect. Which of its devices' states counts stands
//! in relay-schema's [`Line`].

use std::collections::VecDeque;
use std::time::Duration;

use relay_schema::{ErrorCode, Id, Line};

use super::account::GRACE;
use super::bucket::{Bucket, Size};
use super::delivery::Stage;
use super::op::AccountId;
use super::session::{live, live_mut};
use super::{Class, Core, Now, SessionId};

/// The states on the wire.
const OFF: i32 = -1;
const INVISIBLE: i32 = 0;
const ON: i32 = 1;
const AWAY: i32 = 2;
const BUSY: i32 = 3;

/// The most characters of a note.
const NOTE_MAX: usize = 256;
/// About how many bytes a line takes on the wire, without its note.
const LINE: usize = 150;
/// So many changes of one account are told at once, and so many in that time; what is over it is told together later.
const CHANGES: u32 = 10;
const CHANGES_TIME: Duration = Duration::from_secs(20);
/// Accepted calls of one device that are remembered; a person is in one.
const CALLS_MAX: usize = 4;

/// What a device says of itself.
#[derive(Debug, Default)]
pub(super) struct Own {
    state: Option<i32>,
    /// Empty takes the note away.
    note: Option<String>,
}

impl Own {
    /// What a stanza says; the name of a bad field if there is one.
    pub(super) fn new(state: Option<i32>, note: Option<&str>) -> Result<Self, &'static str> {
        if state.is_some_and(|state| !matches!(state, INVISIBLE | ON | AWAY | BUSY)) {
            return Err("state");
        }
        if note.is_some_and(|note| note.len() > NOTE_MAX && note.chars().nth(NOTE_MAX).is_some()) {
            return Err("note");
        }
        Ok(Self { state, note: note.map(str::to_owned) })
    }
}

/// What friends see.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    state: i32,
    note: String,
}

impl Default for Shown {
    fn default() -> Self {
        Self { state: OFF, note: String::new() }
    }
}

/// One device, or one session of the seed dialect.
#[derive(Debug)]
struct Seat {
    session: SessionId,
    device: Option<String>,
    state: i32,
    /// Its session is over; until then it counts.
    until: Option<Duration>,
    /// The calls that it is in.
    calls: Vec<Talking>,
}

/// An accepted call, as one of its two devices has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Talking {
    other: AccountId,
    call: Id,
}

/// A call that one of its devices has left without a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// The device.
    pub(super) device: String,
    /// The account at the other end.
    pub(super) other: AccountId,
    /// The call.
    pub(super) call: Id,
}

/// How an account's sessions show it.
#[derive(Debug, Default)]
pub(super) struct Presence {
    seats: Vec<Seat>,
    note: String,
    /// What friends were told.
    told: Shown,
    changes: Option<Bucket>,
    /// It changed too often: what it is then is told later.
    late: bool,
}

impl Presence {
    /// A session begins: on the place of the same device if that has just left.
    pub(super) fn join(&mut self, session: SessionId, device: Option<String>, own: Own) {
        let left = |seat: &Seat| seat.until.is_some() && seat.device == device;
        if let Some(seat) = self.seats.iter_mut().find(|seat| left(seat)) {
            (seat.session, seat.until) = (session, None);
        } else {
            self.seats.push(Seat { session, device, state: ON, until: None, calls: Vec::new() });
        }
        self.set(session, own);
    }

    fn set(&mut self, session: SessionId, own: Own) {
        if let Some(note) = own.note {
            self.note = note;
        }
        if let Some(state) = own.state
            && let Some(seat) = self.seats.iter_mut().find(|seat| seat.session == session)
        {
            seat.state = state;
        }
    }

    /// A session ends; it counts until `when`.
    pub(super) fn leave(&mut self, session: SessionId, when: Duration) {
        // Of the seed sessions that have left one is enough.
        let is_seed = |seat: &Seat| seat.session == session && seat.device.is_none();
        if self.seats.iter().any(is_seed) {
            self.seats.retain(|seat| seat.device.is_some() || seat.until.is_none());
        }
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.session == session) {
            seat.until = Some(when);
        }
    }

    /// Forgets who left long enough ago; the calls that are lost with them.
    pub(super) fn settle(&mut self, now: Duration) -> Vec<Lost> {
        self.late = false;
        self.free(|seat| seat.until.is_some_and(|until| until <= now))
    }

    fn free(&mut self, is_gone: impl Fn(&Seat) -> bool) -> Vec<Lost> {
        let gone: Vec<Seat> = self.seats.extract_if(.., |seat| is_gone(seat)).collect();
        let with_device = gone.into_iter().filter_map(|seat| Some((seat.device?, seat.calls)));
        with_device
            .flat_map(|(device, calls)| {
                calls.into_iter().map(move |Talking { other, call }| Lost {
                    device: device.clone(),
                    other,
                    call,
                })
            })
            .collect()
    }

    /// The device takes part in an accepted call.
    pub(super) fn begin_call(&mut self, device: &str, other: AccountId, call: &Id) {
        let seat = self.seats.iter_mut().find(|seat| seat.device.as_deref() == Some(device));
        let Some(Seat { calls, .. }) = seat else { return };
        calls.retain(|talking| talking.call != *call);
        if calls.len() >= CALLS_MAX {
            calls.remove(0);
        }
        calls.push(Talking { other, call: call.clone() });
    }

    /// Whether the device is in that call.
    pub(super) fn is_in_call(&self, device: &str, other: AccountId, call: &Id) -> bool {
        let is_it = |talking: &Talking| talking.other == other && talking.call == *call;
        self.seats.iter().any(|seat| seat.device.as_deref() == Some(device) && seat.calls.iter().any(is_it))
    }

    /// The call is over.
    pub(super) fn end_call(&mut self, other: AccountId, call: &Id) {
        for seat in &mut self.seats {
            seat.calls.retain(|talking| talking.other != other || talking.call != *call);
        }
    }

    /// Forgets who has left, at once: all of them, or those of one device; the calls that are lost with them.
    pub(super) fn forget(&mut self, device: Option<&str>) -> Vec<Lost> {
        let is_meant = |seat: &Seat| device.is_none_or(|device| seat.device.as_deref() == Some(device));
        self.free(|seat| seat.until.is_some() && is_meant(seat))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Friends were told that it is there.
    pub(super) fn is_told(&self) -> bool {
        self.told.state != OFF
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.seats.len()
    }

    /// One of the devices says that nobody shall see the account.
    pub(super) fn is_invisible(&self) -> bool {
        self.seats.iter().any(|seat| seat.state == INVISIBLE)
    }

    /// What friends are to see now.
    fn shown(&self) -> Shown {
        let is = |state: i32| self.seats.iter().any(|seat| seat.state == state);
        let first = [ON, BUSY, AWAY].into_iter().find(|state| is(*state));
        match first.filter(|_| !self.is_invisible()) {
            Some(state) => Shown { state, note: self.note.clone() },
            None => Shown::default(),
        }
    }

    /// Whether one change more may be told at once.
    fn may_change(&mut self, now: Duration) -> bool {
        let size = Size::over(CHANGES, CHANGES_TIME);
        self.changes.get_or_insert_with(|| Bucket::full(size, now)).try_take(size, now)
    }
}

impl Core {
    /// Tells the account's friends, if they see it otherwise than they were told.
    pub(super) fn announce(&mut self, account: AccountId) {
        let Some(online) = self.online.get_mut(&account) else { return };
        let shown = online.presence.shown();
        if shown.state != OFF {
            self.reveal_marks(account);
        }
        let Some(online) = self.online.get_mut(&account) else { return };
        if shown == online.presence.told {
            return;
        }
        online.presence.told = shown.clone();
        let line = line(shown, online.name.clone());
        for session in self.watchers(account) {
            self.emit(session, Class::Presence, line.clone());
        }
    }

    /// The sessions that hear how an account shows itself. (In one walk: some accounts have thousands of friends.)
    fn watchers(&self, account: AccountId) -> Vec<SessionId> {
        let Some(online) = self.online.get(&account) else { return Vec::new() };
        let sees = |friend: AccountId| {
            let one = self.online.get(&friend)?;
            let mutual = one.is_friend(&online.name);
            (mutual && !online.blocks(friend) && !online.is_blocked_by(friend)).then_some(one)
        };
        let sessions = online.friends().filter_map(sees).flat_map(|friend| friend.sessions.iter().copied());
        sessions.filter(|session| self.hears_presence(*session)).collect()
    }

    /// A full session; while its list is being sent, it is told afterwards.
    fn hears_presence(&self, session: SessionId) -> bool {
        live(&self.sessions, session).filter(|live| live.is_full()).is_some_and(|live| {
            match &live.mail.stage {
                Stage::List { .. } => false,
                Stage::Greeting(_) | Stage::Rows => true,
            }
        })
    }

    /// `friend` is new in the list of `account`.
    pub(super) fn introduce(&mut self, account: AccountId, friend: AccountId) {
        if let Some(line) = self.line_of(friend) {
            self.tell(account, &line);
        }
    }

    /// `friend` may not be seen by `account` any more: as far as that one can tell, he leaves.
    pub(super) fn conceal(&mut self, account: AccountId, friend: AccountId) {
        if let Some(told) = self.line_of(friend) {
            let shown = Shown::default();
            self.tell(account, &line(shown, told.friendaccount.unwrap_or_default()));
        }
    }

    /// After a login: every friend who is not off line, by name. One who has just left counts as on line until the
    /// others hear that he left: if he comes back before, nobody hears anything.
    pub(super) fn friends_to_tell(&self, session: SessionId) -> VecDeque<AccountId> {
        let own = live(&self.sessions, session).filter(|live| live.is_full());
        let Some(online) = own.and_then(|live| self.online.get(&live.account)) else {
            return VecDeque::new();
        };
        let mut friends: Vec<_> = online
            .friends()
            .filter_map(|friend| Some((self.online.get(&friend)?, friend)))
            .filter(|(friend, _)| friend.presence.is_told())
            .map(|(online, friend)| (&online.name, friend))
            .collect();
        friends.sort_unstable();
        friends.into_iter().map(|(_, friend)| friend).collect()
    }

    /// One of them, if he still is, and is a friend.
    pub(super) fn send_presence(&mut self, session: SessionId, friend: AccountId) {
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        let Some(line) = self.line_of(friend) else { return };
        if self.may_see(account, friend) {
            self.spend(session, LINE + line.note.as_ref().map_or(0, String::len));
            self.emit(session, Class::Presence, line);
        }
    }

    /// One's own `line`.
    pub(super) fn on_line(&mut self, now: Now, session: SessionId, own: &Line) {
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        let said = match Own::new(Some(own.state), own.note.as_deref()) {
            Ok(said) => said,
            Err(field) => {
                let text = format!(
                    "<{field}> of line has a bad value; one's own state is 0, 1, 2 or 3, a note has at most \
                     {NOTE_MAX} characters"
                );
                return self.error(session, ErrorCode::BadField, text, own.id.clone());
            }
        };
        let Some(online) = self.online.get_mut(&account) else { return };
        online.presence.set(session, said);
        self.show(now, account);
    }

    /// The account may look otherwise than its friends were told: they hear of it, now or, where that was often, later.
    pub(super) fn show(&mut self, now: Now, account: AccountId) {
        let Some(online) = self.online.get_mut(&account) else { return };
        let presence = &mut online.presence;
        if presence.shown() == presence.told || presence.may_change(now.mono) {
            self.announce(account);
        } else if !std::mem::replace(&mut presence.late, true) {
            self.leaving.push_back((now.mono + GRACE, account));
        }
    }

    /// The account says that nobody shall see it.
    pub(super) fn is_invisible(&self, account: AccountId) -> bool {
        self.online.get(&account).is_some_and(|online| online.presence.is_invisible())
    }

    /// The answer that nobody of `friendaccount` is on line.
    pub(super) fn off_line(&mut self, session: SessionId, friendaccount: String, id: Option<Id>) {
        let id = id.filter(|_| live_mut(&mut self.sessions, session).is_some_and(|live| live.is_full()));
        self.send(session, Line { state: OFF, friendaccount: Some(friendaccount), note: None, id });
    }

    /// What friends were told of the account, if that is not that it is off line.
    fn line_of(&self, account: AccountId) -> Option<Line> {
        let online = self.online.get(&account).filter(|online| online.presence.is_told())?;
        Some(line(online.presence.told.clone(), online.name.clone()))
    }

    fn tell(&mut self, account: AccountId, line: &Line) {
        for session in self.sessions_of(account) {
            if self.hears_presence(session) {
                self.emit(session, Class::Presence, line.clone());
            }
        }
    }
}

fn line(shown: Shown, friendaccount: String) -> Line {
    let note = Some(shown.note).filter(|note| !note.is_empty());
    Line { state: shown.state, friendaccount: Some(friendaccount), note, id: None }
}
