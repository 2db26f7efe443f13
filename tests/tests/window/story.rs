//! Two people from the first start on: everything that happens to them in a day.

use std::time::Instant;

use qiaoqiao_tests::desktop::display::Place;
use qiaoqiao_tests::desktop::events::Announcements;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

#[test]
fn two_people_meet_talk_shake_and_come_through_every_failure() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    let (mut alice, mut bob) = (Seat::new("alice"), Seat::new("bob"));
    alice.start(&[]);
    bob.start(&[]);
    log_in(&alice, &relay, "pa");
    log_in(&bob, &relay, "pb");
    become_friends(&alice, &bob);
    talk(&alice, &bob);
    nothing_typed_is_lost(&alice, &bob);
    typing_while_messages_come(&alice, &bob);
    shake(&alice, &bob);
    an_absent_friend(&alice, &mut bob);
    a_daemon_that_dies(&alice, &bob);
    a_relay_that_dies(&alice, &bob, &mut relay);
    close_and_come_back(&alice, &relay);
}

/// The first start: what there is to choose from, the key that nobody knows yet, a wrong password, and in.
fn log_in(seat: &Seat, relay: &Relay, password: &str) {
    const LOGIN: &str = "log in";
    let window = seat.window(LOGIN);
    seat.reads(LOGIN, "How would you like to begin?");
    seat.reads(LOGIN, "Whoever runs the server can read messages.");
    window.press("button", "Log in");
    seat.fill(LOGIN, "entry", "Account", &seat.person.account);
    seat.fill(LOGIN, "entry", "Server", &relay.tls);
    seat.fill(LOGIN, "password", "Password", "wrong");
    let said = Announcements::listen(seat.desktop.buses());
    seat.desktop.keys().press(&["Return"]);
    seat.reads(LOGIN, "Compare its fingerprint");
    seat.reads(LOGIN, &relay.fingerprint);
    window.press("button", "Trust this key");
    seat.reads(LOGIN, "Wrong account or password.");
    said.heard("Wrong account or password.");
    seat.tell("hears that from the screen reader");
    seat.fill(LOGIN, "password", "Password", password);
    window.press("button", "Log in");
    seat.is_closed(LOGIN);
    seat.reads(FRIENDS, "No friends yet.");
}

fn become_friends(alice: &Seat, bob: &Seat) {
    alice.window(FRIENDS).press("button", "Add a friend");
    alice.fill(FRIENDS, "entry", "Account", "bob");
    alice.fill(FRIENDS, "entry", "A few words", "it is me");
    alice.window(FRIENDS).press("button", "Ask");
    alice.reads(FRIENDS, "Bob has not answered yet");
    bob.reads(FRIENDS, "Alice would like to be your friend");
    bob.reads(FRIENDS, "it is me");
    bob.window(FRIENDS).press("button", "Accept");
    bob.reads(FRIENDS, "Alice, on line");
    alice.reads(FRIENDS, "Bob, on line");
}

fn talk(alice: &Seat, bob: &Seat) {
    alice.window(FRIENDS).press("list item", "Bob, on line");
    alice.window("Bob");
    alice.say("Bob", "hello bob");
    bob.reads("Alice", "hello bob");
    bob.say("Alice", "hello alice");
    alice.reads("Bob", "hello alice");
    alice.window("Bob").control("button", "Read");
    alice.tell("sees the mark of her message: Read");
    let said = Announcements::listen(bob.desktop.buses());
    alice.say("Bob", "how are you?");
    said.heard("Alice: how are you?");
    bob.tell("hears from the screen reader: Alice: how are you?");
}

/// Bob writes a letter elsewhere when Alice's message opens its window: every letter arrives where he looks.
fn nothing_typed_is_lost(alice: &Seat, bob: &Seat) {
    bob.turn_to("Alice");
    bob.desktop.keys().press(&["Escape"]);
    bob.is_closed("Alice");
    let _editor = bob.editor("letter");
    bob.turn_to("notes");
    let letter = "the quick brown fox jumps over the lazy dog ".repeat(8);
    let mut keys = bob.desktop.keys().command();
    let mut typing = keys.args(["type", "--delay", "20", "--", &letter]).spawn().expect("xdotool starts");
    alice.say("Bob", "are you there?");
    let display = bob.desktop.display();
    let window = display.window("Alice");
    assert!(typing.try_wait().expect("a child").is_none(), "he had finished before the window came");
    bob.tell("sees a window open while he types elsewhere");
    assert_eq!(display.active(), display.find("notes"), "the new window took the keyboard");
    assert!(typing.wait().expect("a child").success());
    assert_eq!(display.active(), display.find("notes"), "the new window took the keyboard");
    wait::until("the window asks for a look", || display.wants_a_look(window).then_some(()));
    bob.desktop.keys().press(&["Return", "ctrl+d"]);
    let path = bob.person.home().join("letter");
    wait::until("the whole letter", || {
        (std::fs::read_to_string(&path).ok()?.trim_end() == letter.trim_end()).then_some(())
    });
    bob.tell(&format!("has typed {} letters, and none is lost", letter.len()));
    bob.reads("Alice", "are you there?");
}

