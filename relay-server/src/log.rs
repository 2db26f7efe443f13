//! The log: one line an event on standard error. Whatever an event holds, a line stays one line, and a terminal that
//! shows it obeys nothing that came from outside.

use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging events of this level and above.
pub fn start(level: Level) {
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_target(false)
        .with_writer(Lines);
    // Fails only if there is a log already, as in tests.
    let _ = log.try_init();
}

struct Lines;

impl MakeWriter<'_> for Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line
    }
}

/// Takes one event, whole, at a time.
struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A log that cannot be written must not stop the relay.
        let _ = io::stderr().lock().write_all(one_line(bytes).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The event with every control character escaped but the line end that closes it.
fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut line = String::with_capacity(text.len());
    for c in text.strip_suffix('\n').unwrap_or(&text).chars() {
        if is_inert(c) {
            line.push(c);
        } else {
            line.extend(c.escape_unicode());
        }
    }
    line.push('\n');
    line
}

/// Whether a terminal merely shows it: no control, no change of direction.
pub(crate) fn is_inert(c: char) -> bool {
    let unseen = matches!(
        c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !c.is_control() && !unseen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_it_holds() {
        let line = one_line("INFO a\nb\r\u{1b}[31mred\u{202e}\u{7f}\u{9b}2J name=李雷\n".as_bytes());
        assert_eq!(line, "INFO a\\u{a}b\\u{d}\\u{1b}[31mred\\u{202e}\\u{7f}\\u{9b}2J name=李雷\n");
        assert_eq!(one_line(b"\xff"), "\u{fffd}\n");
    }
}
