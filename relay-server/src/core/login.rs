//! `login`: throttle, account, password or token, session; and every way in which it is refused.

use std::net::IpAddr;
use std::time::Duration;

use relay_schema::{ErrorCode, Id, Login, LoginReason, LoginResponse, Notice, Secret};
use sha2::{Digest as _, Sha256};

use super::op::{
    Account, AccountId, Begin, BeginDevice, BeginError, Begun, Network, Op, StoreError, TokenHash,
};
use super::pending::Pending;
use super::presence::Own;
use super::session::{LoggingIn, Phase, Session};
use super::throttle::{End, Leave};
use super::{Core, Now, Output, SessionId, Token, Verdict, name, wire};

/// The most bytes of a password.
const PASSWORD_MAX: usize = 1_024;
/// The most characters of a device's UUID, and of its program's name.
const DEVICE_MAX: usize = 64;
const CLIENT_MAX: usize = 128;
/// When to try again if the password pool, or the store, could not.
const POOL_RETRY: Duration = Duration::from_secs(2);
const STORE_RETRY: Duration = Duration::from_secs(5);
/// No account has this number: who logs in with a token for no account is looked for all the same.
const NOBODY: AccountId = 0;

/// A login on its way.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) session: SessionId,
    pub(super) id: Option<Id>,
    /// The account's name, normalised.
    pub(super) name: String,
    address: IpAddr,
    proof: Proof,
    /// What the full dialect adds.
    pub(super) full: Option<Full>,
    /// Found under the name.
    pub(super) account: Option<Account>,
}

/// What shows that it is the account's owner.
#[derive(Debug)]
enum Proof {
    Password(Secret),
    Token(TokenHash),
}

/// What the full dialect adds to a login.
#[derive(Debug)]
pub(super) struct Full {
    pub(super) device: String,
    client: String,
    resume: Option<u64>,
    epoch: Option<String>,
    /// How the device shows itself.
    pub(super) own: Own,
    /// The token for the next time.
    pub(super) next: Secret,
}

impl Attempt {
    fn network(&self) -> Network {
        Network::from(self.address)
    }
}

impl Core {
    pub(super) fn on_login(&mut self, now: Now, session: SessionId, login: Login) {
        let Some(address) = self.sessions.get(&session).map(|session| session.address) else { return };
        let id = login.id.clone();
        if login.v == Some(0) {
            return self.refuse_login(session, id, LoginReason::Version, None);
        }
        let full = match self.full_login(&login) {
            Ok(full) => full,
            Err(field) => {
                let text = format!("<{field}> of login is missing or has a bad value");
                return self.error(session, ErrorCode::BadField, text, id);
            }
        };
        let proof = match (login.token, login.pwd) {
            (Some(token), _) if full.is_some() => Proof::Token(hash(&token)),
            (_, Some(pwd)) => Proof::Password(pwd),
            (_, None) => {
                return self.error(
                    session,
                    ErrorCode::BadField,
                    "<pwd> of login is missing; it is required",
                    id,
                );
            }
        };
        // What no account can have is told apart from nothing but a wrong password.
        let too_long = matches!(&proof, Proof::Password(pwd) if pwd.expose().len() > PASSWORD_MAX);
        let Some(name) = name::normalise(&login.account).filter(|_| !too_long) else {
            return self.refuse_login(session, id, LoginReason::Credentials, None);
        };
        let attempt = Box::new(Attempt { session, id, name, address, proof, full, account: None });
        if let Some(entry) = self.sessions.get_mut(&session) {
            entry.phase = Phase::LoggingIn(LoggingIn::default());
        }
        self.try_login(now, attempt);
    }

