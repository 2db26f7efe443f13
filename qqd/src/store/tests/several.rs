//! From a database of before there could be several accounts, and what several of them mean on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::store::open::{open, open_with};
use crate::store::schema::migrations;
use crate::store::token_file;
use crate::store::writer::Writer;

const ALICE: &str = "alice@example.org";
const BOB: &str = "bob@example.org";

const VERSION_1: &str = "
    INSERT INTO account VALUES (1, 'carol@example.org', 'carol', 'CAROL', 'example.org', 5290, 0, NULL, 'd', 'first', 0, 0);
    INSERT INTO account VALUES (2, 'alice@example.org', 'alice', 'ALICE', 'example.org', 5290, 0, NULL, 'd', 'first', 1, 0);
    INSERT INTO message VALUES (1, 2, 'bob', 0, 'm1', 'bob', 'alice', '一起吃晚饭吗', 'text', NULL, NULL, 'c1', 1, 1, 'acked',
        NULL, '2026-01-31T09:30:00.123Z');
    INSERT INTO message VALUES (2, 2, 'bob', 1, 'm2', 'alice', 'bob', 'Dinner?', 'text', NULL, NULL, NULL, NULL, NULL, 'queued',
        NULL, '2026-01-31T09:31:00.123Z');
    INSERT INTO outbox VALUES (1, 2);";

/// What version 1 has left: one who is logged in, one who is not, the token in the only file there was.
fn version_1(dir: &Path, present: bool) {
    let released = migrations().into_iter().filter(|migration| migration.version() == 1).collect::<Vec<_>>();
    let opened = open_with(dir, &released).unwrap();
    opened.conn.execute_batch(VERSION_1).unwrap();
    opened.conn.execute("UPDATE account SET present = ?1 WHERE row = 2", [present]).unwrap();
    drop(opened);
    fs::write(dir.join("token"), "of version 1").unwrap();
    fs::set_permissions(dir.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn everything(dir: &Path) -> All {
    let mut writer = Writer::new(open(dir).unwrap());
    match writer.commit(&[asked(1, Op::LoadAll)]).remove(0).1 {
        Ok(Done::All(all)) => *all,
        other => panic!("{other:?}"),
    }
}

fn tokens(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("token")).collect()
}

#[test]
fn after_an_update_everything_is_there_and_a_second_account_has_room() {
    let dir = TempDir::new().unwrap();
    version_1(dir.path(), true);
    let all = everything(dir.path());
    let [alice] = &all.present[..] else { panic!("{all:?}") };
    assert_eq!(alice.account.as_ref().unwrap().local, ALICE);
    assert_eq!(alice.token, Some(Secret::new("of version 1".into())), "nobody has to log in again");
    assert_eq!((alice.unread.len(), ids(&alice.outbox)), (1, vec!["m2"]));
    assert_eq!(all.former[0].account, "carol");
    assert_eq!(tokens(dir.path()), [token_file::name(ALICE)]);
    let copy = dir.path().join("qqd.db.v1");
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);

    let mut writer = Writer::new(open(dir.path()).unwrap());
    let bob = [asked_by("bob", 1, token("of bob")), asked(2, Op::SaveAccount(account("bob")))];
    assert!(writer.commit(&bob).iter().all(|answer| answer.1.is_ok()));
    drop(writer);
    let all = everything(dir.path());
    let tokens: Vec<_> = all.present.iter().map(|one| one.token.as_ref().unwrap().expose()).collect();
    assert_eq!(tokens, ["of version 1", "of bob"]);
}

#[test]
fn what_was_there_before_the_search_is_found_once_it_is_indexed() {
    let dir = TempDir::new().unwrap();
    version_1(dir.path(), true);
    let mut writer = Writer::new(open(dir.path()).unwrap());
    assert_eq!(super::search::hits(&mut writer.conn, "晚饭"), (vec![], true));
    assert!(!writer.index(), "two messages are one step");
    assert_eq!(super::search::hits(&mut writer.conn, "晚饭"), (vec!["m1".to_owned()], false));
    assert_eq!(super::search::hits(&mut writer.conn, "dinner").0, ["m2"]);
}

#[test]
fn an_update_that_was_cut_off_before_the_token_moved_goes_on_where_it_was() {
    let dir = TempDir::new().unwrap();
    version_1(dir.path(), true);
    drop(open(dir.path()).unwrap());
    fs::rename(dir.path().join(token_file::name(ALICE)), dir.path().join("token")).unwrap();
    assert_eq!(everything(dir.path()).present[0].token, Some(Secret::new("of version 1".into())));
}

#[test]
fn a_token_that_is_nobodys_does_not_stay_on_disk() {
    let dir = TempDir::new().unwrap();
    version_1(dir.path(), false);
    token_file::save(dir.path(), BOB, &Secret::new("of a login that was cut off".into())).unwrap();
    assert!(everything(dir.path()).present.is_empty());
    assert_eq!(tokens(dir.path()), [""; 0]);
}

#[test]
fn logging_out_one_removes_its_token_alone() {
    let dir = TempDir::new().unwrap();
    let mut writer = Writer::new(open(dir.path()).unwrap());
    let two = [asked(1, Op::SaveAccount(account("alice"))), asked(2, Op::SaveAccount(account("bob")))];
    writer.commit(&two);
    writer.commit(&[asked(3, token("of alice")), asked_by("bob", 4, token("of bob"))]);
    assert!(writer.commit(&[asked_by("bob", 5, Op::Logout { wipe: true })])[0].1.is_ok());
    assert_eq!(tokens(dir.path()), [token_file::name(ALICE)]);
    drop(writer);
    let all = everything(dir.path());
    assert_eq!(all.present.len(), 1);
    assert_eq!(all.present[0].token, Some(Secret::new("of alice".into())));
}

#[test]
fn a_token_that_cannot_be_read_costs_no_other_account_anything() {
    let dir = TempDir::new().unwrap();
    let mut writer = Writer::new(open(dir.path()).unwrap());
    writer.commit(&[asked(1, Op::SaveAccount(account("alice"))), asked(2, Op::SaveAccount(account("bob")))]);
    writer.commit(&[asked(3, token("of alice"))]);
    drop(writer);
    fs::create_dir(dir.path().join(token_file::name(BOB))).unwrap();
    let all = everything(dir.path());
    assert!(all.present[0].token.is_some() && all.present[1].token.is_none());
}

#[test]
fn a_row_that_cannot_be_kept_holds_up_its_own_account_alone() {
    let dir = TempDir::new().unwrap();
    let mut writer = Writer::new(open(dir.path()).unwrap());
    let early = asked(1, row(1, 1, message("m1", "carol", "alice")));
    let answers = writer.commit(&[
        asked(0, Op::SaveAccount(account("bob"))),
        early,
        asked_by("bob", 2, row(1, 1, message("m1", "carol", "bob"))),
    ]);
    let results: Vec<bool> = answers.iter().map(|answer| answer.1.is_ok()).collect();
    assert_eq!(results, [true, false, true], "alice is not there yet");
    writer.commit(&[asked(3, Op::SaveAccount(account("alice")))]);
    assert!(writer.commit(&[asked(4, row(1, 1, message("m1", "carol", "alice")))])[0].1.is_ok());
}

#[test]
fn the_longest_local_name_has_a_file_of_its_own() {
    let host = "h".repeat(253);
    let one = token_file::name(&format!("{}@{host}:65535", "a".repeat(64)));
    let other = token_file::name(&format!("{}@{host}:65534", "a".repeat(64)));
    assert!(one.len() < 64 && one != other);
}
