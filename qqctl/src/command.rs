//! The tree of commands: `qqctl FEATURE VERB` for every method of the table, the short forms, and the few commands that
//! belong to the command line itself.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use ipc_schema::{METHODS, MethodRow};

/// What stands under `qqctl --help`.
const AFTER_HELP: &str = "\
Examples:
  qqctl join qiao://…                           with a link that you were sent
  qqctl login alice --relay chat.example.org    once; you stay logged in
  qqctl friend add bob -m 'it is me, alice'     ask; bob accepts
  qqctl friends                                 who is there
  qqctl send bob 'dinner at seven?'             kept while bob is away
  qqctl read                                    print what is new
  qqctl open bob                                its window
  qqctl watch chat.received --from bob          follow what bob writes
  qqctl --json wait chat.received --timeout 5m  for scripts: the next one

Output goes to standard output, talk and errors to standard error; --json makes
both JSON. `qqctl help words` explains the words.

Exit codes: 0 ok, 1 unexpected, 2 usage, 3 timeout, 4 not logged in
or wrong password, 5 no daemon, 6 no relay, 7 not found or not reachable,
8 denied, 9 friend off line, 10 too often, 11 conflict, 12 untrusted key,
13 partly done, 14 unsupported.";

/// The whole tree.
pub fn command() -> Command {
    let mut tree = globals(
        Command::new("qqctl")
            .version(env!("CARGO_PKG_VERSION"))
            .about(
                "Qiaoqiao 敲敲 from the command line: everything that the windows do, for people and scripts",
            )
            .after_help(AFTER_HELP)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .max_term_width(110),
    );
    let rows = || METHODS.iter().filter(|row| row.command);
    for row in rows() {
        if let Some(short) = row.short {
            tree = tree.subcommand(method(row).name(short));
        }
    }
    tree = tree.subcommands(own());
    let mut features: Vec<&str> = Vec::new();
    for row in rows().filter(|row| !features.contains(&row.feature)).collect::<Vec<_>>() {
        if features.contains(&row.feature) {
            continue;
        }
        features.push(row.feature);
        let verbs: Vec<Command> = rows().filter(|other| other.feature == row.feature).map(method).collect();
        let words: Vec<String> = verbs.iter().map(|verb| verb.get_name().to_owned()).collect();
        let feature = Command::new(row.feature)
            .about(format!("Every {} command: {}", row.feature, words.join(", ")))
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(verbs);
        // `shake TO` is the daily form; `shake send TO` is the same command, so the feature's name is taken already.
        tree = match tree.find_subcommand_mut(row.feature) {
            Some(_) => tree.mut_subcommand(row.feature, |short| with_verbs(short, feature)),
            None => tree.subcommand(feature),
        };
    }
    tree
}

/// A short form that has the name of its feature takes the feature's verbs too.
fn with_verbs(short: Command, feature: Command) -> Command {
    short
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .subcommands(feature.get_subcommands().cloned().map(|verb| verb.hide(true)))
}

fn method(row: &MethodRow) -> Command {
    let command = ipc_schema::cli::command(row);
    match row.name {
        "account.login" | "account.join" | "account.register" => crate::password::augment(command),
        "account.remove" => crate::passwd::augment_remove(command),
        "account.passwd" => crate::passwd::augment_passwd(command),
        _ => command,
    }
}

/// Options of every command.
fn globals(command: Command) -> Command {
    // Ids of their own: a command may well have an argument that is called ACCOUNT.
    let global = |id: &'static str| {
        let name = id.trim_start_matches("global-");
        Arg::new(id).long(name).global(true).help_heading("Everywhere")
    };
    command.args([
        global("global-json")
            .action(ArgAction::SetTrue)
            .help("Print the daemon's reply, or one event a line, as JSON"),
        global("global-quiet").short('q').action(ArgAction::SetTrue).help("Say nothing but data and errors"),
        global("global-timeout")
            .value_name("TIME")
            .value_parser(parse_time)
            .help("Give up after this long: 500ms, 30s, 5m [default: 30s; wait: 60s; watch: never]"),
        global("global-socket")
            .value_name("PATH")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
            .help("The daemon's socket, if not the usual one"),
        global("global-no-start")
            .action(ArgAction::SetTrue)
            .help("Do not start the daemon when it does not run"),
        global("global-color")
            .value_name("WHEN")
            .value_parser(PossibleValuesParser::new(["auto", "always", "never"]))
            .default_value("auto")
            .hide_possible_values(false)
            .help("Colours"),
        global("global-account").value_name("ID").help(
            "Which account, where several are logged in: NAME@HOST, or NAME while only one is called so",
        ),
    ])
}

