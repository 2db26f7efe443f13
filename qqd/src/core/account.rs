//! The account: who may log in here, and what is known of it between logins.

use ipc_schema::account::{Changed, LoggedIn, Login, State};
use ipc_schema::{Code, Error, Event, chat, state};
use relay_schema::Secret;

use super::address::{self, usage};
use super::early::Early;
use super::login::{Credential, Wanted};
use super::op::{Account, Address, Loaded};
use super::request::ReplyTo;
use super::{Core, clock};

/// The longest password in bytes (RFC 8265 leaves the limit to us; the relay has the same).
const PASSWORD_MAX: usize = 1_024;
/// Messages older than this are not sent unasked: 14 days in microseconds.
pub(super) const UNASKED_US: i64 = 14 * 24 * 3_600 * 1_000_000;

impl Core {
    /// `account.login`.
    pub(super) fn login(&mut self, to: ReplyTo<Login>, params: Login) {
        match self.draft(&params).and_then(|draft| Ok((self.credential(&params)?, draft))) {
            Err(error) => self.reply(to, Err(error)),
            Ok((None, (account, _))) => {
                let reply = self.logged_in(&account);
                self.reply(to, Ok(reply));
            }
            Ok((Some(credential), (account, trust))) => {
                self.login = Some(Wanted { to, account, credential, trust, attempt: None });
                self.start_login();
            }
        }
    }

    /// The account as it will be kept if the relay takes the login, and the key that the caller trusts.
    fn draft(&self, params: &Login) -> Result<(Account, Option<String>), Error> {
        if self.login.is_some() || self.logout.is_some() {
            return Err(Error::new(Code::Conflict, "another login or logout is under way; wait for its end"));
        }
        let typed = address::account(&params.account)?;
        let given = params.relay.as_deref().map(address::relay).transpose()?;
        let local = typed.host.as_ref().map(|host| address::local(&typed.account, host));
        let mut known =
            self.account.iter().chain(&self.former).filter(|known| known.account == typed.account);
        let remembered = || match &local {
            Some(local) => known.find(|known| known.local == *local).map(|known| known.relay.clone()),
            None => known.next().map(|known| known.relay.clone()),
        };
        let relay = given.or_else(remembered).or_else(|| typed.host.clone()).ok_or_else(|| {
            usage(format!("which server is {} at? Name it with --relay HOST:PORT", typed.account))
                .with_hint(format!("qqctl login {}@HOST", typed.account))
        })?;
        let trust = params.trust.as_deref().map(address::fingerprint).transpose()?;
        if trust.is_some() && relay.plain {
            return Err(usage("plain:// has no key that could be trusted; leave --trust out".to_owned()));
        }
        self.only_one(&typed.account, &relay)?;
        let local = local.unwrap_or_else(|| address::local(&typed.account, &relay));
        Ok((self.known_or_new(typed.account, relay, local), trust))
    }

