//! Finding messages, what became of one, a conversation written out, the outbox in one's hands: with real programs.

use std::io::Read;
use std::process::Stdio;

use qiaoqiao_tests::person::{alice_and_bob, text};
use serde_json::Value;

fn texts(reply: &Value) -> Vec<&str> {
    let messages = reply["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["text"].as_str().expect("a text")).collect()
}

#[test]
fn both_languages_are_found_on_both_sides() {
    let (_relay, alice, bob) = alice_and_bob();
    for said in ["一起吃晚饭吗", "Dinner?", "see you at seven \"quoted\" AND more"] {
        alice.ok(&["send", "bob", said, "--wait", "delivered"]);
    }
    alice.ok(&["send", "@me", "buy dinner", "--wait", "delivered"]);
    for person in [&alice, &bob] {
        assert_eq!(texts(&person.json(&["search", "晚饭"])), ["一起吃晚饭吗"]);
        assert_eq!(texts(&person.json(&["search", "饭"])), ["一起吃晚饭吗"]);
    }
    assert_eq!(texts(&bob.json(&["search", "dinner"])), ["Dinner?"]);
    assert_eq!(texts(&alice.json(&["search", "dinner"])), ["buy dinner", "Dinner?"]);
    assert_eq!(texts(&alice.json(&["search", "din", "--to", "bob"])), ["Dinner?"]);
    assert_eq!(texts(&bob.json(&["search", "seven \"and*"])).len(), 1, "no character is a command");
    assert_eq!(texts(&bob.json(&["search", "晚上"])), [""; 0]);
    for nothing in ["", "?!", "***"] {
        assert_eq!(bob.run(&["search", nothing]).status.code(), Some(2), "{nothing:?}");
    }
    assert_eq!(bob.run(&["search", "dinner", "--to", "nobody"]).status.code(), Some(7));
    let seen = bob.ok(&["--color", "always", "search", "dinner"]);
    assert!(seen.contains("alice → bob") && seen.contains("\u{1b}[1mDinner\u{1b}[0m?"), "{seen}");
    let first = alice.json(&["search", "dinner", "--count", "1"]);
    assert_eq!(first["more"], true);
    let row = first["messages"][0]["row"].to_string();
    assert_eq!(texts(&alice.json(&["search", "dinner", "--before", &row])), ["Dinner?"]);
}

#[test]
fn a_message_that_waited_for_its_receiver_tells_its_way() {
    let (mut relay, alice, bob) = alice_and_bob();
    let at_alice = alice.watch();
    bob.stop_daemon();
    at_alice
        .next("presence.changed", |presence| presence["friend"] == "bob" && presence["state"] == "offline");
    relay.kill();
    at_alice.next("account.state", |account| account["state"] != "online");
    assert_eq!(alice.run(&["send", "bob", "晚饭?", "--id", "waits-1"]).status.code(), Some(6));
    let explained = alice.json(&["chat", "explain", "waits"]);
    assert!(explained["summary"].as_str().unwrap().starts_with("it waits here"), "{explained}");
    relay.restart();
    at_alice.next("chat.state", |chat| chat["state"] == "acked");
    let explained = alice.json(&["chat", "explain", "waits-1"]);
    assert_eq!(explained["summary"], "the server has it; bob is off line and gets it when next on line");
    bob.online();
    at_alice.next("chat.state", |chat| chat["state"] == "delivered");
    let explained = alice.json(&["chat", "explain", "waits-1"]);
    let step = |step: &Value| {
        format!("{} {}", step["state"].as_str().unwrap(), step["reason"].as_str().unwrap_or("-"))
    };
    let steps: Vec<String> = explained["steps"].as_array().unwrap().iter().map(step).collect();
    assert_eq!(steps, ["queued relay-away", "sent -", "acked receiver-offline", "delivered -"]);
    println!("{}", alice.ok(&["chat", "explain", "waits-1"]));
    println!("{}", bob.ok(&["chat", "explain", "waits-1"]));
    assert_eq!(alice.run(&["chat", "explain", "nothing-like-it"]).status.code(), Some(7));
}

#[test]
fn a_conversation_is_written_out_whole_and_a_closed_pipe_is_no_error() {
    let (_relay, alice, bob) = alice_and_bob();
    for number in 0..30 {
        alice.ok(&["send", "bob", &format!("line {number}\n第二行 \u{9b}")]);
    }
    alice.ok(&["send", "bob", "end", "--wait", "delivered"]);
    let out = bob.ok(&["chat", "export", "alice"]);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 31);
    assert_eq!(lines[0]["text"], "line 0\n第二行 \u{9b}");
    assert!(
        lines.iter().all(|line| line["cseq"].is_u64() && line["conv"].is_string() && line["seq"].is_u64())
    );
    let history = bob.json(&["history", "alice"]);
    for (whole, message) in lines.iter().zip(history["messages"].as_array().unwrap()) {
        for (field, value) in message.as_object().unwrap() {
            assert_eq!(&whole[field], value, "{field}");
        }
    }
    let row = lines[28]["row"].to_string();
    assert_eq!(bob.ok(&["chat", "export", "alice", "--after", &row]).lines().count(), 2);
    let readable = bob.ok(&["chat", "export", "alice", "--format", "text"]);
    assert!(readable.contains("alice  line 7\n") && readable.contains("第二行"), "{readable}");
    assert!(!readable.contains('\u{9b}') && !readable.contains("today"), "{readable}");

    let mut child = bob
        .qqctl(&["chat", "export", "alice"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(141), ""));
    assert_eq!(bob.run(&["chat", "export", "nobody"]).status.code(), Some(7));
}

