//! A frontend's mirror of the daemon: `daemon.state` gives it whole, [`State::apply`] keeps it up to
//! date. It never asks and never fails; the daemon can keep its own by applying what it sends.

use serde::{Deserialize, Serialize};

use crate::{Envelope, Event, account, chat, daemon, friend, notify, presence};

/// Everything a frontend shows, the data of `daemon.state`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// The daemon.
    pub daemon: Daemon,
    /// Whether somebody may be disturbed now.
    #[serde(default)]
    pub notify: notify::Now,
    /// The accounts it knows, logged in or not.
    pub accounts: Vec<Account>,
}

/// The daemon, in `daemon.state`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Daemon {
    /// The daemon's version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// When it started: RFC 3339, UTC, milliseconds.
    pub started: String,
    /// Another one is installed than the one that runs, as `daemon.outdated` said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outdated: Option<daemon::Outdated>,
}

/// One account, in `daemon.state`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    /// The account's local name, as in every envelope.
    pub account: String,
    /// The shown name of one's own profile.
    pub name: String,
    /// How far the link is, and why not further: the fields of the last `account.state`.
    #[serde(flatten)]
    pub link: account::Changed,
    /// One's own presence as friends see it.
    pub presence: presence::State,
    /// One's own status text.
    pub note: String,
    /// The friend list: `friend` first, then one's own groups by name, `stranger` last; friends by account.
    pub groups: Vec<friend::Group>,
    /// Friend requests that are open, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<friend::Asked>,
    /// Who is blocked, by account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// One's own avatar's name (SHA-256 in hex).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub picture: String,
    /// On line, and looks off line to everybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invisible: bool,
    /// Older messages that are being fetched in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filling: Option<chat::Filling>,
    /// Unread messages; each friend's share stands in the friend list.
    pub unread: chat::Count,
    /// How many messages wait for the relay.
    pub outbox: u64,
    /// The conversations that have a draft, by account, each with its first characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<chat::Drafted>,
}

impl State {
    /// Takes in one event. Events that change nothing that is shown here, unknown ones, and those about an unknown friend are ignored.
    pub fn apply(&mut self, envelope: &Envelope) {
        if let Event::DaemonState(state) = &envelope.event {
            self.clone_from(state);
            return;
        }
        if let Event::DaemonOutdated(outdated) = &envelope.event {
            self.daemon.outdated = Some(outdated.clone());
        }
        if let Event::NotifyChanged(now) = &envelope.event {
            self.notify.clone_from(now);
            return;
        }
        let Some(name) = &envelope.account else { return };
        match self.accounts.iter_mut().find(|account| account.account == *name) {
            Some(account) => account.apply(&envelope.event),
            None => {
                if matches!(envelope.event, Event::AccountState(_)) {
                    let mut account = Account { account: name.clone(), ..Account::default() };
                    account.apply(&envelope.event);
                    self.accounts.push(account);
                }
            }
        }
    }

    /// The account with this local name.
    pub fn account(&self, local_name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.account == local_name)
    }
}

