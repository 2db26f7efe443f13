//! A device that was away for thousands of messages: it is paged through what it missed, whatever is killed meanwhile, and
//! neither daemon nor relay needs more memory for it.

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;
use serde_json::Value;

/// How many messages were missed; `QIAO_AWAY=20000` makes it as many as the promise says.
const MISSED: usize = 2_000;
/// The most memory that the daemon may have needed at any time, in KiB.
const DAEMON_MAX_KIB: u64 = 60 * 1_024;

#[test]
fn what_was_missed_comes_complete_and_in_order_and_memory_stays_flat() {
    let missed =
        std::env::var("QIAO_AWAY").map_or(MISSED, |count| count.parse().expect("QIAO_AWAY: a number"));
    let relay = Relay::start_with("chats_per_second = 100000\nchats_burst = 100000\n");
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let bob = Person::logged_in("bob", "pb", &relay);
    bob.stop_daemon();
    Raw::full(&relay.plain, "alice", "pa", "1d1").counts("alice", "bob", 0..missed);
    bob.run(&["status"]);
    wait::until("some of it is here", || (unread(&bob)? > 0).then_some(()));
    let first_peak = peak(bob.daemon());
    bob.kill_daemon();
    bob.online();
    wait::until_within(std::time::Duration::from_secs(300), "all of it is here", || {
        (unread(&bob)? == missed as u64).then_some(())
    });
    let (daemon, server) = (peak(bob.daemon()), peak(Some(relay.pid())));
    eprintln!(
        "{missed} messages missed; peak memory: daemon {daemon} KiB (before it was killed {first_peak} KiB), relay {server} KiB"
    );
    assert!(daemon < DAEMON_MAX_KIB, "the daemon needed {daemon} KiB");
    let all = history(&bob, "alice");
    let wrong = all.iter().enumerate().find(|(at, number)| at != *number);
    assert_eq!((all.len(), wrong), (missed, None), "each once, in order");
}

/// None while the daemon starts.
fn unread(person: &Person) -> Option<u64> {
    let out = person.run(&["--json", "status"]);
    let status: Value = serde_json::from_slice(&out.stdout).ok()?;
    status["accounts"][0]["unread"]["total"].as_u64()
}

/// The most memory that a process has had, in KiB.
fn peak(pid: Option<u32>) -> u64 {
    let pid = pid.expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn history(person: &Person, other: &str) -> Vec<usize> {
    let mut all = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let mut args = vec!["history", other, "-n", "1000"];
        args.extend(before.iter().flat_map(|row| ["--before", row.as_str()]));
        let page = person.json(&args);
        let messages = page["messages"].as_array().expect("messages");
        let numbers = messages
            .iter()
            .map(|message| message["text"].as_str().expect("a text").parse().expect("a number"));
        all.splice(0..0, numbers.collect::<Vec<usize>>());
        if page["more"] != true {
            return all;
        }
        before = Some(messages[0]["row"].to_string());
    }
}
