//! The daemon itself: greeting, status, the stream of events, and (in `window`) what it has to do with windows.

mod window;

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Code, Error, account, chat, presence, protocol};

pub use window::{Open, Opened, Outdated, Screen, Stop, Stopped, Stopping, View, Viewed, Wanted};

/// The first call on every connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The newest protocol that the client speaks.
    pub protocol: u32,
    /// Name and version of the client, `qqctl/0.1.0`: for the log, and to find out that a newer version is installed.
    pub client: String,
}

impl Hello {
    /// A greeting in this crate's protocol.
    pub fn new(client: impl Into<String>) -> Self {
        Self { protocol: protocol::VERSION, client: client.into() }
    }

    /// The version of the client, if it is one of ours and newer than this one: then a newer daemon is installed, too.
    pub fn newer_than(&self, version: &str) -> Option<&str> {
        let (name, theirs) = self.client.split_once('/')?;
        let ours = ["qqctl", "qq-slint"].contains(&name);
        (ours && is_newer(theirs, version)).then_some(theirs)
    }

    /// The daemon's side of the check.
    ///
    /// # Errors
    /// [`Code::Version`] when the client is too old for this daemon.
    pub fn check(&self) -> Result<(), Error> {
        if self.protocol >= protocol::MIN {
            return Ok(());
        }
        let (theirs, ours) = (self.protocol, protocol::MIN);
        Err(Error::new(
            Code::Version,
            format!(
                "this qqd needs protocol {ours} or newer and the program speaks {theirs}; update the program"
            ),
        )
        .with_field("update", "program"))
    }
}

/// Whether the first of two versions of ours (`0.1.0`) is the newer one; not when either is no such version.
pub fn is_newer(version: &str, than: &str) -> bool {
    matches!((numbers(version), numbers(than)), (Some(one), Some(other)) if one > other)
}

/// `0.1.0` as numbers; what follows them (`-rc1`) does not count.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let mut numbers = plain.split('.').map(str::parse);
    let all = [numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?];
    numbers.next().is_none().then_some(all)
}

/// The reply of `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The newest protocol that the daemon speaks.
    pub protocol: u32,
    /// The oldest one that it still understands.
    pub min_protocol: u32,
    /// The daemon's version, `0.1.0`.
    pub daemon: String,
    /// What this daemon can do beyond protocol 1, as words.
    pub features: Vec<String>,
}

impl Welcome {
    /// The answer of a daemon of this version.
    pub fn new(daemon: impl Into<String>, features: Vec<String>) -> Self {
        let (protocol, min_protocol) = (protocol::VERSION, protocol::MIN);
        Self { protocol, min_protocol, daemon: daemon.into(), features }
    }

    /// The client's side of the check.
    ///
    /// # Errors
    /// [`Code::Version`] when the two have no protocol in common.
    pub fn check(&self) -> Result<(), Error> {
        let (advice, old) = if self.min_protocol > protocol::VERSION {
            ("this program is too old for it; update the program", "program")
        } else if self.protocol < protocol::MIN {
            ("it is too old for this program; restart qqd after the update", "qqd")
        } else {
            return Ok(());
        };
        let Self { protocol, min_protocol, daemon, .. } = self;
        Err(Error::new(
            Code::Version,
            format!("qqd {daemon} speaks protocol {min_protocol} to {protocol}: {advice}"),
        )
        .with_field("daemon", daemon.as_str())
        .with_field("update", old))
    }
}

/// Follow what happens: after the reply come `event` lines, first `daemon.state`, then the changes. Asked again on the same connection, it starts over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscribe {
    /// The last `seq` one has seen: the durable events after it come again. Left out: only what happens from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// The reply of `events.subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscribed {
    /// The number of the newest event so far.
    pub seq: u64,
}

/// Show the daemon, its accounts and their connection
///
/// Says for each account whether it is on line, and if not why; what waits to be sent; and what is
/// unread. It asks the daemon only, so it works without the relay. With --account it tells of that one alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {}

/// The reply of `daemon.status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The running daemon.
    pub daemon: Running,
    /// The accounts that the daemon knows (with `account` in the params that one alone): who is logged in, then those that are logged out and whose history is kept
    /// (`offline`, with the reason `logout`).
    pub accounts: Vec<Account>,
    /// The name of the desktop's notification service, or `none`.
    pub notifications: String,
}

/// The daemon's process, in `daemon.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Running {
    /// The daemon's version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// Another one is installed than the one that runs: it should be restarted. Left out while it is not so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outdated: Option<Outdated>,
}

/// One account, in `daemon.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    /// The account's local name.
    pub account: String,
    /// How far the link is.
    pub state: account::State,
    /// The relay's address, `host:port`.
    pub relay: String,
    /// One's own presence as friends see it.
    pub presence: presence::State,
    /// Unread messages.
    pub unread: chat::Count,
    /// Where the login's token is kept: `file` or `keyring`.
    pub secret_store: String,
    /// How many messages wait for the relay.
    pub outbox: u64,
    /// The password is a random one that only this machine knows: `account passwd` sets a real one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub random_password: bool,
    /// Older messages that are being fetched in the background; left out when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filling: Option<chat::Filling>,
    /// The step that failed last; left out while on line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<account::Step>,
    /// Why it is not on line, as a word of `account.state`; left out while on line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for a person; left out while on line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

words! {
    /// How something is that was looked at.
    pub enum Verdict {
        /// As it should be.
        Good = "good",
        /// It works, and something should be looked at.
        Warning = "warning",
        /// It does not work.
        Bad = "bad",
    }
}

/// Check that everything works, and say what to do where it does not
///
/// Looks at the daemon, its directories and database, the clock, each account's way to its server (name, TCP, TLS, key, login), and
/// what waits in the outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Doctor {}

/// The reply of `daemon.doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checked {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
}

/// One thing that was looked at, in `daemon.doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was looked at, as a word: `store`, `clock`, `runtime`, `relay.dns`, `relay.tcp`, `relay.tls`, `relay.login`, `outbox`, ….
    pub what: String,
    /// The account it is about, if it is about one.
    pub account: Option<String>,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, for a person.
    pub text: String,
    /// What to do; null when there is nothing to do.
    pub advice: Option<String>,
}

/// `daemon.gap`: events were lost between this one and the one before. Unless `daemon.state` follows, whoever keeps a mirror subscribes again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// How many; null when nobody can tell (an older or foreign `since`).
    pub lost: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_ours_that_is_newer_shows_that_more_is_installed_than_runs() {
        let newer = |client: &str| Hello::new(client).newer_than("0.9.1").map(str::to_owned);
        assert_eq!(newer("qqctl/0.10.0").as_deref(), Some("0.10.0"));
        assert_eq!(newer("qq-slint/1.0.0-rc1").as_deref(), Some("1.0.0-rc1"));
        for same in ["qqctl/0.9.1", "qqctl/0.9.0", "other/9.9.9", "qqctl/10", "qqctl/a.b.c", "qqctl", ""] {
            assert_eq!(newer(same), None, "{same}");
        }
    }
}
