//! The outbox: messages of one's own that have not reached the relay, or that it refused.

use serde::{Deserialize, Serialize};

use crate::chat::Message;

/// List the messages that wait for the server, and those that it refused
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct List {}

/// The reply of `outbox.list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listed {
    /// In the order in which they go out; then those that failed within 30 days and were not cleared, newest last.
    pub messages: Vec<Message>,
    /// There are more than fit into one answer (512 KiB): the last ones are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Send a message again that failed
///
/// It goes out under its own id, behind what waits already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Retry {
    /// The message's id, or its first characters
    #[cfg_attr(feature = "cli", arg(value_name = "ID"))]
    pub id: String,
}

/// Take a message back that has not been sent yet
///
/// Only while it is queued: what has been written to the server may be there already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cancel {
    /// The message's id, or its first characters
    #[cfg_attr(feature = "cli", arg(value_name = "ID"))]
    pub id: String,
}

/// Take messages that failed off the list of the outbox
///
/// Without an ID all of them. They stay in the conversation, and `outbox retry ID` sends one again all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Clear {
    /// One message's id, or its first characters; left out: all that failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "ID"))]
    pub id: Option<String>,
}

/// The reply of `outbox.clear`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cleared {
    /// So many messages are not listed any more.
    pub messages: u64,
}

/// The reply of `outbox.retry` and `outbox.cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {
    /// The message's id.
    pub id: String,
    /// Its state now.
    pub state: crate::chat::State,
}
