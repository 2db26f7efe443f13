//! A backup taken while people write, and the relay brought back from it after it is lost.

use std::collections::BTreeMap;
use std::process::Output;

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::program;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;
use serde_json::Value;

/// Messages of each side before the backup, and as many around and after it.
const EACH: usize = 25;

fn admin(relay: &Relay, args: &[&str]) -> Output {
    let mut command = program::command("relay-server");
    command.args(args).arg("--data").arg(relay.data()).output().expect("relay-server starts")
}

fn done(relay: &Relay, args: &[&str]) -> Value {
    let out = admin(relay, args);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

/// Writes a part of the conversation, each message until the relay has confirmed it.
fn write(person: &Person, to: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        person.ok(&["send", to, &number.to_string(), "--wait", "relay", "--timeout", "20s"]);
    }
}

/// What each of the two said, in the order of this daemon.
fn said(person: &Person, other: &str) -> BTreeMap<String, Vec<usize>> {
    let page = person.json(&["history", other, "-n", "1000"]);
    let mut said = BTreeMap::<_, Vec<_>>::new();
    for message in page["messages"].as_array().expect("messages") {
        let word = |key: &str| message[key].as_str().expect("a word").to_owned();
        said.entry(word("from")).or_default().push(word("text").parse().expect("a number"));
    }
    said
}

#[test]
fn a_relay_that_was_lost_and_restored_loses_and_doubles_nothing() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let alice = Person::logged_in("alice", "pa", &relay);
    let bob = Person::logged_in("bob", "pb", &relay);
    let both = |from: usize, to: usize| {
        std::thread::scope(|scope| {
            scope.spawn(|| write(&alice, "bob", from..to));
            scope.spawn(|| write(&bob, "alice", from..to));
        });
    };
    both(0, EACH);

    // The backup is taken in the middle of the second part.
    let file = relay.home().join("relay.backup");
    let file = file.to_str().expect("UTF-8");
    let held = std::thread::scope(|scope| {
        let writing = scope.spawn(|| both(EACH, EACH + EACH / 2));
        let held = done(&relay, &["backup", "--json", file]);
        writing.join().expect("they write");
        held
    });
    let at_backup = held["messages"].as_u64().expect("a count");
    assert!((50..=50 + 2 * EACH as u64).contains(&at_backup), "{held}");
    bob.ok(&["logout"]);
    let out = bob.login(&relay.tls, "pb", &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    bob.online();
    both(EACH + EACH / 2, 2 * EACH);
    for (person, other) in [(&alice, "bob"), (&bob, "alice")] {
        wait::until("everything has arrived", || {
            (said(person, other).values().map(Vec::len).sum::<usize>() == 4 * EACH).then_some(())
        });
    }

    let at_bob = bob.watch();
    relay.kill();
    let fingerprint = relay.fingerprint.clone();
    let restored = done(&relay, &["restore", "--yes", "--json", file]);
    assert_eq!(restored["messages"], held["messages"]);
    relay.restart();
    assert_eq!(relay.fingerprint, fingerprint, "nobody has to trust another key");

    // Alice was connected all the time; bob's login is newer than the backup, and he is told what to do.
    at_bob.next("account.refused", |refused| refused["reason"] == "credentials");
    let status = bob.ok(&["status"]);
    assert!(status.contains("qqctl login bob"), "status says what to do: {status}");
    alice.online();
    // More than was lost: by its numbers alone bob's daemon could not tell that the relay is not the one it knows.
    write(&alice, "bob", 2 * EACH..5 * EACH);
    let out = bob.login(&relay.tls, "pb", &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    bob.online();
    write(&bob, "alice", 2 * EACH..3 * EACH);
    for (person, other) in [(&alice, "bob"), (&bob, "alice")] {
        wait::until("the last messages have arrived", || {
            (said(person, other).values().map(Vec::len).sum::<usize>() >= 8 * EACH).then_some(())
        });
        let said = said(person, other);
        for (sender, count) in [("alice", 5 * EACH), ("bob", 3 * EACH)] {
            let each_once: Vec<usize> = (0..count).collect();
            assert_eq!(said[sender], each_once, "{sender}'s messages at {}, in order", person.account);
        }
    }
    let dump = done(&relay, &["backup", "--json", "--force", file]);
    assert_eq!(dump["messages"], 8 * EACH as u64, "and the relay has each of them once");
}
