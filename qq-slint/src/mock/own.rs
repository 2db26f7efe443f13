//! The pretend account: how one logs in, makes it and leaves it, what it shows, its friends, and how it is checked.

use ipc_schema::daemon::{Check, Checked, Verdict};
use ipc_schema::state::Account;
use ipc_schema::{Code, Error, Event, account, friend, presence};
use serde_json::value::RawValue;

use super::{ALICE, Inner, PASSWORD, raw};

impl Inner {
    pub(super) fn log_out(&mut self, logout: &account::Logout) -> account::LoggedOut {
        let name = logout.account.clone().unwrap_or_else(|| ALICE.into());
        let gone = account::Changed { reason: Some("logout".into()), ..account::Changed::default() };
        self.event_of(&name, Event::AccountState(gone));
        self.state.accounts.retain(|known| known.account != name);
        self.whole();
        if !logout.forget {
            self.former.push(name.clone());
        }
        account::LoggedOut { account: name, unsent: 0, told: true, wiped: logout.forget }
    }

    /// What whoever asked last shows of themselves.
    pub(super) fn profile(&self) -> account::Shown {
        let asked = self.params.last().and_then(|params| params.get("account")?.as_str());
        let own = self.state.account(asked.unwrap_or(ALICE));
        let of = |text: fn(&Account) -> &String| own.map(text).cloned().unwrap_or_default();
        account::Shown {
            account: account::bare(asked.unwrap_or(ALICE)).into(),
            name: of(|own| &own.name),
            note: of(|own| &own.note),
            picture: of(|own| &own.picture),
        }
    }

    pub(super) fn log_in(&mut self, login: &account::Login) -> Result<Box<RawValue>, Error> {
        if login.password.as_ref().is_some_and(|password| password.expose() != PASSWORD) {
            return Err(Error::new(Code::Credentials, "wrong account or password"));
        }
        self.state.accounts = vec![alice()];
        self.whole();
        raw(&account::LoggedIn {
            account: ALICE.into(),
            name: "Alice".into(),
            relay: "mock:5290".into(),
            state: account::State::Online,
        })
    }

    /// An invitation that leaves the name to whoever joins by it, to a server whose key stands in the link.
    pub(super) fn join(&mut self, join: &account::Join) -> Result<Box<RawValue>, Error> {
        if !join.link.contains('#') {
            return Err(Error::new(Code::Untrusted, "the key is not known").with_field("relay", "mock:5290"));
        }
        let Some(name) = &join.new_account else {
            return Err(Error::new(Code::Usage, "no name").with_field("reason", "name"));
        };
        if name == "bob" {
            let error = Error::new(Code::Conflict, "there is an account called bob already");
            return Err(error.with_field("reason", "taken"));
        }
        self.joined(join.password.is_none())
    }

    fn joined(&mut self, random_password: bool) -> Result<Box<RawValue>, Error> {
        self.state.accounts = vec![alice()];
        self.whole();
        raw(&account::Joined {
            account: ALICE.into(),
            name: "Alice".into(),
            relay: "mock:5290".into(),
            state: account::State::Online,
            random_password,
        })
    }

    /// A server that lets in whoever comes with the key trusted, and has one account already.
    pub(super) fn register(&mut self, register: &account::Register) -> Result<Box<RawValue>, Error> {
        if register.trust.is_none() {
            let error = Error::new(Code::Untrusted, "the key is not known");
            return Err(error.with_field("fingerprint", "SHA256:00ff").with_field("relay", "mock:5290"));
        }
        if register.new_account == "bob@mock" {
            let error = Error::new(Code::Conflict, "there is an account called bob already");
            return Err(error.with_field("reason", "taken").with_field("relay", "mock:5290"));
        }
        self.joined(register.password.is_none())
    }
}

/// What a check-up finds: one good thing, one bad.
pub(super) fn checks() -> Checked {
    let check = |what: &str, verdict, text: &str, advice: Option<&str>| Check {
        what: what.into(),
        account: None,
        verdict,
        text: text.into(),
        advice: advice.map(Into::into),
    };
    let checks = vec![
        check("store", Verdict::Good, "the database is whole", None),
        check("clock", Verdict::Bad, "the clock is an hour slow", Some("set the clock")),
        Check {
            account: Some(ALICE.into()),
            ..check("relay.tcp", Verdict::Good, "it takes connections", None)
        },
        Check { account: Some(ALICE.into()), ..check("relay.login", Verdict::Good, "logged in", None) },
    ];
    Checked { checks }
}

/// Alice and her friends.
pub(super) fn alice() -> Account {
    let entry = |account: &str, name: &str, state, note: &str| friend::Entry {
        account: account.into(),
        name: name.into(),
        state,
        note: note.into(),
        ..friend::Entry::default()
    };
    use presence::State::{Away, Busy, Offline, Online};
    let friends = vec![
        entry("amy", "陈雨桐", Online, "今天也要加油鸭"),
        entry("bob", "Bob Müller", Online, "Rust all the things"),
        entry("cui", "崔健", Away, "在路上…"),
        entry("dan", "丹尼尔", Busy, ""),
        entry("eve", "Eve مرحبا", Offline, ""),
    ];
    Account {
        account: ALICE.into(),
        name: "Alice".into(),
        link: account::Changed {
            state: account::State::Online,
            relay: "mock:5290".into(),
            ..account::Changed::default()
        },
        presence: Online,
        groups: vec![
            friend::Group { name: friend::FRIENDS.into(), friends },
            friend::Group { name: friend::STRANGERS.into(), friends: Vec::new() },
        ],
        ..Account::default()
    }
}
