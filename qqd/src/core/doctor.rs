//! `daemon.doctor`: what is looked at, and what it means. The store looks at itself, the shell at the way to each relay and
//! at the socket's directory, the relays say what time it is; whoever does not answer in time is left out and named.

use std::time::Duration;

use ipc_schema::account::{HOW_TO_COME_IN, Step};
use ipc_schema::daemon::{Check, Checked, Verdict};
use ipc_schema::{Code, Error};
use relay_schema::{DeviceList, Stanza};

use super::account::{Account, Said};
use super::accounts::Awaited;
use super::failure::Failure;
use super::io::{AccountKey, Aim, ClientId, Closed, Examined, Local, Probe, Trust};
use super::op::{Op, StoreError};
use super::request::Caller;
use super::{Core, Output, clock};

/// All of it takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many at a time.
const MAX: usize = 8;
/// A clock that is off by more makes times in conversations wrong.
const SKEW_MAX: Duration = Duration::from_secs(5);
/// What waits longer while the account is on line should have gone.
const STUCK: Duration = Duration::from_secs(60);

/// One look.
#[derive(Debug)]
pub(super) struct Doctor {
    number: u64,
    caller: Caller,
    until: Duration,
    /// Whom it is about.
    accounts: Vec<AccountKey>,
    store: Option<Result<u64, StoreError>>,
    examined: Option<Examined>,
    /// How far this computer's clock is ahead of a relay's, in microseconds; none where the relay did not say.
    clocks: Vec<(AccountKey, Option<i64>)>,
    /// How many relays were asked for the time.
    asked: usize,
}

impl Doctor {
    /// Whether this frontend waits for it.
    pub(super) fn is_for(&self, client: ClientId) -> bool {
        self.caller.client == client
    }

    /// Who waits for it.
    pub(super) fn caller(self) -> Caller {
        self.caller
    }
}

impl Core {
    /// `daemon.doctor`.
    pub(super) fn doctor(&mut self, caller: Caller, name: Option<&str>) {
        if self.doctors.len() >= MAX {
            let message = "the daemon is being looked at already; try again in a moment";
            return self.refuse(caller, Error::new(Code::Busy, message).with_retry_after_ms(1_000));
        }
        let accounts: Vec<AccountKey> = match name.map(|name| self.whose(Some(name))) {
            Some(Err(error)) => return self.refuse(caller, error),
            Some(Ok(at)) => self.accounts.get(at).map(|one| one.key).into_iter().collect(),
            None => self.accounts.iter().filter(|one| one.account.is_some()).map(|one| one.key).collect(),
        };
        self.last_asked += 1;
        let number = self.last_asked;
        let aims = self.accounts.iter().filter(|one| accounts.contains(&one.key));
        let aims = aims.filter_map(Account::aim).collect();
        let until = self.now.mono + PATIENCE;
        let online = |one: &&Account| accounts.contains(&one.key) && one.askable().is_ok();
        let online: Vec<AccountKey> = self.accounts.iter().filter(online).map(|one| one.key).collect();
        let asked = online.len();
        let (store, examined, clocks) = (None, None, Vec::new());
        self.doctors.push(Doctor { number, caller, until, accounts, store, examined, clocks, asked });
        self.outputs.push_back(Output::Examine { number, aims });
        self.ask(Local::from(""), Op::Check, Awaited::Doctor(number));
        for key in online {
            self.work_of(key, |account| account.ask_time(number));
        }
    }

    pub(super) fn doctors_deadline(&self) -> Option<Duration> {
        self.doctors.iter().map(|doctor| doctor.until).min()
    }

    pub(super) fn on_doctors_tick(&mut self) {
        while let Some(at) = self.doctors.iter().position(|doctor| doctor.until <= self.now.mono) {
            self.end_doctor(at);
        }
    }

    pub(super) fn on_checked(&mut self, number: u64, store: Result<u64, StoreError>) {
        self.tell_doctor(number, |doctor| doctor.store = Some(store));
    }

    pub(super) fn tell_examined(&mut self, number: u64, examined: Examined) {
        self.tell_doctor(number, |doctor| doctor.examined = Some(examined));
    }

    pub(super) fn on_time_told(&mut self, account: AccountKey, number: u64, ahead_us: Option<i64>) {
        self.tell_doctor(number, |doctor| doctor.clocks.push((account, ahead_us)));
    }

