//! A message's way from the outbox to the friend, and what the relay's rows do to it.

use super::*;

#[test]
fn a_queued_message_waits_in_the_outbox_until_the_relay_has_it() {
    let mut conn = alice();
    let first = Message { re: Some("m0".into()), body: Some("AQID".into()), ..message("m1", "alice", "bob") };
    assert!(matches!(say(&mut conn, Op::Queue(first.clone())), Done::Queued { known: false, .. }));
    say(&mut conn, Op::Queue(message("m2", "alice", "bob")));
    let outbox = load(&mut conn).outbox;
    assert_eq!(ids(&outbox), ["m1", "m2"]);
    assert_eq!(outbox[0], first);

    say(&mut conn, ack("m1", 1));
    assert_eq!(ids(&load(&mut conn).outbox), ["m2"]);
    let stored = find(&mut conn, "m1");
    assert_eq!((stored.state, stored.conv.as_deref(), stored.cseq), (State::Acked, Some("c1"), Some(1)));
    assert_eq!(stored.ts, "2026-01-31T09:30:01.000Z");
    assert_eq!(load(&mut conn).undelivered, [("c1".into(), 1, "m1".into(), "bob".into())]);
}

#[test]
fn the_same_id_again_changes_nothing_and_answers_what_is_there() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, ack("m1", 1));
    let other = Message { text: "other".into(), ..message("m1", "alice", "bob") };
    let Done::Queued { message, known: true } = say(&mut conn, Op::Queue(other)) else { panic!() };
    assert_eq!((message.text.as_str(), message.state), ("text of m1", State::Acked));
    assert!(load(&mut conn).outbox.is_empty());
}

#[test]
fn a_failed_message_leaves_the_outbox_and_says_why() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, Op::Failed { id: "m1".into(), reason: "unknown".into() });
    let stored = find(&mut conn, "m1");
    assert_eq!((stored.state, stored.reason.as_deref()), (State::Failed, Some("unknown")));
    assert!(load(&mut conn).outbox.is_empty());
}

#[test]
fn what_the_relay_has_acknowledged_cannot_fail() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, ack("m1", 1));
    say(&mut conn, Op::Failed { id: "m1".into(), reason: "unknown".into() });
    assert_eq!(find(&mut conn, "m1").state, State::Acked);
}

#[test]
fn a_received_message_is_new_and_unread_once_and_moves_the_cursor() {
    let mut conn = alice();
    assert_eq!(received(say(&mut conn, row(1, 1, message("m1", "bob", "alice")))), (true, true));
    assert_eq!(received(say(&mut conn, row(1, 1, message("m1", "bob", "alice")))), (false, false));
    let loaded = load(&mut conn);
    assert_eq!(loaded.account.unwrap().cursor, 1);
    assert_eq!(loaded.unread, [("bob".to_owned(), 1)]);
    assert_eq!(history(&mut conn, "bob").len(), 1);
}

#[test]
fn ones_own_message_that_comes_back_is_not_new_and_counts_as_the_ack() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    assert_eq!(received(say(&mut conn, row(1, 1, message("m1", "alice", "bob")))), (false, false));
    let stored = find(&mut conn, "m1");
    assert_eq!((stored.state, stored.seq, stored.cseq), (State::Acked, Some(1), Some(1)));
    assert!(load(&mut conn).outbox.is_empty());
}

#[test]
fn ones_own_message_from_another_device_is_new_and_not_unread() {
    let mut conn = alice();
    assert_eq!(received(say(&mut conn, row(1, 1, message("m1", "alice", "bob")))), (true, false));
    assert_eq!(ids(&history(&mut conn, "bob")), ["m1"]);
    assert!(load(&mut conn).unread.is_empty());
}

#[test]
fn a_note_to_oneself_is_never_unread() {
    let mut conn = alice();
    assert_eq!(received(say(&mut conn, row(1, 1, message("m1", "alice", "alice")))), (true, false));
    assert_eq!(arrived(say(&mut conn, mark("alice", 1))), ["m1"]);
}

