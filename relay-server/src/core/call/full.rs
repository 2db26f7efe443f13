//! Calls between devices of the full dialect: each stanza is stamped with the device that sent it and handed to the
//! devices of the other account that it is for.

use std::time::Duration;

use relay_schema::{
    CallCandidate, CallEnd, CallRinging, ErrorCode, Id, LIMIT_AFTER_LOGIN, NackCode, RVidio, Stanza, Vidio,
};

use super::super::bucket::{Bucket, Size};
use super::super::op::AccountId;
use super::super::session::live;
use super::super::{Class, Core, Now, SessionId, name, wire};
use super::call_size;

/// Where media of the full dialect goes is in the session descriptions.
const NOWHERE: &str = "0.0.0.0,0";
/// The most bytes of a session description, of a candidate, of the words beside them.
const DESCRIPTION_MAX: usize = 64 * 1_024;
const CANDIDATE_MAX: usize = 4 * 1_024;
const WORD_MAX: usize = 64;
/// `call_candidate` from one account to another: so many at once, and so many a second.
const CANDIDATES_BURST: u32 = 100;
const CANDIDATES_PER_SECOND: u32 = 20;
/// `call_ringing` and `call_end`, the same: a call ends on many devices at once.
const SIGNALS_BURST: u32 = 50;
const SIGNALS_PER_SECOND: u32 = 5;

/// One stanza of a call, accepted: who says it to whom.
struct Signal {
    account: AccountId,
    own: String,
    friend: AccountId,
    name: String,
    device: String,
    /// As the client wrote it.
    friendaccount: String,
    id: Id,
}

/// What all of them have, and what must be right in each.
struct Said {
    myaccount: String,
    friendaccount: String,
    id: Option<Id>,
    word: &'static str,
    rate: Rate,
    /// A child that is missing, which the seed dialect does not have.
    lacks: Option<&'static str>,
    /// Its texts are as short as they must be.
    is_short: bool,
}

/// Which rate counts. What a daemon says by itself, without its user, is among the signals.
#[derive(Clone, Copy)]
enum Rate {
    Calls,
    Candidates,
    Signals,
}

impl Core {
    /// Somebody calls.
    pub(in crate::core) fn on_full_vidio(&mut self, now: Now, session: SessionId, call: Vidio) {
        let Vidio { myaccount, friendaccount, session: _, id, call, media, offer, device: _, to_device } =
            call;
        let lacks =
            lacking([("call", call.is_none()), ("media", media.is_none()), ("offer", offer.is_none())]);
        let is_short = is_short(&offer, &media, &to_device);
        let said = Said { myaccount, friendaccount, id, word: "vidio", rate: Rate::Calls, lacks, is_short };
        let Some(signal) = self.signal(now, session, said) else { return };
        if !self.is_there(signal.account, signal.friend) {
            return self.off_line(session, signal.friendaccount, Some(signal.id));
        }
        if to_device.is_none() && self.full_sessions(signal.friend).is_empty() {
            return self.nack(session, signal.id, NackCode::NoEncryption, None);
        }
        let stanza = Vidio {
            myaccount: signal.own.clone(),
            friendaccount: signal.name.clone(),
            session: NOWHERE.to_owned(),
            id: None,
            call,
            media,
            offer,
            device: Some(signal.device.clone()),
            to_device: to_device.clone(),
        };
        self.hand_over(session, signal, to_device.as_deref(), stanza.into());
    }

    /// Somebody accepts.
    pub(in crate::core) fn on_full_r_vidio(&mut self, now: Now, session: SessionId, call: RVidio) {
        let RVidio { myaccount, friendaccount, session: _, id, call, media, answer, device: _, to_device } =
            call;
        let lacks =
            lacking([("call", call.is_none()), ("media", media.is_none()), ("answer", answer.is_none())]);
        let is_short = is_short(&answer, &media, &to_device);
        let said = Said { myaccount, friendaccount, id, word: "r_vidio", rate: Rate::Calls, lacks, is_short };
        let Some(signal) = self.signal(now, session, said) else { return };
        let accepted = call.clone();
        let stanza = RVidio {
            myaccount: signal.own.clone(),
            friendaccount: signal.name.clone(),
            session: NOWHERE.to_owned(),
            id: None,
            call,
            media,
            answer,
            device: Some(signal.device.clone()),
            to_device: to_device.clone(),
        };
        let (account, friend, device) = (signal.account, signal.friend, signal.device.clone());
        let is_told = self.answer_over(now, session, signal, to_device.as_deref(), stanza.into());
        if let (true, Some(to), Some(call)) = (is_told, to_device, accepted) {
            self.begin_call((account, &device), (friend, &to), &call);
        }
    }

