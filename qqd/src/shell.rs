//! The only `select!` of the daemon's own thread: what comes in goes to the core one by one, what the core says is
//! carried out at once. It thinks nothing itself, and wakes up only when something happened or the core's deadline
//! has come.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout_at};

use crate::args::{Args, Missing};
use crate::core::io::{Aim, Examined, Window, is_hash};
use crate::core::notify::Language;
use crate::core::{Core, Input, Now, Output};
use crate::inherited;
use crate::ipc::{Place, Refusal, Server, Settings};
use crate::log;
use crate::notify::Desktop;
use crate::open::open;
use crate::outdated::{Outdated, version};
use crate::relay::{self, Links, Wake};
use crate::store::{self, Answer, OpenError, Store};

/// Frontends' requests that wait for the core; beyond, the frontends wait.
const INPUTS: usize = 1024;
/// After so many outputs in a row the connections may write, so that a burst is no reader's fault.
const BREATH: usize = 128;
/// Being told to stop, the daemon ends within this.
const STOP: Duration = Duration::from_secs(5);
/// Of that, for the relay to hear the good-bye, and for frontends to read their last answers.
const GOODBYE: Duration = Duration::from_millis(1500);
/// `EX_TEMPFAIL`: another daemon is there.
const TAKEN: u8 = 75;

/// Runs the daemon until it is told to end.
///
/// # Errors
/// One sentence for the user; see [`exit_code`].
pub fn run(args: &Args) -> anyhow::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    let closed = if args.detached { inherited::close() } else { Ok(()) };
    log::start(args.log()?);
    if let Err(error) = closed {
        tracing::warn!(%error, "what the starting program has open stays open as long as this one runs");
    }
    if args.detached {
        // Refused only to the leader of a process group, who has no terminal to leave that would end it.
        let _ = nix::unistd::setsid();
    }
    if let Err(error) = no_core_dumps() {
        tracing::warn!(%error, "a crash may leave passwords in a core dump");
    }
    // Before there are threads: it changes the environment.
    let place = match Place::inherit()? {
        Some(place) => place,
        None => Place::take(&args.socket()?)?,
    };
    // Bounded by the operations that are asked and not answered, see `Shell::next`; the store must never wait here.
    let (answer, answers) = mpsc::unbounded_channel();
    let store = Store::open(&args.data()?, move |batch| {
        // Without a shell nobody waits for an answer.
        let _ = answer.send(batch);
    })?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build().context("no event loop")?;
    let ended = runtime.block_on(serve(place, store, answers));
    // A look-up of a name may still hang; nobody waits for it.
    runtime.shutdown_background();
    ended
}

/// What the process ends with: 75 when another daemon is there already, 2 for wrong usage, else 1.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    let is_taken = matches!(error.downcast_ref(), Some(Refusal::Taken { .. }))
        || matches!(error.downcast_ref(), Some(OpenError::Running { .. }));
    match error.downcast_ref() {
        Some(Missing::Log(_)) => 2,
        _ if is_taken => TAKEN,
        _ => 1,
    }
}

/// Neither into a file nor to a collector: for both, a limit of one byte means none (core(5)). Where no limit may be
/// set, the process is closed to look into, too.
fn no_core_dumps() -> nix::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_CORE)?;
    if most >= 1 {
        return setrlimit(Resource::RLIMIT_CORE, 1, most);
    }
    prctl::set_dumpable(false)
}

async fn serve(
    mut place: Place,
    store: Store,
    answers: mpsc::UnboundedReceiver<Vec<Answer>>,
) -> anyhow::Result<()> {
    let signals = Signals::new().context("signals cannot be awaited")?;
    let (sender, inputs) = mpsc::channel(INPUTS);
    let server = Server::start(place.listen()?, Settings::new(), sender.clone());
    let links = Links::new();
    let wake = Wake::new();
    let random = Rc::new(|bytes: &mut [u8]| {
        getrandom::fill(bytes).expect("the kernel's random numbers are there once a system runs");
    });
    let clock = Clock::new();
    let mut core = Core::new(clock.now(), random);
    core.speak(language());
    core.on_host(std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim());
    tracing::info!(socket = %place.path().display(), version = env!("CARGO_PKG_VERSION"), "ready");
    let sources = Sources { inputs, answers, wake, outdated: Outdated::new(), signals };
    let shell = Shell {
        core,
        server,
        links,
        store,
        asked: 0,
        clock,
        stopped: false,
        desktop: Desktop::start(sender.clone()),
        inputs: sender,
        socket: place.path().to_owned(),
    };
    let worked = shell.work(sources).await;
    tracing::info!("ended");
    worked
}

