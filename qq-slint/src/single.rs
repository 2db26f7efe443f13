//! One window program a user: the first listens on `$XDG_RUNTIME_DIR/qqd/window.sock`, a second one tells it what it was
//! started for and ends.

use std::io::{BufRead, BufReader, Read, Write};
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
    if let Ok(mut other) = UnixStream::connect(&path) {
        other.set_write_timeout(Some(Duration::from_secs(2)))?;
        let mut line = serde_json::to_vec(wish)?;
        line.push(b'\n');
        other.write_all(&line)?;
        return Ok(Place::Told);
    }
    if let Some(dir) = path.parent() {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
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
