//! A backup: one file with all that brings a relay back. It is a copy of the database, taken from one snapshot while
//! the server may go on writing; in two tables more (`backup`, `backup_file`) the time and the key with which clients
//! know the relay; and a seal. The file appears whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::StepResult;
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::number::Num;
use super::open::{self, FILE, OpenError};
use super::{restore, seal};

/// What belongs to a backup beside the database: where it lies in the data directory.
pub const FILES: [&str; 2] = ["tls/key.pem", "tls/cert.pem"];

/// So many pages are copied at a time: 1 MiB of pages of 4 KiB.
const STEP: i32 = 256;

/// Between two steps, so that the server's own writing finds the disk free.
const PAUSE: Duration = Duration::from_millis(1);

/// After so many steps what was copied is brought to the disk: a server's commit never has to wait for all of it.
const SYNC_EVERY: u32 = 32;

/// Why there is no backup. Each is a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Its name is taken.
    #[error("`{0}` is there already; name another file, or replace it with --force")]
    Exists(PathBuf),
    /// Its name is that of something else.
    #[error("`{0}` is no ordinary file; name another one")]
    NoFile(PathBuf),
    /// It would share the fate of what it is a copy of.
    #[error("`{0}` would lie inside the data directory, and be lost with it; name a file elsewhere")]
    Inside(PathBuf),
    /// Two at once.
    #[error("another backup is being written to `{0}`; wait for it, or name another file")]
    Busy(PathBuf),
    /// It cannot be written.
    #[error("`{path}` cannot be written: {source}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing to back up.
    #[error("there is no store in `{0}` yet, so there is nothing to back up")]
    NoStore(PathBuf),
    /// A restore was interrupted; the next start brings it to its end.
    #[error(
        "in `{0}` a restore was interrupted: start the server once, which brings it to its end, then try again"
    )]
    Pending(PathBuf),
    /// The store itself.
    #[error(transparent)]
    Store(#[from] OpenError),
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Accounts, without removed ones.
    pub accounts: u64,
    /// Messages.
    pub messages: u64,
    /// When it was made: milliseconds since 1970.
    pub made_ms: i64,
}

/// A file that belongs to a backup: one of [`FILES`], and what is in it.
pub type Piece = (&'static str, Zeroizing<Vec<u8>>);

/// A backup that is being written, under another name; without [`Draft::finish`] nothing stays of it.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    new: PathBuf,
    force: bool,
    /// Locked as long as this is written. Of all that is open of the file it is closed last, as SQLite demands.
    file: File,
    target: Option<Connection>,
}

impl Draft {
    /// Begins a backup of the store in `data` to `path`, with mode 0600. `force` replaces a file that is there.
    pub fn begin(path: &Path, data: &Path, force: bool) -> Result<Self, BackupError> {
        let failed = |source| BackupError::Write { path: path.to_owned(), source };
        let path = std::path::absolute(path).map_err(failed)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(BackupError::NoFile(path));
        };
        let folder = fs::canonicalize(folder).map_err(failed)?;
        if fs::canonicalize(data).is_ok_and(|data| folder.starts_with(data)) {
            return Err(BackupError::Inside(path));
        }
        let path = folder.join(name);
        is_free(&path, force)?;
        let new = beside(&path, ".partial");
        let file = claim(&new, &path)?;
        let mut draft = Self { path, new, force, file, target: None };
        draft.target = Some(draft.connect("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?);
        Ok(draft)
    }

    /// Copies the database as it is now. Writers go on meanwhile; their log only grows by what they write. Nothing
    /// is opened but the store, so this may run as the store's owner, who cannot see the backup's folder.
    pub fn fill(&mut self, data: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), BackupError> {
        let store = data.join(FILE);
        if restore::is_pending(data) {
            return Err(BackupError::Pending(data.to_owned()));
        }
        if !store.exists() {
            return Err(BackupError::NoStore(data.to_owned()));
        }
        let refused = |error| BackupError::Store(open::explain(&store, error));
        // Not read-only: where no server runs, the last one to close takes the write-ahead log away.
        let source = open::connect(&store)?;
        // With the snapshot held from here on, no commit makes the copy begin anew.
        source.execute_batch("PRAGMA query_only = ON; BEGIN").map_err(refused)?;
        open::check_ours(&source, &store)?;
        let Some(mut target) = self.target.take() else { return Ok(()) };
        copy(&source, &mut target, &mut |done, all| {
            progress(done, all);
            self.file.sync_data()
        })
        .map_err(|error| match error {
            Stopped::Source => BackupError::Store(OpenError::Locked(store.clone())),
            Stopped::Copy(error) => self.blame(error, &store),
            Stopped::Target(source) => self.failed(source),
        })?;
        target.close().map_err(|(_, error)| self.blame(error, &store))
    }

    /// Adds the other files, checks the copy, seals it and gives it its name.
    pub fn finish(mut self, pieces: &[Piece], made_ms: i64, data: &Path) -> Result<Held, BackupError> {
        let store = data.join(FILE);
        let conn = self.connect("PRAGMA locking_mode = EXCLUSIVE;")?;
        let mode = conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()));
        mode.map_err(|error| self.blame(error, &store))?;
        open::check_pages(&conn, &store)?;
        let held = add(&conn, pieces, made_ms).map_err(|error| self.blame(error, &store))?;
        conn.close().map_err(|(_, error)| self.blame(error, &store))?;
        self.publish().map(|()| held)
    }

    /// Where it will be.
    pub fn place(&self) -> &Path {
        &self.path
    }

    fn publish(&mut self) -> Result<(), BackupError> {
        let sealed = OpenOptions::new().read(true).write(true).open(&self.new).and_then(|mut file| {
            seal::put(&mut file)?;
            file.sync_all()
        });
        sealed.map_err(|source| self.failed(source))?;
        is_free(&self.path, self.force)?;
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let named = fs::rename(&self.new, &self.path).and_then(|()| File::open(folder)?.sync_all());
        named.map_err(|source| self.failed(source))
    }

    fn connect(&self, pragmas: &str) -> Result<Connection, BackupError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.new, flags);
        let conn = conn.and_then(|conn| conn.execute_batch(pragmas).map(|()| conn));
        conn.map_err(|error| self.failed(io::Error::other(error)))
    }

    /// What a step says may be the store's fault as well as the copy's.
    fn blame(&self, error: rusqlite::Error, store: &Path) -> BackupError {
        match open::explain(store, error) {
            damaged @ OpenError::Damaged { .. } => damaged.into(),
            other => match other {
                OpenError::Sqlite { what, .. } => self.failed(io::Error::other(what)),
                other => other.into(),
            },
        }
    }

    fn failed(&self, source: io::Error) -> BackupError {
        BackupError::Write { path: self.path.clone(), source }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.target = None;
        for left in ["", "-journal", "-wal", "-shm"] {
            // Gone already when it has its name.
            let _ = fs::remove_file(beside(&self.new, left));
        }
    }
}

