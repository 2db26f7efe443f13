//! Receiving: in order, committed before it is told, receipted in batches.

use super::*;
use relay_schema::{Delivered, Fault, Gap, Recv, Refusal};

const MS: Duration = Duration::from_millis(1);

fn receipts(outputs: &[Output]) -> Vec<u64> {
    sent(outputs)
        .into_iter()
        .filter_map(|stanza| if let Stanza::Recv(Recv { seq }) = stanza { Some(*seq) } else { None })
        .collect()
}

#[test]
fn a_message_is_committed_then_told_then_receipted() {
    let mut daemon = Daemon::online();
    daemon.hold();
    let outputs = daemon.hear(from_bob(1));
    assert!(matches!(ops(&outputs)[..], [Op::Receive { seq: 1, .. }]));
    assert!(events(&outputs).is_empty());
    assert!(words(&daemon.pass(1_000 * MS)).is_empty());
    let outputs = daemon.release();
    assert_eq!(names(&outputs), ["chat.received", "unread.changed"]);
    let envelope = events(&outputs)[0];
    assert_eq!((envelope.account.as_deref(), envelope.replayed), (Some("alice@example.org"), false));
    let data = envelope.event.data().unwrap();
    let expected = json!({"id": "b1", "from": "bob", "to": "alice", "text": "row 1", "kind": "text", "conv": "c1",
        "cseq": 1, "seq": 1, "ts": "2026-01-31T09:30:02.000Z"});
    assert_eq!(data, expected);
    assert!(words(&daemon.pass(199 * MS)).is_empty());
    let outputs = daemon.pass(MS);
    let expected = Delivered { conv: "c1".into(), cseq: 1, account: None };
    assert!(
        matches!(sent(&outputs)[..], [Stanza::Recv(Recv { seq: 1 }), Stanza::Delivered(mark)] if *mark == expected)
    );
}

#[test]
fn receipts_come_by_sixty_four_or_after_two_hundred_milliseconds() {
    let mut daemon = Daemon::online();
    let outputs: Vec<Output> = (1..=130).flat_map(|seq| daemon.hear(from_bob(seq))).collect();
    assert_eq!(receipts(&outputs), [64, 128]);
    assert_eq!(receipts(&daemon.pass(200 * MS)), [130]);
    assert!(receipts(&daemon.pass(10_000 * MS)).is_empty());
}

#[test]
fn a_row_that_was_had_before_is_dropped_and_receipted_again() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.pass(200 * MS);
    let outputs = daemon.hear(from_bob(1));
    assert!(outputs.is_empty(), "{outputs:?}");
    assert_eq!(receipts(&daemon.pass(200 * MS)), [1]);
}

#[test]
fn a_row_that_is_missing_is_asked_for_again() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    let outputs = daemon.hear(from_bob(3));
    assert!(has_hung_up(&outputs) && ops(&outputs).is_empty());
    daemon.pass(1_000 * MS);
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(1)));
    daemon.hear(welcome(3, 1));
    daemon.hear(from_bob(2));
    daemon.hear(from_bob(3));
    assert_eq!(daemon.disk.cursor(), 3);
}

#[test]
fn a_row_that_cannot_be_stored_stops_the_session_and_nothing_is_lost() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.hold();
    daemon.hear(from_bob(2));
    daemon.hear(from_bob(3));
    let outputs = daemon.fail_held();
    assert!(has_hung_up(&outputs) && names(&outputs) == ["account.state"]);
    assert_eq!(link_states(&outputs), ["backoff storage"]);
    daemon.pass(1_000 * MS);
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(1)), "{outputs:?}");
    daemon.hear(welcome(3, 1));
    let outputs: Vec<Output> = [2, 3].into_iter().flat_map(|seq| daemon.hear(from_bob(seq))).collect();
    assert_eq!(daemon.disk.messages().len(), 3);
    assert!(events(&outputs).iter().all(|envelope| envelope.replayed));
}

#[test]
fn a_row_that_fails_during_the_next_login_is_asked_for_again_too() {
    let mut daemon = Daemon::online();
    daemon.hold();
    daemon.hear(from_bob(1));
    daemon.lost();
    daemon.pass(500 * MS);
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(1)));
    daemon.hear(welcome(1, 1));
    let held = daemon.held.take().unwrap();
    daemon.hold();
    let mut held = held.into_iter();
    let (token, ..) = held.next().unwrap();
    daemon.say(Input::Stored { token, result: Err(StoreError::Full("full".into())) });
    for (token, whose, op) in held {
        let result = daemon.disk.apply(&whose, op);
        daemon.say(Input::Stored { token, result });
    }
    daemon.release();
    daemon.pass(1_000 * MS);
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(0)), "{outputs:?}");
}

#[test]
fn what_happened_while_the_daemon_was_away_is_marked() {
    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.back(2);
    let replayed = |outputs: Vec<Output>| events(&outputs).iter().all(|envelope| envelope.replayed);
    assert!(replayed(daemon.hear(from_bob(1))));
    assert!(replayed(daemon.hear(from_bob(2))));
    assert!(!replayed(daemon.hear(from_bob(3))));
}

