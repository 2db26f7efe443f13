//! The daemon's own methods: what it is, what it knows, how its account does.

use ipc_schema::{Code, Error, account, chat, daemon, presence, state};

use super::account::Account;
use super::accounts::unknown;
use super::request::Caller;
use super::{Core, VERSION, address, op};

impl Core {
    /// `hello`, should it get here: the socket answers it before the core hears of a frontend.
    pub(super) fn hello(&mut self, caller: Caller, params: &daemon::Hello) {
        let result = params.check().map(|()| daemon::Welcome::new(VERSION, Vec::new()));
        self.answer(caller, result);
    }

    /// `daemon.status`: who is logged in, then those who are logged out and kept; with a name that one alone.
    pub(super) fn status(&mut self, caller: Caller, name: Option<&str>) {
        let running = daemon::Running {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            uptime_s: self.now.mono.saturating_sub(self.started.mono).as_secs(),
            outdated: self.events.outdated().cloned(),
        };
        let accounts = self.statuses();
        let accounts = match name {
            None => Ok(accounts),
            Some(name) => self.only(accounts, name),
        };
        let notifications = self.notices.service();
        let report = accounts.map(|accounts| daemon::Report { daemon: running, accounts, notifications });
        self.answer(caller, report);
    }

    fn statuses(&self) -> Vec<daemon::Account> {
        let shown: Vec<&state::Account> = self.accounts.iter().filter_map(Account::visible).collect();
        let hidden = |kept: &&op::Account| shown.iter().all(|one| one.account != kept.local);
        let kept = self.former.iter().filter(hidden);
        let kept =
            kept.map(|kept| kept_status(kept, self.left.get(&kept.local).copied().unwrap_or_default()));
        let mut all: Vec<daemon::Account> = shown.iter().copied().map(status_of).chain(kept).collect();
        for account in &mut all {
            account.random_password = self.random_passwords.contains(&account.account);
        }
        all
    }

    /// The one called so, as every method understands it; also one that is logged out.
    fn only(&self, accounts: Vec<daemon::Account>, name: &str) -> Result<Vec<daemon::Account>, Error> {
        let local = match self.whose(Some(name)) {
            Ok(at) => self.accounts.get(at).map(|account| account.local.to_string()),
            Err(error) if error.code == Code::Ambiguous => return Err(error),
            Err(_) => None,
        };
        let fits = |known: &daemon::Account| match &local {
            Some(local) => known.account == *local,
            None => {
                known.account.eq_ignore_ascii_case(name)
                    || account::bare(&known.account).eq_ignore_ascii_case(name)
            }
        };
        let found: Vec<_> = accounts.into_iter().filter(fits).collect();
        if found.is_empty() { Err(unknown(name)) } else { Ok(found) }
    }
}

fn status_of(account: &state::Account) -> daemon::Account {
    let link = &account.link;
    let away = link.state != account::State::Online;
    daemon::Account {
        account: account.account.clone(),
        state: link.state,
        relay: link.relay.clone(),
        presence: account.presence,
        unread: account.unread,
        secret_store: "file".to_owned(),
        outbox: account.outbox,
        filling: account.filling.clone(),
        step: link.step.filter(|_| away),
        reason: link.reason.clone().filter(|_| away),
        message: link.message.clone().filter(|_| away),
        ..Default::default()
    }
}

fn kept_status(account: &op::Account, left: op::Left) -> daemon::Account {
    daemon::Account {
        account: account.local.clone(),
        state: account::State::Offline,
        relay: address::shown(&account.relay),
        presence: presence::State::Offline,
        unread: chat::Count { total: left.unread },
        secret_store: "file".to_owned(),
        outbox: left.outbox,
        step: None,
        reason: Some("logout".to_owned()),
        message: Some("logged out; its history is kept, and is there again after a login, if the server still has the account".to_owned()),
        ..Default::default()
    }
}