#[test]
fn what_waits_is_taken_back_and_what_was_taken_back_is_sent_again() {
    let (mut relay, alice, bob) = alice_and_bob();
    let (at_alice, at_bob) = (alice.watch(), bob.watch());
    relay.kill();
    at_alice.next("account.state", |account| account["state"] != "online");
    for key in ["first-1", "first-2", "last"] {
        assert_eq!(alice.run(&["send", "bob", key, "--id", key]).status.code(), Some(6));
    }
    assert_eq!(texts(&alice.json(&["outbox", "list"])), ["first-1", "first-2", "last"]);
    let out = alice.run(&["outbox", "cancel", "first"]);
    assert_eq!(out.status.code(), Some(7), "two begin so: {}", text(&out.stderr));
    assert_eq!(alice.json(&["outbox", "cancel", "first-1"])["state"], "failed");
    at_alice.next("chat.state", |chat| {
        chat["id"] == "first-1"
            && chat["state"] == "failed"
            && chat["reason"] == "cancelled"
            && chat["outbox"] == 2
    });
    assert_eq!(texts(&alice.json(&["outbox", "list"])), ["first-2", "last", "first-1"]);
    assert_eq!(alice.run(&["outbox", "cancel", "first-1"]).status.code(), Some(11));
    assert_eq!(alice.run(&["outbox", "retry", "first-2"]).status.code(), Some(11));
    relay.restart();
    at_bob.next("chat.received", |chat| chat["text"] == "last");
    assert_eq!(texts(&bob.json(&["read"])), ["first-2", "last"]);
    assert_eq!(alice.run(&["outbox", "cancel", "last"]).status.code(), Some(11), "it is gone already");
    alice.ok(&["outbox", "retry", "first"]);
    at_bob.next("chat.received", |chat| chat["text"] == "first-1");
    assert_eq!(texts(&alice.json(&["outbox", "list"])), [""; 0]);
    assert_eq!(alice.run(&["outbox", "retry", "no-such"]).status.code(), Some(7));
}

#[test]
fn rules_for_notifications_outlive_the_daemon() {
    let (_relay, alice, _bob) = alice_and_bob();
    assert_eq!(alice.json(&["notify", "dnd", "on", "--for", "30"])["dnd"], true);
    alice.ok(&["notify", "quiet", "22:00-07:00"]);
    alice.ok(&["notify", "content", "name"]);
    let rules = alice.json(&["notify", "mute", "bob"]);
    assert!(rules["muted"][0].as_str().unwrap().ends_with("/bob"), "{rules}");
    for wrong in [
        &["notify", "quiet", "25:00-07:00"][..],
        &["notify", "dnd", "off", "--for", "5"],
        &["notify", "dnd", "on", "--for", "0"],
    ] {
        assert_eq!(alice.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(alice.run(&["notify", "mute", "nobody"]).status.code(), Some(7));
    alice.kill_daemon();
    alice.online();
    assert_eq!(alice.json(&["notify", "status"]), rules);
    let seen = alice.ok(&["notify", "status"]);
    assert!(seen.contains("Quiet hours: 22:00-07:00\nShown: only who wrote\n"), "{seen}");
    assert_eq!(alice.json(&["notify", "dnd", "off"])["dnd"], false);
}
