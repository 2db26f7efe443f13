//! A question with yes or no, to a person at a terminal. Without one nothing is ever asked.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::admin::{Code, Trouble};

/// Whether there is somebody to ask.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks; whatever is not yes is no. The question is seen wherever standard output and standard error go.
pub(super) fn ask(question: &str) -> Result<bool, Trouble> {
    let unasked = |error| {
        Trouble::new(
            Code::Unexpected,
            format!("the question cannot be asked ({error}): answer it with --yes"),
        )
    };
    let mut terminal = OpenOptions::new().write(true).open("/dev/tty").map_err(unasked)?;
    write!(terminal, "{question} [y/N] ").map_err(unasked)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(unasked)?;
    Ok(is_yes(&line))
}

fn is_yes(line: &str) -> bool {
    ["y", "yes"].iter().any(|yes| line.trim().eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Y\r\n", " yes \n", "YES"].into_iter().all(is_yes));
        assert!(!["", "\n", "n\n", "yy\n", "no\n", "j\n"].into_iter().any(is_yes));
    }
}
