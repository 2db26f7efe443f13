//! What is told of a message's way, and a message that is sent again.

use super::*;
use crate::core::op::Step;

fn explained(conn: &mut Connection, id: &str) -> (Vec<String>, Vec<Step>) {
    match say(conn, Op::Explain { id: id.into() }) {
        Done::Explained { matches, steps } => {
            (matches.into_iter().map(|(_, message)| message.id).collect(), steps)
        }
        other => panic!("{other:?}"),
    }
}

/// `queued relay-away`, `acked`, …
fn steps(conn: &mut Connection, id: &str) -> Vec<String> {
    let steps = explained(conn, id).1;
    let word = |step: &Step| match (&step.reason, step.times) {
        (None, 1) => step.state.word().to_owned(),
        (Some(reason), 1) => format!("{} {reason}", step.state.word()),
        (reason, times) => format!("{} {} x{times}", step.state.word(), reason.as_deref().unwrap_or("-")),
    };
    steps.iter().map(word).collect()
}

fn note(id: &str, steps: &[(State, Option<&str>)]) -> Op {
    let step = |(state, reason): &(State, Option<&str>)| Step {
        ts: "2026-01-31T09:30:00.900Z".into(),
        state: *state,
        reason: reason.map(str::to_owned),
        times: 1,
    };
    Op::Note { id: id.into(), steps: steps.iter().map(step).collect() }
}

#[test]
fn a_message_that_waited_for_its_receiver_tells_its_way() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, note("m1", &[(State::Queued, Some("relay-away"))]));
    say(&mut conn, note("m1", &[(State::Sent, None), (State::Acked, Some("receiver-offline"))]));
    say(&mut conn, ack("m1", 1));
    say(&mut conn, mark("bob", 1));
    say(&mut conn, mark("bob", 1));
    assert_eq!(steps(&mut conn, "m1"), ["queued relay-away", "sent", "acked receiver-offline", "delivered"]);
    assert!(explained(&mut conn, "m1").1.iter().all(|step| step.ts.len() == 24 && step.ts.ends_with('Z')));
}

#[test]
fn a_received_message_arrives_and_is_read() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("m1", "bob", "alice")));
    say(&mut conn, row(2, 2, message("m2", "alice", "bob")));
    say(&mut conn, Op::Read { with: None, peek: false });
    assert_eq!(steps(&mut conn, "m1"), ["delivered", "read"]);
    assert_eq!(steps(&mut conn, "m2"), ["acked other-device"]);
}

#[test]
fn what_happens_again_and_again_is_counted_and_the_steps_are_bounded() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    for _ in 0..100 {
        say(&mut conn, note("m1", &[(State::Sent, Some("sent-again")), (State::Queued, Some("throttled"))]));
    }
    assert_eq!(steps(&mut conn, "m1"), ["queued", "sent sent-again x100", "queued throttled x100"]);
    for number in 0..100 {
        let reason = format!("r{number}");
        say(&mut conn, note("m1", &[(State::Sent, Some(&reason)), (State::Queued, Some("throttled"))]));
    }
    assert_eq!(steps(&mut conn, "m1").len(), 32);
}

#[test]
fn the_first_characters_of_an_id_are_enough_if_they_are_of_one() {
    let mut conn = alice();
    for id in ["abc1", "abc2", "abc", "b", "_x"] {
        say(&mut conn, Op::Queue(message(id, "alice", "bob")));
    }
    say(&mut conn, row(1, 1, message("b", "bob", "alice")));
    assert_eq!(explained(&mut conn, "abc1").0, ["abc1"]);
    assert_eq!(explained(&mut conn, "ab").0, ["abc", "abc1", "abc2"]);
    assert_eq!(explained(&mut conn, "abc").0, ["abc"], "the whole one");
    assert_eq!(explained(&mut conn, "b").0, ["b"]);
    assert_eq!(find(&mut conn, "b").from, "alice");
    assert_eq!(explained(&mut conn, "%").0, [""; 0]);
}

