//! What may open a window, move it, or make it wave: an incoming message, a shake. gui.md lists when it may not.

use std::rc::Rc;

use ipc_schema::{account, chat, friend, presence};

use super::{App, Peer};
use crate::winext;

impl App {
    pub(super) fn on_chat(self: &Rc<Self>, account: &str, chat: &chat::Received, replayed: bool) {
        let own = chat.from == account::bare(account);
        if own || replayed {
            return;
        }
        let peer = (account.to_owned(), chat.from.clone());
        if self.on_message() == 0 && self.may_disturb(&peer) {
            self.show_chat(&peer, false);
        }
    }

    /// What an incoming message does: the user's choice, else what suits the window system.
    pub(crate) fn on_message(&self) -> i32 {
        self.prefs.borrow().on_message.unwrap_or_else(|| i32::from(winext::on_wayland()))
    }

    /// The line is written in any case; the window opens and moves only where that disturbs nobody.
    pub(super) fn on_shake(self: &Rc<Self>, account: &str, from: &str) {
        let peer = (account.to_owned(), from.to_owned());
        let moves = self.may_disturb(&peer);
        if moves {
            self.show_chat(&peer, false);
        }
        let chat = self.chats.borrow().get(&peer).cloned();
        if let Some(chat) = chat {
            chat.on_shake(self, true, moves);
        }
    }

    /// Whoever may be heard, unless the screen is filled by something.
    fn may_disturb(&self, peer: &Peer) -> bool {
        self.may_be_heard(peer) && !winext::is_screen_full()
    }

    /// Strangers and the muted never are, and nobody is while one is busy, wants no disturbance, or the screen is locked.
    pub(super) fn may_be_heard(&self, peer: &Peer) -> bool {
        let state = self.state.borrow();
        let Some(mirror) = state.account(&peer.0) else { return false };
        let groups = mirror.groups.iter().filter(|group| group.name != friend::STRANGERS);
        let known = groups.flat_map(|group| &group.friends).any(|friend| friend.account == peer.1);
        let now = &state.notify;
        let wanted = !now.dnd && !now.locked && !now.mutes(&peer.0, &peer.1);
        known && wanted && mirror.presence != presence::State::Busy
    }
}
