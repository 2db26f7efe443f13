//! The server's side of the administrator's socket: private (0600, in a directory 0700, and the peer's user id is
//! asked for), few connections, short lines. Whatever comes in harms its own connection only.

use std::cell::Cell;
use std::fs::{self, Permissions};
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use nix::unistd::{Uid, geteuid};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::client::within_reach;
use super::{Answer, Code, Trouble, Wish};

/// The longest wish.
const LONGEST: u64 = 64 * 1_024;

/// Connections at once; a further one is closed.
const MOST: usize = 16;

/// For a wish to come in, and for its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who carries out wishes.
pub trait Host {
    /// Carries one out.
    fn grant(self: Rc<Self>, wish: Wish) -> Pin<Box<dyn Future<Output = Answer>>>;
}

/// The listening socket; its file is removed with it.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens. The caller holds the directory's lock, so what lies there is left over from a server that is gone.
    pub fn bind(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(within_reach(path)?.path())?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Takes connections, for ever.
    pub async fn serve(self, host: Rc<impl Host + 'static>) {
        let open = Rc::new(Cell::new(0));
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the administrator's socket cannot accept");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            if open.get() >= MOST || !may_ask(&stream) {
                continue;
            }
            let (seat, host) = (Seat::take(&open), Rc::clone(&host));
            tokio::task::spawn_local(async move {
                attend(stream, host).await;
                drop(seat);
            });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the administrator's socket was gone already");
        }
    }
}

/// One of the connections at once.
struct Seat(Rc<Cell<usize>>);

impl Seat {
    fn take(open: &Rc<Cell<usize>>) -> Self {
        open.set(open.get() + 1);
        Self(Rc::clone(open))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// The same user, or root.
fn may_ask(stream: &UnixStream) -> bool {
    let peer = stream.peer_cred().map(|peer| Uid::from_raw(peer.uid()));
    let may = peer.as_ref().is_ok_and(|peer| *peer == geteuid() || peer.is_root());
    if !may {
        tracing::warn!(?peer, "somebody else was refused at the administrator's socket");
    }
    may
}

/// One wish after another, until the peer goes or breaks a rule.
async fn attend(stream: UnixStream, host: Rc<impl Host + 'static>) {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        let read = timeout(PATIENCE, (&mut from).take(LONGEST).read_until(b'\n', &mut line)).await;
        if !matches!(read, Ok(Ok(1..))) {
            return;
        }
        let whole = line.ends_with(b"\n");
        let answer = match serde_json::from_slice::<Wish>(&line) {
            Ok(wish) if whole => Rc::clone(&host).grant(wish).await,
            _ => Answer::Error(Trouble::new(Code::Usage, "that is no wish this server knows")),
        };
        let Ok(mut bytes) = serde_json::to_vec(&answer) else { return };
        bytes.push(b'\n');
        if !whole || !matches!(timeout(PATIENCE, to.write_all(&bytes)).await, Ok(Ok(()))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, Read as _, Write as _};

    use super::super::{Report, client::Client};
    use super::*;

    struct Echo;

    impl Host for Echo {
        fn grant(self: Rc<Self>, wish: Wish) -> Pin<Box<dyn Future<Output = Answer>>> {
            Box::pin(async move {
                match wish {
                    Wish::AccountList => {
                        Answer::Ok(Report { accounts: Some(Vec::new()), ..Report::default() })
                    }
                    other => Answer::Error(Trouble::new(Code::NotFound, format!("{other:?}"))),
                }
            })
        }
    }

    /// Serves in `folder` while `client` runs on a thread of its own.
    fn with_socket<T: Send + 'static>(
        folder: &Path,
        client: impl FnOnce(PathBuf) -> T + Send + 'static,
    ) -> T {
        let path = folder.join("admin.sock");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let socket = Socket::bind(&path).unwrap();
            tokio::task::spawn_local(socket.serve(Rc::new(Echo)));
            tokio::task::spawn_blocking(move || client(path)).await.unwrap()
        })
    }

    #[test]
    fn a_wish_is_answered_on_a_private_socket_that_is_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let (answer, mode) = with_socket(folder.path(), |path| {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            (Client::connect(&path).unwrap().unwrap().ask(&Wish::AccountList), mode)
        });
        assert_eq!(answer, Answer::Ok(Report { accounts: Some(Vec::new()), ..Report::default() }));
        assert_eq!(mode, 0o600);
        assert!(Client::connect(&folder.path().join("admin.sock")).unwrap().is_none());
    }

    #[test]
    fn a_socket_left_over_from_a_killed_server_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(std::os::unix::net::UnixListener::bind(folder.path().join("admin.sock")).unwrap());
        assert!(
            Client::connect(&folder.path().join("admin.sock")).unwrap().is_none(),
            "nobody answers there"
        );
        let answer = with_socket(folder.path(), |path| {
            Client::connect(&path).unwrap().map(|c| c.ask(&Wish::AccountList))
        });
        assert!(matches!(answer, Some(Answer::Ok(_))));
    }

    #[test]
    fn a_data_directory_may_lie_deeper_than_a_sockets_path_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("x".repeat(120));
        fs::create_dir(&deep).unwrap();
        let answer =
            with_socket(&deep, |path| Client::connect(&path).unwrap().map(|c| c.ask(&Wish::AccountList)));
        assert!(matches!(answer, Some(Answer::Ok(_))));
    }

    #[test]
    fn nonsense_and_endless_lines_end_their_own_connection_only() {
        let folder = tempfile::tempdir().unwrap();
        with_socket(folder.path(), |path| {
            let mut nonsense = std::os::unix::net::UnixStream::connect(&path).unwrap();
            nonsense.write_all(b"{\"do\":\"account.explode\"}\n").unwrap();
            let mut line = String::new();
            std::io::BufReader::new(&nonsense).read_line(&mut line).unwrap();
            assert!(line.contains("usage"), "{line}");

            let mut endless = std::os::unix::net::UnixStream::connect(&path).unwrap();
            while endless.write_all(&[b'x'; 4_096]).is_ok() {}
            let mut rest = Vec::new();
            let _ = endless.read_to_end(&mut rest);
            assert!(rest.is_empty());

            let held: Vec<_> =
                (0..MOST).map(|_| std::os::unix::net::UnixStream::connect(&path).unwrap()).collect();
            drop(held);
            let ask =
                || Client::connect(&path).unwrap().unwrap().ask(&Wish::AccountRemove { account: "x".into() });
            // Until the server has noticed that the others are gone.
            let deadline = std::time::Instant::now() + PATIENCE;
            while !matches!(ask(), Answer::Error(trouble) if trouble.code == Code::NotFound) {
                assert!(std::time::Instant::now() < deadline);
            }
        });
    }
}
