//! The friend list: whole after a login that needs it, then one row at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipc_schema::friend::{Entry, FRIENDS, Group, List, Listed, Profile, Removed, STRANGERS};
use ipc_schema::{Event, presence, state};
use relay_schema::{Friend as Wire, FriendRemove, Stranger};

use super::account::Account;
use super::failure::Failure;
use super::name::{NAME_MAX, NOTE_MAX, clip, normalise, not_logged_in};
use super::op::{Friend, Op, Row, StoreError};
use super::receive::Inbox;
use super::request::{ReplyTo, Requests};
use super::stored::Then;

/// The longest list a relay may send: its own limits are 5,000 friends and 500 strangers.
const MAX: usize = 5_600;
/// How long `friend.list` waits for a list that is on its way.
const LIST_WAIT: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Friends {
    all: BTreeMap<String, Friend>,
    /// A whole list on its way.
    list: Option<BTreeMap<String, Friend>>,
    /// A whole list is due, even an empty one.
    due: bool,
    /// Presence that came before its friend did.
    coming: BTreeMap<String, presence::Changed>,
    /// Until when those who ask wait for the list.
    awaited: Option<Duration>,
    waiting: Vec<ReplyTo<List>>,
}

impl Friends {
    pub(super) fn begin(&mut self, friends: Vec<Friend>) {
        self.all = friends.into_iter().map(|friend| (friend.account.clone(), friend)).collect();
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// A session begins; with `list` the relay sends the whole list.
    pub(super) fn start(&mut self, list: bool, now: Duration) {
        self.due |= list;
        self.awaited = list.then_some(now + LIST_WAIT);
    }

    /// The relay will send the whole list, because rows are gone.
    pub(super) fn expect_list(&mut self) {
        self.due = true;
    }

    /// Presence of somebody who is not in the list (yet).
    pub(super) fn keep_presence(&mut self, changed: presence::Changed) {
        if self.coming.len() < MAX {
            self.coming.insert(changed.friend.clone(), changed);
        }
    }

    pub(super) fn has(&self, account: &str) -> bool {
        self.all.contains_key(account)
    }

    /// The friends with exactly this remark.
    pub(super) fn remarked<'a>(&'a self, remark: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |friend: &&Friend| !remark.is_empty() && friend.remark == remark;
        self.all.values().filter(named).map(|friend| friend.account.as_str())
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.awaited.filter(|_| !self.waiting.is_empty())
    }

    pub(super) fn forget(&mut self, requests: &Requests) {
        self.waiting.retain(|to| requests.is_open(to));
    }

    /// The list as frontends know it; who is on line stands in what they know already.
    pub(super) fn groups(&self, known: Option<&state::Account>, inbox: &Inbox) -> Vec<Group> {
        let mut groups: BTreeMap<(u8, &str), Vec<Entry>> = BTreeMap::new();
        for friend in self.all.values() {
            let before = known.and_then(|known| known.friend(&friend.account));
            let entry = Entry {
                account: friend.account.clone(),
                name: friend.name.clone(),
                remark: friend.remark.clone(),
                state: before.map(|entry| entry.state).unwrap_or_default(),
                note: before.map_or_else(|| friend.note.clone(), |entry| entry.note.clone()),
                unread: inbox.unread_of(&friend.account),
                ..Default::default()
            };
            groups.entry((rank(&friend.group), &friend.group)).or_default().push(entry);
        }
        groups.into_iter().map(|((_, name), friends)| Group { name: name.to_owned(), friends }).collect()
    }
}

/// `friend` first, `stranger` last.
fn rank(group: &str) -> u8 {
    match group {
        FRIENDS => 0,
        STRANGERS => 2,
        _ => 1,
    }
}

impl Account {
    /// `friend.list`: waits a moment for a list that is just coming.
    pub(super) fn list(&mut self, to: ReplyTo<List>) {
        if self.account.is_none() {
            return self.reply(to, Err(not_logged_in()));
        }
        self.friends.waiting.push(to);
        if self.friends.awaited.is_none() {
            self.answer_lists();
        }
    }

    fn answer_lists(&mut self) {
        self.friends.awaited = None;
        for to in std::mem::take(&mut self.friends.waiting) {
            let known = self.visible();
            let groups = known.map(|account| account.groups.clone()).unwrap_or_default();
            self.reply(to, Ok(Listed { groups, ..Default::default() }));
        }
    }

    pub(super) fn on_friends_tick(&mut self) {
        if self.friends.deadline().is_some_and(|until| until <= self.now.mono) {
            self.answer_lists();
        }
    }

    /// The session is over: half a list counts for nothing.
    pub(super) fn end_list(&mut self) {
        self.friends.list = None;
        self.friends.due = false;
        self.friends.coming.clear();
        self.answer_lists();
    }

    /// `friend`: one of the whole list, or a row.
    pub(super) fn on_friend(&mut self, wire: Wire) {
        let Wire { name, account, picture, group, remark, note, seq, .. } = wire;
        self.on_entry(seq, account, [name, picture, group.unwrap_or_else(|| FRIENDS.into())], [remark, note]);
    }

