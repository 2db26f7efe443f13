//! Nothing that a peer does makes the core grow.

use std::sync::Arc;

use super::*;
use crate::core::{Dialect, wire};

#[test]
fn a_session_that_floods_is_slowed_down_then_refused() {
    let mut relay = Relay::new();
    relay.core.limits.chats_burst = 1_000_000;
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    for n in 0..1_000 {
        relay.say(1, &chat("a", "b", &format!("m{n}")));
        let paused = relay.outputs.iter().any(|output| matches!(output, Output::Pause { session: 1, .. }));
        assert_eq!(paused, n >= 63, "after {n}");
    }
    assert_eq!(relay.ops(), 256);
    assert_eq!(relay.core.pending.len(), 257);
    let heard = relay.heard(1);
    assert_eq!(heard.len(), 744);
    assert_eq!(heard[0], "<msg><type>nack</type><id>m256</id><code>rate</code><retry>1000</retry></msg>");
    assert!(heard.iter().all(|xml| xml.contains("<code>rate</code>")));
}

#[test]
fn what_is_answered_makes_room_for_more() {
    let mut relay = Relay::new();
    relay.core.limits.chats_burst = 1_000_000;
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    for n in 0..1_000 {
        relay.say(1, &chat("a", "b", &format!("m{n}")));
        let (token, op) = relay.op();
        assert!(matches!(op, Op::Submit(_)), "{op:?}");
        relay.stored(token, Done::Submitted(Err(NackCode::Unknown)));
        relay.say(1, "<msg><type>delivered</type><conv>c</conv><cseq>1</cseq></msg>");
        let (token, _) = relay.op();
        relay.failed(token);
        relay.say(1, &chat("a", "no such name!", "x"));
    }
    assert!(!relay.outputs.iter().any(|output| matches!(output, Output::Pause { .. })));
    assert_eq!(relay.core.pending.len(), 1);
}

#[test]
fn large_bodies_on_their_way_are_bounded_in_bytes() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    let body = "A".repeat(240_000);
    for n in 0..12 {
        let msg = chat("a", "b", &format!("m{n}")).replace("</msg>", &format!("<body>{body}</body></msg>"));
        relay.say(1, &msg);
    }
    assert_eq!(relay.ops(), 5);
}

#[test]
fn marks_beyond_the_bound_are_dropped() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.clear();
    for n in 0..1_000 {
        relay.say(1, &format!("<msg><type>delivered</type><conv>c{n}</conv><cseq>1</cseq></msg>"));
    }
    assert!(relay.core.pending.len() <= 257);
}

#[test]
fn marks_have_a_rate_of_the_account_beyond_which_each_is_taken_but_its_connection_rests() {
    let mut relay = Relay::new();
    (relay.core.limits.marks_burst, relay.core.limits.marks_per_second) = (100, 10);
    for session in [1, 2] {
        relay.full(session, &account(1, "a"), &format!("d{session}"), &[], 0);
        relay.say(session, "<msg><type>ping</type><id>p</id></msg>");
        relay.clear();
    }
    let rests = |relay: &mut Relay, session: SessionId, n: u64| {
        relay.say(session, &format!("<msg><type>read</type><conv>c</conv><cseq>{n}</cseq></msg>"));
        let (token, op) = relay.op();
        assert!(matches!(op, Op::Mark { cseq, .. } if cseq == n), "{op:?}");
        relay.stored(token, Done::Marked(Vec::new()));
        let rest = relay.outputs.iter().find_map(|output| match output {
            Output::Pause { session: other, time } if *other == session => Some(*time),
            _ => None,
        });
        relay.clear();
        rest
    };
    for n in 1..=100 {
        assert_eq!(rests(&mut relay, 1 + n % 2, n), None, "{n}");
    }
    assert_eq!(rests(&mut relay, 1, 101), Some(Duration::from_millis(100)));
    assert_eq!(rests(&mut relay, 2, 102), Some(Duration::from_millis(200)), "one rate for all its devices");
    relay.pass(Duration::from_secs(1));
    assert_eq!(rests(&mut relay, 1, 103), None);
    assert!(relay.core.marks.len() == 1);
}

