//! What may open a window, move it, or make it wave: an incoming message, a shake. gui.md lists when it may not.

use std::rc::Rc;

use ipc_schema::{account, chat, friend, presence};

use super::{App, Peer};
use crate::sound::Sound;
use crate::winext;

/// How many shakes of conversations without a window are kept at most; then the oldest goes.
const SHOOK: usize = 64;

/// A shake that waits for its line until the conversation is opened.
#[derive(Debug, Clone)]
pub(crate) struct Shook {
    peer: Peer,
    /// When: as the daemon says it.
    pub(crate) ts: String,
    /// By the friend, not by oneself.
    pub(crate) incoming: bool,
}

impl App {
    /// A message that came just now opens its window, where that is wanted.
    pub(super) fn open_for(self: &Rc<Self>, account: &str, chat: &chat::Received) {
        if chat.from == account::bare(account) {
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
    pub(super) fn on_shake(self: &Rc<Self>, account: &str, from: &str, ts: &str) {
        self.sound_of(account, from, Sound::Shake);
        let peer = (account.to_owned(), from.to_owned());
        let moves = self.may_disturb(&peer);
        if moves {
            self.show_chat(&peer, false);
        }
        let chat = self.chats.borrow().get(&peer).cloned();
        match chat {
            Some(chat) => chat.on_shake(self, ts, moves),
            None => self.keep_shake(Shook { peer, ts: ts.to_owned(), incoming: true }),
        }
    }

    /// One has shaken a friend's window oneself, here or by another program of this daemon.
    pub(super) fn on_shook(self: &Rc<Self>, account: &str, to: &str, ts: &str) {
        let peer = (account.to_owned(), to.to_owned());
        let chat = self.chats.borrow().get(&peer).cloned();
        match chat {
            Some(chat) => chat.on_shook(self, ts),
            None => self.keep_shake(Shook { peer, ts: ts.to_owned(), incoming: false }),
        }
    }

    fn keep_shake(&self, shake: Shook) {
        let mut shook = self.shook.borrow_mut();
        if shook.len() >= SHOOK {
            shook.remove(0);
        }
        shook.push(shake);
    }

    /// The shakes that a conversation has had while it had no window.
    pub(crate) fn take_shakes(&self, peer: &Peer) -> Vec<Shook> {
        self.shook.borrow_mut().extract_if(.., |shake| shake.peer == *peer).collect()
    }

    /// Something fills the screen, or does so no more: the daemon notifies of what no window shows.
    pub(crate) fn on_full(&self, full: bool) {
        self.full.set(full);
        *self.viewed.borrow_mut() = None;
        self.tell_view();
    }

    /// Whoever may be heard, unless the screen is filled by something.
    fn may_disturb(&self, peer: &Peer) -> bool {
        self.may_be_heard(peer) && !self.full.get()
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
