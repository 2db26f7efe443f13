//! Accounts: joining, logging in and out, devices, profile, and what the daemon tells about the link to the relay.

mod device;
mod join;
mod profile;

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::words::words;

pub use device::{Device, DeviceList, Devices, Link, Linked, Revoke, Revoked};
pub use join::{Join, Joined, Passwd, PasswordSet, Register, Relay, Remove, Removed};
pub use profile::{Profile, Shown};

/// The relay's port when none is named.
pub const DEFAULT_PORT: u16 = 5290;
/// What to do where nobody is logged in, for a person: the first step of the README first.
pub const HOW_TO_COME_IN: &str =
    "`qqctl join LINK` with a link that you were sent, or `qqctl login NAME@HOST`";

/// The most accounts that one daemon keeps on line at once; a login to one more is a `conflict`.
pub const MAX: usize = 16;

/// The account's own word at the relay: `alice` of the local name `alice@example.org`.
pub fn bare(local_name: &str) -> &str {
    local_name.split_once('@').map_or(local_name, |(bare, _)| bare)
}

words! {
    /// How far an account's link to its relay is.
    #[derive(Default)]
    pub enum State {
        /// No link, and none is being tried.
        #[default]
        Offline = "offline",
        /// Connecting, or shaking hands (TLS): at most 5 s each.
        Connecting = "connecting",
        /// Connected; the relay is checking the password or token: at most 10 s.
        Authenticating = "authenticating",
        /// Logged in.
        Online = "online",
        /// The link is gone; the daemon waits before it tries again.
        Backoff = "backoff",
    }
}

words! {
    /// The step of a login; each has a deadline of its own.
    pub enum Step {
        /// TCP to the relay's address: 5 s.
        Connect = "connect",
        /// The TLS handshake and the check of the relay's key: 5 s.
        Tls = "tls",
        /// Name and password: 10 s.
        Login = "login",
    }
}

/// Log in to a relay and stay logged in
///
/// The daemon (qqd) keeps the connection from then on, also after this command has ended, and
/// logs in again by itself after a restart: it remembers a token, never the password. A login that
/// never succeeded is neither stored nor tried again. An account that has been logged in before needs
/// no --relay and no password as long as its token is good. Other accounts stay logged in beside it, up to 16 at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Login {
    /// The account: NAME, or NAME@HOST or NAME@HOST:PORT, which names the relay too
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT"))]
    pub account: String,
    /// The relay's address; the port is 5290 when left out. plain://127.0.0.1:PORT is for tests on this machine only
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "HOST:PORT"))]
    pub relay: Option<String>,
    /// The password; left out, the remembered token is used. Without that, too, the server is looked at, and nothing is
    /// said to it: the error is `untrusted` if its key is not known yet, else `credentials`, time for a password
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub password: Option<Secret>,
    /// Trust the relay's key with this fingerprint (whoever runs the relay can tell it); then only this key is taken
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHA256:HEX"))]
    pub trust: Option<String>,
}

/// The reply of `account.login`: the relay has taken the password or token, and the token is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoggedIn {
    /// The account's local name, as in every envelope: `alice@example.org`.
    pub account: String,
    /// The shown name of one's own profile.
    pub name: String,
    /// The relay's address, `host:port`.
    pub relay: String,
    /// `online`, unless the link was lost again in the meantime.
    pub state: State,
}

/// Log out from the relay
///
/// The relay forgets this device, and the daemon no longer connects. What was written and read stays
/// on this machine, and is there again after the next login, unless --forget is given. Messages that were
/// not sent yet go out after the next login; with --forget they are lost. With --forget an account that is
/// logged out already can be wiped, too. --account says which, where several are logged in or kept; the others
/// are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Logout {
    /// Wipe the account from this machine: history, friends, waiting messages, token and keyring entry
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub forget: bool,
    /// Which account, by its local name, or by its own word while only one is called so. Left out: the only
    /// one that is logged in; with `forget`, and nobody logged in, the only one that is kept
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub account: Option<String>,
}

/// The reply of `account.logout`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoggedOut {
    /// The local name of the account that is logged out now.
    pub account: String,
    /// How many of its messages the relay has not confirmed: they go out after the next login, or are lost if `wiped`.
    #[serde(default)]
    pub unsent: u64,
    /// Whether the relay was told and forgets this device. If not, the device stays on its list until somebody there
    /// removes it; its token is gone from this machine in any case.
    #[serde(default)]
    pub told: bool,
    /// Whether everything of the account was wiped from this machine (`forget`).
    #[serde(default)]
    pub wiped: bool,
}

/// `account.state`: the link moved, or an attempt failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Changed {
    /// How far the link is now.
    pub state: State,
    /// The relay's address, `host:port`.
    pub relay: String,
    /// The step that failed; null when none did.
    pub step: Option<Step>,
    /// Why, as a word: `timeout`, `refused`, `dns`, `lost`, `untrusted`, `key_changed`, `logout`, or a reason of `account.refused`.
    pub reason: Option<String>,
    /// The same for a person: which step, which address, and what happens next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When the next attempt starts, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// `account.refused`: the relay answered, and said no. The daemon stops trying, but for `throttled` and `busy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// The relay's word: `credentials`, `throttled`, `disabled`, `busy`, `version`, `devices`, `replaced`, `revoked`.
    pub reason: String,
    /// One sentence for a person that says what to do.
    pub message: String,
    /// With `throttled` and `busy`: when another try has a chance, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// `account.notice`: the relay has something to say that the account's owner should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// What, as a word: `token-reused` (somebody used a copy of an old login), or one of a newer relay.
    pub code: String,
    /// The same for a person, with what to do.
    pub message: String,
    /// The device it is about, if it is about one.
    pub device: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bare_name_is_what_stands_before_the_host() {
        assert_eq!(bare("alice@example.org"), "alice");
        assert_eq!(bare("alice@example.org:6000"), "alice");
        assert_eq!(bare("alice"), "alice");
    }
}
