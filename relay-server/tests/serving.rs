//! The running server as its clients, its operating system and its administrator's signals see it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::version::{TLS12, TLS13};
use support::{Client, PATIENCE, Server, add, chat, login, until};

type Tls = rustls::StreamOwned<rustls::ClientConnection, TcpStream>;

fn tls(server: &Server, version: &'static rustls::SupportedProtocolVersion) -> Tls {
    let config = test_tls::client(&[version]).unwrap();
    let client = rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(server.tls()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    rustls::StreamOwned::new(client, stream)
}

fn log_in_with_tls(server: &Server, version: &'static rustls::SupportedProtocolVersion) -> Tls {
    let mut stream = tls(server, version);
    stream.write_all(login("alice", "p1").as_bytes()).unwrap();
    let mut heard = String::new();
    while !heard.contains("</picture></msg>") {
        let mut bytes = [0; 4_096];
        let read = stream.read(&mut bytes).unwrap();
        assert!(read > 0, "{heard}");
        heard.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    stream
}

fn certificate(stream: &Tls) -> CertificateDer<'static> {
    stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

#[test]
fn the_ready_line_is_as_others_rely_on_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let words: Vec<_> = server.ready.strip_suffix('\n').unwrap().split(' ').collect();
    let [ready, tls, plain, fingerprint] = words[..] else { panic!("{words:?}") };
    assert_eq!(ready, "ready");
    assert!(tls.starts_with("tls=127.0.0.1:") && plain.starts_with("plain=127.0.0.1:"));
    let hex = fingerprint.strip_prefix("fingerprint=SHA256:").unwrap();
    assert!(hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    let first = server.said("fingerprint").to_owned();
    server.kill();
    assert_eq!(Server::start(data.path(), &[]).said("fingerprint"), first, "it stays");
}

#[test]
fn one_logs_in_with_tls_1_2_and_1_3_and_meets_the_certificate_of_the_data_directory() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    let expected = CertificateDer::from_pem_file(data.path().join("tls/cert.pem")).unwrap();
    for version in [&TLS12, &TLS13] {
        assert_eq!(certificate(&log_in_with_tls(&server, version)), expected);
    }
}

#[test]
fn a_new_certificate_is_taken_at_sighup_and_nobody_is_dropped() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    let mut old = log_in_with_tls(&server, &TLS13);
    Server::start(other.path(), &[]).kill();
    for file in ["tls/cert.pem", "tls/key.pem"] {
        std::fs::copy(other.path().join(file), data.path().join(file)).unwrap();
    }
    server.signal(Signal::SIGHUP);
    let new = CertificateDer::from_pem_file(other.path().join("tls/cert.pem")).unwrap();
    until("the new certificate", || certificate(&log_in_with_tls(&server, &TLS13)) == new);
    old.write_all(chat("alice", "alice", "still here").as_bytes()).unwrap();
    let mut bytes = [0; 4_096];
    let read = old.read(&mut bytes).unwrap();
    assert!(String::from_utf8_lossy(&bytes[..read]).contains("still here"));
}

#[test]
fn a_sigterm_ends_within_5_seconds_whatever_the_clients_do() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    let mut idle = Client::login(&server, "alice", "p1");
    let _silent = TcpStream::connect(server.tls()).unwrap();
    let _tls = log_in_with_tls(&server, &TLS13);
    let mut deaf = Client::login(&server, "alice", "p1");
    deaf.say(&chat("alice", "alice", &"x".repeat(10_000)).repeat(100));
    idle.hear(&"x".repeat(10_000));
    let (code, took, log) = server.stop();
    assert_eq!(code, 0, "{log}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn a_sigterm_ends_within_5_seconds_while_the_database_cannot_be_written() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    let mut alice = Client::login(&server, "alice", "p1");
    let tool = rusqlite::Connection::open(data.path().join("relay.db")).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    for n in 0..12 {
        alice.say(&chat("alice", "alice", &format!("m{n}")));
    }
    alice.say("<msg><type>ping</type><id>x</id></msg>");
    alice.hear("<type>pong</type>");
    let (code, took, log) = server.stop();
    assert_eq!(code, 0, "{log}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_sigterm_ends_a_server_that_is_still_opening_its_database() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let file = data.path().join("relay.db");
    let tool = rusqlite::Connection::open(&file).unwrap();
    let hold = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value";
    tool.execute_batch(hold).unwrap();
    let mut server =
        support::relay(data.path(), &["serve", "--listen", "127.0.0.1:0", "--listen-plain", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
    let file = file.canonicalize().unwrap();
    until("the database to be opened", || {
        let files = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
        files.flatten().any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to == file))
    });
    let begun = Instant::now();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(server.id().cast_signed()), Signal::SIGTERM).unwrap();
    let status = server.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15), "{status}");
}

#[test]
fn who_says_everything_at_once_and_no_more_gets_every_answer() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    for n in 0..3 {
        let mut alice = Client::connect(&server);
        alice.say(&format!("{}{}", login("alice", "p1"), chat("alice", "alice", &format!("to myself {n}"))));
        alice.fall_silent();
        let begun = Instant::now();
        let rest = alice.rest();
        assert!(rest.contains("<type>user</type>") && rest.contains(&format!("to myself {n}")), "{rest}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    }
}

#[test]
fn who_has_no_account_keeps_nobody_out() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    add(data.path(), "alice", "p1");
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, "sessions_max = 4\n").unwrap();
    let server = Server::start(data.path(), &["--config", config.to_str().unwrap()]);
    let mut inside = Client::login(&server, "alice", "p1");
    let _idle: Vec<_> = (0..10).map(|_| Client::connect(&server)).collect();
    let mut members: Vec<_> = (0..3).map(|_| Client::login(&server, "alice", "p1")).collect();
    let mut outside = Client::connect(&server);
    outside.say(&login("alice", "p1"));
    inside.say(&chat("alice", "alice", "those in stay"));
    for client in members.iter_mut().chain([&mut inside]) {
        client.hear("those in stay");
    }
    drop(members.pop());
    outside.hear("<type>user</type>");
}

