//! Joining: an account by an invitation or where anybody may have one, or a further device by a link, and the login in the
//! same step. What a second try with the same link needs is on disk before the relay hears anything.

mod back;
mod plan;

use std::time::Duration;

use ipc_schema::account::{Join, Joined, MAX, Register};
use ipc_schema::{Code, Error};
use relay_schema::{ErrorCode, ErrorStanza, RegisterReason, RegisterResponse, Secret, Stanza};

use super::account::{Account, Said};
use super::accounts::full;
use super::address;
use super::failure::Failure;
use super::io::{Attempt, Local, Trust};
use super::link::Stage;
use super::login::{Asker, Credential, Wanted};
use super::name::normalise;
use super::op::{self, Address, Offer, Op, StoreError, Ticket};
use super::request::Caller;
use super::stored::{Then, unexpected};
use super::unjoined::Asked;
use super::{Core, Output};
use plan::{Plan, Way};

/// From the request to its answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The link's own deadlines are 5 s a step; this is for a link that forgets them.
const REACH_MAX: Duration = Duration::from_secs(15);
/// Somebody joins; over as soon as the relay has said who they are.
#[derive(Debug)]
pub(super) struct Joining {
    to: Asker,
    plan: Plan,
    /// A device of its own, the same in every try by the same link.
    device: String,
    /// The password that the account gets; none for a device.
    password: Option<Secret>,
    /// Where the relay was found.
    reached: Option<Address>,
    /// The name was derived from the one that others see.
    derived: Option<String>,
}

/// Who has joined, as the relay says.
#[derive(Debug)]
pub(super) struct Newcomer {
    account: String,
    relay: Address,
    local: Option<String>,
    pin: Option<String>,
    device: String,
}

/// What is kept for a try to join until its login is on disk.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) ticket: Ticket,
    /// The random password.
    pub(super) random: Option<Secret>,
}

impl Core {
    /// `account.join`.
    pub(super) fn join(&mut self, caller: Caller, params: &Join) {
        let plan = match Plan::by_link(params) {
            Err(error) => return self.refuse(caller, error),
            Ok(plan) => plan,
        };
        if let Some(at) = self.back_by(&plan) {
            return self.come_back(at, caller, plan, params);
        }
        match self.enter_by(plan) {
            Err(error) => self.refuse(caller, error),
            Ok((at, plan)) => self.give_to(at, caller, |account, to| account.join(Asker::Join(to), plan)),
        }
    }

    /// `account.register`.
    pub(super) fn register(&mut self, caller: Caller, params: &Register) {
        match Plan::open(params).and_then(|plan| self.enter_by(plan)) {
            Err(error) => self.refuse(caller, error),
            Ok((at, plan)) => self.give_to(at, caller, |account, to| account.join(Asker::Register(to), plan)),
        }
    }

    /// A place for somebody whose name only the relay knows: until then it is one that no account has.
    fn enter_by(&mut self, mut plan: Plan) -> Result<(usize, Plan), Error> {
        let tickets = self.accounts.iter().filter_map(|account| account.joining.as_ref());
        if tickets.map(|joining| &joining.plan.ticket).any(|ticket| ticket.code == plan.ticket.code) {
            return Err(Error::new(Code::Conflict, "a join by this link is under way; wait for its end"));
        }
        if let Some(name) = &plan.ticket.name {
            plan.places.iter().try_for_each(|place| self.admit(name, place, plan.trust.as_deref()))?;
        }
        if self.accounts.len() >= MAX {
            return Err(full());
        }
        let pin = plan.trust.as_deref();
        let there =
            |one: &&op::Account| plan.places.iter().any(|place| is_same(one, &one.account, place, pin));
        let here = self.accounts.iter().filter(|one| !one.is_out()).filter_map(Account::record);
        plan.here = here.filter(there).map(|one| one.local.clone()).collect();
        Ok((self.enter(Local::from(format!("joining {}", self.last_key + 1))), plan))
    }

    /// Nobody joins twice.
    fn admit(&self, account: &str, relay: &Address, pin: Option<&str>) -> Result<(), Error> {
        let same = |one: &&op::Account| is_same(one, account, relay, pin);
        let found = self.accounts.iter().find(|known| known.record().as_ref().is_some_and(same));
        let Some((known, one)) = found.and_then(|known| Some((known, known.record()?))) else {
            return Ok(());
        };
        let (message, hint) = if known.is_out() {
            (
                format!("{} is on this computer already, but not on line", one.local),
                "`qqctl status` says what is wrong".to_owned(),
            )
        } else {
            let message = format!("{} is logged in on this computer already", one.local);
            let moved = || format!("if the server has moved: qqctl account relay {}", address::shown(relay));
            (message, if one.relay == *relay { "`qqctl status` shows it".to_owned() } else { moved() })
        };
        Err(Error::new(Code::Conflict, message).with_hint(hint).with_field("account", one.local.as_str()))
    }

