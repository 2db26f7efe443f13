//! Status and logins.

use ipc_schema::account::{
    DEFAULT_PORT, HOW_TO_COME_IN, Joined, LoggedIn, LoggedOut, PasswordSet, Removed, State, bare,
};
use ipc_schema::daemon::{Account, Report};
use ipc_schema::presence;

use super::table::{Column, Table};
use super::{Printer, Style, window};
use crate::Stop;
use crate::text::{one_line, span};

impl Printer {
    /// `status`
    pub(crate) fn status(&self, report: &Report) -> Result<(), Stop> {
        self.reply(report, |_| {
            let running = &report.daemon;
            let mut head = format!(
                "qqd {}, process {}, up {}",
                one_line(&running.version),
                running.pid,
                span(running.uptime_s)
            );
            if let Some(outdated) = &running.outdated {
                head.push_str(&format!(
                    "\n{}",
                    self.paint_out.style(Style::Yellow, &window::outdated(outdated))
                ));
            }
            let head = match report.notifications.as_str() {
                "none" => head,
                service => format!("{head}\nNotifications: {}", one_line(service)),
            };
            if report.accounts.is_empty() {
                return format!("{head}\nNobody is logged in:\n  {HOW_TO_COME_IN}");
            }
            format!("{head}\n\n{}", self.table(&accounts(report)))
        })
    }

    /// `login`
    pub(crate) fn logged_in(&self, reply: &LoggedIn) -> Result<(), Stop> {
        self.talk(&format!("Logged in as {}.", who(&reply.account, &reply.name, &reply.relay)));
        self.reply(reply, |_| String::new())
    }

    /// `account passwd`
    pub(crate) fn password_set(&self, reply: &PasswordSet) -> Result<(), Stop> {
        self.talk(&format!(
            "{} has another password; its other devices are logged out and need it.",
            one_line(&reply.account)
        ));
        self.reply(reply, |_| String::new())
    }

    /// `account remove`
    pub(crate) fn removed(&self, reply: &Removed) -> Result<(), Stop> {
        let rest = if reply.wiped { "wiped from this computer, too" } else { "its history stays here" };
        self.talk(&format!("{} is no more; {rest}.", one_line(&reply.account)));
        self.reply(reply, |_| String::new())
    }

    /// `account relay`
    pub(crate) fn moved(&self, reply: &LoggedIn) -> Result<(), Stop> {
        self.talk(&format!("{} is at {} from now on.", one_line(&reply.account), one_line(&reply.relay)));
        self.reply(reply, |_| String::new())
    }

    /// Something that takes a moment has begun; for whoever watches.
    pub(crate) fn going_on(&self, sentence: &str) {
        if self.out_terminal {
            self.talk(sentence);
        }
    }

    /// `join`, `account register`: who one is, who is there already, and what comes next.
    pub(crate) fn joined(&self, reply: &Joined, friends: &[String]) -> Result<(), Stop> {
        self.talk(&format!("You are {}.", who(&reply.account, &reply.name, &reply.relay)));
        self.talk(&match friends {
            [] => "Nobody is in your list yet: those who were invited with you appear as they join; qqctl friend add NAME asks \
                   somebody else.".to_owned(),
            [first, ..] => {
                format!("In your list: {}. Say hello: qqctl send {} 'hello'", named(friends), one_line(first))
            }
        });
        self.talk(if reply.random_password {
            "Only this computer knows your password, a random one; set one of yours: qqctl account passwd"
        } else {
            "Your next device: qqctl account link"
        });
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

/// What is to be known of a password that nobody chose.
const RANDOM: &str =
    "only this computer knows its password, a random one; set one of yours: qqctl account passwd";

/// An account, with the shown name and the server where it does not say those itself.
fn who(account: &str, name: &str, relay: &str) -> String {
    let mut who = one_line(account);
    if name != bare(account) {
        who.push_str(&format!(" ({})", one_line(name)));
    }
    let host = account.split_once('@').map_or("", |(_, host)| host);
    if relay != host && relay != format!("{host}:{DEFAULT_PORT}") {
        who.push_str(&format!(" at {}", one_line(relay)));
    }
    who
}

/// The first of them, and how many more there are.
fn named(friends: &[String]) -> String {
    const SHOWN: usize = 8;
    let names: Vec<String> = friends.iter().take(SHOWN).map(|name| one_line(name)).collect();
    match friends.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

/// The accounts, one a row; what is wrong with one stands under it.
fn accounts(report: &Report) -> Table {
    let mut table = Table::new([
        Column::text("ACCOUNT"),
        Column::text("STATE"),
        Column::text("RELAY"),
        Column::number("UNREAD"),
        Column::number("TO SEND"),
    ]);
    for account in &report.accounts {
        let (word, style) = word(account);
        table.row([
            (one_line(&account.account), Style::Bold),
            (word.to_owned(), style),
            (one_line(&account.relay), Style::Plain),
            (
                account.unread.total.to_string(),
                if account.unread.total > 0 { Style::Bold } else { Style::Plain },
            ),
            (account.outbox.to_string(), if account.outbox > 0 { Style::Yellow } else { Style::Plain }),
        ]);
        if let Some(message) = &account.message {
            table.note(one_line(message));
        }
        if let Some(filling) = &account.filling {
            let (done, total) = (grouped(filling.done), grouped(filling.total));
            table.note(format!("{done} of {total} older messages are here"));
        }
        if account.random_password {
            table.note(RANDOM.to_owned());
        }
    }
    table
}

/// `20,000`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.iter().map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

fn word(account: &Account) -> (&'static str, Style) {
    match account.state {
        State::Offline if account.reason.as_deref() == Some("logout") => ("logged out", Style::Dim),
        State::Online => match account.presence {
            presence::State::Online => ("on line", Style::Green),
            presence::State::Away => ("on line, away", Style::Yellow),
            presence::State::Busy => ("on line, busy", Style::Yellow),
            presence::State::Offline => ("on line, invisible", Style::Dim),
        },
        State::Offline => ("off line", Style::Dim),
        State::Connecting => ("connecting", Style::Yellow),
        State::Authenticating => ("logging in", Style::Yellow),
        State::Backoff if account.reason.as_deref() == Some("disabled") => ("disabled", Style::Red),
        State::Backoff => ("trying again soon", Style::Yellow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice_of_who_one_is() {
        assert_eq!(who("alice@192.0.2.2:15290", "alice", "192.0.2.2:15290"), "alice@192.0.2.2:15290");
        assert_eq!(who("alice@example.org", "小红", "example.org:5290"), "alice@example.org (小红)");
        assert_eq!(who("alice@old.example", "alice", "new.example:7"), "alice@old.example at new.example:7");
    }
}
