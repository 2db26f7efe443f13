//! `login`: what it shows, the session that begins, and every way in which it is refused. How a password is checked
//! stands in `attempt`.

use std::time::Duration;

use relay_schema::{ErrorCode, Id, Login, LoginReason, LoginResponse, Notice, Secret};
use sha2::{Digest as _, Sha256};

use super::attempt::{Aim, Attempt, PASSWORD_MAX, Proof, STORE_RETRY};
use super::device::link_hash;
use super::op::{AccountId, Begin, BeginDevice, BeginError, Begun, Op, StoreError, TokenHash};
use super::pending::Pending;
use super::presence::Own;
use super::session::{LoggingIn, Phase};
use super::throttle::End;
use super::{Core, Now, Output, SessionId, name, wire};

/// The most characters of a device's UUID, and of its program's name.
const DEVICE_MAX: usize = 64;
const CLIENT_MAX: usize = 128;
/// No account has this number: who logs in with a token for no account is looked for all the same.
const NOBODY: AccountId = 0;

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
        let proof = match (login.token, login.code, login.pwd) {
            (Some(token), _, _) if full.is_some() => Proof::Token(hash(&token)),
            (_, Some(code), _) if full.is_some() => Proof::Code(link_hash(&login.account, &code)),
            (_, _, Some(pwd)) => Proof::Password(pwd),
            (_, _, None) => {
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
        let aim = Aim::Login(full);
        let attempt = Box::new(Attempt { session, id, name, address, proof, aim, account: None });
        if let Some(entry) = self.sessions.get_mut(&session) {
            entry.phase = Phase::LoggingIn(LoggingIn::default());
        }
        self.attempt(now, attempt);
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

    /// The password is right, or the token or code is still to be looked at: starts the session.
    pub(super) fn begin(&mut self, now: Now, attempt: Box<Attempt>, rehash: Option<String>) {
        if !self.is_logging_in(attempt.session) {
            return;
        }
        let account = attempt.account.as_ref().map_or(NOBODY, |account| account.id);
        let (shown, code) = match attempt.proof {
            Proof::Password(_) => (None, None),
            Proof::Token(hash) => (Some(hash), None),
            Proof::Code(hash) => (None, Some(hash)),
        };
        let devices_max = self.limits.devices;
        let device = attempt.full().map(|full| BeginDevice {
            device: full.device.clone(),
            client: full.client.clone(),
            shown,
            code,
            next: hash(&full.next),
            resume: full.resume,
            epoch: full.epoch.clone(),
            devices_max,
        });
        let (proven, network, now_ms) = (attempt.proven(), attempt.network(), now.wall_ms);
        let begin = Begin { account, network, device, proven, rehash, now_ms };
        let op = match attempt.proof {
            Proof::Token(_) => Op::Enter { name: attempt.name.clone(), begin: Box::new(begin) },
            Proof::Password(_) | Proof::Code(_) => Op::Begin(begin),
        };
        self.ask(op, Pending::Begin(attempt));
    }

    pub(super) fn on_begun(
        &mut self,
        now: Now,
        attempt: Box<Attempt>,
        begun: Result<Result<Begun, BeginError>, StoreError>,
    ) {
        let (session, id) = (attempt.session, attempt.id.clone());
        if matches!(attempt.proof, Proof::Code(_)) {
            let end = match &begun {
                Ok(Ok(_) | Err(BeginError::Disabled | BeginError::Devices)) => End::Right,
                Ok(Err(_)) => End::Wrong,
                Err(_) => End::Unchecked,
            };
            self.end_try(now, &attempt, end);
        }
        let error = match begun {
            Err(_) => return self.fail(now, session, id, LoginReason::Busy, Some(STORE_RETRY)),
            Ok(Ok(begun)) => return self.welcome(now, *attempt, begun),
            Ok(Err(error)) => error,
        };
        match error {
            BeginError::Token | BeginError::Code | BeginError::Gone => {
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
        let device = attempt.full().map(|full| full.device.clone());
        let text =
            "an old token of this device was used; if that was not you, change the password".to_owned();
        for session in self.full_sessions(account.id) {
            let (device, text) = (device.clone(), text.clone());
            self.send(session, Notice { code: "token-reused".to_owned(), device, text });
        }
    }

    /// Answers `0` to a login that was being checked.
    pub(super) fn fail(
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

/// Whether a device can be called so.
pub(super) fn is_device(device: &str) -> bool {
    device.len() <= DEVICE_MAX && device.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
