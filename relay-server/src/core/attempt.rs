//! Somebody shows what should prove an account to be theirs: throttle, account, password pool, verdict. What it was for
//! (a login, a registration that is asked for again, another password, the account's end) goes on from there.

use std::net::IpAddr;
use std::time::Duration;

use relay_schema::{Id, LoginReason, NackCode, RegisterReason, Secret};

use super::login::Full;
use super::op::{Account, CodeHash, Network, Op, StoreError, TokenHash};
use super::pending::Pending;
use super::register::Applicant;
use super::session::{Phase, live};
use super::throttle::{End, Leave};
use super::{Core, Now, Output, SessionId, Token, Verdict};

/// The most bytes of a password.
pub(super) const PASSWORD_MAX: usize = 1_024;
/// When to try again if the password pool, or the store, could not.
pub(super) const POOL_RETRY: Duration = Duration::from_secs(2);
pub(super) const STORE_RETRY: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) session: SessionId,
    pub(super) id: Option<Id>,
    /// The account's name, normalised.
    pub(super) name: String,
    pub(super) address: IpAddr,
    pub(super) proof: Proof,
    pub(super) aim: Aim,
    /// Found under the name.
    pub(super) account: Option<Account>,
}

/// What shows that it is the account's owner.
#[derive(Debug)]
pub(super) enum Proof {
    Password(Secret),
    Token(TokenHash),
    /// A one-time code; it is guessed at as rarely as a password.
    Code(CodeHash),
}

/// What it is for.
#[derive(Debug)]
pub(super) enum Aim {
    /// A login, with what the full dialect adds.
    Login(Option<Full>),
    /// A registration whose account is there already; the answer to whoever does not know its password.
    Register(RegisterReason),
    /// Another password, asked for by this device.
    Passwd { new: Secret, device: String },
    /// The account's end.
    Remove,
}

/// Why it ended before anything was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Wrong, or no such account.
    Wrong,
    /// Right, but nobody may log in.
    Disabled,
    /// Not before so long.
    Throttled(Duration),
    /// Nobody could look; again after so long.
    Busy(Duration),
}

/// Who waits until others of the same network have ended (see `throttle`).
#[derive(Debug)]
pub(super) enum Waiting {
    Attempt(Box<Attempt>),
    Applicant(Box<Applicant>),
}

impl Attempt {
    pub(super) fn network(&self) -> Network {
        Network::from(self.address)
    }

    /// What the full dialect adds to a login.
    pub(super) fn full(&self) -> Option<&Full> {
        match &self.aim {
            Aim::Login(full) => full.as_ref(),
            Aim::Register(_) | Aim::Passwd { .. } | Aim::Remove => None,
        }
    }

    pub(super) fn full_mut(&mut self) -> Option<&mut Full> {
        match &mut self.aim {
            Aim::Login(full) => full.as_mut(),
            Aim::Register(_) | Aim::Passwd { .. } | Aim::Remove => None,
        }
    }

    /// The PHC string for which the password was found right, where it was a password.
    pub(super) fn proven(&self) -> Option<String> {
        match &self.proof {
            Proof::Password(_) => self.account.as_ref().map(|account| account.password.clone()),
            Proof::Token(_) | Proof::Code(_) => None,
        }
    }
}

impl Core {
    /// Asks the throttle; then looks the account up.
    pub(super) fn attempt(&mut self, now: Now, attempt: Box<Attempt>) {
        let network = attempt.network();
        let leave = match attempt.proof {
            Proof::Password(_) | Proof::Code(_) => {
                self.throttle.password(now.mono, &attempt.name, network, attempt.session)
            }
            Proof::Token(_) => self.throttle.token(now.mono, network),
        };
        match leave {
            Leave::Go if matches!(attempt.proof, Proof::Token(_)) => self.begin(now, attempt, None),
            Leave::Go => {
                let (name, now_ms) = (attempt.name.clone(), now.wall_ms);
                self.ask(Op::Find { name, network, now_ms }, Pending::Find(attempt));
            }
            Leave::Wait => self.wait(attempt.session, Waiting::Attempt(attempt)),
            Leave::Later(wait) => self.failed(now, *attempt, Failure::Throttled(wait)),
        }
    }

    pub(super) fn wait(&mut self, session: SessionId, waiting: Waiting) {
        if let Some(entry) = self.sessions.get_mut(&session) {
            entry.waiting = Some(waiting);
        }
    }

    pub(super) fn on_found(
        &mut self,
        now: Now,
        mut attempt: Box<Attempt>,
        found: Result<Option<Account>, StoreError>,
    ) {
        let Ok(account) = found else {
            return self.give_up(now, *attempt, End::Unchecked, Failure::Busy(STORE_RETRY));
        };
        if !self.is_wanted(&attempt) {
            return self.end_try(now, &attempt, End::Unchecked);
        }
        let known = account.as_ref().is_some_and(|account| account.known_network);
        let hash = account.as_ref().map(|account| account.password.clone());
        attempt.account = account;
        let Proof::Password(password) = &attempt.proof else {
            return self.begin(now, attempt, None);
        };
        let wait = self.throttle.account(now.mono, &attempt.name);
        if !known && !wait.is_zero() {
            return self.give_up(now, *attempt, End::Unchecked, Failure::Throttled(wait));
        }
        let (address, password) = (attempt.address, password.clone());
        let token = self.expect(Pending::Check(attempt));
        self.outputs.push_back(Output::Check { token, address, password, hash });
    }

