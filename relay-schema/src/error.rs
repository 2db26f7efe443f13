//! Why bytes are not a stanza, as a code for the program and a sentence for the person.

use crate::fields::{Flaw, number};
use crate::grammar::Children;
use crate::{ErrorCode, ErrorStanza, Id};

/// What is wrong with a stanza or with the bytes that should have become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// The grammar is broken.
    #[error("this is not the XML the protocol allows")]
    Malformed,
    /// A stanza is over its limit.
    #[error("the stanza is longer than allowed")]
    TooLong,
    /// A time limit passed; found by the connection, never by this crate.
    #[error("the peer took longer than allowed")]
    TooSlow,
    /// Nobody knows this `<type>`.
    #[error("the type is not known")]
    UnknownType,
    /// A required child is missing, empty or bad.
    #[error("a child is missing, empty or bad")]
    BadField,
}

impl Fault {
    /// The word that an `error` stanza carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLong => "too-long",
            Self::TooSlow => "too-slow",
            Self::UnknownType => "unknown-type",
            Self::BadField => "bad-field",
        }
    }

    /// Whether the connection ends after the answer.
    pub fn closes(self) -> bool {
        match self {
            Self::Malformed | Self::TooLong | Self::TooSlow => true,
            Self::UnknownType | Self::BadField => false,
        }
    }
}

impl From<Fault> for ErrorCode {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::Malformed,
            Fault::TooLong => Self::TooLong,
            Fault::TooSlow => Self::TooSlow,
            Fault::UnknownType => Self::UnknownType,
            Fault::BadField => Self::BadField,
        }
    }
}

/// A stanza that was not taken, with all that its answer needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// What is wrong.
    pub fault: Fault,
    /// One sentence for a person; it names the field. Of the peer's own text it holds at most 64 escaped characters.
    pub text: String,
    /// The stanza's `<id>`, where it had a valid one and the grammar held.
    pub id: Option<Id>,
    /// The stanza's `<seq>`, where it had a valid one and the grammar held: the row must be passed nevertheless.
    pub seq: Option<u64>,
    /// The stanza's `<type>`, cut to 64 characters, where the grammar held.
    pub word: Option<String>,
}

impl Refusal {
    /// The answer to the peer.
    pub fn to_error(&self) -> ErrorStanza {
        ErrorStanza { code: self.fault.into(), text: self.text.clone(), id: self.id.clone() }
    }

    /// A refusal of bytes that could not even be taken apart.
    pub(crate) fn malformed(text: &str) -> Self {
        Self { fault: Fault::Malformed, text: text.to_owned(), id: None, seq: None, word: None }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { fault, text: fault.to_string(), id: None, seq: None, word: None }
    }
}

/// The most characters of the peer's own words in a refusal.
const MAX_WORD: usize = 64;

impl Refusal {
    /// Nobody knows the type.
    pub(crate) fn unknown(children: &Children<'_>) -> Self {
        let word = children.word().chars().take(MAX_WORD).collect::<String>();
        let shown = word.escape_debug().take(MAX_WORD).collect::<String>();
        Self::about(Fault::UnknownType, format!("nobody here knows the type \"{shown}\""), children)
    }

    /// One field is not as it should be.
    pub(crate) fn flawed(flaw: Flaw, field: &str, children: &Children<'_>) -> Self {
        Self::about(flaw.fault(), flaw.text(children.word(), field), children)
    }

    fn about(fault: Fault, text: String, children: &Children<'_>) -> Self {
        Self {
            fault,
            text,
            id: children.only("id").and_then(Id::new),
            seq: children.only("seq").and_then(number),
            word: Some(children.word().chars().take(MAX_WORD).collect()),
        }
    }
}
