//! Status and logins.

use ipc_schema::account::{LoggedIn, LoggedOut, State};
use ipc_schema::daemon::{Account, Report};

use super::{Paint, Printer};
use crate::Stop;
use crate::text::{one_line, span};

impl Printer {
    /// `status`
    pub(crate) fn status(&self, report: &Report) -> Result<(), Stop> {
        self.reply(report, |paint| {
            let running = &report.daemon;
            let mut text =
                format!("qqd {}, process {}, up {}", running.version, running.pid, span(running.uptime_s));
            for account in &report.accounts {
                text.push('\n');
                text.push_str(&status_of(account, paint));
            }
            if report.accounts.is_empty() {
                text.push_str("\nNobody is logged in: qqctl login ACCOUNT --relay HOST:PORT");
            }
            text
        })
    }

    /// `login`
    pub(crate) fn logged_in(&self, reply: &LoggedIn) -> Result<(), Stop> {
        let name = one_line(&reply.name);
        self.talk(&format!(
            "Logged in as {} ({name}) at {}.",
            one_line(&reply.account),
            one_line(&reply.relay)
        ));
        self.reply(reply, |_| String::new())
    }

    /// `logout`: what became of the account, of what was not sent, and whether the server knows.
    pub(crate) fn logged_out(&self, reply: &LoggedOut) -> Result<(), Stop> {
        let account = one_line(&reply.account);
        self.talk(&if reply.wiped {
            format!("{account} and its history are wiped from this computer.")
        } else {
            format!("{account} is logged out on this computer; its history stays.")
        });
        let unsent = messages(reply.unsent);
        if reply.unsent > 0 && reply.wiped {
            self.talk(&format!("{unsent} that had not been sent: gone with it."));
        } else if reply.unsent > 0 {
            self.talk(&format!("{unsent} not sent yet: sent after the next login."));
        }
        if !reply.told {
            self.talk(
                "The server could not be told: until somebody removes it there, it still counts this device.",
            );
        }
        self.reply(reply, |_| String::new())
    }
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

fn status_of(account: &Account, paint: Paint) -> String {
    let state = match account.state {
        State::Offline if account.reason.as_deref() == Some("logout") => {
            paint.dim("logged out, history kept")
        }
        State::Online => paint.green("on line"),
        State::Offline => paint.dim("off line"),
        State::Connecting => paint.yellow("connecting"),
        State::Authenticating => paint.yellow("logging in"),
        State::Backoff => paint.yellow("trying again soon"),
    };
    let mut text = format!("{}  {state}", paint.bold(&one_line(&account.account)));
    let bare_relay = one_line(&account.relay);
    if !account.account.ends_with(&bare_relay) {
        text.push_str(&format!(" at {bare_relay}"));
    }
    text.push_str(&format!(", {} unread", account.unread.total));
    if account.outbox > 0 {
        text.push_str(&format!(", {} waiting to be sent", account.outbox));
    }
    if let Some(message) = &account.message {
        text.push_str(&format!("\n  {}", one_line(message)));
    }
    text
}
