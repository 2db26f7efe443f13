//! The first moment: a daemon that has just started is a moment away from its relays. What depends on one waits for
//! the outcome of the first try, so that nobody is told that the relay is away who would be wrong a moment later.

use std::time::Duration;

use ipc_schema::Request;

use super::account::{Account, Said};
use super::request::Waiting;

/// How long a request may wait for the first try.
const PATIENCE: Duration = Duration::from_secs(2);

/// Requests that wait for the first try.
#[derive(Debug)]
pub(super) struct Early {
    pub(super) until: Duration,
    pub(super) waiting: Vec<Waiting>,
}

impl Early {
    pub(super) fn new(now: Duration) -> Self {
        Self { until: now + PATIENCE, waiting: Vec::new() }
    }

    /// Whether a request is answered better once the relay is there.
    pub(super) fn concerns(request: &Request) -> bool {
        match request {
            Request::Hello(_)
            | Request::EventsSubscribe(_)
            | Request::DaemonStatus(_)
            | Request::DaemonDoctor(_)
            | Request::DaemonView(_)
            | Request::DaemonOpen(_)
            | Request::DaemonStop(_)
            | Request::AccountJoin(_)
            | Request::AccountRegister(_)
            | Request::AccountLogin(_)
            | Request::AccountLogout(_)
            | Request::AccountRelay(_)
            | Request::ChatHistory(_)
            | Request::ChatRead(_)
            | Request::ChatSearch(_)
            | Request::ChatExplain(_)
            | Request::ChatExport(_)
            | Request::ChatDraft(_)
            | Request::OutboxList(_)
            | Request::OutboxRetry(_)
            | Request::OutboxCancel(_)
            | Request::OutboxClear(_)
            | Request::NotifyStatus(_)
            | Request::NotifyDnd(_)
            | Request::NotifyQuiet(_)
            | Request::NotifyMute(_)
            | Request::NotifyContent(_) => false,
            // The relay has to hear of it, or knows better.
            _ => true,
        }
    }
}

impl Account {
    pub(super) fn early_deadline(&self) -> Option<Duration> {
        self.early.as_ref().filter(|early| !early.waiting.is_empty()).map(|early| early.until)
    }

    pub(super) fn on_early_tick(&mut self) {
        if self.early_deadline().is_some_and(|until| until <= self.now.mono) {
            self.release_early();
        }
    }

    /// The first try has an outcome, or has taken too long.
    pub(super) fn release_early(&mut self) {
        let Some(early) = self.early.take() else { return };
        self.said.push_back(Said::Early(early.waiting));
    }
}
