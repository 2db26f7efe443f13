//! The outbox in people's hands: exactly one of "sent" and "taken back" happens to a message.

use ipc_schema::Request;
use ipc_schema::chat::State;
use ipc_schema::outbox::{Cancel, Clear, List, Retry};
use relay_schema::{Nack, NackCode};

use super::*;

fn cancel(key: &str) -> Request {
    Request::OutboxCancel(Cancel { id: key.into() })
}

fn retry(key: &str) -> Request {
    Request::OutboxRetry(Retry { id: key.into() })
}

fn queued_offline(keys: &[&str]) -> Daemon {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    for key in keys {
        daemon.ask(text("bob", key));
    }
    daemon
}

#[test]
fn what_was_never_written_is_taken_back_and_never_sent() {
    let mut daemon = queued_offline(&["m1", "m2", "m3"]);
    let outputs = daemon.ask(cancel("m2"));
    assert_eq!(reply(&outputs), json!({ "id": "m2", "state": "failed" }));
    let changed = events(&outputs).into_iter().find_map(|event| match &event.event {
        Event::ChatState(changed) => Some((changed.state, changed.reason.clone(), changed.outbox)),
        _ => None,
    });
    assert_eq!(changed, Some((State::Failed, Some("cancelled".into()), Some(2))));
    assert_eq!(chats(&daemon.back(0)), ["m1", "m3"]);
    assert_eq!(refusal(&daemon.ask(cancel("m2"))).code, Code::Conflict);
    assert_eq!(refusal(&daemon.ask(cancel("zzz"))).code, Code::NotFound);
}

#[test]
fn what_may_be_at_the_relay_is_not_taken_back() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "m1"));
    assert_eq!(refusal(&daemon.ask(cancel("m1"))).code, Code::Conflict, "on its way");
    daemon.lost();
    assert_eq!(refusal(&daemon.ask(cancel("m1"))).code, Code::Conflict, "nobody knows whether it arrived");
    assert_eq!(chats(&daemon.back(0)), ["m1"]);
    daemon.hear(ack("m1", 1));
    assert_eq!(refusal(&daemon.ask(cancel("m1"))).code, Code::Conflict, "it is there");
}

#[test]
fn one_that_the_relay_did_not_take_is_taken_back_and_the_others_go_on() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "m1"));
    daemon.ask(text("bob", "m2"));
    for key in ["m1", "m2"] {
        daemon.hear(Nack { id: id(key), code: NackCode::Rate, retry: Some(60_000) });
    }
    let outputs = daemon.ask(cancel("m1"));
    assert_eq!(reply(&outputs)["state"], "failed");
    assert!(has_hung_up(&outputs), "the relay waits for that one, so the session begins anew");
    daemon.closed(Closed::Hangup);
    assert_eq!(chats(&daemon.back(0)), ["m2"]);
}

#[test]
fn several_that_begin_so_are_told_and_a_whole_id_is_one() {
    let mut daemon = queued_offline(&["ab", "abc"]);
    assert_eq!(refusal(&daemon.ask(cancel("a"))).code, Code::Ambiguous);
    assert_eq!(reply(&daemon.ask(cancel("ab")))["id"], "ab");
    assert_eq!(reply(&daemon.ask(cancel("a")))["id"], "abc");
    assert_eq!(refusal(&daemon.ask(cancel(""))).code, Code::Usage);
    assert_eq!(refusal(&daemon.ask(retry("a b"))).code, Code::Usage);
}

#[test]
fn only_one_that_failed_is_sent_again_behind_what_waits_and_with_a_new_time() {
    let mut daemon = queued_offline(&["m1", "m2"]);
    daemon.ask(cancel("m1"));
    let before = daemon.disk.message("m1").unwrap().ts.clone();
    assert_eq!(refusal(&daemon.ask(retry("m2"))).code, Code::Conflict);
    daemon.pass(Duration::from_secs(1));
    assert_eq!(reply(&daemon.ask(retry("m1"))), json!({ "id": "m1", "state": "queued" }));
    assert!(daemon.disk.message("m1").unwrap().ts > before);
    assert_eq!(refusal(&daemon.ask(retry("m1"))).code, Code::Conflict, "it waits already");
    assert_eq!(chats(&daemon.back(0)), ["m2", "m1"]);
}

