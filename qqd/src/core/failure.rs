//! Why there is no session: each reason as a word, a step, one sentence for a person, and how to go on.

use std::time::Duration;

use ipc_schema::account::Step;
use ipc_schema::{Code, Error};
use relay_schema::LoginReason;

use super::io::{Closed, Step as LinkStep};
use super::name::quote;

/// How long a relay may make us wait before another try.
const RETRY_MAX: Duration = Duration::from_secs(600);
/// Between two tries of what only a person can mend.
const SLOW: Duration = Duration::from_secs(300);

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// The network's fault: soon, then ever later.
    Loss,
    /// The relay or this computer misbehaves: ever later.
    Trouble,
    /// Not before this has passed.
    After(Duration),
    /// Not until somebody logs in.
    Never,
}

/// Why there is no session.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// A word of `account.state`.
    pub(super) reason: String,
    pub(super) step: Option<Step>,
    pub(super) error: Error,
    pub(super) pace: Pace,
}

impl Failure {
    pub(super) fn new(reason: &str, step: Option<Step>, pace: Pace, code: Code, message: String) -> Self {
        Self { reason: reason.to_owned(), step, error: Error::new(code, message), pace }
    }

    /// Names the relay and the step in the error's fields.
    pub(super) fn at(mut self, relay: &str) -> Self {
        self.error = self.error.with_field("relay", relay).with_field("reason", self.reason.as_str());
        if let Some(step) = self.step {
            self.error = self.error.with_field("step", step.word());
        }
        self
    }

    /// What the link told; `step` is the one it had reached.
    pub(super) fn closed(closed: &Closed, step: Option<Step>, relay: &str) -> Self {
        let failure = match closed {
            Closed::Unresolved { detail } => Self::new(
                "dns",
                Some(Step::Connect),
                Pace::Loss,
                Code::NoRelay,
                format!(
                    "the server's name in {relay} is not known ({}); check its spelling and the network",
                    said(detail)
                ),
            ),
            Closed::Refused { detail } => Self::new(
                "refused",
                Some(Step::Connect),
                Pace::Loss,
                Code::NoRelay,
                format!(
                    "no server listens at {relay} ({}); check the address, and that the server runs",
                    said(detail)
                ),
            ),
            Closed::TimedOut { step } => Self::timed_out(*step, relay),
            Closed::Untrusted { key } => Self::untrusted(key, relay),
            Closed::KeyChanged { expected, found } => Self::key_changed(expected, found, relay),
            Closed::Tls { detail } => Self::new(
                "tls",
                Some(Step::Tls),
                Pace::Loss,
                Code::NoRelay,
                format!("{relay} does not speak TLS as it should ({}); check address and port", said(detail)),
            ),
            Closed::Lost { detail } => Self::new(
                "lost",
                step,
                Pace::Loss,
                Code::NoRelay,
                format!("the connection to {relay} was lost ({})", said(detail)),
            ),
            Closed::Nowhere { tried } => return Self::nowhere(tried, false),
            Closed::Hangup => Self::new(
                "lost",
                step,
                Pace::Loss,
                Code::NoRelay,
                format!("the connection to {relay} was ended"),
            ),
        };
        failure.at(relay)
    }

    /// A step took too long.
    pub(super) fn timed_out(step: LinkStep, relay: &str) -> Self {
        let (step, what) = match step {
            LinkStep::Connect => {
                (Step::Connect, "did not answer within 5 s (step: connect); check address and network")
            }
            LinkStep::Tls => (
                Step::Tls,
                "took the connection, but no TLS came within 5 s (step: tls); check address and port",
            ),
            LinkStep::Login => (
                Step::Login,
                "did not answer the login within 10 s (step: login); try again, or ask whoever runs it",
            ),
        };
        Self::new("timeout", Some(step), Pace::Loss, Code::Timeout, format!("{relay} {what}")).at(relay)
    }

    fn untrusted(key: &str, relay: &str) -> Self {
        let key = format!("SHA256:{}", quote(key));
        let message = format!(
            "the key of {relay} is not known to this computer yet: it is {key}. If whoever runs the server says the \
             same, log in with --trust {key}. No password was sent"
        );
        let mut failure =
            Self::new("untrusted", Some(Step::Tls), Pace::After(SLOW), Code::Untrusted, message).at(relay);
        failure.error = failure.error.with_hint(format!("--trust {key}")).with_field("fingerprint", key);
        failure
    }