    /// The full dialect's part of a login; the name of a bad field if there is one.
    fn full_login(&mut self, login: &Login) -> Result<Option<Full>, &'static str> {
        if login.v.is_none() {
            return Ok(None);
        }
        let device = login.device.clone().filter(|device| is_device(device)).ok_or("device")?;
        let client = login.client.iter().flat_map(|client| client.chars()).take(CLIENT_MAX).collect();
        let own = Own::new(login.state, login.note.as_deref())?;
        let next = Secret::new(self.random_hex::<32>());
        Ok(Some(Full { device, client, resume: login.resume, epoch: login.epoch.clone(), own, next }))
    }

    /// Asks the throttle; then looks the account up.
    fn try_login(&mut self, now: Now, attempt: Box<Attempt>) {
        let network = attempt.network();
        let leave = match attempt.proof {
            Proof::Password(_) => self.throttle.password(now.mono, &attempt.name, network, attempt.session),
            Proof::Token(_) => self.throttle.token(now.mono, network),
        };
        match leave {
            Leave::Go => {
                let (name, now_ms) = (attempt.name.clone(), now.wall_ms);
                self.ask(Op::Find { name, network, now_ms }, Pending::Find(attempt));
            }
            Leave::Wait => {
                if let Some(Session { phase: Phase::LoggingIn(login), .. }) =
                    self.sessions.get_mut(&attempt.session)
                {
                    login.waiting = Some(attempt);
                }
            }
            Leave::Later(wait) => {
                self.fail(now, attempt.session, attempt.id, LoginReason::Throttled, Some(wait));
            }
        }
    }

    pub(super) fn on_found(
        &mut self,
        now: Now,
        mut attempt: Box<Attempt>,
        found: Result<Option<Account>, StoreError>,
    ) {
        let Ok(account) = found else {
            return self.give_up(now, *attempt, End::Unchecked, LoginReason::Busy, Some(STORE_RETRY));
        };
        if !self.is_logging_in(attempt.session) {
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
            return self.give_up(now, *attempt, End::Unchecked, LoginReason::Throttled, Some(wait));
        }
        let (address, password) = (attempt.address, password.clone());
        let token = self.expect(Pending::Check(attempt));
        self.outputs.push_back(Output::Check { token, address, password, hash });
    }

    pub(super) fn on_checked(&mut self, now: Now, token: Token, verdict: Verdict) {
        let Some(pending) = self.pending.remove(&token) else { return };
        let Pending::Check(attempt) = pending else {
            // The store's; the password pool cannot answer it.
            self.pending.insert(token, pending);
            return;
        };
        match (verdict, &attempt.account) {
            (Verdict::Right { .. }, Some(account)) if account.disabled => {
                self.give_up(now, *attempt, End::Right, LoginReason::Disabled, None);
            }
            (Verdict::Right { rehash }, Some(_)) => {
                self.end_try(now, &attempt, End::Right);
                self.begin(now, attempt, rehash);
            }
            (Verdict::Right { .. }, None) | (Verdict::Wrong, _) => {
                self.give_up(now, *attempt, End::Wrong, LoginReason::Credentials, None);
            }
            (Verdict::Busy, _) => self.on_unchecked(now, attempt),
        }
    }

    /// Nobody could look at the password.
    pub(super) fn on_unchecked(&mut self, now: Now, attempt: Box<Attempt>) {
        self.give_up(now, *attempt, End::Unchecked, LoginReason::Busy, Some(POOL_RETRY));
    }

    /// The password is right, or the token is still to be looked at: starts the session.
    fn begin(&mut self, now: Now, attempt: Box<Attempt>, rehash: Option<String>) {
        if !self.is_logging_in(attempt.session) {
            return;
        }
        let account = attempt.account.as_ref().map_or(NOBODY, |account| account.id);
        let shown = match attempt.proof {
            Proof::Password(_) => None,
            Proof::Token(hash) => Some(hash),
        };
        let devices_max = self.limits.devices;
        let device = attempt.full.as_ref().map(|full| BeginDevice {
            device: full.device.clone(),
            client: full.client.clone(),
            shown,
            next: hash(&full.next),
            resume: full.resume,
            epoch: full.epoch.clone(),
            devices_max,
        });
        let proven = match (&attempt.proof, &attempt.account) {
            (Proof::Password(_), Some(account)) => Some(account.password.clone()),
            (Proof::Password(_) | Proof::Token(_), _) => None,
        };
        let (network, now_ms) = (attempt.network(), now.wall_ms);
        self.ask(
            Op::Begin(Begin { account, network, device, proven, rehash, now_ms }),
            Pending::Begin(attempt),
        );
    }

    pub(super) fn on_begun(
        &mut self,
        now: Now,
        attempt: Box<Attempt>,
        begun: Result<Result<Begun, BeginError>, StoreError>,
    ) {
        let (session, id) = (attempt.session, attempt.id.clone());
        let error = match begun {
            Err(_) => return self.fail(now, session, id, LoginReason::Busy, Some(STORE_RETRY)),
            Ok(Ok(begun)) => return self.welcome(now, *attempt, begun),
            Ok(Err(error)) => error,
        };
        match error {
            BeginError::Token | BeginError::Gone => {
                self.fail(now, session, id, LoginReason::Credentials, None);
            }
            BeginError::Disabled => self.fail(now, session, id, LoginReason::Disabled, None),
            BeginError::Devices => self.fail(now, session, id, LoginReason::Devices, None),
            BeginError::TokenReused => {
                self.fail(now, session, id, LoginReason::Credentials, None);
                self.notice_reused(&attempt);
            }
        }
    }

    /// Tells the account's devices that somebody kept a copy of a token.
    fn notice_reused(&mut self, attempt: &Attempt) {
        let Some(account) = &attempt.account else { return };
        let device = attempt.full.as_ref().map(|full| full.device.clone());
        let text =
            "an old token of this device was used; if that was not you, change the password".to_owned();
        for session in self.full_sessions(account.id) {
            let (device, text) = (device.clone(), text.clone());
            self.send(session, Notice { code: "token-reused".to_owned(), device, text });
        }
    }

    fn is_logging_in(&self, session: SessionId) -> bool {
        self.sessions.get(&session).is_some_and(|session| matches!(session.phase, Phase::LoggingIn(_)))
    }

    /// Ends a try, and the login with it.
    fn give_up(
        &mut self,
        now: Now,
        attempt: Attempt,
        end: End,
        reason: LoginReason,
        retry: Option<Duration>,
    ) {
        self.fail(now, attempt.session, attempt.id.clone(), reason, retry);
        self.end_try(now, &attempt, end);
    }

    /// Tells the throttle; those who waited for it go on.
    fn end_try(&mut self, now: Now, attempt: &Attempt, end: End) {
        if matches!(attempt.proof, Proof::Token(_)) {
            return;
        }
        let network = attempt.network();
        self.throttle.end(now.mono, &attempt.name, network, end);
        while let Some(session) = self.throttle.next(now.mono, &attempt.name, network) {
            let Some(Session { phase: Phase::LoggingIn(login), .. }) = self.sessions.get_mut(&session) else {
                continue;
            };
            if let Some(waiting) = login.waiting.take() {
                self.try_login(now, waiting);
            }
        }
    }

    /// Answers `0` to a login that was being checked.
    fn fail(
        &mut self,
        now: Now,
        session: SessionId,
        id: Option<Id>,
        reason: LoginReason,
        retry: Option<Duration>,
    ) {
        if !self.is_logging_in(session) {
            return;
        }
        self.refuse_login(session, id, reason, retry);
        let held = self.settle(session, Phase::Before);
        self.replay(now, session, held);
    }

    fn refuse_login(
        &mut self,
        session: SessionId,
        id: Option<Id>,
        reason: LoginReason,
        retry: Option<Duration>,
    ) {
        let (reason, retry) = (Some(reason), retry.map(wire::retry));
        self.send(session, LoginResponse { state: 0, reason, retry, id, ..Default::default() });
        self.outputs.push_back(Output::LoginFailed { session });
    }
}

pub(super) fn hash(token: &Secret) -> TokenHash {
    TokenHash(Sha256::digest(token.expose()).into())
}

fn is_device(device: &str) -> bool {
    device.len() <= DEVICE_MAX && device.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
