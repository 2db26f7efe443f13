//! Many at once: strangers who ask, calls in between, and what came while one was away of people who do not count.

use super::*;

#[test]
fn a_flood_of_friend_requests_is_one_notification() {
    let mut daemon = Daemon::desk(&["bob"]);
    let mut single = Vec::new();
    for (seq, name) in (1..).zip(["a", "b", "c"]) {
        single.push(shown(&daemon.hear(request(name, "hello", seq))).0);
    }
    daemon.tells(Desk::Closed { number: single[0], dismissed: false });
    let outputs = daemon.hear(request("d", "hello", 4));
    let (number, title, text) = shown(&outputs);
    assert_eq!(closed(&outputs), single[1..], "one is gone already");
    assert_eq!(title, "Qiaoqiao 敲敲");
    assert_eq!(text, "4 people would like to be your friends");
    assert_eq!(buttons(&outputs), [Button::Open]);
    let mut all = Vec::new();
    for seq in 5..=100 {
        all.extend(daemon.hear(request(&format!("e{seq}"), "hello", seq)));
    }
    assert!(notices(&all).is_empty());
    assert_eq!(shown(&daemon.second()), (number, title, "100 people would like to be your friends".into()));
    let wanted = daemon.presses(number, Button::Open);
    assert_eq!(closed(&wanted), [number]);
    assert_eq!(shown(&daemon.hear(request("f", "hello", 101))).1, "Miss f (f)", "they were looked at");
}

#[test]
fn when_all_who_asked_are_answered_nothing_is_told_of_them() {
    let mut daemon = Daemon::desk(&["bob"]);
    let names = ["a", "b", "c", "d"];
    let mut outputs = Vec::new();
    for (seq, name) in (1..).zip(names) {
        outputs = daemon.hear(request(name, "", seq));
    }
    let (number, ..) = shown(&outputs);
    for (seq, name) in (5..).zip(names) {
        // On another device of alice's.
        outputs = daemon.hear(relay_schema::FriendAnswer {
            friendaccount: name.into(),
            state: 0,
            myaccount: Some("alice".into()),
            seq: Some(seq),
            ts: Some("2026-01-31T09:31:00.000Z".into()),
            ..Default::default()
        });
        assert_eq!(closed(&outputs), if name == "d" { vec![number] } else { Vec::new() }, "{name}");
    }
}

#[test]
fn a_call_gives_way_to_nothing_else() {
    let friends: Vec<String> = (0..60).map(|n| format!("f{n}")).collect();
    let mut names: Vec<&str> = friends.iter().map(String::as_str).collect();
    names.push("bob");
    let mut daemon = Daemon::desk(&names);
    let (rings, ..) = shown(&daemon.hear(call("k1")));
    let mut all = Vec::new();
    for (seq, friend) in (1..).zip(&friends) {
        all.extend(daemon.hear(from(friend, seq)));
    }
    assert!(closed(&all).len() > 20 && !closed(&all).contains(&rings), "{:?}", closed(&all));
}

#[test]
fn what_somebody_adds_to_a_request_is_told_a_moment_later() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(request("carol", "hello", 1)));
    assert!(notices(&daemon.hear(request("carol", "it is me", 2))).is_empty());
    let (same, _, text) = shown(&daemon.second());
    assert_eq!((same, text.as_str()), (number, "Wants to be your friend\nit is me"));
}

#[test]
fn what_strangers_and_the_muted_wrote_while_one_was_away_does_not_count() {
    let mut daemon = Daemon::desk(&["bob", "carol", "dave"]);
    daemon.ask(Request::NotifyMute(Mute { friend: "bob".into(), off: false }));
    daemon.lost();
    daemon.back(4);
    for (seq, who) in (1..).zip(["bob", "carol", "mallory", "dave"]) {
        daemon.hear(from(who, seq));
    }
    assert_eq!(body(&daemon.pass(Duration::from_secs(5))), "2 messages from 2 friends");
}

#[test]
fn a_flood_of_messages_is_no_flood_of_notifications() {
    let mut daemon = Daemon::desk(&["bob"]);
    let mut all = Vec::new();
    for seq in 1..=1_000 {
        all.extend(daemon.hear(from("bob", seq)));
        all.extend(daemon.pass(Duration::from_millis(10)));
    }
    assert!((9..=11).contains(&notices(&all).len()), "{}", notices(&all).len());
}

#[test]
fn only_so_many_are_shown_at_one_time() {
    let friends: Vec<String> = (0..60).map(|n| format!("f{n}")).collect();
    let mut daemon = Daemon::desk(&friends.iter().map(String::as_str).collect::<Vec<_>>());
    let mut all = Vec::new();
    for (seq, friend) in (1..).zip(&friends) {
        all.extend(daemon.hear(from(friend, seq)));
    }
    assert_eq!((notices(&all).len(), closed(&all).len()), (60, 28));
}

#[test]
fn forty_friends_wrote_while_one_was_away_and_it_is_one_notification() {
    let friends: Vec<String> = (0..40).map(|n| format!("f{n}")).collect();
    let mut daemon = Daemon::desk(&friends.iter().map(String::as_str).collect::<Vec<_>>());
    daemon.lost();
    daemon.back(57);
    let mut all = Vec::new();
    for seq in 1..=57 {
        all.extend(daemon.hear(from(&format!("f{}", seq % 40), seq)));
        if seq == 50 {
            // The relay takes its time.
            all.extend(daemon.pass(Duration::from_secs(3)));
        }
    }
    all.extend(daemon.pass(Duration::from_secs(5)));
    let (number, title, text) = shown(&all);
    assert_eq!((title.as_str(), text.as_str()), ("While you were away", "57 messages from 40 friends"));
    assert_eq!(body(&daemon.hear(from("f1", 58))), "row 58", "what comes now is told as ever");
    let outputs = daemon.ask(Read { to: None, peek: false });
    assert!(closed(&outputs).contains(&number), "{outputs:?}");
}
