//! Logging out: the relay forgets this device if it can be told, this computer forgets the token in any case.

use std::time::Duration;

use ipc_schema::account::{Changed, LoggedOut, Logout, Remove, Removed, State};
use ipc_schema::{Code, Error, Event};
use relay_schema::{Id, Logout as Farewell};

use super::account::{Account, Said};
use super::address;
use super::op::{self, Left, Op, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// How long the relay's answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// A logout on its way.
#[derive(Debug, Default)]
pub(super) struct Pending {
    to: Vec<ReplyTo<Logout>>,
    /// Those who have ended the account at the relay.
    removed: Vec<ReplyTo<Remove>>,
    wipe: bool,
    /// What the relay has been told, and until when its answer counts.
    told: Option<(Id, Duration)>,
    /// The relay has confirmed that it forgets this device.
    heard: bool,
    /// It is the store's turn.
    storing: bool,
}

impl Pending {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.told.as_ref().filter(|_| !self.storing).map(|(_, until)| *until)
    }
}

impl Account {
    /// `account.logout`.
    pub(super) fn logout(&mut self, to: ReplyTo<Logout>, wipe: bool) {
        let storing = self.logout.as_ref().is_some_and(|pending| pending.storing);
        if storing || self.account.is_none() {
            let error = Error::new(Code::Conflict, "another login or logout is under way; wait for its end");
            return self.reply(to, Err(error));
        }
        if let Some(pending) = &mut self.logout {
            pending.wipe |= wipe;
            pending.to.push(to);
            return;
        }
        self.logout = Some(Pending { to: vec![to], wipe, ..Pending::default() });
        self.look_no_more();
        if let Some(wanted) = self.login.take_if(|_| self.saving.is_none()) {
            let error = Error::new(Code::Conflict, "a logout came in between; log in again");
            self.reply_login(wanted.to, Err(error));
        }
        if self.saving.is_none() {
            self.start_logout();
        }
    }

    /// The account is no more at the relay: what is left is this computer's part.
    pub(super) fn end_removed(&mut self, to: ReplyTo<Remove>, wipe: bool) {
        self.drop_password();
        self.look_no_more();
        let pending = self.logout.get_or_insert_default();
        pending.removed.push(to);
        pending.wipe |= wipe;
        if self.saving.is_none() {
            self.finish_logout();
        }
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
            let cursor = self.inbox.committed();
            self.said.push_back(Said::LoggedOut(op::Account { cursor, ..account }));
        }
        self.token = None;
        self.refused = None;
        self.inbox.clear();
        self.friends.clear();
        self.drafts.clear();
        self.ask(Op::Logout { wipe }, Then::Logout);
        let reason = Some("logout".to_owned());
        let link = Changed { state: State::Offline, relay, reason, ..Changed::default() };
        self.tell(Event::AccountState(link));
        self.tell_whole(None);
    }

    pub(super) fn on_logged_out(&mut self, result: Result<Left, StoreError>) {
        let Some(pending) = self.logout.take() else { return };
        if let Ok(left) = &result
            && !pending.wipe
        {
            self.said.push_back(Said::Left(self.local.clone(), *left));
        }
        if pending.wipe {
            self.said.push_back(Said::Wiped);
        }
        for to in pending.removed {
            let removed = Removed { account: self.local.to_string(), wiped: pending.wipe };
            let result = result.as_ref().map(|_| removed).map_err(unexpected);
            self.reply(to, result);
        }
        for to in pending.to {
            let result = match &result {
                Ok(left) => Ok(LoggedOut {
                    account: self.local.to_string(),
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
