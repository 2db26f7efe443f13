//! What oneself writes by another program of the same daemon, such as qqctl: the window hears what becomes of the message,
//! and asks for it.

use std::rc::Rc;

use ipc_schema::chat;

use super::{Chat, Entry, message};
use crate::app::App;

/// How many of the newest messages are looked through.
const LOOK: u32 = 10;

impl Chat {
    /// A message that is not here has changed. The window's own come with the reply to their call, those of the first page
    /// with the page.
    pub(super) fn written_elsewhere(self: &Rc<Self>, app: &Rc<App>) {
        if self.looking.get() || self.sending.get() > 0 || self.loading.get() || self.newer.get() {
            return;
        }
        self.looking.set(true);
        let params = chat::History { to: self.to(), count: LOOK, before: None };
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            // What could not be fetched comes when the conversation is opened again.
            let Some(chat) = weak.upgrade() else { return };
            chat.looking.set(false);
            let Ok(page) = reply else { return };
            App::with(|app| chat.take_newest(app, page));
        });
    }

    fn take_newest(self: &Rc<Self>, app: &Rc<App>, page: chat::Page) {
        let at_end = self.is_at_end(app);
        {
            let mut entries = self.entries.borrow_mut();
            let newest = entries.iter().filter_map(message).filter_map(|known| known.row).max();
            for new in page.messages {
                let known =
                    entries.iter().any(|entry| message(entry).is_some_and(|known| known.id == new.id));
                // An older one that changed late stays where it is: further up.
                if !known && new.row > newest {
                    // Others' have come meanwhile, and have no rows yet: the time says where it belongs.
                    let before = |entry: &Entry| message(entry).is_none_or(|known| known.ts <= new.ts);
                    let at = entries.iter().rposition(before).map_or(0, |last| last + 1);
                    entries.insert(at, Entry::Message(new));
                }
            }
        }
        self.refresh(app);
        if at_end {
            self.to_end();
        }
    }
}
