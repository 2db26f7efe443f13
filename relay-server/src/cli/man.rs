//! `man DIR`, for whoever packages or installs the program: its pages of the manual.

use std::path::Path;

use clap::CommandFactory as _;
use manual::Manual;

use super::Cli;
use crate::admin::{Code, Trouble};

const EXIT_STATUS: &str = "\
0\tDone; for serve: ended when it was told to.
1\tSomething unexpected.
2\tWrong usage or configuration.
7\tThere is no such account, invitation, file or directory.
8\tNot allowed to this user.
11\tIt contradicts what is there: the name is taken, they are friends already, the address or the directory is in use.";

const FILES: &str = "\
The data directory is what --data names, else $STATE_DIRECTORY, else /var/lib/relay-server where it exists, else \
$XDG_DATA_HOME/relay-server. It is for its owner alone, and holds:

relay.db\tAccounts, friendships and messages (SQLite).
tls/\tThe certificate and its key, made at the first start, unless the configuration names others.
admin.sock\tWhere the commands reach a server that runs.
lock\tHeld by whoever uses the directory.
before-restore-TIME/\tWhat was there before `relay-server restore`.";

const ENVIRONMENT: &str = "\
No password is ever taken from the environment.

STATE_DIRECTORY\tThe data directory, as systemd sets it.
NOTIFY_SOCKET\tWhere systemd hears that the server is ready, and that it stops.
XDG_DATA_HOME, HOME\tWhere it is for somebody who is no administrator.";

/// Writes the pages.
pub(super) fn write(dir: &Path) -> Result<(), Trouble> {
    let more = &[("EXIT STATUS", EXIT_STATUS), ("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)];
    let manual = Manual { command: Cli::command(), section: "8", more, see_also: &["qqctl(1)", "qqd(1)"] };
    manual.write(dir).map(drop).map_err(|error| {
        Trouble::new(Code::Unexpected, format!("the pages cannot be written to `{}`: {error}", dir.display()))
    })
}
