//! No pointer: a day with the keys alone, with what has the keyboard read from the screen at each step.

mod accounts;
mod hands;
mod list;
mod settings;
mod talk;

use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

#[test]
fn every_flow_works_by_keyboard_alone() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    let (mut alice, mut bob) = (Seat::new("alice"), Seat::new("bob"));
    for (seat, password) in [(&mut alice, "pa"), (&mut bob, "pb")] {
        seat.start(&[]);
        log_in(seat, &relay, password);
    }
    let keys = alice.desktop.keys();
    alice.turn_to(FRIENDS);
    keys.press(&["ctrl+n"]);
    alice.window(FRIENDS).says("A few words");
    wait::until("the sheet has the keyboard", || {
        alice.window(FRIENDS).focused().contains("Account").then_some(())
    });
    keys.write("bob", 4);
    keys.press(&["Return"]);
    alice.reads(FRIENDS, "Bob has not answered yet");

    bob.reads(FRIENDS, "Alice would like to be your friend");
    bob.turn_to(FRIENDS);
    bob.tab_to(FRIENDS, "button", "Accept");
    bob.desktop.keys().press(&["space"]);
    bob.reads(FRIENDS, "Alice, on line");

    alice.reads(FRIENDS, "Bob, on line");
    alice.turn_to(FRIENDS);
    keys.press(&["ctrl+k"]);
    keys.write("bob", 4);
    keys.press(&["Return"]);
    alice.window("Bob");
    alice.turn_to("Bob");
    wait::until("the message field has the keyboard", || {
        alice.window("Bob").focused().contains("Message to Bob").then_some(())
    });
    keys.write("by keys", 4);
    keys.press(&["Return"]);
    bob.reads("Alice", "by keys");
    keys.press(&["ctrl+shift+s"]);
    alice.reads("Bob", "You shook Bob's window.");
    keys.press(&["ctrl+f"]);
    wait::until("the search has the keyboard", || {
        alice.window("Bob").focused().contains("Search in this").then_some(())
    });
    keys.write("keys", 4);
    alice.reads("Bob", "1 of 1");
    keys.press(&["Escape"]);
    alice.window("Bob").no_longer_says("1 of 1");
    keys.press(&["Escape"]);
    alice.is_closed("Bob");
    alice.tell("has written, shaken, searched and closed, by keys alone");
    menus_and_settings(&alice);
}

/// The menu of a friend, the emoji, one's own state, the settings.
fn menus_and_settings(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.turn_to(FRIENDS);
    alice.to_row("Bob, on line");
    keys.press(&["Menu"]);
    alice.choose(FRIENDS, &["Chat"]);
    alice.window("Bob");
    alice.turn_to("Bob");
    alice.tab_to("Bob", "button", "Emoji");
    keys.press(&["space"]);
    wait::until("the search of the emoji has the keyboard", || {
        alice.window("Bob").focused().contains("Search emoji").then_some(())
    });
    keys.press(&["Tab", "space"]);
    wait::until("an emoji stands in the message", || {
        (!alice.window("Bob").text("entry", "Message to Bob").is_empty()).then_some(())
    });
    alice.tell("has put an emoji into the message");
    alice.turn_to(FRIENDS);
    alice.tab_to(FRIENDS, "button", "You are on line");
    keys.press(&["space"]);
    alice.choose(FRIENDS, &["Away"]);
    alice.reads(FRIENDS, "You are away");
    alice.tab_to(FRIENDS, "button", "Settings");
    keys.press(&["Return"]);
    alice.window("Settings");
    alice.turn_to("Settings");
    keys.press(&["Escape"]);
    alice.is_closed("Settings");
    alice.tell("has been in the settings");
}

/// The first start, by Tab, letters and Enter.
fn log_in(seat: &Seat, relay: &Relay, password: &str) {
    const LOGIN: &str = "log in";
    let keys = seat.desktop.keys();
    seat.reads(LOGIN, "How would you like to begin?");
    seat.turn_to(LOGIN);
    seat.tab_to(LOGIN, "button", "Log in");
    keys.press(&["Return"]);
    wait::until("the account field has the keyboard", || {
        seat.window(LOGIN).focused().contains("Account").then_some(())
    });
    keys.write(&seat.person.account, 4);
    seat.tab_to(LOGIN, "password", "Password");
    keys.write(password, 4);
    seat.tab_to(LOGIN, "entry", "Server");
    keys.write(&relay.tls, 4);
    keys.press(&["Return"]);
    seat.reads(LOGIN, "Compare its fingerprint");
    seat.tab_to(LOGIN, "button", "Trust this key");
    keys.press(&["Return"]);
    seat.is_closed(LOGIN);
    seat.reads(FRIENDS, "No friends yet.");
}
