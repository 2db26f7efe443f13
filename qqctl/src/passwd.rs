//! `account passwd` and `account remove`: what needs the password so far, unless the daemon made it and keeps it.

use clap::{Arg, ArgAction, ArgMatches, Command};
use ipc_schema::client::Client;
use ipc_schema::{Code, Error, account, daemon};

use crate::print::Printer;
use crate::{Stop, password, terminal};

/// Adds the flags of `account passwd`.
pub(crate) fn augment_passwd(command: Command) -> Command {
    command.arg(Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue).help(
        "Read from standard input: the password so far on the first line (not where the daemon made it), the new one on the next",
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
        let mut lines = std::io::stdin().lock();
        let old = if is_random { None } else { Some(password::line(&mut lines, "the password so far")?) };
        (old, password::line(&mut lines, "the new password")?)
    } else {
        let old = if is_random { None } else { Some(password::ask(&name)?) };
        (old, password::ask_new()?)
    };
    printer.password_set(&client.call(&account::Passwd { password, new_password })?)
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
            return Err(Error::new(Code::NotLoggedIn, "no account is logged in")
                .with_hint("`qqctl login NAME@HOST` logs in"));
        }
    })
}
