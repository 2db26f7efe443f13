//! What an administrator types, against the real program, with a server on the directory and without.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Client, Server, add, done, refused, relay, run};

/// Everything that `account` and `friend` do, wherever the wish goes.
fn administrate(data: &Path) {
    let add = |account: &str| ["account", "add", account, "--password-stdin"].map(str::to_owned);
    let adding = |account: &str, input: &str| {
        let args = add(account);
        refused(data, &args.each_ref().map(String::as_str), input)
    };
    done(data, &["account", "add", "Alice", "--name", "Alice 爱丽丝", "--password-stdin"], "p1\nmore\n");
    let (code, said) = adding("bob", "p2");
    assert!(code == 0 && said == "bob was added; log in with: qqctl login bob --relay HOST:PORT\n", "{said}");
    let list = done(data, &["account", "list", "--json"], "");
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let names: Vec<_> =
        list["accounts"].as_array().unwrap().iter().map(|row| (&row["account"], &row["name"])).collect();
    assert_eq!(names, [(&"alice".into(), &"Alice 爱丽丝".into()), (&"bob".into(), &"bob".into())]);
    assert!(done(data, &["account", "list"], "").starts_with("ACCOUNT "));

    let (code, text) = adding("ALICE", "p1\n");
    assert!(code == 11 && text.contains("there is an account `alice` already"), "{text}");
    for (name, word) in [
        ("a b", "no account name"),
        ("", "no account name"),
        ("root", "kept for the server"),
        ("Me", "kept for the server"),
    ] {
        let (code, text) = adding(name, "p\n");
        assert!(code == 2 && text.contains(word), "{name}: {text}");
    }
    for (password, word) in
        [("", "empty"), ("\n", "empty"), (&*"x".repeat(1_025), "longer"), ("a\tb\n", "character")]
    {
        let (code, text) = adding("carol", password);
        assert!(code == 2 && text.contains(word), "{password:?}: {text}");
    }

    let says = |args: &[&str], input: &str, words: &str| {
        let quiet = [args, &["--quiet"]].concat();
        assert_eq!(refused(data, args, input), (0, format!("{words}\n")), "{args:?}");
        let (code, said) = refused(data, &quiet, input);
        assert_eq!(said.is_empty(), code == 0, "only what went wrong is said: {said}");
    };
    says(&["friend", "add", "Alice", "bob"], "", "alice and bob are friends now");
    for (args, expected) in [
        (["friend", "add", "bob", "alice"], 11),
        (["friend", "add", "alice", "alice"], 2),
        (["friend", "add", "alice", "nobody"], 7),
        (["friend", "remove", "alice", "nobody"], 7),
    ] {
        let (code, text) = refused(data, &args, "");
        assert_eq!(code, expected, "{args:?}: {text}");
        assert_eq!(text.lines().count(), 1, "one sentence: {text}");
    }
    says(&["friend", "remove", "bob", "alice"], "", "bob and alice are no longer friends");
    assert_eq!(refused(data, &["friend", "remove", "bob", "alice"], "").0, 7);

    let passwd = ["account", "passwd", "bob", "--password-stdin"];
    says(&passwd, "new\n", "bob has a new password; its devices must log in anew");
    assert_eq!(refused(data, &["account", "passwd", "nobody", "--password-stdin"], "new\n").0, 7);
    let words = "bob is disabled and logged out; undo it with: relay-server account enable bob";
    says(&["account", "disable", "Bob"], "", words);
    assert!(done(data, &["account", "list"], "").contains("(disabled)"));
    says(&["account", "enable", "bob"], "", "bob can log in again");
    assert!(!done(data, &["account", "list"], "").contains("(disabled)"));
    assert_eq!(refused(data, &["account", "disable", "nobody"], "").0, 7);
    says(&["account", "remove", "bob"], "", "bob was removed");
    assert_eq!(refused(data, &["account", "remove", "bob"], "").0, 7);
}

