//! The database file: made, opened again, refused where it is not sound, migrated after a copy.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use refinery::Migration;
use tempfile::TempDir;

use super::super::open::{self, FILE, OpenError};
use super::super::{Answers, Settings, Store};
use super::*;

fn open(dir: &TempDir) -> Result<Relay, OpenError> {
    Direct::open(dir.path()).map(Relay::on)
}

fn sentence(dir: &TempDir) -> String {
    let quiet: Answers<u64> = Box::new(|_| ());
    let threaded = Store::open(dir.path(), Settings::default(), quiet).unwrap_err().to_string();
    let direct = open(dir).err().unwrap().to_string();
    assert_eq!(threaded, direct);
    assert!(direct.contains(FILE) && !direct.contains('\n'), "{direct}");
    direct
}

fn sql(dir: &TempDir, sql: &str) {
    rusqlite::Connection::open(dir.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A store with alice, bob, and enough chats to fill many pages.
fn filled() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = open(&dir).unwrap();
    let alice = relay.account("alice");
    relay.account("bob");
    relay.befriend("alice", "bob");
    for _ in 0..200 {
        relay.chat(alice, "bob").unwrap();
    }
    (dir, relay.store.epoch().to_owned())
}

#[test]
fn everything_is_there_when_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = open(&dir).unwrap();
    let (alice, epoch) = (relay.account("alice"), relay.store.epoch().to_owned());
    relay.account("bob");
    let first = relay.submit(chat(alice, "bob", "m1")).unwrap();
    drop(relay);
    let mut relay = open(&dir).unwrap();
    assert_eq!(relay.store.epoch(), epoch);
    let again = relay.submit(chat(alice, "bob", "m1")).unwrap();
    assert_eq!(again, Submitted { duplicate: true, rows: vec![], ..first });
    assert_eq!(relay.chat(alice, "bob").unwrap().seq, 2);
}

#[test]
fn two_stores_have_different_epochs() {
    assert_ne!(Direct::in_memory().unwrap().epoch(), Direct::in_memory().unwrap().epoch());
}

#[test]
fn nobody_else_can_read_the_files() {
    let (dir, _) = filled();
    let _relay = open(&dir).unwrap();
    let names = names(dir.path());
    assert_eq!(names, [FILE, "relay.db-shm", "relay.db-wal"]);
    for name in names {
        let mode = fs::metadata(dir.path().join(&name)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn every_commit_is_synced_to_a_write_ahead_log() {
    let relay = open(&tempfile::tempdir().unwrap()).unwrap();
    assert_eq!(relay.sql::<String>("PRAGMA journal_mode"), "wal");
    assert_eq!(relay.sql::<i64>("PRAGMA synchronous"), 2);
    assert_eq!(relay.sql::<i64>("PRAGMA foreign_keys"), 1);
}

#[test]
fn an_empty_file_is_damaged_and_no_new_store() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), "").unwrap();
    assert!(sentence(&dir).contains("damaged"));
    assert_eq!(fs::metadata(dir.path().join(FILE)).unwrap().len(), 0);
}

#[test]
fn a_file_that_is_no_database_is_damaged_and_left_alone() {
    for junk in ["x".repeat(100), "not a database ".repeat(1_000)] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), &junk).unwrap();
        assert!(sentence(&dir).contains("damaged"));
        assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap(), junk);
    }
}

#[test]
fn a_directory_in_its_place_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(FILE)).unwrap();
    assert!(sentence(&dir).contains("it is no file"));
}

#[test]
fn a_truncated_database_is_damaged_wherever_it_was_cut() {
    let (dir, _) = filled();
    let whole = fs::read(dir.path().join(FILE)).unwrap();
    assert!(whole.len() > 60_000);
    for keep in [100, 600, 4_096, 5_000, whole.len() / 2, whole.len() - 4_096, whole.len() - 1] {
        fs::write(dir.path().join(FILE), &whole[..keep]).unwrap();
        assert!(sentence(&dir).contains("damaged"), "{keep}");
    }
    fs::write(dir.path().join(FILE), &whole).unwrap();
    open(&dir).unwrap();
}

