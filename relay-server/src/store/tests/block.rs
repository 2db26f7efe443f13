//! Blocks: who reaches nobody, what is still seen, what is told when they end.

use super::*;

fn block(other: &str) -> Wish {
    Wish::Block { other: other.into() }
}

fn unblock(other: &str) -> Wish {
    Wish::Unblock { other: other.into() }
}

fn ask(other: &str) -> Wish {
    Wish::Request { other: other.into(), note: String::new() }
}

fn profile(name: &str) -> Wish {
    Wish::Profile { name: Some(name.into()), picture: None, note: None }
}

fn friends() -> (Relay, AccountId, AccountId) {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    (relay, alice, bob)
}

#[test]
fn whoever_is_blocked_reaches_nobody_and_whoever_blocks_may_not_write() {
    let (mut relay, alice, bob) = friends();
    let done = relay.wish(alice, block("bob")).unwrap();
    assert_eq!(done.rows.len(), 1, "the blocked one is not told");
    assert_eq!(said(&relay.rows(alice, 1)), ["2 blocked bob true"]);
    assert_eq!(relay.chat(bob, "alice"), Err(NackCode::Unknown));
    assert_eq!(relay.chat(alice, "bob"), Err(NackCode::Forbidden));
    assert_eq!(relay.list(alice), [(FriendKind::Friend, "bob".into())], "the entry stays");
    let begun = relay.begin(login(alice, None, 1)).unwrap();
    assert_eq!((begun.blocks, begun.blocked_by), (vec![bob], vec![]));
    let begun = relay.begin(login(bob, None, 2)).unwrap();
    assert_eq!((begun.blocks, begun.blocked_by), (vec![], vec![alice]));
    relay.wish(alice, unblock("bob")).unwrap();
    relay.chat(bob, "alice").unwrap();
    relay.chat(alice, "bob").unwrap();
    assert_eq!(said(&relay.rows(alice, 2))[0], "3 blocked bob false");
}

#[test]
fn a_chat_that_was_stored_before_the_block_is_still_answered() {
    let (mut relay, alice, bob) = friends();
    let first = relay.submit(chat(bob, "alice", "m1")).unwrap();
    relay.wish(alice, block("bob")).unwrap();
    let again = relay.submit(chat(bob, "alice", "m1")).unwrap();
    assert_eq!((again.duplicate, again.seq), (true, first.seq));
}

#[test]
fn a_request_to_somebody_who_blocks_looks_like_one_to_nobody() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.wish(bob, ask("alice")).unwrap();
    relay.wish(alice, block("bob")).unwrap();
    let answer = |accepted| Wish::Answer { other: "bob".into(), accepted };
    assert_eq!(relay.refusal(alice, answer(true)), NackCode::Forbidden);
    assert_eq!(relay.refusal(alice, ask("bob")), NackCode::Forbidden);
    let (blocked, unknown) = (relay.wish(bob, ask("alice")), relay.wish(bob, ask("nobody")));
    assert_eq!(blocked, unknown);
    // The other way round: who is blocked cannot be accepted by the one who blocks him.
    relay.wish(alice, unblock("bob")).unwrap();
    relay.wish(bob, block("alice")).unwrap();
    assert_eq!(relay.refusal(alice, answer(true)), NackCode::Unknown);
    relay.wish(bob, unblock("alice")).unwrap();
    relay.wish(alice, answer(true)).unwrap();
}

#[test]
fn a_block_that_is_repeated_or_ended_twice_makes_no_row() {
    let (mut relay, alice, _) = friends();
    relay.wish(alice, block("bob")).unwrap();
    assert_eq!(relay.wish(alice, block("bob")).unwrap().rows, []);
    relay.wish(alice, unblock("bob")).unwrap();
    for name in ["bob", "nobody", ""] {
        assert_eq!(relay.wish(alice, unblock(name)).unwrap().rows, []);
    }
    assert_eq!(relay.refusal(alice, block("alice")), NackCode::Conflict);
    assert_eq!(relay.refusal(alice, block("nobody")), NackCode::Unknown);
}

#[test]
fn whoever_is_blocked_sees_what_was_shown_when_it_began() {
    let (mut relay, alice, bob) = friends();
    let name_of = |relay: &mut Relay| match &relay.entries(bob, Behind::Friend(None), true, 1)[..] {
        [Entry::Friend(alice)] => alice.name.clone(),
        other => panic!("{other:?}"),
    };
    relay.wish(alice, block("bob")).unwrap();
    let told = relay.wish(alice, profile("New")).unwrap();
    assert_eq!(told.rows.len(), 1, "only alice hears of it");
    assert_eq!(name_of(&mut relay), "alice shown");
    let Item::Friend(row) = &relay.rows(bob, 0)[0].item else { panic!() };
    assert_eq!(row.name, "alice shown", "old rows do not tell either");
    let told = relay.wish(alice, unblock("bob")).unwrap();
    let bobs: Vec<_> = told.rows.iter().filter(|(account, _)| *account == bob).collect();
    assert!(matches!(&bobs[..], [(_, Row { item: Item::Friend(f), .. })] if f.name == "New"), "{bobs:?}");
    assert_eq!(name_of(&mut relay), "New");
    // Where nothing has changed there is nothing to tell.
    relay.wish(alice, block("bob")).unwrap();
    assert_eq!(relay.wish(alice, unblock("bob")).unwrap().rows.len(), 1);
}

#[test]
fn a_mark_is_not_shown_to_somebody_who_is_blocked() {
    let (mut relay, alice, bob) = friends();
    let sent = relay.chat(bob, "alice").unwrap();
    relay.wish(alice, block("bob")).unwrap();
    let (kind, is_hidden) = (MarkKind::Delivered, false);
    let marks = relay.marked(Op::Mark { kind, account: alice, conv: sent.conv, cseq: 1, is_hidden });
    assert_eq!(marks.iter().map(|mark| &mark.tell[..]).collect::<Vec<_>>(), [[alice]], "nor told at once");
    assert_eq!(relay.begin(login(bob, None, 1)).unwrap().marks, []);
    relay.wish(alice, unblock("bob")).unwrap();
    assert_eq!(relay.begin(login(bob, None, 2)).unwrap().marks.len(), 1);
}

#[test]
fn whoever_blocks_an_account_that_is_removed_is_told() {
    let (mut relay, alice, _) = friends();
    relay.wish(alice, block("bob")).unwrap();
    relay.admin(AdminOp::AccountRemove { name: "bob".into(), now_ms: NOW }).unwrap();
    assert_eq!(said(&relay.rows(alice, 2)), ["3 gone bob", "4 blocked bob false"]);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM block"), 0);
}

#[test]
fn an_open_request_stays_in_the_list_while_its_asker_is_blocked() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.wish(bob, ask("alice")).unwrap();
    let before = relay.entries(alice, Behind::Request(None), true, 10);
    relay.wish(alice, block("bob")).unwrap();
    // No row tells of it again when the block ends: a device that is new in between must know of it, too.
    assert_eq!(relay.entries(alice, Behind::Request(None), true, 10), before);
    assert_eq!(relay.wish(alice, unblock("bob")).unwrap().rows.len(), 1);
}
