//! How an account comes to be, gets another password, moves, and ends.

use serde::{Deserialize, Serialize};

use super::State;
use crate::Secret;

/// Join by an invite link: account, trust and login in one step
///
/// The link (qiao://…) comes from whoever runs the server, or from `qqctl account link` on another device of your own. Without
/// a password the daemon makes a random one and keeps it on this machine; `qqctl account passwd` sets a real one later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Join {
    /// The link: qiao://HOST:PORT/i/CODE#PIN, or …/d/CODE#PIN for a further device
    #[cfg_attr(feature = "cli", arg(value_name = "LINK"))]
    pub link: String,
    /// The account's name: a-z 0-9 . _ -; left out, the one that the invitation was made for, or what --name says
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT"))]
    pub new_account: Option<String>,
    /// The name that others see, up to 64 characters; left out, the account's name
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHOWN"))]
    pub name: Option<String>,
    /// The password; left out, a random one is made and kept beside the token
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub password: Option<Secret>,
}

/// Make an account where the server lets anybody in
///
/// Only where whoever runs the server has opened registration; else ask for an invite link (`qqctl join LINK`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Register {
    /// The account: NAME@HOST or NAME@HOST:PORT
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT"))]
    pub new_account: String,
    /// The name that others see, up to 64 characters
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHOWN"))]
    pub name: Option<String>,
    /// The server's address; the port is 5290 when left out
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "HOST:PORT"))]
    pub relay: Option<String>,
    /// The password; left out, a random one is made and kept beside the token
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub password: Option<Secret>,
    /// Trust the server's key with this fingerprint
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHA256:HEX"))]
    pub trust: Option<String>,
}

/// The reply of `account.join` and `account.register`: the account is there, and logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The account's local name.
    pub account: String,
    /// The name that others see.
    pub name: String,
    /// The relay's address, `host:port`.
    pub relay: String,
    /// `online`, unless the link was lost again in the meantime.
    pub state: State,
    /// The password is a random one that only this machine knows: `account.passwd` sets a real one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub random_password: bool,
}

/// Set another password
///
/// Every other device is logged out within a second and needs the new password. The old password is not asked for where the daemon
/// made a random one at `qqctl join`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Passwd {
    /// The password so far; not needed where the daemon made it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub password: Option<Secret>,
    /// The new password, 1 to 1,024 bytes
    #[cfg_attr(feature = "cli", arg(skip))]
    pub new_password: Secret,
}

/// The reply of `account.passwd`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordSet {
    /// The account's local name.
    pub account: String,
}

/// Follow a server that has moved to another address, or renew the trust in its key
///
/// The account's local name and its history stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Relay {
    /// The server's new address; the port is 5290 when left out
    #[cfg_attr(feature = "cli", arg(value_name = "HOST:PORT"))]
    pub relay: String,
    /// Trust the server's key with this fingerprint; left out, the key must be the one that is trusted already
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHA256:HEX"))]
    pub trust: Option<String>,
}

/// End your account at the server, for good
///
/// Your friends lose you from their lists. What lies on this machine stays unless --forget is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remove {
    /// The password; not needed where the daemon made it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub password: Option<Secret>,
    /// Wipe the account from this machine, too
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub forget: bool,
}

/// The reply of `account.remove`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Removed {
    /// The local name of the account that is gone.
    pub account: String,
    /// Whether everything of it was wiped from this machine.
    pub wiped: bool,
}
