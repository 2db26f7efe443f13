//! The windows with a pretend daemon, without a display: elements are found and pressed as a screen reader does it.

mod accounts;
mod aimed;
mod comes;
mod contrast;
mod daemon;
mod hidden;
mod looks;
mod lost;
mod names;
mod others;
mod pages;
mod runs;
mod seen;
mod settings;

use std::rc::Rc;
use std::time::{Duration, Instant};

use i_slint_backend_testing::{self as testing, AccessibleRole, ElementHandle, ElementQuery};
use ipc_schema::{Event, chat, friend, notify, presence, shake};
use slint::platform::{Key, WindowEvent};
use slint::{ComponentHandle, Model};

use crate::app::{App, begin};
use crate::mock::{ALICE, Mock, PASSWORD};
use crate::single::Wish;

/// A program with its pretend daemon; each test has its own thread, and so its own program.
struct World {
    app: Rc<App>,
    mock: Mock,
    _dir: tempfile::TempDir,
}

impl World {
    fn start(logged_in: bool) -> Self {
        testing::init_no_event_loop();
        let dir = tempfile::tempdir().unwrap();
        let (mock, socket) = Mock::start(dir.path(), logged_in).unwrap();
        let app = begin(socket, true, false, Wish::default(), crate::prefs::Place::Nowhere).unwrap();
        app.prefs.borrow_mut().language = 1;
        app.prefs_changed();
        let world = Self { app, mock, _dir: dir };
        world.until("the first window", |world| {
            world.app.friends.borrow().is_some() || world.app.login.borrow().is_some()
        });
        world
    }

    /// Takes in what comes until the condition holds, at most ten seconds.
    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < Duration::from_secs(10), "in vain: {what}");
            self.app.wait(Duration::from_millis(50));
            self.app.pump();
            testing::mock_elapsed_time(Duration::from_millis(50));
        }
    }

    fn friends(&self) -> Rc<crate::windows::Friends> {
        self.app.friends.borrow().clone().expect("the friends window is open")
    }

    fn login(&self) -> Rc<crate::windows::Login> {
        self.app.login.borrow().clone().expect("the login window is open")
    }

    fn chat(&self, friend: &str) -> Rc<crate::windows::Chat> {
        self.app
            .chats
            .borrow()
            .get(&(ALICE.to_owned(), friend.to_owned()))
            .cloned()
            .expect("the chat is open")
    }

    fn open(&self, friend: &str) -> Rc<crate::windows::Chat> {
        self.app.show_chat(&(ALICE.to_owned(), friend.to_owned()), true);
        self.chat(friend)
    }
}

fn by_label<C>(window: &C, label: &str) -> Option<ElementHandle>
where
    C: slint::ComponentHandle + 'static,
{
    ElementHandle::find_by_accessible_label(window, label).next()
}

fn button<C: ComponentHandle + 'static>(window: &C, label: &str) -> ElementHandle {
    ElementQuery::from_root(window)
        .match_accessible_role(AccessibleRole::Button)
        .match_predicate({
            let label = label.to_owned();
            move |element| element.accessible_label().as_deref() == Some(label.as_str())
        })
        .find_first()
        .unwrap_or_else(|| panic!("no button {label:?}"))
}

fn field<C: ComponentHandle + 'static>(window: &C, label: &str) -> ElementHandle {
    ElementQuery::from_root(window)
        .match_accessible_role(AccessibleRole::TextInput)
        .match_predicate({
            let label = label.to_owned();
            move |element| element.accessible_label().as_deref() == Some(label.as_str())
        })
        .find_first()
        .unwrap_or_else(|| panic!("no field {label:?}"))
}

fn keys(window: &slint::Window, text: &str) {
    for letter in text.chars() {
        let text: slint::SharedString = letter.into();
        window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        window.dispatch_event(WindowEvent::KeyReleased { text });
    }
}

#[test]
fn a_wrong_password_is_told_in_place_and_the_right_one_opens_the_friends() {
    let world = World::start(false);
    let login = world.login();
    let window = login.window();
    button(window, "Log in").invoke_accessible_default_action();
    field(window, "Account").set_accessible_value("alice@mock");
    field(window, "Password").set_accessible_value("wrong");
    button(window, "Log in").invoke_accessible_default_action();
    world.until("the sentence", |_| by_label(window, "Wrong account or password.").is_some());
    assert!(world.app.friends.borrow().is_none());
    field(window, "Password").set_accessible_value(PASSWORD);
    button(window, "Log in").invoke_accessible_default_action();
    world.until("the friends window", |world| world.app.friends.borrow().is_some());
    assert!(!window.window().is_visible());
    assert_eq!(field(window, "Password").accessible_value().unwrap_or_default(), "", "no password stays");
}

