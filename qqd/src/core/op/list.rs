//! What the relay keeps of an account's friends and what one shows of oneself, as it lies on disk.

use ipc_schema::friend::Asked;

/// One entry of the friend list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Friend {
    /// The account's name.
    pub account: String,
    /// The name it shows.
    pub name: String,
    /// Empty, or an avatar's SHA-256 in hex.
    pub picture: String,
    /// `friend` or `stranger`, or an own group's name.
    pub group: String,
    /// A private remark name, or empty.
    pub remark: String,
    /// Its status text, or empty.
    pub note: String,
}

/// The whole list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// By account.
    pub friends: Vec<Friend>,
    /// One's own groups by name, the empty ones, too.
    pub groups: Vec<String>,
    /// Requests that are open, newest first.
    pub requests: Vec<Asked>,
    /// Who is blocked, by account.
    pub blocked: Vec<String>,
}

/// What one shows of oneself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name; may be empty.
    pub name: String,
    /// Empty, or an avatar's SHA-256 in hex.
    pub picture: String,
    /// What one says about oneself; may be empty.
    pub note: String,
}

/// A change of the list or of one's own profile, as a row says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new or changed friend.
    Friend(Friend),
    /// A friend is gone.
    Removed(String),
    /// Somebody asks to be friends, or one asks oneself.
    Requested(Asked),
    /// A request has an answer, or is none any more.
    Answered {
        /// The other one.
        friend: String,
        /// They had asked.
        incoming: bool,
        /// Both are friends now; the entry has a row of its own.
        accepted: bool,
    },
    /// Somebody is blocked, or not any more.
    Blocked {
        /// Who.
        friend: String,
        /// Now.
        blocked: bool,
    },
    /// A new group.
    Group(String),
    /// A group has another name, and its friends move with it.
    GroupRenamed {
        /// Until now.
        group: String,
        /// From now on.
        new: String,
    },
    /// A group is gone, and its friends stand in `friend`.
    GroupRemoved(String),
    /// One's own profile; what is none stays.
    Profile {
        /// The name.
        name: Option<String>,
        /// Empty, or an avatar's SHA-256 in hex.
        picture: Option<String>,
        /// What one says about oneself.
        note: Option<String>,
    },
}
