//! Marks: how far somebody else has received a conversation. One that overtakes the ack of its message is kept by the
//! store, which then says so with the ack.

use std::collections::HashMap;

use ipc_schema::chat::{Sent, State};
use relay_schema::Delivered;

use super::account::Account;
use super::name::{clip, normalise};
use super::op::{Op, StoreError};
use super::outbox::Step;
use super::stored::Then;

/// The most marks on their way to the disk at one time; they are told again at the next login.
const MAX: usize = 16_384;

/// A conversation and whose mark it is.
pub(super) type Whose = (String, String);

/// The marks on their way to the disk: which number is there, and which one shall be.
#[derive(Debug, Default)]
pub(super) struct Marks {
    storing: HashMap<Whose, (u64, u64)>,
}

impl Account {
    /// `delivered`: somebody has everything up to here.
    pub(super) fn on_delivered(&mut self, mark: Delivered) {
        let Some(account) = mark.account.as_deref().and_then(normalise) else { return };
        // One's own mark is another device's.
        if self.account.as_ref().is_none_or(|own| own.account == account) {
            return;
        }
        self.mark((clip(&mark.conv, 256), account), mark.cseq);
    }

    /// A note to oneself is where it was to be as soon as the relay has it: nobody else will ever report it.
    pub(super) fn mark_note(&mut self, to: &str, conv: &str, cseq: u64) {
        if self.account.as_ref().is_some_and(|own| own.account == to) {
            self.mark((conv.to_owned(), to.to_owned()), cseq);
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
        let (conv, account) = whose.clone();
        self.marks.storing.insert(whose.clone(), (cseq, cseq));
        self.ask(Op::Delivered { conv, account, cseq }, Then::Delivered(whose));
    }

    pub(super) fn on_mark_saved(&mut self, whose: Whose, result: Result<Vec<(String, String)>, StoreError>) {
        let stored = self.marks.storing.remove(&whose);
        let Ok(arrived) = result else { return };
        if let Some((_, wanted)) = stored.filter(|(stored, wanted)| wanted > stored) {
            self.store_mark(whose, wanted);
        }
        self.tell_arrived(arrived);
    }

    /// Our messages that their receiver has now, by id and receiver.
    pub(super) fn tell_arrived(&mut self, arrived: Vec<(String, String)>) {
        for (id, to) in arrived {
            let ts = self.ts();
            let step =
                Step { id: &id, to: &to, state: State::Delivered, peer: None, reason: None, counts: false };
            self.tell_chat(step, ts);
            let peer = self.outbox.peer(&id);
            for reply in self.outbox.delivered(&id) {
                self.reply(reply, Ok(Sent { id: id.clone(), state: State::Delivered, peer }));
            }
        }
    }
}
