//! Pages of the pretend conversations, cut as the real daemon cuts them.

use ipc_schema::chat;

use super::{Inner, bare};

/// The most messages of a page.
const PAGE: usize = 1_000;

impl Inner {
    pub(super) fn page(&self, history: &chat::History) -> chat::Page {
        let friend = bare(&history.to);
        let before = history.before.unwrap_or(u64::MAX);
        let talk = |message: &&chat::Message| message.from == friend || message.to == friend;
        let count = usize::try_from(history.count).unwrap_or(usize::MAX);
        let older = |message: &&chat::Message| message.row.is_some_and(|row| row < before);
        let newest_first = self.messages.iter().rev().filter(talk).filter(older);
        let mut messages: Vec<_> = newest_first.take(count.saturating_add(1)).cloned().collect();
        let more = messages.len() > count;
        messages.truncate(count);
        messages.reverse();
        chat::Page { messages, more }
    }

    /// A page of those behind a message, as the real daemon cuts it.
    pub(super) fn rest(&self, export: &chat::Export) -> chat::Exported {
        let friend = bare(&export.to);
        let talk = |message: &&chat::Message| message.from == friend || message.to == friend;
        let newer = |message: &&chat::Message| export.after.is_none_or(|row| message.row > Some(row));
        let mut newer = self.messages.iter().filter(talk).filter(newer);
        let whole = |message: &chat::Message| chat::Whole {
            message: message.clone(),
            re: None,
            body: None,
            conv: None,
            cseq: None,
            seq: None,
        };
        let messages = newer.by_ref().take(PAGE).map(whole).collect();
        chat::Exported { messages, more: newer.next().is_some() }
    }
}
