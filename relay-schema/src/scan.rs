//! The framer's walk through a stanza: it finds the end and what makes the end unfindable, byte by byte.
//!
//! It never judges more than that: a tag that is never matched or closed is found at once, so that the peer is
//! answered and not timed out; a bad name, reference or attribute is left to the parser.

use memchr::{memchr, memchr2};

use crate::Fault;
use crate::grammar::MAX_DEPTH;
use crate::strict::is_white;

/// The most bytes of an XML declaration.
const LIMIT_DECLARATION: u16 = 256;

/// The bytes of a stanza so far: those kept from earlier reads, then those to go through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) before: &'a [u8],
    pub(crate) bytes: &'a [u8],
}

impl View<'_> {
    fn get(&self, offset: usize) -> Option<u8> {
        match offset.checked_sub(self.before.len()) {
            None => self.before.get(offset).copied(),
            Some(at) => self.bytes.get(at).copied(),
        }
    }

    /// Whether the bytes from `offset` on are the name, with nothing after it that could belong to it.
    fn ends_with_name(&self, offset: usize, name: Name) -> bool {
        let same = if name.start < self.before.len() || offset < self.before.len() {
            (0..name.len).all(|n| self.get(name.start + n) == self.get(offset + n))
        } else {
            let bytes = |from: usize| self.bytes.get(from - self.before.len()..)?.get(..name.len);
            bytes(name.start) == bytes(offset)
        };
        same && self.get(offset + name.len).is_some_and(|b| b == b'>' || is_white(b))
    }
}

/// What the bytes given come to.
#[derive(Debug)]
pub(crate) enum Step {
    /// The stanza goes on behind them.
    More,
    /// The XML declaration ends after so many of them.
    Declaration(usize),
    /// The stanza ends after so many of them.
    Stanza(usize),
}

/// Where an element's name stands in the stanza.
#[derive(Debug, Clone, Copy, Default)]
struct Name {
    start: usize,
    len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between stanzas.
    Outside,
    /// In `<msg`; so many bytes have matched.
    Root(u8),
    /// In the XML declaration; so many bytes have come.
    Declaration(u16),
    /// In text, inside `msg`.
    Text,
    /// After `<`, inside `msg`.
    Angle,
    /// In the name of a start tag.
    Name,
    /// In a start tag, behind its name.
    StartTag,
    /// After the slash of an empty element.
    Slash,
    /// In a quoted attribute.
    Quoted(u8),
    /// In an end tag whose name stands there.
    EndTag(usize),
    /// In `<![CDATA[`; so many bytes have matched.
    Opening(u8),
    /// In a CDATA section, after so many brackets (two at most).
    Cdata(u8),
}

/// How far a connection has come.
#[derive(Debug)]
pub(crate) struct Scan {
    state: State,
    /// Nothing has come yet: a declaration may.
    first: bool,
    depth: usize,
    /// The open elements, and the one whose start tag is being read.
    names: [Name; MAX_DEPTH],
}

impl Scan {
    pub(crate) fn new() -> Self {
        Self { state: State::Outside, first: true, depth: 0, names: Default::default() }
    }

    pub(crate) fn is_outside(&self) -> bool {
        self.state == State::Outside
    }

    /// Takes white space from the input; false if that was all.
    pub(crate) fn skip_white(&mut self, input: &mut &[u8]) -> Result<bool, Fault> {
        let white = input.iter().position(|&b| !is_white(b)).unwrap_or(input.len());
        self.first &= white == 0;
        *input = &input[white..];
        match input.first() {
            None => Ok(false),
            Some(b'<') => Ok(true),
            Some(_) => Err(Fault::Malformed),
        }
    }

    /// Goes through the bytes up to the end of the stanza.
    pub(crate) fn run(&mut self, view: View<'_>) -> Result<Step, Fault> {
        let mut at = 0;
        loop {
            at += self.leap(&view.bytes[at..]);
            let Some(&byte) = view.bytes.get(at) else { return Ok(Step::More) };
            let declaration = matches!(self.state, State::Declaration(_));
            self.state = self.step(byte, view.before.len() + at, view)?;
            at += 1;
            if self.is_outside() {
                self.first = false;
                return Ok(if declaration { Step::Declaration(at) } else { Step::Stanza(at) });
            }
        }
    }

