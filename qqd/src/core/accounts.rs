//! The accounts of this daemon: which one is meant, who comes and goes, and who is logged out and kept.

use ipc_schema::account::{LoggedOut, Login, Logout, MAX, bare};
use ipc_schema::{Code, Error};

use super::account::{Account, Said};
use super::address::{self, usage};
use super::io::{Aim, Examined, Local, Output};
use super::name::{not_logged_in, quote};
use super::op::{self, Address, All, Done, Left, Op, StoreError};
use super::request::{Caller, Waiting};
use super::stored::{left, rules, size, unexpected};
use super::{Core, Phase};

/// What an answer of the store to the daemon itself is for.
#[derive(Debug)]
pub(super) enum Awaited {
    /// Everything there is.
    Load,
    /// An account that was logged out is wiped.
    Forget(Caller, Box<op::Account>),
    /// The rules for notifications, for whoever asked.
    Rules(Option<Caller>),
    /// How the store is.
    Doctor(u64),
}

impl Awaited {
    /// Who waits for it.
    pub(super) fn caller(self) -> Option<Caller> {
        match self {
            Self::Load | Self::Doctor(_) => None,
            Self::Forget(caller, _) => Some(caller),
            Self::Rules(caller) => caller,
        }
    }
}

/// Whom a logout means.
enum Leaving {
    /// One who is logged in, by place.
    Present(usize),
    /// One who is logged out and kept, by place.
    Kept(usize),
}

impl Core {
    pub(super) fn on_stored(&mut self, number: u64, result: Result<Done, StoreError>) {
        match self.asked.remove(&number) {
            Some(Awaited::Load) => self.on_loaded(result),
            Some(Awaited::Forget(caller, account)) => self.on_forgotten(caller, *account, result.map(left)),
            Some(Awaited::Doctor(number)) => self.on_checked(number, result.map(size)),
            Some(Awaited::Rules(caller)) => self.on_rules(caller, result.map(rules)),
            None => {}
        }
    }

    fn on_loaded(&mut self, result: Result<Done, StoreError>) {
        let next = match &result {
            Ok(_) => Phase::Running,
            Err(error) => Phase::Broken(unexpected(error)),
        };
        let Phase::Loading(waiting) = std::mem::replace(&mut self.phase, next) else { return };
        if let Ok(Done::All(all)) = result {
            self.begin(*all);
        }
        for Waiting { caller, call } in waiting {
            self.on_call(caller, call);
        }
    }

    /// The store has told what there is: on with the sessions that were there before.
    fn begin(&mut self, all: All) {
        self.former = all.former;
        self.left = all.left.into_iter().collect();
        self.random_passwords = all.random.into_iter().collect();
        self.learn_rules(all.rules);
        for loaded in all.present {
            let Some(account) = &loaded.account else { continue };
            let at = self.enter(Local::from(account.local.as_str()));
            self.work(at, |account| account.begin(loaded));
        }
    }

    /// A new account among those who are here: its place.
    pub(super) fn enter(&mut self, local: Local) -> usize {
        self.last_key += 1;
        let mut account =
            Account::new(self.last_key, local, self.random.clone(), self.client.clone(), self.now);
        account.random_password = self.random_passwords.contains(&*account.local);
        self.accounts.push(account);
        self.accounts.len() - 1
    }

    /// Passes on what the account at this place says, and lets it go when it is over.
    pub(super) fn collect(&mut self, at: usize) {
        let (mut early, mut newcomer) = (Vec::new(), None);
        while let Some(said) = self.accounts.get_mut(at).and_then(|account| account.said.pop_front()) {
            match said {
                Said::Output(output) => self.outputs.push_back(output),
                Said::Event(envelope) => self.publish(envelope),
                Said::Shown(shown) => self.tell_state(at, shown),
                Said::LoggedIn(local) => self.former.retain(|former| *former.local != *local),
                Said::LoggedOut(account) => {
                    self.former.retain(|former| former.local != account.local);
                    self.left.remove(&account.local);
                    self.former.push(account);
                }
                Said::Time(number, ahead_us) => {
                    let key = self.accounts.get(at).map(|account| account.key).unwrap_or_default();
                    self.on_time_told(key, number, ahead_us);
                }
                Said::Aim(aim) => self.look(aim),
                Said::Named(named) => newcomer = Some(named),
                Said::Left(local, left) => drop(self.left.insert(local.to_string(), left)),
                Said::Wiped => self.on_wiped(),
                Said::Early(waiting) => early = waiting,
            }
        }
        if let Some(newcomer) = newcomer {
            return self.on_named(at, newcomer);
        }
        if let Some(account) = self.accounts.get(at)
            && account.random_password != self.random_passwords.contains(&*account.local)
            && !self.random_passwords.remove(&*account.local)
        {
            self.random_passwords.insert(account.local.to_string());
        }
        if self.accounts.get(at).is_some_and(Account::is_over) {
            let gone = self.accounts.remove(at);
            self.close_all_of(&gone.local);
        }
        for Waiting { caller, call } in early {
            self.on_call(caller, call);
        }
    }

