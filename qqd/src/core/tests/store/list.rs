//! What rows make of the list and of the profile on the disk in memory.

use super::*;

impl Shelf {
    pub(super) fn change(&mut self, change: Change) {
        let Shelf { friends, list, profile, .. } = self;
        match change {
            Change::Friend(friend) => drop(friends.insert(friend.account.clone(), friend)),
            Change::Removed(account) => drop(friends.remove(&account)),
            Change::Requested(asked) => {
                list.requests.retain(|known| !known.same(&asked));
                list.requests.insert(0, asked);
            }
            Change::Answered { friend, incoming, .. } => {
                list.requests.retain(|known| (&known.friend, known.incoming) != (&friend, incoming));
            }
            Change::Blocked { friend, blocked } => {
                list.blocked.retain(|known| *known != friend);
                list.blocked.extend(blocked.then_some(friend));
            }
            Change::Group(group) => list.groups.push(group),
            Change::GroupRenamed { group, new } => {
                let members = friends.values_mut().filter(|friend| friend.group == group);
                members.for_each(|friend| friend.group.clone_from(&new));
                list.groups
                    .iter_mut()
                    .filter(|known| **known == group)
                    .for_each(|known| known.clone_from(&new));
            }
            Change::GroupRemoved(group) => {
                let members = friends.values_mut().filter(|friend| friend.group == group);
                members.for_each(|friend| friend.group = "friend".into());
                list.groups.retain(|known| *known != group);
            }
            Change::Profile { name, picture, note } => {
                let known = profile.clone();
                self.keep_profile(Profile {
                    name: name.unwrap_or(known.name),
                    picture: picture.unwrap_or(known.picture),
                    note: note.unwrap_or(known.note),
                });
            }
        }
    }

    pub(super) fn keep_profile(&mut self, profile: Profile) {
        self.account.iter_mut().for_each(|account| account.name.clone_from(&profile.name));
        self.profile = profile;
    }
}
