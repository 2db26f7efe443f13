//! Friend lists as the core and the store speak of them. Plain data.

use super::AccountId;

/// The kind of entry in a friend list; the order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FriendKind {
    /// My Friends.
    Friend,
    /// Somebody who wrote and is no friend yet.
    Stranger,
}

/// One entry of a friend list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Friend {
    /// Which account.
    pub id: AccountId,
    /// Its name.
    pub account: String,
    /// The name it shows.
    pub name: String,
    /// Empty, or an avatar's SHA-256 in hex.
    pub picture: String,
    /// Friend or stranger.
    pub kind: FriendKind,
    /// The list owner's group it stands in; none is where its kind stands.
    pub group: Option<String>,
    /// The list owner's own name for it; may be empty.
    pub remark: String,
    /// What it says about itself; may be empty.
    pub note: String,
}

/// An open request, as one of the two sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The other one of the two.
    pub account: String,
    /// The name that the other one shows.
    pub name: String,
    /// The other one's avatar; may be empty.
    pub picture: String,
    /// What the one who asks says; may be empty.
    pub note: String,
    /// The other one asks, not the one who sees this.
    pub theirs: bool,
}
