//! Why nobody joined: each reason as one sentence for a person, with an exit code and what to do.

use std::time::Duration;

use ipc_schema::Code;
use ipc_schema::account::Step;
use relay_schema::RegisterReason;

use super::address;
use super::failure::{Failure, Pace, said};
use super::io::{Closed, Step as LinkStep};
use super::name::quote;
use super::op::Address;

/// How long a relay may make us wait before another try.
const RETRY_MAX: Duration = Duration::from_secs(600);

/// What the relay was asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The account's name, if one was.
    pub(super) account: Option<&'a str>,
    /// With an invitation.
    pub(super) by_link: bool,
    /// Who of this computer is logged in there already.
    pub(super) here: &'a [String],
}

impl Failure {
    /// `register_response` `0`.
    pub(super) fn unjoined(
        reason: &RegisterReason,
        retry: Option<u64>,
        asked: &Asked<'_>,
        relay: &str,
    ) -> Self {
        let wait = Duration::from_millis(retry.unwrap_or(5_000)).min(RETRY_MAX);
        let seconds = wait.as_millis().div_ceil(1_000);
        let name = asked.account.unwrap_or("the account");
        let (code, message, hint) = match reason {
            RegisterReason::Invite if asked.by_link => (
                Code::Denied,
                format!("{relay} knows no such invitation; copy the whole link again, or ask for a new one"),
                None,
            ),
            RegisterReason::Invite => (
                Code::Denied,
                format!("{relay} lets nobody in without an invitation; ask whoever runs it for a link"),
                Some("qqctl join LINK".to_owned()),
            ),
            // Most likely it was used here, a moment ago.
            RegisterReason::UsedUp if !asked.here.is_empty() => (
                Code::Denied,
                format!(
                    "the invitation is used up; {} is logged in on this computer already",
                    asked.here.join(", ")
                ),
                Some("qqctl status".to_owned()),
            ),
            RegisterReason::UsedUp => (
                Code::Denied,
                "the invitation is used up: it has made every account that it was for; ask for a new link"
                    .into(),
                None,
            ),
            RegisterReason::Expired => {
                (Code::Denied, "the invitation's time is over; ask for a new link".into(), None)
            }
            RegisterReason::Revoked => (
                Code::Denied,
                format!("whoever runs {relay} has taken the invitation back; ask for a new link"),
                None,
            ),
            RegisterReason::Joined => (
                Code::Conflict,
                format!(
                    "the account that the invitation is for is at {relay} already, by another link; if it is yours, \
                     log in, else ask for a new link"
                ),
                Some("qqctl login".to_owned()),
            ),
            RegisterReason::OtherName => (
                Code::Denied,
                format!(
                    "the invitation is not for {name} but for the account that whoever runs {relay} has named; leave \
                     the name out, or ask for a link of your own (--name says how others see you)"
                ),
                Some("qqctl join LINK".to_owned()),
            ),
            RegisterReason::Taken => (
                Code::Conflict,
                format!(
                    "there is an account called {name} at {relay} already; choose another name, {name}2 for example"
                ),
                Some(if asked.by_link {
                    format!("qqctl join LINK {name}2")
                } else {
                    "or log in, if it is yours: qqctl login".into()
                }),
            ),
            RegisterReason::Name if asked.account.is_none() => (
                Code::Usage,
                "the invitation does not say what the account is called; name it with ACCOUNT: a-z 0-9 . _ -"
                    .into(),
                Some("qqctl join LINK ACCOUNT".to_owned()),
            ),
            RegisterReason::Name => (
                Code::Usage,
                format!(
                    "no account at {relay} can be called {name}, or shown so; choose another name (ACCOUNT, --name)"
                ),
                None,
            ),
            RegisterReason::Weak => (
                Code::Usage,
                format!("{relay} does not allow that password: 1 to 1,024 bytes, no control characters"),
                None,
            ),
            RegisterReason::Throttled => (
                Code::Throttled,
                format!("too many tries to join {relay} from this network; try again in {seconds} s"),
                None,
            ),
            RegisterReason::Busy => {
                (Code::Busy, format!("{relay} cannot make an account now; try again in {seconds} s"), None)
            }
            RegisterReason::Other(word) => {
                (Code::Denied, format!("{relay} refuses the account: {:?}", quote(word)), None)
            }
        };
        let mut failure =
            Self::new(&quote(reason.as_str()), Some(Step::Login), Pace::Never, code, message).at(relay);
        failure.error.hint = hint;
        if matches!(reason, RegisterReason::Throttled | RegisterReason::Busy) {
            failure.error =
                failure.error.with_retry_after_ms(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        failure
    }

    /// The relay has never heard of `register`.
    pub(super) fn knows_no_join(relay: &str) -> Self {
        let message = format!("{relay} is too old to make accounts; whoever runs it must update it");
        Self::new("version", Some(Step::Login), Pace::Never, Code::Version, message).at(relay)
    }

    /// None of a link's addresses leads to its relay. Where somebody typed the address, `typed`, there is only one, and
    /// its key can be trusted by hand.
    pub(super) fn nowhere(tried: &[(Address, Closed)], typed: bool) -> Self {
        let all: Vec<String> = tried.iter().map(|(place, _)| address::shown(place)).collect();
        let relay = all.join(", ");
        if typed && let Some((_, closed)) = tried.first() {
            return Self::closed(closed, Some(Step::Connect), &relay);
        }
        let strangers = tried.iter().find_map(|(place, closed)| match closed {
            Closed::KeyChanged { expected, found } => Some(format!(
                "stop: {} shows another key than the link says (SHA256:{} instead of SHA256:{}); the link is old, or somebody \
                 stands in between. Nothing was sent; ask whoever gave you the link",
                address::shown(place),
                quote(found),
                quote(expected)
            )),
            _ => None,
        });
        let unknown = tried.iter().find_map(|(place, closed)| match closed {
            Closed::Untrusted { key } => Some(format!(
                "the link does not say which key the server has, and {} shows one that this computer does not trust \
                 (SHA256:{}); nothing was sent. Ask for a whole link, with # and the key at its end",
                address::shown(place),
                quote(key)
            )),
            _ => None,
        });
        let (reason, step, code, message) = match (strangers, unknown) {
            (Some(message), _) => ("key_changed", Step::Tls, Code::KeyChanged, message),
            (None, Some(message)) => ("untrusted", Step::Tls, Code::Untrusted, message),
            (None, None) => {
                let tried: Vec<String> = tried
                    .iter()
                    .map(|(place, closed)| format!("{} ({})", address::shown(place), why(closed)))
                    .collect();
                let message = format!(
                    "the server is not to be reached at {}; check that it runs, and that this computer's network leads there",
                    tried.join(", ")
                );
                ("refused", Step::Connect, Code::NoRelay, message)
            }
        };
        Self::new(reason, Some(step), Pace::Never, code, message).at(&relay)
    }
}

/// Why one of several addresses was not it, in a few words.
fn why(closed: &Closed) -> String {
    match closed {
        Closed::Unresolved { .. } => "no such name".to_owned(),
        Closed::Refused { detail } | Closed::Tls { detail } | Closed::Lost { detail } => said(detail),
        Closed::TimedOut { step: LinkStep::Connect } => "no answer".to_owned(),
        Closed::TimedOut { step: LinkStep::Tls | LinkStep::Login } => "no TLS".to_owned(),
        Closed::Untrusted { .. } | Closed::KeyChanged { .. } => "another key".to_owned(),
        Closed::Nowhere { .. } | Closed::Hangup => "ended".to_owned(),
    }
}
