//! The relay at work: feeds the core and carries out what it says. Connections call the core in place from their own
//! tasks; the store, the password pool, the clock and signals come in through the one loop here.

mod drain;
mod notify;
mod start;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::admin::{self, Answer, Code, Digest, Listening, Report, Trouble, Wish};
use crate::core::op::{AdminDone, Done, Op, StoreError};
use crate::core::{AdminRefusal, Core, Input, Now, Numbered, Output, SessionId, Token, Verdict};
use crate::net::{self, Certificates, Host as _, Net};
use crate::password;
use crate::store::{self, Store};
use start::{Signals, Start};

pub use start::{FirstMinute, StartError, check, serve};

/// Answers that may wait for the loop; a store thread that finds no place waits.
const ANSWERS: usize = 1_024;

/// Batches of answers between two rounds of writing.
const BATCHES: usize = 64;

/// What the other threads answer.
enum Told {
    /// One group commit, or one read.
    Stored(Vec<(Token, Result<Done, StoreError>)>),
    /// One password.
    Checked(Token, Verdict),
}

type Granted = Result<AdminDone, AdminRefusal>;

/// The core, and all that it talks to. Nothing in it is borrowed over an await.
struct Shell {
    core: RefCell<Core>,
    net: Rc<Net>,
    /// None at the very end.
    store: RefCell<Option<Store<Token>>>,
    pool: RefCell<Option<password::Pool>>,
    friends_max: u32,
    tls: SocketAddr,
    certificates: Rc<Certificates>,
    started: Instant,
    /// Ops that the store has not answered. The store's queues have room for so many of each kind.
    asked: Cell<usize>,
    asked_max: usize,
    /// Ops beyond that. While there are any nobody is read from, so there are never many.
    backlog: RefCell<VecDeque<(Token, Op)>>,
    checking: Cell<usize>,
    /// Who waits for the answer to what was asked of the store and the pool.
    owners: RefCell<Numbered<Token, SessionId>>,
    /// For whose sake the core does what it does now.
    cause: Cell<Option<SessionId>>,
    /// Nobody is read from any more.
    stopping: Cell<bool>,
    /// What the core is to hear once it has come to rest.
    later: RefCell<Vec<Input>>,
    wishes: RefCell<HashMap<u64, oneshot::Sender<Granted>>>,
    last_wish: Cell<u64>,
    /// What the loop's timer is set to; told when it must be earlier.
    armed: Cell<Option<Duration>>,
    rearm: Notify,
}

impl Shell {
    fn new(start: &Start<'_>, tell: &mpsc::Sender<Told>) -> Result<Self, StartError> {
        let config = start.config;
        let settings = store::Settings::default();
        let stored = tell.clone();
        let answers: store::Answers<Token> =
            Box::new(move |batch| drop(stored.blocking_send(Told::Stored(batch))));
        let store = Store::open(start.dir.path(), settings, answers)?;
        let checked = tell.clone();
        let pool = password::Settings {
            threads: config.password_checks,
            waiting: config.password_waiting,
            wait: config.password_wait,
        };
        let answer = move |token, verdict| drop(checked.blocking_send(Told::Checked(token, verdict)));
        let pool = password::Pool::start(pool, answer).map_err(StartError::System)?;
        Ok(Self {
            core: RefCell::new(Core::new(config.limits(), Box::new(random))),
            net: Net::new(config, start.files_max),
            store: RefCell::new(Some(store)),
            pool: RefCell::new(Some(pool)),
            friends_max: config.friends,
            tls: start.tls_address()?,
            certificates: Rc::clone(&start.certificates),
            started: Instant::now(),
            asked: Cell::new(0),
            asked_max: settings.queue,
            backlog: RefCell::default(),
            checking: Cell::new(0),
            owners: RefCell::default(),
            cause: Cell::new(None),
            stopping: Cell::new(false),
            later: RefCell::default(),
            wishes: RefCell::default(),
            last_wish: Cell::new(0),
            armed: Cell::new(None),
            rearm: Notify::new(),
        })
    }

