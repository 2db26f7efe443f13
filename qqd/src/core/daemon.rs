//! The daemon's own methods: what it is, what it knows, how its account does.

use ipc_schema::{account, chat, daemon, presence};

use super::request::ReplyTo;
use super::{Core, VERSION, address, op};

impl Core {
    /// `hello`, should it get here: the socket answers it before the core hears of a frontend.
    pub(super) fn hello(&mut self, to: ReplyTo<daemon::Hello>, params: &daemon::Hello) {
        let result = params.check().map(|()| daemon::Welcome::new(VERSION, Vec::new()));
        self.reply(to, result);
    }

    /// `daemon.status`: who is logged in, then those who are logged out and kept.
    pub(super) fn status(&mut self, to: ReplyTo<daemon::Status>) {
        let mirror = self.events.mirror();
        let running = daemon::Running {
            version: VERSION.to_owned(),
            pid: mirror.daemon.pid,
            uptime_s: self.now.mono.saturating_sub(self.started.mono).as_secs(),
        };
        let kept = self.former.iter().filter(|kept| mirror.account(&kept.local).is_none());
        let kept =
            kept.map(|kept| kept_status(kept, self.left.get(&kept.local).copied().unwrap_or_default()));
        let accounts = mirror.accounts.iter().map(status_of).chain(kept).collect();
        let report = daemon::Report { daemon: running, accounts, notifications: "none".to_owned() };
        self.reply(to, Ok(report));
    }
}

fn status_of(account: &ipc_schema::state::Account) -> daemon::Account {
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
        message: Some("logged out; its history is kept, and is there again after the next login".to_owned()),
        ..Default::default()
    }
}
