//! The friend list and presence.

use ipc_schema::friend::{Entry, FRIENDS, Group, Listed, STRANGERS};
use ipc_schema::presence::{Shown, State};
use ipc_schema::shake::Shaken;

use super::{Paint, Printer};
use crate::Stop;
use crate::text::{columns, one_line, pad};

/// Names wider than this do not push everything else to the right.
const NAME_WIDTH_MAX: usize = 32;

impl Printer {
    /// `friends`
    pub(crate) fn friends(&self, listed: &Listed) -> Result<(), Stop> {
        self.reply(listed, |paint| {
            if listed.groups.iter().all(|group| group.friends.is_empty()) {
                return "No friends yet. Whoever runs the server can add some: relay-server friend add YOU THEM".into();
            }
            let widths = Widths::of(listed);
            let groups: Vec<String> = listed
                .groups
                .iter()
                .filter(|group| !group.friends.is_empty() || group.name == FRIENDS)
                .map(|group| group_text(group, &widths, paint))
                .collect();
            groups.join("\n")
        })
    }

    /// `presence show`
    pub(crate) fn presence(&self, shown: &Shown) -> Result<(), Stop> {
        self.reply(shown, |paint| {
            let who = shown.friend.as_deref().unwrap_or(&shown.account);
            format!("{}: {}", one_line(who), state(shown.state, &shown.note, paint))
        })
    }

    /// `shake`
    pub(crate) fn shaken(&self, reply: &Shaken) -> Result<(), Stop> {
        self.talk(&format!("Knock, knock: the window of {} shakes.", one_line(&reply.to)));
        self.reply(reply, |_| String::new())
    }
}

struct Widths {
    account: usize,
    name: usize,
}

impl Widths {
    fn of(listed: &Listed) -> Self {
        let all = || listed.groups.iter().flat_map(|group| &group.friends);
        let width = |text: &str| columns(&one_line(text)).min(NAME_WIDTH_MAX);
        Self {
            account: all().map(|friend| width(&friend.account)).max().unwrap_or(0),
            name: all().map(|friend| width(friend.shown())).max().unwrap_or(0),
        }
    }
}

fn group_text(group: &Group, widths: &Widths, paint: Paint) -> String {
    let name = match group.name.as_str() {
        FRIENDS => "My Friends 我的好友".to_owned(),
        STRANGERS => "Strangers 陌生人".to_owned(),
        own => one_line(own),
    };
    let there = group.friends.iter().filter(|friend| friend.state != State::Offline).count();
    let mut text = paint.bold(&format!("{name}  {there}/{}", group.friends.len()));
    // On line first, as every friend list of this kind; the daemon sorts by account.
    let (off, on): (Vec<&Entry>, Vec<&Entry>) =
        group.friends.iter().partition(|friend| friend.state == State::Offline);
    for friend in on.into_iter().chain(off) {
        text.push('\n');
        text.push_str(&friend_text(friend, widths, paint));
    }
    text
}

fn friend_text(friend: &Entry, widths: &Widths, paint: Paint) -> String {
    let dot = match friend.state {
        State::Online => paint.green("●"),
        State::Away | State::Busy => paint.yellow("◐"),
        State::Offline => paint.dim("○"),
    };
    let account = pad(&one_line(&friend.account), widths.account);
    let name = pad(&one_line(friend.shown()), widths.name);
    let mut text = format!("  {dot} {account}  {name}  {}", state(friend.state, &friend.note, paint));
    if friend.unread > 0 {
        text.push_str(&paint.bold(&format!("  {} unread", friend.unread)));
    }
    text
}

/// A presence in words, with the status text.
pub(super) fn state(state: State, note: &str, paint: Paint) -> String {
    let word = match state {
        State::Online => paint.green("on line"),
        State::Away => paint.yellow("away"),
        State::Busy => paint.yellow("busy"),
        State::Offline => paint.dim("off line"),
    };
    if note.is_empty() { word } else { format!("{word}  {}", one_line(note)) }
}