    /// The relay has said who has joined: as what they are kept here.
    pub(super) fn on_named(&mut self, at: usize, newcomer: Newcomer) {
        let Newcomer { account, relay, local, pin, device } = newcomer;
        let local = local.unwrap_or_else(|| address::local(&account, &relay));
        let record = self.admit(&account, &relay, pin.as_deref()).and_then(|()| {
            if self.accounts.iter().any(|one| *one.local == *local) {
                return Err(Error::new(
                    Code::Conflict,
                    format!("a login of {local} is under way; wait for its end"),
                ));
            }
            // Somebody who comes back has history here, wherever the relay is now.
            let known =
                |one: &&op::Account| one.local == local || is_same(one, &account, &relay, pin.as_deref());
            let known = self.former.iter().find(known).cloned();
            Ok(known.map(|one| op::Account { relay: relay.clone(), ..one }).unwrap_or(op::Account {
                local,
                name: String::new(),
                account,
                relay,
                pin: None,
                device,
                epoch: String::new(),
                cursor: 0,
                own: op::Own::default(),
            }))
        });
        self.work(at, |account| account.named(record));
    }
}

/// Whether that is an account which is known here: at that address, or wherever that key is.
fn is_same(one: &op::Account, account: &str, relay: &Address, pin: Option<&str>) -> bool {
    one.account == account && (one.relay == *relay || (pin.is_some() && one.pin.as_deref() == pin))
}

impl Account {
    /// Begins: what a second try needs goes to the disk first.
    fn join(&mut self, to: Asker, plan: Plan) {
        let device = self.random_uuid();
        let kept = plan.password.is_none();
        let random = (kept && plan.way != Way::Device).then(|| self.random_password());
        let password = plan.password.clone().or(random);
        let offer = Offer { device: device.clone(), password: password.clone() };
        let ticket = plan.ticket.clone();
        self.joining = Some(Joining { to, plan, device, password, reached: None, derived: None });
        if kept {
            self.ask(Op::BeginJoin { ticket, offer }, Then::Joining);
        } else {
            self.dial_join();
        }
    }

