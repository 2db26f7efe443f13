//! What waits for a frontend: bounds, gaps, presence that replaces presence.

use ipc_schema::{presence, shake};
use serde_json::Value;

use super::*;

fn limits() -> Limits {
    Limits { reply_bytes: 1000, changes: 8, change_bytes: 1 << 20 }
}

fn shake(seq: u64) -> Arc<Change> {
    let event = Event::ShakeReceived(shake::Received { from: "bob".into() });
    Arc::new(Change::new(&Envelope::new(seq, "2026-01-31T09:30:00.123Z", Some("a@h".into()), event)))
}

fn presence(seq: u64, friend: &str) -> Arc<Change> {
    let state = presence::State::Online;
    let event = Event::PresenceChanged(presence::Changed {
        friend: friend.into(),
        state,
        note: String::new(),
        ..Default::default()
    });
    Arc::new(Change::new(&Envelope::new(seq, "2026-01-31T09:30:00.123Z", Some("a@h".into()), event)))
}

/// Takes everything in one go, as `seq` or, for a gap, `seq` and what is lost.
fn sent(outbox: &mut Outbox) -> Vec<(u64, Option<u64>)> {
    let mut batch = Vec::new();
    while outbox.take(&mut batch, usize::MAX) && !outbox.items.is_empty() {}
    let lines = batch.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()["params"].clone());
    lines.map(|envelope| (envelope["seq"].as_u64().unwrap(), envelope["data"]["lost"].as_u64())).collect()
}

fn seqs(outbox: &mut Outbox) -> Vec<u64> {
    sent(outbox).into_iter().map(|(seq, _)| seq).collect()
}

#[test]
fn changes_come_in_their_order() {
    let mut outbox = Outbox::new(limits());
    (1..=8).for_each(|seq| outbox.change(&shake(seq)));
    assert!(!outbox.is_full());
    assert_eq!(seqs(&mut outbox), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(outbox.is_empty());
}

#[test]
fn who_falls_behind_is_told_once_how_many_are_lost() {
    let mut outbox = Outbox::new(limits());
    (1..=20).for_each(|seq| outbox.change(&shake(seq)));
    assert!(outbox.is_full());
    let mut batch = Vec::new();
    assert!(outbox.take(&mut batch, 1));
    // There is room for one, but not yet for half of them.
    outbox.change(&shake(21));
    let all = sent(&mut outbox);
    assert_eq!(
        all,
        [(2, None), (3, None), (4, None), (5, None), (6, None), (7, None), (8, None), (21, Some(13))]
    );
    assert!(!outbox.is_full());
    outbox.change(&shake(22));
    assert_eq!(seqs(&mut outbox), [22]);
}

#[test]
fn many_bytes_are_as_bad_as_many_changes() {
    let one = shake(1).line.len();
    let mut outbox = Outbox::new(Limits { change_bytes: 3 * one, ..limits() });
    (1..=5).for_each(|seq| outbox.change(&shake(seq)));
    assert_eq!(sent(&mut outbox), [(1, None), (2, None), (3, None), (5, Some(2))]);
}

#[test]
fn the_latest_presence_of_a_friend_replaces_the_unsent_one() {
    let mut outbox = Outbox::new(limits());
    outbox.change(&presence(1, "bob"));
    outbox.change(&shake(2));
    outbox.change(&presence(3, "carol"));
    outbox.change(&presence(4, "bob"));
    outbox.change(&presence(5, "bob"));
    assert_eq!(seqs(&mut outbox), [2, 3, 5]);
    outbox.change(&presence(6, "bob"));
    assert_eq!(seqs(&mut outbox), [6]);
}

#[test]
fn presence_alone_never_fills_a_queue() {
    let mut outbox = Outbox::new(limits());
    outbox.change(&shake(1));
    for seq in 2..10_000 {
        outbox.change(&presence(seq, if seq % 2 == 0 { "bob" } else { "carol" }));
        assert!(outbox.items.len() <= 20, "voids pile up");
    }
    (10_000..10_005).for_each(|seq| outbox.change(&shake(seq)));
    outbox.change(&presence(10_005, "bob"));
    assert!(!outbox.is_full());
    assert_eq!(seqs(&mut outbox), [1, 9_999, 10_000, 10_001, 10_002, 10_003, 10_004, 10_005]);
    assert_eq!((outbox.changes, outbox.change_bytes, outbox.voids), (0, 0, 0));
}

#[test]
fn a_presence_that_was_sent_in_part_of_the_queue_is_not_replaced() {
    let mut outbox = Outbox::new(limits());
    outbox.change(&presence(1, "bob"));
    outbox.change(&shake(2));
    let mut batch = Vec::new();
    outbox.take(&mut batch, 1);
    outbox.change(&presence(3, "bob"));
    assert_eq!(seqs(&mut outbox), [2, 3]);
}

#[test]
fn a_state_is_not_counted_and_not_dropped() {
    let mut outbox = Outbox::new(limits());
    (0..100).for_each(|_| outbox.keep(b"{\"params\":{\"seq\":0}}\n".to_vec()));
    (1..=8).for_each(|seq| outbox.change(&shake(seq)));
    assert!(outbox.is_over());
    assert_eq!(seqs(&mut outbox).len(), 108);
    assert!(outbox.is_over(), "taken is not written");
    outbox.written();
    assert!(!outbox.is_over());
}

#[test]
fn a_subscription_that_starts_over_has_lost_nothing() {
    let mut outbox = Outbox::new(limits());
    (1..=20).for_each(|seq| outbox.change(&shake(seq)));
    outbox.start_over();
    assert_eq!(sent(&mut outbox).len(), 8);
}
