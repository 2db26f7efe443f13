//! Golden pictures: every window in each of its states, in the light and in English, in the dark and in Chinese, drawn by
//! the software renderer without a display, with fonts of its own and a clock that stands still. A picture that differs
//! from the one in `golden/` is a failure, with the picture and the difference in `target/golden/`; `BLESS=1` takes the
//! new ones.

mod album;
mod large;
mod studio;
mod typed;

use ipc_schema::daemon::Outdated;
use ipc_schema::{Code, Error, Event, account, chat, friend, shake};
use qq_slint_ui::{Enter, EnterPage, Prefs, Rich, Section, Talk};
use slint::ComponentHandle;
use slint::platform::WindowEvent;

use self::studio::{Look, Studio, message};
use crate::app::Daemon;

/// The size of each window, in logical pixels.
const FRIENDS: (f32, f32) = (300.0, 640.0);
const CHAT: (f32, f32) = (600.0, 560.0);
const LOGIN: (f32, f32) = (380.0, 620.0);
const SETTINGS: (f32, f32) = (680.0, 560.0);

/// Takes the pictures in both looks, and compares them all before it complains.
fn both(take: fn(&Studio)) {
    let mut wrong = Vec::new();
    for look in [Look::LightEnglish, Look::DarkChinese] {
        // A platform belongs to its thread.
        let found = std::thread::scope(|scope| {
            let taking = scope.spawn(move || {
                let studio = Studio::open(look);
                take(&studio);
                studio.wrong()
            });
            taking.join()
        });
        match found {
            Ok(found) => wrong.extend(found),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    assert!(
        wrong.is_empty(),
        "differ from golden/ (BLESS=1 takes them as they are now):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn login() {
    both(|studio| {
        studio.mock.fill(|state, _| {
            state.accounts[0].link.state = account::State::Offline;
        });
        studio.begin();
        studio.app().show_login();
        let login = studio.app().login.borrow().clone().unwrap();
        let window = login.window();
        let enter = window.global::<Enter>();
        studio.dress(window);
        enter.set_page(EnterPage::First);
        studio.take("login-first", window, LOGIN);
        enter.set_page(EnterPage::Join);
        studio.take("login-join", window, LOGIN);
        enter.set_page(EnterPage::Run);
        studio.take("login-run", window, LOGIN);
        enter.set_page(EnterPage::Login);
        studio.take("login", window, LOGIN);
        enter.set_server_shown(true);
        enter.set_error(studio.say().invoke_error("credentials".into(), "".into(), 0, "".into()));
        studio.take("login-error", window, LOGIN);
        enter.set_error(studio.say().invoke_error(
            "untrusted".into(),
            "".into(),
            0,
            "talk.example.org:5290".into(),
        ));
        enter.set_fingerprint("SHA256:4f:91:0c:77:1b:d2:58:ae:03:66:9e:f0:24:b8:c1:5d".into());
        studio.take("login-trust", window, LOGIN);
        enter.set_error("".into());
        enter.set_fingerprint("".into());
        enter.set_busy(true);
        enter.set_step(studio.say().invoke_working("connect".into(), "talk.example.org:5290".into()));
        studio.take("login-connecting", window, LOGIN);
    });
}

#[test]
fn friends() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        let friends = studio.friends();
        let window = friends.window();
        studio.until("the newest messages", |studio| studio.app().last.borrow().len() == 2);
        studio.take("friends", window, FRIENDS);
        window.global::<qq_slint_ui::Friends>().invoke_tab_chosen(1);
        studio.take("friends-recent", window, FRIENDS);
        window.global::<qq_slint_ui::Friends>().invoke_tab_chosen(0);
        window.global::<qq_slint_ui::Friends>().set_filter("晚".into());
        window.global::<qq_slint_ui::Friends>().invoke_filtered("晚".into());
        studio.until("what is found", |_| {
            use slint::Model;
            window.global::<qq_slint_ui::Friends>().get_items().row_count() > 1
        });
        studio.take("friends-found", window, FRIENDS);
        window.global::<qq_slint_ui::Friends>().set_filter("".into());
        window.global::<qq_slint_ui::Friends>().invoke_filtered("".into());
        let at = slint::LogicalPosition::new(120.0, 240.0);
        studio.size(window, FRIENDS);
        window.window().dispatch_event(WindowEvent::PointerMoved { position: at });
        studio.pass(2_000);
        studio.take("friends-card", window, FRIENDS);
        studio.menu(window.window(), at);
        studio.take("friends-menu", window, FRIENDS);
        studio.click(window.window(), slint::LogicalPosition::new(290.0, 590.0));
        studio.click(window.window(), slint::LogicalPosition::new(264.0, 40.0));
        studio.take("friends-states", window, FRIENDS);
        studio.click(window.window(), slint::LogicalPosition::new(290.0, 590.0));
        window.window().dispatch_event(WindowEvent::PointerExited);
        studio.away();
        studio.take("friends-relay-away", window, FRIENDS);
        window.global::<qq_slint_ui::Friends>().invoke_friend_add();
        studio.take("friends-sheet", window, FRIENDS);
    });
}

