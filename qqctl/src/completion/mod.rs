//! `completion SHELL`: the shell's script, and, when that script asks, what could stand at the cursor. The tree of
//! commands knows the words; the daemon knows the names, if it runs. Nothing is ever said, and nothing started.

mod known;
mod quoting;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, StyledStr};
use clap::{Arg, ArgMatches, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use ipc_schema::{Code, EVENTS, Error, METHODS};

use crate::Stop;
use crate::print::Printer;
use known::{Known, Name};

const SHELLS: [(&str, &str); 3] = [
    ("bash", include_str!("qqctl.bash")),
    ("zsh", include_str!("qqctl.zsh")),
    ("fish", include_str!("qqctl.fish")),
];

const LONG: &str = "\
Print a script that lets the Tab key complete commands, options and the names of your friends.

Where it belongs, unless `make install` has put it there:

  bash  ~/.local/share/bash-completion/completions/qqctl
  zsh   _qqctl, in a directory of your $fpath
  fish  ~/.config/fish/completions/qqctl.fish

Or only for this shell: source <(qqctl completion bash)";

/// The command.
pub(crate) fn command() -> Command {
    Command::new("completion")
        .about("Print the script that completes commands and names in your shell")
        .long_about(LONG)
        .args([
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(PossibleValuesParser::new(SHELLS.map(|(shell, _)| shell)))
                .help("Which shell"),
            // What the script hands over: for bash the line up to the cursor and the piece of it that will be
            // replaced, for the others the words, of which the last one is to be completed.
            Arg::new("words").num_args(1..).last(true).hide(true),
        ])
}

/// Prints the script, or what the script asks for, one candidate a line.
pub(crate) fn completion(sub: &ArgMatches, printer: &Printer) -> Result<(), Stop> {
    let shell = sub.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    let Some(asked) = sub.get_many::<String>("words") else {
        let script = SHELLS.iter().find(|(known, _)| *known == shell).map(|(_, script)| script.trim_end());
        return printer
            .text(script.ok_or_else(|| Error::new(Code::Usage, format!("there is no script for {shell}")))?);
    };
    let asked: Vec<&str> = asked.map(String::as_str).collect();
    let lines = if shell == "bash" { for_bash(&asked) } else { for_words(&asked) };
    if lines.is_empty() { Ok(()) } else { printer.text(&lines.join("\n")) }
}

/// Bash replaces a piece of the line, which may begin in the middle of a word, by exactly what it gets.
fn for_bash(asked: &[&str]) -> Vec<String> {
    let (Some(line), piece) = (asked.first(), asked.get(1).copied().unwrap_or_default()) else {
        return Vec::new();
    };
    let line = quoting::split(line);
    let found = candidates(&line.words, &line.current);
    found.iter().filter_map(|name| line.replacement(&name.value, piece)).collect()
}

/// Zsh and fish quote what they insert themselves; a tab stands before what a candidate means.
fn for_words(asked: &[&str]) -> Vec<String> {
    let Some((current, words)) = asked.split_last() else { return Vec::new() };
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let line = |name: Name| {
        if name.about.is_empty() { name.value } else { format!("{}\t{}", name.value, name.about) }
    };
    candidates(&words, &quoting::unquoted(current)).into_iter().map(line).collect()
}

/// What could stand in place of `current` after `words`, the first of which is the program.
fn candidates(words: &[String], current: &str) -> Vec<Name> {
    let known = Arc::new(Known::from_line(words));
    let mut tree = with_names(crate::command(), "", &known);
    let mut args: Vec<OsString> = words.iter().map(OsString::from).collect();
    args.push(current.into());
    let index = args.len() - 1;
    let here = std::env::current_dir().ok();
    let found = clap_complete::engine::complete(&mut tree, args, index, here.as_deref()).unwrap_or_default();
    let mut names: Vec<Name> = found.iter().filter_map(name_of).collect();
    // Where something is wanted, all the options are noise until a dash is typed.
    if !current.starts_with('-') && names.iter().any(|name| !name.value.starts_with('-')) {
        names.retain(|name| !name.value.starts_with('-'));
    }
    names
}

fn name_of(candidate: &CompletionCandidate) -> Option<Name> {
    let about = candidate.get_help().map(StyledStr::to_string).unwrap_or_default();
    Name::new(candidate.get_value().to_str()?, about.lines().next().unwrap_or_default())
}

/// The tree, with what the daemon and the table know for each argument, by the feature and the name of its value.
fn with_names(command: Command, feature: &str, known: &Arc<Known>) -> Command {
    let args = command.mut_args(|arg| with_values(arg, feature, known));
    args.mut_subcommands(|sub| {
        let feature = if feature.is_empty() { sub.get_name().to_owned() } else { feature.to_owned() };
        with_names(sub, &feature, known)
    })
}

fn with_values(arg: Arg, feature: &str, known: &Arc<Known>) -> Arg {
    let value =
        arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str()).to_owned();
    let of = |names: fn(&Known, &str) -> Vec<Name>| {
        let known = Arc::clone(known);
        ArgValueCompleter::new(move |current: &OsStr| {
            let current = current.to_str().unwrap_or_default();
            fitting(names(&known, current), current)
        })
    };
    match (feature, value.as_str()) {
        _ if arg.get_id() == "global-account" => arg.add(of(Known::accounts)),
        (_, "TO" | "FRIEND" | "TO|LINK") => arg.add(of(Known::friends)),
        ("friend", "ACCOUNT") => arg.add(of(Known::others)),
        (_, "GROUP") => arg.add(of(Known::groups)),
        (_, "ACCOUNT") => arg.add(of(Known::accounts)),
        (_, "DEVICE") => arg.add(of(Known::devices)),
        ("outbox", "ID") => arg.add(of(Known::outbox)),
        (_, "EVENT") => arg.add(of(|_, _| events())),
        (_, "METHOD") => {
            arg.add(of(|_, _| METHODS.iter().filter_map(|row| Name::new(row.name, row.about)).collect()))
        }
        // A socket is no regular file.
        (_, "PATH" | "FILE") => arg.value_hint(ValueHint::AnyPath),
        _ => arg,
    }
}

