//! `man DIR`, for whoever packages or installs the program: its pages of the manual.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use ipc_schema::{Code, Error};
use manual::Manual;

use crate::Stop;

const EXIT_STATUS: &str = "\
Whatever was wanted has happened only when it is 0.

0\tDone. For send: stored by the daemon, and the server is connected.
1\tSomething unexpected, for example in the daemon; its log has more.
2\tThe command makes no sense as it was given, or somebody at a terminal is needed for it.
3\tThe time was up, see --timeout. A message that was to be sent stays queued, or is kept by the server.
4\tNobody is logged in, or the password is wrong.
5\tNo daemon answers, and none could be started.
6\tThe server is away. A message that was to be sent stays queued; its id is printed.
7\tThere is no such account, friend or message, the name fits several, or they cannot be reached by you.
8\tThe server or the computer does not allow it.
9\tThe friend is off line, and this is nothing that is kept: a shake, a call, --require-online.
10\tToo often, or the other side is too busy; with --json, retry_after_ms says when to try again.
11\tIt contradicts what is there already.
12\tThe server shows a key that is not trusted, or not the one that was trusted.
13\tOnly a part was done.
14\tThe daemon or the server is of another version, which cannot do this.
141\tWhoever read the output is gone.";

const FILES: &str = "\
$XDG_RUNTIME_DIR/qqd/ipc.sock\tThe daemon's socket; another one is named with --socket.
$XDG_STATE_HOME/qqd/qqd.log\tThe log of a daemon that qqctl has started; ~/.local/state/qqd/qqd.log where \
XDG_STATE_HOME is not set. Above 4 MiB it is put aside as qqd.log.old.";

const ENVIRONMENT: &str = "\
No password is ever taken from the environment.

XDG_RUNTIME_DIR\tWhere the daemon's socket is.
XDG_STATE_HOME, HOME\tWhere the daemon's log is.
PATH\tWhere qqd is looked for when it does not stand beside qqctl.
NO_COLOR\tSet to anything, it switches colours off, unless --color says otherwise.
TZ\tThe time zone of the times that people read; JSON has UTC.";

const MORE: &[(&str, &str)] = &[("EXIT STATUS", EXIT_STATUS), ("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)];

/// The command.
pub(crate) fn command() -> Command {
    Command::new("man").hide(true).about("Write the pages of the manual").arg(
        Arg::new("dir")
            .value_name("DIR")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help("Where to"),
    )
}

/// Writes the pages.
pub(crate) fn man(sub: &ArgMatches) -> Result<(), Stop> {
    let dir = sub.get_one::<PathBuf>("dir").map_or(Path::new("."), PathBuf::as_path);
    let pages = Manual {
        command: crate::command(),
        section: "1",
        more: MORE,
        see_also: &["qqd(1)", "relay-server(8)"],
    };
    let cannot = |error| {
        Error::new(Code::Unexpected, format!("the pages cannot be written to {}: {error}", dir.display()))
    };
    pages.write(dir).map(drop).map_err(|error| cannot(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_is_explained() {
        for code in Code::ALL {
            assert!(EXIT_STATUS.contains(&format!("\n{}\t", code.exit())), "{}", code.word());
        }
    }

    #[test]
    fn every_command_has_a_page() {
        let dir = std::env::temp_dir().join(format!("qqctl-man-{}", std::process::id()));
        let matches = command().try_get_matches_from(["man".as_ref(), dir.as_os_str()]).unwrap();
        man(&matches).unwrap();
        for page in ["qqctl.1", "qqctl-send.1", "qqctl-chat-history.1", "qqctl-completion.1"] {
            assert!(dir.join(page).exists(), "{page}");
        }
        assert!(!dir.join("qqctl-man.1").exists(), "what is hidden has none");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
