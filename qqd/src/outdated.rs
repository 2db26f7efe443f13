//! Noticing that another `qqd` was installed over the one that runs: the kernel tells of each file that comes into its
//! directory (inotify(7)); without one nothing wakes up.

use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, io};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;
use tokio::time::timeout;

/// How long the new program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(2);
/// No version has more characters.
const VERSION_MAX: usize = 32;

/// Watches over this program's file. Where that cannot be done it stays silent: a newer program that says `hello` tells, too.
#[derive(Debug)]
pub(crate) struct Outdated {
    watched: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    /// A pipe's end is tokio's safe way to wait for any descriptor and read(2) from it.
    source: Receiver,
    path: PathBuf,
    /// The file that runs, or the one that was noticed last.
    known: File,
}

/// Which file it is: device, inode, size, and when it was written.
type File = (u64, u64, u64, (i64, i64));

fn file(path: &Path) -> io::Result<File> {
    let file = fs::metadata(path)?;
    Ok((file.dev(), file.ino(), file.size(), (file.mtime(), file.mtime_nsec())))
}

impl Outdated {
    pub(crate) fn new() -> Self {
        let watched = env::current_exe().and_then(|path| Watched::new(&path));
        if let Err(error) = &watched {
            tracing::debug!(%error, "nobody looks whether another qqd is installed");
        }
        Self { watched: watched.ok() }
    }

    /// Another one was installed: where. May be dropped and called again without losing one.
    pub(crate) async fn noticed(&mut self) -> PathBuf {
        let Some(watched) = &mut self.watched else { return std::future::pending().await };
        match watched.replaced().await {
            Ok(()) => watched.path.clone(),
            Err(error) => {
                tracing::debug!(%error, "nobody looks any more whether another qqd is installed");
                self.watched = None;
                std::future::pending().await
            }
        }
    }
}

impl Watched {
    fn new(path: &Path) -> io::Result<Self> {
        let directory = path.parent().ok_or(io::ErrorKind::NotFound)?;
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let come = AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_CLOSE_WRITE | AddWatchFlags::IN_ONLYDIR;
        inotify.add_watch(directory, come)?;
        let source = Receiver::from_owned_fd_unchecked(OwnedFd::from(inotify))?;
        Ok(Self { source, path: path.to_owned(), known: file(path)? })
    }

    /// Waits until another file has this program's name. May be dropped and called again without losing one.
    async fn replaced(&mut self) -> io::Result<()> {
        // At least one event with the longest name (inotify(7)); which it is does not matter, the file is looked at.
        let mut told = [0; 4096];
        loop {
            // A file that is not there just now is none that could be started instead.
            if let Some(there) = file(&self.path).ok().filter(|there| *there != self.known) {
                self.known = there;
                return Ok(());
            }
            self.source.readable().await?;
            match self.source.try_read(&mut told) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
    }
}

/// What `qqd --version` says, if it says one.
pub(crate) async fn version(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let version = said.trim().strip_prefix("qqd ")?;
    let fits = version.starts_with(|c: char| c.is_ascii_digit())
        && version.len() <= VERSION_MAX
        && version.chars().all(|c| c.is_ascii_graphic());
    (fits && output.status.success()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_file_that_takes_the_programs_place_is_noticed_and_other_files_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qqd");
        fs::write(&path, "the old one").unwrap();
        let mut watched = Watched::new(&path).unwrap();
        let new = dir.path().join("qqd.new");
        fs::write(&new, "#!/bin/sh\necho qqd 7.8.9\n").unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(timeout(Duration::from_millis(50), watched.replaced()).await.is_err(), "another name");
        fs::rename(&new, &path).unwrap();
        timeout(Duration::from_secs(10), watched.replaced()).await.unwrap().unwrap();
        assert_eq!(version(&path).await.as_deref(), Some("7.8.9"));
    }

    #[tokio::test]
    async fn what_says_no_version_has_none() {
        assert_eq!(version(Path::new("/bin/true")).await, None);
        assert_eq!(version(Path::new("/nowhere/qqd")).await, None);
    }
}
