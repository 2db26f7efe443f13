//! Notifications: what is told, what is not, and what the user does with it.

use std::collections::BTreeSet;

use ipc_schema::Request;
use ipc_schema::chat::Read;
use ipc_schema::daemon::View;
use ipc_schema::notify::{Content, Dnd, Mute, Quiet, Shows, Switch};
use ipc_schema::presence::{Set, Wish};
use relay_schema::{FriendRequest, Shake};

mod flood;
mod locked;
mod service;

use super::*;
use crate::core::io::{Button, Desk, Notice, Service};
use crate::core::notify::Language;

/// What was shown.
fn notices(outputs: &[Output]) -> Vec<&Notice> {
    let mut notices = Vec::new();
    for output in outputs {
        if let Output::Notify(notice) = output {
            notices.push(&**notice);
        }
    }
    notices
}

/// The only thing that was shown: its number, title and text.
fn shown(outputs: &[Output]) -> (u64, String, String) {
    let all = notices(outputs);
    assert_eq!(all.len(), 1, "{outputs:?}");
    (all[0].number, all[0].title.clone(), all[0].body.clone())
}

fn body(outputs: &[Output]) -> String {
    shown(outputs).2
}

fn closed(outputs: &[Output]) -> Vec<u64> {
    let number =
        |output: &Output| if let Output::Unnotify { number } = output { Some(*number) } else { None };
    outputs.iter().filter_map(number).collect()
}

fn buttons(outputs: &[Output]) -> Vec<Button> {
    notices(outputs)[0].buttons.iter().map(|(button, _)| *button).collect()
}

impl Daemon {
    /// Alice is on line, these are her friends, and there is a desktop.
    fn desk(friends: &[&str]) -> Self {
        let mut daemon = Self::listed(friends);
        daemon.tells(Desk::Service(Service::Running("dunst".into())));
        daemon
    }

    fn tells(&mut self, desk: Desk) -> Vec<Output> {
        self.say(Input::Desk(desk))
    }

    fn presses(&mut self, number: u64, button: Button) -> Vec<Output> {
        self.tells(Desk::Pressed { number, button, text: String::new(), token: None })
    }

    fn second(&mut self) -> Vec<Output> {
        self.pass(Duration::from_secs(1))
    }
}

fn from(friend: &str, seq: u64) -> Chat {
    let conv = Some(format!("c-{friend}"));
    Chat { myaccount: friend.into(), id: Some(id(&format!("{friend}{seq}"))), conv, ..from_bob(seq) }
}

fn shake() -> Shake {
    Shake { myaccount: "bob".into(), friendaccount: "alice".into(), id: None }
}

fn request(friend: &str, note: &str, seq: u64) -> FriendRequest {
    FriendRequest {
        friendaccount: "alice".into(),
        note: Some(note.into()),
        myaccount: Some(friend.into()),
        name: Some(format!("Miss {friend}")),
        seq: Some(seq),
        ts: Some("2026-01-31T09:30:00.000Z".into()),
        ..FriendRequest::default()
    }
}

fn call(number: &str) -> relay_schema::Vidio {
    relay_schema::Vidio {
        myaccount: "bob".into(),
        friendaccount: "alice".into(),
        call: Some(id(number)),
        media: Some("audio".into()),
        device: Some("d1".into()),
        ..Default::default()
    }
}

#[test]
fn a_message_is_shown_and_the_next_ones_in_its_place() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, title, text) = shown(&daemon.hear(from("bob", 1)));
    assert_eq!((title.as_str(), text.as_str()), ("bob", "row 1"));
    assert!(notices(&daemon.hear(from("bob", 2))).is_empty(), "a moment later");
    assert!(notices(&daemon.hear(from("bob", 3))).is_empty());
    assert_eq!(shown(&daemon.second()), (number, "bob".into(), "3 messages\nrow 3".into()));
    assert!(notices(&daemon.pass(Duration::from_secs(60))).is_empty());
    assert_eq!(shown(&daemon.hear(from("bob", 4))), (number, "bob".into(), "4 messages\nrow 4".into()));
}

#[test]
fn what_is_read_here_or_elsewhere_is_taken_away() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    assert_eq!(closed(&daemon.ask(Read { to: None, peek: false })), [number]);
    let (number, _, text) = shown(&daemon.hear(from("bob", 2)));
    assert_eq!(text, "row 2", "counted anew");
    let mark = relay_schema::Read { conv: "c-bob".into(), cseq: 2, account: Some("alice".into()) };
    assert_eq!(closed(&daemon.hear(mark)), [number]);
}

