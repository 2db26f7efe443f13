//! Lines out of a socket, at most so long; what has been read is wiped, since a line may carry a password.

use std::io::{self, ErrorKind};

use tokio::net::UnixStream;
use zeroize::Zeroize;

/// At least so much is read at once.
const READ: usize = 4096;
/// A buffer that has grown beyond this is given back when it is empty.
const SPARE: usize = 64 << 10;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A line: see [`Lines::line`].
    Line,
    /// One that is longer than it may be; its rest is still to come.
    TooLong,
    /// The peer has ended its side. A line without an end is no line.
    End,
}

/// Bytes read and not yet handled.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// The current line's start and end, without the line feed.
    start: usize,
    end: usize,
    /// So far there is no line feed.
    scanned: usize,
    longest: usize,
}

impl Lines {
    /// None yet; a line may have `longest` bytes.
    pub(super) fn new(longest: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, end: 0, scanned: 0, longest }
    }

    /// Waits for the next line.
    ///
    /// # Errors
    /// The connection is broken.
    pub(super) async fn next(&mut self, stream: &UnixStream) -> io::Result<Next> {
        self.pass();
        loop {
            if let Some(at) = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n') {
                self.end = self.scanned + at;
                self.scanned = self.end + 1;
                let fits = self.end - self.start <= self.longest;
                return Ok(if fits { Next::Line } else { Next::TooLong });
            }
            self.scanned = self.buffer.len();
            if self.scanned - self.start > self.longest {
                return Ok(Next::TooLong);
            }
            if !self.fill(stream).await? {
                return Ok(Next::End);
            }
        }
    }

    /// The line that [`Lines::next`] found.
    pub(super) fn line(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Throws the rest of a line that is too long away, up to `most` bytes: a peer that is still writing it shall
    /// read why, and not find the connection closed.
    ///
    /// # Errors
    /// The connection is broken.
    pub(super) async fn discard(&mut self, stream: &UnixStream, most: usize) -> io::Result<()> {
        let mut left = most;
        let mut over = self.end > self.start;
        while !over && left > 0 {
            self.buffer.zeroize();
            (self.start, self.end, self.scanned) = (0, 0, 0);
            over = !self.fill(stream).await? || self.buffer.contains(&b'\n');
            left = left.saturating_sub(self.buffer.len());
        }
        Ok(())
    }

    /// Wipes the line that is handled.
    fn pass(&mut self) {
        self.buffer[self.start..self.end].zeroize();
        self.start = self.scanned.min(self.buffer.len());
        self.end = self.start;
        if self.start < self.buffer.len() {
            return;
        }
        self.buffer.zeroize();
        (self.start, self.end, self.scanned) = (0, 0, 0);
        if self.buffer.capacity() > SPARE {
            self.buffer = Vec::new();
        }
    }

    /// Reads once; false at the end.
    async fn fill(&mut self, stream: &UnixStream) -> io::Result<bool> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            (self.start, self.end) = (0, 0);
        }
        loop {
            stream.readable().await?;
            self.reserve();
            match stream.try_read_buf(&mut self.buffer) {
                Ok(count) => return Ok(count > 0),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Room for another read, without a copy of a secret left in memory that is given back.
    fn reserve(&mut self) {
        if self.buffer.capacity() - self.buffer.len() >= READ / 4 {
            return;
        }
        let mut larger = Vec::with_capacity((self.buffer.len() * 2).max(READ));
        larger.extend_from_slice(&self.buffer);
        self.buffer.zeroize();
        self.buffer = larger;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream as Peer;

    use super::*;

    fn pair() -> (Peer, UnixStream) {
        let (peer, ours) = Peer::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (peer, UnixStream::from_std(ours).unwrap())
    }

    #[tokio::test]
    async fn lines_come_one_by_one_however_the_bytes_come() {
        let (mut peer, ours) = pair();
        let mut lines = Lines::new(10);
        peer.write_all(b"one\ntwo\r\n\n0123456789\nha").unwrap();
        for line in [&b"one"[..], b"two\r", b"", b"0123456789"] {
            assert_eq!(lines.next(&ours).await.unwrap(), Next::Line);
            assert_eq!(lines.line(), line);
        }
        peer.write_all(b"lf\nno end").unwrap();
        drop(peer);
        assert_eq!(lines.next(&ours).await.unwrap(), Next::Line);
        assert_eq!(lines.line(), b"half");
        assert_eq!(lines.next(&ours).await.unwrap(), Next::End);
    }

    #[tokio::test]
    async fn one_byte_too_many_is_a_line_too_long() {
        for (sent, whole) in [(&b"0123456789a\n"[..], true), (b"0123456789a", false)] {
            let (mut peer, ours) = pair();
            let mut lines = Lines::new(10);
            peer.write_all(sent).unwrap();
            assert_eq!(lines.next(&ours).await.unwrap(), Next::TooLong);
            if whole {
                lines.discard(&ours, 100).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn the_rest_of_a_line_too_long_is_thrown_away() {
        let (mut peer, ours) = pair();
        let mut lines = Lines::new(10);
        let sender = std::thread::spawn(move || {
            peer.write_all(&[b'x'; 1_000_000]).unwrap();
            peer.write_all(b"\n").unwrap();
            peer
        });
        assert_eq!(lines.next(&ours).await.unwrap(), Next::TooLong);
        lines.discard(&ours, 2_000_000).await.unwrap();
        sender.join().unwrap();
    }

    #[tokio::test]
    async fn a_large_line_leaves_no_large_buffer_behind() {
        let (mut peer, ours) = pair();
        let mut lines = Lines::new(1 << 20);
        let sender = std::thread::spawn(move || {
            peer.write_all(&[b'x'; 1 << 20]).unwrap();
            peer.write_all(b"\nsmall\n").unwrap();
        });
        assert_eq!(lines.next(&ours).await.unwrap(), Next::Line);
        assert_eq!(lines.line().len(), 1 << 20);
        assert_eq!(lines.next(&ours).await.unwrap(), Next::Line);
        assert_eq!(lines.line(), b"small");
        assert_eq!(lines.next(&ours).await.unwrap(), Next::End);
        assert!(lines.buffer.capacity() <= SPARE);
        sender.join().unwrap();
    }
}
