//! A disk that takes nothing (any more): chats are refused, reading and logins go on, and it recovers by itself.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};

use super::super::Settings;
use super::threads::Threads;
use super::*;

fn full(result: Result<Done, StoreError>) {
    assert!(matches!(result, Err(StoreError::Full(_))), "{result:?}");
}

/// A store on which nothing can be written until [`writable`].
fn read_only(relay: &Relay, on: bool) {
    relay.store.0.conn.pragma_update(None, "query_only", on).unwrap();
}

#[test]
fn a_full_disk_refuses_chats_and_takes_them_again_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    let limit =
        |relay: &Relay, pages: i64| relay.store.0.conn.pragma_update(None, "max_page_count", pages).unwrap();
    limit(&relay, relay.sql::<i64>("PRAGMA page_count") + 10);
    let mut stored = 0;
    let failed = loop {
        let big = Submit { content: "x".repeat(3_000), ..chat(alice, "bob", &format!("m{stored}")) };
        match relay.store.apply(Op::Submit(big)) {
            Ok(_) => stored += 1,
            Err(e) => break e,
        }
    };
    assert!(matches!(failed, StoreError::Full(_)) && stored > 3, "{failed} {stored}");
    assert!(relay.store.0.conn.is_autocommit());
    assert_eq!(relay.rows(bob, 1).len(), stored);
    full(relay.store.apply(Op::Submit(chat(alice, "bob", "behind"))));
    limit(&relay, 1_000_000);
    full(relay.store.apply(Op::Submit(chat(alice, "bob", "of-the-same-era"))));
    let again = Submit { era: 2, ..chat(alice, "bob", &format!("m{stored}")) };
    assert_eq!(relay.submit(again).unwrap().seq, stored as u64 + 2);
}

#[test]
fn logins_go_on_and_keep_their_token_when_nothing_can_be_written() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    relay.begin(login(alice, Some(1), 2)).unwrap();
    relay.begin(login(alice, Some(2), 3)).unwrap();
    read_only(&relay, true);
    let rotated = |begun: Result<Begun, BeginError>| begun.map(|begun| begun.rotated);
    assert_eq!(rotated(relay.begin(login(alice, Some(2), 4))), Ok(false));
    assert_eq!(rotated(relay.begin(login(alice, Some(3), 4))), Ok(false));
    assert_eq!(rotated(relay.enter("alice", login(0, Some(3), 4)).1), Ok(false));
    assert_eq!(rotated(relay.begin(login(alice, None, 4))), Ok(false));
    assert_eq!(rotated(relay.begin(login(alice, Some(1), 4))), Err(BeginError::TokenReused));
    assert_eq!(rotated(relay.begin(login(alice, Some(9), 4))), Err(BeginError::Token));
    assert_eq!(rotated(relay.begin(login(99, None, 4))), Err(BeginError::Gone));
    let mut new = login(alice, None, 4);
    new.device.as_mut().unwrap().device = "new".into();
    assert_eq!(rotated(relay.begin(new)), Ok(false));
    let seed = Begin { device: None, ..login(alice, None, 4) };
    assert_eq!(rotated(relay.begin(seed)), Ok(false));
    full(relay.store.apply(Op::Confirm { account: alice, device: "d".into(), token: hash(3) }));
    full(relay.store.apply(Op::Submit(chat(alice, "alice", "m1"))));
    full(relay.store.apply(Op::Admin(add("bob"))));
    read_only(&relay, false);
    assert_eq!(rotated(relay.begin(login(alice, Some(2), 4))), Ok(true));
    assert_eq!(rotated(relay.begin(login(alice, Some(4), 5))), Ok(true));
}

#[test]
fn a_login_that_finds_no_room_among_other_work_still_lets_in() {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    let alice = relay.account("alice");
    drop(relay);
    // However slow the machine is: both in one transaction.
    let settings = Settings { group_time: Duration::MAX, ..Settings::default() };
    let threads = Threads::open(dir.path(), settings);
    let hold = threads.hold();
    threads.on_writer(|conn| conn.pragma_update(None, "max_page_count", 1).unwrap());
    let mut login = login(alice, None, 1);
    login.device.as_mut().unwrap().client = "x".repeat(10_000);
    threads.store.send(1, Op::Recv { account: alice, device: "d".into(), seq: 0 }).unwrap();
    threads.store.send(2, Op::Begin(login)).unwrap();
    drop(hold);
    let begun = threads.group().pop().unwrap();
    assert!(matches!(&begun, (2, Ok(Done::Begun(Ok(begun)))) if !begun.rotated), "{begun:?}");
}

/// A limit on the size of files holds for a whole process, so a child does it. Every write fails, and what fails is
/// the commit, as it does on a disk without room.
#[test]
fn a_commit_that_finds_no_room_is_undone_and_the_store_goes_on() {
    let Some(dir) = child_dir() else {
        let dir = tempfile::tempdir().unwrap();
        let name = "disk::a_commit_that_finds_no_room_is_undone_and_the_store_goes_on";
        assert!(child(name, dir.path()).status().unwrap().success());
        assert!(dir.path().join("done").exists());
        return;
    };
    SigSet::from(Signal::SIGXFSZ).thread_block().unwrap();
    let mut relay = Relay::on(Direct::open(&dir).unwrap());
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    drop(relay);
    let threads = Threads::open(&dir, Settings::default());
    let seq =
        |n: u64, era| match threads.ask(Op::Submit(Submit { era, ..chat(alice, "bob", &format!("m{n}")) })) {
            Ok(Done::Submitted(Ok(done))) => Ok(done.seq),
            other => Err(Box::new(other)),
        };
    assert_eq!(seq(2, 1), Ok(2));
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    let wal = std::fs::metadata(dir.join("relay.db-wal")).unwrap().len();
    setrlimit(Resource::RLIMIT_FSIZE, wal, hard).unwrap();
    for n in 0..20 {
        threads.store.send(n, Op::Submit(chat(alice, "bob", &format!("lost{n}")))).unwrap();
    }
    let mut answered = 0;
    while answered < 20 {
        for (_, result) in threads.group() {
            full(result);
            answered += 1;
        }
    }
    threads.on_writer(|conn| assert!(conn.is_autocommit()));
    let rows = threads.ask(Op::Rows { account: bob, after: 0, count: 100 });
    assert!(matches!(&rows, Ok(Done::Rows(rows)) if rows.len() == 2), "{rows:?}");
    let begun = threads.ask(Op::Begin(login(bob, None, 1)));
    assert!(matches!(&begun, Ok(Done::Begun(Ok(begun))) if !begun.rotated), "{begun:?}");
    full(threads.ask(Op::Admin(add("carol"))));
    setrlimit(Resource::RLIMIT_FSIZE, hard, hard).unwrap();
    assert_eq!((seq(3, 2), seq(4, 2)), (Ok(3), Ok(4)));
    drop(threads);
    let mut relay = Relay::on(Direct::open(&dir).unwrap());
    assert_eq!(relay.rows(bob, 0).len(), 4);
    std::fs::write(dir.join("done"), "").unwrap();
}
