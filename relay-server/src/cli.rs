//! The command line: `serve`, and what an administrator does to accounts and friendships, whether a server runs on
//! the data directory or not. Data goes to standard output, talk to standard error; exit codes as in ipc.md.

mod account;
mod backup;
mod help;
mod invite;
mod link;
mod list;
mod man;
mod password;
mod question;
mod trouble;
mod up;
mod wrap;

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::admin::{Code, Trouble, Wish};
use crate::config::{self, Config};
use crate::data_dir;
use crate::shell::{self, FirstMinute};

/// The server of Qiaoqiao: accounts, friends, and messages that are never lost.
#[derive(Debug, Parser)]
#[command(name = "relay-server", version, after_help = help::PROGRAM, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The data directory; without it $STATE_DIRECTORY, else /var/lib/relay-server where it exists, else
    /// $XDG_DATA_HOME/relay-server.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is told to stop.
    #[command(after_help = help::SERVE)]
    Serve(Serve),
    /// Run the server, and print a link for each person that is to come: the first minute.
    #[command(after_help = help::UP)]
    Up(up::Up),
    /// Invite people: whoever has an invitation's link makes an account without you.
    #[command(subcommand)]
    Invite(invite::Invite),
    /// Make, list, change, disable, remove accounts.
    #[command(subcommand)]
    Account(Account),
    /// Make two accounts friends, or end that.
    #[command(subcommand)]
    Friend(Friend),
    /// Write all that brings this server back into one file, also while it runs.
    #[command(after_help = help::BACKUP)]
    Backup(backup::Backup),
    /// Bring a server back from a backup; it must not be running.
    #[command(after_help = help::RESTORE)]
    Restore(backup::Restore),
    /// Print every setting with one line about it: a valid configuration file.
    Config {
        /// Print the settings of this file instead of the defaults.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Write the pages of the manual into a directory: for whoever packages the program.
    #[command(hide = true)]
    Man {
        /// Which directory.
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// Where clients connect with TLS (0.0.0.0:5290 unless the configuration says otherwise); port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Where clients connect without encryption, or `off` (as it is unless the configuration says otherwise).
    #[arg(long, value_name = "ADDR:PORT", value_parser = address_or_off)]
    listen_plain: Option<AddressOrOff>,
    /// The configuration file; `relay-server config` prints one. Flags win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say whether the configuration is right, and end.
    #[arg(long)]
    check_config: bool,
}

#[derive(Debug, Clone, Copy)]
struct AddressOrOff(Option<SocketAddr>);

fn address(text: &str) -> Result<SocketAddr, String> {
    config::address(text).map_err(|wanted| format!("it must be {wanted}"))
}

fn address_or_off(text: &str) -> Result<AddressOrOff, String> {
    config::address_or_off(text).map(AddressOrOff).map_err(|wanted| format!("it must be {wanted}"))
}

#[derive(Debug, Subcommand)]
enum Account {
    /// Make an account.
    #[command(after_help = help::ADD)]
    Add {
        /// What it logs in with.
        name: String,
        /// The name that others see; its own if left out.
        #[arg(long = "name", value_name = "SHOWN")]
        shown: Option<String>,
        #[command(flatten)]
        password: PasswordFrom,
        #[command(flatten)]
        talk: Talk,
    },
    /// List all accounts.
    List {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Give an account another password; all its devices must log in anew.
    Passwd {
        /// Which account.
        name: String,
        #[command(flatten)]
        password: PasswordFrom,
        #[command(flatten)]
        talk: Talk,
    },
    /// Print a link that logs one device in without the password: for whoever has forgotten it.
    Link(invite::AccountLink),
    /// Log an account out everywhere and let nobody log in to it; what it has stays, and is kept for it.
    Disable {
        /// Which account.
        name: String,
        #[command(flatten)]
        talk: Talk,
    },
    /// Let a disabled account log in again.
    Enable {
        /// Which account.
        name: String,
        #[command(flatten)]
        talk: Talk,
    },
    /// Remove an account, its devices and its messages; on a terminal after a question.
    Remove {
        /// Which account.
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        talk: Talk,
    },
}

#[derive(Debug, Args)]
struct PasswordFrom {
    /// Read the password from standard input: its first line.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
struct Talk {
    /// Do not say what was done.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Friend {
    /// Make two accounts friends of each other.
    Add {
        /// One account.
        a: String,
        /// The other.
        b: String,
        #[command(flatten)]
        talk: Talk,
    },
    /// End a friendship, on both sides.
    Remove {
        /// One account.
        a: String,
        /// The other.
        b: String,
        #[command(flatten)]
        talk: Talk,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Code::Usage.exit() } else { 0 };
            // Help that nobody reads to its end is help all the same.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let json = match &cli.command {
        Command::Account(Account::List { json }) => *json,
        Command::Account(Account::Link(link)) => link.json,
        Command::Invite(invite) => invite.json(),
        Command::Backup(backup) => backup.json,
        Command::Restore(restore) => restore.json,
        Command::Serve(_)
        | Command::Up(_)
        | Command::Account(_)
        | Command::Friend(_)
        | Command::Config { .. }
        | Command::Man { .. } => false,
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            complain(&trouble, json);
            ExitCode::from(trouble.code.exit())
        }
    }
}

fn run(cli: Cli) -> Result<(), Trouble> {
    let data = cli.data.as_deref();
    let (wish, Talk { quiet }) = match cli.command {
        Command::Serve(serve) => return run_serve(&serve, data, None),
        Command::Up(up) => {
            let first = up.first_minute()?;
            return run_serve(&up.serve, data, Some(first));
        }
        Command::Invite(invite) => return invite::run(data, invite),
        Command::Account(Account::Link(args)) => return invite::account_link(data, args),
        Command::Config { config } => {
            let config = config.map_or_else(|| Ok(Config::default()), |path| Config::load(&path))?;
            return print(&config.print());
        }
        Command::Man { dir } => return man::write(&dir),
        Command::Backup(args) => return backup::backup(data, &args),
        Command::Restore(args) => return backup::restore(data, &args),
        Command::Account(Account::List { json }) => return run_list(json, data),
        Command::Account(Account::Add { name, shown, password, talk }) => {
            (account::add(data, name, shown.unwrap_or_default(), password.password_stdin)?, talk)
        }
        Command::Account(Account::Passwd { name, password, talk }) => {
            (account::passwd(data, name, password.password_stdin)?, talk)
        }
        Command::Account(Account::Disable { name, talk }) => (Wish::AccountDisable { account: name }, talk),
        Command::Account(Account::Enable { name, talk }) => (Wish::AccountEnable { account: name }, talk),
        Command::Account(Account::Remove { name, yes, talk }) => (account::remove(data, name, yes)?, talk),
        Command::Friend(Friend::Add { a, b, talk }) => (Wish::FriendAdd { a, b }, talk),
        Command::Friend(Friend::Remove { a, b, talk }) => (Wish::FriendRemove { a, b }, talk),
    };
    let done = account::done(&wish);
    account::carry_out(data, wish)?;
    if quiet { Ok(()) } else { talk(&done) }
}

fn run_list(json: bool, data: Option<&Path>) -> Result<(), Trouble> {
    let accounts = account::carry_out(data, Wish::AccountList)?.accounts.unwrap_or_default();
    if json {
        print(&list::json(&accounts, io::stdout().is_terminal())?)
    } else if accounts.is_empty() {
        talk("no accounts: relay-server account add NAME, or relay-server up --invite NAME,…")
    } else {
        print(&list::table(&accounts, list::terminal()))
    }
}

fn run_serve(serve: &Serve, data: Option<&Path>, first: Option<FirstMinute>) -> Result<(), Trouble> {
    let path = serve.config.as_deref();
    let file = path.map_or_else(|| Ok(Config::default()), Config::load)?;
    let mut config = file.clone();
    if let Some(address) = serve.listen {
        config.listen = address;
    }
    if let Some(AddressOrOff(address)) = serve.listen_plain {
        config.listen_plain = address;
    }
    config.check().map_err(|error| match path {
        // A flag's fault is not the file's.
        Some(path) if file.check().is_err() => error.in_file(path),
        _ => error,
    })?;
    let trouble = |error| trouble::start(error, path.filter(|_| config.tls_cert.is_some()));
    if serve.check_config {
        shell::check(&config).map_err(trouble)?;
        return talk("the configuration is right");
    }
    crate::log::start(config.log);
    shell::serve(&config, &data_dir::find(data), first).map_err(trouble)
}

/// Data, to standard output. A reader that has gone has seen enough.
fn print(text: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Trouble::new(Code::Unexpected, format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Words for a person, to standard error.
fn talk(text: &str) -> Result<(), Trouble> {
    // Nobody may be listening.
    let _ = writeln!(io::stderr().lock(), "{text}");
    Ok(())
}

fn complain(trouble: &Trouble, json: bool) {
    let line = if json {
        serde_json::json!({ "error": trouble }).to_string()
    } else {
        format!("relay-server: {trouble}")
    };
    let _ = talk(&line);
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_data_directory_may_be_named_anywhere() {
        for line in ["--data d account list", "account --data d list", "account list --data d"] {
            let cli = Cli::try_parse_from(std::iter::once("relay-server").chain(line.split(' '))).unwrap();
            assert_eq!(cli.data, Some(PathBuf::from("d")));
        }
    }

    #[test]
    fn plain_text_is_an_address_or_off() {
        assert!(address_or_off("off").unwrap().0.is_none());
        assert_eq!(address_or_off("[::1]:5").unwrap().0, "[::1]:5".parse().ok());
        assert!(address_or_off("localhost").is_err());
    }
}
