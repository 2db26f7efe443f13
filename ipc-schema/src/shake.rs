//! The window shake: shakes a friend's chat window, only while the friend is on line.

use serde::{Deserialize, Serialize};

/// Shake a friend's chat window
///
/// Only for a friend who is on line (else exit code 9: nothing is kept for later), and once in ten
/// seconds for each friend (else exit code 10).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Send {
    /// Whom to shake: an account or a remark name; @NAME always means a friend
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: String,
}

/// The reply of `shake.send`: the relay has handed the shake to a device of the friend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shaken {
    /// The account that was shaken.
    pub to: String,
}

/// `shake.sent`: one shook a friend's window, by whichever program of this daemon: each that shows the conversation can say so.
/// Never replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sent {
    /// Who was shaken.
    pub to: String,
}

/// `shake.received`: a friend shook one's window. Never replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Received {
    /// Who shook.
    pub from: String,
}
