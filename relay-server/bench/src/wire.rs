//! A client's connection to either server: bytes in, whole stanzas (or frames) out, as cheaply as it goes, so that the
//! client is not what is measured.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::{Context as _, Result, bail};
use memchr::{memchr, memmem};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::raw;

/// Read at once.
const ROOM: usize = 32 * 1_024;

/// Where to connect, and how.
#[derive(Debug, Clone)]
pub struct Door {
    /// The server's address.
    pub address: SocketAddr,
    /// With TLS, or without.
    pub tls: Option<Arc<ClientConfig>>,
    /// What comes in.
    pub cut: Cut,
}

/// How bytes are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The relay's stanzas. What a client wrote cannot hold a `</msg>`: the relay escapes it.
    Stanzas,
    /// The reference's frames.
    Frames,
}

/// See the module.
#[derive(Debug)]
pub struct Wire {
    socket: Socket,
    cut: Cut,
    held: Vec<u8>,
    /// Bytes of `held` that were taken.
    taken: usize,
}

impl Wire {
    /// Connects, TLS included.
    pub async fn connect(door: &Door) -> Result<Self> {
        let tcp = TcpStream::connect(door.address).await.context("the server cannot be reached")?;
        tcp.set_nodelay(true)?;
        let socket = match &door.tls {
            None => Socket::Plain(tcp),
            Some(tls) => {
                let name = ServerName::try_from("localhost")?;
                let stream = TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await;
                Socket::Tls(Box::new(stream.context("no TLS with the server")?))
            }
        };
        Ok(Self { socket, cut: door.cut, held: Vec::new(), taken: 0 })
    }

    /// Sends bytes.
    pub async fn say(&mut self, bytes: &[u8]) -> Result<()> {
        self.socket.write_all(bytes).await.context("the server does not read any more")?;
        Ok(self.socket.flush().await?)
    }

    /// The next stanza, if it is there already.
    pub fn take(&mut self) -> Option<&[u8]> {
        let rest = &self.held[self.taken..];
        let length = match self.cut {
            Cut::Stanzas => memmem::find(rest, END)? + END.len(),
            Cut::Frames => raw::first(rest)?.0,
        };
        self.taken += length;
        Some(&rest[..length])
    }

    /// Waits for more bytes. Nothing is lost if this is given up.
    pub async fn more(&mut self) -> Result<()> {
        self.held.drain(..self.taken);
        self.taken = 0;
        if self.held.is_empty() && self.held.capacity() > 2 * ROOM {
            self.held = Vec::new();
        }
        self.held.reserve(ROOM);
        let read = self.socket.read_buf(&mut self.held).await.context("the server has gone")?;
        if read == 0 {
            bail!(
                "the server closed the connection; its last words: {:?}",
                String::from_utf8_lossy(&self.held)
            );
        }
        Ok(())
    }

    /// The next stanza that `is_it`; those before are thrown away. An `error` of the relay ends everything.
    pub async fn until(&mut self, mut is_it: impl FnMut(&[u8]) -> bool) -> Result<()> {
        loop {
            while let Some(stanza) = self.take() {
                if is_it(stanza) {
                    return Ok(());
                }
                no_error(stanza)?;
            }
            self.more().await?;
        }
    }

    /// The same socket for a thread that only writes; without TLS only.
    pub fn writer(&self) -> Result<std::net::TcpStream> {
        match &self.socket {
            Socket::Plain(tcp) => Ok(socket2::SockRef::from(tcp).try_clone()?.into()),
            Socket::Tls(_) => bail!("two cannot write to one TLS connection"),
        }
    }
}

const END: &[u8] = b"</msg>";

/// The type of a stanza as the relay writes it: its first child.
pub fn word(stanza: &[u8]) -> &[u8] {
    const OPEN: &[u8] = b"<msg><type>";
    stanza.strip_prefix(OPEN).and_then(|rest| Some(&rest[..memchr(b'<', rest)?])).unwrap_or_default()
}

/// The text behind an opening tag; empty if there is none.
pub fn text<'a>(stanza: &'a [u8], open: &str) -> &'a [u8] {
    let found = memmem::find(stanza, open.as_bytes()).map(|at| &stanza[at + open.len()..]);
    found.and_then(|rest| Some(&rest[..memchr(b'<', rest)?])).unwrap_or_default()
}

/// The number behind an opening tag.
pub fn number(stanza: &[u8], open: &str) -> Option<u64> {
    leading_number(text(stanza, open))
}

/// The digits that a text begins with.
pub fn leading_number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |number, digit| Some(number.unwrap_or(0) * 10 + u64::from(digit - b'0')))
}

/// Fails with the relay's own words if the stanza is a refusal.
pub fn no_error(stanza: &[u8]) -> Result<()> {
    if matches!(word(stanza), b"error" | b"nack") {
        bail!("the server refuses: {}", String::from_utf8_lossy(stanza));
    }
    Ok(())
}

#[derive(Debug)]
enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_stanza_are_found() {
        let stanza = b"<msg><type>chat</type><content>12 words</content><seq>34</seq></msg>";
        assert_eq!(word(stanza), b"chat");
        assert_eq!(text(stanza, "<content>"), b"12 words");
        assert_eq!((number(stanza, "<content>"), number(stanza, "<seq>")), (Some(12), Some(34)));
        assert_eq!((number(stanza, "<cseq>"), text(stanza, "<x>")), (None, &b""[..]));
        assert!(no_error(stanza).is_ok());
        assert!(no_error(b"<msg><type>nack</type></msg>").is_err());
    }
}
