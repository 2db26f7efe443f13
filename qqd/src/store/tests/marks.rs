//! How far conversations were received and read, and what that clears.

use super::*;
use crate::core::op::{Arrived, Unfilled};

fn read_by_bob(cseq: u64) -> Op {
    Op::Delivered { conv: "c1".into(), account: "bob".into(), cseq, read: true }
}

fn read(conn: &mut Connection) -> usize {
    messages(conn, Op::Read { with: None, peek: false }).0.len()
}

fn elsewhere(conn: &mut Connection, cseq: u64) -> Done {
    say(conn, Op::ReadElsewhere { conv: "c1".into(), cseq })
}

#[test]
fn what_the_friend_has_read_is_told_once_and_only_what_he_had_not_read_before() {
    let mut conn = alice();
    for (cseq, id) in [(1, "m1"), (2, "m2"), (3, "m3")] {
        say(&mut conn, Op::Queue(message(id, "alice", "bob")));
        say(&mut conn, ack(id, cseq));
    }
    assert_eq!(arrived(say(&mut conn, mark("bob", 1))), ["m1"]);
    let Done::Delivered(told) = say(&mut conn, read_by_bob(2)) else { panic!() };
    let step = |id: &str| Arrived { id: id.into(), to: "bob".into(), state: State::Read };
    assert_eq!(told, [step("m1"), step("m2")]);
    assert_eq!(arrived(say(&mut conn, read_by_bob(2))), [""; 0]);
    assert_eq!(arrived(say(&mut conn, mark("bob", 3))), ["m3"], "delivered");
    assert_eq!(find(&mut conn, "m2").state, State::Read);
    assert_eq!(find(&mut conn, "m3").state, State::Delivered);
}

#[test]
fn a_message_that_was_read_before_its_ack_is_read_with_it() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, read_by_bob(4));
    let Done::Delivered(told) = say(&mut conn, ack("m1", 4)) else { panic!() };
    assert_eq!(told[0].state, State::Read);
    assert_eq!(find(&mut conn, "m1").state, State::Read);
}

#[test]
fn what_was_read_here_is_owed_to_the_relay_until_it_knows() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("b1", "bob", "alice")));
    say(&mut conn, row(2, 2, message("b2", "bob", "alice")));
    assert_eq!(load(&mut conn).read, []);
    assert_eq!(load(&mut conn).delivered, [("c1".to_owned(), 2)]);
    messages(&mut conn, Op::Read { with: None, peek: true });
    assert_eq!(load(&mut conn).read, [], "looking is not reading");
    assert_eq!(read(&mut conn), 2);
    assert_eq!(load(&mut conn).read, [("c1".to_owned(), 2)]);
    say(&mut conn, Op::Told(vec![("c1".into(), 1)]));
    assert_eq!(load(&mut conn).read, [("c1".to_owned(), 2)], "it knows less than that");
    say(&mut conn, Op::Told(vec![("c1".into(), 2)]));
    assert_eq!(load(&mut conn).read, []);
}

#[test]
fn what_another_device_has_read_is_not_unread_here_whichever_comes_first() {
    let mut conn = alice();
    assert!(matches!(elsewhere(&mut conn, 1), Done::Cleared { with: None, count: 0 }));
    let first = say(&mut conn, row(1, 1, message("b1", "bob", "alice")));
    assert_eq!(received(first), (true, false), "read before it came");
    assert_eq!(received(say(&mut conn, row(2, 2, message("b2", "bob", "alice")))), (true, true));
    assert_eq!(received(say(&mut conn, row(3, 3, message("b3", "bob", "alice")))), (true, true));
    let Done::Cleared { with, count } = elsewhere(&mut conn, 2) else { panic!() };
    assert_eq!((with.as_deref(), count), (Some("bob"), 1));
    assert_eq!(load(&mut conn).unread, [("bob".to_owned(), 1)]);
    assert_eq!(read(&mut conn), 1);
    elsewhere(&mut conn, 3);
    assert_eq!(load(&mut conn).read, [], "the relay knows it from the other device");
}

#[test]
fn how_an_account_shows_itself_survives_its_logins_and_logouts() {
    let mut conn = alice();
    let own = Own { presence: ipc_schema::presence::Wish::Invisible, note: Some("lunch".into()) };
    say(&mut conn, Op::Presence(own.clone()));
    say(&mut conn, Op::SaveAccount(Account { epoch: "second".into(), ..account("alice") }));
    assert_eq!(load(&mut conn).account.unwrap().own, own);
    say(&mut conn, Op::Logout { wipe: false });
    assert_eq!(all(&mut conn).former[0].own, own);
}

