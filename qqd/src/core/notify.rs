//! The rules for notifications: kept in the store, for all accounts of this daemon.

use ipc_schema::Error;
use ipc_schema::notify::{Content, Dnd, Mute, Quiet, Rules, Switch};

use super::accounts::Awaited;
use super::address::usage;
use super::io::Local;
use super::name::no_friend;
use super::op::{Op, Rule, StoreError};
use super::request::Caller;
use super::stored::unexpected;
use super::{Core, clock};

/// The longest "do not disturb" that ends by itself: a week, in minutes.
const DND_MAX: u32 = 7 * 24 * 60;

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
            hours if are_hours(hours) => Ok(Rule::Quiet(Some(hours.to_owned()))),
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
        self.ask(whose, Op::Notify(rule), Awaited::Rules(caller));
    }

    /// The rules as the store has them; a "do not disturb" whose time has passed is off.
    pub(super) fn on_rules(&mut self, caller: Caller, result: Result<Rules, StoreError>) {
        let now = clock::rfc3339(self.now.wall_us);
        let rules = result.map_err(|error| unexpected(&error)).map(|rules| match &rules.dnd_until {
            Some(until) if *until <= now => Rules { dnd: false, dnd_until: None, ..rules },
            _ => rules,
        });
        self.answer(caller, rules);
    }
}

/// `22:00-07:00`: two different times of a day.
fn are_hours(text: &str) -> bool {
    let time = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        let number = |text: &str, below: u8| {
            let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|number: &u8| digits && *number < below)
        };
        Some((number(hours, 24)?, number(minutes, 60)?))
    };
    let both = text.split_once('-').map(|(from, to)| (time(from), time(to)));
    matches!(both, Some((Some(from), Some(to))) if from != to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_two_times_of_a_day() {
        for good in ["22:00-07:00", "00:00-23:59"] {
            assert!(are_hours(good), "{good}");
        }
        for bad in [
            "",
            "22-7",
            "22:00",
            "24:00-07:00",
            "22:60-07:00",
            "7:00-8:00",
            "+7:00-08:00",
            "07:00-07:00",
            "a-b",
        ] {
            assert!(!are_hours(bad), "{bad}");
        }
    }
}
