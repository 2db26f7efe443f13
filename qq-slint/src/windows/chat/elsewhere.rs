//! What stands in a conversation besides what came to this window in order: the messages that oneself writes by another program
//! of the same daemon, such as qqctl, and those that others overtook. The window hears what becomes of a message, and asks
//! the daemon for the newest ones: their order is the daemon's, here as in its history.

use std::collections::HashMap;
use std::rc::Rc;

use ipc_schema::chat::{self, Message};

use super::{Chat, Entry, message};
use crate::app::App;

/// How many of the newest messages are looked through: as many as are on their way at once, at most.
const LOOK: u32 = 32;

impl Chat {
    /// A message that is not here has changed, or one stands in another place. The window's own come with the reply to their call,
    /// those of a page with the page.
    pub(super) fn written_elsewhere(self: &Rc<Self>, app: &Rc<App>) {
        if self.looking.get() || self.loading.get() {
            self.unlooked.set(true);
            return;
        }
        if self.newer.get() {
            return;
        }
        self.looking.set(true);
        let params = chat::History { to: self.to(), count: LOOK, before: None };
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            // What could not be fetched comes when the conversation is opened again.
            let Some(chat) = weak.upgrade() else { return };
            chat.looking.set(false);
            App::with(|app| {
                if let Ok(page) = reply {
                    chat.take_newest(app, page);
                }
                chat.look_again(app);
            });
        });
    }

    /// What happened while something was being fetched may not be in it.
    pub(super) fn look_again(self: &Rc<Self>, app: &Rc<App>) {
        if self.unlooked.take() {
            self.written_elsewhere(app);
        }
    }

    fn take_newest(self: &Rc<Self>, app: &Rc<App>, page: chat::Page) {
        if self.newer.get() {
            return;
        }
        let at_end = self.is_at_end(app);
        arrange(&mut self.entries.borrow_mut(), page.messages);
        self.refresh(app);
        if at_end {
            self.to_end();
        }
    }
}

/// Puts the daemon's newest messages among those that are here, in the daemon's order. An older one that is not here (it
/// changed late) is further up, and comes with its page.
fn arrange(entries: &mut Vec<Entry>, page: Vec<Message>) {
    let newest = entries.iter().filter_map(message).filter_map(|known| known.row).max();
    let name = |message: &Message| (message.from.clone(), message.id.clone());
    let known: HashMap<_, usize> =
        entries.iter().enumerate().filter_map(|(at, entry)| Some((name(message(entry)?), at))).collect();
    let kept: Vec<Message> =
        page.into_iter().filter(|new| known.contains_key(&name(new)) || new.row > newest).collect();
    let mut places: Vec<usize> = kept.iter().filter_map(|new| known.get(&name(new)).copied()).collect();
    places.sort_unstable();
    let places = places.into_iter().chain(entries.len()..);
    for (place, new) in places.zip(kept) {
        match entries.get_mut(place) {
            Some(entry) => *entry = Entry::Message(new),
            None => entries.push(Entry::Message(new)),
        }
    }
}
