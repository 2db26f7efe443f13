//! Requests, and the verbs that change one entry of the list.

use serde::{Deserialize, Serialize};

/// Ask somebody to be friends
///
/// They see your request, also when they come on line later. If they had asked you already, you are friends at once. A
/// request cannot be taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Add {
    /// The account
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT"))]
    pub friend: String,
    /// What you say with it, up to 256 characters
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, short = 'm', value_name = "TEXT"))]
    pub note: Option<String>,
}

/// The reply of `friend.add`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Added {
    /// The account that was asked.
    pub friend: String,
    /// You are friends already, because they had asked you.
    pub friends: bool,
}

/// Accept a friend request
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accept {
    /// Who asked; without it those who ask are listed
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT", default_value = "", hide_default_value = true))]
    pub friend: String,
}

/// Decline a friend request
///
/// They can ask again after seven days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decline {
    /// Who asked; without it those who ask are listed
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT", default_value = "", hide_default_value = true))]
    pub friend: String,
}

/// End a friendship, or take a stranger out of your list
///
/// You leave their list, too. The messages stay on both sides. It takes no request back that was not answered yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remove {
    /// Who: an account or a remark name; @NAME always means a friend
    #[cfg_attr(feature = "cli", arg(value_name = "FRIEND"))]
    pub friend: String,
}

/// Put a friend into one of your groups
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Move {
    /// Who: an account or a remark name; @NAME always means a friend
    #[cfg_attr(feature = "cli", arg(value_name = "FRIEND"))]
    pub friend: String,
    /// The group: one of yours, or "My Friends"
    #[cfg_attr(feature = "cli", arg(value_name = "GROUP"))]
    pub group: String,
}

/// Give a friend a name of your own
///
/// Only you see it. Left out: the friend's own name is shown again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rename {
    /// Who: an account or a remark name; @NAME always means a friend
    #[cfg_attr(feature = "cli", arg(value_name = "FRIEND"))]
    pub friend: String,
    /// Your name for the friend, up to 64 characters
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "REMARK"))]
    pub remark: Option<String>,
}

/// Let nothing of somebody reach you any more
///
/// To them you look off line, and their messages are refused as if you did not exist. Works for friends and for strangers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    /// The account
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT"))]
    pub friend: String,
}

/// Take a block back
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unblock {
    /// The account
    #[cfg_attr(feature = "cli", arg(value_name = "ACCOUNT"))]
    pub friend: String,
}

/// The reply of the verbs that change one entry of the list: the relay has it, and every device will hear of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {
    /// The account it is about.
    pub friend: String,
}

/// Say where a friend's avatar lies
///
/// The daemon fetches it from the server when it is not here yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Picture {
    /// Whose: an account or a remark name; your own when left out
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "FRIEND"))]
    pub friend: Option<String>,
}

/// The reply of `friend.picture`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pictured {
    /// Whose.
    pub friend: String,
    /// Its name (SHA-256 in hex); empty when there is none.
    pub picture: String,
    /// The file, PNG or JPEG as it came, in the daemon's own directory; null when there is none.
    pub path: Option<String>,
}

/// Somebody asks to be friends: in `friend.list` and in the event `friend.requested`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// The account of the other one.
    pub friend: String,
    /// The name they show.
    pub name: String,
    /// What was said with it.
    pub note: String,
    /// They ask; else one asks them oneself.
    pub incoming: bool,
    /// When: RFC 3339, UTC, milliseconds.
    pub ts: String,
}

impl Asked {
    /// Whether both speak of the same request.
    pub fn same(&self, other: &Self) -> bool {
        (&self.friend, self.incoming) == (&other.friend, other.incoming)
    }
}

/// `friend.answered`: a request has an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answered {
    /// The account of the other one.
    pub friend: String,
    /// You are friends now.
    pub accepted: bool,
    /// They had asked; else one had asked them oneself.
    pub incoming: bool,
}

/// `friend.blocked`: somebody is blocked, or not any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Blocked {
    /// The account.
    pub friend: String,
    /// Whether it is blocked now.
    pub blocked: bool,
}
