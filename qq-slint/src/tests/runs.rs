//! Emoji and links in messages, sounds, the recent conversations, messages that are found.

use ipc_schema::{Event, friend, presence, shake};
use slint::platform::{Key, WindowEvent};
use slint::{ComponentHandle, Model};

use super::{World, button, by_label, field, keys, rows};
use crate::mock::ALICE;
use crate::sound::Sound;

#[test]
fn a_link_is_opened_only_after_all_of_it_was_shown() {
    let world = World::start(true);
    world.mock.message("bob", "看 https://example.org/a?b=c。好吗 👍🏽");
    let chat = world.open("bob");
    let window = chat.window();
    world.until("the message", |_| rows(window).len() > 1);
    let row = window.global::<qq_slint_ui::Talk>().get_rows().iter().last().unwrap();
    assert!(row.has_emoji && row.has_links && !row.large);
    world.until("the link", |_| by_label(window, "Open https://example.org/a?b=c").is_some());
    button(window, "Open https://example.org/a?b=c").invoke_accessible_default_action();
    let sheet = window.global::<qq_slint_ui::Ask>();
    world.until("the question", |_| sheet.get_open());
    assert_eq!(sheet.get_text(), "https://example.org/a?b=c");
    button(window, "Cancel").invoke_accessible_default_action();
    assert!(!sheet.get_open());
}

#[test]
fn a_page_without_its_scheme_is_a_link_and_the_whole_of_it_is_shown_before_it_opens() {
    let world = World::start(true);
    world.mock.message("bob", "it is on www.example.org/menu.");
    let chat = world.open("bob");
    let window = chat.window();
    world.until("the link", |_| by_label(window, "Open https://www.example.org/menu").is_some());
    button(window, "Open https://www.example.org/menu").invoke_accessible_default_action();
    let sheet = window.global::<qq_slint_ui::Ask>();
    world.until("the question", |_| sheet.get_open());
    assert_eq!(sheet.get_text(), "https://www.example.org/menu");
}

#[test]
fn what_is_wrong_with_a_link_to_a_server_is_said_in_the_words_of_the_windows() {
    let world = World::start(true);
    for word in ["scheme", "shape", "place", "kind", "code", "pin"] {
        let said = "what the daemon says";
        let error = ipc_schema::Error::new(ipc_schema::Code::Usage, said)
            .with_field("reason", format!("link-{word}"));
        assert!(!crate::words::error(&world.app.voice, &error).contains(said), "{word}");
    }
}

#[test]
fn a_link_to_a_server_is_taken_to_the_page_to_join_by_it() {
    let world = World::start(true);
    let chat = world.open("bob");
    let window = chat.window();
    window.global::<qq_slint_ui::Rich>().invoke_open("qiao://host/i/K7".into());
    button(window, "Open").invoke_accessible_default_action();
    world.until("the login window", |world| world.app.login.borrow().is_some());
    assert_eq!(world.login().window().global::<qq_slint_ui::Enter>().get_link(), "qiao://host/i/K7");
}

#[test]
fn a_message_a_shake_a_request_and_a_friend_who_comes_are_heard_but_not_while_one_is_busy() {
    let world = World::start(true);
    world.app.prefs.borrow_mut().on_message = Some(1);
    let everything = || {
        world.mock.message("bob", "hello?");
        world.mock.event(Event::ShakeReceived(shake::Received { from: "bob".into() }));
        let asked = friend::Asked { friend: "fan".into(), incoming: true, ..friend::Asked::default() };
        world.mock.event(Event::FriendRequested(asked));
        for state in [presence::State::Offline, presence::State::Online] {
            let changed = presence::Changed { friend: "eve".into(), state, ..presence::Changed::default() };
            world.mock.event(Event::PresenceChanged(changed));
        }
    };
    let unread = |count| {
        world.until("all of it", |world| {
            let bob = world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten();
            let eve = world.app.current(|account| account.friend("eve").map(|eve| eve.state)).flatten();
            bob == Some(count) && eve == Some(presence::State::Online)
        });
    };
    everything();
    unread(1);
    let all = [Sound::Message, Sound::Shake, Sound::Request, Sound::Online];
    assert_eq!(world.app.sounds.heard.take(), all);
    world.app.prefs.borrow_mut().silent = vec![Sound::Message, Sound::Online];
    everything();
    unread(2);
    world.until("both", |world| world.app.sounds.heard.borrow().len() >= 2);
    assert_eq!(world.app.sounds.heard.take(), [Sound::Shake, Sound::Request]);
    world.app.prefs.borrow_mut().silent.clear();
    let busy = presence::Changed {
        friend: "alice".into(),
        state: presence::State::Busy,
        ..presence::Changed::default()
    };
    world.mock.event(Event::PresenceChanged(busy));
    everything();
    unread(3);
    assert_eq!(world.app.sounds.heard.take(), []);
}

#[test]
fn the_conversation_with_the_newest_message_stands_first() {
    let world = World::start(true);
    let at = |from: &str, ts: &str| {
        world.app.spoken((ALICE.to_owned(), from.to_owned()), ts, "hi\nthere");
    };
    at("cui", "2026-11-20T09:30:00.000Z");
    at("amy", "2026-11-22T09:30:00.000Z");
    at("dan", "2026-11-21T09:30:00.000Z");
    at("amy", "2026-11-19T09:30:00.000Z");
    let friends = world.friends();
    let list = friends.window().global::<qq_slint_ui::Friends>();
    list.invoke_tab_chosen(1);
    let ids: Vec<String> = list.get_items().iter().map(|item| item.id.to_string()).collect();
    assert_eq!(ids, ["amy", "dan", "cui"]);
    assert_eq!(list.get_items().row_data(0).unwrap().note, "hi there");
}

