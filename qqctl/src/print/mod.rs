//! Printing: data on standard output, talk and errors on standard error, as text for people or as JSON.

mod call;
mod chat;
mod daemon;
mod device;
mod doctor;
mod event;
mod explain;
mod friend;
mod notify;
mod outbox;
mod presence;
mod qr;
mod search;
mod table;
mod window;
mod wrap;

use std::io::{IsTerminal, Write};

use ipc_schema::Error;
use serde::Serialize;

use crate::Stop;
use crate::command::Options;
use crate::{terminal, text};
pub(crate) use presence::Around;
use table::Table;

/// Where output goes and how it looks.
#[derive(Debug)]
pub(crate) struct Printer {
    json: bool,
    quiet: bool,
    out_terminal: bool,
    /// The terminal's columns; none when the output is no terminal.
    width: Option<usize>,
    paint_out: Paint,
    paint_err: Paint,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(bool);

/// How a piece of text looks where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Paint {
    const NONE: Self = Self(false);
    #[cfg(test)]
    const ALL: Self = Self(true);

    fn style(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Red => "31",
            Style::Green => "32",
            Style::Yellow => "33",
        };
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.style(Style::Bold, text)
    }

    fn dim(self, text: &str) -> String {
        self.style(Style::Dim, text)
    }

    fn red(self, text: &str) -> String {
        self.style(Style::Red, text)
    }
}

impl Printer {
    pub(crate) fn new(options: &Options) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let paint = |terminal: bool| match options.color.as_str() {
            "always" => Paint(true),
            "never" => Paint(false),
            _ => Paint(terminal && !plain && !dumb),
        };
        Self {
            json: options.json,
            quiet: options.quiet,
            out_terminal: std::io::stdout().is_terminal(),
            width: terminal::columns(),
            paint_out: paint(std::io::stdout().is_terminal()),
            paint_err: paint(std::io::stderr().is_terminal()),
        }
    }

    /// Replies go out as the daemon wrote them.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Nothing but data and errors is to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Many pieces of data as JSON, a line each.
    pub(crate) fn lines(&self, data: &[serde_json::Value]) -> Result<(), Stop> {
        match data {
            [] => Ok(()),
            data => self.exact(&data.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    /// Data as JSON, whatever the options say.
    pub(crate) fn data(&self, data: &impl Serialize) -> Result<(), Stop> {
        let text =
            if self.out_terminal { serde_json::to_string_pretty(data) } else { serde_json::to_string(data) };
        let text = text.map_err(|error| Error::new(ipc_schema::Code::Unexpected, error.to_string()))?;
        self.exact(&text)
    }

    /// JSON as it is; on a terminal without what the terminal might obey.
    fn exact(&self, json: &str) -> Result<(), Stop> {
        if self.out_terminal { self.text(&text::json_for_terminal(json)) } else { self.text(json) }
    }

    /// Data as text, a line or several.
    pub(crate) fn text(&self, text: &str) -> Result<(), Stop> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    /// A table.
    fn table(&self, table: &Table) -> String {
        table.text(self.width, self.paint_out)
    }

    /// The reply as JSON, or what `text` makes of it; nothing for an empty text.
    fn reply(&self, reply: &impl Serialize, text: impl FnOnce(Paint) -> String) -> Result<(), Stop> {
        if self.json {
            return self.data(reply);
        }
        match text(self.paint_out) {
            text if text.is_empty() => Ok(()),
            text => self.text(&text),
        }
    }

    /// Talk: what happened, for a person.
    fn talk(&self, sentence: &str) {
        if !self.quiet && !self.json {
            say_line(sentence);
        }
    }

    /// An error, with what to do about it.
    pub(crate) fn error(&self, error: &Error) {
        if self.json {
            return say_line(&as_json(error, std::io::stderr().is_terminal()));
        }
        say_line(&format!("{} {}", self.paint_err.red("qqctl:"), text::one_line(&error.message)));
        // A sentence that has said it already need not say it again.
        if let Some(hint) = error.hint.as_ref().filter(|hint| !error.message.contains(hint.as_str())) {
            say_line(&format!("       {}", self.paint_err.dim(&text::one_line(hint))));
        }
    }
}

/// An error as JSON: it may hold words of the server's; on a terminal without what the terminal might obey.
fn as_json(error: &Error, terminal: bool) -> String {
    let json = error.to_json().to_string();
    if terminal { text::json_for_terminal(&json) } else { json }
}

/// A text of ours in lines of at most `width` columns.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    wrap::lines(text, Some(width))
}

/// A line on standard error; when nobody can read it, there is nobody to tell.
pub(crate) fn say_line(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_json_is_exact_but_for_what_a_terminal_would_obey() {
        let error = Error::new(ipc_schema::Code::Denied, "no\u{202e}\u{9b}31m");
        assert!(as_json(&error, false).contains('\u{202e}'));
        let shown = as_json(&error, true);
        assert!(shown.contains("no\\u202e\\u009b31m"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), error.to_json());
    }
}
