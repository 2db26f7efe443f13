//! Where each event goes: the mirror first, then the one room that shows more of it than the mirror holds.

use std::rc::Rc;

use ipc_schema::{Envelope, Event, account, chat, friend, presence};

use super::{App, Chat};
use crate::sound::Sound;

impl App {
    pub(super) fn hear(self: &Rc<Self>, envelope: &Envelope) {
        let before = self.friend_state(envelope);
        let away = self.away(envelope);
        self.state.borrow_mut().apply(envelope);
        self.on_arrivals(&away);
        let replayed = envelope.replayed;
        // Only the daemon's own events are of no account.
        let account = envelope.account.as_deref().unwrap_or_default();
        match &envelope.event {
            Event::DaemonState(_) => self.on_state(),
            Event::DaemonWanted(wanted) => self.on_wanted(envelope.account.as_deref(), wanted),
            Event::DaemonStopped(stopped) => self.on_stopped(stopped),
            Event::AccountProfile(shown) => self.on_profile(account, shown),
            Event::AccountState(changed) => self.on_link(account, changed),
            Event::FriendRequested(asked) => self.on_request(account, asked, replayed),
            Event::FriendRemoved(_) => self.forget_last(),
            Event::PresenceChanged(presence) => self.on_presence(account, presence, before),
            Event::ChatReceived(chat) => self.on_chat(account, chat, replayed),
            Event::ChatState(changed) => self.in_chat(account, &changed.to, |chat| chat.on_state(self, changed)),
            Event::ChatRead(marked) => self.in_chat(account, &marked.friend, |chat| chat.on_read(marked)),
            Event::ChatDrafted(draft) => {
                self.in_chat(account, &draft.friend, |chat| chat.on_drafted(self, draft));
            }
            Event::TypingChanged(typing) => {
                self.in_chat(account, &typing.friend, |chat| chat.on_typing(typing.typing));
            }
            Event::ShakeReceived(shake) => self.on_shake(account, &shake.from, &envelope.ts),
            Event::ShakeSent(shake) => self.on_shook(account, &shake.to, &envelope.ts),
            // What the windows show of these stands in the mirror.
            Event::DaemonGap(_)
            | Event::DaemonOutdated(_)
            | Event::AccountRefused(_)
            | Event::AccountNotice(_)
            | Event::FriendAdded(_)
            | Event::FriendChanged(_)
            | Event::FriendAnswered(_)
            | Event::FriendBlocked(_)
            | Event::GroupAdded(_)
            | Event::GroupRenamed(_)
            | Event::GroupRemoved(_)
            | Event::ChatFilling(_)
            | Event::UnreadChanged(_)
            | Event::NotifyChanged(_)
            // The windows have no calls.
            | Event::CallIncoming(_)
            | Event::CallState(_)
            | Event::Unknown { .. } => {}
        }
    }

    /// In the conversation with a friend, if it is open.
    fn in_chat(&self, account: &str, friend: &str, f: impl FnOnce(&Rc<Chat>)) {
        let chat = self.chats.borrow().get(&(account.to_owned(), friend.to_owned())).cloned();
        if let Some(chat) = chat {
            f(&chat);
        }
    }

    /// A message: heard, counted among the recent ones, its window opened, and shown there.
    fn on_chat(self: &Rc<Self>, account: &str, chat: &chat::Received, replayed: bool) {
        let peer = Self::peer_of(account, &chat.from, &chat.to);
        self.spoken(peer.clone(), &chat.ts, &chat.text);
        if !replayed {
            self.sound_chat(account, chat);
            self.open_for(account, chat);
        }
        self.in_chat(account, &peer.1, |window| window.on_received(self, chat));
    }

    fn on_profile(&self, account: &str, shown: &account::Shown) {
        let friends = self.friends.borrow().clone();
        if let Some(friends) = friends.filter(|_| self.account_name().as_deref() == Some(account)) {
            friends.on_profile(self, shown);
        }
    }

    fn on_link(self: &Rc<Self>, account: &str, changed: &account::Changed) {
        if changed.state == account::State::Offline && changed.reason.as_deref() == Some(super::LOGGED_OUT) {
            self.forget(account);
        }
    }

    fn on_request(&self, account: &str, asked: &friend::Asked, replayed: bool) {
        if asked.incoming && !replayed {
            self.sound(account, Sound::Request);
        }
    }

    fn on_presence(&self, account: &str, changed: &presence::Changed, before: Option<presence::State>) {
        // Whoever has just come on line himself is told who was there before.
        if changed.friend == account::bare(account) || self.is_arriving(account) {
            return;
        }
        self.sound_presence(account, changed, before);
        let friends = self.friends.borrow().clone();
        if let (Some(friends), Some(before)) = (friends, before) {
            friends.on_presence(self, account, changed, before);
        }
    }

    fn friend_state(&self, envelope: &Envelope) -> Option<presence::State> {
        let (Event::PresenceChanged(changed), Some(account)) = (&envelope.event, &envelope.account) else {
            return None;
        };
        Some(self.state.borrow().account(account)?.friend(&changed.friend)?.state)
    }
}
