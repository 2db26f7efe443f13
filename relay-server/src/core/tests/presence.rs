//! Presence where a dialogue is too small: many friends, many changes.

use super::*;
use crate::core::op::{AdminDone, AdminOp, MarkKind};

const FRIENDS: u32 = 5_000;

fn line(relay: &mut Relay, session: SessionId, said: &str) {
    relay.say(session, &format!("<msg><type>line</type>{said}</msg>"));
}

#[test]
fn thousands_of_friends_with_long_notes_are_told_as_the_output_drains() {
    let mut relay = Relay::new();
    let me = [friend(1, "a")];
    let others: Vec<_> = (0..FRIENDS).map(|n| friend(AccountId::from(n) + 10, &format!("f{n:04}"))).collect();
    for (other, session) in others.iter().zip(100..) {
        relay.full(session, &account(other.id, &other.account), "d", &me, 0);
        line(&mut relay, session, &format!("<state>2</state><note>{}</note>", "字".repeat(256)));
        relay.clear();
    }
    relay.full(1, &account(1, "a"), "d", &others, 0);
    let (mut told, mut turns) = (Vec::new(), 0);
    loop {
        // What came in the turn of the login itself was dropped by the fixture: it is asked for once more below.
        let asked = relay.outputs.iter().any(|output| matches!(output, Output::AskRoom { .. }));
        let bytes: usize = relay.outputs.iter().map(bytes).sum();
        assert!(bytes < 300 * 1_024, "{bytes} in one turn");
        told.extend(relay.heard(1));
        relay.clear();
        if turns > 0 && !asked {
            break;
        }
        turns += 1;
        relay.input(Input::Room { session: 1 });
    }
    assert!((10..100).contains(&turns), "{turns}");
    let first = told.first().map(|line| line.contains(">f0")).unwrap_or_default();
    assert!(first && told.last().unwrap().contains(">f4999<"), "{:?} {:?}", told.first(), told.last());
    assert!(told.len() > 4_600 && told.is_sorted(), "{}", told.len());
    assert_eq!(relay.ops(), 0);
}

fn bytes(output: &Output) -> usize {
    match output {
        Output::Send { stanza, .. } => stanza.to_xml().len(),
        _ => 0,
    }
}

#[test]
fn who_changes_too_often_is_told_late_and_as_he_is_then() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[friend(2, "b")], 0);
    relay.full(2, &account(2, "b"), "d", &[friend(1, "a")], 0);
    relay.clear();
    for _ in 0..50 {
        line(&mut relay, 2, "<state>2</state>");
        line(&mut relay, 2, "<state>1</state>");
    }
    line(&mut relay, 2, "<state>3</state><note>really</note>");
    assert_eq!(relay.heard(1).len(), 10);
    assert_eq!(relay.core.deadline(), Some(Duration::from_secs(6)), "one look later, not one a change");
    relay.pass(Duration::from_secs(5));
    assert_eq!(
        relay.heard(1),
        ["<msg><type>line</type><state>3</state><friendaccount>b</friendaccount><note>really</note></msg>"]
    );
    assert_eq!(relay.core.deadline(), None);
    line(&mut relay, 2, "<state>1</state>");
    assert_eq!(relay.heard(1).len(), 1);
}

#[test]
fn sessions_that_come_and_go_leave_no_places_behind() {
    let mut relay = Relay::new();
    for session in 1..200 {
        relay.seed(session, &account(1, "a"), &[], 0);
        relay.close(session);
    }
    for session in 200..400 {
        relay.full(session, &account(1, "a"), "d", &[], 0);
        relay.close(session);
    }
    let presence = &relay.core.online[&1].presence;
    assert!(presence.places() <= 2, "{presence:?}");
    relay.pass(Duration::from_secs(5));
    assert!(relay.core.online.is_empty());
    assert_eq!(relay.core.deadline(), None);
}

#[test]
fn marks_of_an_invisible_account_are_told_when_it_is_seen_again_also_if_the_disk_was_full() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[friend(2, "b")], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    line(&mut relay, 1, "<state>0</state>");
    relay.say(1, "<msg><type>read</type><conv>c</conv><cseq>3</cseq></msg>");
    let (token, op) = relay.op();
    assert!(matches!(op, Op::Mark { kind: MarkKind::Read, cseq: 3, is_hidden: true, .. }), "{op:?}");
    relay.stored(token, Done::Marked(Vec::new()));
    line(&mut relay, 1, "<state>1</state>");
    let (token, op) = relay.op();
    assert!(matches!(op, Op::Reveal { account: 1 }), "{op:?}");
    relay.failed(token);
    line(&mut relay, 1, "<state>2</state>");
    let (token, op) = relay.op();
    assert!(matches!(op, Op::Reveal { account: 1 }), "{op:?}");
    relay.stored(token, Done::Marked(Vec::new()));
    line(&mut relay, 1, "<state>1</state>");
    assert_eq!(relay.ops(), 0);
}

