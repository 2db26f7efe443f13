//! `send`: and what to say when the time is up before the message is where it was to be.

use std::fmt::Write;
use std::time::Duration;

use ipc_schema::chat::{Peer, Send, Sent, State, Wait};
use ipc_schema::client::Client;
use ipc_schema::{Code, Error};

use crate::Stop;
use crate::print::Printer;
use crate::text::one_line;

/// How long the daemon may take to say where a message is.
const LOOK: Duration = Duration::from_secs(2);

/// Sends a message.
pub(crate) fn send(client: &mut Client, mut params: Send, printer: &mut Printer) -> Result<(), Stop> {
    // Whoever waits can be told which message it was, also when the time is up.
    if params.wait.is_some() && params.id.is_none() {
        params.id = Some(own_id()?);
    }
    let result = client.call_raw("chat.send", &params);
    let result = result.map_err(|error| match error.code {
        Code::Timeout => time_is_up(client, &params, error),
        _ => error,
    });
    match result {
        Ok(reply) if printer.is_json() => printer.data(&reply),
        Ok(reply) => {
            let sent: Sent = serde_json::from_value(reply).map_err(|error| {
                Error::new(Code::Unexpected, format!("qqd's reply cannot be read: {error}"))
            })?;
            printer.sent(&params.to, &sent)
        }
        Err(error) => printer.not_sent(error),
    }
}

/// The same key again sends nothing: it tells how far the message is.
fn time_is_up(client: &mut Client, params: &Send, error: Error) -> Error {
    client.set_timeout(Some(LOOK));
    let sent = match client.call(&Send { wait: None, ..params.clone() }) {
        Ok(sent) => sent,
        // It names the message, and says that it is kept.
        Err(away) if away.code == Code::NoRelay => return away,
        Err(_) => return error,
    };
    let to = one_line(&params.to);
    let sentence = match (params.wait, sent.state, sent.peer) {
        (_, State::Queued | State::Sent, _) => {
            "the server has not confirmed it in time; it stays queued here and goes out as soon as it can"
                .to_owned()
        }
        (Some(Wait::Delivered), State::Acked, Some(Peer::Offline)) => {
            format!("{to} is off line and did not get it in time; the server keeps it and will deliver it")
        }
        (Some(Wait::Delivered), State::Acked, _) => {
            format!("{to} did not get it in time; the server keeps it and will deliver it")
        }
        (Some(Wait::Read), State::Acked | State::Delivered, _) => {
            format!("{to} has not read it in time; it stays with the server, or with {to}")
        }
        (_, State::Acked | State::Delivered | State::Read | State::Failed, _) => return error,
    };
    Error::new(Code::Timeout, sentence).with_field("id", sent.id).with_field("state", sent.state.word())
}

/// 128 random bits.
fn own_id() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(Code::Unexpected, format!("this computer has no random numbers: {error}"))
    })?;
    Ok(bytes.iter().fold(String::new(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    }))
}