    /// An account wants the way to another address of its relay to be looked at.
    fn look(&mut self, aim: Aim) {
        self.last_asked += 1;
        self.looks.insert(self.last_asked, aim.account);
        self.outputs.push_back(Output::Examine { number: self.last_asked, aims: vec![aim] });
    }

    /// The shell has looked: for an account, or for somebody who looks whether everything works.
    pub(super) fn on_examined(&mut self, number: u64, examined: Examined) {
        match self.looks.remove(&number) {
            None => self.tell_examined(number, examined),
            Some(key) => {
                let probe = examined.probes.into_iter().find(|probe| probe.account == key);
                self.work_of(key, |account| account.on_looked(probe));
            }
        }
    }

    /// Which account a call means: the place of the one called so, else of the only one that is logged in.
    pub(super) fn whose(&self, name: Option<&str>) -> Result<usize, Error> {
        let here = || {
            let present = self.accounts.iter().enumerate();
            present.filter_map(|(at, account)| account.account.as_ref().map(|account| (at, account)))
        };
        let exact = name.and_then(|name| here().find(|(_, one)| one.local.eq_ignore_ascii_case(name)));
        let fits: Vec<(usize, &op::Account)> = match (exact, name) {
            (Some(exact), _) => vec![exact],
            (None, Some(name)) => here().filter(|(_, one)| one.account.eq_ignore_ascii_case(name)).collect(),
            (None, None) => here().collect(),
        };
        match (&fits[..], name) {
            ([(at, _)], _) => Ok(*at),
            ([], Some(name)) => Err(self.absent(name)),
            ([], None) => Err(not_logged_in()),
            ([..], _) => Err(which(&fits.iter().map(|(_, one)| one.local.as_str()).collect::<Vec<_>>())),
        }
    }

    /// Nobody who is logged in is called so.
    fn absent(&self, name: &str) -> Error {
        let called = |one: &&op::Account| {
            one.local.eq_ignore_ascii_case(name) || one.account.eq_ignore_ascii_case(name)
        };
        match self.former.iter().find(called) {
            Some(one) => Error::new(Code::NotLoggedIn, format!("{} is logged out", one.local))
                .with_hint(format!("`qqctl login {}` logs in", one.local)),
            None => unknown(name),
        }
    }

    /// `account.login`.
    pub(super) fn login(&mut self, caller: Caller, params: Login) {
        let (account, trust) = match self.draft(&params) {
            Ok(draft) => draft,
            Err(error) => return self.refuse(caller, error),
        };
        let here = self.accounts.iter().position(|one| *one.local == *account.local);
        let at = match here {
            Some(at) => at,
            None if self.accounts.len() >= MAX => return self.refuse(caller, full()),
            None => self.enter(Local::from(account.local.as_str())),
        };
        self.give_to(at, caller, |one, to| one.login(to, &params, account, trust));
    }

