//! Messages that wait for the server, and those that it refused.

use ipc_schema::chat::{Message, State};
use ipc_schema::outbox::{Done, Listed};

use super::table::{Column, Table};
use super::{Printer, Style};
use crate::Stop;
use crate::text::{one_line, time};

/// So much of a message's id tells it from the others.
const SHORT: usize = 8;

impl Printer {
    /// `outbox list`
    pub(crate) fn outbox(&self, listed: &Listed) -> Result<(), Stop> {
        self.reply(listed, |_| {
            if listed.messages.is_empty() {
                return String::new();
            }
            let columns = ["ID", "WRITTEN", "TO", "STATE", "TEXT"];
            let mut table = Table::new(columns.map(Column::text));
            listed.messages.iter().for_each(|message| table.row(cells(message)));
            self.table(&table)
        })?;
        if listed.messages.is_empty() {
            self.talk("Nothing waits to be sent.");
        }
        if listed.more {
            self.talk("There is more than fits into one list.");
        }
        Ok(())
    }
}

impl Printer {
    /// `outbox retry`
    pub(crate) fn retried(&self, done: &Done) -> Result<(), Stop> {
        self.talk(&format!("Message {} goes out again.", one_line(&done.id)));
        Ok(())
    }

    /// `outbox cancel`
    pub(crate) fn cancelled(&self, done: &Done) -> Result<(), Stop> {
        self.talk(&format!("Message {} is taken back; it is not sent.", one_line(&done.id)));
        Ok(())
    }
}

fn cells(message: &Message) -> [(String, Style); 5] {
    let short: String = one_line(&message.id).chars().take(SHORT).collect();
    let (state, style) = match message.state {
        State::Queued | State::Sent => ("waiting".to_owned(), Style::Yellow),
        State::Failed => {
            let reason = one_line(message.reason.as_deref().unwrap_or("unknown"));
            (format!("failed: {reason}"), Style::Red)
        }
        State::Acked | State::Delivered | State::Read => (message.state.word().to_owned(), Style::Plain),
    };
    [
        (short, Style::Bold),
        (time(&message.ts), Style::Plain),
        (one_line(&message.to), Style::Plain),
        (state, style),
        (one_line(&message.text), Style::Plain),
    ]
}
