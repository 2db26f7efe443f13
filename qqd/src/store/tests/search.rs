//! What a search finds, in what order, and that nothing is left of it after a wipe.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::core::segment;
use crate::store::open::open;
use crate::store::writer::Writer;

fn op(text: &str, with: Option<&str>, before: Option<u64>, count: u32) -> Op {
    Op::Search { phrases: segment::phrases(text), with: with.map(str::to_owned), before, count }
}

fn found(conn: &mut Connection, op: Op) -> (Vec<(u64, Message)>, bool, bool) {
    match say(conn, op) {
        Done::Hits { messages, more, indexing } => (messages, more, indexing),
        other => panic!("{other:?}"),
    }
}

/// The ids, the newest first, and whether the index is still being made.
pub(super) fn hits(conn: &mut Connection, text: &str) -> (Vec<String>, bool) {
    let (messages, _, indexing) = found(conn, op(text, None, None, 200));
    (messages.into_iter().map(|(_, message)| message.id).collect(), indexing)
}

fn said(seq: u64, from: &str, text: &str) -> Op {
    let ts = format!("2026-01-31T09:{:02}:{:02}.000Z", seq / 60 % 60, seq % 60);
    row(seq, seq, Message { text: text.into(), ts, ..message(&format!("m{seq}"), from, "alice") })
}

#[test]
fn both_languages_are_found_by_all_their_words_in_any_order_and_case() {
    let mut conn = alice();
    let texts = [
        "一起吃晚饭吗",
        "Dinner?",
        "see you at DINNER, 饭后再说",
        "晚上吃饭",
        "ok 👍🏽",
        "Ｄｉｎｎｅｒ a la Café",
        "AND OR NEAR NOT",
    ];
    for (seq, text) in (1..).zip(texts) {
        say(&mut conn, said(seq, "bob", text));
    }
    let expected: [(&str, &[&str]); 14] = [
        ("晚饭", &["m1"]),
        ("饭", &["m4", "m3", "m1"]),
        ("吃 晚", &["m4", "m1"]),
        ("dinner", &["m6", "m3", "m2"]),
        ("dinner you", &["m3"]),
        ("YOU dinner 饭", &["m3"]),
        ("din", &["m6", "m3", "m2"]),
        ("inner", &[]),
        ("cafe", &["m6"]),
        ("CAFÉ ｄinner", &["m6"]),
        ("👍", &["m5"]),
        ("near or", &["m7"]),
        ("dinner AND you", &[]),
        ("\"dinner*", &["m6", "m3", "m2"]),
    ];
    for (text, ids) in expected {
        assert_eq!(hits(&mut conn, text).0, ids, "{text}");
    }
}

#[test]
fn a_search_stays_in_its_account_and_its_conversation() {
    let mut conn = alice();
    say(&mut conn, Op::SaveAccount(account("carol")));
    say(&mut conn, said(1, "bob", "dinner"));
    say(&mut conn, said(2, "bob-2", "dinner"));
    say_as("carol", &mut conn, row(1, 1, Message { text: "dinner".into(), ..message("c1", "bob", "carol") }));
    assert_eq!(hits(&mut conn, "dinner").0, ["m2", "m1"]);
    for (with, id) in [("bob", "m1"), ("bob-2", "m2")] {
        let (messages, ..) = found(&mut conn, op("dinner", Some(with), None, 200));
        assert_eq!(messages.iter().map(|(_, message)| &message.id).collect::<Vec<_>>(), [id]);
    }
    assert!(
        matches!(say_as("nobody", &mut conn, op("dinner", None, None, 9)), Done::Hits { messages, .. } if messages.is_empty())
    );
}

