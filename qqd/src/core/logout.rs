//! Logging out: the relay forgets this device if it can be told, this computer forgets the token in any case.

use std::time::Duration;

use ipc_schema::account::{Changed, LoggedOut, Logout, State};
use ipc_schema::{Code, Error, Event};
use relay_schema::{Id, Logout as Farewell};

use super::name::{not_logged_in, quote};
use super::op::{Account, Left, Op, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};
use super::{Core, address};

/// How long the relay's answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// A logout on its way.
#[derive(Debug)]
pub(super) struct Pending {
    to: Vec<ReplyTo<Logout>>,
    wipe: bool,
    /// The account's local name.
    local: String,
    /// What the relay has been told, and until when its answer counts.
    told: Option<(Id, Duration)>,
    /// The relay has confirmed that it forgets this device.
    heard: bool,
    /// It is the store's turn.
    storing: bool,
}

/// An account that was logged out before, on its way to being wiped.
#[derive(Debug)]
pub(super) struct Forgetting {
    to: ReplyTo<Logout>,
    account: Account,
}

/// Whom a logout means.
enum Whose {
    /// The one who is logged in.
    Own(String),
    /// One who is logged out and kept.
    Kept(String),
}

impl Pending {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.told.as_ref().filter(|_| !self.storing).map(|(_, until)| *until)
    }
}

impl Core {
    /// `account.logout`.
    pub(super) fn logout(&mut self, to: ReplyTo<Logout>, params: &Logout) {
        let storing = self.logout.as_ref().is_some_and(|pending| pending.storing);
        if storing || (self.account.is_none() && self.login.is_some()) {
            let error = Error::new(Code::Conflict, "another login or logout is under way; wait for its end");
            return self.reply(to, Err(error));
        }
        match self.whose_logout(params) {
            Err(error) => self.reply(to, Err(error)),
            Ok(Whose::Own(local)) => self.logout_own(to, local, params.forget),
            Ok(Whose::Kept(local)) => self.forget_former(to, &local),
        }
    }

    fn whose_logout(&self, params: &Logout) -> Result<Whose, Error> {
        if let Some(name) = &params.account {
            return self.whose_name(name, params.forget);
        }
        match (&self.account, &self.former[..]) {
            (Some(own), _) => Ok(Whose::Own(own.local.clone())),
            (None, [kept]) if params.forget => Ok(Whose::Kept(kept.local.clone())),
            (None, [_, _, ..]) if params.forget => {
                let kept: Vec<&str> = self.former.iter().map(|kept| kept.local.as_str()).collect();
                Err(which(&format!("nobody is logged in, and {} are kept here", kept.join(", ")), &kept))
            }
            (None, _) => Err(not_logged_in()),
        }
    }

    /// The account called so: by its local name, else by its own word while there is only one.
    fn whose_name(&self, name: &str, forget: bool) -> Result<Whose, Error> {
        let all = || self.account.iter().chain(&self.former);
        let exact = all().find(|known| known.local.eq_ignore_ascii_case(name));
        let known: Vec<&Account> = match exact {
            Some(one) => vec![one],
            None => all().filter(|known| known.account.eq_ignore_ascii_case(name)).collect(),
        };
        match known[..] {
            [] => Err(Error::new(
                Code::NotFound,
                format!("no account called {} is known on this computer", quote(name)),
            )
            .with_hint("`qqctl status` lists them")),
            [one] if self.local_name().as_ref() == Some(&one.local) => Ok(Whose::Own(one.local.clone())),
            [one] if forget => Ok(Whose::Kept(one.local.clone())),
            [one] => Err(Error::new(Code::NotLoggedIn, format!("{} is logged out already", one.local))
                .with_hint("--forget wipes what is kept of it")),
            [..] => {
                let known: Vec<&str> = known.iter().map(|known| known.local.as_str()).collect();
                Err(which(&format!("{} may be {}", quote(name), known.join(" or ")), &known))
            }
        }
    }

    fn logout_own(&mut self, to: ReplyTo<Logout>, local: String, wipe: bool) {
        if let Some(pending) = &mut self.logout {
            pending.wipe |= wipe;
            pending.to.push(to);
            return;
        }
        self.logout = Some(Pending { to: vec![to], wipe, local, told: None, heard: false, storing: false });
        if let Some(wanted) = self.login.take_if(|_| self.saving.is_none()) {
            let error = Error::new(Code::Conflict, "a logout came in between; log in again");
            self.reply(wanted.to, Err(error));
        }
        if self.saving.is_none() {
            self.start_logout();
        }
    }

