//! What an account wishes about its friends, groups and profile: each [`Change`] is one transaction. Plain data.

use std::fmt;

use relay_schema::NackCode;

use super::{AccountId, Row, Seq};

/// A wish of one account.
#[derive(Debug, Clone)]
pub struct Change {
    /// Whose wish.
    pub account: AccountId,
    /// What.
    pub wish: Wish,
    /// At most so many friends, and blocked accounts, each.
    pub friends_max: u32,
    /// At most so many groups.
    pub groups_max: u32,
    /// At most so many requests in 24 hours.
    pub requests_per_day: u32,
    /// Wall clock, Unix milliseconds.
    pub now_ms: i64,
}

/// What is wished. Account names are normalised (empty for what is no name: nobody has it), texts are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// To be friends.
    Request {
        /// With whom.
        other: String,
        /// What is said to it.
        note: String,
    },
    /// An answer to a request.
    Answer {
        /// Who had asked.
        other: String,
        /// Yes.
        accepted: bool,
    },
    /// The end of a friendship, or a stranger out of the list.
    Remove {
        /// Who.
        other: String,
    },
    /// A friend in another group.
    Move {
        /// Who.
        other: String,
        /// The group.
        group: String,
    },
    /// One's own name for a friend or stranger.
    Rename {
        /// Who.
        other: String,
        /// Empty for none.
        remark: String,
    },
    /// To have nothing to do with somebody.
    Block {
        /// With whom.
        other: String,
    },
    /// The end of that.
    Unblock {
        /// With whom.
        other: String,
    },
    /// A new group.
    GroupAdd {
        /// Its name.
        group: String,
    },
    /// Another name for a group.
    GroupRename {
        /// Its name so far.
        group: String,
        /// Its new name.
        new: String,
    },
    /// A group less.
    GroupRemove {
        /// Its name.
        group: String,
    },
    /// Another profile; what is none stays.
    Profile {
        /// The name that is shown.
        name: Option<String>,
        /// Empty, or the SHA-256 in hex of an avatar that this account has put.
        picture: Option<String>,
        /// What one says about oneself.
        note: Option<String>,
    },
    /// An avatar.
    Picture(Picture),
}

/// An avatar on its way into the store.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// SHA-256 in hex.
    pub hash: String,
    /// The file.
    pub body: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.hash, self.body.len())
    }
}

/// A wish that is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The last row in one's own inbox that the wish made; none where all was so already.
    pub seq: Option<Seq>,
    /// The new rows of every inbox concerned, in ascending account number, each inbox's in order.
    pub rows: Vec<(AccountId, Row)>,
}

/// Why a wish was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub code: NackCode,
    /// When it may be, in milliseconds from now.
    pub retry_ms: Option<u64>,
}