#[test]
fn accounts_and_friends_are_made_while_no_server_runs() {
    let data = tempfile::tempdir().unwrap();
    administrate(data.path());
}

#[test]
fn accounts_and_friends_are_made_while_a_server_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let socket = data.path().join("admin.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    administrate(data.path());
    assert_eq!(server.stop().0, 0);
    assert!(!socket.exists());
}

#[test]
fn after_a_kill_9_the_commands_work_and_a_server_starts() {
    let data = tempfile::tempdir().unwrap();
    Server::start(data.path(), &[]).kill();
    assert!(data.path().join("admin.sock").exists());
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    Client::login(&server, "alice", "p1");
    assert!(done(data.path(), &["account", "list"], "").contains("alice"));
}

#[test]
fn who_is_on_line_sees_at_once_what_the_administrator_does() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &[]);
    add(data.path(), "bob", "p2");
    let mut alice = Client::login(&server, "alice", "p1");
    let online = || done(data.path(), &["account", "list", "--json"], "").contains("\"online\":1");
    assert!(online());
    done(data.path(), &["friend", "add", "alice", "bob"], "");
    alice.hear("<type>friend</type><name>bob</name><account>bob</account>");
    done(data.path(), &["account", "passwd", "alice", "--password-stdin"], "other\n");
    assert!(alice.rest().contains("<type>error</type>"));
    Client::login(&server, "alice", "other");
}

#[test]
fn only_serve_and_account_add_make_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    for args in [&["account", "list"][..], &["account", "remove", "x"], &["friend", "add", "a", "b"]] {
        let (code, text) = refused(&data, args, "");
        assert!(code == 7 && text.contains("--data"), "{text}");
    }
    assert!(!data.exists());
    add(&data, "alice", "p1");
    assert_eq!(std::fs::metadata(&data).unwrap().mode() & 0o777, 0o700);
    for file in std::fs::read_dir(&data).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o077, 0);
    }
}

#[test]
fn without_a_terminal_the_password_flag_is_named() {
    let data = tempfile::tempdir().unwrap();
    let (code, text) = refused(data.path(), &["account", "add", "alice"], "p1\n");
    assert!(code == 2 && text.contains("--password-stdin"), "{text}");
    assert!(std::fs::read_dir(data.path()).unwrap().next().is_none(), "nothing was made");
}

