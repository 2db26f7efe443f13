//! What waits to be written to one connection: whole stanzas, in pieces of 16 KiB, and above a low mark only the
//! latest presence of each friend. Holds no memory when empty; never more than its limits. No I/O.

use std::collections::{HashMap, VecDeque};

use relay_schema::Stanza;

use crate::core::Class;

/// A piece is at most so long, unless one stanza is longer.
const PIECE: usize = 16 * 1_024;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// Below this there is room for more rows; above it presence is coalesced and ephemeral stanzas are dropped.
    pub short: usize,
    /// Never more than this: the connection is closed instead.
    pub most: usize,
}

/// What became of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits.
    Taken,
    /// It was dropped, as its class allows.
    Dropped,
    /// There is no room: the connection must go.
    Over,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Outbox {
    pieces: VecDeque<Vec<u8>>,
    /// Bytes of the first piece that are written already.
    written: usize,
    unsent: usize,
    /// Boxed: most connections never have one.
    late: Option<Box<Late>>,
}

#[derive(Debug, Default)]
struct Late {
    by_friend: HashMap<String, Vec<u8>>,
    bytes: usize,
}

impl Outbox {
    /// Puts a stanza behind the others. `scratch` is lent for the moment.
    pub fn push(&mut self, class: Class, stanza: &Stanza, marks: Marks, scratch: &mut Vec<u8>) -> Pushed {
        let long = self.unsent >= marks.short;
        if long && class == Class::Ephemeral {
            return Pushed::Dropped;
        }
        scratch.clear();
        stanza.write(scratch);
        if self.held() + scratch.len() > marks.most {
            return Pushed::Over;
        }
        match (class, stanza) {
            (Class::Presence, Stanza::Line(line)) if long || self.late.is_some() => {
                let friend = line.friendaccount.clone().unwrap_or_default();
                self.late.get_or_insert_default().put(friend, scratch);
            }
            _ => self.append(scratch),
        }
        Pushed::Taken
    }

    /// The next bytes to write; empty when there are none.
    pub fn front(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| &piece[self.written..])
    }

    /// So many bytes of [`Outbox::front`] are written.
    pub fn written(&mut self, bytes: usize, marks: Marks) {
        self.written += bytes;
        self.unsent -= bytes;
        if self.pieces.front().is_some_and(|piece| piece.len() <= self.written) {
            self.pieces.pop_front();
            self.written = 0;
        }
        if self.unsent < marks.short
            && let Some(late) = self.late.take()
        {
            late.by_friend.into_values().for_each(|bytes| self.append(&bytes));
        }
        if self.pieces.is_empty() {
            self.pieces = VecDeque::new();
        }
    }

    /// Bytes that wait in order; late presence is not counted.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// Bytes that are held in all.
    pub fn held(&self) -> usize {
        self.unsent + self.late.as_ref().map_or(0, |late| late.bytes)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn append(&mut self, bytes: &[u8]) {
        self.unsent += bytes.len();
        if let Some(last) = self.pieces.back_mut()
            && last.len() + bytes.len() <= PIECE
        {
            last.extend_from_slice(bytes);
            return;
        }
        self.pieces.push_back(bytes.to_vec());
    }
}

impl Late {
    fn put(&mut self, friend: String, bytes: &[u8]) {
        self.bytes += bytes.len() + friend.len();
        let name = friend.len();
        if let Some(older) = self.by_friend.insert(friend, bytes.to_vec()) {
            self.bytes -= older.len() + name;
        }
    }
}

#[cfg(test)]
mod tests {
    use relay_schema::{Chat, Line, Shake};

    use super::*;

    const MARKS: Marks = Marks { short: 1_000, most: 5_000 };

    fn chat(content: &str) -> Stanza {
        Stanza::Chat(Chat { content: content.to_owned(), ..Chat::default() })
    }

    fn line(friend: &str, state: i32) -> Stanza {
        Stanza::Line(Line { friendaccount: Some(friend.to_owned()), state, ..Line::default() })
    }

    fn push(outbox: &mut Outbox, class: Class, stanza: &Stanza) -> Pushed {
        outbox.push(class, stanza, MARKS, &mut Vec::new())
    }

    fn drain(outbox: &mut Outbox) -> String {
        let mut text = Vec::new();
        while !outbox.front().is_empty() {
            let bytes = outbox.front().len().min(7);
            text.extend_from_slice(&outbox.front()[..bytes]);
            outbox.written(bytes, MARKS);
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn stanzas_leave_whole_and_in_order() {
        let mut outbox = Outbox::default();
        let mut expected = Vec::new();
        for content in ["one", "two", "three"] {
            assert_eq!(push(&mut outbox, Class::Kept, &chat(content)), Pushed::Taken);
            chat(content).write(&mut expected);
        }
        assert_eq!(outbox.unsent(), expected.len());
        assert_eq!(drain(&mut outbox).as_bytes(), expected);
        assert_eq!((outbox.unsent(), outbox.held(), outbox.pieces.capacity()), (0, 0, 0));
    }

    #[test]
    fn a_full_outbox_takes_no_more_and_holds_no_more() {
        let mut outbox = Outbox::default();
        while push(&mut outbox, Class::Kept, &chat(&"x".repeat(300))) == Pushed::Taken {}
        assert!(outbox.held() <= MARKS.most && outbox.held() > MARKS.most - 500, "{}", outbox.held());
        let memory: usize = outbox.pieces.iter().map(Vec::capacity).sum();
        assert!(memory <= 2 * MARKS.most, "{memory}");
    }

    #[test]
    fn shakes_and_typing_are_dropped_while_much_waits() {
        let mut outbox = Outbox::default();
        let shake = Stanza::Shake(Shake::default());
        assert_eq!(push(&mut outbox, Class::Ephemeral, &shake), Pushed::Taken);
        push(&mut outbox, Class::Kept, &chat(&"x".repeat(1_000)));
        assert_eq!(push(&mut outbox, Class::Ephemeral, &shake), Pushed::Dropped);
        drain(&mut outbox);
        assert_eq!(push(&mut outbox, Class::Ephemeral, &shake), Pushed::Taken);
    }

    #[test]
    fn while_much_waits_only_the_latest_presence_of_each_friend_is_kept() {
        let mut outbox = Outbox::default();
        push(&mut outbox, Class::Kept, &chat(&"x".repeat(1_000)));
        for state in [1, 2, -1, 3] {
            assert_eq!(push(&mut outbox, Class::Presence, &line("bob", state)), Pushed::Taken);
            push(&mut outbox, Class::Presence, &line("carol", -state));
        }
        let text = drain(&mut outbox);
        assert_eq!(text.matches("<friendaccount>bob<").count(), 1, "{text}");
        assert_eq!(text.matches("<friendaccount>carol<").count(), 1, "{text}");
        assert!(text.contains("<state>3</state><friendaccount>bob<"), "{text}");
        assert_eq!(outbox.held(), 0);
    }

    #[test]
    fn the_presence_that_is_kept_back_counts_towards_the_limit() {
        let mut outbox = Outbox::default();
        push(&mut outbox, Class::Kept, &chat(&"x".repeat(1_000)));
        let taken = (0..1_000)
            .filter(|n| push(&mut outbox, Class::Presence, &line(&format!("friend{n}"), 1)) == Pushed::Taken);
        assert!(taken.count() < 100);
        assert!(outbox.held() <= MARKS.most);
    }
}
