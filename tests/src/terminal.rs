//! A program on a terminal of its own, through `script`: what a person would type, and what they would see.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::program::Running;
use crate::wait;

/// A terminal; what runs on it is killed when this goes.
#[derive(Debug)]
pub struct Terminal {
    running: Running,
    seen: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Runs a line of shell on a terminal so many columns wide. The environment and the directory are those of `like`; its
    /// program and arguments are not used.
    pub fn start(line: &str, columns: u16, like: &Command) -> Self {
        let mut command = Command::new("script");
        let line = format!("stty cols {columns} rows 50; exec {line}");
        command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("script is there: scripts/setup test");
        let seen = Arc::new(Mutex::new(String::new()));
        let (out, all) = (child.stdout.take().expect("a pipe"), Arc::clone(&seen));
        let reader = std::thread::spawn(move || read_all(out, &all));
        Self { running: Running(child), seen, reader: Some(reader) }
    }

    /// Types it, as it is: a line ends with `\n`.
    pub fn write(&mut self, text: &str) {
        let stdin = self.running.0.stdin.as_mut().expect("a pipe");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("the program reads");
    }

    /// All that was shown so far, what was typed among it.
    pub fn seen(&self) -> String {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that was shown, once what runs has ended.
    pub fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.seen()
    }

    /// Waits until something was shown; all of it.
    pub fn shows(&self, text: &str) -> String {
        wait::until(&format!("the terminal shows {text:?}"), || {
            Some(self.seen()).filter(|seen| seen.contains(text))
        })
    }

    /// Waits for the end of what runs; its exit code.
    pub fn ends(&mut self) -> Option<i32> {
        let ended =
            wait::until("the program ends", || self.running.0.try_wait().expect("a child can be waited for"));
        ended.code()
    }
}

fn read_all(mut out: impl Read, all: &Mutex<String>) {
    let mut chunk = [0; 4096];
    let mut bytes = Vec::new();
    while let Ok(n @ 1..) = out.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..n]);
        *all.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(&bytes).into_owned();
    }
}
