//! The real program: how it starts, whom it lets in, how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod common;

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::Command;

use common::{Client, Daemon, Home, finished, until};
use nix::sys::signal::Signal;
use serde_json::json;

#[test]
fn it_starts_tells_its_status_and_ends_without_a_trace() {
    let home = Home::new();
    let daemon = home.start();
    assert!(daemon.ready.contains(&format!("socket={}", home.socket().display())), "{}", daemon.ready);
    let status = home.client().call("daemon.status", json!({}));
    assert_eq!(status["result"]["daemon"]["pid"], daemon.pid());
    assert_eq!(status["result"]["accounts"], json!([]));
    daemon.stop();
    assert!(!home.socket().exists());
}

#[test]
fn a_subscriber_hears_the_whole_state_first() {
    let home = Home::new();
    let _daemon = home.start();
    let mut client = home.client();
    let reply = client.call("events.subscribe", json!({}));
    assert!(reply["result"]["seq"].is_u64(), "{reply}");
    assert_eq!(client.hear()["params"]["event"], "daemon.state");
}

#[test]
fn killed_it_comes_back_on_the_same_socket() {
    let home = Home::new();
    for _ in 0..3 {
        let daemon = home.start();
        home.client().call("daemon.status", json!({}));
        daemon.signal(Signal::SIGKILL);
        daemon.ended();
        assert!(home.socket().exists(), "a stale socket is left");
    }
    home.start().stop();
}

#[test]
fn a_second_daemon_says_who_is_there_and_goes() {
    let home = Home::new();
    let daemon = home.start();
    let (code, out, err) = finished(home.command());
    assert_eq!((code, out.as_str()), (Some(75), ""));
    assert!(err.contains("another qqd serves") && err.contains(&daemon.pid().to_string()), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    let mut command = home.command();
    command.arg("--socket").arg(home.path("other/ipc.sock"));
    let (code, _, err) = finished(command);
    assert_eq!(code, Some(75), "the data directory is taken: {err}");
    assert!(err.contains("another qqd is already running with the data directory"), "{err}");
    home.client().call("daemon.status", json!({}));
}

#[test]
fn socket_and_data_may_lie_in_one_directory() {
    let home = Home::new();
    let mut command = home.command();
    command.arg("--socket").arg(home.path("me/ipc.sock")).arg("--data").arg(home.path("me"));
    let daemon = Daemon::start(command);
    Client::greeted(&home.path("me/ipc.sock")).call("daemon.status", json!({}));
    daemon.stop();
}

#[test]
fn without_a_runtime_directory_it_says_one_clear_sentence() {
    let home = Home::new();
    let mut command = home.command();
    command.env_remove("XDG_RUNTIME_DIR");
    let (code, _, err) = finished(command);
    assert_eq!((code, err.lines().count()), (Some(1), 1), "{err}");
    assert!(err.starts_with("qqd: XDG_RUNTIME_DIR is not set"), "{err}");
}

#[test]
fn a_runtime_directory_open_to_others_is_refused() {
    let home = Home::new();
    fs::DirBuilder::new().mode(0o755).create(home.path("qqd")).unwrap();
    fs::set_permissions(home.path("qqd"), fs::Permissions::from_mode(0o755)).unwrap();
    let (code, _, err) = finished(home.command());
    assert_eq!(code, Some(1));
    assert!(err.contains("is open to other users"), "{err}");
    assert!(!home.socket().exists());
}

#[test]
fn a_store_that_cannot_be_opened_is_one_sentence() {
    let home = Home::new();
    fs::write(home.path("file"), "").unwrap();
    let mut command = home.command();
    command.arg("--data").arg(home.path("file"));
    let (code, _, err) = finished(command);
    assert_eq!((code, err.lines().count()), (Some(1), 1), "{err}");
    assert!(!home.socket().exists());
}

#[test]
fn an_unknown_log_level_is_wrong_usage() {
    let home = Home::new();
    let mut command = home.command();
    command.env("QQD_LOG", "loud");
    let (code, _, err) = finished(command);
    assert_eq!(code, Some(2));
    assert!(err.contains("off, error, warn, info, debug or trace"), "{err}");
}

#[test]
fn an_inherited_socket_is_taken_over_and_left_in_its_place() {
    let home = Home::new();
    fs::DirBuilder::new().mode(0o700).create(home.path("qqd")).unwrap();
    let listener = UnixListener::bind(home.socket()).unwrap();
    // Somebody calls before the daemon runs; the service manager would start it now.
    let mut early = Client::connect(&home.socket());
    early.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"protocol\":1,\"client\":\"t\"}}\n").unwrap();
    let daemon = Daemon::start(inheriting(&home, listener.try_clone().unwrap()));
    assert!(daemon.ready.contains(&format!("socket={}", home.socket().display())), "{}", daemon.ready);
    assert_eq!(early.hear()["result"]["protocol"], 1);
    assert_eq!(fs::metadata(home.socket()).unwrap().permissions().mode() & 0o777, 0o600);
    daemon.stop();
    assert!(home.socket().exists(), "it is the service manager's");
}