/// Whether the backup may have this name.
fn is_free(path: &Path, force: bool) -> Result<(), BackupError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(BackupError::NoFile(path.to_owned())),
        Ok(_) if !force => Err(BackupError::Exists(path.to_owned())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(BackupError::Write { path: path.to_owned(), source }),
    }
}

/// A file of our own making, whatever an interrupted backup, or somebody else, left there.
fn claim(new: &Path, path: &Path) -> Result<File, BackupError> {
    let failed = |source| BackupError::Write { path: path.to_owned(), source };
    let busy = || BackupError::Busy(path.to_owned());
    match fs::symlink_metadata(new) {
        Ok(found) if found.is_file() => {
            let old =
                OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(new).map_err(failed)?;
            if matches!(old.try_lock(), Err(TryLockError::WouldBlock)) {
                return Err(busy());
            }
            fs::remove_file(new).map_err(failed)?;
        }
        Ok(_) => return Err(BackupError::NoFile(new.to_owned())),
        Err(_) => {}
    }
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(new);
    let file = made.map_err(failed)?;
    file.try_lock().map_err(|_| busy())?;
    Ok(file)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// Why copying ended early.
enum Stopped {
    /// The store is locked.
    Source,
    /// A step failed.
    Copy(rusqlite::Error),
    /// The disk of the copy.
    Target(io::Error),
}

/// Copies all pages; `tell` hears of bytes done and to do, now and then, and brings them to the disk.
fn copy(
    source: &Connection,
    target: &mut Connection,
    tell: &mut dyn FnMut(u64, u64) -> io::Result<()>,
) -> Result<(), Stopped> {
    let size = source.query_row("PRAGMA page_size", [], |row| row.get::<_, Num>(0)).map_err(Stopped::Copy)?.0;
    let bytes = |pages: i32| u64::from(pages.unsigned_abs()) * size;
    let backup = rusqlite::backup::Backup::new(source, target).map_err(Stopped::Copy)?;
    for step in 1.. {
        match backup.step(STEP).map_err(Stopped::Copy)? {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(Stopped::Source),
        }
        let now = backup.progress();
        if step % SYNC_EVERY == 0 {
            tell(bytes(now.pagecount - now.remaining), bytes(now.pagecount)).map_err(Stopped::Target)?;
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// The time and the other files; what is in all of it.
fn add(conn: &Connection, pieces: &[Piece], made_ms: i64) -> rusqlite::Result<Held> {
    conn.execute_batch(
        "BEGIN;
         CREATE TABLE backup (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE backup_file (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;",
    )?;
    let program = concat!("relay-server/", env!("CARGO_PKG_VERSION"));
    for (key, value) in [("made_ms", made_ms.to_string()), ("program", program.to_owned())] {
        conn.execute("INSERT INTO backup (key, value) VALUES (?1, ?2)", [key, &value])?;
    }
    for (name, body) in pieces {
        conn.execute("INSERT INTO backup_file (name, body) VALUES (?1, ?2)", (name, body.as_slice()))?;
    }
    conn.execute_batch("COMMIT")?;
    held(conn, made_ms)
}

/// What is in a copy of the database.
pub(super) fn held(conn: &Connection, made_ms: i64) -> rusqlite::Result<Held> {
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, Num>(0)).map(|count| count.0);
    Ok(Held {
        accounts: count("SELECT count(*) FROM account WHERE removed_ms IS NULL")?,
        messages: count("SELECT count(*) FROM message")?,
        made_ms,
    })
}