#[test]
fn what_was_waved_away_begins_anew_and_what_only_went_is_still_counted() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    daemon.tells(Desk::Closed { number, dismissed: false });
    assert_eq!(body(&daemon.hear(from("bob", 2))), "2 messages\nrow 2");
    daemon.tells(Desk::Closed { number, dismissed: true });
    assert_eq!(body(&daemon.hear(from("bob", 3))), "row 3");
}

#[test]
fn own_messages_strangers_and_the_muted_are_not_told() {
    let mut daemon = Daemon::desk(&["bob"]);
    let own = Chat { myaccount: "alice".into(), friendaccount: "bob".into(), ..from("bob", 1) };
    assert!(notices(&daemon.hear(own)).is_empty());
    assert!(notices(&daemon.hear(from("mallory", 2))).is_empty());
    daemon.ask(Request::NotifyMute(Mute { friend: "bob".into(), off: false }));
    assert!(notices(&daemon.hear(from("bob", 3))).is_empty());
    assert!(notices(&daemon.hear(shake())).is_empty());
    daemon.ask(Request::NotifyMute(Mute { friend: "bob".into(), off: true }));
    assert_eq!(body(&daemon.hear(from("bob", 4))), "row 4");
}

#[test]
fn nobody_is_disturbed_who_does_not_want_to_be() {
    let mut daemon = Daemon::desk(&["bob"]);
    let mut seq = 0;
    let mut is_told = |daemon: &mut Daemon| {
        seq += 1;
        daemon.pass(Duration::from_secs(2));
        !notices(&daemon.hear(from("bob", seq))).is_empty()
    };
    let dnd = |state, minutes| Request::NotifyDnd(Dnd { state, minutes });
    daemon.ask(dnd(Switch::On, Some(1)));
    assert!(!is_told(&mut daemon));
    daemon.pass(Duration::from_secs(60));
    assert!(is_told(&mut daemon), "the minute is over");
    daemon.tells(Desk::Inhibited(true));
    assert!(!is_told(&mut daemon));
    daemon.tells(Desk::Inhibited(false));
    assert!(is_told(&mut daemon));
    daemon.ask(Set { state: Wish::Busy, note: None });
    assert!(!is_told(&mut daemon));
    daemon.ask(Set { state: Wish::Online, note: None });
    assert!(is_told(&mut daemon));
}

/// Each state of `notify` as it was told: disturb, locked.
fn changes(outputs: &[Output]) -> Vec<(bool, bool)> {
    let change = |envelope: &&Envelope| match &envelope.event {
        Event::NotifyChanged(now) => Some((now.dnd, now.locked)),
        _ => None,
    };
    events(outputs).iter().filter_map(change).collect()
}

#[test]
fn quiet_hours_begin_and_end_by_the_clock_on_the_wall() {
    let mut daemon = Daemon::desk(&["bob"]);
    // It is 09:30 in UTC, and 17:30 here.
    daemon.now.ahead_s = 8 * 3_600;
    let quiet = Request::NotifyQuiet(Quiet { hours: "17:31-17:32".into() });
    assert_eq!(changes(&daemon.ask(quiet)), []);
    assert_eq!(changes(&daemon.pass(Duration::from_secs(59))), []);
    assert_eq!(changes(&daemon.pass(Duration::from_secs(2))), [(true, false)]);
    assert!(notices(&daemon.hear(from("bob", 1))).is_empty());
    assert_eq!(changes(&daemon.pass(Duration::from_secs(60))), [(false, false)]);
    assert_eq!(body(&daemon.hear(from("bob", 2))), "row 2");
}

#[test]
fn waiting_for_the_hours_costs_two_wake_ups_a_day() {
    let mut daemon = Daemon::new();
    daemon.ask(Request::NotifyQuiet(Quiet { hours: "22:00-07:00".into() }));
    assert_eq!(changes(&daemon.pass(Duration::from_secs(24 * 3_600))), [(true, false), (false, false)]);
    assert_eq!(daemon.wakeups, 2);
}

#[test]
fn the_state_tells_windows_what_holds_now() {
    let mut daemon = Daemon::desk(&["bob"]);
    assert_eq!(changes(&daemon.tells(Desk::Locked(true))), [(false, true)]);
    assert_eq!(changes(&daemon.tells(Desk::Locked(true))), []);
    assert_eq!(
        changes(&daemon.ask(Request::NotifyDnd(Dnd { state: Switch::On, minutes: None }))),
        [(true, true)]
    );
    daemon.ask(Request::NotifyMute(Mute { friend: "bob".into(), off: false }));
    let state = daemon.core.state();
    assert!(state.notify.dnd && state.notify.locked && state.notify.mutes("alice@example.org", "bob"));
    let mut next = Daemon::on(daemon.disk.clone());
    next.run(None);
    assert!(next.core.state().notify.dnd, "the rules are kept");
}

