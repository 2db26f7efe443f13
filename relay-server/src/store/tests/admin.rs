//! What the administrator asks.

use super::*;
use crate::core::op::FriendKind::Stranger;

fn remove(name: &str) -> AdminOp {
    AdminOp::AccountRemove { name: name.into(), now_ms: NOW }
}

fn friend_remove(a: &str, b: &str) -> AdminOp {
    AdminOp::FriendRemove { a: a.into(), b: b.into(), now_ms: NOW }
}

fn rows_of(done: Result<AdminDone, AdminError>) -> Vec<(AccountId, Row)> {
    match done.unwrap() {
        AdminDone::Changed { rows, .. } => rows,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_account_is_made_once_and_listed() {
    let mut relay = Relay::new();
    let bob = relay.account("bob");
    let alice = relay.account("alice");
    assert_eq!(relay.admin(add("bob")), Err(AdminError::Taken("bob".into())));
    relay.befriend("alice", "bob");
    relay.begin(login(bob, None, 1)).unwrap();
    relay.chat(alice, "bob").unwrap();
    let row = |account: &str, devices| AccountRow {
        account: account.into(),
        name: format!("{account} shown"),
        disabled: false,
        friends: 1,
        devices,
        created_ms: NOW,
        online: 0,
    };
    let list = relay.admin(AdminOp::AccountList).unwrap();
    assert_eq!(list, AdminDone::Accounts(vec![row("alice", 0), row("bob", 1)]));
}

#[test]
fn two_accounts_become_friends_and_both_are_told() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    let rows = rows_of(relay.admin(friend_add("bob", "alice")));
    assert_eq!(rows.iter().map(|(a, _)| *a).collect::<Vec<_>>(), [alice, bob]);
    assert_eq!(said(&relay.rows(alice, 0)), ["1 Friend bob"]);
    assert_eq!(said(&relay.rows(bob, 0)), ["1 Friend alice"]);
    assert_eq!(rows[0].1, relay.rows(alice, 0)[0]);
    assert_eq!(relay.begin(login(alice, None, 1)).unwrap().friends[0].1, "bob");
}

#[test]
fn a_request_that_the_administrator_makes_needless_ends_for_both() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.wish(bob, Wish::Request { other: "alice".into(), note: String::new() }).unwrap();
    let rows = rows_of(relay.admin(friend_add("alice", "bob")));
    assert_eq!(rows.iter().map(|(a, _)| *a).collect::<Vec<_>>(), [alice, alice, bob, bob]);
    assert_eq!(said(&relay.rows(alice, 1)), ["2 answer bob own true", "3 Friend bob"]);
    assert_eq!(said(&relay.rows(bob, 1)), ["2 answer alice theirs true", "3 Friend alice"]);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM request"), 0);
}

#[test]
fn a_stranger_becomes_a_friend_and_is_one_entry() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.chat(alice, "bob").unwrap();
    assert_eq!(relay.begin(login(bob, None, 1)).unwrap().friends, []);
    relay.befriend("alice", "bob");
    assert_eq!(relay.list(bob), [(FriendKind::Friend, "alice".into())]);
    assert_eq!(said(&relay.rows(bob, 2)), ["3 Friend alice"]);
}

#[test]
fn what_cannot_be_a_friendship_is_refused_with_its_reason() {
    let mut relay = Relay::new();
    for name in ["alice", "bob", "carol"] {
        relay.account(name);
    }
    relay.befriend("alice", "bob");
    let names = || ("alice".to_owned(), "bob".to_owned());
    let full = AdminOp::FriendAdd { a: "carol".into(), b: "alice".into(), friends_max: 1, now_ms: NOW };
    for (op, why) in [
        (friend_add("alice", "bob"), AdminError::FriendsAlready(names().0, names().1)),
        (friend_add("alice", "alice"), AdminError::Oneself("alice".into())),
        (friend_add("alice", "nobody"), AdminError::NoAccount("nobody".into())),
        (full, AdminError::Full("alice".into(), 1)),
        (friend_remove("alice", "carol"), AdminError::NotFriends("alice".into(), "carol".into())),
        (friend_remove("nobody", "carol"), AdminError::NoAccount("nobody".into())),
        (remove("nobody"), AdminError::NoAccount("nobody".into())),
        (
            AdminOp::AccountPasswd { name: "nobody".into(), password: "p".into() },
            AdminError::NoAccount("nobody".into()),
        ),
    ] {
        assert_eq!(relay.admin(op), Err(why));
    }
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM inbox"), 2);
}

