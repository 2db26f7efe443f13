//! `watch` and `wait`: events as they happen.

use std::collections::BTreeSet;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use clap::ArgMatches;
use ipc_schema::client::Client;
use ipc_schema::{Code, EVENTS, Envelope, Error, Event, daemon, line};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::value::RawValue;

use crate::command::Options;
use crate::print::Printer;
use crate::{Stop, connect, friend_name};

/// How long `wait` waits when nobody says `--timeout`.
const WAIT: Duration = Duration::from_secs(60);

/// How often a quiet `watch` looks whether anybody still reads its output.
const LOOK: Duration = Duration::from_secs(1);

/// Which events are wanted.
struct Filter {
    /// Names or features; none: all.
    events: Vec<String>,
    from: Option<String>,
    /// The local name of the only account that is wanted.
    account: Option<String>,
}

/// The accounts that are there: where there are several, each line says which one it is about.
struct Accounts(BTreeSet<String>);

impl Accounts {
    fn several(&mut self, envelope: &Envelope) -> bool {
        match &envelope.event {
            Event::DaemonState(state) => {
                self.0 = state.accounts.iter().map(|known| known.account.clone()).collect();
            }
            _ => self.0.extend(envelope.account.clone()),
        }
        self.0.len() > 1
    }
}

/// The accounts that the daemon knows, of those that `--account` lets through.
fn accounts(client: &mut Client, options: &Options) -> Result<(Accounts, Option<String>), Error> {
    let known = client.call(&daemon::Status {})?.accounts;
    let only = options.account.as_ref().and_then(|_| known.first().map(|known| known.account.clone()));
    let present = known.into_iter().filter(|known| known.reason.as_deref() != Some("logout"));
    Ok((Accounts(present.map(|known| known.account).collect()), only))
}

impl Filter {
    fn read(client: &mut Client, sub: &ArgMatches, account: Option<String>) -> Result<Self, Error> {
        let events: Vec<String> = sub.get_many("event").into_iter().flatten().cloned().collect();
        for event in &events {
            known(event)?;
        }
        let from =
            sub.get_one::<String>("from").map(|from| friend_name::complete(client, from)).transpose()?;
        Ok(Self { events, from: from.map(|from| from.trim_start_matches('@').to_owned()), account })
    }

    fn wants(&self, envelope: &Envelope) -> bool {
        let event = &envelope.event;
        let elsewhere =
            matches!((&self.account, &envelope.account), (Some(only), Some(whose)) if only != whose);
        let name = event.name();
        let named = self.events.iter().any(|wanted| fits(name, wanted));
        !elsewhere
            && (self.events.is_empty() || named)
            && self.from.as_deref().is_none_or(|from| event.friend() == Some(from))
    }

    /// The first state is for programs that keep a mirror: it is data, but nothing that happened.
    fn counts(&self, event: &Event) -> bool {
        !matches!(event, Event::DaemonState(_))
            || self.events.iter().any(|wanted| fits("daemon.state", wanted))
    }
}

fn fits(name: &str, wanted: &str) -> bool {
    name == wanted || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

fn known(event: &str) -> Result<(), Error> {
    if EVENTS.iter().any(|name| fits(name, event)) {
        return Ok(());
    }
    Err(Error::new(Code::Usage, format!("there is no event {event:?}"))
        .with_hint(format!("events: {}", EVENTS.join(", "))))
}

/// Prints events until the reader is gone, the count is reached, or the daemon ends.
pub(crate) fn watch(sub: &ArgMatches, options: &Options, printer: &mut Printer) -> Result<(), Stop> {
    let mut client = connect::connect(options)?;
    let (mut accounts, only) = accounts(&mut client, options)?;
    let filter = Filter::read(&mut client, sub, only)?;
    let mut left = sub.get_one::<u64>("count").copied();
    client.subscribe(sub.get_one("since").copied())?;
    let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
    while left != Some(0) {
        let Some(raw) = next_while_read(&mut client, deadline)? else { return Err(Stop::Pipe) };
        let envelope = line::read_envelope(&raw)?;
        let several = accounts.several(&envelope);
        let counts = filter.counts(&envelope.event);
        // So many lines were asked for: the state at the beginning is none of them.
        if !filter.wants(&envelope) || (left.is_some() && !counts) {
            continue;
        }
        printer.event(&envelope, raw.get(), several)?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

/// The next event; None when nobody reads our output any more (`watch | head -1` ends, also on a quiet day).
fn next_while_read(client: &mut Client, deadline: Option<Instant>) -> Result<Option<Box<RawValue>>, Error> {
    loop {
        let look = Instant::now() + LOOK;
        match client.next_event_raw(Some(deadline.map_or(look, |deadline| deadline.min(look)))) {
            Err(error)
                if error.code == Code::Timeout
                    && deadline.is_none_or(|deadline| Instant::now() < deadline) =>
            {
                if nobody_reads() {
                    return Ok(None);
                }
            }
            raw => return raw.map(Some),
        }
    }
}

/// Whether the reader at the other end of our output is gone.
fn nobody_reads() -> bool {
    let stdout = std::io::stdout();
    let mut fds = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    let looked = poll(&mut fds, PollTimeout::ZERO).is_ok();
    looked && fds[0].revents().is_some_and(|seen| seen.intersects(PollFlags::POLLERR | PollFlags::POLLHUP))
}

/// Prints the next event that fits.
pub(crate) fn wait(sub: &ArgMatches, options: &Options, printer: &mut Printer) -> Result<(), Stop> {
    let mut client = connect::connect(options)?;
    let (mut accounts, only) = accounts(&mut client, options)?;
    let filter = Filter::read(&mut client, sub, only)?;
    let timeout = options.timeout.unwrap_or(WAIT);
    client.subscribe(None)?;
    let deadline = Instant::now() + timeout;
    loop {
        let raw = match client.next_event_raw(Some(deadline)) {
            Err(error) if error.code == Code::Timeout => return Err(nothing_came(&filter, timeout).into()),
            raw => raw?,
        };
        let envelope: Envelope = line::read_envelope(&raw)?;
        let several = accounts.several(&envelope);
        if filter.wants(&envelope) && filter.counts(&envelope.event) {
            return printer.event(&envelope, raw.get(), several);
        }
    }
}

fn nothing_came(filter: &Filter, timeout: Duration) -> Error {
    let from = filter.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    Error::new(Code::Timeout, format!("no {}{from} came within {timeout:?}", filter.events.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_stands_for_all_its_events() {
        assert!(fits("chat.received", "chat"));
        assert!(fits("chat.received", "chat.received"));
        assert!(!fits("chat.received", "cha"));
        assert!(known("chat").is_ok());
        assert_eq!(known("chat.recieved").unwrap_err().code, Code::Usage);
    }
}
