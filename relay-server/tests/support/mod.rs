//! The real program, and clients that know only the seed dialect.
#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(30);

/// The program, on this data directory and no other.
pub fn relay(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relay-server"));
    command.args(args).arg("--data").arg(data).env_remove("STATE_DIRECTORY");
    command
}

/// Runs a command with so much on its standard input.
pub fn run(data: &Path, args: &[&str], input: &str) -> Output {
    let mut child = relay(data, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may not want to read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs a command; its exit code and what it said on standard error.
pub fn refused(data: &Path, args: &[&str], input: &str) -> (i32, String) {
    let output = run(data, args, input);
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Runs a command that must succeed; what it printed.
pub fn done(data: &Path, args: &[&str], input: &str) -> String {
    let output = run(data, args, input);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn add(data: &Path, account: &str, password: &str) {
    done(data, &["account", "add", account, "--password-stdin"], &format!("{password}\n"));
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited for {what}");
        std::thread::yield_now();
    }
}

/// A running server; killed when dropped.
pub struct Server {
    pub child: Child,
    pub ready: String,
    stderr: Option<ChildStderr>,
}

impl Server {
    /// Starts one on free ports of this machine, and waits until it is ready.
    pub fn start(data: &Path, args: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--listen-plain", "127.0.0.1:0"];
        all.extend(args);
        Self::spawn(relay(data, &all))
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = stdout.read_line(&mut line);
            let _ = tell.send(line);
        });
        let ready = told.recv_timeout(PATIENCE).expect("it gets ready");
        let mut stderr = child.stderr.take();
        if !ready.starts_with("ready ") {
            let mut talk = String::new();
            let _ = stderr.take().unwrap().read_to_string(&mut talk);
            panic!("not ready: {talk}");
        }
        Self { child, ready, stderr }
    }

    /// `up` on free ports of this machine, and all that it prints.
    pub fn up(data: &Path, args: &[&str]) -> (Self, String) {
        // Free a moment ago, and nobody else asks for it in between but by accident.
        let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (tls, plain) = (port(), port());
        let mut all = vec!["up", "--listen", &tls, "--listen-plain", &plain];
        all.extend(args);
        let mut child = relay(data, &all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut printed = String::new();
            while !printed.contains("Keep this running")
                && stdout.read_line(&mut printed).is_ok_and(|read| read > 0)
            {}
            let _ = tell.send(printed);
        });
        let printed = told.recv_timeout(PATIENCE).expect("it serves");
        let stderr = child.stderr.take();
        (Self { child, ready: format!("ready tls={tls} plain={plain}"), stderr }, printed)
    }

    /// The value of `key=` in the ready line.
    pub fn said(&self, key: &str) -> &str {
        let words = self.ready.split_whitespace();
        words.filter_map(|word| word.split_once('=')).find(|(name, _)| *name == key).unwrap().1
    }

    pub fn plain(&self) -> SocketAddr {
        self.said("plain").parse().unwrap()
    }

    pub fn tls(&self) -> SocketAddr {
        self.said("tls").parse().unwrap()
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// SIGTERM; its exit code, how long it took, and all it logged.
    pub fn stop(mut self) -> (i32, Duration, String) {
        let begun = Instant::now();
        self.signal(nix::sys::signal::Signal::SIGTERM);
        let mut status = None;
        until("the end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let took = begun.elapsed();
        let mut log = String::new();
        let _ = self.stderr.take().unwrap().read_to_string(&mut log);
        (status.unwrap().code().unwrap_or(-1), took, log)
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A seed client.
pub struct Client {
    stream: TcpStream,
    heard: String,
}

impl Client {
    pub fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.plain()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, heard: String::new() }
    }

    /// Logs in, and waits for the answer.
    pub fn login(server: &Server, account: &str, password: &str) -> Self {
        let mut client = Self::connect(server);
        client.say(&login(account, password));
        client.hear("</picture></msg>");
        client
    }

    pub fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads until this was said.
    pub fn hear(&mut self, text: &str) {
        while !self.heard.contains(text) {
            let mut bytes = [0; 4_096];
            let read = self.stream.read(&mut bytes).unwrap_or_else(|error| {
                panic!("{error} while waiting for {text:?}; heard {:?}", self.heard);
            });
            assert!(read > 0, "the relay closed; heard {:?}", self.heard);
            self.heard.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
    }

    /// Reads until this was said; false if the relay closes before.
    pub fn hears(&mut self, text: &str) -> bool {
        let mut bytes = [0; 4_096];
        while !self.heard.contains(text) {
            match self.stream.read(&mut bytes) {
                Ok(read) if read > 0 => self.heard.push_str(std::str::from_utf8(&bytes[..read]).unwrap()),
                Ok(_) => return false,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return false,
                Err(error) => panic!("{error} while waiting for {text:?}; heard {:?}", self.heard),
            }
        }
        true
    }

    pub fn heard(&self) -> &str {
        &self.heard
    }

    /// Says no more, but goes on listening.
    pub fn fall_silent(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// What the relay says until it closes.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        let _ = self.stream.read_to_string(&mut rest);
        rest
    }
}

pub fn login(account: &str, password: &str) -> String {
    format!("<msg><type>login</type><account>{account}</account><pwd>{password}</pwd></msg>")
}

pub fn chat(from: &str, to: &str, text: &str) -> String {
    format!(
        "<msg><type>chat</type><myaccount>{from}</myaccount><friendaccount>{to}</friendaccount>\
         <content>{text}</content></msg>"
    )
}
