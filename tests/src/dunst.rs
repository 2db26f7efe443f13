//! A desktop of a test's own: a message bus, and on a pretended screen the notification service that many people use.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::Running;
use crate::wait;

/// Everything stays where it is until it is taken away.
const DUNST: &str = "[global]\nhistory_length=100\nnotification_limit=0\n\
    [urgency_low]\ntimeout=0\n[urgency_normal]\ntimeout=0\n[urgency_critical]\ntimeout=0\n";

/// A message bus that nothing else is on.
#[derive(Debug)]
pub struct Bus {
    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub address: String,
    directory: TempDir,
    running: Option<Running>,
}

impl Bus {
    /// One that runs.
    pub fn start() -> Self {
        let mut bus = Self::later();
        bus.begin();
        bus
    }

    /// One that does not run yet.
    pub fn later() -> Self {
        let directory = tempfile::Builder::new().prefix("qq-bus-").tempdir().expect("a temporary directory");
        let address = format!("unix:path={}", directory.path().join("bus").display());
        Self { address, directory, running: None }
    }

    /// Starts it.
    pub fn begin(&mut self) {
        let (socket, config) = (self.directory.path().join("bus"), self.directory.path().join("bus.conf"));
        let text = crate::desktop::bus::config("path", &socket);
        std::fs::write(&config, text).expect("the bus's configuration");
        let mut command = Command::new("dbus-daemon");
        command.arg(format!("--config-file={}", config.display())).args(["--nofork", "--nopidfile"]);
        let child =
            command.stderr(Stdio::null()).process_group(0).spawn().expect("dbus-daemon starts (make test)");
        self.running = Some(Running(child));
        wait::until("the bus is there", || std::os::unix::net::UnixStream::connect(&socket).ok());
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.running = None;
        // As a session's end does.
        let _ = std::fs::remove_file(self.directory.path().join("bus"));
    }
}

/// dunst on a screen that nobody sees.
#[derive(Debug)]
pub struct Dunst {
    address: String,
    _dunst: Running,
    _screen: Running,
    _directory: TempDir,
}

impl Dunst {
    /// Starts it on this bus; it shows notifications when this returns.
    pub fn start(bus: &Bus) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let config = directory.path().join("dunstrc");
        std::fs::write(&config, DUNST).expect("dunst's configuration");
        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]);
        let mut screen = screen.stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0).spawn();
        let number = screen.as_mut().expect("Xvfb starts (make test)").stdout.take().expect("a pipe");
        let screen = Running(screen.expect("it has started"));
        let mut display = String::new();
        BufReader::new(number).read_line(&mut display).expect("Xvfb says its display");
        let mut dunst = Command::new("dunst");
        dunst
            .arg("-config")
            .arg(config)
            .env("DISPLAY", format!(":{}", display.trim()))
            .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
            .env_remove("WAYLAND_DISPLAY");
        let dunst = dunst.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn();
        let address = bus.address.clone();
        let dunst = Running(dunst.expect("dunst starts (make test)"));
        let dunst = Self { address, _dunst: dunst, _screen: screen, _directory: directory };
        wait::until("dunst answers", || dunst.ctl(&["is-paused"]));
        dunst
    }

    /// How many notifications are on the screen.
    pub fn displayed(&self) -> u64 {
        let said = self.ctl(&["count", "displayed"]).expect("dunst answers");
        said.trim().parse().unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Waits until so many are on the screen.
    pub fn shows(&self, count: u64) {
        wait::until(&format!("{count} notifications are shown"), || {
            (self.displayed() == count).then_some(())
        });
    }

    /// Those that are not on the screen any more, the newest first: title and text.
    pub fn history(&self) -> Vec<(String, String)> {
        let said = self.ctl(&["history"]).expect("dunst answers");
        let said: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        let all = said["data"][0].as_array().expect("a list").iter();
        let field = |one: &Value, name: &str| one[name]["data"].as_str().unwrap_or_default().to_owned();
        all.map(|one| (field(one, "summary"), field(one, "body"))).collect()
    }

    fn ctl(&self, args: &[&str]) -> Option<String> {
        let out = Command::new("dunstctl")
            .args(args)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stderr(Stdio::null())
            .output()
            .expect("dunstctl starts (make test)");
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
    }
}
