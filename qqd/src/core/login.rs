//! Logging in: what is said to the relay and what of its answer must be on disk before anything more is said.

use std::time::Duration;

use ipc_schema::account::{Changed, LoggedIn, State, Step};
use ipc_schema::{Error, Event, account};
use relay_schema::{Login, LoginResponse, Secret};

use super::account::Account;
use super::address;
use super::failure::{Failure, Pace, Who};
use super::io::Attempt;
use super::join::Entrance;
use super::link::Stage;
use super::op::{self, Address, Op};
use super::request::{ReplyTo, Requests};
use super::saving::Saving;
use super::stored::Then;

/// From the login stanza to its answer.
const LOGIN_MAX: Duration = Duration::from_secs(10);

/// What a login proves itself with.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    Password(Secret),
    /// The random password that is kept here.
    Kept(Secret),
    Token(Secret),
    /// The code of another device's link, which works once.
    Code(Secret),
    /// Nothing: the server is looked at, so that its key is known to be trusted before anybody types a password.
    Missing,
}

/// A login that a frontend asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) to: Asker,
    /// As it will be kept.
    pub(super) account: op::Account,
    pub(super) credential: Credential,
    /// The key that the caller trusts.
    pub(super) trust: Option<String>,
    /// Where the relay may be now, if it may be elsewhere than the account has it.
    pub(super) places: Vec<Address>,
    /// Its try; none while an earlier login is being saved.
    pub(super) attempt: Option<Attempt>,
    /// The try to join that it is the end of.
    pub(super) entrance: Option<Entrance>,
}

/// Who waits for a login.
#[derive(Debug)]
pub(super) enum Asker {
    Login(ReplyTo<account::Login>),
    Join(ReplyTo<account::Join>),
    Register(ReplyTo<account::Register>),
    Relay(ReplyTo<account::Relay>),
}

impl Asker {
    /// Whether somebody still waits.
    pub(super) fn is_open(&self, requests: &Requests) -> bool {
        match self {
            Self::Login(to) => requests.is_open(to),
            Self::Join(to) => requests.is_open(to),
            Self::Register(to) => requests.is_open(to),
            Self::Relay(to) => requests.is_open(to),
        }
    }
}

impl Account {
    pub(super) fn reply_login(&mut self, to: Asker, result: Result<LoggedIn, Error>) {
        match to {
            Asker::Login(to) => self.reply(to, result),
            Asker::Relay(to) => self.reply(to, result),
            Asker::Join(to) => self.reply(to, result.map(|reply| self.joined(reply))),
            Asker::Register(to) => self.reply(to, result.map(|reply| self.joined(reply))),
        }
    }

    /// Begins the login that a frontend wants, unless an earlier one is just being saved.
    pub(super) fn start_login(&mut self) {
        if self.saving.is_none() {
            self.dial();
        }
    }

    /// The same, with the random password that is kept here instead of none.
    pub(super) fn start_login_with(&mut self, kept: Option<Secret>) {
        let Some(wanted) = self.login.as_mut().filter(|wanted| wanted.attempt.is_none()) else { return };
        if let Some(kept) = kept {
            wanted.credential = Credential::Kept(kept);
        }
        self.start_login();
    }

    /// Whether the try that is under way is a frontend's.
    pub(super) fn is_wanted(&self) -> bool {
        self.login.as_ref().is_some_and(|wanted| wanted.attempt == Some(self.link.attempt))
    }

    /// The account that the try is for.
    pub(super) fn subject(&self) -> Option<&op::Account> {
        match &self.login {
            Some(wanted) if wanted.attempt == Some(self.link.attempt) => Some(&wanted.account),
            _ => self.account.as_ref(),
        }
    }

    /// The relay's address for sentences.
    pub(super) fn relay(&self) -> String {
        let place = self.subject().map(|account| address::shown(&account.relay));
        place.or_else(|| self.join_relay()).unwrap_or_default()
    }

    /// The link is ready for the first stanza.
    pub(super) fn on_open(&mut self) {
        let id = self.random_id();
        let credential = match (&self.login, &self.token) {
            (Some(wanted), _) if self.is_wanted() => wanted.credential.clone(),
            (_, Some(token)) => Credential::Token(token.clone()),
            (_, None) => return self.hang_up(),
        };
        let Some(account) = self.subject() else { return self.hang_up() };
        let own = account.own.clone();
        let same = self.account.as_ref().is_some_and(|current| current.local == account.local);
        let cursor = if same { self.inbox.taken() } else { account.cursor };
        let over = self.inbox.start_over;
        let known = !account.epoch.is_empty() && !over;
        let (pwd, token, code) = match credential {
            Credential::Password(password) | Credential::Kept(password) => (Some(password), None, None),
            Credential::Token(token) => (None, Some(token), None),
            Credential::Code(code) => (None, None, Some(code)),
            Credential::Missing => return self.fail(Failure::no_password(&self.relay())),
        };
        let login = Login {
            account: account.account.clone(),
            pwd,
            id: Some(id),
            v: Some(1),
            device: Some(account.device.clone()),
            client: Some(self.client.to_string()),
            resume: if over { Some(0) } else { known.then_some(cursor) },
            epoch: known.then(|| account.epoch.clone()),
            token,
            state: Some(own.wire()),
            note: own.note,
            code,
            ..Login::default()
        };
        self.link.stage = Stage::Login { until: self.now.mono + LOGIN_MAX };
        self.tell_progress(State::Authenticating);
        self.send(login);
    }

