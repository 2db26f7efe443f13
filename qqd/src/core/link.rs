//! The link to the relay: one try at a time, each with a number, and a session while one stands.

use std::time::Duration;

use ipc_schema::account::{Changed, State, Step};
use ipc_schema::{Code, Error, Event};
use relay_schema::{ErrorCode, ErrorStanza, Ping, Pong, Refusal, Stanza};

use super::account::Account;
use super::failure::Failure;
use super::io::{Attempt, Closed, News, Step as LinkStep, Trust};
use super::name::quote;
use super::op::StoreError;
use super::reconnect::{EAGER_PAUSE, Pacer};
use super::saving::{Heard, Saving};
use super::{Output, address};

/// Silence after which the relay is asked whether it lives.
const PING_AFTER: Duration = Duration::from_secs(30);
/// Silence after which it does not.
const DEAD_AFTER: Duration = Duration::from_secs(75);
/// The same when the machine has slept or moved, so that it is on line again within 2 s. A relay further away than that is
/// reached anew, which costs one login.
const PROBE_MAX: Duration = Duration::from_secs(1);
/// The link's own deadlines are 5 s a step; this is for a link that forgets them.
const STEP_MAX: Duration = Duration::from_secs(15);

/// How far the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    /// Nothing is tried.
    #[default]
    Idle,
    /// Until the next try; a firm one is not cut short by a changed network.
    Waiting { at: Duration, firm: bool },
    /// TCP, then TLS.
    Connecting { step: Step, until: Duration },
    /// The login is on its way.
    Login { until: Duration },
    /// The relay has taken it; the disk has not yet.
    Saving,
    /// The session stands.
    Online { since: Duration },
}

/// The link.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) stage: Stage,
    /// The newest try; what an older one says is ignored.
    pub(super) attempt: Attempt,
    pub(super) pacer: Pacer,
    /// The relay's key of this try.
    pub(super) key: Option<String>,
    /// The system vouches for it.
    pub(super) by_system: bool,
    /// Since the last session frontends were told that the account is disabled.
    pub(super) disabled_told: bool,
    dialled: Duration,
    heard: Duration,
    wrote: Duration,
    /// When the relay counts as gone unless it says something.
    probe: Option<Duration>,
}

impl Link {
    pub(super) fn is_online(&self) -> bool {
        matches!(self.stage, Stage::Online { .. })
    }

    /// Another try begins.
    pub(super) fn reach(&mut self, now: Duration, longest: Duration) {
        self.attempt += 1;
        self.dialled = now;
        self.stage = Stage::Connecting { step: Step::Connect, until: now + longest };
    }

    pub(super) fn wrote(&mut self, now: Duration) {
        self.wrote = now;
    }

    pub(super) fn established(&mut self, now: Duration) {
        self.stage = Stage::Online { since: now };
        self.disabled_told = false;
        self.probe = None;
    }

    /// Whether there is a connection, or one on its way.
    fn is_up(&self) -> bool {
        match self.stage {
            Stage::Idle | Stage::Waiting { .. } => false,
            Stage::Connecting { .. } | Stage::Login { .. } | Stage::Saving | Stage::Online { .. } => true,
        }
    }

    fn step(&self) -> Option<Step> {
        match self.stage {
            Stage::Connecting { step, .. } => Some(step),
            Stage::Login { .. } => Some(Step::Login),
            Stage::Idle | Stage::Waiting { .. } | Stage::Saving | Stage::Online { .. } => None,
        }
    }

    fn quiet_until(&self) -> Duration {
        self.heard.max(self.wrote) + PING_AFTER
    }
}

impl Account {
    pub(super) fn link_deadline(&self) -> Option<Duration> {
        match self.link.stage {
            Stage::Idle | Stage::Saving => None,
            Stage::Waiting { .. } if self.saving.is_some() => None,
            Stage::Waiting { at, .. } => Some(at),
            Stage::Connecting { until, .. } | Stage::Login { until } => Some(until),
            Stage::Online { .. } => {
                let times =
                    [Some(self.link.quiet_until()), Some(self.link.heard + DEAD_AFTER), self.link.probe];
                times.into_iter().flatten().min()
            }
        }
    }

    pub(super) fn on_link_tick(&mut self) {
        let now = self.now.mono;
        if self.link_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        let relay = self.relay();
        match self.link.stage {
            Stage::Idle | Stage::Saving => {}
            Stage::Waiting { .. } => self.dial(),
            Stage::Connecting { step: Step::Tls, .. } => self.fail(Failure::timed_out(LinkStep::Tls, &relay)),
            Stage::Connecting { .. } => self.fail(Failure::timed_out(LinkStep::Connect, &relay)),
            Stage::Login { .. } => self.fail(Failure::timed_out(LinkStep::Login, &relay)),
            Stage::Online { .. } => {
                let silent =
                    self.link.heard + DEAD_AFTER <= now || self.link.probe.is_some_and(|until| until <= now);
                if silent { self.fail(Failure::silent(&relay)) } else { self.ping() }
            }
        }
    }

