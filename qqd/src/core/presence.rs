//! Who is on line: only what the relay has said in this session counts; without a session everybody is off line.

use ipc_schema::presence::{Changed, Set, Show, Shown, State, Wish};
use ipc_schema::{Error, Event};
use relay_schema::Line;

use super::account::Account;
use super::address::usage;
use super::chat::is_xml;
use super::name::{NOTE_MAX, clip, no_friend, normalise, not_logged_in};
use super::op::{Op, Own, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// The most characters of one's own status text.
const OWN_NOTE_MAX: usize = 256;

impl Own {
    /// The state on the wire.
    pub(super) fn wire(&self) -> i32 {
        match self.presence {
            Wish::Invisible => 0,
            Wish::Online => 1,
            Wish::Away => 2,
            Wish::Busy => 3,
        }
    }

    /// What friends see of it while the account is on line.
    fn shown(&self) -> State {
        match self.presence {
            Wish::Online => State::Online,
            Wish::Away => State::Away,
            Wish::Busy => State::Busy,
            Wish::Invisible => State::Offline,
        }
    }
}

impl Account {
    /// `presence.set`: on disk first, so that the next login says it, too.
    pub(super) fn set(&mut self, to: ReplyTo<Set>, params: Set) {
        match self.wished(params) {
            Err(error) => self.reply(to, Err(error)),
            Ok(own) => self.ask(Op::Presence(own.clone()), Then::Presence(to, own)),
        }
    }

    fn wished(&self, params: Set) -> Result<Own, Error> {
        let account = self.account.as_ref().ok_or_else(not_logged_in)?;
        if let Some(note) = &params.note {
            if note.chars().count() > OWN_NOTE_MAX {
                return Err(usage(format!("a status text has at most {OWN_NOTE_MAX} characters")));
            }
            if !note.chars().all(is_xml) {
                let message = "the status text holds a control character, which cannot be sent; take it out";
                return Err(usage(message.to_owned()));
            }
        }
        Ok(Own { presence: params.state, note: params.note.or_else(|| account.own.note.clone()) })
    }

    pub(super) fn on_presence_saved(&mut self, to: ReplyTo<Set>, own: Own, result: Result<(), StoreError>) {
        if let Err(error) = result {
            return self.reply(to, Err(unexpected(&error)));
        }
        let Some(account) = &mut self.account else { return self.reply(to, Err(not_logged_in())) };
        account.own = own.clone();
        if self.link.is_online() && self.logout.is_none() {
            self.send(Line { state: own.wire(), friendaccount: None, note: own.note, id: None });
        }
        self.tell_own_presence();
        let shown = self.shown_presence(None);
        self.reply(to, shown);
    }

    /// `presence.changed` of one's own, if anything has changed: what friends see, which is nothing without a session.
    pub(super) fn tell_own_presence(&mut self) {
        let (Some(account), Some(known)) = (&self.account, self.visible()) else { return };
        let state = if self.link.is_online() { account.own.shown() } else { State::Offline };
        let invisible = account.own.presence == Wish::Invisible;
        let note = account.own.note.clone().unwrap_or_default();
        if (known.presence, &known.note, known.invisible) != (state, &note, invisible) {
            let friend = account.account.clone();
            self.tell(Event::PresenceChanged(Changed { friend, state, note, invisible }));
        }
    }

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
            let (state, note, invisible) = (known.presence, known.note.clone(), known.invisible);
            return Ok(Shown { account: own.local.clone(), friend: None, state, note, invisible });
        };
        let entry = known.friend(&name).ok_or_else(|| no_friend(&name, false))?;
        let (state, note) = (entry.state, entry.note.clone());
        Ok(Shown { account: own.local.clone(), friend: Some(name), state, note, ..Default::default() })
    }

    /// `line` without an id: somebody came, went, or changed the status text. Who is no friend (yet) is not told.
    pub(super) fn on_presence(&mut self, line: &Line) {
        let Some(friend) = line.friendaccount.as_deref().and_then(normalise) else { return };
        let state = match line.state {
            1 => State::Online,
            2 => State::Away,
            3 => State::Busy,
            _ => State::Offline,
        };
        let note = clip(line.note.as_deref().unwrap_or_default(), NOTE_MAX);
        let changed = Changed { friend, state, note, ..Default::default() };
        if state == State::Offline {
            self.stops_writing(&changed.friend);
        }
        if self.friends.has(&changed.friend) {
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

    /// `presence.changed`, if anything has changed. Where a friend says nothing of the moment, what the profile says stays.
    pub(super) fn tell_presence(&mut self, mut changed: Changed) {
        if changed.note.is_empty()
            && let Some(said) = self.friends.profile_note(&changed.friend)
        {
            changed.note = said.to_owned();
        }
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