#[test]
fn a_new_device_starts_where_the_relay_says() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hear(welcome(2_201, 1_200));
    daemon.hear(from_bob(1_201));
    assert_eq!(daemon.disk.cursor(), 1_201);
}

#[test]
fn an_own_message_that_comes_back_is_known_and_one_from_another_device_is_news() {
    let mut daemon = Daemon::online();
    daemon.ask(text("bob", "m1"));
    let own = |seq: u64, key: &str| Chat {
        myaccount: "alice".into(),
        friendaccount: "bob".into(),
        content: format!("text of {key}"),
        id: Some(id(key)),
        ..from_bob(seq)
    };
    assert!(names(&daemon.hear(own(1, "m1"))).is_empty());
    let outputs = daemon.hear(own(2, "elsewhere"));
    assert_eq!(names(&outputs), ["chat.received"]);
    assert_eq!(events(&outputs)[0].event.data().unwrap()["from"], "alice");
    let outputs = daemon.pass(200 * MS);
    assert_eq!(words(&outputs), ["recv"], "one's own messages are not delivered to oneself");
    assert_eq!(
        reply(&daemon.ask(ipc_schema::daemon::Status {}))["accounts"][0]["outbox"],
        1,
        "the row is not the ack"
    );
}

#[test]
fn a_message_with_an_id_that_was_used_before_is_told_like_any_other() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    let anew = Chat { content: "another".into(), id: Some(id("b1")), conv: Some("c2".into()), ..from_bob(2) };
    assert_eq!(names(&daemon.hear(anew)), ["chat.received", "unread.changed"]);
}

#[test]
fn an_ack_never_moves_the_cursor() {
    let mut daemon = Daemon::online();
    daemon.ask(text("bob", "m1"));
    daemon.hear(ack("m1", 7));
    assert_eq!((daemon.disk.cursor(), daemon.core.first().inbox.taken()), (0, 0));
}

#[test]
fn what_this_version_does_not_know_is_kept_raw_and_passed() {
    let mut daemon = Daemon::online();
    let refusal = Refusal { seq: Some(1), ..Refusal::from(Fault::UnknownType) };
    daemon.news(News::Unreadable { refusal: Box::new(refusal.clone()), raw: b"<msg/>".to_vec() });
    daemon.hear(Chat { ts: None, ..from_bob(2) });
    daemon.hear(Chat { friendaccount: "zoe".into(), ..from_bob(3) });
    assert_eq!(daemon.disk.raw(), [1, 2, 3]);
    assert_eq!(daemon.disk.cursor(), 3);
    let passing = Refusal { seq: None, ..refusal };
    assert!(daemon.news(News::Unreadable { refusal: Box::new(passing), raw: Vec::new() }).is_empty());
    let kind = Chat { kind: Some("mls".into()), ..from_bob(4) };
    let outputs = daemon.hear(kind);
    assert_eq!(events(&outputs)[0].event.data().unwrap()["kind"], "mls");
}

#[test]
fn a_gap_counts_as_the_receipt_of_what_is_gone() {
    let mut daemon = Daemon::online();
    daemon.hear(Gap { from: 1, to: 40 });
    assert_eq!(daemon.disk.cursor(), 40);
    assert_eq!(receipts(&daemon.pass(200 * MS)), [40]);
    daemon.hear(Gap { from: 30, to: 50 });
    assert_eq!(daemon.disk.cursor(), 50);
    assert!(ops(&daemon.hear(Gap { from: 30, to: 50 })).is_empty());
    daemon.hear(from_bob(51));
    assert_eq!(daemon.disk.cursor(), 51);
    assert!(has_hung_up(&daemon.hear(Gap { from: 60, to: 61 })), "a gap behind a gap is a hole");
}

#[test]
fn reading_marks_here_and_tells_the_numbers() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.hear(from_bob(2));
    let read = |peek| ipc_schema::chat::Read { to: Some("bob".into()), peek };
    let outputs = daemon.ask(read(true));
    assert_eq!(reply(&outputs)["messages"][0]["state"], "delivered");
    assert!(events(&outputs).is_empty());
    let outputs = daemon.ask(read(false));
    assert_eq!(reply(&outputs)["messages"].as_array().unwrap().len(), 2);
    assert_eq!(names(&outputs), ["chat.read", "unread.changed"]);
    assert_eq!(
        events(&outputs)[0].event.data().unwrap(),
        json!({"friend": "bob", "by": "alice", "conv": "c1", "cseq": 2})
    );
    assert_eq!(events(&outputs)[1].event.data().unwrap(), json!({"friend": "bob", "unread": 0, "total": 0}));
    assert_eq!(reply(&daemon.ask(read(false)))["messages"], json!([]));
}