    fn key_changed(expected: &str, found: &str, relay: &str) -> Self {
        let (expected, found) = (format!("SHA256:{}", quote(expected)), format!("SHA256:{}", quote(found)));
        let message = format!(
            "stop: {relay} shows another key than the one that was trusted ({found} instead of {expected}); somebody may \
             stand in between. The password was not sent. Only if whoever runs the server confirms the new key, log in \
             with --trust {found}"
        );
        let mut failure =
            Self::new("key_changed", Some(Step::Tls), Pace::After(SLOW), Code::KeyChanged, message).at(relay);
        failure.error = failure.error.with_field("fingerprint", found).with_field("expected", expected);
        failure
    }

    /// The relay, or the store, does what it must not do.
    pub(super) fn trouble(what: &str, relay: &str) -> Self {
        let message = format!("the connection to {relay} was ended: {what}");
        Self::new("lost", None, Pace::Trouble, Code::NoRelay, message).at(relay)
    }

    /// This computer cannot write what it must not lose.
    pub(super) fn storage(what: &str, relay: &str) -> Self {
        Self::new(
            "storage",
            None,
            Pace::Trouble,
            Code::Unexpected,
            format!("{what}; make room and try again"),
        )
        .at(relay)
    }

    /// No answer to a ping.
    pub(super) fn silent(relay: &str) -> Self {
        let message = format!("the connection to {relay} was lost (it has gone silent)");
        Self::new("lost", None, Pace::Loss, Code::NoRelay, message).at(relay)
    }

    /// The relay speaks no protocol that this daemon needs.
    pub(super) fn old_relay(relay: &str) -> Self {
        let message = format!("{relay} does not speak the full protocol; whoever runs it must update it");
        Self::new("version", Some(Step::Login), Pace::Never, Code::Version, message).at(relay)
    }

    /// The relay has taken the login and cannot remember it.
    pub(super) fn no_token(relay: &str) -> Self {
        let message = format!(
            "{relay} took the password but cannot remember this device (is its disk full?); try again later, or ask \
             whoever runs it"
        );
        let wait = Duration::from_secs(30);
        let mut failure =
            Self::new("busy", Some(Step::Login), Pace::After(wait), Code::Busy, message).at(relay);
        failure.error = failure.error.with_retry_after_ms(30_000);
        failure
    }

    /// The server is there and trusted, and nobody has said a password.
    pub(super) fn no_password(relay: &str) -> Self {
        let message = "the password is needed: nothing is remembered for this account";
        let mut failure =
            Self::new("credentials", Some(Step::Login), Pace::Never, Code::Credentials, message.to_owned())
                .at(relay);
        failure.error = failure.error.with_hint("qqctl login … --password-stdin");
        failure
    }

