//! A database that another program holds for writing.

use std::time::{Duration, Instant};

use super::super::{FILE, open};
use super::*;

#[test]
fn while_another_program_holds_the_database_a_whole_group_waits_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    relay.account("alice");
    relay.account("bob");
    relay.befriend("alice", "bob");
    drop(relay);
    let db = open::open(dir.path()).unwrap();
    db.conn.busy_timeout(Duration::from_millis(300)).unwrap();
    let tool = rusqlite::Connection::open(dir.path().join(FILE)).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ops: Vec<_> = (0..12).map(|n| Op::Submit(chat(1, "bob", &format!("m{n}")))).collect();
    let begun = Instant::now();
    let results = db.group(ops.iter(), Duration::from_millis(2));
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    assert_eq!(results.len(), 12);
    assert!(results.iter().all(|result| matches!(result, Err(StoreError::Failed(_)))), "{results:?}");
    tool.execute_batch("ROLLBACK").unwrap();
    let behind = db.group(ops[..1].iter(), Duration::ZERO);
    assert!(behind[0].is_err(), "what was sent behind the failed ones does not overtake them");
    let again = Op::Submit(Submit { era: 2, ..chat(1, "bob", "again") });
    assert!(matches!(db.group([&again].into_iter(), Duration::ZERO)[0], Ok(Done::Submitted(Ok(_)))));
}