    /// The loop, until a signal says stop; then the end.
    async fn work(
        &self,
        mut answers: mpsc::Receiver<Told>,
        signals: &mut Signals,
        certificates: &Certificates,
        accepting: Vec<JoinHandle<()>>,
    ) {
        loop {
            let deadline = self.core.borrow().deadline();
            self.armed.set(deadline);
            tokio::select! {
                told = answers.recv() => self.on_told(told, &mut answers),
                () = self.until(deadline) => self.on_time(),
                () = self.rearm.notified() => {}
                _ = signals.hangup.recv() => certificates.reload(),
                _ = signals.terminate.recv() => break,
                _ = signals.interrupt.recv() => break,
            }
        }
        notify::tell(notify::STOPPING);
        tracing::info!("stopping");
        accepting.iter().for_each(JoinHandle::abort);
        self.drain(answers).await;
        tracing::info!("stopped");
    }

    async fn until(&self, deadline: Option<Duration>) {
        match deadline {
            Some(deadline) => tokio::time::sleep_until((self.started + deadline).into()).await,
            None => std::future::pending().await,
        }
    }

    fn on_time(&self) {
        self.hear(Input::Tick);
        self.settle();
    }

    /// An answer, and those that came with it.
    fn on_told(&self, told: Option<Told>, answers: &mut mpsc::Receiver<Told>) {
        let mut next = told;
        let mut batches = 0;
        while let Some(told) = next {
            match told {
                Told::Stored(batch) => self.on_stored(batch),
                Told::Checked(token, verdict) => {
                    self.checking.set(self.checking.get().saturating_sub(1));
                    self.hear(Input::Checked { token, verdict });
                }
            }
            batches += 1;
            next = (batches < BATCHES).then(|| answers.try_recv().ok()).flatten();
        }
        self.settle();
    }

