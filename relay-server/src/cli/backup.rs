//! `backup` and `restore`: all that brings a relay back, in one file. Backing up works beside the server and without
//! it; a restore has the directory for itself.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use time::OffsetDateTime;
use time::macros::format_description;
use zeroize::Zeroizing;

use super::{Talk, print, question, talk, wrap};
use crate::admin::{Code, Trouble};
use crate::data_dir::{self, DataDir};
use crate::net::{Certificates, Files, TlsError};
use crate::store::backup::{Draft, FILES, Held, Piece};
use crate::store::restore::{Sealed, Unpacked};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write; it appears when it is whole. It can be read by nobody else: it holds the server's key.
    pub(super) file: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Say what it holds as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    talk: Talk,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that `relay-server backup` wrote.
    pub(super) file: PathBuf,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Say what was restored as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    talk: Talk,
}

/// `relay-server backup`.
pub(super) fn backup(data: Option<&Path>, args: &Backup) -> Result<(), Trouble> {
    if args.file == Path::new("-") {
        let text =
            "a backup must appear whole or not at all, so it cannot go to standard output: name a file";
        return Err(Trouble::new(Code::Usage, text));
    }
    crate::secrecy::no_core_dumps();
    let dir = data_dir::open(&data_dir::find(data), false)?;
    let mut draft = Draft::begin(&args.file, dir.path(), args.force)?;
    let mut meter = Meter::new("copying", args.json || args.talk.quiet);
    let (pieces, fingerprint) = data_dir::as_owner(dir.path(), || -> Result<_, Trouble> {
        let own = own_files(&dir)?;
        draft.fill(dir.path(), &mut |done, all| meter.show(done, all))?;
        Ok(own)
    })??;
    drop(meter);
    let path = draft.place().to_owned();
    let held = draft.finish(&pieces, now_ms(), dir.path())?;
    let bytes = fs::metadata(&path).map_or(0, |file| file.len());
    if args.json {
        let Held { accounts, messages, made_ms } = held;
        return print_json(&serde_json::json!({
            "file": path, "made_ms": made_ms, "accounts": accounts, "messages": messages, "bytes": bytes,
            "fingerprint": fingerprint,
        }));
    }
    if args.talk.quiet {
        return Ok(());
    }
    let key = fingerprint.map_or_else(
        || {
            "; no key: the certificate that the configuration names (tls_cert, tls_key) is yours to keep"
                .to_owned()
        },
        |fingerprint| format!(", the key {fingerprint}"),
    );
    talk(&format!("{} holds {}, {}{key}", path.display(), contents(held), size(bytes)))
}

/// The server's own key and certificate, if it has made them, and the fingerprint.
fn own_files(dir: &DataDir) -> Result<(Vec<Piece>, Option<String>), Trouble> {
    let Some(files) = Files::made(dir.path())? else { return Ok((Vec::new(), None)) };
    let fingerprint = Certificates::load(files)?.fingerprint();
    let mut pieces = Vec::with_capacity(FILES.len());
    for name in FILES {
        let path = dir.path().join(name);
        let mut body = Zeroizing::new(Vec::with_capacity(64 * 1_024));
        let read = File::open(&path).and_then(|mut file| file.read_to_end(&mut body));
        read.map_err(|why| TlsError::File { path, why })?;
        pieces.push((name, body));
    }
    Ok((pieces, Some(fingerprint)))
}

/// `relay-server restore`.
pub(super) fn restore(data: Option<&Path>, args: &Restore) -> Result<(), Trouble> {
    crate::secrecy::no_core_dumps();
    // Before root is given up: it may lie where only root can read.
    let sealed = Sealed::open(&args.file)?;
    let found = data_dir::find(data);
    let path = std::path::absolute(&found).unwrap_or(found);
    let made = !path.exists();
    let restored = restore_to(&path, sealed, args);
    if made && restored.is_err() {
        // As it was before: empty but for the lock, or it stays.
        let _ = fs::remove_file(path.join("lock")).and_then(|()| fs::remove_dir(&path));
    }
    restored
}

fn restore_to(path: &Path, sealed: Sealed, args: &Restore) -> Result<(), Trouble> {
    let dir = data_dir::open(path, true)?;
    data_dir::drop_privileges(dir.path())?;
    let _lock = dir.lock().map_err(|error| match error {
        data_dir::Error::InUse(path) => Trouble::new(
            Code::Conflict,
            format!("a server runs on `{}`: stop it first; nothing was changed", path.display()),
        ),
        other => other.into(),
    })?;
    let asks = dir.path().join(crate::store::FILE).exists() && !args.yes;
    if asks && !question::is_possible() {
        let text = format!(
            "there is a store in `{}`: --yes puts the backup in its place (and keeps it beside); nothing was changed",
            dir.path().display()
        );
        return Err(Trouble::new(Code::Usage, text));
    }
    let unpacked = unpack(sealed, &dir, args)?;
    if asks && !agreed(&dir, &unpacked)? {
        return Err(Trouble::new(Code::Unexpected, "nothing was changed"));
    }
    let held = unpacked.held();
    let kept = unpacked.place(now_ms())?;
    let fingerprint = own_files(&dir)?.1;
    if args.json {
        let Held { accounts, messages, made_ms } = held;
        return print_json(&serde_json::json!({
            "data": dir.path(), "made_ms": made_ms, "accounts": accounts, "messages": messages,
            "fingerprint": fingerprint, "kept": kept,
        }));
    }
    if args.talk.quiet {
        return Ok(());
    }
    let words = words(&dir, held, fingerprint, kept.as_deref());
    talk(&wrap::lines(&words, wrap::columns(&io::stderr())))
}

