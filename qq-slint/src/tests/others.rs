//! What others may make the windows do: who is heard, what their names and pictures may hold, answers that come too late.

use ipc_schema::daemon::View;
use ipc_schema::{account, notify};
use qq_slint_ui::{Ask, Friends as Global, Talk};

use super::*;
use crate::asking::{Answer, Question};
use crate::sound::Sound;

/// As often as something was heard since the last time.
fn heard(world: &World) -> Vec<Sound> {
    world.app.sounds.heard.take()
}

/// All that came before this is taken in: the mirror tells so by the friend's new words.
fn settle(world: &World, words: &str) {
    let changed = presence::Changed {
        friend: "dan".into(),
        state: presence::State::Busy,
        note: words.into(),
        ..presence::Changed::default()
    };
    world.mock.event(Event::PresenceChanged(changed));
    world.until(words, |world| {
        world.app.current(|account| account.friend("dan").map(|dan| dan.note == words)).flatten()
            == Some(true)
    });
}

#[test]
fn neither_a_stranger_nor_somebody_muted_is_heard_whichever_window_is_open() {
    let world = World::start(true);
    world.app.prefs.borrow_mut().on_message = Some(1);
    world.mock.fill(|state, _| {
        let zed = friend::Entry { account: "zed".into(), ..friend::Entry::default() };
        state.accounts[0].groups[1].friends.push(zed);
    });
    world.mock.event(Event::DaemonState(world.mock.state()));
    *world.app.friends.borrow_mut() = None;
    let noise = |friend: &str| {
        world.mock.message(friend, "buy this");
        world.mock.event(Event::ShakeReceived(shake::Received { from: friend.into() }));
    };
    noise("zed");
    settle(&world, "a stranger");
    assert_eq!(heard(&world), []);
    noise("bob");
    settle(&world, "a friend");
    assert_eq!(heard(&world), [Sound::Message, Sound::Shake]);
    let now = notify::Now { muted: vec![format!("{ALICE}/bob")], ..notify::Now::default() };
    world.mock.event(Event::NotifyChanged(now));
    noise("bob");
    settle(&world, "muted");
    assert_eq!(heard(&world), []);
}

#[test]
fn those_who_were_there_before_are_not_heard_when_oneself_comes_on_line() {
    let world = World::start(true);
    let link = |state| {
        world.mock.event(Event::AccountState(account::Changed {
            state,
            relay: "mock:5290".into(),
            ..account::Changed::default()
        }));
    };
    let comes = |friend: &str| {
        for state in [presence::State::Offline, presence::State::Online] {
            let changed = presence::Changed { friend: friend.into(), state, ..presence::Changed::default() };
            world.mock.event(Event::PresenceChanged(changed));
        }
    };
    link(account::State::Backoff);
    link(account::State::Online);
    comes("bob");
    comes("amy");
    settle(&world, "all are here");
    assert_eq!(heard(&world), []);
    // As if some time had passed.
    let long_ago = Instant::now().checked_sub(Duration::from_secs(6)).unwrap();
    assert!(world.app.came.borrow_mut().insert(ALICE.to_owned(), long_ago).is_some());
    comes("amy");
    settle(&world, "amy came");
    assert_eq!(heard(&world), [Sound::Online]);
}

#[test]
fn a_name_and_a_status_text_turn_no_letters_and_stay_in_their_lines() {
    let world = World::start(true);
    let hostile = "Bob\u{202e}lru\u{2066}\u{2028}Alice\u{2069}";
    world.mock.fill(|state, _| state.accounts[0].groups[0].friends[1].name = hostile.into());
    world.mock.event(Event::DaemonState(world.mock.state()));
    let asked = friend::Asked {
        friend: "fan".into(),
        name: hostile.into(),
        note: "please\u{202a}!".into(),
        incoming: true,
        ..friend::Asked::default()
    };
    world.mock.event(Event::FriendRequested(asked));
    let changed = presence::Changed {
        friend: "amy".into(),
        note: "at\u{202b}\twork".into(),
        ..presence::Changed::default()
    };
    world.mock.event(Event::PresenceChanged(changed));
    world.mock.message("eve", "a\u{202e}b");
    settle(&world, "all of it");
    let friends = world.friends();
    let window = friends.window();
    let title = |id: &str| {
        let item = window.global::<Global>().get_items().iter().find(|item| item.id == id).unwrap();
        (item.title.to_string(), item.note.to_string())
    };
    assert_eq!(title("bob").0, "Boblru Alice");
    assert_eq!(title("fan"), ("Boblru Alice would like to be your friend".to_owned(), "please!".to_owned()));
    assert_eq!(title("amy").1, "at work");
    window.global::<Global>().invoke_tab_chosen(1);
    assert_eq!(title("eve").1, "ab");
    let tower = format!("e{}", "\u{301}".repeat(50));
    world.mock.message("eve", &tower);
    world.mock.fill(|state, _| state.accounts[0].groups[1].name = "two\u{2029}lines".into());
    world.mock.event(Event::DaemonState(world.mock.state()));
    settle(&world, "the group");
    window.global::<Global>().invoke_tab_chosen(0);
    assert!(window.global::<Global>().get_items().iter().any(|item| item.title == "two lines"));
    let eve = world.open("eve");
    world.until("a low tower", |_| rows(eve.window()).iter().any(|row| row.chars().count() == 5));
    world.until("the body", |_| rows(eve.window()).contains(&"ab".to_owned()));
}

