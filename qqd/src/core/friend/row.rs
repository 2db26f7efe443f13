//! A row of the list that is on disk: what it changes here, and what frontends hear of it.

use ipc_schema::friend::{Answered, Asked, Blocked, Profile, Removed};
use ipc_schema::{Event, friend, group};

use super::{MAX, REQUESTS_MAX};
use crate::core::account::Account;
use crate::core::op::{Change, Friend};

impl Account {
    /// A row of the list is on disk.
    pub(in crate::core) fn on_change(&mut self, change: Change, replayed: bool) {
        match change {
            Change::Friend(friend) => self.put_friend(friend, replayed),
            Change::Removed(account) => self.remove_friend(&account, replayed),
            Change::Requested(asked) => self.put_request(asked, replayed),
            Change::Answered { friend, incoming, accepted } => {
                if self.friends.take_request(&friend, incoming).is_some() {
                    let answered = Answered { friend, accepted, incoming };
                    self.tell_row(Event::FriendAnswered(answered), replayed);
                }
            }
            Change::Blocked { friend, blocked } => self.put_block(friend, blocked, replayed),
            Change::Group(group) => self.put_group(group, replayed),
            Change::GroupRenamed { group, new } => self.rename(&group, new, replayed),
            Change::GroupRemoved(group) => self.drop_group(&group, replayed),
            Change::Profile { name, picture, note } => self.change_profile(name, picture, note, replayed),
        }
    }

    /// A friend is new or another one, and on disk.
    fn put_friend(&mut self, friend: Friend, replayed: bool) {
        let (account, note) = (friend.account.clone(), friend.note.clone());
        let picture = friend.picture.clone();
        let profile = Profile {
            friend: friend.account.clone(),
            name: friend.name.clone(),
            remark: friend.remark.clone(),
            group: friend.group.clone(),
            picture: friend.picture.clone(),
        };
        self.friends.note_group(&friend.group);
        let event = match self.friends.all.insert(account.clone(), friend.clone()) {
            None => Some(Event::FriendAdded(profile)),
            Some(old) => {
                let same = (&old.name, &old.remark, &old.group, &old.picture)
                    == (&friend.name, &friend.remark, &friend.group, &friend.picture);
                (!same).then_some(Event::FriendChanged(profile))
            }
        };
        if let Some(event) = event {
            self.tell_row(event, replayed);
        }
        self.tell_note(&account, note);
        if let Some(presence) = self.friends.coming.remove(&account) {
            self.tell_presence(presence);
        }
        self.want_picture(&picture);
    }

    /// A friend is gone.
    fn remove_friend(&mut self, account: &str, replayed: bool) {
        if self.friends.all.remove(account).is_some() {
            self.tell_row(Event::FriendRemoved(Removed { friend: account.to_owned() }), replayed);
        }
    }

    fn put_request(&mut self, asked: Asked, replayed: bool) {
        if self.friends.requests.contains(&asked) {
            return;
        }
        self.friends.take_request(&asked.friend, asked.incoming);
        self.friends.requests.insert(0, asked.clone());
        self.friends.requests.truncate(REQUESTS_MAX);
        self.tell_row(Event::FriendRequested(asked), replayed);
    }

    fn put_block(&mut self, friend: String, blocked: bool, replayed: bool) {
        let news = match blocked {
            true => self.friends.blocked.len() < MAX && self.friends.blocked.insert(friend.clone()),
            false => self.friends.blocked.remove(&friend),
        };
        if news {
            self.tell_row(Event::FriendBlocked(Blocked { friend, blocked }), replayed);
        }
    }

    fn put_group(&mut self, group: String, replayed: bool) {
        if self.friends.note_group(&group) {
            self.tell_row(Event::GroupAdded(group::Changed { group }), replayed);
        }
    }

    fn rename(&mut self, group: &str, new: String, replayed: bool) {
        if self.friends.groups.remove(group) {
            self.friends.note_group(&new);
            self.regroup(group, &new);
            let renamed = group::Renamed { group: group.to_owned(), new };
            self.tell_row(Event::GroupRenamed(renamed), replayed);
        }
    }

    fn drop_group(&mut self, group: &str, replayed: bool) {
        if self.friends.groups.remove(group) {
            self.regroup(group, friend::FRIENDS);
            self.tell_row(Event::GroupRemoved(group::Changed { group: group.to_owned() }), replayed);
        }
    }

    fn regroup(&mut self, old: &str, new: &str) {
        for friend in self.friends.all.values_mut().filter(|friend| friend.group == old) {
            new.clone_into(&mut friend.group);
        }
    }
}
