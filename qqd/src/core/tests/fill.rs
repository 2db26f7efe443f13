//! Older messages, in the background and for whoever looks back.

use super::*;
use ipc_schema::chat::History;
use relay_schema::{History as Wire, Nack, NackCode};

/// A daemon back on line, to which older messages with these are lacking.
fn lacking(lacking: &[(&str, Option<u64>)]) -> (Daemon, Vec<Output>) {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    daemon.disk.lack(lacking);
    let outputs = daemon.back(0);
    (daemon, outputs)
}

/// The pages that were asked for.
fn pages(outputs: &[Output]) -> Vec<Wire> {
    let page = |stanza: &&Stanza| match stanza {
        Stanza::History(page) => Some(page.clone()),
        _ => None,
    };
    sent(outputs).iter().filter_map(page).collect()
}

/// The relay answers a page with these numbers of the conversation.
fn answer(daemon: &mut Daemon, page: &Wire, numbers: std::ops::RangeInclusive<u64>) -> Vec<Output> {
    let more = i32::from(*numbers.start() > 1);
    for cseq in numbers {
        let chat = Chat { seq: None, id: Some(id(&format!("h{cseq}"))), ..from_bob(cseq) };
        assert!(events(&daemon.hear(chat)).is_empty(), "what is older is no news");
    }
    daemon.hear(Ack { id: page.id.clone(), conv: Some("c1".into()), more: Some(more), ..Ack::default() })
}

fn fillings(outputs: &[Output]) -> Vec<(u64, u64)> {
    let filling = |envelope: &&Envelope| match &envelope.event {
        Event::ChatFilling(filling) => Some((filling.done, filling.total)),
        _ => None,
    };
    events(outputs).iter().filter_map(filling).collect()
}

fn look(daemon: &mut Daemon) -> Vec<Output> {
    daemon.ask(History { to: "bob".into(), count: 5, before: None })
}

#[test]
fn older_messages_come_page_by_page_from_the_newest_down_to_the_first() {
    let (mut daemon, outputs) = lacking(&[("bob", Some(11)), ("carol", None)]);
    let first = pages(&outputs);
    assert_eq!(first.len(), 1, "one at a time");
    assert_eq!((first[0].friendaccount.as_deref(), first[0].before), (Some("bob"), Some(11)));
    let outputs = answer(&mut daemon, &first[0], 6..=10);
    assert_eq!(fillings(&outputs), [(5, 10)]);
    let next = pages(&outputs);
    assert_eq!(next[0].before, Some(6));
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["accounts"][0]["filling"], json!({"done": 5, "total": 10}));
    assert_eq!(status["accounts"][0]["unread"]["total"], 0);
    daemon.pass(Duration::from_secs(1));
    let outputs = answer(&mut daemon, &next[0], 1..=5);
    assert_eq!(fillings(&outputs), [(10, 10)]);
    let carol = pages(&outputs);
    assert_eq!((carol[0].friendaccount.as_deref(), carol[0].before), (Some("carol"), None));
    let nack = Nack { id: carol[0].id.clone(), code: NackCode::Unknown, retry: None };
    let outputs = daemon.hear(nack);
    assert_eq!(fillings(&outputs), [], "nothing new");
    assert!(pages(&outputs).is_empty());
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["accounts"][0].get("filling"), None);
}

#[test]
fn nothing_is_fetched_while_rows_come_or_a_message_waits() {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    daemon.disk.lack(&[("bob", Some(11))]);
    assert!(pages(&daemon.back(1)).is_empty(), "a row is due");
    daemon.ask(text("bob", "m1"));
    assert!(pages(&daemon.hear(from_bob(1))).is_empty(), "a message waits");
    assert_eq!(pages(&daemon.hear(ack("m1", 12))).len(), 1);
}

#[test]
fn a_refusal_with_a_time_is_waited_for_and_a_lost_page_is_asked_again() {
    let (mut daemon, outputs) = lacking(&[("bob", Some(11))]);
    let page = pages(&outputs).remove(0);
    daemon.hear(Nack { id: page.id, code: NackCode::Rate, retry: Some(3_000) });
    assert!(pages(&daemon.pass(Duration::from_millis(2_900))).is_empty());
    let page = pages(&daemon.pass(Duration::from_millis(200))).remove(0);
    daemon.hear(Chat { seq: None, ..from_bob(10) });
    daemon.lost();
    let again = pages(&daemon.back(0)).remove(0);
    assert_eq!(again.before, Some(11));
    assert_ne!(again.id, page.id);
    assert_eq!(fillings(&answer(&mut daemon, &again, 9..=10)), [(2, 10)], "half a page counted for nothing");
}

#[test]
fn who_looks_back_gets_the_relays_page_at_once() {
    let (mut daemon, outputs) = lacking(&[("carol", Some(400)), ("bob", Some(11))]);
    let background = pages(&outputs).remove(0);
    assert_eq!(background.friendaccount.as_deref(), Some("carol"));
    let outputs = look(&mut daemon);
    assert!(replies(&outputs).is_empty(), "it waits");
    let page = pages(&outputs).remove(0);
    assert_eq!(page.friendaccount.as_deref(), Some("bob"));
    assert!(replies(&look(&mut daemon)).is_empty());
    daemon.hear(Nack { id: background.id, code: NackCode::Rate, retry: Some(1_000) });
    let outputs = answer(&mut daemon, &page, 8..=10);
    assert_eq!(replies(&outputs).len(), 2, "both are answered by one page");
    let page = replies(&outputs)[0].clone().unwrap();
    assert_eq!((page["messages"].as_array().unwrap().len(), &page["more"]), (3, &json!(true)));
}

#[test]
fn who_looks_back_without_the_relay_gets_what_is_here_or_a_sentence() {
    let (mut daemon, _) = lacking(&[("bob", Some(11))]);
    look(&mut daemon);
    let error = refusal(&daemon.pass(Duration::from_secs(10)));
    assert_eq!(error.code, Code::Timeout);
    daemon.lost();
    assert_eq!(reply(&look(&mut daemon)), json!({"messages": [], "more": false}));
}

#[test]
fn a_page_that_nobody_asked_for_or_that_is_somebody_elses_changes_nothing() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(Chat { seq: None, ..from_bob(10) });
    assert!(daemon.disk.messages().is_empty());
    let (mut daemon, outputs) = lacking(&[("carol", Some(11))]);
    let page = pages(&outputs).remove(0);
    answer(&mut daemon, &page, 8..=10);
    assert!(daemon.disk.messages().is_empty(), "they are bob's, not carol's");
}

#[test]
fn numbers_that_no_conversation_has_are_counted_all_the_same() {
    let high = Some(i64::MAX.unsigned_abs());
    let (mut daemon, outputs) = lacking(&[("bob", high), ("carol", high), ("dave", high)]);
    let page = pages(&outputs).remove(0);
    let (_, total) = fillings(&answer(&mut daemon, &page, 6..=10))[0];
    assert!(total > i64::MAX.unsigned_abs(), "{total}");
}
