//! Back from a holiday: forty friends have written, and nothing jumps at whoever comes back.

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

/// How many have written.
const FRIENDS_WHO_WROTE: usize = 40;

/// How many of them write once more at the same moment.
const AT_ONCE: usize = 5;

/// How many messages the friend of this number has sent.
fn messages(friend: usize) -> usize {
    friend % 3 + 1
}

fn name(friend: usize) -> String {
    format!("friend{friend:02}")
}

#[test]
fn after_a_holiday_no_window_opens_by_itself_and_every_count_is_right() {
    let relay = Relay::start();
    relay.account("bob", "Bob", "pb");
    for friend in 0..FRIENDS_WHO_WROTE {
        relay.account(&name(friend), &name(friend), "p");
        relay.friends("bob", &name(friend));
    }
    let bob = Person::logged_in("bob", "pb", &relay);
    bob.online();
    bob.stop_daemon();
    println!("bob is on holiday");
    // They stay, so that bob finds them on line.
    let friends: Vec<Raw> = (0..FRIENDS_WHO_WROTE)
        .map(|friend| {
            let mut raw = Raw::full(&relay.plain, &name(friend), "p", "phone");
            raw.counts(&name(friend), "bob", 0..messages(friend));
            raw
        })
        .collect();
    let all: usize = (0..FRIENDS_WHO_WROTE).map(messages).sum();
    println!("{} friends have sent {all} messages", friends.len());

    let mut bob = Seat::of(bob);
    bob.start(&[]);
    let display = bob.desktop.display();
    let title = format!("({all}) {FRIENDS}");
    wait::until(&format!("the friend list is called {title:?}"), || display.find(&title));
    bob.tell(&format!("reads {title:?}"));
    let rows = bob.window(FRIENDS).until("the counts of those that are to be seen", |tree| {
        let rows = tree.0.iter().filter(|control| control.role == "list item");
        let rows: Vec<String> = rows.map(|row| row.name.clone()).collect();
        let right = rows.iter().filter(|row| {
            (0..FRIENDS_WHO_WROTE).any(|friend| {
                row.starts_with(&name(friend)) && row.ends_with(&format!("{} unread", messages(friend)))
            })
        });
        (!rows.is_empty() && right.count() == rows.len()).then_some(rows.len())
    });
    bob.tell(&format!("sees {rows} friends with their own counts"));
    // What is said last by the daemon came after all that was missed: nothing more can open a window.
    let counted = bob.person.json(&["status"])["accounts"][0]["unread"]["total"].clone();
    assert_eq!(counted, all);
    assert_eq!(display.titles(), [title], "a window opened by itself");
    bob.tell("has one window: the friend list");

    // What comes now is no holiday any more: five at the same moment open five windows.
    let mut friends = friends;
    for (friend, raw) in friends.iter_mut().enumerate().take(AT_ONCE) {
        let from = name(friend);
        raw.say(&format!("<msg><type>chat</type><myaccount>{from}</myaccount><friendaccount>bob</friendaccount><content>welcome back</content><id>now</id></msg>"));
    }
    for friend in 0..AT_ONCE {
        bob.reads(&name(friend), "welcome back");
    }
    assert_eq!(display.titles().len(), AT_ONCE + 1);
}
