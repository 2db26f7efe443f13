//! The reference: a bare forwarder. Length-delimited frames, written to the target from the reader's own task,
//! consecutive frames to one target in one write. No accounts, no parsing, no storage, no limits: what is left is what
//! sockets and TLS cost by themselves.
//!
//! A frame is `u32` length of what follows, `u32` target (both little-endian), payload. A frame to [`HELLO`] says in its
//! payload who this connection is, and comes back as the answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use anyhow::Result;
use rustls::ServerConfig;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tls;

/// The target of the frame by which a connection says who it is.
pub const HELLO: u32 = u32::MAX;

/// Length and target.
pub const HEAD: usize = 8;

/// One buffer for all connections, as the relay has it.
const READ_BUFFER: usize = 64 * 1_024;

/// One frame.
pub fn frame(target: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 4).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], &target.to_le_bytes(), payload].concat()
}

/// The frame at the start of `bytes`: its length and its target; none if it is not whole.
pub fn first(bytes: &[u8]) -> Option<(usize, u32)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize + 4;
    let target = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    (bytes.len() >= length).then_some((length, target))
}

/// Serves until standard input ends, which is when the benchmark does.
pub fn serve() -> Result<()> {
    crate::host::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let (plain, encrypted) = (listen()?, listen()?);
        let ready = format!("ready tls={} plain={}\n", encrypted.local_addr()?, plain.local_addr()?);
        let forwarder = Rc::new(Forwarder::default());
        spawn_local(accept(plain, None, Rc::clone(&forwarder)));
        spawn_local(accept(encrypted, Some(tls::server()?), forwarder));
        io::stdout().write_all(ready.as_bytes())?;
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            let _ = tell.send(());
        });
        let _ = told.await;
        Ok(())
    })
}

/// With the relay's own backlog and no delay of small writes.
fn listen() -> Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(4_096)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

async fn accept(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    forwarder: Rc<Forwarder>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let (tcp, _) = listener.accept().await?;
        let (acceptor, forwarder) = (acceptor.clone(), Rc::clone(&forwarder));
        spawn_local(async move {
            let stream = match acceptor {
                None => Stream::Plain(tcp),
                Some(acceptor) => match acceptor.accept(tcp).await {
                    Ok(stream) => Stream::Tls(Box::new(stream)),
                    Err(_) => return,
                },
            };
            drive(Rc::new(Peer::new(stream)), forwarder).await;
        });
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One connection as the others see it.
struct Peer {
    stream: RefCell<Stream>,
    /// What the socket did not take.
    rest: RefCell<Vec<u8>>,
    waker: RefCell<Waker>,
}

struct Forwarder {
    peers: RefCell<HashMap<u32, Rc<Peer>>>,
    buffer: RefCell<Vec<u8>>,
}

impl Default for Forwarder {
    fn default() -> Self {
        Self { peers: RefCell::default(), buffer: RefCell::new(vec![0; READ_BUFFER]) }
    }
}

/// One connection's task.
async fn drive(peer: Rc<Peer>, forwarder: Rc<Forwarder>) {
    let mut name = None;
    let mut partial = Vec::new();
    poll_fn(|cx| {
        peer.waker.borrow_mut().clone_from(cx.waker());
        if peer.flush(cx).is_err() {
            return Poll::Ready(());
        }
        loop {
            let mut buffer = forwarder.buffer.borrow_mut();
            let bytes = match peer.poll_read(cx, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(bytes)) => &buffer[..bytes],
            };
            if partial.is_empty() {
                let used = forwarder.forward(bytes, &peer, &mut name);
                partial.extend_from_slice(&bytes[used..]);
            } else {
                partial.extend_from_slice(bytes);
                let used = forwarder.forward(&partial, &peer, &mut name);
                partial.drain(..used);
            }
            if partial.is_empty() {
                partial = Vec::new();
            }
        }
    })
    .await;
    if let Some(name) = name {
        forwarder.peers.borrow_mut().remove(&name);
    }
}

impl Forwarder {
    /// Every whole frame of `bytes` goes to its target; gives how many bytes those were.
    fn forward(&self, bytes: &[u8], peer: &Rc<Peer>, name: &mut Option<u32>) -> usize {
        let mut used = 0;
        while let Some((length, target)) = first(&bytes[used..]) {
            let mut end = used + length;
            if target == HELLO {
                *name = bytes
                    .get(used + HEAD..)
                    .and_then(|own| own.first_chunk())
                    .copied()
                    .map(u32::from_le_bytes);
                if let Some(name) = name {
                    self.peers.borrow_mut().insert(*name, Rc::clone(peer));
                }
                peer.send(&bytes[used..end]);
                used = end;
                continue;
            }
            while let Some((length, _)) = first(&bytes[end..]).filter(|(_, next)| *next == target) {
                end += length;
            }
            let to = self.peers.borrow().get(&target).cloned();
            if let Some(to) = to {
                to.send(&bytes[used..end]);
            }
            used = end;
        }
        used
    }
}

impl Peer {
    fn new(stream: Stream) -> Self {
        Self {
            stream: RefCell::new(stream),
            rest: RefCell::default(),
            waker: RefCell::new(Waker::noop().clone()),
        }
    }

    fn poll_read(&self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(into);
        let read = match &mut *self.stream.borrow_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, &mut buf),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, &mut buf),
        };
        read.map_ok(|()| buf.filled().len())
    }

    /// Writes at once what the socket takes; its own task sees to the rest.
    fn send(&self, bytes: &[u8]) {
        let waker = self.waker.borrow().clone();
        let mut rest = self.rest.borrow_mut();
        let written = match rest.is_empty() {
            // What fails here fails again in the task, which then ends.
            true => self.write(&mut Context::from_waker(&waker), bytes).unwrap_or_default(),
            false => 0,
        };
        rest.extend_from_slice(&bytes[written..]);
    }

    fn flush(&self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut rest = self.rest.borrow_mut();
        if rest.is_empty() {
            return Ok(());
        }
        let written = self.write(cx, &rest)?;
        rest.drain(..written);
        if rest.is_empty() {
            *rest = Vec::new();
        }
        Ok(())
    }

    /// How many bytes were taken.
    fn write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        let stream = &mut *self.stream.borrow_mut();
        while written < bytes.len() {
            let wrote = match stream {
                Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, &bytes[written..]),
                Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, &bytes[written..]),
            };
            match wrote {
                Poll::Pending => break,
                Poll::Ready(wrote) => written += wrote?,
            }
        }
        if let Stream::Tls(tls) = stream
            && let Poll::Ready(Err(error)) = Pin::new(tls.as_mut()).poll_flush(cx)
        {
            return Err(error);
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_once_it_is_whole() {
        let bytes = frame(7, b"hello");
        assert_eq!(first(&bytes), Some((bytes.len(), 7)));
        for cut in 0..bytes.len() {
            assert_eq!(first(&bytes[..cut]), None, "{cut}");
        }
    }
}
