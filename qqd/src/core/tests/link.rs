//! The link: how it comes back, how it is known to be dead, how seldom it wakes the machine.

use super::*;

const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

/// The next try comes and fails; how long it was waited for.
fn try_in_vain(daemon: &mut Daemon) -> (Duration, Vec<Output>) {
    let pause = daemon.core.deadline().unwrap() - daemon.now.mono;
    let mut outputs = daemon.pass(pause);
    assert!(has_dialled(&outputs));
    outputs.extend(refused(daemon));
    (pause, outputs)
}

fn refused(daemon: &mut Daemon) -> Vec<Output> {
    daemon.closed(Closed::Refused { detail: "refused".into() })
}

#[test]
fn a_lost_relay_is_tried_every_half_second_for_thirty_seconds() {
    let mut daemon = Daemon::online();
    let outputs = daemon.lost();
    assert_eq!(link_states(&outputs), ["backoff lost"]);
    let (lost, mut tries) = (daemon.now.mono, 0);
    while daemon.now.mono < lost + 29 * S {
        assert!(has_dialled(&daemon.pass(500 * MS)), "{:?}", daemon.now.mono);
        refused(&mut daemon);
        tries += 1;
    }
    assert!(tries >= 58);
}

#[test]
fn later_the_pauses_double_to_thirty_seconds_and_are_never_all_alike() {
    let mut daemon = Daemon::online();
    daemon.lost();
    while daemon.now.mono < 30 * S {
        try_in_vain(&mut daemon);
    }
    let pauses: Vec<Duration> = (0..12).map(|_| try_in_vain(&mut daemon).0).collect();
    assert!(pauses[0] <= S && pauses[0] >= 500 * MS, "{pauses:?}");
    assert!(pauses[1] <= 2 * S && pauses[1] >= S, "{pauses:?}");
    assert!(pauses[6..].iter().all(|pause| (15 * S..=30 * S).contains(pause)), "{pauses:?}");
    assert!(pauses[6..].windows(2).any(|pair| pair[0] != pair[1]), "{pauses:?}");
}

#[test]
fn a_relay_that_is_away_all_day_does_not_fill_the_events() {
    let mut daemon = Daemon::online();
    daemon.lost();
    let mut told = 0;
    for _ in 0..200 {
        told += events(&try_in_vain(&mut daemon).1).len();
    }
    assert!(told <= 3, "{told}");
}

#[test]
fn a_machine_that_wakes_tries_at_once() {
    let mut daemon = Daemon::online();
    daemon.lost();
    while daemon.now.mono < 120 * S {
        try_in_vain(&mut daemon);
    }
    daemon.pass(S);
    assert!(has_dialled(&daemon.say(Input::Woken)));
    assert!(!has_dialled(&daemon.say(Input::Woken)), "not for every change of an address");
}

#[test]
fn a_link_that_does_not_survive_sleep_is_found_within_a_second() {
    let mut daemon = Daemon::online();
    daemon.pass(S);
    assert_eq!(words(&daemon.say(Input::Woken)), ["ping"]);
    assert!(words(&daemon.say(Input::Woken)).is_empty());
    daemon.pass(999 * MS);
    assert!(daemon.core.first().link.is_online());
    let outputs = daemon.pass(MS);
    assert!(has_hung_up(&outputs));
    assert_eq!(link_states(&outputs), ["backoff lost"]);
}