#[test]
fn friends_requests_and_nobody() {
    both(|studio| {
        studio.mock.fill(|state, _| {
            for group in &mut state.accounts[0].groups {
                group.friends.clear();
            }
        });
        studio.begin();
        let friends = studio.friends();
        studio.take("friends-empty", friends.window(), FRIENDS);
        for (name, note, incoming) in
            [("范小萌", "同桌，还记得我吗？", true), ("Maximiliane von Hohenlohe-Öhringen", "", false)]
        {
            studio.mock.event(Event::FriendRequested(friend::Asked {
                friend: format!("f{incoming}"),
                name: name.into(),
                note: note.into(),
                incoming,
                ..friend::Asked::default()
            }));
        }
        studio.until("the requests", |studio| {
            studio.app().current(|account| account.requests.len()) == Some(2)
        });
        studio.take("friends-requests", friends.window(), FRIENDS);
    });
}

#[test]
fn chat() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        let talk = studio.chat("bob");
        let window = talk.window();
        studio.take("chat", window, CHAT);
        studio.mock.event(Event::ShakeReceived(shake::Received { from: "bob".into() }));
        studio.until("the shake", |_| {
            use slint::Model;
            window.global::<Talk>().get_rows().iter().any(|row| row.kind == qq_slint_ui::RowKind::Event)
        });
        studio.pass(1_000);
        studio.take("chat-shake", window, CHAT);
        window.global::<Talk>().set_searching(true);
        window.global::<Talk>().invoke_search("六点".into());
        studio.until("what is found", |_| !window.global::<Talk>().get_found().is_empty());
        studio.take("chat-search", window, CHAT);
        window.global::<Talk>().set_searching(false);
        let smile = slint::LogicalPosition::new(24.0, 445.0);
        studio.click(window.window(), smile);
        studio.take("chat-emoji", window, CHAT);
        studio.click(window.window(), smile);
        window
            .global::<Rich>()
            .invoke_open("https://example.org/a/long/way/to/the/picture?of=the%20day&more=yes".into());
        studio.take("chat-link", window, CHAT);
    });
}

#[test]
fn chat_with_nothing_in_it_and_with_somebody_off_line() {
    both(|studio| {
        studio.begin();
        let talk = studio.chat("cui");
        studio.take("chat-empty", talk.window(), CHAT);
        studio.mock.fill(|_, messages| {
            messages.push(message("eve", "أهلا! مرحبا 👍🏽", 0, chat::State::Read));
            messages.push(message("alice-eve", "Back on Monday?", 1, chat::State::Queued));
        });
        let talk = studio.chat("eve");
        studio.take("chat-off-line", talk.window(), CHAT);
    });
}

/// The picture of a window as it is.
fn shot<C: ComponentHandle + 'static>(studio: &Studio, window: &C) -> Vec<u8> {
    studio.pass(100);
    window.window().take_snapshot().unwrap().as_bytes().to_vec()
}