#[test]
fn what_was_stored_before_a_sigterm_is_there_afterwards() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    add(data.path(), "bob", "p2");
    support::done(data.path(), &["friend", "add", "alice", "bob"], "");
    let server = Server::start(data.path(), &[]);
    let mut alice = Client::login(&server, "alice", "p1");
    alice.say(&chat("alice", "bob", "kept"));
    alice.hear("<type>line</type><state>-1</state>");
    assert_eq!(server.stop().0, 0);
    let server = Server::start(data.path(), &[]);
    let mut bob = Client::login(&server, "bob", "p2");
    bob.hear("<content>kept</content>");
    assert_eq!(server.stop().0, 0);
    let server = Server::start(data.path(), &[]);
    let mut bob = Client::login(&server, "bob", "p2");
    bob.say(&chat("bob", "bob", "end"));
    bob.hear("<content>end</content>");
    assert!(!format!("{:?}", bob.heard()).contains("kept"), "what his kernel had is not sent again");
}

#[test]
fn no_secret_is_ever_logged_and_outside_text_stays_on_its_line() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    add(data.path(), "alice", "tr0ub4dor");
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, "log = \"trace\"\n").unwrap();
    let server = Server::start(data.path(), &["--config", config.to_str().unwrap()]);
    Client::login(&server, "alice", "tr0ub4dor");
    let mut nasty = Client::connect(&server);
    nasty.say(&login("al\u{9b}31mice&#10;INFO all is well", "wr0ng"));
    nasty.hear("credentials");
    nasty.say("<msg><type>\u{202e}\n\nx</type></msg><nonsense\u{85}>");
    nasty.rest();
    let (_, _, log) = server.stop();
    assert!(!log.contains("tr0ub4dor") && !log.contains("wr0ng") && !log.contains("$argon2id"), "{log}");
    assert!(log.lines().all(|line| line.starts_with("20") && !line.contains('\u{9b}')), "{log}");
}

#[test]
fn when_files_run_out_others_wait_those_in_stay_and_nothing_spins() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let mut command =
        support::relay(data.path(), &["serve", "--listen", "127.0.0.1:0", "--listen-plain", "127.0.0.1:0"]);
    // SAFETY: setrlimit is async-signal-safe, and nothing else happens between fork and exec.
    #[allow(unsafe_code, reason = "a limit for one child: there is no safe way before exec")]
    unsafe {
        command.pre_exec(|| {
            use nix::sys::resource::{Resource, setrlimit};
            setrlimit(Resource::RLIMIT_NOFILE, 74, 74).map_err(std::io::Error::from)
        });
    }
    let server = Server::spawn(command);
    let mut inside: Vec<_> = (0..10).map(|_| Client::login(&server, "alice", "p1")).collect();
    let mut outside: Vec<_> = (0..20).map(|_| Client::connect(&server)).collect();
    for client in &mut outside {
        client.say(&login("alice", "p1"));
    }
    let before = cpu_ticks(&server);
    let waited = Instant::now();
    inside[0].say(&chat("alice", "alice", "those in stay"));
    for client in &mut inside {
        client.hear("those in stay");
    }
    let busy = cpu_ticks(&server) - before;
    assert!(busy < 50, "{busy} ticks of CPU in {:?}", waited.elapsed());
    drop(inside);
    // As many as find a place. Those who come all at once may cost one another theirs, and come again.
    outside.truncate(8);
    for mut client in outside {
        while !client.hears("<type>user</type>") {
            client = Client::connect(&server);
            client.say(&login("alice", "p1"));
        }
    }
}

/// User and system time of the process, in ticks of 10 ms.
fn cpu_ticks(server: &Server) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn as_root_the_server_becomes_the_owner_of_its_directory() {
    let data = tempfile::tempdir().unwrap();
    let root = nix::unistd::geteuid().is_root();
    let nobody = if root { 65_534 } else { nix::unistd::geteuid().as_raw() };
    if root {
        std::os::unix::fs::chown(data.path(), Some(nobody), Some(nobody)).unwrap();
    }
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert!(uids.split_whitespace().all(|uid| uid == nobody.to_string()), "{uids}");
    Client::login(&server, "alice", "p1");
    add(data.path(), "bob", "p2");
    for entry in std::fs::read_dir(data.path()).unwrap() {
        let entry = entry.unwrap();
        let owner = std::os::unix::fs::MetadataExt::uid(&entry.metadata().unwrap());
        assert_eq!(owner, nobody, "{:?}", entry.path());
    }
}

#[test]
fn a_login_flood_with_wrong_passwords_does_not_keep_others_from_talking() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    let mut alice = Client::login(&server, "alice", "p1");
    let mut flood: Vec<_> = (0..100).map(|_| Client::connect(&server)).collect();
    for (n, client) in flood.iter_mut().enumerate() {
        client.say(&login(&format!("nobody{n}"), "x"));
    }
    let begun = Instant::now();
    alice.say(&chat("alice", "alice", "hello"));
    alice.hear("<content>hello</content>");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    for client in &mut flood {
        client.hear("<state>0</state>");
    }
}

#[test]
fn the_program_needs_no_home() {
    let output = Command::new(env!("CARGO_BIN_EXE_relay-server")).env_clear().arg("config").output().unwrap();
    assert!(output.status.success());
}