    /// One account for now.
    fn only_one(&self, account: &str, relay: &Address) -> Result<(), Error> {
        match &self.account {
            Some(current) if current.account != account || current.relay != *relay => {
                let message = format!(
                    "{} is logged in here, and there is room for one account; `qqctl logout` first (its history stays)",
                    current.local
                );
                Err(Error::new(Code::Conflict, message)
                    .with_hint("qqctl logout")
                    .with_field("account", current.local.as_str()))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn known_or_new(&self, account: String, relay: Address, local: String) -> Account {
        let known = self.account.iter().chain(&self.former);
        let mut known = known.filter(|known| known.account == account && known.relay == relay);
        known.next().cloned().unwrap_or_else(|| Account {
            local,
            name: String::new(),
            account,
            relay,
            pin: None,
            device: self.device.clone(),
            epoch: String::new(),
            cursor: 0,
        })
    }

    /// What to log in with; none if the session stands and nothing new was given.
    fn credential(&self, params: &Login) -> Result<Option<Credential>, Error> {
        if let Some(password) = &params.password {
            return self.password(password.expose()).map(Some);
        }
        let online = self.link.is_online() && params.trust.is_none();
        match (&self.account, &self.token) {
            (Some(_), Some(_)) if online => Ok(None),
            (Some(_), Some(token)) => Ok(Some(Credential::Token(token.clone()))),
            _ => Err(Error::new(
                Code::Credentials,
                "the password is needed: nothing is remembered for this account",
            )
            .with_hint("qqctl login … --password-stdin")),
        }
    }

    fn password(&self, password: &str) -> Result<Credential, Error> {
        if !(1..=PASSWORD_MAX).contains(&password.len()) {
            return Err(usage(format!("a password has 1 to {PASSWORD_MAX} bytes")));
        }
        if !password.chars().all(super::chat::is_xml) {
            return Err(usage("the password holds a control character; no server takes that".to_owned()));
        }
        Ok(Credential::Password(Secret::new(password.to_owned())))
    }

    pub(super) fn logged_in(&self, account: &Account) -> LoggedIn {
        let state = if self.link.is_online() { State::Online } else { State::Backoff };
        LoggedIn {
            account: account.local.clone(),
            name: account.name.clone(),
            relay: address::shown(&account.relay),
            state,
        }
    }

    /// The store has told what there is: on with the session that was there before.
    pub(super) fn begin(&mut self, loaded: Loaded) {
        let kept = loaded.account.iter().chain(&loaded.former).map(|account| &account.device);
        self.device = match kept.into_iter().find(|device| !device.is_empty()) {
            Some(device) => device.clone(),
            None => uuid::Builder::from_random_bytes(self.random_bytes()).into_uuid().to_string(),
        };
        if loaded.account.is_none() {
            self.former = loaded.former;
            self.left = loaded.left.into_iter().collect();
            return;
        }
        self.install(loaded);
        let account = self.mirrored(Changed::default());
        self.tell_state(account.into_iter().collect());
        if self.token.is_some() {
            self.early = Some(Early::new(self.now.mono));
            self.dial();
        } else {
            self.refuse_without_token();
        }
    }

    /// Takes over what the store has of the account that is logged in.
    pub(super) fn install(&mut self, loaded: Loaded) {
        let Some(account) = loaded.account else { return };
        self.inbox.begin(account.cursor, loaded.unread);
        self.friends.begin(loaded.friends);
        self.outbox.begin(loaded.outbox);
        self.token = loaded.token.or_else(|| self.token.take());
        self.former = loaded.former;
        self.left = loaded.left.into_iter().collect();
        self.account = Some(account);
    }

    /// The account as the mirror shows it.
    pub(super) fn mirrored(&self, link: Changed) -> Option<state::Account> {
        let account = self.account.as_ref()?;
        let known = self.events.mirror().account(&account.local);
        let link = Changed { relay: address::shown(&account.relay), ..link };
        Some(state::Account {
            account: account.local.clone(),
            name: account.name.clone(),
            link,
            presence: known.map(|known| known.presence).unwrap_or_default(),
            note: known.map(|known| known.note.clone()).unwrap_or_default(),
            groups: self.friends.groups(known, &self.inbox),
            unread: chat::Count { total: self.inbox.unread_total() },
            outbox: self.outbox.len(),
            ..Default::default()
        })
    }

    /// The token's file is gone: the password is needed once.
    fn refuse_without_token(&mut self) {
        let Some(account) = &self.account else { return };
        let message = format!(
            "the login of {0} is not remembered any more; log in with the password once: qqctl login {0}",
            account.local
        );
        self.refused = Some(Error::new(Code::Credentials, message.clone()));
        let link = Changed {
            state: State::Offline,
            relay: address::shown(&account.relay),
            reason: Some("credentials".to_owned()),
            message: Some(message),
            ..Changed::default()
        };
        self.tell(Event::AccountState(link));
    }

    /// The oldest time of a message that is sent unasked.
    pub(super) fn unasked_since(&self) -> String {
        clock::rfc3339(self.now.wall_us.saturating_sub(UNASKED_US))
    }
}
