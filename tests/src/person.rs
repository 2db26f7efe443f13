//! One user: directories of their own, a real qqd in them, and qqctl to speak with it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{self, Running};
use crate::relay::Relay;
use crate::wait;

/// A person with an account.
#[derive(Debug)]
pub struct Person {
    home: TempDir,
    /// The session's bus.
    bus: Option<String>,
    /// The account's name at the relay.
    pub account: String,
}

impl Person {
    /// Somebody whose daemon does not run yet.
    pub fn new(account: &str) -> Self {
        let home = tempfile::Builder::new().prefix("qq-").tempdir().expect("a temporary directory");
        let run = home.path().join("run");
        std::fs::create_dir(&run).expect("a runtime directory");
        std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).expect("0700");
        Self { home, bus: None, account: account.to_owned() }
    }

    /// The same one, on this bus from now on.
    pub fn on_bus(mut self, address: &str) -> Self {
        self.bus = Some(address.to_owned());
        self
    }

    /// Somebody who has logged in to `relay`.
    pub fn logged_in(account: &str, password: &str, relay: &Relay) -> Self {
        let person = Self::new(account);
        let out = person.login(&relay.tls, password, &["--trust", &relay.fingerprint]);
        assert!(out.status.success(), "{account} cannot log in: {}", text(&out.stderr));
        person
    }

    /// `qqctl login`, with more arguments.
    pub fn login(&self, relay: &str, password: &str, more: &[&str]) -> Output {
        let args = [&["login", &self.account, "--relay", relay, "--password-stdin"], more].concat();
        let mut child = self
            .qqctl(&args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("qqctl starts");
        // A qqctl that has refused its arguments already does not read the password.
        let _ = writeln!(child.stdin.take().expect("a pipe"), "{password}");
        child.wait_with_output().expect("qqctl ends")
    }

    /// A qqctl command in this person's directories.
    pub fn qqctl(&self, args: &[&str]) -> Command {
        let mut command = self.command("qqctl");
        command.args(args);
        command
    }

    /// Any of the programs in this person's directories.
    pub fn command(&self, name: &str) -> Command {
        let home = self.home.path();
        let mut command = program::command(name);
        command
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            // Never the desktop of whoever runs the tests.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
            .env("LC_ALL", "C.UTF-8");
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        command
    }

    /// Runs qqctl to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.qqctl(args).output().expect("qqctl starts")
    }

    /// Runs qqctl; panics unless it ends with 0; its standard output.
    pub fn ok(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "qqctl {args:?} ended with {}: {}", out.status, text(&out.stderr));
        text(&out.stdout)
    }

    /// Runs `qqctl --json`; panics unless it ends with 0; the reply.
    pub fn json(&self, args: &[&str]) -> Value {
        let out = self.ok(&[&["--json"], args].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("qqctl --json {args:?}: {error}: {out}"))
    }

    /// The daemon's process id, if it runs.
    pub fn daemon(&self) -> Option<u32> {
        let out = self.run(&["--no-start", "--json", "status"]);
        let status: Value = serde_json::from_slice(&out.stdout).ok()?;
        u32::try_from(status["daemon"]["pid"].as_u64()?).ok()
    }

    /// SIGKILL for the daemon, if it runs; gone when this returns.
    pub fn kill_daemon(&self) {
        self.end_daemon(Signal::SIGKILL);
    }

    /// SIGTERM for the daemon, if it runs; gone when this returns.
    pub fn stop_daemon(&self) {
        self.end_daemon(Signal::SIGTERM);
    }

    fn end_daemon(&self, signal: Signal) {
        let Some(pid) = self.daemon() else { return };
        program::signal(pid, signal);
        wait::until("the daemon is gone", || (!program::alive(pid)).then_some(()));
    }

    /// Waits until the daemon (started if need be) says that the account is on line.
    pub fn online(&self) {
        wait::until(&format!("{} is on line", self.account), || {
            let status = self.run(&["--json", "status"]);
            let status: Value = serde_json::from_slice(&status.stdout).ok()?;
            (status["accounts"][0]["state"] == "online").then_some(())
        });
    }

    /// Follows `qqctl --json watch` from now on.
    pub fn watch(&self) -> Watch {
        let mut child =
            self.qqctl(&["--json", "watch"]).stdout(Stdio::piped()).spawn().expect("qqctl starts");
        let (tx, lines) = std::sync::mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if tx.send(event).is_err() {
                    return;
                }
            }
        });
        let watch = Watch { _running: Running(child), lines };
        watch.next("daemon.state", |_| true);
        watch
    }

    /// Where the daemon keeps its data.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data/qqd")
    }

    /// This person's home directory.
    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.kill_daemon();
    }
}

/// The events that a daemon tells, as they come.
#[derive(Debug)]
pub struct Watch {
    _running: Running,
    lines: std::sync::mpsc::Receiver<Value>,
}

impl Watch {
    /// The next event called `name` that `fits`; others before it are passed over.
    pub fn next(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + wait::PATIENCE;
        let mut passed = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match self.lines.recv_timeout(left) {
                Ok(event) if event["event"] == name && fits(&event["data"]) => return event,
                Ok(event) => passed.push(event.to_string()),
                Err(error) => panic!("no fitting {name} came ({error}); these did:\n{}", passed.join("\n")),
            }
        }
    }
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Two friends who have logged in, and their relay.
pub fn alice_and_bob() -> (Relay, Person, Person) {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let (alice, bob) = (Person::logged_in("alice", "pa", &relay), Person::logged_in("bob", "pb", &relay));
    (relay, alice, bob)
}
