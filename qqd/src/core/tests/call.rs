//! Calls: who rings, who takes it, how it ends.

use super::*;
use ipc_schema::call::{Accept, Decline, Hangup, Media, Start};
use relay_schema::{CallEnd, CallReason, CallRinging, Line, Nack, NackCode, RVidio, Vidio};

fn start(daemon: &mut Daemon) -> (Id, Vec<Output>) {
    let outputs = daemon.ask(Start { friend: "bob".into(), media: Media::Video });
    let Some(Stanza::Vidio(asked)) = sent(&outputs).first().copied().cloned() else { panic!("{outputs:?}") };
    let outputs = daemon.hear(Ack { id: asked.id.unwrap(), ..Ack::default() });
    (asked.call.unwrap(), outputs)
}

fn rings(call: &Id, device: &str) -> CallRinging {
    CallRinging {
        myaccount: "bob".into(),
        friendaccount: "alice".into(),
        call: call.clone(),
        id: None,
        device: Some(device.into()),
        to_device: None,
    }
}

fn accepts(call: &Id, device: &str) -> RVidio {
    RVidio {
        myaccount: "bob".into(),
        friendaccount: "alice".into(),
        call: Some(call.clone()),
        media: Some("video".into()),
        device: Some(device.into()),
        ..RVidio::default()
    }
}

fn asks(call: &str, media: &str) -> Vidio {
    Vidio {
        myaccount: "bob".into(),
        friendaccount: "alice".into(),
        call: Some(id(call)),
        media: Some(media.into()),
        device: Some("d1".into()),
        ..Vidio::default()
    }
}

fn end(from: &str, call: &Id, reason: CallReason) -> CallEnd {
    let to = if from == "bob" { "alice" } else { "bob" };
    CallEnd {
        myaccount: from.into(),
        friendaccount: to.into(),
        call: call.clone(),
        reason,
        device: Some("d1".into()),
        ..CallEnd::default()
    }
}

/// The calls' states as they were told, with the reason.
fn states(outputs: &[Output]) -> Vec<String> {
    let state = |envelope: &&Envelope| match &envelope.event {
        Event::CallState(call) => Some(format!("{} {}", call.state, call.reason.as_deref().unwrap_or("-"))),
        Event::CallIncoming(call) => Some(format!("incoming {}", call.media)),
        _ => None,
    };
    events(outputs).iter().filter_map(state).collect()
}

/// The ends that were said, each with the device that it was for.
fn ends(outputs: &[Output]) -> Vec<(String, Option<String>)> {
    let end = |stanza: &&Stanza| match stanza {
        Stanza::CallEnd(end) => Some((end.reason.as_str().to_owned(), end.to_device.clone())),
        _ => None,
    };
    sent(outputs).iter().filter_map(end).collect()
}

#[test]
fn the_first_device_that_accepts_has_the_call_and_the_others_are_told() {
    let mut daemon = Daemon::with_bob();
    let (call, outputs) = start(&mut daemon);
    assert_eq!(
        (&reply(&outputs)["state"], &reply(&outputs)["call"]),
        (&json!("calling"), &json!(call.as_str()))
    );
    assert_eq!(states(&daemon.hear(rings(&call, "d1"))), ["ringing -"]);
    assert_eq!(states(&daemon.hear(rings(&call, "d2"))), [""; 0]);
    let outputs = daemon.hear(accepts(&call, "d2"));
    assert_eq!(states(&outputs), ["accepted -"]);
    assert_eq!(ends(&outputs), [("answered-elsewhere".to_owned(), Some("d1".to_owned()))]);
    let late = daemon.hear(accepts(&call, "d3"));
    assert_eq!(ends(&late), [("answered-elsewhere".to_owned(), Some("d3".to_owned()))]);
    assert_eq!(states(&late), [""; 0]);
    assert!(states(&daemon.hear(end("bob", &call, CallReason::Hangup))).is_empty(), "d1 is not in the call");
    let outputs = daemon.ask(Hangup::default());
    assert_eq!(ends(&outputs), [("hangup".to_owned(), Some("d2".to_owned()))]);
    assert_eq!(reply(&outputs)["reason"], "hangup");
    assert!(chats(&outputs).is_empty(), "it was not missed");
    assert_eq!(refusal(&daemon.ask(Hangup::default())).code, Code::NotFound);
}

#[test]
fn a_call_that_nobody_answers_ends_after_a_minute_and_is_left_as_a_message() {
    let mut daemon = Daemon::with_bob();
    let (call, _) = start(&mut daemon);
    daemon.hear(rings(&call, "d1"));
    let outputs = daemon.pass(Duration::from_secs(60));
    assert_eq!(states(&outputs), ["ended timeout"]);
    assert_eq!(ends(&outputs), [("timeout".to_owned(), None)]);
    assert_eq!(chats(&outputs), [call.to_string()]);
    let missed = daemon.disk.message(call.as_str()).unwrap();
    assert_eq!((missed.kind.as_str(), missed.to.as_str()), ("call", "bob"));
}

