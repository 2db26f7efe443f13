//! The friend list, in groups.

mod ask;

use serde::{Deserialize, Serialize};

use crate::presence;

pub use ask::{
    Accept, Add, Added, Answered, Asked, Block, Blocked, Decline, Done, Move, Picture, Pictured, Remove,
    Rename, Unblock,
};

/// The default group, My Friends / 我的好友; always the first.
pub const FRIENDS: &str = "friend";
/// The default group for people who wrote and are no friends yet, Strangers / 陌生人; always the last.
pub const STRANGERS: &str = "stranger";
/// [`FRIENDS`] as people see it: English, then Chinese. No group of one's own may be called so, nor by one of the two.
pub const FRIENDS_SHOWN: &str = "My Friends 我的好友";
/// [`STRANGERS`] in the same way.
pub const STRANGERS_SHOWN: &str = "Strangers 陌生人";

/// The group that everybody has which is called so, on the wire or where people see it, in either language.
pub fn always_there(name: &str) -> Option<&'static str> {
    let called = |(wire, shown): &(&str, &str)| {
        let halves = shown.rsplit_once(' ');
        *wire == name
            || shown.eq_ignore_ascii_case(name)
            || halves.is_some_and(|(english, chinese)| english.eq_ignore_ascii_case(name) || chinese == name)
    };
    [(FRIENDS, FRIENDS_SHOWN), (STRANGERS, STRANGERS_SHOWN)].into_iter().find(called).map(|(wire, _)| wire)
}

/// What a group is called in an English sentence: My Friends, Strangers, or the name that somebody gave it.
pub fn in_english(group: &str) -> &str {
    let shown = match always_there(group) {
        Some(FRIENDS) => FRIENDS_SHOWN,
        Some(_) => STRANGERS_SHOWN,
        None => return group,
    };
    shown.rsplit_once(' ').map_or(shown, |(english, _)| english)
}

/// List friends by group, with presence and unread messages
///
/// Works without the relay too, from what is known here; then everybody counts as offline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct List {}

/// The reply of `friend.list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listed {
    /// `friend` first, then one's own groups by name, `stranger` last.
    pub groups: Vec<Group>,
    /// Requests that are open, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Asked>,
    /// Who is blocked, by account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
}

/// A section of the friend list; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Group {
    /// `friend`, `stranger`, or the name of one's own group.
    pub name: String,
    /// Sorted by account.
    pub friends: Vec<Entry>,
}

/// One friend as the list shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// The friend's account: `bob`.
    pub account: String,
    /// The name the friend shows.
    pub name: String,
    /// One's own name for the friend; empty when there is none.
    pub remark: String,
    /// The friend's presence.
    pub state: presence::State,
    /// The friend's status text; empty when there is none.
    pub note: String,
    /// How many messages of the friend are unread here.
    pub unread: u64,
    /// The avatar's name (SHA-256 in hex), for `friend.picture`; left out when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub picture: String,
}

impl Entry {
    /// What to call the friend: the remark, else the shown name, else the account.
    pub fn shown(&self) -> &str {
        [&self.remark, &self.name].into_iter().find(|name| !name.is_empty()).unwrap_or(&self.account)
    }
}

/// `friend.added` and `friend.changed`: who the friend is and where they stand in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// The friend's account.
    pub friend: String,
    /// The name the friend shows.
    pub name: String,
    /// One's own name for the friend; empty when there is none.
    pub remark: String,
    /// The group the friend stands in now.
    pub group: String,
    /// The avatar's name (SHA-256 in hex); left out when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub picture: String,
}

/// `friend.removed`: no friend any more, and in no group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Removed {
    /// The account that left the list.
    pub friend: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_always_there_has_its_names_in_both_languages() {
        for name in ["friend", "My Friends", "my friends", "我的好友", "My Friends 我的好友"] {
            assert_eq!((always_there(name), in_english(name)), (Some(FRIENDS), "My Friends"), "{name}");
        }
        for name in ["stranger", "Strangers", "陌生人", STRANGERS_SHOWN] {
            assert_eq!((always_there(name), in_english(name)), (Some(STRANGERS), "Strangers"), "{name}");
        }
        for name in ["team", "Friend", "好友", ""] {
            assert_eq!((always_there(name), in_english(name)), (None, name));
        }
    }

    #[test]
    fn a_friend_is_called_by_remark_then_name_then_account() {
        let mut bob = Entry { account: "bob".into(), ..Entry::default() };
        assert_eq!(bob.shown(), "bob");
        bob.name = "Bob".into();
        assert_eq!(bob.shown(), "Bob");
        bob.remark = "Bobby".into();
        assert_eq!(bob.shown(), "Bobby");
    }
}
