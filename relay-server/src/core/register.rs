//! `register`: an account for whoever has an invitation, or for everybody where registration is open. The invitation is
//! looked at before anything is computed; the password is hashed by the pool; the account is made in one transaction.

use std::net::IpAddr;
use std::time::Duration;

use relay_schema::{Id, Register, RegisterReason, RegisterResponse, Secret, qiao};
use sha2::{Digest as _, Sha256};

use super::attempt::{Aim, Attempt, PASSWORD_MAX, POOL_RETRY, Proof, STORE_RETRY, Waiting};
use super::op::{CodeHash, Inquired, Inquiry, Join, Joined, Network, Op, StoreError};
use super::pending::{Hashing, Pending};
use super::session::{LoggingIn, Phase};
use super::throttle::{End, Leave};
use super::{Core, Now, Output, SessionId, Verdict, name, wire};

/// What codes are counted under in the throttle; no account has this name.
const CODES: &str = "/invite";

/// Somebody who wants an account.
#[derive(Debug)]
pub(super) struct Applicant {
    pub(super) session: SessionId,
    id: Id,
    address: IpAddr,
    /// The account's name: what was asked for, later what it is going to be.
    name: Option<String>,
    shown: Option<String>,
    password: Secret,
    code: Option<CodeHash>,
    /// The account was not free any more when it should be made: it was looked for once more.
    again: bool,
}

impl Core {
    pub(super) fn on_register(&mut self, now: Now, session: SessionId, register: Register) {
        let Some(address) = self.sessions.get(&session).map(|session| session.address) else { return };
        let id = Some(register.id.clone());
        if let Leave::Later(wait) = self.throttle.register(now.mono, Network::from(address)) {
            return self.refuse_registration(session, id, RegisterReason::Throttled, Some(wait));
        }
        match self.applicant(session, address, register) {
            Ok(applicant) => {
                if let Some(entry) = self.sessions.get_mut(&session) {
                    entry.phase = Phase::LoggingIn(LoggingIn::default());
                }
                self.inquire(now, Box::new(applicant));
            }
            Err(reason) => self.refuse_registration(session, id, reason, None),
        }
    }

    /// What is asked for, if it can be had at all.
    fn applicant(
        &self,
        session: SessionId,
        address: IpAddr,
        register: Register,
    ) -> Result<Applicant, RegisterReason> {
        let Register { account, name: shown, pwd, invite, id } = register;
        if invite.is_none() && !self.limits.open_registration {
            return Err(RegisterReason::Invite);
        }
        let known = |name: &String| !name::is_reserved(name);
        let named = |text: String| name::normalise(&text).filter(known).ok_or(RegisterReason::Name);
        let name = account.map(named).transpose()?;
        let shown = shown.map(|text| name::shown(&text).ok_or(RegisterReason::Name)).transpose()?;
        if pwd.expose().len() > PASSWORD_MAX {
            return Err(RegisterReason::Weak);
        }
        let code = invite.as_ref().map(invite_hash);
        let shown = shown.filter(|shown| !shown.is_empty());
        Ok(Applicant { session, id, address, name, shown, password: pwd, code, again: false })
    }

    /// Looks the invitation and the name up. Codes are guessed at as rarely as passwords.
    pub(super) fn inquire(&mut self, now: Now, applicant: Box<Applicant>) {
        let network = Network::from(applicant.address);
        if applicant.code.is_some() {
            match self.throttle.password(now.mono, CODES, network, applicant.session) {
                Leave::Go => {}
                Leave::Wait => return self.wait(applicant.session, Waiting::Applicant(applicant)),
                Leave::Later(wait) => {
                    return self.turn_down(now, *applicant, RegisterReason::Throttled, Some(wait));
                }
            }
        }
        let (name, code, now_ms) = (applicant.name.clone(), applicant.code, now.wall_ms);
        self.ask(Op::Inquire(Inquiry { name, code, network, now_ms }), Pending::Inquire(applicant));
    }