#[test]
fn friends_stand_in_their_groups_with_those_on_line_first() {
    let world = World::start(true);
    let window = world.friends();
    let window = window.window();
    let items: Vec<String> = window
        .global::<qq_slint_ui::Friends>()
        .get_items()
        .iter()
        .map(|item| item.title.to_string())
        .collect();
    assert_eq!(items, ["My Friends", "Bob Müller", "陈雨桐", "崔健", "丹尼尔", "Eve مرحبا"]);
    assert!(by_label(window, "My Friends, 4 of 5 on line").is_some());
    field(window, "Search friends and messages").set_accessible_value("cyt");
    world.until("the one found", |_| window.global::<qq_slint_ui::Friends>().get_items().row_count() == 2);
    assert!(by_label(window, "陈雨桐, on line, 今天也要加油鸭").is_some());
}

#[test]
fn a_message_opens_its_window_and_an_answer_is_written_and_sent() {
    let world = World::start(true);
    world.mock.message("bob", "Dinner at six?");
    world.until("bob's window", |world| !world.app.chats.borrow().is_empty());
    let chat = world.chat("bob");
    let window = chat.window();
    assert!(window.window().is_visible());
    world.until("the message", |_| rows(window).contains(&"Dinner at six?".to_owned()));
    window.window().dispatch_event(WindowEvent::WindowActiveChanged(true));
    window.invoke_write();
    keys(window.window(), "yes, 好的");
    keys(window.window(), &char::from(Key::Return).to_string());
    world.until("the answer", |_| rows(window).contains(&"yes, 好的".to_owned()));
    assert_eq!(world.mock.called("chat.send"), 1);
    assert_eq!(window.global::<qq_slint_ui::Talk>().get_draft(), "");
}

#[test]
fn a_stranger_opens_no_window_and_nobody_does_while_one_is_busy() {
    let world = World::start(true);
    world.mock.fill(|state, _| {
        let stranger =
            friend::Entry { account: "zed".into(), name: "Zed".into(), ..friend::Entry::default() };
        state.accounts[0].groups[1].friends.push(stranger);
    });
    world.mock.message("zed", "buy this");
    let busy = presence::Changed {
        friend: "alice".into(),
        state: presence::State::Busy,
        ..presence::Changed::default()
    };
    world.mock.event(Event::PresenceChanged(busy));
    world.mock.message("bob", "hello?");
    world.until("bob's message is counted", |world| {
        world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten() == Some(1)
    });
    assert!(world.app.chats.borrow().is_empty());
}

#[test]
fn nothing_opens_while_one_wants_no_disturbance_the_screen_is_locked_or_the_friend_is_muted() {
    let none = notify::Now::default();
    let muted = notify::Now { muted: vec![format!("{ALICE}/bob")], ..none };
    let world = World::start(true);
    let unread =
        |world: &World| world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten();
    let all =
        [notify::Now { dnd: true, ..none.clone() }, notify::Now { locked: true, ..none.clone() }, muted];
    for (count, now) in (1..).zip(all) {
        world.mock.event(Event::NotifyChanged(now.clone()));
        world.mock.event(Event::ShakeReceived(shake::Received { from: "bob".into() }));
        world.mock.message("bob", "hello?");
        world.until("bob's message is counted", |world| unread(world) == Some(count));
        assert!(world.app.chats.borrow().is_empty(), "{now:?}");
    }
    world.mock.event(Event::NotifyChanged(none));
    world.mock.message("bob", "still there?");
    world.until("bob's window", |world| !world.app.chats.borrow().is_empty());
}

