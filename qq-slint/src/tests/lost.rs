//! What must not get lost, and what must not stay: a message without a daemon, a mute, a conversation after log-out.

use ipc_schema::chat::TEXT_MAX_CHARS;
use ipc_schema::{Event, notify};
use qq_slint_ui::{Ask, Friends, Prefs, Section, Talk};
use slint::{ComponentHandle, Model};

use super::{World, button};
use crate::app::Focus;
use crate::mock::ALICE;

fn is_muted(world: &World, friend: &str) -> bool {
    let friends = world.friends();
    let items = friends.window().global::<Friends<'_>>().get_items();
    items.iter().any(|item| item.id == friend && item.muted)
}

#[test]
fn a_message_that_no_daemon_takes_stays_in_its_field_with_the_reason() {
    let world = World::start(true);
    let chat = world.open("bob");
    world.types("bob", "not lost");
    world.mock.stop(false);
    world.until("nobody there", |world| !world.banner().0.is_empty());
    button(chat.window(), "Send").invoke_accessible_default_action();
    let talk = chat.window().global::<Talk<'_>>();
    // The connection may go only after that: then the message comes back.
    world.until("it is in its field", |_| talk.get_draft() == "not lost" && !talk.get_problem().is_empty());
    assert_eq!(world.mock.called("chat.send"), 0);
}

/// A text that the daemon refuses after the conversation has moved beside the friend list, where this was being typed.
fn refused_after_a_move(typed: &str) {
    let world = World::start(true);
    let long = "w".repeat(TEXT_MAX_CHARS + 1);
    let chat = world.open("bob");
    world.types("bob", &long);
    button(chat.window(), "Send").invoke_accessible_default_action();
    world.types("bob", typed);
    drop(chat);
    world.app.prefs.borrow_mut().layout = 1;
    world.app.lay_out();
    let friends = world.friends();
    let talk = friends.window().global::<Talk<'_>>();
    world.until("it is back", |_| {
        let failed = talk.get_rows().iter().any(|row| row.text == long.as_str());
        let is_field = talk.get_draft() == long.as_str() && !talk.get_problem().is_empty();
        if typed.is_empty() { is_field } else { failed && talk.get_draft() == typed }
    });
}

#[test]
fn a_message_that_is_refused_after_the_layout_has_changed_is_back_in_its_field() {
    refused_after_a_move("");
}

#[test]
fn a_message_that_is_refused_after_the_layout_has_changed_stands_over_what_was_typed_since() {
    refused_after_a_move("next");
}

#[test]
fn nobody_looks_at_a_window_that_is_closed() {
    let world = World::start(true);
    let chat = world.open("bob");
    world.app.on_focus(Focus::Chat((ALICE.into(), "bob".into())), true);
    world.until("it is looked at", |world| world.mock.viewed().is_some());
    chat.hide();
    world.until("nobody does", |world| world.mock.viewed().is_none());
    assert_eq!(world.mock.viewed(), None);
}

#[test]
fn a_question_ends_with_the_window_that_asks_it() {
    let world = World::start(true);
    let chat = world.open("bob");
    chat.window().global::<Talk<'_>>().invoke_jump();
    let asked = || chat.window().global::<Ask<'_>>().get_open();
    assert!(asked());
    chat.hide();
    assert!(!asked(), "who comes back writes, and answers nothing");
    let friends = world.friends();
    let sheet = friends.window().global::<Ask<'_>>();
    friends.window().global::<Friends<'_>>().invoke_friend_add();
    assert!(sheet.get_open());
    sheet.set_busy(true);
    friends.hide();
    assert!(sheet.get_open(), "who has answered is told what comes of it");
    sheet.set_busy(false);
    friends.hide();
    assert!(!sheet.get_open());
}

#[test]
fn a_friend_is_muted_and_heard_again() {
    let world = World::start(true);
    let friends = world.friends();
    let press = || friends.window().global::<Friends<'_>>().invoke_mute("bob".into());
    press();
    world.until("muted", |world| is_muted(world, "bob"));
    assert!(!is_muted(&world, "amy"));
    press();
    world.until("heard", |world| !is_muted(world, "bob"));
    press();
    world.until("muted again", |world| is_muted(world, "bob"));
    world.app.show_section(Section::Notifications);
    let settings = world.app.settings.borrow().clone().unwrap();
    let prefs = settings.window().global::<Prefs<'_>>();
    world.until("it is listed", |_| prefs.get_muted().row_count() == 1);
    prefs.invoke_unmute(prefs.get_muted().row_data(0).unwrap());
    world.until("heard again", |world| !is_muted(world, "bob"));
    let muted = notify::Now { muted: vec!["else@mock/bob".into()], ..notify::Now::default() };
    world.mock.event(Event::NotifyChanged(muted));
    world.until("the event", |world| world.app.state.borrow().notify.muted.len() == 1);
    assert!(!is_muted(&world, "bob"), "somebody else's bob");
}

#[test]
fn nothing_of_an_account_stays_when_it_is_logged_out() {
    let world = World::start(true);
    world.mock.message("bob", "between us");
    let chat = world.open("bob");
    world.until("the message", |_| chat.window().global::<Talk<'_>>().get_rows().row_count() > 0);
    world.mock.log_out(ALICE);
    world.until("it is closed", |world| world.app.chats.borrow().is_empty());
    assert!(!chat.window().window().is_visible());
    world.app.show_nth(1);
    assert!(world.app.chats.borrow().is_empty());
}
