//! Keeps a sender's chats in order when one of them fails: those that were on their way behind it must not overtake
//! it, because the sender will send the failed one first again.

use std::collections::HashMap;

use crate::core::op::{AccountId, Done, Op, StoreError};

/// The senders of failed submits of the newest era that had one (see [`crate::core::op::Submit::era`]).
#[derive(Debug, Default)]
pub(super) struct Order {
    era: u64,
    failed: HashMap<AccountId, StoreError>,
}

impl Order {
    /// Refuses a submit behind a failed one of the same sender.
    pub(super) fn check(&self, op: &Op) -> Result<(), StoreError> {
        match op {
            Op::Submit(chat) if chat.era <= self.era => {
                self.failed.get(&chat.from).map_or(Ok(()), |failed| Err(failed.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Remembers a failed submit; a newer era forgets the older ones.
    pub(super) fn note(&mut self, op: &Op, result: &Result<Done, StoreError>) {
        let (Op::Submit(chat), Err(failed)) = (op, result) else {
            return;
        };
        if chat.era > self.era {
            self.era = chat.era;
            self.failed.clear();
        }
        self.failed.entry(chat.from).or_insert_with(|| failed.clone());
    }
}
