//! Looking whether everything works: who is asked, what each answer means, and that it ends in time.

use super::asking::done;
use super::*;
use crate::core::io::{Aim, Examined, Probe};
use ipc_schema::daemon::{Doctor, Status};
use relay_schema::{Device, ErrorCode, ErrorStanza};

/// The number of the look that has begun, and the ways that are looked at.
fn examine(outputs: &[Output]) -> (u64, Vec<Aim>) {
    let found = outputs.iter().find_map(|output| match output {
        Output::Examine { number, aims } => Some((*number, aims.clone())),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{outputs:?}"))
}

fn found(number: u64, runtime: Result<(), String>, probes: Vec<Probe>) -> Input {
    Input::Examined { number, examined: Examined { runtime, probes } }
}

fn good(aim: &Aim) -> Probe {
    let tcp = Ok(Duration::from_millis(12));
    Probe { account: aim.account, tcp, tls: Ok(Some(KEY.into())) }
}

fn device_list(outputs: &[Output]) -> Id {
    let list = sent(outputs).into_iter().find_map(|stanza| match stanza {
        Stanza::DeviceList(list) => Some(list.id.clone()),
        _ => None,
    });
    list.unwrap_or_else(|| panic!("{outputs:?}"))
}

/// What was looked at, and how it is.
fn verdicts(reply: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = reply["checks"].as_array().unwrap().iter();
    checks.map(|check| format!("{} {}", word(&check["what"]), word(&check["verdict"]))).collect()
}

/// The relay's answer: this device is seen now, so many seconds before this clock.
fn time(daemon: &mut Daemon, id: &Id, ahead_s: i64) -> Vec<Output> {
    let device = daemon.disk.account().unwrap().device.clone();
    let ts = super::super::clock::rfc3339(daemon.now.wall_us - ahead_s * 1_000_000);
    daemon.hear(Device { device, client: String::new(), ts, state: 1, id: id.clone() });
    daemon.hear(done(id.clone(), None))
}

#[test]
fn all_is_well() {
    let mut daemon = Daemon::online();
    let outputs = daemon.ask(Doctor {});
    let ((number, aims), id) = (examine(&outputs), device_list(&outputs));
    assert_eq!((aims.len(), aims[0].address.host.as_str()), (1, "example.org"));
    assert!(replies(&time(&mut daemon, &id, 0)).is_empty());
    let reply = reply(&daemon.say(found(number, Ok(()), vec![good(&aims[0])])));
    let all = ["store", "runtime", "relay.dns", "relay.tcp", "relay.tls", "relay.login", "clock", "outbox"];
    assert_eq!(verdicts(&reply), all.map(|what| format!("{what} good")));
    assert_eq!(reply["checks"][2]["account"], "alice@example.org");
    assert!(reply["checks"].as_array().unwrap().iter().all(|check| check["advice"].is_null()));
}

#[test]
fn each_thing_that_is_wrong_is_said_with_what_to_do() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "k1"));
    daemon.pass(Duration::from_secs(5));
    let outputs = daemon.ask(Doctor {});
    let ((number, aims), id) = (examine(&outputs), device_list(&outputs));
    time(&mut daemon, &id, 90);
    let closed = Closed::KeyChanged { expected: KEY.into(), found: "bb".into() };
    let probe = Probe { tls: Err(closed), ..good(&aims[0]) };
    let outputs = daemon.say(found(number, Err("the directory is open".into()), vec![probe]));
    let reply = reply(&outputs);
    let told = verdicts(&reply);
    for wrong in ["runtime bad", "relay.tls bad", "clock warning"] {
        assert!(told.contains(&wrong.to_owned()), "{wrong}: {told:?}");
    }
    for check in reply["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] != "good") {
        assert!(check["advice"].is_string(), "{check}");
    }

    // Nothing behind what fails is told; a device that is out says why.
    daemon.hear(ErrorStanza { code: ErrorCode::Revoked, text: String::new(), id: None });
    daemon.pass(Duration::from_secs(120));
    let (number, aims) = examine(&daemon.ask(Doctor {}));
    let unknown = || Closed::Unresolved { detail: "no".into() };
    let probe = Probe { account: aims[0].account, tcp: Err(unknown()), tls: Err(unknown()) };
    let reply = super::reply(&daemon.say(found(number, Ok(()), vec![probe])));
    let bad = ["store good", "runtime good", "relay.dns bad", "relay.login bad", "outbox warning"];
    assert_eq!(verdicts(&reply), bad);
    assert_eq!(reply["checks"][3]["text"], reply_of_status(&mut daemon));
}

fn reply_of_status(daemon: &mut Daemon) -> Value {
    reply(&daemon.ask(Status {}))["accounts"][0]["message"].clone()
}

#[test]
fn whoever_does_not_answer_within_ten_seconds_is_named() {
    let mut daemon = Daemon::online();
    daemon.hold();
    daemon.ask(Doctor {});
    assert!(replies(&daemon.pass(Duration::from_millis(9_999))).is_empty());
    let outputs = daemon.pass(Duration::from_millis(1));
    let told = verdicts(&reply(&outputs));
    let late = ["store warning", "runtime warning", "relay.tcp warning", "relay.login good", "outbox good"];
    assert_eq!(told, late);
    assert!(replies(&daemon.release()).is_empty(), "what comes late is nobody's");
}

#[test]
fn one_account_alone_can_be_looked_at_and_a_frontend_that_goes_is_forgotten() {
    let mut daemon = Daemon::online();
    let call = |name: &str| Call { account: Some(name.into()), ..Call::from(Doctor {}) };
    assert_eq!(refusal(&daemon.ask(call("nobody"))).exit(), 7);
    daemon.hold();
    assert_eq!(examine(&daemon.ask(call("alice"))).1.len(), 1);
    daemon.say(Input::Gone { client: 1 });
    assert!(daemon.core.doctors.is_empty());
    for _ in 0..8 {
        daemon.ask(Doctor {});
    }
    assert_eq!(refusal(&daemon.ask(Doctor {})).exit(), 10, "so many at a time");
    assert_eq!(replies(&daemon.say(Input::Stop)).len(), 8);
}

#[test]
fn where_nobody_is_logged_in_that_is_said_with_how_to_come_in() {
    let mut daemon = Daemon::new();
    let (number, aims) = examine(&daemon.ask(Doctor {}));
    assert!(aims.is_empty());
    let reply = reply(&daemon.say(found(number, Ok(()), Vec::new())));
    assert_eq!(verdicts(&reply), ["store good", "runtime good", "account warning"]);
    assert!(reply["checks"][2]["advice"].as_str().unwrap().contains("qqctl join LINK"), "{reply}");
}
