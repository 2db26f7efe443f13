//! Backups and restores of a real store: taken beside a busy writer, refused when they are not what was written, put in
//! place wholly however often that is interrupted.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::super::backup::{BackupError, Draft, FILES, Held};
use super::super::open::FILE;
use super::super::restore::{RestoreError, Sealed, finish};
use super::super::{Answers, Settings, Store};
use super::*;

struct Place {
    folder: TempDir,
}

impl Place {
    /// A store of alice, bob and some chats, with a key.
    fn filled(chats: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["data/tls", "elsewhere"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let place = Self { folder };
        for name in FILES {
            fs::write(place.data().join(name), format!("first {name}")).unwrap();
        }
        let mut relay = place.open();
        let alice = relay.account("alice");
        relay.account("bob");
        relay.befriend("alice", "bob");
        for _ in 0..chats {
            relay.chat(alice, "bob").unwrap();
        }
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("elsewhere/relay.backup")
    }

    fn open(&self) -> Relay {
        Relay::on(Direct::open(&self.data()).unwrap())
    }

    fn backup(&self, force: bool) -> Result<Held, BackupError> {
        let mut draft = Draft::begin(&self.file(), &self.data(), force)?;
        draft.fill(&self.data(), &mut |_, _| ())?;
        let read = |name| (name, Zeroizing::new(fs::read(self.data().join(name)).unwrap()));
        draft.finish(&FILES.map(read), NOW, &self.data())
    }

    fn restore(&self) -> Result<(Held, Option<PathBuf>), RestoreError> {
        let unpacked = Sealed::open(&self.file())?.unpack(&self.data(), &mut |_, _| ())?;
        let held = unpacked.held();
        unpacked.place(NOW).map(|kept| (held, kept))
    }

    fn key(&self) -> String {
        fs::read_to_string(self.data().join(FILES[0])).unwrap()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn count(relay: &Relay) -> u64 {
    relay.sql::<i64>("SELECT count(*) FROM message").unsigned_abs()
}

#[test]
fn a_restore_brings_everything_back_under_a_new_epoch_and_keeps_what_was_there() {
    let place = Place::filled(20);
    let epoch = place.open().store.epoch().to_owned();
    assert_eq!(place.backup(false).unwrap(), Held { accounts: 2, messages: 20, made_ms: NOW });
    assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o777, 0o600);
    let mut relay = place.open();
    let alice = relay.find("alice").unwrap().id;
    relay.submit(chat(alice, "bob", "later")).unwrap();
    drop(relay);
    fs::write(place.data().join(FILES[0]), "second key").unwrap();

    let (held, kept) = place.restore().unwrap();
    let kept = kept.unwrap();
    assert_eq!(held, Held { accounts: 2, messages: 20, made_ms: NOW });
    assert_eq!(fs::metadata(place.data().join(FILE)).unwrap().mode() & 0o777, 0o600);
    let mut relay = place.open();
    assert_eq!((count(&relay), place.key().as_str()), (20, "first tls/key.pem"));
    assert_ne!(relay.store.epoch(), epoch);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'backup%'"), 0);
    assert!(relay.chat(alice, "bob").is_ok());
    assert_eq!(fs::read_to_string(kept.join(FILES[0])).unwrap(), "second key");
    let before = Relay::on(Direct::open(&kept).unwrap());
    assert_eq!((count(&before), before.store.epoch()), (21, &*epoch));

    let again = place.restore().unwrap().1.unwrap();
    assert_ne!(again, kept, "nothing that was kept is lost by the next restore");
    assert_ne!(place.open().store.epoch(), relay.store.epoch(), "each restore has an epoch of its own");
}

#[test]
fn a_restored_database_does_not_hold_the_key_in_its_free_pages() {
    let place = Place::filled(1);
    place.backup(false).unwrap();
    let holds = |path: &Path| fs::read(path).unwrap().windows(9).any(|bytes| bytes == b"first tls");
    assert!(holds(&place.file()));
    place.restore().unwrap();
    assert!(!holds(&place.data().join(FILE)));
}

#[test]
fn a_machine_with_nothing_on_it_gets_the_store_and_keeps_nothing() {
    let (place, fresh) = (Place::filled(3), tempfile::tempdir().unwrap());
    place.backup(false).unwrap();
    let unpacked = Sealed::open(&place.file()).unwrap().unpack(fresh.path(), &mut |_, _| ()).unwrap();
    assert_eq!(unpacked.place(NOW).unwrap(), None);
    assert_eq!(count(&Relay::on(Direct::open(fresh.path()).unwrap())), 3);
    assert!(fresh.path().join(FILES[1]).exists());
}

#[test]
fn a_backup_beside_a_busy_writer_is_one_moment_and_comes_to_its_end() {
    let place = Place::filled(0);
    let (done, answered) = mpsc::sync_channel(64);
    let answers: Answers<u64> = Box::new(move |batch| done.send(batch.len()).unwrap());
    let store = Arc::new(Store::open(&place.data(), Settings::default(), answers).unwrap());
    let (stop, acked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = {
        let (store, stop, acked) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&acked));
        std::thread::spawn(move || {
            for number in 0.. {
                let chat = Submit { content: "x".repeat(12_000), ..chat(1, "bob", &format!("m{number}")) };
                store.send(number, Op::Submit(chat)).unwrap();
                answered.recv().unwrap();
                acked.fetch_add(1, Ordering::SeqCst);
                if stop.load(Ordering::SeqCst) {
                    return;
                }
            }
        })
    };
    let enough = |count| {
        while acked.load(Ordering::SeqCst) < count {
            std::thread::yield_now();
        }
    };
    // Many steps, with commits between them.
    enough(300);
    let before = acked.load(Ordering::SeqCst);
    let held = place.backup(false).unwrap();
    let after = acked.load(Ordering::SeqCst);
    stop.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    drop(store);
    assert!(after > before, "the writer went on");
    assert!(held.messages >= before && held.messages <= after + 1, "{before} {held:?} {after}");
    place.restore().unwrap();
    let relay = place.open();
    assert_eq!(relay.sql::<i64>("SELECT head FROM conv").unsigned_abs(), held.messages);
    for sql in
        ["SELECT head FROM inbox_state WHERE account = 1", "SELECT max(seq) FROM inbox WHERE account = 1"]
    {
        // One row more, of the friendship.
        assert_eq!(relay.sql::<i64>(sql).unsigned_abs(), held.messages + 1, "{sql}");
    }
}

#[test]
fn a_backup_never_replaces_what_it_should_not() {
    let place = Place::filled(1);
    place.backup(false).unwrap();
    assert!(matches!(place.backup(false), Err(BackupError::Exists(_))));
    place.backup(true).unwrap();
    let begin = |path: &Path| Draft::begin(path, &place.data(), true).unwrap_err();
    assert!(matches!(begin(&place.data().join(FILE)), BackupError::Inside(_)));
    assert!(matches!(begin(Path::new("/dev/null")), BackupError::NoFile(_)));
    assert!(matches!(begin(&place.folder.path().join("elsewhere")), BackupError::NoFile(_)));
    assert!(matches!(begin(&place.folder.path().join("none/x")), BackupError::Write { .. }));
}

#[test]
fn two_backups_to_one_name_do_not_mix_and_one_that_was_interrupted_is_no_obstacle() {
    let place = Place::filled(1);
    fs::write(place.folder.path().join("elsewhere/relay.backup.partial"), "half").unwrap();
    let draft = Draft::begin(&place.file(), &place.data(), false).unwrap();
    assert!(matches!(place.backup(false), Err(BackupError::Busy(_))));
    drop(draft);
    assert!(place.names("elsewhere").is_empty(), "nothing stays of a backup that was given up");
    place.backup(false).unwrap();
    assert_eq!(place.names("elsewhere"), ["relay.backup"]);
}

#[test]
fn a_damaged_store_is_not_backed_up() {
    let place = Place::filled(300);
    let store = place.data().join(FILE);
    let mut bytes = fs::read(&store).unwrap();
    let middle = bytes.len() / 8_192 * 4_096;
    bytes[middle..][..2_048].fill(0xA5);
    fs::write(&store, bytes).unwrap();
    let sentence = place.backup(false).unwrap_err().to_string();
    assert!(sentence.contains("relay.db` is damaged"), "{sentence}");
    assert!(place.names("elsewhere").is_empty());
    fs::write(&store, "another program's").unwrap();
    assert!(place.backup(false).is_err());
    fs::remove_file(&store).unwrap();
    assert!(matches!(place.backup(false), Err(BackupError::NoStore(_))));
}

#[test]
fn a_backup_that_is_not_what_was_written_is_refused_and_nothing_is_touched() {
    let place = Place::filled(30);
    place.backup(false).unwrap();
    let (whole, before) = (fs::read(place.file()).unwrap(), place.names("data"));
    let epoch = place.open().store.epoch().to_owned();
    let refusal = |bytes: &[u8]| {
        fs::write(place.file(), bytes).unwrap();
        let sentence = place.restore().unwrap_err().to_string();
        assert!(sentence.contains("relay.backup") && sentence.contains("nothing was changed"), "{sentence}");
        sentence
    };
    for at in [20, 5_000, whole.len() / 2, whole.len() - 200] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        assert!(refusal(&bytes).contains("damaged"), "{at}");
    }
    for keep in [0, 50, 4_096, whole.len() / 2, whole.len() - 1] {
        assert!(refusal(&whole[..keep]).contains("cut off"), "{keep}");
    }
    assert!(refusal(&fs::read(place.data().join(FILE)).unwrap()).contains("no backup"));
    let end = String::from_utf8(whole[whole.len() - 100..].to_vec()).unwrap();
    let newer = end.replace("qiaoqiao-backup 1", "qiaoqiao-backup 2");
    assert!(
        refusal(&[&whole[..whole.len() - 100], newer.as_bytes()].concat()).contains("newer relay-server")
    );
    assert_eq!((place.names("data"), place.open().store.epoch()), (before, &*epoch));
}

