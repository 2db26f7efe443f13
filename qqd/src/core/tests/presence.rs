//! How one shows oneself, and who writes.

use super::*;
use ipc_schema::chat::Typing;
use ipc_schema::presence::{Set, Show, Wish};
use relay_schema::{Line, Typing as Wire};

fn set(daemon: &mut Daemon, state: Wish, note: Option<&str>) -> Vec<Output> {
    daemon.ask(Set { state, note: note.map(str::to_owned) })
}

fn line(state: i32) -> Line {
    Line { state, friendaccount: Some("bob".into()), note: None, id: None }
}

/// What was said of oneself to the relay.
fn lines(outputs: &[Output]) -> Vec<(i32, Option<String>)> {
    let line = |stanza: &&Stanza| match stanza {
        Stanza::Line(line) => Some((line.state, line.note.clone())),
        Stanza::Login(login) => Some((login.state.unwrap(), login.note.clone())),
        _ => None,
    };
    sent(outputs).iter().filter_map(line).collect()
}

fn typing(outputs: &[Output]) -> Vec<bool> {
    let typing = |envelope: &&Envelope| match &envelope.event {
        Event::TypingChanged(typing) => Some(typing.typing),
        _ => None,
    };
    events(outputs).iter().filter_map(typing).collect()
}

#[test]
fn what_is_set_is_said_told_and_said_again_by_every_later_login() {
    let mut daemon = Daemon::with_bob();
    let outputs = set(&mut daemon, Wish::Away, Some("lunch"));
    assert_eq!(lines(&outputs), [(2, Some("lunch".to_owned()))]);
    assert_eq!(
        reply(&outputs),
        json!({"account": "alice@example.org", "friend": null, "state": "away", "note": "lunch"})
    );
    assert_eq!(names(&outputs), ["presence.changed"]);
    assert_eq!(lines(&set(&mut daemon, Wish::Busy, None)), [(3, Some("lunch".to_owned()))], "the note stays");
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    assert_eq!(lines(&daemon.open()), [(3, Some("lunch".to_owned()))]);
    let outputs = daemon.hear(welcome(0, 0));
    assert_eq!(names(&outputs), ["account.state", "presence.changed"]);
    let mut next = Daemon::on(daemon.disk.clone());
    assert_eq!(lines(&next.open()), [(3, Some("lunch".to_owned()))]);
    next.hear(welcome(0, 0));
    assert_eq!(reply(&next.ask(Show { friend: None }))["state"], "busy");
}

#[test]
fn invisible_is_off_line_to_others_and_says_so_to_oneself() {
    let mut daemon = Daemon::with_bob();
    let outputs = set(&mut daemon, Wish::Invisible, None);
    assert_eq!(lines(&outputs), [(0, None)]);
    assert_eq!((&reply(&outputs)["state"], &reply(&outputs)["invisible"]), (&json!("offline"), &json!(true)));
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["accounts"][0]["presence"], "offline");
    daemon.hear(line(1));
    let refused = refusal(&daemon.ask(Typing { to: "bob".into(), stopped: false }));
    assert_eq!(refused.code, Code::Denied);
    let outputs = set(&mut daemon, Wish::Online, None);
    assert_eq!(reply(&outputs).get("invisible"), None);
    assert!(lines(&outputs) == [(1, None)]);
}

#[test]
fn a_status_text_that_is_too_long_or_cannot_be_sent_is_refused() {
    let mut daemon = Daemon::with_bob();
    for bad in ["x".repeat(257), "a\u{1}b".into()] {
        assert_eq!(refusal(&set(&mut daemon, Wish::Away, Some(&bad))).code, Code::Usage);
    }
    assert!(replies(&set(&mut daemon, Wish::Away, Some(&"字".repeat(256))))[0].is_ok());
}

#[test]
fn typing_goes_to_a_friend_on_line_only_and_not_with_every_key() {
    let mut daemon = Daemon::with_bob();
    let ask = |daemon: &mut Daemon, stopped| daemon.ask(Typing { to: "bob".into(), stopped });
    assert_eq!(refusal(&ask(&mut daemon, false)).code, Code::Offline);
    daemon.hear(line(2));
    assert_eq!(words(&ask(&mut daemon, false)), ["typing"]);
    assert_eq!(words(&ask(&mut daemon, false)), [""; 0]);
    assert_eq!(words(&ask(&mut daemon, true)), ["typing"]);
    daemon.pass(Duration::from_secs(3));
    assert_eq!(words(&ask(&mut daemon, true)), ["typing"]);
    assert_eq!(refusal(&daemon.ask(Typing { to: "carol".into(), stopped: false })).code, Code::NotFound);
    daemon.lost();
    assert_eq!(refusal(&ask(&mut daemon, false)).code, Code::NoRelay);
}

#[test]
fn a_friend_who_writes_is_forgotten_by_a_message_a_stop_a_departure_or_time() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(line(1));
    let writes = |state| Wire { friendaccount: "bob".into(), state };
    assert_eq!(typing(&daemon.hear(writes(1))), [true]);
    assert_eq!(typing(&daemon.hear(writes(1))), [false; 0]);
    assert_eq!(typing(&daemon.hear(writes(0))), [false]);
    assert_eq!(typing(&daemon.hear(writes(0))), [false; 0]);
    daemon.hear(writes(1));
    assert_eq!(typing(&daemon.hear(from_bob(1))), [false]);
    daemon.hear(writes(1));
    assert_eq!(typing(&daemon.pass(Duration::from_secs(9))), [false; 0]);
    daemon.hear(writes(1));
    assert_eq!(typing(&daemon.pass(Duration::from_secs(9))), [false; 0], "heard again since");
    assert_eq!(typing(&daemon.pass(Duration::from_secs(1))), [false]);
    daemon.hear(writes(1));
    assert_eq!(typing(&daemon.hear(line(-1))), [false]);
    daemon.hear(writes(1));
    assert_eq!(typing(&daemon.lost()), [false]);
    let stranger = Wire { friendaccount: "mallory".into(), state: 1 };
    assert!(events(&daemon.hear(stranger)).is_empty());
}

#[test]
fn what_a_friend_says_in_the_profile_stays_when_the_presence_says_nothing() {
    let mut daemon = Daemon::with_bob();
    let bob = Friend {
        account: "bob".into(),
        note: Some("Rust all the things".into()),
        seq: Some(1),
        ..Friend::default()
    };
    daemon.hear(bob);
    let note = |outputs: &[Output]| match &events(outputs).last().unwrap().event {
        Event::PresenceChanged(changed) => changed.note.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(note(&daemon.hear(line(2))), "Rust all the things");
    assert_eq!(note(&daemon.hear(Line { note: Some("lunch".into()), ..line(2) })), "lunch");
    assert_eq!(note(&daemon.hear(line(-1))), "Rust all the things");
}
