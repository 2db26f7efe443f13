//! The database file: made whole or not at all, checked before use, migrated after a copy. A file that is there
//! and is not a sound store of ours is refused with a sentence; it is never replaced by an empty one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use refinery::{Migration, Runner};
use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::apply::Db;
use super::restore;
use super::seal::{self, Found};

/// The database's file name in the data directory.
pub const FILE: &str = "relay.db";

/// How long one waits for another program that holds the database.
pub(super) const BUSY: Duration = Duration::from_secs(5);

const HISTORY: &str = "refinery_schema_history";

/// Why a store cannot be opened. Each is a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system refused.
    #[error("`{path}` cannot be used: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a sound database.
    #[error(
        "`{path}` is damaged ({what}); nothing was changed: bring a backup back with `relay-server restore FILE`, or \
         move it away to start with an empty store"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A write-ahead log without its database.
    #[error(
        "`{0}` is missing, but its write-ahead log is there, which holds messages; put the file back, or move the \
         log away too to start with an empty store"
    )]
    Lost(PathBuf),
    /// A backup that was put there by hand: its key would be missing, and clients would not see that it is older.
    #[error(
        "`{0}` is a backup: move it out of the data directory, and bring it back with `relay-server restore FILE`"
    )]
    Backup(PathBuf),
    /// Somebody else's database.
    #[error("`{0}` is the database of another program; name another directory with `--data`")]
    Foreign(PathBuf),
    /// Written by a newer version.
    #[error(
        "`{path}` was written by a newer relay-server (its schema is V{found}, this one knows up to V{known}); \
         start that version, or put the copy in place that it made before"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// The schema's history is not ours.
    #[error(
        "`{path}` has a schema that no released relay-server made ({what}); bring a backup back with `relay-server \
         restore FILE`"
    )]
    Diverged {
        /// Which file.
        path: PathBuf,
        /// What is different.
        what: String,
    },
    /// The schema could not be brought up to date.
    #[error("the schema of `{path}` could not be brought up to date ({what}); the file is as it was before")]
    Migration {
        /// Which file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// Another program has it open and locked.
    #[error("`{0}` is locked by another program; is a relay-server running, or a database tool open?")]
    Locked(PathBuf),
    /// SQLite refused for another reason.
    #[error("`{path}` cannot be opened: {what}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The operating system gave no random bytes, or no thread.
    #[error("the operating system refused: {0}")]
    System(String),
}

/// Opens, or makes, the store in `dir` for writing.
pub(super) fn open(dir: &Path) -> Result<Db, OpenError> {
    open_with(dir, &migrations()?)
}

/// [`open`] with other migrations than the released ones.
pub(super) fn open_with(dir: &Path, migrations: &[Migration]) -> Result<Db, OpenError> {
    let path = dir.join(FILE);
    restore::finish(dir).map_err(|source| OpenError::Io { path: dir.to_owned(), source })?;
    match fs::metadata(&path) {
        Ok(found) if !found.is_file() => return Err(damaged(&path, "it is no file")),
        Ok(found) if found.len() == 0 => return Err(damaged(&path, "it is empty")),
        Ok(found) => check_length(dir, &path, found.len())?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => create(dir, &path, migrations)?,
        Err(source) => return Err(OpenError::Io { path, source }),
    }
    let mut conn = connect(&path)?;
    check(&conn, &path)?;
    migrate(&mut conn, dir, migrations)?;
    let failed = |e| explain(&path, e);
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON;",
    )
    .map_err(failed)?;
    keep_statements(&conn).map_err(failed)?;
    let epoch = epoch(&conn).map_err(failed)?;
    Ok(Db::new(conn, epoch))
}

/// A connection beside the writer's, for reading only.
pub(super) fn reader(dir: &Path, epoch: &str) -> Result<Db, OpenError> {
    let path = dir.join(FILE);
    let failed = |e| explain(&path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(&path, flags).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;")
        .map_err(failed)?;
    keep_statements(&conn).map_err(failed)?;
    Ok(Db::new(conn, epoch.to_owned()))
}

/// An empty store in memory.
pub(super) fn in_memory() -> Result<Db, OpenError> {
    let path = PathBuf::from(":memory:");
    let failed = |e| explain(&path, e);
    let mut conn = Connection::open_in_memory().map_err(failed)?;
    found(&mut conn, &path, &migrations()?)?;
    conn.execute_batch("PRAGMA foreign_keys = ON;").map_err(failed)?;
    keep_statements(&conn).map_err(failed)?;
    let epoch = epoch(&conn).map_err(failed)?;
    Ok(Db::new(conn, epoch))
}

/// Each statement is compiled once. Without the stability guarantee, SQLite compiles half of ours anew for each new
/// parameter, to look for a better plan in statistics that we do not keep.
fn keep_statements(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(128);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Every released schema change, in order. A released file is never edited.
pub(super) fn migrations() -> Result<Vec<Migration>, OpenError> {
    let files = [
        ("V1__first", include_str!("migrations/V1__first.sql")),
        ("V2__friends", include_str!("migrations/V2__friends.sql")),
        ("V3__accounts", include_str!("migrations/V3__accounts.sql")),
        ("V4__chat", include_str!("migrations/V4__chat.sql")),
    ];
    let made = files.iter().map(|(name, sql)| Migration::unapplied(name, sql));
    made.collect::<Result<_, _>>().map_err(|e| OpenError::System(e.to_string()))
}

/// Makes the file under another name and renames it when it is whole: a crash leaves no half store behind.
fn create(dir: &Path, path: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    if dir.join(format!("{FILE}-wal")).exists() {
        return Err(OpenError::Lost(path.to_owned()));
    }
    let new = dir.join(format!("{FILE}.new"));
    private_file(&new)?;
    let mut conn = connect(&new)?;
    conn.execute_batch("PRAGMA synchronous = FULL;").map_err(|e| explain(&new, e))?;
    found(&mut conn, &new, migrations)?;
    conn.close().map_err(|(_, e)| explain(&new, e))?;
    publish(dir, &new, path)
}

/// The schema and the epoch of an empty database.
fn found(conn: &mut Connection, path: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    run(conn, path, migrations)?;
    conn.execute("INSERT INTO meta (key, value) VALUES ('epoch', '')", []).map_err(|e| explain(path, e))?;
    renew_epoch(conn, path)
}

/// A store that is not what clients know gets 128 random bits of its own.
pub(super) fn renew_epoch(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| OpenError::System(e.to_string()))?;
    let epoch = format!("{:032x}", u128::from_be_bytes(random));
    match conn.execute("UPDATE meta SET value = ?1 WHERE key = 'epoch'", [epoch]) {
        Ok(0) => Err(damaged(path, "it has no epoch")),
        Ok(_) => Ok(()),
        Err(e) => Err(explain(path, e)),
    }
}

fn epoch(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))
}