#[test]
fn a_backup_of_a_newer_schema_is_refused() {
    let place = Place::filled(1);
    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'future', '2030-01-01T00:00:00Z', '1')";
    rusqlite::Connection::open(place.data().join(FILE)).unwrap().execute_batch(newer).unwrap();
    place.backup(false).unwrap();
    assert!(matches!(place.restore(), Err(RestoreError::Newer(path)) if path == place.file()));
}

#[test]
fn a_restore_that_was_interrupted_is_brought_to_its_end_by_the_next_start() {
    let moved = ["tls", "relay.db-wal", "relay.db"];
    for steps in 0..=moved.len() {
        let place = Place::filled(2);
        place.backup(false).unwrap();
        let mut relay = place.open();
        let alice = relay.find("alice").unwrap().id;
        relay.submit(chat(alice, "bob", "later")).unwrap();
        drop(relay);
        fs::write(place.data().join("relay.db-wal"), "").unwrap();
        fs::write(place.data().join(FILES[0]), "second key").unwrap();
        let unpacked = Sealed::open(&place.file()).unwrap().unpack(&place.data(), &mut |_, _| ()).unwrap();
        let (ready, kept) = (place.data().join("restoring-then"), place.data().join("before-restore-then"));
        fs::rename(place.data().join("restore.new"), &ready).unwrap();
        drop(unpacked);
        assert!(matches!(place.backup(true), Err(BackupError::Pending(_))));
        fs::create_dir(&kept).unwrap();
        for name in &moved[..steps] {
            fs::rename(place.data().join(name), kept.join(name)).unwrap();
        }
        assert_eq!(count(&place.open()), 2, "{steps}");
        assert_eq!(place.key(), "first tls/key.pem");
        assert_eq!(fs::read_to_string(kept.join(FILES[0])).unwrap(), "second key");
        assert_eq!(count(&Relay::on(Direct::open(&kept).unwrap())), 3);
        assert!(!ready.exists());
        finish(&place.data()).unwrap();
        assert_eq!(count(&place.open()), 2, "and it happens once");
    }
}

#[test]
fn a_backup_that_was_put_in_place_by_hand_is_not_served() {
    let place = Place::filled(1);
    place.backup(false).unwrap();
    fs::copy(place.file(), place.data().join(FILE)).unwrap();
    let sentence = Direct::open(&place.data()).unwrap_err().to_string();
    assert!(sentence.contains("relay-server restore"), "{sentence}");
}
