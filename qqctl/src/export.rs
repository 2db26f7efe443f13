//! `chat export`: a whole conversation, page by page, so that a long one takes no more memory than a short one.

use std::io::{IsTerminal, Write};

use ipc_schema::chat::{Export, Exported, Format};
use ipc_schema::client::Client;
use ipc_schema::{Code, Error};
use serde_json::Value;

use crate::Stop;
use crate::print::Printer;

/// Writes a conversation to standard output.
pub(crate) fn export(client: &mut Client, mut params: Export, printer: &Printer) -> Result<(), Stop> {
    let text = params.format == Format::Text && !printer.is_json();
    let mut progress = Progress::new(printer);
    let mut day = None;
    loop {
        let page = client.call_raw("chat.export", &params)?;
        let (last, count) = last(&page);
        if text {
            let page: Exported = serde_json::from_value(page.clone()).map_err(|error| unreadable(&error))?;
            printer.exported(&page, &mut day)?;
        } else {
            // As the daemon wrote it: a newer one may say more than this version knows.
            printer.lines(page["messages"].as_array().map(Vec::as_slice).unwrap_or_default())?;
        }
        progress.more(count);
        match last.filter(|_| page["more"] == true) {
            Some(row) => params.after = Some(row),
            None => return Ok(()),
        }
    }
}

/// The row of a page's last message, and how many there are.
fn last(page: &Value) -> (Option<u64>, u64) {
    let messages = page["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let row = messages.last().and_then(|message| message["row"].as_u64());
    (row, u64::try_from(messages.len()).unwrap_or(u64::MAX))
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::new(Code::Unexpected, format!("qqd's reply cannot be read: {error}"))
}

/// How many messages are written, for whoever waits at a terminal while the conversation goes elsewhere.
#[derive(Debug)]
struct Progress {
    shown: bool,
    written: u64,
}

impl Progress {
    fn new(printer: &Printer) -> Self {
        let shown =
            !std::io::stdout().is_terminal() && std::io::stderr().is_terminal() && !printer.is_quiet();
        Self { shown, written: 0 }
    }

    fn more(&mut self, count: u64) {
        self.written += count;
        if self.shown {
            // Nobody to read it: nobody to miss it.
            let _ = write!(std::io::stderr(), "\r{} messages", self.written);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown && self.written > 0 {
            let _ = writeln!(std::io::stderr());
        }
    }
}
