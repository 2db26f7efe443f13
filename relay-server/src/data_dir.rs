//! The data directory: where it is, that it is there and private, who may use it, and as whom. Nothing in it is
//! read or written here but its lock.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, getegid, geteuid, getgroups, setegid, seteuid, setgid, setgroups, setuid};

/// The system's place, used where it exists.
const SYSTEM: &str = "/var/lib/relay-server";

const NAME: &str = "relay-server";

/// Why the data directory cannot be used. Each is a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, and this command does not make one.
    #[error(
        "there is no data directory at `{0}`; `relay-server up`, `relay-server serve` or `relay-server account add` \
         makes one, or name another with `--data`"
    )]
    Missing(PathBuf),
    /// Something else has its name.
    #[error("`{0}` is no directory; name another with `--data`")]
    NoDirectory(PathBuf),
    /// It holds other things and others can read it.
    #[error(
        "`{0}` holds other files and is open to other users; name another directory with `--data`, or \
         `chmod 700` this one if it is meant"
    )]
    NotPrivate(PathBuf),
    /// A server, or another command, has locked it.
    #[error("the data directory `{0}` is in use by another relay-server")]
    InUse(PathBuf),
    /// The operating system refused.
    #[error("the data directory `{path}` cannot be used: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The privileges of root could not be given up.
    #[error("running as the owner of `{path}` is not possible: {source}")]
    Privileges {
        /// Whose owner.
        path: PathBuf,
        /// Why.
        source: nix::Error,
    },
}

/// A data directory that is there and private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// Held as long as this process uses the directory; the kernel lets go of it however the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Where the data directory is: `explicit` (`--data`), else `$STATE_DIRECTORY` (of systemd, the first of several),
/// else `/var/lib/relay-server` where it exists, else `$XDG_DATA_HOME/relay-server`.
pub fn find(explicit: Option<&Path>) -> PathBuf {
    find_in(explicit, |name| env::var_os(name), Path::new(SYSTEM))
}

fn find_in(explicit: Option<&Path>, var: impl Fn(&str) -> Option<OsString>, system: &Path) -> PathBuf {
    if let Some(explicit) = explicit {
        return explicit.to_owned();
    }
    let set = |name: &str| var(name).filter(|value| !value.is_empty());
    let state = set("STATE_DIRECTORY");
    if let Some(state) = state.and_then(|list| env::split_paths(&list).find(|path| path.is_absolute())) {
        return state;
    }
    if system.exists() {
        return system.to_owned();
    }
    let data = set("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let data = data.or_else(|| set("HOME").map(|home| Path::new(&home).join(".local/share")));
    data.map_or_else(|| system.to_owned(), |data| data.join(NAME))
}

/// Takes the directory, made where `create` says so, with mode 0700.
pub fn open(path: &Path, create: bool) -> Result<DataDir, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => return Err(Error::NoDirectory(path.to_owned())),
        Ok(found) => keep_private(path, found.mode())?,
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
        Err(_) if !create => return Err(Error::Missing(path.to_owned())),
        Err(_) => DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?,
    }
    Ok(DataDir(path.to_owned()))
}

/// Closes our own directory to others; somebody's home or `/tmp`, named by mistake, is left as it is and refused.
fn keep_private(path: &Path, mode: u32) -> Result<(), Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let ours = path.join(crate::store::FILE).exists();
    if !ours && fs::read_dir(path).map_err(failed)?.next().is_some() {
        return Err(Error::NotPrivate(path.to_owned()));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed)
}