/// Bob types fast while messages come into the same window.
fn typing_while_messages_come(alice: &Seat, bob: &Seat) {
    const FIELD: &str = "Message to Alice";
    bob.fill("Alice", "entry", FIELD, "");
    let text = "pack my box with five dozen jugs ".repeat(6);
    let mut keys = bob.desktop.keys().command();
    let mut typing = keys.args(["type", "--delay", "8", "--", &text]).spawn().expect("xdotool starts");
    for n in 0..12 {
        alice.person.ok(&["send", "bob", &format!("message {n}")]);
    }
    assert!(typing.wait().expect("a child").success());
    bob.reads("Alice", "message 11");
    wait::until("all that was typed", || (bob.window("Alice").text("entry", FIELD) == text).then_some(()));
    bob.tell(&format!("typed {} letters while twelve messages came", text.len()));
    bob.fill("Alice", "entry", FIELD, "");
}

fn shake(alice: &Seat, bob: &Seat) {
    let display = bob.desktop.display();
    let window = display.window("Alice");
    let before = display.place(window).expect("it is there");
    let places = || display.place(window).expect("it is there");
    alice.window("Bob").press("button", "Shake the window");
    let far = |place: Place| (i32::from(place.x) - i32::from(before.x)).abs();
    let start = Instant::now();
    let mut farthest = 0;
    wait::until("the window moves", || {
        farthest = farthest.max(far(places()));
        (farthest >= 5).then_some(())
    });
    let mut rests = Instant::now();
    wait::until("it stands where it stood", || {
        let place = places();
        farthest = farthest.max(far(place));
        if place != before {
            rests = Instant::now();
        }
        (rests.elapsed().as_millis() > 300).then_some(())
    });
    assert!(farthest <= 30, "it went {farthest} px away");
    bob.tell(&format!(
        "sees the window shake, up to {farthest} px, for {} ms, and stand where it stood",
        rests.duration_since(start).as_millis()
    ));
    bob.reads("Alice", "Alice shook your window.");
    alice.reads("Bob", "You shook Bob's window.");
}

fn an_absent_friend(alice: &Seat, bob: &mut Seat) {
    bob.end_program();
    bob.person.stop_daemon();
    bob.tell("goes");
    alice.reads(FRIENDS, "Bob, off line");
    alice.reads("Bob", "Bob is off line and gets it when back.");
    alice.say("Bob", "for later");
    alice.window("Bob").control("button", "Sent");
    bob.start(&[]);
    bob.tell("is back");
    bob.reads(FRIENDS, "1 unread");
    alice.window("Bob").no_longer_says("Bob is off line");
    bob.window(FRIENDS).press("list item", "Alice, on line");
    bob.reads("Alice", "for later");
}

/// The daemon is killed, and cannot begin again until its place is free; then it ends by itself.
fn a_daemon_that_dies(alice: &Seat, bob: &Seat) {
    let said = Announcements::listen(bob.desktop.buses());
    bob.without_the_daemon(|| {
        bob.reads("Alice", "The background program qqd is away; starting it…");
        said.heard("qqd is away");
        bob.tell("hears that from the screen reader");
    });
    bob.window("Alice").no_longer_says("qqd is away");
    bob.tell("sees the bar go");
    bob.say("Alice", "after the kill");
    alice.reads("Bob", "after the kill");
    let before = bob.person.daemon();
    bob.person.stop_daemon();
    bob.tell("loses the daemon (SIGTERM)");
    wait::until("another daemon", || bob.person.daemon().filter(|now| Some(*now) != before));
    bob.window("Alice").no_longer_says("qqd");
    bob.say("Alice", "after the end");
    alice.reads("Bob", "after the end");
}

fn a_relay_that_dies(alice: &Seat, bob: &Seat, relay: &mut Relay) {
    relay.kill();
    println!("the relay is killed");
    alice.reads(FRIENDS, "is away. Messages wait here and go out when it is back.");
    alice.reads("Bob", "is away. Messages wait here and go out when it is back.");
    alice.say("Bob", "while it is away");
    alice.window("Bob").control("button", "Waiting");
    alice.tell("sees the mark of her message: Waiting");
    relay.restart();
    println!("the relay is back");
    bob.reads("Alice", "while it is away");
    alice.window("Bob").until("no message waits", |tree| {
        tree.find(|control| control.name == "Waiting").is_none().then_some(())
    });
    alice.tell("sees that the mark has changed");
    alice.window("Bob").no_longer_says("is away.");
    alice.window(FRIENDS).no_longer_says("is away.");
}

fn close_and_come_back(alice: &Seat, relay: &Relay) {
    alice.turn_to(FRIENDS);
    alice.desktop.keys().press(&["ctrl+w"]);
    wait::until("all windows are closed", || alice.desktop.display().titles().is_empty().then_some(()));
    alice.tell("has closed all windows");
    alice.start_again(&[]);
    let display = alice.desktop.display();
    wait::until("the friend list is back, with the keyboard", || {
        (display.find(FRIENDS).is_some() && display.active() == display.find(FRIENDS)).then_some(())
    });
    alice.tell("starts qq-slint once more, and has the friend list again");
    alice.start_again(&["--open", "bob"]);
    alice.reads("Bob", "while it is away");
    let link = relay.invite(&["carol"]).to_string();
    alice.start_again(&[&link]);
    alice.reads("log in", "Join by an invite link");
    assert_eq!(alice.window("log in").text("entry", "Link"), link);
    alice.tell("opens a qiao:// link, and finds it in the page to join");
}