    /// `stranger`: the same, of the other default group.
    pub(super) fn on_stranger(&mut self, wire: Stranger) {
        let Stranger { name, account, picture, group, remark, note, seq, .. } = wire;
        self.on_entry(
            seq,
            account,
            [name, picture, group.unwrap_or_else(|| STRANGERS.into())],
            [remark, note],
        );
    }

    fn on_entry(
        &mut self,
        seq: Option<u64>,
        account: String,
        [name, picture, group]: [String; 3],
        [remark, note]: [Option<String>; 2],
    ) {
        let friend = normalise(&account).map(|account| Friend {
            account,
            name: clip(&name, NAME_MAX),
            picture: clip(&picture, 64),
            group: clip(&group, NAME_MAX),
            remark: clip(&remark.unwrap_or_default(), NAME_MAX),
            note: clip(&note.unwrap_or_default(), NOTE_MAX),
        });
        match (seq, friend) {
            (Some(seq), Some(friend)) => self.take(seq, seq, 0, Row::Friend(friend)),
            (Some(seq), None) => self.on_unknown_row(seq, account.into_bytes()),
            (None, Some(friend)) => self.collect(friend),
            (None, None) => {}
        }
    }

    fn collect(&mut self, friend: Friend) {
        let list = self.friends.list.get_or_insert_default();
        list.insert(friend.account.clone(), friend);
        if list.len() > MAX {
            let relay = self.relay();
            self.fail(Failure::trouble("its friend list does not end", &relay));
        }
    }

    /// `list_end`: the whole list instead of the old one.
    pub(super) fn on_list_end(&mut self) {
        let list = self.friends.list.take();
        if list.is_none() && !self.friends.due {
            return;
        }
        self.friends.due = false;
        let list: Vec<Friend> = list.unwrap_or_default().into_values().collect();
        self.ask(Op::Friends(list.clone()), Then::Friends(list));
    }

    pub(super) fn on_friends_saved(&mut self, list: Vec<Friend>, result: Result<(), StoreError>) {
        if let Err(error) = result {
            return self.fail_for_storage(&error);
        }
        if self.account.is_none() {
            return;
        }
        if self.friends.all.is_empty() {
            self.friends.begin(list);
            self.tell_list();
        } else {
            self.tell_differences(list);
        }
        self.answer_lists();
    }

    /// A first list is told whole.
    fn tell_list(&mut self) {
        let account = self.mirrored(self.visible().map(|known| known.link.clone()).unwrap_or_default());
        self.tell_whole(account);
        for (_, presence) in std::mem::take(&mut self.friends.coming) {
            if self.friends.has(&presence.friend) {
                self.tell_presence(presence);
            }
        }
    }

    fn tell_differences(&mut self, list: Vec<Friend>) {
        let kept: BTreeSet<&str> = list.iter().map(|friend| friend.account.as_str()).collect();
        let gone = self.friends.all.keys().filter(|account| !kept.contains(account.as_str()));
        let gone: Vec<String> = gone.cloned().collect();
        for account in gone {
            self.remove_friend(&account, false);
        }
        for friend in list {
            self.put_friend(friend, false);
        }
    }

    /// A friend is new or another one, and on disk.
    pub(super) fn put_friend(&mut self, friend: Friend, replayed: bool) {
        let profile = Profile {
            friend: friend.account.clone(),
            name: friend.name.clone(),
            remark: friend.remark.clone(),
            group: friend.group.clone(),
            ..Default::default()
        };
        let noted = (friend.account.clone(), friend.note.clone());
        let event = match self.friends.all.insert(friend.account.clone(), friend.clone()) {
            None => Some(Event::FriendAdded(profile)),
            Some(old) => {
                let same =
                    (&old.name, &old.remark, &old.group) == (&friend.name, &friend.remark, &friend.group);
                (!same).then_some(Event::FriendChanged(profile))
            }
        };
        if let Some(event) = event {
            self.tell_row(event, replayed);
        }
        self.tell_note(&noted.0, noted.1);
        if let Some(presence) = self.friends.coming.remove(&noted.0) {
            self.tell_presence(presence);
        }
    }

    /// A friend is gone.
    pub(super) fn remove_friend(&mut self, account: &str, replayed: bool) {
        if self.friends.all.remove(account).is_some() {
            self.tell_row(Event::FriendRemoved(Removed { friend: account.to_owned() }), replayed);
        }
    }

    /// `friend_remove`: a row.
    pub(super) fn on_friend_remove(&mut self, remove: FriendRemove) {
        let Some(seq) = remove.seq else { return };
        match normalise(&remove.friendaccount) {
            Some(account) => self.take(seq, seq, 0, Row::FriendRemove(account)),
            None => self.on_unknown_row(seq, remove.friendaccount.into_bytes()),
        }
    }
}