#[test]
fn a_shake_opens_the_window_moves_it_for_half_a_second_and_leaves_a_line() {
    let world = World::start(true);
    world.mock.event(Event::ShakeReceived(shake::Received { from: "bob".into() }));
    world.until("bob's window", |world| !world.app.chats.borrow().is_empty());
    let chat = world.chat("bob");
    let window = chat.window();
    world.until("the line", |_| rows(window).iter().any(|row| row == "Bob Müller shook your window."));
    let mut places = Vec::new();
    for _ in 0..30 {
        testing::mock_elapsed_time(Duration::from_millis(30));
        places.push(window.get_sway());
    }
    assert!(places.iter().any(|x| *x > 5.0) && places.iter().any(|x| *x < -5.0), "{places:?}");
    assert!(places.last().is_some_and(|x| x.abs() < f32::EPSILON), "it stands where it stood");
}

/// A message of bob's, from before.
fn old(n: u64) -> chat::Message {
    chat::Message {
        id: format!("h{n}"),
        from: "bob".into(),
        to: "alice".into(),
        text: format!("message {n}"),
        ts: "2026-11-20T09:30:00.123Z".into(),
        state: chat::State::Read,
        row: Some(n),
        kind: None,
        reason: None,
        why: None,
    }
}

#[test]
fn what_oneself_writes_by_another_program_stands_in_the_window_once() {
    let world = World::start(true);
    world.mock.fill(|_, messages| messages.push(old(0)));
    let chat = world.open("bob");
    world.until("the first page", |_| rows(chat.window()).contains(&"message 0".to_owned()));
    world.mock.write_elsewhere("bob", "sent by qqctl");
    let count = |text: &str| rows(chat.window()).iter().filter(|row| *row == text).count();
    world.until("the message", |_| count("sent by qqctl") > 0);
    world.mock.message("bob", "an answer");
    world.until("the answer", |_| count("an answer") > 0);
    assert_eq!(count("sent by qqctl"), 1);
}

#[test]
fn older_messages_come_when_one_scrolls_up_and_each_stands_once() {
    let world = World::start(true);
    world.mock.fill(|_, messages| messages.extend((0..200).map(old)));
    let chat = world.open("bob");
    let window = chat.window();
    world.until("the newest page", |_| rows(window).contains(&"message 199".to_owned()));
    assert!(!rows(window).contains(&"message 100".to_owned()));
    for _ in 0..3 {
        let before = rows(window).len();
        window.global::<qq_slint_ui::Talk>().invoke_older();
        world.until("a page more", |_| rows(window).len() > before);
    }
    let texts: Vec<String> = rows(window).into_iter().filter(|row| row.starts_with("message")).collect();
    assert_eq!(texts, (0..200).map(|n| format!("message {n}")).collect::<Vec<_>>());
}

#[test]
fn somebody_is_asked_by_the_sheet_and_a_refusal_stands_in_it() {
    let world = World::start(true);
    let friends = world.friends();
    let window = friends.window();
    button(window, "Add a friend (Ctrl+N)").invoke_accessible_default_action();
    world.until("the sheet", |_| by_label(window, "Account").is_some());
    field(window, "Account").set_accessible_value("nobody");
    button(window, "Ask").invoke_accessible_default_action();
    world.until("the refusal", |_| by_label(window, "There is nobody of this name.").is_some());
    field(window, "Account").set_accessible_value("fan");
    button(window, "Ask").invoke_accessible_default_action();
    world.until("the sheet goes", |_| !window.global::<qq_slint_ui::Ask>().get_open());
    assert_eq!(world.mock.called("friend.add"), 2);
}

#[test]
fn a_request_is_accepted_where_it_stands() {
    let world = World::start(true);
    let asked = friend::Asked {
        friend: "fan".into(),
        name: "范小萌".into(),
        note: "同桌".into(),
        incoming: true,
        ..friend::Asked::default()
    };
    world.mock.event(Event::FriendRequested(asked));
    let friends = world.friends();
    let window = friends.window();
    world.until("the request", |_| by_label(window, "范小萌 would like to be your friend: 同桌").is_some());
    button(window, "Accept").invoke_accessible_default_action();
    world.until("the friend", |world| {
        world.app.current(|account| account.friend("fan").is_some()) == Some(true)
    });
    assert!(by_label(window, "范小萌 would like to be your friend: 同桌").is_none());
}

/// The texts of a conversation's rows.
fn rows(window: &qq_slint_ui::ChatWindow) -> Vec<String> {
    window.global::<qq_slint_ui::Talk>().get_rows().iter().map(|row| row.text.to_string()).collect()
}
