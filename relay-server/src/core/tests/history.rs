//! Looking back: one page at a time, only with room, and not for ever.

use std::sync::Arc;

use super::*;
use crate::core::op::Page;

fn ask(relay: &mut Relay, n: u32) {
    relay.say(
        1,
        &format!(
            "<msg><type>history</type><friendaccount>b</friendaccount><count>200</count><id>h{n}</id></msg>"
        ),
    );
}

fn relay() -> Relay {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[friend(2, "b")], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay
}

fn large() -> Done {
    let message = |n| match row(n, "b", "a").item {
        Item::Chat(shared) => {
            let mut message = Arc::unwrap_or_clone(shared);
            message.content = "x".repeat(60_000);
            message
        }
        other => panic!("{other:?}"),
    };
    Done::History(Some(Page { conv: Some("c".into()), messages: (1..=2).map(message).collect(), more: true }))
}

#[test]
fn pages_are_read_one_by_one_and_wait_for_room() {
    let mut relay = relay();
    for n in 0..6 {
        ask(&mut relay, n);
    }
    let mut pages = 0;
    while relay.ops() > 0 {
        assert_eq!(relay.ops(), 1);
        let (token, op) = relay.op();
        assert!(matches!(op, Op::History(_)), "{op:?}");
        relay.stored(token, large());
        assert_eq!(relay.words(1), ["chat", "chat", "ack"]);
        pages += 1;
    }
    assert_eq!(pages, 3, "then there is no room");
    relay.input(Input::Room { session: 1 });
    assert_eq!(relay.ops(), 1);
}

#[test]
fn what_waits_is_bounded_and_what_the_store_cannot_read_is_said() {
    let mut relay = relay();
    for n in 0..20 {
        ask(&mut relay, n);
    }
    let refused = relay.heard(1);
    assert_eq!(refused.len(), 3);
    assert!(refused[0].contains("<id>h17</id><code>rate</code><retry>1000</retry>"), "{refused:?}");
    let (token, _) = relay.op();
    relay.failed(token);
    let heard = relay.heard(1);
    assert!(heard[0].contains("<id>h0</id><code>storage</code><retry>5000</retry>"), "{heard:?}");
    let (token, _) = relay.op();
    relay.close(1);
    relay.stored(token, large());
    assert_eq!((relay.heard(1).len(), relay.ops()), (0, 0));
}

#[test]
fn looking_back_has_a_rate() {
    let mut relay = relay();
    for n in 0..60 {
        ask(&mut relay, n);
        let (token, _) = relay.op();
        relay.stored(token, Done::History(None));
    }
    relay.clear();
    ask(&mut relay, 60);
    assert!(relay.heard(1)[0].contains("<code>rate</code><retry>50</retry>"));
    relay.pass(Duration::from_millis(50));
    ask(&mut relay, 61);
    assert_eq!(relay.ops(), 1);
}
