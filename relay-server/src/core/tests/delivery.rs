//! Rows: pages, wake-ups while reading, holes, receipts.

use std::sync::Arc;

use super::*;
use crate::core::op::{Mark, MarkKind};
use crate::core::presence::Own;

fn rows_op(relay: &mut Relay) -> (Token, Seq, u32) {
    match relay.op() {
        (token, Op::Rows { after, count, .. }) => (token, after, count),
        (_, other) => panic!("{other:?}"),
    }
}

/// Somebody else's chat has made a row for `account`.
fn arrives(relay: &mut Relay, account: AccountId, seq: Seq) {
    let core = &mut relay.core;
    core.on_rows_made(&[(account, row(seq, "x", "a"))]);
    while let Some(output) = relay.core.poll() {
        relay.outputs.push(output);
    }
}

#[test]
fn a_row_that_is_the_next_needs_no_reading() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 5);
    arrives(&mut relay, 1, 6);
    arrives(&mut relay, 1, 7);
    assert_eq!(relay.words(1), ["chat", "chat"]);
    assert_eq!(relay.ops(), 0);
}

#[test]
fn a_row_that_is_not_the_next_is_read_in_its_turn() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 5);
    // The wake-up for 6 was lost.
    arrives(&mut relay, 1, 7);
    let (token, after, _) = rows_op(&mut relay);
    assert_eq!(after, 5);
    // More come while the page is on its way, one of them in it already.
    arrives(&mut relay, 1, 8);
    arrives(&mut relay, 1, 9);
    assert_eq!((relay.ops(), relay.heard(1).len()), (0, 0));
    relay.stored(token, Done::Rows(vec![row(6, "x", "a"), row(7, "x", "a"), row(8, "x", "a")]));
    let (token, after, _) = rows_op(&mut relay);
    assert_eq!(after, 8);
    relay.stored(token, Done::Rows(vec![row(9, "x", "a")]));
    assert_eq!(relay.heard(1).len(), 4);
    assert_eq!(relay.ops(), 0);
    // An old row, told once more, is not sent twice.
    arrives(&mut relay, 1, 9);
    assert_eq!((relay.heard(1).len(), relay.ops()), (0, 0));
}

#[test]
fn holes_are_named_never_silent() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 5);
    relay.seed(2, &account(1, "a"), &[], 5);
    arrives(&mut relay, 1, 12);
    for _ in 0..2 {
        let (token, _, _) = rows_op(&mut relay);
        relay.stored(token, Done::Rows(vec![row(8, "x", "a"), row(9, "x", "a")]));
    }
    let heard = relay.heard(1);
    assert_eq!(heard.len(), 4, "{heard:?}");
    assert_eq!(heard[0], "<msg><type>gap</type><from>6</from><to>7</to></msg>");
    assert_eq!(heard[3], "<msg><type>gap</type><from>10</from><to>12</to></msg>");
    assert_eq!(relay.words(2), ["chat", "chat"]);
    assert_eq!(relay.ops(), 0);
}

#[test]
fn pages_are_read_until_a_short_one_and_shrink_when_rows_are_large() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    arrives(&mut relay, 1, 200);
    let (token, _, count) = rows_op(&mut relay);
    assert_eq!(count, 64);
    let large = |seq: Seq| {
        let mut row = row(seq, "x", "a");
        if let Item::Chat(message) = &mut row.item {
            Arc::make_mut(message).content = "x".repeat(60_000);
        }
        row
    };
    relay.stored(token, Done::Rows((1..=64).map(large).collect()));
    assert_eq!(relay.heard(1).len(), 5);
    assert_eq!(relay.ops(), 0, "no reading without room");
    assert_eq!(relay.outputs.iter().filter(|output| matches!(output, Output::AskRoom { .. })).count(), 1);
    relay.input(Input::Room { session: 1 });
    let (token, after, count) = rows_op(&mut relay);
    assert_eq!((after, count), (5, 5));
    relay.stored(token, Done::Rows((6..=10).map(|seq| row(seq, "x", "a")).collect()));
    assert_eq!(rows_op(&mut relay).2, 10);
}