#[test]
fn no_more_is_shown_than_is_wanted_and_on_a_locked_screen_only_a_name() {
    let mut daemon = Daemon::desk(&["bob"]);
    daemon.tells(Desk::Locked(true));
    let outputs = daemon.hear(from("bob", 1));
    assert_eq!(shown(&outputs).1, "bob");
    assert_eq!(body(&outputs), "New message");
    assert_eq!(buttons(&outputs), [Button::Open], "whoever stands before it can do nothing");
    daemon.tells(Desk::Locked(false));
    daemon.second();
    assert_eq!(body(&daemon.hear(from("bob", 2))), "2 messages\nrow 2");
    let content = |content| Request::NotifyContent(Content { content });
    daemon.ask(content(Shows::Name));
    daemon.second();
    assert_eq!(body(&daemon.hear(from("bob", 3))), "3 messages");
    daemon.ask(content(Shows::Nothing));
    daemon.second();
    let outputs = daemon.hear(from("bob", 4));
    assert!(!shown(&outputs).1.contains("bob") && body(&outputs) == "4 messages", "{outputs:?}");
    daemon.second();
    assert_eq!(body(&daemon.hear(shake())), "Somebody shook your window\n4 messages");
}

#[test]
fn it_speaks_the_language_of_the_desktop() {
    let mut daemon = Daemon::desk(&["bob"]);
    daemon.core.speak(Language::Chinese);
    assert_eq!(body(&daemon.hear(shake())), "bob 给您发送了一个窗口抖动");
}

#[test]
fn what_one_friend_wrote_while_one_was_away_is_told_as_theirs() {
    let mut daemon = Daemon::desk(&["bob"]);
    daemon.lost();
    daemon.back(2);
    daemon.hear(from("bob", 1));
    daemon.hear(from("bob", 2));
    assert_eq!(shown(&daemon.pass(Duration::from_secs(2))).1, "bob");
}

#[test]
fn what_was_missed_and_read_on_another_device_is_not_told() {
    let mut daemon = Daemon::desk(&["bob", "carol"]);
    daemon.lost();
    daemon.back(2);
    daemon.hear(from("bob", 1));
    daemon.hear(from("carol", 2));
    daemon.hear(relay_schema::Read { conv: "c-bob".into(), cseq: 1, account: Some("alice".into()) });
    assert_eq!(shown(&daemon.pass(Duration::from_secs(2))).1, "carol");
}

#[test]
fn a_shake_can_be_shaken_back() {
    let mut daemon = Daemon::desk(&["bob"]);
    let outputs = daemon.hear(shake());
    assert_eq!(body(&outputs), "bob shook your window");
    assert_eq!(buttons(&outputs), [Button::Open, Button::Reply, Button::Shake]);
    let number = shown(&outputs).0;
    let outputs = daemon.presses(number, Button::Shake);
    assert_eq!((words(&outputs), closed(&outputs)), (vec!["shake"], vec![number]));
    assert!(replies(&outputs).is_empty(), "nobody asked by a socket");
}

#[test]
fn an_answer_is_sent_and_what_it_answers_is_read() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    let text = "see you".to_owned();
    let outputs = daemon.tells(Desk::Pressed { number, button: Button::Reply, text, token: None });
    let said: BTreeSet<_> = words(&outputs).into_iter().collect();
    assert!(said.contains("chat") && said.contains("read"), "{outputs:?}");
    assert_eq!(closed(&outputs), [number]);
    assert!(daemon.presses(number, Button::Read).is_empty(), "it is gone");
}

#[test]
fn an_answer_that_waits_for_the_server_did_work() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    daemon.lost();
    let text = "see you".to_owned();
    let outputs = daemon.tells(Desk::Pressed { number, button: Button::Reply, text, token: None });
    let said = outputs.iter().filter(|output| matches!(output, Output::Notify(_))).count();
    assert_eq!((said, closed(&outputs)), (0, vec![number]), "{outputs:?}");
}

#[test]
fn mark_read_reads() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    assert!(words(&daemon.presses(number, Button::Read)).contains(&"read"));
    assert_eq!(daemon.core.state().accounts[0].unread.total, 0);
}

#[test]
fn what_was_pressed_in_vain_is_said() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(shake()));
    daemon.lost();
    let (_, title, text) = shown(&daemon.presses(number, Button::Shake));
    assert_eq!(title, "That did not work");
    assert!(text.contains("not connected"), "{text}");
}