    /// The account as it will be kept if the relay takes the login, and the key that the caller trusts.
    fn draft(&self, params: &Login) -> Result<(op::Account, Option<String>), Error> {
        let typed = address::account(&params.account)?;
        let given = params.relay.as_deref().map(address::relay).transpose()?;
        let local = typed.host.as_ref().map(|host| address::local(&typed.account, host));
        let relay = match (given, self.remembered(&typed.account, local.as_deref())) {
            (Some(given), _) => given,
            (None, Err(error)) => return Err(error),
            (None, Ok(known)) => known.or_else(|| typed.host.clone()).ok_or_else(|| {
                usage(format!("which server is {} at? Name it with --relay HOST:PORT", typed.account))
                    .with_hint(format!("qqctl login {}@HOST", typed.account))
            })?,
        };
        let trust = params.trust.as_deref().map(address::fingerprint).transpose()?;
        if trust.is_some() && relay.plain {
            return Err(usage("plain:// has no key that could be trusted; leave --trust out".to_owned()));
        }
        let local = local.unwrap_or_else(|| address::local(&typed.account, &relay));
        let account = self.known_or_new(typed.account, relay, local);
        let other = self.accounts.iter().filter(|one| *one.local == *account.local);
        match other.filter_map(Account::record).find(|one| one.relay != account.relay) {
            None => Ok((account, trust)),
            Some(one) => Err(Error::new(
                Code::Conflict,
                format!(
                    "{} is logged in at {}; log it out before it goes to another server (its history stays)",
                    one.local,
                    address::shown(&one.relay)
                ),
            )
            .with_hint(format!("qqctl logout --account {}", one.local))
            .with_field("account", one.local.as_str())),
        }
    }

    /// The relay that an account used before: of the one with this local name, else of the only one called so, those
    /// who are logged in first.
    fn remembered(&self, account: &str, local: Option<&str>) -> Result<Option<Address>, Error> {
        if let Some(local) = local {
            return Ok(self.known().find(|known| known.local == local).map(|known| known.relay.clone()));
        }
        let present: Vec<_> = self.present().filter(|known| known.account == account).collect();
        let kept = || self.former.iter().filter(|known| known.account == account).collect();
        let fits: Vec<&op::Account> = if present.is_empty() { kept() } else { present };
        match fits[..] {
            [] => Ok(None),
            [one] => Ok(Some(one.relay.clone())),
            [..] => {
                let known: Vec<&str> = fits.iter().map(|known| known.local.as_str()).collect();
                Err(Error::new(
                    Code::Ambiguous,
                    format!("{account} may be {}; write the whole name", known.join(" or ")),
                )
                .with_hint(format!("qqctl login {}", known.first().copied().unwrap_or_default()))
                .with_field("matches", known))
            }
        }
    }

    /// Those who are logged in, or about to be.
    pub(super) fn present(&self) -> impl Iterator<Item = &op::Account> {
        self.accounts.iter().filter_map(Account::record)
    }

    /// Everybody who is known here: those who are logged in, or about to be, then those who are logged out.
    fn known(&self) -> impl Iterator<Item = &op::Account> {
        self.present().chain(&self.former)
    }

    /// A new account is a device of its own: two names of one account at one relay do not drive each other out.
    fn known_or_new(&self, account: String, relay: Address, local: String) -> op::Account {
        let mut known = self.known().filter(|known| known.account == account && known.relay == relay);
        known.next().cloned().unwrap_or_else(|| {
            let mut device = [0; 16];
            (self.random)(&mut device);
            op::Account {
                local,
                name: String::new(),
                account,
                relay,
                pin: None,
                device: uuid::Builder::from_random_bytes(device).into_uuid().to_string(),
                epoch: String::new(),
                cursor: 0,
                own: op::Own::default(),
            }
        })
    }

    /// `account.logout`.
    pub(super) fn logout(&mut self, caller: Caller, params: &Logout) {
        let leaving = match &params.account {
            Some(name) => self.leaving_called(name, params.forget),
            None => self.leaving(params.forget),
        };
        match leaving {
            Err(error) => self.refuse(caller, error),
            Ok(Leaving::Present(at)) => {
                self.give_to(at, caller, |account, to| account.logout(to, params.forget));
            }
            Ok(Leaving::Kept(at)) => self.forget(caller, at),
        }
    }

