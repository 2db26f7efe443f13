//! The daemon's thinking: the accounts, their logins, what is in flight, who is on line. No I/O, no clock, no randomness
//! of its own: [`Core::handle`] takes one [`Input`], [`Core::poll`] hands out [`Output`]s.
//!
//! Each account that is logged in is a value of its own (`account::Account`, one feature a file), which knows nothing of
//! the others: its link, its outbox, its friends, its requests. The core itself keeps what is the daemon's, gives each
//! input to the account it is for, and numbers what the accounts tell.
//!
//! Durable facts go out as [`Output::Store`] and come back as [`Input::Stored`], in the order in which they were asked.
//! Events are applied to a mirror of one's own before they go out, so that `daemon.state` always equals their sum.

mod account;
mod accounts;
mod address;
mod asking;
mod body;
mod call;
mod chat;
mod clock;
mod daemon;
mod device;
mod doctor;
mod draft;
mod early;
mod events;
mod explain;
mod failure;
mod fill;
mod follow;
mod friend;
mod group;
pub mod io;
mod join;
mod link;
mod login;
mod logout;
mod mark;
mod name;
pub mod notify;
pub mod op;
mod outbox;
mod passwd;
pub mod picture;
mod presence;
mod profile;
mod read;
mod receive;
mod reconnect;
mod request;
mod saving;
mod search;
pub(crate) mod segment;
mod session;
mod shake;
mod stored;
mod typing;
mod unjoined;
mod window;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use ipc_schema::{Code, Error};

pub use io::{Input, Now, Output};

use account::Account;
use accounts::Awaited;
use doctor::Doctor;
use events::Events;
use io::{AccountKey, ClientId, DAEMON, DESK, Local, Token};
use notify::Notices;
use request::{Caller, Waiting};
use window::Windows;

/// Fills a buffer with random bytes; the shell hands in the operating system's, tests a seeded one.
pub type Random = Rc<dyn Fn(&mut [u8])>;

/// The daemon's version, as it tells the relay and the frontends.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How much of this computer's name the relay is told, in characters.
const HOST_MAX: usize = 64;

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
    /// What the relay is told of this device: `qqd/VERSION`, and the computer's name if it is known.
    client: Rc<str>,
    now: Now,
    started: Now,
    phase: Phase,
    outputs: VecDeque<Output>,
    events: Events,
    /// Those who are logged in, or on their way in or out.
    accounts: Vec<Account>,
    last_key: AccountKey,
    /// Accounts that are logged out and have history here.
    former: Vec<op::Account>,
    /// What lies here of each of them, by local name.
    left: HashMap<String, op::Left>,
    /// Those of all whose random password is kept here, by local name.
    random_passwords: HashSet<String>,
    /// What the store has been asked for the daemon itself and has not answered.
    asked: HashMap<u64, Awaited>,
    last_asked: u64,
    /// Those who look whether everything works.
    doctors: Vec<Doctor>,
    /// For whom the shell looks at another address of a relay, by the number of the look.
    looks: HashMap<u64, AccountKey>,
    windows: Windows,
    notices: Notices,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

impl Core {
    /// A daemon that knows nothing yet: its first output is [`op::Op::LoadAll`].
    pub fn new(started: Now, random: Random) -> Self {
        let mut core = Self {
            random,
            client: format!("qqd/{VERSION}").into(),
            now: started,
            started,
            phase: Phase::Loading(Vec::new()),
            outputs: VecDeque::new(),
            events: Events::new(started),
            accounts: Vec::new(),
            last_key: DAEMON,
            former: Vec::new(),
            left: HashMap::new(),
            random_passwords: HashSet::new(),
            asked: HashMap::new(),
            last_asked: 0,
            doctors: Vec::new(),
            looks: HashMap::new(),
            windows: Windows::default(),
            notices: Notices::default(),
        };
        core.ask(Local::from(""), op::Op::LoadAll, Awaited::Load);
        core
    }

    /// On which computer this is, so that somebody who looks at their devices knows them apart: the relay is told
    /// `qqd/VERSION (HOST)` from the next login on. A name with other characters than a host has is told to nobody
    /// (RFC 1123, section 2.1).
    pub fn on_host(&mut self, host: &str) {
        let valid = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
        if !host.is_empty() && host.len() <= HOST_MAX && host.chars().all(valid) {
            self.client = format!("qqd/{VERSION} ({host})").into();
        }
    }

