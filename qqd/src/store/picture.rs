//! Avatars: files `pictures/HASH.png` and `.jpg` beside the database, 0600, as they came and never decoded. A cache: the
//! oldest give way, and what is missing or not what its name says is fetched again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::libc::O_NONBLOCK;

use super::schema::remove_file;
use crate::core::op::{Done, Picture, PictureFault, StoreError};
use crate::core::picture::{MAX_BYTES, is_hash};

/// Where they lie, in the data directory.
const DIRECTORY: &str = "pictures";
/// The most files.
const FILES_MAX: usize = 10_000;
/// What a file is called behind its dot while it is written.
const PARTIAL: &str = "new";

/// The file of an avatar, if it is here and is that one.
pub(super) fn find(directory: &Path, hash: &str) -> Result<Done, StoreError> {
    if !is_hash(hash) {
        return Ok(Done::PicturePath(None));
    }
    let found = files(directory, hash)
        .into_iter()
        .find(|path| read(path).is_ok_and(|picture| picture.hash() == hash));
    Ok(Done::PicturePath(found.map(|path| path.to_string_lossy().into_owned())))
}

/// The files that may be the avatar of this name.
pub(super) fn files(directory: &Path, hash: &str) -> [PathBuf; 2] {
    ["png", "jpg"].map(|extension| path(directory, hash, extension))
}

/// Keeps an avatar in its file.
pub(super) fn keep(directory: &Path, picture: &Picture) -> Result<Done, StoreError> {
    let path = path(directory, picture.hash(), picture.extension());
    write(directory, &path, picture.body(), FILES_MAX)
        .map_err(|error| StoreError::Full(format!("the picture could not be kept: {error}")))?;
    Ok(Done::PicturePath(Some(path.to_string_lossy().into_owned())))
}

/// Reads a file that is to be an avatar. A pipe or device is not waited for.
pub(super) fn read(path: &Path) -> Result<Picture, PictureFault> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => PictureFault::Missing,
        _ => PictureFault::Unreadable(error.to_string()),
    };
    let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if !found.is_file() {
        return Err(PictureFault::NoFile);
    }
    if found.len() > MAX_BYTES as u64 {
        return Err(PictureFault::TooBig(found.len()));
    }
    let mut body = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut body).map_err(unreadable)?;
    Picture::new(body)
}

/// Removes them all.
pub(super) fn remove_all(directory: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(directory.join(DIRECTORY)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Full(format!("the pictures could not be removed: {error}")))
        }
        _ => Ok(()),
    }
}

fn path(directory: &Path, hash: &str, extension: &str) -> PathBuf {
    directory.join(DIRECTORY).join(format!("{hash}.{extension}"))
}

/// Under another name first: a file that is there is whole. It need not survive a pulled plug.
fn write(directory: &Path, path: &Path, body: &[u8], most: usize) -> io::Result<()> {
    let pictures = directory.join(DIRECTORY);
    DirBuilder::new().recursive(true).mode(0o700).create(&pictures)?;
    make_room(&pictures, most)?;
    let partial = path.with_extension(PARTIAL);
    remove_file(&partial)?;
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(body)?;
    drop::<File>(file);
    fs::rename(&partial, path)
}

/// The oldest files give way to a new one.
fn make_room(pictures: &Path, most: usize) -> io::Result<()> {
    let count = fs::read_dir(pictures)?.count();
    if count < most {
        return Ok(());
    }
    let mut files = Vec::with_capacity(count);
    for entry in fs::read_dir(pictures)? {
        let entry = entry?;
        let age = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        files.push((age, entry.path()));
    }
    files.sort();
    let over = (files.len() + 1).saturating_sub(most);
    files.iter().take(over).try_for_each(|(_, path)| remove_file(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn png(number: u8) -> Picture {
        Picture::new([b"\x89PNG\r\n\x1a\n".as_slice(), &[number; 4]].concat()).unwrap()
    }

    fn found(directory: &Path, hash: &str) -> Option<PathBuf> {
        match find(directory, hash).unwrap() {
            Done::PicturePath(path) => path.map(PathBuf::from),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_avatar_is_kept_for_the_user_alone_and_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let picture = png(1);
        assert_eq!(found(directory.path(), picture.hash()), None);
        keep(directory.path(), &picture).unwrap();
        let path = found(directory.path(), picture.hash()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), picture.body());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.extension().unwrap(), "png");

        fs::write(&path, b"\x89PNG\r\n\x1a\nanother").unwrap();
        assert_eq!(found(directory.path(), picture.hash()), None, "its name does not fit any more");
        assert_eq!(found(directory.path(), "../qqd"), None);
        remove_all(directory.path()).unwrap();
        assert!(!path.exists());
        remove_all(directory.path()).unwrap();
    }

    #[test]
    fn the_oldest_avatars_give_way() {
        let directory = tempfile::tempdir().unwrap();
        for number in 0..5_u8 {
            let picture = png(number);
            let path = path(directory.path(), picture.hash(), "png");
            write(directory.path(), &path, picture.body(), 3).unwrap();
            let age = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000 + u64::from(number));
            File::open(&path).unwrap().set_modified(age).unwrap();
        }
        let here = (0..5).map(|number| found(directory.path(), png(number).hash()).is_some());
        assert_eq!(here.collect::<Vec<_>>(), [false, false, true, true, true]);
    }

    #[test]
    fn what_is_no_avatar_is_said_and_nothing_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, body: &[u8]| {
            let path = directory.path().join(name);
            fs::write(&path, body).unwrap();
            path
        };
        assert_eq!(read(&directory.path().join("none")), Err(PictureFault::Missing));
        assert_eq!(read(directory.path()), Err(PictureFault::NoFile));
        assert_eq!(read(&file("text", b"hello")), Err(PictureFault::NoPicture));
        assert_eq!(read(&file("big", &[0; 40_000])), Err(PictureFault::TooBig(40_000)));
        let pipe = directory.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(read(&pipe), Err(PictureFault::NoFile));
        assert_eq!(read(&file("ok.png", png(1).body())).unwrap(), png(1));
    }
}
