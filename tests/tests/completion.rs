//! The Tab key in real shells on a real terminal: what is typed, and what the command then gets as its arguments.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ipc_schema::daemon::{Status, Welcome};
use ipc_schema::friend::{Entry, Group, Listed};
use ipc_schema::{Code, Error, Method, friend};
use qiaoqiao_tests::terminal::Terminal;
use qiaoqiao_tests::{program, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

/// (typed, what the command gets): `show` prints its arguments and is completed as qqctl is.
const TYPED: &[(&str, &str)] = &[
    ("show sen\tbo\t", "<send><bob>"),
    ("show send 小\t", "<send><小 明's $x>"),
    ("show send @小\t", "<send><@小 明's $x>"),
    ("show send ali\t", "<send><alice@example.org>"),
    ("show send alice@ex\t", "<send><alice@example.org>"),
    ("show send bob hi --wait del\t", "<send><bob><hi><--wait><delivered>"),
    ("show --color=al\t", "<--color=always>"),
    ("show shake @m\t", "<shake><@me>"),
    ("show --account me@h\t", "<--account><me@home>"),
    ("show --account me@home friend remove bo\t", "<--account><me@home><friend><remove><bob>"),
];
/// These begin a quote, which the shell closes.
const QUOTED: &[(&str, &str)] =
    &[("show send '小\t", "<send><小 明's $x>"), ("show send \"小\t", "<send><小 明's $x>")];

#[test]
fn bash_completes_commands_options_and_friends() {
    let start = "source <(qqctl completion bash); complete -F _qqctl show";
    let mut shell = Shell::start("bash --norc --noprofile -i", start);
    TYPED.iter().chain(QUOTED).for_each(|(typed, got)| shell.expect(typed, got));
}

#[test]
fn zsh_completes_commands_options_and_friends() {
    let start = "autoload -Uz compinit; compinit -u -D; source <(qqctl completion zsh); compdef _qqctl show";
    let mut shell = Shell::start("zsh -f -i", start);
    TYPED.iter().chain(QUOTED).for_each(|(typed, got)| shell.expect(typed, got));
}

#[test]
fn fish_completes_commands_options_and_friends() {
    let start = "qqctl completion fish | source; complete -c show -w qqctl";
    let mut shell = Shell::start("fish --no-config -i", start);
    TYPED.iter().chain(QUOTED).for_each(|(typed, got)| shell.expect(typed, got));
}

#[test]
fn a_daemon_that_is_silent_or_absent_holds_nobody_up_and_is_not_started() {
    let dir = tempfile::tempdir().unwrap();
    let ask = || {
        let begun = Instant::now();
        let out =
            qqctl(dir.path()).args(["completion", "fish", "--", "qqctl", "send", "b"]).output().unwrap();
        assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
        begun.elapsed()
    };
    ask();
    assert!(!dir.path().join("qqd").exists() && !dir.path().join("state").exists(), "nothing was started");

    let socket = dir.path().join("qqd");
    std::fs::create_dir(&socket).unwrap();
    let _silent = UnixListener::bind(socket.join("ipc.sock")).unwrap();
    let took = ask();
    // 300 ms for the daemon; the rest is a busy machine.
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(2), "{took:?}");
}

fn qqctl(runtime_dir: &Path) -> Command {
    let mut command = program::command("qqctl");
    command.env("XDG_RUNTIME_DIR", runtime_dir).env("XDG_STATE_HOME", runtime_dir.join("state"));
    command
}

/// An interactive shell on a terminal of its own, with a daemon that has three friends.
struct Shell {
    terminal: Terminal,
    _dir: TempDir,
}

impl Shell {
    fn start(program: &str, start: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        serve(dir.path());
        let built = program::path("qqctl");
        let beside = built.parent().expect("a directory").display();
        let path = format!("{beside}:{}", std::env::var("PATH").expect("a PATH"));
        let mut like = qqctl(dir.path());
        like.env("PATH", path).env("HOME", dir.path()).env("TERM", "dumb").env_remove("BASH_ENV");
        // Wide enough that no line is broken.
        let mut shell = Self { terminal: Terminal::start(program, 500, &like), _dir: dir };
        let show = if program.starts_with("fish") {
            "function show; printf '<%s>' $argv; printf 'END\\n'; end"
        } else {
            "show() { printf '<%s>' \"$@\"; printf 'END\\n'; }"
        };
        shell.expect(&format!("{show}\n{start}\nshow read''y"), "<ready>");
        shell
    }

    /// Types a line; the command must get these arguments.
    fn expect(&mut self, typed: &str, got: &str) {
        let before = self.terminal.seen().len();
        self.terminal.write(&format!("{typed}\n"));
        let line = wait::until(&format!("the command of {typed:?} runs"), || {
            // What is echoed while it is typed has no END in a line of its own.
            let seen = self.terminal.seen();
            seen.get(before..)?.lines().find(|line| line.ends_with(">END")).map(str::to_owned)
        });
        assert!(line.ends_with(&format!("{got}END")), "{typed:?} became {line:?}, not {got}");
    }
}

/// A daemon that knows three friends, until the test is over.
fn serve(runtime_dir: &Path) {
    std::fs::create_dir(runtime_dir.join("qqd")).expect("a new directory");
    let listener = UnixListener::bind(runtime_dir.join("qqd/ipc.sock")).expect("a free name");
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
}

fn answer(line: &str) -> Value {
    let call: Value = serde_json::from_str(line).expect("a line of JSON");
    let result = match call["method"].as_str().expect("a method") {
        "hello" => json!(Welcome::new("0.1.0", Vec::new())),
        // Two accounts: nobody's friends until one is named.
        friend::List::NAME if call["params"]["account"].is_null() => {
            return json!({ "jsonrpc": "2.0", "id": call["id"], "error": Error::new(Code::Ambiguous, "which one?") });
        }
        friend::List::NAME if call["params"]["account"] == "me@work" => json!(Listed::default()),
        friend::List::NAME => json!(friends()),
        Status::NAME => accounts(),
        other => panic!("{other} is not asked for"),
    };
    json!({ "jsonrpc": "2.0", "id": call["id"], "result": result })
}

fn accounts() -> Value {
    let account = |name: &str| {
        json!({ "account": name, "state": "online", "relay": "r:1", "presence": "online",
        "unread": { "total": 0 }, "secret_store": "file", "outbox": 0 })
    };
    json!({ "daemon": { "version": "0.1.0", "pid": 1, "uptime_s": 1 }, "accounts": [account("me@work"), account("me@home")],
        "notifications": "none" })
}

fn friends() -> Listed {
    let friend = |account: &str, remark: &str| Entry {
        account: account.into(),
        remark: remark.into(),
        ..Entry::default()
    };
    let friends = vec![
        friend("bob", ""),
        friend("alice@example.org", ""),
        friend("10002", "小 明's $x"),
        // Cannot be typed in one line: left out.
        friend("carol", "two\nlines"),
    ];
    Listed { groups: vec![Group { name: friend::FRIENDS.into(), friends }], ..Default::default() }
}