    fn tell_doctor(&mut self, number: u64, tell: impl FnOnce(&mut Doctor)) {
        let Some(at) = self.doctors.iter().position(|doctor| doctor.number == number) else { return };
        if let Some(doctor) = self.doctors.get_mut(at) {
            tell(doctor);
            if doctor.store.is_some() && doctor.examined.is_some() && doctor.clocks.len() >= doctor.asked {
                self.end_doctor(at);
            }
        }
    }

    fn end_doctor(&mut self, at: usize) {
        let doctor = self.doctors.remove(at);
        let mut checks = vec![store(doctor.store.as_ref()), runtime(doctor.examined.as_ref())];
        if self.accounts.iter().all(|one| one.account.is_none()) {
            checks.push(nobody());
        }
        let probes = doctor.examined.map(|examined| examined.probes).unwrap_or_default();
        for key in doctor.accounts {
            let Some(account) = self.accounts.iter().find(|one| one.key == key) else { continue };
            let clock = doctor.clocks.iter().find(|(whose, _)| *whose == key).and_then(|(_, ahead)| *ahead);
            let probe = probes.iter().find(|probe| probe.account == key);
            checks.extend(account.checks(probe, clock, self.now.wall_us));
        }
        self.answer(doctor.caller, Ok(Checked { checks }));
    }
}

impl Account {
    /// The way to its relay.
    fn aim(&self) -> Option<Aim> {
        let account = self.account.as_ref()?;
        let trust = account.pin.clone().map_or(Trust::System, Trust::Pin);
        Some(Aim { account: self.key, address: account.relay.clone(), trust })
    }

    /// What time it is at the relay: it says so of this very device, which is seen now.
    fn ask_time(&mut self, number: u64) {
        self.ask_relay(
            |id| DeviceList { id }.into(),
            move |account, outcome| {
                let own = account.account.as_ref().map(|own| own.device.as_str());
                let seen = |part: &Stanza| match part {
                    Stanza::Device(device) if own == Some(device.device.as_str()) => clock::parse(&device.ts),
                    _ => None,
                };
                let relay_us = outcome.ok().and_then(|heard| heard.parts.iter().find_map(seen));
                let ahead_us = relay_us.map(|relay_us| account.now.wall_us.saturating_sub(relay_us));
                account.said.push_back(Said::Time(number, ahead_us));
            },
        );
    }

    fn checks(&self, probe: Option<&Probe>, ahead_us: Option<i64>, now_us: i64) -> Vec<Check> {
        let mut checks = self.way(probe);
        checks.push(self.session());
        checks.extend(ahead_us.map(|ahead_us| self.clock(ahead_us)));
        checks.push(self.waiting(now_us));
        if self.random_password {
            let text = "only this computer knows the password, a random one".to_owned();
            let advice = "set one of yours: qqctl account passwd".to_owned();
            checks.push(self.check("password", Verdict::Warning, text, Some(advice)));
        }
        checks
    }

    /// Name, TCP, TLS and key; nothing behind the first that fails.
    fn way(&self, probe: Option<&Probe>) -> Vec<Check> {
        let relay = self.own_relay();
        let Some(probe) = probe else {
            let text = format!("the way to {relay} could not be looked at within 10 s");
            return vec![self.check("relay.tcp", Verdict::Warning, text, Some("try again".to_owned()))];
        };
        let good = |what, text| self.check(what, Verdict::Good, text, None);
        let known = good("relay.dns", format!("the name in {relay} is known"));
        let takes = |took: Duration| {
            good("relay.tcp", format!("{relay} takes connections ({} ms)", took.as_millis()))
        };
        let failed = |closed: &Closed, what| {
            let failure = Failure::closed(closed, Some(Step::Tls), &relay);
            let advice = failure.error.hint.unwrap_or_else(|| "check address and network".to_owned());
            self.check(what, Verdict::Bad, failure.error.message, Some(advice))
        };
        match (&probe.tcp, &probe.tls) {
            (Err(closed @ Closed::Unresolved { .. }), _) => vec![failed(closed, "relay.dns")],
            (Err(closed), _) => vec![known, failed(closed, "relay.tcp")],
            (Ok(took), Err(closed)) => vec![known, takes(*took), failed(closed, "relay.tls")],
            (Ok(took), Ok(key)) => {
                let text = match key {
                    None => "it goes without TLS, on this machine only".to_owned(),
                    Some(_) if self.account.as_ref().is_some_and(|own| own.pin.is_some()) => {
                        "the server shows the key that you trust".to_owned()
                    }
                    Some(_) => "the server's certificate is one that this system trusts".to_owned(),
                };
                vec![known, takes(*took), good("relay.tls", text)]
            }
        }
    }

