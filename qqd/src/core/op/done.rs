//! What the store answers.

use ipc_schema::notify::Rules;

use super::*;

/// The answer to an [`Op`] that went well.
#[derive(Debug, Clone)]
pub enum Done {
    /// To [`Op::LoadAll`].
    All(Box<All>),
    /// To [`Op::Load`].
    Loaded(Box<Loaded>),
    /// To [`Op::Queue`]: the message as it stands; `known` if the id was there already.
    Queued {
        /// As it stands in the store.
        message: Box<Message>,
        /// The id was there already.
        known: bool,
    },
    /// To [`Op::Receive`].
    Received {
        /// A message that was not here before (not one's own that came back, not a repeated one).
        new: bool,
        /// It is unread and somebody else's.
        unread: bool,
    },
    /// To [`Op::Delivered`] and [`Op::Acked`]: our messages that have come further by it.
    Delivered(Vec<Arrived>),
    /// To [`Op::ReadElsewhere`].
    Cleared {
        /// With whom the conversation is; none if nothing of it is here.
        with: Option<String>,
        /// How many messages were unread, and are not now.
        count: u64,
    },
    /// To [`Op::Unfilled`].
    Unfilled(Unfilled),
    /// To [`Op::Fill`].
    Filled {
        /// How many were not here.
        new: u64,
        /// The lowest number of the conversation that is here now.
        low: Option<u64>,
    },
    /// To [`Op::Logout`] and [`Op::Forget`]: what the account has left here, or had until now.
    LoggedOut(Left),
    /// To [`Op::BeginJoin`]: what is kept.
    Joining(Box<Offer>),
    /// To [`Op::Check`].
    Whole {
        /// Its size.
        bytes: u64,
    },
    /// To [`Op::Password`].
    Password(Option<Secret>),
    /// To [`Op::Find`].
    Found(Option<Box<Message>>),
    /// To [`Op::History`] and [`Op::Read`].
    Messages {
        /// Oldest first, each with its local number (for `before`).
        messages: Vec<(u64, Message)>,
        /// There are older (history) or further (read) ones.
        more: bool,
    },
    /// To [`Op::FindPicture`] and [`Op::KeepPicture`]: the file's path.
    PicturePath(Option<String>),
    /// To [`Op::ReadPicture`].
    PictureRead(Result<Picture, PictureFault>),
    /// To [`Op::Search`].
    Hits {
        /// Newest first, each with its local number.
        messages: Vec<(u64, Message)>,
        /// There are older ones.
        more: bool,
        /// Some messages are not in the index yet.
        indexing: bool,
    },
    /// To [`Op::Clear`]: how many messages are not listed any more.
    Unlisted(u64),
    /// To [`Op::Explain`], and to [`Op::Retry`] and [`Op::Clear`] of what did not fail.
    Explained {
        /// Messages whose ids begin so, with their local numbers.
        matches: Vec<(u64, Message)>,
        /// What happened with the message, if it is one.
        steps: Vec<Step>,
    },
    /// To [`Op::Draft`].
    Draft {
        /// As it is kept now; empty for none.
        text: String,
        /// It is another one than before.
        changed: bool,
    },
    /// To [`Op::Notify`]: all rules as they are now; whether a time has passed is for the core to say.
    Notify(Box<Rules>),
    /// To everything else.
    Nothing,
}

/// One of our messages that has come further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Which.
    pub id: String,
    /// Its receiver.
    pub to: String,
    /// `delivered` or `read`.
    pub state: State,
}

/// What is not here of the messages that the relay has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unfilled {
    /// How many older ones were fetched.
    pub done: u64,
    /// With whom, those first with whom something was said last, and the lowest number that is here; none if nothing is.
    pub lacking: Vec<(String, Option<u64>)>,
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room on disk, or it cannot be written.
    #[error("this computer's disk is full or cannot be written: {0}")]
    Full(String),
    /// Anything else.
    #[error("the daemon's database failed: {0}")]
    Failed(String),
}
