//! The deadlines of one connection: which is the next, what it is about, and what is done when it has passed.

use std::future::Future as _;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use relay_schema::Fault;

use super::{Driver, Next};
use crate::core::{Dialect, Input};
use crate::net::connection::Stage;

/// How long a peer that says no more is kept for what it asked.
const LINGER: Duration = Duration::from_secs(5);

/// When what happened.
pub(super) struct Clock {
    pub(super) last_byte: Instant,
    /// When the stanza began that is not whole.
    pub(super) stanza: Option<Instant>,
    /// Since when nothing is read, for a reason of ours: deadlines on the peer's bytes stand still.
    pub(super) blocked: Option<Instant>,
    pub(super) quiet_said: bool,
    /// When the peer said its last word.
    pub(super) silent: Option<Instant>,
}

/// What a deadline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Login,
    Stanza,
    Quiet,
    Silent,
    Stalled,
    AskAgain,
    Resume,
    Linger,
    Drained,
}

impl Driver {
    /// The next deadline, and what it is about.
    pub(super) fn earliest(&self) -> Option<(Instant, Due)> {
        let (connection, settings) = (&self.connection, &self.net.settings);
        let stage = connection.stage();
        if let Stage::Draining(until) = stage {
            return Some((until, Due::Drained));
        }
        let dialect = connection.dialect();
        let may_be_late = stage != Stage::Closing;
        let login =
            (dialect.is_none() && may_be_late).then(|| connection.login_since() + settings.login_deadline);
        let listens = stage == Stage::Open && self.clock.blocked.is_none() && self.clock.silent.is_none();
        let linger = self.clock.silent.filter(|_| stage == Stage::Open).map(|since| since + LINGER);
        let stanza = self.clock.stanza.filter(|_| listens).map(|begun| begun + self.stanza_time());
        let watched = listens && dialect == Some(Dialect::Full);
        let quiet =
            (watched && !self.clock.quiet_said).then(|| self.clock.last_byte + settings.idle_max * 2 / 5);
        let silent = watched.then(|| self.clock.last_byte + settings.idle_max);
        let deadlines = [
            (login, Due::Login),
            (stanza, Due::Stanza),
            (quiet, Due::Quiet),
            (silent, Due::Silent),
            (connection.stalled().map(|since| since + settings.output_deadline), Due::Stalled),
            (connection.ask_again(), Due::AskAgain),
            (connection.paused_until(), Due::Resume),
            (linger, Due::Linger),
        ];
        deadlines.into_iter().filter_map(|(at, due)| Some((at?, due))).min_by_key(|(at, _)| *at)
    }

    /// What a stanza may take: 1 s more for each 4 KiB that have come.
    fn stanza_time(&self) -> Duration {
        let pieces = u32::try_from(self.framer.partial_len() / 4_096).unwrap_or(u32::MAX);
        self.net.settings.stanza_deadline + Duration::from_secs(1) * pieces
    }

    /// A deadline has passed.
    pub(super) fn on_time(&mut self, due: Due, cx: &mut Context<'_>) -> Next {
        let session = self.connection.session();
        tracing::debug!(session, ?due, "time is up");
        match due {
            Due::Login if !self.opened => return Next::End,
            Due::Silent | Due::Stalled | Due::Drained => return Next::End,
            Due::Login | Due::Stanza => {
                self.host.hear(Input::Refused { session, refusal: Fault::TooSlow.into() });
                self.connection.close();
            }
            Due::Quiet => {
                self.clock.quiet_said = true;
                self.host.hear(Input::Quiet { session });
            }
            Due::AskAgain => self.net.touch(&self.connection),
            Due::Resume => self.connection.resume(),
            Due::Linger => self.connection.close(),
        }
        self.host.settle();
        self.work(cx)
    }

    /// Waits for the alarm. It is set anew only if it would ring too late; if it rings too early, nothing is lost.
    pub(super) fn poll_alarm(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let (armed, sleep) =
            self.alarm.get_or_insert_with(|| (at, Box::pin(tokio::time::sleep_until(at.into()))));
        if at < *armed || *armed <= Instant::now() {
            *armed = at;
            sleep.as_mut().reset(at.into());
        }
        sleep.as_mut().poll(cx)
    }
}