#[test]
fn pages_go_by_time_and_a_row_that_comes_late_stands_where_it_belongs() {
    let mut conn = alice();
    for seq in 1..=10 {
        say(&mut conn, said(seq * 10, "bob", "dinner"));
    }
    let (first, more, _) = found(&mut conn, op("dinner", None, None, 4));
    assert!(more);
    assert_eq!(ids(&messages_of(&first)), ["m100", "m90", "m80", "m70"]);
    // An old one and a new one come in between.
    say(&mut conn, said(65, "bob", "dinner"));
    say(&mut conn, said(101, "bob", "dinner"));
    let before = first.last().map(|(row, _)| *row);
    let (second, ..) = found(&mut conn, op("dinner", None, before, 4));
    assert_eq!(ids(&messages_of(&second)), ["m65", "m60", "m50", "m40"]);
    assert!(matches!(say(&mut conn, op("dinner", None, Some(9999), 4)), Done::Found(None)));
}

fn messages_of(rows: &[(u64, Message)]) -> Vec<Message> {
    rows.iter().map(|(_, message)| message.clone()).collect()
}

#[test]
fn a_thousand_messages_of_one_moment_are_all_found_in_their_order() {
    let mut conn = alice();
    for seq in 1..=1000 {
        say(
            &mut conn,
            row(seq, seq, Message { text: "同时".into(), ..message(&format!("m{seq}"), "bob", "alice") }),
        );
    }
    let (mut before, mut all) = (None, Vec::new());
    loop {
        let (page, more, _) = found(&mut conn, op("同时", None, before, 200));
        before = page.last().map(|(row, _)| *row);
        all.extend(page.into_iter().map(|(_, message)| message.id));
        if !more {
            break;
        }
    }
    assert_eq!(all, (1..=1000).rev().map(|seq| format!("m{seq}")).collect::<Vec<_>>());
}

#[test]
fn a_message_is_found_while_it_waits_and_by_the_servers_time_after_that() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(Message { text: "dinner".into(), ..message("q", "alice", "bob") }));
    say(
        &mut conn,
        row(
            1,
            1,
            Message {
                text: "dinner".into(),
                ts: "2026-01-31T09:30:00.500Z".into(),
                ..message("m1", "bob", "alice")
            },
        ),
    );
    assert_eq!(hits(&mut conn, "dinner").0, ["m1", "q"]);
    say(&mut conn, ack("q", 2));
    assert_eq!(hits(&mut conn, "dinner").0, ["q", "m1"]);
}

#[test]
fn what_is_no_time_is_found_all_the_same() {
    let mut conn = alice();
    for (seq, ts) in (1..).zip(["", "soon", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"]) {
        say(
            &mut conn,
            row(
                seq,
                seq,
                Message { text: "x1".into(), ts: ts.into(), ..message(&format!("m{seq}"), "bob", "alice") },
            ),
        );
    }
    assert_eq!(hits(&mut conn, "x1").0.len(), 4);
}

#[test]
fn a_wipe_leaves_no_word_in_any_file() {
    let dir = TempDir::new().unwrap();
    let mut writer = Writer::new(open(dir.path()).unwrap());
    writer.commit(&[asked(1, Op::SaveAccount(account("alice"))), asked(2, Op::SaveAccount(account("bob")))]);
    for seq in 1..=300 {
        writer.commit(&[asked(seq, said(seq, "carol", "xylophone 晚饭"))]);
    }
    let on_disk = |word: &[u8]| {
        let files = fs::read_dir(dir.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(word.len()).any(|window| window == word)).count()
    };
    assert!(on_disk(b"ylophone") > 0, "the test looks where the words are");
    writer.commit(&[asked(500, Op::Logout { wipe: true })]);
    assert_eq!(on_disk(b"ylophone"), 0);
    assert!(writer.commit(&[asked_by("bob", 501, said(1, "carol", "dinner"))])[0].1.is_ok(), "bob stays");
    drop(writer);
    assert!(open(dir.path()).is_ok(), "the database is whole");
}

/// `QQD_SEARCH=200000 cargo test -p qqd --release --lib search_in_numbers -- --nocapture` prints how long a search takes,
/// and what the index costs a message that comes in.
#[test]
fn search_in_numbers() {
    let Some(count) = std::env::var("QQD_SEARCH").ok().and_then(|count| count.parse::<u64>().ok()) else {
        return;
    };
    super::numbers::print(count);
}