    fn random_password(&self) -> Secret {
        let bytes = self.random_bytes::<24>();
        Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(super) fn on_join_kept(&mut self, result: Result<Option<Offer>, StoreError>) {
        let Some(joining) = &mut self.joining else { return };
        match result {
            Ok(Some(offer)) => {
                joining.device = offer.device;
                joining.password = offer.password.or_else(|| joining.password.take());
                self.dial_join();
            }
            Ok(None) => {}
            Err(error) => self.fail_join(&unexpected(&error)),
        }
    }

    fn dial_join(&mut self) {
        let Some(joining) = &self.joining else { return };
        let addresses = joining.plan.places.clone();
        let trust = joining.plan.trust.clone().map_or(Trust::System, Trust::Pin);
        self.link.reach(self.now.mono, REACH_MAX);
        self.say(Output::DialAny { account: self.key, attempt: self.link.attempt, addresses, trust });
    }

    /// Where the relay is, or may be, for sentences.
    pub(super) fn join_relay(&self) -> Option<String> {
        let joining = self.joining.as_ref()?;
        let places = joining.plan.places.iter().map(address::shown);
        Some(
            joining
                .reached
                .as_ref()
                .map(address::shown)
                .unwrap_or_else(|| places.collect::<Vec<_>>().join(", ")),
        )
    }

    /// This is where the relay is.
    pub(super) fn on_reached(&mut self, address: Address) {
        if let Some(joining) = &mut self.joining {
            joining.reached = Some(address);
        } else if let Some(wanted) = self.login.as_mut().filter(|wanted| !wanted.places.is_empty()) {
            wanted.account.relay = address;
        }
    }

    /// The link is ready for the first stanza.
    pub(super) fn on_join_open(&mut self) {
        let Some(joining) = &self.joining else { return };
        match (joining.plan.way, &joining.plan.ticket.name) {
            (Way::Device, Some(account)) => {
                let account = account.clone();
                self.tell_name(account);
            }
            (Way::Device, None) | (Way::Invite | Way::Open, _) => self.ask_account(),
        }
    }

    /// `register`.
    fn ask_account(&mut self) {
        let id = self.random_id();
        let Some(joining) = &self.joining else { return };
        let Some(pwd) = joining.password.clone() else { return };
        let plan = &joining.plan;
        let account = joining.derived.clone().or_else(|| plan.ticket.name.clone());
        let invite = (plan.way == Way::Invite).then(|| plan.ticket.code.clone());
        let register = relay_schema::Register { account, name: plan.shown.clone(), pwd, invite, id };
        self.link.stage = Stage::Login { until: self.now.mono + ANSWER_MAX };
        self.send(register);
    }

    /// Before the relay has said who has joined, only its answer to that counts.
    pub(super) fn on_stanza_at_join(&mut self, stanza: Stanza) {
        let relay = self.relay();
        match stanza {
            Stanza::RegisterResponse(answer) => self.on_register_response(&answer),
            Stanza::ErrorStanza(ErrorStanza {
                code: ErrorCode::UnknownType | ErrorCode::LoginFirst, ..
            }) => {
                self.fail(Failure::knows_no_join(&relay));
            }
            Stanza::ErrorStanza(error) => {
                let what = format!("it refuses the request ({})", super::name::quote(error.code.as_str()));
                self.fail(Failure::trouble(&what, &relay));
            }
            _ => {}
        }
    }

    fn on_register_response(&mut self, answer: &RegisterResponse) {
        let relay = self.relay();
        let Some(joining) = &mut self.joining else { return };
        let asked = joining.derived.clone().or_else(|| joining.plan.ticket.name.clone());
        if answer.state == 1 {
            return match answer.account.as_deref().and_then(normalise).or(asked) {
                Some(account) => self.tell_name(account),
                None => self.fail(Failure::trouble("it does not say who you are", &relay)),
            };
        }
        let unnamed = asked.is_none() && matches!(answer.reason, Some(RegisterReason::Name));
        if unnamed && let Some(derived) = joining.plan.shown.as_deref().and_then(normalise) {
            joining.derived = Some(derived);
            return self.ask_account();
        }
        let reason = answer.reason.clone().unwrap_or(RegisterReason::Busy);
        let may_come = matches!(reason, RegisterReason::Throttled | RegisterReason::Busy);
        let asked = Asked {
            account: asked.as_deref(),
            by_link: joining.plan.way == Way::Invite,
            here: &joining.plan.here,
        };
        let failure = Failure::unjoined(&reason, answer.retry, &asked, &relay);
        let ticket = joining.plan.ticket.clone();
        if joining.plan.password.is_none() && !may_come {
            self.ask(Op::EndJoin(ticket), Then::Nothing);
        }
        self.fail(failure);
    }

    /// Lets the daemon say whether this one may be here, and as what.
    fn tell_name(&mut self, account: String) {
        let Some(joining) = &self.joining else { return };
        let reached = joining.reached.clone().or_else(|| joining.plan.places.first().cloned());
        let Some(relay) = reached else { return };
        self.said.push_back(Said::Named(Newcomer {
            account,
            relay,
            local: joining.plan.local.clone(),
            pin: joining.plan.trust.clone(),
            device: joining.device.clone(),
        }));
    }

    /// The login, on the same connection.
    fn named(&mut self, record: Result<op::Account, Error>) {
        let account = match record {
            Ok(account) => account,
            Err(error) => {
                self.hang_up();
                return self.fail_join(&error);
            }
        };
        let Some(Joining { to, plan, password, .. }) = self.joining.take() else { return };
        self.local = Local::from(account.local.as_str());
        let credential = match (plan.way, &password) {
            (Way::Device, _) | (_, None) => Credential::Code(plan.ticket.code.clone()),
            (Way::Invite | Way::Open, Some(password)) => Credential::Password(password.clone()),
        };
        let random = password.filter(|_| plan.password.is_none());
        let entrance = plan.password.is_none().then_some(Entrance { ticket: plan.ticket, random });
        let attempt = Some(self.link.attempt);
        self.login = Some(Wanted {
            to,
            account,
            credential,
            trust: plan.trust,
            places: Vec::new(),
            attempt,
            entrance,
        });
        self.on_open();
    }

    /// Nobody has joined; what is on disk for another try stays there.
    pub(super) fn fail_join(&mut self, error: &Error) {
        let Some(joining) = self.joining.take() else { return };
        self.reply_login(joining.to, Err(error.clone()));
    }

    /// Nobody waits for it any more.
    pub(super) fn abandon_join(&mut self) {
        if self.joining.as_ref().is_some_and(|joining| !joining.to.is_open(&self.requests)) {
            self.hang_up();
            self.joining = None;
        }
    }

    /// The link's tries of a join are over.
    pub(super) fn join_failure(&self, tried: &[(Address, super::io::Closed)]) -> Option<Failure> {
        let joining = self.joining.as_ref()?;
        Some(Failure::nowhere(tried, joining.plan.way == Way::Open))
    }

    /// The login's token goes to the disk next: the password that only this computer knows goes before it.
    pub(super) fn keep_password(&mut self, attempt: Attempt) {
        let wanted = self.login.as_ref().filter(|wanted| wanted.attempt == Some(attempt));
        let random =
            wanted.and_then(|wanted| wanted.entrance.as_ref()).and_then(|entrance| entrance.random.clone());
        if let Some(password) = random {
            self.ask(Op::KeepPassword { password }, Then::PasswordKept);
        }
    }

    /// The login is on disk. Where the password could not be kept, the try stays what knows it.
    pub(super) fn end_join(&mut self, entrance: Option<Entrance>) {
        if let Some(entrance) = entrance.filter(|entrance| entrance.random.is_none() || self.random_password)
        {
            self.ask(Op::EndJoin(entrance.ticket), Then::Nothing);
        }
    }

    pub(super) fn joined(&self, reply: ipc_schema::account::LoggedIn) -> Joined {
        Joined {
            account: reply.account,
            name: reply.name,
            relay: reply.relay,
            state: reply.state,
            random_password: self.random_password,
        }
    }
}
