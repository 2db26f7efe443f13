//! The mirror: the state and the changes after it equal a newer state, whatever the changes are.
#![allow(clippy::unwrap_used, reason = "clippy knows #[test] functions only, not what they call")]

use std::collections::BTreeMap;

use ipc_schema::{Envelope, Event, State, account, chat, daemon, friend, notify, presence, state};
use proptest::prelude::*;

const ALICE: &str = "alice@example.org";

/// What happens to the pretended daemon.
#[derive(Debug, Clone)]
enum Step {
    Link(account::State),
    Add(friend::Profile),
    Remove(String),
    Presence(presence::Changed),
    Unread(String, u64),
    Outbox(u64),
    Draft(String, String),
    Notify(notify::Now),
}

/// A friend as the pretended daemon keeps them; deliberately another shape than [`State`]'s.
#[derive(Debug, Clone, Default)]
struct Known {
    profile: friend::Profile,
    state: presence::State,
    note: String,
    unread: u64,
}

/// A pretended daemon that keeps flat tables and makes a whole state from them.
#[derive(Debug, Clone, Default)]
struct Model {
    link: account::Changed,
    presence: presence::State,
    note: String,
    friends: BTreeMap<String, Known>,
    /// By rank and name; a group stays when it is empty.
    groups: BTreeMap<(u8, String), ()>,
    gone: u64,
    outbox: u64,
    drafts: BTreeMap<String, String>,
    notify: notify::Now,
}

impl Model {
    /// Does the step and tells it; steps that make no sense now tell nothing.
    fn step(&mut self, step: Step) -> Option<Event> {
        match step {
            Step::Link(state) => {
                let was_online = self.link.state == account::State::Online;
                self.link =
                    account::Changed { state, relay: "example.org:5290".into(), ..Default::default() };
                if state != account::State::Online {
                    self.presence = presence::State::Offline;
                    self.friends.values_mut().for_each(|friend| friend.state = presence::State::Offline);
                } else if !was_online {
                    self.presence = presence::State::Online;
                }
                Some(Event::AccountState(self.link.clone()))
            }
            Step::Add(profile) => {
                self.groups.insert((rank(&profile.group), profile.group.clone()), ());
                let known = self.friends.contains_key(&profile.friend);
                self.friends.entry(profile.friend.clone()).or_default().profile = profile.clone();
                Some(if known { Event::FriendChanged(profile) } else { Event::FriendAdded(profile) })
            }
            Step::Remove(friend) => {
                self.gone += self.friends.remove(&friend)?.unread;
                Some(Event::FriendRemoved(friend::Removed { friend }))
            }
            Step::Presence(change) => {
                if change.friend == "alice" {
                    (self.presence, self.note) = (change.state, change.note.clone());
                } else {
                    let friend = self.friends.get_mut(&change.friend)?;
                    (friend.state, friend.note) = (change.state, change.note.clone());
                }
                Some(Event::PresenceChanged(change))
            }
            Step::Unread(friend, unread) => {
                self.friends.get_mut(&friend)?.unread = unread;
                Some(Event::UnreadChanged(chat::UnreadChanged { friend, unread, total: self.total() }))
            }
            Step::Notify(now) => {
                self.notify = now.clone();
                Some(Event::NotifyChanged(now))
            }
            Step::Outbox(outbox) => {
                self.outbox = outbox;
                Some(Event::ChatState(chat_state(Some(outbox))))
            }
            Step::Draft(friend, text) => {
                self.drafts.insert(friend.clone(), text.clone());
                Some(Event::ChatDrafted(chat::Drafted { friend, text }))
            }
        }
    }

    fn total(&self) -> u64 {
        self.gone + self.friends.values().map(|friend| friend.unread).sum::<u64>()
    }

    fn state(&self) -> State {
        let groups = self.groups.keys().map(|(_, name)| {
            let members = self.friends.values().filter(|friend| friend.profile.group == *name);
            let friends = members.map(|friend| friend::Entry {
                account: friend.profile.friend.clone(),
                name: friend.profile.name.clone(),
                remark: friend.profile.remark.clone(),
                state: friend.state,
                note: friend.note.clone(),
                unread: friend.unread,
                ..Default::default()
            });
            friend::Group { name: name.clone(), friends: friends.collect() }
        });
        let drafts = self.drafts.iter().filter(|(_, text)| !text.is_empty());
        let alice = state::Account {
            account: ALICE.into(),
            name: "Alice".into(),
            link: self.link.clone(),
            presence: self.presence,
            note: self.note.clone(),
            groups: groups.collect(),
            unread: chat::Count { total: self.total() },
            outbox: self.outbox,
            drafts: drafts.map(|(friend, text)| chat::Drafted::new(friend, text)).collect(),
            ..Default::default()
        };
        State { daemon: state::Daemon::default(), notify: self.notify.clone(), accounts: vec![alice] }
    }
}

fn rank(group: &str) -> u8 {
    match group {
        "friend" => 0,
        "stranger" => 2,
        _ => 1,
    }
}

fn chat_state(outbox: Option<u64>) -> chat::Changed {
    chat::Changed {
        id: "m".into(),
        to: "bob".into(),
        state: chat::State::Acked,
        peer: None,
        reason: None,
        ts: "t".into(),
        outbox,
    }
}

