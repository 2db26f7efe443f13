//! The administrator's commands, beside a running relay and without one.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::program;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;

fn admin(relay: &Relay, args: &[&str]) -> Output {
    let mut command = admin_command(relay, args);
    command.output().expect("relay-server starts")
}

fn admin_command(relay: &Relay, args: &[&str]) -> Command {
    let mut command = program::command("relay-server");
    command.args(args).arg("--data").arg(relay.data());
    command
}

fn with_password(relay: &Relay, args: &[&str], password: &str) -> Output {
    let mut child = admin_command(relay, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("relay-server starts");
    let _ = writeln!(child.stdin.take().expect("a pipe"), "{password}");
    child.wait_with_output().expect("it ends")
}

#[test]
fn accounts_are_added_listed_and_removed_with_and_without_a_running_relay() {
    for running in [false, true] {
        let mut relay = Relay::prepared("");
        relay.account("alice", "Alice 爱丽丝", "pa");
        if running {
            relay.restart();
        }
        let out = with_password(&relay, &["account", "add", "Bob", "--password-stdin"], "pb");
        assert!(out.status.success(), "{}", text(&out.stderr));
        let listed = text(&admin(&relay, &["account", "list", "--json"]).stdout);
        let listed: serde_json::Value =
            serde_json::from_str(&listed).unwrap_or_else(|error| panic!("{error}: {listed}"));
        let shown = listed.to_string();
        assert!(
            shown.contains("\"bob\"") && shown.contains("Alice 爱丽丝"),
            "names are lower-cased: {shown}"
        );

        let taken = with_password(&relay, &["account", "add", "alice", "--password-stdin"], "x");
        assert_eq!(taken.status.code(), Some(11), "{}", text(&taken.stderr));
        let reserved = with_password(&relay, &["account", "add", "admin", "--password-stdin"], "x");
        assert_eq!(reserved.status.code(), Some(2), "{}", text(&reserved.stderr));
        assert!(admin(&relay, &["friend", "add", "alice", "bob"]).status.success());
        assert_eq!(admin(&relay, &["friend", "add", "alice", "bob"]).status.code(), Some(11));
        assert!(admin(&relay, &["friend", "remove", "alice", "bob"]).status.success());
        assert_eq!(admin(&relay, &["friend", "remove", "alice", "nobody"]).status.code(), Some(7));
        assert!(admin(&relay, &["account", "remove", "bob"]).status.success());
        assert_eq!(admin(&relay, &["account", "remove", "bob"]).status.code(), Some(7));
        let left = text(&admin(&relay, &["account", "list"]).stdout);
        assert!(left.contains("alice") && !left.contains("bob"), "{left}");
    }
}

#[test]
fn a_new_password_ends_sessions_and_tokens() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "old");
    let alice = Person::logged_in("alice", "old", &relay);
    let at_alice = alice.watch();
    let out = with_password(&relay, &["account", "passwd", "alice", "--password-stdin"], "new");
    assert!(out.status.success(), "{}", text(&out.stderr));
    at_alice.next("account.refused", |refused| refused["reason"] == "revoked");
    let out = alice.login(&relay.tls, "old", &[]);
    assert_eq!(out.status.code(), Some(4), "{}", text(&out.stderr));
    let out = alice.login(&relay.tls, "new", &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn a_disabled_account_is_out_at_once_and_in_again_once_it_is_enabled() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let alice = Person::logged_in("alice", "pa", &relay);
    let at_alice = alice.watch();
    let begun = std::time::Instant::now();
    assert!(admin(&relay, &["account", "disable", "alice"]).status.success());
    at_alice.next("account.refused", |refused| refused["reason"] == "disabled");
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "within a second");
    let status = alice.ok(&["status"]);
    assert!(status.contains("disabled"), "status says why: {status}");
    let out = alice.login(&relay.tls, "pa", &[]);
    assert_eq!(out.status.code(), Some(8), "{}", text(&out.stderr));
    assert!(admin(&relay, &["account", "enable", "alice"]).status.success());
    // Its token is as good as before.
    alice.stop_daemon();
    alice.online();
}

#[test]
fn a_removed_friend_disappears_from_the_list_at_once() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let alice = Person::logged_in("alice", "pa", &relay);
    let at_alice = alice.watch();
    assert!(admin(&relay, &["friend", "remove", "alice", "bob"]).status.success());
    at_alice.next("friend.removed", |removed| removed["friend"] == "bob");
}

#[test]
fn plain_text_off_loopback_is_refused_unless_it_is_allowed() {
    let relay = Relay::prepared("");
    let out = admin(&relay, &["serve", "--listen", "127.0.0.1:0", "--listen-plain", "0.0.0.0:0"]);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("allow_plaintext"), "{}", text(&out.stderr));
    assert!(out.stdout.is_empty(), "no ready line");
}

#[test]
fn the_configuration_prints_as_a_file_that_can_be_read_again() {
    let printed = program::command("relay-server").arg("config").output().unwrap();
    assert!(printed.status.success());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("relay.toml");
    std::fs::write(&file, &printed.stdout).unwrap();
    let check = |file: &std::path::Path| {
        program::command("relay-server")
            .args(["serve", "--check-config", "--config"])
            .arg(file)
            .output()
            .unwrap()
    };
    let out = check(&file);
    assert!(out.status.success(), "{}", text(&out.stderr));
    std::fs::write(&file, "stanza_maximum = 5\n").unwrap();
    let out = check(&file);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("stanza_maximum"), "{}", text(&out.stderr));
}

#[test]
fn a_second_relay_on_the_same_directory_is_refused() {
    let relay = Relay::start();
    let out = admin(&relay, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!out.status.success());
    assert!(!out.stderr.is_empty() && out.stdout.is_empty(), "{}", text(&out.stderr));
}

#[test]
fn sigterm_ends_the_relay_and_nothing_acknowledged_is_lost() {
    let mut relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let mut alice = Raw::full(&relay.plain, "alice", "pa", "6f9619ff-8b86-4d01-b42d-00cf4fc964f0");
    alice.say("<msg><type>chat</type><myaccount>alice</myaccount><friendaccount>alice</friendaccount><content>kept</content><id>k1</id></msg>");
    alice.hears_until("<type>ack</type><id>k1</id>");
    relay.stop();
    relay.restart();
    let mut again = Raw::full(&relay.plain, "alice", "pa", "6f9619ff-8b86-4d01-b42d-00cf4fc964f1");
    again.hears_until("<content>kept</content>");
}

#[test]
fn a_damaged_database_is_refused_and_never_replaced() {
    let relay = Relay::prepared("");
    relay.account("alice", "Alice", "pa");
    let file = relay.data().join("relay.db");
    for damage in
        ["this is no database, but long enough to look like a file of one ".repeat(200), String::new()]
    {
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(relay.data().join(format!("relay.db{end}")));
        }
        std::fs::write(&file, &damage).unwrap();
        let out = admin(&relay, &["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
        assert!(text(&out.stderr).contains("relay.db"), "{}", text(&out.stderr));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), damage, "it is left as it is");
    }
}