/// The clocks: this machine's, and the one on the wall where it stands.
struct Clock {
    started: Instant,
    zone: TimeZone,
}

impl Clock {
    fn new() -> Self {
        Self { started: Instant::now(), zone: TimeZone::system() }
    }

    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let wall_us = i64::try_from(wall).unwrap_or(i64::MAX);
        let ahead_s =
            Timestamp::from_microsecond(wall_us).map_or(0, |now| self.zone.to_offset(now).seconds());
        Now { mono: self.started.elapsed(), wall_us, ahead_s }
    }
}

/// The language of the locale that the daemon was started with.
fn language() -> Language {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    named
        .into_iter()
        .find(|locale| !locale.is_empty())
        .map_or(Language::default(), |it| Language::of_locale(&it))
}

/// Where inputs come from.
struct Sources {
    inputs: mpsc::Receiver<Input>,
    answers: mpsc::UnboundedReceiver<Vec<Answer>>,
    wake: Wake,
    outdated: Outdated,
    signals: Signals,
}

/// The signals that end the daemon. SIGHUP is taken and means nothing: a terminal that closes does not end it.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    _hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// What happened.
enum Happened {
    Input(Input),
    Stored(Vec<Answer>),
    /// Another daemon, here.
    Installed(PathBuf),
}

struct Shell {
    core: Core,
    server: Server,
    links: Links,
    store: Store,
    /// How many operations the store has not answered.
    asked: usize,
    clock: Clock,
    stopped: bool,
    desktop: Desktop,
    /// Where this shell's own inputs come from, too.
    inputs: mpsc::Sender<Input>,
    /// The local API's socket.
    socket: PathBuf,
}

impl Shell {
    async fn work(mut self, mut sources: Sources) -> anyhow::Result<()> {
        let mut until = None;
        self.carry_out().await?;
        while !self.stopped {
            let Some(happened) = self.next(&mut sources, until).await else { break };
            if matches!(happened, Happened::Input(Input::Stop)) {
                tracing::info!("stopping");
                until = Some(tokio::time::Instant::now() + STOP - 2 * GOODBYE);
            }
            self.take_in(happened).await?;
        }
        self.farewell(sources).await
    }

    /// Waits for what happens next; none when a stop has taken too long. While the store owes many answers nothing
    /// else is taken in, so that what is asked of it, and its answers, stay bounded.
    async fn next(&mut self, sources: &mut Sources, until: Option<tokio::time::Instant>) -> Option<Happened> {
        let Sources { inputs, answers, wake, outdated, signals } = sources;
        let room = self.asked < store::QUEUE;
        let deadline = self.core.deadline().map(|deadline| (self.clock.started + deadline).into());
        let input = tokio::select! {
            Some(batch) = answers.recv() => return Some(Happened::Stored(batch)),
            Some(input) = inputs.recv(), if room => input,
            (account, attempt, news) = self.links.next(), if room => Input::Link { account, attempt, news },
            () = wake.woken() => Input::Woken,
            program = outdated.noticed() => return Some(Happened::Installed(program)),
            () = at(deadline), if deadline.is_some() => Input::Tick,
            _ = signals.terminate.recv(), if until.is_none() => Input::Stop,
            _ = signals.interrupt.recv(), if until.is_none() => Input::Stop,
            () = at(until), if until.is_some() => return None,
        };
        Some(Happened::Input(input))
    }

    async fn take_in(&mut self, happened: Happened) -> anyhow::Result<()> {
        match happened {
            Happened::Input(input) => {
                if matches!(input, Input::Woken) {
                    // Perhaps somewhere else.
                    self.clock.zone = TimeZone::system();
                }
                self.core.handle(self.clock.now(), input);
                self.carry_out().await?;
            }
            Happened::Installed(program) => self.ask_version(program),
            Happened::Stored(batch) => {
                self.asked = self.asked.saturating_sub(batch.len());
                for (token, result) in batch {
                    self.core.handle(self.clock.now(), Input::Stored { token, result });
                    self.carry_out().await?;
                }
            }
        }
        Ok(())
    }