    /// A device rings.
    pub(in crate::core) fn on_call_ringing(&mut self, now: Now, session: SessionId, ringing: CallRinging) {
        let CallRinging { myaccount, friendaccount, call, id, device: _, to_device } = ringing;
        let (word, rate) = ("call_ringing", Rate::Signals);
        let said = Said { myaccount, friendaccount, id, word, rate, lacks: None, is_short: true };
        let Some(signal) = self.signal(now, session, said) else { return };
        let stanza = CallRinging {
            myaccount: signal.own.clone(),
            friendaccount: signal.name.clone(),
            call,
            id: None,
            device: Some(signal.device.clone()),
            to_device: to_device.clone(),
        };
        self.answer_over(now, session, signal, to_device.as_deref(), stanza.into());
    }

    /// A path for media.
    pub(in crate::core) fn on_call_candidate(
        &mut self,
        now: Now,
        session: SessionId,
        candidate: CallCandidate,
    ) {
        let CallCandidate { myaccount, friendaccount, call, candidate, id, device: _, to_device } = candidate;
        let (word, rate, is_short) = ("call_candidate", Rate::Candidates, candidate.len() <= CANDIDATE_MAX);
        let said = Said { myaccount, friendaccount, id, word, rate, lacks: None, is_short };
        let Some(signal) = self.signal(now, session, said) else { return };
        let stanza = CallCandidate {
            myaccount: signal.own.clone(),
            friendaccount: signal.name.clone(),
            call,
            candidate,
            id: None,
            device: Some(signal.device.clone()),
            to_device: to_device.clone(),
        };
        self.answer_over(now, session, signal, to_device.as_deref(), stanza.into());
    }

    /// It is over, or was never taken. Where it is for no single device, the sender's own other devices hear it, too:
    /// what was declined on one stops ringing on all.
    pub(in crate::core) fn on_call_end(&mut self, now: Now, session: SessionId, end: CallEnd) {
        let CallEnd { myaccount, friendaccount, call, reason, id, device: _, to_device } = end;
        let (word, rate, is_short) = ("call_end", Rate::Signals, reason.as_str().len() <= WORD_MAX);
        let said = Said { myaccount, friendaccount, id, word, rate, lacks: None, is_short };
        let Some(signal) = self.signal(now, session, said) else { return };
        self.end_call(signal.account, &signal.device, signal.friend, to_device.as_deref(), &call);
        let stanza = Stanza::from(CallEnd {
            myaccount: signal.own.clone(),
            friendaccount: signal.name.clone(),
            call,
            reason,
            id: None,
            device: Some(signal.device.clone()),
            to_device: to_device.clone(),
        });
        if to_device.is_none() {
            for own in self.full_sessions(signal.account) {
                if own != session {
                    self.emit(own, Class::Ephemeral, stanza.clone());
                }
            }
        }
        let (account, friend) = (signal.account, signal.friend);
        self.answer_over(now, session, signal, to_device.as_deref(), stanza);
        if to_device.is_none() {
            self.forget_call(account, friend);
        }
    }