    /// `login_response`.
    pub(super) fn on_login_response(&mut self, answer: LoginResponse) {
        if answer.state == 1 {
            return self.accepted(answer);
        }
        let reason = answer.reason.unwrap_or_default();
        let wanted = self.login.as_ref().filter(|_| self.is_wanted());
        let with_password = wanted.is_some_and(|wanted| matches!(wanted.credential, Credential::Password(_)));
        let with_kept = wanted.is_some_and(|wanted| matches!(wanted.credential, Credential::Kept(_)));
        let account = self.subject().map(|account| account.account.clone()).unwrap_or_default();
        let with_code = wanted.is_some_and(|wanted| matches!(wanted.credential, Credential::Code(_)));
        let relay = self.relay();
        let who = Who {
            account: &account,
            relay: &relay,
            with_password,
            with_kept,
            with_code,
            keeps: self.random_password,
        };
        self.fail(Failure::refused(&reason, answer.retry, &who));
    }

    /// The relay has taken the login: the token goes to the disk first, and nothing is said before it is there.
    fn accepted(&mut self, answer: LoginResponse) {
        let old = self.token.clone().filter(|_| self.account.is_some());
        let renewed = answer.token.is_some();
        let token = answer.token.or(old);
        let relay = self.relay();
        let (Some(1..), Some(epoch), Some(mut account)) = (answer.v, answer.epoch, self.subject().cloned())
        else {
            return self.fail(Failure::old_relay(&relay));
        };
        let Some(token) = token else { return self.fail(Failure::no_token(&relay)) };
        let same = account.epoch == epoch;
        let resumed = self.resumed(&account);
        let from = answer.from.unwrap_or(if same { resumed } else { 0 });
        // A relay that knows fewer rows than we do was restored, too, whatever its epoch says.
        self.inbox.start_over |= same && from < resumed;
        let known = same && !self.inbox.start_over;
        let restored = !known && !account.epoch.is_empty();
        account.cursor = from;
        account.epoch = epoch;
        account.pin = self.pin(account.pin);
        let attempt = self.link.attempt;
        self.link.stage = Stage::Saving;
        self.saving = Some(Saving {
            attempt,
            account,
            token: token.clone(),
            restored,
            list: !known,
            head: answer.seq.unwrap_or(from).max(from),
            held: Vec::new(),
            held_bytes: 0,
            lost: None,
        });
        self.keep_password(attempt);
        if renewed {
            self.ask(Op::SaveToken { token }, Then::Token(attempt));
        } else {
            self.on_token_saved(attempt, Ok(()));
        }
    }

    fn resumed(&self, account: &op::Account) -> u64 {
        let same = self.account.as_ref().is_some_and(|current| current.local == account.local);
        if same { self.inbox.taken() } else { account.cursor }
    }

    /// The key to hold the relay to from now on: the one that was trusted, or one that no authority vouches for.
    fn pin(&self, stored: Option<String>) -> Option<String> {
        let wanted = self.login.as_ref().filter(|_| self.is_wanted());
        let given = wanted.and_then(|wanted| wanted.trust.clone());
        let shown = self.link.key.clone().filter(|_| !self.link.by_system);
        given.or(stored).or(shown)
    }

    /// A frontend's login has failed: it is neither kept nor tried again; a session that was there comes back.
    pub(super) fn fail_login(&mut self, failure: Failure) {
        let Some(wanted) = self.login.take() else { return };
        let link = Changed {
            state: State::Offline,
            relay: address::shown(&wanted.account.relay),
            step: failure.step.or(Some(Step::Login)),
            reason: Some(failure.reason.clone()),
            message: Some(failure.error.message.clone()),
            retry_after_ms: failure.error.retry_after_ms,
        };
        self.reply_login(wanted.to, Err(failure.error.clone()));
        self.tell(Event::AccountState(link));
        if self.account.is_none() {
            return self.tell_whole(None);
        }
        if self.logout.is_some() {
            return self.finish_logout();
        }
        self.resume_session(failure.pace);
    }

    /// Nobody waits for the login any more: it is given up, unless the relay has taken it already.
    pub(super) fn abandon_login(&mut self) {
        let gone = self.login.as_ref().is_some_and(|wanted| !wanted.to.is_open(&self.requests));
        if !gone || (self.saving.is_some() && self.is_wanted()) {
            return;
        }
        let relay = self.relay();
        let started = self.is_wanted();
        if started {
            self.hang_up();
        }
        let mut failure = Failure::trouble("the login was cancelled", &relay);
        failure.pace = Pace::Loss;
        if started {
            self.fail_login(failure);
        } else {
            self.login = None;
        }
    }
}
