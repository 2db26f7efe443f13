//! A restore: a backup is unpacked beside the store and looked through there; then it takes the store's place in
//! renames that an interrupted restore, or the next start, brings to their end. The store that was there is kept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use time::OffsetDateTime;
use time::macros::format_description;
use zeroize::Zeroizing;

use super::backup::{FILES, Held, Piece, held};
use super::open::{self, FILE, OpenError};
use super::seal::{self, Found, Seal};

/// Where a backup is unpacked; what lies there is worth nothing.
const UNPACKED: &str = "restore.new";

/// Followed by a time: a backup that takes the store's place. From its renaming to this on there is no way back.
const READY: &str = "restoring-";

/// Followed by the same time: the store that was there before.
const KEPT: &str = "before-restore-";

/// The folder of [`FILES`].
const TLS: &str = "tls";

/// Why a backup is not restored. Each is a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else, or the end of it is missing.
    #[error(
        "`{0}` is no backup, or was cut off: its end is not what `relay-server backup` writes; nothing was changed"
    )]
    Foreign(PathBuf),
    /// It is not what was written.
    #[error("`{path}` is damaged ({what}); nothing was changed: take another backup")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A newer version wrote it.
    #[error("`{0}` was written by a newer relay-server; nothing was changed: restore it with that version")]
    Newer(PathBuf),
    /// The data directory cannot take it.
    #[error("`{path}` cannot be written: {source}; nothing was changed")]
    Write {
        /// The data directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The renames stopped on the way.
    #[error(
        "the restore in `{path}` was interrupted ({source}): the next start of the server brings it to its end"
    )]
    Interrupted {
        /// The data directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The restored store cannot be opened.
    #[error("{0}; nothing was changed")]
    Store(OpenError),
}

/// A backup, opened: it has a seal, which is not compared yet.
#[derive(Debug)]
pub struct Sealed {
    path: PathBuf,
    file: File,
    seal: Seal,
    length: u64,
}

impl Sealed {
    /// Opens the backup at `path`.
    pub fn open(path: &Path) -> Result<Self, RestoreError> {
        let failed = |source| RestoreError::Read { path: path.to_owned(), source };
        // A pipe would wait for ever.
        if !fs::metadata(path).map_err(failed)?.is_file() {
            return Err(RestoreError::Foreign(path.to_owned()));
        }
        let mut file = File::open(path).map_err(failed)?;
        match seal::find(&mut file).map_err(failed)? {
            Found::Nothing => Err(RestoreError::Foreign(path.to_owned())),
            Found::Newer => Err(RestoreError::Newer(path.to_owned())),
            Found::Seal(seal, length) => Ok(Self { path: path.to_owned(), file, seal, length }),
        }
    }

    /// Unpacks it in the data directory `data`, beside the store, brings its schema up to date and gives it a new
    /// epoch. The caller holds the directory's lock.
    pub fn unpack(
        mut self,
        data: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Unpacked, RestoreError> {
        let folder = data.join(UNPACKED);
        let write = |source| RestoreError::Write { path: data.to_owned(), source };
        remove(&folder).map_err(write)?;
        DirBuilder::new().mode(0o700).create(&folder).map_err(write)?;
        let mut unpacked = Unpacked { data: data.to_owned(), folder, held: NOTHING };
        self.extract(&unpacked.store(), progress, data)?;
        let (held, pieces) = strip(&unpacked.store()).map_err(|error| self.blame(error))?;
        unpacked.held = held;
        unpacked.add(&pieces).map_err(write)?;
        open::open(&unpacked.folder).map(drop).map_err(|error| self.blame(error))?;
        unpacked.settle().map_err(write)?;
        Ok(unpacked)
    }

    /// Copies the database out of it, and compares the seal.
    fn extract(
        &mut self,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
        data: &Path,
    ) -> Result<(), RestoreError> {
        let write = |source| RestoreError::Write { path: data.to_owned(), source };
        let mut copy = new_file(to).map_err(write)?;
        let (mut done, mut full) = (0, None);
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(|source| RestoreError::Read { path: self.path.clone(), source })?;
        let passed = seal::pass(&mut (&self.file).take(self.length), &mut |piece| {
            copy.write_all(piece).inspect_err(|error| full = error.raw_os_error())?;
            done += piece.len() as u64;
            progress(done, self.length);
            Ok(())
        });
        let seal = match (passed, full) {
            (Ok(seal), _) => seal,
            (Err(_), Some(code)) => return Err(write(io::Error::from_raw_os_error(code))),
            (Err(source), None) => return Err(RestoreError::Read { path: self.path.clone(), source }),
        };
        if seal == self.seal { Ok(()) } else { Err(self.damaged("it is not what was written")) }
    }

    /// What is wrong with the unpacked store is the backup's fault.
    fn blame(&self, error: OpenError) -> RestoreError {
        match error {
            OpenError::Damaged { what, .. } => self.damaged(&what),
            OpenError::Newer { .. } => RestoreError::Newer(self.path.clone()),
            OpenError::Foreign(_) => RestoreError::Foreign(self.path.clone()),
            other => RestoreError::Store(other),
        }
    }

    fn damaged(&self, what: &str) -> RestoreError {
        RestoreError::Damaged { path: self.path.clone(), what: what.to_owned() }
    }
}

/// A backup that is ready to take the store's place; without [`Unpacked::place`] nothing stays of it.
#[derive(Debug)]
pub struct Unpacked {
    data: PathBuf,
    folder: PathBuf,
    held: Held,
}

const NOTHING: Held = Held { accounts: 0, messages: 0, made_ms: 0 };

impl Unpacked {
    /// What it holds.
    pub fn held(&self) -> Held {
        self.held
    }

