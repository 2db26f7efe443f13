//! Opens the store's directory: whose it is, who else has it open, whether what lies there is whole. It never begins
//! anew where something is there that it cannot read.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use refinery::Migration;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{account, password_file, schema, search, token_file};

/// A database up to this size is read through at every start, about 20 ms.
const CHECKED_ALWAYS: u64 = 4 * 1024 * 1024;

/// One up to this size, if it was not closed cleanly. SQLite checks each page of a larger one when it comes to it.
const CHECKED_AFTER_CRASH: u64 = 64 * 1024 * 1024;

/// Why the store cannot be opened. Each is one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or used.
    #[error("the data directory {path} cannot be used: {detail}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The directory or a file in it is somebody else's, or everybody may write there.
    #[error(
        "{path} is not safe: it must belong to you and nobody else may write there; correct it with chown and chmod"
    )]
    NotPrivate {
        /// Which.
        path: PathBuf,
    },
    /// Another daemon has it open.
    #[error("another qqd is already running with the data directory {path}; stop it first")]
    Running {
        /// Which directory.
        path: PathBuf,
    },
    /// A newer qqd has written it.
    #[error(
        "the database is of a newer qqd (schema {found}, this one knows {known}); install that version again"
    )]
    Newer {
        /// The version found.
        found: i32,
        /// The newest version known here.
        known: i32,
    },
    /// It cannot be read.
    #[error(
        "the database qqd.db is damaged ({detail}); nothing was changed: bring it back from a backup, or move it away to begin anew"
    )]
    Damaged {
        /// What is wrong.
        detail: String,
    },
    /// Anything else.
    #[error("the database cannot be opened: {0}")]
    Failed(String),
}

impl OpenError {
    /// Without its copy no migration begins.
    pub(super) fn no_copy(error: impl std::fmt::Display) -> Self {
        Self::Failed(format!("the copy before its migration could not be written: {error}"))
    }

    fn directory(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::Directory { path: path.to_owned(), detail: error.to_string() }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { detail: error.to_string() }
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// What an opened directory consists of.
#[derive(Debug)]
pub(super) struct Opened {
    /// The database.
    pub(super) conn: Connection,
    /// Where everything lies.
    pub(super) directory: PathBuf,
    /// Held as long as the store is open.
    pub(super) _lock: File,
}

/// Opens the directory and the database in it, made if they are not there.
pub(super) fn open(directory: &Path) -> Result<Opened, OpenError> {
    open_with(directory, &schema::migrations())
}

/// [`open`] with a given history of migrations.
pub(super) fn open_with(directory: &Path, migrations: &[Migration]) -> Result<Opened, OpenError> {
    prepare(directory)?;
    let lock = lock(directory)?;
    let path = directory.join("qqd.db");
    let log = size(&directory.join("qqd.db-wal"));
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if log > 0 {
                return Err(OpenError::Damaged { detail: "its log is there, but it is not".into() });
            }
            create(directory, &path, migrations)?;
        }
        Err(error) => return Err(OpenError::directory(directory)(error)),
        Ok(_) => secure_file(&path)?,
    }
    if size(&path) == 0 {
        return Err(OpenError::Damaged { detail: "it is empty".into() });
    }
    let mut conn = connect(&path)?;
    schema::check_kind(&conn)?;
    if size(&path) <= if log > 0 { CHECKED_AFTER_CRASH } else { CHECKED_ALWAYS } {
        schema::check_whole(&conn)?;
    }
    schema::update(&mut conn, directory, migrations)?;
    search::prepare(&conn)?;
    token_file::tidy(directory, &account::locals(&conn)?).map_err(OpenError::directory(directory))?;
    password_file::tidy(directory, &account::all_locals(&conn)?).map_err(OpenError::directory(directory))?;
    Ok(Opened { conn, directory: directory.to_owned(), _lock: lock })
}

/// An empty store in memory, for tests of what operations do.
///
/// # Errors
///
/// None that a sound build has.
pub fn in_memory() -> Result<Connection, OpenError> {
    let mut conn = Connection::open_in_memory()?;
    set_up(&conn)?;
    schema::create(&mut conn, &schema::migrations())?;
    Ok(conn)
}

fn prepare(directory: &Path) -> Result<(), OpenError> {
    let failed = OpenError::directory(directory);
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(&failed)?;
    let found = fs::metadata(directory).map_err(&failed)?;
    if found.uid() != geteuid().as_raw() || found.mode() & 0o002 != 0 {
        return Err(OpenError::NotPrivate { path: directory.to_owned() });
    }
    if found.mode() & 0o777 != 0o700 {
        fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(&failed)?;
    }
    Ok(())
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let failed = OpenError::directory(directory);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(directory.join("lock"))
        .map_err(&failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Running { path: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A regular file of the user's own that nobody else may read.
fn secure_file(path: &Path) -> Result<(), OpenError> {
    let failed = OpenError::directory(path);
    let found = fs::symlink_metadata(path).map_err(&failed)?;
    if !found.is_file() || found.uid() != geteuid().as_raw() {
        return Err(OpenError::NotPrivate { path: path.to_owned() });
    }
    if found.mode() & 0o777 != 0o600 {
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(&failed)?;
    }
    Ok(())
}

/// Makes a new database under another name and renames it when it is whole, so that a file that is there and empty
/// is always a damaged one.
fn create(directory: &Path, path: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    let failed = OpenError::directory(directory);
    let partial = directory.join("qqd.db.new");
    for rest in ["qqd.db.new", "qqd.db.new-journal"] {
        schema::remove_file(&directory.join(rest)).map_err(&failed)?;
    }
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial).map_err(&failed)?;
    let mut conn = Connection::open_with_flags(&partial, flags())?;
    schema::create(&mut conn, migrations)?;
    conn.close().map_err(|(_, error)| error)?;
    fs::rename(&partial, path).map_err(&failed)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(&failed)
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let conn = Connection::open_with_flags(path, flags())?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Failed(format!("this file system cannot hold its log (mode {mode})")));
    }
    set_up(&conn)?;
    Ok(conn)
}

/// The settings of a connection: what is acknowledged survives a pulled plug, what is deleted is overwritten, memory
/// stays small.
fn set_up(conn: &Connection) -> Result<(), OpenError> {
    conn.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -1024;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 1048576;",
    )?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

fn size(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |found| found.len())
}
