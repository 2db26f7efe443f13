//! The command line of the daemon, and the places it takes when nothing is said.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser};
use manual::Manual;
use tracing_subscriber::filter::LevelFilter;

use crate::log;

/// Keeps you on line: the link to the relay, your messages, and the socket that qqctl and the window talk to
///
/// You rarely start it by hand: qqctl, the window and systemd do it when they need it. It stays in the foreground,
/// writes its log to standard error, and ends with SIGTERM or Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "qqd", version, after_long_help = AFTER)]
pub struct Args {
    /// The socket to listen on, in a directory that is yours alone [default: $XDG_RUNTIME_DIR/qqd/ipc.sock]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Where messages and the login are kept [default: $XDG_DATA_HOME/qqd, or ~/.local/share/qqd]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// How much is logged: off, error, warn, info, debug or trace [default: $QQD_LOG, or info]
    #[arg(long, value_name = "LEVEL", value_parser = log::level)]
    pub log: Option<LevelFilter>,

    /// Leave the terminal it was started from: for programs that start it in passing, as qqctl does
    #[arg(long)]
    pub detached: bool,

    /// Write the pages of the manual into this directory, and end: for whoever packages it
    #[arg(long, value_name = "DIR", hide = true)]
    pub man: Option<PathBuf>,
}

const AFTER: &str = "\
Examples:
  qqctl status                  starts qqd if need be, and tells how it is
  qqctl login alice@example.org --relay example.org:5290
  qqd --log debug               in the foreground, to see what it does

  A second one beside the first, and how to reach it:
    qqd --socket /tmp/me/ipc.sock --data /tmp/me/data
    qqctl --socket /tmp/me/ipc.sock status

A directory that is missing is made, closed to others. A socket that the service manager has opened (LISTEN_FDS) is \
taken over.

Exit codes: 0 ended when told to, 1 something went wrong (a sentence says what), 2 wrong usage, 75 another qqd serves \
this socket or this data directory already.";

const FILES: &str = "\
$XDG_RUNTIME_DIR/qqd/ipc.sock\tThe socket, for this user alone.
$XDG_DATA_HOME/qqd/\tMessages, friends and the logins' tokens, for this user alone; ~/.local/share/qqd/ where XDG_DATA_HOME is not set.
$XDG_STATE_HOME/qqd/qqd.log\tThe log, when qqctl has started it; else standard error.";

const ENVIRONMENT: &str = "\
XDG_RUNTIME_DIR\tWhere the socket is, unless --socket names it.
XDG_DATA_HOME, HOME\tWhere messages are kept, unless --data names it.
QQD_LOG\tHow much is logged, unless --log says it.
LISTEN_FDS, LISTEN_PID\tSet by the service manager that has opened the socket.";

const EXIT_STATUS: &str = "\
0\tEnded when it was told to.
1\tSomething went wrong; a sentence says what.
2\tWrong usage.
75\tAnother qqd serves this socket or this data directory already.";

/// The page of the manual.
pub fn manual() -> Manual<'static> {
    let more = &[("EXIT STATUS", EXIT_STATUS), ("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)];
    Manual { command: Args::command(), section: "1", more, see_also: &["qqctl(1)", "relay-server(8)"] }
}

/// A place or a level that cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// No runtime directory.
    #[error("{0}")]
    Socket(#[from] ipc_schema::Error),
    /// No home.
    #[error(
        "neither XDG_DATA_HOME nor HOME is set to a directory, so there is no place for messages; name one with --data DIR"
    )]
    Data,
    /// A level that is none.
    #[error("QQD_LOG: {0}")]
    Log(String),
}

impl Args {
    /// The socket's path.
    ///
    /// # Errors
    /// One sentence when nothing says where.
    pub fn socket(&self) -> Result<PathBuf, Missing> {
        match &self.socket {
            Some(path) => Ok(path.clone()),
            None => Ok(ipc_schema::socket_path()?),
        }
    }

    /// The data directory.
    ///
    /// # Errors
    /// One sentence when nothing says where.
    pub fn data(&self) -> Result<PathBuf, Missing> {
        match &self.data {
            Some(path) => Ok(path.clone()),
            None => data_in(env::var_os("XDG_DATA_HOME"), env::var_os("HOME")),
        }
    }

    /// The log's level.
    ///
    /// # Errors
    /// One sentence when `QQD_LOG` is no level.
    pub fn log(&self) -> Result<LevelFilter, Missing> {
        match (self.log, env::var_os("QQD_LOG").filter(|word| !word.is_empty())) {
            (Some(level), _) => Ok(level),
            (None, Some(word)) => log::level(&word.to_string_lossy()).map_err(Missing::Log),
            (None, None) => Ok(LevelFilter::INFO),
        }
    }
}

fn data_in(data_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, Missing> {
    let absolute = |dir: Option<OsString>| dir.map(PathBuf::from).filter(|dir| dir.is_absolute());
    match (absolute(data_home), absolute(home)) {
        (Some(data_home), _) => Ok(data_home.join("qqd")),
        (None, Some(home)) => Ok(home.join(".local/share/qqd")),
        (None, None) => Err(Missing::Data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_help_says_who_starts_it_and_how_it_ends() {
        let help = Args::command().render_long_help().to_string();
        for word in ["qqctl", "systemd", "SIGTERM", "XDG_RUNTIME_DIR", "75"] {
            assert!(help.contains(word), "{word}: {help}");
        }
    }

    #[test]
    fn messages_are_kept_where_the_desktop_says() {
        let os = |path: &str| Some(OsString::from(path));
        assert_eq!(data_in(os("/d"), os("/h")).unwrap(), PathBuf::from("/d/qqd"));
        assert_eq!(data_in(os("relative"), os("/h")).unwrap(), PathBuf::from("/h/.local/share/qqd"));
        assert_eq!(data_in(None, os("/h")).unwrap(), PathBuf::from("/h/.local/share/qqd"));
        assert!(data_in(None, None).is_err());
    }
}
