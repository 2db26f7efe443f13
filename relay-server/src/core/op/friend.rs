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

/// A line of a whole list: groups first, then friends, strangers, who is blocked, open requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// One of one's own groups.
    Group(String),
    /// A friend or stranger.
    Friend(Friend),
    /// Somebody whom one blocks.
    Blocked(String),
    /// An open request.
    Request {
        /// Which.
        request: Request,
        /// When it was made, Unix milliseconds.
        ts_ms: i64,
    },
}

/// How far a whole list has been read: behind this entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behind {
    /// Nothing yet, or this group.
    Group(Option<String>),
    /// All groups, and this friend or stranger if there is one.
    Friend(Option<(FriendKind, String)>),
    /// All friends and strangers, and this blocked account if there is one.
    Blocked(Option<String>),
    /// All who are blocked, and this request if there is one.
    Request(Option<(bool, String)>),
}

impl Entry {
    /// Where reading goes on behind this entry.
    pub fn behind(&self) -> Behind {
        match self {
            Self::Group(name) => Behind::Group(Some(name.clone())),
            Self::Friend(friend) => Behind::Friend(Some((friend.kind, friend.account.clone()))),
            Self::Blocked(account) => Behind::Blocked(Some(account.clone())),
            Self::Request { request, .. } => Behind::Request(Some((request.theirs, request.account.clone()))),
        }
    }
}
