//! The inbox: rows are taken in order, one after the other, committed, and only then told and receipted.

mod receipt;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use ipc_schema::chat::{Received, State, UnreadChanged};
use ipc_schema::{Event, chat};
use relay_schema::{Chat, Gap, Stanza};

use super::account::Account;
use super::body;
use super::failure::Failure;
use super::name::{clip, normalise};
use super::op::{Message, Op, Row, StoreError};
use super::stored::Then;

/// How long a receipt may wait for others.
const BATCH: Duration = Duration::from_millis(200);
/// How many rows one receipt may wait for.
const BATCH_ROWS: u32 = 64;
/// The most rows on their way to the disk; a relay that sends faster has to begin again where the disk is.
const PENDING_MAX: usize = 8_192;
/// The same in bytes.
const PENDING_MAX_BYTES: usize = 32 << 20;
/// The most conversations and friends that anything is counted for.
const NAMES_MAX: usize = 16_384;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// The last row that was taken.
    taken: u64,
    /// The last row that is on disk.
    committed: u64,
    pending: usize,
    pending_bytes: usize,
    /// Rows taken before the last failure do not count any more.
    run: u64,
    /// The head at the login: rows up to it happened while this daemon was away.
    head: u64,
    /// The relay's store was restored: what it lacks goes again once the head is reached.
    lacking: Lacking,
    /// This session began with the relay's first row.
    pub(super) anew: bool,
    /// The relay knows fewer rows than we do: the next login asks for all of them.
    pub(super) start_over: bool,
    /// A connection ended because the row with this number could not be read.
    stumbled: Option<u64>,
    /// When what was committed is receipted.
    receipt: Option<Duration>,
    unsaid: u32,
    /// How far conversations have come here, not yet said.
    marks: BTreeMap<String, u64>,
    unread: HashMap<String, u64>,
}

/// Whether the relay has lost what it had acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Lacking {
    #[default]
    No,
    /// It has not told all that it has.
    Perhaps,
    /// The store is looking.
    Asked,
}

/// A row on its way to the disk.
#[derive(Debug)]
pub(super) struct Taken {
    seq: u64,
    run: u64,
    bytes: usize,
    row: Row,
}

impl Inbox {
    /// What the store has.
    pub(super) fn begin(&mut self, cursor: u64, unread: Vec<(String, u64)>, delivered: Vec<(String, u64)>) {
        *self = Self { taken: cursor, committed: cursor, run: self.run + 1, ..Self::default() };
        self.marks = delivered.into_iter().collect();
        self.unread = unread.into_iter().filter(|(_, count)| *count > 0).collect();
    }

    pub(super) fn clear(&mut self) {
        self.begin(0, Vec::new(), Vec::new());
    }

    /// A session begins behind the row `cursor`.
    pub(super) fn start(&mut self, cursor: u64, head: u64, restored: bool) {
        if restored || cursor > self.taken {
            self.taken = cursor;
            self.committed = cursor;
            self.stumbled = None;
        }
        self.head = head;
        self.anew = restored;
        if restored {
            self.lacking = Lacking::Perhaps;
        }
        self.start_over = false;
    }

