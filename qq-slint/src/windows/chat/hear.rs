//! What happens in a conversation while its window is there: messages that come, what becomes of one's own, and what a
//! screen reader is told of it.

use std::rc::Rc;
use std::time::Duration;

use ipc_schema::account;
use ipc_schema::chat::{self, Message, State};
use slint::{SharedString, Timer};

use super::{Chat, Entry, is_named, message, pages};
use crate::app::App;
use crate::windows::rows;

/// When a screen reader knows a window that has just been opened.
const SETTLED: Duration = Duration::from_millis(400);
/// Of what has come together a screen reader hears the last few.
const SAID: usize = 3;

impl Chat {
    pub(crate) fn on_received(self: &Rc<Self>, app: &Rc<App>, received: &chat::Received) {
        self.friend_types.set(false);
        self.told.set(None);
        let at_end = self.is_at_end(app);
        let own = received.from == account::bare(&self.peer.0);
        let is_known =
            |entry| message(entry).is_some_and(|known| is_named(known, &received.from, &received.id));
        let is_new = !self.entries.borrow().iter().any(is_known);
        // Far from the end there is no place for it: it comes with its page. Else the daemon has put it at the end.
        if !self.newer.get() && is_new {
            self.entries.borrow_mut().push(Entry::Message(Message {
                id: received.id.clone(),
                from: received.from.clone(),
                to: received.to.clone(),
                text: received.text.clone(),
                ts: received.ts.clone(),
                state: if own { State::Acked } else { State::Delivered },
                row: None,
                kind: Some(received.kind.clone()),
                reason: None,
                why: None,
            }));
        }
        if !own && is_new && !self.in_view(app) && !self.fresh.replace(true) {
            *self.unread_from.borrow_mut() = Some(received.id.clone());
        }
        if !own && is_new {
            let text = rows::harmless(&received.text);
            self.announce(&format!("{}: {text}", self.friend_name(app)));
        }
        let over = pages::over(&self.entries.borrow(), 1);
        if over && at_end {
            // Those that came one by one have no rows yet: the page has.
            return self.newest(app, |_, _| {});
        }
        if over && pages::over(&self.entries.borrow(), 2) && !self.forget_newest() {
            return self.newest(app, |_, _| {});
        }
        // What is shown follows once for all that came together: see `App::pump`.
        if self.newer.get() && own {
            self.newest(app, |_, _| {});
        } else if at_end || own {
            self.follows.set(true);
        }
    }

    /// Tells a screen reader what has just come: all that comes within a moment at once.
    pub(super) fn announce(self: &Rc<Self>, text: &str) {
        let mut sayings = self.sayings.borrow_mut();
        sayings.push(text.to_owned());
        if sayings.len() > 1 {
            if sayings.len() > SAID {
                sayings.remove(0);
                // The pause runs: it began with the first of them.
            }
            return;
        }
        let weak = Rc::downgrade(self);
        // What a window shows when a screen reader first sees it is not announced: it has to change after that.
        Timer::single_shot(SETTLED, move || {
            let Some(chat) = weak.upgrade() else { return };
            let text = std::mem::take(&mut *chat.sayings.borrow_mut()).join("\n");
            let talk = chat.stage.talk();
            // The same once more has to differ, or nobody hears it.
            let said = if talk.get_said() == text { format!("{text} ") } else { text };
            talk.set_said(SharedString::from(said));
        });
    }

    /// One of one's own messages has come further.
    pub(crate) fn on_state(self: &Rc<Self>, app: &Rc<App>, changed: &chat::Changed) {
        let own = account::bare(&self.peer.0);
        let at = {
            let mut entries = self.entries.borrow_mut();
            let is_it = |entry: &Entry| message(entry).is_some_and(|known| is_named(known, own, &changed.id));
            let at = entries.iter().rposition(is_it);
            if let Some(Entry::Message(message)) = at.and_then(|at| entries.get_mut(at)) {
                message.state = changed.state;
                message.reason.clone_from(&changed.reason);
            }
            at
        };
        let is_early = matches!(changed.state, State::Queued | State::Sent | State::Acked);
        let look = match at {
            // The server has taken it behind what others wrote meanwhile: so it stands in the daemon's history.
            Some(at) => changed.state == State::Acked && self.is_overtaken(at),
            // What was written elsewhere is new: a receipt for something far up is no reason to look.
            None => is_early && !self.sending.borrow().contains(&changed.id),
        };
        if look {
            self.written_elsewhere(app);
        }
    }

    /// Whether somebody else's message stands behind this entry.
    pub(super) fn is_overtaken(&self, at: usize) -> bool {
        let own = account::bare(&self.peer.0);
        let entries = self.entries.borrow();
        entries.iter().skip(at + 1).filter_map(message).any(|behind| behind.from != own)
    }

    /// The id of the newest message of somebody else's.
    pub(super) fn others_last(&self) -> Option<String> {
        let own = account::bare(&self.peer.0);
        let entries = self.entries.borrow();
        let others = entries.iter().rev().filter_map(message).find(|known| known.from != own);
        others.map(|known| known.id.clone())
    }

    pub(crate) fn on_typing(&self, typing: bool) {
        self.friend_types.set(typing);
    }

    /// A read mark of the friend's: all of ours that came so far.
    pub(crate) fn on_read(&self, marked: &chat::Marked) {
        let own = account::bare(&self.peer.0);
        if marked.by == own {
            return;
        }
        for entry in &mut *self.entries.borrow_mut() {
            if let Entry::Message(message) = entry
                && message.from == own
                && matches!(message.state, State::Acked | State::Delivered)
            {
                message.state = State::Read;
            }
        }
    }
}
