//! A program that was started with `--hidden`: nothing appears, and nothing takes the keyboard, before it is asked for.

use qq_slint_ui::Talk;

use super::*;

/// A program that was started with `--hidden`.
fn hidden(socket: std::path::PathBuf) -> Rc<App> {
    let wish = Wish { hidden: true, ..Wish::default() };
    begin(socket, true, false, wish, crate::prefs::Place::Nowhere).unwrap()
}

#[test]
fn after_a_hidden_start_the_first_message_takes_no_keyboard_in_one_window_either() {
    testing::init_no_event_loop();
    let dir = tempfile::tempdir().unwrap();
    let (mock, socket) = Mock::start(dir.path(), true).unwrap();
    let app = hidden(socket);
    app.prefs.borrow_mut().layout = 1;
    let world = World { app, mock, _dir: dir };
    world.until("the state", |world| world.app.account_name().is_some());
    world.mock.message("bob", "Dinner at six?");
    world.until("the conversation", |world| !world.app.chats.borrow().is_empty());
    assert!(world.friends().window().window().is_visible());
    assert_eq!(crate::winext::times_focused(), 0);
    assert_eq!(world.friends().window().global::<Talk>().get_friend(), "bob");
}

#[test]
fn a_hidden_start_without_a_daemon_shows_no_window_until_it_is_asked_for() {
    testing::init_no_event_loop();
    let dir = tempfile::tempdir().unwrap();
    let app = hidden(dir.path().join("nobody.sock"));
    let started = Instant::now();
    while !app.is_without_daemon() {
        assert!(started.elapsed() < Duration::from_secs(10), "in vain");
        app.wait(Duration::from_millis(50));
        app.pump();
    }
    assert!(app.login.borrow().is_none());
    assert!(!app.trouble().is_empty(), "it is said at the tray");
    app.wish(Wish::default());
    assert!(app.login.borrow().is_some());
}
