//! Logging in with the real programs, and the four ways in which it fails.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::program;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::terminal::Terminal;

fn relay_with_alice() -> Relay {
    let relay = Relay::start();
    relay.account("alice", "Alice", "right password");
    relay
}

#[test]
fn a_right_password_logs_in_and_the_daemon_stays_logged_in() {
    let relay = relay_with_alice();
    let alice = Person::logged_in("alice", "right password", &relay);
    let status = alice.json(&["status"]);
    assert_eq!(status["accounts"][0]["state"], "online");
    alice.kill_daemon();
    alice.online();
}

#[test]
fn a_closed_port_is_told_at_once() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let alice = Person::new("alice");
    let out = alice.login(&closed, "pw", &[]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains(&closed), "{}", text(&out.stderr));
}

#[test]
fn a_port_that_accepts_and_stays_silent_is_a_timeout_that_names_the_step() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let alice = Person::new("alice");
    let started = Instant::now();
    let out = alice.login(&address, "pw", &[]);
    assert_eq!(out.status.code(), Some(3), "{}", text(&out.stderr));
    assert!(
        text(&out.stderr).contains(&address) && text(&out.stderr).contains("TLS"),
        "{}",
        text(&out.stderr)
    );
    assert!(started.elapsed() < Duration::from_secs(15), "the TLS deadline is 5 s");
}

#[test]
fn a_wrong_password_is_told() {
    let relay = relay_with_alice();
    let alice = Person::new("alice");
    let out = alice.login(&relay.tls, "wrong password", &["--trust", &relay.fingerprint]);
    assert_eq!(out.status.code(), Some(4), "{}", text(&out.stderr));
    let nobody = Person::new("nobody");
    let other = nobody.login(&relay.tls, "wrong password", &["--trust", &relay.fingerprint]);
    let looks = text(&other.stderr).replace("nobody", "alice");
    assert_eq!(text(&out.stderr), looks, "an unknown account looks the same");
    assert_eq!(
        alice.json(&["status"])["accounts"],
        serde_json::json!([]),
        "what never succeeded is not stored"
    );
}

#[test]
fn an_unknown_key_stops_before_the_password_is_sent() {
    let relay = relay_with_alice();
    let alice = Person::new("alice");
    let out = alice.login(&relay.tls, "right password", &[]);
    assert_eq!(out.status.code(), Some(12), "{}", text(&out.stderr));
    let said = text(&out.stderr);
    assert!(said.contains(&relay.fingerprint) && said.contains("--trust"), "{said}");
}

#[test]
fn a_key_other_than_the_trusted_one_stops_before_the_password_is_sent() {
    let relay = relay_with_alice();
    let alice = Person::new("alice");
    let other = format!("SHA256:{}", "0".repeat(64));
    let out = alice.login(&relay.tls, "right password", &["--trust", &other]);
    assert_eq!(out.status.code(), Some(12), "{}", text(&out.stderr));
}

#[test]
fn the_four_failures_are_four_sentences() {
    let relay = relay_with_alice();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_address = silent.local_addr().unwrap().to_string();
    let trust = ["--trust", relay.fingerprint.as_str()];
    let cases: [(&str, &[&str]); 4] =
        [(&closed, &[]), (&silent_address, &[]), (&relay.tls, &trust), (&relay.tls, &[])];
    let mut sentences: Vec<String> = cases
        .iter()
        .map(|(address, more)| {
            text(&Person::new("alice").login(address, "wrong", more).stderr).replace(*address, "ADDRESS")
        })
        .collect();
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), 4, "{sentences:#?}");
}

#[test]
fn on_a_terminal_the_key_is_looked_at_before_a_password_is_typed() {
    let relay = relay_with_alice();
    let alice = Person::new("alice");
    let line = format!("{} login alice --relay {}", program::path("qqctl").display(), relay.tls);
    let like = alice.command("qqctl");

    let mut terminal = Terminal::start(&line, 80, &like);
    let asked = terminal.shows("[y/N]");
    assert!(asked.contains(&relay.fingerprint) && !asked.contains("Password"), "{asked}");
    terminal.write("n\n");
    assert_eq!(terminal.ends(), Some(12), "{}", terminal.seen());
    assert!(!terminal.seen().contains("Password"), "{}", terminal.seen());

    let mut terminal = Terminal::start(&line, 80, &like);
    terminal.shows("[y/N]");
    terminal.write("y\n");
    terminal.shows("Password of alice");
    terminal.write("right password\n");
    terminal.shows("Logged in as alice");
    assert_eq!(terminal.ends(), Some(0));
}

#[test]
fn without_a_terminal_a_missing_password_names_the_flag() {
    let relay = relay_with_alice();
    let out = Person::new("alice").run(&["login", "alice", "--relay", &relay.tls]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("--password-stdin"), "{}", text(&out.stderr));
}

#[test]
fn a_log_out_forgets_the_token_and_keeps_the_history() {
    let relay = relay_with_alice();
    let alice = Person::logged_in("alice", "right password", &relay);
    alice.ok(&["send", "@me", "a note", "--wait", "relay"]);
    alice.ok(&["logout"]);
    let token = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("token");
    let files = std::fs::read_dir(alice.data()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!files.into_iter().any(|name| token(&name)), "the token's file is gone");
    assert_eq!(alice.run(&["send", "@me", "more"]).status.code(), Some(4));
    let out = alice.login(&relay.tls, "right password", &[]);
    assert!(out.status.success(), "the pinned key is still trusted: {}", text(&out.stderr));
    assert!(alice.ok(&["history", "@me"]).contains("a note"));
    alice.ok(&["logout", "--forget"]);
    assert_eq!(alice.json(&["status"])["accounts"], serde_json::json!([]));
}

#[test]
fn a_second_daemon_for_the_same_person_ends_with_75_and_says_why() {
    let alice = Person::new("alice");
    alice.ok(&["status"]);
    let out = alice.command("qqd").output().unwrap();
    assert_eq!(out.status.code(), Some(75), "{}", text(&out.stderr));
    assert!(!out.stderr.is_empty());
}

#[test]
fn without_a_daemon_and_with_no_start_the_exit_code_is_5() {
    let out = Person::new("alice").run(&["--no-start", "status"]);
    assert_eq!(out.status.code(), Some(5), "{}", text(&out.stderr));
}