pub(super) fn connect(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| explain(path, e))?;
    conn.busy_timeout(BUSY).map_err(|e| explain(path, e))?;
    Ok(conn)
}

/// SQLite reads what is missing of a last page as zeros. Only a write-ahead log may still hold the rest of it.
fn check_length(dir: &Path, path: &Path, length: u64) -> Result<(), OpenError> {
    let mut header = [0; 100];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(damaged(path, "it was cut off")),
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
        Ok(()) => {}
    }
    // Bytes 16 and 17 of the format: the size of a page, 1 for 65,536.
    let page = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        size => size.max(512),
    };
    let logged = fs::metadata(dir.join(format!("{FILE}-wal"))).is_ok_and(|log| log.len() > 0);
    if length.is_multiple_of(page) || logged || !header.starts_with(b"SQLite format 3\0") {
        return Ok(());
    }
    match File::open(path).and_then(|mut file| seal::find(&mut file)) {
        Ok(Found::Seal(..) | Found::Newer) => Err(OpenError::Backup(path.to_owned())),
        Ok(Found::Nothing) | Err(_) => Err(damaged(path, "it was cut off")),
    }
}

/// A sound database of ours, or an error.
fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    check_pages(conn, path)?;
    check_ours(conn, path)
}

/// Reads the whole file once.
pub(super) fn check_pages(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let verdict: String =
        conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|e| explain(path, e))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(damaged(path, verdict.lines().last().unwrap_or_default()))
}

/// Whether the database is one of ours.
pub(super) fn check_ours(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let ours = conn
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")
        .and_then(|mut asked| asked.exists([HISTORY]))
        .map_err(|e| explain(path, e))?;
    if ours { Ok(()) } else { Err(OpenError::Foreign(path.to_owned())) }
}

/// Brings the schema up to date, after a copy.
fn migrate(conn: &mut Connection, dir: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    let path = dir.join(FILE);
    let found: i64 = conn
        .query_row(&format!("SELECT coalesce(max(version), 0) FROM {HISTORY}"), [], |row| row.get(0))
        .map_err(|e| explain(&path, e))?;
    let known = migrations.iter().map(|m| i64::from(m.version())).max().unwrap_or(0);
    if found > known {
        return Err(OpenError::Newer { path, found, known });
    }
    if found < known {
        copy(conn, dir, &dir.join(format!("{FILE}.before-V{known}")))?;
    }
    run(conn, &path, migrations)
}

/// Runs what is missing, in one transaction; checks that what was run before is what we know.
fn run(conn: &mut Connection, path: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    use refinery::error::Kind;
    let done = Runner::new(migrations).set_grouped(true).run(conn);
    done.map(drop).map_err(|e| {
        let (path, what) = (path.to_owned(), e.to_string());
        match e.kind() {
            Kind::DivergentVersion(..) | Kind::MissingVersion(_) | Kind::RepeatedVersion(_) => {
                OpenError::Diverged { path, what }
            }
            _ => OpenError::Migration { path, what },
        }
    })
}

/// Copies the database, write-ahead log included, to `to`.
fn copy(conn: &Connection, dir: &Path, to: &Path) -> Result<(), OpenError> {
    let new = dir.join(format!("{FILE}.copy"));
    private_file(&new)?;
    let mut target = connect(&new)?;
    Backup::new(conn, &mut target)
        .and_then(|backup| backup.run_to_completion(1_000, Duration::ZERO, None))
        .map_err(|e| explain(&new, e))?;
    target.close().map_err(|(_, e)| explain(&new, e))?;
    publish(dir, &new, to)
}

/// An empty file, mode 0600, in place of whatever an interrupted start left there.
fn private_file(path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { path: path.to_owned(), source };
    for left in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(left);
        match fs::remove_file(&name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
            Ok(()) | Err(_) => {}
        }
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop).map_err(failed)
}

/// Renames a finished file into place, and waits for the disk.
fn publish(dir: &Path, from: &Path, to: &Path) -> Result<(), OpenError> {
    File::open(from)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(from, to))
        .and_then(|()| File::open(dir)?.sync_all())
        .map_err(|source| OpenError::Io { path: to.to_owned(), source })
}

fn damaged(path: &Path, what: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), what: what.to_owned() }
}

pub(super) fn explain(path: &Path, e: rusqlite::Error) -> OpenError {
    match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path, &e.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked(path.to_owned()),
        _ => OpenError::Sqlite { path: path.to_owned(), what: e.to_string() },
    }
}
