//! Every control of every window has a name and a role that a screen reader knows.

use qiaoqiao_tests::desktop::tree::Tree;
use qiaoqiao_tests::person::Person;

use crate::seat::{FRIENDS, Seat};

/// The sections of the settings, as their entries are called.
const SECTIONS: &[&str] =
    &["Account", "Devices", "Notifications", "Appearance", "Layout", "Language", "Keys", "Privacy", "About"];

/// What is wrong with what a window shows, one line each.
fn faults(place: &str, tree: &Tree) -> Vec<String> {
    let wrong = tree.0.iter().filter(|control| {
        !control.has_known_role() || (control.is_worked_with() && control.name.trim().is_empty())
    });
    wrong.map(|control| format!("{place}: {control}")).collect()
}

/// What the window shows once it says this.
fn looks(seat: &Seat, title: &str, text: &str) -> Vec<String> {
    let tree =
        seat.window(title).until(&format!("it says {text:?}"), |tree| tree.says(text).then(|| tree.clone()));
    let worked_with = tree.0.iter().filter(|control| control.is_worked_with()).count();
    assert!(worked_with > 0, "{title}: nothing to work with:\n{tree}");
    seat.tell(&format!("{title}, {text:?}: {worked_with} controls"));
    faults(&format!("{title}, {text:?}"), &tree)
}

#[test]
fn every_control_has_a_name_and_a_role() {
    let mut seat = Seat::of(Person::new("alice"));
    seat.start(&["--mock"]);
    let mut wrong = looks(&seat, FRIENDS, "Bob Müller");
    seat.window(FRIENDS).press("tab", "Recent");
    wrong.extend(looks(&seat, FRIENDS, "Recent conversations"));
    seat.window(FRIENDS).press("tab", "Friends");
    seat.window(FRIENDS).press("button", "Add a friend");
    wrong.extend(looks(&seat, FRIENDS, "A few words"));
    seat.window(FRIENDS).press("button", "Cancel");
    seat.window(FRIENDS).press("list item", "Bob Müller");
    let bob = "Bob Müller";
    wrong.extend(looks(&seat, bob, "Message to Bob"));
    seat.window(bob).press("button", "Search in this");
    wrong.extend(looks(&seat, bob, "End the search"));
    seat.window(bob).press("button", "Emoji");
    wrong.extend(looks(&seat, bob, "Search emoji"));
    seat.window(FRIENDS).press("button", "Settings");
    for section in SECTIONS {
        seat.window("Settings").press("tab", section);
        wrong.extend(looks(&seat, "Settings", section));
    }
    drop(seat);

    let mut seat = Seat::new("bob");
    seat.start(&[]);
    wrong.extend(looks(&seat, "log in", "How would you like to begin?"));
    for (way, text) in [
        ("Log in", "Shared computer"),
        ("Join by an invite link", "qiao://"),
        ("Run a server", "relay-server up"),
    ] {
        seat.window("log in").press("button", way);
        wrong.extend(looks(&seat, "log in", text));
        seat.turn_to("log in");
        seat.desktop.keys().press(&["Escape"]);
        seat.window("log in").says("How would you like to begin?");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
