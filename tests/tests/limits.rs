//! Each limit of trust.md that the relay keeps, from outside against the real program, with small values where the default
//! would take long. `-- --nocapture` prints what was sent, what came back, and the relay's memory.

#![allow(clippy::print_stdout, reason = "the table of what came back is for whoever asks with --nocapture")]

use std::io::Read;
use std::time::Duration;

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::program::rss_kib;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

const DEVICE: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964f0";

fn two_friends(config: &str) -> Relay {
    let relay = Relay::start_with(config);
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    relay
}

fn chat(from: &str, to: &str, content: &str, id: &str) -> String {
    format!(
        "<msg><type>chat</type><myaccount>{from}</myaccount><friendaccount>{to}</friendaccount><content>{content}</content><id>{id}</id></msg>"
    )
}

/// What caches and the allocator may keep; far below what each case throws at the relay.
const GROWTH_MAX_KIB: u64 = 6 * 1024;

/// Prints a row of the table and holds the memory against a bound.
fn report(relay: &Relay, what: &str, came: &str, before: u64) {
    // The working memory of password checks (19 MiB each) is given back a moment after the last one.
    let after = wait::until(&format!("{what}: the relay's memory is near {before} KiB again"), || {
        Some(rss_kib(relay.pid())).filter(|after| *after < before + GROWTH_MAX_KIB)
    });
    println!("{what:44} {came:44} {before:>8} KiB {after:>8} KiB");
}

#[test]
fn a_text_over_the_limit_is_too_big() {
    let relay = two_friends("");
    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    let before = rss_kib(relay.pid());
    alice.say(&chat("alice", "bob", &"字".repeat(16_385), "big"));
    let answer = alice.hears_until("<type>nack</type>");
    assert!(answer.contains("<id>big</id><code>too-big</code>"), "{answer}");
    alice.say(&chat("alice", "bob", &"字".repeat(16_384), "fits"));
    alice.hears_until("<type>ack</type><id>fits</id>");
    let mut seed = Raw::seed(&relay.plain, "alice", "pa");
    seed.say(&chat("alice", "bob", &"字".repeat(16_385), "big").replace("<id>big</id>", ""));
    seed.hears_until("<code>too-big</code>");
    report(&relay, "16,385 characters", "nack/too-big, error/too-big", before);
}

#[test]
fn somebody_who_connects_and_says_nothing_is_too_slow() {
    let relay = two_friends("login_deadline = \"300ms\"\n");
    let before = rss_kib(relay.pid());
    let mut raw = Raw::connect(&relay.plain);
    raw.hears("<code>too-slow</code>");
    raw.hears_the_end();
    report(&relay, "nothing, for login_deadline", "error/too-slow, closed", before);
}

#[test]
fn a_stanza_that_trickles_in_is_too_slow() {
    let relay = two_friends("stanza_deadline = \"300ms\"\n");
    let before = rss_kib(relay.pid());
    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    alice.say("<msg><type>ping</type>");
    alice.hears_until("<code>too-slow</code>");
    alice.hears_the_end();
    report(&relay, "half a stanza, for stanza_deadline", "error/too-slow, closed", before);
}

#[test]
fn a_silent_full_session_is_pinged_and_then_dead_and_a_seed_session_is_left_alone() {
    let relay = two_friends("idle_max = \"700ms\"\n");
    let mut seed = Raw::seed(&relay.plain, "bob", "pb");
    seed.hears_until("<type>friend</type>");
    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    alice.hears_until("<type>ping</type>");
    while alice.hear().is_some() {}
    seed.say("<msg><type>ping</type><id>p</id></msg>");
    assert!(seed.hears_until("pong").contains("<id>p</id>"), "the seed session is still there");
}

#[test]
fn too_many_connections_of_one_address_close_the_oldest() {
    let relay = two_friends("unauthenticated_per_address = 8\n");
    let before = rss_kib(relay.pid());
    let mut first = Raw::connect(&relay.plain);
    first.say("<msg><type>ping</type><id>a</id></msg>");
    first.hears("pong");
    let mut others: Vec<Raw> = (0..8).map(|_| Raw::connect(&relay.plain)).collect();
    assert!(first.hear().is_none(), "the oldest is closed");
    others[7].say("<msg><type>ping</type><id>b</id></msg>");
    others[7].hears("pong");
    report(&relay, "9 connections, unauthenticated_per_address 8", "the oldest is closed", before);
}

