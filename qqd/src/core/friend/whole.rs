//! A whole list: collected until it ends, kept in one piece, and told as what is different from before.

use std::collections::{BTreeMap, BTreeSet};

use ipc_schema::friend::Asked;
use relay_schema::ListEnd;

use super::{Friends, MAX, REQUESTS_MAX, rank};
use crate::core::account::Account;
use crate::core::failure::Failure;
use crate::core::op::{Change, Friend, List, Op, StoreError};
use crate::core::stored::Then;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Coming {
    friends: BTreeMap<String, Friend>,
    groups: BTreeSet<String>,
    requests: BTreeMap<(String, bool), Asked>,
    blocked: BTreeSet<String>,
}

impl Coming {
    fn take(&mut self, change: Change) {
        match change {
            Change::Friend(friend) => {
                if rank(&friend.group) == 1 {
                    self.groups.insert(friend.group.clone());
                }
                self.friends.insert(friend.account.clone(), friend);
            }
            Change::Group(group) => drop(self.groups.insert(group)),
            Change::Requested(asked) => {
                self.requests.insert((asked.friend.clone(), asked.incoming), asked);
            }
            Change::Blocked { friend, blocked: true } => drop(self.blocked.insert(friend)),
            // No entries of a list.
            Change::Blocked { blocked: false, .. } | Change::Removed(_) | Change::Answered { .. } => {}
            Change::GroupRenamed { .. } | Change::GroupRemoved(_) | Change::Profile { .. } => {}
        }
    }

    fn is_endless(&self) -> bool {
        let lengths = [self.friends.len(), self.groups.len(), self.blocked.len()];
        lengths.into_iter().any(|length| length > MAX) || self.requests.len() > REQUESTS_MAX
    }

    fn list(self) -> List {
        let mut requests: Vec<Asked> = self.requests.into_values().collect();
        requests.sort_by(|a, b| b.ts.cmp(&a.ts));
        List {
            friends: self.friends.into_values().collect(),
            groups: self.groups.into_iter().collect(),
            requests,
            blocked: self.blocked.into_iter().collect(),
        }
    }
}

impl Friends {
    /// Whether there is room for what a row says: rows, too, make the list no longer than a whole one can be.
    pub(super) fn has_room(&self, change: &Change) -> bool {
        let group = |name: &str| rank(name) != 1 || self.groups.len() < MAX || self.groups.contains(name);
        match change {
            Change::Friend(friend) => {
                (self.all.len() < MAX || self.has(&friend.account)) && group(&friend.group)
            }
            Change::Group(name) => group(name),
            Change::Requested(asked) => {
                self.requests.len() < REQUESTS_MAX || self.requests.iter().any(|known| known.same(asked))
            }
            Change::Blocked { friend, blocked: true } => {
                self.blocked.len() < MAX || self.blocked.contains(friend)
            }
            Change::Blocked { blocked: false, .. } | Change::Removed(_) | Change::Answered { .. } => true,
            Change::GroupRenamed { .. } | Change::GroupRemoved(_) | Change::Profile { .. } => true,
        }
    }

    /// What a list has no more: groups, friends, requests, blocks.
    fn gone(&self, list: &List) -> Vec<Change> {
        let accounts: BTreeSet<&str> = list.friends.iter().map(|friend| friend.account.as_str()).collect();
        let friends = self.all.keys().filter(|account| !accounts.contains(account.as_str()));
        let groups = self.groups.iter().filter(|group| !list.groups.contains(group));
        let requests = self.requests.iter().filter(|known| !list.requests.iter().any(|one| one.same(known)));
        let blocked = self.blocked.iter().filter(|friend| !list.blocked.contains(friend));
        let answered = requests.map(|known| Change::Answered {
            friend: known.friend.clone(),
            incoming: known.incoming,
            accepted: accounts.contains(known.friend.as_str()),
        });
        let unblocked = blocked.map(|friend| Change::Blocked { friend: friend.clone(), blocked: false });
        let groups = groups.cloned().map(Change::GroupRemoved);
        friends.cloned().map(Change::Removed).chain(groups).chain(answered).chain(unblocked).collect()
    }
}

impl Account {
    /// An entry of a whole list.
    pub(super) fn collect(&mut self, change: Change) {
        let list = self.friends.list.get_or_insert_default();
        list.take(change);
        if list.is_endless() {
            let relay = self.relay();
            self.fail(Failure::trouble("its friend list does not end", &relay));
        }
    }

    /// `list_end`: the whole list instead of the old one.
    pub(in crate::core) fn on_list_end(&mut self, end: &ListEnd) {
        let list = self.friends.list.take();
        if list.is_none() && !self.friends.due {
            return;
        }
        self.friends.due = false;
        self.friends.counted = end.seq;
        let list = list.unwrap_or_default().list();
        self.ask(Op::Friends(list.clone()), Then::Friends(list));
    }

    pub(in crate::core) fn on_friends_saved(&mut self, list: List, result: Result<(), StoreError>) {
        if let Err(error) = result {
            return self.fail_for_storage(&error);
        }
        if self.account.is_none() {
            return;
        }
        if self.friends.is_empty() {
            self.friends.begin(list);
            self.tell_list();
        } else {
            self.tell_differences(list);
        }
        self.answer_lists();
        self.start_pictures();
        self.fill();
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

    /// All of it happened while this daemon was away.
    fn tell_differences(&mut self, list: List) {
        for change in self.friends.gone(&list) {
            self.on_change(change, true);
        }
        let List { friends, groups, requests, blocked } = list;
        let groups = groups.into_iter().map(Change::Group);
        let friends = friends.into_iter().map(Change::Friend);
        // The newest is told last, and stands first.
        let requests = requests.into_iter().rev().map(Change::Requested);
        let blocked = blocked.into_iter().map(|friend| Change::Blocked { friend, blocked: true });
        for change in groups.chain(friends).chain(requests).chain(blocked) {
            self.on_change(change, true);
        }
    }

    /// The session is over: half a list counts for nothing.
    pub(in crate::core) fn end_list(&mut self) {
        self.friends.list = None;
        self.friends.due = false;
        self.friends.coming.clear();
        self.answer_lists();
    }
}
