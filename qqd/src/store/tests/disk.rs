//! On a real disk: answers after commits, a disk that is full, the token's file, a wipe.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::core::op::StoreError;
use crate::store::open::open;
use crate::store::writer::Writer;
use crate::store::{Answer, Store, token_file};

/// Far longer than any of it takes.
const DEADLINE: Duration = Duration::from_secs(60);

fn writer(dir: &Path) -> Writer {
    let mut writer = Writer::new(open(dir).unwrap());
    assert!(writer.commit(&[asked(0, Op::SaveAccount(account("alice")))])[0].1.is_ok());
    writer
}

fn queue(n: u64) -> Asked {
    let text = "x".repeat(1000);
    asked(n, Op::Queue(Message { text, ..message(&format!("m{n}"), "alice", "bob") }))
}

/// Lets the database grow by so many pages and no more; none lifts the limit.
fn allow(writer: &Writer, more: Option<u32>) {
    let pages: u32 = writer.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = more.map_or(u32::MAX - 1, |more| pages + more);
    let _: i64 =
        writer.conn.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |row| row.get(0)).unwrap();
}

fn is_full(answer: &Answer) -> bool {
    matches!(answer.1, Err(StoreError::Full(_)))
}

#[test]
fn whatever_is_answered_is_on_disk_at_whatever_moment_the_plug_is_pulled() {
    let (dir, image) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (from, to) = (dir.path().to_owned(), image.path().to_owned());
    let (tell, told) = mpsc::channel();
    let mut answered = 0;
    // The callback runs on the store's thread: nothing is written while the image is made.
    let store = Store::open(dir.path(), move |answers| {
        assert!(answers.iter().all(|(_, result)| result.is_ok()));
        answered += answers.len();
        tell.send((answered, copy_image(&from, &to, answered), answers.len())).unwrap();
    })
    .unwrap();
    send(&store, asked(0, Op::SaveAccount(account("alice"))));
    for n in 1..=1500 {
        send(&store, queue(n));
    }
    drop(store);
    let mut largest = 0;
    for (answered, image, batch) in told {
        largest = largest.max(batch);
        let mut opened = open(&image).unwrap();
        assert_eq!(load(&mut opened.conn).outbox.len(), answered - 1);
    }
    assert!(largest > 1, "commits were shared");
}

fn send(store: &Store, (token, whose, op): Asked) {
    store.blocking_send(token, whose, op).unwrap();
}

fn token_path(dir: &Path, name: &str, end: &str) -> PathBuf {
    dir.join(format!("{}{end}", token_file::name(&format!("{name}@example.org"))))
}

fn copy_image(from: &Path, to: &Path, number: usize) -> PathBuf {
    let image = to.join(number.to_string());
    fs::create_dir(&image).unwrap();
    for name in ["qqd.db", "qqd.db-wal"] {
        fs::copy(from.join(name), image.join(name)).unwrap();
    }
    image
}

#[test]
fn answers_come_in_the_order_of_the_operations_and_all_of_them_come() {
    let dir = TempDir::new().unwrap();
    let (tell, told) = mpsc::channel();
    let store =
        Store::open(dir.path(), move |answers| answers.into_iter().for_each(|a| tell.send(a).unwrap()))
            .unwrap();
    send(&store, asked(0, Op::SaveAccount(account("alice"))));
    for n in 1..=3000 {
        send(&store, asked(n, Op::Find { id: "none".into() }));
    }
    for n in 0..=3000 {
        assert_eq!(told.recv_timeout(DEADLINE).unwrap().0.number, n);
    }
}

#[test]
fn on_a_full_disk_what_fits_is_kept_and_the_rest_is_refused_until_there_is_room() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    allow(&writer, Some(20));
    let batch: Vec<_> = (1..=200).map(queue).collect();
    let answers = writer.commit(&batch);
    let kept = answers.iter().filter(|answer| answer.1.is_ok()).count();
    assert!(kept > 5 && answers.iter().filter(|a| is_full(a)).count() == 200 - kept, "{kept} kept");
    let known = |answer: &Answer| matches!(answer.1, Ok(Done::Queued { known: true, .. }));
    assert!(!answers.iter().any(known), "what was rolled back has not happened");
    assert_eq!(load(&mut writer.conn).outbox.len(), kept, "neither more nor less than was answered");
    assert!(writer.commit(&[asked(1, Op::Find { id: "m1".into() })])[0].1.is_ok(), "reading goes on");

    allow(&writer, None);
    let refused: Vec<_> = answers.iter().filter(|a| is_full(a)).map(|a| queue(a.0.number)).collect();
    assert!(writer.commit(&refused).iter().all(|answer| answer.1.is_ok()));
    assert_eq!(load(&mut writer.conn).outbox.len(), 200);
}

#[test]
fn one_operation_that_fails_takes_no_other_with_it() {
    let dir = TempDir::new().unwrap();
    let mut writer = Writer::new(open(dir.path()).unwrap());
    let answers = writer.commit(&[queue(1), asked(2, Op::SaveAccount(account("alice"))), queue(3)]);
    assert!(matches!(answers[0].1, Err(StoreError::Failed(_))));
    assert!(answers[1].1.is_ok() && answers[2].1.is_ok());
    assert_eq!(ids(&load(&mut writer.conn).outbox), ["m3"]);
}

