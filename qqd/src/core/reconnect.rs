//! When to try again: every half second at first, then ever later, never all at once.

use std::time::Duration;

use ipc_schema::account::{Changed, Refused, State};
use ipc_schema::{Code, Event, account};

use super::account::Account;
use super::failure::{Failure, Pace};
use super::link::Stage;

/// How long after a loss the relay is tried every half second.
const EAGER: Duration = Duration::from_secs(30);
/// The longest pause in that time.
pub(super) const EAGER_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause later.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A session that lasted so long makes up for earlier trouble.
const GOOD_SESSION: Duration = Duration::from_secs(60);
/// So many logins of this very device within the time that follows are not our own that came late.
const REPLACED_MAX: usize = 3;
/// See [`REPLACED_MAX`].
const REPLACED_WITHIN: Duration = Duration::from_secs(600);

/// How it went so far.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    /// When the last session was lost, or the daemon started.
    lost: Duration,
    /// Tries that failed since the eager time.
    losses: u32,
    /// Sessions that ended for misbehaviour.
    troubles: u32,
    /// When sessions were ended by another login of this device, as long ago as it matters.
    replaced: Vec<Duration>,
}

impl Pacer {
    /// A session that stood since then is over.
    pub(super) fn session_lost(&mut self, since: Duration, now: Duration) {
        self.lost = now;
        self.losses = 0;
        if now.saturating_sub(since) >= GOOD_SESSION {
            self.troubles = 0;
        }
    }

    /// The network is another one: eager again.
    pub(super) fn woken(&mut self, now: Duration) {
        self.lost = now;
        self.losses = 0;
    }

    /// Another login of this device has ended the session: whether that is once too often.
    pub(super) fn replaced(&mut self, now: Duration) -> bool {
        self.replaced.retain(|at| now.saturating_sub(*at) < REPLACED_WITHIN);
        self.replaced.push(now);
        let often = self.replaced.len() >= REPLACED_MAX;
        if often {
            self.replaced.clear();
        }
        often
    }

    /// The bounds of the next pause.
    fn pause(&mut self, pace: Pace, now: Duration) -> Option<(Duration, Duration)> {
        let doubled = |times: u32| PAUSE_MAX.min(EAGER_PAUSE * 2_u32.saturating_pow(times.min(10)));
        let longest = match pace {
            Pace::Never => return None,
            Pace::After(wait) => return Some((wait, wait + wait / 8)),
            Pace::Loss if now.saturating_sub(self.lost) < EAGER => {
                return Some((EAGER_PAUSE / 5, EAGER_PAUSE));
            }
            Pace::Loss => {
                self.losses += 1;
                doubled(self.losses)
            }
            Pace::Trouble => {
                self.troubles += 1;
                doubled(self.troubles)
            }
        };
        Some((longest / 2, longest))
    }
}

impl Account {
    /// There is no session: says why, and when it is tried again.
    pub(super) fn schedule(&mut self, failure: Failure) {
        if self.account.is_none() {
            return;
        }
        let Some((shortest, longest)) = self.link.pacer.pause(failure.pace, self.now.mono) else {
            return self.refuse(&failure);
        };
        let pause = self.jitter(shortest, longest);
        let firm = matches!(failure.pace, Pace::After(_));
        self.link.stage = Stage::Waiting { at: self.now.mono + pause, firm };
        // Once; a try every few minutes that hears the same is no news.
        let disabled =
            failure.error.code == Code::Disabled && !std::mem::replace(&mut self.link.disabled_told, true);
        if failure.error.retry_after_ms.is_some() || disabled {
            self.tell(refusal(&failure));
        }
        let link = Changed {
            state: State::Backoff,
            relay: self.own_relay(),
            step: failure.step,
            reason: Some(failure.reason),
            message: Some(format!("{}; the daemon keeps trying", failure.error.message)),
            retry_after_ms: u64::try_from(pause.as_millis()).ok(),
        };
        self.tell_link(link);
    }

    /// The relay does not want this account: it is left alone until somebody logs in.
    fn refuse(&mut self, failure: &Failure) {
        self.link.stage = Stage::Idle;
        self.refused = Some(failure.error.clone());
        self.tell(refusal(failure));
        let link = Changed {
            state: State::Offline,
            relay: self.own_relay(),
            step: failure.step,
            reason: Some(failure.reason.clone()),
            message: Some(failure.error.message.clone()),
            retry_after_ms: None,
        };
        self.tell_link(link);
    }

    /// After a login that failed: the session that was there comes back by its token.
    pub(super) fn resume_session(&mut self, pace: Pace) {
        if self.refused.is_some() || self.token.is_none() {
            self.link.stage = Stage::Idle;
            return self.tell_refused();
        }
        match pace {
            Pace::Never => self.dial(),
            Pace::Loss | Pace::Trouble | Pace::After(_) => {
                let pause = self.jitter(EAGER_PAUSE / 5, EAGER_PAUSE);
                self.link.stage = Stage::Waiting { at: self.now.mono + pause, firm: false };
                let link = Changed { state: State::Backoff, relay: self.own_relay(), ..Changed::default() };
                self.tell_link(link);
            }
        }
    }

    /// Off line, for the reason that there was before.
    fn tell_refused(&mut self) {
        let Some(error) = &self.refused else { return };
        let reason = error.fields.get("reason").and_then(serde_json::Value::as_str);
        let link = Changed {
            state: State::Offline,
            relay: self.own_relay(),
            reason: Some(reason.unwrap_or(error.code.word()).to_owned()),
            message: Some(error.message.clone()),
            ..Changed::default()
        };
        self.tell_link(link);
    }

    /// `account.state`, unless nothing that a person would notice has changed: a relay that is away for a day must not
    /// push everything else out of the events that are kept.
    pub(super) fn tell_link(&mut self, link: account::Changed) {
        let known = self.visible().map(|account| &account.link);
        let same = known.is_some_and(|known| {
            (known.state, known.step, &known.reason) == (link.state, link.step, &link.reason)
        });
        if !same {
            self.tell(Event::AccountState(link));
        }
    }
}

fn refusal(failure: &Failure) -> Event {
    Event::AccountRefused(Refused {
        reason: failure.reason.clone(),
        message: failure.error.message.clone(),
        retry_after_ms: failure.error.retry_after_ms,
    })
}
