//! `login`: asks for what is missing, the password, and, for a key that nobody has trusted yet, the person's trust.

use clap::ArgMatches;
use ipc_schema::client::Client;
use ipc_schema::{Code, Error, account, daemon};
use serde_json::Value;

use crate::print::Printer;
use crate::{Stop, password, terminal};

/// Logs in.
pub(crate) fn login(
    client: &mut Client,
    mut params: account::Login,
    sub: &ArgMatches,
    printer: &mut Printer,
) -> Result<(), Stop> {
    password::no_core_dumps();
    let known = known(client, &params.account)?;
    if known.is_none() && params.relay.is_none() && !params.account.contains('@') {
        let sentence = format!("which server is {} at?", params.account);
        return Err(Error::new(Code::Usage, sentence).with_hint("name it with --relay HOST:PORT").into());
    }
    params.password = password::from_flags(sub)?;
    let has_token = known.is_some_and(|known| known.reason.as_deref() != Some("logout"));
    if params.password.is_none() && !has_token && !terminal::somebody_is_there() {
        params.password = Some(password::ask(&params.account)?);
    }
    printer.logged_in(&attempt(client, params)?)
}

/// Tries, and asks for what is missing: nobody types a password before the server is known to be the right one.
fn attempt(client: &mut Client, mut params: account::Login) -> Result<account::LoggedIn, Stop> {
    loop {
        let error = match client.call(&params) {
            Ok(reply) => return Ok(reply),
            Err(error) if !terminal::somebody_is_there() => return Err(error.into()),
            Err(error) => error,
        };
        match unknown_key(&error) {
            Some(key) if params.trust.is_none() => {
                if !agrees_to(&key)? {
                    return Err(Error::new(Code::Untrusted, "not trusted; no password was sent").into());
                }
                params.trust = Some(key);
            }
            _ if error.code == Code::Credentials && params.password.is_none() => {
                params.password = Some(password::ask(&params.account)?);
            }
            _ => return Err(error.into()),
        }
    }
}

/// What the daemon knows of an account of this name.
fn known(client: &mut Client, name: &str) -> Result<Option<daemon::Account>, Error> {
    let report = client.call(&daemon::Status {})?;
    let wanted = name.to_lowercase();
    let fits = |known: &daemon::Account| {
        known.account == wanted || (!wanted.contains('@') && account::bare(&known.account) == wanted)
    };
    Ok(report.accounts.into_iter().find(fits))
}

/// The key that the server shows and nobody has trusted yet.
pub(crate) fn unknown_key(error: &Error) -> Option<String> {
    let fingerprint = error.fields.get("fingerprint").and_then(Value::as_str);
    fingerprint.filter(|_| error.code == Code::Untrusted).map(str::to_owned)
}

/// Asks whoever is at the terminal.
pub(crate) fn agrees_to(fingerprint: &str) -> std::io::Result<bool> {
    terminal::agrees(&format!(
        "The server shows a key that this computer does not know yet:\n  {fingerprint}\n\
         Whoever runs the server can tell you whether it is the right one. Trust it from now on?"
    ))
}