#[test]
fn a_message_is_found_from_the_friend_list_and_shown_where_it_stands() {
    let world = World::start(true);
    world.mock.message("bob", "the Noodle place at six");
    world.mock.message("amy", "nothing of that");
    let friends = world.friends();
    let window = friends.window();
    field(window, "Search friends and messages").set_accessible_value("noodle");
    let list = window.global::<qq_slint_ui::Friends>();
    world.until("the message", |_| list.get_items().row_count() == 2);
    let found = list.get_items().row_data(1).unwrap();
    assert_eq!((found.id.as_str(), found.note.as_str()), ("bob", "the Noodle place at six"));
    list.invoke_open_message(found);
    let chat = world.chat("bob");
    world.until("the message is marked", |_| {
        chat.window().global::<qq_slint_ui::Talk>().get_rows().iter().any(|row| row.found)
    });
}

#[test]
fn a_square_of_a_picture_is_chosen_around_its_middle_and_within_it() {
    let world = World::start(true);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("holiday.png");
    image::RgbImage::from_pixel(40, 20, image::Rgb([9, 90, 200])).save(&path).unwrap();
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    let window = settings.window();
    let prefs = window.global::<qq_slint_ui::Prefs>();
    let crop = window.global::<qq_slint_ui::Crop>();
    settings.look_at_picture(&world.app, ALICE, &dir.path().join("nothing.png"));
    assert!(prefs.get_picture_opens(), "it is opened on another thread");
    world.until("the sentence", |_| prefs.get_problem().contains("is not there"));
    assert!(!crop.get_open() && !prefs.get_picture_opens());
    settings.look_at_picture(&world.app, ALICE, &path);
    assert!(!crop.get_open() && prefs.get_problem().is_empty());
    world.until("the square", |_| crop.get_open());
    assert!((crop.get_wide() - 2.0).abs() < 0.01 && (crop.get_x() - 0.5).abs() < 0.01);
    crop.invoke_enlarge(1.0, 2.0);
    assert!((crop.get_x() - 0.75).abs() < 0.01 && (crop.get_y() - 0.25).abs() < 0.01, "the middle stays");
    crop.invoke_place(9.0, 9.0);
    assert!((crop.get_x() - 1.5).abs() < 0.01 && (crop.get_y() - 0.5).abs() < 0.01, "never outside");
    button(window, "Cancel").invoke_accessible_default_action();
    assert!(!crop.get_open());
}

#[test]
fn an_emoji_comes_where_the_cursor_stands_and_in_the_place_of_what_is_selected() {
    let world = World::start(true);
    let chat = world.open("bob");
    let window = chat.window();
    let talk = window.global::<qq_slint_ui::Talk>();
    let press = |key: Key| {
        let text: slint::SharedString = key.into();
        window.window().dispatch_event(WindowEvent::KeyPressed { text });
    };
    let pick = |emoji: &str| {
        button(window, "Emoji").invoke_accessible_default_action();
        world.until("the panel", |_| by_label(window, emoji).is_some());
        button(window, emoji).invoke_accessible_default_action();
    };
    chat.show(&world.app, true);
    keys(window.window(), "你好bob!");
    (0..4).for_each(|_| press(Key::LeftArrow));
    pick("😀");
    assert_eq!(talk.get_draft(), "你好😀bob!");
    press(Key::Shift);
    (0..3).for_each(|_| press(Key::RightArrow));
    window.window().dispatch_event(WindowEvent::KeyReleased { text: Key::Shift.into() });
    pick("😂");
    assert_eq!(talk.get_draft(), "你好😀😂!");
    keys(window.window(), "?");
    assert_eq!(talk.get_draft(), "你好😀😂?!", "one goes on writing behind it");
    button(window, "Emoji").invoke_accessible_default_action();
    world.until("the panel", |_| by_label(window, "Search emoji").is_some());
    keys(window.window(), "red heart");
    press(Key::Return);
    assert_eq!(talk.get_draft(), "你好😀😂?❤️!", "Enter takes the first that was found");
}

#[test]
fn a_search_ends_with_its_field_and_does_not_go_on_in_another_conversation() {
    let world = World::start(true);
    world.mock.message("bob", "the noodle place");
    let chat = world.open("bob");
    let window = chat.window();
    let is_found = |window: &qq_slint_ui::ChatWindow| {
        window.global::<qq_slint_ui::Talk>().get_rows().iter().any(|row| row.found)
    };
    button(window, "Search in this conversation (Ctrl+F)").invoke_accessible_default_action();
    field(window, "Search in this conversation").set_accessible_value("noodle");
    world.until("the hit", |_| is_found(window));
    window.window().dispatch_event(WindowEvent::KeyPressed { text: Key::Escape.into() });
    let talk = window.global::<qq_slint_ui::Talk>();
    assert!(!talk.get_searching() && talk.get_found().is_empty() && !is_found(window));

    world.app.prefs.borrow_mut().layout = 1;
    world.app.lay_out();
    let _bob = world.open("bob");
    let friends = world.friends();
    let talk = friends.window().global::<qq_slint_ui::Talk>();
    world.until("bob", |_| talk.get_friend() == "bob");
    talk.set_searching(true);
    talk.invoke_search("noodle".into());
    world.until("the hit", |_| !talk.get_found().is_empty());
    world.open("amy");
    world.until("amy", |_| talk.get_friend() == "amy");
    assert!(!talk.get_searching() && talk.get_found().is_empty());
    world.open("bob");
    world.until("bob's message", |_| talk.get_rows().iter().any(|row| row.text == "the noodle place"));
    assert!(!talk.get_rows().iter().any(|row| row.found));
}
