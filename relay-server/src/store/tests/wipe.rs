//! What a removed account leaves behind goes bit by bit, beside other work, and goes on after a kill.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::super::apply::Wiped;
use super::super::wipe::AGAIN;
use super::super::{FILE, Settings};
use super::threads::Threads;
use super::*;

const SECRET: &str = "a-word-that-nobody-else-says";

/// bob (2) with so many rows in his inbox, of alice (1), with whom he has one message, and of himself.
fn much(dir: &Path, rows: u32) {
    let mut relay = Relay::on(Direct::open(dir).unwrap());
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    relay.chat(alice, "bob").unwrap();
    for n in 0..150 {
        let own =
            Submit { content: format!("{SECRET} {n}").repeat(20), ..chat(bob, "bob", &format!("own{n}")) };
        relay.submit(own).unwrap();
    }
    let more = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM n WHERE n < 1000 + {rows})
         INSERT INTO inbox (account, seq, kind, what, detail) SELECT 2, n, 9, 0, '{SECRET}' FROM n;
         UPDATE inbox_state SET head = 1000 + {rows} WHERE account = 2;"
    );
    relay.store.0.conn.execute_batch(&more).unwrap();
}

fn remove() -> Op {
    Op::Admin(AdminOp::AccountRemove { name: "bob".into(), now_ms: NOW })
}

fn left(relay: &Relay) -> (i64, i64, i64) {
    let count = |sql: &str| relay.sql::<i64>(sql);
    (
        count("SELECT count(*) FROM inbox WHERE account = 2"),
        count("SELECT count(*) FROM message"),
        count("SELECT count(*) FROM meta WHERE key LIKE 'wipe.%'"),
    )
}

fn is_in_files(dir: &Path) -> bool {
    let has = |name: &str| {
        let bytes = fs::read(dir.join(name)).unwrap_or_default();
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    };
    has(FILE) || has(&format!("{FILE}-wal"))
}

#[test]
fn a_kill_between_two_steps_leaves_the_account_removed_and_the_rest_goes_after_the_next_start() {
    let name =
        "wipe::a_kill_between_two_steps_leaves_the_account_removed_and_the_rest_goes_after_the_next_start";
    if let Some(dir) = child_dir() {
        let relay = Relay::on(Direct::open(&dir).unwrap());
        let db = &relay.store.0;
        assert!(matches!(db.alone(&remove()), Ok(Done::Admin(Ok(_)))));
        for _ in 0..3 {
            assert_eq!(db.wipe(Instant::now()), Wiped::Some);
        }
        nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    much(dir.path(), 20_000);
    assert!(!child(name, dir.path()).status().unwrap().success());

    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    let (rows, messages, noted) = left(&relay);
    assert!((10_000..20_001).contains(&rows) && messages == 151 && noted == 1, "{rows} {messages} {noted}");
    assert_eq!(relay.find("bob"), None);
    assert_eq!(relay.begin(login(2, None, 1)), Err(BeginError::Gone));
    assert_eq!(said(&relay.rows(1, 2)), ["3 gone bob"]);
    drop(relay);

    let threads = Threads::open(dir.path(), Settings::default());
    // His name is free at once, and the new bob is somebody else.
    assert!(matches!(threads.ask(Op::Admin(add("bob"))), Ok(Done::Admin(Ok(_)))));
    let deadline = Instant::now() + Duration::from_secs(60);
    while is_in_files(dir.path()) {
        assert!(Instant::now() < deadline, "it goes by itself");
        threads.ask(Op::Rows { account: 1, after: 0, count: 1 }).unwrap();
    }
    drop(threads);
    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    assert_eq!(left(&relay), (0, 1, 0), "what alice has of him stays");
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM inbox WHERE account = 1"), 3);
    assert!(relay.find("bob").is_some_and(|bob| bob.id == 3));
}

#[test]
fn removing_takes_one_short_transaction_and_the_rest_never_holds_up_others_for_long() {
    let dir = tempfile::tempdir().unwrap();
    much(dir.path(), 5_000);
    let relay = Relay::on(Direct::open(dir.path()).unwrap());
    let db = &relay.store.0;
    db.alone(&remove()).unwrap();
    assert_eq!(left(&relay).0, 5_001 + 152, "not one row of the inbox has gone in the first transaction");
    let mut steps = 0;
    let mut before = left(&relay);
    while db.wipe(Instant::now()) == Wiped::Some {
        let after = left(&relay);
        assert!(before.0 - after.0 <= 1_000 && before.1 - after.1 <= 100, "{before:?} {after:?}");
        (before, steps) = (after, steps + 1);
    }
    assert_eq!(left(&relay), (0, 1, 0));
    assert_eq!(steps, 6 + 2 + 1);
}

#[test]
fn a_log_in_which_somebody_reads_is_emptied_later() {
    let dir = tempfile::tempdir().unwrap();
    much(dir.path(), 10);
    let relay = Relay::on(Direct::open(dir.path()).unwrap());
    let reader = super::super::open::reader(dir.path(), "").unwrap();
    reader.conn.execute_batch("BEGIN; SELECT count(*) FROM inbox;").unwrap();
    let db = &relay.store.0;
    db.alone(&remove()).unwrap();
    let now = Instant::now();
    while db.wipe(now) == Wiped::Some {}
    assert_eq!(left(&relay), (0, 1, 1), "the rows are gone, but not from the log");
    assert_eq!(db.wipe(now + AGAIN), Wiped::Later);
    assert!(is_in_files(dir.path()));
    reader.conn.execute_batch("COMMIT").unwrap();
    // However much else is written meanwhile, the log is not tried at every idle moment.
    assert_eq!(db.wipe(now + AGAIN + AGAIN / 2), Wiped::Later);
    assert!(is_in_files(dir.path()));
    let then = now + 2 * AGAIN;
    assert_eq!((db.wipe(then), db.wipe(then)), (Wiped::Some, Wiped::Nothing));
    assert_eq!(left(&relay), (0, 1, 0));
    assert!(!is_in_files(dir.path()));
}
