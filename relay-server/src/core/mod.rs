//! The relay's thinking: sessions, who is on line, what is in flight. No I/O, no clock, no randomness of its own:
//! [`Core::handle`] takes one [`Input`], [`Core::poll`] hands out [`Output`]s.
//!
//! Durable facts go out as [`Output::Store`] and come back as [`Input::Stored`]; what is ephemeral (a shake, presence,
//! a call's first words) goes from the sender's stanza to the receivers' connections within one call.

mod account;
mod admin;
mod attempt;
mod bucket;
mod call;
mod change;
mod chat;
mod delivery;
mod device;
mod fading;
mod friend;
mod group;
mod history;
mod io;
mod login;
mod mark;
mod name;
pub mod op;
mod passwd;
mod pending;
mod picture;
mod presence;
mod profile;
mod register;
mod route;
mod session;
mod shake;
mod throttle;
mod typing;
mod welcome;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use relay_schema::{ErrorCode, ErrorStanza, Id, Stanza};

pub use io::{AdminRefusal, Class, Dialect, Input, Limits, Now, Output, SessionId, Token, Verdict};
pub use name::{SHOWN_MAX, is_reserved, normalise, shown};

use account::Online;
use bucket::{Bucket, Size};
use fading::FadingNumbered;
use op::{AccountId, Op};
use pending::Pending;
use session::Session;
use throttle::Throttle;

/// A map by numbers that the relay gives itself: a hash that withstands whoever chooses them would be wasted.
pub(crate) type Numbered<K, V> = foldhash::HashMap<K, V>;

/// Fills a buffer with random bytes; the shell hands in the operating system's, tests a seeded one.
pub type Random = Box<dyn FnMut(&mut [u8])>;

/// The relay.
pub struct Core {
    limits: Limits,
    random: Random,
    sessions: Numbered<SessionId, Session>,
    /// Accounts with a session, and for a while after the last one left.
    online: Numbered<AccountId, Online>,
    /// The same, by name.
    names: HashMap<String, AccountId>,
    /// Operations that the store or the password pool has not answered.
    pending: Numbered<Token, Pending>,
    last_token: Token,
    outputs: VecDeque<Output>,
    throttle: Throttle,
    /// Chats of each account.
    chats: FadingNumbered<AccountId, Bucket>,
    /// Wishes of each account about friends, groups and profile.
    changes: FadingNumbered<AccountId, Bucket>,
    /// Avatars that each account asks for.
    pictures: FadingNumbered<AccountId, Bucket>,
    /// When each shook whom last.
    shakes: FadingNumbered<(AccountId, AccountId), Duration>,
    /// Who tells whom how often that he writes.
    typing: FadingNumbered<(AccountId, AccountId), Bucket>,
    /// Marks of each account.
    marks: FadingNumbered<AccountId, Bucket>,
    /// How often each looks back.
    lookbacks: FadingNumbered<AccountId, Bucket>,
    /// Calls of each to whom.
    calls: FadingNumbered<(AccountId, AccountId), Bucket>,
    /// Candidates of each for whom.
    candidates: FadingNumbered<(AccountId, AccountId), Bucket>,
    /// What else each says to whom about calls.
    signals: FadingNumbered<(AccountId, AccountId), Bucket>,
    /// Who took part in a call with whom.
    called: FadingNumbered<(AccountId, AccountId), ()>,
    /// When the presence of accounts is looked at again, soonest first: a session left them, or they said too much.
    leaving: VecDeque<(Duration, AccountId)>,
    /// See [`op::Submit::era`].
    era: u64,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("sessions", &self.sessions.len())
            .field("online", &self.online.len())
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

impl Core {
    /// A relay with nobody on line.
    pub fn new(limits: Limits, random: Random) -> Self {
        let chats = Size::new(limits.chats_burst, limits.chats_per_second);
        let typing = Size::new(limits.typing_burst, limits.typing_per_second);
        Self {
            random,
            sessions: Numbered::default(),
            online: Numbered::default(),
            names: HashMap::new(),
            pending: Numbered::default(),
            last_token: 0,
            outputs: VecDeque::new(),
            throttle: Throttle::new(&limits),
            chats: FadingNumbered::new(chats.refill() + chat::DEBT_MAX, usize::MAX),
            changes: FadingNumbered::new(change::size().refill(), usize::MAX),
            pictures: FadingNumbered::new(profile::size().refill(), usize::MAX),
            shakes: FadingNumbered::new(limits.shake_interval, usize::MAX),
            typing: FadingNumbered::new(typing.refill(), usize::MAX),
            marks: FadingNumbered::new(mark::size(&limits).refill() + mark::DEBT_KEPT, usize::MAX),
            lookbacks: FadingNumbered::new(history::history_size().refill(), usize::MAX),
            calls: FadingNumbered::new(call::call_size().refill(), usize::MAX),
            candidates: FadingNumbered::new(call::candidate_size().refill(), usize::MAX),
            signals: FadingNumbered::new(call::signal_size().refill(), usize::MAX),
            called: FadingNumbered::new(call::CALL_MAX, usize::MAX),
            leaving: VecDeque::new(),
            era: 1,
            limits,
        }
    }

    /// Takes one input; [`Core::poll`] until empty afterwards.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Opened { session, address } => {
                self.sessions.insert(session, Session::new(address));
            }
            Input::Stanza { session, stanza } => self.on_stanza(now, session, stanza),
            Input::Refused { session, refusal } => self.on_refused(now, session, refusal),
            Input::Quiet { session } => self.on_quiet(session),
            Input::Room { session } => self.on_room(now, session),
            Input::Acknowledged { session } => self.on_acknowledged(session),
            Input::Closed { session } => self.on_closed(now, session),
            Input::Stored { token, result } => self.on_stored(now, token, result),
            Input::Checked { token, verdict } => self.on_checked(now, token, verdict),
            Input::Admin { reply, op } => {
                self.ask(Op::Admin(op), Pending::Admin { reply });
            }
            Input::Tick => self.on_tick(now),
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is wanted (monotonic, since the start).
    pub fn deadline(&self) -> Option<Duration> {
        self.leaving.front().map(|(when, _)| *when)
    }

    /// An answer or a row.
    fn send(&mut self, session: SessionId, stanza: impl Into<Stanza>) {
        self.emit(session, Class::Kept, stanza);
    }

    fn emit(&mut self, session: SessionId, class: Class, stanza: impl Into<Stanza>) {
        self.outputs.push_back(Output::Send { session, class, stanza: stanza.into() });
    }

    /// `error`, with one sentence for a person.
    fn error(&mut self, session: SessionId, code: ErrorCode, text: impl Into<String>, id: Option<Id>) {
        self.send(session, ErrorStanza { code, text: text.into(), id });
    }

    /// Asks the store; `pending` is what its answer is for.
    fn ask(&mut self, op: Op, pending: Pending) -> Token {
        let token = self.expect(pending);
        self.outputs.push_back(Output::Store { token, op });
        token
    }

    /// Remembers what an answer will be for.
    fn expect(&mut self, pending: Pending) -> Token {
        self.last_token += 1;
        self.pending.insert(self.last_token, pending);
        self.last_token
    }

    /// So many random bytes in lower-case hex.
    fn random_hex<const N: usize>(&mut self) -> String {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        wire::hex(&bytes)
    }

    /// A name for a message or request: 128 random bits.
    fn random_id(&mut self) -> Id {
        Id::new(&self.random_hex::<16>()).expect("32 hexadecimal digits are an id")
    }
}