#[test]
fn two_senders_may_use_the_same_id() {
    let mut conn = alice();
    assert_eq!(received(say(&mut conn, row(1, 1, message("same", "bob", "alice")))), (true, true));
    assert_eq!(received(say(&mut conn, row(2, 1, message("same", "carol", "alice")))), (true, true));
    say(&mut conn, Op::Queue(message("same", "alice", "dave")));
    assert_eq!(find(&mut conn, "same").from, "alice");
    assert_eq!(history(&mut conn, "carol").len(), 1);
}

#[test]
fn an_id_that_comes_again_with_another_text_or_conversation_is_a_message_of_its_own() {
    let mut conn = alice();
    let first = message("k1", "bob", "alice");
    assert_eq!(received(say(&mut conn, row(1, 1, first.clone()))), (true, true));
    let other = Message { text: "another text".into(), ..first.clone() };
    assert_eq!(received(say(&mut conn, row(2, 2, other.clone()))), (true, true));
    assert_eq!(received(say(&mut conn, row(2, 2, other))), (false, false), "and is known then");
    let kind = Message { kind: "poke".into(), ..first.clone() };
    assert_eq!(received(say(&mut conn, row(3, 3, kind))), (true, true));
    // Bob's account was made anew: another conversation, the same words.
    let conv = Some("c2".to_owned());
    let anew = Message { conv, cseq: Some(1), seq: Some(4), state: State::Acked, ..first };
    let op = Op::Receive { seq: 4, row: Row::Chat(Box::new(anew)) };
    assert_eq!(received(say(&mut conn, op.clone())), (true, true));
    assert_eq!(received(say(&mut conn, op)), (false, false));
    assert_eq!(history(&mut conn, "bob").len(), 4);
}

#[test]
fn after_another_epoch_a_message_is_known_by_its_content_in_whatever_conversation_it_is_now() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("k1", "bob", "alice")));
    say(&mut conn, row(2, 2, message("k2", "bob", "alice")));
    say(&mut conn, Op::SaveAccount(Account { epoch: "second".into(), ..account("alice") }));
    let replay = |seq, id: &str, text: &str| {
        let conv = Some("c9".to_owned());
        let message = Message { text: text.into(), ..message(id, "bob", "alice") };
        let message = Message { conv, cseq: Some(seq), seq: Some(seq), state: State::Acked, ..message };
        Op::Receive { seq, row: Row::Chat(Box::new(message)) }
    };
    assert_eq!(received(say(&mut conn, replay(1, "k1", "text of k1"))), (false, false));
    assert_eq!(received(say(&mut conn, replay(2, "k2", "the key was used anew"))), (true, true));
    assert_eq!(received(say(&mut conn, replay(2, "k2", "the key was used anew"))), (false, false));
    let found = history(&mut conn, "bob");
    assert_eq!(ids(&found), ["k1", "k2", "k2"]);
    assert_eq!((found[0].seq, found[0].conv.as_deref(), found[1].seq), (Some(1), Some("c9"), None));
}

#[test]
fn an_own_id_that_was_used_elsewhere_for_another_text_leaves_ones_own_message_in_the_outbox() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("k1", "alice", "bob")));
    let other = Message { text: "from another device".into(), ..message("k1", "alice", "bob") };
    assert_eq!(received(say(&mut conn, row(1, 1, other))), (true, false));
    assert_eq!(ids(&load(&mut conn).outbox), ["k1"]);
    say(&mut conn, Op::Failed { id: "k1".into(), reason: "conflict".into() });
    let states: Vec<State> = history(&mut conn, "bob").iter().map(|message| message.state).collect();
    assert_eq!(states, [State::Failed, State::Acked]);
}

