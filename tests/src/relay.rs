//! A real relay-server in a directory of its own, on loopback.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use relay_schema::qiao::Link;
use tempfile::TempDir;

use crate::program::{self, Running};

/// A relay that can be killed and started again on the same data and the same ports.
#[derive(Debug)]
pub struct Relay {
    home: TempDir,
    running: Option<Running>,
    /// Written before the start; none means defaults.
    config: Option<String>,
    /// Where TLS listens.
    pub tls: String,
    /// Where the plain listener is.
    pub plain: String,
    /// `SHA256:HEX` of its key.
    pub fingerprint: String,
}

impl Relay {
    /// A relay with default limits.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// A relay with a configuration file of this text.
    pub fn start_with(config: &str) -> Self {
        let mut relay = Self::prepared(config);
        relay.restart();
        relay
    }

    /// A relay that does not run yet: only its directory is there.
    pub fn prepared(config: &str) -> Self {
        Self {
            home: tempfile::Builder::new().prefix("relay-").tempdir().expect("a temporary directory"),
            running: None,
            config: (!config.is_empty()).then(|| config.to_owned()),
            tls: "127.0.0.1:0".into(),
            plain: "127.0.0.1:0".into(),
            fingerprint: String::new(),
        }
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("the relay runs").pid()
    }

    /// Starts it (again), on the ports it had before.
    pub fn restart(&mut self) {
        let command = self.command();
        self.restart_as(command);
    }

    /// Starts it through another command (`strace …`) that ends in the relay's own.
    pub fn restart_as(&mut self, mut command: Command) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.home.path().join("log"))
            .expect("a log file");
        command.process_group(0).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the relay starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line from the relay");
        self.running = Some(Running(child));
        let word = |key: &str| {
            line.split_whitespace()
                .find_map(|word| word.strip_prefix(key))
                .unwrap_or_else(|| panic!("no {key} in {line:?}; its log:\n{}", self.log()))
                .to_owned()
        };
        (self.tls, self.plain, self.fingerprint) = (word("tls="), word("plain="), word("fingerprint="));
    }

    /// The command that starts it.
    pub fn command(&self) -> Command {
        let mut command = program::command("relay-server");
        command
            .args(["serve", "--listen", &self.tls, "--listen-plain", &self.plain, "--data"])
            .arg(self.data());
        if let Some(config) = &self.config {
            let file = self.home.path().join("relay.toml");
            std::fs::write(&file, config).expect("a configuration file");
            command.arg("--config").arg(file);
        }
        command
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.running.take().expect("the relay runs").kill();
    }

    /// SIGTERM; panics unless it ends with 0.
    pub fn stop(&mut self) {
        let status = self.running.take().expect("the relay runs").terminate();
        assert!(status.success(), "the relay ended with {status}; its log:\n{}", self.log());
    }

    /// What it wrote to standard error so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// `relay-server account add NAME`, with the name shown.
    pub fn account(&self, name: &str, shown: &str, password: &str) {
        self.with_password(&["account", "add", name, "--name", shown], password);
    }

    /// `relay-server account passwd NAME`.
    pub fn passwd(&self, name: &str, password: &str) {
        self.with_password(&["account", "passwd", name], password);
    }

    fn with_password(&self, args: &[&str], password: &str) {
        let mut child = program::command("relay-server")
            .args(args)
            .args(["--quiet", "--password-stdin", "--data"])
            .arg(self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("relay-server starts");
        writeln!(child.stdin.take().expect("a pipe"), "{password}").expect("the password is read");
        assert!(child.wait().expect("it ends").success(), "{args:?}");
    }

    /// `relay-server invite create …`; the link.
    pub fn invite(&self, args: &[&str]) -> Link {
        self.link_of(&[&["invite", "create"], args].concat())
    }

    /// `relay-server account link NAME`; the link.
    pub fn link(&self, name: &str) -> Link {
        self.link_of(&["account", "link", name])
    }

    fn link_of(&self, args: &[&str]) -> Link {
        let out = program::command("relay-server")
            .args(args)
            .args(["--quiet", "--data"])
            .arg(self.data())
            .output()
            .expect("relay-server starts");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        let link = String::from_utf8(out.stdout).expect("UTF-8");
        link.parse().unwrap_or_else(|error| panic!("{error}: {link}"))
    }

    /// `relay-server` with these arguments and its data; panics unless it ends with 0; its standard output.
    pub fn run(&self, args: &[&str]) -> String {
        let out = program::command("relay-server").args(args).arg("--data").arg(self.data()).output();
        let out = out.expect("relay-server starts");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// `relay-server friend add A B`.
    pub fn friends(&self, a: &str, b: &str) {
        let status = program::command("relay-server")
            .args(["friend", "add", a, b, "--quiet", "--data"])
            .arg(self.data())
            .stdout(Stdio::null())
            .status()
            .expect("relay-server starts");
        assert!(status.success(), "friend add {a} {b}");
    }

    /// The directory above the data, for whatever else a test needs to keep beside it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }
}