    pub(super) fn ping(&mut self) {
        let id = self.random_id();
        self.marks.pinged(&id);
        self.send(Ping { id });
    }

    /// The machine woke or moved: the relay is tried, or asked whether it is still there.
    pub(super) fn on_woken(&mut self) {
        let now = self.now.mono;
        self.link.pacer.woken(now);
        match self.link.stage {
            Stage::Idle | Stage::Saving | Stage::Login { .. } | Stage::Waiting { firm: true, .. } => {}
            Stage::Waiting { firm: false, .. } => {
                let at = now.max(self.link.dialled + EAGER_PAUSE);
                self.link.stage = Stage::Waiting { at, firm: false };
                self.on_link_tick();
            }
            Stage::Connecting { .. } if self.is_wanted() || self.link.dialled + EAGER_PAUSE > now => {}
            Stage::Connecting { .. } => self.dial(),
            Stage::Online { .. } if self.link.probe.is_some() => {}
            Stage::Online { .. } => {
                self.link.probe = Some(now + PROBE_MAX);
                self.ping();
            }
        }
    }

    /// Tries to reach the relay: for the login that a frontend wants, else for the account that is logged in.
    pub(super) fn dial(&mut self) {
        self.drop_session();
        self.link.reach(self.now.mono, STEP_MAX);
        let attempt = self.link.attempt;
        if let Some(wanted) = &mut self.login {
            wanted.attempt = Some(attempt);
        }
        let given = self.login.as_ref().and_then(|wanted| wanted.trust.clone());
        let Some(account) = self.subject() else { return };
        let trust = given.or_else(|| account.pin.clone()).map_or(Trust::System, Trust::Pin);
        let address = account.relay.clone();
        let places = self.login.as_ref().map(|wanted| wanted.places.clone()).unwrap_or_default();
        let account = self.key;
        self.say(if places.is_empty() {
            Output::Dial { account, attempt, address, trust }
        } else {
            Output::DialAny { account, attempt, addresses: places, trust }
        });
        self.tell_progress(State::Connecting);
    }

    /// `account.state` of a try. One by the daemon itself is not worth an event while all it does is wait.
    pub(super) fn tell_progress(&mut self, state: State) {
        let Some(account) = self.subject() else { return };
        let relay = address::shown(&account.relay);
        let known = self.visible().map(|known| known.link.state);
        if state == State::Connecting && known == Some(State::Backoff) && !self.is_wanted() {
            return;
        }
        self.tell(Event::AccountState(Changed { state, relay, ..Changed::default() }));
    }

    pub(super) fn on_link(&mut self, attempt: Attempt, news: News) {
        if attempt != self.link.attempt || !self.link.is_up() {
            return;
        }
        self.link.heard = self.now.mono;
        self.link.probe = None;
        match news {
            News::Connected { .. } => {
                if matches!(self.link.stage, Stage::Connecting { .. }) {
                    self.link.stage = Stage::Connecting { step: Step::Tls, until: self.now.mono + STEP_MAX };
                }
            }
            News::Reached { address } => self.on_reached(address),
            News::Open { key, by_system } => {
                self.link.key = key;
                self.link.by_system = by_system;
                match self.link.stage {
                    Stage::Connecting { .. } if self.joining.is_some() => self.on_join_open(),
                    Stage::Connecting { .. } => self.on_open(),
                    _ => {}
                }
            }
            News::Stanza(stanza) => self.on_any_stanza(*stanza),
            News::Unreadable { refusal, raw } => self.on_any_unreadable(refusal, raw),
            // The session begins, takes what came before that, and ends by it.
            News::Closed(_) if self.saving.as_ref().is_some_and(Saving::ends_unread) => {}
            News::Closed(closed) => {
                let relay = self.relay();
                let failure = match &closed {
                    Closed::Nowhere { tried } => self.join_failure(tried),
                    _ => None,
                };
                let failure = failure.unwrap_or_else(|| Failure::closed(&closed, self.link.step(), &relay));
                let lost = matches!(closed, Closed::Lost { .. }) && self.link.step() == Some(Step::Login);
                let failure = if lost { self.doubt_plain(failure) } else { failure };
                self.ended(failure);
            }
        }
    }

