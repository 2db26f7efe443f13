//! A conversation looked back through, as the core and the store speak of it. Plain data.

use super::{AccountId, Message};

/// Which messages.
#[derive(Debug, Clone)]
pub struct History {
    /// Who asks: a member, or there is no answer.
    pub account: AccountId,
    /// Which conversation.
    pub with: With,
    /// Older than this `cseq`; none: the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub count: u32,
    /// Not beyond the one with which they have so many bytes together.
    pub bytes: usize,
}

/// How a client names a conversation.
#[derive(Debug, Clone)]
pub enum With {
    /// By the name of the other member's account, normalised.
    Account(String),
    /// By its own name.
    Conv(String),
}

/// Messages that follow one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The conversation; none if the two have never written.
    pub conv: Option<String>,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// There are older ones.
    pub more: bool,
}