#[test]
fn a_field_shows_its_caret_only_in_a_window_that_has_the_keyboard() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        let peer = (crate::mock::ALICE.to_owned(), "bob".to_owned());
        studio.app().show_chat(&peer, false);
        let talk = studio.app().chats.borrow().get(&peer).cloned().unwrap();
        let window = talk.window();
        studio.dress(window);
        studio.size(window, CHAT);
        studio.until("the messages", |_| !window.global::<Talk>().get_loading());
        window.window().take_snapshot().unwrap();
        studio.pass(400);
        // A caret blinks.
        let came: Vec<_> = (0..12).map(|_| shot(studio, window)).collect();
        window.window().dispatch_event(WindowEvent::WindowActiveChanged(false));
        let none = shot(studio, window);
        assert!(came.iter().all(|shot| *shot == none), "a caret where nobody types");
        window.window().dispatch_event(WindowEvent::WindowActiveChanged(true));
        assert!(none != shot(studio, window), "no caret where somebody does");
    });
}

#[test]
fn settings() {
    both(|studio| {
        studio.begin();
        studio.app().show_settings();
        let settings = studio.app().settings.borrow().clone().unwrap();
        let window = settings.window();
        studio.dress(window);
        use Section as S;
        for (name, section) in [
            ("account", S::Account),
            ("devices", S::Devices),
            ("notifications", S::Notifications),
            ("sounds", S::Sounds),
            ("appearance", S::Appearance),
            ("layout", S::Layout),
            ("language", S::Language),
            ("keys", S::Keys),
            ("privacy", S::Privacy),
            ("about", S::About),
        ] {
            window.global::<Prefs>().set_section(section);
            studio.take(&format!("settings-{name}"), window, SETTINGS);
        }
        window.global::<Prefs>().set_section(S::Account);
        settings.show_picture(crate::face::own::opened(studio::holiday()));
        studio.take("settings-picture", window, SETTINGS);
    });
}

#[test]
fn one_window_and_large_letters() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        studio.app().prefs.borrow_mut().layout = 1;
        studio.app().prefs_changed();
        studio.app().show_chat(&(crate::mock::ALICE.to_owned(), "bob".to_owned()), true);
        let friends = studio.friends();
        studio.until("the messages", |_| {
            use slint::Model;
            friends.window().global::<Talk>().get_rows().row_count() > 2
        });
        studio.take("one-window", friends.window(), (900.0, 560.0));
        studio.app().prefs.borrow_mut().font_scale = 1.5;
        studio.app().prefs_changed();
        studio.dress(friends.window());
        studio.take("one-window-large", friends.window(), (900.0, 640.0));
    });
}

#[test]
fn a_daemon_that_is_outdated_slow_stopped_missing_or_of_another_version() {
    both(|studio| {
        studio.talk_of_many();
        studio.begin();
        let friends = studio.friends();
        let outdated = Outdated { running: "0.1.0".into(), installed: Some("0.2.0".into()) };
        studio.mock.event(Event::DaemonOutdated(outdated));
        studio.until("the bar", |studio| !studio.app().trouble().is_empty());
        studio.take("friends-outdated", friends.window(), FRIENDS);
        // The daemon is busy for as long as this lasts.
        studio.mock.fill(|_, _| {
            let peer = (crate::mock::ALICE.to_owned(), "cui".to_owned());
            studio.app().show_chat(&peer, true);
            let talk = studio.app().chats.borrow().get(&peer).cloned().unwrap();
            studio.dress(talk.window());
            studio.take("chat-loading", talk.window(), CHAT);
            assert!(talk.window().global::<Talk>().get_loading());
            talk.hide();
        });
        studio.mock.stop(false);
        studio.until("its end", |studio| matches!(*studio.app().daemon.borrow(), Daemon::Stopped));
        studio.take("friends-stopped", friends.window(), FRIENDS);
        let missing = Error::new(Code::NoDaemon, "qqd is neither beside qq-slint nor on the PATH");
        let older = Error::new(Code::Version, "").with_field("daemon", "0.0.9").with_field("update", "qqd");
        for (name, error) in [("friends-no-daemon", missing), ("friends-old-daemon", older)] {
            *studio.app().daemon.borrow_mut() = Daemon::Away(error);
            studio.app().prefs_changed();
            studio.take(name, friends.window(), FRIENDS);
        }
    });
}
