//! Calls.

use ipc_schema::call::{Call, State};

use super::Printer;
use crate::Stop;
use crate::text::one_line;

impl Printer {
    /// `call start`, `accept`, `decline`, `hangup`: the call's id for a program, a sentence for a person.
    pub(crate) fn call(&self, call: &Call) -> Result<(), Stop> {
        self.talk(&sentence(call));
        if call.state == State::Accepted {
            self.talk("This version carries no sound or picture yet.");
        }
        let id = if self.out_terminal { String::new() } else { one_line(&call.call) };
        self.reply(call, |_| id)
    }
}

/// How far a call is.
pub(super) fn sentence(call: &Call) -> String {
    let friend = one_line(&call.friend);
    match (call.state, call.incoming) {
        (State::Calling, _) => format!("Calling {friend} ({}) …", call.media),
        (State::Ringing, false) => format!("It rings at {friend}."),
        (State::Ringing, true) => format!("{friend} calls ({}).", call.media),
        (State::Accepted, false) => format!("{friend} has accepted the call."),
        (State::Accepted, true) => format!("The call of {friend} is accepted."),
        (State::Ended, _) => {
            format!("The call with {friend} is over{}.", why(call.reason.as_deref().unwrap_or_default()))
        }
    }
}

fn why(reason: &str) -> String {
    match reason {
        "" | "hangup" => String::new(),
        "declined" => ": it was declined".to_owned(),
        "busy" => ": the other side is in another call".to_owned(),
        "timeout" => ": nobody answered".to_owned(),
        "answered-elsewhere" => ": it was answered on another device".to_owned(),
        "glare" => ": both called at once, and the other call goes on".to_owned(),
        "failed" => ": the connection was lost".to_owned(),
        other => format!(" ({})", one_line(other)),
    }
}