    /// What all have in common; none if it is refused, and answered.
    fn signal(&mut self, now: Now, session: SessionId, said: Said) -> Option<Signal> {
        let live = live(&self.sessions, session)?;
        let Said { myaccount, friendaccount, id, word, rate, lacks, is_short } = said;
        if !name::is(&myaccount, &live.name) {
            self.not_yours(session, id);
            return None;
        }
        let Some(id) = id else {
            self.without_id(session, word);
            return None;
        };
        let (account, own, device) = (live.account, live.name.clone(), live.device.clone()?);
        let (friend, name) = match self.friend(live, &friendaccount) {
            Ok(friend) => friend,
            Err(code) => {
                self.nack(session, id, code, None);
                return None;
            }
        };
        if let Err(wait) = self.take_signal(now, (account, friend), rate) {
            self.nack(session, id, NackCode::Rate, Some(wait));
            return None;
        }
        match rate {
            Rate::Calls | Rate::Candidates => self.note_call(now, account, friend),
            Rate::Signals => {}
        }
        if let Some(child) = lacks {
            let text = format!("<{child}> of {word} is missing; it is required in the full dialect");
            self.error(session, ErrorCode::BadField, text, Some(id));
            return None;
        }
        if !is_short {
            self.nack(session, id, NackCode::TooBig, None);
            return None;
        }
        Some(Signal { account, own, friend, name, device, friendaccount, id })
    }

    /// One more of that pair, or how long it must wait.
    fn take_signal(&mut self, now: Now, pair: (AccountId, AccountId), rate: Rate) -> Result<(), Duration> {
        let now = now.mono;
        let (rates, size) = match rate {
            Rate::Calls => (&mut self.calls, call_size()),
            Rate::Candidates => (&mut self.candidates, candidate_size()),
            Rate::Signals => (&mut self.signals, signal_size()),
        };
        let bucket = rates.entry(now, pair, || Bucket::full(size, now));
        if bucket.try_take(size, now) { Ok(()) } else { Err(bucket.wait(size, now)) }
    }

    /// Hands over what belongs to a call that the two have already.
    fn answer_over(
        &mut self,
        now: Now,
        session: SessionId,
        signal: Signal,
        to_device: Option<&str>,
        stanza: Stanza,
    ) -> bool {
        if self.may_answer(now, signal.account, signal.friend) {
            return self.hand_over(session, signal, to_device, stanza);
        }
        self.off_line(session, signal.friendaccount, Some(signal.id));
        false
    }

    /// Hands it to the other's devices, or to one of them, and says whether there was any.
    fn hand_over(
        &mut self,
        session: SessionId,
        signal: Signal,
        to_device: Option<&str>,
        stanza: Stanza,
    ) -> bool {
        let about = stanza_bound(&stanza);
        if !wire::fits(&stanza, about) {
            self.nack(session, signal.id, NackCode::TooBig, None);
            return false;
        }
        let others = match to_device {
            Some(device) => self.sessions_of_device(signal.friend, device),
            None => self.full_sessions(signal.friend),
        };
        if others.is_empty() {
            self.off_line(session, signal.friendaccount, Some(signal.id));
            return false;
        }
        for other in others {
            self.emit(other, Class::Ephemeral, stanza.clone());
        }
        self.ack(session, signal.id);
        true
    }
}

/// The first child that is missing.
fn lacking(children: [(&'static str, bool); 3]) -> Option<&'static str> {
    children.into_iter().find(|(_, lacks)| *lacks).map(|(child, _)| child)
}

/// Whether the texts of a call are as short as they must be.
fn is_short(description: &Option<String>, media: &Option<String>, to_device: &Option<String>) -> bool {
    let len = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    len(description) <= DESCRIPTION_MAX && len(media) <= WORD_MAX && len(to_device) <= WORD_MAX
}

/// About how long it is at most: only a description can be so long that it must be looked at.
fn stanza_bound(stanza: &Stanza) -> usize {
    let description = match stanza {
        Stanza::Vidio(call) => call.offer.as_deref(),
        Stanza::RVidio(call) => call.answer.as_deref(),
        _ => None,
    };
    description.map_or(LIMIT_AFTER_LOGIN, |text| wire::bound(text, None))
}

pub(in crate::core) fn candidate_size() -> Size {
    Size::new(CANDIDATES_BURST, CANDIDATES_PER_SECOND)
}

pub(in crate::core) fn signal_size() -> Size {
    Size::new(SIGNALS_BURST, SIGNALS_PER_SECOND)
}