#[test]
fn a_database_with_a_torn_page_is_damaged() {
    let (dir, _) = filled();
    let mut bytes = fs::read(dir.path().join(FILE)).unwrap();
    let pages = bytes.len() / 4_096;
    bytes[(pages / 2) * 4_096..][..2_048].fill(0xA5);
    fs::write(dir.path().join(FILE), bytes).unwrap();
    assert!(sentence(&dir).contains("damaged"));
}

#[test]
fn a_log_without_its_database_is_not_thrown_away() {
    let (dir, _) = filled();
    let relay = open(&dir).unwrap();
    let wal = dir.path().join("relay.db-wal");
    fs::remove_file(dir.path().join(FILE)).unwrap();
    fs::write(&wal, "messages").unwrap();
    drop(relay);
    fs::write(&wal, "messages").unwrap();
    assert!(sentence(&dir).contains("write-ahead log"));
    assert_eq!(fs::read(&wal).unwrap(), b"messages");
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    sql(&dir, "CREATE TABLE recipe (name TEXT)");
    let before = fs::read(dir.path().join(FILE)).unwrap();
    assert!(sentence(&dir).contains("another program"));
    assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused_with_its_number() {
    let (dir, _) = filled();
    sql(&dir, "INSERT INTO refinery_schema_history VALUES (99, 'future', '2030-01-01T00:00:00Z', '1')");
    let sentence = sentence(&dir);
    assert!(sentence.contains("newer relay-server") && sentence.contains("V99"), "{sentence}");
}

#[test]
fn a_schema_that_was_never_released_is_refused() {
    let (dir, _) = filled();
    sql(&dir, "UPDATE refinery_schema_history SET checksum = '1'");
    assert!(sentence(&dir).contains("no released relay-server"));
}

/// The number of the next schema.
fn next() -> i64 {
    open::migrations().unwrap().iter().map(|known| i64::from(known.version())).max().unwrap() + 1
}

fn migration(number: i64, sql: &str) -> Migration {
    Migration::unapplied(&format!("V{number}__test"), sql).unwrap()
}

#[test]
fn a_store_of_the_first_release_keeps_its_friends_and_rows() {
    let dir = tempfile::tempdir().unwrap();
    let first = &open::migrations().unwrap()[..1];
    let db = open::open_with(dir.path(), first).unwrap();
    db.conn
        .execute_batch(
            "INSERT INTO account (id, name, shown, password, created_ms) VALUES
                 (1, 'alice', 'Alice', 'phc', 1), (2, 'bob', 'Bob', 'phc', 1), (3, 'carl', 'Carl', 'phc', 1);
             INSERT INTO inbox_state VALUES (1, 4, 0), (2, 1, 0), (3, 1, 0);
             INSERT INTO friend VALUES (1, 2, 0, 1), (2, 1, 0, 1), (1, 3, 1, 2);
             INSERT INTO conv VALUES (7, 1, 3, 1, 0, 1);
             INSERT INTO mark VALUES (7, 1, 3, 1, 1);
             INSERT INTO message VALUES (9, 7, 1, 3, 1, 'm1', 1, 5, NULL, NULL, 'hello', NULL);
             INSERT INTO inbox VALUES (1, 1, 1, 2), (1, 2, 2, 3), (1, 3, 0, 9), (1, 4, 3, 3),
                                      (2, 1, 1, 1), (3, 1, 0, 9);",
        )
        .unwrap();
    drop(db);
    let mut relay = open(&dir).unwrap();
    let alice = relay.find("alice").unwrap();
    assert_eq!(alice.note, "");
    let rows = relay.rows(alice.id, 0);
    assert_eq!(said(&rows), ["1 Friend bob", "2 Stranger carl", "3 chat carl -> alice: m1", "4 gone carl"]);
    assert!(rows.iter().all(|row| row.ts_ms.is_none()));
    let Item::Friend(bob) = &rows[0].item else { panic!("{rows:?}") };
    assert_eq!((bob.name.as_str(), &bob.group, bob.remark.as_str()), ("Bob", &None, ""));
    assert_eq!(relay.list(alice.id).len(), 2);
    relay.chat(alice.id, "bob").unwrap();
    assert_eq!(relay.rows(alice.id, 4).len(), 1);
    let marks = relay.begin(login(3, None, 1)).unwrap().marks;
    assert_eq!(
        marks.iter().map(|m| (m.kind, m.account, m.cseq)).collect::<Vec<_>>(),
        [(MarkKind::Delivered, 1, 1)]
    );
}

#[test]
fn an_older_store_is_migrated_after_a_copy() {
    let (dir, epoch) = filled();
    let mut newer = open::migrations().unwrap();
    newer.push(migration(next(), "ALTER TABLE account ADD COLUMN motto TEXT;"));
    let db = open::open_with(dir.path(), &newer).unwrap();
    let notes: i64 = db.conn.query_row("SELECT count(motto) FROM account", [], |row| row.get(0)).unwrap();
    assert_eq!((notes, &db.epoch), (0, &epoch));
    drop(db);
    let copy = dir.path().join(format!("relay.db.before-V{}", next()));
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);
    assert!(!names(dir.path()).iter().any(|name| name.contains("copy") || name.contains("new")));
    assert!(sentence(&dir).contains("newer"));
    open::open_with(dir.path(), &newer).unwrap();
    fs::rename(&copy, dir.path().join(FILE)).unwrap();
    let mut relay = open(&dir).unwrap();
    let alice = relay.find("alice").unwrap().id;
    assert_eq!(relay.rows(alice, 0).len(), 201);
    assert_eq!(relay.store.epoch(), epoch);
}

