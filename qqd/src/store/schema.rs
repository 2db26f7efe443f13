//! The database's layout and its way from older versions: a copy is made before anything is changed.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use refinery::{Migration, Runner};
use rusqlite::Connection;

use super::open::OpenError;

mod embedded {
    refinery::embed_migrations!("src/store/migrations");
}

/// What every database of this program carries in its header: "qqd1".
const APPLICATION: i32 = 0x7171_6431;

/// A copy from before a migration: this, then the version it has.
const COPY: &str = "qqd.db.v";

/// Every migration of this version.
pub(super) fn migrations() -> Vec<Migration> {
    embedded::migrations::runner().get_migrations().clone()
}

/// Makes an empty database into one of this version.
pub(super) fn create(conn: &mut Connection, migrations: &[Migration]) -> Result<(), OpenError> {
    Runner::new(migrations).run(conn).map(|_| ()).map_err(|error| OpenError::Failed(error.to_string()))
}

/// Brings a database that is there already to this version, keeping a copy in `directory` of how it was.
pub(super) fn update(
    conn: &mut Connection,
    directory: &Path,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let known = migrations.iter().map(Migration::version).max().unwrap_or(0);
    let found = version(conn)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    if found < known {
        copy(conn, directory, found)?;
        create(conn, migrations)?;
    }
    Ok(())
}

/// Refuses a file that is no database of ours.
pub(super) fn check_kind(conn: &Connection) -> Result<(), OpenError> {
    let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application == APPLICATION {
        return Ok(());
    }
    Err(OpenError::Damaged { detail: "it is not a database of qqd".into() })
}

/// Reads every page of the database.
pub(super) fn check_whole(conn: &Connection) -> Result<(), OpenError> {
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged { detail: verdict }) }
}

fn version(conn: &Connection) -> Result<i32, OpenError> {
    const SQL: &str = "SELECT max(version) FROM refinery_schema_history";
    let version: Option<i32> = conn
        .query_row(SQL, [], |row| row.get(0))
        .map_err(|error| OpenError::Damaged { detail: error.to_string() })?;
    version.ok_or_else(|| OpenError::Damaged { detail: "it does not say its version".into() })
}

fn copy(conn: &Connection, directory: &Path, version: i32) -> Result<(), OpenError> {
    let path = directory.join(format!("{COPY}{version}"));
    let partial = directory.join(format!("{COPY}{version}.new"));
    let keep = || -> io::Result<()> {
        fs::set_permissions(&partial, Permissions::from_mode(0o600))?;
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(directory)?.sync_all()
    };
    remove_file(&partial).map_err(OpenError::no_copy)?;
    conn.execute("VACUUM INTO ?1", [partial.to_string_lossy()]).map_err(OpenError::no_copy)?;
    keep().map_err(OpenError::no_copy)?;
    tracing::info!(copy = %path.display(), "the database as it was before its migration is kept");
    Ok(())
}

/// Removes the copies: they hold what a wipe is to remove.
pub(super) fn remove_copies(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(COPY) {
            remove_file(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file that may not be there.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
