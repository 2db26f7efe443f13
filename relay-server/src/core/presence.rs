//! `line`: who is on line, told to friends of the full dialect.

use relay_schema::{ErrorCode, Id, Line};

use super::delivery::Stage;
use super::op::AccountId;
use super::session::{live, live_mut};
use super::{Class, Core, SessionId};

/// On line.
const ON: i32 = 1;
/// Off line.
const OFF: i32 = -1;

impl Core {
    /// Tells the account's friends.
    pub(super) fn announce(&mut self, account: AccountId, state: i32) {
        let Some(online) = self.online.get(&account) else { return };
        let name = online.name.clone();
        let friends: Vec<_> = online.friends().collect();
        for friend in friends {
            if self.may_see(friend, account) {
                self.tell(friend, &name, state);
            }
        }
    }

    /// `friend` is new in the list of `account`.
    pub(super) fn introduce(&mut self, account: AccountId, friend: AccountId) {
        if let Some(friend) = self.online.get(&friend) {
            let name = friend.name.clone();
            self.tell(account, &name, ON);
        }
    }

    /// `friend` may not be seen by `account` any more: as far as that one can tell, he leaves.
    pub(super) fn conceal(&mut self, account: AccountId, friend: AccountId) {
        if let Some(friend) = self.online.get(&friend) {
            let name = friend.name.clone();
            self.tell(account, &name, OFF);
        }
    }

    /// After a login: every friend who is not off line. One who has just left counts as on line until the others hear
    /// that he left: if he comes back before, nobody hears anything.
    pub(super) fn send_presence(&mut self, session: SessionId) {
        let Some(live) = live(&self.sessions, session) else { return };
        let Some(online) = self.online.get(&live.account) else { return };
        let mut names: Vec<_> = online
            .friends()
            .filter(|friend| !online.blocks(*friend) && !online.is_blocked_by(*friend))
            .filter_map(|friend| self.online.get(&friend))
            .map(|friend| friend.name.clone())
            .collect();
        names.sort_unstable();
        for name in names {
            self.emit(session, Class::Presence, line(ON, name, None));
        }
    }

    /// One's own `line`. On line is all that can be said yet, and everybody knows it.
    pub(super) fn on_line(&mut self, session: SessionId, own: &Line) {
        if own.state != ON {
            let text = "<state> of line can only be 1 here";
            self.error(session, ErrorCode::BadField, text, own.id.clone());
        }
    }

    /// The answer that nobody of `friendaccount` is on line.
    pub(super) fn off_line(&mut self, session: SessionId, friendaccount: String, id: Option<Id>) {
        let id = id.filter(|_| live_mut(&mut self.sessions, session).is_some_and(|live| live.is_full()));
        self.send(session, line(-1, friendaccount, id));
    }

    fn tell(&mut self, account: AccountId, name: &str, state: i32) {
        for session in self.full_sessions(account) {
            // While its list is being sent, a session is told afterwards.
            if live(&self.sessions, session).is_some_and(|live| matches!(live.mail.stage, Stage::Rows)) {
                self.emit(session, Class::Presence, line(state, name.to_owned(), None));
            }
        }
    }
}

fn line(state: i32, friendaccount: String, id: Option<Id>) -> Line {
    Line { state, friendaccount: Some(friendaccount), note: None, id }
}
