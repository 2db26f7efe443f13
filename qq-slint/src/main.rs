//! `qq-slint`: the window program.

use std::process::ExitCode;

fn main() -> ExitCode {
    qq_slint::run()
}