#[test]
fn a_store_that_cannot_read_ends_the_session_instead_of_skipping_rows() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    arrives(&mut relay, 1, 2);
    let (token, _, _) = rows_op(&mut relay);
    relay.failed(token);
    assert_eq!(relay.words(1), ["error"]);
    assert!(relay.is_closed(1));
}

#[test]
fn a_page_for_a_session_that_is_gone_is_dropped() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    arrives(&mut relay, 1, 2);
    let (token, _, _) = rows_op(&mut relay);
    relay.close(1);
    relay.stored(token, Done::Rows(vec![row(1, "x", "a"), row(2, "x", "a")]));
    assert!(relay.outputs.is_empty());
}

#[test]
fn of_many_receipts_one_is_on_its_way_and_the_newest_waits() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 9);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    let recv =
        |relay: &mut Relay, seq: Seq| relay.say(1, &format!("<msg><type>recv</type><seq>{seq}</seq></msg>"));
    for seq in [3, 4, 5, 7, 6, 5] {
        recv(&mut relay, seq);
    }
    assert_eq!(relay.ops(), 1);
    let (token, op) = relay.op();
    assert!(matches!(op, Op::Recv { seq: 3, .. }), "{op:?}");
    relay.stored(token, Done::Nothing);
    let (token, op) = relay.op();
    assert!(matches!(op, Op::Recv { seq: 7, .. }), "{op:?}");
    // Nobody has what he was not sent; and the last one does not wait when the connection ends.
    recv(&mut relay, 1_000);
    relay.close(1);
    assert!(matches!(relay.op().1, Op::Recv { seq: 9, .. }));
    relay.stored(token, Done::Nothing);
    assert_eq!(relay.ops(), 0);
}

#[test]
fn a_receipt_that_could_not_be_stored_is_taken_again() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 9);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay.say(1, "<msg><type>recv</type><seq>9</seq></msg>");
    let (token, _) = relay.op();
    relay.failed(token);
    relay.say(1, "<msg><type>recv</type><seq>9</seq></msg>");
    assert!(matches!(relay.op().1, Op::Recv { seq: 9, .. }));
}

#[test]
fn the_seed_cursor_moves_when_the_kernel_has_it_and_at_the_end_of_the_connection() {
    let mut relay = Relay::new();
    relay.seed(1, &account(1, "a"), &[], 5);
    arrives(&mut relay, 1, 6);
    arrives(&mut relay, 1, 7);
    let asked = |output: &&Output| matches!(output, Output::AskAcknowledged { session: 1 });
    assert_eq!(relay.outputs.iter().filter(asked).count(), 1);
    assert_eq!(relay.ops(), 0);
    relay.input(Input::Acknowledged { session: 1 });
    let (first, op) = relay.op();
    assert!(matches!(op, Op::SeedCursor { account: 1, seq: 7, .. }), "{op:?}");
    // The next ones wait for the first, and the newest counts.
    for seq in 8..=10 {
        arrives(&mut relay, 1, seq);
        relay.input(Input::Acknowledged { session: 1 });
    }
    assert_eq!(relay.ops(), 0);
    relay.stored(first, Done::Marked(Vec::new()));
    assert!(matches!(relay.op().1, Op::SeedCursor { seq: 10, .. }));
    // Nothing new: nothing to write.
    relay.input(Input::Acknowledged { session: 1 });
    assert_eq!(relay.ops(), 0);
}

#[test]
fn a_seed_session_that_the_relay_ends_is_still_asked_what_its_kernel_had() {
    let mut relay = Relay::new();
    relay.seed(1, &account(1, "a"), &[], 5);
    arrives(&mut relay, 1, 6);
    relay.input(Input::Refused { session: 1, refusal: relay_schema::Fault::TooSlow.into() });
    assert!(relay.is_closed(1));
    arrives(&mut relay, 1, 7);
    relay.input(Input::Acknowledged { session: 1 });
    assert!(matches!(relay.op().1, Op::SeedCursor { seq: 6, .. }));
}

