//! Private messages: sending, reading, history, and what becomes of a message.

mod draft;
mod explain;
mod live;
mod search;

use serde::{Deserialize, Serialize};

use crate::words::words;

pub use draft::{DRAFT_SHOWN_CHARS, Draft, Drafted, Drafting};
pub use explain::{Explain, Explained, Step};
pub use live::{Filling, Typed, Typing, TypingChanged};
pub use search::{Export, Exported, Format, Hits, SEARCH_COUNT_DEFAULT, SEARCH_COUNT_MAX, Search, Whole};

/// The longest text of one message, in characters.
pub const TEXT_MAX_CHARS: usize = 16_384;
/// The most messages that one call of `chat.history` may ask for.
pub const HISTORY_COUNT_MAX: u32 = 1_000;
/// How many messages `chat.history` gives when the caller names no number.
pub const HISTORY_COUNT_DEFAULT: u32 = 50;

words! {
    /// How far a message has come; it only ever moves down this list, or to `failed`.
    pub enum State {
        /// Stored by the daemon, waiting for the relay.
        Queued = "queued",
        /// Written to the relay, not confirmed yet.
        Sent = "sent",
        /// On the relay's disk: it cannot be lost any more.
        Acked = "acked",
        /// On a device of the receiver.
        Delivered = "delivered",
        /// Read by the receiver.
        Read = "read",
        /// Refused for good; `reason` says why.
        Failed = "failed",
    }
}

words! {
    /// Whether the receiver was on line when the relay took the message.
    pub enum Peer {
        /// A device of the receiver gets it right away.
        Online = "online",
        /// The relay keeps it until the receiver is back.
        Offline = "offline",
    }
}

words! {
    /// What `chat.send` waits for before it replies.
    #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
    pub enum Wait {
        /// Until the relay has it on disk
        Relay = "relay",
        /// Until it is on a device of the receiver
        Delivered = "delivered",
        /// Until the receiver has read it
        Read = "read",
    }
}

/// Send a message
///
/// The daemon stores the message first: it is never lost, and is sent as soon as the relay is there. To
/// somebody who is not in your friend list it waits for the relay's answer, as with --wait relay, while the
/// relay is connected: a name that is misspelt is told at once (exit code 7).
/// Exit code 0: on its way (with --wait: as far as you asked). 6: the relay is away; the message stays queued and its id is
/// printed. 3: the --timeout passed; the message stays queued or kept for the friend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Send {
    /// To whom: an account or a remark name; @NAME always means a friend, @me is a note to yourself
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: String,
    /// The text, at most 16,384 characters; "-" reads it from standard input
    #[cfg_attr(feature = "cli", arg(value_name = "TEXT"))]
    pub text: String,
    /// Wait until the message has come this far; without it, return once the daemon has stored it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "WHAT"))]
    pub wait: Option<Wait>,
    /// Send only if the receiver is on line now; else nothing is kept and the exit code is 9
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub require_online: bool,
    /// A name of your own for this message (1 to 64 of A-Z a-z 0-9 _ -): the same KEY again sends nothing twice and gives the same answer
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "KEY"))]
    pub id: Option<String>,
}

/// The reply of `chat.send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sent {
    /// The message's id: the caller's, else one made by the daemon.
    pub id: String,
    /// How far it has come.
    pub state: State,
    /// Whether the receiver was on line; null before the ack.
    pub peer: Option<Peer>,
}

/// Show the conversation with a friend
///
/// The newest messages, the oldest of them first. Nothing is marked as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct History {
    /// Whose conversation: an account or a remark name; @NAME always means a friend, @me are the notes to yourself
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: String,
    /// How many messages at most, 1 to 1000; fewer come when they are long (a page ends at 512 KiB)
    #[serde(default = "count_default")]
    #[cfg_attr(feature = "cli", arg(short = 'n', long, value_name = "N", default_value_t = HISTORY_COUNT_DEFAULT,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(HISTORY_COUNT_MAX))))]
    pub count: u32,
    /// Only messages older than this one: the "row" of the oldest message you have
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "ROW"))]
    pub before: Option<u64>,
}

