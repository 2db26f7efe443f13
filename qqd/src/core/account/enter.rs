//! Who may log in to an account, and with what: before anything is said to the relay.

use ipc_schema::account::{LoggedIn, Login, State};
use ipc_schema::{Code, Error};

use super::Account;
use crate::core::login::{Asker, Credential, Wanted};
use crate::core::request::ReplyTo;
use crate::core::{address, op, passwd};

impl Account {
    /// `account.login`: with the account as it will be kept if the relay takes the login, and the key that the caller
    /// trusts.
    pub(in crate::core) fn login(
        &mut self,
        to: ReplyTo<Login>,
        params: &Login,
        account: op::Account,
        trust: Option<String>,
    ) {
        if self.login.is_some() || self.logout.is_some() {
            let error = Error::new(Code::Conflict, "another login or logout is under way; wait for its end");
            return self.reply(to, Err(error));
        }
        match self.credential(params) {
            Err(error) => self.reply(to, Err(error)),
            Ok(None) => {
                let reply = self.logged_in(&account);
                self.reply(to, Ok(reply));
            }
            Ok(Some(credential)) => {
                let missing = matches!(credential, Credential::Missing);
                self.login = Some(Wanted {
                    to: Asker::Login(to),
                    account,
                    credential,
                    trust,
                    places: Vec::new(),
                    attempt: None,
                    entrance: None,
                });
                if missing {
                    self.with_kept(|account, kept| account.start_login_with(kept.unwrap_or_default()));
                } else {
                    self.start_login();
                }
            }
        }
    }

    /// What to log in with; none if the session stands and nothing new was given.
    fn credential(&self, params: &Login) -> Result<Option<Credential>, Error> {
        if let Some(password) = &params.password {
            return passwd::checked(password.expose()).map(|password| Some(Credential::Password(password)));
        }
        // A token that the relay does not take any more is worth less than the password that nobody else knows.
        let refused = self.refused.as_ref().is_some_and(|error| error.code == Code::Credentials);
        if self.random_password && refused {
            return Ok(Some(Credential::Missing));
        }
        let online = self.link.is_online() && params.trust.is_none();
        match (&self.account, &self.token) {
            (Some(_), Some(_)) if online => Ok(None),
            (Some(_), Some(token)) => Ok(Some(Credential::Token(token.clone()))),
            _ => Ok(Some(Credential::Missing)),
        }
    }

    pub(in crate::core) fn logged_in(&self, account: &op::Account) -> LoggedIn {
        let state = if self.link.is_online() { State::Online } else { State::Backoff };
        LoggedIn {
            account: account.local.clone(),
            name: account.name.clone(),
            relay: address::shown(&account.relay),
            state,
        }
    }
}
