//! The submit rule, each outcome.

use relay_schema::{Body, NackCode};

use super::*;

#[test]
fn a_chat_to_a_friend_gets_a_row_in_both_inboxes_and_its_numbers() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    let first = relay.submit(chat(alice, "bob", "m1")).unwrap();
    let second = relay.submit(chat(bob, "alice", "m2")).unwrap();
    assert_eq!((first.duplicate, first.to, first.seq, first.cseq, first.ts_ms), (false, bob, 2, 1, NOW));
    assert_eq!((second.to, second.seq, second.cseq), (alice, 3, 2));
    assert_eq!(first.conv, second.conv);
    assert_eq!(said(&relay.rows(alice, 1)), ["2 chat alice -> bob: m1", "3 chat bob -> alice: m2"]);
    assert_eq!(said(&relay.rows(bob, 1)), ["2 chat alice -> bob: m1", "3 chat bob -> alice: m2"]);
}

#[test]
fn the_answer_carries_the_very_rows_that_a_reader_gets() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    let full = Submit {
        kind: Some("call".into()),
        re: Some(id("before")),
        body: Some(Body(vec![0, 1, 255])),
        content: "敲敲 \u{0} <&> 👋🏽".into(),
        ..chat(alice, "bob", "m1")
    };
    let done = relay.submit(full.clone()).unwrap();
    for account in [alice, bob] {
        let told: Vec<Row> =
            done.rows.iter().filter(|(a, _)| *a == account).map(|(_, row)| row.clone()).collect();
        assert_eq!(told, relay.rows(account, 0));
    }
    let Some(Item::Chat(shared)) = done.rows.last().map(|(_, row)| row.item.clone()) else { panic!() };
    let message = Message::clone(&shared);
    assert_eq!(
        (message.content, message.kind, message.re, message.body),
        (full.content, full.kind, full.re, full.body)
    );
    assert_eq!((message.conv, message.cseq, message.ts_ms), (done.conv, done.cseq, done.ts_ms));
}

#[test]
fn the_same_chat_again_gets_the_same_answer_and_no_row() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    let full = Submit {
        kind: Some("k".into()),
        re: Some(id("r")),
        body: Some(Body(vec![7])),
        ..chat(alice, "bob", "m1")
    };
    let first = relay.submit(full.clone()).unwrap();
    relay.chat(bob, "alice").unwrap();
    let again =
        relay.submit(Submit { now_ms: NOW + DAY, require_online: true, is_online: false, ..full }).unwrap();
    assert_eq!(again, Submitted { duplicate: true, rows: Vec::new(), ..first });
    assert_eq!(relay.rows(bob, 1).len(), 2);
}

#[test]
fn the_same_id_with_anything_else_in_it_is_a_conflict() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.account("bob");
    relay.account("carol");
    let full = Submit {
        kind: Some("k".into()),
        re: Some(id("r")),
        body: Some(Body(vec![7])),
        ..chat(alice, "bob", "m1")
    };
    relay.submit(full.clone()).unwrap();
    for other in [
        Submit { to: "carol".into(), ..full.clone() },
        Submit { to: "nobody".into(), ..full.clone() },
        Submit { content: "else".into(), ..full.clone() },
        Submit { kind: None, ..full.clone() },
        Submit { re: Some(id("s")), ..full.clone() },
        Submit { re: None, ..full.clone() },
        Submit { body: Some(Body(vec![8])), ..full.clone() },
        Submit { body: None, ..full },
    ] {
        assert_eq!(relay.submit(other.clone()), Err(NackCode::Conflict), "{other:?}");
    }
    assert_eq!(relay.rows(alice, 0).len(), 1);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM conv"), 1, "a refusal leaves no conversation behind");
}

#[test]
fn two_senders_may_use_the_same_id() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    assert!(!relay.submit(chat(alice, "bob", "m")).unwrap().duplicate);
    assert!(!relay.submit(chat(bob, "alice", "m")).unwrap().duplicate);
}

