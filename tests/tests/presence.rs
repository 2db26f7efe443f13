//! Away, busy, invisible, typing, and what is read on one device of several: real daemons, a real relay, qqctl.

use qiaoqiao_tests::person::{Person, Watch, alice_and_bob};
use qiaoqiao_tests::wait;

fn sees(watch: &Watch, friend: &str, state: &str, note: &str) {
    watch.next("presence.changed", |presence| {
        presence["friend"] == friend && presence["state"] == state && presence["note"] == note
    });
}

fn unread(person: &Person) -> u64 {
    person.json(&["status"])["accounts"][0]["unread"]["total"].as_u64().expect("a number")
}

#[test]
fn friends_see_away_and_busy_and_see_them_again_after_a_restart() {
    let (_relay, alice, bob) = alice_and_bob();
    let at_alice = alice.watch();
    bob.ok(&["presence", "set", "away", "-m", "lunch 午饭"]);
    sees(&at_alice, "bob", "away", "lunch 午饭");
    bob.ok(&["presence", "set", "busy"]);
    sees(&at_alice, "bob", "busy", "lunch 午饭");
    assert_eq!(alice.json(&["presence", "show", "bob"])["state"], "busy");
    bob.stop_daemon();
    sees(&at_alice, "bob", "offline", "");
    bob.online();
    sees(&at_alice, "bob", "busy", "lunch 午饭");
    bob.ok(&["presence", "set", "online", "-m", ""]);
    sees(&at_alice, "bob", "online", "");
}

#[test]
fn an_invisible_one_is_off_line_reads_unseen_and_is_still_reached() {
    let (_relay, alice, bob) = alice_and_bob();
    let at_alice = alice.watch();
    bob.ok(&["presence", "set", "invisible"]);
    sees(&at_alice, "bob", "offline", "");
    assert!(bob.ok(&["presence", "show"]).contains("invisible"));
    let sent = alice.json(&["send", "bob", "are you there?", "--wait", "relay"]);
    assert_eq!(sent["peer"], "offline");
    wait::until("it is there all the same", || (unread(&bob) == 1).then_some(()));
    bob.ok(&["read"]);
    assert_eq!(alice.run(&["shake", "bob"]).status.code(), Some(9));
    assert_eq!(bob.run(&["chat", "typing", "alice"]).status.code(), Some(8));
    let state = |state: &'static str| move |chat: &serde_json::Value| chat["state"] == state;
    bob.ok(&["presence", "set", "online"]);
    // Only now: what he had and read while he was not to be seen.
    sees(&at_alice, "bob", "online", "");
    at_alice.next("chat.state", state("read"));
}

#[test]
fn invisible_without_the_server_is_kept_and_said_to_be() {
    let (mut relay, _alice, bob) = alice_and_bob();
    let said = |out: std::process::Output| String::from_utf8(out.stderr).expect("text");
    let set = said(bob.run(&["presence", "set", "invisible", "-m", "忙"]));
    assert!(set.starts_with("You are invisible"), "{set}");
    relay.kill();
    wait::until("the loss is noticed", || {
        (bob.json(&["status"])["accounts"][0]["state"] != "online").then_some(())
    });
    let set = said(bob.run(&["presence", "set", "invisible"]));
    assert!(set.starts_with("Kept:"), "{set}");
    let shown = bob.ok(&["presence", "show"]);
    assert!(
        shown.contains("the server is not connected; kept: invisible; your note, which nobody"),
        "{shown}"
    );
    relay.restart();
    bob.online();
    assert!(bob.ok(&["presence", "show"]).contains(": invisible, your friends see you off line; your note"));
}

#[test]
fn who_writes_is_seen_and_forgotten_when_it_is_sent() {
    let (_relay, alice, bob) = alice_and_bob();
    let at_alice = alice.watch();
    wait::until("bob sees alice", || {
        (bob.json(&["presence", "show", "alice"])["state"] == "online").then_some(())
    });
    bob.ok(&["chat", "typing", "alice"]);
    let event =
        at_alice.next("typing.changed", |typing| typing["friend"] == "bob" && typing["typing"] == true);
    assert_eq!(event["replayed"], false);
    bob.ok(&["send", "alice", "there"]);
    at_alice.next("typing.changed", |typing| typing["typing"] == false);
    at_alice.next("chat.received", |chat| chat["text"] == "there");
    alice.stop_daemon();
    wait::until("nobody can be told", || {
        (bob.run(&["chat", "typing", "alice"]).status.code() == Some(9)).then_some(())
    });
}

#[test]
fn reading_on_one_device_clears_the_other_and_tells_the_friend() {
    let (relay, alice, bob) = alice_and_bob();
    let second = Person::logged_in("bob", "pb", &relay);
    let (at_alice, at_second) = (alice.watch(), second.watch());
    for text in ["one", "two", "three"] {
        alice.ok(&["send", "bob", text, "--wait", "relay"]);
    }
    wait::until("both devices have them", || (unread(&bob) == 3 && unread(&second) == 3).then_some(()));
    bob.ok(&["read"]);
    at_second.next("unread.changed", |unread| unread["total"] == 0);
    at_alice.next("chat.read", |mark| mark["friend"] == "bob" && mark["by"] == "bob");
    assert_eq!(unread(&second), 0);
    assert_eq!(second.json(&["read"])["messages"], serde_json::json!([]));
    let read = alice.json(&["history", "bob"])["messages"].as_array().unwrap().clone();
    assert!(read.iter().all(|message| message["state"] == "read"), "{read:?}");
    // A device that was not there yet knows what was read, too.
    alice.ok(&["send", "bob", "four", "--wait", "delivered"]);
    let third = Person::logged_in("bob", "pb", &relay);
    wait::until("the newest is unread there, and only that", || {
        let all = third.json(&["history", "alice"])["messages"].as_array().map_or(0, Vec::len);
        (all == 4).then(|| assert_eq!(unread(&third), 1))
    });
}

#[test]
fn what_was_read_without_the_relay_reaches_it_later_whatever_is_killed() {
    let (mut relay, alice, bob) = alice_and_bob();
    let sent = alice.json(&["send", "bob", "hi", "--wait", "delivered"]);
    assert_eq!(sent["state"], "delivered");
    relay.kill();
    bob.ok(&["read"]);
    bob.kill_daemon();
    relay.restart();
    let id = sent["id"].as_str().expect("an id");
    bob.online();
    let again = alice.json(&["send", "bob", "hi", "--id", id, "--wait", "read", "--timeout", "30s"]);
    assert_eq!(again["state"], "read");
}
