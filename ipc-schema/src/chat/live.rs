//! What is told and not kept: typing, and how far older messages have come.

use serde::{Deserialize, Serialize};

/// Tell a friend that you are writing, or have stopped
///
/// Nothing is kept; the friend's program forgets it by itself after a while.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Typing {
    /// To whom: an account or a remark name
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: String,
    /// You have stopped
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub stopped: bool,
}

/// The reply of `chat.typing`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Typed {
    /// The account that is told.
    pub to: String,
}

/// `typing.changed`: a friend begins or stops to write. Never replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TypingChanged {
    /// Who.
    pub friend: String,
    /// Whether they write now.
    pub typing: bool,
}

/// `chat.filling`: older messages are being fetched from the relay, in the background.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Filling {
    /// How many have come.
    pub done: u64,
    /// How many there are to fetch, as far as is known.
    pub total: u64,
}
