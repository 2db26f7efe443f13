//! A server as a process of its own: the real relay, or the reference. Its CPU and memory are read from /proc.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::host;

const PATIENCE: Duration = Duration::from_secs(60);

/// See the module; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it speaks TLS.
    pub tls: SocketAddr,
    /// Where it does not.
    pub plain: SocketAddr,
    /// Where it logs.
    log: PathBuf,
}

/// What a server's process has used at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    cpu: Duration,
    at: Instant,
}

/// CPU and wall time of a stretch of work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Of the server's process.
    pub cpu: Duration,
    /// By the clock on the wall.
    pub wall: Duration,
}

impl Cost {
    /// Microseconds of the server's CPU for each of so many.
    pub fn cpu_us(&self, count: u64) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / count.max(1) as f64
    }

    /// So many a second.
    pub fn rate(&self, count: u64) -> f64 {
        count as f64 / self.wall.as_secs_f64().max(1e-9)
    }
}

impl Server {
    /// The relay, on a data directory, with a configuration file.
    pub fn relay(program: &Path, data: &Path, config: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg("--config")
            .arg(config)
            .arg("--data")
            .arg(data)
            .env_remove("STATE_DIRECTORY");
        command.stdin(Stdio::null());
        Self::start(command, &data.with_extension("log"))
    }

    /// The reference: this program under another name. It ends with its standard input, so never outlives us.
    pub fn raw(folder: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("raw").stdin(Stdio::piped());
        Self::start(command, &folder.join("raw.log"))
    }

    fn start(mut command: Command, log: &Path) -> Result<Self> {
        let program = command.get_program().to_owned();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let stdout = child.stdout.take().context("its standard output is a pipe")?;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = tell.send(line);
        });
        let mut server = Self { child, tls: unknown(), plain: unknown(), log: log.to_owned() };
        let ready = told.recv_timeout(PATIENCE).unwrap_or_default();
        if !ready.starts_with("ready ") {
            bail!("{} does not get ready:\n{}", program.display(), server.last_words());
        }
        let said = |key: &str| {
            let words = ready.split_whitespace().filter_map(|word| word.split_once('='));
            words.filter(|(name, _)| *name == key).find_map(|(_, value)| value.parse().ok())
        };
        server.tls = said("tls").context("the server speaks no TLS")?;
        server.plain = said("plain").context("the server speaks no plain text")?;
        Ok(server)
    }

    /// What it has used so far.
    pub fn used(&self) -> Result<Used> {
        Ok(Used { cpu: host::cpu(self.child.id())?, at: Instant::now() })
    }

    /// What it has used since then.
    pub fn since(&self, then: Used) -> Result<Cost> {
        let wall = then.at.elapsed();
        Ok(Cost { cpu: host::cpu(self.child.id())?.saturating_sub(then.cpu), wall })
    }

    /// Its resident memory, in bytes.
    pub fn rss(&self) -> Result<u64> {
        host::rss(self.child.id())
    }

    /// Returns once the server has used no CPU for a moment: what it was told is done.
    pub async fn settle(&self) -> Result<()> {
        const MOMENT: Duration = Duration::from_millis(30);
        let begun = Instant::now();
        let mut before = host::cpu(self.child.id())?;
        loop {
            tokio::time::sleep(MOMENT).await;
            let now = host::cpu(self.child.id())?;
            if now.saturating_sub(before) < MOMENT / 30 {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the server does not come to rest");
            }
            before = now;
        }
    }

    /// SIGTERM, and its end.
    pub fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        let begun = Instant::now();
        // The reference may have ended with its standard input.
        let _ = kill(pid, Signal::SIGTERM);
        while self.child.try_wait()?.is_none() {
            if begun.elapsed() > PATIENCE {
                bail!("the server does not stop:\n{}", self.last_words());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

fn unknown() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
