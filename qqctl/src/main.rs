//! `qqctl`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    qqctl::main(std::env::args_os())
}
