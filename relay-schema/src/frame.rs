//! Cuts the bytes of a connection into stanzas: `<msg>…</msg>`.
//!
//! It looks at tags, quotes and CDATA sections only as far as it takes to find the end; the rest of the grammar is
//! checked by whoever parses the frame. What it finds does not depend on how the bytes are chunked, and it never
//! holds more than the limit.

use std::ops::Deref;

use crate::scan::{Scan, Step, View};
use crate::strict;
use crate::{Fault, Refusal, Stanza};

/// The most bytes of a stanza before login.
pub const LIMIT_BEFORE_LOGIN: usize = 4 * 1024;
/// The most bytes of a stanza after login.
pub const LIMIT_AFTER_LOGIN: usize = 256 * 1024;

/// The bytes of one stanza from `<msg` to its end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a>(&'a [u8]);

impl<'a> Frame<'a> {
    /// The bytes as they came.
    pub fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Reads the stanza; the same as [`Stanza::parse`].
    ///
    /// # Errors
    ///
    /// A [`Refusal`] whose fault is malformed, unknown-type or bad-field.
    pub fn parse(&self) -> Result<Stanza, Refusal> {
        Stanza::parse(self.0)
    }
}

impl Deref for Frame<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

/// Finds the stanzas in one direction of one connection.
///
/// Holds no memory between stanzas, and at most its limit while one is partly there. A fault is final.
#[derive(Debug)]
pub struct Framer {
    limit: usize,
    scan: Scan,
    /// The beginning of a stanza that is not whole, or the whole one that was handed out last.
    kept: Vec<u8>,
    handed_out: bool,
    fault: Option<Fault>,
}

impl Framer {
    /// A framer for the start of a connection; `limit` is the most bytes of one stanza.
    pub fn new(limit: usize) -> Self {
        Self { limit, scan: Scan::new(), kept: Vec::new(), handed_out: false, fault: None }
    }

    /// Changes the limit; it holds for a partial stanza, too.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes bytes from `input` until one stanza is whole; `None` when all of `input` is used up.
    ///
    /// A stanza that lies wholly inside `input` is borrowed from there, not copied.
    ///
    /// # Errors
    ///
    /// [`Fault::Malformed`] or [`Fault::TooLong`]; the same again at every later call.
    pub fn next<'f, 'i: 'f>(&'f mut self, input: &mut &'i [u8]) -> Result<Option<Frame<'f>>, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.handed_out {
            self.handed_out = false;
            self.kept.clear();
        }
        loop {
            if self.scan.is_outside() && !self.scan.skip_white(input).map_err(|fault| self.fail(fault))? {
                self.kept = Vec::new();
                return Ok(None);
            }
            let room = self.limit.saturating_sub(self.kept.len());
            let window = &input[..room.min(input.len())];
            match self.scan.run(View { before: &self.kept, bytes: window }) {
                Err(fault) => return Err(self.fail(fault)),
                Ok(Step::More) if window.len() == room => return Err(self.fail(Fault::TooLong)),
                Ok(Step::More) => {
                    self.keep(window);
                    *input = &[];
                    return Ok(None);
                }
                Ok(Step::Declaration(end)) => {
                    self.keep(&window[..end]);
                    *input = &input[end..];
                    if !strict::is_declaration(&self.kept) {
                        return Err(self.fail(Fault::Malformed));
                    }
                    self.kept.clear();
                }
                Ok(Step::Stanza(end)) => {
                    *input = &input[end..];
                    if self.kept.is_empty() {
                        return Ok(Some(Frame(&window[..end])));
                    }
                    self.keep(&window[..end]);
                    self.handed_out = true;
                    return Ok(Some(Frame(&self.kept)));
                }
            }
        }
    }

    /// Whether a stanza has begun and is not whole.
    pub fn is_partial(&self) -> bool {
        !self.scan.is_outside()
    }

    /// The bytes there are of the stanza that is not whole.
    pub fn partial_len(&self) -> usize {
        if self.handed_out { 0 } else { self.kept.len() }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let need = self.kept.len() + bytes.len();
        if need > self.kept.capacity() {
            let capacity = need.max(self.kept.capacity() * 2).min(self.limit);
            self.kept.reserve_exact(capacity - self.kept.len());
        }
        self.kept.extend_from_slice(bytes);
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.fault = Some(fault);
        self.kept = Vec::new();
        self.scan = Scan::new();
        fault
    }
}

#[cfg(test)]
mod tests {
    //! What the framer holds, which no user of it can see.

    use super::*;

    const PING: &[u8] = b"<msg><type>ping</type><id>a</id></msg>";

    #[test]
    fn a_stanza_that_came_whole_is_not_copied() {
        let bytes = [PING, b"\n", PING].concat();
        let (mut framer, mut input) = (Framer::new(LIMIT_BEFORE_LOGIN), &bytes[..]);
        let mut places = Vec::new();
        while let Some(frame) = framer.next(&mut input).unwrap() {
            places.push(frame.as_ptr());
        }
        assert_eq!(places, [bytes.as_ptr(), bytes[PING.len() + 1..].as_ptr()]);
        assert_eq!(framer.kept.capacity(), 0);
    }

    #[test]
    fn a_quiet_connection_holds_no_memory_and_a_busy_one_never_more_than_its_limit() {
        let long = [b"<msg><type>ping</type><id>a</id><x>", &[b'x'; 3000][..], b"</x></msg>"].concat();
        let mut framer = Framer::new(4096);
        for mut chunk in long.chunks(7).chain([&b"\n"[..]]) {
            assert!(framer.next(&mut chunk).is_ok());
            assert!(framer.kept.capacity() <= 4096);
        }
        assert_eq!(framer.kept.capacity(), 0);

        let mut endless: Vec<&[u8]> = vec![b"<msg><type>"];
        endless.resize(1000, b"xxxxxxxxxxxxxxx");
        let fault = endless.iter_mut().find_map(|chunk| {
            let fault = framer.next(chunk).err();
            assert!(framer.kept.capacity() <= 4096);
            fault
        });
        assert_eq!(fault, Some(Fault::TooLong));
        assert_eq!(framer.kept.capacity(), 0);
    }

    #[test]
    fn a_stanza_that_has_begun_is_partial_until_it_is_whole() {
        let mut framer = Framer::new(LIMIT_BEFORE_LOGIN);
        assert!(!framer.is_partial());
        assert_eq!(framer.next(&mut &PING[..1]), Ok(None));
        assert!(framer.is_partial());
        assert_eq!(framer.partial_len(), 1);
        assert_eq!(framer.next(&mut &PING[1..]), Ok(Some(Frame(PING))));
        assert!(!framer.is_partial());
        assert_eq!(framer.partial_len(), 0);
    }
}
