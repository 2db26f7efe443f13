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

/// `a` and `b` are in the call `k`, which `b` has accepted on `d`; `b` has another device `e`, session 3.
fn talking() -> Relay {
    let mut relay = relay();
    relay.full(3, &account(2, "b"), "e", &[friend(1, "a")], 0);
    relay.say(3, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    let accepts =
        "<session>0.0.0.0,0</session><media>audio</media><answer>s</answer><to_device>d</to_device>";
    let heard = say(&mut relay, (2, "b", "a"), "r_vidio", accepts);
    assert_eq!(heard, ["<msg><type>ack</type><id>i</id></msg>"]);
    relay.clear();
    relay
}

/// What `a` hears of it.
fn ends(relay: &mut Relay) -> Vec<String> {
    relay.heard(1).into_iter().filter(|xml| xml.contains("<type>call_end<")).collect()
}

const LOST: &str = "<msg><type>call_end</type><myaccount>b</myaccount><friendaccount>a</friendaccount>\
                    <call>k</call><reason>failed</reason><device>d</device></msg>";

#[test]
fn a_call_ends_once_the_device_that_took_it_is_gone_for_good() {
    let mut relay = talking();
    relay.close(2);
    relay.pass(Duration::from_secs(4));
    assert_eq!(ends(&mut relay), [""; 0], "it may come back");
    relay.full(4, &account(2, "b"), "d", &[friend(1, "a")], 0);
    relay.clear();
    relay.pass(Duration::from_secs(4));
    assert_eq!(ends(&mut relay), [""; 0], "it came back");
    relay.close(4);
    relay.pass(Duration::from_secs(5));
    assert_eq!(ends(&mut relay), [LOST]);
    relay.close(3);
    relay.pass(Duration::from_secs(5));
    assert_eq!(ends(&mut relay), [""; 0]);
}

#[test]
fn the_callee_hears_it_of_the_callers_device_too_and_at_once_if_it_is_revoked() {
    let mut relay = talking();
    relay.say(1, "<msg><type>logout</type><id>o</id></msg>");
    let (logout, _) = relay.op();
    relay.stored(logout, Done::Nothing);
    let heard = relay.heard(2);
    assert!(heard[0].contains("<type>call_end</type><myaccount>a</myaccount>"), "{heard:?}");
    assert!(heard[1].contains("<type>line</type><state>-1</state>"), "{heard:?}");
}

#[test]
fn a_device_that_is_in_no_call_ends_none_and_a_call_that_is_over_ends_once() {
    let mut relay = talking();
    relay.close(3);
    relay.pass(Duration::from_secs(5));
    assert_eq!(ends(&mut relay), [""; 0], "the other device had nothing to do with it");

    for (from, to_device) in [((2, "b", "a"), ""), ((1, "a", "b"), "<to_device>d</to_device>")] {
        let mut relay = talking();
        say(&mut relay, from, "call_end", &format!("<reason>hangup</reason>{to_device}"));
        relay.clear();
        relay.close(2);
        relay.pass(Duration::from_secs(5));
        assert_eq!(ends(&mut relay), [""; 0]);
    }
    // That another device shall stop ringing is not the end.
    let mut relay = talking();
    let elsewhere = "<reason>answered-elsewhere</reason><to_device>e</to_device>";
    say(&mut relay, (1, "a", "b"), "call_end", elsewhere);
    say(&mut relay, (3, "b", "a"), "call_end", "<reason>declined</reason>");
    relay.clear();
    relay.close(2);
    relay.pass(Duration::from_secs(5));
    assert_eq!(ends(&mut relay), [LOST]);
}
