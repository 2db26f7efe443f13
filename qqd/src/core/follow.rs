//! `account.relay`: following a relay that has moved. The account is logged in at the new address first; if that fails all
//! stays as it was.

use ipc_schema::account::Relay;
use ipc_schema::{Code, Error};

use super::account::Account;
use super::address::{self, usage};
use super::login::{Asker, Credential, Wanted};
use super::name::not_logged_in;
use super::op;
use super::request::ReplyTo;

impl Account {
    /// `account.relay`.
    pub(super) fn follow_relay(&mut self, to: ReplyTo<Relay>, params: &Relay) {
        match self.moved(params) {
            Err(error) => self.reply(to, Err(error)),
            Ok((account, trust)) => {
                let credential = self.token.clone().map_or(Credential::Missing, Credential::Token);
                let to = Asker::Relay(to);
                let missing = matches!(credential, Credential::Missing);
                self.login = Some(Wanted { to, account, credential, trust, attempt: None, entrance: None });
                if missing {
                    self.with_kept(|account, kept| account.start_login_with(kept.unwrap_or_default()));
                } else {
                    self.start_login();
                }
            }
        }
    }

    /// The account as it is to be, and the key that the caller trusts.
    fn moved(&self, params: &Relay) -> Result<(op::Account, Option<String>), Error> {
        let Some(account) = &self.account else { return Err(not_logged_in()) };
        if self.login.is_some() || self.logout.is_some() {
            return Err(Error::new(Code::Conflict, "another login or logout is under way; wait for its end"));
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
        Ok((op::Account { relay, ..account.clone() }, trust))
    }
}