    /// The only one there is.
    fn leaving(&self, forget: bool) -> Result<Leaving, Error> {
        match (self.whose(None), &self.accounts[..], &self.former[..]) {
            (Ok(at), ..) => Ok(Leaving::Present(at)),
            // On its way in or out: it says so itself.
            (Err(_), [_], _) => Ok(Leaving::Present(0)),
            (Err(_), [], [_]) if forget => Ok(Leaving::Kept(0)),
            (Err(_), [], [_, _, ..]) if forget => {
                let kept: Vec<&str> = self.former.iter().map(|kept| kept.local.as_str()).collect();
                Err(which_leaves(
                    &format!("nobody is logged in, and {} are kept here", kept.join(", ")),
                    &kept,
                ))
            }
            (Err(error), ..) => Err(error),
        }
    }

    /// The one called so: by its local name, else by its own word while there is only one.
    fn leaving_called(&self, name: &str, forget: bool) -> Result<Leaving, Error> {
        let present = self.accounts.iter().enumerate().map(|(at, one)| (Leaving::Present(at), &*one.local));
        let here = |local: &str| self.accounts.iter().any(|one| *one.local == *local);
        let kept = self.former.iter().enumerate().map(|(at, one)| (Leaving::Kept(at), one.local.as_str()));
        let all = present.chain(kept.filter(|(_, local)| !here(local)));
        let called = |local: &str| local.eq_ignore_ascii_case(name) || bare(local).eq_ignore_ascii_case(name);
        let mut fits: Vec<(Leaving, &str)> = all.filter(|(_, local)| called(local)).collect();
        if let Some(exact) = fits.iter().position(|(_, local)| local.eq_ignore_ascii_case(name)) {
            fits = vec![fits.swap_remove(exact)];
        }
        let known: Vec<&str> = fits.iter().map(|(_, local)| *local).collect();
        match (fits.pop(), &known[..]) {
            (None, _) => Err(unknown(name)),
            (Some((Leaving::Kept(_), local)), [_]) if !forget => {
                Err(Error::new(Code::NotLoggedIn, format!("{local} is logged out already"))
                    .with_hint("--forget wipes what is kept of it"))
            }
            (Some((leaving, _)), [_]) => Ok(leaving),
            (Some(_), _) => {
                Err(which_leaves(&format!("{} may be {}", quote(name), known.join(" or ")), &known))
            }
        }
    }

    /// Wipes what is kept of an account that is logged out. Whoever logs in to it from now on begins anew.
    fn forget(&mut self, caller: Caller, at: usize) {
        let account = self.former.remove(at);
        let whose = Local::from(account.local.as_str());
        self.ask(whose, Op::Forget, Awaited::Forget(caller, Box::new(account)));
    }

    /// The avatars of all accounts went with one account's traces.
    fn on_wiped(&mut self) {
        self.accounts.iter_mut().for_each(|account| account.pictures.forget_held());
        self.ask_rules_again();
    }

    fn on_forgotten(&mut self, caller: Caller, account: op::Account, result: Result<Left, StoreError>) {
        self.on_wiped();
        let reply = match result {
            Ok(left) => {
                self.left.remove(&account.local);
                self.random_passwords.remove(&account.local);
                Ok(LoggedOut { account: account.local, unsent: left.outbox, told: false, wiped: true })
            }
            Err(error) => {
                if !self.known().any(|known| known.local == account.local) {
                    self.former.push(account);
                }
                Err(unexpected(&error))
            }
        };
        self.answer(caller, reply);
    }
}

/// Nobody here is called so.
pub(super) fn unknown(name: &str) -> Error {
    Error::new(Code::NotFound, format!("no account called {} is known on this computer", quote(name)))
        .with_hint("`qqctl status` lists them")
}

fn which(known: &[&str]) -> Error {
    let message = format!("several accounts are logged in ({}); say which one is meant", known.join(", "));
    Error::new(Code::Ambiguous, message)
        .with_hint(format!("--account {}", known.join(" or --account ")))
        .with_field("matches", known)
}

fn which_leaves(what: &str, known: &[&str]) -> Error {
    Error::new(Code::Ambiguous, format!("{what}; say which one with --account NAME@HOST"))
        .with_hint(format!("qqctl logout --forget --account {}", known.first().copied().unwrap_or_default()))
        .with_field("matches", known)
}

pub(super) fn full() -> Error {
    let message = format!("{MAX} accounts are logged in here, which is the most; log one of them out first");
    Error::new(Code::Conflict, message).with_hint("qqctl logout --account NAME@HOST (its history stays)")
}