#[test]
fn somebody_who_reads_twenty_thousand_missed_messages_of_two_thousand_people_never_rests() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    for n in 0..2_000 {
        relay.say(1, &format!("<msg><type>read</type><conv>c{n}</conv><cseq>10</cseq></msg>"));
        let (token, _) = relay.op();
        relay.stored(token, Done::Marked(Vec::new()));
    }
    assert!(!relay.outputs.iter().any(|output| matches!(output, Output::Pause { .. })));
}

#[test]
fn devices_that_a_full_disk_cannot_count_are_bounded_all_the_same() {
    let mut relay = Relay::new();
    for session in 1..=200 {
        relay.full(session, &account(1, "a"), &format!("d{session}"), &[], 0);
    }
    assert_eq!(relay.core.online[&1].sessions, (137..=200).collect::<Vec<_>>(), "the oldest gave way");
    for session in 201..=300 {
        relay.seed(session, &account(1, "a"), &[], 0);
    }
    let count = relay.core.online[&1].sessions.len();
    assert!(count <= 65, "{count}");
}

#[test]
fn whoever_leaves_leaves_nothing_behind() {
    let mut relay = Relay::new();
    for round in 0..50_u64 {
        let (a, b) = (round * 10, round * 10 + 1);
        relay.full(a, &account(1, "a"), &format!("d{round}"), &[friend(2, "b")], 0);
        relay.seed(b, &account(2, "b"), &[friend(1, "a")], 0);
        relay.say(a, &chat("a", "b", &format!("m{round}")));
        relay.say(b, "<msg><type>shake</type><myaccount>b</myaccount><friendaccount>a</friendaccount></msg>");
        relay.close(a);
        relay.input(Input::Refused { session: b, refusal: relay_schema::Fault::Malformed.into() });
        relay.close(b);
        while relay.ops() > 0 {
            let (token, _) = relay.op();
            relay.failed(token);
        }
        relay.clear();
    }
    relay.pass(Duration::from_secs(5));
    let core = &relay.core;
    assert_eq!((core.sessions.len(), core.pending.len(), core.outputs.len()), (0, 0, 0));
    assert_eq!((core.online.len(), core.names.len(), core.leaving.len()), (0, 0, 0));
    assert_eq!(core.deadline(), None);
    assert!(core.chats.len() <= 2 && core.shakes.len() <= 2);
}

#[test]
fn nobody_waits_for_answers_that_come_twice_or_from_the_wrong_side() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(1, "<msg><type>login</type><account>a</account><pwd>p</pwd></msg>");
    let (find, _) = relay.op();
    relay.checked(find, Verdict::Right { rehash: None });
    assert!(relay.outputs.is_empty());
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    let (check, _) = relay.check();
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    assert!(relay.outputs.is_empty());
    relay.stored(check, Done::Nothing);
    assert!(relay.heard(1)[0].contains("<reason>busy</reason>"));
    relay.checked(check, Verdict::Right { rehash: None });
    relay.input(Input::Stanza { session: 77, stanza: relay_schema::Ping::default().into() });
    relay.input(Input::Room { session: 77 });
    relay.input(Input::Acknowledged { session: 77 });
    relay.input(Input::Quiet { session: 1 });
    relay.close(77);
    relay.clear();
    assert!(relay.core.pending.is_empty());
}

