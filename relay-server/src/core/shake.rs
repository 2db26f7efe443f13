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
        let (friend, name) = match self.friend(live, &friendaccount) {
            Ok(friend) => friend,
            Err(code) => {
                return match id {
                    Some(id) => self.nack(session, id, code, None),
                    None => self.refuse_seed(session, friendaccount, code),
                };
            }
        };
        if !self.is_there(account, friend) {
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

    /// The friend whom a session calls `text`, and how his account is really called. Whoever is no friend or blocks
    /// the session's account is `unknown`, whoever is blocked by it `forbidden`.
    pub(super) fn friend(&self, live: &Live, text: &str) -> Result<(AccountId, String), NackCode> {
        let name = name::normalise(text).ok_or(NackCode::Unknown)?;
        let online = self.online.get(&live.account).ok_or(NackCode::Unknown)?;
        match online.friends.get(&name) {
            Some((id, FriendKind::Friend)) if online.blocks(*id) => Err(NackCode::Forbidden),
            Some((id, FriendKind::Friend)) if !online.is_blocked_by(*id) => Ok((*id, name)),
            Some((_, FriendKind::Friend | FriendKind::Stranger)) | None => Err(NackCode::Unknown),
        }
    }
}
