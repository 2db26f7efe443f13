//! Presence: who is on line, one's own state and the friends'.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// Whether somebody can be reached right now.
    #[derive(Default)]
    pub enum State {
        /// On line.
        Online = "online",
        /// On line, but not at the computer.
        Away = "away",
        /// On line, and wants no interruption.
        Busy = "busy",
        /// Off line, or wants to look like it, or unknown because one's own link is down.
        #[default]
        Offline = "offline",
    }
}

/// Show your own presence, or a friend's
///
/// Without FRIEND: what this device says of you. Your friends see the most available of your devices, or you off line if one of
/// them is invisible.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Show {
    /// Account or remark name of a friend; yourself when left out
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "FRIEND"))]
    pub friend: Option<String>,
}

/// The reply of `presence.show`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shown {
    /// The local name of one's own account.
    pub account: String,
    /// Whose presence this is: the friend's account, or null for one's own.
    pub friend: Option<String>,
    /// The presence. One's own: what this device says of itself; friends see the most available one of the account's
    /// devices (on line before busy, busy before away), and nobody while one of them is invisible.
    pub state: State,
    /// The status text; empty when there is none.
    pub note: String,
    /// One's own: on line, and looks off line to everybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invisible: bool,
}

words! {
    /// What one's friends are to see.
    #[derive(Default)]
    #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
    pub enum Wish {
        /// On line
        #[default]
        Online = "online",
        /// On line, but not at the computer
        Away = "away",
        /// On line, and wants no interruption
        Busy = "busy",
        /// Looks off line to everybody
        Invisible = "invisible",
    }
}

/// Set your own presence
///
/// It is this device's: with several on line your friends see the most available one (on line, then busy, then away). Invisible
/// hides all of them: you see your friends, and to them you are off line; nothing goes out but what you write. It stays until you
/// set another, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Set {
    /// What friends are to see
    #[cfg_attr(feature = "cli", arg(value_enum, value_name = "STATE"))]
    pub state: Wish,
    /// A status text, up to 256 characters; "" removes it; left out, it stays
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, short = 'm', value_name = "TEXT"))]
    pub note: Option<String>,
}

/// `presence.changed`: a friend came, went or changed the status text. One's own is told in the same way, with one's own account as `friend`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Changed {
    /// Whose presence changed.
    pub friend: String,
    /// The presence now.
    pub state: State,
    /// The status text now; empty when there is none.
    pub note: String,
    /// One's own: on line, and looks off line to everybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invisible: bool,
}
