//! A full disk: the relay's data lies on a small tmpfs (in a mount namespace of its own) until nothing fits any more.

use std::path::{Path, PathBuf};
use std::process::Command;

use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

const DEVICE: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964f0";

/// Starts the relay with its data on a tmpfs of 8 MiB, 2 MiB of which are a ballast that can be thrown off. Returns where
/// that tmpfs is seen from outside.
fn on_a_small_disk(relay: &mut Relay) -> PathBuf {
    let data = relay.data();
    let serve = relay.command();
    let words: Vec<String> =
        std::iter::once(serve.get_program()).chain(serve.get_args()).map(quoted).collect();
    let script = format!(
        "set -e; cp -a {data} {data}.keep; mount -t tmpfs -o size=8m tmpfs {data}; cp -a {data}.keep/. {data}/; chmod 700 {data}; \
         head -c 2097152 /dev/zero > {data}/ballast; exec {}",
        words.join(" "),
        data = quoted(data.as_os_str()),
    );
    let mut unshare = Command::new("unshare");
    if !nix::unistd::geteuid().is_root() {
        // Where a system forbids user namespaces to ordinary users, unshare says so in the relay's log.
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--mount", "sh", "-c", &script]);
    relay.restart_as(unshare);
    Path::new("/proc")
        .join(relay.pid().to_string())
        .join("root")
        .join(data.strip_prefix("/").expect("an absolute path"))
}

fn quoted(word: &std::ffi::OsStr) -> String {
    format!("'{}'", word.to_str().expect("UTF-8"))
}

#[test]
fn a_full_disk_refuses_what_it_cannot_keep_goes_on_reading_and_recovers_by_itself() {
    let mut relay = Relay::prepared("chats_per_second = 100000\nchats_burst = 100000\n");
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let disk = on_a_small_disk(&mut relay);

    let mut alice = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    let content = "x".repeat(16_000);
    let send = |alice: &mut Raw, id: &str, content: &str| {
        alice.say(&format!("<msg><type>chat</type><myaccount>alice</myaccount><friendaccount>bob</friendaccount><content>{content}</content><id>{id}</id></msg>"));
        loop {
            let heard = alice.hear().expect("the relay stays");
            if heard.contains("ack</type>") && heard.contains(&format!("<id>{id}</id>")) {
                return heard;
            }
        }
    };
    let mut number = 0;
    let mut kept = Vec::new();
    let refusal = loop {
        number += 1;
        assert!(number < 5_000, "the disk never was full");
        let id = format!("n{number}");
        let answer = send(&mut alice, &id, &content);
        if answer.contains("<type>nack</type>") {
            break answer;
        }
        kept.push(id);
    };
    assert!(refusal.contains("<code>storage</code>"), "{refusal}");

    // Logins and reading go on: a seed client gets what was kept, a full one logs in.
    let mut bob = Raw::seed(&relay.plain, "bob", "pb");
    for _ in 0..kept.len() {
        bob.hears_until("<content>x");
    }
    drop(Raw::full(&relay.plain, "alice", "pa", DEVICE));
    let mut seed = Raw::seed(&relay.plain, "alice", "pa");
    seed.say(&format!("<msg><type>chat</type><myaccount>alice</myaccount><friendaccount>bob</friendaccount><content>{content}</content></msg>"));
    seed.hears_until("<code>storage</code>");

    // Room again: nobody has to do anything else.
    std::fs::remove_file(disk.join("ballast")).expect("the ballast");
    let mut again = Raw::full(&relay.plain, "alice", "pa", DEVICE);
    let mut tries = 0;
    wait::until("a message is kept again", || {
        tries += 1;
        send(&mut again, &format!("again{tries}"), "room!").contains("<type>ack</type>").then_some(())
    });
    bob.hears_until("<content>room!</content>");
}
