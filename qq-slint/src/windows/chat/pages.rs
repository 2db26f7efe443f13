//! The part of a conversation that is here: pages older and newer are fetched as one scrolls, and what lies far from them
//! is forgotten again. So a conversation of 100,000 messages costs no more than one of a few hundred.

use std::collections::HashSet;
use std::rc::Rc;

use ipc_schema::chat::{self, Message};
use ipc_schema::{Method, account};

use super::{Chat, Entry, message};
use crate::app::App;

/// How many messages are fetched at once.
pub(super) const PAGE: u32 = 60;
/// How many entries are kept at most; then those farthest from the page that came are forgotten.
pub(crate) const KEPT: usize = 600;
/// How long all their texts may be together, in bytes: a message may have 16,384 characters.
const TEXTS: usize = 2 << 20;

/// Whether there are more entries than so many times what is kept, or their texts are longer.
pub(super) fn over(entries: &[Entry], times: usize) -> bool {
    kept(entries.iter(), times) < entries.len()
}

/// How many of these entries, from the first on, may be kept.
fn kept<'a>(entries: impl Iterator<Item = &'a Entry>, times: usize) -> usize {
    let mut room = TEXTS * times;
    let fits = |entry: &&Entry| {
        let fits = room.checked_sub(entry.text().len());
        room = fits.unwrap_or_default();
        fits.is_some()
    };
    entries.take(KEPT * times).take_while(fits).count()
}

impl Chat {
    /// The newest messages anew: the daemon has told its whole state. Whoever reads far back goes on reading.
    pub(crate) fn reload(self: &Rc<Self>, app: &Rc<App>) {
        self.loading.set(false);
        self.meet_draft(app);
        if self.newer.get() {
            return;
        }
        self.more.set(true);
        self.entries.borrow_mut().retain(|entry| matches!(entry, Entry::Event { .. }));
        self.fresh.set(self.unread(app) > 0 && !self.in_view(app));
        self.older(app);
    }

    /// Fetches the page before the oldest message that is here.
    pub(super) fn older(self: &Rc<Self>, app: &Rc<App>) {
        if self.loading.get() || !self.more.get() {
            return;
        }
        let before = self.entries.borrow().iter().find_map(message).and_then(|oldest| oldest.row);
        let params = chat::History { to: self.to(), count: PAGE, before };
        self.fetch(app, &params, move |chat, app, page| chat.on_older(app, page, before.is_none()));
        self.refresh(app);
    }

    /// Fetches the page behind the newest message that is here, where the end of the conversation is not.
    pub(super) fn later(self: &Rc<Self>, app: &Rc<App>) {
        if self.loading.get() || !self.newer.get() {
            return;
        }
        let after = self.entries.borrow().iter().rev().find_map(message).and_then(|newest| newest.row);
        let params = chat::Export { to: self.to(), after, ..chat::Export::default() };
        self.fetch(app, &params, |chat, app, page| chat.on_later(app, page));
    }

    /// The newest page instead of what is here, and then this.
    pub(super) fn newest(self: &Rc<Self>, app: &Rc<App>, then: impl FnOnce(&Rc<Self>, &Rc<App>) + 'static) {
        let params = chat::History { to: self.to(), count: PAGE, before: None };
        self.fetch(app, &params, move |chat, app, page| {
            chat.entries.borrow_mut().clear();
            chat.newer.set(false);
            chat.on_older(app, page, true);
            then(chat, app);
        });
    }

    /// The messages around the one with this row instead of what is here, and then this.
    pub(super) fn around(
        self: &Rc<Self>,
        app: &Rc<App>,
        row: u64,
        then: impl FnOnce(&Rc<Self>, &Rc<App>) + 'static,
    ) {
        let before = chat::History { to: self.to(), count: PAGE, before: Some(row) };
        self.fetch(app, &before, move |chat, app, page| {
            let after = page.messages.last().and_then(|last| last.row);
            let behind = chat::Export { to: chat.to(), after, ..chat::Export::default() };
            chat.fetch(app, &behind, move |chat, app, rest| {
                *chat.entries.borrow_mut() = page.messages.into_iter().map(Entry::Message).collect();
                chat.more.set(page.more);
                chat.on_later(app, rest);
                then(chat, app);
            });
        });
    }