    /// Wipes what is kept of an account that is logged out. Whoever logs in to it from now on begins anew.
    fn forget_former(&mut self, to: ReplyTo<Logout>, local: &str) {
        let Some(at) = self.former.iter().position(|former| former.local == local) else { return };
        let account = self.former.remove(at);
        self.ask(Op::Forget { local: local.to_owned() }, Then::Forget(Box::new(Forgetting { to, account })));
    }

    pub(super) fn on_forgotten(&mut self, forgetting: Forgetting, result: Result<Left, StoreError>) {
        let Forgetting { to, account } = forgetting;
        let reply = match result {
            Ok(left) => {
                self.left.remove(&account.local);
                Ok(LoggedOut { account: account.local, unsent: left.outbox, told: false, wiped: true })
            }
            Err(error) => {
                let mut known = self.account.iter().chain(&self.former);
                if !known.any(|known| known.local == account.local) {
                    self.former.push(account);
                }
                Err(unexpected(&error))
            }
        };
        self.reply(to, reply);
    }

    /// Tells the relay, if there is a session.
    pub(super) fn start_logout(&mut self) {
        if !self.link.is_online() {
            return self.finish_logout();
        }
        let id = self.random_id();
        self.say_received();
        self.send(Farewell { id: Some(id.clone()) });
        let until = self.now.mono + ANSWER_MAX;
        if let Some(pending) = &mut self.logout {
            pending.told = Some((id, until));
        }
    }

    /// Whether the relay's answer is that to the logout.
    pub(super) fn on_logout_answer(&mut self, id: &Id, heard: bool) -> bool {
        let ours = self.logout.as_ref().is_some_and(|pending| {
            !pending.storing && pending.told.as_ref().is_some_and(|(told, _)| told == id)
        });
        if ours {
            if let Some(pending) = &mut self.logout {
                pending.heard = heard;
            }
            self.finish_logout();
        }
        ours
    }

    pub(super) fn on_logout_tick(&mut self) {
        let due =
            self.logout.as_ref().and_then(Pending::deadline).is_some_and(|until| until <= self.now.mono);
        if due {
            self.finish_logout();
        }
    }

    /// The relay knows, or cannot be told: ends the session and forgets the token.
    pub(super) fn finish_logout(&mut self) {
        let Some(pending) = self.logout.as_mut().filter(|pending| !pending.storing) else { return };
        pending.storing = true;
        let wipe = pending.wipe;
        self.hang_up();
        let error = Error::new(Code::NotLoggedIn, "the account was logged out before that was done");
        self.outbox_failed(&error);
        let relay = self.relay();
        if let Some(account) = self.account.take().filter(|_| !wipe) {
            self.former.retain(|former| former.local != account.local);
            let cursor = self.inbox.committed();
            self.former.push(super::op::Account { cursor, ..account });
        }
        self.token = None;
        self.refused = None;
        self.inbox.clear();
        self.friends.clear();
        self.ask(Op::Logout { wipe }, Then::Logout);
        let local = self.logout.as_ref().map(|pending| pending.local.clone());
        let reason = Some("logout".to_owned());
        let link = Changed { state: State::Offline, relay, reason, ..Changed::default() };
        self.emit(local, Event::AccountState(link), false);
        self.tell_state(Vec::new());
    }

    pub(super) fn on_logged_out(&mut self, result: Result<Left, StoreError>) {
        let Some(pending) = self.logout.take() else { return };
        if let Ok(left) = &result
            && !pending.wipe
        {
            self.left.insert(pending.local.clone(), *left);
        }
        for to in pending.to {
            let result = match &result {
                Ok(left) => Ok(LoggedOut {
                    account: pending.local.clone(),
                    unsent: left.outbox,
                    told: pending.heard,
                    wiped: pending.wipe,
                }),
                Err(error) => Err(unexpected(error)),
            };
            self.reply(to, result);
        }
    }

    /// `host:port` of the account that is logged in.
    pub(super) fn own_relay(&self) -> String {
        self.account.as_ref().map(|account| address::shown(&account.relay)).unwrap_or_default()
    }
}

fn which(what: &str, known: &[&str]) -> Error {
    Error::new(Code::Ambiguous, format!("{what}; say which one with --account NAME@HOST"))
        .with_hint(format!("qqctl logout --forget --account {}", known.first().copied().unwrap_or_default()))
        .with_field("matches", known)
}