#[test]
fn a_late_answer_closes_no_newer_question() {
    let world = World::start(true);
    let friends = world.friends();
    let window = friends.window();
    let sheet = window.global::<Ask>();
    let late: Rc<std::cell::RefCell<Option<Answer>>> = Rc::default();
    let place = late.clone();
    let first = Question::new("friend.add", "", move |_, answer, _, _| *place.borrow_mut() = Some(answer));
    crate::asking::ask(window, &world.app, first);
    sheet.invoke_accepted("fan".into(), "".into());
    let late = late.take().expect("the answer waits");
    late.refuse("not yet");
    assert_eq!(sheet.get_error(), "not yet", "it is still its turn");
    crate::asking::ask(window, &world.app, Question::new("group", "", |_, _, _, _| {}).with("同学"));
    late.refuse("too late");
    late.done();
    assert!(sheet.get_open());
    assert_eq!((sheet.get_first().as_str(), sheet.get_error().as_str()), ("同学", ""));
}

#[test]
fn of_many_pictures_those_in_view_are_asked_for_and_come_and_none_again_and_again() {
    let world = World::start(true);
    world.mock.crowd();
    world.mock.event(Event::DaemonState(world.mock.state()));
    let friends = world.friends();
    let items = || friends.window().global::<Global>().get_items();
    world.until("the crowd", |_| items().row_count() > 5_000);
    let faces = || {
        // What is drawn looks at its rows.
        let drawn = by_label(friends.window(), "Friends").is_some();
        assert!(drawn);
        items().row_data(1).is_some_and(|item| item.face.has_picture)
    };
    world.until("a picture", |_| faces());
    for words in ["none again", "nor now"] {
        let note = words.to_owned();
        let changed = presence::Changed { friend: "f1".into(), note, ..presence::Changed::default() };
        world.mock.event(Event::PresenceChanged(changed));
        world.until(words, |_| items().iter().any(|item| item.id == "f1" && item.note == words));
    }
    let asked = world.mock.called("friend.picture");
    assert!((1..100).contains(&asked), "{asked}");
}

#[test]
fn of_the_newest_messages_the_beginning_is_kept_and_only_of_friends() {
    let world = World::start(true);
    let ts = "2026-11-20T09:30:00.000Z";
    world.app.spoken((ALICE.to_owned(), "bob".to_owned()), ts, &"long ".repeat(3_000));
    for n in 0..100 {
        world.app.spoken((ALICE.to_owned(), format!("invented {n}")), ts, "hi");
    }
    let last = world.app.last.borrow().clone();
    let kept: Vec<_> = last.iter().map(|((_, friend), last)| (friend.as_str(), last.text.len())).collect();
    assert_eq!(kept, [("bob", 120)]);
    world.mock.event(Event::FriendRemoved(friend::Removed { friend: "bob".into() }));
    settle(&world, "bob is gone");
    assert!(world.app.last.borrow().is_empty());
}

#[test]
fn where_too_much_is_asked_at_once_the_recent_conversations_are_asked_for_later() {
    let world = World::start(true);
    let (writer, _lines) = std::sync::mpsc::sync_channel(2);
    world.app.link.on_up(writer);
    world.app.asked_last.set(false);
    world.app.ask_last(true);
    assert!(!world.app.unseen.get() && !world.app.asked_last.get());
}

#[test]
fn what_was_left_from_a_reply_that_showed_nothing_hides_no_other() {
    let world = World::start(true);
    let friends = world.friends();
    let list = friends.window().global::<Global>();
    list.invoke_tab_chosen(1);
    let view = |then: Rc<std::cell::Cell<bool>>| {
        let view = View::default();
        world.app.link.call(Some(ALICE), &view, move |_| then.set(true));
    };
    let settled = Rc::new(std::cell::Cell::new(false));
    view(settled.clone());
    world.until("all that was asked before is answered", |_| settled.get());
    world.app.spoken((ALICE.to_owned(), "bob".to_owned()), "2026-11-20T09:30:00.000Z", "hi");
    world.app.unseen.set(true);
    view(settled);
    world.until("the list", |_| list.get_items().iter().any(|item| item.note == "hi"));
}

#[test]
fn a_conversation_that_is_not_on_the_stage_has_its_own_name_and_does_not_move_it() {
    let world = World::start(true);
    world.app.prefs.borrow_mut().layout = 1;
    world.app.prefs_changed();
    let bob = world.open("bob");
    world.open("amy");
    world.until("amy beside the list", |world| {
        world.friends().window().global::<Talk>().get_name() == "陈雨桐"
    });
    bob.on_shake(&world.app, "2026-11-23T09:30:00.123Z", true);
    for _ in 0..10 {
        testing::mock_elapsed_time(Duration::from_millis(30));
        assert!(world.friends().window().get_sway().abs() < f32::EPSILON);
    }
    world.open("bob");
    let friends = world.friends();
    let talk = friends.window().global::<Talk>();
    world
        .until("the line", |_| talk.get_rows().iter().any(|row| row.text == "Bob Müller shook your window."));
}
