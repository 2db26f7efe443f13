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
    Op::Mark { kind: MarkKind::Delivered, account, conv: conv.into(), cseq, is_hidden: false }
}

fn read(account: AccountId, conv: &str, cseq: u64) -> Op {
    Op::Mark { kind: MarkKind::Read, account, conv: conv.into(), cseq, is_hidden: false }
}

fn hidden(op: Op) -> Op {
    match op {
        Op::Mark { kind, account, conv, cseq, .. } => Op::Mark { kind, account, conv, cseq, is_hidden: true },
        Op::SeedCursor { account, seq, .. } => Op::SeedCursor { account, seq, is_hidden: true },
        other => panic!("{other:?}"),
    }
}

/// What a device that resumes there hears of marks; none: a new device.
fn at_login(relay: &mut Relay, account: AccountId, resume: Option<Seq>) -> Vec<(MarkKind, AccountId, u64)> {
    let epoch = inbox_epoch(relay.store.epoch(), account);
    let mut begin = login(account, None, 1);
    let device = begin.device.as_mut().unwrap();
    (device.resume, device.epoch) = (resume, Some(epoch));
    relay.begin(begin).unwrap().marks.iter().map(|m| (m.kind, m.account, m.cseq)).collect()
}

#[test]
fn a_delivered_mark_moves_forward_only_and_all_members_are_told() {
    let (mut relay, alice, bob, conv) = two_chats();
    let mark = |cseq| Mark {
        kind: MarkKind::Delivered,
        conv: conv.clone(),
        account: bob,
        name: "bob".into(),
        cseq,
        tell: vec![alice, bob],
    };
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
    let cursor = |seq| Op::SeedCursor { account: bob, seq, is_hidden: false };
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
    relay.ask(Op::SeedCursor { account: bob, seq: u64::MAX, is_hidden: false });
    relay.ask(Op::Recv { account: bob, device: "d".into(), seq: u64::MAX });
    assert_eq!(relay.sql::<i64>("SELECT seed_cursor FROM inbox_state WHERE account = 2"), 3);
    relay.chat(alice, "bob").unwrap();
    let moved = relay.marked(Op::SeedCursor { account: bob, seq: 4, is_hidden: false });
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
    assert_eq!(relay.marked(Op::SeedCursor { account: bob, seq: 3, is_hidden: false }), []);
}

