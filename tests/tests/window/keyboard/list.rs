//! The friend list without a pointer: groups, remarks, mute and block, whoever asks, oneself.

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::relay::Relay;

use crate::seat::{FRIENDS, Seat};

#[test]
fn groups_friends_and_oneself_are_kept_by_keyboard_alone() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.account("carol", "Carol", "pc");
    relay.friends("alice", "bob");
    let carol = Person::logged_in("carol", "pc", &relay);
    let mut alice = Seat::of(Person::logged_in("alice", "pa", &relay));
    alice.start(&[]);
    alice.reads(FRIENDS, "Bob, off line");
    alice.turn_to(FRIENDS);
    alice.reaches_all(FRIENDS);
    groups(&alice);
    a_friend(&alice);
    oneself(&alice);
    carol.ok(&["friend", "add", "alice"]);
    alice.reads(FRIENDS, "Carol would like to be your friend");
    alice.turn_to(FRIENDS);
    alice.acts(FRIENDS, "Decline");
    alice.window(FRIENDS).no_longer_says("Carol would like");
    alice.tell("has declined");
    alice.to_row("Bobby");
    alice.desktop.keys().press(&["Delete"]);
    alice.reads(FRIENDS, "Remove Bobby?");
    alice.acts(FRIENDS, "Remove");
    alice.reads(FRIENDS, "No friends yet.");
}

fn groups(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.acts(FRIENDS, "New friend group");
    alice.answers(FRIENDS, "Name of the group", "School");
    alice.reads(FRIENDS, "School, 0 of 0 on line");
    alice.to_row("Bob, off line");
    keys.press(&["Menu"]);
    alice.choose(FRIENDS, &["Move to group", "School"]);
    alice.reads(FRIENDS, "School, 0 of 1 on line");
    alice.to_row("School, ");
    keys.press(&["F2"]);
    alice.answers(FRIENDS, "Name of the group", "Class");
    alice.reads(FRIENDS, "Class, 0 of 1 on line");
    alice.to_row("Class, ");
    keys.press(&["Return"]);
    alice.window(FRIENDS).no_longer_says("Bob, off line");
    keys.press(&["Return"]);
    alice.reads(FRIENDS, "Bob, off line");
    alice.to_row("Class, ");
    keys.press(&["Delete"]);
    alice.reads(FRIENDS, "Remove the group Class?");
    alice.acts(FRIENDS, "Remove");
    alice.window(FRIENDS).no_longer_says("Class");
    alice.reads(FRIENDS, "Bob, off line");
    alice.tell("has made, filled, renamed, folded and removed a group");
}

fn a_friend(alice: &Seat) {
    let keys = alice.desktop.keys();
    alice.to_row("Bob, off line");
    keys.press(&["F2"]);
    alice.answers(FRIENDS, "Remark name", "Bobby");
    alice.reads(FRIENDS, "Bobby, off line");
    for (entry, back) in [("Mute", "Notify again"), ("Block…", "Unblock")] {
        alice.to_row("Bobby");
        keys.press(&["Menu"]);
        alice.choose(FRIENDS, &[entry]);
        if entry == "Block…" {
            alice.reads(FRIENDS, "Block Bobby?");
            alice.acts(FRIENDS, "Block");
            alice.window(FRIENDS).no_longer_says("Block Bobby?");
        }
        alice.takes_back(back);
        alice.tell(&format!("has chosen {entry:?}, and {back:?}"));
    }
    alice.to_row("Bobby");
    keys.press(&["Menu"]);
    alice.choose(FRIENDS, &["About this friend"]);
    alice.window(FRIENDS).control("button", "Close");
    keys.press(&["Return"]);
    alice.window(FRIENDS).until("the sheet goes", |tree| {
        tree.find(|control| control.role == "button" && control.name == "Close").is_none().then_some(())
    });
}

impl Seat {
    /// Opens the menu of the friend until it offers this, and takes it.
    fn takes_back(&self, entry: &str) {
        let keys = self.desktop.keys();
        qiaoqiao_tests::wait::until(&format!("the menu offers {entry:?}"), || {
            self.to_row("Bobby");
            keys.press(&["Menu"]);
            self.window(FRIENDS).says("Move to group");
            let offers = self.window(FRIENDS).tree().says(entry);
            if !offers {
                keys.press(&["Escape"]);
                self.window(FRIENDS).no_longer_says("Move to group");
            }
            offers.then_some(())
        });
        self.choose(FRIENDS, &[entry]);
        self.window(FRIENDS).no_longer_says("Move to group");
    }
}

fn oneself(alice: &Seat) {
    alice.turn_to(FRIENDS);
    alice.acts(FRIENDS, "Status text");
    alice.answers(FRIENDS, "Status text", "on my way");
    alice.reads(FRIENDS, "on my way");
    alice.acts(FRIENDS, "Your profile");
    alice.window("Settings");
    alice.turn_to("Settings");
    alice.tab_to("Settings", "entry", "Name, as others see it");
    alice.answers("Settings", "Name, as others see it", "Alice Liddell");
    alice.reads(FRIENDS, "Alice Liddell");
    alice.desktop.keys().press(&["Escape"]);
    alice.is_closed("Settings");
}
