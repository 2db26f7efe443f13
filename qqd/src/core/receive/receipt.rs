//! What the relay is told of rows that are on disk here, and what it is asked for when it has lost some.

use relay_schema::{Delivered, Recv};

use super::{BATCH, Lacking};
use crate::core::account::Account;
use crate::core::op::{Op, StoreError};
use crate::core::read::Messages;
use crate::core::stored::Then;

impl Account {
    /// What the relay may not have heard of in the session before.
    pub(in crate::core) fn say_marks(&mut self) {
        if !self.inbox.marks.is_empty() {
            self.receipt_soon();
        }
        self.say_read();
    }

    pub(super) fn receipt_soon(&mut self) {
        if self.link.is_online() && self.inbox.receipt.is_none() {
            self.inbox.receipt = Some(self.now.mono + BATCH);
        }
    }

    pub(in crate::core) fn on_inbox_tick(&mut self) {
        if self.inbox.receipt.is_some_and(|at| at <= self.now.mono) {
            self.say_received();
        }
    }

    /// `recv` and `delivered` for all that is on disk.
    pub(in crate::core) fn say_received(&mut self) {
        if !self.link.is_online() || self.inbox.receipt.is_none() {
            return;
        }
        self.inbox.pause();
        self.send(Recv { seq: self.inbox.committed });
        for (conv, cseq) in std::mem::take(&mut self.inbox.marks) {
            self.send(Delivered { conv, cseq, account: None });
        }
    }

    /// Once a restored relay has told all it has: which of our messages does it lack?
    pub(in crate::core) fn ask_lacking(&mut self) {
        let told = self.link.is_online() && self.inbox.committed >= self.inbox.head;
        if self.inbox.lacking == Lacking::Perhaps && told {
            self.inbox.lacking = Lacking::Asked;
            let since = self.unasked_since();
            self.ask(Op::Lacking { since }, Then::Lacking);
        }
    }

    pub(in crate::core) fn on_lacking(&mut self, result: Result<Messages, StoreError>) {
        if self.inbox.lacking != Lacking::Asked {
            return;
        }
        match result {
            Ok((messages, _)) => {
                self.inbox.lacking = Lacking::No;
                self.requeue(messages.into_iter().map(|(_, message)| message).collect());
            }
            Err(error) => {
                self.inbox.lacking = Lacking::Perhaps;
                self.fail_for_storage(&error);
            }
        }
    }
}
