//! Joining: the first minute from nothing, what each link that does not work says, one's next device, and what ends a login.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::program::{self, Running};
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::terminal::Terminal;
use qiaoqiao_tests::wait;
use serde_json::Value;

/// One computer asks more often here than anybody would.
const PATIENT: &str = "registrations_per_address = 1000\n";

/// A link that invites.
fn invite(relay: &Relay, args: &[&str]) -> String {
    relay.invite(args).to_string()
}

/// `qqctl join`.
fn join(person: &Person, link: &str, more: &[&str]) -> Output {
    person.run(&[&["join", link], more].concat())
}

fn joined(account: &str, link: &str) -> Person {
    let person = Person::new(account);
    let out = join(&person, link, &[]);
    assert!(out.status.success(), "{account} cannot join: {}", text(&out.stderr));
    person
}

/// Runs qqctl with something on its standard input.
fn typed(person: &Person, args: &[&str], input: &str) -> Output {
    let mut command = person.qqctl(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("qqctl starts");
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("qqctl ends")
}

fn account(person: &Person) -> Value {
    person.json(&["status"])["accounts"][0].clone()
}

/// How long it takes until the daemon says that the account is off line for this reason.
fn out_for(person: &Person, reason: &str) -> Duration {
    let begun = Instant::now();
    wait::until(&format!("{} is out: {reason}", person.account), || {
        let account = account(person);
        (account["state"] == "offline" && account["reason"] == reason).then_some(())
    });
    begun.elapsed()
}

#[test]
fn from_nothing_to_the_first_message_in_three_directories() {
    let begun = Instant::now();
    let home = tempfile::tempdir().expect("a directory");
    let mut up = program::command("relay-server");
    up.args(["up", "--invite", "alice,bob", "--listen", "127.0.0.1:0", "--data"]).arg(home.path());
    let mut child = up.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the relay starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let _running = Running(child);
    let mut links = Vec::new();
    println!("$ relay-server up --invite alice,bob");
    for line in lines.by_ref() {
        println!("{line}");
        links.extend(line.starts_with("qiao://").then(|| line.clone()));
        if line.starts_with("Keep this running") {
            break;
        }
    }
    println!("  [{:.1} s]", begun.elapsed().as_secs_f64());
    let [for_alice, for_bob] = &links[..] else { panic!("two links: {links:?}") };
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    for (person, link, shown) in [(&alice, for_alice, "Alice"), (&bob, for_bob, "Bob")] {
        let out = join(person, link, &["--name", shown]);
        println!("{} $ qqctl join LINK --name {shown}\n{}", person.account, text(&out.stderr));
        assert!(out.status.success());
        println!("  [{:.1} s]", begun.elapsed().as_secs_f64());
    }
    assert_eq!(account(&alice)["random_password"], true);
    alice.ok(&["send", "bob", "the first message", "--wait", "delivered"]);
    let read = bob.ok(&["read"]);
    println!("bob $ qqctl read\n{read}  [{:.1} s]", begun.elapsed().as_secs_f64());
    assert!(read.contains("the first message"), "{read}");
    assert!(alice.ok(&["status"]).contains("qqctl account passwd"), "the password is a random one");
}

#[test]
fn the_wrong_the_used_up_the_expired_and_the_revoked_link_say_so() {
    let mut relay = Relay::start_with(PATIENT);
    let used = invite(&relay, &["alice"]);
    let second = invite(&relay, &["alice"]);
    let of_eve = invite(&relay, &["eve"]);
    let alice = joined("alice", &used);
    let expired = invite(&relay, &["carol"]);
    let revoked = invite(&relay, &["dave"]);
    let code = revoked.split("/i/").nth(1).expect("a code").split('#').next().expect("a code").to_owned();
    relay.run(&["invite", "revoke", &code]);
    relay.stop();
    let store = rusqlite::Connection::open(relay.data().join("relay.db")).expect("the relay's database");
    let past = store.execute("UPDATE invite SET expires_ms = 1 WHERE name = 'carol'", []);
    assert_eq!(past, Ok(1), "its time is over");
    drop(store);
    relay.restart();
    let wrong = revoked.replace(&code, &code.chars().rev().map(|_| '7').collect::<String>());
    let taken = invite(&relay, &[]);
    let other_key = revoked.replace(revoked.split('#').nth(1).expect("a pin"), &"A".repeat(43));
    let nowhere = revoked.replace(&relay.tls, "127.0.0.1:1");

    let cases: [(&str, &str, &[&str], i32); 11] = [
        ("wrong", &wrong, &[], 8),
        ("used-up", &used, &[], 8),
        ("expired", &expired, &[], 8),
        ("revoked", &revoked, &[], 8),
        ("joined", &second, &[], 11),
        ("other-name", &of_eve, &["mallory"], 8),
        ("taken", &taken, &["alice"], 11),
        ("name", &taken, &[], 2),
        ("key_changed", &other_key, &[], 12),
        ("refused", &nowhere, &[], 6),
        ("no link", "https://example.org", &[], 2),
    ];
    let mut sentences = Vec::new();
    for (reason, link, more, exit) in cases {
        let nobody = Person::new("nobody");
        let out = join(&nobody, link, more);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(exit), "{reason}: {said}");
        println!("{reason}: exit {exit}: {said}");
        assert_eq!(nobody.json(&["status"])["accounts"], serde_json::json!([]), "{reason}: nothing is kept");
        sentences.push(said);
    }
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), 11, "{sentences:#?}");
    drop(alice);
}

