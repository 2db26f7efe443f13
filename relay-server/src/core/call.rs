//! Calls: `vidio`, `r_vidio` and what follows them. Two seed clients are forwarded to each other here, devices of the
//! full dialect in `full`. The relay keeps nothing of a call but rates, who may answer an invisible account, and which
//! two devices are in it (see `lost`).

mod full;
mod lost;

use std::time::Duration;

use relay_schema::{Chat, Id, NackCode, RVidio, Vidio};

use super::bucket::{Bucket, Size};
use super::op::AccountId;
use super::session::live;
use super::{Class, Core, Now, SessionId, name};

pub(super) use full::{candidate_size, signal_size};

/// `vidio` and `r_vidio` that one account may send another: so many at once, and so many a second. A person who
/// calls, is not heard and calls again stays below it.
const CALLS_BURST: u32 = 5;
const CALLS_PER_SECOND: u32 = 1;

/// How long after its last word to somebody an invisible account can be answered in a call.
pub(super) const CALL_MAX: Duration = Duration::from_secs(12 * 60 * 60);

/// What a seed caller reads when only programs of the full dialect could answer.
const CANNOT_ANSWER: &str = "对方使用的程序不能接听这个旧程序的视频通话,请发消息联系。 \
    My program cannot take video calls from your older program; please write to me instead.";

impl Core {
    /// A seed client asks for a call.
    pub(super) fn on_vidio(&mut self, now: Now, session: SessionId, call: Vidio) {
        let Vidio { myaccount, friendaccount, session: address, id, .. } = call;
        let Some((friend, name)) = self.callee(now, session, &myaccount, &friendaccount, id) else { return };
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        if !self.is_there(account, friend) {
            return self.off_line(session, friendaccount, None);
        }
        let seeds = self.seed_sessions(friend);
        if seeds.is_empty() {
            // Made here, not stored: it comes from the callee's account, since nobody else can be shown to this client.
            let content = CANNOT_ANSWER.to_owned();
            let (myaccount, friendaccount) = (name, myaccount);
            return self.send(session, Chat { myaccount, friendaccount, content, ..Default::default() });
        }
        for other in seeds {
            let (myaccount, friendaccount, session) = (myaccount.clone(), name.clone(), address.clone());
            self.emit(
                other,
                Class::Ephemeral,
                Vidio { myaccount, friendaccount, session, id: None, ..Default::default() },
            );
        }
    }

    /// A seed client accepts a call.
    pub(super) fn on_r_vidio(&mut self, now: Now, session: SessionId, call: RVidio) {
        let RVidio { myaccount, friendaccount, session: address, id, .. } = call;
        let Some((friend, name)) = self.callee(now, session, &myaccount, &friendaccount, id) else { return };
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        let seeds = self.seed_sessions(friend);
        if seeds.is_empty() || !self.may_answer(now, account, friend) {
            return self.off_line(session, friendaccount, None);
        }
        for other in seeds {
            let (myaccount, friendaccount, session) = (myaccount.clone(), name.clone(), address.clone());
            self.emit(
                other,
                Class::Ephemeral,
                RVidio { myaccount, friendaccount, session, id: None, ..Default::default() },
            );
        }
    }

    /// The friend at the other end; none if the call is refused, and answered.
    fn callee(
        &mut self,
        now: Now,
        session: SessionId,
        own: &str,
        other: &str,
        id: Option<Id>,
    ) -> Option<(AccountId, String)> {
        let live = live(&self.sessions, session)?;
        if !name::is(own, &live.name) {
            self.not_yours(session, id);
            return None;
        }
        let account = live.account;
        let (friend, name) = match self.friend(live, other) {
            Ok(friend) => friend,
            Err(code) => {
                self.refuse_seed(session, other.to_owned(), code);
                return None;
            }
        };
        if !self.take_call(now, (account, friend)) {
            self.refuse_seed(session, other.to_owned(), NackCode::Rate);
            return None;
        }
        self.note_call(now, account, friend);
        Some((friend, name))
    }

    /// One call more of that pair, unless it is over its rate.
    fn take_call(&mut self, now: Now, pair: (AccountId, AccountId)) -> bool {
        let (now, size) = (now.mono, call_size());
        self.calls.entry(now, pair, || Bucket::full(size, now)).try_take(size, now)
    }
}

impl Core {
    /// `account` has shown itself to `friend` by calling, or by taking part in a call.
    fn note_call(&mut self, now: Now, account: AccountId, friend: AccountId) {
        self.called.entry(now.mono, (account, friend), || ());
    }

    /// A call of theirs is over.
    fn forget_call(&mut self, account: AccountId, friend: AccountId) {
        self.called.remove(&(account, friend));
        self.called.remove(&(friend, account));
    }

    /// Whether what belongs to a call of theirs reaches `friend`: whoever is invisible is off line for everybody but
    /// those whom it has called.
    fn may_answer(&mut self, now: Now, account: AccountId, friend: AccountId) -> bool {
        self.is_there(account, friend) || self.called.get(now.mono, &(friend, account)).is_some()
    }
}

pub(super) fn call_size() -> Size {
    Size::new(CALLS_BURST, CALLS_PER_SECOND)
}