#[test]
fn the_busiest_address_gives_way_when_there_are_too_many_in_all() {
    let relay = two_friends("unauthenticated_max = 8\n");
    let mut first = Raw::connect(&relay.plain);
    first.say("<msg><type>ping</type><id>a</id></msg>");
    first.hears("pong");
    let _others: Vec<Raw> = (0..8).map(|_| Raw::connect(&relay.plain)).collect();
    assert!(first.hear().is_none(), "the oldest of the busiest address is closed");
}

#[test]
fn wrong_passwords_are_throttled_and_a_token_is_not() {
    let relay = two_friends("");
    let alice = Person::logged_in("alice", "pa", &relay);
    alice.stop_daemon();
    let before = rss_kib(relay.pid());
    let mut raw = Raw::connect(&relay.plain);
    let wrong = "<msg><type>login</type><account>alice</account><pwd>wrong</pwd></msg>";
    for _ in 0..5 {
        raw.say(wrong);
        raw.hears("<reason>credentials</reason>");
    }
    raw.say(wrong);
    let answer = raw.hears("<reason>throttled</reason>");
    assert!(answer.contains("<retry>"), "{answer}");
    raw.say("<msg><type>login</type><account>alice</account><pwd>pa</pwd></msg>");
    raw.hears("<reason>throttled</reason>");
    alice.online();
    let out = Person::new("alice").login(&relay.tls, "pa", &["--trust", &relay.fingerprint]);
    assert_eq!(out.status.code(), Some(10), "{}", text(&out.stderr));
    report(&relay, "6 wrong passwords", "login_response 0 throttled, retry", before);
}

#[test]
fn more_password_checks_than_can_wait_are_busy() {
    let relay = two_friends("password_checks = 1\npassword_waiting = 1\n");
    let before = rss_kib(relay.pid());
    let mut many: Vec<Raw> = (0..12).map(|_| Raw::connect(&relay.plain)).collect();
    for (number, raw) in many.iter_mut().enumerate() {
        raw.say(&format!("<msg><type>login</type><account>nobody{number}</account><pwd>x</pwd></msg>"));
    }
    let answers: Vec<String> = many.iter_mut().map(|raw| raw.hears("<state>0</state>")).collect();
    assert!(answers.iter().any(|answer| answer.contains("<reason>busy</reason><retry>")), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.contains("<reason>credentials</reason>")), "{answers:?}");
    report(&relay, "12 logins at once, password_waiting 1", "login_response 0 busy, retry", before);
}

#[test]
fn more_chats_than_a_second_may_have_are_first_slowed_and_then_refused() {
    let relay = two_friends("chats_per_second = 1\nchats_burst = 1\n");
    let before = rss_kib(relay.pid());
    let mut sessions: Vec<Raw> = (0..6)
        .map(|number| {
            Raw::full(&relay.plain, "alice", "pa", &format!("6f9619ff-8b86-4d01-b42d-{number:012}"))
        })
        .collect();
    for (number, session) in sessions.iter_mut().enumerate() {
        session.say(&chat("alice", "alice", "x", &format!("burst-{number}")));
    }
    let answers: Vec<String> = sessions
        .iter_mut()
        .enumerate()
        .map(|(number, session)| session.hears_until(&format!("ack</type><id>burst-{number}</id>")))
        .collect();
    let refused = answers.iter().filter(|answer| answer.contains("<type>nack</type>")).collect::<Vec<_>>();
    assert!(refused.iter().all(|answer| answer.contains("<code>rate</code><retry>")), "{answers:?}");
    assert!((1..6).contains(&refused.len()), "{answers:?}");
    report(&relay, "6 chats at once, chats_per_second 1", "ack, then nack/rate, retry", before);
}

