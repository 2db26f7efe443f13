//! What the user has before their eyes: it counts as read, and nothing takes it away; and what no daemon takes stays there.

use std::time::Duration;

use i_slint_backend_testing::{self as testing, AccessibleRole, ElementQuery};
use ipc_schema::chat::TEXT_MAX_CHARS;
use ipc_schema::{Event, chat, shake};
use jiff::ToSpan;
use qq_slint_ui::{Mark, RowKind, Talk};
use slint::{ComponentHandle, Model};

use super::{World, button, by_label, rows};
use crate::app::Focus;
use crate::mock::ALICE;
use crate::windows::Chat;

fn talk(chat: &Chat) -> Talk<'_> {
    chat.window().global::<Talk>()
}

fn unread(world: &World) -> u64 {
    world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten().unwrap()
}

fn focus(world: &World, gained: bool) {
    world.app.on_focus(Focus::Chat((ALICE.into(), "bob".into())), gained);
}

#[test]
fn a_message_in_the_conversation_before_the_user_is_read_and_one_behind_another_window_is_not() {
    let world = World::start(true);
    let chat = world.open("bob");
    focus(&world, true);
    for (times, text) in [(1, "one"), (2, "two")] {
        world.mock.message("bob", text);
        world.until("it is told", |world| world.mock.called("chat.read") == times);
        world.until("it is read", |world| unread(world) == 0);
        assert!(rows(chat.window()).contains(&text.to_owned()));
    }
    focus(&world, false);
    world.mock.message("bob", "three");
    world.until("it is counted", |world| unread(world) == 1);
    world.until("it is there", |_| rows(chat.window()).contains(&"three".to_owned()));
    assert_eq!((unread(&world), world.mock.called("chat.read")), (1, 2));
    focus(&world, true);
    chat.on_focus(&world.app, true);
    world.until("it is read", |world| unread(world) == 0);
}

/// Looks for this in the conversation, and waits until the list has found its place.
fn finds(world: &World, chat: &Chat, words: &str) {
    talk(chat).set_searching(true);
    talk(chat).invoke_search(words.into());
    world.until("the hit", |_| !talk(chat).get_found().is_empty());
    testing::mock_elapsed_time(Duration::from_millis(300));
}

#[test]
fn where_all_messages_are_in_view_a_search_leads_away_from_none_of_them() {
    let world = World::start(true);
    let chat = world.open("bob");
    focus(&world, true);
    chat.window().window().set_size(slint::LogicalSize::new(600.0, 560.0));
    for text in ["one", "two"] {
        world.mock.message("bob", text);
    }
    world.until("they are read", |world| unread(world) == 0 && rows(chat.window()).len() > 2);
    finds(&world, &chat, "one");
    assert!(by_label(chat.window(), "To the newest").is_none());
    world.mock.message("bob", "three");
    world.until("it is there", |_| rows(chat.window()).contains(&"three".to_owned()));
    world.until("it is read", |world| unread(world) == 0);
    by_label(chat.window(), "End the search").unwrap().invoke_accessible_default_action();
    assert!(by_label(chat.window(), "To the newest").is_none());
}

#[test]
fn what_was_found_far_up_stays_in_view_after_the_search_and_an_arrow_leads_to_the_newest() {
    let world = World::start(true);
    let chat = world.open("bob");
    focus(&world, true);
    chat.window().window().set_size(slint::LogicalSize::new(600.0, 560.0));
    for n in 10..50 {
        world.mock.message("bob", &format!("message {n}"));
    }
    world.until("they are read", |world| unread(world) == 0 && rows(chat.window()).len() > 40);
    finds(&world, &chat, "message 10");
    let arrow = || by_label(chat.window(), "To the newest");
    assert!(arrow().is_some());
    by_label(chat.window(), "End the search").unwrap().invoke_accessible_default_action();
    testing::mock_elapsed_time(Duration::from_millis(300));
    assert!(arrow().is_some());
    world.mock.message("bob", "the newest");
    world.until("it is there", |_| rows(chat.window()).contains(&"the newest".to_owned()));
    world.until("it is counted", |world| unread(world) == 1);
    assert!(arrow().is_some(), "nobody has seen it");
    arrow().unwrap().invoke_accessible_default_action();
    world.until("it is read", |world| unread(world) == 0);
    finds(&world, &chat, "the newest");
    assert!(in_view(&chat, "the newest"));
}

/// Whether a message can be read whole.
fn in_view(chat: &Chat, text: &str) -> bool {
    let list = by_label(chat.window(), "Messages").unwrap();
    let (top, height) = (list.absolute_position().y, list.size().height);
    let rows =
        ElementQuery::from_root(chat.window()).match_accessible_role(AccessibleRole::ListItem).find_all();
    rows.iter().any(|row| {
        let (y, h) = (row.absolute_position().y, row.size().height);
        row.accessible_label().is_some_and(|label| label.contains(text))
            && y + 10.0 >= top
            && y + h <= top + height + 11.0
    })
}

