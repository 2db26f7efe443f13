//! Programs of the desktop that are started beside this one: none of them is waited for by a window.

use std::io;
use std::process::{Child, Command, Stdio};

/// Starts a program with one argument and lets it be: it hears nothing, says nothing, and outlives the windows.
///
/// # Errors
/// When there is no such program, or no room for it.
pub(crate) fn start(program: &str, argument: &str) -> io::Result<()> {
    let mut child = quiet(Command::new(program).arg(argument))?;
    // Somebody must hear its end, else it stays in the table of processes for as long as this one.
    std::thread::Builder::new().name("child".into()).spawn(move || drop(child.wait())).map(drop)
}

/// Starts a command without a terminal.
pub(crate) fn quiet(command: &mut Command) -> io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
