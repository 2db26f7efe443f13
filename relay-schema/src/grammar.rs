//! The children of one `<msg>`, over the events of quick-xml.
//!
//! Here stands what holds between events: one root, depth, number of children, where text may be, that the end is there.
//! What one event may hold is checked by `strict`.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::strict::{self, COMMENT, Malformed, is_white};

/// The depth of the deepest element; `msg` itself has 1.
pub(crate) const MAX_DEPTH: usize = 4;
/// The most children one element has.
const MAX_CHILDREN: usize = 256;

/// One child of `msg`.
#[derive(Debug)]
pub(crate) struct Child<'a> {
    tag: BytesStart<'a>,
    text: Cow<'a, str>,
    /// Whether there is nothing but text inside.
    pub(crate) flat: bool,
}

impl Child<'_> {
    pub(crate) fn name(&self) -> &str {
        self.tag.name().0
    }

    /// The decoded text; meaningless if the child is not flat.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The children of one `<msg>` in their order, among them exactly one flat `<type>`.
#[derive(Debug)]
pub(crate) struct Children<'a> {
    list: Vec<Child<'a>>,
    word: usize,
}

impl<'a> Children<'a> {
    /// Reads one whole `<msg>…</msg>`, with nothing before and nothing after it.
    pub(crate) fn read(msg: &'a [u8]) -> Result<Self, Malformed> {
        let list = read(strict::document(msg)?)?;
        let mut words = list.iter().enumerate().filter(|(_, child)| child.name() == "type");
        match (words.next(), words.next()) {
            (Some((word, child)), None) if child.flat => Ok(Self { list, word }),
            (None, _) => Err(Malformed("<type> is missing")),
            (_, Some(_)) => Err(Malformed("<type> is given twice")),
            (Some(_), None) => Err(Malformed("<type> holds more than text")),
        }
    }

    /// The text of `<type>`.
    pub(crate) fn word(&self) -> &str {
        self.list[self.word].text()
    }

    pub(crate) fn list(&self) -> &[Child<'a>] {
        &self.list
    }

    /// The text of the flat child `name` if there is exactly one.
    pub(crate) fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.list.iter().filter(|child| child.name() == name);
        match (found.next(), found.next()) {
            (Some(child), None) if child.flat => Some(child.text()),
            _ => None,
        }
    }
}

fn read(msg: &str) -> Result<Vec<Child<'_>>, Malformed> {
    let mut reader = Reader::from_str(msg);
    let mut walk = Walk { list: Vec::with_capacity(12), depth: 0, held: [0; MAX_DEPTH + 1] };
    loop {
        match reader.read_event().map_err(|error| strict::broken(&error))? {
            Event::Start(tag) => walk.start(tag)?,
            Event::Empty(tag) => {
                walk.start(tag)?;
                walk.depth -= 1;
            }
            // That it matches, and that there is one to match, quick-xml has checked.
            Event::End(_) => walk.depth -= 1,
            Event::Text(text) => {
                strict::text(&text)?;
                walk.text(text.xml10_content())?;
            }
            Event::CData(text) => walk.text(text.xml10_content())?,
            Event::GeneralRef(reference) => walk.text(strict::reference(&reference)?)?,
            Event::Comment(_) | Event::DocType(_) | Event::PI(_) | Event::Decl(_) => return Err(COMMENT),
            Event::Eof => return Err(Malformed("an element is not closed")),
        }
        if walk.depth == 0 {
            let rest = reader.into_inner();
            return if rest.is_empty() {
                Ok(walk.list)
            } else {
                Err(Malformed("there is something after </msg>"))
            };
        }
    }
}

/// How far the reading has come.
struct Walk<'a> {
    list: Vec<Child<'a>>,
    /// How many elements are open.
    depth: usize,
    /// How many elements each of them holds so far; the first number is that of roots.
    held: [usize; MAX_DEPTH + 1],
}

impl<'a> Walk<'a> {
    fn start(&mut self, tag: BytesStart<'a>) -> Result<(), Malformed> {
        strict::tag(&tag)?;
        if self.depth == MAX_DEPTH {
            return Err(Malformed("the elements are nested too deep"));
        }
        if self.held[self.depth] == MAX_CHILDREN {
            return Err(Malformed("there are more than 256 children"));
        }
        match (self.depth, self.list.last_mut()) {
            (0, _) if tag.name().0 != "msg" => {
                return Err(Malformed("the outermost element is not <msg>"));
            }
            (1, _) => self.list.push(Child { tag, text: Cow::Borrowed(""), flat: true }),
            (2, Some(child)) => child.flat = false,
            _ => {}
        }
        self.held[self.depth] += 1;
        self.depth += 1;
        self.held[self.depth] = 0;
        Ok(())
    }

    fn text(&mut self, piece: Cow<'a, str>) -> Result<(), Malformed> {
        match (self.depth, self.list.last_mut()) {
            (0, _) => return Err(Malformed("there is text outside <msg>")),
            (1, _) if !piece.bytes().all(is_white) => {
                return Err(Malformed("there is text between the children of <msg>"));
            }
            (2, Some(child)) if child.text.is_empty() => child.text = piece,
            (2, Some(child)) => child.text.to_mut().push_str(&piece),
            _ => {}
        }
        Ok(())
    }
}
