//! Pulling the plug: the relay and both daemons are killed with SIGKILL again and again while both people write.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;
use serde_json::Value;

/// How many messages each of the two writes.
const MESSAGES: usize = 500;
const RELAY_KILLS: usize = 10;
const DAEMON_KILLS: usize = 3;

#[test]
fn what_the_relay_confirmed_arrives_exactly_once_and_in_order_whatever_is_killed() {
    let mut relay = Relay::start_with("chats_per_second = 1000\nchats_burst = 1000\n");
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let alice = Person::logged_in("alice", "pa", &relay);
    let bob = Person::logged_in("bob", "pb", &relay);
    let confirmed = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let at_least = |count: usize| {
        wait::until_within(Duration::from_secs(300), &format!("{count} messages are confirmed"), || {
            (confirmed.iter().map(|one| one.load(Ordering::Relaxed)).sum::<usize>() >= count).then_some(())
        });
    };
    std::thread::scope(|scope| {
        scope.spawn(|| write(&alice, "bob", &confirmed[0]));
        scope.spawn(|| write(&bob, "alice", &confirmed[1]));
        // Spread over the whole run: a kill after every so many confirmed messages.
        let kills = RELAY_KILLS + 2 * DAEMON_KILLS;
        let mut daemons = [&alice, &bob].into_iter().cycle();
        for kill in 0..kills {
            at_least((kill + 1) * 2 * MESSAGES / (kills + 1));
            if kill % 8 < 3 {
                daemons.next().expect("endless").kill_daemon();
            } else {
                relay.kill();
                relay.restart();
            }
        }
    });
    for (person, other) in [(&alice, "bob"), (&bob, "alice")] {
        person.online();
        wait::until("everything has arrived", || {
            (history(person, other).len() >= 2 * MESSAGES).then_some(())
        });
    }
    let (at_alice, at_bob) = (history(&alice, "bob"), history(&bob, "alice"));
    assert_eq!(at_alice, at_bob, "both ends see the same conversation in the same order");
    for sender in ["alice", "bob"] {
        let numbers: Vec<usize> =
            at_bob.iter().filter(|(from, _)| from == sender).map(|(_, text)| text.parse().unwrap()).collect();
        assert_eq!(numbers, (0..MESSAGES).collect::<Vec<_>>(), "each message of {sender} once, in order");
    }
}

/// Writes one message after the other, each until it is confirmed; the same key each time, as a script would.
fn write(person: &Person, to: &str, confirmed: &AtomicUsize) {
    for number in 0..MESSAGES {
        let key = format!("{}-{number}", person.account);
        wait::until_within(Duration::from_secs(120), &format!("{key} is confirmed"), || {
            let out = person.run(&[
                "send",
                to,
                &number.to_string(),
                "--id",
                &key,
                "--wait",
                "relay",
                "--timeout",
                "20s",
            ]);
            // 3: timeout, 5: the daemon was killed, 6: the relay is away, 1: the daemon died while it answered.
            let code = out.status.code().unwrap_or(-1);
            assert!([0, 1, 3, 5, 6].contains(&code), "{key}: {code}: {}", text(&out.stderr));
            (code == 0).then_some(())
        });
        confirmed.fetch_add(1, Ordering::Relaxed);
    }
}

/// The whole conversation, oldest first: who said what.
fn history(person: &Person, other: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let mut args = vec!["history", other, "-n", "1000"];
        if let Some(row) = &before {
            args.extend(["--before", row]);
        }
        let page = person.json(&args);
        let messages = page["messages"].as_array().expect("messages");
        let said = |message: &Value| {
            let word = |key: &str| message[key].as_str().expect("a word").to_owned();
            (word("from"), word("text"))
        };
        all.splice(0..0, messages.iter().map(said));
        if page["more"] != true {
            return all;
        }
        before = Some(messages[0]["row"].to_string());
    }
}

#[test]
fn a_daemon_killed_again_and_again_while_it_logs_in_is_never_locked_out() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let alice = Person::logged_in("alice", "pa", &relay);
    for _ in 0..10 {
        alice.kill_daemon();
        // Started, and killed at once: at some of these the token is just being changed.
        alice.run(&["status"]);
    }
    alice.online();
}

#[test]
fn a_relay_killed_again_and_again_while_somebody_logs_in_locks_nobody_out() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let alice = Person::logged_in("alice", "pa", &relay);
    let watch = alice.watch();
    for _ in 0..10 {
        relay.kill();
        watch.next("account.state", |account| account["state"] != "online");
        relay.restart();
        // The daemon is there again with its token: a login has been taken, and its answer may be on the way.
        watch.next("account.state", |account| {
            account["state"] == "authenticating" || account["state"] == "online"
        });
    }
    alice.online();
    relay.stop();
}

