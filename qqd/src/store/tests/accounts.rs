//! Logging in and out, another relay's store behind the same name, and what a wipe leaves.

use super::*;
use crate::core::op::{Left, StoreError};

#[test]
fn an_empty_store_has_nobody() {
    let mut conn = in_memory().unwrap();
    let everything = all(&mut conn);
    assert!(everything.present.is_empty() && everything.former.is_empty() && everything.left.is_empty());
    assert!(load(&mut conn).account.is_none());
    assert!(history(&mut conn, "bob").is_empty());
    let refused = apply(&mut conn, "alice@example.org", &Op::Queue(message("m1", "alice", "bob")));
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}

#[test]
fn the_account_comes_back_as_it_was_saved() {
    let mut conn = in_memory().unwrap();
    let saved = Account { pin: None, cursor: 41, ..account("alice") };
    say(&mut conn, Op::SaveAccount(saved.clone()));
    assert_eq!(load(&mut conn).account, Some(saved));
}

#[test]
fn the_cursor_stays_while_the_epoch_does() {
    let mut conn = alice();
    say(&mut conn, row(5, 1, message("m1", "bob", "alice")));
    let again = Account { name: "Alice".into(), cursor: 0, ..account("alice") };
    say(&mut conn, Op::SaveAccount(again));
    let stored = load(&mut conn).account.unwrap();
    assert_eq!((stored.cursor, stored.name.as_str()), (5, "Alice"));
}

#[test]
fn another_epoch_begins_anew_and_what_is_told_again_is_not_new() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("m1", "bob", "alice")));
    say(&mut conn, Op::Read { with: None, peek: false });
    say(&mut conn, mark("bob", 50));
    say(&mut conn, Op::SaveAccount(Account { epoch: "second".into(), cursor: 0, ..account("alice") }));
    assert_eq!(load(&mut conn).account.unwrap().cursor, 0);
    let stored = find(&mut conn, "m1");
    assert_eq!((stored.seq, stored.cseq, stored.state), (None, None, State::Read));

    assert_eq!(received(say(&mut conn, row(3, 2, message("m1", "bob", "alice")))), (false, false));
    let stored = find(&mut conn, "m1");
    assert_eq!((stored.seq, stored.cseq, stored.state), (Some(3), Some(2), State::Read));
    say(&mut conn, Op::Queue(message("m2", "alice", "bob")));
    say(&mut conn, ack("m2", 3));
    assert_eq!(find(&mut conn, "m2").state, State::Acked, "a mark of the old epoch means nothing");
}

#[test]
fn what_a_restored_relay_lacks_is_queued_again_in_its_order() {
    let mut conn = alice();
    for (seq, id) in (1..).zip(["kept", "lost1", "lost2", "delivered"]) {
        say(&mut conn, Op::Queue(message(id, "alice", "bob")));
        say(&mut conn, ack(id, seq));
        say(&mut conn, row(seq, seq, message(id, "alice", "bob")));
    }
    say(&mut conn, mark("bob", 4));
    say(&mut conn, Op::SaveAccount(Account { epoch: "second".into(), ..account("alice") }));
    say(&mut conn, row(1, 1, message("kept", "alice", "bob")));
    let later = Message { ts: "2026-02-01T00:00:00.000Z".into(), ..message("later", "alice", "bob") };
    say(&mut conn, Op::Queue(later));

    let (lacking, more) = messages(&mut conn, Op::Lacking { since: TS.into() });
    let lacking: Vec<Message> = lacking.into_iter().map(|(_, message)| message).collect();
    assert_eq!((ids(&lacking), more), (vec!["lost1", "lost2", "delivered"], false));
    assert!(lacking.iter().all(|message| message.state == State::Queued));
    assert_eq!(load(&mut conn).outbox.len(), 4);
    assert!(messages(&mut conn, Op::Lacking { since: TS.into() }).0.is_empty(), "once is enough");
    say(&mut conn, ack("lost1", 2));
    assert_eq!(arrived(say(&mut conn, mark("bob", 2))), ["lost1"]);
}

#[test]
fn nothing_older_than_asked_for_is_queued_again() {
    let mut conn = alice();
    say(&mut conn, Op::Queue(message("m1", "alice", "bob")));
    say(&mut conn, ack("m1", 1));
    let since = "2026-03-01T00:00:00.000Z".to_owned();
    assert!(messages(&mut conn, Op::Lacking { since }).0.is_empty());
}

