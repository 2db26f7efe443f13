//! Sending: what is refused, what is answered when, the same key twice.

use super::*;
use ipc_schema::chat::{Send, TEXT_MAX_CHARS, Wait};
use relay_schema::{Delivered, Line, Nack, NackCode};

fn waiting(key: &str, wait: Wait) -> Send {
    Send { wait: Some(wait), ..text("bob", key) }
}

fn nack(key: &str, code: NackCode, retry: Option<u64>) -> Nack {
    Nack { id: id(key), code, retry }
}

#[test]
fn a_message_is_stored_then_sent_then_answered() {
    let mut daemon = Daemon::with_bob();
    daemon.hold();
    let outputs = daemon.ask(text("Bob", "m1"));
    assert!(matches!(ops(&outputs)[..], [Op::Queue(message)] if message.to == "bob"));
    assert!(words(&outputs).is_empty() && replies(&outputs).is_empty());
    let outputs = daemon.release();
    assert_eq!(chats(&outputs), ["m1"]);
    assert_eq!(reply(&outputs), json!({"id": "m1", "state": "sent", "peer": null}));
    assert_eq!(names(&outputs), ["chat.state"]);
}

#[test]
fn a_message_without_a_key_gets_128_random_bits() {
    let mut daemon = Daemon::with_bob();
    let send = Send { to: "bob".into(), text: "hi".into(), ..Send::default() };
    let one = reply(&daemon.ask(send.clone()));
    let two = reply(&daemon.ask(send));
    assert_eq!(one["id"].as_str().unwrap().len(), 32);
    assert_ne!(one["id"], two["id"]);
}

#[test]
fn a_store_that_is_full_refuses_the_message_and_nothing_is_sent() {
    let mut daemon = Daemon::online();
    daemon.hold();
    daemon.ask(text("bob", "m1"));
    let outputs = daemon.fail_held();
    assert!(refusal(&outputs).message.contains("disk is full"));
    assert!(words(&outputs).is_empty());
}

#[test]
fn while_the_relay_is_away_a_message_is_kept_and_its_id_told() {
    let mut daemon = Daemon::online();
    daemon.lost();
    let error = refusal(&daemon.ask(text("bob", "m1")));
    assert_eq!((error.code, error.exit()), (Code::NoRelay, 6));
    assert_eq!((&error.fields["id"], &error.fields["state"]), (&json!("m1"), &json!("queued")));
    assert!(replies(&daemon.ask(waiting("m2", Wait::Relay))).is_empty(), "it waits");
    assert_eq!(chats(&daemon.back(0)), ["m1", "m2"]);
    assert_eq!(reply(&daemon.hear(ack("m2", 2)))["state"], "acked");
}

#[test]
fn somebody_who_is_in_no_list_is_awaited_so_that_a_misspelt_name_is_told() {
    let mut daemon = Daemon::with_bob();
    let outputs = daemon.ask(text("bobb", "m1"));
    assert_eq!(chats(&outputs), ["m1"]);
    assert!(replies(&outputs).is_empty());
    let error = refusal(&daemon.hear(nack("m1", NackCode::Unknown, None)));
    assert_eq!((error.code, error.exit()), (Code::Unreachable, 7));
    daemon.ask(text("carol", "m2"));
    assert_eq!(reply(&daemon.hear(ack("m2", 1))), json!({"id": "m2", "state": "acked", "peer": "online"}));
    assert_eq!(reply(&daemon.ask(text("@me", "m3")))["state"], "sent", "oneself is known");
    daemon.lost();
    let error = refusal(&daemon.ask(text("bobb", "m4")));
    assert_eq!((error.code, &error.fields["state"]), (Code::NoRelay, &json!("queued")));
}

#[test]
fn waiting_for_the_relay_ends_with_the_ack_and_says_whether_the_friend_is_there() {
    let mut daemon = Daemon::online();
    daemon.ask(waiting("m1", Wait::Relay));
    let outputs = daemon.hear(ack("m1", 1));
    assert_eq!(reply(&outputs), json!({"id": "m1", "state": "acked", "peer": "online"}));
    assert_eq!(events(&outputs)[0].event.data().unwrap()["outbox"], 0);
    daemon.ask(waiting("m2", Wait::Relay));
    daemon.hear(Line { state: -1, friendaccount: Some("bob".into()), id: Some(id("m2")), note: None });
    assert_eq!(reply(&daemon.hear(ack("m2", 2)))["peer"], "offline");
}

