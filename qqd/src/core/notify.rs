//! The rules for notifications: kept in the store, for all accounts of this daemon, with a copy here by which it is decided
//! what is told. What happens becomes a notification in `hear`, is put into words in `notice`, and what the user does with
//! it stands in `press`.

pub mod desk;
mod hear;
mod hours;
mod missed;
mod notice;
mod press;
mod say;

use std::time::Duration;

use ipc_schema::notify::{self, Content, Dnd, Mute, Quiet, Rules, Switch};
use ipc_schema::{Envelope, Error, Event};

use super::accounts::Awaited;
use super::address::usage;
use super::io::Local;
use super::name::no_friend;
use super::op::{Op, Rule, StoreError};
use super::request::Caller;
use super::stored::unexpected;
use super::{Core, clock};
use desk::{Desk, Service};
use hours::Hours;
use missed::Missed;
use notice::Told;

pub use say::Language;

/// The longest "do not disturb" that ends by itself: a week, in minutes.
const DND_MAX: u32 = 7 * 24 * 60;

/// What is known of the desktop, what it is told, and by which rules.
#[derive(Debug, Default)]
pub(super) struct Notices {
    language: Language,
    service: Service,
    rules: Rules,
    locked: bool,
    /// The desktop's own "do not disturb".
    inhibited: bool,
    /// As it was told last.
    now: notify::Now,
    /// What is shown, the one that was shown first before the others.
    told: Vec<Told>,
    missed: Vec<Missed>,
    heard: Option<hear::Heard>,
    last: u64,
    /// What was pressed and has no answer yet, by the number of the request.
    pressed: Vec<(u64, press::Pressed)>,
}

impl Notices {
    /// What the rules come to now.
    pub(super) fn now(&self) -> &notify::Now {
        &self.now
    }

    /// The name of the notification service, as `daemon.status` says it.
    pub(super) fn service(&self) -> String {
        match &self.service {
            Service::None => "none".to_owned(),
            Service::OnDemand => "on demand".to_owned(),
            Service::Running(name) => name.clone(),
        }
    }
}

impl Core {
    /// `notify.status`.
    pub(super) fn rules(&mut self, caller: Caller, name: Option<&str>) {
        self.ask_daemons(caller, name, Ok(None));
    }

    /// `notify.dnd`.
    pub(super) fn dnd(&mut self, caller: Caller, name: Option<&str>, params: &Dnd) {
        let rule = match (params.state, params.minutes) {
            (Switch::On, Some(minutes @ 1..=DND_MAX)) => {
                let until = self.now.wall_us.saturating_add(i64::from(minutes) * 60_000_000);
                Ok(Rule::Dnd { on: true, until: Some(clock::rfc3339(until)) })
            }
            (Switch::On, None) => Ok(Rule::Dnd { on: true, until: None }),
            (Switch::On, Some(_)) => Err(usage(format!("it may last 1 to {DND_MAX} minutes"))),
            (Switch::Off, None) => Ok(Rule::Dnd { on: false, until: None }),
            (Switch::Off, Some(_)) => Err(usage("off takes no minutes; write on".to_owned())),
        };
        self.ask_daemons(caller, name, rule.map(Some));
    }

    /// `notify.quiet`.
    pub(super) fn quiet(&mut self, caller: Caller, name: Option<&str>, params: &Quiet) {
        let rule = match params.hours.as_str() {
            "off" => Ok(Rule::Quiet(None)),
            hours if Hours::parse(hours).is_some() => Ok(Rule::Quiet(Some(hours.to_owned()))),
            _ => Err(usage("quiet hours are HH:MM-HH:MM, as 22:00-07:00, or off".to_owned())),
        };
        self.ask_daemons(caller, name, rule.map(Some));
    }

    /// `notify.content`.
    pub(super) fn content(&mut self, caller: Caller, name: Option<&str>, params: &Content) {
        self.ask_daemons(caller, name, Ok(Some(Rule::Content(params.content))));
    }

    /// `notify.mute`: somebody of an account's friends.
    pub(super) fn mute(&mut self, caller: Caller, name: Option<&str>, params: &Mute) {
        let found = self.whose(name).and_then(|at| {
            let account = &self.accounts[at];
            let friend = account.resolve(&params.friend)?;
            // Whoever left the list can still be unmuted.
            match params.off || account.is_known(&friend) {
                true => Ok((account.local.clone(), friend)),
                false => Err(no_friend(&friend, false)),
            }
        });
        match found {
            Err(error) => self.refuse(caller, error),
            Ok((local, friend)) => {
                self.ask_rules(caller, local, Some(Rule::Mute { friend, off: params.off }));
            }
        }
    }

