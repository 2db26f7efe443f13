//! Two people, two real daemons, one real relay, everything driven by qqctl.

use qiaoqiao_tests::person::{alice_and_bob, text};
use qiaoqiao_tests::raw::Raw;

#[test]
fn what_one_sends_the_other_hears_and_reads() {
    let (_relay, alice, bob) = alice_and_bob();
    let (at_alice, at_bob) = (alice.watch(), bob.watch());
    let words = "在吗? 1 < 2 && \"ok\" 👋\nsecond line";
    let sent = alice.json(&["send", "bob", words, "--wait", "delivered"]);
    assert_eq!(sent["state"], "delivered");
    let heard = at_bob.next("chat.received", |chat| chat["text"] == words);
    assert_eq!(heard["data"]["from"], "alice");
    assert_eq!(heard["replayed"], false);
    at_alice.next("chat.state", |chat| chat["state"] == "delivered" && chat["id"] == sent["id"]);
    assert_eq!(bob.json(&["status"])["accounts"][0]["unread"]["total"], 1);
    assert_eq!(bob.json(&["read"])["messages"][0]["text"], words);
    assert_eq!(bob.json(&["read"])["messages"], serde_json::json!([]));
    assert_eq!(bob.json(&["status"])["accounts"][0]["unread"]["total"], 0);
    for person in [&alice, &bob] {
        let other = if person.account == "alice" { "bob" } else { "alice" };
        assert_eq!(person.json(&["history", other])["messages"][0]["text"], words);
    }
}

#[test]
fn a_message_to_somebody_off_line_is_kept_and_delivered_later() {
    let (_relay, alice, bob) = alice_and_bob();
    let at_alice = alice.watch();
    bob.stop_daemon();
    at_alice
        .next("presence.changed", |presence| presence["friend"] == "bob" && presence["state"] == "offline");
    let sent = alice.json(&["send", "bob", "for later", "--wait", "relay"]);
    assert_eq!((&sent["state"], &sent["peer"]), (&"acked".into(), &"offline".into()));
    assert_eq!(
        alice.run(&["send", "bob", "now or never", "--require-online", "--wait", "relay"]).status.code(),
        Some(9)
    );
    assert_eq!(alice.run(&["shake", "bob"]).status.code(), Some(9));
    bob.online();
    at_alice.next("chat.state", |chat| chat["state"] == "delivered" && chat["id"] == sent["id"]);
    let messages = bob.json(&["read"]);
    assert_eq!(messages["messages"].as_array().unwrap().len(), 1);
    assert_eq!(messages["messages"][0]["text"], "for later");
}

#[test]
fn a_note_to_oneself_is_delivered_once_the_relay_has_it() {
    let (_relay, alice, _bob) = alice_and_bob();
    let sent = alice.json(&["send", "@me", "buy milk", "--wait", "delivered"]);
    assert_eq!(sent["state"], "delivered");
    assert_eq!(alice.json(&["history", "@me"])["messages"].as_array().unwrap().len(), 1);
    assert_eq!(alice.json(&["status"])["accounts"][0]["unread"]["total"], 0);
}

#[test]
fn a_shake_arrives_once_in_ten_seconds() {
    let (_relay, alice, bob) = alice_and_bob();
    let at_bob = bob.watch();
    alice.ok(&["shake", "bob"]);
    at_bob.next("shake.received", |shake| shake["from"] == "alice");
    let again = alice.run(&["--json", "shake", "bob"]);
    assert_eq!(again.status.code(), Some(10));
    assert!(text(&again.stderr).contains("retry_after_ms"), "{}", text(&again.stderr));
}

