//! `daemon stop`: waits until the daemon has really ended, so that whatever comes next finds its place free.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ipc_schema::client::Client;
use ipc_schema::daemon::Stop as Params;
use ipc_schema::{Code, Error};

use crate::command::Options;
use crate::print::Printer;
use crate::{Stop, connect};

/// The daemon says that it ends within five seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(5);

/// Ends the daemon, and starts it again if that is wanted.
pub(crate) fn stop(
    client: &mut Client,
    params: &Params,
    options: &Options,
    printer: &Printer,
) -> Result<(), Stop> {
    let stopping = client.call(params)?;
    wait_for_end(stopping.pid)?;
    if params.restart {
        connect::connect(&Options { no_start: false, ..options.clone() })?;
    }
    printer.stopped(&stopping, params.restart)
}

fn wait_for_end(pid: u32) -> Result<(), Error> {
    let until = Instant::now() + PATIENCE;
    while runs(pid) {
        if Instant::now() > until {
            let sentence = format!("qqd (process {pid}) has heard it and has not ended yet");
            return Err(Error::new(Code::Timeout, sentence).with_hint(format!("kill {pid}, if it hangs")));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Whether there is such a process, and it has not ended (`Z`: nobody has asked yet how).
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/stat"))).unwrap_or_default();
    // The name stands in parentheses, and may hold any character.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    let threads = || std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    // While other threads still run, they hold what the process has open.
    state.is_some_and(|state| !matches!(state, 'Z' | 'X') || threads() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_does_not_run_even_if_nobody_has_asked_how() {
        assert!(runs(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        wait_for_end(child.id()).unwrap();
        child.wait().unwrap();
        assert!(!runs(child.id()));
    }
}
