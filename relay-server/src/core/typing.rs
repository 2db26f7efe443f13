//! `typing`: from a friend's stanza to every full session of the other in one step. No request: what cannot be told is
//! dropped without an answer.

use relay_schema::Typing;

use super::bucket::{Bucket, Size};
use super::op::AccountId;
use super::session::live;
use super::{Class, Core, Now, SessionId};

impl Core {
    /// Somebody begins or stops to write.
    pub(super) fn on_typing(&mut self, now: Now, session: SessionId, typing: &Typing) {
        let Some(live) = live(&self.sessions, session) else { return };
        let Ok((friend, _)) = self.friend(live, &typing.friendaccount) else { return };
        let (account, name) = (live.account, live.name.clone());
        // From an invisible account nothing goes out, and nobody learns by what is not dropped that it is there.
        if self.is_invisible(account)
            || self.is_invisible(friend)
            || !self.take_typing(now, (account, friend))
        {
            return;
        }
        for other in self.full_sessions(friend) {
            self.emit(other, Class::Ephemeral, Typing { friendaccount: name.clone(), state: typing.state });
        }
    }

    /// Once more of that pair, unless it is over its rate.
    fn take_typing(&mut self, now: Now, pair: (AccountId, AccountId)) -> bool {
        let size = Size::new(self.limits.typing_burst, self.limits.typing_per_second);
        let bucket = self.typing.entry(now.mono, pair, || Bucket::full(size, now.mono));
        bucket.try_take(size, now.mono)
    }
}
