//! `vidio` and `r_vidio`: two seed clients are forwarded to each other. Calls of the full dialect are not here yet.

use relay_schema::{Chat, Id, NackCode, RVidio, Vidio};

use super::bucket::{Bucket, Size};
use super::op::AccountId;
use super::session::live;
use super::{Class, Core, Now, SessionId, name};

/// `vidio` and `r_vidio` that one account may send another: so many at once, and so many a second. A person who
/// calls, is not heard and calls again stays below it.
const CALLS_BURST: u32 = 5;
const CALLS_PER_SECOND: u32 = 1;

/// What a seed caller reads when only programs of the full dialect could answer.
const CANNOT_ANSWER: &str = "对方使用的程序不能接听这个旧程序的视频通话,请发消息联系。 \
    My program cannot take video calls from your older program; please write to me instead.";

impl Core {
    /// A seed client asks for a call.
    pub(super) fn on_vidio(&mut self, now: Now, session: SessionId, call: Vidio) {
        let Vidio { myaccount, friendaccount, session: address, id, .. } = call;
        let Some((friend, name)) = self.callee(now, session, &myaccount, &friendaccount, id) else { return };
        let seeds = self.seed_sessions(friend);
        if seeds.is_empty() && self.is_online(friend) {
            // Made here, not stored: it comes from the callee's account, since nobody else can be shown to this client.
            let content = CANNOT_ANSWER.to_owned();
            let (myaccount, friendaccount) = (name, myaccount);
            return self.send(session, Chat { myaccount, friendaccount, content, ..Default::default() });
        }
        if seeds.is_empty() {
            return self.off_line(session, friendaccount, None);
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
        let seeds = self.seed_sessions(friend);
        if seeds.is_empty() {
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

    /// A client of the full dialect calls: without a description of encrypted media nobody can answer.
    pub(super) fn on_full_call(&mut self, session: SessionId, myaccount: &str, id: Option<Id>) {
        let Some(live) = live(&self.sessions, session) else { return };
        if !name::is(myaccount, &live.name) {
            return self.not_yours(session, id);
        }
        match id {
            Some(id) => self.nack(session, id, NackCode::NoEncryption, None),
            None => self.without_id(session, "a call"),
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
        Some((friend, name))
    }

    /// One call more of that pair, unless it is over its rate.
    fn take_call(&mut self, now: Now, pair: (AccountId, AccountId)) -> bool {
        let (now, size) = (now.mono, call_size());
        self.calls.entry(now, pair, || Bucket::full(size, now)).try_take(size, now)
    }
}

pub(super) fn call_size() -> Size {
    Size::new(CALLS_BURST, CALLS_PER_SECOND)
}
