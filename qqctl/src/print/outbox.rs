//! Messages that wait for the server, and those that it refused.

use ipc_schema::chat::{Message, State};
use ipc_schema::outbox::{Cleared, Done, Listed};

use super::chat::NO_REASON;
use super::table::{Column, Table};
use super::wrap::lines;
use super::{Printer, Style};
use crate::Stop;
use crate::text::{one_line, time};

/// So much of a message's id tells it from the others.
const SHORT: usize = 8;
/// So many columns at least for why one failed.
const WHY_MIN: usize = 20;

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
            let table = self.table(&table);
            let failed = listed.messages.iter().filter(|message| message.state == State::Failed);
            let whys: Vec<String> = failed.flat_map(|message| why(message, self.width)).collect();
            if whys.is_empty() { table } else { format!("{table}\n\n{}", whys.join("\n")) }
        })?;
        if listed.messages.iter().any(|message| message.state == State::Failed) {
            self.talk("To send one again: qqctl outbox retry ID");
            self.talk("To take those that were not sent off this list: qqctl outbox clear");
        }
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
    /// `outbox clear`
    pub(crate) fn cleared(&self, cleared: &Cleared) -> Result<(), Stop> {
        self.talk(&match cleared.messages {
            0 => "No message that failed is on the list.".to_owned(),
            1 => "The message is off the list; it stays in the conversation.".to_owned(),
            number => format!("{number} messages are off the list; they stay in their conversations."),
        });
        self.reply(cleared, |_| String::new())
    }

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

/// Why it failed, behind its id.
fn why(message: &Message, width: Option<usize>) -> Vec<String> {
    let said = one_line(message.why.as_deref().unwrap_or(NO_REASON));
    let room = width.map(|width| width.saturating_sub(SHORT + 2).max(WHY_MIN));
    let indent = |(at, line): (usize, String)| match at {
        0 => format!("{}  {line}", short(message)),
        _ => format!("{:1$}{line}", "", SHORT + 2),
    };
    lines(&said, room).into_iter().enumerate().map(indent).collect()
}

fn short(message: &Message) -> String {
    let short: String = one_line(&message.id).chars().take(SHORT).collect();
    format!("{short:SHORT$}")
}

fn cells(message: &Message) -> [(String, Style); 5] {
    let (state, style) = match message.state {
        State::Queued | State::Sent => ("waiting".to_owned(), Style::Yellow),
        State::Failed => ("not sent".to_owned(), Style::Red),
        State::Acked | State::Delivered | State::Read => (message.state.word().to_owned(), Style::Plain),
    };
    [
        (short(message), Style::Bold),
        (time(&message.ts), Style::Plain),
        (one_line(&message.to), Style::Plain),
        (state, style),
        (one_line(&message.text), Style::Plain),
    ]
}
