//! The recent conversations: those that have a message, the newest first. The daemon keeps no list of them, so the newest
//! message of each friend is asked for once, and then kept up to date by what comes and goes.

use ipc_schema::state::Account;
use ipc_schema::{Code, account, chat, friend, inert};
use jiff::{Timestamp, Zoned};
use qq_slint_ui::{Item, Say};
use slint::{ComponentHandle, SharedString};

use super::Friends;
use super::list::{matches, sort_key};
use crate::app::{App, Last, Peer};
use crate::clock;

impl Friends {
    /// The conversations that have a message or something unread, or are open.
    pub(super) fn recent(&self, app: &App, account: &Account) -> Vec<Item> {
        let (chats, last) = (app.chats.borrow(), app.last.borrow());
        let filter = self.filter.borrow();
        let peer = |friend: &friend::Entry| (account.account.clone(), friend.account.clone());
        let friends =
            account.groups.iter().flat_map(|group| group.friends.iter().map(move |friend| (group, friend)));
        let mut found: Vec<_> = friends
            .filter(|(_, friend)| matches(friend, &filter))
            .map(|(group, friend)| (group, friend, last.get(&peer(friend))))
            .filter(|(_, friend, last)| {
                let drafted = account.draft(&friend.account).is_some();
                drafted || last.is_some() || friend.unread > 0 || chats.contains_key(&peer(friend))
            })
            .collect();
        found.sort_by_cached_key(|(_, friend, last)| {
            (std::cmp::Reverse(last.map(|last| last.ts.clone())), sort_key(friend.shown()))
        });
        let item = |(group, friend, last): (&friend::Group, &friend::Entry, Option<&Last>)| {
            let mut item = self.friend_item(app, account, friend, &group.name);
            if let Some(last) = last {
                item.note = last.text.as_str().into();
                item.count = when(app, &last.ts, false);
            }
            match account.draft(&friend.account) {
                Some(draft) => with_draft(app, item, draft),
                None => item,
            }
        };
        found.into_iter().map(item).collect()
    }

    /// When the last message of a conversation was written, for a friend's card.
    pub(super) fn last_shown(&self, app: &App, account: &Account, friend: &friend::Entry) -> SharedString {
        let peer = (account.account.clone(), friend.account.clone());
        app.last.borrow().get(&peer).map(|last| when(app, &last.ts, true)).unwrap_or_default()
    }
}

/// What was typed to a friend and not sent stands in the place of the friend's own words.
fn with_draft(app: &App, item: Item, draft: &str) -> Item {
    let say = app.voice.global::<Say>();
    let one_line = draft.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = say.invoke_draft(one_line.into());
    let state = say.invoke_presence(item.face.presence);
    let spoken = say.invoke_friend_spoken(item.title.clone(), state, note.clone(), item.unread);
    Item { note, spoken, ..item }
}

/// So many friends are asked about at once: well below what the line to the daemon holds.
const AT_ONCE: usize = 32;

/// From so many friends on nobody is asked about before the recent conversations are looked at.
const MANY: usize = 500;

/// So much of a message stands in a row.
const PREVIEW: usize = 120;

/// The beginning of a message, in one line.
pub(super) fn preview(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    inert::line(&line).chars().take(PREVIEW).collect()
}

/// When something was written: the time of today, else the day; the `whole` has both.
pub(super) fn when(app: &App, ts: &str, whole: bool) -> SharedString {
    let zone = clock::zone();
    let Ok(at) = ts.parse::<Timestamp>().map(|at| at.to_zoned(zone.clone())) else { return "".into() };
    let today = clock::now().to_zoned(zone);
    let time = at.strftime("%H:%M").to_string();
    if at.date() == today.date() {
        return time.into();
    }
    let day = day(app, &at, &today);
    if whole { format!("{day} {time}").into() } else { day }
}

fn day(app: &App, at: &Zoned, today: &Zoned) -> SharedString {
    if today.date().yesterday().is_ok_and(|yesterday| yesterday == at.date()) {
        return app.voice.global::<Say>().invoke_yesterday();
    }
    let form = if at.year() == today.year() { "%m-%d" } else { "%Y-%m-%d" };
    at.strftime(form).to_string().into()
}

impl App {
    /// A message was written in a conversation: it is the newest there, if none is newer. Only the beginning is kept, and
    /// only of friends: messages may name senders without end.
    pub(crate) fn spoken(&self, peer: Peer, ts: &str, text: &str) {
        let state = self.state.borrow();
        if state.account(&peer.0).and_then(|account| account.friend(&peer.1)).is_none() {
            return;
        }
        let mut last = self.last.borrow_mut();
        if last.get(&peer).is_none_or(|known| known.ts.as_str() <= ts) {
            last.insert(peer, Last { ts: ts.to_owned(), text: preview(text) });
        }
    }

    /// Those who are in the mirror no longer are forgotten.
    pub(crate) fn forget_last(&self) {
        let state = self.state.borrow();
        self.last.borrow_mut().retain(|(account, friend), _| {
            state.account(account).is_some_and(|account| account.friend(friend).is_some())
        });
    }

    /// Whose conversation a message belongs to.
    pub(crate) fn peer_of(account: &str, from: &str, to: &str) -> Peer {
        let friend = if from == account::bare(account) { to } else { from };
        (account.to_owned(), friend.to_owned())
    }

    /// Asks for the newest message of each friend, some at once; of very many only when they are `wanted`.
    pub(crate) fn ask_last(&self, wanted: bool) {
        let state = self.state.borrow();
        let peers = state.accounts.iter().flat_map(|account| {
            let friends = account.groups.iter().flat_map(|group| &group.friends);
            friends.map(|friend| (account.account.clone(), friend.account.clone()))
        });
        let peers: Vec<Peer> = peers.collect();
        drop(state);
        if self.asked_last.get() || (peers.len() > MANY && !wanted) {
            return;
        }
        self.asked_last.set(true);
        for some in peers.chunks(peers.len().div_ceil(AT_ONCE).max(1)) {
            self.ask_next(some.to_vec());
        }
    }

    fn ask_next(&self, mut peers: Vec<Peer>) {
        let Some(peer) = peers.pop() else { return };
        let params = chat::History { to: format!("@{}", peer.1), count: 1, before: None };
        let account = peer.0.clone();
        self.link.call(Some(&account), &params, move |reply| {
            App::with(|app| {
                if let Err(error) = &reply
                    && (error.code == Code::Busy || error.code == Code::NoDaemon)
                {
                    // It was not even asked, and neither would the others be: some time later, then.
                    app.asked_last.set(false);
                    return;
                }
                if let Some(newest) = reply.ok().and_then(|page| page.messages.into_iter().next_back()) {
                    app.spoken(peer, &newest.ts, &newest.text);
                }
                // A list of thousands is not laid out again for each of them.
                app.unseen.set(!peers.is_empty());
                app.ask_next(peers);
            });
        });
    }
}
