//! Starting the daemon when it does not run, detached from whoever started it, with its log in `$XDG_STATE_HOME/qqd/`.

use std::fs::{DirBuilder, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Code, Error};

/// How long a daemon that we started may take until it answers.
const START: Duration = Duration::from_secs(5);
/// The daemon's log is put aside when it has grown beyond this.
const LOG_MAX: u64 = 4 << 20;
/// How long one that is ending is given before another one is started.
const AGAIN: Duration = Duration::from_millis(50);
/// The daemon's exit code when another one is there already.
const ANOTHER: i32 = 75;

/// Whether somebody listens on the socket: the daemon itself, or the service manager that starts it when it is called.
pub fn answers(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

/// Starts the daemon for this socket and waits until it answers, at most five seconds. `named` tells it the socket's
/// path, for one that is not where it would look by itself.
///
/// # Errors
/// [`Code::NoDaemon`] with the last line of the daemon's log.
pub fn start(socket: &Path, named: bool) -> Result<(), Error> {
    let no_daemon = |sentence: String| Error::new(Code::NoDaemon, sentence);
    let program = daemon_program();
    let log_path =
        log_path().map_err(|error| no_daemon(format!("there is no place for qqd's log: {error}")))?;
    let mut log = open_log(&log_path)
        .map_err(|error| no_daemon(format!("qqd's log {} cannot be written: {error}", log_path.display())))?;
    let begin = log.seek(SeekFrom::End(0)).unwrap_or(0);
    let spawned = || {
        spawn(&program, named.then_some(socket), &log)
            .map_err(|error| no_daemon(format!("qqd cannot be started ({}): {error}", program.display())))
    };
    wait_for(socket, spawned, (&log, begin), &log_path)
}

/// The qqd beside this program, else the one on the PATH.
fn daemon_program() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|own| own.canonicalize().ok())
        .map(|own| own.with_file_name("qqd"))
        .filter(|beside| beside.exists())
        .unwrap_or_else(|| PathBuf::from("qqd"))
}

/// Starts it in a session of its own (`--detached`), so that neither Ctrl+C nor a closed terminal reaches it.
fn spawn(program: &Path, socket: Option<&Path>, log: &File) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command.arg("--detached").current_dir("/").stdin(Stdio::null());
    command.stdout(log.try_clone()?).stderr(log.try_clone()?);
    if let Some(socket) = socket {
        command.arg("--socket").arg(std::path::absolute(socket)?);
    }
    command.spawn()
}

fn wait_for(
    socket: &Path,
    spawned: impl Fn() -> Result<Child, Error>,
    (log, begin): (&File, u64),
    log_path: &Path,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut child = spawned()?;
    let mut pause = Duration::from_millis(1);
    loop {
        if answers(socket) {
            return Ok(());
        }
        let ended = child.try_wait().ok().flatten();
        let late = started.elapsed() > START;
        // Another program may have started one at the same moment: ours ends with 75, and theirs will answer. Or an older one
        // has been told to end and is still there: then it is our turn in a moment.
        let sentence = match ended {
            Some(status) if !late && status.code() == Some(ANOTHER) => {
                std::thread::sleep(AGAIN);
                if !answers(socket) {
                    child = spawned()?;
                }
                None
            }
            Some(status) => {
                let said = last_line(log, begin).unwrap_or_else(|| status.to_string());
                Some(format!("qqd could not start: {}", said.trim_start_matches("qqd: ")))
            }
            None if late => Some("qqd was started and does not answer after 5 seconds".to_owned()),
            None => None,
        };
        if let Some(sentence) = sentence {
            let hint = format!("its log is {}", log_path.display());
            return Err(Error::new(Code::NoDaemon, sentence).with_hint(hint));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// `$XDG_STATE_HOME/qqd/qqd.log`, its directory made.
fn log_path() -> std::io::Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = match (state, std::env::var_os("HOME")) {
        (Some(state), _) => state,
        (None, Some(home)) => PathBuf::from(home).join(".local/state"),
        (None, None) => return Err(std::io::Error::other("neither XDG_STATE_HOME nor HOME is set")),
    };
    let dir = state.join("qqd");
    let make = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
    make.map_err(|error| std::io::Error::other(format!("{} cannot be made: {error}", dir.display())))?;
    Ok(dir.join("qqd.log"))
}

fn open_log(path: &Path) -> std::io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() > LOG_MAX) {
        std::fs::rename(path, path.with_extension("log.old"))?;
    }
    // A link that somebody else put there is not followed.
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    File::options().create(true).append(true).read(true).mode(0o600).custom_flags(flags).open(path)
}

/// The last line that the daemon wrote since it was started, at most 4 KiB of it.
fn last_line(mut log: &File, begin: u64) -> Option<String> {
    let end = log.seek(SeekFrom::End(0)).ok()?;
    log.seek(SeekFrom::Start(begin.max(end.saturating_sub(4096)))).ok()?;
    let mut text = Vec::new();
    log.read_to_end(&mut text).ok()?;
    String::from_utf8_lossy(&text).lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned)
}
