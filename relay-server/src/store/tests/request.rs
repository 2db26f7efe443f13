//! Requests, answers, the end of a friendship.

use super::*;

fn ask(other: &str, note: &str) -> Wish {
    Wish::Request { other: other.into(), note: note.into() }
}

fn answer(other: &str, accepted: bool) -> Wish {
    Wish::Answer { other: other.into(), accepted }
}

fn gone(other: &str) -> Wish {
    Wish::Remove { other: other.into() }
}

fn two() -> (Relay, AccountId, AccountId) {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    (relay, alice, bob)
}

#[test]
fn a_request_is_a_row_for_both_and_an_acceptance_makes_friends_of_both() {
    let (mut relay, alice, bob) = two();
    let asked = relay.wish(bob, ask("alice", "it is me")).unwrap();
    assert_eq!(asked.seq, Some(1));
    let owners: Vec<_> = asked.rows.iter().map(|(account, _)| *account).collect();
    assert_eq!(owners, [alice, bob], "in ascending account number");
    assert!(asked.rows.iter().all(|(_, row)| row.ts_ms == Some(NOW)));
    let accepted = relay.wish(alice, answer("bob", true)).unwrap();
    assert_eq!(accepted.seq, Some(3), "the last one: with it all is said");
    let alices = ["1 request bob theirs: it is me", "2 answer bob own true", "3 Friend bob"];
    let bobs = ["1 request alice own: it is me", "2 answer alice theirs true", "3 Friend alice"];
    assert_eq!(said(&relay.rows(alice, 0)), alices);
    assert_eq!(said(&relay.rows(bob, 0)), bobs);
    // What was offered at once is what is read later.
    let offered: Vec<Row> = asked.rows.into_iter().chain(accepted.rows).map(|(_, row)| row).collect();
    assert!(relay.rows(bob, 0).iter().all(|row| offered.contains(row)));
    assert_eq!(relay.list(alice), [(FriendKind::Friend, "bob".into())]);
    assert_eq!(relay.list(bob), [(FriendKind::Friend, "alice".into())]);
    assert_eq!(relay.begin(login(alice, None, 1)).unwrap().friends, [(bob, "bob".to_owned())]);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM request"), 0);
}

#[test]
fn a_stranger_who_is_accepted_becomes_a_friend_and_keeps_its_remark() {
    let (mut relay, alice, bob) = two();
    relay.chat(bob, "alice").unwrap();
    relay.wish(alice, Wish::Rename { other: "bob".into(), remark: "阿明".into() }).unwrap();
    relay.wish(bob, ask("alice", "")).unwrap();
    relay.wish(alice, answer("bob", true)).unwrap();
    let list = relay.entries(alice, Behind::Group(None), true, 10);
    assert_eq!(listed(&list), ["Friend bob in None as 阿明"]);
}

#[test]
fn whoever_asks_somebody_who_has_asked_is_a_friend_at_once() {
    let (mut relay, alice, bob) = two();
    relay.wish(alice, ask("bob", "")).unwrap();
    relay.wish(bob, ask("alice", "me too")).unwrap();
    assert_eq!(
        said(&relay.rows(alice, 0)),
        ["1 request bob own: ", "2 answer bob theirs true", "3 Friend bob"]
    );
    assert_eq!(relay.list(bob), [(FriendKind::Friend, "alice".into())]);
}

#[test]
fn a_wish_that_is_repeated_makes_no_second_row() {
    let (mut relay, alice, bob) = two();
    relay.wish(alice, ask("bob", "a")).unwrap();
    let again = relay.wish(alice, ask("bob", "a")).unwrap();
    assert_eq!(again, Changed { seq: None, rows: Vec::new() });
    relay.wish(alice, ask("bob", "b")).unwrap();
    assert_eq!(said(&relay.rows(bob, 0)), ["1 request alice theirs: a", "2 request alice theirs: b"]);
    relay.wish(bob, answer("alice", true)).unwrap();
    assert_eq!(relay.wish(bob, answer("alice", true)).unwrap().rows, []);
    relay.wish(alice, gone("bob")).unwrap();
    for name in ["bob", "bob", "nobody", ""] {
        assert_eq!(relay.wish(alice, gone(name)).unwrap().rows, [], "{name}");
    }
    relay.wish(alice, ask("bob", "c")).unwrap();
    relay.wish(bob, answer("alice", false)).unwrap();
    assert_eq!(relay.wish(bob, answer("alice", false)).unwrap().rows, []);
    assert_eq!(relay.refusal(bob, answer("alice", true)), NackCode::Unknown);
}

#[test]
fn friends_oneself_and_accounts_that_are_not_there_cannot_be_asked() {
    let (mut relay, alice, bob) = two();
    relay.befriend("alice", "bob");
    assert_eq!(relay.refusal(alice, ask("bob", "")), NackCode::Conflict);
    assert_eq!(relay.refusal(alice, ask("alice", "")), NackCode::Conflict);
    for name in ["nobody", ""] {
        assert_eq!(relay.refusal(alice, ask(name, "")), NackCode::Unknown);
        assert_eq!(relay.refusal(alice, answer(name, true)), NackCode::Unknown);
    }
    assert_eq!(relay.refusal(bob, answer("alice", false)), NackCode::Unknown);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM stamp"), 0, "a refusal has written nothing");
}

