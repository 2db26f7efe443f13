//! Windows that are shown, the end of the daemon, and drafts.

use ipc_schema::chat::Drafting;
use ipc_schema::daemon::{Opened, Outdated, Stopping};

use super::Printer;
use crate::Stop;
use crate::text::{one_line, several_lines};

impl Printer {
    /// `open`
    pub(crate) fn opened(&self, reply: &Opened) -> Result<(), Stop> {
        self.talk(if reply.started { "A window is being opened." } else { "The window is shown." });
        self.reply(reply, |_| String::new())
    }

    /// `daemon stop`
    pub(crate) fn stopped(&self, reply: &Stopping, restarted: bool) -> Result<(), Stop> {
        self.talk(match restarted {
            true => "qqd runs again.",
            false => "qqd has ended; you are off line. The next command, or a window, starts it again.",
        });
        self.reply(reply, |_| String::new())
    }

    /// `chat draft`; `kept` where a text was given.
    pub(crate) fn draft(&self, reply: &Drafting, kept: bool) -> Result<(), Stop> {
        let to = one_line(&reply.to);
        match (kept, reply.text.is_empty()) {
            (true, true) => self.talk(&format!("The draft to {to} is forgotten.")),
            (true, false) => self.talk(&format!("Kept for {to}; not sent.")),
            (false, true) => self.talk(&format!("There is no draft to {to}.")),
            (false, false) => {}
        }
        self.reply(reply, |_| if kept { String::new() } else { several_lines(&reply.text) })
    }
}

/// That another daemon is installed than the one that runs, and what to do.
pub(super) fn outdated(outdated: &Outdated) -> String {
    let running = one_line(&outdated.running);
    let found = match &outdated.installed {
        Some(installed) if *installed != outdated.running => {
            format!("qqd {} is installed, and {running} still runs", one_line(installed))
        }
        _ => format!("another qqd is installed than the one that runs ({running})"),
    };
    format!("{found}; `qqctl daemon stop --restart` starts it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_is_named_and_how_it_is_started() {
        let of = |installed: Option<&str>| {
            outdated(&Outdated { running: "0.1.0".into(), installed: installed.map(str::to_owned) })
        };
        assert!(of(Some("0.2.0")).starts_with("qqd 0.2.0 is installed, and 0.1.0 still runs; `qqctl"));
        for same in [None, Some("0.1.0")] {
            assert!(of(same).starts_with("another qqd is installed than the one that runs (0.1.0); `qqctl"));
        }
    }
}