#[test]
fn a_second_shake_within_ten_seconds_is_refused_in_both_dialects() {
    let relay = two_friends("");
    let before = rss_kib(relay.pid());
    let mut bob = Raw::seed(&relay.plain, "bob", "pb");
    bob.hears_until("<type>friend</type>");
    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    let shake = "<msg><type>shake</type><myaccount>alice</myaccount><friendaccount>bob</friendaccount><id>s1</id></msg>";
    alice.say(shake);
    alice.hears_until("<type>ack</type><id>s1</id>");
    bob.hears_until("<type>shake</type>");
    alice.say(&shake.replace("s1", "s2"));
    let answer = alice.hears_until("<type>nack</type><id>s2</id>");
    assert!(answer.contains("<code>rate</code><retry>"), "{answer}");
    let mut seed = Raw::seed(&relay.plain, "alice", "pa");
    seed.say(&shake.replace("<id>s1</id>", ""));
    seed.hears_until("<code>rate</code>");
    report(&relay, "a second shake within 10 s", "nack/rate, error/rate", before);
}

#[test]
fn a_peer_that_does_not_read_costs_bounded_memory_and_loses_nothing() {
    let relay = two_friends("chats_per_second = 100000\nchats_burst = 100000\noutput_deadline = \"60s\"\n");
    let mut bob = Raw::seed(&relay.plain, "bob", "pb");
    bob.hears_until("<type>friend</type>");
    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    let before = rss_kib(relay.pid());
    let content = "x".repeat(16_000);
    for number in 0..1_500 {
        alice.say(&chat("alice", "bob", &content, &format!("n{number}")));
        alice.hears_until(&format!("<type>ack</type><id>n{number}</id>"));
    }
    report(&relay, "24 MB for somebody who does not read", "kept on disk", before);
    for _ in 0..1_500 {
        bob.hears_until("<content>x");
    }
}

#[test]
fn a_peer_that_takes_no_byte_is_closed_in_the_end() {
    let relay = two_friends("chats_per_second = 100000\nchats_burst = 100000\noutput_deadline = \"500ms\"\n");
    let mut bob = Raw::seed(&relay.plain, "bob", "pb");
    bob.hears_until("<type>friend</type>");
    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    let content = "x".repeat(16_000);
    let mut number = 0;
    // Until the kernel's buffers and the relay's are full, and then until the relay gives bob up: alice is told he is off line.
    wait::until_within(Duration::from_secs(60), "the relay closes bob", || {
        number += 1;
        alice.say(&chat("alice", "bob", &content, &format!("n{number}")));
        let answer = loop {
            let heard = alice.hear().expect("alice stays");
            if heard.contains("<type>line</type>") || heard.contains("<type>ack</type>") {
                break heard;
            }
        };
        answer.contains("<state>-1</state>").then_some(())
    });
    let mut rest = Vec::new();
    let _ = bob.stream().read_to_end(&mut rest);
    let mut again = Raw::seed(&relay.plain, "bob", "pb");
    again.hears_until("<content>x");
}

#[test]
fn a_device_more_than_the_limit_is_refused() {
    let relay = two_friends("devices = 2\n");
    for number in 0..2 {
        drop(Raw::full(&relay.plain, "alice", "pa", &format!("6f9619ff-8b86-4d01-b42d-{number:012}")));
    }
    let mut third = Raw::connect(&relay.plain);
    third.say("<msg><type>login</type><account>alice</account><pwd>pa</pwd><v>1</v><device>6f9619ff-8b86-4d01-b42d-000000000009</device><client>raw/1</client></msg>");
    third.hears("<state>0</state><reason>devices</reason>");
}

#[test]
fn a_stranger_may_write_five_times_until_answered() {
    let relay = two_friends("");
    relay.account("carol", "Carol", "pc");
    let mut carol = Raw::full(&relay.plain, "carol", "pc", DEVICE);
    for number in 0..5 {
        carol.say(&chat("carol", "alice", "hello?", &format!("h{number}")));
        carol.hears_until(&format!("<type>ack</type><id>h{number}</id>"));
    }
    carol.say(&chat("carol", "alice", "hello?", "h5"));
    let answer = carol.hears_until("<id>h5</id>");
    assert!(answer.contains("<type>nack</type><id>h5</id><code>unknown</code>"), "{answer}");
}
