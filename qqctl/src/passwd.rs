//! `account passwd` and `account remove`: what needs the password so far, unless the daemon made it and keeps it.

use std::io::BufRead;

use clap::{Arg, ArgAction, ArgMatches, Command};
use ipc_schema::account::HOW_TO_COME_IN;
use ipc_schema::client::Client;
use ipc_schema::{Code, Error, Secret, account, daemon};

use crate::print::Printer;
use crate::{Stop, password, terminal};

/// Adds the flags of `account passwd`.
pub(crate) fn augment_passwd(command: Command) -> Command {
    command.arg(Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue).help(
        "Read two lines from standard input: the first is the old password, the second the new one. While the old one is \
         the random one that `join` made, one line: the new one",
    ))
}

/// Adds the flags of `account remove`.
pub(crate) fn augment_remove(command: Command) -> Command {
    password::augment(command)
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask whether it is meant"))
}

/// Sets another password.
pub(crate) fn passwd(client: &mut Client, sub: &ArgMatches, printer: &Printer) -> Result<(), Stop> {
    password::no_core_dumps();
    let (name, is_random) = own(client)?;
    let (password, new_password) = if sub.get_flag("password-stdin") {
        from_lines(&mut std::io::stdin().lock(), is_random)?
    } else {
        let old = if is_random { None } else { Some(password::ask(&name)?) };
        (old, password::ask_new()?)
    };
    printer.password_set(&client.call(&account::Passwd { password, new_password })?)
}

/// The old password, unless the daemon knows it, and the new one.
fn from_lines(lines: &mut impl BufRead, is_random: bool) -> Result<(Option<Secret>, Secret), Error> {
    if is_random {
        return Ok((None, password::line(lines, "the new password")?));
    }
    let both = |error: Error| error.with_hint("the first line is the old password, the second the new one");
    let old = password::line(lines, "the old password").map_err(both)?;
    Ok((Some(old), password::line(lines, "the new password").map_err(both)?))
}

/// Ends the account at the server.
pub(crate) fn remove(
    client: &mut Client,
    mut params: account::Remove,
    sub: &ArgMatches,
    printer: &Printer,
) -> Result<(), Stop> {
    password::no_core_dumps();
    let (name, is_random) = own(client)?;
    if !sub.get_flag("yes") {
        confirm(&name)?;
    }
    params.password = password::from_flags(sub)?;
    if params.password.is_none() && !is_random {
        params.password = Some(password::ask(&name)?);
    }
    printer.removed(&client.call(&params)?)
}

/// Somebody at a terminal writes the account's name, so that nobody ends an account by a slip.
fn confirm(name: &str) -> Result<(), Error> {
    let bare = account::bare(name);
    if !terminal::somebody_is_there() {
        return Err(Error::new(
            Code::Usage,
            format!("this ends {name} for good, and nobody is there to confirm it"),
        )
        .with_hint("--yes"));
    }
    let question =
        format!("This ends {name} at the server, for good. Type the account's name ({bare}) to confirm: ");
    let typed = terminal::line(&question)
        .map_err(|error| Error::new(Code::Unexpected, format!("the answer cannot be read: {error}")))?;
    if typed == bare || typed == name {
        return Ok(());
    }
    Err(Error::new(Code::Usage, "that was another name; nothing was done"))
}

/// The account that is meant, as far as that is plain, and whether its password is one that the daemon made. Where it is not
/// plain the daemon will say so.
fn own(client: &mut Client) -> Result<(String, bool), Error> {
    let report = client.call(&daemon::Status {})?;
    let here = |known: &&daemon::Account| known.reason.as_deref() != Some("logout");
    let mut here = report.accounts.iter().filter(here);
    Ok(match (here.next(), here.next()) {
        (Some(only), None) => (only.account.clone(), only.random_password),
        (Some(_), Some(_)) => {
            let known: Vec<&str> = report.accounts.iter().map(|known| known.account.as_str()).collect();
            let message = format!("several accounts are here ({}); say which one is meant", known.join(", "));
            return Err(Error::new(Code::Ambiguous, message).with_hint("--account NAME@HOST"));
        }
        (None, _) => {
            return Err(Error::new(Code::NotLoggedIn, "nobody is logged in").with_hint(HOW_TO_COME_IN));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, is_random: bool) -> Result<(Option<String>, String), Error> {
        let bare = |secret: Secret| secret.expose().to_owned();
        from_lines(&mut text.as_bytes(), is_random).map(|(old, new)| (old.map(bare), bare(new)))
    }

    #[test]
    fn a_line_that_is_missing_is_named_with_what_each_is_for() {
        assert_eq!(read("old\nnew\n", false), Ok((Some("old".into()), "new".into())));
        assert_eq!(read("new\n", true), Ok((None, "new".into())));
        for (text, missing) in
            [("old\n", "the new password"), ("", "the old password"), ("\nnew\n", "the old")]
        {
            let error = read(text, false).unwrap_err();
            assert!(error.message.starts_with(missing), "{text:?}: {error:?}");
            let hint = error.hint.unwrap();
            assert_eq!(hint, "the first line is the old password, the second the new one", "{text:?}");
        }
        assert_eq!(read("", true).unwrap_err().hint, None);
    }
}
