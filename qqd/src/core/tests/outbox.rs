//! The outbox: order over reconnects, the window, sticky refusals, messages that end connections.

use super::*;
use ipc_schema::chat::State;
use relay_schema::{ErrorCode, ErrorStanza, Nack, NackCode};

const MS: Duration = Duration::from_millis(1);

fn keys(range: std::ops::RangeInclusive<u32>) -> Vec<String> {
    range.map(|n| format!("m{n}")).collect()
}

fn queue(daemon: &mut Daemon, range: std::ops::RangeInclusive<u32>) -> Vec<String> {
    keys(range).iter().flat_map(|key| chats(&daemon.ask(text("bob", key)))).collect()
}

fn busy(key: &str, retry: u64) -> Nack {
    Nack { id: id(key), code: NackCode::Rate, retry: Some(retry) }
}

fn malformed(key: Option<&str>) -> ErrorStanza {
    ErrorStanza { code: ErrorCode::Malformed, id: key.map(id), ..ErrorStanza::default() }
}

#[test]
fn at_most_thirty_two_are_on_their_way() {
    let mut daemon = Daemon::online();
    assert_eq!(queue(&mut daemon, 1..=40), keys(1..=32));
    assert_eq!(chats(&daemon.hear(ack("m1", 1))), ["m33"]);
    assert_eq!(chats(&daemon.hear(ack("m2", 2))), ["m34"]);
}

#[test]
fn after_a_reconnect_all_that_is_not_acked_goes_again_in_order_with_the_same_bytes() {
    let mut daemon = Daemon::online();
    let first = daemon.ask(text("bob", "m1"));
    queue(&mut daemon, 2..=40);
    daemon.hear(ack("m2", 1));
    for _ in 0..3 {
        daemon.lost();
        let outputs = daemon.back(0);
        let mut expected = keys(1..=33);
        expected.remove(1);
        assert_eq!(chats(&outputs), expected);
        let again = sent(&outputs).into_iter().find(|stanza| stanza.word() == "chat");
        assert_eq!(again.map(Stanza::to_xml), Some(sent(&first)[0].to_xml()));
    }
}

#[test]
fn a_daemon_that_was_killed_sends_what_it_had_stored_in_order() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=5);
    daemon.hear(ack("m3", 1));
    let mut daemon = Daemon::on(daemon.disk);
    daemon.open();
    assert_eq!(chats(&daemon.hear(welcome(0, 0))), ["m1", "m2", "m4", "m5"]);
}

#[test]
fn an_ack_that_comes_twice_or_unasked_changes_nothing() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=1);
    daemon.hear(ack("m1", 1));
    assert!(daemon.hear(ack("m1", 1)).is_empty());
    assert!(daemon.hear(ack("strange", 9)).is_empty());
    assert!(daemon.hear(busy("strange", 9)).is_empty());
    daemon.lost();
    daemon.ask(text("bob", "m2"));
    assert_eq!(daemon.disk.message("m2").unwrap().state, State::Queued);
}

#[test]
fn a_refusal_with_a_time_holds_everything_back_until_that_one_comes_again_first() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=4);
    daemon.hear(ack("m1", 1));
    for key in ["m2", "m3", "m4"] {
        assert!(daemon.hear(busy(key, 500)).iter().all(|output| !matches!(output, Output::Send { .. })));
    }
    assert!(queue(&mut daemon, 5..=5).is_empty(), "the relay would take none");
    assert!(chats(&daemon.pass(499 * MS)).is_empty());
    assert_eq!(chats(&daemon.pass(MS)), ["m2", "m3", "m4", "m5"]);
    daemon.hear(busy("m2", 500));
    for key in ["m3", "m4", "m5"] {
        daemon.hear(busy(key, 500));
    }
    assert_eq!(chats(&daemon.pass(500 * MS)), ["m2", "m3", "m4", "m5"]);
    assert_eq!(daemon.disk.message("m2").unwrap().state, State::Queued);
}

#[test]
fn the_one_that_is_held_back_waits_for_the_answers_to_those_behind_it() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=2);
    daemon.hear(busy("m1", 1));
    assert!(
        chats(&daemon.pass(1_000 * MS)).is_empty(),
        "the answer to m2 is not here: it could be refused behind m1"
    );
    assert_eq!(
        chats(&[daemon.hear(busy("m2", 1)), daemon.pass(MS)].into_iter().flatten().collect::<Vec<_>>()),
        ["m1", "m2"]
    );
}

#[test]
fn a_reconnect_ends_what_was_held_back() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=2);
    daemon.hear(busy("m1", 200_000));
    daemon.lost();
    assert_eq!(chats(&daemon.back(0)), ["m1", "m2"]);
}