fn envelope(event: Event) -> Envelope {
    Envelope::new(1, "2026-01-31T09:30:00.123Z", Some(ALICE.into()), event)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = prop::sample::select(vec!["bob", "carol", "dave", "eve"]);
    let group = prop::sample::select(vec!["friend", "stranger", "work", "family"]);
    let presence = prop::sample::select(presence::State::ALL);
    let anybody = prop::sample::select(vec!["alice", "bob", "carol", "dave", "eve"]);
    let draft = (anybody.clone(), "[a-z]{0,2}").prop_map(|(friend, text)| Step::Draft(friend.into(), text));
    let link = prop::sample::select(account::State::ALL).prop_map(Step::Link);
    let add = (who.clone(), group, "[a-z]{0,3}", "[a-z]{0,2}").prop_map(|(friend, group, name, remark)| {
        Step::Add(friend::Profile {
            friend: friend.into(),
            name,
            remark,
            group: group.into(),
            ..Default::default()
        })
    });
    let remove = who.clone().prop_map(|friend| Step::Remove(friend.into()));
    let presence = (anybody, presence, "[a-z]{0,3}").prop_map(|(friend, state, note)| {
        Step::Presence(presence::Changed { friend: friend.into(), state, note, ..Default::default() })
    });
    let unread = (who, 0..9_u64).prop_map(|(friend, unread)| Step::Unread(friend.into(), unread));
    let outbox = (0..9_u64).prop_map(Step::Outbox);
    let notify = (any::<bool>(), any::<bool>(), prop::collection::vec("[a-z]@[a-z]/[a-z]", 0..2))
        .prop_map(|(dnd, locked, muted)| Step::Notify(notify::Now { dnd, locked, muted }));
    prop::collection::vec(
        prop_oneof![1 => link, 3 => add, 1 => remove, 3 => presence, 2 => unread, 1 => outbox, 2 => draft, 1 => notify],
        0..60,
    )
}

proptest! {
    #[test]
    fn the_state_and_the_changes_after_it_are_the_newer_state(before in steps(), after in steps()) {
        let mut daemon = Model::default();
        for step in before {
            daemon.step(step);
        }
        // Over the wire, as a frontend gets it.
        let text = serde_json::to_string(&envelope(Event::DaemonState(daemon.state()))).unwrap();
        let mut mirror = State::default();
        mirror.apply(&serde_json::from_str(&text).unwrap());
        prop_assert_eq!(&mirror, &daemon.state());
        for step in after {
            let told = daemon.step(step);
            if let Some(event) = told {
                let text = serde_json::to_string(&envelope(event)).unwrap();
                mirror.apply(&serde_json::from_str(&text).unwrap());
            }
            prop_assert_eq!(&mirror, &daemon.state());
        }
    }
}

#[test]
fn a_lost_link_turns_everybody_off_line() {
    let mut daemon = Model::default();
    let bob = friend::Profile { friend: "bob".into(), group: "friend".into(), ..Default::default() };
    let online = presence::Changed {
        friend: "bob".into(),
        state: presence::State::Busy,
        note: "in a meeting".into(),
        ..Default::default()
    };
    let steps = [
        Step::Link(account::State::Online),
        Step::Add(bob),
        Step::Presence(online),
        Step::Link(account::State::Backoff),
    ];
    let mut mirror = Model::default().state();
    let mut seen = Vec::new();
    for step in steps {
        mirror.apply(&envelope(daemon.step(step).unwrap()));
        let alice = mirror.account(ALICE).unwrap();
        seen.push((alice.presence, alice.friend("bob").map(|bob| bob.state)));
    }
    use presence::State::{Busy, Offline, Online};
    let expected = [(Online, None), (Online, Some(Offline)), (Online, Some(Busy)), (Offline, Some(Offline))];
    assert_eq!(seen, expected);
    assert_eq!(mirror.account(ALICE).unwrap().friend("bob").unwrap().note, "in a meeting");
}

#[test]
fn a_new_account_appears_with_its_first_state_and_nothing_else_makes_one() {
    let mut mirror = State::default();
    let bob = friend::Profile { friend: "bob".into(), group: "friend".into(), ..Default::default() };
    mirror.apply(&envelope(Event::FriendAdded(bob)));
    assert!(mirror.accounts.is_empty());
    let link = account::Changed { state: account::State::Connecting, ..Default::default() };
    mirror.apply(&envelope(Event::AccountState(link.clone())));
    assert_eq!(mirror.account(ALICE).unwrap().link, link);
}

#[test]
fn a_daemon_that_is_outdated_stays_so_until_another_one_tells_its_state() {
    let mut mirror = State::default();
    let outdated = daemon::Outdated { running: "0.1.0".into(), installed: Some("0.2.0".into()) };
    mirror.apply(&Envelope::new(1, "t", None, Event::DaemonOutdated(outdated.clone())));
    assert_eq!(mirror.daemon.outdated, Some(outdated));
    mirror.apply(&Envelope::new(2, "t", None, Event::DaemonState(State::default())));
    assert_eq!(mirror.daemon.outdated, None);
}

#[test]
fn what_is_not_shown_changes_nothing() {
    let mut mirror = Model::default().state();
    let before = mirror.clone();
    let unknown = Event::Unknown { name: "tea.ready".into(), data: serde_json::json!({}) };
    let absent = presence::Changed {
        friend: "nobody".into(),
        state: presence::State::Away,
        note: String::new(),
        ..Default::default()
    };
    let events = [unknown, Event::PresenceChanged(absent), Event::ChatState(chat_state(None))];
    for event in events {
        mirror.apply(&envelope(event));
    }
    let nowhere = Envelope::new(1, "t", None, Event::ChatState(chat_state(Some(9))));
    mirror.apply(&nowhere);
    assert_eq!(mirror, before);
}
