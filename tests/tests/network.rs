//! Sleep and a network that goes and comes: how long it takes until a message arrives again.

use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::program;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

/// From the network's return to the first message.
const BACK: Duration = Duration::from_secs(2);
/// How long the daemon sleeps, in seconds; `QIAO_SLEEP=120` makes it as long as the promise says.
const SLEEP: u64 = 5;
/// Says to this program that it has a network of its own.
const INSIDE: &str = "QIAO_NETWORK_INSIDE";

fn alice_and_bob() -> (Relay, Person) {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let bob = Person::logged_in("bob", "pb", &relay);
    (relay, bob)
}

#[test]
fn after_a_sleep_the_daemon_is_on_line_within_two_seconds() {
    let (mut relay, bob) = alice_and_bob();
    let watch = bob.watch();
    let daemon = bob.daemon().expect("it runs");
    let sleep = std::env::var("QIAO_SLEEP").map_or(SLEEP, |seconds| seconds.parse().expect("a number"));
    program::signal(daemon, Signal::SIGSTOP);
    let slept = Instant::now();
    // The connection does not survive it: the server gives a silent device up, or is another process by then.
    relay.kill();
    relay.restart();
    Raw::full(&relay.plain, "alice", "pa", "1d1").counts("alice", "bob", 0..1);
    wait::until_within(Duration::from_secs(sleep + 60), "the sleep is over", || {
        (slept.elapsed() >= Duration::from_secs(sleep)).then_some(())
    });
    program::signal(daemon, Signal::SIGCONT);
    let woken = Instant::now();
    watch.next("chat.received", |chat| chat["text"] == "0");
    let took = woken.elapsed();
    eprintln!("slept {sleep} s; the message was there {:.2} s after that", took.as_secs_f64());
    assert!(took < BACK, "{took:?}");
}

/// In a network of its own, which this test may take down.
#[test]
fn after_the_network_was_gone_the_daemon_is_on_line_within_two_seconds() {
    if std::env::var_os(INSIDE).is_none() {
        let mut inside = Command::new("unshare");
        inside.args(["--map-root-user", "--net"]).arg(std::env::current_exe().expect("this program"));
        inside.args(["--exact", "after_the_network_was_gone_the_daemon_is_on_line_within_two_seconds"]);
        let done = inside.arg("--nocapture").env(INSIDE, "1").output().expect("this test needs unshare");
        let said =
            String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "needs user namespaces and ip (package iproute2): {said}");
        assert!(said.contains("1 passed"), "{said}");
        said.lines().filter(|line| line.contains("network gone")).for_each(|line| eprintln!("{line}"));
        return;
    }
    link("up");
    let (relay, bob) = alice_and_bob();
    let watch = bob.watch();
    // Shorter and longer than the daemon needs to see that nothing answers any more.
    for (number, gone) in [700, 1_600, 4_000].map(Duration::from_millis).into_iter().enumerate() {
        link("down");
        let began = Instant::now();
        // What is written now gets stuck in the connection that there was.
        bob.run(&["send", "alice", "stuck"]);
        wait::until("the time without a network is over", || (began.elapsed() >= gone).then_some(()));
        link("up");
        let back = Instant::now();
        let mut alice = Raw::full(&relay.plain, "alice", "pa", "1d1");
        alice.counts("alice", "bob", number..number + 1);
        let text = number.to_string();
        watch.next("chat.received", |chat| chat["text"] == text.as_str());
        let took = back.elapsed();
        eprintln!(
            "network gone for {:.1} s; a message was there {:.2} s after its return",
            gone.as_secs_f64(),
            took.as_secs_f64()
        );
        assert!(took < BACK, "{took:?}");
        alice.hears_until("<content>stuck</content>");
    }
}

fn link(state: &str) {
    let done = Command::new("ip").args(["link", "set", "lo", state]).status().expect("ip is there");
    assert!(done.success(), "ip link set lo {state}");
}