#[test]
fn an_unknown_or_removed_recipient_is_unknown() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.account("bob");
    relay.befriend("alice", "bob");
    assert_eq!(relay.chat(alice, "nobody"), Err(NackCode::Unknown));
    relay.admin(AdminOp::AccountRemove { name: "bob".into(), now_ms: NOW }).unwrap();
    assert_eq!(relay.chat(alice, "bob"), Err(NackCode::Unknown));
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM message"), 0);
}

#[test]
fn a_chat_stored_before_its_recipient_was_removed_is_still_a_duplicate() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.account("bob");
    let first = relay.submit(chat(alice, "bob", "m1")).unwrap();
    relay.admin(AdminOp::AccountRemove { name: "bob".into(), now_ms: NOW }).unwrap();
    let again = relay.submit(chat(alice, "bob", "m1")).unwrap();
    assert_eq!((again.duplicate, again.seq), (true, first.seq));
}

#[test]
fn a_removed_account_sends_nothing_more() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.account("bob");
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    assert_eq!(relay.chat(alice, "bob"), Err(NackCode::Forbidden));
}

#[test]
fn a_note_to_oneself_gets_one_row_and_makes_no_stranger() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for n in 1..=7 {
        let done = relay.chat(alice, "alice").unwrap();
        assert_eq!((done.seq, done.cseq, done.to, done.rows.len()), (n, n, alice, 1));
    }
    assert_eq!(relay.list(alice), []);
}

#[test]
fn nothing_is_stored_for_a_chat_that_requires_somebody_on_line() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let bob = relay.account("bob");
    relay.befriend("alice", "bob");
    let (head, list) = (relay.rows(alice, 0), relay.list(bob));
    let asked = Submit { require_online: true, is_online: false, ..chat(alice, "bob", "m1") };
    assert_eq!(relay.submit(asked.clone()), Err(NackCode::Offline));
    assert_eq!(relay.submit(Submit { to: "nobody".into(), ..asked }), Err(NackCode::Unknown));
    assert_eq!((relay.rows(alice, 0), relay.list(bob)), (head, list));
    assert!(!relay.submit(chat(alice, "bob", "m1")).unwrap().duplicate);
}

#[test]
fn a_stranger_learns_nothing_of_presence_until_it_is_answered() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let bob = relay.account("bob");
    let ask = |is_online| Submit { require_online: true, is_online, ..chat(alice, "bob", "m1") };
    for is_online in [false, true] {
        assert_eq!(relay.submit(ask(is_online)), Err(NackCode::Unknown));
    }
    assert_eq!((relay.rows(alice, 0), relay.rows(bob, 0)), (vec![], vec![]));
    relay.chat(bob, "alice").unwrap();
    assert_eq!(relay.submit(ask(false)), Err(NackCode::Offline));
    assert!(!relay.submit(ask(true)).unwrap().duplicate);
}

#[test]
fn inboxes_of_both_orders_of_accounts_grow_by_exactly_one() {
    let mut relay = Relay::new();
    let ids: Vec<_> = ["a", "b", "c"].iter().map(|name| relay.account(name)).collect();
    for (x, y) in [("a", "b"), ("b", "c"), ("c", "a")] {
        relay.befriend(x, y);
    }
    for n in 0..60 {
        relay.chat(ids[n % 3], ["b", "c", "a", "c", "a", "b"][n % 6]).unwrap();
    }
    for account in ids {
        let seqs: Vec<Seq> = relay.rows(account, 0).iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_page_of_rows_is_short_only_at_the_end() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for _ in 0..5 {
        relay.chat(alice, "alice").unwrap();
    }
    let mut page = |after, count| match relay.ask(Op::Rows { account: alice, after, count }) {
        Done::Rows(rows) => rows.iter().map(|row| row.seq).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(page(0, 2), [1, 2]);
    assert_eq!(page(2, 2), [3, 4]);
    assert_eq!(page(4, 2), [5]);
    assert!(page(5, 2).is_empty());
    assert!(page(u64::MAX, 2).is_empty());
}
