//! What was read: by the friend, here, and on another device.

use super::*;
use ipc_schema::chat::{Read, Wait};
use relay_schema::{Pong, Read as Mark};

fn mark(account: &str, cseq: u64) -> Mark {
    Mark { conv: "c1".into(), cseq, account: Some(account.into()) }
}

fn read(daemon: &mut Daemon) -> Vec<Output> {
    daemon.ask(Read { to: None, peek: false })
}

/// The read marks that were said to the relay.
fn marks(outputs: &[Output]) -> Vec<(String, u64)> {
    let mark = |stanza: &&Stanza| match stanza {
        Stanza::Read(mark) => Some((mark.conv.clone(), mark.cseq)),
        _ => None,
    };
    sent(outputs).iter().filter_map(mark).collect()
}

#[test]
fn waiting_until_it_is_read_ends_when_the_friend_has_read_it() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(ipc_schema::chat::Send { wait: Some(Wait::Read), ..text("bob", "m1") });
    daemon.ask(ipc_schema::chat::Send { wait: Some(Wait::Delivered), ..text("bob", "m2") });
    daemon.hear(ack("m1", 1));
    daemon.hear(ack("m2", 2));
    let delivered = relay_schema::Delivered { conv: "c1".into(), cseq: 1, account: Some("bob".into()) };
    assert!(replies(&daemon.hear(delivered)).is_empty());
    let outputs = daemon.hear(mark("bob", 2));
    let states: Vec<_> =
        replies(&outputs).into_iter().map(|one| one.clone().unwrap()["state"].clone()).collect();
    assert_eq!(states, ["read", "read"], "what was read was delivered");
    assert_eq!(names(&outputs), ["chat.state", "chat.state", "chat.read"]);
    assert_eq!(events(&outputs)[2].event.data().unwrap()["by"], "bob");
    assert!(events(&daemon.hear(mark("bob", 2))).is_empty(), "known already");
    let again = daemon.ask(ipc_schema::chat::Send { wait: Some(Wait::Read), ..text("bob", "m1") });
    assert_eq!(reply(&again)["state"], "read");
}

#[test]
fn reading_here_is_one_mark_a_conversation_and_reading_again_none() {
    let mut daemon = Daemon::with_bob();
    for seq in 1..=3 {
        daemon.hear(from_bob(seq));
    }
    assert_eq!(marks(&read(&mut daemon)), [("c1".to_owned(), 3)]);
    assert_eq!(marks(&read(&mut daemon)), []);
    assert_eq!(marks(&daemon.ask(Read { to: None, peek: true })), []);
}

#[test]
fn a_mark_is_said_again_in_the_next_session_until_the_relay_has_answered_something_later() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(from_bob(1));
    read(&mut daemon);
    daemon.lost();
    assert_eq!(marks(&daemon.back(1)), [("c1".to_owned(), 1)]);
    let outputs = daemon.pass(Duration::from_secs(31));
    let mut pings = sent(&outputs).into_iter().filter_map(|stanza| match stanza {
        Stanza::Ping(ping) => Some(ping.id.clone()),
        _ => None,
    });
    let ping = pings.next_back().expect("after 30 s of silence");
    daemon.hear(Pong { id: id("other") });
    assert!(!daemon.ops.iter().any(|op| matches!(op, Op::Told(_))), "that answers nothing");
    daemon.hear(Pong { id: ping });
    assert!(daemon.ops.iter().any(|op| matches!(op, Op::Told(marks) if *marks == [("c1".to_owned(), 1)])));
    daemon.lost();
    assert_eq!(marks(&daemon.back(1)), []);
}

#[test]
fn what_was_read_while_the_relay_was_away_is_said_when_it_is_back_even_by_a_new_daemon() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(from_bob(1));
    daemon.lost();
    assert_eq!(marks(&read(&mut daemon)), []);
    let mut next = Daemon::on(daemon.disk.clone());
    next.open();
    assert_eq!(marks(&next.hear(welcome(1, 1))), [("c1".to_owned(), 1)]);
}

#[test]
fn what_another_device_has_read_is_cleared_here() {
    let mut daemon = Daemon::with_bob();
    for seq in 1..=3 {
        daemon.hear(from_bob(seq));
    }
    let outputs = daemon.hear(mark("alice", 2));
    assert_eq!(names(&outputs), ["chat.read", "unread.changed"]);
    let [read_event, unread] = &events(&outputs)[..] else { panic!() };
    assert_eq!(
        read_event.event.data().unwrap(),
        json!({"friend": "bob", "by": "alice", "conv": "c1", "cseq": 2})
    );
    assert_eq!(unread.event.data().unwrap()["total"], 1);
    assert!(events(&daemon.hear(mark("alice", 2))).is_empty());
    daemon.hear(mark("alice", 5));
    let outputs = daemon.hear(from_bob(4));
    assert_eq!(names(&outputs), ["chat.received"], "it was read before it came");
}

#[test]
fn a_flood_of_marks_is_few_transactions() {
    let mut daemon = Daemon::with_bob();
    daemon.hold();
    for cseq in 1..=1_000 {
        daemon.hear(mark("bob", cseq));
        daemon.hear(mark("alice", cseq));
    }
    let count = |daemon: &Daemon| {
        let marks = daemon.ops.iter();
        marks.filter(|op| matches!(op, Op::Delivered { .. } | Op::ReadElsewhere { .. })).count()
    };
    assert_eq!(count(&daemon), 2);
    daemon.release();
    assert_eq!(count(&daemon), 4);
}

#[test]
fn a_daemon_killed_before_its_receipt_says_it_in_its_first_session_and_only_there() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(from_bob(1));
    // Killed here: the row is on disk, and the relay has heard nothing of it.
    let mut next = Daemon::on(daemon.disk.clone());
    next.open();
    next.hear(welcome(1, 1));
    assert_eq!(words(&next.pass(Duration::from_millis(200))), ["recv", "delivered"]);
    next.lost();
    next.back(1);
    assert_eq!(words(&next.pass(Duration::from_millis(200))), [""; 0]);
}
