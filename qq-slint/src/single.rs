//! One window program a user: the first listens on `$XDG_RUNTIME_DIR/qqd/window.sock`, a second one tells it what it was
//! started for and ends. Who is the first is decided under a lock (`window.lock`), for two may start at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest line that is read.
const LINE_MAX: u64 = 16 << 10;

/// What a start of the program is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Wish {
    /// A `qiao://` link.
    pub(crate) link: Option<String>,
    /// A friend whose conversation is to be opened.
    pub(crate) open: Option<String>,
    /// For which account.
    pub(crate) account: Option<String>,
    /// No window yet.
    pub(crate) hidden: bool,
}

/// Which program this is.
pub(crate) enum Place {
    /// The first: it listens here.
    First(UnixListener),
    /// Another one runs, and has been told.
    Told,
}

/// Takes the place, or tells who has it. `beside` is the daemon's socket.
pub(crate) fn take(beside: &Path, wish: &Wish) -> std::io::Result<Place> {
    let path = path(beside);
    if let Some(dir) = path.parent() {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path.with_extension("lock"))?;
    // Held until the file is closed, at the end of this.
    lock.lock()?;
    if let Ok(mut other) = UnixStream::connect(&path) {
        other.set_write_timeout(Some(Duration::from_secs(2)))?;
        let mut line = serde_json::to_vec(wish)?;
        line.push(b'\n');
        other.write_all(&line)?;
        return Ok(Place::Told);
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    UnixListener::bind(path).map(Place::First)
}

/// Hears what later starts are for, on a thread of its own.
pub(crate) fn listen(listener: UnixListener, hear: impl Fn(Wish) + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name("window".into()).spawn(move || {
        for caller in listener.incoming().flatten() {
            if caller.set_read_timeout(Some(Duration::from_secs(2))).is_err() {
                continue;
            }
            let mut line = String::new();
            let read = BufReader::new(caller.take(LINE_MAX)).read_line(&mut line);
            if let (Ok(_), Ok(wish)) = (read, serde_json::from_str(&line)) {
                hear(wish);
            }
        }
    })?;
    Ok(())
}

fn path(beside: &Path) -> PathBuf {
    beside.with_file_name("window.sock")
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn of_many_that_start_at_once_one_is_the_first_and_hears_the_others() {
        const STARTS: usize = 8;
        for _ in 0..20 {
            let dir = tempfile::tempdir().unwrap();
            let beside = dir.path().join("qqd/ipc.sock");
            let begin = Barrier::new(STARTS);
            let wish = Wish { open: Some("bob".into()), ..Wish::default() };
            let places: Vec<Place> = std::thread::scope(|scope| {
                let start = || {
                    begin.wait();
                    take(&beside, &wish).unwrap()
                };
                let starts: Vec<_> = (0..STARTS).map(|_| scope.spawn(start)).collect();
                starts.into_iter().map(|start| start.join().unwrap()).collect()
            });
            let first: Vec<_> = places
                .into_iter()
                .filter_map(|place| match place {
                    Place::First(listener) => Some(listener),
                    Place::Told => None,
                })
                .collect();
            let [listener] = &first[..] else { panic!("{} are the first", first.len()) };
            for _ in 1..STARTS {
                let mut line = String::new();
                BufReader::new(listener.accept().unwrap().0).read_line(&mut line).unwrap();
                assert_eq!(serde_json::from_str::<Wish>(&line).unwrap(), wish);
            }
        }
    }

    #[test]
    fn a_socket_that_nobody_listens_on_any_more_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let beside = dir.path().join("ipc.sock");
        drop(take(&beside, &Wish::default()).unwrap());
        assert!(matches!(take(&beside, &Wish::default()).unwrap(), Place::First(_)));
    }
}