    fn on_stored(&self, batch: Vec<(Token, Result<Done, StoreError>)>) {
        self.asked.set(self.asked.get().saturating_sub(batch.len()));
        for (token, result) in batch {
            self.hear(Input::Stored { token, result });
        }
        self.ask_backlog();
    }

    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: self.started.elapsed(), wall_ms: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX) }
    }

    /// One thing that the core wants. The core is borrowed: nothing here may let it hear.
    fn carry_out(&self, output: Output) {
        match output {
            Output::Send { session, class, stanza } => self.net.send(session, class, &stanza),
            Output::LoggedIn { session, dialect } => self.net.logged_in(session, dialect),
            Output::LoginFailed { session } => self.net.login_failed(session),
            Output::Pause { session, time } => self.net.pause(session, time),
            Output::Close { session } => self.net.close(session),
            Output::AskRoom { session } => self.net.ask_room(session),
            Output::AskAcknowledged { session } => self.net.ask_acknowledged(session),
            Output::Store { token, op } => {
                self.note_owner(token);
                self.ask_store(token, op);
            }
            Output::Check { token, address, password, hash } => {
                self.ask_pool(token, |pool| pool.check(token, address, password, hash));
            }
            Output::Hash { token, address, password } => {
                self.ask_pool(token, |pool| pool.hash(token, address, password));
            }
            Output::Admin { reply, result } => {
                if let Some(wish) = self.wishes.borrow_mut().remove(&reply) {
                    // Who asked may have gone.
                    let _ = wish.send(result);
                }
            }
        }
    }

    /// Has the pool do something; who is told that it is busy may be somebody else.
    fn ask_pool(&self, token: Token, ask: impl FnOnce(&password::Pool) -> Option<Token>) {
        self.note_owner(token);
        self.checking.set(self.checking.get() + 1);
        if let Some(token) = self.pool.borrow().as_ref().map_or(Some(token), ask) {
            self.checking.set(self.checking.get() - 1);
            self.later.borrow_mut().push(Input::Checked { token, verdict: Verdict::Busy });
        }
    }

    fn note_owner(&self, token: Token) {
        if let Some(session) = self.cause.get() {
            self.net.asked(session);
            self.owners.borrow_mut().insert(token, session);
        }
    }

    /// For whose sake the core hears this; if it is an answer, then this one is owed no more.
    fn cause_of(&self, input: &Input) -> (Option<SessionId>, bool) {
        match input {
            Input::Stanza { session, .. } | Input::Room { session } => (Some(*session), false),
            Input::Stored { token, .. } | Input::Checked { token, .. } => {
                let owner = self.owners.borrow_mut().remove(token);
                (owner, owner.is_some())
            }
            Input::Opened { .. }
            | Input::Refused { .. }
            | Input::Quiet { .. }
            | Input::Acknowledged { .. }
            | Input::Closed { .. }
            | Input::Admin { .. }
            | Input::Tick => (None, false),
        }
    }

    fn ask_store(&self, token: Token, op: Op) {
        let mut backlog = self.backlog.borrow_mut();
        if self.asked.get() < self.asked_max && backlog.is_empty() {
            self.send_to_store(token, op);
            return;
        }
        if backlog.is_empty() {
            self.net.set_reading(false);
        }
        backlog.push_back((token, op));
    }

    fn ask_backlog(&self) {
        let mut backlog = self.backlog.borrow_mut();
        if backlog.is_empty() {
            return;
        }
        while self.asked.get() < self.asked_max
            && let Some((token, op)) = backlog.pop_front()
        {
            self.send_to_store(token, op);
        }
        if backlog.is_empty() && !self.stopping.get() {
            self.net.set_reading(true);
        }
    }

    fn send_to_store(&self, token: Token, op: Op) {
        let sent = self.store.borrow().as_ref().is_some_and(|store| store.send(token, op).is_ok());
        if sent {
            self.asked.set(self.asked.get() + 1);
        } else {
            let result = Err(StoreError::Failed("it is not running".to_owned()));
            self.later.borrow_mut().push(Input::Stored { token, result });
        }
    }

    /// What links to this relay say.
    fn listening(&self) -> Listening {
        Listening { tls: self.tls, pin: self.certificates.pin().map(Digest::from) }
    }

    async fn grant(self: Rc<Self>, wish: Wish) -> Answer {
        if matches!(wish, Wish::ServerShow) {
            let server = Some(self.listening());
            return Answer::Ok(Report { server, ..Report::default() });
        }
        let op = match wish.into_op(self.friends_max, self.now().wall_ms) {
            Ok(op) => op,
            Err(trouble) => return Answer::Error(trouble),
        };
        let (tell, told) = oneshot::channel();
        let reply = self.last_wish.get() + 1;
        self.last_wish.set(reply);
        self.wishes.borrow_mut().insert(reply, tell);
        self.hear(Input::Admin { reply, op });
        self.settle();
        match told.await {
            Ok(granted) => granted.into(),
            Err(_) => Answer::Error(Trouble::new(Code::Unexpected, "the server is stopping")),
        }
    }
}

impl net::Host for Shell {
    fn hear(&self, input: Input) {
        let (cause, answers) = self.cause_of(&input);
        self.cause.set(cause);
        let mut core = self.core.borrow_mut();
        core.handle(self.now(), input);
        while let Some(output) = core.poll() {
            self.carry_out(output);
        }
        if let Some(session) = cause.filter(|_| answers) {
            self.net.answered(session);
        }
    }

    fn settle(&self) {
        let mut heard = Vec::new();
        loop {
            self.net.flush(&mut heard);
            heard.append(&mut self.later.borrow_mut());
            if heard.is_empty() {
                break;
            }
            for input in heard.drain(..) {
                self.hear(input);
            }
        }
        let deadline = self.core.borrow().deadline();
        if deadline.is_some_and(|deadline| self.armed.get().is_none_or(|armed| deadline < armed)) {
            self.armed.set(deadline);
            self.rearm.notify_one();
        }
    }
}

impl admin::socket::Host for Shell {
    fn grant(self: Rc<Self>, wish: Wish) -> Pin<Box<dyn Future<Output = Answer>>> {
        Box::pin(Self::grant(self, wish))
    }
}

fn random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("a kernel that runs a relay has random bytes");
}