    /// The session is over. Marks are kept: they are said in the next one.
    pub(super) fn pause(&mut self) {
        self.receipt = None;
        self.unsaid = 0;
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn committed(&self) -> u64 {
        self.committed
    }

    /// It is not known yet whether older messages have to go before the newer ones.
    pub(super) fn is_comparing(&self) -> bool {
        self.lacking != Lacking::No
    }

    pub(super) fn is_caught_up(&self) -> bool {
        self.committed >= self.head && self.pending == 0 && !self.is_comparing()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.receipt
    }

    pub(super) fn unread_of(&self, friend: &str) -> u64 {
        self.unread.get(friend).copied().unwrap_or_default()
    }

    pub(super) fn unread_total(&self) -> u64 {
        self.unread.values().sum()
    }

    /// So many of a friend's messages are read now.
    pub(super) fn read(&mut self, friend: &str, count: u64) -> UnreadChanged {
        let unread = self.unread_of(friend).saturating_sub(count);
        if unread == 0 {
            self.unread.remove(friend);
        } else {
            self.unread.insert(friend.to_owned(), unread);
        }
        UnreadChanged { friend: friend.to_owned(), unread, total: self.unread_total() }
    }

    fn unread(&mut self, friend: &str) -> UnreadChanged {
        if self.unread.len() < NAMES_MAX || self.unread.contains_key(friend) {
            *self.unread.entry(friend.to_owned()).or_default() += 1;
        }
        UnreadChanged {
            friend: friend.to_owned(),
            unread: self.unread_of(friend),
            total: self.unread_total(),
        }
    }

    fn mark(&mut self, conv: &str, cseq: u64) {
        if self.marks.len() < NAMES_MAX || self.marks.contains_key(conv) {
            let mark = self.marks.entry(conv.to_owned()).or_default();
            *mark = cseq.max(*mark);
        }
    }
}

impl Account {
    /// `chat` from the relay: a row, somebody else's message or one's own.
    pub(super) fn on_chat(&mut self, chat: Chat) {
        let Some(seq) = chat.seq else { return self.on_older(&chat) };
        match self.message(&chat) {
            Some(message) => {
                let bytes = message.text.len() + message.body.as_ref().map_or(0, String::len);
                self.take(seq, seq, bytes, Row::Chat(Box::new(message)));
            }
            None => self.on_unknown_row(seq, Stanza::from(chat).to_xml().into_bytes()),
        }
    }

    /// The message, if the relay has told all that belongs to one, and it is ours.
    pub(super) fn message(&self, chat: &Chat) -> Option<Message> {
        let own = &self.account.as_ref()?.account;
        let (from, to) = (normalise(&chat.myaccount)?, normalise(&chat.friendaccount)?);
        if from != *own && to != *own {
            return None;
        }
        Some(Message {
            id: chat.id.as_ref()?.to_string(),
            from,
            to,
            text: chat.content.clone(),
            kind: chat.kind.as_ref().map_or_else(|| "text".to_owned(), |kind| clip(kind, 64)),
            body: chat.body.clone().and_then(body::encode),
            re: chat.re.as_ref().map(ToString::to_string),
            conv: Some(clip(chat.conv.as_deref()?, 256)),
            cseq: Some(chat.cseq?),
            seq: chat.seq,
            state: State::Acked,
            reason: None,
            ts: clip(chat.ts.as_deref()?, 64),
        })
    }

    /// A row of a type that this version does not know.
    pub(super) fn on_unknown_row(&mut self, seq: u64, raw: Vec<u8>) {
        let bytes = raw.len();
        self.take(seq, seq, bytes, Row::Unknown { raw });
    }

    /// The connection ends, for what came cannot be read, and the next row comes the same again. Twice at one row, and
    /// that row is given up, so that those behind it arrive; `raw` are its bytes, if they are known.
    pub(super) fn stumble(&mut self, raw: Vec<u8>) {
        let next = self.inbox.taken + 1;
        if self.inbox.stumbled != Some(next) {
            self.inbox.stumbled = Some(next);
            return;
        }
        if self.inbox.head < next {
            return;
        }
        tracing::warn!(row = next, bytes = raw.len(), "a row of the relay cannot be read and is given up");
        let bytes = raw.len();
        let row = if raw.is_empty() { Row::Gap { from: next, to: next } } else { Row::Unknown { raw } };
        self.take(next, next, bytes, row);
    }

    /// `gap`: the relay's retention cut these rows; it counts as their receipt.
    pub(super) fn on_gap(&mut self, gap: &Gap) {
        if gap.to < gap.from {
            let relay = self.relay();
            return self.fail(Failure::trouble("it names a gap that ends before it begins", &relay));
        }
        let next = self.inbox.taken + 1;
        // A gap may begin with rows that are here already.
        let from = if gap.from < next { next } else { gap.from };
        if gap.to >= next && from == next {
            self.friends.expect_list();
        }
        self.take(from, gap.to, 0, Row::Gap { from, to: gap.to });
    }

