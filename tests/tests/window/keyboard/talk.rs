//! Conversations without a pointer: one that is found, several at once, what happened to a message, a day, a file.

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

#[test]
fn conversations_are_found_changed_and_written_out_by_keyboard_alone() {
    let relay = Relay::start();
    for (account, name) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
        relay.account(account, name, "p");
    }
    relay.friends("alice", "bob");
    relay.friends("alice", "carol");
    let person = Person::logged_in("alice", "p", &relay);
    person.online();
    let bob = Person::logged_in("bob", "p", &relay);
    bob.ok(&["send", "alice", "the noodle place at six"]);
    wait::until("it has come", || {
        (person.json(&["status"])["accounts"][0]["unread"]["total"] == 1).then_some(())
    });
    let mut alice = Seat::of(person);
    alice.start(&[]);
    find_a_message(&alice);
    between_windows(&alice);
    what_happened(&alice);
    a_day(&alice);
    a_file(&alice);
    alice.desktop.keys().press(&["Escape"]);
    alice.is_closed("Bob");
}

impl Seat {
    /// Waits until the window with this title has the keyboard.
    fn stands_before(&self, title: &str) {
        let display = self.desktop.display();
        wait::until(&format!("{title:?} has the keyboard"), || {
            (display.active().is_some() && display.active() == display.find(title)).then_some(())
        });
        self.tell(&format!("stands before {title:?}"));
    }
}

fn find_a_message(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.reads(FRIENDS, "Bob, on line");
    alice.turn_to(FRIENDS);
    keys.press(&["ctrl+k"]);
    alice.writes(FRIENDS, "Search friends and messages", "noodle");
    alice.reads(FRIENDS, "the noodle place");
    keys.press(&["Down"]);
    alice.down_to("the noodle place");
    keys.press(&["Return"]);
    alice.reads("Bob", "the noodle place at six");
    alice.stands_before("Bob");
}

fn between_windows(alice: &Seat) {
    let keys = alice.desktop.keys();
    keys.press(&["ctrl+k"]);
    alice.stands_before(FRIENDS);
    alice.writes(FRIENDS, "Search friends and messages", "carol");
    keys.press(&["Return"]);
    alice.stands_before("Carol");
    keys.press(&["ctrl+1"]);
    alice.stands_before("Bob");
    keys.press(&["ctrl+2"]);
    alice.stands_before("Carol");
    keys.press(&["ctrl+Tab"]);
    alice.stands_before("Bob");
    keys.press(&["ctrl+Tab"]);
    alice.stands_before("Carol");
    keys.press(&["Escape"]);
    alice.is_closed("Carol");
    alice.turn_to("Bob");
}

fn what_happened(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.tab_to("Bob", "entry", "Message to Bob");
    keys.write("by keys", 4);
    // With something to send there is a button for it.
    alice.reaches_all("Bob");
    alice.tab_to("Bob", "entry", "Message to Bob");
    keys.press(&["Return"]);
    alice.reads("Bob", "You: by keys");
    let marks = ["button \"Sent\"", "button \"Delivered\"", "button \"Read\""];
    alice.tab_until("Bob", "the mark of the message", |focused| marks.contains(&focused));
    keys.press(&["Return"]);
    alice.reads("Bob", "What happened to this message");
    keys.press(&["Return"]);
    alice.window("Bob").no_longer_says("What happened to this message");
}

fn a_day(alice: &Seat) {
    alice.acts("Bob", "Jump to a date");
    alice.answers("Bob", "Date", "last week");
    alice.reads("Bob", "A date looks like this");
    alice.answers("Bob", "Date", "2026-01-31");
    alice.window("Bob").no_longer_says("A date looks like this");
    alice.reads("Bob", "the noodle place at six");
}

fn a_file(alice: &Seat) {
    let path = alice.person.home().join("bob.txt");
    alice.acts("Bob", "Export the conversation");
    alice.answers("Bob", "File", path.to_str().expect("a path of ASCII"));
    alice.reads("Bob", "2 messages are in");
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.contains("the noodle place at six") && text.contains("by keys"), "{text}");
    alice.desktop.keys().press(&["Return"]);
    alice.window("Bob").no_longer_says("2 messages are in");
}