#[test]
fn a_call_that_cannot_be_is_a_sentence_with_its_own_code() {
    let mut daemon = Daemon::with_bob();
    let ask =
        |daemon: &mut Daemon, friend: &str| daemon.ask(Start { friend: friend.into(), media: Media::Audio });
    assert_eq!(refusal(&ask(&mut daemon, "mallory")).code, Code::Unreachable);
    let request = |outputs: &[Output]| match sent(outputs).first() {
        Some(Stanza::Vidio(asked)) => asked.id.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let id = request(&ask(&mut daemon, "bob"));
    let off = Line { state: -1, friendaccount: Some("bob".into()), note: None, id: Some(id) };
    assert_eq!(refusal(&daemon.hear(off)).code, Code::Offline);
    for (code, word) in [(NackCode::NoEncryption, Code::Unsupported), (NackCode::Unknown, Code::Unreachable)]
    {
        let id = request(&ask(&mut daemon, "bob"));
        let outputs = daemon.hear(Nack { id, code, retry: None });
        assert_eq!(refusal(&outputs).code, word);
        assert!(states(&outputs).is_empty());
    }
    start(&mut daemon);
    assert_eq!(refusal(&ask(&mut daemon, "bob")).code, Code::Conflict);
    assert_eq!(states(&daemon.lost()), ["ended failed"]);
    assert_eq!(refusal(&ask(&mut daemon, "bob")).code, Code::NoRelay);
}

#[test]
fn two_windows_that_accept_one_call_answer_it_once() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(asks("c1", "audio"));
    let outputs = daemon.ask(Accept::default());
    let [Stanza::RVidio(accepted)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    let ack = Ack { id: accepted.id.clone().unwrap(), ..Ack::default() };
    let outputs = daemon.ask(Accept::default());
    assert!(sent(&outputs).is_empty(), "one answer only: {outputs:?}");
    assert_eq!(refusal(&outputs).code, Code::Conflict);
    assert!(refusal(&outputs).message.contains("accepted already"));
    let outputs = daemon.hear(ack);
    assert_eq!((replies(&outputs).len(), states(&outputs)), (1, vec!["accepted -".to_owned()]));
}

#[test]
fn what_comes_in_rings_is_accepted_and_never_told_again() {
    let mut daemon = Daemon::with_bob();
    let outputs = daemon.hear(asks("c1", "audio"));
    assert_eq!(states(&outputs), ["incoming audio"]);
    assert_eq!(words(&outputs), ["call_ringing"]);
    assert!(states(&daemon.hear(asks("c1", "audio"))).is_empty());
    let outputs = daemon.ask(Accept::default());
    let Some(Stanza::RVidio(accepted)) = sent(&outputs).first().copied().cloned() else { panic!() };
    assert_eq!(accepted.to_device.as_deref(), Some("d1"));
    assert!(!accepted.answer.unwrap().contains("m="), "no media is promised");
    let outputs = daemon.hear(Ack { id: accepted.id.unwrap(), ..Ack::default() });
    assert_eq!(states(&outputs), ["accepted -"]);
    assert_eq!(reply(&outputs)["state"], "accepted");
    assert_eq!(refusal(&daemon.ask(Decline::default())).code, Code::Conflict);
    assert_eq!(
        ends(&daemon.hear(Vidio { call: Some(id("c2")), ..asks("c2", "audio") })),
        [("busy".to_owned(), None)]
    );
    assert_eq!(states(&daemon.hear(end("bob", &id("c1"), CallReason::Hangup))), ["ended hangup"]);
    let stranger = Vidio { myaccount: "mallory".into(), ..asks("c3", "audio") };
    assert!(daemon.hear(stranger).is_empty());
    assert!(daemon.hear(Vidio { call: None, ..asks("c4", "audio") }).is_empty());
}

#[test]
fn declined_here_or_on_another_device_or_given_up_it_stops_ringing() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(asks("c1", "video"));
    let outputs = daemon.ask(Decline { call: Some("c1".into()) });
    assert_eq!(ends(&outputs), [("declined".to_owned(), None)]);
    assert_eq!(refusal(&daemon.ask(Accept::default())).code, Code::NotFound);
    for (from, reason, told) in [
        ("alice", CallReason::Declined, "ended declined"),
        ("bob", CallReason::Timeout, "ended timeout"),
        ("bob", CallReason::AnsweredElsewhere, "ended answered-elsewhere"),
    ] {
        daemon.hear(asks("c2", "video"));
        assert_eq!(states(&daemon.hear(end(from, &id("c2"), reason))), [told]);
    }
    daemon.hear(asks("c3", "video"));
    assert_eq!(states(&daemon.pass(Duration::from_secs(65))), ["ended timeout"], "the caller is gone");
}

#[test]
fn of_two_who_call_each_other_the_lower_ones_call_goes_on() {
    // Alice comes before bob: hers goes on.
    let mut daemon = Daemon::with_bob();
    let (call, _) = start(&mut daemon);
    assert!(daemon.hear(asks("c1", "video")).is_empty());
    assert_eq!(states(&daemon.hear(accepts(&call, "d1"))), ["accepted -"]);
    // Aaron comes before alice: his goes on, with no more than she had offered.
    let mut daemon = Daemon::listed(&["aaron"]);
    let outputs = daemon.ask(Start { friend: "aaron".into(), media: Media::Audio });
    assert!(matches!(sent(&outputs)[..], [Stanza::Vidio(_)]));
    let theirs = Vidio { myaccount: "aaron".into(), ..asks("c1", "video") };
    let outputs = daemon.hear(theirs);
    assert_eq!(states(&outputs), ["ended glare"]);
    let [Stanza::CallEnd(_), Stanza::RVidio(accepted)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((accepted.media.as_deref(), accepted.call.clone()), (Some("audio"), Some(id("c1"))));
    assert!(chats(&outputs).is_empty(), "nothing was missed");
    assert_eq!(
        states(&daemon.hear(Ack { id: accepted.id.clone().unwrap(), ..Ack::default() })),
        ["accepted -"]
    );
}
