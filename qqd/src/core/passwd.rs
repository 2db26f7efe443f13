//! Another password, and the account's end: both need the password so far, unless it is a random one that is kept here.

use ipc_schema::account::{Passwd, PasswordSet, Remove};
use ipc_schema::{Code, Error};
use relay_schema::{AccountRemove, NackCode, Passwd as Change, Secret};

use super::account::Account;
use super::address::usage;
use super::asking::Refused;
use super::op::{Op, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// The longest password in bytes (RFC 8265 leaves the limit to us; the relay has the same).
const PASSWORD_MAX: usize = 1_024;

/// What somebody typed as a password.
pub(super) fn checked(password: &str) -> Result<Secret, Error> {
    if !(1..=PASSWORD_MAX).contains(&password.len()) {
        return Err(usage(format!("a password has 1 to {PASSWORD_MAX} bytes")));
    }
    if !password.chars().all(super::chat::is_xml) {
        return Err(usage("the password holds a control character; no server takes that".to_owned()));
    }
    Ok(Secret::new(password.to_owned()))
}

impl Account {
    /// `account.passwd`.
    pub(super) fn passwd(&mut self, to: ReplyTo<Passwd>, params: &Passwd) {
        let old = params.password.as_ref().map(|password| checked(password.expose())).transpose();
        match (old, checked(params.new_password.expose())) {
            (Err(error), _) | (_, Err(error)) => self.reply(to, Err(error)),
            (Ok(old), Ok(new)) => self.with_password(old, move |account, old| match old {
                Ok(old) => account.change_password(to, old, new),
                Err(error) => account.reply(to, Err(error)),
            }),
        }
    }

    fn change_password(&mut self, to: ReplyTo<Passwd>, old: Secret, new: Secret) {
        self.ask_relay(
            |id| Change { pwd: old, new, id }.into(),
            move |account, outcome| {
                let reply = match outcome {
                    Ok(_) => {
                        account.drop_password();
                        Ok(PasswordSet { account: account.local.to_string() })
                    }
                    Err(refused) => Err(account.password_refused(refused)),
                };
                account.reply(to, reply);
            },
        );
    }

    /// `account.remove`.
    pub(super) fn remove_account(&mut self, to: ReplyTo<Remove>, params: &Remove) {
        let wipe = params.forget;
        match params.password.as_ref().map(|password| checked(password.expose())).transpose() {
            Err(error) => self.reply(to, Err(error)),
            Ok(given) => self.with_password(given, move |account, password| match password {
                Ok(pwd) => account.ask_relay(
                    |id| AccountRemove { pwd, id }.into(),
                    move |account, outcome| match outcome {
                        Ok(_) => account.end_removed(to, wipe),
                        Err(refused) => {
                            let error = account.password_refused(refused);
                            account.reply(to, Err(error));
                        }
                    },
                ),
                Err(error) => account.reply(to, Err(error)),
            }),
        }
    }

    /// Goes on with the password that was given, else with the random one that is kept.
    pub(super) fn with_password(
        &mut self,
        given: Option<Secret>,
        then: impl FnOnce(&mut Self, Result<Secret, Error>) + 'static,
    ) {
        match given {
            Some(given) => then(self, Ok(given)),
            None => self.with_kept(move |account, kept| {
                let missing = || {
                    let message = format!("the password of {} so far is needed", account.local);
                    Error::new(Code::Usage, message).with_hint("give it with --password-stdin")
                };
                let found =
                    kept.map_err(|error| unexpected(&error)).and_then(|kept| kept.ok_or_else(missing));
                then(account, found);
            }),
        }
    }

    /// Goes on with the random password that is kept here, if one is.
    pub(super) fn with_kept(&mut self, then: impl FnOnce(&mut Self, Found) + 'static) {
        if self.random_password {
            self.ask(Op::Password, Then::Kept(Kept(Box::new(then))));
        } else {
            then(self, Ok(None));
        }
    }

    /// The account's password is not the random one any more.
    pub(super) fn drop_password(&mut self) {
        if std::mem::take(&mut self.random_password) {
            self.ask(Op::DropPassword, Then::Nothing);
        }
    }

    /// Why the relay did not do what needs the password.
    pub(super) fn password_refused(&mut self, refused: Refused) -> Error {
        match refused {
            Refused::No { code: NackCode::Credentials, .. } => {
                Error::new(Code::Credentials, format!("the password of {} so far is another one", self.local))
            }
            Refused::No { code: NackCode::Weak, .. } => usage(
                "the server does not allow that password: 1 to 1,024 bytes, no control characters".into(),
            ),
            refused @ (Refused::No { .. } | Refused::Unheard(_)) => refused.into_error("the password"),
        }
    }
}

/// What happens with the kept password.
pub(super) struct Kept(GoOn);

type GoOn = Box<dyn FnOnce(&mut Account, Found)>;

/// The kept password, if one is kept.
type Found = Result<Option<Secret>, StoreError>;

impl Kept {
    pub(super) fn go_on(self, account: &mut Account, found: Found) {
        (self.0)(account, found);
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}
