//! The device tokens: one 0600 file for each account beside the database, replaced only by a whole new one. Their content
//! is never logged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use relay_schema::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::schema::remove_file;
use crate::core::op::StoreError;

/// COMPAT: the only token's file, before there could be several accounts.
const SINGLE: &str = "token";
/// A token's file: this, then 32 hexadecimal digits that stand for the account's local name, which may be longer than a
/// file's name.
const PREFIX: &str = "token.";
/// What a file is called behind its name while it is written.
const PARTIAL: &str = ".new";

/// No token is longer; a file that is, is none.
const MAX_BYTES: usize = 4096;

/// Keeps the token: when this returns, it survives a pulled plug; if it fails, the old one is still there.
pub(super) fn save(directory: &Path, whose: &str, token: &Secret) -> Result<(), StoreError> {
    write(directory, &name(whose), token)
        .map_err(|error| StoreError::Full(format!("the login token could not be written: {error}")))
}

/// Reads the token, if there is one.
pub(super) fn load(directory: &Path, whose: &str) -> Result<Option<Secret>, StoreError> {
    match read(&directory.join(name(whose))) {
        Ok(token) => Ok(token),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Failed(format!("the login token could not be read: {error}"))),
    }
}

/// Removes it for good.
pub(super) fn remove(directory: &Path, whose: &str) -> Result<(), StoreError> {
    let name = name(whose);
    let remove = || -> io::Result<()> {
        remove_file(&directory.join(format!("{name}{PARTIAL}")))?;
        remove_file(&directory.join(&name))?;
        File::open(directory)?.sync_all()
    };
    remove().map_err(|error| StoreError::Full(format!("the login token could not be removed: {error}")))
}

/// Gives the token of before there could be several accounts to the one that was logged in then, and removes what is no
/// token of anybody who is logged in now (`present`, local names): a login was cut off before it was on disk.
pub(super) fn tidy(directory: &Path, present: &[String]) -> io::Result<()> {
    let single = directory.join(SINGLE);
    if let ([only], true) = (present, single.exists()) {
        let own = directory.join(name(only));
        if !own.exists() {
            fs::rename(&single, own)?;
        }
    }
    let owned: Vec<String> = present.iter().map(|local| name(local)).collect();
    for entry in fs::read_dir(directory)? {
        let found = entry?.file_name();
        let found = found.to_string_lossy();
        if (found == SINGLE || found.starts_with(PREFIX)) && !owned.iter().any(|owned| *owned == found) {
            remove_file(&directory.join(&*found))?;
        }
    }
    File::open(directory)?.sync_all()
}

/// The name of an account's file.
pub(super) fn name(local: &str) -> String {
    let digest = Sha256::digest(local.as_bytes());
    digest.iter().take(16).fold(PREFIX.to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// Writes a 0600 file that is either whole or not there, and survives a pulled plug.
pub(super) fn write(directory: &Path, name: &str, secret: &Secret) -> io::Result<()> {
    let partial = directory.join(format!("{name}{PARTIAL}"));
    remove_file(&partial)?;
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(secret.expose().as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, directory.join(name))?;
    File::open(directory)?.sync_all()
}

/// Reads such a file; none if it holds nothing that was written there.
pub(super) fn read(path: &Path) -> io::Result<Option<Secret>> {
    let file = File::open(path)?;
    // Room for the whole token at once: growing would leave copies of it behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES + 1));
    match file.take(MAX_BYTES as u64 + 1).read_to_string(&mut text) {
        Ok(length) if (1..=MAX_BYTES).contains(&length) => Ok(Some(Secret::new(text.trim().to_owned()))),
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(error),
        _ => {
            tracing::warn!(path = %path.display(), "a file that should hold a secret of this program holds none");
            Ok(None)
        }
    }
}
