//! The window program with what a real desktop has and a test machine seldom: input methods for Chinese on X11 and under
//! sway, and sway itself. `make test-window` installs that and runs this; `make test` leaves it out.

use std::time::Duration;

use qiaoqiao_tests::desktop::Desktop;
use qiaoqiao_tests::desktop::child;
use qiaoqiao_tests::desktop::input_method;
use qiaoqiao_tests::desktop::screen::Seen;
use qiaoqiao_tests::desktop::sway::{APP_ID, Sway};
use qiaoqiao_tests::person::{Person, alice_and_bob};
use qiaoqiao_tests::program::Running;
use qiaoqiao_tests::wait;

/// As fast as somebody types.
const TYPING: Duration = Duration::from_millis(60);
const FIELD: (&str, &str) = ("entry", "Message to Bob");

/// The texts of a conversation, oldest first.
fn said(person: &Person, with: &str) -> Vec<String> {
    let page = person.json(&["history", with]);
    let messages = page["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().filter_map(|message| Some(message["text"].as_str()?.to_owned())).collect()
}

/// Waits until this stands in the message field.
fn field_reads(window: &Seen<'_>, text: &str) {
    wait::until(&format!("the field reads {text:?}"), || {
        (window.text(FIELD.0, FIELD.1).trim() == text).then_some(())
    });
}

/// What must hold with every input method: Enter ends a composition and sends nothing, the blank takes the first
/// candidate, the next Enter sends.
fn composes(alice: &Person, window: &Seen<'_>, mut write: impl FnMut(&str), mut clear: impl FnMut()) {
    write("nihao\n");
    field_reads(window, "nihao");
    assert_eq!(said(alice, "bob"), [""; 0], "Enter during a composition sends nothing");
    clear();
    field_reads(window, "");
    write("nihao ");
    field_reads(window, "你好");
    assert_eq!(said(alice, "bob"), [""; 0], "a chosen candidate is not sent by itself");
    write("\n");
    field_reads(window, "");
    wait::until("bob's window would have it", || (said(alice, "bob") == ["你好"]).then_some(()));
}

fn composes_on_x(modifiers: &str, start: impl Fn(&Desktop, &Person) -> Running) {
    let (_relay, alice, bob) = alice_and_bob();
    let desktop = Desktop::start();
    let _method = start(&desktop, &alice);
    let mut command = desktop.window_program(&alice, &["--open", "bob"]);
    command.env("XMODIFIERS", modifiers);
    let _program = child::spawn(command);
    let screen = desktop.screen();
    let window = screen.window("Bob");
    let keys = desktop.keys();
    keys.to(desktop.display().window("Bob"));
    window.focus(FIELD.0, FIELD.1);
    let write = |text: &str| {
        for part in text.split_inclusive('\n') {
            keys.write(part.trim_end_matches('\n'), 60);
            if part.ends_with('\n') {
                keys.press(&["Return"]);
            }
        }
    };
    composes(&alice, &window, write, || keys.press(&["ctrl+a", "BackSpace"]));
    wait::until("bob has it", || (said(&bob, "alice") == ["你好"]).then_some(()));
}

#[test]
#[ignore = "run by make test-window"]
fn fcitx5_writes_chinese_on_x11() {
    composes_on_x("@im=fcitx", input_method::fcitx_on_x);
}

#[test]
#[ignore = "run by make test-window"]
fn ibus_writes_chinese_on_x11() {
    composes_on_x("@im=ibus", input_method::ibus);
}

#[test]
#[ignore = "run by make test-window"]
fn fcitx5_writes_chinese_under_sway() {
    let (_relay, alice, bob) = alice_and_bob();
    let desktop = Sway::start("");
    let keyboard = std::cell::RefCell::new(desktop.keyboard());
    let _method = input_method::fcitx_on_sway(&desktop, &alice);
    let _program = desktop.windows_of(&alice, &["--open", "bob"]);
    let screen = desktop.screen();
    let window = screen.window("Bob");
    desktop.window("Bob");
    desktop.window("Qiaoqiao 敲敲");
    desktop.focus("Bob");
    window.focus(FIELD.0, FIELD.1);
    input_method::fcitx_listens(desktop.buses());
    let write = |text: &str| keyboard.borrow_mut().write(text, TYPING);
    composes(&alice, &window, write, || keyboard.borrow_mut().write("\u{8}\u{8}\u{8}\u{8}\u{8}", TYPING));
    wait::until("bob has it", || (said(&bob, "alice") == ["你好"]).then_some(()));
}

#[test]
#[ignore = "run by make test-window"]
fn the_windows_open_and_are_drawn_under_sway() {
    let (_relay, alice, _bob) = alice_and_bob();
    let desktop = Sway::start("");
    let blank = desktop.picture();
    let nobody = Person::new("nobody");
    let login = desktop.windows_of(&nobody, &[]);
    desktop.screen().window("Qiaoqiao").control("button", "Log in");
    drawn(&desktop, 1, &blank);
    drop(login);
    nobody.stop_daemon();
    wait::until("no window", || desktop.windows().is_empty().then_some(()));
    let _program = desktop.windows_of(&alice, &["--open", "bob"]);
    desktop.screen().window("Bob").control(FIELD.0, FIELD.1);
    desktop.screen().window("Qiaoqiao").control("list item", "Bob");
    drawn(&desktop, 2, &blank);
}

/// So many windows are there, all of our program, and the screen is no longer empty.
fn drawn(desktop: &Sway, windows: usize, blank: &qiaoqiao_tests::desktop::picture::Picture) {
    wait::until(&format!("{windows} windows are drawn"), || {
        let tiles = desktop.windows();
        let ours = tiles.iter().filter(|tile| tile.app == APP_ID).count();
        assert_eq!(ours, tiles.len(), "{tiles:?}");
        let picture = desktop.picture();
        let differ = picture.pixels.iter().zip(&blank.pixels).filter(|(now, before)| now != before).count();
        (ours == windows && differ > picture.pixels.len() / 2 && picture.colours() > 50).then_some(())
    });
}

#[test]
#[ignore = "run by make test-window"]
fn no_letter_is_lost_under_sway_while_messages_come() {
    typed_while_messages_come("", None);
}

#[test]
#[ignore = "run by make test-window"]
fn no_letter_is_lost_under_sway_while_windows_open_at_once() {
    // sway gives every new window the keyboard unless it is told not to; README says so.
    typed_while_messages_come(&format!("no_focus [app_id=\"{APP_ID}\"]"), Some("on_message = 0\n"));
}

/// Somebody types into a terminal while three messages come.
fn typed_while_messages_come(config: &str, prefs: Option<&str>) {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";
    let (_relay, alice, bob) = alice_and_bob();
    let desktop = Sway::start(config);
    let mut keyboard = desktop.keyboard();
    let dir = alice.home().join("config/qiaoqiao");
    std::fs::create_dir_all(&dir).expect("a directory");
    std::fs::write(dir.join("window.toml"), prefs.unwrap_or_default()).expect("settings");
    let _program = desktop.windows_of(&alice, &[]);
    desktop.screen().window("Qiaoqiao").control("list item", "Bob");
    let file = alice.home().join("typed");
    let into = format!("cat > {}", file.display());
    let _terminal = desktop.run("foot", "foot", &["--title", "typing", "sh", "-c", &into]);
    desktop.window("typing");
    desktop.focus("typing");
    wait::until("the terminal takes letters", || file.exists().then_some(()));
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            for n in 0..3 {
                bob.ok(&["send", "alice", &format!("message {n}")]);
            }
        });
        keyboard.write(LETTERS, TYPING);
        sending.join().expect("bob sends");
    });
    wait::until("the messages are counted", || {
        (alice.json(&["status"])["accounts"][0]["unread"]["total"] == 3).then_some(())
    });
    if prefs.is_some() {
        desktop.window("(3) Bob");
    } else {
        assert!(!desktop.windows().iter().any(|tile| tile.title.contains("Bob")), "{:?}", desktop.windows());
    }
    keyboard.write("\n", TYPING);
    wait::until("every letter is in the terminal", || {
        (std::fs::read_to_string(&file).ok()?.trim_end() == LETTERS).then_some(())
    });
}