impl Default for History {
    fn default() -> Self {
        Self { to: String::new(), count: HISTORY_COUNT_DEFAULT, before: None }
    }
}

fn count_default() -> u32 {
    HISTORY_COUNT_DEFAULT
}

/// The reply of `chat.history`: one page, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page {
    /// The messages, oldest first, at most 512 KiB of them.
    pub messages: Vec<Message>,
    /// Whether older ones exist; ask again with `before`.
    pub more: bool,
}

/// Print unread messages and mark them as read
///
/// Marks them on all your devices, and who wrote them sees that you have read. With --peek nothing is marked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Read {
    /// Only those of one friend: an account or a remark name; everybody's when left out
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: Option<String>,
    /// Look without marking them as read
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub peek: bool,
}

/// The reply of `chat.read`: the messages that were unread, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unread {
    /// The messages, oldest first, at most 512 KiB of them; only these are marked.
    pub messages: Vec<Message>,
    /// Whether more are still unread; ask again.
    #[serde(default)]
    pub more: bool,
}

/// A stored message, in `chat.history` and `chat.read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// The message's id; unique for each sender.
    pub id: String,
    /// The sender's account.
    pub from: String,
    /// The receiver's account.
    pub to: String,
    /// The text exactly as sent; it may hold control characters.
    pub text: String,
    /// When the relay took it, or, before that, when the daemon did: RFC 3339, UTC, milliseconds.
    pub ts: String,
    /// How far it has come; one from somebody else is `delivered` while unread here, then `read`.
    pub state: State,
    /// Where it stands in the daemon's store: the value for `before`. The daemon always gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// `text`, or another kind of a newer version; left out for `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Why a failed one failed, as a word: `unknown`, `forbidden`, `too-big`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for a person: what happened, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// `chat.received`: a message arrived, or one's own from another device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Received {
    /// The message's id; unique for each sender.
    pub id: String,
    /// The sender's account; one's own when it was written on another device.
    pub from: String,
    /// The receiver's account.
    pub to: String,
    /// The text exactly as sent; it may hold control characters.
    pub text: String,
    /// `text`, or another kind of a newer version.
    pub kind: String,
    /// The conversation's id at the relay.
    pub conv: String,
    /// The message's number in the conversation, from 1.
    pub cseq: u64,
    /// The message's number in the account's inbox, from 1.
    pub seq: u64,
    /// When the relay took it: RFC 3339, UTC, milliseconds.
    pub ts: String,
}

/// `chat.state`: one of one's own messages came further, or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Changed {
    /// The message's id.
    pub id: String,
    /// The receiver's account.
    pub to: String,
    /// How far it has come.
    pub state: State,
    /// Whether the receiver was on line; null before the ack.
    pub peer: Option<Peer>,
    /// Why it failed, as a word; null unless it did.
    pub reason: Option<String>,
    /// When: RFC 3339, UTC, milliseconds.
    pub ts: String,
    /// How many of the account's messages wait for the relay after this change. The daemon gives it whenever the number moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox: Option<u64>,
}

/// `chat.read`: a conversation was read up to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Marked {
    /// The other one in the conversation.
    pub friend: String,
    /// Who has read: one's own account, or the friend's.
    pub by: String,
    /// The conversation's id at the relay.
    pub conv: String,
    /// Everything up to this number in the conversation is read; it never goes back.
    pub cseq: u64,
}

/// `unread.changed`: how many messages are unread now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnreadChanged {
    /// Whose messages.
    pub friend: String,
    /// How many of theirs are unread.
    pub unread: u64,
    /// How many are unread in the whole account.
    pub total: u64,
}

/// Unread messages of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Count {
    /// In the whole account; each friend's share stands in the friend list.
    pub total: u64,
}
