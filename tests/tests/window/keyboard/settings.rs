//! The settings without a pointer: every section and every control in it, devices, what waits, the one-window layout.

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::relay::Relay;

use crate::seat::{FRIENDS, Seat};

const SETTINGS: &str = "Settings";

#[test]
fn settings_devices_and_layouts_are_worked_by_keyboard_alone() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let bob = Person::logged_in("bob", "pb", &relay);
    bob.online();
    let tablet = Person::logged_in("alice", "pa", &relay);
    let mut alice = Seat::of(Person::logged_in("alice", "pa", &relay));
    alice.start(&[]);
    alice.reads(FRIENDS, "Bob, on line");
    alice.turn_to(FRIENDS);
    alice.acts(FRIENDS, SETTINGS);
    alice.window(SETTINGS);
    alice.turn_to(SETTINGS);
    every_section(&alice);
    devices(&alice, &tablet);
    one_window(&alice);
    relay.kill();
    what_waits(&alice);
}

impl Seat {
    fn turns_to_section(&self, name: &str) {
        self.turn_to(SETTINGS);
        self.tab_to(SETTINGS, "tab", name);
        self.desktop.keys().press(&["Return"]);
        self.window(SETTINGS).until(&format!("the section {name}"), |tree| {
            tree.find(|control| control.role == "tab" && control.name == name)?.is_selected().then_some(())
        });
    }
}

fn every_section(alice: &Seat) {
    let names = alice.window(SETTINGS).until("the sections", |tree| {
        let tabs = tree.0.iter().filter(|control| control.role == "tab");
        Some(tabs.map(|tab| tab.name.clone()).collect::<Vec<_>>()).filter(|names| names.len() > 5)
    });
    for name in names {
        alice.turns_to_section(&name);
        alice.reaches_all(SETTINGS);
    }
}

fn devices(alice: &Seat, tablet: &Person) {
    alice.turns_to_section("Devices");
    alice.acts(SETTINGS, "Make a link");
    alice.window(SETTINGS).control("image", "QR code of the link");
    alice.reaches_all(SETTINGS);
    alice.acts(SETTINGS, "Log out ");
    alice.window(SETTINGS).control("button", "Cancel");
    alice.tab_until(SETTINGS, "the sheet's button", |focused| focused == "button \"Log out\"");
    alice.desktop.keys().press(&["Return"]);
    alice.window(SETTINGS).until("one device is left", |tree| {
        tree.find(|control| control.name.starts_with("Log out ")).is_none().then_some(())
    });
    qiaoqiao_tests::wait::until("the other device is out", || {
        (tablet.json(&["status"])["accounts"][0]["state"] != "online").then_some(())
    });
    alice.tell("has logged the other device out");
}

fn one_window(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.turns_to_section("Layout");
    alice.tab_to(SETTINGS, "combo box", "Conversations");
    keys.press(&["Down"]);
    alice.reads(FRIENDS, "Choose a friend to talk to.");
    alice.turn_to(FRIENDS);
    keys.press(&["ctrl+k"]);
    alice.writes(FRIENDS, "Search friends and messages", "bob");
    keys.press(&["Return"]);
    alice.window(FRIENDS).control("entry", "Message to Bob");
    alice.tab_to(FRIENDS, "entry", "Message to Bob");
    keys.write("beside the list", 4);
    alice.reaches_all(FRIENDS);
    alice.tab_to(FRIENDS, "entry", "Message to Bob");
    keys.press(&["Return"]);
    alice.reads(FRIENDS, "You: beside the list");
}

fn what_waits(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.reads(FRIENDS, "is away. Messages wait here and go out when it is back.");
    alice.turn_to(FRIENDS);
    alice.tab_to(FRIENDS, "entry", "Message to Bob");
    keys.write("too late", 4);
    keys.press(&["Return"]);
    alice.reads(FRIENDS, "You: too late");
    alice.turns_to_section("Waiting messages");
    alice.acts(SETTINGS, "Take back: too late");
    alice.reads(SETTINGS, "was taken back");
    alice.acts(SETTINGS, "Discard: too late");
    alice.reads(SETTINGS, "Nothing waits");
    alice.turns_to_section("Check-up");
    alice.acts(SETTINGS, "Check now");
    alice.window(SETTINGS).until("what the check-up found", |tree| {
        tree.find(|control| control.role == "panel" && control.name.starts_with("Good: ")).map(|_| ())
    });
    keys.press(&["Escape"]);
    alice.is_closed(SETTINGS);
}
