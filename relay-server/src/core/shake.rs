//! `shake`: from a friend's stanza to every session of the other in one step, never kept.

use relay_schema::{NackCode, Shake};

use super::op::{AccountId, FriendKind};
use super::session::{Live, live};
use super::{Class, Core, Now, SessionId, name};

impl Core {
    pub(super) fn on_shake(&mut self, now: Now, session: SessionId, shake: Shake) {
        let Some(live) = live(&self.sessions, session) else { return };
        let Shake { myaccount, friendaccount, id } = shake;
        if !name::is(&myaccount, &live.name) {
            return self.not_yours(session, id);
        }
        let id = match (live.is_full(), id) {
            (true, None) => return self.without_id(session, "shake"),
            (true, id) => id,
            (false, _) => None,
        };
        let (account, myaccount) = (live.account, live.name.clone());
        let Some((friend, name)) = self.friend(live, &friendaccount) else {
            return match id {
                Some(id) => self.nack(session, id, NackCode::Unknown, None),
                None => self.off_line(session, friendaccount, None),
            };
        };
        if !self.is_online(friend) {
            return self.off_line(session, friendaccount, id);
        }
        let interval = self.limits.shake_interval;
        let passed = self.shakes.get(now.mono, &(account, friend)).map(|last| now.mono.saturating_sub(*last));
        if let Some(passed) = passed.filter(|passed| *passed < interval) {
            return match id {
                Some(id) => self.nack(session, id, NackCode::Rate, Some(interval - passed)),
                None => self.refuse_seed(session, friendaccount, NackCode::Rate),
            };
        }
        *self.shakes.entry(now.mono, (account, friend), || now.mono) = now.mono;
        for other in self.sessions_of(friend) {
            let (myaccount, friendaccount) = (myaccount.clone(), name.clone());
            self.emit(other, Class::Ephemeral, Shake { myaccount, friendaccount, id: None });
        }
        if let Some(id) = id {
            self.ack(session, id);
        }
    }

    /// The friend whom a session calls `text`, and how his account is really called.
    pub(super) fn friend(&self, live: &Live, text: &str) -> Option<(AccountId, String)> {
        let name = name::normalise(text)?;
        let online = self.online.get(&live.account)?;
        let (id, _) = online.friends.get(&name).filter(|(_, kind)| *kind == FriendKind::Friend)?;
        Some((*id, name))
    }
}