    /// Takes the store's place. Where the store that was there is kept now, if there was one.
    pub fn place(self, now_ms: i64) -> Result<Option<PathBuf>, RestoreError> {
        let write = |source| RestoreError::Write { path: self.data.clone(), source };
        let stamp = free_stamp(&self.data, now_ms);
        let ready = self.data.join(format!("{READY}{stamp}"));
        fs::rename(&self.folder, ready).and_then(|()| sync(&self.data)).map_err(write)?;
        finish(&self.data).map_err(|source| RestoreError::Interrupted { path: self.data.clone(), source })?;
        Ok(Some(self.data.join(format!("{KEPT}{stamp}"))).filter(|kept| kept.exists()))
    }

    fn store(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Lays the other files beside the database.
    fn add(&self, pieces: &[Piece]) -> io::Result<()> {
        if pieces.is_empty() {
            return Ok(());
        }
        DirBuilder::new().mode(0o700).create(self.folder.join(TLS))?;
        for (name, body) in pieces {
            let mut file = new_file(&self.folder.join(name))?;
            file.write_all(body)?;
            file.sync_all()?;
        }
        sync(&self.folder.join(TLS))
    }

    /// Only what takes the store's place stays, and is on the disk.
    fn settle(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path != self.store() && path != self.folder.join(TLS) {
                fs::remove_file(path)?;
            }
        }
        File::open(self.store())?.sync_all()?;
        sync(&self.folder)
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // Gone already when it is in its place; else the next restore removes it.
        let _ = remove(&self.folder);
    }
}

/// Brings restores to their end that were interrupted in their renames. The caller holds the directory's lock.
pub fn finish(data: &Path) -> io::Result<()> {
    for stamp in pending(data)? {
        let (ready, kept) = (data.join(format!("{READY}{stamp}")), data.join(format!("{KEPT}{stamp}")));
        if ready.join(TLS).exists() {
            keep(&kept, data, TLS)?;
            fs::rename(ready.join(TLS), data.join(TLS))?;
        }
        if ready.join(FILE).exists() {
            // The log before its database: a log never stands beside the wrong one.
            for end in ["-wal", "-shm", "-journal", ""] {
                keep(&kept, data, &format!("{FILE}{end}"))?;
            }
            sync(data)?;
            fs::rename(ready.join(FILE), data.join(FILE))?;
        }
        if kept.exists() {
            sync(&kept)?;
        }
        sync(data)?;
        remove(&ready)?;
    }
    Ok(())
}

/// Whether [`finish`] has something to do.
pub(super) fn is_pending(data: &Path) -> bool {
    pending(data).is_ok_and(|stamps| !stamps.is_empty())
}

fn pending(data: &Path) -> io::Result<Vec<String>> {
    let mut stamps = Vec::new();
    for entry in fs::read_dir(data)? {
        let name = entry?.file_name();
        stamps.extend(name.to_str().and_then(|name| name.strip_prefix(READY)).map(str::to_owned));
    }
    stamps.sort();
    Ok(stamps)
}

/// Moves what stands under this name out of the way.
fn keep(kept: &Path, data: &Path, name: &str) -> io::Result<()> {
    let from = data.join(name);
    if fs::symlink_metadata(&from).is_err() {
        return Ok(());
    }
    match DirBuilder::new().mode(0o700).create(kept) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::rename(from, kept.join(name))
}

/// The time, to the second, as a part of a name that nothing has yet.
fn free_stamp(data: &Path, now_ms: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1_000));
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    let stamp = time.ok().and_then(|time| time.format(form).ok()).unwrap_or_else(|| now_ms.to_string());
    let is_free = |stamp: &String| !data.join(format!("{KEPT}{stamp}")).exists();
    let more = (2..).map(|number: u32| format!("{stamp}-{number}"));
    std::iter::once(stamp.clone()).chain(more).find(is_free).unwrap_or(stamp)
}

/// Takes what makes it a backup out of the database, and gives it a new epoch.
fn strip(store: &Path) -> Result<(Held, Vec<Piece>), OpenError> {
    let failed = |error| open::explain(store, error);
    let conn = open::connect(store)?;
    open::check_ours(&conn, store)?;
    let made_ms: String = conn
        .query_row("SELECT value FROM backup WHERE key = 'made_ms'", [], |row| row.get(0))
        .map_err(failed)?;
    let pieces = pieces(&conn).map_err(failed)?;
    let held = held(&conn, made_ms.parse().unwrap_or(0)).map_err(failed)?;
    // The key is not to stay in the free pages of a database that grows on them.
    conn.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;
         BEGIN; DROP TABLE backup; DROP TABLE backup_file; COMMIT;",
    )
    .map_err(failed)?;
    open::renew_epoch(&conn, store)?;
    conn.close().map_err(|(_, error)| failed(error))?;
    Ok((held, pieces))
}

/// The files in a backup; only those that belong there are looked for, so none can lead elsewhere.
fn pieces(conn: &Connection) -> rusqlite::Result<Vec<Piece>> {
    let mut asked = conn.prepare("SELECT body FROM backup_file WHERE name = ?1")?;
    let mut pieces = Vec::new();
    for name in FILES {
        let found = asked.query_map([name], |row| row.get(0))?;
        for body in found {
            pieces.push((name, Zeroizing::new(body?)));
        }
    }
    Ok(pieces)
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