#[test]
fn a_message_that_ends_the_connection_twice_is_given_up_and_the_rest_goes_on() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=3);
    assert!(has_hung_up(&daemon.hear(malformed(None))));
    daemon.pass(1_000 * MS);
    daemon.open();
    assert_eq!(chats(&daemon.hear(welcome(0, 0))), ["m1"], "one by one, to find it");
    assert_eq!(chats(&daemon.hear(ack("m1", 1))), ["m2"]);
    for delay in [4_000, 8_000] {
        daemon.hear(malformed(None));
        daemon.pass(delay * MS);
        daemon.open();
        daemon.hear(welcome(0, 0));
    }
    let bad = daemon.disk.message("m2").unwrap();
    assert_eq!((bad.state, bad.reason.as_deref()), (State::Failed, Some("malformed")));
    assert_eq!(daemon.disk.message("m3").unwrap().state, State::Queued);
    daemon.hear(ack("m3", 2));
    assert_eq!(daemon.disk.message("m3").unwrap().state, State::Acked);
}

#[test]
fn an_error_that_names_the_message_twice_is_enough() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=3);
    for _ in 0..2 {
        daemon.hear(malformed(Some("m2")));
        daemon.pass(4_000 * MS);
        daemon.open();
        daemon.hear(welcome(0, 0));
    }
    assert_eq!(daemon.disk.message("m2").unwrap().state, State::Failed);
    assert_eq!(daemon.disk.message("m1").unwrap().state, State::Queued);
}

#[test]
fn nothing_older_than_fourteen_days_is_sent_unasked() {
    let mut daemon = Daemon::online();
    daemon.lost();
    queue(&mut daemon, 1..=1);
    daemon.pass(Duration::from_secs(24 * 3_600));
    queue(&mut daemon, 2..=2);
    daemon.now.wall_us += super::super::account::UNASKED_US - 3_600 * 1_000_000;
    daemon.say(Input::Woken);
    daemon.open();
    assert_eq!(chats(&daemon.hear(welcome(0, 0))), ["m2"]);
    let old = daemon.disk.message("m1").unwrap();
    assert_eq!((old.state, old.reason.as_deref()), (State::Failed, Some("expired")));
}

#[test]
fn a_relay_that_stops_answering_messages_is_tried_anew() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=1);
    for _ in 0..4 {
        daemon.pass(Duration::from_secs(15));
        daemon.hear(relay_schema::Pong { id: id("x") });
    }
    assert!(!daemon.core.first().link.is_online());
}

fn only_online(key: &str) -> ipc_schema::chat::Send {
    ipc_schema::chat::Send { require_online: true, ..text("bob", key) }
}

#[test]
fn what_is_only_for_a_friend_on_line_fails_with_the_link_and_never_goes_later() {
    let mut daemon = Daemon::online();
    daemon.ask(text("bob", "m1"));
    assert_eq!(chats(&daemon.ask(only_online("now"))), ["now"]);
    let outputs = daemon.lost();
    let error = refusal(&outputs);
    assert_eq!((error.code, error.exit(), &error.fields["id"]), (Code::NoRelay, 6, &json!("now")));
    assert!(names(&outputs).contains(&"chat.state"));
    assert_eq!(chats(&daemon.back(0)), ["m1"]);
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["accounts"][0]["outbox"], 1);
}

#[test]
fn what_is_only_for_a_friend_on_line_and_has_not_left_goes_with_its_caller() {
    let mut daemon = Daemon::online();
    queue(&mut daemon, 1..=32);
    assert!(chats(&daemon.ask(only_online("now"))).is_empty(), "the window is full");
    daemon.say(Input::Gone { client: 1 });
    assert!(chats(&daemon.hear(ack("m1", 1))).is_empty());

    let mut daemon = Daemon::online();
    daemon.ask(only_online("now"));
    daemon.say(Input::Gone { client: 1 });
    daemon.hear(ack("now", 1));
    assert_eq!(daemon.disk.message("now").unwrap().state, State::Acked, "what has left is kept");
}

#[test]
fn a_caller_that_goes_while_its_message_holds_the_others_back_does_not_stop_them() {
    let mut daemon = Daemon::online();
    daemon.ask(only_online("now"));
    queue(&mut daemon, 1..=1);
    daemon.hear(busy("now", 5_000));
    daemon.hear(busy("m1", 5_000));
    assert!(
        has_hung_up(&daemon.say(Input::Gone { client: 1 })),
        "the relay takes nothing else in this session"
    );
    assert_eq!(chats(&daemon.back(0)), ["m1"]);
}

#[test]
fn the_outbox_has_an_end() {
    let mut daemon = Daemon::online();
    daemon.lost();
    queue(&mut daemon, 1..=4_096);
    let error = refusal(&daemon.ask(text("bob", "one-more")));
    assert_eq!((error.code, error.exit()), (Code::Busy, 10));
    assert_eq!(refusal(&daemon.ask(text("bob", "m1"))).code, Code::NoRelay, "a known key is answered");
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["accounts"][0]["outbox"], 4_096);
}
