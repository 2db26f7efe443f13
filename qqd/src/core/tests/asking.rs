//! Requests that the relay answers: with an ack, with the row that belongs to it, with a refusal, or not at all.

use super::*;
use ipc_schema::group::{Add, Remove, Rename};
use relay_schema::{ErrorCode, ErrorStanza, Group, Nack, NackCode};

fn add(group: &str) -> Add {
    Add { group: group.into() }
}

/// The id of the only request that went to the relay.
pub(super) fn request_id(outputs: &[Output]) -> Id {
    let ids: Vec<Id> = sent(outputs)
        .into_iter()
        .filter_map(|stanza| {
            let xml = stanza.to_xml();
            let (_, rest) = xml.split_once("<id>")?;
            Id::new(rest.split_once("</id>")?.0)
        })
        .collect();
    assert_eq!(ids.len(), 1, "{outputs:?}");
    ids[0].clone()
}

pub(super) fn done(id: Id, seq: Option<u64>) -> Ack {
    Ack { id, seq, ..Ack::default() }
}

fn nack(id: Id, code: NackCode, retry: Option<u64>) -> Nack {
    Nack { id, code, retry }
}

#[test]
fn a_request_is_answered_once_its_row_is_here() {
    let mut daemon = Daemon::online();
    let id = request_id(&daemon.ask(add(" 同学 ")));
    assert!(replies(&daemon.hear(done(id, Some(1)))).is_empty(), "the row is not here yet");
    let outputs = daemon.hear(Group { group: "同学".into(), seq: Some(1), ts: None });
    assert_eq!(reply(&outputs), json!({"group": "同学"}));

    // The row may come first, and what changes nothing makes no row.
    let id = request_id(&daemon.ask(add("a")));
    daemon.hear(Group { group: "a".into(), seq: Some(2), ts: None });
    assert_eq!(reply(&daemon.hear(done(id.clone(), Some(2)))), json!({"group": "a"}));
    assert!(replies(&daemon.hear(done(id, Some(2)))).is_empty(), "an answer comes once");
    let id = request_id(&daemon.ask(add("b")));
    assert_eq!(reply(&daemon.hear(done(id, None))), json!({"group": "b"}));
}

#[test]
fn a_refusal_is_a_sentence_with_its_exit_code() {
    let mut daemon = Daemon::online();
    daemon.hear(Group { group: "a".into(), seq: Some(1), ts: None });
    for (code, retry, exit) in [
        (NackCode::Conflict, None, 11),
        (NackCode::Unknown, None, 7),
        (NackCode::Forbidden, None, 8),
        (NackCode::Rate, Some(7_200_001), 10),
        (NackCode::Other("odd".into()), None, 1),
    ] {
        let rename = Rename { group: "a".into(), new: "b".into() };
        let id = request_id(&daemon.ask(rename));
        let error = refusal(&daemon.hear(nack(id, code.clone(), retry)));
        assert_eq!((error.exit(), error.retry_after_ms), (exit, retry), "{code}: {error}");
    }
    let id = request_id(&daemon.ask(Remove { group: "a".into() }));
    let error = ErrorStanza { code: ErrorCode::UnknownType, text: String::new(), id: Some(id) };
    assert_eq!(refusal(&daemon.hear(error)).exit(), 14, "an old relay");
}

#[test]
fn nothing_is_asked_while_the_relay_is_away_and_nobody_waits_for_ever() {
    let mut daemon = Daemon::online();
    daemon.ask(add("a"));
    let outputs = daemon.pass(Duration::from_secs(10));
    assert_eq!(refusal(&outputs).code, Code::Timeout);

    let id = request_id(&daemon.ask(add("b")));
    daemon.hear(done(id, Some(9)));
    let outputs = daemon.pass(Duration::from_secs(10));
    assert!(refusal(&outputs).message.contains("has done it"), "{outputs:?}");

    daemon.ask(add("c"));
    let error = refusal(&daemon.lost());
    assert_eq!((error.exit(), error.message.contains("look whether it was done")), (6, true), "{error}");

    let outputs = daemon.ask(add("d"));
    let error = refusal(&outputs);
    assert_eq!(error.exit(), 6);
    assert_eq!(error.message, "example.org:5290 is away; try again when it is back");
    assert!(sent(&outputs).is_empty());
}

#[test]
fn so_many_requests_are_on_their_way_and_no_more() {
    let mut daemon = Daemon::online();
    for number in 0..256 {
        assert!(replies(&daemon.ask(add(&number.to_string()))).is_empty());
    }
    assert_eq!(refusal(&daemon.ask(add("256"))).code, Code::Busy);
}

#[test]
fn a_name_that_no_group_can_have_does_not_reach_the_relay() {
    let mut daemon = Daemon::online();
    for bad in ["", "  ", "a\nb", &"x".repeat(65)] {
        assert_eq!(refusal(&daemon.ask(add(bad))).exit(), 2, "{bad:?}");
    }
}

#[test]
fn a_group_that_is_not_there_cannot_be_renamed_or_removed() {
    let mut daemon = Daemon::online();
    for group in ["a", "friend", "My Friends"] {
        let outputs = daemon.ask(Rename { group: group.into(), new: "b".into() });
        assert_eq!((refusal(&outputs).exit(), sent(&outputs).len()), (7, 0), "{group:?}");
        let outputs = daemon.ask(Remove { group: group.into() });
        assert_eq!((refusal(&outputs).exit(), sent(&outputs).len()), (7, 0), "{group:?}");
    }
}
