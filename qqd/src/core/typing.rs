//! Who is writing: said only while the friend is on line, kept nowhere, and forgotten by itself.

use std::collections::HashMap;
use std::time::Duration;

use ipc_schema::chat::{Typed, Typing, TypingChanged};
use ipc_schema::{Code, Error, Event, presence};
use relay_schema::Typing as Wire;

use super::account::Account;
use super::name::{no_friend, normalise, not_logged_in};
use super::request::ReplyTo;

/// A friend of whom nothing more is heard has stopped.
const FADE: Duration = Duration::from_secs(10);
/// The same is said to the same friend once in this time, however often a frontend says it.
const INTERVAL: Duration = Duration::from_secs(3);
/// The most friends that are counted as writing, or as written to.
const MAX: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Writing {
    /// Until when a friend counts as writing.
    friends: HashMap<String, Duration>,
    /// What was said last to a friend, and when.
    said: HashMap<String, (bool, Duration)>,
}

impl Writing {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.friends.values().min().copied()
    }
}

impl Account {
    /// `chat.typing`.
    pub(super) fn typing(&mut self, reply: ReplyTo<Typing>, params: &Typing) {
        let result = self.writable(&params.to).map(|to| {
            self.say_typing(&to, !params.stopped);
            Typed { to }
        });
        self.reply(reply, result);
    }

    /// Whom to tell, if that can be done now.
    fn writable(&self, to: &str) -> Result<String, Error> {
        let own = self.account.as_ref().ok_or_else(not_logged_in)?;
        let to = self.resolve(to)?;
        if !self.link.is_online() || self.logout.is_some() {
            let message = format!("{} is not connected; nobody can be told now", self.own_relay());
            return Err(Error::new(Code::NoRelay, message).with_hint("`qqctl status` says why"));
        }
        let known =
            self.visible().and_then(|known| known.friend(&to)).ok_or_else(|| no_friend(&to, false))?;
        if own.own.presence == presence::Wish::Invisible {
            let message = format!("you are invisible, so {to} is not told that you write");
            return Err(Error::new(Code::Denied, message).with_hint("`qqctl presence set online` ends it"));
        }
        if known.state == presence::State::Offline {
            return Err(Error::new(Code::Offline, format!("{to} is off line, and this is not kept")));
        }
        Ok(to)
    }

    fn say_typing(&mut self, to: &str, typing: bool) {
        let now = self.now.mono;
        self.writing.said.retain(|_, (_, at)| now.saturating_sub(*at) < INTERVAL);
        if self.writing.said.get(to).is_some_and(|(said, _)| *said == typing) {
            return;
        }
        if self.writing.said.len() < MAX {
            self.writing.said.insert(to.to_owned(), (typing, now));
        }
        self.send(Wire { friendaccount: to.to_owned(), state: i32::from(typing) });
    }

    /// `typing` from the relay.
    pub(super) fn on_typing(&mut self, wire: &Wire) {
        let Some(friend) = normalise(&wire.friendaccount).filter(|friend| self.friends.has(friend)) else {
            return;
        };
        if wire.state != 1 {
            return self.stops_writing(&friend);
        }
        let is_new = !self.writing.friends.contains_key(&friend);
        if is_new && self.writing.friends.len() >= MAX {
            return;
        }
        self.writing.friends.insert(friend.clone(), self.now.mono + FADE);
        if is_new {
            self.tell(Event::TypingChanged(TypingChanged { friend, typing: true }));
        }
    }

    /// A friend writes no more: says so, has sent it, is gone, or has not been heard for a while.
    pub(super) fn stops_writing(&mut self, friend: &str) {
        if self.writing.friends.remove(friend).is_some() {
            let friend = friend.to_owned();
            self.tell(Event::TypingChanged(TypingChanged { friend, typing: false }));
        }
    }

    pub(super) fn on_writing_tick(&mut self) {
        let now = self.now.mono;
        self.stop_writing(|until| until <= now);
    }

    /// The session is over: nothing is known of anybody.
    pub(super) fn end_writing(&mut self) {
        self.stop_writing(|_| true);
        self.writing.said.clear();
    }

    fn stop_writing(&mut self, over: impl Fn(Duration) -> bool) {
        let friends = self.writing.friends.iter().filter(|(_, until)| over(**until));
        let mut friends: Vec<String> = friends.map(|(friend, _)| friend.clone()).collect();
        friends.sort();
        for friend in friends {
            self.stops_writing(&friend);
        }
    }
}
