//! A real daemon in a directory of its own, and somebody who talks to it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing here takes this long.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Directories for one user.
pub struct Home {
    pub directory: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("qqd/ipc.sock")
    }

    /// A daemon's command in this home and nothing else around it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qqd"));
        self.prepare(&mut command);
        command
    }

    pub fn prepare(&self, command: &mut Command) {
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("XDG_RUNTIME_DIR", self.directory.path()).env("XDG_DATA_HOME", self.path("data"));
    }

    pub fn start(&self) -> Daemon {
        Daemon::start(self.command())
    }

    pub fn client(&self) -> Client {
        Client::greeted(&self.socket())
    }
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    log: Option<thread::JoinHandle<String>>,
    /// The log line that said so.
    pub ready: String,
}

impl Daemon {
    /// Starts it and waits until it is ready.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains(" ready socket=") {
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "it did not start: {said}");
        }
        let ready = said.lines().last().unwrap().to_owned();
        // The log has to be read, or the daemon would wait for its reader.
        let log = thread::spawn(move || {
            log.read_to_string(&mut said).unwrap();
            said
        });
        Self { child, log: Some(log), ready }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.pid()).unwrap()), signal).unwrap();
    }

    /// Waits until it ends by itself; with its whole log.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = wait(&mut self.child);
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// SIGTERM, and everything that belongs to it.
    pub fn stop(self) -> String {
        let began = Instant::now();
        self.signal(Signal::SIGTERM);
        let (status, log) = self.ended();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(began.elapsed() < Duration::from_secs(5));
        log
    }

    /// A line of /proc/PID/FILE that begins so.
    pub fn proc(&self, file: &str, begins: &str) -> String {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.pid())).unwrap();
        text.lines().find(|line| line.starts_with(begins)).unwrap_or_default().to_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that ends by itself: exit code, standard output, standard error.
pub fn finished(mut command: Command) -> (Option<i32>, String, String) {
    let mut child = command.spawn().unwrap();
    let status = wait(&mut child);
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (status.code(), out, err)
}

fn wait(child: &mut Child) -> ExitStatus {
    let mut ended = None;
    until("the process to end", || {
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    ended.unwrap()
}

/// Waits until the condition holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Somebody who talks to the daemon.
pub struct Client {
    pub reader: BufReader<UnixStream>,
}

impl Client {
    pub fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    pub fn greeted(socket: &Path) -> Self {
        let mut client = Self::connect(socket);
        let welcome = client.call("hello", json!({"protocol": 1, "client": "test/0"}));
        assert_eq!(welcome["result"]["protocol"], 1, "{welcome}");
        client
    }

    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// The next line; null at the end.
    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        match self.reader.read_line(&mut line).expect("a line in time") {
            0 => Value::Null,
            _ => serde_json::from_str(&line).unwrap(),
        }
    }

    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let line = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.send(format!("{line}\n").as_bytes()).unwrap();
        self.hear()
    }
}