impl Account {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::AccountState(link) => self.on_link(link),
            Event::FriendAdded(profile) | Event::FriendChanged(profile) => self.on_profile(profile),
            Event::FriendRemoved(removed) => drop(self.take(&removed.friend)),
            Event::PresenceChanged(presence) => self.on_presence(presence),
            Event::FriendRequested(asked) => {
                self.requests.retain(|known| !known.same(asked));
                self.requests.insert(0, asked.clone());
            }
            Event::FriendAnswered(answered) => {
                self.requests
                    .retain(|known| (&known.friend, known.incoming) != (&answered.friend, answered.incoming));
            }
            Event::FriendBlocked(blocked) => self.on_blocked(blocked),
            Event::GroupAdded(group) => drop(self.group_mut(&group.group)),
            Event::GroupRenamed(renamed) => self.on_renamed(&renamed.group, &renamed.new),
            Event::GroupRemoved(group) => self.on_renamed(&group.group, friend::FRIENDS),
            Event::AccountProfile(profile) => {
                self.name.clone_from(&profile.name);
                self.picture.clone_from(&profile.picture);
            }
            Event::ChatFilling(filling) => {
                self.filling = (filling.done < filling.total).then(|| filling.clone());
            }
            Event::ChatState(chat) => self.outbox = chat.outbox.unwrap_or(self.outbox),
            Event::UnreadChanged(unread) => {
                self.unread.total = unread.total;
                if let Some(friend) = self.friend_mut(&unread.friend) {
                    friend.unread = unread.unread;
                }
            }
            Event::ChatDrafted(draft) => self.on_drafted(draft),
            Event::DaemonState(_)
            | Event::DaemonGap(_)
            | Event::DaemonWanted(_)
            | Event::DaemonOutdated(_)
            | Event::DaemonStopped(_)
            | Event::AccountRefused(_)
            | Event::AccountNotice(_)
            | Event::ChatReceived(_)
            | Event::ChatRead(_)
            | Event::ShakeReceived(_)
            | Event::ShakeSent(_)
            | Event::TypingChanged(_)
            | Event::CallIncoming(_)
            | Event::CallState(_)
            | Event::NotifyChanged(_)
            | Event::Unknown { .. } => {}
        }
    }

    /// The friend with this account.
    pub fn friend(&self, account: &str) -> Option<&friend::Entry> {
        self.groups.iter().flat_map(|group| &group.friends).find(|friend| friend.account == account)
    }

    /// The first characters of what was typed to this account and not sent.
    pub fn draft(&self, account: &str) -> Option<&str> {
        self.drafts.iter().find(|draft| draft.friend == account).map(|draft| draft.text.as_str())
    }

    fn friend_mut(&mut self, account: &str) -> Option<&mut friend::Entry> {
        self.groups.iter_mut().flat_map(|group| &mut group.friends).find(|friend| friend.account == account)
    }

    /// Without a link nobody's presence is known: all count as off line until the relay tells again.
    fn on_link(&mut self, link: &account::Changed) {
        let was_online = self.link.state == account::State::Online;
        self.link.clone_from(link);
        let is_online = link.state == account::State::Online;
        if is_online && !was_online {
            self.presence = presence::State::Online;
            self.invisible = false;
        }
        if !is_online {
            self.presence = presence::State::Offline;
            for friend in self.groups.iter_mut().flat_map(|group| &mut group.friends) {
                friend.state = presence::State::Offline;
            }
        }
    }

    fn on_presence(&mut self, presence: &presence::Changed) {
        if presence.friend == account::bare(&self.account) {
            self.presence = presence.state;
            self.note.clone_from(&presence.note);
            self.invisible = presence.invisible;
        }
        if let Some(friend) = self.friend_mut(&presence.friend) {
            friend.state = presence.state;
            friend.note.clone_from(&presence.note);
        }
    }

    fn on_blocked(&mut self, blocked: &friend::Blocked) {
        self.blocked.retain(|known| *known != blocked.friend);
        if blocked.blocked {
            let at = self.blocked.partition_point(|known| *known < blocked.friend);
            self.blocked.insert(at, blocked.friend.clone());
        }
    }

    fn on_drafted(&mut self, draft: &chat::Drafted) {
        self.drafts.retain(|known| known.friend != draft.friend);
        if !draft.text.is_empty() {
            let at = self.drafts.partition_point(|known| known.friend < draft.friend);
            self.drafts.insert(at, draft.clone());
        }
    }

    /// A group has another name, or its friends stand in another group.
    fn on_renamed(&mut self, old: &str, new: &str) {
        let Some(at) = self.groups.iter().position(|group| group.name == old) else { return };
        let friends = self.groups.remove(at).friends;
        let group = self.group_mut(new);
        group.friends.extend(friends);
        group.friends.sort_by(|a, b| a.account.cmp(&b.account));
    }

    fn on_profile(&mut self, profile: &friend::Profile) {
        let mut friend = self.take(&profile.friend).unwrap_or_default();
        friend.account.clone_from(&profile.friend);
        friend.name.clone_from(&profile.name);
        friend.remark.clone_from(&profile.remark);
        friend.picture.clone_from(&profile.picture);
        let friends = &mut self.group_mut(&profile.group).friends;
        let at = friends.partition_point(|other| other.account < friend.account);
        friends.insert(at, friend);
    }

    /// Takes a friend out of the list; the group stays, even empty.
    fn take(&mut self, account: &str) -> Option<friend::Entry> {
        self.groups.iter_mut().find_map(|group| {
            let at = group.friends.iter().position(|friend| friend.account == account)?;
            Some(group.friends.remove(at))
        })
    }

    fn group_mut(&mut self, name: &str) -> &mut friend::Group {
        let at = match self.groups.iter().position(|group| group.name == name) {
            Some(at) => at,
            None => {
                let at = self.groups.partition_point(|group| rank(&group.name) < rank(name));
                self.groups.insert(at, friend::Group { name: name.to_owned(), friends: Vec::new() });
                at
            }
        };
        &mut self.groups[at]
    }
}

/// Where a group stands: `friend`, one's own by name, `stranger`.
fn rank(group: &str) -> (u8, &str) {
    match group {
        friend::FRIENDS => (0, group),
        friend::STRANGERS => (2, group),
        _ => (1, group),
    }
}
