//! The product's programs, as `cargo build --bins` made them, run as real processes.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::wait;

/// Where `name` was built: beside the test programs. `make test` builds it; `cargo test` alone does not.
pub fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let built = test.ancestors().nth(2).expect("tests run in target/PROFILE/deps").join(name);
    assert!(
        built.exists(),
        "{} is not built: run `make test`, or `cargo build --workspace --bins` first",
        built.display()
    );
    built
}

/// A command for one of the product's programs, with nothing on standard input.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(path(name));
    command.stdin(Stdio::null());
    command
}

/// A child that is killed when the test is over, however it ends.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL, also for what it started in a process group of its own (`strace` goes, and what it traced would stay).
    pub fn kill(&mut self) {
        let _ = killpg(Pid::from_raw(i32::try_from(self.pid()).expect("a process id fits")), Signal::SIGKILL);
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// SIGTERM, and its exit status.
    pub fn terminate(&mut self) -> ExitStatus {
        signal(self.pid(), Signal::SIGTERM);
        wait::until("the program ends after SIGTERM", || {
            self.0.try_wait().expect("a child can be waited for")
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal; a process that is gone already is fine.
pub fn signal(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(i32::try_from(pid).expect("a process id fits")), signal);
}

/// Whether the process is there (a zombie is not).
pub fn alive(pid: u32) -> bool {
    let is_zombie =
        |stat: String| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'));
    let threads = || std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    // Of a killed process the first thread may be a zombie while others, in a sync for example, still hold its sockets
    // and locks.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !is_zombie(stat) || threads() > 1)
}

/// The proportional set size of a process in KiB, from `smaps_rollup`.
pub fn pss_kib(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// The resident set size of a process in KiB, from `status`.
pub fn rss_kib(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:")
}

fn field(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{path} has no {name}"))
}
