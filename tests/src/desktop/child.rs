//! Programs of the system that a desktop is made of: found or asked for by name, ended with the test.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::Running;

/// Where a program of the system is; panics with the Debian package that brings it.
pub fn find(program: &str, package: &str) -> PathBuf {
    let beside = ["/usr/libexec", "/usr/lib/at-spi2-core", "/usr/sbin"].map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(beside)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| {
            panic!("{program} is missing: run `scripts/setup test`, or `sudo apt-get install {package}`")
        })
}

/// A command for a program of the system, which must be there.
pub fn command(program: &str, package: &str) -> Command {
    Command::new(find(program, package))
}

/// Starts it so that it also ends when the test is killed: the kernel ends it with the thread that started it (so start
/// it in the test's own thread).
pub fn spawn(command: Command) -> Running {
    start(&command, &mut tied(&command))
}

/// Like [`spawn`], for what a desktop is made of: what it says goes to a file, or to whoever reads the pipe.
pub(super) fn spawn_part(command: Command, log: &Path) -> Running {
    let errors = File::options().create(true).append(true).open(log).expect("a log file");
    start(&command, tied(&command).stdout(Stdio::piped()).stderr(errors))
}

/// The first line of a part of the desktop, which it writes when it is ready.
pub(super) fn first_line(part: &mut Running, log: &Path) -> String {
    let mut line = String::new();
    let stdout = part.0.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let line = line.trim().to_owned();
    assert!(
        !line.is_empty(),
        "it ended before it was ready:\n{}",
        std::fs::read_to_string(log).unwrap_or_default()
    );
    line
}

fn tied(command: &Command) -> Command {
    let mut tied = Command::new(find("setpriv", "util-linux"));
    tied.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        set(&mut tied, name, value);
    }
    if let Some(dir) = command.get_current_dir() {
        tied.current_dir(dir);
    }
    tied.stdin(Stdio::null()).process_group(0);
    tied
}

fn start(command: &Command, tied: &mut Command) -> Running {
    Running(tied.spawn().unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display())))
}

fn set(command: &mut Command, name: &OsStr, value: Option<&OsStr>) {
    match value {
        Some(value) => command.env(name, value),
        None => command.env_remove(name),
    };
}
