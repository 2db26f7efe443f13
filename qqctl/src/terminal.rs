//! The person at the terminal, if there is one: questions are asked only there.

use std::io::{BufRead, IsTerminal, Write};

use ipc_schema::{Code, Error, Secret};

/// Somebody can read a question and type an answer.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// What a terminal has that does not say.
const COLUMNS: usize = 80;

/// How many columns the terminal has that standard output is; none when it is none.
pub(crate) fn columns() -> Option<usize> {
    let stdout = std::io::stdout();
    let size =
        terminal_size::terminal_size_of(&stdout).map(|(terminal_size::Width(width), _)| usize::from(width));
    stdout.is_terminal().then(|| size.filter(|width| *width > 0).unwrap_or(COLUMNS))
}

/// A question that is answered by y or anything else.
pub(crate) fn agrees(question: &str) -> std::io::Result<bool> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes" | "是"))
}

/// A question that is answered by a line; what stands around it is no part of it.
pub(crate) fn line(question: &str) -> std::io::Result<String> {
    let mut err = std::io::stderr();
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// A password, not shown while it is typed.
pub(crate) fn password(question: &str) -> Result<Secret, Error> {
    rpassword::prompt_password(question)
        .map(Secret::new)
        .map_err(|error| Error::new(Code::Unexpected, format!("the password cannot be read: {error}")))
}

/// A hint for whoever types.
pub(crate) fn hint(text: &str) {
    // Nobody to read it: nobody to miss it.
    let _ = writeln!(std::io::stderr(), "{text}");
}