#[test]
fn what_an_account_sends_elsewhere_is_passed_over_for_its_seed_sessions() {
    let mut relay = Relay::new();
    relay.seed(1, &account(1, "a"), &[], 5);
    relay.core.on_rows_made(&[(1, row(6, "a", "x"))]);
    assert!(relay.core.poll().is_none());
    arrives(&mut relay, 1, 7);
    assert_eq!(relay.words(1), ["chat"]);
}

#[test]
fn marks_go_to_all_members_but_not_to_the_session_that_reported() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 9);
    relay.full(2, &account(1, "a"), "e", &[], 9);
    relay.full(3, &account(2, "b"), "d", &[], 9);
    relay.seed(4, &account(2, "b"), &[], 9);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay.say(1, "<msg><type>delivered</type><conv>c</conv><cseq>3</cseq></msg>");
    let (token, op) = relay.op();
    assert!(
        matches!(op, Op::Mark { kind: MarkKind::Delivered, account: 1, cseq: 3, is_hidden: false, .. }),
        "{op:?}"
    );
    let mark = Mark {
        kind: MarkKind::Delivered,
        conv: "c".into(),
        account: 1,
        name: "a".into(),
        cseq: 3,
        tell: vec![1, 2],
    };
    relay.stored(token, Done::Marked(vec![mark]));
    assert_eq!(relay.words(1), Vec::<String>::new());
    assert_eq!(relay.words(2), ["delivered"]);
    assert_eq!(relay.words(3), ["delivered"]);
    assert_eq!(relay.words(4), Vec::<String>::new());
}

#[test]
fn while_its_list_is_sent_a_session_hears_no_presence_and_afterwards_all_of_it() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(1, "<msg><type>login</type><account>a</account><pwd>p</pwd><v>1</v><device>d</device></msg>");
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    let (check, _) = relay.check();
    relay.checked(check, Verdict::Right { rehash: None });
    let (begin, _) = relay.op();
    relay.stored(begin, Done::Begun(Ok(Begun { whole_list: true, from: 0, ..begun(&[friend(2, "b")], 3) })));
    let (page, _) = relay.op();
    assert_eq!(relay.words(1), ["login_response", "user"]);
    let b = account(2, "b");
    let begun = begun(&[friend(1, "a")], 0);
    relay.core.join(relay.now, &b, &begun, 2, Own::default());
    arrives(&mut relay, 1, 4);
    assert_eq!(relay.words(1), Vec::<String>::new());
    relay.stored(page, Done::List(vec![Entry::Friend(friend(2, "b"))]));
    assert_eq!(relay.words(1), ["friend", "list_end", "line"]);
    assert_eq!(rows_op(&mut relay).1, 0);
}

#[test]
fn a_friend_who_changes_is_not_introduced_again() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.full(2, &account(2, "b"), "d", &[], 0);
    for (seq, words) in [(1, ["friend", "line"].as_slice()), (2, ["friend"].as_slice())] {
        relay.core.on_rows_made(&[(1, Row { seq, ts_ms: None, item: Item::Friend(friend(2, "b")) })]);
        relay.input(Input::Tick);
        assert_eq!(relay.words(1), words);
    }
}

