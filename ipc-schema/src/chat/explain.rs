//! What became of a message.

use serde::{Deserialize, Serialize};

use super::{Message, State};

/// Tell what became of a message
///
/// Each state that it went through, when and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explain {
    /// The message's id, or its first characters
    #[cfg_attr(feature = "cli", arg(value_name = "ID"))]
    pub id: String,
}

/// The reply of `chat.explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explained {
    /// The message as it stands.
    pub message: Message,
    /// What happened with it, oldest first.
    pub steps: Vec<Step>,
    /// One sentence for a person: where it is now, and what happens next.
    pub summary: String,
}

/// One thing that happened with a message, in `chat.explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// When: RFC 3339, UTC, milliseconds.
    pub ts: String,
    /// The state it had from then on.
    pub state: State,
    /// Why, as a word, or what was special: `relay-away`, `receiver-offline`, `sent-again`, `throttled`, …; null when there is nothing to say.
    pub reason: Option<String>,
    /// The same for a person.
    pub text: String,
}
