//! Where a password comes from: standard input, a command, or a prompt; never an argument or the environment.

use std::io::BufRead;
use std::process::{Command as Process, Stdio};

use clap::{Arg, ArgAction, ArgMatches, Command};
use ipc_schema::{Code, Error, Secret};
use nix::sys::resource::{Resource, setrlimit};
use zeroize::Zeroizing;

use crate::terminal;

/// No core dump of this process: it is about to hold a password.
pub(crate) fn no_core_dumps() {
    // Where it is refused there is nothing better to do than to go on.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
}

/// Adds the flags to a command that needs a password.
pub(crate) fn augment(command: Command) -> Command {
    command.args([
        Arg::new("password-stdin")
            .long("password-stdin")
            .action(ArgAction::SetTrue)
            .help("Read the password from standard input: its first line, without the line's end"),
        Arg::new("password-cmd")
            .long("password-cmd")
            .value_name("COMMAND")
            .conflicts_with("password-stdin")
            .help("Run a command and take the first line of its output: 'pass show qiaoqiao'"),
    ])
}

/// The password that the flags name; None without a flag.
pub(crate) fn from_flags(matches: &ArgMatches) -> Result<Option<Secret>, Error> {
    if matches.get_flag("password-stdin") {
        return first_line(&mut std::io::stdin().lock()).map(Some);
    }
    matches.get_one::<String>("password-cmd").map(|command| from_command(command)).transpose()
}

/// Asks for it on a terminal; elsewhere an error that names the flags.
pub(crate) fn ask(account: &str) -> Result<Secret, Error> {
    if terminal::somebody_is_there() {
        return terminal::password(&format!("Password of {account}: "));
    }
    Err(Error::new(Code::Usage, "a password is needed, and nobody is at a terminal to type it")
        .with_hint("give it with --password-stdin or --password-cmd COMMAND"))
}

/// A new one, typed twice on a terminal; elsewhere an error that names the flag.
pub(crate) fn ask_new() -> Result<Secret, Error> {
    if !terminal::somebody_is_there() {
        return Err(Error::new(
            Code::Usage,
            "a new password is needed, and nobody is at a terminal to type it",
        )
        .with_hint("give it with --password-stdin"));
    }
    let new = terminal::password("New password: ")?;
    if new.expose().is_empty() {
        return Err(Error::new(Code::Usage, "the password is empty"));
    }
    if terminal::password("The same again: ")?.expose() != new.expose() {
        return Err(Error::new(Code::Usage, "the two are not the same; nothing was changed"));
    }
    Ok(new)
}

fn from_command(command: &str) -> Result<Secret, Error> {
    // The command itself may hold a secret: it is not repeated.
    let usage = |said: String| Error::new(Code::Usage, format!("the command of --password-cmd {said}"));
    let output = Process::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| usage(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        let code = output.status.code().map_or("a signal".to_owned(), |code| format!("exit code {code}"));
        return Err(usage(format!("ended with {code}")));
    }
    first_line(&mut Zeroizing::new(output.stdout).as_slice())
}

fn first_line(from: &mut impl BufRead) -> Result<Secret, Error> {
    line(from, "the password")
}

/// The next line, without its end.
pub(crate) fn line(from: &mut impl BufRead, what: &str) -> Result<Secret, Error> {
    let mut line = Zeroizing::new(String::new());
    let unreadable = |error| Error::new(Code::Usage, format!("{what} cannot be read: {error}"));
    from.read_line(&mut line).map_err(unreadable)?;
    let end = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(end);
    if line.is_empty() {
        return Err(Error::new(Code::Usage, format!("{what} is empty or missing")));
    }
    Ok(Secret::new(line.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_without_its_end_is_the_password() {
        for text in ["红豆&绿豆\nmore\n", "红豆&绿豆\r\n", "红豆&绿豆"] {
            assert_eq!(first_line(&mut text.as_bytes()).unwrap().expose(), "红豆&绿豆");
        }
        assert_eq!(first_line(&mut "\n".as_bytes()).unwrap_err().code, Code::Usage);
    }

    #[test]
    fn spaces_belong_to_the_password() {
        assert_eq!(first_line(&mut " two words \n".as_bytes()).unwrap().expose(), " two words ");
    }
}
