//! The program `qqd`: arguments, start, and what it ends with.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use qqd::args::Args;
use qqd::shell;

fn main() -> ExitCode {
    let Err(error) = shell::run(&Args::parse()) else { return ExitCode::SUCCESS };
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "qqd: {error:#}");
    ExitCode::from(shell::exit_code(&error))
}
