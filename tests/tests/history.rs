//! A new device of somebody with a long past: the newest first, the rest in the background, and at once where one looks.

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;
use serde_json::Value;

/// More than the relay sends a new device by itself (1,000 rows).
const MESSAGES: usize = 1_500;

fn numbers(page: &Value) -> Vec<usize> {
    let messages = page["messages"].as_array().expect("messages");
    messages
        .iter()
        .map(|message| message["text"].as_str().expect("a text").parse().expect("a number"))
        .collect()
}

/// The whole conversation, page by page as somebody scrolls back.
fn scrolled(person: &Person, other: &str) -> Vec<usize> {
    let mut all = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let mut args = vec!["history", other, "-n", "300"];
        args.extend(before.iter().flat_map(|row| ["--before", row.as_str()]));
        let page = person.json(&args);
        all.splice(0..0, numbers(&page));
        if page["more"] != true {
            return all;
        }
        before = Some(page["messages"][0]["row"].to_string());
    }
}

fn complete(all: &[usize]) {
    let wrong = all.iter().enumerate().find(|(at, number)| at != *number);
    assert_eq!((all.len(), wrong), (MESSAGES, None));
}

#[test]
fn a_new_device_has_the_newest_at_once_and_everything_in_the_end() {
    let mut relay = Relay::start_with("chats_per_second = 10000\nchats_burst = 10000\n");
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    Raw::full(&relay.plain, "alice", "pa", "1d1").counts("alice", "bob", 0..MESSAGES);
    let second = Person::logged_in("bob", "pb", &relay);
    wait::until("the newest is here", || {
        (numbers(&second.json(&["history", "alice", "-n", "1"])) == [MESSAGES - 1]).then_some(())
    });
    complete(&scrolled(&second, "alice"));
    relay.kill();
    second.kill_daemon();
    relay.restart();
    second.online();
    wait::until("nothing is lacking", || {
        second.json(&["status"])["accounts"][0].get("filling").is_none().then_some(())
    });
    complete(&scrolled(&second, "alice"));
    assert_eq!(unread(&second), 1_000, "what is older counts as read");
}

fn unread(person: &Person) -> u64 {
    person.json(&["status"])["accounts"][0]["unread"]["total"].as_u64().expect("a number")
}