    /// Carries out all that the core says.
    async fn carry_out(&mut self) -> anyhow::Result<()> {
        let mut outputs = 0;
        while let Some(output) = self.core.poll() {
            self.carry_out_one(output).await?;
            outputs += 1;
            if outputs % BREATH == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    async fn carry_out_one(&mut self, output: Output) -> anyhow::Result<()> {
        match output {
            Output::Reply { client, id, result } => self.server.reply(client, &id, result),
            Output::Subscribed { client, first } => self.server.subscribed(client, &first),
            Output::Event(envelope) => self.server.event(&envelope),
            Output::Dial { account, attempt, address, trust } => {
                self.links.dial(account, attempt, address, trust);
            }
            Output::DialAny { account, attempt, addresses, trust } => {
                self.links.dial_any(account, attempt, addresses, trust);
            }
            Output::Examine { number, aims } => self.examine(number, aims),
            Output::Open { number, window } => self.open(number, window),
            Output::Send { account, stanza } => self.links.send(account, &stanza),
            Output::Hangup { account } => self.links.hangup(account),
            Output::Store { token, whose, op } => {
                self.asked += 1;
                self.store.send(token, whose, op).await?;
            }
            Output::Notify(notice) => {
                let hash = notice.picture.as_deref().filter(|hash| is_hash(hash));
                let picture = hash.map(|hash| self.store.picture(hash)).unwrap_or_default();
                self.desktop.show(notice, picture);
            }
            Output::Unnotify { number } => self.desktop.close(number),
            Output::Stopped => self.stopped = true,
        }
        Ok(())
    }

    /// Asks another daemon for its version, beside all else.
    fn ask_version(&self, program: PathBuf) {
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            let installed = version(&program).await;
            // Without a shell nobody waits for it.
            let _ = inputs.send(Input::Outdated { installed }).await;
        });
    }

    /// Starts a window program, beside all else.
    fn open(&self, number: u64, window: Window) {
        let (inputs, socket) = (self.inputs.clone(), self.socket.clone());
        tokio::spawn(async move {
            let result = open(window, &socket).await;
            // Without a shell nobody waits for it.
            let _ = inputs.send(Input::Opened { number, result }).await;
        });
    }

    /// Looks at what is outside of the core, beside all else.
    fn examine(&self, number: u64, aims: Vec<Aim>) {
        let (inputs, socket) = (self.inputs.clone(), self.socket.clone());
        tokio::spawn(async move {
            let mut looking: JoinSet<_> = aims.into_iter().map(relay::probe).collect();
            let mut probes = Vec::new();
            while let Some(probe) = looking.join_next().await {
                probes.extend(probe);
            }
            let runtime = Place::look(&socket).map_err(|refusal| refusal.to_string());
            let examined = Examined { runtime, probes };
            // Without a shell nobody waits for it.
            let _ = inputs.send(Input::Examined { number, examined }).await;
        });
    }

    /// Answers who still asks, lets the relays and the frontends hear the last words, closes the store.
    async fn farewell(mut self, mut sources: Sources) -> anyhow::Result<()> {
        let began = tokio::time::Instant::now();
        sources.inputs.close();
        while let Ok(input) = sources.inputs.try_recv() {
            self.core.handle(self.clock.now(), input);
            self.carry_out().await?;
        }
        let links = &mut self.links;
        let goodbye = async {
            while !links.is_empty() {
                links.next().await;
            }
        };
        if timeout_at(began + GOODBYE, goodbye).await.is_err() {
            tracing::info!("not every relay heard the good-bye");
        }
        self.server.stop(GOODBYE).await;
        let store = self.store;
        let closing = tokio::task::spawn_blocking(move || drop(store));
        match timeout_at(began + STOP, closing).await {
            Ok(closed) => closed.context("the store did not close"),
            Err(_) => anyhow::bail!(
                "the disk is too slow to close the store in time; nothing that was confirmed is lost"
            ),
        }
    }
}

/// At that time; never, without one.
async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
