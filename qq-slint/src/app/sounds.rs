//! When a sound is heard: never while the user is busy, does not want to be disturbed or sits behind a locked screen.

use std::time::{Duration, Instant};

use ipc_schema::{Envelope, Event, account, chat, presence};

use super::App;
use crate::sound::Sound;

/// So long after an account came on line it is told who was there before.
const ARRIVAL: Duration = Duration::from_secs(5);

impl App {
    /// Plays a sound for an account, if the settings and what the user does let it.
    pub(crate) fn sound(&self, account: &str, sound: Sound) {
        if self.prefs.borrow().silent.contains(&sound) || self.is_quiet(account) {
            return;
        }
        self.sounds.play(sound);
    }

    /// Plays a sound that a friend makes, if that friend may be heard.
    pub(super) fn sound_of(&self, account: &str, friend: &str, sound: Sound) {
        if self.may_be_heard(&(account.to_owned(), friend.to_owned())) {
            self.sound(account, sound);
        }
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

    /// A message has come: it is heard unless it is one's own, was missed while away, or is of a stranger, or of somebody who is muted or
    /// in view.
    pub(super) fn sound_chat(&self, account: &str, chat: &chat::Received) {
        let peer = (account.to_owned(), chat.from.clone());
        let in_view = self.chats.borrow().get(&peer).is_some_and(|chat| chat.in_view(self));
        if chat.from != account::bare(account) && !in_view {
            self.sound_of(account, &chat.from, Sound::Message);
        }
    }

    /// The accounts that are not on line, before an event that may change that.
    pub(super) fn away(&self, envelope: &Envelope) -> Vec<String> {
        if !matches!(envelope.event, Event::AccountState(_) | Event::DaemonState(_)) {
            return Vec::new();
        }
        let state = self.state.borrow();
        let away = state.accounts.iter().filter(|account| account.link.state != account::State::Online);
        away.map(|account| account.account.clone()).collect()
    }

    /// Which of these have come on line by it: what they could not fetch is asked for again.
    pub(super) fn on_arrivals(&self, away: &[String]) {
        let state = self.state.borrow();
        for name in away {
            if state.account(name).is_some_and(|account| account.link.state == account::State::Online) {
                self.came.borrow_mut().insert(name.clone(), Instant::now());
                self.faces.retry();
            }
        }
    }

    /// Whether an account has only just come on line.
    pub(super) fn is_arriving(&self, account: &str) -> bool {
        self.came.borrow().get(account).is_some_and(|came| came.elapsed() < ARRIVAL)
    }

    /// A friend's state has changed; coming on line is heard.
    pub(super) fn sound_presence(
        &self,
        account: &str,
        changed: &presence::Changed,
        before: Option<presence::State>,
    ) {
        let comes = before == Some(presence::State::Offline) && changed.state != presence::State::Offline;
        if comes {
            self.sound_of(account, &changed.friend, Sound::Online);
        }
    }
}