    /// `login_response` `0`.
    pub(super) fn refused(reason: &LoginReason, retry: Option<u64>, who: &Who<'_>) -> Self {
        let Who { account, relay, with_password, with_kept, with_code, keeps } = who;
        let wait = Duration::from_millis(retry.unwrap_or(5_000)).min(RETRY_MAX);
        let seconds = wait.as_millis().div_ceil(1_000);
        let (pace, code, message) = match reason {
            LoginReason::Credentials if *with_code => (
                Pace::Never,
                Code::Denied,
                format!(
                    "the link for another device of {account} does not work any more: it was used, taken back, or is too old; \
                     make a new one on that device (qqctl account link), or ask whoever runs the server for one"
                ),
            ),
            LoginReason::Credentials if *with_password => (
                Pace::Never,
                Code::Credentials,
                format!("wrong account or password for {account} at {relay}"),
            ),
            LoginReason::Credentials if *with_kept => (
                Pace::Never,
                Code::Credentials,
                format!(
                    "{relay} does not take the random password either that is kept here for {account}; log in {}",
                    way_back(account, false)
                ),
            ),
            LoginReason::Credentials => (
                Pace::Never,
                Code::Credentials,
                format!(
                    "{relay} does not take this device's login for {account} any more; log in {}",
                    way_back(account, *keeps)
                ),
            ),
            LoginReason::Throttled => (
                Pace::After(wait),
                Code::Throttled,
                format!("too many failed logins for {account} at {relay}; try again in {seconds} s"),
            ),
            LoginReason::Busy => (
                Pace::After(wait),
                Code::Busy,
                format!("{relay} has too much to do for another login; try again in {seconds} s"),
            ),
            LoginReason::Disabled => return Self::disabled(account, relay),
            LoginReason::Devices => (
                Pace::Never,
                Code::Devices,
                format!("{account} has too many devices at {relay}; log out on one of them first"),
            ),
            LoginReason::Version => (
                Pace::Never,
                Code::Version,
                format!("{relay} and this qqd have no protocol version in common; update the older one"),
            ),
            LoginReason::Other(word) => (
                Pace::Never,
                Code::Denied,
                format!("{relay} refuses the login of {account}: {:?}", quote(word)),
            ),
        };
        let mut failure =
            Self::new(&quote(reason.as_str()), Some(Step::Login), pace, code, message).at(relay);
        if let Pace::After(wait) = pace {
            failure.error =
                failure.error.with_retry_after_ms(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        failure
    }

    /// A login of this very device has ended the session: once it may be our own of a moment ago that came late.
    pub(super) fn replaced(relay: &str) -> Self {
        let message = format!("the connection to {relay} was ended by another login of this very device");
        Self::new("replaced", None, Pace::Trouble, Code::NoRelay, message).at(relay)
    }

    /// Whoever runs the relay has disabled the account.
    pub(super) fn disabled(account: &str, relay: &str) -> Self {
        let message = format!(
            "{account} is disabled at {relay}; ask whoever runs the server, and once it is enabled again, this logs in at \
             once: qqctl login {account}"
        );
        Self::new("disabled", Some(Step::Login), Pace::After(SLOW), Code::Disabled, message).at(relay)
    }

    /// Another device has ended this one's login, or the password was changed, or the account removed.
    pub(super) fn revoked(local: &str, relay: &str, keeps: bool) -> Self {
        let message = format!(
            "{relay} has logged this device out: it was revoked on another device, the password was changed, or the account was \
             removed; history and waiting messages stay here; to go on, log in {}",
            way_back(local, keeps)
        );
        Self::new("revoked", None, Pace::Never, Code::Credentials, message).at(relay)
    }

    /// It does so again and again.
    pub(super) fn copied(relay: &str) -> Self {
        let message = format!(
            "another program has logged in to {relay} as this very device (a copied data directory?); log in here again \
             to take it back"
        );
        Self::new("replaced", None, Pace::Never, Code::Conflict, message).at(relay)
    }

    /// The relay knows fewer rows than this device: start over at once.
    pub(super) fn resume(relay: &str) -> Self {
        let message = format!("{relay} was restored from an older state; everything is fetched anew");
        Self::new("lost", None, Pace::Trouble, Code::NoRelay, message).at(relay)
    }
}

/// How somebody comes back whose login is not taken any more, whatever the reason is: the relay does not always tell.
pub(super) fn way_back(account: &str, keeps: bool) -> String {
    let password = if keeps { "the random password that is kept here" } else { "the password" };
    format!(
        "with {password} (qqctl login {account}) or by a link of another device or of whoever runs the server (qqctl \
         join LINK); if neither works, ask whoever runs the server"
    )
}

/// What the system said, without its number for it.
pub(super) fn said(detail: &str) -> String {
    let said = detail.split(" (os error ").enumerate().map(|(at, part)| match part.split_once(')') {
        Some((number, rest)) if at > 0 && number.bytes().all(|b| b.is_ascii_digit()) => rest.to_owned(),
        _ if at > 0 => format!(" (os error {part}"),
        _ => part.to_owned(),
    });
    quote(&said.collect::<String>())
}

/// Whose login was refused.
#[derive(Debug)]
pub(super) struct Who<'a> {
    pub(super) account: &'a str,
    pub(super) relay: &'a str,
    pub(super) with_password: bool,
    /// By the random password that is kept here.
    pub(super) with_kept: bool,
    /// By the link of another device.
    pub(super) with_code: bool,
    /// A random password is kept here.
    pub(super) keeps: bool,
}
