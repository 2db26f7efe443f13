//! The seal of a backup: a last line behind the database, with a digest of all that stands before it. SQLite takes no
//! notice of it; a backup that was cut off has none, and one that rotted has a wrong one.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest as _, Sha256};

/// How every seal begins.
const NAME: &str = "\nqiaoqiao-backup ";

/// The form of backups that this version writes and reads.
const FORM: &str = "1";

/// Name, form, ` sha256 `, the digest in hex, line end.
const LENGTH: usize = NAME.len() + FORM.len() + " sha256 ".len() + 64 + 1;

/// So much is read at once.
const PIECE: usize = 256 * 1_024;

/// SHA-256 of what stands before a seal.
pub(super) type Seal = [u8; 32];

/// What stands at a file's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// No seal.
    Nothing,
    /// The seal of a form that only a newer version reads.
    Newer,
    /// A seal, and the length of what it covers.
    Seal(Seal, u64),
}

/// Seals all that is in `file`.
pub(super) fn put(file: &mut (impl Read + Write + Seek)) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    let digest = pass(file, &mut |_| Ok(()))?;
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    file.seek(SeekFrom::End(0))?;
    file.write_all(format!("{NAME}{FORM} sha256 {hex}\n").as_bytes())
}

/// Looks for a seal; the digest is not compared yet.
pub(super) fn find(file: &mut (impl Read + Seek)) -> io::Result<Found> {
    let length = file.seek(SeekFrom::End(0))?;
    let Some(covered) = length.checked_sub(LENGTH as u64) else { return Ok(Found::Nothing) };
    file.seek(SeekFrom::Start(covered))?;
    let mut end = [0; LENGTH];
    file.read_exact(&mut end)?;
    let words = std::str::from_utf8(&end).ok().and_then(|end| end.strip_prefix(NAME)?.strip_suffix('\n'));
    let Some((form, rest)) = words.and_then(|words| words.split_once(' ')) else { return Ok(Found::Nothing) };
    if form != FORM {
        return Ok(Found::Newer);
    }
    let seal = rest.strip_prefix("sha256 ").and_then(digest);
    Ok(seal.map_or(Found::Nothing, |seal| Found::Seal(seal, covered)))
}

/// Hands over everything piece by piece; the digest of it.
pub(super) fn pass(from: &mut impl Read, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<Seal> {
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(digest.finalize().into()),
            Ok(read) => {
                digest.update(&piece[..read]);
                take(&piece[..read])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn digest(hex: &str) -> Option<Seal> {
    let mut seal = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, at) in seal.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
    }
    Some(seal)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_seal_covers_what_was_there_and_is_found_again() {
        let mut file = Cursor::new(b"all of it".to_vec());
        put(&mut file).unwrap();
        let text = String::from_utf8(file.get_ref().clone()).unwrap();
        assert!(
            text.starts_with("all of it\nqiaoqiao-backup 1 sha256 ") && text.len() == 9 + LENGTH,
            "{text}"
        );
        let Found::Seal(seal, 9) = find(&mut file).unwrap() else { panic!("{text}") };
        assert_eq!(seal, <Seal>::from(Sha256::digest(b"all of it")));
    }

    #[test]
    fn what_is_no_seal_is_not_taken_for_one() {
        let look = |text: &str| find(&mut Cursor::new(text.as_bytes().to_vec())).unwrap();
        let zeros = "0".repeat(64);
        assert_eq!(look(&format!("x\nqiaoqiao-backup 1 sha256 {zeros}\n")), Found::Seal([0; 32], 1));
        assert_eq!(look(&format!("x\nqiaoqiao-backup 2 sha256 {zeros}\n")), Found::Newer);
        for text in [
            String::new(),
            "x".repeat(1_000),
            format!("x\nqiaoqiao-backup 1 sha256 {zeros}"),
            format!("x\nqiaoqiao-backup 1 sha256 {}\n", "g".repeat(64)),
            format!("x\nqiaoqiao-backup 1 sha256 {}\n", "é".repeat(32)),
        ] {
            assert_eq!(look(&text), Found::Nothing, "{text}");
        }
    }
}
