//! The daemon and whoever uses it: drafts that outlive it, its end and its return, a newer one that is installed over it,
//! and the window program that it starts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::program::{self, Running};
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

/// A relay with alice, who is logged in, and her friend bob.
fn alice() -> (Relay, Person) {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let alice = Person::logged_in("alice", "pa", &relay);
    (relay, alice)
}

/// A file that can be run.
fn script(path: &Path, lines: &str) {
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).expect("it is written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("0755");
}

/// The daemon from a directory of its own, without a display.
fn installed(person: &Person) -> (tempfile::TempDir, Running) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let program = dir.path().join("qqd");
    fs::copy(program::path("qqd"), &program).expect("a copy");
    let mut command = Command::new(&program);
    for (name, value) in person.command("qqd").get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "SYSTEMD_EXEC_PID"] {
        command.env_remove(name);
    }
    // Nothing but what lies beside it is found.
    command.env("PATH", dir.path()).stdin(Stdio::null()).stderr(Stdio::null());
    let running = Running(command.spawn().expect("qqd starts"));
    wait::until("it answers", || person.daemon());
    (dir, running)
}

#[test]
fn what_was_typed_and_not_sent_outlives_a_daemon_that_is_killed_and_not_the_account() {
    let (relay, alice) = alice();
    let watch = alice.watch();
    alice.ok(&["chat", "draft", "bob", "about tonight: \nbring the 吉他"]);
    assert_eq!(watch.next("chat.drafted", |draft| draft["friend"] == "bob")["data"]["friend"], "bob");
    alice.kill_daemon();
    assert_eq!(alice.ok(&["chat", "draft", "bob"]), "about tonight: \nbring the 吉他\n");
    let again = alice.watch();
    alice.ok(&["chat", "draft", "bob", ""]);
    again.next("chat.drafted", |draft| draft["text"] == "");
    assert_eq!(alice.json(&["chat", "draft", "bob"])["text"], "");

    alice.ok(&["chat", "draft", "bob", "a secret that was never sent"]);
    alice.ok(&["logout"]);
    assert!(alice.login(&relay.tls, "pa", &[]).status.success());
    assert_eq!(alice.ok(&["chat", "draft", "bob"]), "a secret that was never sent\n");
    alice.ok(&["logout", "--forget"]);
    assert!(alice.login(&relay.tls, "pa", &["--trust", &relay.fingerprint]).status.success());
    assert_eq!(alice.ok(&["chat", "draft", "bob"]), "");
}

#[test]
fn a_daemon_that_was_told_to_end_is_gone_and_the_next_command_starts_it_with_its_login() {
    let (_relay, alice) = alice();
    for _ in 0..5 {
        let before = alice.daemon().expect("it runs");
        let watch = alice.watch();
        let reply = alice.json(&["daemon", "stop"]);
        assert_eq!(reply["pid"], before);
        assert!(!program::alive(before), "it has ended when the command does");
        assert_eq!(watch.next("daemon.stopped", |_| true)["data"]["restart"], false);
        assert_eq!(alice.run(&["--no-start", "status"]).status.code(), Some(5));
        alice.online();
        assert_ne!(alice.daemon(), Some(before));
    }
    let before = alice.daemon();
    alice.ok(&["daemon", "stop", "--restart"]);
    assert!(alice.daemon().is_some_and(|after| Some(after) != before));
}

#[test]
fn a_daemon_whose_file_was_replaced_says_so_now_and_later() {
    let alice = Person::new("alice");
    let (dir, running) = installed(&alice);
    let watch = alice.watch();
    let newer = dir.path().join("qqd.new");
    script(&newer, "echo qqd 9.8.7");
    fs::rename(&newer, dir.path().join("qqd")).expect("it takes its place");
    let told = watch.next("daemon.outdated", |_| true);
    assert_eq!(told["data"]["installed"], "9.8.7");
    let status = alice.json(&["status"]);
    assert_eq!(status["daemon"]["outdated"], told["data"]);
    assert_eq!(status["daemon"]["pid"], running.pid(), "the old one still runs");
    let shown = alice.ok(&["status"]);
    assert!(shown.contains("qqd 9.8.7 is installed") && shown.contains("daemon stop --restart"), "{shown}");
    let state = alice.ok(&["--json", "watch", "--count", "1", "daemon.state"]);
    assert!(state.contains(r#""installed":"9.8.7""#), "{state}");
}

#[test]
fn a_window_program_is_started_on_the_callers_screen_and_told_what_to_show() {
    let (_relay, alice) = alice();
    alice.stop_daemon();
    let (dir, _running) = installed(&alice);
    let open = |args: &[&str], display: Option<&str>| {
        let mut command = alice.qqctl(args);
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"]
        {
            command.env_remove(name);
        }
        if let Some(display) = display {
            command.env("DISPLAY", display).env("XDG_ACTIVATION_TOKEN", "t1");
        }
        command.output().expect("qqctl starts")
    };
    let missing = open(&["open", "bob"], Some(":97"));
    assert_eq!(missing.status.code(), Some(7), "{}", text(&missing.stderr));
    assert!(text(&missing.stderr).contains("qq-slint is not installed"), "{}", text(&missing.stderr));

    let said = dir.path().join("said");
    script(
        &dir.path().join("qq-slint"),
        &format!("echo $DISPLAY $WAYLAND_DISPLAY $XDG_ACTIVATION_TOKEN $@ >> {}", said.display()),
    );
    let nowhere = open(&["open", "bob"], None);
    assert_eq!(nowhere.status.code(), Some(14), "{}", text(&nowhere.stderr));
    assert!(text(&nowhere.stderr).contains("no display"), "{}", text(&nowhere.stderr));

    let started = open(&["--json", "open", "bob"], Some(":97"));
    assert_eq!(text(&started.stdout), "{\"started\":true}\n", "{}", text(&started.stderr));
    let local = alice.json(&["status"])["accounts"][0]["account"].as_str().expect("a name").to_owned();
    let expected = format!(":97 t1 --account {local} --open bob");
    wait::until("the window program was told", || {
        fs::read_to_string(&said).ok().filter(|said| said.trim() == expected)
    });
    let stranger = open(&["open", "mallory"], Some(":97"));
    assert_eq!(stranger.status.code(), Some(7), "{}", text(&stranger.stderr));
}
