//! What stands below the options in `--help`. A paragraph is one line, which clap wraps for the terminal; an example
//! fits into 78 columns.

pub(super) const PROGRAM: &str = "\
Examples:
  Try it on this machine, with an account and a friend for it:
    echo 'a password' | relay-server account add alice --password-stdin
    echo 'another one' | relay-server account add bob --password-stdin
    relay-server friend add alice bob
    relay-server serve --listen 127.0.0.1:5290

  Or let people join by themselves:
    relay-server up --invite alice,bob

  See every setting with its default, change some, check them:
    relay-server config > relay.toml
    relay-server serve --config relay.toml --check-config

Exit codes: 0 done, 1 unexpected, 2 wrong usage or configuration, 7 no such account, invitation, file or directory, 8 denied, \
11 conflict (taken, friends already, address or directory in use).";

pub(super) const SERVE: &str = "\
When it is ready it prints one line:
  ready tls=0.0.0.0:5290 plain=off fingerprint=SHA256:…

People compare the fingerprint when they first connect. SIGTERM ends the server within 5 seconds; SIGHUP makes it \
load its certificate again, which it also does by itself when the files change.

Examples:
  relay-server serve
  relay-server serve --data ./data --listen 127.0.0.1:0
  relay-server serve --listen-plain 127.0.0.1:5291";

pub(super) const UP: &str = "\
It makes the store and the key if there are none, serves as `serve` does, and prints a link for each person. Whoever \
runs `qqctl join 'LINK'` has an account, trusts this server's key, and is logged in. Those who join by the links of \
one `up` are friends of each other. Started again with the same names it prints fresh links for those who have not \
joined yet.

Examples:
  relay-server up --invite alice,bob
  relay-server up --invite alice,bob --public relay.example";

pub(super) const INVITE: &str = "\
The link is printed once, and cannot be printed again: the server keeps no code. Works while the server runs and \
while it does not.

Examples:
  relay-server invite create
  relay-server invite create carol --friend alice --friend bob
  relay-server invite create --uses 20 --expires 12h --public relay.example";

pub(super) const ADD: &str = "\
An account's name has 1 to 64 of a-z, 0-9, `.`, `_` and `-`; capital letters are made small. Works while the server \
runs and while it does not. On a terminal, without --password-stdin, the password is asked for.

Example:
  echo secret | relay-server account add bob --name Bob --password-stdin";

pub(super) const BACKUP: &str = "\
The file holds the database (accounts, friends, messages) as it is at this moment, and the server's own key and \
certificate, without which every client would have to trust it anew. It does not hold the configuration file, nor a \
certificate that the configuration names: keep copies of those. Whoever has the file can read everything and pose as \
your server: keep it where nobody else can read it, and not only on this machine.

The server goes on while it is written; only its write-ahead log grows by what is written meanwhile.

Examples:
  relay-server backup ~/relay-2026-11-23.backup
  relay-server backup --force --json /mnt/other-disk/relay.backup

relay-server restore brings it back.";

pub(super) const RESTORE: &str = "\
The backup is looked through before anything changes. What was in the data directory is not deleted but moved into a \
folder before-restore-… there. A directory that is missing is made.

Everything is as it was when the backup was made. Accounts and invitations that were made since are gone; accounts that \
were removed since are there again; passwords that were changed since are the old ones; invitations that were used up or revoked since work \
again: remove, change and revoke them once more. The command says from when the backup is.

Clients see that the server is older than what they know, and send again what it lacks of theirs. A device that has \
logged in since the backup asks for the password once; one that stayed connected goes on by itself.

Examples:
  relay-server restore ~/relay-2026-11-23.backup
  relay-server restore --yes --data /var/lib/relay-server /mnt/relay.backup";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;

    fn helps(command: &mut clap::Command, columns: usize, all: &mut Vec<String>) {
        *command = command.clone().term_width(columns);
        all.push(command.render_long_help().to_string());
        command.get_subcommands_mut().for_each(|sub| helps(sub, columns, all));
    }

    /// A line of prose that has room for the next one's first word was broken in the source.
    #[test]
    fn no_help_is_wrapped_twice() {
        for columns in [80, 100] {
            let mut all = Vec::new();
            let mut program = Cli::command();
            program.build();
            helps(&mut program, columns, &mut all);
            for help in &all {
                for (line, next) in help.lines().zip(help.lines().skip(1)) {
                    let width = line.chars().count();
                    assert!(width <= columns, "{columns}: {line}");
                    let prose = |line: &str| line.starts_with(|c: char| !c.is_whitespace());
                    let word = next.split(' ').next().unwrap_or("");
                    let broken = prose(line) && prose(next) && width + 1 + word.chars().count() < columns;
                    assert!(!broken, "{columns}: {line:?} has room for {word:?}");
                }
            }
        }
    }

    #[test]
    fn the_places_of_the_data_directory_are_named_in_their_order() {
        let mut program = Cli::command().term_width(1_000);
        program.build();
        let help = program.find_subcommand_mut("serve").unwrap().render_help().to_string();
        let mut from = 0;
        for place in ["--data", "$STATE_DIRECTORY", "/var/lib/relay-server", "$XDG_DATA_HOME/relay-server"] {
            let at = help[from..].find(place);
            from += at.unwrap_or_else(|| panic!("{place} is missing after its forerunner: {help}"));
        }
    }
}
