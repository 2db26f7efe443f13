//! One connection's bytes, with TLS or without: a socket that is written to at once, and asks to be woken only when
//! it is full.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::queue;

/// A TCP socket that counts what it wrote.
///
/// Writes go past tokio's cooperative budget: they are made from the task of whoever causes them, hundreds in one
/// turn, and each is one system call.
#[derive(Debug)]
pub struct Socket {
    tcp: TcpStream,
    written: u64,
}

impl Socket {
    /// Takes an accepted connection over.
    pub fn new(tcp: TcpStream) -> Self {
        Self { tcp, written: 0 }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.tcp.try_write(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.tcp.poll_write_ready(cx))?;
                }
                result => {
                    self.written += result.as_ref().map_or(0, |bytes| *bytes as u64);
                    return Poll::Ready(result);
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// A connection whose handshake, if it has one, is done.
#[derive(Debug)]
pub enum Stream {
    /// Without encryption.
    Plain(Socket),
    /// With TLS.
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    /// Reads what there is; 0 at the end.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(into);
        let result = match self {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, &mut buf),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, &mut buf),
        };
        result.map_ok(|()| buf.filled().len())
    }

    /// Writes what goes in.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    /// Ready once the kernel has everything that was written.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    /// Shuts the write side, with TLS after a close_notify.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }

    /// The bytes that the kernel has taken so far.
    pub fn written(&self) -> u64 {
        self.socket().written
    }

    /// Whether the peer's kernel has acknowledged all that was written. An error counts as no.
    pub fn is_acknowledged(&self) -> bool {
        queue::unacknowledged(&self.socket().tcp).is_ok_and(|bytes| bytes == 0)
    }

    fn socket(&self) -> &Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}