#[test]
fn a_link_that_survives_sleep_stays() {
    let mut daemon = Daemon::online();
    daemon.say(Input::Woken);
    daemon.pass(900 * MS);
    daemon.hear(relay_schema::Pong { id: id("x") });
    daemon.pass(10 * S);
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn after_thirty_seconds_of_silence_comes_a_ping_and_after_seventy_five_the_end() {
    let mut daemon = Daemon::online();
    assert!(words(&daemon.pass(29_999 * MS)).is_empty());
    assert_eq!(words(&daemon.pass(MS)), ["ping"]);
    daemon.pass(44_999 * MS);
    assert!(daemon.core.first().link.is_online());
    daemon.pass(MS);
    assert!(!daemon.core.first().link.is_online());
}

#[test]
fn an_idle_daemon_wakes_once_in_thirty_seconds() {
    let mut daemon = Daemon::online();
    daemon.wakeups = 0;
    for _ in 0..120 {
        daemon.pass(30 * S);
        daemon.hear(relay_schema::Pong { id: id("x") });
    }
    assert!(daemon.wakeups <= 120, "{}", daemon.wakeups);
    let idle = Daemon::new();
    assert_eq!(idle.core.deadline(), None);
}

#[test]
fn a_ping_is_answered() {
    let mut daemon = Daemon::online();
    let outputs = daemon.hear(relay_schema::Ping { id: id("p7") });
    assert!(matches!(sent(&outputs)[..], [Stanza::Pong(pong)] if pong.id == id("p7")));
}

#[test]
fn what_an_older_try_says_is_ignored() {
    let mut daemon = Daemon::online();
    let closed = News::Closed(Closed::Hangup);
    assert!(daemon.say(Input::Link { account: daemon.account, attempt: 0, news: closed }).is_empty());
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn a_device_that_is_replaced_once_or_twice_comes_back_for_it_may_be_its_own_late_login() {
    let mut daemon = Daemon::online();
    for _ in 0..4 {
        for _ in 0..2 {
            assert_eq!(link_states(&replaced(&mut daemon)), ["backoff replaced"]);
            assert!(has_dialled(&daemon.pass(4 * S)));
            daemon.open();
            daemon.hear(welcome(0, 0));
        }
        for _ in 0..25 {
            daemon.pass(25 * S);
            daemon.hear(relay_schema::Pong { id: id("x") });
        }
    }
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn a_device_that_is_replaced_again_and_again_stops() {
    let mut daemon = Daemon::online();
    for _ in 0..2 {
        replaced(&mut daemon);
        daemon.pass(4 * S);
        daemon.open();
        daemon.hear(welcome(0, 0));
    }
    let outputs = replaced(&mut daemon);
    assert_eq!(names(&outputs), ["account.refused", "account.state"]);
    let Event::AccountRefused(refused) = &events(&outputs)[0].event else { panic!("{outputs:?}") };
    assert!(refused.message.contains("a copied data directory?"), "{}", refused.message);
    assert!(!has_dialled(&daemon.pass(60 * S)));
    daemon.ask(login("alice"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert_eq!(link_states(&replaced(&mut daemon)), ["backoff replaced"], "a person's login counts anew");
}

fn replaced(daemon: &mut Daemon) -> Vec<Output> {
    let code = relay_schema::ErrorCode::Replaced;
    daemon.hear(relay_schema::ErrorStanza { code, ..Default::default() })
}

#[test]
fn the_first_word_of_a_session_is_said_at_once_so_that_the_token_before_is_good_no_more() {
    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.pass(500 * MS);
    daemon.open();
    daemon.hold();
    assert!(words(&daemon.hear(welcome(0, 0))).is_empty(), "the token is not on disk");
    assert_eq!(words(&daemon.release()), ["ping"]);
}

#[test]
fn a_stop_hangs_up_without_a_logout_and_everybody_is_answered() {
    let mut daemon = Daemon::online();
    daemon.ask(ipc_schema::chat::Send { wait: Some(ipc_schema::chat::Wait::Relay), ..text("bob", "m1") });
    let outputs = daemon.say(Input::Stop);
    assert_eq!(refusal(&outputs).code, Code::NoDaemon);
    assert!(has_hung_up(&outputs) && !words(&outputs).contains(&"logout"));
    assert!(matches!(outputs.last(), Some(Output::Stopped)));
    assert_eq!(daemon.core.deadline(), None);
    assert_eq!(refusal(&daemon.ask(ipc_schema::daemon::Status {})).code, Code::NoDaemon);
}

#[test]
fn a_changed_key_is_said_once_and_tried_seldom() {
    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.pass(500 * MS);
    let outputs = daemon.closed(Closed::KeyChanged { expected: "ab".into(), found: "cd".into() });
    assert_eq!(link_states(&outputs), ["backoff key_changed"]);
    assert!(!has_dialled(&daemon.pass(299 * S)));
}

#[test]
fn right_after_the_start_a_message_waits_for_the_first_try_and_no_longer() {
    let disk = Daemon::with_bob().disk;
    let mut daemon = Daemon::on(disk.clone());
    assert!(daemon.ask(text("bob", "m1")).is_empty());
    assert_eq!(
        replies(&daemon.ask(ipc_schema::daemon::Status {})).len(),
        1,
        "what needs no relay does not wait"
    );
    daemon.open();
    let outputs = daemon.hear(welcome(0, 0));
    assert_eq!(reply(&outputs)["state"], "sent");

    let mut daemon = Daemon::on(disk.clone());
    daemon.ask(text("bob", "m1"));
    assert_eq!(refusal(&refused(&mut daemon)).code, Code::NoRelay);
    assert_eq!(replies(&daemon.ask(text("bob", "m2"))).len(), 1, "later nobody waits");

    let mut daemon = Daemon::on(disk.clone());
    daemon.ask(text("bob", "m1"));
    assert!(replies(&daemon.pass(1_999 * MS)).is_empty());
    assert_eq!(refusal(&daemon.pass(MS)).code, Code::NoRelay);
    assert!(daemon.disk.message("m1").is_some());

    let mut daemon = Daemon::on(disk);
    daemon.ask(text("bob", "m1"));
    assert_eq!(refusal(&daemon.say(Input::Stop)).code, Code::NoDaemon);
}