    /// Asks the daemon for messages. An answer that something else has overtaken is dropped.
    pub(super) fn fetch<M: Method>(
        self: &Rc<Self>,
        app: &Rc<App>,
        params: &M,
        then: impl FnOnce(&Rc<Self>, &Rc<App>, M::Reply) + 'static,
    ) {
        self.loading.set(true);
        let turn = self.turn.get() + 1;
        self.turn.set(turn);
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), params, move |reply| {
            let Some(chat) = weak.upgrade().filter(|chat| chat.turn.get() == turn) else { return };
            App::with(|app| {
                chat.loading.set(false);
                match reply {
                    Ok(reply) => then(&chat, app, reply),
                    Err(error) => chat.fail(app, &error),
                }
                if !chat.loading.get() {
                    chat.look_again(app);
                }
            });
        });
    }

    fn on_older(self: &Rc<Self>, app: &Rc<App>, page: chat::Page, newest: bool) {
        self.more.set(page.more);
        let at_start = self.stage.is_at_start();
        let first = self.entries.borrow().iter().find_map(message).map(|first| first.id.clone());
        {
            let mut entries = self.entries.borrow_mut();
            let new = unknown(page.messages, &entries);
            entries.splice(0..0, new);
            if newest {
                weave(&mut entries);
                let unread = self.unread(app);
                let from = first_unread(&self.peer.0, &entries, self.missed.take().max(unread));
                *self.unread_from.borrow_mut() = from;
            }
        }
        self.forget_newest();
        self.refresh(app);
        match first.and_then(|first| self.row_of(&first)) {
            _ if newest => self.to_end(),
            // The list keeps in view what it shows, but for its very first row.
            Some(row) if at_start => self.stage.to_row(row),
            Some(_) | None => {}
        }
    }

    fn on_later(self: &Rc<Self>, app: &Rc<App>, page: chat::Exported) {
        let count = usize::try_from(PAGE).unwrap_or(usize::MAX);
        self.newer.set(page.more || page.messages.len() > count);
        {
            let mut entries = self.entries.borrow_mut();
            let messages = page.messages.into_iter().take(count).map(|whole| whole.message).collect();
            let new = unknown(messages, &entries);
            entries.extend(new);
        }
        self.forget_oldest();
        self.refresh(app);
    }

    /// The end of the list goes, down to a message that the daemon finds again by its row.
    /// Whether there was one, or nothing had to go.
    pub(super) fn forget_newest(&self) -> bool {
        let mut entries = self.entries.borrow_mut();
        let kept = kept(entries.iter(), 1);
        if kept == entries.len() {
            return true;
        }
        let end = (1..=kept).rev().find(|end| has_row(&entries[end - 1]));
        if let Some(end) = end {
            entries.truncate(end);
            self.newer.set(true);
        }
        end.is_some()
    }

    /// The beginning of the list goes, up to a message that the daemon finds again by its row.
    pub(super) fn forget_oldest(&self) {
        let mut entries = self.entries.borrow_mut();
        let over = entries.len() - kept(entries.iter().rev(), 1);
        if over == 0 {
            return;
        }
        if let Some(begin) = (over..entries.len()).find(|begin| has_row(&entries[*begin])) {
            entries.drain(..begin);
            self.more.set(true);
        }
    }
}

/// The oldest of so many messages that came last.
fn first_unread(account: &str, entries: &[Entry], unread: u32) -> Option<String> {
    let own = account::bare(account);
    let incoming = entries.iter().filter_map(message).filter(|message| message.from != own);
    let from = usize::try_from(unread).ok()?.checked_sub(1)?;
    incoming.rev().nth(from).map(|message| message.id.clone())
}

fn has_row(entry: &Entry) -> bool {
    message(entry).is_some_and(|message| message.row.is_some())
}

/// Those of a page that are not here yet.
fn unknown(page: Vec<Message>, entries: &[Entry]) -> Vec<Entry> {
    let name = |message: &Message| (message.from.clone(), message.id.clone());
    let known: HashSet<_> = entries.iter().filter_map(message).map(name).collect();
    page.into_iter().filter(|message| !known.contains(&name(message))).map(Entry::Message).collect()
}

/// What happened beside the messages stands behind those that were there by then.
fn weave(entries: &mut Vec<Entry>) {
    let events: Vec<Entry> = entries.extract_if(.., |entry| message(entry).is_none()).collect();
    for event in events {
        let at = entries.iter().rposition(|entry| entry.ts() <= event.ts()).map_or(0, |last| last + 1);
        entries.insert(at, event);
    }
}
