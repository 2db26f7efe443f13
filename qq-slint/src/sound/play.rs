//! Playing: one thread hands the sounds to the desktop's player, one after the other; the event loop never waits.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::{Sound, wave};
use crate::child;

/// The players that are tried: of PipeWire, of PulseAudio, of ALSA.
const PLAYERS: [&[&str]; 3] = [&["pw-play"], &["paplay"], &["aplay", "-q"]];
/// So many sounds wait; when friends come by the dozen, the rest is not heard.
const WAITING: usize = 2;
/// A player that is not done by then hangs: the longest sound takes less than a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a player is looked after.
const LOOK: Duration = Duration::from_millis(50);

/// Plays sounds beside the event loop.
#[derive(Debug)]
pub(crate) struct Player {
    asked: Option<SyncSender<Sound>>,
    /// What was to be heard.
    #[cfg(test)]
    pub(crate) heard: std::cell::RefCell<Vec<Sound>>,
}

impl Player {
    /// A player that puts its files into the session's directory.
    pub(crate) fn of_session() -> Self {
        match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute()) {
            Some(dir) => Self::open(dir, Vec::new()),
            None => Self::silent(),
        }
    }

    fn with(asked: Option<SyncSender<Sound>>) -> Self {
        Self {
            asked,
            #[cfg(test)]
            heard: std::cell::RefCell::default(),
        }
    }

    /// A player that plays nothing.
    pub(crate) fn silent() -> Self {
        Self::with(None)
    }

    /// A player with its files in `dir`; `env` is set for the programs that play.
    pub(crate) fn open(dir: PathBuf, env: Vec<(String, String)>) -> Self {
        let (asked, sounds) = sync_channel(WAITING);
        // Without a thread it is silent: the channel's other end is gone.
        let _ = std::thread::Builder::new().name("sound".into()).spawn(move || keep(&sounds, &dir, &env));
        Self::with(Some(asked))
    }

    /// Plays a sound soon; one too many is dropped.
    pub(crate) fn play(&self, sound: Sound) {
        #[cfg(test)]
        self.heard.borrow_mut().push(sound);
        if let Some(asked) = &self.asked {
            let _ = asked.try_send(sound);
        }
    }
}

fn keep(sounds: &Receiver<Sound>, dir: &Path, env: &[(String, String)]) {
    let path = dir.join(format!("qq-slint-{}.wav", std::process::id()));
    while let Ok(sound) = sounds.recv() {
        // A full disk or a missing player: the sound is not heard, the message is seen.
        if write(&path, &wave::file(sound)).is_ok() {
            let _ = PLAYERS.iter().any(|player| plays(player, &path, env));
        }
        let _ = std::fs::remove_file(&path);
    }
}

fn write(path: &Path, file: &[u8]) -> std::io::Result<()> {
    let _ = std::fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(file)
}

/// Whether this player has played it.
fn plays(player: &[&str], path: &Path, env: &[(String, String)]) -> bool {
    let Some((program, arguments)) = player.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(path).envs(env.iter().map(|(name, value)| (name, value)));
    let Ok(mut child) = child::quiet(&mut command) else { return false };
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if started.elapsed() < PATIENCE => std::thread::sleep(LOOK),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::process::{Child, Stdio};
    use std::sync::mpsc::channel;

    use super::*;

    /// A program that ends with the test.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// A PulseAudio of its own, whose only loudspeaker is none.
    fn server(dir: &Path, socket: &Path) -> Running {
        let module = format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display());
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm"]);
        command.args(["-L", "module-null-sink sink_name=quiet", "-L", &module]);
        command.envs([("HOME", dir), ("XDG_RUNTIME_DIR", dir), ("PULSE_RUNTIME_PATH", dir)]);
        let running =
            Running(child::quiet(&mut command).expect("pulseaudio starts (apt install pulseaudio)"));
        let started = Instant::now();
        while UnixStream::connect(socket).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "pulseaudio does not listen");
            std::thread::yield_now();
        }
        running
    }

    #[test]
    fn a_sound_comes_out_of_the_loudspeaker() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("pulse");
        let _server = server(dir.path(), &socket);
        let address = format!("unix:{}", socket.display());
        let mut recorder = Command::new("parec");
        recorder.args([
            "-s",
            &address,
            "-d",
            "quiet.monitor",
            "--raw",
            "--format=s16le",
            "--channels=1",
            "--latency-msec=20",
        ]);
        recorder.env("HOME", dir.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut recorder = Running(recorder.spawn().expect("parec starts (apt install pulseaudio-utils)"));
        let mut heard = recorder.0.stdout.take().unwrap();
        let (sender, loud) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = heard.read(&mut bytes) {
                let samples =
                    bytes[..read].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
                if sender.send(samples.map(i16::unsigned_abs).max().unwrap_or_default()).is_err() {
                    return;
                }
            }
        });
        // The recorder hears silence first: from then on it hears everything.
        assert_eq!(loud.recv_timeout(Duration::from_secs(20)), Ok(0));
        let env = vec![
            ("PULSE_SERVER".to_owned(), address),
            ("XDG_RUNTIME_DIR".to_owned(), dir.path().display().to_string()),
        ];
        Player::open(dir.path().to_owned(), env).play(Sound::Message);
        let started = Instant::now();
        while loud.recv_timeout(Duration::from_secs(20)).unwrap() < 2_000 {
            assert!(started.elapsed() < Duration::from_secs(20), "nothing was heard");
        }
    }

    #[test]
    fn where_there_is_no_player_it_is_quiet_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sound.wav");
        write(&path, b"no sound").unwrap();
        assert!(!plays(&["qq-slint-no-such-player"], &path, &[]));
        assert!(!plays(&["false"], &path, &[]));
        assert!(plays(&["true"], &path, &[]));
    }
}