fn unpack(sealed: Sealed, dir: &DataDir, args: &Restore) -> Result<Unpacked, Trouble> {
    let mut meter = Meter::new("reading", args.json || args.talk.quiet);
    Ok(sealed.unpack(dir.path(), &mut |done, all| meter.show(done, all))?)
}

fn agreed(dir: &DataDir, unpacked: &Unpacked) -> Result<bool, Trouble> {
    // The question is written to the terminal, which standard input is.
    question::ask(&wrap::lines(&warning(dir, unpacked.held()), wrap::columns(&io::stdin())))
}

/// What comes back and what goes with it, and the question in a line of its own.
fn warning(dir: &DataDir, held: Held) -> String {
    format!(
        "The backup holds {}; it is for {}.\n{}.\nRestore? What is there now is kept beside it.",
        contents(held),
        dir.path().display(),
        since(held, "After that")
    )
}

/// What was done, and what it means for those who use the server.
fn words(dir: &DataDir, held: Held, fingerprint: Option<String>, kept: Option<&Path>) -> String {
    let mut text = format!("{} has {} again", dir.path().display(), contents(held));
    if let Some(fingerprint) = fingerprint {
        text.push_str(&format!(", and the key {fingerprint}"));
    }
    if let Some(kept) = kept {
        text.push_str(&format!("\nwhat was there before lies in {}", kept.display()));
    }
    text.push_str(&format!(
        "\n{}\nstart the server; devices that have logged in since the backup ask for the password once, and bring \
         along what they have",
        since(held, "now")
    ));
    text
}

/// What an administrator has to look after: the backup cannot know what he has done since.
fn since(held: Held, when: &str) -> String {
    format!(
        "{when} everything is as it was at {}: accounts and invitations that were made since are gone; accounts that \
         were removed since are there again; passwords that were changed since are the old ones; invitations that were \
         used up or revoked since work again; look through `relay-server account list` and `relay-server invite list` \
         before you start it",
        moment(held.made_ms)
    )
}

/// `2 accounts, 150 messages, as of 2026-11-23 09:40:12 UTC`.
fn contents(held: Held) -> String {
    let Held { accounts, messages, made_ms } = held;
    let many = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    format!("{}, {}, as of {}", many(accounts, "account"), many(messages, "message"), moment(made_ms))
}

fn moment(ms: i64) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let time = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000)).ok();
    time.and_then(|time| time.format(form).ok()).unwrap_or_else(|| "?".to_owned())
}

/// In the largest unit that leaves a number above 1.
fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fits = units.into_iter().find(|(unit, _)| bytes >= *unit);
    fits.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
    )
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

fn print_json(object: &serde_json::Value) -> Result<(), Trouble> {
    print(&format!("{object}\n"))
}

/// How far it is, on one line of a terminal that is empty again afterwards.
struct Meter {
    word: &'static str,
    shown: Option<u64>,
    hidden: bool,
}

impl Meter {
    fn new(word: &'static str, hidden: bool) -> Self {
        Self { word, shown: None, hidden: hidden || !io::stderr().is_terminal() }
    }

    fn show(&mut self, done: u64, all: u64) {
        let percent = (done * 100).checked_div(all).unwrap_or(100);
        if !self.hidden && self.shown != Some(percent) {
            self.shown = Some(percent);
            // Nobody may be looking.
            let _ = write!(io::stderr(), "\r{}: {percent:>3} % of {}", self.word, size(all));
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_backup_holds_is_said_in_words() {
        let held = |accounts, messages| contents(Held { accounts, messages, made_ms: 1_764_000_000_999 });
        assert_eq!(held(1, 0), "1 account, 0 messages, as of 2025-11-24 16:00:00 UTC");
        assert_eq!(held(2, 1), "2 accounts, 1 message, as of 2025-11-24 16:00:00 UTC");
        assert_eq!(moment(i64::MAX), "?");
    }

    #[test]
    fn before_a_restore_somebody_reads_what_it_undoes_and_a_short_question() {
        let home = tempfile::tempdir().unwrap();
        let dir = data_dir::open(&home.path().join("data"), true).unwrap();
        let warning = warning(&dir, Held { accounts: 1, messages: 0, made_ms: 1_764_000_000_999 });
        for what in [
            "After that everything is as it was at 2025-11-24 16:00:00 UTC: ",
            "accounts and invitations that were made since are gone",
            "accounts that were removed since are there again",
            "passwords",
            "invitations that were used up or revoked since work again",
            "`relay-server invite list`",
        ] {
            assert!(warning.contains(what), "{what}: {warning}");
        }
        let lines = wrap::lines(&warning, Some(60));
        let last = lines.lines().last().unwrap();
        assert_eq!(last, "Restore? What is there now is kept beside it.");
        // But for the directory, which is as long as it is.
        let long = lines.lines().filter(|line| line.len() > 60 && !line.contains("/data")).count();
        assert_eq!(long, 0, "{lines}");
    }

    #[test]
    fn sizes_are_said_in_a_unit_that_fits() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1.0 KiB"),
            (1_600 * 1_024, "1.5 MiB"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }
}
