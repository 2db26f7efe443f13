//! The rows of the friend list: who stands where, and who is found.

use std::cell::RefCell;
use std::collections::HashMap;

use ipc_schema::state::Account;
use ipc_schema::{friend, inert, presence};
use qq_slint_ui::{Face, Item, ItemKind, Say};
use slint::{ComponentHandle, SharedString};

use super::Friends;
use crate::app::App;
use crate::face;

impl Friends {
    /// Requests first, then the groups with those on line at the top.
    pub(super) fn list(&self, app: &App, account: &Account) -> Vec<Item> {
        let say = app.voice.global::<Say>();
        let filter = self.filter.borrow();
        let mut items: Vec<Item> = Vec::new();
        if filter.is_empty() {
            items.extend(self.requests(account).into_iter().map(|asked| request_item(&say, asked)));
            if account.groups.iter().all(|group| group.friends.is_empty()) {
                return items;
            }
        }
        let folded = &app.prefs.borrow().folded;
        for group in &account.groups {
            if group.name == friend::STRANGERS && group.friends.is_empty() {
                continue;
            }
            let open = !filter.is_empty() || !folded.contains(&format!("{}/{}", account.account, group.name));
            let mut friends: Vec<_> =
                group.friends.iter().filter(|friend| matches(friend, &filter)).collect();
            if !filter.is_empty() && friends.is_empty() {
                continue;
            }
            items.push(group_item(&say, group, open));
            if open {
                friends.sort_by_cached_key(|friend| (rank(friend.state), sort_key(friend.shown())));
                items.extend(
                    friends.into_iter().map(|friend| self.friend_item(app, account, friend, &group.name)),
                );
            }
        }
        items
    }

    /// The requests, each where it was: whoever asks now comes below those who asked before, not under a pointer.
    fn requests<'a>(&self, account: &'a Account) -> Vec<&'a friend::Asked> {
        let find = |(friend, incoming): &(String, bool)| {
            account.requests.iter().find(|asked| (&asked.friend, &asked.incoming) == (friend, incoming))
        };
        let mut order = self.asked.borrow_mut();
        order.retain(|key| find(key).is_some());
        for asked in account.requests.iter().rev() {
            let key = (asked.friend.clone(), asked.incoming);
            if !order.contains(&key) {
                order.push(key);
            }
        }
        order.iter().filter_map(find).collect()
    }

    pub(super) fn friend_item(
        &self,
        app: &App,
        account: &Account,
        friend: &friend::Entry,
        group: &str,
    ) -> Item {
        let say = app.voice.global::<Say>();
        let face = face_of(friend);
        let state = say.invoke_presence(face.presence);
        let unread = i32::try_from(friend.unread).unwrap_or(i32::MAX);
        Item {
            kind: ItemKind::Friend,
            id: friend.account.as_str().into(),
            title: friend.shown().into(),
            note: friend.note.as_str().into(),
            unread,
            muted: app.state.borrow().notify.mutes(&account.account, &friend.account),
            blocked: account.blocked.contains(&friend.account),
            stranger: group == friend::STRANGERS,
            words: friend.note.as_str().into(),
            state: state.clone(),
            name: friend.name.as_str().into(),
            group: group_shown(&say, group),
            last: self.last_shown(app, account, friend),
            spoken: say.invoke_friend_spoken(
                friend.shown().into(),
                state,
                friend.note.as_str().into(),
                unread,
            ),
            face,
            picture: friend.picture.as_str().into(),
            ..Item::default()
        }
    }
}

/// The face of a friend in a row; its picture is put in when the row is looked at.
pub(super) fn face_of(friend: &friend::Entry) -> Face {
    face::face(&friend.account, friend.shown(), None, face::presence(friend.state, false))
}

/// A row as it is looked at: with the picture, if that is here.
pub(super) fn seen(item: Item) -> Item {
    let mut item = item;
    if !item.picture.is_empty() {
        App::with(|app| {
            let picture = app
                .account_name()
                .and_then(|account| app.picture_of_row(&account, item.id.as_str(), item.picture.as_str()));
            if let Some(picture) = picture {
                (item.face.has_picture, item.face.picture) = (true, picture);
            }
        });
    }
    item
}