#[test]
fn a_link_for_an_account_that_is_disabled_is_refused_until_it_is_enabled() {
    let mut relay = Relay::new();
    relay.account("alice");
    let link = || AdminOp::AccountLink {
        name: "alice".into(),
        code: crate::core::op::CodeHash([7; 32]),
        expires_ms: NOW + 1,
        now_ms: NOW,
    };
    let disable = |disabled| AdminOp::AccountDisable { name: "alice".into(), disabled };
    relay.admin(disable(true)).unwrap();
    let why = relay.admin(link()).unwrap_err();
    assert_eq!(why, AdminError::Disabled("alice".into()));
    assert!(why.to_string().contains("`account enable alice`"), "{why}");
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM link"), 0, "none lies there to be used later");
    relay.admin(disable(false)).unwrap();
    assert!(relay.admin(link()).is_ok());
}

#[test]
fn friends_that_part_are_strangers_with_five_chats_again() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    for _ in 0..9 {
        relay.chat(alice, "bob").unwrap();
    }
    relay.chat(bob, "alice").unwrap();
    rows_of(relay.admin(friend_remove("alice", "bob")));
    assert_eq!(said(&relay.rows(alice, 11)), ["12 gone bob"]);
    assert_eq!(said(&relay.rows(bob, 11)), ["12 gone alice"]);
    assert_eq!((relay.list(alice), relay.list(bob)), (vec![], vec![]));
    for _ in 0..5 {
        relay.chat(alice, "bob").unwrap();
    }
    relay.chat(alice, "bob").unwrap_err();
    assert_eq!(relay.list(bob), [(Stranger, "alice".into())]);
}

#[test]
fn a_removed_account_is_gone_from_every_list_and_its_name_is_free() {
    let mut relay = Relay::new();
    let (alice, bob, carol) = (relay.account("alice"), relay.account("bob"), relay.account("carol"));
    relay.befriend("alice", "bob");
    relay.chat(bob, "carol").unwrap();
    relay.chat(bob, "bob").unwrap();
    relay.begin(login(bob, None, 1)).unwrap();
    let done = relay.admin(remove("bob")).unwrap();
    let AdminDone::Changed { rows, end } = done else { panic!("{done:?}") };
    assert_eq!((rows.len(), end), (2, vec![bob]));
    assert_eq!(said(&relay.rows(alice, 1)), ["2 gone bob"]);
    let carols = ["1 Stranger bob", "2 chat bob -> carol: auto-1", "3 gone bob"];
    assert_eq!(said(&relay.rows(carol, 0)), carols);
    assert_eq!((relay.list(alice), relay.list(carol)), (vec![], vec![]));
    assert_eq!(relay.begin(login(bob, Some(1), 2)), Err(BeginError::Gone));
    assert_eq!(relay.find("bob"), None);
    for (table, left) in [("device", 0), ("token", 0), ("network", 0), ("message", 1), ("account", 3)] {
        assert_eq!(relay.sql::<i64>(&format!("SELECT count(*) FROM {table}")), left, "{table}");
    }
    let again = relay.account("bob");
    assert_ne!(again, bob);
    assert_eq!((relay.list(again), relay.rows(again, 0)), (vec![], vec![]));
    assert_eq!(said(&relay.rows(carol, 0)), carols);
}

#[test]
fn a_new_password_ends_every_token_but_forgets_no_device() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    let op = AdminOp::AccountPasswd { name: "alice".into(), password: "$new".into() };
    let done = relay.admin(op).unwrap();
    assert_eq!(done, AdminDone::Changed { rows: vec![], end: vec![alice] });
    assert_eq!(relay.find("alice").unwrap().password, "$new");
    assert_eq!(relay.begin(login(alice, Some(1), 2)), Err(BeginError::Token));
    relay.begin(login(alice, None, 3)).unwrap();
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM device"), 1);
}
