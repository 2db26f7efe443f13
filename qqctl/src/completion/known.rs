//! What a daemon that runs knows: friends, groups, accounts, devices, waiting messages. It has 300 ms for all of it;
//! without one there is nothing.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ipc_schema::client::Client;
use ipc_schema::{Code, Error, Method, account, daemon, friend, outbox};

use crate::connect;
use crate::text::one_line;

/// Nobody waits longer for the Tab key.
const PATIENCE: Duration = Duration::from_millis(300);

/// Something that can be typed, and what it means; both are one line that no terminal obeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) value: String,
    pub(super) about: String,
}

impl Name {
    /// None for what cannot be typed in one line.
    pub(super) fn new(value: &str, about: &str) -> Option<Self> {
        let fit = !value.is_empty() && one_line(value) == value && !value.contains('⏎');
        fit.then(|| Self { value: value.to_owned(), about: one_line(about) })
    }
}

/// The daemon's answers, each asked for once, when it is needed.
#[derive(Debug, Default)]
pub(super) struct Known {
    socket: Option<PathBuf>,
    account: Option<String>,
    list: OnceLock<friend::Listed>,
}

/// A daemon that has so long to answer.
struct Asked {
    client: Client,
    end: Instant,
}

impl Asked {
    fn call<M: Method>(&mut self, params: &M) -> Result<M::Reply, Error> {
        self.client.set_timeout(Some(self.end.saturating_duration_since(Instant::now())));
        self.client.call(params)
    }

    /// The friends of the account that is meant, of all of them where that is not said.
    fn list(&mut self) -> Result<friend::Listed, Error> {
        match self.call(&friend::List {}) {
            Err(error) if error.code == Code::Ambiguous => {}
            listed => return listed,
        }
        let mut all = friend::Listed::default();
        for known in self.call(&daemon::Status {})?.accounts {
            self.client.set_account(Some(known.account));
            let listed = self.call(&friend::List {}).unwrap_or_default();
            all.groups.extend(listed.groups);
            all.requests.extend(listed.requests);
            all.blocked.extend(listed.blocked);
        }
        Ok(all)
    }
}

impl Known {
    /// Which daemon the line speaks to, and for which account.
    pub(super) fn from_line(words: &[String]) -> Self {
        let value_of = |flag: &str| {
            let at = words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1));
            let joined = || words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
            at.map(String::as_str).or_else(joined).map(str::to_owned)
        };
        let socket = value_of("--socket").map(PathBuf::from);
        Self { socket, account: value_of("--account"), ..Self::default() }
    }

    /// Accounts and remark names; with `@` in front when that is typed.
    pub(super) fn friends(&self, current: &str) -> Vec<Name> {
        let at = if current.starts_with('@') { "@" } else { "" };
        let mut names: Vec<Name> = Vec::new();
        for friend in self.listed().groups.iter().flat_map(|group| &group.friends) {
            let shown = if friend.shown() == friend.account { "" } else { friend.shown() };
            names.extend(Name::new(&format!("{at}{}", friend.account), shown));
            if !friend.remark.is_empty() && friend.remark != friend.account {
                names.extend(Name::new(&format!("{at}{}", friend.remark), &friend.account));
            }
        }
        if current.starts_with('@') {
            names.extend(Name::new("@me", "a note to yourself"));
        }
        names
    }

    /// The same, and before them those who ask to be friends.
    pub(super) fn others(&self, current: &str) -> Vec<Name> {
        let asking = self.listed().requests.iter().filter(|asked| asked.incoming);
        let mut names: Vec<Name> =
            asking.filter_map(|asked| Name::new(&asked.friend, "asks to be friends")).collect();
        names.extend(self.friends(current));
        names.extend(self.listed().blocked.iter().filter_map(|name| Name::new(name, "blocked")));
        names
    }

    /// One's own groups of friends.
    pub(super) fn groups(&self, _current: &str) -> Vec<Name> {
        self.listed().groups.iter().filter_map(|group| Name::new(&group.name, "")).collect()
    }

    /// The accounts that the daemon has.
    pub(super) fn accounts(&self, _current: &str) -> Vec<Name> {
        let report = self.ask(|daemon| {
            // The one that is typed here is none yet.
            daemon.client.set_account(None);
            daemon.call(&daemon::Status {})
        });
        let accounts = report.map(|report| report.accounts).unwrap_or_default();
        accounts.iter().filter_map(|account| Name::new(&account.account, account.state.word())).collect()
    }

    /// The devices of one's own account.
    pub(super) fn devices(&self, _current: &str) -> Vec<Name> {
        let list = self.ask(|daemon| daemon.call(&account::Devices {}));
        let devices = list.map(|list| list.devices).unwrap_or_default();
        devices.iter().filter_map(|device| Name::new(&device.device, &device.client)).collect()
    }

    /// The messages in the outbox.
    pub(super) fn outbox(&self, _current: &str) -> Vec<Name> {
        let list = self.ask(|daemon| daemon.call(&outbox::List {}));
        let messages = list.map(|list| list.messages).unwrap_or_default();
        messages.iter().filter_map(|message| Name::new(&message.id, &message.to)).collect()
    }

    fn listed(&self) -> &friend::Listed {
        self.list.get_or_init(|| self.ask(Asked::list).unwrap_or_default())
    }

    /// Questions to a daemon that runs. Whatever goes wrong, a person who presses Tab is told nothing.
    fn ask<R>(&self, question: impl FnOnce(&mut Asked) -> Result<R, Error>) -> Option<R> {
        let end = Instant::now() + PATIENCE;
        let path = self.socket.clone().or_else(|| ipc_schema::socket_path().ok())?;
        let mut client = Client::connect(&path, connect::NAME, Some(PATIENCE)).ok()?;
        client.set_account(self.account.clone());
        question(&mut Asked { client, end }).ok()
    }
}