#[test]
fn the_same_key_sends_nothing_twice() {
    let (_relay, alice, bob) = alice_and_bob();
    let first = alice.json(&["send", "bob", "once", "--id", "key-1", "--wait", "relay"]);
    let second = alice.json(&["send", "bob", "once", "--id", "key-1", "--wait", "relay"]);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(alice.run(&["send", "bob", "another", "--id", "key-1"]).status.code(), Some(11));
    alice.ok(&["send", "bob", "end", "--wait", "delivered"]);
    assert_eq!(bob.json(&["history", "alice"])["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn while_the_relay_is_away_a_message_is_queued_and_its_id_is_printed() {
    let (mut relay, alice, bob) = alice_and_bob();
    let at_alice = alice.watch();
    relay.kill();
    at_alice.next("account.state", |account| account["state"] != "online");
    let out = alice.run(&["send", "bob", "patience", "--id", "patience-1"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout).trim(), "patience-1");
    // Also for whoever waits until the time is up: a second try would send it twice.
    let out =
        alice.run(&["send", "bob", "patience", "--id", "patience-1", "--wait", "relay", "--timeout", "1s"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout).trim(), "patience-1");
    assert_eq!(alice.json(&["status"])["accounts"][0]["outbox"], 1);
    let at_bob = bob.watch();
    relay.restart();
    at_bob.next("chat.received", |chat| chat["text"] == "patience");
}

#[test]
fn strangers_cannot_be_told_from_people_who_do_not_exist() {
    let (relay, alice, _bob) = alice_and_bob();
    relay.account("carol", "Carol", "pc");
    for nobody in ["carol", "no-such-account"] {
        let out = alice.run(&["shake", nobody]);
        assert_eq!(out.status.code(), Some(7), "{nobody}: {}", text(&out.stderr));
    }
    assert_eq!(alice.run(&["send", "no-such-account", "hi", "--wait", "relay"]).status.code(), Some(7));
}

#[test]
fn a_seed_client_and_a_daemon_talk_with_each_other() {
    let (relay, alice, _bob) = alice_and_bob();
    relay.account("10001", "小红", "p1");
    relay.friends("alice", "10001");
    let at_alice = alice.watch();
    let mut red = Raw::seed(&relay.plain, "10001", "p1");
    red.hears("<type>user</type>");
    red.hears("<account>alice</account>");
    at_alice
        .next("presence.changed", |presence| presence["friend"] == "10001" && presence["state"] == "online");
    red.say("<msg><type>chat</type><myaccount>10001</myaccount><friendaccount>alice</friendaccount><content>你好</content></msg>");
    at_alice.next("chat.received", |chat| chat["text"] == "你好" && chat["from"] == "10001");
    alice.ok(&["send", "10001", "hello", "--wait", "delivered"]);
    red.hears("<content>hello</content>");
    alice.ok(&["shake", "10001"]);
    red.hears("<type>shake</type><myaccount>alice</myaccount>");
    red.say("<msg><type>vidio</type><myaccount>10001</myaccount><friendaccount>alice</friendaccount><session>127.0.0.1,40001</session></msg>");
    red.hears("<type>chat</type><myaccount>alice</myaccount>");
}

#[test]
fn a_new_friend_is_seen_at_once_by_who_is_on_line() {
    let (relay, alice, _bob) = alice_and_bob();
    relay.account("carol", "Carol 卡罗", "pc");
    let at_alice = alice.watch();
    relay.friends("alice", "carol");
    at_alice.next("friend.added", |friend| friend["friend"] == "carol" && friend["name"] == "Carol 卡罗");
    let friends = alice.json(&["friends"]);
    assert_eq!(friends["groups"][0]["friends"][1]["account"], "carol");
}

#[test]
fn other_peoples_text_cannot_command_the_terminal() {
    let (_relay, alice, bob) = alice_and_bob();
    alice.ok(&[
        "send",
        "bob",
        "\u{9b}31m red \u{202e}drawkcab\r\n09:00:00 carol: fake",
        "--wait",
        "delivered",
    ]);
    let text_output = bob.ok(&["history", "alice"]);
    assert!(!text_output.contains(['\u{9b}', '\u{202e}', '\r']), "{text_output:?}");
    assert!(!text_output.contains("\n09:00:00"), "{text_output:?}");
    let exact = bob.json(&["history", "alice"]);
    assert_eq!(exact["messages"][0]["text"], "\u{9b}31m red \u{202e}drawkcab\r\n09:00:00 carol: fake");
}
