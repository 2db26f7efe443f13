//! Notifications: the rules by which the daemon decides what is worth an interruption, and what they come to now.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// How much of a message a notification shows.
    #[derive(Default)]
    #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
    pub enum Shows {
        /// The text
        #[default]
        Full = "full",
        /// Only who wrote
        Name = "name",
        /// Only that something came
        Nothing = "nothing",
    }
}

words! {
    /// On or off.
    #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
    pub enum Switch {
        /// On
        On = "on",
        /// Off
        Off = "off",
    }
}

/// Show the rules for notifications
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {}

/// The reply of every verb of this feature: the rules as they are now. They hold for all accounts of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rules {
    /// Do not disturb is on now.
    pub dnd: bool,
    /// Until when: RFC 3339, UTC, milliseconds; null while it is off, or on until it is switched off.
    pub dnd_until: Option<String>,
    /// Quiet hours in local time, `22:00-07:00`; null when there are none.
    pub quiet: Option<String>,
    /// How much of a message is shown.
    pub content: Shows,
    /// Who is muted, as `ACCOUNT` of the account they belong to: `bob` of alice@example.org is `alice@example.org/bob`.
    pub muted: Vec<String>,
}

/// What the rules and the desktop come to now: `notify` in `daemon.state`, and the data of `notify.changed`. Whoever shows
/// windows or rings by itself goes by it, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Now {
    /// Nobody is to be disturbed: "do not disturb" is on, these are quiet hours, or the desktop says so.
    pub dnd: bool,
    /// The screen is locked: nothing of what others write is to be seen on it.
    pub locked: bool,
    /// Who is muted, as in [`Rules`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub muted: Vec<String>,
}

impl Now {
    /// Whether a friend of this account (by its local name) is muted.
    pub fn mutes(&self, account: &str, friend: &str) -> bool {
        self.muted
            .iter()
            .any(|muted| muted.strip_prefix(account).and_then(|rest| rest.strip_prefix('/')) == Some(friend))
    }
}

/// Switch "do not disturb" on or off
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dnd {
    /// on or off
    #[cfg_attr(feature = "cli", arg(value_enum, value_name = "STATE"))]
    pub state: Switch,
    /// Off again by itself after so many minutes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long = "for", value_name = "MINUTES"))]
    pub minutes: Option<u32>,
}

/// Set quiet hours, every day
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quiet {
    /// From and to in local time, 22:00-07:00; "off" for none
    #[cfg_attr(feature = "cli", arg(value_name = "HOURS"))]
    pub hours: String,
}

/// Show no notifications of a friend
///
/// Messages arrive and are counted as ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mute {
    /// Who: an account or a remark name
    #[cfg_attr(feature = "cli", arg(value_name = "FRIEND"))]
    pub friend: String,
    /// Show them again
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub off: bool,
}

/// Say how much of a message a notification shows
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Content {
    /// full, name, nothing
    #[cfg_attr(feature = "cli", arg(value_enum, value_name = "WHAT"))]
    pub content: Shows,
}