    pub(super) fn on_inquired(
        &mut self,
        now: Now,
        mut applicant: Box<Applicant>,
        inquired: Result<Inquired, StoreError>,
    ) {
        if applicant.code.is_some() {
            let guessed = matches!(inquired, Ok(Inquired::Refused(RegisterReason::Invite)));
            let end = if guessed { End::Wrong } else { End::Unchecked };
            self.end_of(now, CODES, Network::from(applicant.address), end);
        }
        match inquired {
            Ok(Inquired::Free(name)) => {
                applicant.name = Some(name);
                let (address, password) = (applicant.address, applicant.password.clone());
                let token = self.expect(Pending::Hash(Hashing::Register(applicant)));
                self.outputs.push_back(Output::Hash { token, address, password });
            }
            Ok(Inquired::Joined(account, reason)) => {
                let Applicant { session, id, address, password, .. } = *applicant;
                let attempt = Attempt {
                    session,
                    id: Some(id),
                    name: account.account,
                    address,
                    proof: Proof::Password(password),
                    aim: Aim::Register(reason),
                    account: None,
                };
                self.attempt(now, Box::new(attempt));
            }
            Ok(Inquired::Refused(reason)) => self.turn_down(now, *applicant, reason, None),
            Err(_) => self.turn_down(now, *applicant, RegisterReason::Busy, Some(STORE_RETRY)),
        }
    }

    /// The pool has hashed the password.
    pub(super) fn on_password_hashed(&mut self, now: Now, applicant: Box<Applicant>, hashed: Verdict) {
        let password = match hashed {
            Verdict::Made { phc } => phc,
            Verdict::Unfit => return self.turn_down(now, *applicant, RegisterReason::Weak, None),
            Verdict::Busy | Verdict::Right { .. } | Verdict::Wrong => {
                return self.turn_down(now, *applicant, RegisterReason::Busy, Some(POOL_RETRY));
            }
        };
        if !self.is_logging_in(applicant.session) {
            return;
        }
        let name = applicant.name.clone().unwrap_or_default();
        let shown = applicant.shown.clone().unwrap_or_else(|| name.clone());
        let (code, friends_max, now_ms) = (applicant.code, self.limits.friends, now.wall_ms);
        let op = Op::Join(Join { name, shown, password, code, friends_max, now_ms });
        self.ask(op, Pending::Join(applicant));
    }

    pub(super) fn on_joined(
        &mut self,
        now: Now,
        mut applicant: Box<Applicant>,
        joined: Result<Joined, StoreError>,
    ) {
        match joined {
            Ok(Ok(rows)) => {
                self.on_rows_made(&rows);
                let Applicant { session, id, name, .. } = *applicant;
                self.registered(now, session, Some(id), name.unwrap_or_default());
            }
            // The same request over another connection may have been faster.
            Ok(Err(_)) if !applicant.again && self.is_logging_in(applicant.session) => {
                applicant.again = true;
                self.inquire(now, applicant);
            }
            Ok(Err(reason)) => self.turn_down(now, *applicant, reason, None),
            Err(_) => self.turn_down(now, *applicant, RegisterReason::Busy, Some(STORE_RETRY)),
        }
    }

    /// The account is there.
    pub(super) fn registered(&mut self, now: Now, session: SessionId, id: Option<Id>, account: String) {
        let response = RegisterResponse { state: 1, id, account: Some(account), ..Default::default() };
        self.answer_registration(now, session, response);
    }

    /// Answers `0` to a registration that was being looked at.
    pub(super) fn not_registered(
        &mut self,
        now: Now,
        session: SessionId,
        id: Option<Id>,
        reason: RegisterReason,
        retry: Option<Duration>,
    ) {
        self.answer_registration(now, session, refusal(id, reason, retry));
    }

    fn turn_down(&mut self, now: Now, applicant: Applicant, reason: RegisterReason, retry: Option<Duration>) {
        self.not_registered(now, applicant.session, Some(applicant.id), reason, retry);
    }

    /// The connection is where it was before; its time for a login begins anew.
    fn answer_registration(&mut self, now: Now, session: SessionId, response: RegisterResponse) {
        if !self.is_logging_in(session) {
            return;
        }
        self.send(session, response);
        self.outputs.push_back(Output::LoginFailed { session });
        let held = self.settle(session, Phase::Before);
        self.replay(now, session, held);
    }

    fn refuse_registration(
        &mut self,
        session: SessionId,
        id: Option<Id>,
        reason: RegisterReason,
        retry: Option<Duration>,
    ) {
        self.send(session, refusal(id, reason, retry));
        self.outputs.push_back(Output::LoginFailed { session });
    }
}

fn refusal(id: Option<Id>, reason: RegisterReason, retry: Option<Duration>) -> RegisterResponse {
    let (reason, retry) = (Some(reason), retry.map(wire::retry));
    RegisterResponse { state: 0, reason, retry, id, account: None }
}

/// What the store knows of a code; of a text that is none, something that it never knows.
fn invite_hash(code: &Secret) -> CodeHash {
    let canonical = qiao::canonical(code.expose()).map(Secret::new);
    CodeHash(Sha256::digest(canonical.as_ref().unwrap_or(code).expose()).into())
}