    pub(super) fn on_checked(&mut self, now: Now, token: Token, verdict: Verdict) {
        let Some(pending) = self.pending.remove(&token) else { return };
        let attempt = match pending {
            Pending::Check(attempt) => attempt,
            Pending::Hash(hashing) => return self.on_hashed(now, hashing, verdict),
            // The store's; the password pool cannot answer it.
            other => return drop(self.pending.insert(token, other)),
        };
        match (verdict, &attempt.account) {
            (Verdict::Right { .. }, Some(account)) if account.disabled => {
                self.give_up(now, *attempt, End::Right, Failure::Disabled);
            }
            (Verdict::Right { rehash }, Some(_)) => {
                self.end_try(now, &attempt, End::Right);
                if self.is_wanted(&attempt) {
                    self.on_proven(now, attempt, rehash);
                }
            }
            (Verdict::Right { .. }, None) | (Verdict::Wrong, _) => {
                self.give_up(now, *attempt, End::Wrong, Failure::Wrong);
            }
            (Verdict::Busy | Verdict::Made { .. } | Verdict::Unfit, _) => self.on_unchecked(now, attempt),
        }
    }

    /// The password is right.
    fn on_proven(&mut self, now: Now, attempt: Box<Attempt>, rehash: Option<String>) {
        match attempt.aim {
            Aim::Login(_) => self.begin(now, attempt, rehash),
            Aim::Register(_) => {
                let Attempt { session, id, name, .. } = *attempt;
                self.registered(now, session, id, name);
            }
            Aim::Passwd { .. } => self.hash_new(attempt),
            Aim::Remove => self.remove(now, attempt),
        }
    }

    /// Nobody could look at the password.
    pub(super) fn on_unchecked(&mut self, now: Now, attempt: Box<Attempt>) {
        self.give_up(now, *attempt, End::Unchecked, Failure::Busy(POOL_RETRY));
    }

    /// Whether somebody still waits for what it is for.
    fn is_wanted(&self, attempt: &Attempt) -> bool {
        match attempt.aim {
            Aim::Login(_) | Aim::Register(_) => self.is_logging_in(attempt.session),
            Aim::Passwd { .. } | Aim::Remove => {
                live(&self.sessions, attempt.session).is_some_and(|live| live.name == attempt.name)
            }
        }
    }

    pub(super) fn is_logging_in(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|session| matches!(session.phase, Phase::LoggingIn(_)))
    }

    /// Ends a try, and what it was for.
    fn give_up(&mut self, now: Now, attempt: Attempt, end: End, why: Failure) {
        let (name, network, counts) = (attempt.name.clone(), attempt.network(), counts(&attempt.proof));
        self.failed(now, attempt, why);
        if counts {
            self.end_of(now, &name, network, end);
        }
    }

    /// Tells the throttle; those who waited for it go on.
    pub(super) fn end_try(&mut self, now: Now, attempt: &Attempt, end: End) {
        if counts(&attempt.proof) {
            self.end_of(now, &attempt.name, attempt.network(), end);
        }
    }

    /// The same of whatever was tried under that name.
    pub(super) fn end_of(&mut self, now: Now, name: &str, network: Network, end: End) {
        self.throttle.end(now.mono, name, network, end);
        while let Some(session) = self.throttle.next(now.mono, name, network) {
            match self.sessions.get_mut(&session).and_then(|entry| entry.waiting.take()) {
                Some(Waiting::Attempt(attempt)) => self.attempt(now, attempt),
                Some(Waiting::Applicant(applicant)) => self.inquire(now, applicant),
                None => {}
            }
        }
    }

    /// Answers whoever asked, in the words of what was asked.
    fn failed(&mut self, now: Now, attempt: Attempt, why: Failure) {
        let Attempt { session, id, aim, .. } = attempt;
        match aim {
            Aim::Login(_) => {
                let (reason, retry) = match why {
                    Failure::Wrong => (LoginReason::Credentials, None),
                    Failure::Disabled => (LoginReason::Disabled, None),
                    Failure::Throttled(wait) => (LoginReason::Throttled, Some(wait)),
                    Failure::Busy(wait) => (LoginReason::Busy, Some(wait)),
                };
                self.fail(now, session, id, reason, retry);
            }
            Aim::Register(otherwise) => {
                let (reason, retry) = match why {
                    Failure::Wrong | Failure::Disabled => (otherwise, None),
                    Failure::Throttled(wait) => (RegisterReason::Throttled, Some(wait)),
                    Failure::Busy(wait) => (RegisterReason::Busy, Some(wait)),
                };
                self.not_registered(now, session, id, reason, retry);
            }
            Aim::Passwd { .. } | Aim::Remove => {
                let (code, retry) = match why {
                    Failure::Wrong | Failure::Disabled => (NackCode::Credentials, None),
                    Failure::Throttled(wait) | Failure::Busy(wait) => (NackCode::Rate, Some(wait)),
                };
                self.not_changed(session, id, code, retry);
            }
        }
    }
}

/// A token is no guess: it has a bucket of its own, and nothing to be told at its end.
fn counts(proof: &Proof) -> bool {
    match proof {
        Proof::Password(_) | Proof::Code(_) => true,
        Proof::Token(_) => false,
    }
}