#[test]
fn presence_and_shakes_may_be_dropped_rows_and_answers_may_not() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[friend(2, "b")], 0);
    relay.full(2, &account(2, "b"), "d", &[friend(1, "a")], 0);
    arrives(&mut relay, 1, 1);
    relay.say(
        2,
        "<msg><type>shake</type><myaccount>b</myaccount><friendaccount>a</friendaccount><id>s</id></msg>",
    );
    relay.close(2);
    relay.pass(Duration::from_secs(5));
    let class = |output: &Output| match output {
        Output::Send { session, class, stanza } => Some((*session, stanza.word(), *class)),
        _ => None,
    };
    let said: Vec<_> = relay.outputs.iter().filter_map(class).collect();
    assert_eq!(
        said,
        [
            (1, "chat", Class::Kept),
            (1, "shake", Class::Ephemeral),
            (2, "ack", Class::Kept),
            (1, "line", Class::Presence),
        ]
    );
}

/// Two seed sessions of one account: 1 was sent row 6 and has not got it, 2 began behind it.
fn two_seeds() -> Relay {
    let mut relay = Relay::new();
    let a = account(1, "a");
    relay.seed(1, &a, &[], 5);
    arrives(&mut relay, 1, 6);
    relay.clear();
    // The store's cursor is still 5.
    relay.begin_seed(2, &a, &[], Begun { seed_cursor: 5, ..begun(&[], 6) });
    arrives(&mut relay, 1, 7);
    relay.clear();
    relay
}

#[test]
fn a_later_row_in_another_kernel_does_not_count_for_an_earlier_one() {
    let mut relay = two_seeds();
    relay.input(Input::Acknowledged { session: 2 });
    assert_eq!(relay.ops(), 0);
    // Once the first has its own, both count.
    relay.input(Input::Acknowledged { session: 1 });
    assert!(matches!(relay.op().1, Op::SeedCursor { seq: 7, .. }));
}

#[test]
fn what_a_dead_session_alone_was_sent_goes_to_the_one_that_is_left() {
    let mut relay = two_seeds();
    relay.input(Input::Acknowledged { session: 2 });
    relay.close(1);
    let (token, after, _) = rows_op(&mut relay);
    assert_eq!(after, 5);
    arrives(&mut relay, 1, 8);
    relay.stored(token, Done::Rows(vec![row(6, "x", "a"), row(7, "x", "a")]));
    // 7 it has had; 8 follows.
    let (token, after, _) = rows_op(&mut relay);
    assert_eq!(after, 7);
    relay.stored(token, Done::Rows(vec![row(8, "x", "a")]));
    let heard = relay.heard(2);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].contains("content 6") && heard[1].contains("content 8"), "{heard:?}");
    relay.input(Input::Acknowledged { session: 2 });
    assert!(matches!(relay.op().1, Op::SeedCursor { seq: 8, .. }));
}

#[test]
fn a_page_that_was_asked_for_before_the_cursor_went_back_passes_nothing_over() {
    let mut relay = two_seeds();
    arrives(&mut relay, 1, 9);
    let pages: Vec<_> = (0..2).map(|_| rows_op(&mut relay)).collect();
    assert_eq!((pages[0].1, pages[1].1), (7, 7));
    relay.close(1);
    assert_eq!(relay.ops(), 0);
    relay.stored(pages[0].0, Done::Rows(vec![row(8, "x", "a"), row(9, "x", "a")]));
    relay.stored(pages[1].0, Done::Rows(vec![row(8, "x", "a"), row(9, "x", "a")]));
    let (token, after, _) = rows_op(&mut relay);
    assert_eq!(after, 5);
    relay.stored(token, Done::Rows((6..=9).map(|seq| row(seq, "x", "a")).collect()));
    let heard = relay.heard(2);
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert!(heard[0].contains("content 6") && heard[1].contains("content 8"), "{heard:?}");
}

#[test]
fn a_session_that_the_relay_ends_still_answers_for_what_it_was_sent() {
    let mut relay = two_seeds();
    relay.input(Input::Refused { session: 1, refusal: relay_schema::Fault::TooSlow.into() });
    assert_eq!(relay.ops(), 0);
    relay.input(Input::Acknowledged { session: 1 });
    assert!(matches!(relay.op().1, Op::SeedCursor { seq: 7, .. }));
    relay.close(1);
    assert_eq!(relay.ops(), 0);
}