    /// Takes the row `first` (of a gap: the first number that is new here), which brings the cursor to `seq`.
    pub(super) fn take(&mut self, first: u64, seq: u64, bytes: usize, row: Row) {
        let next = self.inbox.taken + 1;
        if seq < next {
            // Had before: the relay has not heard the receipt.
            return self.receipt_soon();
        }
        if first > next {
            let relay = self.relay();
            let what = format!("row {first} came where row {next} was due; it is asked again");
            return self.fail(Failure::trouble(&what, &relay));
        }
        if self.inbox.pending >= PENDING_MAX || self.inbox.pending_bytes + bytes > PENDING_MAX_BYTES {
            let relay = self.relay();
            return self
                .fail(Failure::trouble("rows come faster than this computer's disk takes them", &relay));
        }
        self.inbox.taken = seq;
        self.inbox.pending += 1;
        self.inbox.pending_bytes += bytes;
        let taken = Taken { seq, run: self.inbox.run, bytes, row: row.clone() };
        self.ask(Op::Receive { seq, row }, Then::Received(Box::new(taken)));
    }

    /// A row is on disk, or cannot be.
    pub(super) fn on_received(&mut self, taken: Taken, result: Result<(bool, bool), StoreError>) {
        if taken.run != self.inbox.run {
            return;
        }
        self.inbox.pending -= 1;
        self.inbox.pending_bytes -= taken.bytes;
        match result {
            Ok((new, unread)) => self.committed(taken, new, unread),
            Err(error) => {
                self.inbox.run += 1;
                self.inbox.pending = 0;
                self.inbox.pending_bytes = 0;
                self.inbox.taken = self.inbox.committed;
                self.rows_failed(self.inbox.committed);
                self.fail_for_storage(&error);
            }
        }
    }

    fn committed(&mut self, taken: Taken, new: bool, unread: bool) {
        self.inbox.committed = taken.seq;
        let replayed = taken.seq <= self.inbox.head;
        match taken.row {
            Row::Chat(message) => self.on_message(*message, taken.seq, Fresh { new, unread, replayed }),
            Row::List(change) => self.on_change(change, replayed),
            Row::Counted | Row::Unknown { .. } | Row::Gap { .. } => {}
        }
        self.inbox.unsaid += 1;
        self.receipt_soon();
        if self.inbox.unsaid >= BATCH_ROWS {
            self.say_received();
        }
        self.ask_lacking();
        self.fill();
        self.on_asked_row();
    }

    fn on_message(&mut self, message: Message, seq: u64, fresh: Fresh) {
        let own = self.account.as_ref().is_some_and(|account| account.account == message.from);
        let (conv, cseq) = (message.conv.unwrap_or_default(), message.cseq.unwrap_or_default());
        if !own {
            self.inbox.mark(&conv, cseq);
        }
        if !fresh.new {
            return;
        }
        let from = message.from.clone();
        self.stops_writing(&from);
        let received = Received {
            id: message.id,
            from: message.from,
            to: message.to,
            text: message.text,
            kind: message.kind,
            conv,
            cseq,
            seq,
            ts: message.ts,
        };
        self.tell_row(Event::ChatReceived(received), fresh.replayed);
        if fresh.unread && !own {
            let unread: chat::UnreadChanged = self.inbox.unread(&from);
            self.tell_row(Event::UnreadChanged(unread), fresh.replayed);
        }
    }

    /// What a row brought: news, or what happened while this daemon was away.
    pub(super) fn tell_row(&mut self, event: Event, replayed: bool) {
        if replayed { self.tell_replayed(event) } else { self.tell(event) }
    }
}

/// What the store said about a message.
#[derive(Debug, Clone, Copy)]
struct Fresh {
    /// It was not here before.
    new: bool,
    /// It is unread.
    unread: bool,
    /// It happened while the daemon was away.
    replayed: bool,
}
