//! Passwords that this daemon made itself because nobody chose one: a 0600 file for each account beside its token, and one
//! for each try to join whose end is not known yet. Their content is never logged.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use relay_schema::Secret;
use sha2::{Digest, Sha256};

use super::schema::remove_file;
use super::token_file::{read, write};
use crate::core::op::{Offer, StoreError, Ticket};

/// The file of an account's random password: this, then 32 hexadecimal digits that stand for its local name.
const KEPT: &str = "password.";
/// The file of a try to join: this, then 32 hexadecimal digits that stand for its ticket.
const JOINING: &str = "joining.";
/// The last line of a try to join: what is cut off before it is none.
const END: &str = "end";
/// Nobody comes back to a try that is older: no invitation lives so long by itself.
const JOINING_MAX: Duration = Duration::from_secs(90 * 24 * 3_600);

/// Keeps an account's random password: when this returns, it survives a pulled plug.
pub(super) fn keep(directory: &Path, whose: &str, password: &Secret) -> Result<(), StoreError> {
    write(directory, &kept(whose), password).map_err(unwritten)
}

/// The kept password, if there is one.
pub(super) fn load(directory: &Path, whose: &str) -> Result<Option<Secret>, StoreError> {
    absent(read(&directory.join(kept(whose))))
}

/// Whether a password is kept for the account.
pub(super) fn is_kept(directory: &Path, whose: &str) -> bool {
    directory.join(kept(whose)).exists()
}

/// Removes it for good.
pub(super) fn forget(directory: &Path, whose: &str) -> Result<(), StoreError> {
    remove(directory, &kept(whose))
}

/// What is kept for a try to join; where nothing is, the offer is kept from now on.
pub(super) fn begin_join(directory: &Path, ticket: &Ticket, offer: &Offer) -> Result<Offer, StoreError> {
    let name = joining(ticket);
    if let Some(offer) = absent(read(&directory.join(&name)))?.and_then(|text| parse(&text)) {
        return Ok(offer);
    }
    let password = offer.password.as_ref().map(Secret::expose).unwrap_or_default();
    let text = Secret::new(format!("{}\n{password}\n{END}", offer.device));
    write(directory, &name, &text).map_err(unwritten)?;
    Ok(offer.clone())
}

/// The try is over.
pub(super) fn end_join(directory: &Path, ticket: &Ticket) -> Result<(), StoreError> {
    remove(directory, &joining(ticket))
}

/// Removes the passwords of those who are not known here (`known`, local names), for a try to join that got further
/// writes its own again, and the tries of long ago.
pub(super) fn tidy(directory: &Path, known: &[String]) -> io::Result<()> {
    let owned: Vec<String> = known.iter().map(|local| kept(local)).collect();
    let long_ago = SystemTime::now().checked_sub(JOINING_MAX).unwrap_or(SystemTime::UNIX_EPOCH);
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let found = entry.file_name();
        let found = found.to_string_lossy();
        let ownerless = found.starts_with(KEPT) && !owned.iter().any(|owned| *owned == found);
        let old = found.starts_with(JOINING) && entry.metadata()?.modified()? < long_ago;
        if ownerless || old {
            remove_file(&entry.path())?;
        }
    }
    File::open(directory)?.sync_all()
}

fn remove(directory: &Path, name: &str) -> Result<(), StoreError> {
    let path = directory.join(name);
    if !path.exists() {
        return Ok(());
    }
    remove_file(&path)
        .and_then(|()| File::open(directory)?.sync_all())
        .map_err(|error| StoreError::Full(format!("a password that was kept could not be removed: {error}")))
}

fn parse(text: &Secret) -> Option<Offer> {
    let (device, rest) = text.expose().split_once('\n')?;
    let (password, END) = rest.split_once('\n')? else { return None };
    let password = (!password.is_empty()).then(|| Secret::new(password.to_owned()));
    Some(Offer { device: device.to_owned(), password })
}

fn absent(found: io::Result<Option<Secret>>) -> Result<Option<Secret>, StoreError> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => {
            found.map_err(|error| StoreError::Failed(format!("a kept password could not be read: {error}")))
        }
    }
}

fn unwritten(error: io::Error) -> StoreError {
    StoreError::Full(format!("the password could not be written: {error}"))
}

fn kept(local: &str) -> String {
    name(KEPT, &[local.as_bytes()])
}

fn joining(ticket: &Ticket) -> String {
    let asked = ticket.name.as_deref().unwrap_or_default();
    name(JOINING, &[ticket.code.expose().as_bytes(), b"\n", asked.as_bytes()])
}

fn name(prefix: &str, parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().iter().take(16).fold(prefix.to_owned(), |name, byte| format!("{name}{byte:02x}"))
}
