//! Wishes about friends, groups and the profile: what the store answers late or not at all, and blocks as they are felt.

use super::super::op::{Changed, Refused, Wish};
use super::*;

fn add(group: &str, id: &str) -> String {
    format!("<msg><type>group_add</type><group>{group}</group><id>{id}</id></msg>")
}

fn shake(from: &str, to: &str, id: &str) -> String {
    format!(
        "<msg><type>shake</type><myaccount>{from}</myaccount><friendaccount>{to}</friendaccount><id>{id}</id></msg>"
    )
}

fn blocked(seq: Seq, id: AccountId, name: &str, blocked: bool) -> Row {
    let account = name.to_owned();
    Row { seq, ts_ms: Some(0), item: Item::Blocked { id, account, blocked } }
}

fn done(rows: Vec<(AccountId, Row)>) -> Done {
    Done::Changed(Ok(Changed { seq: rows.first().map(|(_, row)| row.seq), rows }))
}

/// a (session 1) and b (session 2), friends of each other.
fn friends() -> Relay {
    let (a, b) = (account(1, "a"), account(2, "b"));
    let mut relay = Relay::new();
    relay.full(1, &a, "da", &[friend(2, "b")], 0);
    relay.full(2, &b, "db", &[friend(1, "a")], 0);
    // The first stanza says that the token is kept.
    for session in [1, 2] {
        relay.say(session, "<msg><type>pong</type><id>p</id></msg>");
    }
    relay.clear();
    relay
}

#[test]
fn a_wish_that_finds_no_room_on_disk_is_refused_for_a_while() {
    let mut relay = friends();
    relay.say(1, &add("g", "g1"));
    assert_eq!(relay.heard(1), [""; 0], "nothing is said before the commit");
    let (token, op) = relay.op();
    assert!(matches!(op, Op::Change(change) if change.wish == Wish::GroupAdd { group: "g".into() }));
    relay.failed(token);
    assert_eq!(
        relay.heard(1),
        ["<msg><type>nack</type><id>g1</id><code>storage</code><retry>5000</retry></msg>"]
    );
    // It is not sticky: what follows does not depend on it.
    relay.say(1, &add("h", "g2"));
    assert_eq!(relay.ops(), 1);
}

#[test]
fn a_wish_whose_session_is_gone_is_told_to_the_others_all_the_same() {
    let mut relay = friends();
    relay.say(1, "<msg><type>friend_remove</type><friendaccount>b</friendaccount><id>f1</id></msg>");
    let (token, _) = relay.op();
    relay.close(1);
    let gone =
        |seq, name: &str| Row { seq, ts_ms: Some(0), item: Item::FriendRemove { account: name.to_owned() } };
    relay.stored(token, done(vec![(1, gone(1, "b")), (2, gone(1, "a"))]));
    assert_eq!(relay.heard(1), [""; 0]);
    assert_eq!(relay.words(2), ["friend_remove"]);
}

#[test]
fn what_the_store_refuses_is_said_with_its_time() {
    let mut relay = friends();
    relay.say(1, "<msg><type>profile</type><name>x</name><id>p1</id></msg>");
    let (token, _) = relay.op();
    let refused = Refused { code: NackCode::Rate, retry_ms: Some(7) };
    relay.stored(token, Done::Changed(Err(refused)));
    assert_eq!(relay.heard(1), ["<msg><type>nack</type><id>p1</id><code>rate</code><retry>7</retry></msg>"]);
}

#[test]
fn wishes_have_a_rate_and_pay_only_for_what_was_taken() {
    let mut relay = friends();
    for n in 0..200 {
        relay.say(1, &add("g", &format!("g{n}")));
    }
    assert_eq!(relay.ops(), 200);
    relay.heard(1);
    for _ in 0..3 {
        relay.say(1, &add("g", "more"));
        assert_eq!(
            relay.heard(1),
            ["<msg><type>nack</type><id>more</id><code>rate</code><retry>100</retry></msg>"]
        );
    }
    relay.pass(Duration::from_millis(100));
    relay.say(1, &add("g", "more"));
    assert_eq!(relay.ops(), 201);
}

#[test]
fn avatars_that_are_asked_for_have_a_rate_and_are_answered_whatever_became_of_the_session() {
    let mut relay = friends();
    let get = |id: &str| format!("<msg><type>picture_get</type><picture>ab</picture><id>{id}</id></msg>");
    relay.say(1, &get("i1"));
    let (token, _) = relay.op();
    relay.failed(token);
    assert_eq!(relay.words(1), ["nack"]);
    for n in 0..63 {
        relay.say(1, &get(&format!("n{n}")));
        let (token, _) = relay.op();
        relay.stored(token, Done::Picture(Some(vec![1])));
    }
    assert_eq!(relay.words(1), vec!["picture"; 63]);
    relay.say(1, &get("more"));
    assert!(relay.heard(1)[0].contains("<code>rate</code><retry>100</retry>"));
    relay.pass(Duration::from_millis(100));
    relay.say(1, &get("last"));
    let (token, _) = relay.op();
    relay.close(1);
    relay.stored(token, Done::Picture(None));
    assert_eq!(relay.heard(1), [""; 0]);
}

#[test]
fn a_block_is_felt_by_the_other_even_when_the_one_who_blocks_has_left_meanwhile() {
    let mut relay = friends();
    relay.say(1, "<msg><type>block</type><friendaccount>b</friendaccount><id>b1</id></msg>");
    let (token, _) = relay.op();
    relay.close(1);
    relay.pass(Duration::from_secs(6));
    assert_eq!(
        relay.heard(2),
        ["<msg><type>line</type><state>-1</state><friendaccount>a</friendaccount></msg>"]
    );
    relay.stored(token, done(vec![(1, blocked(1, 2, "b", true))]));
    relay.say(2, &shake("b", "a", "s1"));
    assert_eq!(relay.heard(2), ["<msg><type>nack</type><id>s1</id><code>unknown</code></msg>"]);
}