#[test]
fn a_mark_delivers_the_friends_messages_up_to_it_and_never_goes_back() {
    let mut conn = alice();
    for (cseq, id) in (1..).zip(["m1", "m2", "m3"]) {
        say(&mut conn, Op::Queue(message(id, "alice", "bob")));
        say(&mut conn, ack(id, cseq));
    }
    assert_eq!(arrived(say(&mut conn, mark("bob", 2))), ["m1", "m2"]);
    assert!(arrived(say(&mut conn, mark("bob", 2))).is_empty());
    assert!(arrived(say(&mut conn, mark("bob", 1))).is_empty());
    assert_eq!(find(&mut conn, "m2").state, State::Delivered);
    assert_eq!(find(&mut conn, "m3").state, State::Acked);
    assert_eq!(arrived(say(&mut conn, ack("m2", 2))), ["m2"], "an ack never takes it back");
    assert_eq!(find(&mut conn, "m2").state, State::Delivered);
}

#[test]
fn somebody_elses_mark_delivers_nothing() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, ack("m1", 1));
    assert!(arrived(say(&mut conn, mark("alice", 9))).is_empty());
    assert_eq!(find(&mut conn, "m1").state, State::Acked);
}

#[test]
fn a_mark_that_overtakes_the_ack_counts_and_is_told_with_it() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    assert!(arrived(say(&mut conn, mark("bob", 1))).is_empty());
    say(&mut conn, row(1, 1, message("m1", "alice", "bob")));
    assert_eq!(find(&mut conn, "m1").state, State::Delivered);
    assert!(load(&mut conn).undelivered.is_empty());
    assert_eq!(arrived(say(&mut conn, ack("m1", 1))), ["m1"]);
    assert!(arrived(say(&mut conn, mark("bob", 1))).is_empty(), "told once");

    say(&mut conn, mark("bob", 5));
    say(&mut conn, mark("bob", 2));
    say(&mut conn, Op::Queue(message("m2", "alice", "bob")));
    assert_eq!(arrived(say(&mut conn, ack("m2", 5))), ["m2"], "a mark never goes back");
}

#[test]
fn without_an_ack_the_next_mark_tells_what_the_last_one_knew() {
    let mut conn = alice();
    say(&mut conn, mark("bob", 1));
    say(&mut conn, row(1, 1, message("m1", "alice", "bob")));
    assert_eq!(find(&mut conn, "m1").state, State::Delivered);
    assert_eq!(arrived(say(&mut conn, mark("bob", 2))), ["m1"]);
}

#[test]
fn the_order_is_the_conversations_even_for_what_was_queued_before() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("mine1", "alice", "bob")));
    say(&mut conn, Op::Queue(message("mine2", "alice", "bob")));
    say(&mut conn, row(1, 1, message("his", "bob", "alice")));
    say(&mut conn, ack("mine1", 2));
    say(&mut conn, ack("mine2", 3));
    assert_eq!(ids(&history(&mut conn, "bob")), ["his", "mine1", "mine2"]);
}

#[test]
fn what_is_unknown_is_kept_as_it_came_and_passed() {
    let mut conn = alice();
    let raw = b"<msg><type>party</type><seq>7</seq></msg>".to_vec();
    let op = Op::Receive { seq: 7, row: Row::Unknown { raw: raw.clone() } };
    assert_eq!(received(say(&mut conn, op)), (false, false));
    let kept: Vec<u8> = conn.query_row("SELECT stanza FROM raw WHERE seq = 7", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, raw);
    say(&mut conn, Op::Receive { seq: 9, row: Row::Gap { from: 8, to: 9 } });
    assert_eq!(load(&mut conn).account.unwrap().cursor, 9);
}

#[test]
fn any_text_comes_back_as_it_was() {
    let mut conn = alice();
    let text = "nul \0, 'quote', emoji 👋, bidi \u{202e}, \u{10ffff}";
    say(&mut conn, Op::Queue(Message { text: text.into(), ..message("m1", "alice", "bob") }));
    assert_eq!(find(&mut conn, "m1").text, text);
}