/// The conversation with bob from `first` to `last`, as the relay's history tells it.
fn older(first: u64, last: u64) -> Vec<Message> {
    let (from, to) = (["alice", "bob"], ["bob", "alice"]);
    (first..=last)
        .map(|cseq| {
            let side = usize::from(cseq % 2 == 0);
            let older = message(&format!("h{cseq}"), from[side], to[side]);
            Message { conv: Some("c1".into()), cseq: Some(cseq), state: State::Acked, ..older }
        })
        .collect()
}

fn fill(conn: &mut Connection, messages: Vec<Message>, whole: bool) -> (u64, Option<u64>) {
    match say(conn, Op::Fill { with: "bob".into(), messages, whole }) {
        Done::Filled { new, low } => (new, low),
        other => panic!("{other:?}"),
    }
}

fn unfilled(conn: &mut Connection) -> Unfilled {
    match say(conn, Op::Unfilled) {
        Done::Unfilled(unfilled) => unfilled,
        other => panic!("{other:?}"),
    }
}

/// A device that began behind row 100, where the conversation with bob had ten messages.
fn late() -> Connection {
    let mut conn = in_memory().unwrap();
    say(&mut conn, Op::SaveAccount(Account { cursor: 100, ..account("alice") }));
    say(&mut conn, row(101, 10, message("b10", "bob", "alice")));
    say(&mut conn, row(102, 11, message("b11", "bob", "alice")));
    conn
}

#[test]
fn older_messages_stand_before_all_others_and_are_no_news() {
    let mut conn = late();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    assert_eq!(unfilled(&mut conn).lacking, [("bob".to_owned(), Some(10))]);
    assert_eq!(fill(&mut conn, older(7, 9), false), (3, Some(7)));
    assert_eq!(fill(&mut conn, older(4, 6), false), (3, Some(4)));
    assert_eq!(unfilled(&mut conn), Unfilled { done: 6, lacking: vec![("bob".to_owned(), Some(4))] });
    say(&mut conn, row(103, 12, message("b12", "bob", "alice")));
    let all = history(&mut conn, "bob");
    assert_eq!(ids(&all), ["h4", "h5", "h6", "h7", "h8", "h9", "b10", "b11", "m1", "b12"]);
    assert_eq!(load(&mut conn).unread, [("bob".to_owned(), 3)], "what is older was not unread");
    assert_eq!(all[0].state, State::Read);
    // The same page again (the daemon was killed in between) changes nothing.
    assert_eq!(fill(&mut conn, older(4, 6), false).0, 0);
    assert_eq!(fill(&mut conn, older(1, 3), true), (3, Some(1)));
    assert_eq!(unfilled(&mut conn).lacking, []);
}

#[test]
fn a_page_before_a_message_stays_the_same_while_older_ones_come() {
    let mut conn = late();
    fill(&mut conn, older(7, 9), false);
    let page = |conn: &mut Connection, before| {
        messages(conn, Op::History { with: "bob".into(), before: Some(before), count: 2 }).0
    };
    let (newest, _) = messages(&mut conn, Op::History { with: "bob".into(), before: None, count: 2 });
    let older_two = page(&mut conn, newest[0].0);
    assert_eq!(older_two.iter().map(|(_, one)| one.cseq).collect::<Vec<_>>(), [Some(8), Some(9)]);
    fill(&mut conn, older(4, 6), false);
    assert_eq!(page(&mut conn, newest[0].0), older_two);
    let next = page(&mut conn, older_two[0].0);
    assert_eq!(next.iter().map(|(_, one)| one.cseq).collect::<Vec<_>>(), [Some(6), Some(7)]);
}

#[test]
fn who_has_every_row_from_the_first_lacks_nothing_and_a_new_epoch_begins_anew() {
    let mut conn = alice();
    let friends = vec![friend("bob"), friend("carol")];
    say(&mut conn, Op::Friends(List { friends, ..List::default() }));
    say(&mut conn, row(1, 5, message("b5", "bob", "alice")));
    assert_eq!(unfilled(&mut conn), Unfilled::default(), "retention has cut what was before");
    say(&mut conn, Op::SaveAccount(Account { epoch: "second".into(), cursor: 9, ..account("alice") }));
    let lacking: Vec<_> = unfilled(&mut conn).lacking.into_iter().map(|(with, _)| with).collect();
    assert_eq!(lacking, ["bob", "carol"]);
    fill(&mut conn, Vec::new(), true);
    assert_eq!(unfilled(&mut conn).lacking, [("carol".to_owned(), None)]);
}

#[test]
fn own_older_messages_are_as_far_as_the_friends_marks_say() {
    let mut conn = late();
    say(&mut conn, read_by_bob(3));
    say(&mut conn, mark("bob", 5));
    fill(&mut conn, older(1, 9), true);
    let state = |id: &str| find(&mut conn, id).state;
    assert_eq!(["h3", "h5", "h7"].map(state), [State::Read, State::Delivered, State::Acked]);
    assert_eq!(arrived(say(&mut conn, mark("bob", 5))), [""; 0], "nothing new in that");
}