#[test]
fn on_line_it_goes_out_at_once_and_the_list_says_so() {
    let mut daemon = queued_offline(&["m1"]);
    daemon.ask(cancel("m1"));
    daemon.back(0);
    let outputs = daemon.ask(retry("m1"));
    assert_eq!((chats(&outputs), reply(&outputs)["state"].clone()), (vec!["m1".to_owned()], json!("sent")));
    assert_eq!(reply(&daemon.ask(Request::OutboxList(List {})))["messages"][0]["state"], "sent");
}

#[test]
fn whoever_waits_for_a_message_hears_that_it_was_taken_back() {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    let wait = Some(ipc_schema::chat::Wait::Relay);
    daemon.ask(Request::ChatSend(ipc_schema::chat::Send { wait, ..text("bob", "m1") }));
    let outputs = daemon.ask(cancel("m1"));
    let codes: Vec<_> =
        replies(&outputs).into_iter().map(|reply| reply.clone().map_err(|e| e.code)).collect();
    assert_eq!(codes.len(), 2, "{outputs:?}");
    assert!(codes.contains(&Err(Code::Conflict)) && codes.iter().any(Result::is_ok));
}

#[test]
fn what_could_not_be_written_down_is_cancelled_once_more() {
    let mut daemon = queued_offline(&["m1"]);
    daemon.hold();
    daemon.ask(cancel("m1"));
    assert_eq!(refusal(&daemon.fail_held()).code, Code::Unexpected);
    assert_eq!(daemon.disk.message("m1").unwrap().state, State::Queued, "a restart would send it");
    assert_eq!(reply(&daemon.ask(cancel("m1"))), json!({ "id": "m1", "state": "failed" }));
    assert_eq!(daemon.disk.message("m1").unwrap().state, State::Failed);
    assert_eq!(refusal(&daemon.ask(cancel("m1"))).code, Code::Conflict);
}

#[test]
fn one_that_failed_says_why_in_a_sentence_and_is_taken_off_the_list() {
    let mut daemon = queued_offline(&["m1", "m2"]);
    daemon.ask(cancel("m1"));
    let listed = reply(&daemon.ask(Request::OutboxList(List {})));
    let failed = listed["messages"].as_array().unwrap().iter().find(|one| one["id"] == "m1").unwrap();
    assert_eq!(failed["reason"], "cancelled");
    assert!(failed["why"].as_str().unwrap().contains("was taken back"), "{failed}");
    let clear = |id: Option<&str>| Request::OutboxClear(Clear { id: id.map(str::to_owned) });
    let taken_back = |daemon: &mut Daemon| {
        let error = refusal(&daemon.ask(cancel("m1")));
        assert_eq!(
            (error.code, error.message.as_str()),
            (Code::Conflict, "message m1 was taken back already")
        );
        assert!(error.hint.unwrap().contains("outbox retry m1"), "that is true on the list and off it");
    };
    taken_back(&mut daemon);
    assert_eq!(refusal(&daemon.ask(clear(Some("m2")))).code, Code::Conflict, "it waits");
    assert_eq!(refusal(&daemon.ask(clear(Some("zzz")))).code, Code::NotFound);
    assert_eq!(refusal(&daemon.ask(clear(Some("m 1")))).code, Code::Usage);
    assert_eq!(reply(&daemon.ask(clear(Some("m1")))), json!({ "messages": 1 }));
    taken_back(&mut daemon);
    assert_eq!(chats(&daemon.back(0)), ["m2"], "what waits is sent");
}

#[test]
fn every_reason_that_a_message_fails_for_has_a_sentence_of_its_own() {
    let codes = [
        "unknown",
        "forbidden",
        "not-your-account",
        "too-big",
        "rate",
        "lost",
        "storage",
        "conflict",
        "offline",
        "expired",
        "cancelled",
        "malformed",
        "no-encryption",
        "unknown-type",
    ];
    for code in codes {
        let said = crate::core::chat::refusal(code, "m1", "bob").message;
        assert!(!said.contains(code) || ["conflict", "offline", "lost"].contains(&code), "{code}: {said}");
        assert!(said.contains("; "), "{code} says what to do: {said}");
    }
    assert!(crate::core::chat::refusal("odd", "m1", "bob").message.contains("\"odd\""));
}
