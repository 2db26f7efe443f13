//! What one connection has not been sent yet: replies and states, which are never dropped, and changes, of which a
//! reader that falls behind loses some and is told how many. It does no I/O and never waits.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ipc_schema::line::encode_event;
use ipc_schema::{Envelope, Event, daemon};

/// How much may be unsent.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of replies and states; over it, the connection is not read.
    pub reply_bytes: usize,
    /// Changes; over it, they are lost.
    pub changes: usize,
    /// Bytes of changes; over it, they are lost.
    pub change_bytes: usize,
}

/// A change, written once and shared by all who read it.
#[derive(Debug)]
pub(super) struct Change {
    line: Vec<u8>,
    seq: u64,
    ts: String,
    /// Whose presence it is, if it is one: the latest replaces an older one that is still unsent.
    presence: Option<Whose>,
}

/// An account's local name and its friend.
type Whose = (Option<String>, String);

impl Change {
    /// Writes the line.
    pub(super) fn new(envelope: &Envelope) -> Self {
        let presence = match &envelope.event {
            Event::PresenceChanged(presence) => Some((envelope.account.clone(), presence.friend.clone())),
            _ => None,
        };
        Self { line: encode_event(envelope), seq: envelope.seq, ts: envelope.ts.clone(), presence }
    }
}

#[derive(Debug)]
enum Item {
    /// A reply, a state, a gap: never dropped.
    Kept(Vec<u8>),
    Change(Arc<Change>),
    /// A presence that a later one has replaced.
    Void,
}

/// What is lost since the reader fell behind.
#[derive(Debug)]
struct Lost {
    count: u64,
    last: Arc<Change>,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Outbox {
    limits: Limits,
    items: VecDeque<Item>,
    /// How many items have left the front: an item's number never changes.
    left: u64,
    /// The number of the unsent presence of each friend.
    presences: HashMap<Whose, u64>,
    voids: usize,
    kept_bytes: usize,
    /// Bytes of replies that are taken and not yet known to be written.
    taken_bytes: usize,
    changes: usize,
    change_bytes: usize,
    lost: Option<Lost>,
}

impl Outbox {
    /// An empty one.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            items: VecDeque::new(),
            left: 0,
            presences: HashMap::new(),
            voids: 0,
            kept_bytes: 0,
            taken_bytes: 0,
            changes: 0,
            change_bytes: 0,
            lost: None,
        }
    }

    /// A line that must arrive.
    pub(super) fn keep(&mut self, line: Vec<u8>) {
        self.kept_bytes += line.len();
        self.items.push_back(Item::Kept(line));
    }

    /// The subscription starts over: what was lost before is in what follows.
    pub(super) fn start_over(&mut self) {
        self.lost = None;
    }

    /// A change, if there is room for it.
    pub(super) fn change(&mut self, change: &Arc<Change>) {
        if let Some(lost) = &mut self.lost {
            lost.count += 1;
            lost.last = Arc::clone(change);
            return;
        }
        if let Some(whose) = &change.presence {
            self.replace(whose);
        }
        let bytes = self.change_bytes + change.line.len();
        if self.changes >= self.limits.changes || bytes > self.limits.change_bytes {
            self.lost = Some(Lost { count: 1, last: Arc::clone(change) });
            return;
        }
        if let Some(whose) = &change.presence {
            self.presences.insert(whose.clone(), self.left + self.items.len() as u64);
        }
        self.changes += 1;
        self.change_bytes = bytes;
        self.items.push_back(Item::Change(Arc::clone(change)));
    }

    /// Moves lines into `batch` (empty) up to `most` bytes, at least one if there is one. Says whether there was.
    pub(super) fn take(&mut self, batch: &mut Vec<u8>, most: usize) -> bool {
        while let Some(item) = self.items.front() {
            let length = match item {
                Item::Kept(line) => line.len(),
                Item::Change(change) => change.line.len(),
                Item::Void => 0,
            };
            if !batch.is_empty() && batch.len() + length > most {
                break;
            }
            self.take_front(batch);
        }
        self.tell_gap();
        !batch.is_empty()
    }

    /// All that was taken is written.
    pub(super) fn written(&mut self) {
        self.taken_bytes = 0;
    }

    /// Everything is written.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.taken_bytes == 0
    }

    /// More replies are unsent than a connection may have and still be read.
    pub(super) fn is_over(&self) -> bool {
        self.kept_bytes + self.taken_bytes > self.limits.reply_bytes
    }

    /// The reader has fallen behind, with replies or with changes.
    pub(super) fn is_full(&self) -> bool {
        self.is_over() || self.lost.is_some()
    }

    fn take_front(&mut self, batch: &mut Vec<u8>) {
        let number = self.left;
        self.left += 1;
        match self.items.pop_front() {
            Some(Item::Kept(line)) => {
                self.kept_bytes -= line.len();
                self.taken_bytes += line.len();
                if batch.is_empty() && line.len() > batch.capacity() {
                    *batch = line;
                } else {
                    batch.extend_from_slice(&line);
                }
            }
            Some(Item::Change(change)) => {
                self.changes -= 1;
                self.change_bytes -= change.line.len();
                batch.extend_from_slice(&change.line);
                if let Some(whose) = &change.presence
                    && self.presences.get(whose) == Some(&number)
                {
                    self.presences.remove(whose);
                }
            }
            Some(Item::Void) => self.voids -= 1,
            None => self.left = number,
        }
    }

    /// Once half of the room is there again: one gap, and changes are let in again.
    fn tell_gap(&mut self) {
        let room =
            self.changes <= self.limits.changes / 2 && self.change_bytes <= self.limits.change_bytes / 2;
        if room && let Some(lost) = self.lost.take() {
            let gap = Event::DaemonGap(daemon::Gap { lost: Some(lost.count) });
            self.keep(encode_event(&Envelope::new(lost.last.seq, lost.last.ts.clone(), None, gap)));
        }
    }

    /// Voids the friend's unsent presence, so that numbers keep rising along the queue.
    fn replace(&mut self, whose: &Whose) {
        let Some(number) = self.presences.remove(whose) else { return };
        let at = usize::try_from(number - self.left).expect("an item in memory has an index");
        if let Item::Change(old) = std::mem::replace(&mut self.items[at], Item::Void) {
            self.changes -= 1;
            self.change_bytes -= old.line.len();
        }
        self.voids += 1;
        if self.voids > self.limits.changes {
            self.compact();
        }
    }

    /// Throws the voids out.
    fn compact(&mut self) {
        self.items.retain(|item| !matches!(item, Item::Void));
        self.voids = 0;
        self.presences.clear();
        for (at, item) in self.items.iter().enumerate() {
            if let Item::Change(change) = item
                && let Some(whose) = &change.presence
            {
                self.presences.insert(whose.clone(), self.left + at as u64);
            }
        }
    }
}

#[cfg(test)]
impl Outbox {
    /// For a test that wants to lose nothing.
    pub(super) fn is_half_full(&self) -> bool {
        self.changes > self.limits.changes / 2
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
