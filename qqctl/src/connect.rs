//! Reaching the daemon, and starting it when it does not run. Links no D-Bus; never waits longer than five seconds.

use std::time::Duration;

use ipc_schema::client::{Client, answers, start};
use ipc_schema::{Code, Error};

use crate::command::Options;

/// How a call may take when nobody says `--timeout`.
const CALL: Duration = Duration::from_secs(30);
/// What the client calls itself.
pub(crate) const NAME: &str = concat!("qqctl/", env!("CARGO_PKG_VERSION"));

/// A connection to the daemon, which is started if need be. All calls on it are for the account of `--account`.
pub(crate) fn connect(options: &Options) -> Result<Client, Error> {
    let mut client = reach(options)?;
    client.set_account(options.account.clone());
    Ok(client)
}

fn reach(options: &Options) -> Result<Client, Error> {
    let path = match &options.socket {
        Some(path) => path.clone(),
        None => ipc_schema::socket_path()?,
    };
    let timeout = Some(options.timeout.unwrap_or(CALL));
    if answers(&path) {
        return Client::connect(&path, NAME, timeout);
    }
    if options.no_start {
        let sentence = format!("no qqd answers on {}", path.display());
        return Err(Error::new(Code::NoDaemon, sentence).with_hint("without --no-start it would be started"));
    }
    start(&path, options.socket.is_some())?;
    Client::connect(&path, NAME, timeout)
}