/// As root, becomes the directory's owner, for the whole process and for good; as anybody else (or if root owns it)
/// nothing happens. Call it before any file in it is made and before any other thread matters.
pub fn drop_privileges(path: &Path) -> Result<(), Error> {
    let owner = fs::metadata(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    if !geteuid().is_root() || owner.uid() == 0 {
        return Ok(());
    }
    let group = Gid::from_raw(owner.gid());
    setgroups(&[group])
        .and_then(|()| setgid(group))
        .and_then(|()| setuid(Uid::from_raw(owner.uid())))
        .map_err(|source| Error::Privileges { path: path.to_owned(), source })
}

/// As root, does something with the rights of the directory's owner alone, and is root again after it; as anybody
/// else (or if root owns it) just does it. For what touches both the directory and files that only root may write.
pub fn as_owner<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T, Error> {
    let owner = fs::metadata(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    if !geteuid().is_root() || owner.uid() == 0 {
        return Ok(work());
    }
    let failed = |source| Error::Privileges { path: path.to_owned(), source };
    let (group, groups) = (getegid(), getgroups().map_err(failed)?);
    let owners = Gid::from_raw(owner.gid());
    setgroups(&[owners])
        .and_then(|()| setegid(owners))
        .and_then(|()| seteuid(Uid::from_raw(owner.uid())))
        .map_err(failed)?;
    let done = work();
    seteuid(Uid::from_raw(0))
        .and_then(|()| setegid(group))
        .and_then(|()| setgroups(&groups))
        .map_err(failed)?;
    Ok(done)
}

impl DataDir {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The socket on which a running server takes the administrator's wishes.
    pub fn socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }

    /// Takes the directory for this process alone; [`Error::InUse`] if another has it.
    pub fn lock(&self) -> Result<Lock, Error> {
        let path = self.0.join("lock");
        let failed = |source| Error::Io { path: path.clone(), source };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(self.0.clone())),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    fn vars(set: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    #[test]
    fn the_data_directory_is_looked_for_in_the_documented_order() {
        let (there, nowhere) = (Path::new("/"), Path::new("/nowhere"));
        let all = || vars(&[("STATE_DIRECTORY", "/s:/t"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")]);
        let home = || vars(&[("STATE_DIRECTORY", ""), ("HOME", "/h")]);
        let found = |path: PathBuf| path.to_str().unwrap().to_owned();
        assert_eq!(found(find_in(Some(Path::new("here")), all(), there)), "here");
        assert_eq!(found(find_in(None, all(), there)), "/s");
        assert_eq!(found(find_in(None, home(), there)), "/");
        let xdg = vars(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")]);
        assert_eq!(found(find_in(None, xdg, nowhere)), "/x/relay-server");
        assert_eq!(found(find_in(None, home(), nowhere)), "/h/.local/share/relay-server");
        let relative = vars(&[("XDG_DATA_HOME", "x"), ("HOME", "/h")]);
        assert_eq!(found(find_in(None, relative, nowhere)), "/h/.local/share/relay-server");
        assert_eq!(found(find_in(None, vars(&[]), nowhere)), "/nowhere");
    }

    #[test]
    fn only_a_command_that_may_make_a_data_directory_makes_one() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b");
        let sentence = open(&path, false).unwrap_err().to_string();
        assert!(sentence.contains(path.to_str().unwrap()) && sentence.contains("--data"), "{sentence}");
        assert!(!path.exists());
        let dir = open(&path, true).unwrap();
        assert_eq!(fs::metadata(dir.path()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(dir.socket(), path.join("admin.sock"));
        assert_eq!(open(&path, false).unwrap(), dir);
    }

    #[test]
    fn a_file_in_its_place_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(matches!(open(&path, true), Err(Error::NoDirectory(_))));
    }

    #[test]
    fn our_directory_is_closed_to_others_but_tmp_named_by_mistake_is_not_touched() {
        let temp = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let open_up = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        open_up(temp.path());
        open(temp.path(), true).unwrap();
        assert_eq!(mode(temp.path()), 0o700);
        fs::write(temp.path().join(crate::store::FILE), "x").unwrap();
        open_up(temp.path());
        open(temp.path(), false).unwrap();
        assert_eq!(mode(temp.path()), 0o700);
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("letter"), "x").unwrap();
        open_up(other.path());
        assert!(matches!(open(other.path(), true), Err(Error::NotPrivate(_))));
        assert_eq!(mode(other.path()), 0o755);
    }

    #[test]
    fn a_locked_directory_is_in_use_until_its_holder_lets_go() {
        let temp = tempfile::tempdir().unwrap();
        let dir = open(temp.path(), true).unwrap();
        let lock = dir.lock().unwrap();
        assert_eq!(fs::metadata(temp.path().join("lock")).unwrap().mode() & 0o777, 0o600);
        let sentence = dir.lock().unwrap_err().to_string();
        assert!(sentence.contains("in use"), "{sentence}");
        drop(lock);
        wait_for_lock(&dir);
    }

    /// Another test's child may have inherited the descriptor for a moment.
    fn wait_for_lock(dir: &DataDir) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while dir.lock().is_err() {
            assert!(Instant::now() < deadline, "the lock is free again within 10 s");
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_lock_is_free_again_when_its_holder_is_killed() {
        let temp = tempfile::tempdir().unwrap();
        let dir = open(temp.path(), true).unwrap();
        drop(dir.lock().unwrap());
        let file = temp.path().join("lock");
        let mut holder =
            Command::new("flock").arg("--no-fork").arg(&file).args(["sleep", "60"]).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while dir.lock().is_ok() {
            assert!(Instant::now() < deadline, "`flock` has the lock within 10 s");
            std::thread::yield_now();
        }
        holder.kill().unwrap();
        holder.wait().unwrap();
        wait_for_lock(&dir);
    }

    /// Giving up root cannot be undone in this process: a child, which is this test again, does it.
    #[test]
    fn as_root_the_relay_runs_as_the_owner_of_its_directory() {
        const CHILD: &str = "RELAY_TEST_DROP";
        if let Some(path) = env::var_os(CHILD) {
            drop_privileges(Path::new(&path)).unwrap();
            assert_eq!(geteuid(), Uid::from_raw(fs::metadata(&path).unwrap().uid()));
            assert!(setuid(Uid::from_raw(0)).is_err() || Uid::current().is_root());
            fs::write(Path::new(&path).join("done"), "").unwrap();
            return;
        }
        let temp = tempfile::tempdir().unwrap();
        if geteuid().is_root() {
            std::os::unix::fs::chown(temp.path(), Some(65_534), Some(65_534)).unwrap();
        }
        let name = "data_dir::tests::as_root_the_relay_runs_as_the_owner_of_its_directory";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD, temp.path())
            .status()
            .unwrap();
        assert!(child.success());
        let done = fs::metadata(temp.path().join("done")).unwrap();
        assert_eq!(done.uid(), fs::metadata(temp.path()).unwrap().uid());
    }
}