#[test]
fn a_device_hears_at_login_of_the_marks_that_moved_since_it_left() {
    let (mut relay, alice, bob, conv) = two_chats();
    let since = |relay: &mut Relay, account, resume| {
        let marks = at_login(relay, account, Some(resume));
        marks.into_iter().map(|(_, account, cseq)| (account, cseq)).collect::<Vec<_>>()
    };
    relay.marked(delivered(bob, &conv, 1));
    assert_eq!(since(&mut relay, alice, 3), [(bob, 1)], "it may have gone while the head was the same");
    assert_eq!(since(&mut relay, alice, 2), [(bob, 1)]);
    relay.chat(alice, "bob").unwrap();
    assert_eq!(since(&mut relay, alice, 4), [], "it saw row 4, which came after the mark");
    assert_eq!(since(&mut relay, bob, 0), [], "one's own mark is no news");
    relay.marked(delivered(bob, &conv, 3));
    assert_eq!(since(&mut relay, alice, 4), [(bob, 3)]);
    assert_eq!(at_login(&mut relay, alice, None), [(MarkKind::Delivered, bob, 3)]);
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

#[test]
fn a_read_mark_is_a_delivered_one_too_and_reaches_the_readers_own_devices() {
    let (mut relay, alice, bob, conv) = two_chats();
    let moved = relay.marked(read(bob, &conv, 2));
    let mark = Mark {
        kind: MarkKind::Read,
        conv: conv.clone(),
        account: bob,
        name: "bob".into(),
        cseq: 2,
        tell: vec![alice, bob],
    };
    assert_eq!(moved, [mark]);
    assert_eq!(relay.marked(read(bob, &conv, 1)), []);
    assert_eq!(relay.marked(delivered(bob, &conv, 2)), [], "what was read was delivered");
    assert_eq!(
        at_login(&mut relay, alice, Some(3)),
        [(MarkKind::Delivered, bob, 2), (MarkKind::Read, bob, 2)]
    );
    assert_eq!(at_login(&mut relay, bob, Some(3)), [(MarkKind::Read, bob, 2)]);
    relay.chat(alice, "bob").unwrap();
    assert_eq!(at_login(&mut relay, bob, Some(4)), [], "it saw row 4, which came after the mark");
    assert_eq!(at_login(&mut relay, bob, Some(3)), [(MarkKind::Read, bob, 2)]);
}

#[test]
fn a_new_device_hears_old_marks_of_the_conversations_in_its_rows() {
    let (mut relay, alice, bob, conv) = two_chats();
    let carol = relay.account("carol");
    let other = relay.chat(carol, "bob").unwrap().conv;
    relay.marked(read(bob, &conv, 1));
    relay.marked(read(bob, &other, 1));
    // So much later that neither the marks nor carol's chat is among the newest rows.
    for _ in 0..1_100 {
        relay.chat(alice, "bob").unwrap();
    }
    assert_eq!(at_login(&mut relay, bob, None), [(MarkKind::Read, bob, 1)]);
    assert_eq!(at_login(&mut relay, alice, None), [(MarkKind::Delivered, bob, 1), (MarkKind::Read, bob, 1)]);
    assert_eq!(at_login(&mut relay, bob, Some(1_000)), []);
}

#[test]
fn a_stranger_is_not_told_what_was_read() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    let conv = relay.chat(alice, "bob").unwrap().conv;
    assert_eq!(relay.marked(read(bob, &conv, 1))[0].tell, [bob]);
    assert_eq!(at_login(&mut relay, alice, Some(0)), [(MarkKind::Delivered, bob, 1)]);
    assert_eq!(at_login(&mut relay, alice, None), [(MarkKind::Delivered, bob, 1)]);
    assert_eq!(at_login(&mut relay, bob, Some(0)), [(MarkKind::Read, bob, 1)]);
}

#[test]
fn marks_of_an_invisible_account_are_kept_from_the_other_until_they_are_revealed() {
    let (mut relay, alice, bob, conv) = two_chats();
    relay.marked(delivered(bob, &conv, 1));
    let moved = relay.marked(hidden(read(bob, &conv, 2)));
    assert_eq!((moved.len(), &moved[0].tell), (1, &vec![bob]));
    assert_eq!(at_login(&mut relay, alice, Some(0)), [(MarkKind::Delivered, bob, 1)]);
    assert_eq!(at_login(&mut relay, alice, None), [(MarkKind::Delivered, bob, 1)]);
    assert_eq!(at_login(&mut relay, bob, None), [(MarkKind::Read, bob, 2)], "his own devices know");
    assert!(relay.begin(login(bob, None, 1)).unwrap().has_hidden_marks);
    assert!(!relay.begin(login(alice, None, 1)).unwrap().has_hidden_marks);
    let mut told: Vec<_> = relay
        .marked(Op::Reveal { account: bob })
        .into_iter()
        .map(|mark| (mark.kind, mark.cseq, mark.tell))
        .collect();
    told.sort();
    assert_eq!(told, [(MarkKind::Delivered, 2, vec![alice]), (MarkKind::Read, 2, vec![alice])]);
    assert_eq!(relay.marked(Op::Reveal { account: bob }), []);
    assert!(!relay.begin(login(bob, None, 1)).unwrap().has_hidden_marks);
    let both = [(MarkKind::Delivered, bob, 2), (MarkKind::Read, bob, 2)];
    assert_eq!(at_login(&mut relay, alice, Some(3)), both, "revealed now, so it is newer than what she has");
}

#[test]
fn what_a_seed_client_of_an_invisible_account_got_is_hidden_too() {
    let (mut relay, alice, bob, _) = two_chats();
    let moved = relay.marked(hidden(Op::SeedCursor { account: bob, seq: 3, is_hidden: false }));
    assert_eq!((moved[0].cseq, &moved[0].tell), (2, &vec![bob]));
    assert_eq!(at_login(&mut relay, alice, Some(0)), []);
    assert_eq!(relay.marked(Op::Reveal { account: bob })[0].tell, [alice]);
}
