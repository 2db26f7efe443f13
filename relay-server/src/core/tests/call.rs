//! The rates of what belongs to a call, and that each pair has its own.

use super::*;

fn relay() -> Relay {
    let mut relay = Relay::new();
    for (session, id, name, other, other_name) in [(1, 1, "a", 2, "b"), (2, 2, "b", 1, "a")] {
        relay.full(session, &account(id, name), "d", &[friend(other, other_name)], 0);
        relay.say(session, "<msg><type>ping</type><id>p</id></msg>");
        relay.clear();
    }
    relay
}

fn say(relay: &mut Relay, from: (SessionId, &str, &str), word: &str, rest: &str) -> Vec<String> {
    let (session, own, other) = from;
    relay.say(
        session,
        &format!(
            "<msg><type>{word}</type><myaccount>{own}</myaccount><friendaccount>{other}</friendaccount>\
             <call>k</call><id>i</id>{rest}</msg>"
        ),
    );
    relay.heard(session)
}

#[test]
fn candidates_and_ends_have_rates_of_their_own() {
    let mut relay = relay();
    let (there, back) = ((1, "a", "b"), (2, "b", "a"));
    let candidate = "<candidate>c</candidate>";
    let end = "<reason>hangup</reason>";
    for _ in 0..100 {
        assert_eq!(
            say(&mut relay, there, "call_candidate", candidate),
            ["<msg><type>ack</type><id>i</id></msg>"]
        );
    }
    let refused = say(&mut relay, there, "call_candidate", candidate);
    assert_eq!(refused, ["<msg><type>nack</type><id>i</id><code>rate</code><retry>50</retry></msg>"]);
    assert_eq!(relay.heard(2).len(), 100);
    for _ in 0..50 {
        assert_eq!(say(&mut relay, there, "call_end", end), ["<msg><type>ack</type><id>i</id></msg>"]);
    }
    let refused = say(&mut relay, there, "call_ringing", "");
    assert_eq!(refused, ["<msg><type>nack</type><id>i</id><code>rate</code><retry>200</retry></msg>"]);
    assert!(say(&mut relay, back, "call_end", end).last().unwrap().contains("ack"));
    relay.pass(Duration::from_millis(200));
    assert!(say(&mut relay, there, "call_ringing", "").last().unwrap().contains("ack"));
}