/// Says something to the relay and kills it: `late` 0 at once, later ones a little further on the way of the answer.
/// The answer, if it came.
fn say_and_kill(relay: &mut Relay, text: &str, late: u32) -> Option<String> {
    let mut raw = Raw::connect(&relay.plain);
    raw.say(text);
    // A share of what one of these takes, so that some are killed before and some after the commit.
    raw.waits(Duration::from_millis(u64::from(late) * 15));
    relay.kill();
    let answer = raw.hear();
    relay.restart();
    answer
}

#[test]
fn a_registration_whose_answer_is_lost_again_and_again_makes_one_account() {
    let mut relay = Relay::start_with("registrations_per_address = 1000\n");
    relay.account("bob", "Bob", "pb");
    let link = relay.invite(&["alice", "--friend", "bob"]);
    let register = format!(
        "<msg><type>register</type><pwd>pa</pwd><invite>{}</invite><id>r1</id></msg>",
        link.code.expose()
    );
    for late in 0..8 {
        let answer = say_and_kill(&mut relay, &register, late);
        assert!(answer.is_none_or(|answer| answer.contains("<state>1</state>")));
    }
    let mut raw = Raw::connect(&relay.plain);
    raw.say(&register);
    raw.hears("<type>register_response</type><state>1</state><id>r1</id><account>alice</account>");
    let mut alice = Raw::seed(&relay.plain, "alice", "pa");
    alice.hears("<type>user</type>");
    alice.hears("<type>friend</type><name>Bob</name>");
    relay.stop();
}

#[test]
fn a_login_with_a_code_whose_answer_is_lost_again_and_again_locks_nobody_out() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let link = relay.link("alice");
    let login = format!(
        "<msg><type>login</type><account>alice</account><v>1</v><device>phone</device><code>{}</code></msg>",
        link.code.expose()
    );
    for late in 0..8 {
        let answer = say_and_kill(&mut relay, &login, late);
        assert!(answer.is_none_or(|answer| answer.contains("<state>1</state>")));
    }
    // The device gets an answer at last, and is killed before it has stored the token.
    let mut raw = Raw::connect(&relay.plain);
    raw.say(&login);
    raw.hears("<state>1</state>");
    drop(raw);
    let mut raw = Raw::connect(&relay.plain);
    raw.say(&login);
    let answer = raw.hears("<state>1</state>");
    let token = answer.split("<token>").nth(1).and_then(|rest| rest.split('<').next()).expect("a token");
    raw.hears_until("<type>list_end</type>");
    raw.say("<msg><type>ping</type><id>p</id></msg>");
    raw.hears_until("<type>pong</type>");
    drop(raw);
    // Now it has it: the code is worth nothing any more, and the token is.
    let mut raw = Raw::connect(&relay.plain);
    raw.say(&login);
    raw.hears("<state>0</state><reason>credentials</reason>");
    raw.say(&format!(
        "<msg><type>login</type><account>alice</account><v>1</v><device>phone</device><token>{token}</token></msg>"
    ));
    raw.hears("<state>1</state>");
    relay.stop();
}

#[test]
fn a_password_whose_change_was_not_confirmed_is_the_old_or_the_new_one() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "p0");
    let mut password = "p0".to_owned();
    for late in 0..8_u32 {
        let new = format!("p{}", late + 1);
        let mut raw = Raw::full(&relay.plain, "alice", &password, "phone");
        raw.say(&format!("<msg><type>passwd</type><pwd>{password}</pwd><new>{new}</new><id>w</id></msg>"));
        raw.waits(Duration::from_millis(u64::from(late) * 20));
        relay.kill();
        let confirmed = raw.hear().is_some_and(|answer| answer.contains("<type>ack</type>"));
        relay.restart();
        let mut raw = Raw::connect(&relay.plain);
        let takes = |raw: &mut Raw, password: &str| {
            raw.say(&format!("<msg><type>login</type><account>alice</account><pwd>{password}</pwd></msg>"));
            raw.hear().expect("an answer").contains("<state>1</state>")
        };
        if takes(&mut raw, &new) {
            password = new;
        } else {
            assert!(!confirmed, "what was confirmed is so");
            assert!(takes(&mut raw, &password), "the old one still works");
        }
    }
    relay.stop();
}