fn group_item(say: &Say<'_>, group: &friend::Group, open: bool) -> Item {
    let online = group.friends.iter().filter(|friend| friend.state != presence::State::Offline).count();
    let title = group_shown(say, &group.name);
    let (online, all) =
        (i32::try_from(online).unwrap_or(i32::MAX), i32::try_from(group.friends.len()).unwrap_or(i32::MAX));
    Item {
        kind: ItemKind::Group,
        id: group.name.as_str().into(),
        count: format!("{online}/{all}").into(),
        open,
        own: group.name != friend::FRIENDS && group.name != friend::STRANGERS,
        spoken: say.invoke_group_spoken(title.clone(), online, all),
        title,
        ..Item::default()
    }
}

fn request_item(say: &Say<'_>, asked: &friend::Asked) -> Item {
    let name = if asked.name.is_empty() { &asked.friend } else { &asked.name };
    let title = if asked.incoming {
        say.invoke_wants_in(name.as_str().into())
    } else {
        say.invoke_waits_for(name.as_str().into())
    };
    Item {
        kind: ItemKind::Request,
        id: asked.friend.as_str().into(),
        note: asked.note.as_str().into(),
        incoming: asked.incoming,
        face: face::face(&asked.friend, name, None, qq_slint_ui::Presence::Unknown),
        // A screen reader also says who they say they are.
        spoken: if asked.note.is_empty() { title.clone() } else { format!("{title}: {}", asked.note).into() },
        title,
        ..Item::default()
    }
}

/// A group as people see it.
pub(super) fn group_shown(say: &Say<'_>, name: &str) -> SharedString {
    match name {
        friend::FRIENDS => say.invoke_friends_group(),
        friend::STRANGERS => say.invoke_strangers_group(),
        own => inert::line(own).into(),
    }
}

/// On line first; away and busy people can be reached, too.
fn rank(state: presence::State) -> u8 {
    match state {
        presence::State::Online => 0,
        presence::State::Busy | presence::State::Away => 1,
        presence::State::Offline => 2,
    }
}

/// By pinyin: 陈 stands with c.
pub(super) fn sort_key(shown: &str) -> String {
    spelled(shown).0
}

/// Whether a friend is found: by any of the names, by pinyin, or by the first letters of pinyin (cyt finds 陈雨桐).
pub(super) fn matches(friend: &friend::Entry, filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    [friend.account.as_str(), friend.name.as_str(), friend.remark.as_str()].into_iter().any(|name| {
        name.to_lowercase().contains(filter) || {
            let (whole, first) = spelled(name);
            whole.contains(filter) || first.contains(filter)
        }
    })
}

/// How many names are kept as they are spelled: more than anybody has friends.
const SPELLED: usize = 20_000;

thread_local! {
    static KNOWN: RefCell<HashMap<String, (String, String)>> = RefCell::default();
}

/// A name in pinyin and in the first letters of it; kept, since the list is sorted by it again and again.
fn spelled(name: &str) -> (String, String) {
    KNOWN.with_borrow_mut(|known| {
        if let Some(spelled) = known.get(name) {
            return spelled.clone();
        }
        if known.len() >= SPELLED {
            known.clear();
        }
        let spelled = (pinyin_of(name, false), pinyin_of(name, true));
        known.insert(name.to_owned(), spelled.clone());
        spelled
    })
}

/// A name in lower case with each Chinese character as its pinyin, or as its pinyin's first letter.
fn pinyin_of(name: &str, first: bool) -> String {
    use pinyin::ToPinyin;
    let mut spelled = String::with_capacity(name.len() * 2);
    for (letter, pinyin) in name.chars().zip(name.to_pinyin()) {
        match pinyin {
            Some(pinyin) if first => spelled.push_str(pinyin.first_letter()),
            Some(pinyin) => spelled.push_str(pinyin.plain()),
            None => spelled.extend(letter.to_lowercase()),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_friend_is_found_by_pinyin_and_by_its_first_letters() {
        let friend =
            friend::Entry { account: "amy".into(), name: "陈雨桐".into(), ..friend::Entry::default() };
        for found in ["cyt", "chen", "雨", "amy", "yutong"] {
            assert!(matches(&friend, found), "{found}");
        }
        assert!(!matches(&friend, "cyx"));
    }

    #[test]
    fn chinese_names_stand_among_the_others_by_their_pinyin() {
        let mut names = vec!["Zed", "陈雨桐", "bob", "丹尼尔"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["bob", "陈雨桐", "丹尼尔", "Zed"]);
    }
}