/// Commands that are no method.
fn own() -> Vec<Command> {
    let from =
        || Arg::new("from").long("from").value_name("TO").help("Only what is from (or about) this friend");
    vec![
        Command::new("watch")
            .about("Follow what happens, one event a line")
            .long_about("Follow what happens, one event a line, until Ctrl+C.\n\nEVENT is a name (chat.received) or a feature (chat); without one everything is shown.\nWith --since, what the daemon still remembers after that event comes first.")
            .args([
                Arg::new("event").value_name("EVENT").num_args(0..).help("Only these events: chat.received, or chat for all of a feature"),
                from(),
                Arg::new("since").long("since").value_name("SEQ").value_parser(value_parser!(u64)).help("First what happened after the event with this seq"),
                Arg::new("count").long("count").value_name("N").value_parser(value_parser!(u64).range(1..)).help("End after so many events (the state at the beginning is then left out)"),
            ]),
        Command::new("wait")
            .about("Wait for one event and print it")
            .long_about("Wait for the next event of a kind and print it.\n\nExit code 3 when the --timeout (60s unless given) passes first.")
            .args([Arg::new("event").value_name("EVENT").required(true).help("Which: chat.received, or chat for any of a feature"), from()]),
        Command::new("rpc")
            .about("Call a method of the local API and print its reply")
            .long_about("Call a method of the local API as it is, and print its reply as JSON.\n\nFor example: qqctl rpc chat.history '{\"to\":\"bob\",\"count\":3}'")
            .args([
                Arg::new("method").value_name("METHOD").required(true).help("For example chat.send"),
                Arg::new("params").value_name("JSON").help("The params as a JSON object; - reads them from standard input"),
            ]),
        Command::new("schema").about("Print the JSON Schema of the local API: every method, reply, event and error"),
        Command::new("words").about("Explain the words that you see").long_about(crate::words::text()),
        crate::completion::command(),
        crate::man::command(),
    ]
}

/// What the global options say.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) no_start: bool,
    pub(crate) color: String,
    pub(crate) account: Option<String>,
}

impl Options {
    pub(crate) fn read(matches: &ArgMatches) -> Self {
        Self {
            json: matches.get_flag("global-json"),
            quiet: matches.get_flag("global-quiet"),
            timeout: matches.get_one("global-timeout").copied(),
            socket: matches.get_one("global-socket").cloned(),
            no_start: matches.get_flag("global-no-start"),
            color: matches.get_one("global-color").cloned().unwrap_or_default(),
            account: matches.get_one("global-account").cloned(),
        }
    }
}

/// `500ms`, `30s`, `5m`, `1h`; a bare number is seconds.
fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a time is a number and ms, s, m or h: 30s".to_owned())?;
    let ms = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("{unit:?} is no unit of time: use ms, s, m or h")),
    };
    number
        .checked_mul(ms)
        .map(Duration::from_millis)
        .ok_or_else(|| "that is longer than anybody waits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_one_that_clap_accepts() {
        command().debug_assert();
    }

    #[test]
    fn times_are_read_with_and_without_a_unit() {
        assert_eq!(parse_time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_time("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_time("2m"), Ok(Duration::from_secs(120)));
        assert!(parse_time("soon").is_err());
        assert!(parse_time("3 weeks").is_err());
        assert!(parse_time("99999999999999999999h").is_err());
    }

    #[test]
    fn shake_takes_a_friend_or_its_verb() {
        for args in [&["qqctl", "shake", "bob"][..], &["qqctl", "shake", "send", "bob"]] {
            command().try_get_matches_from(args).unwrap();
        }
    }
}