    /// A login without TLS has met something that it does not understand: TLS, most likely.
    fn doubt_plain(&self, mut failure: Failure) -> Failure {
        if self.subject().is_some_and(|account| account.relay.plain) {
            failure.error = failure.error.with_hint("is that the TLS port? leave plain:// out");
        }
        failure
    }

    fn on_any_stanza(&mut self, stanza: Stanza) {
        match self.link.stage {
            Stage::Idle | Stage::Waiting { .. } | Stage::Connecting { .. } => {}
            Stage::Login { .. } if self.joining.is_some() => self.on_stanza_at_join(stanza),
            Stage::Login { .. } => self.on_stanza_at_login(stanza),
            Stage::Saving => self.hold(Heard::Stanza(Box::new(stanza))),
            Stage::Online { .. } => self.on_stanza(stanza),
        }
    }

    fn on_any_unreadable(&mut self, refusal: Box<Refusal>, raw: Vec<u8>) {
        let relay = self.relay();
        match self.link.stage {
            Stage::Idle | Stage::Waiting { .. } | Stage::Connecting { .. } => {}
            Stage::Login { .. } => {
                let what = format!("it does not speak the server's protocol ({})", quote(&refusal.text));
                self.fail(self.doubt_plain(Failure::trouble(&what, &relay)));
            }
            Stage::Saving => self.hold(Heard::Unreadable(refusal, raw)),
            Stage::Online { .. } => self.on_unreadable(&refusal, raw),
        }
    }

    /// Before the login is answered only its answer counts.
    fn on_stanza_at_login(&mut self, stanza: Stanza) {
        let relay = self.relay();
        match stanza {
            Stanza::LoginResponse(answer) => self.on_login_response(answer),
            Stanza::ErrorStanza(ErrorStanza { code: ErrorCode::Resume, .. }) => {
                self.inbox.start_over = true;
                self.start_over(&relay);
            }
            Stanza::ErrorStanza(error) => {
                let what =
                    format!("it refuses the login: {} {}", quote(error.code.as_str()), quote(&error.text));
                self.fail(Failure::trouble(&what, &relay));
            }
            _ => {}
        }
    }

    /// The same login once more, from the first row.
    fn start_over(&mut self, relay: &str) {
        if self.is_wanted() {
            self.hang_up();
            self.dial();
        } else {
            self.fail(Failure::resume(relay));
        }
    }

    /// The session or the try ends by our own doing.
    pub(super) fn fail(&mut self, failure: Failure) {
        if self.link.is_up() {
            self.say(Output::Hangup { account: self.key });
        }
        self.ended(failure);
    }

    /// What the relay said cannot be kept. A session that has begun (or that counts on what was not kept) ends; a try
    /// that has not got so far goes on.
    pub(super) fn fail_for_storage(&mut self, error: &StoreError) {
        match self.link.stage {
            Stage::Idle | Stage::Waiting { .. } | Stage::Connecting { .. } => {}
            Stage::Login { .. } | Stage::Saving | Stage::Online { .. } => {
                let relay = self.relay();
                self.fail(Failure::storage(&error.to_string(), &relay));
            }
        }
    }

    /// The session or the try is over.
    fn ended(&mut self, failure: Failure) {
        let was_saving = self.saving.is_some();
        let wanted = self.is_wanted();
        if let Stage::Online { since } = self.link.stage {
            self.link.pacer.session_lost(since, self.now.mono);
        }
        self.drop_session();
        self.link.stage = Stage::Idle;
        if self.joining.is_some() {
            self.fail_join(&failure.error);
        } else if let Some(saving) = &mut self.saving {
            saving.lost = Some(failure);
        } else if wanted && !was_saving {
            self.fail_login(failure);
        } else if self.logout.is_some() {
            self.finish_logout();
        } else {
            self.schedule(failure);
        }
        self.release_early();
    }

    /// Ends what is there without a further word.
    pub(super) fn hang_up(&mut self) {
        if self.link.is_up() {
            self.say(Output::Hangup { account: self.key });
        }
        self.drop_session();
        self.link.stage = Stage::Idle;
        self.link.attempt += 1;
    }

    /// What counted only within the session that is over.
    fn drop_session(&mut self) {
        self.land();
        self.inbox.pause();
        self.marks.pause();
        self.end_writing();
        self.drop_call();
        self.end_list();
        let relay = self.relay();
        self.fail_shakes(&Error::new(
            Code::NoRelay,
            format!("the connection to {relay} was lost; shake again"),
        ));
        self.fail_asked(&Error::new(
            Code::NoRelay,
            format!("the connection to {relay} was lost before an answer came; look whether it was done"),
        ));
        self.filling.pause();
    }

    pub(super) fn on_ping(&mut self, ping: Ping) {
        self.send(Pong { id: ping.id });
    }
}
