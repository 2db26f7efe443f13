//! The command line of Qiaoqiao: parse, one request to the daemon, print. The commands are the table of methods in
//! `ipc-schema`; standard output is data, standard error is talk, the exit code says what became of it.

mod command;
mod completion;
mod connect;
mod friend_name;
mod login;
mod man;
mod password;
mod print;
mod request;
mod send;
mod terminal;
mod text;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
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
        Err(error) => return refuse(&error, &args),
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

/// Arguments that make no sense, or a wish for help.
fn refuse(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let json = args.iter().any(|arg| arg == "--json");
    let help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion
    );
    if json && !help {
        print::say_line(&Error::new(Code::Usage, sentence(&error.to_string())).to_json().to_string());
    } else {
        // A reader that is gone is no reason for another message.
        let _ = error.print();
        if error.kind() == ErrorKind::UnknownArgument && args.iter().any(|arg| arg == "send") {
            print::say_line("  tip: a text of several words goes in quotes: qqctl send bob 'hello world'");
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// What clap says over several lines, up to its usage, as one sentence.
fn sentence(said: &str) -> String {
    let lines = said.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let words: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_error_in_json_names_what_is_missing() {
        let error = command().try_get_matches_from(["qqctl", "send", "bob"]).unwrap_err();
        assert_eq!(
            sentence(&error.to_string()),
            "the following required arguments were not provided: <TEXT>"
        );
    }
}
