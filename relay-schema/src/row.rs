//! What the table says about a type as a whole.

use crate::TYPES;

/// Who may send a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Client to relay.
    Up,
    /// Relay to client; a client that sends it is answered `error`/`forbidden`.
    Down,
    /// Both ways.
    Both,
}

/// One type of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The `<type>` on the wire.
    pub word: &'static str,
    /// Who may send it.
    pub direction: Direction,
    /// The children after `<type>`, in the order in which they are written.
    pub fields: &'static [&'static str],
    /// Whether it belongs to the seed dialect; the others are never sent to a seed session.
    pub heritage: bool,
}

impl Row {
    /// The row of a `<type>`, for instance that of [`Refusal::word`](crate::Refusal::word).
    pub fn of(word: &str) -> Option<&'static Self> {
        TYPES.iter().find(|row| row.word == word)
    }
}

/// The dialect in which a type was born.
pub(crate) enum Dialect {
    Seed,
    Full,
}

impl Dialect {
    pub(crate) const fn is_seed(&self) -> bool {
        matches!(self, Self::Seed)
    }
}
