//! The window program: a face over `qqd`. It keeps no state that matters, and nothing is lost when it closes.
//!
//! One thread talks to the daemon (`link`) and fills an inbox; the event loop empties it (`App::pump`), applies
//! each event to a mirror of the daemon's state, and lets the windows show what changed. Each window is a Slint component
//! (crate `qq-slint-ui`) and a Rust half in `windows`.

mod app;
mod args;
mod asking;
mod autostart;
mod child;
mod clock;
mod emoji;
mod face;
mod full;
mod half;
mod link;
mod mock;
#[cfg(test)]
mod pictures;
mod portal;
mod prefs;
mod rich;
mod single;
mod sound;
#[cfg(test)]
mod tests;
mod tray_host;
mod windows;
mod winext;
mod words;

use std::process::ExitCode;

use clap::Parser;

/// Reads the arguments and runs until the user quits.
pub fn run() -> ExitCode {
    let args = args::Args::parse();
    let done = match &args.man {
        Some(dir) => args::manual().write(dir).map(drop).map_err(Into::into),
        None => app::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one sentence of a window program that cannot open a window")]
fn complain(error: &anyhow::Error) {
    eprintln!("qq-slint: {error:#}");
}