    /// A rule is the daemon's, for all its accounts; one that is named all the same must be here.
    fn ask_daemons(&mut self, caller: Caller, name: Option<&str>, rule: Result<Option<Rule>, Error>) {
        let named = name.map_or(Ok(()), |name| self.whose(Some(name)).map(drop));
        match named.and(rule) {
            Err(error) => self.refuse(caller, error),
            Ok(rule) => self.ask_rules(caller, Local::from(""), rule),
        }
    }

    fn ask_rules(&mut self, caller: Caller, whose: Local, rule: Option<Rule>) {
        self.ask(whose, Op::Notify(rule), Awaited::Rules(Some(caller)));
    }

    /// The rules as the store has them; a "do not disturb" whose time has passed is off.
    pub(super) fn on_rules(&mut self, caller: Option<Caller>, result: Result<Rules, StoreError>) {
        if let Ok(rules) = &result {
            self.learn_rules(rules.clone());
        }
        let now = clock::rfc3339(self.now.wall_us);
        let rules = result.map_err(|error| unexpected(&error)).map(|rules| match &rules.dnd_until {
            Some(until) if *until <= now => Rules { dnd: false, dnd_until: None, ..rules },
            _ => rules,
        });
        if let Some(caller) = caller {
            self.answer(caller, rules);
        }
    }

    /// An account's traces went, and with them whom it muted.
    pub(super) fn ask_rules_again(&mut self) {
        self.ask(Local::from(""), Op::Notify(None), Awaited::Rules(None));
    }

    /// By these rules from now on.
    pub(super) fn learn_rules(&mut self, rules: Rules) {
        self.notices.rules = rules;
        self.weigh();
    }

    /// In which language notifications speak.
    pub fn speak(&mut self, language: Language) {
        self.notices.language = language;
    }

    /// What the desktop tells.
    pub(super) fn on_desk(&mut self, desk: Desk) {
        match desk {
            Desk::Service(service) => {
                let before = std::mem::replace(&mut self.notices.service, service);
                // One that starts for what it is told has all of that.
                if before != Service::OnDemand || !matches!(self.notices.service, Service::Running(_)) {
                    self.notices.told.clear();
                    self.on_service();
                }
            }
            Desk::Locked(locked) => {
                let begins = locked && !self.notices.locked;
                self.notices.locked = locked;
                self.weigh();
                if begins {
                    self.hide();
                }
            }
            Desk::Inhibited(inhibited) => {
                self.notices.inhibited = inhibited;
                self.weigh();
            }
            Desk::Pressed { number, button, text, token } => self.on_pressed(number, button, text, token),
            Desk::Closed { number, dismissed } => self.on_closed(number, dismissed),
        }
    }

    /// Tells what the rules come to now, if that is another thing than before.
    pub(super) fn weigh(&mut self) {
        let notices = &self.notices;
        let dnd = self.is_dnd() || self.quiet_hours().is_some_and(|hours| hours.holds(self.local_s()));
        let dnd = dnd || notices.inhibited;
        let now = notify::Now { dnd, locked: notices.locked, muted: notices.rules.muted.clone() };
        if now != notices.now {
            self.notices.now = now.clone();
            let ts = clock::rfc3339(self.now.wall_us);
            self.publish(Envelope::new(0, ts, None, Event::NotifyChanged(now)));
        }
    }

    fn is_dnd(&self) -> bool {
        let rules = &self.notices.rules;
        let over = || {
            let now = clock::rfc3339(self.now.wall_us);
            rules.dnd_until.as_ref().is_some_and(|until| *until <= now)
        };
        rules.dnd && !over()
    }

    fn quiet_hours(&self) -> Option<Hours> {
        Hours::parse(self.notices.rules.quiet.as_deref()?)
    }

    /// The clock on the wall, in seconds.
    fn local_s(&self) -> i64 {
        self.now.wall_us.div_euclid(1_000_000) + i64::from(self.now.ahead_s)
    }

    pub(super) fn notices_deadline(&self) -> Option<Duration> {
        let after = |us: i64| self.now.mono + Duration::from_micros(us.max(1_000).unsigned_abs());
        let quiet = self.quiet_hours().map(|hours| {
            let parts_us = self.now.wall_us.rem_euclid(1_000_000);
            after(hours.changes_in(self.local_s()) * 1_000_000 - parts_us)
        });
        let until = self.notices.rules.dnd_until.as_deref().filter(|_| self.is_dnd());
        let dnd = until.and_then(clock::parse).map(|until| after(until - self.now.wall_us));
        let told = self.notices.told.iter().filter_map(|told| told.due);
        let missed = self.notices.missed.iter().filter_map(|missed| missed.due);
        told.chain(missed).chain(quiet).chain(dnd).min()
    }

    pub(super) fn on_notices_tick(&mut self) {
        self.weigh();
        self.tell_missed();
        self.tell_due();
    }
}
