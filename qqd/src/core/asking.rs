//! Requests to the relay that it answers: each is called back exactly once, with the answer, the refusal, or why there is
//! none. Where the answer names a row of one's own inbox, not before that row is on disk and told.
//!
//! `self.ask_relay(|id| DeviceList { id }.into(), |account, outcome| …)`: nothing is queued, nothing is asked again.
//! Messages and shakes keep their own rules, see `outbox` and `shake`.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use ipc_schema::{Code, Error};
use relay_schema::{Ack, Id, NackCode, Stanza};

use super::account::Account;
use super::name::{not_logged_in, quote};

/// How long the relay has for its answer, and for the row that belongs to it.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The most requests without an answer, those of the daemon itself among them.
const MAX: usize = 256;
/// The most stanzas that one answer may consist of before its ack.
const PARTS_MAX: usize = 1_024;
/// The same in bytes; what is beyond is not kept.
const PARTS_MAX_BYTES: usize = 1 << 20;

/// The relay's answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    /// None where a stanza of its own was the answer ([`Stanza::Picture`]).
    pub(super) ack: Option<Ack>,
    /// What came under the request's id before the ack ([`Stanza::Device`]), or instead of it.
    pub(super) parts: Vec<Stanza>,
}

/// Why there is no good answer.
#[derive(Debug, Clone)]
pub(super) enum Refused {
    /// The relay says no.
    No {
        code: NackCode,
        /// When another try has a chance, in milliseconds.
        retry: Option<u64>,
    },
    /// Not asked, or no answer: a sentence that says why.
    Unheard(Error),
}

/// What becomes of a request.
pub(super) type Outcome = Result<Heard, Refused>;

type Then = Box<dyn FnOnce(&mut Account, Outcome)>;

struct Pending {
    then: Then,
    until: Duration,
    parts: Vec<Stanza>,
    bytes: usize,
    /// The ack, whose row is not here yet.
    ack: Option<Ack>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Asking {
    pending: HashMap<Id, Pending>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.pending.keys()).finish()
    }
}

impl Asking {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.pending.values().map(|pending| pending.until).min()
    }

    fn ids(&self, which: impl Fn(&Pending) -> bool) -> Vec<Id> {
        self.pending.iter().filter(|(_, pending)| which(pending)).map(|(id, _)| id.clone()).collect()
    }
}

impl Refused {
    /// The refusal as one sentence about `what` (`the request to carol`), for codes that mean nothing special there.
    pub(super) fn into_error(self, what: &str) -> Error {
        let (code, retry) = match self {
            Self::Unheard(error) => return error,
            Self::No { code, retry } => (code, retry),
        };
        let (word, message) = match &code {
            NackCode::Unknown => (Code::Unreachable, format!("{what}: no such account, or not for you")),
            NackCode::Forbidden => (Code::Denied, format!("{what}: the server does not allow that")),
            NackCode::TooBig => (Code::Usage, format!("{what}: that is longer than the server takes")),
            NackCode::Rate => {
                let when =
                    retry.map_or_else(|| "in a while".to_owned(), |retry| format!("in {}", spell(retry)));
                (Code::Throttled, format!("{what}: too often in too short a time; try again {when}"))
            }
            NackCode::Storage => {
                (Code::Busy, format!("{what}: the server has no room on its disk; tell whoever runs it"))
            }
            NackCode::Conflict => (Code::Conflict, format!("{what}: that contradicts what is there already")),
            NackCode::Offline => (Code::Offline, format!("{what}: nobody is on line there")),
            NackCode::Credentials => (Code::Credentials, format!("{what}: the password is wrong")),
            NackCode::Weak => (Code::Usage, format!("{what}: the server does not allow that password")),
            NackCode::NoEncryption => {
                (Code::Unsupported, format!("{what}: the other side has no program that can encrypt it"))
            }
            NackCode::Other(other) => match other.as_str() {
                "unknown-type" => {
                    (Code::Unsupported, format!("{what}: the server is too old for that; it must be updated"))
                }
                other => (Code::Unexpected, format!("{what}: the server refuses it: {:?}", quote(other))),
            },
        };
        let error = Error::new(word, message).with_field("reason", quote(code.as_str()));
        match retry {
            Some(retry) => error.with_retry_after_ms(retry),
            None => error,
        }
    }
}

