//! Opening a directory: whose it is, what lies in it, and what is refused rather than thrown away.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use refinery::Migration;
use tempfile::TempDir;

use super::*;
use crate::store::open::{Opened, open, open_with};
use crate::store::schema::migrations;
use crate::store::{OpenError, Store, token_file};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn filled(dir: &Path) {
    let mut opened = open(dir).unwrap();
    say(&mut opened.conn, Op::SaveAccount(account("alice")));
    say(&mut opened.conn, row(1, 1, message("m1", "bob", "alice")));
}

fn refused(dir: &Path) -> OpenError {
    open(dir).map(|_| ()).unwrap_err()
}

#[test]
fn the_directory_and_everything_in_it_are_the_users_alone() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("share/qqd");
    let mut opened = open(&data).unwrap();
    say(&mut opened.conn, Op::SaveAccount(account("alice")));
    token_file::save(&data, "alice@example.org", &Secret::new("t".into())).unwrap();
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["lock", "qqd.db", "qqd.db-shm", "qqd.db-wal", &token_file::name("alice@example.org")]);
}

#[test]
fn loose_permissions_are_tightened_and_a_directory_open_to_everybody_is_refused() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    fs::set_permissions(dir.path(), Permissions::from_mode(0o775)).unwrap();
    fs::set_permissions(dir.path().join("qqd.db"), Permissions::from_mode(0o644)).unwrap();
    drop(open(dir.path()).unwrap());
    assert_eq!((mode(dir.path()), mode(&dir.path().join("qqd.db"))), (0o700, 0o600));
    fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(refused(dir.path()), OpenError::NotPrivate { .. }));
}

#[test]
fn a_link_in_place_of_the_database_is_refused() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    fs::rename(dir.path().join("qqd.db"), dir.path().join("elsewhere")).unwrap();
    symlink(dir.path().join("elsewhere"), dir.path().join("qqd.db")).unwrap();
    assert!(matches!(refused(dir.path()), OpenError::NotPrivate { .. }));
}

#[test]
fn a_second_daemon_on_the_same_directory_is_refused() {
    let dir = TempDir::new().unwrap();
    let first = Store::open(dir.path(), |_| {}).unwrap();
    let second = Store::open(dir.path(), |_| {}).map(|_| ()).unwrap_err();
    assert_eq!(second, OpenError::Running { path: dir.path().to_owned() });
    drop(first);
    Store::open(dir.path(), |_| {}).unwrap();
}

#[test]
fn what_is_acknowledged_survives_a_pulled_plug_and_what_is_deleted_is_overwritten() {
    let dir = TempDir::new().unwrap();
    let Opened { conn, .. } = open(dir.path()).unwrap();
    let pragma = |name: &str| -> String {
        conn.query_row(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), [], |row| row.get(0))
            .unwrap()
    };
    let found = ["journal_mode", "synchronous", "secure_delete", "foreign_keys", "cache_size"].map(pragma);
    assert_eq!(found, ["wal", "2", "1", "1", "-1024"]);
}

#[test]
fn a_damaged_database_is_refused_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    let path = dir.path().join("qqd.db");
    let whole = fs::read(&path).unwrap();
    let mut holed = whole.clone();
    holed[4096..8192].fill(0x5a);
    let cut = whole[..whole.len() / 2].to_vec();
    for damaged in
        [b"this is no database at all, but long enough to be read as one".to_vec(), holed, cut, vec![]]
    {
        fs::write(&path, &damaged).unwrap();
        let error = refused(dir.path());
        assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("damaged"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), damaged, "nothing was changed");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(history(&mut open(dir.path()).unwrap().conn, "bob").len(), 1);
}

#[test]
fn another_programs_database_is_refused() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    let other = Connection::open(dir.path().join("other")).unwrap();
    other.execute_batch("CREATE TABLE message (id TEXT)").unwrap();
    drop(other);
    fs::rename(dir.path().join("other"), dir.path().join("qqd.db")).unwrap();
    assert!(matches!(refused(dir.path()), OpenError::Damaged { .. }));
}

#[test]
fn a_log_without_its_database_is_no_new_beginning() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("qqd.db-wal"), "frames").unwrap();
    assert!(matches!(refused(dir.path()), OpenError::Damaged { .. }));
    assert!(!dir.path().join("qqd.db").exists());
}

/// The newest version that there is.
fn newest() -> i32 {
    migrations().iter().map(Migration::version).max().unwrap()
}

/// Those of this version, and one of a later one.
fn migrations_and(sql: &str) -> Vec<Migration> {
    let mut later = migrations();
    later.push(Migration::unapplied(&format!("V{}__later", newest() + 1), sql).unwrap());
    later
}

#[test]
fn a_newer_database_is_refused_and_an_older_one_is_copied_before_it_is_changed() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    let known = newest();
    let later = migrations_and("ALTER TABLE account ADD COLUMN colour TEXT");
    drop(open_with(dir.path(), &later).unwrap());
    assert_eq!(refused(dir.path()), OpenError::Newer { found: known + 1, known });

    let copy = dir.path().join(format!("qqd.db.v{known}"));
    assert_eq!(mode(&copy), 0o600);
    fs::rename(&copy, dir.path().join("qqd.db")).unwrap();
    assert_eq!(history(&mut open(dir.path()).unwrap().conn, "bob").len(), 1);
}

#[test]
fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let dir = TempDir::new().unwrap();
    filled(dir.path());
    let later = migrations_and("CREATE TABLE half (x); SELECT no_such_function()");
    assert!(matches!(open_with(dir.path(), &later).unwrap_err(), OpenError::Failed(_)));
    assert_eq!(history(&mut open(dir.path()).unwrap().conn, "bob").len(), 1);
}

#[test]
fn a_start_that_was_cut_off_begins_again() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("qqd.db.new"), "half of it").unwrap();
    drop(open(dir.path()).unwrap());
    assert!(!dir.path().join("qqd.db.new").exists());
}
