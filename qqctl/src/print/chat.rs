//! Messages: sent ones, unread ones, conversations.

use ipc_schema::Error;
use ipc_schema::chat::{Message, Page, Peer, Sent, State, Unread};
use serde_json::Value;

use super::{Paint, Printer};
use crate::Stop;
use crate::text::{columns, one_line, several_lines, time};

impl Printer {
    /// `send`: the id for a program, a sentence for a person.
    pub(crate) fn sent(&self, to: &str, sent: &Sent) -> Result<(), Stop> {
        self.talk(&sentence(&one_line(to), sent));
        self.id(&sent.id)
    }

    /// `send` that did not get as far as it was to: the message may well be kept, so its id is said all the same.
    pub(crate) fn not_sent(&self, error: Error) -> Result<(), Stop> {
        if let Some(id) = error.fields.get("id").and_then(Value::as_str) {
            self.id(id)?;
        }
        Err(error.into())
    }

    fn id(&self, id: &str) -> Result<(), Stop> {
        if self.out_terminal || self.json { Ok(()) } else { self.text(&one_line(id)) }
    }

    /// `history`
    pub(crate) fn history(&self, page: &Page) -> Result<(), Stop> {
        self.reply(page, |paint| {
            let mut lines: Vec<String> =
                page.messages.iter().map(|message| message_text(message, paint)).collect();
            if page.more
                && let Some(row) = page.messages.first().and_then(|message| message.row)
            {
                lines.insert(0, paint.dim(&format!("(older ones: --before {row})")));
            }
            lines.join("\n")
        })?;
        if page.messages.is_empty() {
            self.talk("Nothing was said yet.");
        }
        Ok(())
    }

    /// `read`
    pub(crate) fn unread(&self, unread: &Unread) -> Result<(), Stop> {
        self.reply(unread, |paint| {
            let lines: Vec<String> =
                unread.messages.iter().map(|message| message_text(message, paint)).collect();
            lines.join("\n")
        })?;
        if unread.messages.is_empty() {
            self.talk("Nothing new.");
        }
        if unread.more {
            self.talk("There is more: qqctl read");
        }
        Ok(())
    }
}

fn sentence(to: &str, sent: &Sent) -> String {
    let offline = sent.peer == Some(Peer::Offline);
    match sent.state {
        State::Queued | State::Sent => format!("On its way to {to}."),
        State::Acked if offline => format!("{to} is off line; the message is kept and will be delivered."),
        State::Acked => format!("Sent to {to}."),
        State::Delivered => format!("Delivered to {to}."),
        State::Read => format!("{to} has read it."),
        State::Failed => format!("It was not sent to {to}."),
    }
}

/// `09:30:00 bob: hi`, and how far one's own has come.
fn message_text(message: &Message, paint: Paint) -> String {
    let head = format!("{} {}: ", time(&message.ts), one_line(&message.from));
    let text = several_lines(&message.text, columns(&head).min(16));
    let mark = match message.state {
        State::Queued | State::Sent => "  (waiting)".to_owned(),
        State::Failed => format!("  (failed: {})", one_line(message.reason.as_deref().unwrap_or("unknown"))),
        State::Acked | State::Delivered | State::Read => String::new(),
    };
    format!("{}{text}{}", paint.dim(&head), paint.yellow(&mark))
}
