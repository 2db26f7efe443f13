//! When a sound is heard: never while the user is busy, does not want to be disturbed or sits behind a locked screen.

use ipc_schema::{account, chat, presence};

use super::App;
use crate::sound::Sound;

impl App {
    /// Plays a sound for an account, if the settings and what the user does let it.
    pub(crate) fn sound(&self, account: &str, sound: Sound) {
        if self.prefs.borrow().silent.contains(&sound) || self.is_quiet(account) {
            return;
        }
        self.sounds.play(sound);
    }

    /// Plays a sound because the user asked to hear it.
    pub(crate) fn try_sound(&self, sound: Sound) {
        self.sounds.play(sound);
    }

    fn is_quiet(&self, account: &str) -> bool {
        let state = self.state.borrow();
        let now = &state.notify;
        now.dnd
            || now.locked
            || state.account(account).is_none_or(|account| account.presence == presence::State::Busy)
    }

    /// A message has come: it is heard unless it is one's own, was missed while away, or is of somebody who is muted or in
    /// view.
    pub(super) fn sound_chat(&self, account: &str, chat: &chat::Received) {
        let peer = (account.to_owned(), chat.from.clone());
        let in_view = self.chats.borrow().get(&peer).is_some_and(|chat| chat.in_view(self));
        let muted =
            self.friends.borrow().as_ref().is_some_and(|friends| friends.is_muted(self, account, &chat.from));
        if chat.from != account::bare(account) && !in_view && !muted {
            self.sound(account, Sound::Message);
        }
    }

    /// A friend's state has changed; coming on line is heard.
    pub(super) fn sound_presence(
        &self,
        account: &str,
        changed: &presence::Changed,
        before: Option<presence::State>,
    ) {
        let comes = before == Some(presence::State::Offline) && changed.state != presence::State::Offline;
        if comes && changed.friend != account::bare(account) {
            self.sound(account, Sound::Online);
        }
    }
}
