//! Who is on line: only what the relay has said in this session counts; without a session everybody is off line.

use ipc_schema::presence::{Changed, Show, Shown, State};
use ipc_schema::{Error, Event};
use relay_schema::Line;

use super::account::Account;
use super::name::{NOTE_MAX, clip, no_friend, normalise, not_logged_in};
use super::request::ReplyTo;

impl Account {
    /// `presence.show`: one's own, or a friend's.
    pub(super) fn show(&mut self, to: ReplyTo<Show>, params: &Show) {
        let shown = self.shown_presence(params.friend.as_deref());
        self.reply(to, shown);
    }

    fn shown_presence(&self, friend: Option<&str>) -> Result<Shown, Error> {
        let own = self.account.as_ref().ok_or_else(not_logged_in)?;
        let known = self.visible().ok_or_else(not_logged_in)?;
        let name = friend.map(|friend| self.resolve(friend)).transpose()?;
        let Some(name) = name.filter(|name| *name != own.account) else {
            let (state, note) = (known.presence, known.note.clone());
            return Ok(Shown { account: own.local.clone(), friend: None, state, note, ..Default::default() });
        };
        let entry = known.friend(&name).ok_or_else(|| no_friend(&name, false))?;
        let (state, note) = (entry.state, entry.note.clone());
        Ok(Shown { account: own.local.clone(), friend: Some(name), state, note, ..Default::default() })
    }

    /// `line` without an id: somebody came, went, or changed the status text. Who is no friend (yet) is not told.
    pub(super) fn on_presence(&mut self, line: &Line) {
        let Some(friend) = line.friendaccount.as_deref().and_then(normalise) else { return };
        let own = self.account.as_ref().is_some_and(|account| account.account == friend);
        let state = match line.state {
            1 => State::Online,
            2 => State::Away,
            3 => State::Busy,
            _ => State::Offline,
        };
        let note = clip(line.note.as_deref().unwrap_or_default(), NOTE_MAX);
        let changed = Changed { friend, state, note, ..Default::default() };
        if own || self.friends.has(&changed.friend) {
            self.tell_presence(changed);
        } else {
            self.friends.keep_presence(changed);
        }
    }

    /// A friend's status text stands in the friend list too.
    pub(super) fn tell_note(&mut self, friend: &str, note: String) {
        let known = self.visible().and_then(|known| known.friend(friend));
        let state = known.map(|entry| entry.state).unwrap_or_default();
        self.tell_presence(Changed { friend: friend.to_owned(), state, note, ..Default::default() });
    }

    /// `presence.changed`, if anything has changed.
    pub(super) fn tell_presence(&mut self, changed: Changed) {
        let Some(known) = self.visible() else { return };
        let before = match known.friend(&changed.friend) {
            Some(entry) => (entry.state, entry.note.as_str()),
            None => (known.presence, known.note.as_str()),
        };
        if before != (changed.state, changed.note.as_str()) {
            self.tell(Event::PresenceChanged(changed));
        }
    }
}
