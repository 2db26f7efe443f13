//! What a daemon that runs knows: friends, groups, accounts. It has 300 ms for all of it; without one there is nothing.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use ipc_schema::client::Client;
use ipc_schema::{Error, daemon, friend};

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
    listed: OnceLock<Option<friend::Listed>>,
}

impl Known {
    /// Which daemon the line speaks to.
    pub(super) fn from_line(words: &[String]) -> Self {
        let value_of = |flag: &str| {
            let at = words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1));
            let joined = || words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
            at.map(String::as_str).or_else(joined).map(str::to_owned)
        };
        Self { socket: value_of("--socket").map(PathBuf::from), ..Self::default() }
    }

    /// Accounts and remark names; with `@` in front when that is typed.
    pub(super) fn friends(&self, current: &str) -> Vec<Name> {
        let at = if current.starts_with('@') { "@" } else { "" };
        let mut names: Vec<Name> = Vec::new();
        for friend in
            self.listed().into_iter().flat_map(|listed| &listed.groups).flat_map(|group| &group.friends)
        {
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

    /// One's own groups of friends.
    pub(super) fn groups(&self, _current: &str) -> Vec<Name> {
        let groups = self.listed().into_iter().flat_map(|listed| &listed.groups);
        groups.filter_map(|group| Name::new(&group.name, "")).collect()
    }

    /// The accounts that the daemon has.
    pub(super) fn accounts(&self, _current: &str) -> Vec<Name> {
        let report = self.ask(|client| client.call(&daemon::Status {}));
        let accounts = report.map(|report| report.accounts).unwrap_or_default();
        accounts.iter().filter_map(|account| Name::new(&account.account, account.state.word())).collect()
    }

    fn listed(&self) -> Option<&friend::Listed> {
        self.listed.get_or_init(|| self.ask(|client| client.call(&friend::List {}))).as_ref()
    }

    /// One question to a daemon that runs. Whatever goes wrong, a person who presses Tab is told nothing.
    fn ask<R>(&self, question: impl FnOnce(&mut Client) -> Result<R, Error>) -> Option<R> {
        let end = Instant::now() + PATIENCE;
        let path = self.socket.clone().or_else(|| ipc_schema::socket_path().ok())?;
        let mut client = Client::connect(&path, connect::NAME, Some(PATIENCE)).ok()?;
        client.set_timeout(Some(end.saturating_duration_since(Instant::now())));
        question(&mut client).ok()
    }
}
