//! Several accounts of one person in one daemon: two relays where even the names are the same, and nothing mixes.

use std::process::Stdio;

use nix::sys::signal::Signal;
use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::{program, wait};
use serde_json::{Value, json};

/// A relay with an alice and her friend carol, who is on line.
fn relay_with_carol() -> (Relay, Person) {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("carol", "Carol", "pc");
    relay.friends("alice", "carol");
    let carol = Person::logged_in("carol", "pc", &relay);
    (relay, carol)
}

/// One person who is alice at both relays, and the two local names.
fn alice_at(one: &Relay, two: &Relay) -> (Person, String, String) {
    let alice = Person::logged_in("alice", "pa", one);
    let out = alice.login(&two.tls, "pa", &["--trust", &two.fingerprint]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    (alice, format!("alice@{}", one.tls), format!("alice@{}", two.tls))
}

fn states(person: &Person) -> Vec<(String, String)> {
    let status = person.json(&["status"]);
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let accounts = status["accounts"].as_array().expect("a list").iter();
    accounts.map(|known| (word(&known["account"]), word(&known["state"]))).collect()
}

fn both_online(person: &Person) {
    wait::until("both accounts are on line", || {
        let states = states(person);
        (states.len() == 2 && states.iter().all(|(_, state)| state == "online")).then_some(())
    });
}

fn texts(person: &Person, args: &[&str]) -> Vec<String> {
    let read = person.json(args);
    let messages = read["messages"].as_array().expect("a list").iter();
    messages.map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn two_accounts_of_one_daemon_at_two_relays_do_not_mix_and_come_back_after_a_restart() {
    let ((one, carol_one), (two, carol_two)) = (relay_with_carol(), relay_with_carol());
    let (alice, first, second) = alice_at(&one, &two);
    both_online(&alice);

    let out = alice.run(&["send", "carol", "to whom?"]);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(7), "{said}");
    assert!(said.contains("--account") && said.contains(&first) && said.contains(&second), "{said}");
    assert_eq!(alice.run(&["--account", "nobody", "friends"]).status.code(), Some(7));

    let talk = |round: &str| {
        for (local, carol) in [(&first, &carol_one), (&second, &carol_two)] {
            let there = format!("{round} to {local}");
            alice.ok(&["--account", local, "send", "carol", &there, "--wait", "delivered"]);
            assert_eq!(texts(carol, &["read"]), std::slice::from_ref(&there));
            carol.ok(&["send", "alice", &format!("{round} back to {local}"), "--wait", "delivered"]);
        }
        for local in [&first, &second] {
            let read = texts(&alice, &["read", "--account", local]);
            assert_eq!(read, [format!("{round} back to {local}")]);
        }
    };
    talk("before");
    alice.kill_daemon();
    both_online(&alice);
    talk("after");
    assert_eq!(texts(&alice, &["--account", &second, "history", "carol"]).len(), 4);
}

#[test]
fn a_relay_that_hangs_or_is_away_holds_up_its_own_account_alone() {
    let ((mut one, _carol_one), (two, carol_two)) = (relay_with_carol(), relay_with_carol());
    let (alice, first, second) = alice_at(&one, &two);
    program::signal(one.pid(), Signal::SIGSTOP);
    alice.ok(&["--account", &second, "send", "carol", "while one hangs", "--wait", "delivered"]);
    program::signal(one.pid(), Signal::SIGCONT);
    one.kill();
    wait::until("the loss is noticed", || {
        states(&alice).iter().any(|(local, state)| *local == first && state != "online").then_some(())
    });
    alice.ok(&["--account", &second, "send", "carol", "while one is away", "--wait", "delivered"]);
    assert_eq!(texts(&carol_two, &["read"]), ["while one hangs", "while one is away"]);
    let out = alice.run(&["--account", &first, "send", "carol", "for later"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stderr));
}

#[test]
fn logging_out_one_leaves_the_other_and_watch_says_whose_it_is_only_while_there_are_several() {
    let ((one, carol_one), (two, _carol_two)) = (relay_with_carol(), relay_with_carol());
    let (alice, first, second) = alice_at(&one, &two);
    both_online(&alice);
    let line_about = |words: &str| {
        let watch = alice.qqctl(&["watch", "chat.received", "--count", "1"]);
        let mut watch = { watch }.stdout(Stdio::piped()).spawn().expect("qqctl starts");
        // Whoever begins to watch a moment later has missed it: it is said until it is heard.
        let mut number = 0;
        wait::until("the message is seen", || {
            number += 1;
            carol_one.ok(&["send", "alice", &format!("{words} {number}"), "--wait", "delivered"]);
            watch.try_wait().expect("it can be asked").map(drop)
        });
        text(&watch.wait_with_output().expect("it ended").stdout)
    };
    let line = line_about("to one of two");
    assert!(line.contains(&first), "{line}");
    assert_eq!(alice.run(&["logout"]).status.code(), Some(7));
    alice.ok(&["logout", "--account", &second]);
    assert_eq!(states(&alice), [(first.clone(), "online".to_owned()), (second, "offline".to_owned())]);
    let line = line_about("to the only one");
    assert!(line.contains("to the only one") && !line.contains(&first), "{line}");
    assert_eq!(alice.json(&["status", "--account", &first])["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(alice.json(&["send", "carol", "no name needed", "--wait", "relay"])["state"], json!("acked"));
}
