//! The device token: one 0600 file beside the database, replaced only by a whole new one. Its content is never logged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use relay_schema::Secret;
use zeroize::Zeroizing;

use super::schema::remove_file;
use crate::core::op::StoreError;

const NAME: &str = "token";
const PARTIAL: &str = "token.new";

/// No token is longer; a file that is, is none.
const MAX_BYTES: usize = 4096;

/// Keeps the token: when this returns, it survives a pulled plug; if it fails, the old one is still there.
pub(super) fn save(directory: &Path, token: &Secret) -> Result<(), StoreError> {
    write(directory, token)
        .map_err(|error| StoreError::Full(format!("the login token could not be written: {error}")))
}

/// Reads the token, if there is one.
pub(super) fn load(directory: &Path) -> Result<Option<Secret>, StoreError> {
    match read(&directory.join(NAME)) {
        Ok(token) => Ok(token),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Failed(format!("the login token could not be read: {error}"))),
    }
}

/// Removes it for good.
pub(super) fn remove(directory: &Path) -> Result<(), StoreError> {
    let remove = || -> io::Result<()> {
        remove_file(&directory.join(PARTIAL))?;
        remove_file(&directory.join(NAME))?;
        File::open(directory)?.sync_all()
    };
    remove().map_err(|error| StoreError::Full(format!("the login token could not be removed: {error}")))
}

fn write(directory: &Path, token: &Secret) -> io::Result<()> {
    let partial = directory.join(PARTIAL);
    remove_file(&partial)?;
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(token.expose().as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, directory.join(NAME))?;
    File::open(directory)?.sync_all()
}

fn read(path: &Path) -> io::Result<Option<Secret>> {
    let file = File::open(path)?;
    // Room for the whole token at once: growing would leave copies of it behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES + 1));
    match file.take(MAX_BYTES as u64 + 1).read_to_string(&mut text) {
        Ok(length) if (1..=MAX_BYTES).contains(&length) => Ok(Some(Secret::new(text.trim().to_owned()))),
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(error),
        _ => {
            tracing::warn!("the login token's file holds no token; the password will be asked for");
            Ok(None)
        }
    }
}