#[test]
fn a_conversation_is_read_from_the_store_also_without_the_relay() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.lost();
    daemon.ask(text("bob", "m1"));
    let history = |count| ipc_schema::chat::History { to: "bob".into(), count, before: None };
    let page = reply(&daemon.ask(history(10)));
    assert_eq!(page["messages"][0]["row"], 1);
    assert_eq!(page["messages"][1]["state"], "queued");
    assert_eq!(refusal(&daemon.ask(history(0))).code, Code::Usage);
    assert_eq!(refusal(&daemon.ask(history(1_001))).code, Code::Usage);
}

#[test]
fn a_row_that_fails_late_does_not_bring_back_a_login_that_was_refused() {
    let mut daemon = Daemon::online();
    daemon.hold();
    daemon.hear(from_bob(1));
    daemon.lost();
    daemon.pass(500 * MS);
    daemon.open();
    daemon.hear(LoginResponse { state: 0, ..LoginResponse::default() });
    daemon.fail_held();
    assert_eq!(daemon.core.deadline(), None);
}

#[test]
fn a_receipt_names_only_what_is_on_disk() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.hold();
    daemon.hear(from_bob(2));
    assert_eq!(receipts(&daemon.pass(200 * MS)), [1]);
    daemon.release();
    assert_eq!(receipts(&daemon.pass(200 * MS)), [2]);
}

/// The session in which row 2 is due and cannot be read.
fn stumbles(daemon: &mut Daemon, fault: Fault) -> Vec<Output> {
    daemon.news(News::Unreadable { refusal: Box::new(Refusal::from(fault)), raw: Vec::new() })
}

#[test]
fn a_row_that_ends_the_connection_twice_is_given_up_and_the_rest_arrives() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    assert!(has_hung_up(&stumbles(&mut daemon, Fault::TooLong)));
    daemon.lost();
    assert_eq!(daemon.disk.cursor(), 1, "once may be the network");
    daemon.pass(1_000 * MS);
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(1)));
    daemon.hear(welcome(3, 1));
    assert!(has_hung_up(&stumbles(&mut daemon, Fault::Malformed)));
    assert_eq!(daemon.disk.cursor(), 2);
    daemon.pass(2_000 * MS);
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(2)), "{outputs:?}");
    daemon.hear(welcome(3, 2));
    daemon.hear(from_bob(3));
    assert_eq!((daemon.disk.cursor(), daemon.disk.messages().len()), (3, 2));
}

#[test]
fn a_row_that_cannot_be_read_is_given_up_also_when_it_comes_before_the_login_is_on_disk() {
    let mut daemon = Daemon::online();
    for _ in 0..2 {
        daemon.lost();
        daemon.pass(4_000 * MS);
        daemon.open();
        daemon.hold();
        daemon.hear(welcome(3, daemon.disk.cursor()));
        if daemon.disk.cursor() == 0 {
            daemon.hear(from_bob(1));
        }
        stumbles(&mut daemon, Fault::TooLong);
        daemon.lost();
        daemon.release();
        daemon.release();
    }
    assert_eq!((daemon.disk.cursor(), daemon.disk.messages().len()), (2, 1));
}

#[test]
fn what_cannot_be_read_where_no_row_is_due_costs_no_row() {
    let mut daemon = Daemon::online();
    for _ in 0..5 {
        stumbles(&mut daemon, Fault::Malformed);
        daemon.pass(30_000 * MS);
        daemon.open();
        daemon.hear(welcome(0, 0));
    }
    assert_eq!(daemon.disk.cursor(), 0);
    daemon.hear(from_bob(1));
    assert_eq!(daemon.disk.messages().len(), 1);
}

#[test]
fn a_name_that_nobody_has_is_told_and_one_with_whom_something_was_said_is_not() {
    use ipc_schema::chat::{History, Read};
    let mut daemon = Daemon::with_bob();
    let history = |to: &str, before| History { to: to.into(), count: 9, before };
    let read = |to: &str| Read { to: Some(to.into()), peek: true };
    for outputs in [
        daemon.ask(history("bobb", None)),
        daemon.ask(history("@bobb", Some(9))),
        daemon.ask(read("bobb")),
        daemon.ask(Read { peek: false, ..read("Bobb") }),
    ] {
        let error = refusal(&outputs);
        assert_eq!((error.code, error.exit()), (Code::NotFound, 7));
        assert_eq!(error.message, "there is no friend called bobb, and nothing was said with bobb");
    }
    let show = |friend: &str| ipc_schema::presence::Show { friend: Some(friend.into()) };
    assert_eq!(refusal(&daemon.ask(show("bobb"))).code, Code::NotFound);
    for known in ["bob", "@me", "alice"] {
        assert_eq!(reply(&daemon.ask(history(known, None)))["messages"], json!([]), "{known}");
        assert_eq!(reply(&daemon.ask(read(known)))["messages"], json!([]), "{known}");
    }
    reply(&daemon.ask(show("@me")));

    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    assert_eq!(
        reply(&daemon.ask(Read { peek: false, ..read("bob") }))["messages"].as_array().unwrap().len(),
        1
    );
    assert_eq!(reply(&daemon.ask(read("bob")))["messages"], json!([]), "no friend, and known all the same");
}
