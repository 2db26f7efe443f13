//! Every control of every window has a name and a role that a screen reader knows.

use qiaoqiao_tests::desktop::tree::{Control, Tree};
use qiaoqiao_tests::person::Person;

use crate::seat::{FRIENDS, Seat};

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

/// Every section of the settings, as its tabs name them.
fn settings(seat: &Seat) -> Vec<String> {
    const SETTINGS: &str = "Settings";
    let window = seat.window(SETTINGS);
    let sections = |tree: &Tree| -> Vec<String> {
        tree.0.iter().filter(|control| control.role == "tab").map(|tab| tab.name.clone()).collect()
    };
    let names = window.until("the sections", |tree| Some(sections(tree)).filter(|names| names.len() > 5));
    // What stands beside the tabs.
    let page = |tree: &Tree| -> Vec<Control> {
        let last = tree.0.iter().rposition(|control| control.role == "tab").unwrap_or_default();
        let depth = tree.0[last].depth;
        tree.0[last + 1..].iter().skip_while(|control| control.depth > depth).cloned().collect()
    };
    let mut before = Vec::new();
    let mut wrong = Vec::new();
    for name in names {
        window.press("tab", &name);
        let tree = window.until(&format!("the section {name}"), |tree| {
            let chosen = tree.find(|control| control.role == "tab" && control.name == name)?.is_selected();
            (chosen && !page(tree).is_empty() && page(tree) != before).then(|| tree.clone())
        });
        before = page(&tree);
        seat.tell(&format!("Settings, {name}: {} controls and texts", before.len()));
        wrong.extend(faults(&format!("Settings, {name}"), &tree));
    }
    wrong
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
    wrong.extend(settings(&seat));
    drop(seat);

    let mut seat = Seat::new("bob");
    seat.start(&[]);
    wrong.extend(looks(&seat, "log in", "How would you like to begin?"));
    for (way, text) in [
        ("Log in", "Shared computer"),
        ("Join by an invite link", "as others see it"),
        ("Run a server", "It prints one link"),
    ] {
        seat.window("log in").press_to("button", way, text);
        wrong.extend(looks(&seat, "log in", text));
        seat.turn_to("log in");
        seat.desktop.keys().press(&["Escape"]);
        seat.window("log in").says("How would you like to begin?");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