/// Whoever types `bo` may mean Bob.
fn fitting(names: Vec<Name>, current: &str) -> Vec<CompletionCandidate> {
    let current = current.to_lowercase();
    let fits = names.into_iter().filter(|name| name.value.to_lowercase().starts_with(&current));
    fits.enumerate()
        .map(|(at, name)| {
            let help = Some(name.about).filter(|about| !about.is_empty()).map(StyledStr::from);
            CompletionCandidate::new(name.value).help(help).display_order(Some(at))
        })
        .collect()
}

/// Every event, and the features, which stand for all of theirs.
fn events() -> Vec<Name> {
    let mut features: Vec<&str> =
        EVENTS.iter().filter_map(|event| event.split_once('.')).map(|(feature, _)| feature).collect();
    features.dedup();
    features.into_iter().chain(EVENTS.iter().copied()).filter_map(|event| Name::new(event, "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(words: &str, current: &str) -> Vec<String> {
        // No daemon answers there.
        let words: Vec<String> =
            format!("qqctl --socket /nowhere {words}").split_whitespace().map(str::to_owned).collect();
        candidates(&words, current).into_iter().map(|name| name.value).collect()
    }

    #[test]
    fn commands_options_and_words_are_completed() {
        assert_eq!(after("", "his"), ["history"]);
        assert_eq!(after("friend", "l"), ["list"]);
        assert_eq!(after("send", "--req"), ["--require-online"]);
        assert_eq!(after("send bob hi --wait", ""), ["relay", "delivered", "read"]);
        assert_eq!(after("--color", "a"), ["auto", "always"]);
        assert_eq!(after("", "--color=n"), ["--color=never"]);
        assert_eq!(after("rpc", "chat.h"), ["chat.history"]);
        assert_eq!(after("completion", ""), ["bash", "zsh", "fish"]);
        assert!(after("watch", "").contains(&"shake.received".to_owned()));
    }

    #[test]
    fn without_a_daemon_a_name_is_completed_by_nothing() {
        assert_eq!(after("send", "b"), Vec::<String>::new());
        assert_eq!(after("shake", "@"), ["@me"]);
    }

    #[test]
    fn every_argument_that_is_a_friend_is_completed_by_friends() {
        let taken = ["to", "friend", "from"];
        let mut seen = Vec::new();
        look(&with_names(crate::command(), "", &Arc::new(Known::default())), &mut |arg| {
            if taken.contains(&arg.get_id().as_str()) {
                assert!(arg.get::<ArgValueCompleter>().is_some(), "{arg:?}");
                seen.push(arg.get_id().to_string());
            }
        });
        assert!(taken.iter().all(|id| seen.iter().any(|seen| seen == id)), "{seen:?}");
    }

    fn look(command: &Command, at: &mut impl FnMut(&Arg)) {
        command.get_arguments().for_each(&mut *at);
        command.get_subcommands().for_each(|sub| look(sub, at));
    }
}
