//! The relay's core with the real store in memory: no sockets, no sleeps; the clock moves only when told.

mod change;
mod wish;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use relay_schema::{Framer, LIMIT_AFTER_LOGIN, LIMIT_BEFORE_LOGIN, Refusal, Secret};
use relay_server::core::op::{AdminOp, CodeHash, DeviceOp, Op, StoreError};
use relay_server::core::{Core, Input, Limits, Now, Output, Random, SessionId, Verdict};
use relay_server::store::Direct;
use sha2::Digest as _;

use super::{Change, Heard, Setup, Stage, Wish};

/// Wall clock at the start.
const START_MS: i64 = 1_767_225_600_000;

/// See the module.
pub struct CoreStage {
    limits: Limits,
    core: Option<Core>,
    store: Direct,
    mono: Duration,
    clients: HashMap<String, Client>,
    opened: SessionId,
    /// Operations that wait while the store stands still.
    ops: VecDeque<(u64, Op)>,
    store_stands: bool,
    /// What waits for the password pool.
    checks: VecDeque<(u64, Secret, Work)>,
    pool_stands: bool,
    pool_busy: bool,
    disk_full: bool,
    /// See [`relay_server::core::op::Submit::era`].
    failed_era: u64,
    inputs: VecDeque<Input>,
}

/// What the password pool is to do: compare with a hash, or make one.
enum Work {
    Check(Option<String>),
    Hash,
}

struct Client {
    session: SessionId,
    framer: Framer,
    heard: VecDeque<Heard>,
    reads: bool,
    asked_room: bool,
    asked_acknowledged: bool,
    paused: Duration,
}

impl std::fmt::Debug for CoreStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CoreStage").field("core", &self.core).finish_non_exhaustive()
    }
}

impl Default for CoreStage {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            core: None,
            store: Direct::in_memory().expect("a database in memory always opens"),
            mono: Duration::from_secs(1),
            clients: HashMap::new(),
            opened: 0,
            ops: VecDeque::new(),
            store_stands: false,
            checks: VecDeque::new(),
            pool_stands: false,
            pool_busy: false,
            disk_full: false,
            failed_era: 0,
            inputs: VecDeque::new(),
        }
    }
}

impl Stage for CoreStage {
    fn set_up(&mut self, setup: &Setup) {
        let now_ms = START_MS;
        match setup {
            Setup::Limit { key, value } => change::limit(&mut self.limits, key, value),
            Setup::Account { name, password, shown } => self.direct(AdminOp::AccountAdd {
                name: name.clone(),
                shown: shown.clone(),
                password: phc(password),
                now_ms,
            }),
            Setup::Friends { a, b } => {
                let friends_max = self.limits.friends;
                self.direct(AdminOp::FriendAdd { a: a.clone(), b: b.clone(), friends_max, now_ms });
            }
        }
    }

    fn connect(&mut self, who: &str, from: IpAddr) {
        self.opened += 1;
        let client = Client {
            session: self.opened,
            framer: Framer::new(LIMIT_BEFORE_LOGIN),
            heard: VecDeque::new(),
            reads: true,
            asked_room: false,
            asked_acknowledged: false,
            paused: Duration::ZERO,
        };
        self.clients.insert(who.to_owned(), client);
        self.run(Input::Opened { session: self.opened, address: from });
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        let mut rest = bytes;
        loop {
            let client = self.clients.get_mut(who).expect("it is connected");
            let session = client.session;
            let input = match client.framer.next(&mut rest) {
                Ok(None) => return,
                Ok(Some(frame)) => match frame.parse() {
                    Ok(stanza) => Input::Stanza { session, stanza },
                    Err(refusal) => Input::Refused { session, refusal },
                },
                Err(fault) => {
                    self.run(Input::Refused { session, refusal: Refusal::from(fault) });
                    return;
                }
            };
            self.run(input);
        }
    }

    fn hear(&mut self, who: &str) -> Heard {
        self.client(who).heard.pop_front().unwrap_or(Heard::Nothing)
    }

    fn overhear(&mut self, who: &str) -> Heard {
        self.hear(who)
    }

    fn close(&mut self, who: &str) {
        let client = self.clients.remove(who).expect("it is connected");
        if client.reads {
            self.run(Input::Acknowledged { session: client.session });
        }
        self.run(Input::Closed { session: client.session });
    }

    fn admin(&mut self, wish: &Wish) {
        let op = wish::op(wish.clone(), &self.limits, self.now().wall_ms);
        self.run(Input::Admin { reply: 1, op });
    }

    fn change(&mut self, who: Option<&str>, change: &Change) -> Result<(), String> {
        self.change_world(who, change)
    }
}

impl CoreStage {
    fn client(&mut self, who: &str) -> &mut Client {
        self.clients.get_mut(who).unwrap_or_else(|| panic!("{who} is not connected"))
    }

    fn client_of(&mut self, session: SessionId) -> Option<&mut Client> {
        self.clients.values_mut().find(|client| client.session == session)
    }

    fn now(&self) -> Now {
        let passed = i64::try_from(self.mono.as_millis()).expect("a dialogue is short");
        Now { mono: self.mono, wall_ms: START_MS + passed }
    }

    /// Carries something out before the relay starts.
    fn direct(&mut self, op: AdminOp) {
        self.store.apply(Op::Admin(op)).expect("the setup is sound");
    }

