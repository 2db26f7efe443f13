//! The friend list with its groups, open requests and blocks: whole after a login that needs it, then one row at a time.
//! What frontends ask for stands in `ask`, what a row changes in `row`, the whole list in `whole`.

mod ask;
mod row;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipc_schema::friend::{Asked, Entry, FRIENDS, Group, List, Listed, STRANGERS};
use ipc_schema::{presence, state};
use relay_schema::{
    Blocked as WireBlocked, Friend as Wire, FriendAnswer, FriendRemove, FriendRequest, Stanza, Stranger,
};

use super::account::Account;
use super::name::{NAME_MAX, NOTE_MAX, clip, normalise, not_logged_in};
use super::op::{self, Change, Friend, Row};
use super::receive::Inbox;
use super::request::{ReplyTo, Requests};
use whole::Coming;

/// The most friends, groups and blocked ones in a list: a relay's own limits are 5,000 friends and as many blocked ones,
/// 500 strangers, 64 groups. With the longest texts the whole list fits into one line for a frontend.
const MAX: usize = 5_600;
/// The most open requests; a relay's own limit is 500.
const REQUESTS_MAX: usize = 1_024;
/// How long `friend.list` waits for a list that is on its way.
const LIST_WAIT: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Friends {
    all: BTreeMap<String, Friend>,
    /// One's own groups, the empty ones, too.
    groups: BTreeSet<String>,
    /// Newest first.
    requests: Vec<Asked>,
    blocked: BTreeSet<String>,
    /// A whole list on its way.
    list: Option<Coming>,
    /// A whole list is due, even an empty one.
    due: bool,
    /// The last whole list says what the rows up to this one say.
    counted: u64,
    /// Presence that came before its friend did.
    coming: BTreeMap<String, presence::Changed>,
    /// Until when those who ask wait for the list.
    awaited: Option<Duration>,
    waiting: Vec<ReplyTo<List>>,
}

impl Friends {
    pub(super) fn begin(&mut self, list: op::List) {
        let op::List { friends, groups, requests, blocked } = list;
        self.all = friends.into_iter().map(|friend| (friend.account.clone(), friend)).collect();
        self.groups = groups.into_iter().collect();
        self.requests = requests;
        self.blocked = blocked.into_iter().collect();
    }

    pub(super) fn clear(&mut self) {
        self.begin(op::List::default());
    }

    /// Nothing is known, so that a list is told whole.
    fn is_empty(&self) -> bool {
        self.all.is_empty() && self.groups.is_empty() && self.requests.is_empty() && self.blocked.is_empty()
    }

    /// A session begins; with `list` the relay sends the whole list.
    pub(super) fn start(&mut self, list: bool, now: Duration) {
        if list {
            self.counted = 0;
        }
        self.due |= list;
        self.awaited = list.then_some(now + LIST_WAIT);
    }

    /// The relay will send the whole list, because rows are gone.
    pub(super) fn expect_list(&mut self) {
        self.due = true;
    }

    /// A whole list is on its way.
    pub(super) fn is_due(&self) -> bool {
        self.due
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

    /// Whether it is a friend, no stranger.
    pub(super) fn is_friend(&self, account: &str) -> bool {
        self.all.get(account).is_some_and(|friend| friend.group != STRANGERS)
    }

    /// The name of a friend's avatar; may be empty.
    pub(super) fn picture_of(&self, account: &str) -> Option<String> {
        self.all.get(account).map(|friend| friend.picture.clone())
    }

    /// The names of all avatars.
    pub(super) fn pictures(&self) -> BTreeSet<String> {
        self.all.values().map(|friend| friend.picture.clone()).filter(|name| !name.is_empty()).collect()
    }

    /// The friends with exactly this remark.
    pub(super) fn remarked<'a>(&'a self, remark: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |friend: &&Friend| !remark.is_empty() && friend.remark == remark;
        self.all.values().filter(named).map(|friend| friend.account.as_str())
    }

    pub(super) fn requests(&self) -> Vec<Asked> {
        self.requests.clone()
    }

    pub(super) fn blocked(&self) -> Vec<String> {
        self.blocked.iter().cloned().collect()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.awaited.filter(|_| !self.waiting.is_empty())
    }

    pub(super) fn forget(&mut self, requests: &Requests) {
        self.waiting.retain(|to| requests.is_open(to));
    }

    /// The list as frontends know it; who is on line stands in what they know already.
    pub(super) fn groups(&self, known: Option<&state::Account>, inbox: &Inbox) -> Vec<Group> {
        let own = self.groups.iter().map(|group| ((rank(group), group.as_str()), Vec::new()));
        let mut groups: BTreeMap<(u8, &str), Vec<Entry>> = own.collect();
        for friend in self.all.values() {
            let before = known.and_then(|known| known.friend(&friend.account));
            let entry = Entry {
                account: friend.account.clone(),
                name: friend.name.clone(),
                remark: friend.remark.clone(),
                state: before.map(|entry| entry.state).unwrap_or_default(),
                note: before.map_or_else(|| friend.note.clone(), |entry| entry.note.clone()),
                unread: inbox.unread_of(&friend.account),
                picture: friend.picture.clone(),
            };
            groups.entry((rank(&friend.group), &friend.group)).or_default().push(entry);
        }
        groups.into_iter().map(|((_, name), friends)| Group { name: name.to_owned(), friends }).collect()
    }