#[test]
fn a_store_of_the_first_release_takes_invitations_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let first: Vec<Migration> = open::migrations().unwrap().into_iter().take(1).collect();
    let old = open::open_with(dir.path(), &first).unwrap();
    old.conn
        .execute_batch(
            "INSERT INTO account (id, name, shown, password, created_ms) VALUES (1, 'alice', 'Alice', 'p', 1);
             INSERT INTO inbox_state VALUES (1, 0, 0);",
        )
        .unwrap();
    drop(old);
    let mut relay = open(&dir).unwrap();
    let alice = relay.find("alice").unwrap().id;
    super::invite::create(&mut relay, 1, None, &["alice"]).unwrap();
    super::invite::join(&mut relay, "bob", Some(1)).unwrap();
    assert_eq!(said(&relay.rows(alice, 0)), ["1 Friend bob"]);
}

#[test]
fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let (dir, epoch) = filled();
    let mut newer = open::migrations().unwrap();
    newer.push(migration(next(), "CREATE TABLE half (x);"));
    newer.push(migration(next() + 1, "SELECT nonsense FROM nowhere;"));
    let why = open::open_with(dir.path(), &newer).err().unwrap().to_string();
    assert!(why.contains("as it was before"), "{why}");
    let relay = open(&dir).unwrap();
    assert_eq!(relay.store.epoch(), epoch);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

#[test]
fn a_start_that_was_interrupted_before_the_store_was_whole_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("relay.db.new"), "half").unwrap();
    fs::write(dir.path().join("relay.db.new-journal"), "half").unwrap();
    open(&dir).unwrap();
    assert!(!names(dir.path()).iter().any(|name| name.contains("new")));
}

#[test]
fn a_store_that_another_program_holds_locked_says_so() {
    let (dir, _) = filled();
    let tool = rusqlite::Connection::open(dir.path().join(FILE)).unwrap();
    tool.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value")
        .unwrap();
    let why = open(&dir).err().unwrap().to_string();
    assert!(why.contains("locked by another program"), "{why}");
}