#[test]
fn the_cursor_never_passes_a_row_that_could_not_be_kept() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    let big = |n: u64| {
        let text = "x".repeat(100_000);
        asked(n, row(n, n, Message { text, ..message(&format!("m{n}"), "bob", "alice") }))
    };
    let small = |n: u64| asked(n, row(n, n, message(&format!("m{n}"), "bob", "alice")));
    allow(&writer, Some(10));
    let answers = writer.commit(&[small(1), big(2), small(3)]);
    assert!(answers[0].1.is_ok() && is_full(&answers[1]) && is_full(&answers[2]));
    allow(&writer, None);
    assert!(is_full(&writer.commit(&[small(4)])[0]), "until the next login");
    assert_eq!(load(&mut writer.conn).account.unwrap().cursor, 1);
    let answers = writer.commit(&[asked(0, Op::SaveAccount(account("alice"))), small(2), small(3)]);
    assert!(answers.iter().all(|answer| answer.1.is_ok()));
    assert_eq!(load(&mut writer.conn).account.unwrap().cursor, 3);
}

#[test]
fn the_token_is_a_file_of_the_users_own_and_comes_back() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    writer.commit(&[asked(1, token("first"))]);
    writer.commit(&[asked(1, token("second"))]);
    let path = token_path(dir.path(), "alice", "");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    assert!(!token_path(dir.path(), "alice", ".new").exists());
    assert_eq!(loaded(&mut writer).token, Some(Secret::new("second".into())));
    assert_eq!(format!("{:?}", token("second")), "SaveToken { token: Secret(…) }");
}

#[test]
fn a_token_that_cannot_be_written_leaves_the_old_one() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    writer.commit(&[asked(1, token("first"))]);
    fs::create_dir(token_path(dir.path(), "alice", ".new")).unwrap();
    assert!(is_full(&writer.commit(&[asked(1, token("second"))])[0]));
    assert_eq!(loaded(&mut writer).token, Some(Secret::new("first".into())));
}

#[test]
fn a_file_that_is_no_token_counts_as_none() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    for content in [vec![], vec![0xff; 10], vec![b'x'; 5000]] {
        fs::write(token_path(dir.path(), "alice", ""), content).unwrap();
        assert_eq!(loaded(&mut writer).token, None);
    }
}

#[test]
fn logging_out_removes_the_token_and_a_wipe_every_trace_of_the_text() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    let secret = Message { text: "a needle in the haystack".into(), ..message("m1", "alice", "bob") };
    writer.commit(&[asked(1, token("t")), asked(2, Op::Queue(secret))]);
    fs::copy(dir.path().join("qqd.db-wal"), dir.path().join("qqd.db.v0")).unwrap();
    writer.commit(&[asked(3, Op::Logout { wipe: false })]);
    assert!(!token_path(dir.path(), "alice", "").exists());
    assert!(holds_needle(dir.path()), "a plain log-out keeps the history");
    writer.commit(&[asked(4, Op::SaveAccount(account("alice"))), asked(5, token("t"))]);
    assert!(
        writer.commit(&[asked(6, Op::Logout { wipe: true }), asked(7, Op::Load)]).iter().all(|a| a.1.is_ok())
    );
    assert!(!token_path(dir.path(), "alice", "").exists());
    assert!(!holds_needle(dir.path()));
    assert!(everything(&mut writer).former.is_empty());
}

#[test]
fn one_who_is_logged_out_is_wiped_without_the_others_token() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    let secret = Message { text: "a needle in the haystack".into(), ..message("m1", "alice", "bob") };
    writer.commit(&[asked(1, token("t")), asked(2, Op::Queue(secret)), asked(3, Op::Logout { wipe: false })]);
    assert_eq!(everything(&mut writer).former[0].account, "alice");
    writer.commit(&[asked_by("bob", 4, token("t2")), asked(5, Op::SaveAccount(account("bob")))]);
    let answers = writer.commit(&[asked(6, Op::Forget), asked(7, Op::LoadAll)]);
    assert!(answers.iter().all(|answer| answer.1.is_ok()), "{answers:?}");
    let all = everything(&mut writer);
    assert_eq!(all.present[0].token, Some(Secret::new("t2".into())));
    assert!(all.former.is_empty());
    assert!(!holds_needle(dir.path()));
}

fn holds_needle(dir: &Path) -> bool {
    let files = fs::read_dir(dir).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(8).any(|window| window == b"a needle"))
}

fn loaded(writer: &mut Writer) -> Loaded {
    match writer.commit(&[asked(9, Op::Load)]).remove(0).1 {
        Ok(Done::Loaded(loaded)) => *loaded,
        other => panic!("{other:?}"),
    }
}

fn everything(writer: &mut Writer) -> All {
    match writer.commit(&[asked(9, Op::LoadAll)]).remove(0).1 {
        Ok(Done::All(all)) => *all,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wipe_that_cannot_remove_everything_removes_nothing() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path());
    let secret = Message { text: "secret".into(), ..message("m1", "alice", "bob") };
    assert!(writer.commit(&[asked(1, Op::Queue(secret))])[0].1.is_ok());
    // A copy of the database that is a directory cannot be removed as a file.
    let copy = dir.path().join("qqd.db.v1");
    fs::create_dir(&copy).unwrap();
    assert!(is_full(&writer.commit(&[asked(2, Op::Logout { wipe: true })])[0]));
    let Ok(Done::Loaded(loaded)) = &writer.commit(&[asked(3, Op::Load)])[0].1 else { panic!() };
    assert_eq!(loaded.outbox.len(), 1, "the account is said to be there, and is");
    fs::remove_dir(&copy).unwrap();
    assert!(writer.commit(&[asked(4, Op::Logout { wipe: true })])[0].1.is_ok());
}
