//! Looking back through a conversation.

use super::*;

fn history(account: AccountId, with: With, before: Option<u64>, count: u32) -> History {
    History { account, with, before, count, bytes: 64 * 1_024 }
}

fn page(relay: &mut Relay, asked: History) -> Option<Page> {
    match relay.ask(Op::History(asked)) {
        Done::History(page) => page,
        other => panic!("{other:?}"),
    }
}

fn cseqs(page: &Page) -> Vec<u64> {
    page.messages.iter().map(|message| message.cseq).collect()
}

#[test]
fn pages_follow_one_another_to_the_first_message() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    let empty = page(&mut relay, history(bob, With::Account("alice".into()), None, 5)).unwrap();
    assert_eq!(empty, Page { conv: None, messages: Vec::new(), more: false });
    for _ in 0..6 {
        relay.chat(alice, "bob").unwrap();
        relay.chat(bob, "alice").unwrap();
    }
    let newest = page(&mut relay, history(bob, With::Account("alice".into()), None, 5)).unwrap();
    assert_eq!((cseqs(&newest), newest.more), (vec![8, 9, 10, 11, 12], true));
    assert_eq!((newest.messages[0].from.as_str(), newest.messages[0].to.as_str()), ("bob", "alice"));
    let conv = newest.conv.unwrap();
    assert_eq!(newest.messages[0].conv, conv);
    let next = page(&mut relay, history(alice, With::Conv(conv.clone()), Some(8), 5)).unwrap();
    assert_eq!((cseqs(&next), next.more), (vec![3, 4, 5, 6, 7], true));
    let last = page(&mut relay, history(alice, With::Conv(conv.clone()), Some(3), 2)).unwrap();
    assert_eq!((cseqs(&last), last.more), (vec![1, 2], false));
    let before_all = page(&mut relay, history(alice, With::Conv(conv.clone()), Some(0), 2)).unwrap();
    assert_eq!((cseqs(&before_all), before_all.more), (vec![], false));
    let all = page(&mut relay, history(alice, With::Conv(conv), Some(u64::MAX), 200)).unwrap();
    assert_eq!((all.messages.len(), all.more), (12, false));
}

#[test]
fn a_page_ends_with_the_message_that_makes_it_too_long_and_has_one_at_least() {
    let mut relay = Relay::new();
    let (alice, _) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    for n in 0..4 {
        let content = "x".repeat(40_000);
        relay.submit(Submit { content, ..chat(alice, "bob", &format!("m{n}")) }).unwrap();
    }
    let asked = history(alice, With::Account("bob".into()), None, 50);
    let two = page(&mut relay, asked.clone()).unwrap();
    assert_eq!((cseqs(&two), two.more), (vec![3, 4], true));
    let one = page(&mut relay, History { bytes: 0, ..asked }).unwrap();
    assert_eq!((cseqs(&one), one.more), (vec![4], true));
}

#[test]
fn only_members_look_back_friends_or_not() {
    let mut relay = Relay::new();
    let (alice, bob, mallory) = (relay.account("alice"), relay.account("bob"), relay.account("mallory"));
    relay.befriend("alice", "bob");
    let conv = relay.chat(alice, "bob").unwrap().conv;
    assert_eq!(page(&mut relay, history(mallory, With::Conv(conv.clone()), None, 5)), None);
    for name in ["alice", "nobody"] {
        assert_eq!(page(&mut relay, history(mallory, With::Account(name.into()), None, 5)), None);
    }
    for name in ["", "zzz", "0000000000000000"] {
        assert_eq!(page(&mut relay, history(alice, With::Conv(name.into()), None, 5)), None);
    }
    relay.admin(AdminOp::FriendRemove { a: "alice".into(), b: "bob".into(), now_ms: NOW }).unwrap();
    assert!(page(&mut relay, history(bob, With::Account("alice".into()), None, 5)).is_some());
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    let left = page(&mut relay, history(bob, With::Conv(conv), None, 5)).unwrap();
    assert_eq!((left.messages.len(), left.messages[0].from.as_str()), (1, "alice"));
    // A new account of that name has not written what the old one wrote.
    relay.account("alice");
    assert_eq!(page(&mut relay, history(bob, With::Account("alice".into()), None, 5)), None);
}
