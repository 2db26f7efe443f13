//! Marks: how far a conversation was received and read, by somebody else, on another device, or here. One that overtakes
//! the ack of its message is kept by the store, which then says so with the ack.
//!
//! What was read here is on disk before the relay hears of it, and counts as heard once the relay has answered something
//! that was said later; until then each new session says it again.

use std::collections::{BTreeMap, HashMap};

use ipc_schema::Event;
use ipc_schema::chat::{Marked, Sent};
use relay_schema::{Delivered, Id, Pong, Read};

use super::account::Account;
use super::name::{clip, normalise};
use super::op::{Arrived, Done, Op, StoreError};
use super::outbox::Step;
use super::stored::Then;

/// The most marks on their way to the disk at one time; they are told again at the next login.
const MAX: usize = 16_384;

/// A conversation, whose mark it is, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Whose {
    conv: String,
    account: String,
    read: bool,
}

/// How far conversations were read.
type Reads = BTreeMap<String, u64>;

/// The marks on their way to the disk (which number is there, and which one shall be), and those of here on their way to
/// the relay.
#[derive(Debug, Default)]
pub(super) struct Marks {
    storing: HashMap<Whose, (u64, u64)>,
    /// Not said in this session.
    unsaid: Reads,
    /// Said since the last ping.
    said: Reads,
    /// Said before this ping.
    asked: Option<(Id, Reads)>,
}

impl Marks {
    /// What the store has that the relay may not know.
    pub(super) fn begin(&mut self, read: Vec<(String, u64)>) {
        *self = Self { unsaid: read.into_iter().collect(), ..Self::default() };
    }

    /// The session is over: what has no answer is said again in the next one.
    pub(super) fn pause(&mut self) {
        let asked = self.asked.take().map(|(_, reads)| reads).unwrap_or_default();
        for (conv, cseq) in std::mem::take(&mut self.said).into_iter().chain(asked) {
            raise(&mut self.unsaid, conv, cseq);
        }
    }

    /// A ping goes out: its answer counts for all that was said before it.
    pub(super) fn pinged(&mut self, id: &Id) {
        if self.asked.is_none() && !self.said.is_empty() {
            self.asked = Some((id.clone(), std::mem::take(&mut self.said)));
        }
    }
}

fn raise(reads: &mut Reads, conv: String, cseq: u64) {
    let mark = reads.entry(conv).or_default();
    *mark = cseq.max(*mark);
}

impl Account {
    /// `delivered`: somebody has everything up to here. One's own mark is another device's.
    pub(super) fn on_delivered(&mut self, mark: Delivered) {
        let Some(account) = mark.account.as_deref().and_then(normalise) else { return };
        if self.account.as_ref().is_some_and(|own| own.account != account) {
            self.mark(Whose { conv: clip(&mark.conv, 256), account, read: false }, mark.cseq);
        }
    }

    /// `read`: somebody, or another device of one's own, has read everything up to here.
    pub(super) fn on_read_mark(&mut self, mark: Read) {
        let Some(account) = mark.account.as_deref().and_then(normalise) else { return };
        if self.account.is_some() {
            self.mark(Whose { conv: clip(&mark.conv, 256), account, read: true }, mark.cseq);
        }
    }

    /// A note to oneself is where it was to be as soon as the relay has it: nobody else will ever report it.
    pub(super) fn mark_note(&mut self, to: &str, conv: &str, cseq: u64) {
        if self.account.as_ref().is_some_and(|own| own.account == to) {
            self.mark(Whose { conv: conv.to_owned(), account: to.to_owned(), read: false }, cseq);
        }
    }

    fn mark(&mut self, whose: Whose, cseq: u64) {
        if let Some((_, wanted)) = self.marks.storing.get_mut(&whose) {
            *wanted = cseq.max(*wanted);
        } else if self.marks.storing.len() < MAX {
            self.store_mark(whose, cseq);
        }
    }

    fn store_mark(&mut self, whose: Whose, cseq: u64) {
        self.marks.storing.insert(whose.clone(), (cseq, cseq));
        let Whose { conv, account, read } = whose.clone();
        let elsewhere = read && self.account.as_ref().is_some_and(|own| own.account == account);
        let op = match elsewhere {
            true => Op::ReadElsewhere { conv, cseq },
            false => Op::Delivered { conv, account, cseq, read },
        };
        self.ask(op, Then::Marked(whose));
    }

    pub(super) fn on_mark_saved(&mut self, whose: Whose, result: Result<Done, StoreError>) {
        let stored = self.marks.storing.remove(&whose);
        let (Ok(done), Some((stored, wanted))) = (result, stored) else { return };
        if wanted > stored {
            self.store_mark(whose.clone(), wanted);
        }
        match done {
            Done::Delivered(arrived) => {
                let seen = whose.read && !arrived.is_empty();
                self.tell_arrived(arrived);
                if seen {
                    let Whose { conv, account, .. } = whose;
                    let by = account.clone();
                    self.tell(Event::ChatRead(Marked { friend: account, by, conv, cseq: stored }));
                }
            }
            Done::Cleared { with, count } => self.on_cleared(whose, stored, with, count),
            _ => {}
        }
    }

    /// Another device of one's own has read what was unread here.
    fn on_cleared(&mut self, whose: Whose, cseq: u64, with: Option<String>, count: u64) {
        let Whose { conv, account, .. } = whose;
        for reads in [&mut self.marks.unsaid, &mut self.marks.said] {
            if reads.get(&conv).is_some_and(|known| *known <= cseq) {
                reads.remove(&conv);
            }
        }
        if let Some(friend) = with.filter(|_| count > 0) {
            let unread = self.inbox.read(&friend, count);
            self.tell(Event::ChatRead(Marked { friend, by: account, conv, cseq }));
            self.tell(Event::UnreadChanged(unread));
        }
    }

    /// So far was a conversation read here, and that is on disk.
    pub(super) fn note_read(&mut self, conv: String, cseq: u64) {
        raise(&mut self.marks.unsaid, conv, cseq);
    }

    /// `read`, one for each conversation that was read and of which the relay has not heard.
    pub(super) fn say_read(&mut self) {
        if !self.link.is_online() || self.logout.is_some() {
            return;
        }
        for (conv, cseq) in std::mem::take(&mut self.marks.unsaid) {
            self.send(Read { conv: conv.clone(), cseq, account: None });
            raise(&mut self.marks.said, conv, cseq);
        }
    }

    /// `pong`: the relay has taken in all that was said before its ping.
    pub(super) fn on_pong(&mut self, pong: &Pong) {
        if let Some((_, reads)) = self.marks.asked.take_if(|(id, _)| *id == pong.id) {
            self.ask(Op::Told(reads.into_iter().collect()), Then::Nothing);
        }
    }

    /// Our messages that their receiver has, or has read.
    pub(super) fn tell_arrived(&mut self, arrived: Vec<Arrived>) {
        for Arrived { id, to, state } in arrived {
            let ts = self.ts();
            let step = Step { id: &id, to: &to, state, peer: None, reason: None, counts: false };
            self.tell_chat(step, ts);
            let peer = self.outbox.peer(&id);
            for reply in self.outbox.arrived(&id, state) {
                self.reply(reply, Ok(Sent { id: id.clone(), state, peer }));
            }
        }
    }
}
