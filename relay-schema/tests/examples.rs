//! Every stanza has a frozen example: it is read as this value and written back as these bytes, today and for ever.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use relay_schema::{Direction, Id, Row, Stanza, TYPES};

#[path = "examples/account.rs"]
mod account;
#[path = "examples/friend.rs"]
mod friend;
#[path = "examples/live.rs"]
mod live;
#[path = "examples/seed.rs"]
mod seed;
#[path = "examples/session.rs"]
mod session;

const TS: &str = "2026-01-02T03:04:05.678Z";
const DEVICE: &str = "0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e";

fn id(text: &str) -> Id {
    Id::new(text).expect("the examples have valid ids")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn examples() -> Vec<(&'static str, Stanza)> {
    [seed::plain(), seed::extended(), session::session(), account::account(), friend::friend(), live::live()]
        .concat()
}

#[test]
fn every_frozen_example_is_read_as_its_value_and_written_back_identically() {
    for (xml, value) in examples() {
        assert_eq!(Stanza::parse(xml.as_bytes()).as_ref(), Ok(&value), "{xml}");
        assert_eq!(value.to_xml(), xml);
        assert!(xml.contains(&format!("<type>{}</type>", value.word())));
    }
}

#[test]
fn every_type_and_every_child_stands_in_an_example_in_the_tables_order() {
    let examples = examples();
    for row in TYPES {
        let mut seen = BTreeSet::new();
        for (xml, _) in examples.iter().filter(|(_, value)| value.word() == row.word) {
            let at = |field: &&str| xml.find(&format!("<{field}>"));
            let places: Vec<usize> = row.fields.iter().filter_map(at).collect();
            assert!(places.is_sorted(), "{xml}");
            seen.extend(row.fields.iter().filter(|field| at(field).is_some()));
        }
        assert_eq!(seen, row.fields.iter().collect(), "{}", row.word);
    }
}

#[test]
fn every_type_shows_an_example_in_the_docs_that_reads_and_writes_back() {
    let rooms =
        ["account", "call", "chat", "device", "friend", "group", "link", "presence", "profile", "shake"];
    let read = |room| fs::read_to_string(format!("{}/src/{room}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let source: String = rooms.into_iter().map(read).collect();
    let shown: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// "))
        .filter(|line| line.starts_with("<msg>"))
        .collect();
    let words = shown.iter().map(|xml| Stanza::parse(xml.as_bytes()).unwrap().word());
    assert_eq!(words.clone().collect::<BTreeSet<_>>(), TYPES.iter().map(|row| row.word).collect());
    assert_eq!(words.count(), TYPES.len());
    for xml in shown {
        assert_eq!(Stanza::parse(xml.as_bytes()).unwrap().to_xml(), xml);
    }
}

#[test]
fn id_and_seq_are_found_whatever_the_type() {
    for (xml, value) in examples() {
        let id = xml.split_once("<id>").map(|(_, rest)| rest.split_once('<').unwrap().0);
        assert_eq!(value.id().map(Id::as_str), id, "{xml}");
        let about = ["login_response", "ack", "recv", "list_end"].contains(&value.word());
        assert_eq!(value.seq().is_some(), !about && xml.contains("<seq>"), "{xml}");
    }
}

#[test]
fn the_table_says_who_may_send_a_type_and_in_which_dialect() {
    let words = |direction| TYPES.iter().filter(move |row| row.direction == direction).map(|row| row.word);
    let up = "login register passwd account_remove logout device_list device_revoke device_link picture_put picture_get \
              friend_move friend_rename block unblock group_add recv history";
    assert!(words(Direction::Up).eq(up.split_whitespace()));
    let down = "login_response user friend stranger error register_response notice device picture blocked list_end group \
                gap ack nack";
    assert!(words(Direction::Down).eq(down.split_whitespace()));
    let heritage: Vec<&str> = TYPES.iter().filter(|row| row.heritage).map(|row| row.word).collect();
    let seed = [
        "login",
        "login_response",
        "user",
        "friend",
        "stranger",
        "chat",
        "line",
        "shake",
        "vidio",
        "r_vidio",
        "error",
    ];
    assert_eq!(heritage, seed);
    assert_eq!(Row::of("chat").unwrap().fields[..3], ["myaccount", "friendaccount", "content"]);
    assert_eq!(Row::of("video"), None);
}

#[test]
fn every_line_of_the_seed_vectors_reads_and_writes_back() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/seed-session.txt");
    let session = fs::read_to_string(path).unwrap();
    let mut count = 0;
    for line in session.lines().filter(|line| !line.is_empty()) {
        let (_, xml) = line.split_once(' ').unwrap();
        assert_eq!(Stanza::parse(xml.as_bytes()).unwrap().to_xml(), xml);
        count += 1;
    }
    assert_eq!(count, 40);
}
