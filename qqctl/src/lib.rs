//! The command line of Qiaoqiao: parse, one request to the daemon, print. The commands are the table of methods in
//! `ipc-schema`; standard output is data, standard error is talk, the exit code says what became of it.

mod command;
mod completion;
mod connect;
mod export;
mod friend_name;
mod join;
mod login;
mod man;
mod open;
mod passwd;
mod password;
mod print;
mod request;
mod send;
mod stop;
mod terminal;
mod text;
mod usage;
mod watch;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use ipc_schema::{Code, Error};

pub use command::command;

use command::Options;
use print::Printer;

/// What ends a command early.
#[derive(Debug)]
enum Stop {
    /// Said on standard error, with the code's exit code.
    Error(Error),
    /// Whoever read our output is gone: nothing more to say.
    Pipe,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Error(Error::new(Code::Unexpected, format!("the output cannot be written: {error}"))),
        }
    }
}

/// What a shell reports for a program that SIGPIPE ended: 128 + 13.
const SIGPIPE_EXIT: u8 = 141;

/// The whole program: arguments in, exit code out.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let matches = match command().try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(error) => return usage::refuse(&error, &args),
    };
    let options = Options::read(&matches);
    let mut printer = Printer::new(&options);
    match request::run(&matches, &options, &mut printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Pipe) => ExitCode::from(SIGPIPE_EXIT),
        Err(Stop::Error(error)) => {
            printer.error(&error);
            ExitCode::from(error.exit())
        }
    }
}