    fn session(&self) -> Check {
        const WHAT: &str = "relay.login";
        if self.link.is_online() {
            return self.check(WHAT, Verdict::Good, "logged in and on line".to_owned(), None);
        }
        if let Some(error) = &self.refused {
            let advice = error.hint.clone().unwrap_or_else(|| format!("qqctl login {}", self.local));
            return self.check(WHAT, Verdict::Bad, error.message.clone(), Some(advice));
        }
        let why = self.visible().and_then(|known| known.link.message.clone());
        let text = why.unwrap_or_else(|| "not on line yet".to_owned());
        self.check(WHAT, Verdict::Bad, text, Some("`qqctl status` says more".to_owned()))
    }

    fn clock(&self, ahead_us: i64) -> Check {
        let off = Duration::from_micros(ahead_us.unsigned_abs());
        let seconds = off.as_secs_f64();
        let (verdict, text, advice) = if off <= SKEW_MAX {
            (Verdict::Good, format!("this clock and the server's agree ({seconds:.1} s)"), None)
        } else {
            let way = if ahead_us > 0 { "ahead of" } else { "behind" };
            let advice =
                "set this computer's clock (timedatectl set-ntp true), or tell whoever runs the server";
            (
                Verdict::Warning,
                format!("this clock is {seconds:.0} s {way} the server's"),
                Some(advice.to_owned()),
            )
        };
        self.check("clock", verdict, text, advice)
    }

    fn waiting(&self, now_us: i64) -> Check {
        let count = self.outbox.len();
        let since = self.outbox.oldest().and_then(clock::parse);
        let age =
            since.map(|since| Duration::from_micros(now_us.saturating_sub(since).max(0).unsigned_abs()));
        let (verdict, text, advice) = match age {
            None => (Verdict::Good, "nothing waits to be sent".to_owned(), None),
            Some(age) => {
                let minutes = age.as_secs().div_ceil(60);
                let text = match count {
                    1 => format!("1 message waits to be sent, since {minutes} min"),
                    count => format!("{count} messages wait to be sent, the oldest since {minutes} min"),
                };
                let stuck = age > STUCK;
                let verdict = if stuck { Verdict::Warning } else { Verdict::Good };
                (verdict, text, stuck.then(|| "`qqctl outbox list` shows them".to_owned()))
            }
        };
        self.check("outbox", verdict, text, advice)
    }

    fn check(&self, what: &str, verdict: Verdict, text: String, advice: Option<String>) -> Check {
        Check { what: what.to_owned(), account: Some(self.local.to_string()), verdict, text, advice }
    }
}

/// Nobody is logged in: there is no server to look at.
fn nobody() -> Check {
    let (text, advice) = ("nobody is logged in".to_owned(), Some(HOW_TO_COME_IN.to_owned()));
    Check { what: "account".to_owned(), account: None, verdict: Verdict::Warning, text, advice }
}

fn store(found: Option<&Result<u64, StoreError>>) -> Check {
    let (verdict, text, advice) = match found {
        Some(Ok(bytes)) => {
            (Verdict::Good, format!("the database is whole ({} MiB)", bytes.div_ceil(1 << 20)), None)
        }
        Some(Err(error)) => (
            Verdict::Bad,
            error.to_string(),
            Some("make room, or stop qqd and bring qqd.db back from a backup; qqd's log has more".to_owned()),
        ),
        None => (
            Verdict::Warning,
            "the database did not answer within 10 s".to_owned(),
            Some("is the disk slow or full?".to_owned()),
        ),
    };
    Check { what: "store".to_owned(), account: None, verdict, text, advice }
}

fn runtime(examined: Option<&Examined>) -> Check {
    let (verdict, text, advice) = match examined.map(|examined| &examined.runtime) {
        Some(Ok(())) => (Verdict::Good, "only you can reach the daemon's socket".to_owned(), None),
        Some(Err(what)) => (Verdict::Bad, what.clone(), Some("mend it, then restart qqd".to_owned())),
        None => (
            Verdict::Warning,
            "the socket's directory could not be looked at within 10 s".to_owned(),
            Some("try again".to_owned()),
        ),
    };
    Check { what: "runtime".to_owned(), account: None, verdict, text, advice }
}
