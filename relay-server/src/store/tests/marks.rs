//! Delivery marks and cursors.

use super::*;

/// alice and bob, friends, and two chats of alice to bob; bob's inbox: 1 friend, 2 chat, 3 chat.
fn two_chats() -> (Relay, AccountId, AccountId, String) {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    relay.chat(alice, "bob").unwrap();
    let conv = relay.chat(alice, "bob").unwrap().conv;
    (relay, alice, bob, conv)
}

fn delivered(account: AccountId, conv: &str, cseq: u64) -> Op {
    Op::Delivered { account, conv: conv.into(), cseq }
}

#[test]
fn a_delivered_mark_moves_forward_only_and_all_members_are_told() {
    let (mut relay, alice, bob, conv) = two_chats();
    let mark =
        |cseq| Mark { conv: conv.clone(), account: bob, name: "bob".into(), cseq, tell: vec![alice, bob] };
    assert_eq!(relay.marked(delivered(bob, &conv, 1)), [mark(1)]);
    assert_eq!(relay.marked(delivered(bob, &conv, 1)), []);
    assert_eq!(relay.marked(delivered(bob, &conv, 2)), [mark(2)]);
    assert_eq!(relay.marked(delivered(bob, &conv, 1)), []);
}

#[test]
fn a_mark_goes_no_further_than_the_conversation() {
    let (mut relay, _, bob, conv) = two_chats();
    assert_eq!(relay.marked(delivered(bob, &conv, u64::MAX))[0].cseq, 2);
    assert_eq!(relay.marked(delivered(bob, &conv, 0)), []);
}

#[test]
fn who_is_no_member_marks_nothing() {
    let (mut relay, _, bob, conv) = two_chats();
    let mallory = relay.account("mallory");
    assert_eq!(relay.marked(delivered(mallory, &conv, 1)), []);
    for no_conv in ["", "zzz", "0000000000000000"] {
        assert_eq!(relay.marked(delivered(bob, no_conv, 1)), []);
    }
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM mark"), 0);
}

#[test]
fn what_a_seed_client_got_is_marked_delivered_by_the_relay() {
    let (mut relay, alice, bob, conv) = two_chats();
    let carol = relay.account("carol");
    relay.chat(carol, "bob").unwrap();
    relay.chat(bob, "alice").unwrap();
    let cursor = |seq| Op::SeedCursor { account: bob, seq };
    let moved = relay.marked(cursor(2));
    assert_eq!((moved.len(), &moved[0].conv, moved[0].account, moved[0].cseq), (1, &conv, bob, 1));
    assert_eq!(moved[0].tell, [alice, bob]);
    assert_eq!(relay.marked(cursor(2)), []);
    assert_eq!(relay.marked(cursor(1)), []);
    let mut cseqs: Vec<_> = relay.marked(cursor(6)).iter().map(|m| m.cseq).collect();
    cseqs.sort_unstable();
    assert_eq!(cseqs, [1, 2]);
}

#[test]
fn the_seed_cursor_never_passes_the_head() {
    let (mut relay, alice, bob, conv) = two_chats();
    relay.ask(Op::SeedCursor { account: bob, seq: u64::MAX });
    relay.ask(Op::Recv { account: bob, device: "d".into(), seq: u64::MAX });
    assert_eq!(relay.sql::<i64>("SELECT seed_cursor FROM inbox_state WHERE account = 2"), 3);
    relay.chat(alice, "bob").unwrap();
    let moved = relay.marked(Op::SeedCursor { account: bob, seq: 4 });
    assert_eq!((moved[0].cseq, &moved[0].conv), (3, &conv));
}

#[test]
fn the_seed_cursor_follows_the_highest_recv_without_a_mark() {
    let (mut relay, _, bob, _) = two_chats();
    relay.begin(login(bob, None, 1)).unwrap();
    let recv = |device: &str, seq| Op::Recv { account: bob, device: device.into(), seq };
    assert_eq!(relay.ask(recv("d", 3)), Done::Nothing);
    relay.ask(recv("d", 2));
    relay.ask(recv("unknown", 1));
    assert_eq!(relay.sql::<i64>("SELECT cursor FROM device"), 3);
    assert_eq!(relay.begin(login(bob, Some(1), 2)).unwrap().seed_cursor, 3);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM mark"), 0);
    assert_eq!(relay.marked(Op::SeedCursor { account: bob, seq: 3 }), []);
}

#[test]
fn a_device_hears_at_login_of_the_marks_that_moved_since_it_left() {
    let (mut relay, alice, bob, conv) = two_chats();
    let epoch = relay.store.epoch().to_owned();
    let since = |relay: &mut Relay, account, resume| {
        let mut begin = login(account, None, 1);
        let device = begin.device.as_mut().unwrap();
        (device.resume, device.epoch) = (Some(resume), Some(epoch.clone()));
        relay.begin(begin).unwrap().marks.iter().map(|m| (m.account, m.cseq)).collect::<Vec<_>>()
    };
    relay.marked(delivered(bob, &conv, 1));
    assert_eq!(since(&mut relay, alice, 3), [(bob, 1)], "it may have gone while the head was the same");
    assert_eq!(since(&mut relay, alice, 2), [(bob, 1)]);
    relay.chat(alice, "bob").unwrap();
    assert_eq!(since(&mut relay, alice, 4), [], "it saw row 4, which came after the mark");
    assert_eq!(since(&mut relay, bob, 0), [], "one's own mark is no news");
    relay.marked(delivered(bob, &conv, 3));
    assert_eq!(since(&mut relay, alice, 4), [(bob, 3)]);
    let begun = relay.begin(login(alice, None, 9)).unwrap();
    assert_eq!(begun.marks[0].tell, [alice, bob]);
}

#[test]
fn one_may_mark_ones_own_notes() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let conv = relay.chat(alice, "alice").unwrap().conv;
    let moved = relay.marked(delivered(alice, &conv, 1));
    assert_eq!((moved[0].cseq, &moved[0].tell), (1, &vec![alice]));
    assert_eq!(relay.begin(login(alice, None, 1)).unwrap().marks, []);
}