/// A command on a terminal, which util-linux's `script` makes; a prompt that nobody expects ends it after a while.
fn terminal(data: &Path, args: &[&str]) -> Command {
    let program = [env!("CARGO_BIN_EXE_relay-server")];
    let data = ["--data", data.to_str().unwrap()];
    let words = program.iter().chain(args).chain(&data).map(|word| format!("'{word}' "));
    let mut script = Command::new("timeout");
    script.args(["30", "script", "--quiet", "--return", "--command"]);
    script.args([&words.collect::<String>(), "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    script
}

/// Runs it; its exit code and all that was shown.
fn on_terminal(data: &Path, args: &[&str], typed: &str) -> (i32, String) {
    let mut script = terminal(data, args).spawn().unwrap();
    script.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = script.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Whether it asks for a password.
fn asks_for_a_password(data: &Path, args: &[&str]) -> bool {
    let mut script = terminal(data, args).spawn().unwrap();
    let mut shown = Vec::new();
    let mut stdout = script.stdout.take().unwrap();
    let asked = loop {
        let mut byte = [0];
        match stdout.read(&mut byte).unwrap() {
            0 => break false,
            _ => shown.push(byte[0]),
        }
        if shown.ends_with(b"Password: ") {
            break true;
        }
    };
    script.stdin.take().unwrap().write_all(b"one\nanother\n").unwrap();
    drop(stdout);
    script.wait().unwrap();
    asked
}

#[test]
fn on_a_terminal_nobody_types_a_password_in_vain() {
    let data = tempfile::tempdir().unwrap();
    assert!(asks_for_a_password(data.path(), &["account", "add", "alice"]), "the name is free");
    add(data.path(), "alice", "p1");
    assert!(asks_for_a_password(data.path(), &["account", "passwd", "alice"]));
    let (code, shown) = on_terminal(data.path(), &["account", "add", "Alice"], "");
    assert!(code == 11 && shown.contains("`alice` already") && !shown.contains("Password:"), "{shown}");
    let (code, shown) = on_terminal(data.path(), &["account", "passwd", "bob"], "");
    assert!(code == 7 && shown.contains("no account `bob`") && !shown.contains("Password:"), "{shown}");
}

#[test]
fn on_a_terminal_an_account_is_removed_after_a_yes_only() {
    let data = tempfile::tempdir().unwrap();
    for (args, typed, removed) in [
        (&["account", "remove", "alice"][..], "n\n", false),
        (&["account", "remove", "alice"], "\n", false),
        (&["account", "remove", "alice"], "y\n", true),
        (&["account", "remove", "alice", "--yes"], "", true),
    ] {
        if !done(data.path(), &["account", "list"], "").contains("alice") {
            add(data.path(), "alice", "p1");
        }
        let (code, shown) = on_terminal(data.path(), args, typed);
        assert_eq!(code, i32::from(!removed), "{typed:?}: {shown}");
        assert_eq!(shown.contains("[y/N]"), !args.contains(&"--yes"), "{shown}");
        assert!(
            shown.contains(if removed { "alice was removed" } else { "alice was not removed" }),
            "{shown}"
        );
        assert_eq!(done(data.path(), &["account", "list"], "").contains("alice"), !removed);
    }
    let (code, shown) = on_terminal(data.path(), &["account", "remove", "alice"], "y\n");
    assert!(code == 7 && !shown.contains("[y/N]"), "{shown}");
}

#[test]
fn an_empty_list_says_how_to_add_the_first_account() {
    let data = tempfile::tempdir().unwrap();
    let empty = "no accounts: relay-server account add NAME, or relay-server up --invite NAME,…\n";
    assert_eq!(refused(data.path(), &["account", "list"], ""), (0, empty.to_owned()));
    assert_eq!(done(data.path(), &["account", "list", "--json"], ""), "{\"accounts\":[]}\n");
}

#[test]
fn a_command_that_nobody_knows_is_wrong_usage() {
    let data = tempfile::tempdir().unwrap();
    for args in [&["explode"][..], &["account"], &["account", "add"], &["serve", "--listen", "here"], &[]] {
        assert_eq!(refused(data.path(), args, "").0, 2, "{args:?}");
    }
}

#[test]
fn help_teaches_with_examples() {
    let data = tempfile::tempdir().unwrap();
    for args in [&["--help"][..], &["serve", "--help"], &["account", "add", "--help"]] {
        assert!(done(data.path(), args, "").contains("Example"), "{args:?}");
    }
    let help = done(data.path(), &["--help"], "");
    assert!(help.contains("Exit codes") && help.contains("$STATE_DIRECTORY"), "{help}");
}

#[test]
fn the_printed_configuration_is_one_that_serves() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = folder.path().join("relay.toml");
    let text = done(data.path(), &["config"], "");
    assert!(text.contains("\nlogin_deadline = \"15s\"\n"), "{text}");
    std::fs::write(&config, &text).unwrap();
    let config = config.to_str().unwrap();
    let (code, said) = refused(data.path(), &["serve", "--config", config, "--check-config"], "");
    assert_eq!((code, said.as_str()), (0, "the configuration is right\n"));
    assert_eq!(done(data.path(), &["config", "--config", config], ""), text);
}

#[test]
fn a_wrong_configuration_is_refused_with_its_file_and_line() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = folder.path().join("relay.toml");
    let path = config.to_str().unwrap();
    let no_pem = format!("tls_cert = {path:?}\ntls_key = {path:?}\n");
    let missing = "tls_cert = \"/nowhere\"\ntls_key = \"/nowhere\"\n";
    for (text, expected, word) in [
        ("log = \"info\"\nlogin_dedline = \"1s\"\n", 2, ", line 2: there is no key `login_dedline`"),
        ("friends = \"many\"\n", 2, ", line 1: `friends` must be a number"),
        ("listen == 1\n", 2, ", line 1: this is no TOML"),
        ("listen_plain = \"0.0.0.0:0\"\n", 2, ": 0.0.0.0:0 would let others read passwords"),
        (&no_pem, 2, "in PEM form"),
        (missing, 7, "/nowhere"),
    ] {
        std::fs::write(&config, text).unwrap();
        let (code, said) = refused(data.path(), &["serve", "--config", path, "--check-config"], "");
        assert!(code == expected && said.contains(word), "{text}: {code} {said}");
        assert!(said.starts_with(&format!("relay-server: {path}")), "{text}: {said}");
        let serve = ["serve", "--listen", "127.0.0.1:0", "--config", path];
        assert_eq!(refused(data.path(), &serve, ""), (code, said));
    }
    assert_eq!(refused(data.path(), &["serve", "--config", "/nowhere/relay.toml"], "").0, 7);
}

#[test]
fn what_a_flag_does_wrong_is_not_put_down_to_the_file() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, "log = \"info\"\n").unwrap();
    let args = ["serve", "--listen-plain", "0.0.0.0:0", "--config", config.to_str().unwrap()];
    let (code, said) = refused(data.path(), &args, "");
    assert!(code == 2 && !said.contains("relay.toml"), "{said}");
}