#[test]
fn waiting_for_the_delivery_ends_when_the_friend_has_it() {
    let mut daemon = Daemon::online();
    daemon.ask(waiting("m1", Wait::Delivered));
    assert!(replies(&daemon.hear(ack("m1", 1))).is_empty());
    let mark = |cseq, account: &str| Delivered { conv: "c1".into(), cseq, account: Some(account.into()) };
    assert!(
        replies(&daemon.hear(mark(1, "alice"))).is_empty(),
        "another device of one's own is not the friend"
    );
    let outputs = daemon.hear(mark(1, "bob"));
    assert_eq!(reply(&outputs), json!({"id": "m1", "state": "delivered", "peer": "online"}));
    assert_eq!(events(&outputs)[0].event.data().unwrap()["state"], "delivered");
    assert!(events(&daemon.hear(mark(1, "bob"))).is_empty());
}

#[test]
fn a_delivery_that_overtakes_the_ack_is_not_forgotten() {
    let mut daemon = Daemon::online();
    daemon.ask(waiting("m1", Wait::Delivered));
    daemon.hear(Delivered { conv: "c1".into(), cseq: 1, account: Some("bob".into()) });
    let outputs = daemon.hear(ack("m1", 1));
    assert_eq!(reply(&outputs)["state"], "delivered");
    assert_eq!(names(&outputs), ["chat.state", "chat.state"]);
}

#[test]
fn many_marks_at_once_are_few_transactions() {
    let mut daemon = Daemon::online();
    daemon.hold();
    for cseq in 1..=1_000 {
        daemon.hear(Delivered { conv: "c1".into(), cseq, account: Some("bob".into()) });
    }
    let marks = |daemon: &Daemon| daemon.ops.iter().filter(|op| matches!(op, Op::Delivered { .. })).count();
    assert_eq!(marks(&daemon), 1);
    daemon.release();
    assert_eq!(marks(&daemon), 2);
    assert!(matches!(daemon.ops.last(), Some(Op::Delivered { cseq: 1_000, .. })));
}

#[test]
fn a_refusal_of_the_relay_is_a_sentence_and_the_rest_goes_on() {
    let refusals = [
        (NackCode::Unknown, 7),
        (NackCode::Forbidden, 8),
        (NackCode::TooBig, 2),
        (NackCode::Rate, 10),
        (NackCode::Storage, 10),
        (NackCode::Conflict, 11),
        (NackCode::Other("moon".into()), 1),
    ];
    for (code, exit) in refusals {
        let mut daemon = Daemon::online();
        daemon.ask(waiting("m1", Wait::Relay));
        daemon.ask(waiting("m2", Wait::Relay));
        let outputs = daemon.hear(nack("m1", code.clone(), None));
        assert_eq!(refusal(&outputs).exit(), exit, "{code}");
        assert_eq!(daemon.disk.message("m1").unwrap().reason.as_deref(), Some(code.as_str()));
        assert_eq!(reply(&daemon.hear(ack("m2", 1)))["state"], "acked");
    }
}

#[test]
fn an_error_about_a_message_fails_it() {
    let mut daemon = Daemon::online();
    daemon.ask(waiting("m1", Wait::Relay));
    let error = relay_schema::ErrorStanza {
        code: relay_schema::ErrorCode::BadField,
        id: Some(id("m1")),
        ..Default::default()
    };
    assert_eq!(refusal(&daemon.hear(error)).code, Code::Unexpected);
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn who_requires_the_friend_on_line_leaves_nothing_behind() {
    let mut daemon = Daemon::online();
    let required = |key: &str| Send { require_online: true, ..text("bob", key) };
    let outputs = daemon.ask(required("m1"));
    let [Stanza::Chat(chat)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(chat.require.as_deref(), Some("online"));
    assert!(replies(&outputs).is_empty(), "only the relay knows who is on line");
    let error = refusal(&daemon.hear(nack("m1", NackCode::Offline, None)));
    assert_eq!((error.code, error.exit()), (Code::Offline, 9));
    assert!(daemon.disk.messages().is_empty());

    daemon.ask(required("m1"));
    assert_eq!(reply(&daemon.hear(ack("m1", 1))), json!({"id": "m1", "state": "acked", "peer": "online"}));
    assert_eq!(daemon.disk.message("m1").unwrap().state, ipc_schema::chat::State::Acked);
    assert_eq!(reply(&daemon.ask(required("m1")))["state"], "acked");

    daemon.lost();
    assert_eq!(refusal(&daemon.ask(required("m2"))).exit(), 6);
    assert!(chats(&daemon.back(0)).is_empty());
}

#[test]
fn the_same_key_again_is_the_same_message_and_the_same_answer() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "m1"));
    let outputs = daemon.ask(waiting("m1", Wait::Relay));
    assert!(chats(&outputs).is_empty() && replies(&outputs).is_empty());
    let answer = reply(&daemon.hear(ack("m1", 1)));
    assert_eq!(reply(&daemon.ask(waiting("m1", Wait::Relay))), answer);
    assert_eq!(reply(&daemon.ask(text("bob", "m1"))), answer);
    let other = Send { text: "another text".into(), ..text("bob", "m1") };
    let error = refusal(&daemon.ask(other));
    assert_eq!((error.code, error.exit()), (Code::Conflict, 11));
    assert_eq!(refusal(&daemon.ask(text("carol", "m1"))).code, Code::Conflict);
    daemon.ask(text("bob", "m2"));
    daemon.hear(nack("m2", NackCode::Unknown, None));
    assert_eq!(refusal(&daemon.ask(text("bob", "m2"))).code, Code::Unreachable);
    assert_eq!(daemon.disk.messages().len(), 2);
}

