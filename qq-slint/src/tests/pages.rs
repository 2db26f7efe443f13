//! Long conversations: pages come and go as one reads, and no more than a few hundred messages are kept.

use std::rc::Rc;

use ipc_schema::chat;
use jiff::ToSpan;
use qq_slint_ui::Talk;
use slint::{ComponentHandle, Model};

use super::{World, button, field, rows};
use crate::mock::many;
use crate::windows::{Chat, KEPT};

/// Messages of the conversation with bob, four an hour; the newest is from yesterday.
const COUNT: i64 = 3_000;

fn world() -> (World, Rc<Chat>) {
    let world = World::start(true);
    world.mock.fill(|_, messages| {
        let newest = jiff::Timestamp::now() - 24.hours();
        messages.extend((0..COUNT).map(|n| chat::Message {
            id: format!("h{n}"),
            from: "bob".into(),
            to: "alice".into(),
            text: format!("message {n}"),
            ts: (newest - (15 * (COUNT - 1 - n)).minutes()).to_string(),
            state: chat::State::Read,
            row: u64::try_from(n).ok(),
            kind: None,
            reason: None,
            why: None,
        }));
    });
    let chat = world.open("bob");
    world.until("the newest page", |_| texts(&chat).last() == Some(&(COUNT - 1)));
    (world, chat)
}

/// The numbers of the messages that are here.
fn texts(chat: &Chat) -> Vec<i64> {
    rows(chat.window()).iter().filter_map(|row| row.strip_prefix("message ")?.parse().ok()).collect()
}

fn talk(chat: &Chat) -> Talk<'_> {
    chat.window().global::<Talk>()
}

#[test]
fn whoever_reads_back_and_forth_keeps_a_few_hundred_messages_without_a_hole() {
    let (world, chat) = world();
    for _ in 0..15 {
        let oldest = texts(&chat)[0];
        talk(&chat).invoke_older();
        world.until("a page more", |_| texts(&chat)[0] < oldest);
        let here = texts(&chat);
        assert!(here.len() <= KEPT && here.windows(2).all(|two| two[1] == two[0] + 1), "{here:?}");
    }
    assert_eq!((texts(&chat)[0], texts(&chat).len()), (COUNT - 960, KEPT));
    assert!(talk(&chat).get_newer());
    while talk(&chat).get_newer() {
        let newest = texts(&chat).last().copied();
        talk(&chat).invoke_later();
        world.until("a page more", |_| texts(&chat).last().copied() > newest);
        let here = texts(&chat);
        assert!(here.len() <= KEPT && here.windows(2).all(|two| two[1] == two[0] + 1), "{here:?}");
    }
    assert_eq!(texts(&chat).last(), Some(&(COUNT - 1)));
    assert!(talk(&chat).get_more());
}

#[test]
fn a_day_long_ago_is_jumped_to_and_what_lies_between_is_not_kept() {
    let (world, chat) = world();
    let day = (jiff::Zoned::now() - 20.days()).date();
    talk(&chat).invoke_jump();
    field(chat.window(), "Date").set_accessible_value(day.to_string());
    button(chat.window(), "Jump").invoke_accessible_default_action();
    world.until("the day", |_| talk(&chat).get_newer());
    let here = texts(&chat);
    assert!(here.len() <= KEPT && here.windows(2).all(|two| two[1] == two[0] + 1), "{here:?}");
    let zone = jiff::tz::TimeZone::system();
    let date = |n: i64| {
        let newest = jiff::Timestamp::now() - 24.hours();
        (newest - (15 * (COUNT - 1 - n)).minutes()).to_zoned(zone.clone()).date()
    };
    assert!(date(here[0]) < day && here.last().is_some_and(|last| date(*last) >= day), "{here:?}");
    // What comes now has its place at the end, where one is not.
    world.mock.message("bob", "are you there?");
    world.until("it is counted", |world| {
        world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten() == Some(1)
    });
    assert_eq!(texts(&chat), here);
    talk(&chat).invoke_newest();
    world.until("the end", |_| rows(chat.window()).last().is_some_and(|row| row == "are you there?"));
    assert!(!talk(&chat).get_newer() && texts(&chat).len() <= KEPT);
}

#[test]
fn five_thousand_friends_are_listed_and_found_and_a_hundred_thousand_messages_open_at_their_end() {
    let world = World::start(true);
    world.mock.crowd();
    world.mock.event(ipc_schema::Event::DaemonState(world.mock.state()));
    let friends = world.friends();
    let items = || friends.window().global::<qq_slint_ui::Friends>().get_items();
    world.until("all of them", |_| items().row_count() >= many::FRIENDS);
    field(friends.window(), "Search friends and messages").set_accessible_value("Wolfeschlegel");
    world.until("those found", |_| items().row_count() < 500);
    let chat = world.open("f0");
    let last = format!("👍👍🏽👨‍👩‍👧‍👦🇨🇳 {}", many::MESSAGES - 1);
    world.until("the newest page", |_| rows(chat.window()).contains(&last));
    assert!(rows(chat.window()).len() < KEPT);
}

#[test]
fn a_tab_is_no_missing_letter() {
    let world = World::start(true);
    world.mock.message("bob", "one\n\ttwo\u{7}");
    let chat = world.open("bob");
    world.until("the message", |_| rows(chat.window()).contains(&"one\n    two ".to_owned()));
}