#[test]
fn an_address_that_is_none_is_refused_with_what_would_be_right() {
    let data = tempfile::tempdir().unwrap();
    for flag in ["--listen", "--listen-plain"] {
        let (code, said) = refused(data.path(), &["serve", flag, "localhost:0"], "");
        assert!(code == 2 && said.contains("such as \"0.0.0.0:5290\""), "{said}");
        assert_eq!(said.contains("or \"off\""), flag == "--listen-plain", "{said}");
    }
}

#[test]
fn plain_text_beyond_this_machine_is_refused_unless_it_is_allowed() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let open = ["serve", "--listen", "127.0.0.1:0", "--listen-plain", "0.0.0.0:0"];
    let (code, text) = refused(data.path(), &open, "");
    assert!(code == 2 && text.contains("allow_plaintext = true"), "{text}");
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, "allow_plaintext = true\n").unwrap();
    let server =
        Server::spawn(relay(data.path(), &[&open[..], &["--config", config.to_str().unwrap()]].concat()));
    assert!(server.said("plain").starts_with("0.0.0.0:"));
}

#[test]
fn flags_win_over_the_file() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = folder.path().join("relay.toml");
    std::fs::write(&config, "listen = \"192.0.2.1:1\"\nlisten_plain = \"127.0.0.1:1\"\n").unwrap();
    let args =
        ["serve", "--listen", "127.0.0.1:0", "--listen-plain", "off", "--config", config.to_str().unwrap()];
    let server = Server::spawn(relay(data.path(), &args));
    assert_eq!(server.said("plain"), "off");
}

#[test]
fn an_address_in_use_and_a_directory_in_use_are_conflicts() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = refused(data.path(), &["serve", "--listen", &address], "");
    assert!(code == 11 && text.contains("in use") && text.contains(&address), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");

    let _server = Server::start(other.path(), &[]);
    let (code, text) = refused(other.path(), &["serve", "--listen", "127.0.0.1:0"], "");
    assert!(code == 11 && text.contains("in use by another relay-server"), "{text}");
}

#[test]
fn a_list_that_nobody_reads_to_its_end_is_no_error() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let script = format!(
        "'{}' account list --data '{}' | true; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_relay-server"),
        data.path().display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(run(data.path(), &["account", "list"], "").status.success());
}
