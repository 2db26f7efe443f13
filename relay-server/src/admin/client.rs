//! The command's side of the administrator's socket: one wish, one answer, blocking.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Answer, Code, Trouble, Wish};

/// A server that does not answer within this is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer, a list of all accounts.
const LONGEST: u64 = 256 * 1_024 * 1_024;

/// A connection to a running server.
#[derive(Debug)]
pub struct Client(UnixStream);

impl Client {
    /// Connects; none if no server listens there.
    pub fn connect(socket: &Path) -> io::Result<Option<Self>> {
        match UnixStream::connect(within_reach(socket)?.path()) {
            Ok(stream) => Ok(Some(Self(stream))),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks, and waits for the answer.
    pub fn ask(mut self, wish: &Wish) -> Answer {
        self.try_ask(wish).unwrap_or_else(|error| {
            let text =
                format!("the server ended or did not answer ({error}); `account list` shows what was done");
            Answer::Error(Trouble::new(Code::Unexpected, text))
        })
    }

    fn try_ask(&mut self, wish: &Wish) -> io::Result<Answer> {
        self.0.set_read_timeout(Some(PATIENCE))?;
        self.0.set_write_timeout(Some(PATIENCE))?;
        let mut line = serde_json::to_vec(wish)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        let mut answer = Vec::new();
        BufReader::new((&self.0).take(LONGEST)).read_until(b'\n', &mut answer)?;
        Ok(serde_json::from_slice(&answer)?)
    }
}

/// A socket's path that fits into 108 bytes (unix(7)), however deep the data directory lies.
pub(super) struct Reach {
    path: PathBuf,
    /// Keeps the path valid.
    _folder: Option<File>,
}

impl Reach {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

pub(super) fn within_reach(socket: &Path) -> io::Result<Reach> {
    const FITS: usize = 100;
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    if socket.as_os_str().len() <= FITS {
        return Ok(Reach { path: socket.to_owned(), _folder: None });
    }
    let folder = File::open(folder)?;
    let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    Ok(Reach { path, _folder: Some(folder) })
}
