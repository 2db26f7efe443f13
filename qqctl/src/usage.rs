//! Arguments that make no sense, and the wish for help: what clap says, in colours only where they are wanted, as JSON
//! for programs, and without the words of a programming language.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::error::ErrorKind;
use ipc_schema::{Code, Error};

use crate::print;

/// What a reader of numbers says, and what a person says.
const PLAINER: &[(&str, &str)] = &[
    ("invalid digit found in string", "a whole number is wanted, 0 or more"),
    ("cannot parse integer from empty string", "a whole number is wanted, 0 or more"),
    ("number too large to fit in target type", "the number is too large"),
];

/// What comes after the mistake itself.
const END: [&str; 2] = ["Usage:", "For more information"];

/// Help, or a mistake; the exit code.
pub(crate) fn refuse(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let options = Early::read(args);
    let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if options.json && !help {
        let said = as_error(error);
        let said = match tip(error.kind(), args) {
            Some(tip) if said.hint.is_none() => said.with_hint(tip),
            _ => said,
        };
        print::say_line(&said.to_json().to_string());
    } else {
        say(error, options.color);
        if let Some(tip) = tip(error.kind(), args) {
            print::say_line(&format!("  tip: {tip}"));
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// What is meant most likely, where clap cannot know it.
fn tip(kind: ErrorKind, args: &[OsString]) -> Option<&'static str> {
    let has = |word: &str| args.iter().any(|arg| arg == word);
    match kind {
        ErrorKind::UnknownArgument if has("send") => {
            Some("a text of several words goes in quotes: qqctl send bob 'hello world'")
        }
        ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument if has("notify") && has("quiet") => {
            Some("quiet hours are one word: qqctl notify quiet 22:00-07:00, or qqctl notify quiet off")
        }
        ErrorKind::UnknownArgument if has("notify") && has("mute") => {
            Some("notifications are shown again with --off: qqctl notify mute bob --off")
        }
        _ => None,
    }
}

/// The options that count although the rest cannot be read.
struct Early {
    json: bool,
    color: ColorChoice,
}

impl Early {
    fn read(args: &[OsString]) -> Self {
        let args: Vec<&str> =
            args.iter().filter_map(|arg| arg.to_str()).take_while(|arg| *arg != "--").collect();
        let color = args.iter().enumerate().find_map(|(at, arg)| match arg.strip_prefix("--color") {
            Some("") => args.get(at + 1).copied(),
            Some(joined) => joined.strip_prefix('='),
            None => None,
        });
        let color = match color {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            // Looks at the terminal, NO_COLOR and TERM itself.
            Some(_) | None => ColorChoice::Auto,
        };
        Self { json: args.contains(&"--json"), color }
    }
}

fn say(error: &clap::Error, color: ColorChoice) {
    let said = plainer(&error.render().ansi().to_string());
    // A reader that is gone is no reason for another message.
    let _ = if error.use_stderr() {
        write!(AutoStream::new(std::io::stderr(), color), "{said}")
    } else {
        write!(AutoStream::new(std::io::stdout(), color), "{said}")
    };
}

/// What clap says over several lines, up to its usage, as one sentence and a hint.
fn as_error(error: &clap::Error) -> Error {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    ) {
        return Error::new(Code::Usage, "a command is missing").with_hint("qqctl --help");
    }
    let said = plainer(&error.render().to_string());
    let lines = said.lines().map(str::trim).take_while(|line| !END.iter().any(|end| line.starts_with(end)));
    let (tips, words): (Vec<&str>, Vec<&str>) =
        lines.filter(|line| !line.is_empty()).partition(|line| line.starts_with("tip: "));
    let sentence = words.join(" ");
    let error = Error::new(Code::Usage, sentence.trim_start_matches("error: "));
    match tips.first() {
        Some(tip) => error.with_hint(tip.trim_start_matches("tip: ")),
        None => error,
    }
}

fn plainer(said: &str) -> String {
    PLAINER.iter().fold(said.to_owned(), |said, (theirs, ours)| said.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(args: &[&str]) -> serde_json::Value {
        as_error(&crate::command().try_get_matches_from(args).unwrap_err()).to_json()["error"].clone()
    }

    #[test]
    fn a_usage_error_in_json_names_what_is_missing_and_what_may_be_meant() {
        let missing = json(&["qqctl", "send", "bob"]);
        assert_eq!(missing["message"], "the following required arguments were not provided: <TEXT>");
        let unknown = json(&["qqctl", "histroy"]);
        assert_eq!(unknown["message"], "unrecognized subcommand 'histroy'");
        assert!(unknown["hint"].as_str().unwrap().contains("history"), "{unknown}");
        assert_eq!(json(&["qqctl"])["message"], "a command is missing");
        assert_eq!(json(&["qqctl", "--json"])["message"], "a command is missing");
        assert_eq!(json(&["qqctl", "chat"])["code"], "usage");
    }

    #[test]
    fn what_is_meant_most_likely_is_said() {
        let tip = |args: &[&str]| {
            let error = crate::command().try_get_matches_from(args).unwrap_err();
            tip(error.kind(), &args.iter().map(OsString::from).collect::<Vec<_>>())
        };
        assert!(tip(&["qqctl", "notify", "quiet", "22:00", "07:00"]).unwrap().contains("22:00-07:00"));
        assert!(tip(&["qqctl", "notify", "quiet"]).unwrap().contains("22:00-07:00"));
        assert!(tip(&["qqctl", "send", "bob", "hello", "world"]).unwrap().contains("'hello world'"));
        assert!(tip(&["qqctl", "notify", "mute", "bob", "off"]).unwrap().contains("mute bob --off"));
        assert_eq!(tip(&["qqctl", "notify", "mute"]), None);
        assert_eq!(tip(&["qqctl", "history"]), None);
    }

    #[test]
    fn no_number_is_told_in_the_words_of_a_programmer() {
        for args in
            [&["qqctl", "history", "bob", "--before", "abc"][..], &["qqctl", "history", "bob", "-n", "x"]]
        {
            let error = json(args);
            let message = error["message"].as_str().unwrap();
            assert!(message.ends_with(": a whole number is wanted, 0 or more"), "{message}");
        }
        let large = json(&["qqctl", "history", "bob", "--before", "99999999999999999999999"]);
        assert!(large["message"].as_str().unwrap().ends_with("the number is too large"), "{large}");
    }

    #[test]
    fn options_count_although_the_rest_cannot_be_read() {
        let early = |args: &[&str]| Early::read(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(early(&["qqctl", "x", "--json"]).json);
        assert!(!early(&["qqctl", "send", "bob", "--", "--json"]).json);
        assert_eq!(early(&["qqctl", "--color", "never"]).color, ColorChoice::Never);
        assert_eq!(early(&["qqctl", "--color=always"]).color, ColorChoice::Always);
        assert_eq!(early(&["qqctl"]).color, ColorChoice::Auto);
    }
}