    /// What a friend says in the profile.
    pub(super) fn profile_note(&self, friend: &str) -> Option<&str> {
        self.all.get(friend).map(|friend| friend.note.as_str())
    }

    /// Whether one has made a group of that name.
    pub(super) fn has_group(&self, group: &str) -> bool {
        self.groups.contains(group)
    }

    /// A group that is one's own, if there is room; whether it is new.
    fn note_group(&mut self, group: &str) -> bool {
        rank(group) == 1 && self.groups.len() < MAX && self.groups.insert(group.to_owned())
    }

    /// Takes a request out.
    fn take_request(&mut self, friend: &str, incoming: bool) -> Option<Asked> {
        let at =
            self.requests.iter().position(|known| known.friend == friend && known.incoming == incoming)?;
        Some(self.requests.remove(at))
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
            let listed = self.visible().map(|known| {
                // Whoever is blocked asks nothing, until that is taken back.
                let open = |asked: &&Asked| !(asked.incoming && known.blocked.contains(&asked.friend));
                let requests = known.requests.iter().filter(open).cloned().collect();
                Listed { groups: known.groups.clone(), requests, blocked: known.blocked.clone() }
            });
            self.reply(to, Ok(listed.unwrap_or_default()));
        }
    }

    pub(super) fn on_friends_tick(&mut self) {
        if self.friends.deadline().is_some_and(|until| until <= self.now.mono) {
            self.answer_lists();
        }
    }

    /// What the relay says of the list: an entry of a whole one without a number, else a row.
    pub(super) fn on_list_stanza(&mut self, stanza: Stanza) {
        let seq = stanza.seq();
        let raw = stanza.to_xml().into_bytes();
        let change = match stanza {
            Stanza::Friend(wire) => entry(wire),
            Stanza::Stranger(wire) => entry(as_friend(wire)),
            Stanza::FriendRequest(wire) => self.request_of(wire),
            Stanza::FriendAnswer(wire) => self.answer_of(&wire),
            Stanza::FriendRemove(FriendRemove { friendaccount, .. }) => {
                normalise(&friendaccount).map(Change::Removed)
            }
            Stanza::Blocked(WireBlocked { friendaccount, state, .. }) => {
                normalise(&friendaccount).map(|friend| Change::Blocked { friend, blocked: state == 1 })
            }
            Stanza::Group(wire) => Some(Change::Group(clip(&wire.group, NAME_MAX))),
            Stanza::GroupRename(wire) => Some(Change::GroupRenamed {
                group: clip(&wire.group, NAME_MAX),
                new: clip(&wire.new, NAME_MAX),
            }),
            Stanza::GroupRemove(wire) => Some(Change::GroupRemoved(clip(&wire.group, NAME_MAX))),
            _ => None,
        };
        match (seq, change) {
            (Some(seq), Some(change)) => self.take_change(seq, change),
            (Some(seq), None) => self.on_unknown_row(seq, raw),
            (None, Some(change)) => self.collect(change),
            (None, None) => {}
        }
    }

    /// The other one of the two that a stanza names, and whether it is the second one.
    fn other(&self, first: Option<&str>, second: &str) -> Option<(String, bool)> {
        let own = self.account.as_ref()?.account.as_str();
        let (first, second) = (normalise(first?)?, normalise(second)?);
        match (first == own, second == own) {
            (true, false) => Some((second, true)),
            (false, true) => Some((first, false)),
            (true, true) | (false, false) => None,
        }
    }

    fn request_of(&self, wire: FriendRequest) -> Option<Change> {
        let (friend, asked_by_us) = self.other(wire.myaccount.as_deref(), &wire.friendaccount)?;
        Some(Change::Requested(Asked {
            friend,
            name: clip(&wire.name.unwrap_or_default(), NAME_MAX),
            note: clip(&wire.note.unwrap_or_default(), NOTE_MAX),
            incoming: !asked_by_us,
            ts: wire.ts.map_or_else(|| self.ts(), |ts| clip(&ts, 64)),
        }))
    }

    /// `myaccount` has answered `friendaccount`.
    fn answer_of(&self, wire: &FriendAnswer) -> Option<Change> {
        let (friend, incoming) = self.other(wire.myaccount.as_deref(), &wire.friendaccount)?;
        Some(Change::Answered { friend, incoming, accepted: wire.state == 1 })
    }

    /// A row of the list; one that a whole list has overtaken, or that makes it too long, moves the cursor only.
    pub(super) fn take_change(&mut self, seq: u64, change: Change) {
        let counts = seq > self.friends.counted && self.friends.has_room(&change);
        let row = if counts { Row::List(change) } else { Row::Counted };
        self.take(seq, seq, 0, row);
    }
}

fn entry(wire: Wire) -> Option<Change> {
    let Wire { name, account, picture, group, remark, note, .. } = wire;
    Some(Change::Friend(Friend {
        account: normalise(&account)?,
        name: clip(&name, NAME_MAX),
        picture: clip(&picture, 64),
        group: clip(&group.unwrap_or_else(|| FRIENDS.to_owned()), NAME_MAX),
        remark: clip(&remark.unwrap_or_default(), NAME_MAX),
        note: clip(&note.unwrap_or_default(), NOTE_MAX),
    }))
}

/// A stranger is an entry of the other default group.
fn as_friend(wire: Stranger) -> Wire {
    let Stranger { name, account, picture, group, remark, note, seq, ts } = wire;
    let group = group.or_else(|| Some(STRANGERS.to_owned()));
    Wire { name, account, picture, group, remark, note, seq, ts }
}
