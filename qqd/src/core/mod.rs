//! The daemon's thinking: the login, what is in flight, who is on line. No I/O, no clock, no randomness of its own:
//! [`Core::handle`] takes one [`Input`], [`Core::poll`] hands out [`Output`]s.
//!
//! Durable facts go out as [`Output::Store`] and come back as [`Input::Stored`], in the order in which they were asked.
//! Events are applied to a mirror of one's own before they go out, so that `daemon.state` always equals their sum.

mod account;
mod address;
mod body;
mod chat;
mod clock;
mod daemon;
mod early;
mod events;
mod failure;
mod friend;
pub mod io;
mod link;
mod login;
mod logout;
mod mark;
mod name;
pub mod op;
mod outbox;
mod presence;
mod read;
mod receive;
mod reconnect;
mod request;
mod saving;
mod session;
mod shake;
mod stored;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use ipc_schema::{Code, Error};
use relay_schema::{Id, Secret, Stanza};

pub use io::{Input, Now, Output};

use early::Early;
use events::Events;
use friend::Friends;
use io::Token;
use link::Link;
use mark::Marks;
use op::Account;
use outbox::Outbox;
use receive::Inbox;
use request::{Requests, Waiting};
use shake::Shakes;
use stored::Then;

/// Fills a buffer with random bytes; the shell hands in the operating system's, tests a seeded one.
pub type Random = Box<dyn FnMut(&mut [u8])>;

/// The daemon's version, as it tells the relay and the frontends.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How far the daemon itself is.
#[derive(Debug)]
enum Phase {
    /// The store has not told what there is: requests wait.
    Loading(Vec<Waiting>),
    Running,
    /// The store could not tell what there is: every request gets this answer.
    Broken(Error),
    Stopped,
}

/// The state of one user's daemon.
pub struct Core {
    random: Random,
    now: Now,
    started: Now,
    phase: Phase,
    /// The first try to reach the relay has no outcome yet.
    early: Option<Early>,
    outputs: VecDeque<Output>,
    requests: Requests,
    /// What the store has been asked and has not answered.
    asked: HashMap<Token, Then>,
    last_token: Token,
    events: Events,
    /// This computer's UUID, the same for every account and login.
    device: String,
    account: Option<Account>,
    /// The account's token as it is on disk.
    token: Option<Secret>,
    /// Accounts that are logged out and have history here.
    former: Vec<Account>,
    /// What lies here of each of them, by local name.
    left: HashMap<String, op::Left>,
    /// The relay refuses this account: nothing is tried again until a login.
    refused: Option<Error>,
    /// A frontend's login on its way.
    login: Option<login::Wanted>,
    /// A login that the relay has accepted and that is not on disk yet.
    saving: Option<saving::Saving>,
    logout: Option<logout::Pending>,
    link: Link,
    outbox: Outbox,
    inbox: Inbox,
    friends: Friends,
    marks: Marks,
    shakes: Shakes,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("account", &self.account)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Core {
    /// A daemon that knows nothing yet: its first output is [`op::Op::Load`].
    pub fn new(started: Now, random: Random) -> Self {
        let mut core = Self {
            random,
            now: started,
            started,
            phase: Phase::Loading(Vec::new()),
            early: None,
            outputs: VecDeque::new(),
            requests: Requests::default(),
            asked: HashMap::new(),
            last_token: 0,
            events: Events::new(started),
            device: String::new(),
            account: None,
            token: None,
            former: Vec::new(),
            left: HashMap::new(),
            refused: None,
            login: None,
            saving: None,
            logout: None,
            link: Link::default(),
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            friends: Friends::default(),
            marks: Marks::default(),
            shakes: Shakes::default(),
        };
        core.ask(op::Op::Load, Then::Load);
        core
    }

    /// Takes one input; [`Core::poll`] until empty afterwards.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.now = now;
        if matches!(self.phase, Phase::Stopped) {
            return self.after_stop(input);
        }
        match input {
            Input::Request { client, id, request } => self.on_request(client, id, request),
            Input::Gone { client } => self.on_gone(client),
            Input::Link { attempt, news } => self.on_link(attempt, news),
            Input::Stored { token, result } => self.on_stored(token, result),
            Input::Woken => self.on_woken(),
            Input::Tick => self.on_tick(),
            Input::Stop => self.stop(),
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is wanted (monotonic, since the start).
    pub fn deadline(&self) -> Option<Duration> {
        if matches!(self.phase, Phase::Stopped) {
            return None;
        }
        let times = [
            self.early_deadline(),
            self.link_deadline(),
            self.outbox_deadline(),
            self.inbox.deadline(),
            self.friends.deadline(),
            self.shakes.deadline(),
            self.logout.as_ref().and_then(logout::Pending::deadline),
        ];
        times.into_iter().flatten().min()
    }

    fn on_tick(&mut self) {
        self.on_early_tick();
        self.on_link_tick();
        self.on_logout_tick();
        self.on_outbox_tick();
        self.on_inbox_tick();
        self.on_friends_tick();
        self.on_shakes_tick();
    }

    /// SIGTERM: the session ends without a logout, and whoever still waits is told.
    fn stop(&mut self) {
        self.say_received();
        self.hang_up();
        let error = Error::new(Code::NoDaemon, "the daemon is stopping; ask again once it runs");
        for (client, id) in self.requests.take_all() {
            self.outputs.push_back(Output::Reply { client, id, result: Err(error.clone()) });
        }
        let mut waiting = self.early.take().map(|early| early.waiting).unwrap_or_default();
        if let Phase::Loading(loading) = std::mem::replace(&mut self.phase, Phase::Stopped) {
            waiting.extend(loading);
        }
        for Waiting { client, id, .. } in waiting {
            self.outputs.push_back(Output::Reply { client, id, result: Err(error.clone()) });
        }
        self.outputs.push_back(Output::Stopped);
    }

    fn after_stop(&mut self, input: Input) {
        if let Input::Request { client, id, .. } = input {
            let result = Err(Error::new(Code::NoDaemon, "the daemon is stopping; ask again once it runs"));
            self.outputs.push_back(Output::Reply { client, id, result });
        }
    }

    /// A stanza for the relay; only while it has taken the login.
    fn send(&mut self, stanza: impl Into<Stanza>) {
        self.link.wrote(self.now.mono);
        self.outputs.push_back(Output::Send(Box::new(stanza.into())));
    }

    /// Asks the store; `then` is what happens with the answer.
    fn ask(&mut self, op: op::Op, then: Then) {
        self.last_token += 1;
        self.asked.insert(self.last_token, then);
        self.outputs.push_back(Output::Store { token: self.last_token, op });
    }

    fn random_bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// A name for a message or a request: 128 random bits.
    fn random_id(&mut self) -> Id {
        let hex: String = self.random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        Id::new(&hex).expect("32 hexadecimal digits are an id")
    }

    /// A time between `shortest` and `longest`.
    fn jitter(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let share = f64::from(u32::from_le_bytes(self.random_bytes())) / f64::from(u32::MAX);
        shortest + longest.saturating_sub(shortest).mul_f64(share)
    }

    /// Now, RFC 3339.
    fn ts(&self) -> String {
        clock::rfc3339(self.now.wall_us)
    }
}
