//! Messages: sent ones, unread ones, conversations.

use ipc_schema::chat::{Message, Page, Peer, Sent, State, Unread};
use ipc_schema::{Code, Error};
use serde_json::Value;

use super::{Paint, Printer};
use crate::Stop;
use crate::text::{columns, one_line, several_lines, time};

impl Printer {
    /// `send`: the id for a program, a sentence for a person. A relay that is away is an error with the id: it stays queued.
    pub(crate) fn sent(&self, to: &str, result: Result<Sent, Error>) -> Result<(), Stop> {
        let sent = match result {
            Ok(sent) => sent,
            Err(error) => {
                let id = error.fields.get("id").and_then(Value::as_str);
                if let (Code::NoRelay, Some(id)) = (error.code, id) {
                    self.text(id)?;
                }
                return Err(error.into());
            }
        };
        self.talk(&sentence(&one_line(to), &sent));
        self.reply(&sent, |_| if self.out_terminal { String::new() } else { sent.id.clone() })
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