#[test]
fn logging_out_keeps_the_history_for_the_next_login() {
    let mut conn = alice();
    say(&mut conn, row(5, 1, message("m1", "bob", "alice")));
    say(&mut conn, Op::Logout { wipe: false });
    let loaded = load(&mut conn);
    assert!(loaded.account.is_none() && loaded.unread.is_empty());
    assert_eq!(all(&mut conn).former, [Account { cursor: 5, ..account("alice") }]);
    assert!(history(&mut conn, "bob").is_empty());

    say(&mut conn, Op::SaveAccount(account("alice")));
    let loaded = load(&mut conn);
    assert_eq!((loaded.account.unwrap().cursor, all(&mut conn).former.len()), (5, 0));
    assert_eq!(ids(&history(&mut conn, "bob")), ["m1"]);
}

#[test]
fn two_who_are_logged_in_at_once_see_nothing_of_each_other() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("m1", "carol", "alice")));
    say(&mut conn, friends([friend("carol")]));
    say(&mut conn, Op::Queue(message("same", "alice", "carol")));
    say(&mut conn, Op::SaveAccount(account("bob")));
    let loaded = load_of("bob", &mut conn);
    assert_eq!(loaded.account.unwrap().account, "bob");
    assert!(loaded.list.friends.is_empty() && loaded.unread.is_empty() && loaded.outbox.is_empty());
    assert!(history_of("bob", &mut conn, "carol").is_empty());

    let theirs = row(1, 1, message("m1", "carol", "bob"));
    assert_eq!(received(say_as("bob", &mut conn, theirs)), (true, true), "the same id is another message");
    let queued = say_as("bob", &mut conn, Op::Queue(message("same", "bob", "carol")));
    assert!(matches!(queued, Done::Queued { known: false, .. }));
    say_as("bob", &mut conn, ack("same", 2));
    assert_eq!(find(&mut conn, "same").state, State::Queued);
    say_as("bob", &mut conn, friends([]));
    say_as("bob", &mut conn, Op::Read { with: None, peek: false });
    let present = all(&mut conn).present;
    let locals: Vec<_> = present.iter().map(|one| one.account.as_ref().unwrap().local.as_str()).collect();
    assert_eq!(locals, ["alice@example.org", "bob@example.org"]);
    assert_eq!((present[0].unread.len(), present[1].unread.len()), (1, 0));
    assert_eq!((present[0].list.friends.len(), present[1].list.friends.len()), (1, 0));
    assert_eq!((present[0].outbox.len(), present[1].outbox.len()), (1, 0));
}

#[test]
fn forgetting_removes_ones_own_and_nobody_elses() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("m1", "carol", "alice")));
    say(&mut conn, Op::SaveAccount(account("bob")));
    say_as("bob", &mut conn, Op::Queue(message("m2", "bob", "carol")));
    say_as("bob", &mut conn, mark("carol", 1));
    say_as("bob", &mut conn, friends([friend("carol")]));
    assert_eq!(left(say_as("bob", &mut conn, Op::Logout { wipe: true })), (1, 0));
    assert_eq!(count(&conn, "message"), 1);
    for table in ["friend", "outbox", "mark", "raw"] {
        assert_eq!(count(&conn, table), 0, "{table}");
    }
    assert_eq!(left(say_as("bob", &mut conn, Op::Logout { wipe: true })), (0, 0));
    assert_eq!(count(&conn, "account"), 1, "bob is not there: nobody is meant");
    assert!(load(&mut conn).account.is_some());
}

#[test]
fn one_who_is_logged_out_is_forgotten_alone() {
    let mut conn = alice();
    say(&mut conn, row(1, 1, message("m1", "carol", "alice")));
    say(&mut conn, Op::Queue(message("m2", "alice", "carol")));
    say(&mut conn, Op::SaveAccount(account("bob")));
    assert_eq!(left(say(&mut conn, Op::Logout { wipe: false })), (1, 1));
    say_as("bob", &mut conn, Op::Queue(message("m3", "bob", "carol")));
    let everything = all(&mut conn);
    assert_eq!(everything.former[0].account, "alice");
    assert_eq!(everything.left, [("alice@example.org".into(), Left { outbox: 1, unread: 1 })]);
    assert_eq!(left(say_as("bob", &mut conn, Op::Forget)), (0, 0), "who is logged in is not kept");
    assert_eq!(left(say(&mut conn, Op::Forget)), (1, 1));
    assert!(all(&mut conn).former.is_empty());
    assert_eq!((count(&conn, "message"), count(&conn, "outbox")), (1, 1));
}

fn left(done: Done) -> (u64, u64) {
    match done {
        Done::LoggedOut(Left { outbox, unread }) => (outbox, unread),
        other => panic!("{other:?}"),
    }
}

fn count(conn: &Connection, table: &str) -> u32 {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}
