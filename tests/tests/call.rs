//! Calls between real daemons: every device rings, one has the call, and what nobody answered is left as a message.

use qiaoqiao_tests::person::{Person, text};
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

#[test]
fn all_devices_ring_the_first_has_the_call_and_a_missed_one_is_found_later() {
    let relay = Relay::start();
    for name in ["alice", "bob", "carol"] {
        relay.account(name, name, name);
    }
    relay.friends("alice", "bob");
    let alice = Person::logged_in("alice", "alice", &relay);
    assert_eq!(alice.run(&["call", "start", "bob"]).status.code(), Some(9), "nobody is there");
    let stranger = alice.run(&["call", "start", "carol"]);
    assert_eq!(stranger.status.code(), Some(7), "{}", text(&stranger.stderr));
    let old = Raw::seed(&relay.plain, "bob", "bob");
    wait::until("an old program cannot be called", || {
        (alice.run(&["call", "start", "bob"]).status.code() == Some(14)).then_some(())
    });
    drop(old);

    let bob = Person::logged_in("bob", "bob", &relay);
    let second = Person::logged_in("bob", "bob", &relay);
    let (at_alice, at_bob, at_second) = (alice.watch(), bob.watch(), second.watch());
    let call = alice.json(&["call", "start", "bob", "--media", "video"]);
    assert_eq!((&call["incoming"], &call["media"]), (&false.into(), &"video".into()));
    for watch in [&at_bob, &at_second] {
        let incoming = watch.next("call.incoming", |incoming| incoming["call"] == call["call"]);
        assert_eq!((&incoming["data"]["friend"], &incoming["replayed"]), (&"alice".into(), &false.into()));
    }
    at_alice.next("call.state", |call| call["state"] == "ringing");
    assert_eq!(bob.json(&["accept"])["state"], "accepted");
    at_alice.next("call.state", |call| call["state"] == "accepted");
    at_second.next("call.state", |call| call["reason"] == "answered-elsewhere");
    assert_eq!(alice.json(&["hangup"])["reason"], "hangup");
    at_bob.next("call.state", |call| call["reason"] == "hangup");

    alice.ok(&["call", "start", "bob"]);
    at_bob.next("call.incoming", |_| true);
    at_second.next("call.incoming", |_| true);
    bob.ok(&["decline"]);
    at_alice.next("call.state", |call| call["reason"] == "declined");
    at_second.next("call.state", |call| call["reason"] == "declined");

    let missed = alice.json(&["call", "start", "bob"]);
    at_bob.next("call.incoming", |incoming| incoming["call"] == missed["call"]);
    alice.ok(&["hangup"]);
    at_bob.next("call.state", |call| call["reason"] == "hangup");
    let message = at_bob.next("chat.received", |chat| chat["id"] == missed["call"]);
    assert_eq!(message["data"]["kind"], "call");
    assert_eq!(bob.run(&["accept"]).status.code(), Some(7), "nobody is calling");
}

#[test]
fn a_call_ends_at_the_other_side_when_a_daemon_is_gone_for_good() {
    let relay = Relay::start();
    for name in ["alice", "bob"] {
        relay.account(name, name, name);
    }
    relay.friends("alice", "bob");
    let (alice, bob) = (Person::logged_in("alice", "alice", &relay), Person::logged_in("bob", "bob", &relay));
    let (at_alice, at_bob) = (alice.watch(), bob.watch());
    let last = alice.json(&["call", "start", "bob"]);
    at_bob.next("call.incoming", |incoming| incoming["call"] == last["call"]);
    bob.ok(&["accept"]);
    at_alice.next("call.state", |call| call["call"] == last["call"] && call["state"] == "accepted");
    drop(at_bob);
    bob.kill_daemon();
    at_alice.next("call.state", |call| call["call"] == last["call"] && call["reason"] == "failed");
}
