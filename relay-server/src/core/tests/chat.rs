//! Chats in flight.

use super::*;

fn submit(relay: &mut Relay) -> (Token, String, u64) {
    match relay.op() {
        (token, Op::Submit(submit)) => (token, submit.id.to_string(), submit.era),
        (_, other) => panic!("{other:?}"),
    }
}

fn ready() -> Relay {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay
}

#[test]
fn nothing_is_acknowledged_before_the_store_says_so() {
    let mut relay = ready();
    relay.say(1, &chat("a", "b", "m1"));
    let (token, _, _) = submit(&mut relay);
    assert!(relay.heard(1).is_empty());
    relay.stored(token, submitted(2, vec![(1, row(1, "a", "b")), (2, row(1, "a", "b"))]));
    // Nobody of the receiver is on line: said right before the ack.
    assert_eq!(relay.words(1), ["line", "ack", "chat"]);
}

#[test]
fn the_answer_says_who_is_on_line_when_it_is_given() {
    let mut relay = ready();
    relay.say(1, &chat("a", "b", "m1"));
    let (token, _, _) = submit(&mut relay);
    relay.full(2, &account(2, "b"), "d", &[], 0);
    relay.stored(token, submitted(2, vec![(1, row(1, "a", "b")), (2, row(1, "a", "b"))]));
    assert_eq!(relay.words(1), ["ack", "chat"]);
    assert_eq!(relay.words(2), ["chat"]);
}

#[test]
fn a_chat_whose_sender_is_gone_is_still_delivered() {
    let mut relay = ready();
    relay.full(2, &account(2, "b"), "d", &[], 0);
    relay.say(1, &chat("a", "b", "m1"));
    let (token, _, _) = submit(&mut relay);
    relay.close(1);
    relay.stored(token, submitted(2, vec![(1, row(1, "a", "b")), (2, row(1, "a", "b"))]));
    assert!(relay.heard(1).is_empty());
    assert_eq!(relay.words(2), ["chat"]);
}

#[test]
fn of_several_that_failed_the_first_must_come_again_first() {
    let mut relay = ready();
    let tokens: Vec<_> = (1..=3)
        .map(|n| {
            relay.say(1, &chat("a", "b", &format!("m{n}")));
            submit(&mut relay)
        })
        .collect();
    for (token, id, _) in &tokens {
        relay.failed(*token);
        assert_eq!(
            relay.heard(1),
            [format!("<msg><type>nack</type><id>{id}</id><code>storage</code><retry>5000</retry></msg>")]
        );
    }
    for id in ["m2", "m3", "m4"] {
        relay.say(1, &chat("a", "b", id));
        assert_eq!(relay.words(1), ["nack"]);
        assert_eq!(relay.ops(), 0);
    }
    relay.say(1, &chat("a", "b", "m1"));
    let (_, id, era) = submit(&mut relay);
    // It is of a later era than those that failed: the writer takes it.
    assert_eq!((id.as_str(), era), ("m1", tokens[0].2 + 1));
    relay.say(1, &chat("a", "b", "m2"));
    assert_eq!(submit(&mut relay).1, "m2");
}

#[test]
fn an_earlier_failure_takes_the_place_of_a_later_refusal() {
    let mut relay = Relay::new();
    relay.core.limits.chats_per_second = 1;
    relay.core.limits.chats_burst = 1;
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    let tokens: Vec<_> = (1..=3)
        .map(|n| {
            relay.say(1, &chat("a", "b", &format!("m{n}")));
            submit(&mut relay).0
        })
        .collect();
    relay.say(1, &chat("a", "b", "m4"));
    assert!(relay.heard(1)[0].contains("<id>m4</id><code>rate</code>"));
    relay.stored(tokens[0], submitted(2, vec![(1, row(1, "a", "b"))]));
    relay.failed(tokens[1]);
    relay.failed(tokens[2]);
    relay.clear();
    relay.now.mono += Duration::from_secs(60);
    // Were it still m4 that is waited for, m4 would overtake m2 and m3.
    relay.say(1, &chat("a", "b", "m4"));
    assert!(relay.heard(1)[0].contains("<id>m4</id><code>storage</code>"));
    relay.say(1, &chat("a", "b", "m2"));
    assert_eq!(submit(&mut relay).1, "m2");
}

#[test]
fn refusals_without_a_time_hold_nobody_up() {
    let mut relay = ready();
    for code in [NackCode::Unknown, NackCode::Forbidden, NackCode::Conflict, NackCode::Rate] {
        relay.say(1, &chat("a", "b", "m1"));
        let (token, _, _) = submit(&mut relay);
        relay.stored(token, Done::Submitted(Err(code.clone())));
        assert_eq!(relay.heard(1), [format!("<msg><type>nack</type><id>m1</id><code>{code}</code></msg>")]);
    }
    relay.say(1, &chat("a", "b", "m2"));
    assert_eq!(submit(&mut relay).1, "m2");
}

#[test]
fn a_logout_that_could_not_be_stored_leaves_the_session() {
    let mut relay = ready();
    relay.say(1, "<msg><type>logout</type><id>o</id></msg>");
    let (token, _) = relay.op();
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    assert!(relay.heard(1).is_empty());
    relay.failed(token);
    assert_eq!(relay.words(1), ["nack"]);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    assert_eq!(relay.words(1), ["pong"]);
}
