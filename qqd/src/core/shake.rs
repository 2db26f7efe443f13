//! Shaking a friend's window: only while both are on line, never kept, and never more than a person can stand.

use std::collections::HashMap;
use std::time::Duration;

use ipc_schema::shake::{Received, Send, Sent, Shaken};
use ipc_schema::{Code, Error, Event};
use relay_schema::{Id, Nack, NackCode, Shake};

use super::account::Account;
use super::chat::refusal;
use super::name::{normalise, not_logged_in};
use super::request::ReplyTo;

/// How long the relay has for its answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// One event a friend in this time.
const INTERVAL: Duration = Duration::from_secs(1);
/// The most shakes of ours without an answer, and of friends within the interval.
const MAX: usize = 64;

/// A shake on its way.
#[derive(Debug)]
struct Pending {
    reply: ReplyTo<Send>,
    to: String,
    until: Duration,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shakes {
    pending: HashMap<Id, Pending>,
    /// When each friend's last shake was told.
    told: HashMap<String, Duration>,
}

impl Shakes {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.pending.values().map(|pending| pending.until).min()
    }
}

impl Account {
    /// `shake.send`.
    pub(super) fn shake(&mut self, reply: ReplyTo<Send>, params: &Send) {
        match self.shakeable(&params.to) {
            Err(error) => self.reply(reply, Err(error)),
            Ok((myaccount, to)) => {
                let id = self.random_id();
                let until = self.now.mono + ANSWER_MAX;
                self.send(Shake { myaccount, friendaccount: to.clone(), id: Some(id.clone()) });
                self.shakes.pending.insert(id, Pending { reply, to, until });
            }
        }
    }

    fn shakeable(&self, to: &str) -> Result<(String, String), Error> {
        let own = self.account.as_ref().ok_or_else(not_logged_in)?;
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        let to = self.resolve(to)?;
        if !self.link.is_online() || self.logout.is_some() {
            let message = format!(
                "{} is not connected, and a shake is not kept; try again once it is",
                self.own_relay()
            );
            return Err(Error::new(Code::NoRelay, message).with_hint("`qqctl status` says why"));
        }
        if self.shakes.pending.len() >= MAX {
            let message = "too many shakes are on their way; try again in a moment";
            return Err(Error::new(Code::Busy, message).with_retry_after_ms(1_000));
        }
        Ok((own.account.clone(), to))
    }

    fn answer_shake(&mut self, id: &Id, result: impl FnOnce(&str) -> Result<(), Error>) -> bool {
        let Some(Pending { reply, to, .. }) = self.shakes.pending.remove(id) else { return false };
        let result = result(&to).map(|()| Shaken { to });
        // The open window says so, whichever program asked.
        let shook = result.as_ref().ok().map(|shaken| Sent { to: shaken.to.clone() });
        self.reply(reply, result);
        if let Some(shook) = shook {
            self.tell(Event::ShakeSent(shook));
        }
        true
    }

    /// `ack`: it shook. Whether the id was a shake's.
    pub(super) fn on_shake_ack(&mut self, id: &Id) -> bool {
        self.answer_shake(id, |_| Ok(()))
    }

    /// `line` `-1`.
    pub(super) fn on_shake_away(&mut self, id: &Id) -> bool {
        self.answer_shake(id, |to| {
            Err(Error::new(Code::Offline, format!("{to} is off line; a shake is not kept")))
        })
    }

    /// `nack`.
    pub(super) fn on_shake_nack(&mut self, nack: &Nack) -> bool {
        self.answer_shake(&nack.id, |to| match (&nack.code, nack.retry) {
            (NackCode::Rate, retry) => {
                let retry = retry.unwrap_or(10_000);
                let message =
                    format!("{to} was shaken a moment ago; try again in {} s", retry.div_ceil(1_000));
                Err(Error::new(Code::Throttled, message).with_retry_after_ms(retry))
            }
            (NackCode::Unknown, _) => {
                Err(Error::new(Code::Unreachable, format!("{to} cannot be shaken: only friends can be")))
            }
            (NackCode::Offline, _) => {
                Err(Error::new(Code::Offline, format!("{to} is off line; a shake is not kept")))
            }
            (code, _) => Err(refusal(code.as_str(), nack.id.as_str(), to)),
        })
    }

    /// `error`.
    pub(super) fn on_shake_error(&mut self, id: &Id, code: &str) -> bool {
        self.answer_shake(id, |to| Err(refusal(code, id.as_str(), to)))
    }

    pub(super) fn on_shakes_tick(&mut self) {
        let now = self.now.mono;
        let late = self.shakes.pending.iter().filter(|(_, pending)| pending.until <= now);
        let late: Vec<Id> = late.map(|(id, _)| id.clone()).collect();
        for id in late {
            self.answer_shake(&id, |to| {
                let message = format!("the server did not answer the shake of {to} within 10 s; try again");
                Err(Error::new(Code::Timeout, message))
            });
        }
    }

    /// The session is over: nobody will answer.
    pub(super) fn fail_shakes(&mut self, error: &Error) {
        let ids: Vec<Id> = self.shakes.pending.keys().cloned().collect();
        for id in ids {
            self.answer_shake(&id, |_| Err(error.clone()));
        }
    }

    /// `shake` from the relay: live, or not at all; a flood of them is one.
    pub(super) fn on_shake(&mut self, shake: &Shake) {
        let Some(from) = normalise(&shake.myaccount) else { return };
        let own = self.account.as_ref().map(|account| account.account.as_str());
        if own != Some(shake.friendaccount.to_ascii_lowercase().as_str()) {
            return;
        }
        let now = self.now.mono;
        self.shakes.told.retain(|_, told| now.saturating_sub(*told) < INTERVAL);
        if self.shakes.told.contains_key(&from) || self.shakes.told.len() >= MAX {
            return;
        }
        self.shakes.told.insert(from.clone(), now);
        self.tell(Event::ShakeReceived(Received { from }));
    }
}