    /// Takes one input; [`Core::poll`] until empty afterwards.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.now = now;
        if matches!(self.phase, Phase::Stopped) {
            return self.after_stop(input);
        }
        match input {
            Input::Request { client, id, call } => self.on_call(Caller { client, id }, call),
            Input::Gone { client } => self.on_gone(client),
            Input::Link { account, attempt, news } => {
                self.work_of(account, |account| account.on_link(attempt, news));
            }
            Input::Stored { token, result } if token.account == DAEMON => {
                self.on_stored(token.number, result);
            }
            Input::Stored { token, result } => {
                self.work_of(token.account, |account| account.on_stored(token.number, result));
            }
            Input::Woken => {
                self.each(Account::on_woken);
                self.weigh();
            }
            Input::Desk(desk) => self.on_desk(desk),
            Input::Examined { number, examined } => self.on_examined(number, examined),
            Input::Opened { number, result } => self.on_opened(number, result),
            Input::Outdated { installed } => self.on_outdated(installed),
            Input::Tick => {
                self.each(Account::on_tick);
                self.on_doctors_tick();
                self.on_notices_tick();
            }
            Input::Stop => self.stop(),
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        while let Some(output) = self.outputs.pop_front() {
            match output {
                Output::Reply { client: DESK, id, result } => self.on_pressed_answer(&id, result),
                output => return Some(output),
            }
        }
        None
    }

    /// When [`Input::Tick`] is wanted (monotonic, since the start).
    pub fn deadline(&self) -> Option<Duration> {
        if matches!(self.phase, Phase::Stopped) {
            return None;
        }
        let accounts = self.accounts.iter().filter_map(Account::deadline);
        accounts.chain(self.doctors_deadline()).chain(self.notices_deadline()).min()
    }

    /// A frontend is gone: nobody waits for its answers.
    fn on_gone(&mut self, client: ClientId) {
        if let Phase::Loading(waiting) = &mut self.phase {
            waiting.retain(|waiting| waiting.caller.client != client);
        }
        self.doctors.retain(|doctor| !doctor.is_for(client));
        self.windows.forget(client);
        self.each(|account| account.on_gone(client));
    }

    /// SIGTERM, or `daemon.stop`: the sessions end without a logout, and whoever still waits is told.
    fn stop(&mut self) {
        let error = stopping();
        self.each(|account| account.stop(&error));
        if let Phase::Loading(waiting) = std::mem::replace(&mut self.phase, Phase::Stopped) {
            for Waiting { caller, .. } in waiting {
                self.refuse(caller, error.clone());
            }
        }
        for doctor in std::mem::take(&mut self.doctors) {
            self.refuse(doctor.caller(), error.clone());
        }
        for caller in self.windows.take_callers() {
            self.refuse(caller, error.clone());
        }
        for (_, awaited) in std::mem::take(&mut self.asked) {
            if let Some(caller) = awaited.caller() {
                self.refuse(caller, error.clone());
            }
        }
        self.outputs.push_back(Output::Stopped);
    }

    fn after_stop(&mut self, input: Input) {
        if let Input::Request { client, id, .. } = input {
            self.refuse(Caller { client, id }, stopping());
        }
    }

    /// Asks the store for the daemon itself.
    fn ask(&mut self, whose: Local, op: op::Op, awaited: Awaited) {
        self.last_asked += 1;
        self.asked.insert(self.last_asked, awaited);
        let token = Token { account: DAEMON, number: self.last_asked };
        self.outputs.push_back(Output::Store { token, whose, op });
    }

    /// Lets every account do something.
    fn each(&mut self, work: impl Fn(&mut Account)) {
        let keys: Vec<AccountKey> = self.accounts.iter().map(|account| account.key).collect();
        for key in keys {
            self.work_of(key, &work);
        }
    }

    /// Lets one account do something; one that is gone does nothing.
    fn work_of(&mut self, key: AccountKey, work: impl FnOnce(&mut Account)) {
        if let Some(at) = self.accounts.iter().position(|account| account.key == key) {
            self.work(at, work);
        }
    }

    /// Lets the account at this place do something, and passes on what it says.
    fn work(&mut self, at: usize, work: impl FnOnce(&mut Account)) {
        let Some(account) = self.accounts.get_mut(at) else { return };
        account.now = self.now;
        work(account);
        self.collect(at);
    }
}

fn stopping() -> Error {
    Error::new(Code::NoDaemon, "the daemon is stopping; ask again once it runs")
}