#[test]
fn a_name_that_the_link_lacks_is_asked_for_on_a_terminal() {
    let relay = Relay::start();
    let link = invite(&relay, &["--uses", "2"]);
    let person = Person::new("carol");
    let line = format!("{} join '{link}'", program::path("qqctl").display());
    let mut terminal = Terminal::start(&line, 80, &person.command("qqctl"));
    terminal.shows("to be called");
    terminal.write("carol\n");
    terminal.shows("You are carol@");
    assert_eq!(terminal.ends(), Some(0), "{}", terminal.seen());
    let derived = Person::new("dora");
    let out = join(&derived, &link, &["--name", "Dora"]);
    assert!(text(&out.stderr).contains("dora@"), "{}", text(&out.stderr));
}

#[test]
fn a_link_brings_the_next_device_and_either_can_end_the_other_within_a_second() {
    let relay = Relay::start();
    let laptop = joined("alice", &invite(&relay, &["alice"]));
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let bob = Person::logged_in("bob", "pb", &relay);
    let link = laptop.json(&["account", "link"])["link"].as_str().expect("a link").to_owned();
    let phone = joined("alice", &link);
    let once = join(&Person::new("thief"), &link, &[]);
    assert_eq!(once.status.code(), Some(8), "{}", text(&once.stderr));
    bob.ok(&["send", "alice", "to both", "--wait", "delivered"]);
    for device in [&laptop, &phone] {
        wait::until("both devices have it", || {
            device.ok(&["history", "bob"]).contains("to both").then_some(())
        });
    }

    let devices = laptop.json(&["account", "devices"])["devices"].as_array().expect("a list").clone();
    assert_eq!(devices.len(), 2, "{devices:?}");
    let other = devices.iter().find(|device| device["own"] == false).expect("the phone");
    let own = devices.iter().find(|device| device["own"] == true).expect("this one");
    let uuid = |device: &Value| device["device"].as_str().expect("a UUID").to_owned();
    let out = laptop.run(&["account", "revoke", &uuid(own)]);
    assert_eq!(out.status.code(), Some(11), "{}", text(&out.stderr));
    phone.ok(&["send", "bob", "from the phone", "--wait", "relay"]);
    laptop.ok(&["account", "revoke", &uuid(other)[..8]]);
    let time = out_for(&phone, "revoked");
    println!("a revoked device is out after {time:?}");
    assert!(time < Duration::from_secs(1), "{time:?}");
    assert!(phone.ok(&["history", "bob"]).contains("from the phone"), "its history stays");
    let out = phone.run(&["send", "bob", "more"]);
    assert_eq!(out.status.code(), Some(4), "{}", text(&out.stderr));

    // A new link brings it back as the device that it was, once; whoever is on line needs none.
    let link = laptop.json(&["account", "link"])["link"].as_str().expect("a link").to_owned();
    let out = join(&phone, &link, &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(phone.ok(&["history", "bob"]).contains("from the phone"), "its history stays");
    phone.ok(&["send", "bob", "back again", "--wait", "relay"]);
    assert_eq!(laptop.json(&["account", "devices"])["devices"].as_array().map(Vec::len), Some(2));
    assert_eq!(join(&phone, &link, &[]).status.code(), Some(11));

    // A password of one's own ends every other device, and brings one back.
    let out = typed(&laptop, &["account", "passwd", "--password-stdin"], "my own\n");
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert_eq!(account(&laptop).get("random_password"), None);
    let out = phone.login(&relay.tls, "my own", &[]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let out = typed(&laptop, &["account", "passwd", "--password-stdin"], "wrong\nnext\n");
    assert_eq!(out.status.code(), Some(4), "{}", text(&out.stderr));
    let out = typed(&laptop, &["account", "passwd", "--password-stdin"], "my own\nnext\n");
    assert!(out.status.success(), "{}", text(&out.stderr));
    let time = out_for(&phone, "revoked");
    println!("after another password the other device is out after {time:?}");
    assert!(time < Duration::from_secs(1), "{time:?}");
    assert_eq!(account(&laptop)["state"], "online");
}

#[test]
fn an_account_ends_for_good_and_only_if_it_is_meant() {
    let relay = Relay::start();
    let alice = joined("alice", &invite(&relay, &["alice"]));
    let out = alice.run(&["account", "remove"]);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains("--yes"), "{}", text(&out.stderr));
    let line = format!("{} account remove", program::path("qqctl").display());
    let mut terminal = Terminal::start(&line, 80, &alice.command("qqctl"));
    terminal.shows("to confirm");
    terminal.write("bob\n");
    assert_eq!(terminal.ends(), Some(2), "{}", terminal.seen());
    assert_eq!(account(&alice)["state"], "online");
    alice.ok(&["account", "remove", "--yes", "--forget"]);
    assert_eq!(alice.json(&["status"])["accounts"], serde_json::json!([]));
    let out = Person::new("alice").login(&relay.tls, "any", &["--trust", &relay.fingerprint]);
    assert_eq!(out.status.code(), Some(4), "there is no such account any more");
}

/// Kills the daemon at some moment of a command; whatever became of it, the same command works in the end.
fn killed_until_it_works(person: &Person, command: impl Fn() -> Command) {
    for pause in 0..12_u64 {
        let mut running = command();
        running.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = running.spawn().expect("qqctl starts");
        // The moment of the kill is what is tried, a little later each time.
        std::thread::park_timeout(Duration::from_millis(pause * 12));
        person.kill_daemon();
        let _ = child.wait();
    }
    wait::until("the same command works", || {
        let out = command().output().expect("qqctl runs");
        let said = text(&out.stderr);
        // It may have worked before the last kill; and whoever tries so often is asked to wait a little.
        let already = said.contains("is logged in on this computer already");
        // 5: the killed one's socket may be there a moment longer than its process.
        let waits = matches!(out.status.code(), Some(5 | 10));
        assert!(out.status.success() || already || waits, "{said}");
        (out.status.success() || already).then_some(())
    });
    person.online();
}

#[test]
fn a_daemon_killed_again_and_again_while_it_joins_is_never_locked_out() {
    let relay = Relay::start_with(PATIENT);
    let link = invite(&relay, &["alice"]);
    let alice = Person::new("alice");
    killed_until_it_works(&alice, || alice.qqctl(&["join", &link]));
    wait::until("the random password is kept, and another one set", || {
        let out = typed(&alice, &["account", "passwd", "--password-stdin"], "my own\n");
        // So many logins that were cut off count as guesses for a while.
        assert!([Some(0), Some(10)].contains(&out.status.code()), "{}", text(&out.stderr));
        out.status.success().then_some(())
    });

    let link = alice.json(&["account", "link"])["link"].as_str().expect("a link").to_owned();
    let phone = Person::new("alice");
    killed_until_it_works(&phone, || phone.qqctl(&["join", &link]));
}

#[test]
fn a_relay_that_moved_is_followed_with_history_and_outbox() {
    let mut relay = Relay::start();
    let alice = joined("alice", &invite(&relay, &["alice"]));
    alice.ok(&["send", "@me", "before", "--wait", "relay"]);
    let old = relay.tls.clone();
    relay.stop();
    relay.tls = "127.0.0.1:0".into();
    relay.restart();
    assert_ne!(relay.tls, old);
    let out = alice.run(&["send", "@me", "in between"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stderr));
    let other = Relay::start();
    let out = alice.run(&["account", "relay", &other.tls]);
    assert_eq!(out.status.code(), Some(12), "another server has another key: {}", text(&out.stderr));
    alice.ok(&["account", "relay", &relay.tls]);
    alice.online();
    assert_eq!(account(&alice)["account"], format!("alice@{old}"), "it is called as before");
    wait::until("what waited is there", || (account(&alice)["outbox"] == 0).then_some(()));
    let history = alice.ok(&["history", "@me"]);
    assert!(history.contains("before") && history.contains("in between"), "{history}");
    alice.kill_daemon();
    alice.online();
}

#[test]
fn the_doctor_says_what_is_wrong_and_ends_with_1_only_then() {
    let mut relay = Relay::start();
    let alice = joined("alice", &invite(&relay, &["alice"]));
    let well = alice.ok(&["doctor"]);
    println!("$ qqctl doctor\n{well}");
    assert!(well.contains("✓ relay.tls") && well.contains("✓ clock") && !well.contains('✗'), "{well}");
    assert!(well.contains("! password"), "a random password is worth a word: {well}");
    relay.kill();
    out_of_reach(&alice);
    let begun = Instant::now();
    let out = alice.run(&["doctor"]);
    println!("$ qqctl doctor\n{}{}", text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("✗ relay.tcp"), "{}", text(&out.stdout));
    assert!(begun.elapsed() < Duration::from_secs(11));
}

/// Waits until the daemon has noticed that the relay is gone.
fn out_of_reach(person: &Person) {
    wait::until("the loss is noticed", || (account(person)["state"] != "online").then_some(()));
}