#[test]
fn a_device_that_logs_in_again_and_again_in_another_state_is_told_no_more_often_than_it_may_change() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[friend(2, "b")], 0);
    relay.clear();
    let b = account(2, "b");
    let mut told = 0;
    for session in 2..52 {
        relay.open(session);
        let state = 2 + session % 2;
        relay.say(
            session,
            &format!(
                "<msg><type>login</type><account>b</account><pwd>p</pwd><v>1</v><device>d</device>\
                 <resume>0</resume><epoch>e</epoch><state>{state}</state></msg>"
            ),
        );
        let (find, _) = relay.op();
        relay.stored(find, Done::Found(Some(b.clone())));
        let (check, _) = relay.check();
        relay.checked(check, Verdict::Right { rehash: None });
        let (begin, _) = relay.op();
        relay.stored(begin, Done::Begun(Ok(begun(&[friend(1, "a")], 0))));
        told += relay.heard(1).len();
    }
    assert_eq!(told, 11, "that it came, and ten changes");
    relay.pass(Duration::from_secs(6));
    assert_eq!(
        relay.heard(1),
        ["<msg><type>line</type><state>3</state><friendaccount>b</friendaccount></msg>"]
    );
}

const OFF: &str = "<msg><type>line</type><state>-1</state><friendaccount>b</friendaccount></msg>";

/// `a` watches `b`, who has one device away and one busy.
fn watched() -> Relay {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[friend(2, "b")], 0);
    for (session, device, state) in [(2, "d", 2), (3, "e", 3)] {
        relay.full(session, &account(2, "b"), device, &[friend(1, "a")], 0);
        relay.say(session, "<msg><type>ping</type><id>p</id></msg>");
        line(&mut relay, session, &format!("<state>{state}</state>"));
        relay.clear();
    }
    relay
}

/// Has the store answer what the administrator asked.
fn administer(relay: &mut Relay, done: AdminDone) {
    relay.input(Input::Admin { reply: 1, op: AdminOp::AccountList });
    let (token, _) = relay.op();
    relay.stored(token, Done::Admin(Ok(done)));
}

#[test]
fn an_account_that_is_disabled_or_removed_is_off_line_at_once() {
    let gone = Row { seq: 1, ts_ms: None, item: Item::FriendRemove { account: "b".to_owned() } };
    let removed = AdminDone::Changed { rows: vec![(1, gone)], end: vec![2] };
    for (done, words) in [(AdminDone::Disabled(2), &["line"][..]), (removed, &["line", "friend_remove"])] {
        let mut relay = watched();
        // One device lost its connection a moment ago.
        relay.close(3);
        administer(&mut relay, done);
        let heard = relay.heard(1);
        assert_eq!(heard[0], OFF);
        assert_eq!(heard.len(), words.len(), "{heard:?}");
        assert!(heard.iter().zip(words).all(|(xml, word)| xml.contains(&format!("<type>{word}<"))));
        assert!(relay.is_closed(2));
        relay.pass(Duration::from_secs(6));
        assert_eq!(relay.heard(1), [""; 0]);
        assert_eq!(relay.core.deadline(), None);
    }
}

#[test]
fn a_lost_connection_is_no_news_for_a_while_though_the_account_was_disabled_and_enabled_before() {
    let mut relay = watched();
    administer(&mut relay, AdminDone::Disabled(2));
    relay.full(4, &account(2, "b"), "d", &[friend(1, "a")], 0);
    relay.clear();
    relay.close(4);
    relay.pass(Duration::from_secs(4));
    assert_eq!(relay.heard(1), [""; 0]);
    relay.pass(Duration::from_secs(2));
    assert_eq!(relay.heard(1), [OFF]);
}

#[test]
fn a_device_that_is_revoked_or_logs_out_counts_no_more_at_once() {
    let mut relay = watched();
    relay.say(2, "<msg><type>device_revoke</type><device>e</device><id>v</id></msg>");
    let (revoke, _) = relay.op();
    relay.stored(revoke, Done::Revoked(true));
    assert_eq!(
        relay.heard(1),
        ["<msg><type>line</type><state>2</state><friendaccount>b</friendaccount></msg>"]
    );
    relay.say(2, "<msg><type>logout</type><id>o</id></msg>");
    let (logout, _) = relay.op();
    relay.stored(logout, Done::Nothing);
    assert_eq!(relay.heard(1), [OFF]);
}

#[test]
fn a_last_device_that_is_revoked_is_off_line_at_once() {
    let mut relay = watched();
    relay.say(2, "<msg><type>device_revoke</type><device>e</device><id>v</id></msg>");
    let (revoke, _) = relay.op();
    relay.close(2);
    relay.pass(Duration::from_secs(6));
    relay.clear();
    relay.close(3);
    relay.stored(revoke, Done::Revoked(true));
    assert_eq!(relay.heard(1), [OFF], "though it had just lost its connection");
}
