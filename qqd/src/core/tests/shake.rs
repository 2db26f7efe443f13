//! Shakes: sent only while both are on line, received live and bounded.

use super::*;
use ipc_schema::shake::Send;
use relay_schema::{Line, Nack, NackCode, Shake};

fn shake(daemon: &mut Daemon) -> Id {
    let outputs = daemon.ask(Send { to: "bob".into() });
    let [Stanza::Shake(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((said.myaccount.as_str(), said.friendaccount.as_str()), ("alice", "bob"));
    said.id.clone().unwrap()
}

#[test]
fn a_shake_is_answered_by_the_relay() {
    let mut daemon = Daemon::online();
    let id = shake(&mut daemon);
    let outputs = daemon.hear(Ack { id, ..Ack::default() });
    assert_eq!(reply(&outputs), json!({"to": "bob"}));
    assert_eq!(names(&outputs), ["shake.sent"], "every window hears of it");

    let id = Some(shake(&mut daemon));
    let away = refusal(&daemon.hear(Line { state: -1, friendaccount: Some("bob".into()), id, note: None }));
    assert_eq!((away.code, away.exit()), (Code::Offline, 9));

    let id = shake(&mut daemon);
    let often = refusal(&daemon.hear(Nack { id, code: NackCode::Rate, retry: Some(7_000) }));
    assert_eq!((often.exit(), often.retry_after_ms), (10, Some(7_000)));

    let id = shake(&mut daemon);
    assert_eq!(refusal(&daemon.hear(Nack { id, code: NackCode::Unknown, retry: None })).exit(), 7);
}

#[test]
fn a_shake_without_an_answer_ends_after_ten_seconds() {
    let mut daemon = Daemon::online();
    shake(&mut daemon);
    assert!(replies(&daemon.pass(Duration::from_millis(9_999))).is_empty());
    let late = refusal(&daemon.pass(Duration::from_millis(1)));
    assert_eq!((late.code, late.exit()), (Code::Timeout, 3));
}

#[test]
fn a_shake_is_not_kept_for_later() {
    let mut daemon = Daemon::online();
    shake(&mut daemon);
    assert_eq!(refusal(&daemon.lost()).exit(), 6);
    assert_eq!(refusal(&daemon.ask(Send { to: "bob".into() })).exit(), 6);
    assert_eq!(refusal(&Daemon::new().ask(Send { to: "bob".into() })).exit(), 4);
}

#[test]
fn a_friends_shake_is_told_live_once_a_second() {
    let mut daemon = Daemon::online();
    let from = |who: &str| Shake { myaccount: who.into(), friendaccount: "alice".into(), id: None };
    assert_eq!(events(&daemon.hear(from("bob")))[0].event.data().unwrap(), json!({"from": "bob"}));
    assert!(daemon.hear(from("bob")).is_empty());
    assert_eq!(names(&daemon.hear(from("carol"))), ["shake.received"]);
    daemon.pass(Duration::from_secs(1));
    assert_eq!(names(&daemon.hear(from("bob"))), ["shake.received"]);
    let told: usize = (0..10_000).map(|n| names(&daemon.hear(from(&format!("x{n}")))).len()).sum();
    assert!(told <= 64, "{told}");
    let foreign = Shake { myaccount: "bob".into(), friendaccount: "zoe".into(), id: None };
    daemon.pass(Duration::from_secs(2));
    assert!(daemon.hear(foreign).is_empty());
}
