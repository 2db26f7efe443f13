//! The log: one line an event on standard error, `TIME LEVEL MODULE what happened name=value …`. Whatever comes from
//! outside is escaped: it stays on its line and cannot steer a terminal.

use std::fmt::{self, Debug, Write};
use std::str::FromStr;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

/// The levels by name, for the help.
pub const LEVELS: &str = "off, error, warn, info, debug or trace";

/// Reads a level.
///
/// # Errors
/// A sentence with the levels there are.
pub fn level(word: &str) -> Result<LevelFilter, String> {
    let known = word.parse::<usize>().is_err().then(|| LevelFilter::from_str(word).ok()).flatten();
    known.ok_or_else(|| format!("the log has the levels {LEVELS}"))
}

/// Starts the log, once; other crates speak from `warn` on only.
pub fn start(level: LevelFilter) {
    let others = level.min(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Line)
        .with_writer(std::io::stderr)
        // Nobody reads standard error any more: that must not end the daemon.
        .log_internal_errors(false)
        .with_filter(Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(others));
    // A second start (in tests) keeps the first.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// How a line looks.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut line)?;
        write!(line, " {} {}", event.metadata().level(), event.metadata().target())?;
        let mut fields = Fields { line: &mut line, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        writeln!(line)
    }
}

struct Fields<'a, W> {
    line: &'a mut W,
    result: fmt::Result,
}

impl<W: Write> Fields<'_, W> {
    fn put(&mut self, field: &Field, value: &str) {
        let written = match field.name() {
            "message" => write!(self.line, " {}", value.escape_debug()),
            name if is_plain(value) => write!(self.line, " {name}={value}"),
            name => write!(self.line, " {name}=\"{}\"", value.escape_debug()),
        };
        self.result = self.result.and(written);
    }
}

impl<W: Write> Visit for Fields<'_, W> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, &format!("{value:?}"));
    }
}

fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'='))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = tracing_subscriber::fmt::layer().event_format(Line).with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), log);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_event_is_one_line_with_its_fields() {
        let line = logged(|| tracing::info!(socket = %"/run/user/1/ipc.sock", count = 3, "ready"));
        assert!(
            line.ends_with(" INFO qqd::log::tests ready socket=/run/user/1/ipc.sock count=3\n"),
            "{line}"
        );
    }

    #[test]
    fn what_others_wrote_stays_on_its_line_and_steers_no_terminal() {
        let evil = "a\nERROR fake=1 \u{1b}[31m\u{9b}\u{202e}\"x\r";
        for line in [
            logged(|| tracing::info!(text = evil, "said")),
            logged(|| tracing::info!(text = %evil, "said")),
            logged(|| tracing::info!(text = ?evil, "said")),
            logged(|| tracing::info!("{evil}")),
        ] {
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(!line.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
    }

    #[test]
    fn a_level_is_a_word() {
        assert_eq!(level("debug"), Ok(LevelFilter::DEBUG));
        assert_eq!(level("off"), Ok(LevelFilter::OFF));
        assert!(level("loud").is_err());
        assert!(level("3").is_err());
    }
}