#[test]
fn an_inherited_socket_of_no_use_is_refused() {
    let home = Home::new();
    let (connected, _other) = UnixStream::pair().unwrap();
    let (code, _, err) = finished(inheriting(&home, connected));
    assert_eq!(code, Some(1));
    assert!(err.contains("does not listen"), "{err}");
    fs::DirBuilder::new().mode(0o755).create(home.path("open")).unwrap();
    fs::set_permissions(home.path("open"), fs::Permissions::from_mode(0o755)).unwrap();
    let (code, _, err) = finished(inheriting(&home, UnixListener::bind(home.path("open/ipc.sock")).unwrap()));
    assert_eq!(code, Some(1));
    assert!(err.contains("is open to other users"), "{err}");
    let name = SocketAddr::from_abstract_name(home.path("abstract").as_os_str().as_encoded_bytes()).unwrap();
    let (code, _, err) = finished(inheriting(&home, UnixListener::bind_addr(&name).unwrap()));
    assert_eq!(code, Some(1));
    assert!(err.contains("abstract"), "{err}");
}

/// A daemon's command with a socket as its descriptor 3, as a service manager starts it.
fn inheriting(home: &Home, socket: impl Into<OwnedFd>) -> Command {
    let mut command = Command::new("/bin/sh");
    home.prepare(&mut command);
    command.arg("-c").arg(r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" 3<&0 0</dev/null"#);
    command.arg(env!("CARGO_BIN_EXE_qqd")).stdin(socket.into());
    command
}

#[test]
fn detached_it_lets_go_of_what_the_starting_shell_has_open() {
    let home = Home::new();
    let start = |more: &str| {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = Command::new("/bin/sh");
        home.prepare(&mut command);
        command.arg("-c").arg(format!(r#"exec "$0" {more} 9>&1 1>/dev/null"#));
        command.arg(env!("CARGO_BIN_EXE_qqd")).stdout(writer);
        (reader, Daemon::start(command))
    };
    let (_reader, daemon) = start("");
    assert!(
        fs::symlink_metadata(format!("/proc/{}/fd/9", daemon.pid())).is_ok(),
        "in the foreground it stays"
    );
    daemon.stop();
    let (mut reader, daemon) = start("--detached");
    let (told, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || told.send(reader.read_to_end(&mut Vec::new()).unwrap()));
    assert_eq!(ended.recv_timeout(common::DEADLINE), Ok(0), "the pipe's end while the daemon runs");
    home.client().call("daemon.status", json!({}));
    daemon.stop();
}

#[test]
fn detached_it_keeps_the_socket_of_the_service_manager() {
    let home = Home::new();
    fs::DirBuilder::new().mode(0o700).create(home.path("qqd")).unwrap();
    let listener = UnixListener::bind(home.socket()).unwrap();
    let mut command = Command::new("/bin/sh");
    home.prepare(&mut command);
    let script = r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --detached 3<&0 4<&0 0</dev/null"#;
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_qqd")).stdin(OwnedFd::from(listener));
    let daemon = Daemon::start(command);
    home.client().call("daemon.status", json!({}));
    let sockets = |fd: u8| fs::read_link(format!("/proc/{}/fd/{fd}", daemon.pid())).ok();
    assert!(sockets(3).is_some());
    assert_ne!(sockets(3), sockets(4), "only what LISTEN_FDS counts is kept");
    daemon.stop();
}

#[test]
fn a_closed_terminal_does_not_end_it_and_control_c_does() {
    let home = Home::new();
    let daemon = home.start();
    daemon.signal(Signal::SIGHUP);
    home.client().call("daemon.status", json!({}));
    daemon.signal(Signal::SIGINT);
    let (status, log) = daemon.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!home.socket().exists());
}

#[test]
fn it_leaves_no_core_dump_and_can_be_looked_into() {
    let home = Home::new();
    let daemon = home.start();
    let limit = daemon.proc("limits", "Max core file size");
    assert_eq!(limit.split_whitespace().nth(4), Some("1"), "{limit}");
    assert!(daemon.proc("smaps_rollup", "Pss:").ends_with("kB"));
}

#[test]
fn a_password_is_in_no_log() {
    let home = Home::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = format!("plain://{}", closed.local_addr().unwrap());
    drop(closed);
    let mut command = home.command();
    command.args(["--log", "trace"]);
    let daemon = Daemon::start(command);
    let mut client = home.client();
    let params = json!({"account": "alice@example.org", "relay": relay, "password": "hunter2-secret"});
    let reply = client.call("account.login", params);
    assert_eq!(reply["error"]["data"]["code"], "no_relay", "{reply}");
    let log = daemon.stop();
    assert!(log.contains("hello") && !log.contains("hunter2"), "{log}");
}

#[test]
fn a_frontend_that_waits_when_it_ends_is_answered() {
    let home = Home::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = format!("plain://{}", silent.local_addr().unwrap());
    let daemon = home.start();
    let mut client = home.client();
    let params = json!({"account": "alice@example.org", "relay": relay, "password": "x"});
    let call = json!({"jsonrpc": "2.0", "id": 9, "method": "account.login", "params": params});
    client.send(format!("{call}\n").as_bytes()).unwrap();
    let _link = silent.accept().unwrap();
    daemon.stop();
    let reply = client.hear();
    assert_eq!((&reply["id"], &reply["error"]["data"]["code"]), (&json!(9), &json!("no_daemon")));
    assert!(client.hear().is_null());
}

#[test]
fn hostile_programs_harm_only_themselves() {
    let home = Home::new();
    let daemon = home.start();
    let mut good = home.client();
    let before = kib(&daemon.proc("status", "VmRSS:"));
    let mut crowd = Vec::new();
    for seed in 0..400_u32 {
        let mut client = Client::connect(&home.socket());
        let garbage: Vec<u8> = (0..4096_u32)
            .map(|at| seed.wrapping_mul(at).wrapping_mul(2_654_435_761).to_be_bytes()[1])
            .collect();
        let bytes = match seed % 4 {
            0 => garbage,
            1 => b"{\"jsonrpc\":\"2.0\",\"id\":".repeat(50),
            2 => [b"[".repeat(3000), b"\n".to_vec()].concat(),
            _ => Vec::new(),
        };
        // The daemon may have closed it already: that is its right.
        let _ = client.send(&bytes);
        crowd.push(client);
    }
    for _ in 0..3 {
        let mut endless = Client::connect(&home.socket());
        until("the endless line to be refused", || endless.send(&[b'x'; 1 << 16]).is_err());
    }
    assert_eq!(good.call("daemon.status", json!({}))["result"]["accounts"], json!([]));
    drop(crowd);
    let mut later = home.client();
    assert_eq!(later.call("daemon.status", json!({}))["result"]["accounts"], json!([]));
    let after = kib(&daemon.proc("status", "VmRSS:"));
    assert!(after < before + 20 * 1024, "{before} -> {after} KiB");
    daemon.stop();
}

fn kib(line: &str) -> u64 {
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
