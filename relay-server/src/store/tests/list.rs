//! Strangers and the friend list.

use relay_schema::NackCode;

use super::*;
use crate::core::op::FriendKind::{Friend, Stranger};

#[test]
fn a_strangers_first_chat_comes_just_behind_the_stranger() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    let done = relay.submit(chat(bob, "alice", "m1")).unwrap();
    assert_eq!(said(&relay.rows(alice, 0)), ["1 Stranger bob", "2 chat bob -> alice: m1"]);
    assert_eq!(said(&relay.rows(bob, 0)), ["1 chat bob -> alice: m1"]);
    let told: Vec<_> = done.rows.iter().map(|(account, row)| (*account, row.seq)).collect();
    assert_eq!(told, [(alice, 1), (alice, 2), (bob, 1)]);
    assert_eq!(done.seq, 1);
    assert_eq!((relay.list(alice), relay.list(bob)), (vec![(Stranger, "bob".into())], vec![]));
    relay.chat(bob, "alice").unwrap();
    assert_eq!(relay.rows(alice, 2).len(), 1);
}

#[test]
fn a_stranger_may_send_five_chats_until_it_is_answered() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    for _ in 0..5 {
        relay.chat(alice, "bob").unwrap();
    }
    assert_eq!(relay.chat(alice, "bob"), Err(NackCode::Unknown));
    assert_eq!(relay.rows(alice, 0).len(), 5);
    relay.chat(bob, "alice").unwrap();
    for _ in 0..20 {
        relay.chat(alice, "bob").unwrap();
    }
}

#[test]
fn who_answers_a_stranger_is_not_limited_and_gets_into_its_list() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.chat(alice, "bob").unwrap();
    for _ in 0..20 {
        relay.chat(bob, "alice").unwrap();
    }
    assert_eq!(relay.list(alice), [(Stranger, "bob".into())]);
    assert_eq!(said(&relay.rows(alice, 1))[..1], ["2 Stranger bob"]);
    assert_eq!(relay.rows(alice, 0).len(), 22);
    assert_eq!(relay.list(bob), [(Stranger, "alice".into())]);
}

#[test]
fn the_oldest_stranger_gives_way_with_a_row_of_its_own() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let bob = relay.account("bob");
    relay.befriend("alice", "bob");
    let ids: Vec<_> = ["s1", "s2", "s3"].iter().map(|name| relay.account(name)).collect();
    for (n, from) in ids.iter().enumerate() {
        relay.submit(Submit { strangers_max: 2, ..chat(*from, "alice", &format!("m{n}")) }).unwrap();
    }
    let rows = said(&relay.rows(alice, 5));
    assert_eq!(rows, ["6 gone s1", "7 Stranger s3", "8 chat s3 -> alice: m2"]);
    let list: Vec<_> = relay.list(alice).into_iter().map(|(_, name)| name).collect();
    assert_eq!(list, ["bob", "s2", "s3"]);
    assert_eq!(relay.list(bob), [(Friend, "alice".into())]);
}

#[test]
fn a_stranger_that_gave_way_does_not_get_five_more_chats() {
    let mut relay = Relay::new();
    relay.account("alice");
    let (one, two) = (relay.account("s1"), relay.account("s2"));
    for n in 0..4 {
        relay.submit(Submit { strangers_max: 1, ..chat(one, "alice", &format!("a{n}")) }).unwrap();
    }
    relay.submit(Submit { strangers_max: 1, ..chat(two, "alice", "b") }).unwrap();
    relay.submit(Submit { strangers_max: 1, ..chat(one, "alice", "a4") }).unwrap();
    assert_eq!(relay.chat(one, "alice"), Err(NackCode::Unknown));
}

#[test]
fn friends_come_before_strangers_each_by_account_and_in_pages() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for name in ["zoe", "bob", "yan", "carl"] {
        let from = relay.account(name);
        relay.chat(from, "alice").unwrap();
    }
    relay.befriend("zoe", "alice");
    relay.befriend("alice", "carl");
    let whole = relay.list(alice);
    let names: Vec<_> = whole.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["carl", "zoe", "bob", "yan"]);
    let mut paged = Vec::new();
    loop {
        let page = relay.entries(alice, Behind::Friend(paged.last().cloned()), false, 1);
        if page.is_empty() {
            break;
        }
        paged.extend(page.into_iter().filter_map(friend_of));
    }
    assert_eq!(paged, whole);
}

#[test]
fn a_friend_row_shows_the_name_of_today() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.account("bob");
    relay.befriend("alice", "bob");
    relay
        .store
        .0
        .conn
        .execute("UPDATE account SET shown = 'Bobby', picture = 'ab' WHERE name = 'bob'", [])
        .unwrap();
    let rows = relay.rows(alice, 0);
    let Item::Friend(bob) = &rows[0].item else { panic!("{rows:?}") };
    assert_eq!((bob.name.as_str(), bob.picture.as_str(), bob.kind), ("Bobby", "ab", Friend));
}

#[test]
fn a_known_network_is_one_with_a_right_password_within_30_days() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    assert!(!relay.find("alice").unwrap().known_network);
    relay.begin(Begin { device: None, ..login(alice, None, 1) }).unwrap();
    assert!(relay.find("alice").unwrap().known_network);
    relay.now = NOW + 30 * DAY;
    assert!(relay.find("alice").unwrap().known_network);
    relay.now += 1;
    assert!(!relay.find("alice").unwrap().known_network);
    let other = Network("2001:db8::".parse().unwrap());
    let asked = Op::Find { name: "alice".into(), network: other, now_ms: NOW };
    assert!(matches!(relay.ask(asked), Done::Found(Some(found)) if !found.known_network));
}

#[test]
fn an_unknown_account_is_not_found() {
    assert_eq!(Relay::new().find("nobody"), None);
}
