//! The program `qqd`: arguments, start, and what it ends with.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use qqd::args::{self, Args};
use qqd::shell;

fn main() -> ExitCode {
    let args = Args::parse();
    let ended = match &args.man {
        Some(dir) => args::manual().write(dir).map(drop).map_err(Into::into),
        None => shell::run(&args),
    };
    let Err(error) = ended else { return ExitCode::SUCCESS };
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "qqd: {error:#}");
    ExitCode::from(shell::exit_code(&error))
}
