//! Events: numbered, told again to those who come back, and equal to the state.

use super::*;
use ipc_schema::State;
use ipc_schema::daemon::Subscribe;

fn subscribe(daemon: &mut Daemon, since: Option<u64>) -> (u64, Vec<Envelope>) {
    let outputs = daemon.ask(Subscribe { since });
    let [Output::Reply { result: Ok(reply), .. }, Output::Subscribed { client: 1, first }] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    (reply["seq"].as_u64().unwrap(), first.clone())
}

#[test]
fn numbers_start_at_the_time_of_the_start_and_rise_by_one() {
    let mut daemon = Daemon::new();
    let (first, _) = subscribe(&mut daemon, None);
    assert_eq!(first, u64::try_from(START).unwrap());
    let mut all = daemon.ask(login("alice@example.org"));
    all.extend(daemon.open());
    all.extend(daemon.hear(welcome(0, 0)));
    let numbers: Vec<u64> = events(&all).iter().map(|envelope| envelope.seq).collect();
    let expected: Vec<u64> = (first + 1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    assert_eq!(events(&all)[0].ts, "2026-01-31T09:30:00.000Z");
}

#[test]
fn a_subscriber_gets_the_state_first() {
    let mut daemon = Daemon::online();
    let (seq, first) = subscribe(&mut daemon, None);
    assert_eq!((first.len(), first[0].seq), (1, seq));
    let data = first[0].event.data().unwrap();
    assert_eq!(data["accounts"][0]["account"], "alice@example.org");
    assert_eq!(data["accounts"][0]["state"], "online");
    assert_eq!(data["accounts"][0]["presence"], "online");
}

#[test]
fn whoever_comes_back_hears_what_was_missed_but_no_shake() {
    let mut daemon = Daemon::online();
    let (seq, _) = subscribe(&mut daemon, None);
    daemon.hear(from_bob(1));
    daemon.hear(relay_schema::Shake { myaccount: "bob".into(), friendaccount: "alice".into(), id: None });
    let (_, missed) = subscribe(&mut daemon, Some(seq));
    let names: Vec<&str> = missed.iter().map(|envelope| envelope.event.name()).collect();
    assert_eq!(names, ["chat.received", "unread.changed"]);
    let (now, _) = subscribe(&mut daemon, None);
    assert_eq!(subscribe(&mut daemon, Some(now)).1, []);
}

#[test]
fn an_older_or_foreign_number_gets_a_gap_and_the_state() {
    let mut daemon = Daemon::online();
    let (seq, _) = subscribe(&mut daemon, None);
    for since in [0, 1, u64::try_from(START).unwrap() - 1, seq + 1, u64::MAX] {
        let (_, first) = subscribe(&mut daemon, Some(since));
        let names: Vec<&str> = first.iter().map(|envelope| envelope.event.name()).collect();
        assert_eq!(names, ["daemon.gap", "daemon.state"], "{since}");
    }
}

#[test]
fn the_last_4096_events_are_kept_and_no_more() {
    let mut daemon = Daemon::online();
    let (seq, _) = subscribe(&mut daemon, None);
    for row in 1..=2_048 {
        daemon.hear(from_bob(row));
    }
    assert_eq!(subscribe(&mut daemon, Some(seq)).1.len(), 4_096);
    daemon.hear(from_bob(2_049));
    assert_eq!(subscribe(&mut daemon, Some(seq)).1[0].event.name(), "daemon.gap");
    assert_eq!(subscribe(&mut daemon, Some(seq + 2)).1.len(), 4_096);
}

#[test]
fn long_texts_do_not_fill_the_memory() {
    let mut daemon = Daemon::online();
    let (seq, _) = subscribe(&mut daemon, None);
    for row in 1..=400 {
        daemon.hear(Chat { content: "x".repeat(200_000), ..from_bob(row) });
    }
    assert_eq!(subscribe(&mut daemon, Some(seq)).1[0].event.name(), "daemon.gap");
    let (now, _) = subscribe(&mut daemon, None);
    assert_eq!(subscribe(&mut daemon, Some(now - 20)).1.len(), 20);
}

#[test]
fn a_mirror_that_applies_every_event_equals_the_state() {
    let mut daemon = Daemon::new();
    let mut mirror = State::default();
    let (_, first) = subscribe(&mut daemon, None);
    first.iter().for_each(|envelope| mirror.apply(envelope));
    let mut story = vec![daemon.ask(login("alice@example.org")), daemon.open(), daemon.hear(welcome(0, 0))];
    story.push(daemon.hear(relay_schema::Friend { account: "bob".into(), ..Default::default() }));
    story.push(daemon.hear(relay_schema::ListEnd { seq: 0 }));
    story.push(daemon.hear(relay_schema::Line {
        state: 1,
        friendaccount: Some("bob".into()),
        note: None,
        id: None,
    }));
    story.push(daemon.hear(from_bob(1)));
    story.push(daemon.ask(text("bob", "m1")));
    story.push(daemon.lost());
    story.push(daemon.ask(text("bob", "m2")));
    story.push(daemon.back(1));
    story.push(daemon.hear(relay_schema::Friend {
        account: "dave".into(),
        seq: Some(2),
        ..Default::default()
    }));
    story.push(daemon.ask(ipc_schema::chat::Read::default()));
    for outputs in story {
        events(&outputs).into_iter().for_each(|envelope| mirror.apply(envelope));
    }
    let (_, first) = subscribe(&mut daemon, None);
    let Event::DaemonState(state) = &first[0].event else { panic!() };
    assert_eq!(mirror, *state);
    let account = &state.accounts[0];
    assert_eq!((account.unread.total, account.outbox, account.groups[0].friends.len()), (0, 2, 2));
}

#[test]
fn the_status_says_how_the_account_does_and_why() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.pass(Duration::from_millis(2_500));
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["daemon"]["uptime_s"], 2);
    let expected = json!({"account": "alice@example.org", "state": "online", "relay": "example.org:5290",
        "presence": "online", "unread": {"total": 1}, "secret_store": "file", "outbox": 0});
    assert_eq!(status["accounts"], json!([expected]));
    daemon.lost();
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["accounts"][0]["state"], "backoff");
    assert_eq!(status["accounts"][0]["reason"], "lost");
    assert!(status["accounts"][0]["message"].as_str().unwrap().contains("keeps trying"));
}
