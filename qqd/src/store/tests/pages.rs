//! Pages of history, and reading what is unread.

use std::time::Instant;

use super::*;
use crate::store::{PAGE_BYTES, READ_COUNT};

fn page(conn: &mut Connection, before: Option<u64>, count: u32) -> (Vec<(u64, Message)>, bool) {
    messages(conn, Op::History { with: "bob".into(), before, count })
}

fn fill(conn: &mut Connection, count: u64) {
    conn.execute_batch("BEGIN").unwrap();
    for n in 1..=count {
        let (from, to) = if n % 2 == 0 { ("alice", "bob") } else { ("bob", "alice") };
        say(conn, row(n, n, message(&format!("m{n}"), from, to)));
    }
    conn.execute_batch("COMMIT").unwrap();
}

#[test]
fn ten_thousand_messages_are_paged_through_without_a_hole_or_a_repeat() {
    let mut conn = alice();
    fill(&mut conn, 10_000);
    let begun = Instant::now();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let (messages, more) = page(&mut conn, before, 150);
        assert!(messages.is_sorted_by_key(|(row, _)| *row), "oldest first");
        before = Some(messages[0].0);
        seen.extend(messages.into_iter().rev().map(|(_, message)| message.id));
        if !more {
            break;
        }
    }
    let all: Vec<String> = (1..=10_000).rev().map(|n| format!("m{n}")).collect();
    assert_eq!(seen, all);
    eprintln!("10,000 messages in pages of 150: {:?}", begun.elapsed());
}

#[test]
fn a_page_tells_whether_there_are_older_ones() {
    let mut conn = alice();
    fill(&mut conn, 10);
    let (messages, more) = page(&mut conn, None, 10);
    assert_eq!((messages.len(), more), (10, false));
    let (messages, more) = page(&mut conn, None, 9);
    assert_eq!((messages[0].1.id.as_str(), more), ("m2", true));
    assert_eq!(page(&mut conn, None, 0).0.len(), 0);
}

#[test]
fn a_page_ends_at_512_kib_of_text() {
    let mut conn = alice();
    for n in 1..=20 {
        let text = "x".repeat(60_000);
        say(&mut conn, row(n, n, Message { text, ..message(&format!("m{n}"), "bob", "alice") }));
    }
    let (messages, more) = page(&mut conn, None, 1000);
    let bytes: usize = messages.iter().map(|(_, message)| message.text.len()).sum();
    assert!(more && bytes <= PAGE_BYTES && bytes + 60_000 > PAGE_BYTES, "{bytes}");
    assert_eq!(messages.last().unwrap().1.id, "m20");
}

#[test]
fn one_message_always_fits_a_page() {
    let mut conn = alice();
    let text = "x".repeat(PAGE_BYTES + 1);
    say(&mut conn, row(1, 1, Message { text, ..message("m1", "bob", "alice") }));
    assert_eq!(page(&mut conn, None, 10).0.len(), 1);
}

#[test]
fn reading_answers_what_was_unread_once_and_looking_changes_nothing() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("m1", "bob", "alice")));
    say(&mut conn, row(2, 1, message("m2", "carol", "alice")));
    say(&mut conn, row(3, 2, message("m3", "bob", "alice")));
    let from_bob = |peek| Op::Read { with: Some("bob".into()), peek };
    assert_eq!(messages(&mut conn, from_bob(true)).0.len(), 2);
    let (read, more) = messages(&mut conn, from_bob(false));
    assert_eq!((read[0].1.id.as_str(), read[1].1.id.as_str(), more), ("m1", "m3", false));
    assert!(read.iter().all(|(_, message)| message.state == State::Acked));
    assert_eq!(find(&mut conn, "m1").state, State::Read);
    assert_eq!(load(&mut conn).unread, [("carol".to_owned(), 1)]);
    let (rest, _) = messages(&mut conn, Op::Read { with: None, peek: false });
    assert_eq!(rest[0].1.id, "m2");
    assert!(messages(&mut conn, Op::Read { with: None, peek: false }).0.is_empty());
}

#[test]
fn only_what_was_answered_is_read() {
    let mut conn = alice();
    fill(&mut conn, u64::from(READ_COUNT) * 2 + 2);
    let (read, more) = messages(&mut conn, Op::Read { with: None, peek: false });
    assert_eq!((read.len(), more), (READ_COUNT as usize, true));
    let (rest, more) = messages(&mut conn, Op::Read { with: None, peek: false });
    assert_eq!((rest.len(), more), (1, false));
}
