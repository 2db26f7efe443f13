//! `backup` and `restore` as an administrator types them, with a server on the directory and without; and what the
//! service manager hears of the server.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use support::{Client, Server, add, done, refused, relay};
use tempfile::TempDir;

fn home() -> (TempDir, PathBuf, String) {
    let home = tempfile::tempdir().unwrap();
    let (data, file) = (home.path().join("data"), home.path().join("relay.backup"));
    (home, data, file.into_os_string().into_string().unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn accounts(data: &Path) -> Vec<String> {
    let list = json(&done(data, &["account", "list", "--json"], ""));
    list["accounts"].as_array().unwrap().iter().map(|row| row["account"].as_str().unwrap().into()).collect()
}

#[test]
fn a_server_is_backed_up_while_it_runs_and_brought_back_with_its_key() {
    let (_home, data, file) = home();
    add(&data, "alice", "p1");
    let server = Server::start(&data, &[]);
    let fingerprint = server.said("fingerprint").to_owned();
    let (code, said) = refused(&data, &["backup", &file], "");
    assert!(code == 0 && said.contains("1 account, 0 messages") && said.contains(&fingerprint), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    add(&data, "bob", "p2");
    let (code, said) = refused(&data, &["restore", "--yes", &file], "");
    assert!(code == 11 && said.contains("stop it first"), "{said}");
    server.kill();

    let (code, said) = refused(&data, &["restore", &file], "");
    assert!(code == 2 && said.contains("--yes"), "{said}");
    assert_eq!(accounts(&data), ["alice", "bob"]);
    let restored = json(&done(&data, &["restore", "--yes", "--json", &file], ""));
    assert_eq!(restored["fingerprint"], *fingerprint);
    assert_eq!(accounts(&data), ["alice"]);
    assert_eq!(accounts(Path::new(restored["kept"].as_str().unwrap())), ["alice", "bob"]);
    let server = Server::start(&data, &[]);
    assert_eq!(server.said("fingerprint"), fingerprint);
    Client::login(&server, "alice", "p1");
}

#[test]
fn a_server_comes_back_on_a_machine_with_nothing_on_it() {
    let (home, data, file) = home();
    add(&data, "alice", "p1");
    let held = json(&done(&data, &["backup", "--json", &file], ""));
    assert_eq!(
        (&held["accounts"], &held["fingerprint"]),
        (&1.into(), &Value::Null),
        "no server ran, so no key"
    );
    assert_eq!(held["bytes"], fs::metadata(&file).unwrap().len());
    let fresh = home.path().join("a/b");
    let (code, said) = refused(&fresh, &["restore", &file], "");
    assert!(code == 0 && said.contains("ask for the password once"), "{said}");
    let day = said.split("as it was at ").nth(1).unwrap_or_default();
    assert!(
        day.starts_with("20") && day.contains(" UTC: accounts and invitations that were made since are gone"),
        "{said}"
    );
    assert_eq!(fs::metadata(&fresh).unwrap().mode() & 0o777, 0o700);
    assert_eq!(accounts(&fresh), ["alice"]);
}

#[test]
fn each_refusal_has_its_sentence_and_its_exit_code() {
    let (home, data, file) = home();
    add(&data, "alice", "p1");
    done(&data, &["backup", "--quiet", &file], "");
    let inside = data.join("x").into_os_string().into_string().unwrap();
    for (args, code, words) in [
        (&["backup", "-"][..], 2, "name a file"),
        (&["backup", &file], 11, "--force"),
        (&["backup", &inside], 2, "inside the data directory"),
        (&["backup", "/nowhere/x"], 7, "/nowhere/x"),
        (&["restore", "/nowhere/x"], 7, "/nowhere/x"),
        (&["restore", "--yes", &inside.replace("/x", "/relay.db")], 1, "no backup"),
    ] {
        let (was, said) = refused(&data, args, "");
        assert!(was == code && said.contains(words) && said.lines().count() == 1, "{args:?}: {was} {said}");
    }
    let (code, said) = refused(&data, &["restore", "--json", "/nowhere/x"], "");
    assert_eq!((code, &json(&said)["error"]["code"]), (7, &"not_found".into()));

    let fresh = home.path().join("fresh");
    assert_eq!(refused(&fresh, &["backup", "x"], "").0, 7);
    let mut bytes = fs::read(&file).unwrap();
    bytes[9_000] ^= 0x40;
    fs::write(&file, bytes).unwrap();
    let (code, said) = refused(&fresh, &["restore", &file], "");
    assert!(code == 1 && said.contains("damaged") && !fresh.exists(), "{said}");
}

#[test]
fn as_root_a_backup_reads_as_the_owner_and_is_written_where_only_root_may() {
    if !nix::unistd::geteuid().is_root() {
        // Whoever is not root cannot give a directory away: then the owner is who runs this.
        return;
    }
    let (home, data, file) = home();
    fs::create_dir(&data).unwrap();
    chown(&data, Some(65_534), Some(65_534)).unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711)).unwrap();
    add(&data, "alice", "p1");
    Server::start(&data, &[]).kill();
    let held = json(&done(&data, &["backup", "--json", &file], ""));
    assert!(held["fingerprint"].is_string() && fs::metadata(&file).unwrap().uid() == 0, "{held}");
    let restored = json(&done(&data, &["restore", "--yes", "--json", &file], ""));
    for name in ["relay.db", "tls", "tls/key.pem"] {
        assert_eq!(fs::metadata(data.join(name)).unwrap().uid(), 65_534, "{name}");
        let kept = Path::new(restored["kept"].as_str().unwrap()).join(name);
        assert_eq!(fs::metadata(kept).unwrap().uid(), 65_534, "{name}");
    }
    // What the owner may not read is not read for it.
    let secret = home.path().join("secret");
    fs::copy(data.join("tls/key.pem"), &secret).unwrap();
    chown(&secret, Some(0), Some(0)).unwrap();
    fs::remove_file(data.join("tls/key.pem")).unwrap();
    std::os::unix::fs::symlink(&secret, data.join("tls/key.pem")).unwrap();
    assert_eq!(refused(&data, &["backup", "--force", &file], "").0, 8);
}

#[test]
fn the_service_manager_is_told_when_the_server_is_ready_and_when_it_stops() {
    let (home, data, _) = home();
    let path = home.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let heard = || {
        let mut bytes = [0; 64];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    let mut command = relay(&data, &["serve", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", &path);
    let server = Server::spawn(command);
    assert_eq!(heard(), "READY=1");
    assert_eq!(server.stop().0, 0);
    assert_eq!(heard(), "STOPPING=1");
}
