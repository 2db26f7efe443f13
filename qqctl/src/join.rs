//! `join` and `account register`: a password only for those who bring one, a name from the person where the invitation has
//! none, and at the end who one is and what comes next.

use clap::ArgMatches;
use ipc_schema::client::Client;
use ipc_schema::{Code, Error, Method, account, friend};
use serde_json::Value;

use crate::login::{agrees_to, unknown_key};
use crate::print::Printer;
use crate::{Stop, password, terminal};

/// Joins by a link.
pub(crate) fn join(
    client: &mut Client,
    mut params: account::Join,
    sub: &ArgMatches,
    printer: &Printer,
) -> Result<(), Stop> {
    password::no_core_dumps();
    params.password = password::from_flags(sub)?;
    printer.going_on("Joining…");
    let joined = loop {
        let error = match client.call(&params) {
            Ok(joined) => break joined,
            Err(error) => error,
        };
        let unnamed = params.new_account.is_none() && reason(&error) == Some("name");
        if !unnamed || !terminal::somebody_is_there() {
            return Err(error.into());
        }
        params.new_account = Some(ask_name()?);
    };
    welcome(client, joined, printer)
}

/// Makes an account where anybody may.
pub(crate) fn register(
    client: &mut Client,
    mut params: account::Register,
    sub: &ArgMatches,
    printer: &Printer,
) -> Result<(), Stop> {
    password::no_core_dumps();
    params.password = password::from_flags(sub)?;
    printer.going_on("Making the account…");
    let joined = loop {
        let error = match client.call(&params) {
            Ok(joined) => break joined,
            Err(error) => error,
        };
        match unknown_key(&error).filter(|_| params.trust.is_none() && terminal::somebody_is_there()) {
            Some(key) if agrees_to(&key)? => params.trust = Some(key),
            Some(_) => return Err(Error::new(Code::Untrusted, "not trusted; no password was sent").into()),
            None => return Err(error.into()),
        }
    };
    welcome(client, joined, printer)
}

/// Who is in the list already is told by the daemon; that it cannot is no reason to say that nobody joined.
fn welcome(client: &mut Client, joined: account::Joined, printer: &Printer) -> Result<(), Stop> {
    if printer.is_json() {
        return printer.data(&joined);
    }
    let listed: Result<<friend::List as Method>::Reply, Error> =
        client.call_as(&joined.account, &friend::List::default());
    let groups = listed.map(|listed| listed.groups).unwrap_or_default();
    let friends: Vec<String> =
        groups.into_iter().flat_map(|group| group.friends).map(|friend| friend.account).collect();
    printer.joined(&joined, &friends)
}

fn reason(error: &Error) -> Option<&str> {
    error.fields.get("reason").and_then(Value::as_str)
}

fn ask_name() -> Result<String, Error> {
    let typed = terminal::line("What is your account to be called (a-z 0-9 . _ -)? ")
        .map_err(|error| Error::new(Code::Unexpected, format!("the answer cannot be read: {error}")))?;
    if typed.is_empty() {
        return Err(Error::new(Code::Usage, "an account needs a name").with_hint("qqctl join LINK ACCOUNT"));
    }
    Ok(typed)
}
