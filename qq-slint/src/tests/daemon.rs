//! The daemon under the windows: what is typed outlives them, what is looked at is told, and it may end and come back.

use ipc_schema::daemon::{Outdated, Wanted};
use qq_slint_ui::{Friends as Global, Talk};

use super::*;

impl World {
    /// What stands in the field of a conversation.
    fn typed(&self, friend: &str) -> String {
        self.chat(friend).window().global::<Talk>().get_draft().to_string()
    }

    /// Types as a person does.
    pub(super) fn types(&self, friend: &str, text: &str) {
        let chat = self.chat(friend);
        let talk = chat.window().global::<Talk>();
        talk.set_draft(text.into());
        talk.invoke_typed(text.into());
    }

    pub(super) fn banner(&self) -> (String, String) {
        let friends = self.friends();
        let list = friends.window().global::<Global>();
        (list.get_banner().to_string(), list.get_banner_action().to_string())
    }
}

#[test]
fn what_was_typed_is_kept_after_a_pause_comes_back_with_the_window_and_goes_with_the_message() {
    let world = World::start(true);
    world.open("bob");
    world.types("bob", "about tonight");
    assert_eq!(world.mock.draft("bob"), "", "not at every key");
    world.until("it is kept", |world| world.mock.draft("bob") == "about tonight");
    // As after a restart of the program: nothing is left of the window.
    world.app.chats.borrow_mut().clear();
    world.open("bob");
    world.until("it is there again", |world| world.typed("bob") == "about tonight");
    world.chat("bob").window().global::<Talk>().invoke_send("about tonight".into());
    world.until("it is sent, and no draft any more", |world| {
        world.mock.draft("bob").is_empty() && world.mock.called("chat.send") == 1
    });
    assert_eq!(world.typed("bob"), "");
}

#[test]
fn closing_a_window_keeps_what_was_typed_at_once() {
    let world = World::start(true);
    let chat = world.open("bob");
    world.types("bob", "half a sen");
    chat.window().invoke_leave();
    world.app.wait(Duration::from_millis(1));
    let started = Instant::now();
    while world.mock.draft("bob") != "half a sen" {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "no time passes here, and it is kept all the same"
        );
        world.app.wait(Duration::from_millis(20));
        world.app.pump();
    }
}

#[test]
fn another_programs_draft_comes_into_an_untouched_field_and_into_no_other() {
    let world = World::start(true);
    world.open("bob");
    world.mock.keep_draft("bob", "from the terminal");
    world.until("it is there", |world| world.typed("bob") == "from the terminal");
    world.chat("bob").window().global::<Talk>().set_draft("mine".into());
    world.mock.keep_draft("bob", "from the terminal again");
    world.until("it was heard", |world| {
        let state = world.app.state.borrow();
        state.account(ALICE).unwrap().draft("bob") == Some("from the terminal again")
    });
    assert_eq!(world.typed("bob"), "mine");
}

#[test]
fn a_conversation_with_a_draft_is_a_recent_one_and_shows_it() {
    let world = World::start(true);
    world.mock.keep_draft("bob", "about\ntonight");
    let friends = world.friends();
    let list = friends.window().global::<Global>();
    list.invoke_tab_chosen(1);
    world.until("the draft", |_| {
        list.get_items().iter().any(|item| item.id == "bob" && item.note == "[Draft] about tonight")
    });
}

#[test]
fn the_daemon_hears_which_conversation_is_looked_at() {
    let world = World::start(true);
    world.until("it counts as a window", |world| world.mock.called("daemon.view") == 1);
    assert_eq!(world.mock.viewed(), None);
    let chat = world.open("bob");
    chat.on_focus(&world.app, true);
    world.until("bob is looked at", |world| world.mock.viewed().as_deref() == Some("bob"));
    world.app.on_focus(crate::app::Focus::Friends, false);
    chat.on_focus(&world.app, true);
    assert_eq!(world.mock.called("daemon.view"), 2, "what it knows is not told again");
    chat.on_focus(&world.app, false);
    world.until("nobody is looked at", |world| world.mock.viewed().is_none());
}

#[test]
fn the_daemon_hears_whether_messages_show_themselves() {
    let world = World::start(true);
    for (choice, opens) in [(1, false), (0, true), (1, false), (2, true)] {
        world.app.prefs.borrow_mut().on_message = Some(choice);
        world.app.prefs_changed();
        world
            .until("it is told", |world| world.mock.called("daemon.view") > 0 && world.mock.opens() == opens);
    }
}

#[test]
fn a_window_that_somebody_wants_comes() {
    let world = World::start(true);
    let wanted = |to: Option<&str>, link: Option<&str>| Wanted {
        to: to.map(str::to_owned),
        link: link.map(str::to_owned),
        token: None,
    };
    world.mock.event(Event::DaemonWanted(wanted(Some("bob"), None)));
    world.until("the conversation", |world| !world.app.chats.borrow().is_empty());
    assert!(world.chat("bob").window().window().is_visible());
    world.friends().hide();
    world.mock.event(Event::DaemonWanted(wanted(None, None)));
    world.until("the friend list", |world| world.friends().window().window().is_visible());
    world.mock.event(Event::DaemonWanted(wanted(None, Some("qiao://mock:5290/i/7k3m9q#pin"))));
    world.until("the way in", |world| world.app.login.borrow().is_some());
}

#[test]
fn an_outdated_daemon_is_said_and_restarted_and_what_is_typed_stays() {
    let world = World::start(true);
    world.open("bob");
    world.types("bob", "about tonight");
    let outdated = Outdated { running: "0.1.0".into(), installed: Some("0.2.0".into()) };
    world.mock.event(Event::DaemonOutdated(outdated));
    world.until("the bar", |world| world.banner().0.starts_with("Qiaoqiao 0.2.0 is installed."));
    let friends = world.friends();
    button(friends.window(), "Restart now").invoke_accessible_default_action();
    world.until("it was restarted", |world| {
        world.mock.called("daemon.stop") == 1
            && world.mock.called("hello") == 2
            && world.banner().0.is_empty()
    });
    assert_eq!(world.mock.draft("bob"), "about tonight");
    assert_eq!(world.typed("bob"), "about tonight");
    world.until("it is a window again", |world| world.mock.called("daemon.view") == 2);
}

#[test]
fn a_daemon_that_somebody_stopped_waits_until_the_user_wants_it_back() {
    let world = World::start(true);
    world.mock.stop(false);
    world.until("the bar", |world| world.banner().0 == "Qiaoqiao was stopped: you are off line.");
    assert_eq!(world.mock.called("hello"), 1);
    let friends = world.friends();
    button(friends.window(), "Go on line").invoke_accessible_default_action();
    world.until("it is back", |world| world.mock.called("hello") == 2 && world.banner().0.is_empty());
}

#[test]
fn whoever_is_not_logged_in_can_have_a_stopped_daemon_back_too() {
    let world = World::start(false);
    world.mock.stop(false);
    let login = world.login();
    world.until("the bar", |_| by_label(login.window(), "Go on line").is_some());
    button(login.window(), "Go on line").invoke_accessible_default_action();
    world.until("it is back", |world| {
        world.mock.called("hello") == 2 && by_label(login.window(), "Go on line").is_none()
    });
}