#[test]
fn after_a_refusal_nobody_is_asked_again_for_7_days_but_may_ask_himself() {
    let (mut relay, alice, bob) = two();
    relay.wish(alice, ask("bob", "")).unwrap();
    relay.now += 1_000;
    relay.wish(bob, answer("alice", false)).unwrap();
    assert_eq!(said(&relay.rows(alice, 1)), ["2 answer bob theirs false"]);
    assert_eq!(said(&relay.rows(bob, 1)), ["2 answer alice own false"]);
    relay.now += 7 * DAY - 1;
    let refused = relay.wish(alice, ask("bob", "please")).unwrap_err();
    assert_eq!(refused, Refused { code: NackCode::Rate, retry_ms: Some(1) });
    relay.now += 1;
    relay.wish(alice, ask("bob", "please")).unwrap();
    relay.wish(bob, answer("alice", false)).unwrap();
    relay.wish(bob, ask("alice", "now I do")).unwrap();
    relay.wish(alice, answer("bob", true)).unwrap();
    assert_eq!(relay.list(alice).len(), 1);
}

#[test]
fn an_account_asks_20_times_in_any_24_hours() {
    let (mut relay, alice, _) = two();
    for n in 0..21 {
        relay.account(&format!("n{n}"));
    }
    for n in 0..20 {
        relay.wish(alice, ask(&format!("n{n}"), "")).unwrap();
        relay.now += 1_000;
    }
    let refused = relay.wish(alice, ask("n20", "")).unwrap_err();
    let retry_ms = Some(u64::try_from(DAY - 20_000).unwrap());
    assert_eq!(refused, Refused { code: NackCode::Rate, retry_ms });
    // What is open already may be said again; a new note counts.
    relay.wish(alice, ask("n0", "")).unwrap();
    assert_eq!(relay.refusal(alice, ask("n0", "other")), NackCode::Rate);
    relay.now += DAY - 20_000;
    relay.wish(alice, ask("n20", "")).unwrap();
    assert_eq!(relay.refusal(alice, ask("bob", "")), NackCode::Rate);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM stamp"), 20);
    // A clock that was set back locks nobody out for long.
    relay.now -= 30 * DAY;
    relay.wish(alice, ask("bob", "")).unwrap();
}

#[test]
fn no_more_than_500_requests_are_open_and_the_oldest_gives_way() {
    let (mut relay, alice, _) = two();
    let mut first = 0;
    for n in 0..501 {
        let from = relay.account(&format!("n{n:03}"));
        first = if n == 0 { from } else { first };
        relay.now += 1;
        relay.wish(from, ask("alice", "")).unwrap();
    }
    let open = "SELECT count(*) FROM request WHERE state = 0";
    assert_eq!(relay.sql::<i64>(open), 500);
    assert_eq!(said(&relay.rows(first, 1)), ["2 answer alice theirs false"]);
    assert_eq!(said(&relay.rows(alice, 500))[0], "501 answer n000 own false");
}

#[test]
fn a_full_list_takes_no_friend() {
    let (mut relay, alice, bob) = two();
    relay.account("carl");
    relay.befriend("alice", "carl");
    relay.wish(bob, ask("alice", "")).unwrap();
    let change = |account, wish| Change {
        account,
        wish,
        friends_max: 1,
        groups_max: 1,
        requests_per_day: 20,
        now_ms: NOW,
    };
    let refused = relay.changed(change(alice, answer("bob", true))).unwrap_err();
    assert_eq!(refused.code, NackCode::Forbidden);
    assert_eq!(said(&relay.rows(bob, 0)), ["1 request alice own: "]);
    relay.wish(alice, answer("bob", true)).unwrap();
}

#[test]
fn the_end_of_a_friendship_is_told_to_both_and_forgets_what_was_private() {
    let (mut relay, alice, bob) = two();
    relay.befriend("alice", "bob");
    relay.wish(alice, Wish::GroupAdd { group: "同学".into() }).unwrap();
    relay.wish(alice, Wish::Move { other: "bob".into(), group: "同学".into() }).unwrap();
    relay.wish(alice, Wish::Rename { other: "bob".into(), remark: "x".into() }).unwrap();
    for _ in 0..6 {
        relay.chat(alice, "bob").unwrap();
    }
    relay.wish(bob, gone("alice")).unwrap();
    assert_eq!(said(&relay.rows(bob, 7)), ["8 gone alice"]);
    assert_eq!(relay.list(alice), []);
    // They are strangers again: five chats.
    for _ in 0..5 {
        relay.chat(alice, "bob").unwrap();
    }
    assert_eq!(relay.chat(alice, "bob"), Err(NackCode::Unknown));
    relay.befriend("alice", "bob");
    let list = relay.entries(alice, Behind::Friend(None), true, 10);
    assert_eq!(listed(&list), ["Friend bob in None as "]);
}

#[test]
fn a_stranger_leaves_ones_own_list_only() {
    let (mut relay, alice, bob) = two();
    relay.chat(bob, "alice").unwrap();
    relay.chat(alice, "bob").unwrap();
    let done = relay.wish(alice, gone("bob")).unwrap();
    assert_eq!((done.rows.len(), relay.list(alice)), (1, vec![]));
    assert_eq!(relay.list(bob), [(FriendKind::Stranger, "alice".into())]);
    relay.chat(bob, "alice").unwrap();
    assert_eq!(relay.list(alice), [(FriendKind::Stranger, "bob".into())]);
}

#[test]
fn an_account_that_is_removed_takes_its_requests_along() {
    let (mut relay, alice, bob) = two();
    let carl = relay.account("carl");
    relay.wish(alice, ask("bob", "")).unwrap();
    relay.wish(carl, ask("alice", "")).unwrap();
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    assert_eq!(said(&relay.rows(bob, 1)), ["2 answer alice own false"]);
    assert_eq!(said(&relay.rows(carl, 1)), ["2 answer alice theirs false"]);
    assert_eq!(relay.entries(bob, Behind::Group(None), true, 10), []);
    // Somebody else may have the name, and is asked anew.
    relay.account("alice");
    relay.wish(carl, ask("alice", "")).unwrap();
}