#[test]
fn what_would_be_too_long_for_its_receiver_is_refused_whoever_sends_it() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.seed(2, &account(1, "a"), &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    let msg = |body: usize| {
        let rest = format!("<body>{}</body></msg>", "A".repeat(body));
        let content = format!("<content><![CDATA[{}]]></content>", "&".repeat(16_000));
        chat("a", "b", "m1").replace("<content>hi</content>", &content).replace("</msg>", &rest)
    };
    assert!(msg(240_000).len() < LIMIT_AFTER_LOGIN);
    relay.say(1, &msg(240_000));
    assert_eq!(relay.heard(1), ["<msg><type>nack</type><id>m1</id><code>too-big</code></msg>"]);
    relay.say(2, &msg(240_000));
    assert!(relay.heard(2)[0].contains("<code>too-big</code>"));
    assert_eq!(relay.ops(), 0);
    relay.say(1, &msg(180_000));
    assert_eq!(relay.ops(), 1);
}

#[test]
fn what_may_be_submitted_can_be_received() {
    // The longest that passes, to the byte (four of them are three of the body's).
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    let content = format!("<content><![CDATA[{}]]></content>", "&".repeat(16_384));
    let base = chat("a", "b", &"m".repeat(64)).replace("<content>hi</content>", &content);
    let say = |body: usize| base.replace("</msg>", &format!("<body>{}</body></msg>", "A".repeat(body * 4)));
    let mut taken = None;
    for body in (44_600..45_000).rev() {
        relay.clear();
        relay.say(1, &say(body));
        if relay.ops() > 0 {
            taken = Some(relay.op());
            break;
        }
    }
    let (_, Op::Submit(submit)) = taken.expect("one is short enough") else { panic!("a chat") };
    let Row { item: Item::Chat(shared), .. } = row(1, "a", "b") else { unreachable!() };
    let mut message = Arc::unwrap_or_clone(shared);
    (message.id, message.content, message.body) = (submit.id, submit.content, submit.body);
    (message.conv, message.cseq) = (i64::MAX.to_string(), u64::MAX);
    let longest = Row { seq: u64::MAX, ts_ms: None, item: Item::Chat(message.into()) };
    let xml = wire::row(&longest, Dialect::Full, "b", 0).unwrap().to_xml();
    assert!(xml.len() <= LIMIT_AFTER_LOGIN && xml.len() > LIMIT_AFTER_LOGIN - 8, "{}", xml.len());
    assert!(Framer::new(LIMIT_AFTER_LOGIN).next(&mut xml.as_bytes()).unwrap().is_some());
}

#[test]
fn a_stored_row_that_is_too_long_is_a_gap_and_never_sent() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 5);
    relay.seed(2, &account(1, "a"), &[], 5);
    let mut long = row(7, "x", "a");
    let Item::Chat(message) = &mut long.item else { unreachable!() };
    Arc::make_mut(message).content = "&".repeat(60_000);
    relay.core.on_rows_made(&[(1, row(6, "x", "a")), (1, long), (1, row(8, "x", "a"))]);
    relay.input(Input::Tick);
    let heard = relay.heard(1);
    assert_eq!(heard.len(), 3);
    assert_eq!(heard[1], "<msg><type>gap</type><from>7</from><to>7</to></msg>");
    assert_eq!(relay.words(2), ["chat", "chat"]);
}

#[test]
fn the_oldest_seed_session_gives_way_when_an_account_has_too_many() {
    let mut relay = Relay::new();
    let a = account(1, "a");
    relay.full(1, &a, "d", &[], 0);
    for session in 2..=64 {
        relay.seed(session, &a, &[], 0);
    }
    relay.begin_seed(65, &a, &[], begun(&[], 0));
    assert_eq!(relay.core.sessions_of(1).len(), 64);
    assert!(!relay.core.sessions_of(1).contains(&2) && relay.core.sessions_of(1).contains(&1));
    relay.open(66);
    relay.say(66, "<msg><type>login</type><account>a</account><pwd>p</pwd></msg>");
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(Some(a)));
    let (check, _) = relay.check();
    relay.checked(check, Verdict::Right { rehash: None });
    let (token, _) = relay.op();
    relay.stored(token, Done::Begun(Ok(begun(&[], 0))));
    assert!(relay.heard(3)[0].contains("<code>replaced</code>"));
    assert!(relay.is_closed(3) && !relay.is_closed(4) && !relay.is_closed(1));
}