#[test]
fn what_is_not_taken_while_something_else_is_typed_stands_in_the_conversation_and_is_tried_again() {
    let world = World::start(true);
    let chat = world.open("bob");
    let long = "x".repeat(TEXT_MAX_CHARS + 1);
    world.types("bob", &long);
    button(chat.window(), "Send").invoke_accessible_default_action();
    world.types("bob", "next");
    let failed = |_: &World| talk(&chat).get_rows().iter().find(|row| row.text == long.as_str());
    world.until("it did not go", |world| failed(world).is_some());
    let row = failed(&world).unwrap();
    assert_eq!((row.mark, row.why.is_empty()), (Mark::Failed, false));
    assert_eq!(talk(&chat).get_draft(), "next");
    // The daemon's whole state comes anew, and its newest page: it stays.
    world.mock.event(Event::DaemonState(world.mock.state()));
    world.mock.message("bob", "meanwhile");
    world.until("the page", |_| rows(chat.window()).contains(&"meanwhile".to_owned()));
    assert!(failed(&world).is_some());
    talk(&chat).invoke_retry(row.id.clone());
    assert!(failed(&world).is_none(), "it is on its way");
    world.until("it did not go again", |world| failed(world).is_some());
    talk(&chat).invoke_discard(row.id);
    assert!(failed(&world).is_none());
    assert_eq!(world.mock.called("chat.send"), 2);
}

#[test]
fn what_was_not_taken_stands_in_the_field_when_the_conversation_closes() {
    let world = World::start(true);
    let chat = world.open("bob");
    let long = "y".repeat(TEXT_MAX_CHARS + 1);
    world.types("bob", &long);
    button(chat.window(), "Send").invoke_accessible_default_action();
    world.types("bob", "next");
    world.until("it did not go", |_| talk(&chat).get_rows().iter().any(|row| row.mark == Mark::Failed));
    assert_eq!(chat.leave(&world.app), format!("{long}\nnext"));
}

#[test]
fn shakes_do_not_fill_the_conversation() {
    let world = World::start(true);
    let chat = world.open("bob");
    let lines = |chat: &Chat| talk(chat).get_rows().iter().filter(|row| row.kind == RowKind::Event).count();
    for _ in 0..80 {
        world.mock.event(Event::ShakeReceived(shake::Received { from: "bob".into() }));
    }
    world.mock.message("bob", "the end");
    world.until("the end", |_| rows(chat.window()).contains(&"the end".to_owned()));
    assert_eq!(lines(&chat), 50);
}

#[test]
fn long_messages_fill_no_memory_and_come_again_by_their_pages() {
    let world = World::start(true);
    let long = "天".repeat(TEXT_MAX_CHARS);
    world.mock.fill(|_, messages| {
        let newest = jiff::Timestamp::now() - 24.hours();
        messages.extend((0..130).map(|n| chat::Message {
            id: format!("h{n}"),
            from: "bob".into(),
            to: "alice".into(),
            text: long.clone(),
            ts: (newest - (130 - n).minutes()).to_string(),
            state: chat::State::Read,
            row: u64::try_from(n).ok(),
            kind: None,
            reason: None,
            why: None,
        }));
    });
    let chat = world.open("bob");
    world.until("the newest page", |_| talk(&chat).get_rows().row_count() > 10);
    talk(&chat).invoke_older();
    world.until("a page more", |_| talk(&chat).get_newer());
    // 2 MiB of texts of 48 KiB each: some forty, and the lines of their days.
    assert!(
        (40..=50).contains(&talk(&chat).get_rows().row_count()),
        "{}",
        talk(&chat).get_rows().row_count()
    );
    assert!(talk(&chat).get_newer() && talk(&chat).get_more());
}

#[test]
fn what_was_not_taken_stays_wherever_one_reads_and_comes_along_when_one_goes() {
    let world = World::start(true);
    world.mock.fill(|_, messages| {
        let newest = jiff::Timestamp::now() - 24.hours();
        messages.extend((0..3_000_u32).map(|n| chat::Message {
            id: format!("h{n}"),
            from: "bob".into(),
            to: "alice".into(),
            text: format!("message {n}"),
            ts: (newest - (15 * (3_000 - i64::from(n))).minutes()).to_string(),
            state: chat::State::Read,
            row: Some(n.into()),
            kind: None,
            reason: None,
            why: None,
        }));
    });
    let chat = world.open("bob");
    world.until("the newest page", |_| talk(&chat).get_rows().row_count() > 10);
    let long = "z".repeat(TEXT_MAX_CHARS + 1);
    world.types("bob", &long);
    button(chat.window(), "Send").invoke_accessible_default_action();
    world.types("bob", "next");
    let failed = || talk(&chat).get_rows().iter().any(|row| row.text == long.as_str());
    world.until("it did not go", |_| failed());
    for _ in 0..14 {
        let first = talk(&chat).get_rows().iter().find(|row| !row.id.is_empty()).map(|row| row.id);
        talk(&chat).invoke_older();
        world.until("a page more", |_| {
            talk(&chat).get_rows().iter().find(|row| !row.id.is_empty()).map(|row| row.id) != first
        });
    }
    assert!(talk(&chat).get_newer() && !failed(), "its place is at the end");
    talk(&chat).invoke_newest();
    world.until("the end", |_| failed());
    world.app.keep_drafts_of(ALICE);
    assert_eq!(talk(&chat).get_draft(), format!("{long}\nnext"));
}
