//! Full-text search, and writing a conversation out.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::words::words;

/// The most hits that one call of `chat.search` may ask for.
pub const SEARCH_COUNT_MAX: u32 = 200;
/// How many hits `chat.search` gives when the caller names no number.
pub const SEARCH_COUNT_DEFAULT: u32 = 20;

words! {
    /// How a conversation is written out.
    #[derive(Default)]
    #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
    pub enum Format {
        /// One JSON object a line
        #[default]
        Jsonl = "jsonl",
        /// Text to read
        Text = "text",
    }
}

/// Search your messages
///
/// Finds every message that holds all the words, in any order and case; Chinese needs no spaces. Newest first. Searches what
/// lies on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Search {
    /// The words
    #[cfg_attr(feature = "cli", arg(value_name = "TEXT"))]
    pub text: String,
    /// Only the conversation with this friend
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "TO"))]
    pub to: Option<String>,
    /// How many at most, 1 to 200
    #[serde(default = "search_count_default")]
    #[cfg_attr(feature = "cli", arg(short = 'n', long, value_name = "N", default_value_t = SEARCH_COUNT_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(SEARCH_COUNT_MAX))))]
    pub count: u32,
    /// Only messages older than this one: the "row" of the oldest hit you have
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "ROW"))]
    pub before: Option<u64>,
}

impl Default for Search {
    fn default() -> Self {
        Self { text: String::new(), to: None, count: SEARCH_COUNT_DEFAULT, before: None }
    }
}

fn search_count_default() -> u32 {
    SEARCH_COUNT_DEFAULT
}

/// The reply of `chat.search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hits {
    /// Newest first.
    pub messages: Vec<Message>,
    /// Whether older ones exist; ask again with `before`.
    pub more: bool,
    /// The index is still being made: there may be more hits in a moment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indexing: bool,
}

/// Write a whole conversation to standard output
///
/// As it lies on this machine, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Export {
    /// With whom: an account or a remark name
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: String,
    /// One JSON object a line, or text to read
    #[serde(default)]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Jsonl))]
    pub format: Format,
    /// Only what is newer than this message (its "row")
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "ROW"))]
    pub after: Option<u64>,
}

/// A message with all that is kept of it, in `chat.export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Whole {
    /// As in `chat.history`.
    #[serde(flatten)]
    pub message: Message,
    /// The id of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub re: Option<String>,
    /// An opaque body, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The conversation's id at the relay; none before the relay has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<String>,
    /// The message's number in the conversation, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cseq: Option<u64>,
    /// The message's number in the account's inbox, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// The reply of `chat.export`: one page; whoever wants all asks again with `after` set to the last row while `more` says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exported {
    /// Oldest first, at most 512 KiB of them.
    pub messages: Vec<Whole>,
    /// Whether newer ones exist.
    pub more: bool,
}
