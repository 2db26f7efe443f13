//! Where the daemon listens: a directory that is the user's alone, a lock in it, and a socket that nobody else
//! answers on. It refuses rather than repairs.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{GenericFilePath, ListenerOptions};
use interprocess::os::unix::local_socket::ListenerOptionsExt;
use interprocess::os::unix::uds_local_socket::tokio::Listener;
use listenfd::ListenFd;
use nix::unistd::geteuid;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

/// Why the daemon does not listen.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another daemon is there.
    #[error("another qqd serves {}{}; end it first, or give this one a directory of its own with --socket PATH", path.display(), by(pid))]
    Taken {
        /// The socket.
        path: PathBuf,
        /// Its process id, if it is known.
        pid: Option<u32>,
    },
    /// The place is not safe, or cannot be one.
    #[error("{0}")]
    Unfit(String),
    /// The system says no.
    #[error("{what} {}: {error}", path.display())]
    Failed {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

fn by(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl Refusal {
    fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Failed { what, path, error }
    }
}

/// A place to listen that nobody else has. Dropping it lets the next daemon in; the listener must be gone before.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    inherited: Option<OwnedFd>,
    /// The lock is held as long as the file is open.
    _lock: File,
}

impl Place {
    /// Takes the place of the socket `path`: checks or makes its directory and locks it.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn take(path: &Path) -> Result<Self, Refusal> {
        let path = std::path::absolute(path).map_err(Refusal::failed("cannot tell where is", path))?;
        let lock = lock(&path)?;
        Ok(Self { path, inherited: None, _lock: lock })
    }

    /// Takes the place of a socket that the service manager has opened (`LISTEN_FDS`), if it has.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn inherit() -> Result<Option<Self>, Refusal> {
        let refused = |error| Refusal::Unfit(format!("the inherited socket is of no use: {error}"));
        let Some(socket) = ListenFd::from_env().take_unix_listener(0).map_err(refused)? else {
            return Ok(None);
        };
        if !SockRef::from(&socket).is_listener().map_err(refused)? {
            return Err(Refusal::Unfit(
                "the inherited socket does not listen; its unit needs Accept=no".into(),
            ));
        }
        let address = socket.local_addr().map_err(refused)?;
        let Some(path) = address.as_pathname().map(Path::to_owned) else {
            return Err(Refusal::Unfit(
                "the inherited socket has no path; abstract sockets are open to everybody and refused".into(),
            ));
        };
        let lock = lock(&path)?;
        let own = fs::symlink_metadata(&path).map_err(Refusal::failed("cannot look at", &path))?;
        if own.permissions().mode() & 0o777 != 0o600 {
            let private = fs::set_permissions(&path, Permissions::from_mode(0o600));
            private.map_err(Refusal::failed("cannot make private", &path))?;
        }
        Ok(Some(Self { path, inherited: Some(socket.into()), _lock: lock }))
    }

    /// The socket's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the socket at `path` and its directory still are the user's alone.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn look(path: &Path) -> Result<(), Refusal> {
        let Some(directory) = path.parent() else {
            return Err(Refusal::Unfit(format!("{} is no path of a socket", path.display())));
        };
        is_private(directory)?;
        let found = fs::symlink_metadata(path).map_err(Refusal::failed("cannot look at", path))?;
        let (shown, mode) = (path.display(), found.mode() & 0o7777);
        if !found.file_type().is_socket() {
            return Err(Refusal::Unfit(format!("{shown} is no socket any more")));
        }
        if mode & 0o077 != 0 || found.uid() != geteuid().as_raw() {
            return Err(Refusal::Unfit(format!("{shown} is open to other users (mode {mode:04o})")));
        }
        Ok(())
    }

    /// Listens. A socket that is left over is removed if nobody answers on it; our own is removed when the listener
    /// is dropped, an inherited one is not.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn listen(&mut self) -> Result<Listener, Refusal> {
        if let Some(inherited) = self.inherited.take() {
            return Listener::try_from(inherited).map_err(Refusal::failed("cannot listen on", &self.path));
        }
        self.clear()?;
        let failed = || Refusal::failed("cannot listen on", &self.path);
        let name = self.path.as_path().to_fs_name::<GenericFilePath>().map_err(failed())?;
        ListenerOptions::new().name(name).mode(0o600).create_tokio_as::<Listener>().map_err(failed())
    }

    /// Removes a stale socket.
    fn clear(&self) -> Result<(), Refusal> {
        let path = &self.path;
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(Refusal::failed("cannot look at", path))?,
        };
        if !found.file_type().is_socket() {
            let path = path.display();
            return Err(Refusal::Unfit(format!("{path} is there and is no socket; it was left alone")));
        }
        if answers(path).map_err(Refusal::failed("cannot try", path))? {
            return Err(Refusal::Taken { path: path.clone(), pid: None });
        }
        fs::remove_file(path).map_err(Refusal::failed("cannot remove the stale socket", path))
    }
}

/// Somebody listens there, even if there is no room in the queue at the moment.
fn answers(path: &Path) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => Ok(false),
        _ => Ok(true),
    }
}

/// Checks or makes the socket's directory and locks it for one daemon.
fn lock(socket: &Path) -> Result<File, Refusal> {
    let Some(directory) = socket.parent() else {
        return Err(Refusal::Unfit(format!("{} is no path of a socket", socket.display())));
    };
    private(directory)?;
    let mut name = socket.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let path = directory.join(name);
    let failed = || Refusal::failed("cannot lock", &path);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.custom_flags(nix::libc::O_NOFOLLOW).open(&path).map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let pid = io::read_to_string(&file).ok().and_then(|pid| pid.trim().parse().ok());
            return Err(Refusal::Taken { path: socket.to_owned(), pid });
        }
        Err(fs::TryLockError::Error(error)) => return Err(failed()(error)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed())?;
    Ok(file)
}

/// The directory is there, the user's own, and closed to everybody else.
fn private(directory: &Path) -> Result<(), Refusal> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(Refusal::failed("cannot make the directory", directory)(error));
        }
        _ => {}
    }
    is_private(directory)
}

/// The directory is the user's own, and closed to everybody else.
fn is_private(directory: &Path) -> Result<(), Refusal> {
    let found = fs::symlink_metadata(directory).map_err(Refusal::failed("cannot look at", directory))?;
    let unfit = |what: String| Err(Refusal::Unfit(format!("{} {what}", directory.display())));
    if !found.is_dir() {
        return unfit("is no directory; qqd's socket needs one that is its user's alone".into());
    }
    let (owner, user) = (found.uid(), geteuid().as_raw());
    if owner != user {
        return unfit(format!(
            "belongs to user {owner}, not to you (user {user}); name a directory of your own with --socket PATH"
        ));
    }
    let mode = found.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return unfit(format!(
            "is open to other users (mode {mode:04o}); close it with chmod 700, or name another with --socket PATH"
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
