//! What the settings and the sheets do: an account made, messages taken back, a check-up, a conversation written out.

use i_slint_backend_testing::{AccessibleRole, ElementQuery};
use ipc_schema::chat::{self, State};
use slint::ComponentHandle;

use super::{World, button, by_label, field};
use crate::mock::ALICE;

fn message(id: &str, to: &str, text: &str, state: State) -> chat::Message {
    chat::Message {
        id: id.into(),
        from: "alice".into(),
        to: to.into(),
        text: text.into(),
        ts: "2026-11-23T09:30:00.123Z".into(),
        state,
        row: Some(id.len() as u64),
        kind: None,
        reason: None,
        why: Some("the server takes shorter messages only".into()).filter(|_| state == State::Failed),
    }
}

#[test]
fn an_account_is_made_once_the_key_is_trusted_and_the_name_is_free() {
    let world = World::start(false);
    let login = world.login();
    let window = login.window();
    window.global::<qq_slint_ui::Enter>().set_page(qq_slint_ui::EnterPage::Register);
    let register = |name: &str| {
        field(window, "New account").set_accessible_value(name);
        button(window, "Make the account").invoke_accessible_default_action();
    };
    register("alice");
    assert!(by_label(window, "Say the server, too: name@server.").is_some());
    register("bob@mock");
    world.until("the question", |_| by_label(window, "Trust this key").is_some());
    button(window, "Trust this key").invoke_accessible_default_action();
    world.until("the refusal", |_| by_label(window, "This name is taken. Choose another one.").is_some());
    // The key that was trusted a moment ago is not asked about again.
    register("alice@mock");
    world.until("the friends", |world| world.app.friends.borrow().is_some());
}

#[test]
fn an_invitation_that_names_nobody_asks_for_a_name_and_a_link_without_its_end_is_told_from_it() {
    let world = World::start(false);
    let login = world.login();
    let window = login.window();
    let enter = window.global::<qq_slint_ui::Enter>();
    login.offer("qiao://mock:5290/i/K7");
    let join = || button(window, "Join").invoke_accessible_default_action();
    join();
    world.until("the end is missing", |_| enter.get_error().contains("The end of the link is missing"));
    assert!(enter.get_fingerprint().is_empty() && by_label(window, "Account").is_none());
    login.offer("qiao://mock:5290/i/K7#AA");
    join();
    world.until("a name is asked for", |_| {
        enter.get_error().contains("leaves the name of the account to you")
    });
    field(window, "Account").set_accessible_value("bob");
    join();
    world.until("the refusal", |_| by_label(window, "This name is taken. Choose another one.").is_some());
    field(window, "Account").set_accessible_value("alice");
    field(window, "Your name, as others see it").set_accessible_value("Alice");
    join();
    world.until("the friends", |world| world.app.friends.borrow().is_some());
    assert!(enter.get_shown_name().is_empty() && enter.get_chosen_name().is_empty(), "nothing of it stays");
    assert!(enter.get_page() == qq_slint_ui::EnterPage::Login);
}

#[test]
fn what_waits_is_listed_taken_back_and_discarded() {
    let world = World::start(true);
    world.mock.fill(|_, messages| {
        messages.push(message("a", "bob", "not yet", State::Queued));
        messages.push(message("bb", "bob", "too long", State::Failed));
    });
    world.app.show_section(qq_slint_ui::Section::Outbox);
    let settings = world.app.settings.borrow().clone().unwrap();
    let window = settings.window();
    world.until("both", |_| {
        by_label(window, "Take back: not yet").is_some() && by_label(window, "Discard: too long").is_some()
    });
    assert!(by_label(window, "the server takes shorter messages only").is_some());
    button(window, "Take back: not yet").invoke_accessible_default_action();
    world.until("one less", |_| by_label(window, "Take back: not yet").is_none());
    button(window, "Discard: too long").invoke_accessible_default_action();
    world
        .until("none", |_| by_label(window, "Nothing waits: all that you wrote is at the server.").is_some());
    assert_eq!((world.mock.called("outbox.cancel"), world.mock.called("outbox.clear")), (1, 1));
}

#[test]
fn a_check_up_says_what_is_wrong_and_what_to_do() {
    let world = World::start(true);
    world.app.show_section(qq_slint_ui::Section::Doctor);
    let settings = world.app.settings.borrow().clone().unwrap();
    let window = settings.window();
    button(window, "Check now").invoke_accessible_default_action();
    world.until("the checks", |_| by_label(window, "Bad: the clock is an hour slow").is_some());
    assert!(by_label(window, "Good: the database is whole").is_some());
    assert!(by_label(window, "set the clock").is_some());
    // Whose the checks are is said once, above them.
    assert!(by_label(window, "Good: it takes connections").is_some());
    assert_eq!(i_slint_backend_testing::ElementHandle::find_by_accessible_label(window, ALICE).count(), 1);
}

#[test]
fn do_not_disturb_ends_by_itself_when_asked_to() {
    let world = World::start(true);
    world.app.show_section(qq_slint_ui::Section::Notifications);
    let settings = world.app.settings.borrow().clone().unwrap();
    let window = settings.window();
    let box_ = ElementQuery::from_root(window)
        .match_accessible_role(AccessibleRole::Combobox)
        .match_predicate(|element| element.accessible_label().as_deref() == Some("Do not disturb"))
        .find_first()
        .unwrap();
    window.global::<qq_slint_ui::Prefs>().set_dnd(2);
    window.global::<qq_slint_ui::Prefs>().invoke_dnd_changed();
    world.until("until when", |_| !window.global::<qq_slint_ui::Prefs>().get_dnd_until().is_empty());
    assert_eq!(box_.accessible_value().as_deref(), Some("On"));
}

#[test]
fn a_conversation_is_written_out_whole_and_never_over_another_file() {
    let world = World::start(true);
    world.mock.fill(|_, messages| {
        for n in 1_usize..=5 {
            messages.push(message(&"x".repeat(n), "bob", &format!("number {n}"), State::Acked));
        }
    });
    let chat = world.open("bob");
    let window = chat.window();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bob.txt");
    let export = || {
        button(window, "Export the conversation").invoke_accessible_default_action();
        field(window, "File").set_accessible_value(path.to_str().unwrap());
        button(window, "Export").invoke_accessible_default_action();
    };
    export();
    let said = format!("5 messages are in {}.", path.display());
    world.until("the sentence", |_| by_label(window, &said).is_some());
    let text = std::fs::read_to_string(&path).unwrap();
    let ends: Vec<_> = text.lines().map(|line| line.rsplit("  ").next().unwrap()).collect();
    assert_eq!(ends, [1, 2, 3, 4, 5].map(|n| format!("alice: number {n}")));
    button(window, "Close").invoke_accessible_default_action();
    export();
    let said = format!("{} exists already. Choose another name.", path.display());
    world.until("the refusal", |_| by_label(window, &said).is_some());
    assert_eq!(world.app.account_name().as_deref(), Some(ALICE));
}

#[test]
fn the_settings_window_comes_back_as_large_as_it_was_left() {
    let world = World::start(true);
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    settings.window().window().set_size(slint::LogicalSize::new(800.0, 700.0));
    settings.hide();
    assert_eq!(world.app.prefs.borrow().sizes.get("settings"), Some(&(800.0, 700.0)));
    *world.app.settings.borrow_mut() = None;
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    assert_eq!(settings.window().window().size().width, 800);
}
