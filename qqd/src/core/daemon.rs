//! The daemon's own methods: what it is, what it knows, how its account does.

use ipc_schema::{account, daemon};

use super::request::ReplyTo;
use super::{Core, VERSION};

impl Core {
    /// `hello`, should it get here: the socket answers it before the core hears of a frontend.
    pub(super) fn hello(&mut self, to: ReplyTo<daemon::Hello>, params: &daemon::Hello) {
        let result = params.check().map(|()| daemon::Welcome::new(VERSION, Vec::new()));
        self.reply(to, result);
    }

    /// `daemon.status`.
    pub(super) fn status(&mut self, to: ReplyTo<daemon::Status>) {
        let mirror = self.events.mirror();
        let running = daemon::Running {
            version: VERSION.to_owned(),
            pid: mirror.daemon.pid,
            uptime_s: self.now.mono.saturating_sub(self.started.mono).as_secs(),
        };
        let accounts = mirror.accounts.iter().map(status_of).collect();
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
    }
}
