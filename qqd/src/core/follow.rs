//! `account.relay`: following a relay that has moved. A session that stands stays while the new address is looked at (name,
//! TCP, TLS, key); only a relay that is there and trusted is logged in to. If that login fails all is as it was: the session
//! is then taken up again by its token, for one device has one session.

use ipc_schema::account::{Relay, Step};
use ipc_schema::{Code, Error};

use super::account::{Account, Said};
use super::address::{self, usage};
use super::failure::Failure;
use super::io::{Aim, Probe, Trust};
use super::login::{Asker, Credential, Wanted};
use super::name::not_logged_in;
use super::op::{self, Address};
use super::request::ReplyTo;

/// A new address that is looked at.
#[derive(Debug)]
pub(super) struct Look {
    to: ReplyTo<Relay>,
    relay: Address,
    /// The key that the caller trusts.
    trust: Option<String>,
}

impl Account {
    /// `account.relay`.
    pub(super) fn follow_relay(&mut self, to: ReplyTo<Relay>, params: &Relay) {
        match self.moved(params) {
            Err(error) => self.reply(to, Err(error)),
            Ok((relay, trust)) if self.link.is_online() => {
                let pin = trust.clone().or_else(|| self.account.as_ref().and_then(|own| own.pin.clone()));
                let trusted = pin.map_or(Trust::System, Trust::Pin);
                self.said.push_back(Said::Aim(Aim {
                    account: self.key,
                    address: relay.clone(),
                    trust: trusted,
                }));
                self.looking = Some(Look { to, relay, trust });
            }
            Ok((relay, trust)) => self.follow_to(to, relay, trust),
        }
    }

    /// What was found at the new address.
    pub(super) fn on_looked(&mut self, probe: Option<Probe>) {
        let Some(Look { to, relay, trust }) = self.looking.take() else { return };
        if !self.requests.is_open(&to) {
            return;
        }
        if self.login.is_some() || self.logout.is_some() {
            return self.reply(to, Err(under_way()));
        }
        match probe.map(|probe| probe.tls) {
            Some(Ok(_)) => self.follow_to(to, relay, trust),
            Some(Err(closed)) => {
                let failure = Failure::closed(&closed, Some(Step::Tls), &address::shown(&relay));
                self.reply(to, Err(failure.error));
            }
            None => {
                let message = format!("{} could not be looked at; try again", address::shown(&relay));
                self.reply(to, Err(Error::new(Code::Unexpected, message)));
            }
        }
    }

    /// Logs in there.
    fn follow_to(&mut self, to: ReplyTo<Relay>, relay: Address, trust: Option<String>) {
        let Some(account) = self.account.clone() else { return self.reply(to, Err(not_logged_in())) };
        let account = op::Account { relay, ..account };
        let credential = self.token.clone().map_or(Credential::Missing, Credential::Token);
        let to = Asker::Relay(to);
        let missing = matches!(credential, Credential::Missing);
        let places = Vec::new();
        self.login = Some(Wanted { to, account, credential, trust, places, attempt: None, entrance: None });
        if missing {
            self.with_kept(|account, kept| account.start_login_with(kept.unwrap_or_default()));
        } else {
            self.start_login();
        }
    }

    /// The address that is wanted, and the key that the caller trusts.
    fn moved(&self, params: &Relay) -> Result<(Address, Option<String>), Error> {
        let Some(account) = &self.account else { return Err(not_logged_in()) };
        if self.login.is_some() || self.logout.is_some() || self.looking.is_some() {
            return Err(under_way());
        }
        let relay = address::relay(&params.relay)?;
        if relay.plain && !account.relay.plain {
            return Err(usage(format!(
                "{} is reached by TLS, and never again without it; leave plain:// out",
                account.local
            )));
        }
        let trust = params.trust.as_deref().map(address::fingerprint).transpose()?;
        if trust.is_some() && relay.plain {
            return Err(usage("plain:// has no key that could be trusted; leave --trust out".to_owned()));
        }
        Ok((relay, trust))
    }

    /// A logout comes in between.
    pub(super) fn look_no_more(&mut self) {
        if let Some(look) = self.looking.take() {
            self.reply(look.to, Err(under_way()));
        }
    }
}

fn under_way() -> Error {
    Error::new(Code::Conflict, "another login or logout is under way; wait for its end")
}