#[test]
fn what_would_not_arrive_as_written_is_refused_before_it_is_queued() {
    let mut daemon = Daemon::with_bob();
    let send = |text: &str| Send { to: "bob".into(), text: text.into(), ..Send::default() };
    let longest = "陈".repeat(TEXT_MAX_CHARS);
    reply(&daemon.ask(send(&longest)));
    reply(&daemon.ask(send("a\tb\r\nc")));
    for (text, word) in
        [("", "empty"), (&*format!("{longest}x"), "16384"), ("a\u{1b}[0m", "U+001B"), ("\u{FFFE}", "U+FFFE")]
    {
        let error = refusal(&daemon.ask(send(text)));
        assert_eq!(error.code, Code::Usage);
        assert!(error.message.contains(word), "{}", error.message);
    }
    let bad_key = Send { id: Some("a b".into()), ..send("hi") };
    assert_eq!(refusal(&daemon.ask(bad_key)).code, Code::Usage);
    assert_eq!(daemon.disk.messages().len(), 2);
}

#[test]
fn a_friend_is_named_by_account_or_remark_and_oneself_by_me() {
    let mut daemon = Daemon::online();
    let friend = |account: &str, remark: &str| relay_schema::Friend {
        account: account.into(),
        remark: Some(remark.into()),
        ..Default::default()
    };
    for entry in
        [friend("bob", "carol"), friend("carol", "老王"), friend("dave", "twin"), friend("erin", "twin")]
    {
        daemon.hear(entry);
    }
    daemon.hear(relay_schema::ListEnd { seq: 0 });
    for (to, account) in [
        ("BOB", "bob"),
        ("carol", "carol"),
        ("老王", "carol"),
        ("@me", "alice"),
        ("@bob", "bob"),
        ("zoe", "zoe"),
    ] {
        let send = Send { to: to.into(), text: "hi".into(), ..Send::default() };
        let outputs = daemon.ask(send);
        let [Stanza::Chat(chat)] = sent(&outputs)[..] else { panic!("{to}: {outputs:?}") };
        assert_eq!(chat.friendaccount, account, "{to}");
    }
    let bad = [
        ("twin", Code::Ambiguous),
        ("@老王", Code::NotFound),
        ("nobody here", Code::NotFound),
        ("#room", Code::Unsupported),
    ];
    for (to, code) in bad {
        let send = Send { to: to.into(), text: "hi".into(), ..Send::default() };
        assert_eq!(refusal(&daemon.ask(send)).code, code, "{to}");
    }
}

#[test]
fn whoever_is_gone_is_not_answered_and_the_message_goes_nevertheless() {
    let mut daemon = Daemon::online();
    daemon.ask(waiting("m1", Wait::Relay));
    daemon.ask(waiting("m2", Wait::Delivered));
    daemon.ask(waiting("m3", Wait::Delivered));
    daemon.hear(ack("m3", 3));
    assert_eq!(daemon.core.first().outbox.waiters(), 3);
    daemon.say(Input::Gone { client: 1 });
    assert_eq!(daemon.core.first().outbox.waiters(), 0);
    assert!(replies(&daemon.hear(ack("m1", 1))).is_empty());
    assert!(replies(&daemon.hear(ack("m2", 2))).is_empty());
    assert!(
        replies(&daemon.hear(Delivered { conv: "c1".into(), cseq: 2, account: Some("bob".into()) }))
            .is_empty()
    );
}

#[test]
fn without_an_account_nothing_is_sent() {
    let error = refusal(&Daemon::new().ask(text("bob", "m1")));
    assert_eq!((error.code, error.exit()), (Code::NotLoggedIn, 4));
}

#[test]
fn too_many_open_requests_are_refused_and_none_is_lost() {
    let mut daemon = Daemon::with_bob();
    daemon.hold();
    let status =
        |n: u64| Input::Request { client: 1, id: n.into(), call: text("bob", &format!("m{n}")).into() };
    for n in 0..4_096 {
        assert!(replies(&daemon.say(status(n))).is_empty());
    }
    assert_eq!(refusal(&daemon.say(status(4_096))).code, Code::Busy);
    assert_eq!(replies(&daemon.release()).len(), 4_096);
}
