//! What subscribers hear, and what happens to those who do not listen.

use ipc_schema::{presence, shake};

use super::*;

fn settings() -> Settings {
    Settings { limits: Limits { changes: 100, ..Settings::new().limits }, ..Settings::new() }
}

fn shaken(seq: u64) -> Envelope {
    let event = Event::ShakeReceived(shake::Received { from: "b".repeat(1000) });
    Envelope::new(seq, "2026-01-31T09:30:00.123Z", Some("a@h".into()), event)
}

fn line_of(seq: u64, friend: &str) -> Envelope {
    let presence = presence::Changed { friend: friend.into(), ..presence::Changed::default() };
    Envelope::new(seq, "2026-01-31T09:30:00.123Z", Some("a@h".into()), Event::PresenceChanged(presence))
}

#[tokio::test]
async fn a_subscriber_hears_the_state_and_then_every_change() {
    let mut daemon = daemon(Settings::new());
    let (mut client, _) = daemon.subscribed().await;
    let deaf = daemon.greeted().await;
    for seq in 2..5 {
        daemon.server.event(&shaken(seq));
    }
    for seq in 2..5 {
        let line;
        (client, line) = client.hear().await;
        assert_eq!(line["method"], "event");
        assert_eq!(line["params"]["seq"], seq);
        assert_eq!(line["params"]["event"], "shake.received");
    }
    daemon.server.stop(DEADLINE).await;
    assert!(deaf.hear_all().await.is_empty(), "who has not subscribed hears nothing");
}

#[tokio::test]
async fn who_falls_behind_is_told_how_much_is_lost_once_it_reads_again() {
    let mut daemon = daemon(settings());
    let (mut client, _) = daemon.subscribed().await;
    let sent = 2000;
    for seq in 2..sent + 2 {
        daemon.server.event(&shaken(seq));
        tokio::task::yield_now().await;
    }
    let (mut heard, mut next) = (0, 2);
    let lost = loop {
        let line;
        (client, line) = client.hear().await;
        let envelope = &line["params"];
        if envelope["event"] == "daemon.gap" {
            assert_eq!(envelope["seq"], sent + 1, "the gap has the number of the last one lost");
            break envelope["data"]["lost"].as_u64().unwrap();
        }
        assert_eq!(envelope["seq"], next);
        (heard, next) = (heard + 1, next + 1);
    };
    assert_eq!(heard + lost, sent);
    assert!(lost > 0 && heard >= 100);
    daemon.server.event(&shaken(sent + 2));
    let (_, line) = client.hear().await;
    assert_eq!(line["params"]["seq"], sent + 2);
}

#[tokio::test]
async fn only_the_latest_presence_of_a_friend_is_told_to_who_is_slow() {
    let mut daemon = daemon(settings());
    let (mut client, _) = daemon.subscribed().await;
    // No task runs in between: nothing is written yet.
    for seq in 2..5002 {
        daemon.server.event(&line_of(seq, if seq % 2 == 0 { "bob" } else { "carol" }));
    }
    for seq in [5000, 5001] {
        let line;
        (client, line) = client.hear().await;
        assert_eq!(line["params"]["seq"], seq);
    }
}

#[tokio::test]
async fn who_takes_no_byte_for_too_long_is_cut_off_and_the_others_are_not() {
    let mut daemon = daemon(Settings { patience: Duration::from_millis(100), ..settings() });
    let (deaf, number) = daemon.subscribed().await;
    let (mut client, _) = daemon.subscribed().await;
    let (mut next, began) = (2, std::time::Instant::now());
    let gone = loop {
        assert!(began.elapsed() < DEADLINE, "waited in vain");
        daemon.server.event(&shaken(next));
        let line;
        (client, line) = client.hear().await;
        assert_eq!(line["params"]["seq"], next);
        next += 1;
        if let Ok(input) = daemon.inputs.try_recv() {
            break input;
        }
    };
    assert!(matches!(gone, Input::Gone { client } if client == number), "{gone:?}");
    daemon.server.event(&shaken(next));
    assert_eq!(daemon.server.subscribers.len(), 1);
    drop(deaf);
}

#[tokio::test]
async fn a_state_of_any_size_comes_whole_and_loses_no_change() {
    let mut daemon = daemon(settings());
    let mut client = daemon.greeted().await;
    client.say(&json!({"jsonrpc": "2.0", "id": 2, "method": "events.subscribe", "params": {"since": 1}}));
    client.say(&json!({"jsonrpc": "2.0", "id": 3, "method": "daemon.status"}));
    let (number, id, _) = daemon.request().await;
    drop(daemon.greeted().await);
    assert!(daemon.inputs.try_recv().is_err(), "nothing is read beside a subscription");
    daemon.server.reply(number, &id, Ok(json!({"seq": 4000})));
    let first: Vec<_> = (1..=4000).map(shaken).collect();
    daemon.server.subscribed(number, &first);
    (4001..4050).for_each(|seq| daemon.server.event(&shaken(seq)));
    let line;
    (client, line) = client.hear().await;
    assert_eq!(line["id"], 2);
    for seq in 1..4050 {
        let line;
        (client, line) = client.hear().await;
        assert_eq!(line["params"]["seq"], seq);
    }
    let (_, _, request) = daemon.request().await;
    assert_eq!(request.name(), "daemon.status", "read again once the state is written");
}

#[tokio::test]
async fn every_one_of_many_events_reaches_a_reader_that_keeps_up() {
    let mut daemon = daemon(Settings::new());
    let (client, _) = daemon.subscribed().await;
    let count = 50_000;
    let reading = std::thread::spawn(move || {
        let mut client = client;
        let mut line = Vec::new();
        for _ in 0..count {
            line.clear();
            client.reader.read_until(b'\n', &mut line).unwrap();
        }
        line
    });
    let began = std::time::Instant::now();
    for seq in 0..count {
        let connection = Arc::clone(&daemon.server.subscribers[0]);
        until("room", || connection.has_room_for_changes()).await;
        daemon.server.event(&line_of(seq, &format!("friend-{seq}")));
    }
    until("read", || reading.is_finished()).await;
    let last: Value = serde_json::from_slice(&reading.join().unwrap()).unwrap();
    assert_eq!(last["params"]["seq"], count - 1);
    println!(
        "{:.0} events a second",
        f64::from(u32::try_from(count).unwrap()) / began.elapsed().as_secs_f64()
    );
}