/// A time in milliseconds for a sentence: seconds, minutes, hours or days, rounded up.
pub(super) fn spell(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    match seconds {
        0..=120 => format!("{seconds} s"),
        121..=7_200 => format!("{} minutes", seconds.div_ceil(60)),
        7_201..=172_800 => format!("{} hours", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

impl Account {
    /// Asks the relay. `then` is called exactly once unless the daemon stops before; at once, with
    /// [`Refused::Unheard`], if nothing can be asked now.
    pub(super) fn ask_relay(
        &mut self,
        stanza: impl FnOnce(Id) -> Stanza,
        then: impl FnOnce(&mut Self, Outcome) + 'static,
    ) {
        if let Err(error) = self.askable() {
            return then(self, Err(Refused::Unheard(error)));
        }
        let id = self.random_id();
        let until = self.now.mono + ANSWER_MAX;
        let pending = Pending { then: Box::new(then), until, parts: Vec::new(), bytes: 0, ack: None };
        self.asking.pending.insert(id.clone(), pending);
        self.send(stanza(id));
    }

    /// Whether the relay can be asked now; else a sentence that says why not.
    pub(super) fn askable(&self) -> Result<(), Error> {
        if self.account.is_none() {
            return Err(not_logged_in());
        }
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        if !self.link.is_online() || self.logout.is_some() {
            let message = format!("{} is away; try again when it is back", self.own_relay());
            return Err(Error::new(Code::NoRelay, message).with_hint("`qqctl status` says why"));
        }
        if self.asking.pending.len() >= MAX {
            let message = "too many requests are on their way to the server; try again in a moment";
            return Err(Error::new(Code::Busy, message).with_retry_after_ms(1_000));
        }
        Ok(())
    }

    fn answer_asked(&mut self, id: &Id, outcome: impl FnOnce(&mut Pending) -> Outcome) -> bool {
        let Some(mut pending) = self.asking.pending.remove(id) else { return false };
        let outcome = outcome(&mut pending);
        (pending.then)(self, outcome);
        true
    }

    /// `ack`. Whether the id was a request's of here.
    pub(super) fn on_asked_ack(&mut self, ack: &Ack) -> bool {
        let Some(pending) = self.asking.pending.get_mut(&ack.id) else { return false };
        if ack.seq.is_some_and(|seq| seq > self.inbox.committed()) {
            pending.ack = Some(ack.clone());
            return true;
        }
        self.answer_asked(&ack.id, |pending| Ok(pending.heard(Some(ack.clone()))))
    }

    /// A row is on disk, and its effects are told: answers that waited for it go out.
    pub(super) fn on_asked_row(&mut self) {
        if self.asking.pending.is_empty() {
            return;
        }
        let committed = self.inbox.committed();
        let here = |ack: &Ack| ack.seq.is_none_or(|seq| seq <= committed);
        for id in self.asking.ids(|pending| pending.ack.as_ref().is_some_and(here)) {
            self.answer_asked(&id, |pending| {
                let ack = pending.ack.take();
                Ok(pending.heard(ack))
            });
        }
    }

    /// A stanza under a request's id: a part of the answer, or, with `whole`, all of it.
    pub(super) fn on_asked_part(&mut self, id: &Id, part: Stanza, whole: bool) -> bool {
        let Some(pending) = self.asking.pending.get_mut(id) else { return false };
        pending.bytes = pending.bytes.saturating_add(part.to_xml().len());
        if pending.parts.len() < PARTS_MAX && pending.bytes <= PARTS_MAX_BYTES {
            pending.parts.push(part);
        }
        !whole || self.answer_asked(id, |pending| Ok(pending.heard(None)))
    }

    /// `nack`, or `error` with the request's id: the words of both are read alike.
    pub(super) fn on_asked_refusal(&mut self, id: &Id, code: &str, retry: Option<u64>) -> bool {
        self.answer_asked(id, |_| Err(Refused::No { code: NackCode::from(code), retry }))
    }

    pub(super) fn on_asking_tick(&mut self) {
        let now = self.now.mono;
        for id in self.asking.ids(|pending| pending.until <= now) {
            let relay = self.own_relay();
            self.answer_asked(&id, |pending| {
                let message = match pending.ack {
                    None => format!(
                        "{relay} did not answer within 10 s; look whether it was done, then try again"
                    ),
                    Some(_) => format!("{relay} has done it, but its news has not come here within 10 s"),
                };
                Err(Refused::Unheard(Error::new(Code::Timeout, message)))
            });
        }
    }

    /// The session is over: nobody will answer.
    pub(super) fn fail_asked(&mut self, error: &Error) {
        for id in self.asking.ids(|_| true) {
            self.answer_asked(&id, |_| Err(Refused::Unheard(error.clone())));
        }
    }
}

impl Pending {
    fn heard(&mut self, ack: Option<Ack>) -> Heard {
        Heard { ack, parts: std::mem::take(&mut self.parts) }
    }
}