#[test]
fn a_friendship_that_begins_during_a_block_shows_nobody() {
    let (a, b) = (account(1, "a"), account(2, "b"));
    let mut relay = Relay::new();
    relay.full(1, &a, "da", &[], 0);
    relay.full(2, &b, "db", &[], 0);
    relay.core.on_rows_made(&[(1, blocked(1, 2, "b", true))]);
    assert!(relay.core.poll().is_some());
    relay.clear();
    let new = |seq, other| Row { seq, ts_ms: Some(0), item: Item::Friend(other) };
    relay.core.on_rows_made(&[(1, new(2, friend(2, "b"))), (2, new(1, friend(1, "a")))]);
    while let Some(output) = relay.core.poll() {
        relay.outputs.push(output);
    }
    assert_eq!((relay.words(1), relay.words(2)), (vec!["friend".to_owned()], vec!["friend".to_owned()]));
    relay.say(1, &shake("a", "b", "s1"));
    relay.say(2, &shake("b", "a", "s2"));
    assert!(relay.heard(1)[0].contains("forbidden") && relay.heard(2)[0].contains("unknown"));
}

fn log_in(relay: &mut Relay, session: SessionId, account: &Account, begun: Begun) {
    relay.open(session);
    let name = &account.account;
    let login = format!(
        "<msg><type>login</type><account>{name}</account><pwd>p</pwd><v>1</v><device>d</device></msg>"
    );
    relay.say(session, &login);
    relay.admit(account, begun);
}

#[test]
fn an_account_that_logs_in_knows_its_blocks() {
    let (a, b, c) = (account(1, "a"), account(2, "b"), account(3, "c"));
    let mut relay = Relay::new();
    for (session, of, known) in [
        (2, &b, Begun { blocked_by: vec![1], ..begun(&[friend(1, "a")], 0) }),
        (3, &c, Begun { blocks: vec![1], ..begun(&[friend(1, "a")], 0) }),
    ] {
        log_in(&mut relay, session, of, known);
    }
    let known = Begun { blocks: vec![2], blocked_by: vec![3], ..begun(&[friend(2, "b"), friend(3, "c")], 0) };
    log_in(&mut relay, 1, &a, known);
    assert!(!relay.core.may_see(1, 2) && !relay.core.may_see(2, 1) && !relay.core.may_see(1, 3));
    assert_eq!((relay.heard(2), relay.heard(3)), (vec![], vec![]));
    relay.clear();
    relay.say(1, &shake("a", "b", "s1"));
    relay.say(1, &shake("a", "c", "s2"));
    let heard = relay.heard(1);
    assert!(heard[0].contains("forbidden") && heard[1].contains("unknown"), "{heard:?}");
}

#[test]
fn what_is_too_long_for_any_name_is_not_kept_for_the_store() {
    let mut relay = friends();
    let long = "a".repeat(200_000);
    for said in [
        format!("<type>device_revoke</type><device>{long}</device>"),
        format!("<type>picture_get</type><picture>{long}</picture>"),
        format!("<type>history</type><conv>{long}</conv>"),
        format!("<type>friend_move</type><friendaccount>b</friendaccount><group>{long}</group>"),
        format!("<type>group_rename</type><group>{long}</group><new>g</new>"),
        format!("<type>group_remove</type><group>{long}</group>"),
        format!("<type>profile</type><picture>{long}</picture>"),
    ] {
        relay.say(1, &format!("<msg>{said}<id>x</id></msg>"));
    }
    let asked = relay.outputs.iter().filter_map(|output| match output {
        Output::Store { op, .. } => Some(format!("{op:?}").len()),
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    assert!(asked.len() == 5 && asked.iter().all(|bytes| *bytes < 1_000), "{asked:?}");
    let unknown = "<msg><type>nack</type><id>x</id><code>unknown</code></msg>";
    assert_eq!(relay.heard(1), [unknown; 2]);
}

#[test]
fn wishes_about_devices_have_the_same_rate() {
    let mut relay = friends();
    let link = |n| format!("<msg><type>device_link</type><id>l{n}</id></msg>");
    for n in 0..200 {
        relay.say(1, &link(n));
        let (token, op) = relay.op();
        assert!(matches!(op, Op::Device { .. }), "{op:?}");
        relay.stored(token, Done::Nothing);
    }
    relay.clear();
    relay.say(1, &link(200));
    assert_eq!((relay.ops(), relay.words(1)), (0, vec!["nack".to_owned()]));
    relay.now.mono += Duration::from_millis(100);
    relay.say(1, &link(201));
    assert_eq!(relay.ops(), 1);
}

#[test]
fn nobody_calls_himself_later_what_he_may_not_at_first() {
    let mut relay = friends();
    for name in ["\u{202E}ecila", "a\u{200B}lice", "\u{2066}x"] {
        relay.say(1, &format!("<msg><type>profile</type><name>{name}</name><id>p1</id></msg>"));
        let heard = relay.heard(1);
        assert!(heard.len() == 1 && heard[0].contains("<code>bad-field</code>"), "{heard:?}");
    }
    relay.say(1, "<msg><type>profile</type><name>小红 👩</name><id>p2</id></msg>");
    assert_eq!(relay.ops(), 1);
}