    /// Time passes; what is due on the way happens at its time.
    fn pass(&mut self, by: Duration) {
        let until = self.mono + by;
        while let Some(due) = self.core.as_ref().and_then(Core::deadline).filter(|due| *due <= until) {
            self.mono = self.mono.max(due);
            self.run(Input::Tick);
        }
        self.mono = until;
    }

    fn run(&mut self, input: Input) {
        self.inputs.push_back(input);
        self.settle();
    }

    /// Until nothing happens any more.
    fn settle(&mut self) {
        loop {
            while let Some(input) = self.inputs.pop_front() {
                let now = self.now();
                let limits = self.limits;
                let core = self.core.get_or_insert_with(|| Core::new(limits, seeded()));
                core.handle(now, input);
                while let Some(output) = self.core.as_mut().and_then(Core::poll) {
                    self.carry_out(output);
                }
            }
            if !self.store_stands
                && let Some((token, op)) = self.ops.pop_front()
            {
                let result = self.store(op);
                self.inputs.push_back(Input::Stored { token, result });
            } else if !self.pool_stands
                && let Some((token, password, work)) = self.checks.pop_front()
            {
                let verdict = match work {
                    Work::Check(hash) => self.check(&password, hash),
                    Work::Hash => self.hash(&password),
                };
                self.inputs.push_back(Input::Checked { token, verdict });
            } else {
                return;
            }
        }
    }

    fn store(&mut self, op: Op) -> Result<relay_server::core::op::Done, StoreError> {
        let full = || Err(StoreError::Full("the dialogue says so".into()));
        match &op {
            Op::Submit(submit) if self.disk_full || submit.era <= self.failed_era => {
                self.failed_era = self.failed_era.max(submit.era);
                full()
            }
            Op::Recv { .. }
            | Op::Mark { .. }
            | Op::Reveal { .. }
            | Op::SeedCursor { .. }
            | Op::Confirm { .. }
            | Op::Logout { .. }
            | Op::Join(_)
            | Op::Passwd(_)
            | Op::Remove(_)
            | Op::Device { op: DeviceOp::Revoke(_) | DeviceOp::Link { .. }, .. }
                if self.disk_full =>
            {
                full()
            }
            Op::Begin(begin)
                if self.disk_full && begin.device.as_ref().is_some_and(|device| device.code.is_some()) =>
            {
                full()
            }
            _ => self.store.apply(op),
        }
    }

    fn check(&self, password: &Secret, hash: Option<String>) -> Verdict {
        if self.pool_busy {
            return Verdict::Busy;
        }
        match hash {
            Some(hash) if hash == phc(password.expose()) => Verdict::Right { rehash: None },
            Some(_) | None => Verdict::Wrong,
        }
    }

    fn hash(&self, password: &Secret) -> Verdict {
        if self.pool_busy {
            return Verdict::Busy;
        }
        if password.expose().chars().any(char::is_control) {
            return Verdict::Unfit;
        }
        Verdict::Made { phc: phc(password.expose()) }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Send { session, stanza, .. } => self.tell(session, Heard::Stanza(stanza.to_xml())),
            Output::LoggedIn { session, .. } => {
                if let Some(client) = self.client_of(session) {
                    client.framer.set_limit(LIMIT_AFTER_LOGIN);
                }
            }
            Output::LoginFailed { .. } | Output::Admin { .. } => {}
            Output::Pause { session, time } => {
                if let Some(client) = self.client_of(session) {
                    client.paused = time;
                }
            }
            Output::Close { session } => {
                self.tell(session, Heard::End);
                let reads = self.client_of(session).is_some_and(|client| client.reads);
                if reads {
                    self.inputs.push_back(Input::Acknowledged { session });
                }
                self.inputs.push_back(Input::Closed { session });
            }
            Output::AskRoom { session } => self.note(session, |client| client.asked_room = true),
            Output::AskAcknowledged { session } => {
                self.note(session, |client| client.asked_acknowledged = true);
            }
            Output::Store { token, op } => self.ops.push_back((token, op)),
            Output::Check { token, password, hash, .. } => {
                self.checks.push_back((token, password, Work::Check(hash)));
            }
            Output::Hash { token, password, .. } => self.checks.push_back((token, password, Work::Hash)),
        }
    }

    fn tell(&mut self, session: SessionId, heard: Heard) {
        if let Some(client) = self.client_of(session) {
            client.heard.push_back(heard);
        }
    }

    fn note(&mut self, session: SessionId, note: impl FnOnce(&mut Client)) {
        let Some(client) = self.client_of(session) else { return };
        note(client);
        if client.reads {
            self.catch_up(session);
        }
    }

    /// A client that reads: what the core asked about it is answered.
    fn catch_up(&mut self, session: SessionId) {
        let Some(client) = self.client_of(session) else { return };
        let room = std::mem::take(&mut client.asked_room);
        let acknowledged = std::mem::take(&mut client.asked_acknowledged);
        if acknowledged {
            self.inputs.push_back(Input::Acknowledged { session });
        }
        if room {
            self.inputs.push_back(Input::Room { session });
        }
    }
}

fn hash(code: &str) -> CodeHash {
    CodeHash(sha2::Sha256::digest(code).into())
}

/// The stage's password hash.
fn phc(password: &str) -> String {
    format!("plain:{password}")
}

/// Random bytes that are the same in every run, and never twice the same in one.
fn seeded() -> Random {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    Box::new(move |bytes| {
        for byte in bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    })
}