#[test]
fn a_friend_request_is_accepted_or_declined_where_it_is_shown() {
    for (button, state) in [(Button::Accept, 1), (Button::Decline, 0)] {
        let mut daemon = Daemon::desk(&["bob"]);
        let outputs = daemon.hear(request("carol", "it is me", 1));
        let (number, title, text) = shown(&outputs);
        assert_eq!(
            (title.as_str(), text.as_str()),
            ("Miss carol (carol)", "Wants to be your friend\nit is me")
        );
        assert_eq!(buttons(&outputs), [Button::Open, Button::Accept, Button::Decline]);
        let outputs = daemon.presses(number, button);
        let [Stanza::FriendAnswer(answer)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
        assert_eq!((answer.friendaccount.as_str(), answer.state), ("carol", state));
    }
}

#[test]
fn who_asks_under_the_name_of_the_account_is_named_once() {
    let asked = FriendRequest { name: Some("carol".into()), ..request("carol", "it is me", 1) };
    let (_, title, _) = shown(&Daemon::desk(&["bob"]).hear(asked));
    assert_eq!(title, "carol");
}

#[test]
fn a_call_rings_until_it_is_over() {
    let mut daemon = Daemon::desk(&["bob"]);
    let outputs = daemon.hear(call("k1"));
    assert!(notices(&outputs)[0].urgent);
    let (number, ..) = shown(&outputs);
    let outputs = daemon.presses(number, Button::Decline);
    assert_eq!((words(&outputs), closed(&outputs)), (vec!["call_end"], vec![number]));
    let (number, ..) = shown(&daemon.hear(call("k2")));
    let end = relay_schema::CallEnd {
        myaccount: "bob".into(),
        friendaccount: "alice".into(),
        call: id("k2"),
        reason: relay_schema::CallReason::Hangup,
        device: Some("d1".into()),
        ..Default::default()
    };
    assert_eq!(closed(&daemon.hear(end)), [number]);
}

#[test]
fn with_the_account_its_notifications_go() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    let mut outputs = daemon.ask(account::Logout { account: None, forget: true });
    outputs.extend(daemon.pass(Duration::from_secs(10)));
    assert_eq!(closed(&outputs), [number]);
}

#[test]
fn what_a_window_shows_is_not_told_a_second_time() {
    let mut daemon = Daemon::desk(&["bob", "carol"]);
    let view = |to: Option<&str>, opens| View { to: to.map(str::to_owned), opens, full: false };
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    assert_eq!(closed(&daemon.ask_as(9, view(Some("bob"), false))), [number], "it is seen");
    assert!(notices(&daemon.hear(from("bob", 2))).is_empty());
    let outputs = daemon.hear(from("carol", 3));
    assert!(body(&outputs) == "row 3" && !notices(&outputs)[0].sound, "a window rings itself: {outputs:?}");
    assert!(notices(&daemon.hear(shake())).is_empty(), "a window shakes itself");
    daemon.second();
    daemon.ask_as(9, view(None, true));
    assert!(notices(&daemon.hear(from("carol", 4))).is_empty(), "its window opens");
    daemon.tells(Desk::Locked(true));
    assert_eq!(notices(&daemon.hear(from("carol", 5))).len(), 1, "no window opens on a locked screen");
    daemon.tells(Desk::Locked(false));
    daemon.say(Input::Gone { client: 9 });
    assert_eq!(body(&daemon.hear(from("bob", 6))), "row 6");
}

#[test]
fn where_something_fills_the_screen_what_no_window_shows_is_told() {
    let mut daemon = Daemon::desk(&["bob", "carol"]);
    let view = |opens, full| View { to: None, opens, full };
    daemon.ask_as(9, view(true, false));
    assert!(notices(&daemon.hear(from("carol", 1))).is_empty(), "its window opens");
    daemon.ask_as(9, view(false, true));
    assert_eq!(body(&daemon.hear(from("carol", 2))), "row 2");
    daemon.second();
    assert_eq!(notices(&daemon.hear(shake())).len(), 1, "no window shakes");
    daemon.second();
    daemon.ask_as(9, view(true, true));
    assert!(notices(&daemon.hear(from("carol", 3))).is_empty(), "nobody wants to be told");
    daemon.ask_as(9, view(true, false));
    daemon.second();
    assert!(notices(&daemon.hear(shake())).is_empty(), "a window shakes again");
}

#[test]
fn a_click_opens_the_conversation_with_the_right_to_take_the_keyboard() {
    let mut daemon = Daemon::desk(&["bob"]);
    daemon.ask_as(9, View::default());
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    let token = Some("t-1".to_owned());
    let outputs = daemon.tells(Desk::Pressed { number, button: Button::Open, text: String::new(), token });
    assert_eq!(names(&outputs), ["daemon.wanted"]);
    let wanted = events(&outputs)[0];
    assert_eq!(wanted.account.as_deref(), Some("alice@example.org"));
    let wanted = wanted.event.data().unwrap();
    assert_eq!((wanted["to"].as_str(), wanted["token"].as_str()), (Some("bob"), Some("t-1")));
    assert_eq!(closed(&outputs), [number]);
}
