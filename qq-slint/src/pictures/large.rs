//! The windows with letters of 160 %, at the smallest sizes they may have then: nothing is cut off, and all of it grows.

use ipc_schema::account;
use qq_slint_ui::{Enter, EnterPage, Friends, Prefs, Section, Talk};
use slint::platform::WindowEvent;
use slint::{ComponentHandle, LogicalPosition};

use super::both;
use super::studio::Studio;

/// The largest that the settings offer.
const SCALE: f32 = 1.6;
/// The size of each window, in logical pixels.
const LOGIN: (f32, f32) = (544.0, 720.0);
const FRIENDS: (f32, f32) = (416.0, 640.0);
const CHAT: (f32, f32) = (480.0, 600.0);
const SETTINGS: (f32, f32) = (676.0, 560.0);

fn enlarge(studio: &Studio) {
    studio.app().prefs.borrow_mut().font_scale = SCALE;
    studio.app().prefs_changed();
}

#[test]
fn login() {
    both(|studio| {
        studio.mock.fill(|state, _| state.accounts[0].link.state = account::State::Offline);
        studio.begin();
        studio.app().show_login();
        enlarge(studio);
        let login = studio.app().login.borrow().clone().unwrap();
        let window = login.window();
        let enter = window.global::<Enter>();
        studio.dress(window);
        enter.set_page(EnterPage::Join);
        studio.take("large-join", window, LOGIN);
        enter.set_page(EnterPage::Login);
        studio.take("large-login", window, LOGIN);
        enter.set_busy(true);
        enter.set_step(studio.say().invoke_working("connect".into(), "talk.example.org:5290".into()));
        studio.take("large-login-busy", window, LOGIN);
    });
}

#[test]
fn friends() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        enlarge(studio);
        let friends = studio.friends();
        let window = friends.window();
        studio.until("the newest messages", |studio| studio.app().last.borrow().len() == 2);
        studio.take("large-friends", window, FRIENDS);
        let at = LogicalPosition::new(180.0, 380.0);
        window.window().dispatch_event(WindowEvent::PointerMoved { position: at });
        studio.pass(2_000);
        studio.take("large-card", window, FRIENDS);
        studio.menu(window.window(), at);
        studio.take("large-menu", window, FRIENDS);
        studio.click(window.window(), LogicalPosition::new(400.0, 590.0));
        window.window().dispatch_event(WindowEvent::PointerExited);
        window.global::<Friends>().invoke_friend_add();
        studio.take("large-sheet", window, FRIENDS);
    });
}

#[test]
fn chat() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        enlarge(studio);
        let talk = studio.chat("bob");
        let window = talk.window();
        studio.size(window, CHAT);
        studio.take("large-chat", window, CHAT);
        window.global::<Talk>().set_searching(true);
        window.global::<Talk>().invoke_search("六点".into());
        studio.until("what is found", |_| !window.global::<Talk>().get_found().is_empty());
        studio.take("large-chat-search", window, CHAT);
    });
}

#[test]
fn settings() {
    both(|studio| {
        studio.begin();
        studio.app().show_settings();
        enlarge(studio);
        let settings = studio.app().settings.borrow().clone().unwrap();
        let window = settings.window();
        studio.dress(window);
        use Section as S;
        for (name, section) in
            [("account", S::Account), ("notifications", S::Notifications), ("layout", S::Layout)]
        {
            window.global::<Prefs>().set_section(section);
            studio.take(&format!("large-settings-{name}"), window, SETTINGS);
        }
        window.global::<Prefs>().invoke_log_out();
        studio.take("large-settings-sheet", window, SETTINGS);
    });
}