    /// How many bytes come before the next one that matters.
    fn leap(&self, rest: &[u8]) -> usize {
        let found = match self.state {
            State::Text => memchr(b'<', rest),
            State::Quoted(quote) => memchr2(quote, b'<', rest),
            State::Cdata(0) => memchr(b']', rest),
            State::Name => {
                rest.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | 0x80..)))
            }
            State::EndTag(_) => rest.iter().position(|b| matches!(b, b'>' | b'<')),
            _ => Some(0),
        };
        found.unwrap_or(rest.len())
    }

    /// What the byte at `offset` in the stanza makes of the state.
    fn step(&mut self, byte: u8, offset: usize, view: View<'_>) -> Result<State, Fault> {
        let next = match (self.state, byte) {
            (State::Text, b'<') => State::Angle,
            (State::Text, _) => State::Text,
            (State::Angle, b'/') => State::EndTag(offset + 1),
            (State::Angle, b'!') => State::Opening(2),
            (State::Angle, b'_' | b'A'..=b'Z' | b'a'..=b'z' | 0x80..) if self.depth < MAX_DEPTH => {
                self.names[self.depth].start = offset;
                State::Name
            }
            (State::Name, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n') => {
                let name = &mut self.names[self.depth];
                name.len = offset - name.start;
                self.in_start_tag(byte)?
            }
            (State::Name, b'<' | b'"' | b'\'' | b'=') => return Err(Fault::Malformed),
            (State::Name, _) => State::Name,
            (State::StartTag, _) => self.in_start_tag(byte)?,
            (State::Slash, b'>') => self.inside(),
            (State::Quoted(quote), _) if byte == quote => State::StartTag,
            (State::Quoted(quote), _) if byte != b'<' => State::Quoted(quote),
            (State::EndTag(name), b'>') => self.end_tag(name, view)?,
            (State::EndTag(name), _) if byte != b'<' => State::EndTag(name),
            (State::Opening(8), b'[') => State::Cdata(0),
            (State::Opening(seen), _) if b"<![CDATA["[usize::from(seen)] == byte => State::Opening(seen + 1),
            (State::Cdata(2), b'>') => State::Text,
            (State::Cdata(seen), b']') => State::Cdata((seen + 1).min(2)),
            (State::Cdata(_), _) => State::Cdata(0),
            (State::Outside, b'<') => State::Root(1),
            (State::Root(1), b'?') if self.first => State::Declaration(2),
            (State::Root(4), _) => {
                self.names[0] = Name { start: 1, len: 3 };
                if byte != b'>' && byte != b'/' && !is_white(byte) {
                    return Err(Fault::Malformed);
                }
                self.in_start_tag(byte)?
            }
            (State::Root(seen), _) if b"<msg"[usize::from(seen)] == byte => State::Root(seen + 1),
            (State::Declaration(_), b'>') => State::Outside,
            (State::Declaration(seen), _) => Self::declaration(seen, byte)?,
            (
                State::Outside
                | State::Root(_)
                | State::Angle
                | State::Slash
                | State::Quoted(_)
                | State::EndTag(_)
                | State::Opening(_),
                _,
            ) => return Err(Fault::Malformed),
        };
        Ok(next)
    }

    fn in_start_tag(&mut self, byte: u8) -> Result<State, Fault> {
        match byte {
            b'>' => {
                self.depth += 1;
                Ok(State::Text)
            }
            b'/' => Ok(State::Slash),
            b'"' | b'\'' => Ok(State::Quoted(byte)),
            b'<' => Err(Fault::Malformed),
            _ => Ok(State::StartTag),
        }
    }

    fn end_tag(&mut self, name: usize, view: View<'_>) -> Result<State, Fault> {
        self.depth -= 1;
        if !view.ends_with_name(name, self.names[self.depth]) {
            return Err(Fault::Malformed);
        }
        Ok(self.inside())
    }

    fn declaration(seen: u16, byte: u8) -> Result<State, Fault> {
        let expected = b"<?xml".get(usize::from(seen));
        if seen + 1 == LIMIT_DECLARATION || expected.is_some_and(|&expected| expected != byte) {
            return Err(Fault::Malformed);
        }
        Ok(State::Declaration(seen + 1))
    }

    fn inside(&self) -> State {
        if self.depth == 0 { State::Outside } else { State::Text }
    }
}
