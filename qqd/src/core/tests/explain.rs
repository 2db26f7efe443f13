//! What people are told of a message's way.

use ipc_schema::Request;
use ipc_schema::chat::Explain;
use relay_schema::{Line, Nack, NackCode};

use super::*;

fn explain(daemon: &mut Daemon, key: &str) -> (Vec<String>, String) {
    let told = reply(&daemon.ask(Request::ChatExplain(Explain { id: key.into() })));
    let word = |step: &Value| match step["reason"].as_str() {
        Some(reason) => format!("{} {reason}", step["state"].as_str().unwrap()),
        None => step["state"].as_str().unwrap().to_owned(),
    };
    let steps = told["steps"].as_array().unwrap().iter().map(word).collect();
    (steps, told["summary"].as_str().unwrap().to_owned())
}

#[test]
fn a_message_on_its_way_tells_what_is_not_on_disk_yet() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "m1"));
    let (steps, summary) = explain(&mut daemon, "m1");
    assert_eq!(steps, ["sent"]);
    assert!(summary.starts_with("it was sent, and the server has not confirmed it"), "{summary}");
    daemon.lost();
    assert!(explain(&mut daemon, "m1").1.contains("is not connected"));
    daemon.back(0);
    assert_eq!(explain(&mut daemon, "m1").0, ["sent", "sent sent-again"]);
    daemon.hear(Nack { id: id("m1"), code: NackCode::Rate, retry: Some(5_000) });
    let (steps, summary) = explain(&mut daemon, "m1");
    assert_eq!(steps, ["sent", "sent sent-again", "queued throttled"]);
    assert!(summary.contains("takes no more for a moment"), "{summary}");
}

#[test]
fn one_whose_receiver_was_off_line_says_so() {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    daemon.ask(text("bob", "m1"));
    assert_eq!(explain(&mut daemon, "m1").0, ["queued relay-away"]);
    daemon.back(0);
    daemon.hear(Line { id: Some(id("m1")), friendaccount: Some("bob".into()), ..Line::default() });
    daemon.hear(ack("m1", 1));
    let (steps, summary) = explain(&mut daemon, "m1");
    assert_eq!(steps, ["queued relay-away", "sent", "acked receiver-offline"]);
    assert!(summary.contains("bob is off line"), "{summary}");
}

#[test]
fn one_that_failed_says_why_and_what_to_do() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "m1"));
    daemon.hear(Nack { id: id("m1"), code: NackCode::TooBig, retry: None });
    let summary = explain(&mut daemon, "m1").1;
    assert!(summary.contains("shorter messages only") && summary.contains("outbox retry m1"), "{summary}");
}

#[test]
fn steps_that_wait_for_the_disk_are_bounded() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "m1"));
    for number in 0..100 {
        let code = NackCode::Other(format!("c{number}"));
        daemon.hear(Nack { id: id("m1"), code, retry: Some(1) });
        daemon.pass(Duration::from_millis(10));
    }
    assert!(explain(&mut daemon, "m1").0.len() <= 16);
}

#[test]
fn one_that_came_in_is_here_and_unread() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(from_bob(1));
    let (steps, summary) = explain(&mut daemon, "b1");
    assert_eq!((steps, summary.as_str()), (vec!["delivered".to_owned()], "it is here, and unread"));
    let nothing = daemon.ask(Request::ChatExplain(Explain { id: "zz".into() }));
    assert_eq!(refusal(&nothing).code, Code::NotFound);
}
