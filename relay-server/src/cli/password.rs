//! Where a command gets a password from: standard input or a prompt, never an argument or the environment.

use std::io::{self, BufRead as _, IsTerminal as _};

use relay_schema::Secret;
use zeroize::Zeroizing;

use crate::admin::{Code, Phc, Trouble};
use crate::password::{self, HashError, Memory};

/// Longer lines hold no password.
const LONGEST: u64 = 16 * 1_024;

/// Asks for a password, and hashes it.
pub(super) fn ask(from_stdin: bool) -> Result<Phc, Trouble> {
    crate::secrecy::no_core_dumps();
    let password = if from_stdin { first_line(io::stdin().lock())? } else { prompt()? };
    let phc = password::hash(&password, &mut Memory::default()).map_err(|error| match error {
        HashError::Unfit(unfit) => Trouble::new(Code::Usage, unfit.to_string()),
        HashError::Machine(_) => Trouble::new(Code::Unexpected, error.to_string()),
    })?;
    Ok(Phc(phc))
}

/// The first line without its end.
fn first_line(input: impl io::BufRead) -> Result<Secret, Trouble> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(1_100));
    input.take(LONGEST).read_until(b'\n', &mut bytes).map_err(|error| {
        Trouble::new(Code::Unexpected, format!("the password cannot be read from standard input: {error}"))
    })?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text =
        std::str::from_utf8(line).map_err(|_| Trouble::new(Code::Usage, "the password is not UTF-8"))?;
    Ok(Secret::new(text.to_owned()))
}

fn prompt() -> Result<Secret, Trouble> {
    if !io::stdin().is_terminal() {
        let text = "there is no terminal to ask for the password on: give it with --password-stdin";
        return Err(Trouble::new(Code::Usage, text));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Secret::new).map_err(|error| {
            Trouble::new(Code::Unexpected, format!("the password cannot be asked for: {error}"))
        })
    };
    let first = ask("Password: ")?;
    if ask("Once more: ")? != first {
        return Err(Trouble::new(Code::Usage, "the two passwords differ; nothing was changed"));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_the_first_line_without_its_end() {
        for (input, password) in
            [("p2\n", "p2"), ("p2", "p2"), ("p2\r\nmore\n", "p2"), (" p 2 \n", " p 2 "), ("\n", ""), ("", "")]
        {
            assert_eq!(first_line(input.as_bytes()).unwrap().expose(), password, "{input:?}");
        }
        assert_eq!(first_line(&b"\xff\n"[..]).unwrap_err().code, Code::Usage);
    }
}