#[test]
fn one_that_failed_goes_again_behind_what_waits_and_no_other_does() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, Op::Failed { id: "m1".into(), reason: "too-big".into() });
    say(&mut conn, Op::Queue(message("m2", "alice", "bob")));
    let later = "2026-02-01T00:00:00.000Z";
    let retry = |id: &str| Op::Retry { id: id.into(), ts: later.into() };
    assert!(matches!(say(&mut conn, retry("m2")), Done::Explained { matches, .. } if matches.len() == 1));
    assert!(matches!(say(&mut conn, retry("x")), Done::Explained { matches, .. } if matches.is_empty()));
    match say(&mut conn, retry("m")) {
        Done::Queued { message, known: false } => {
            assert_eq!((message.state, message.reason, message.ts.as_str()), (State::Queued, None, later));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(say(&mut conn, retry("m1")), Done::Explained { .. }), "once");
    assert_eq!(ids(&load(&mut conn).outbox), ["m2", "m1"]);
    assert_eq!(ids(&history(&mut conn, "bob")), ["m2", "m1"]);
    assert_eq!(steps(&mut conn, "m1"), ["queued", "failed too-big", "queued retried"]);
    say(&mut conn, ack("m1", 1));
    assert_eq!(steps(&mut conn, "m1").last().map(String::as_str), Some("acked"));
}

#[test]
fn the_outbox_lists_what_waits_and_then_what_failed_lately() {
    let mut conn = alice();
    for (id, ts) in [("old", "2025-01-01T00:00:00.000Z"), ("f1", TS), ("q1", TS), ("q2", TS)] {
        say(&mut conn, Op::Queue(Message { ts: ts.into(), ..message(id, "alice", "bob") }));
    }
    for id in ["old", "f1"] {
        say(&mut conn, Op::Failed { id: id.into(), reason: "too-big".into() });
    }
    let (listed, more) = messages(&mut conn, Op::Outbox { since: "2026-01-01T00:00:00.000Z".into() });
    assert_eq!(listed.iter().map(|(_, message)| message.id.as_str()).collect::<Vec<_>>(), ["q1", "q2", "f1"]);
    assert!(!more);
}

#[test]
fn what_failed_is_listed_until_it_is_cleared_or_fails_once_more() {
    let mut conn = alice();
    let listed = |conn: &mut Connection| {
        let (listed, _) = messages(conn, Op::Outbox { since: "2026-01-01T00:00:00.000Z".into() });
        listed.into_iter().map(|(_, message)| message.id).collect::<Vec<_>>()
    };
    for id in ["f1", "f2", "f3", "q1"] {
        say(&mut conn, Op::Queue(message(id, "alice", "bob")));
    }
    let fail = |id: &str| Op::Failed { id: id.into(), reason: "unknown".into() };
    let clear = |id: Option<&str>| Op::Clear { id: id.map(str::to_owned) };
    for id in ["f1", "f2", "f3"] {
        say(&mut conn, fail(id));
    }
    assert!(
        matches!(say(&mut conn, clear(Some("f"))), Done::Explained { matches, .. } if matches.len() == 3)
    );
    assert!(
        matches!(say(&mut conn, clear(Some("q1"))), Done::Explained { matches, .. } if matches.len() == 1)
    );
    assert!(matches!(say(&mut conn, clear(Some("f2"))), Done::Unlisted(1)));
    assert!(matches!(say(&mut conn, clear(Some("f2"))), Done::Unlisted(0)), "it was already");
    assert_eq!(listed(&mut conn), ["q1", "f1", "f3"]);
    assert!(matches!(say(&mut conn, clear(None)), Done::Unlisted(2)));
    assert_eq!(listed(&mut conn), ["q1"]);
    assert_eq!(history(&mut conn, "bob").len(), 4, "nothing is gone");
    say(&mut conn, Op::Retry { id: "f1".into(), ts: TS.into() });
    assert_eq!(listed(&mut conn), ["q1", "f1"]);
    say(&mut conn, fail("f1"));
    assert_eq!(listed(&mut conn), ["q1", "f1"]);
}

#[test]
fn a_conversation_is_written_out_in_its_order_and_page_by_page() {
    let mut conn = alice();
    for seq in 1..=2500 {
        let ts =
            format!("2026-01-31T{:02}:{:02}:{:02}.000Z", 23 - seq / 3600, 59 - seq / 60 % 60, 59 - seq % 60);
        say(&mut conn, row(seq, seq, Message { ts, ..message(&format!("m{seq}"), "bob", "alice") }));
    }
    say(&mut conn, row(2501, 1, message("other", "carol", "alice")));
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let (page, more) = messages(&mut conn, Op::Export { with: "bob".into(), after });
        after = page.last().map(|(row, _)| *row);
        all.extend(page.into_iter().map(|(_, message)| message.id));
        if !more {
            break;
        }
    }
    assert_eq!(all, (1..=2500).map(|seq| format!("m{seq}")).collect::<Vec<_>>());
    assert!(matches!(say(&mut conn, Op::Export { with: "carol".into(), after: Some(1) }), Done::Found(None)));
}
