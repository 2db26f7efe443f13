//! What people see on a terminal of 80 columns, with a daemon that says what no server here says yet.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use ipc_schema::account::{DeviceList, Devices, Link, Linked};
use ipc_schema::daemon::{self, Welcome};
use ipc_schema::{Method, account, chat, outbox};
use qiaoqiao_tests::program;
use qiaoqiao_tests::terminal::Terminal;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

const LINK: &str = "qiao://chat.example.org:5290/d/7K2M9XQF41TT#k2m9xqf41ttk2m9xqf41ttk2m9xqf41ttk2m9xqf41";

#[test]
fn devices_stand_in_columns_that_fit() {
    let dir = serve();
    let seen = on_a_terminal(dir.path(), "never", "account devices");
    assert!(seen.contains("DEVICE    PROGRAM"), "{seen}");
    assert!(seen.contains("0f8fad5b  qqd/0.1.0"), "{seen}");
    assert!(seen.contains("on line           this one"), "{seen}");
    assert!(seen.contains('…') && !seen.contains('\u{7}'), "a long name is cut and obeyed by nobody: {seen}");
}

#[test]
fn what_waits_stands_in_columns_that_fit() {
    let dir = serve();
    let seen = on_a_terminal(dir.path(), "never", "outbox list");
    let row = seen.lines().find(|line| line.contains("not sent")).unwrap();
    assert!(row.starts_with("umbrella  ") && row.ends_with('…') && row.contains("  小明  "), "{row}");
    let why = seen.split_once("\numbrella  the server takes").map(|(_, rest)| rest).unwrap_or_default();
    assert!(why.contains("send it in parts") && seen.contains("qqctl outbox clear"), "{seen}");
}

#[test]
fn a_link_is_a_line_for_programs_and_a_code_on_a_terminal() {
    let dir = serve();
    let out = qqctl(dir.path()).args(["account", "link"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), format!("{LINK}\n"));
    let seen = on_a_terminal(dir.path(), "always", "account link");
    assert!(seen.contains(LINK) && seen.contains("▀") && seen.contains("\u{1b}[38;5;16;48;5;231m"), "{seen}");
    assert!(
        seen.find(LINK) > seen.rfind('▀'),
        "the code may be as high as the window: the link is its last line"
    );
    let plain = on_a_terminal(dir.path(), "never", "account link");
    assert!(plain.contains(LINK) && !plain.contains('▀') && !plain.contains('\u{1b}'), "{plain}");
}

#[test]
fn a_daemon_that_is_older_than_qqctl_is_named_and_how_it_is_restarted() {
    let dir = serve();
    let out = qqctl(dir.path()).args(["outbox", "clear"]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(14), "{said}");
    assert!(said.contains("does not know outbox.clear") && said.contains("version 0.1.0"), "{said}");
    assert!(said.contains("systemctl --user restart qqd") && said.contains("kill 4711"), "{said}");
}

/// All that a command shows on 80 columns: no line is longer.
fn on_a_terminal(dir: &Path, color: &str, command: &str) -> String {
    let line = format!("{} --color {color} --no-start {command}", program::path("qqctl").display());
    let mut terminal = Terminal::start(&line, 80, &qqctl(dir));
    assert_eq!(terminal.ends(), Some(0), "{}", terminal.seen());
    let all = terminal.all();
    // What is said, and links, are as long as they are.
    let table = all
        .lines()
        .filter(|line| !line.contains('\u{1b}') && !line.contains("qiao:") && !line.contains("LINK"));
    table.for_each(|line| assert!(line.width() <= 80, "{line}"));
    all
}

fn qqctl(dir: &Path) -> Command {
    let mut command = program::command("qqctl");
    command.env("XDG_RUNTIME_DIR", dir).env("TERM", "xterm-256color").env("TZ", "UTC");
    command
}

fn serve() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(dir.path().join("qqd")).expect("a new directory");
    let listener = UnixListener::bind(dir.path().join("qqd/ipc.sock")).expect("a free name");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut writer = stream.try_clone().expect("a second handle");
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if writeln!(writer, "{}", answer(&line)).is_err() {
                    break;
                }
            }
        }
    });
    dir
}

fn answer(line: &str) -> Value {
    let call: Value = serde_json::from_str(line).expect("a line of JSON");
    let result = match call["method"].as_str().expect("a method") {
        "hello" => json!(Welcome::new("0.1.0", Vec::new())),
        Devices::NAME => json!(devices()),
        Link::NAME => json!(Linked { link: LINK.into(), expires: "2026-01-31T09:40:00.000Z".into() }),
        outbox::List::NAME => json!(outbox::Listed { messages: vec![failed()], more: false }),
        daemon::Status::NAME => return status(&call["id"]),
        // What a daemon says of a method that it does not have.
        outbox::Clear::NAME => {
            let error = json!({ "code": -32601, "message": "there is no method", "data": { "code": "unknown_method" } });
            return json!({ "jsonrpc": "2.0", "id": call["id"], "error": error });
        }
        other => panic!("{other} is not asked for"),
    };
    json!({ "jsonrpc": "2.0", "id": call["id"], "result": result })
}

fn status(id: &Value) -> Value {
    let daemon = json!({ "version": "0.1.0", "pid": 4711, "uptime_s": 1 });
    json!({ "jsonrpc": "2.0", "id": id, "result": { "daemon": daemon, "accounts": [], "notifications": "none" } })
}

fn devices() -> DeviceList {
    let device = |id: &str, client: &str, own: bool| account::Device {
        device: id.into(),
        client: client.into(),
        seen: "2026-01-31T09:30:00.000Z".into(),
        online: own,
        own,
    };
    let long = "一个很长的程序名字 with a bell \u{7} and much more than anybody wants to read here, really";
    DeviceList {
        devices: vec![
            device("0f8fad5b-d9cb-469f-a165-70867728950e", "qqd/0.1.0", true),
            device("7c9e6679-7425-40de-944b-e07fc1f90ae7", long, false),
        ],
    }
}

fn failed() -> chat::Message {
    chat::Message {
        id: "umbrella".into(),
        from: "alice".into(),
        to: "小明".into(),
        text: "今天晚上一起吃晚饭吗？".repeat(20),
        ts: "2026-01-31T09:30:00.000Z".into(),
        state: chat::State::Failed,
        row: None,
        kind: None,
        reason: Some("too-big".into()),
        why: Some("the server takes shorter messages only; send it in parts".into()),
    }
}
