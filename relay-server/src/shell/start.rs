//! The start of a relay: what has to be there before the first connection, in an order that leaves root's privileges
//! as soon as the addresses are bound; then the one line that says it is ready.

use std::future::Future;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, LocalSet, spawn_local};

use super::{ANSWERS, Shell, notify};
use crate::admin::{self, Listening};
use crate::config::Config;
use crate::data_dir::{self, DataDir};
use crate::net::{self, Certificates, Files, Greeting, TlsError};
use crate::store;

/// Why a relay cannot start: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Directory(#[from] data_dir::Error),
    /// A listening address.
    #[error("cannot listen on {address}: {}", listen_trouble(.why))]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the operating system says.
        why: io::Error,
    },
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::OpenError),
    /// The machine.
    #[error("the server cannot start: {0}")]
    System(String),
}

fn listen_trouble(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::AddrInUse => {
            "the address is in use by another program; stop that one, or name another port (--listen, --listen-plain)"
                .to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => why.to_string(),
    }
}

/// What happens once a relay serves, instead of the line that says that it is ready; it asks like an administrator.
pub type FirstMinute =
    Box<dyn FnOnce(Rc<dyn admin::socket::Host>, Listening) -> Pin<Box<dyn Future<Output = ()>>>>;

/// Runs a relay until it is told to stop (SIGTERM, SIGINT).
pub fn serve(config: &Config, data: &Path, first: Option<FirstMinute>) -> Result<(), StartError> {
    let dir = data_dir::open(data, true)?;
    let files_max = net::raise_file_limit();
    let given = given_certificates(config)?;
    let bind = |address: SocketAddr| {
        net::bind(address, config.idle_max).map_err(|why| StartError::Listen { address, why })
    };
    let tls = bind(config.listen)?;
    let plain = config.listen_plain.map(bind).transpose()?;
    data_dir::drop_privileges(dir.path())?;
    crate::secrecy::no_core_dumps();
    crate::memory::give_back_large_blocks();
    let _lock = dir.lock()?;
    store::restore::finish(dir.path())
        .map_err(|source| data_dir::Error::Io { path: dir.path().to_owned(), source })?;
    let certificates = match given {
        Some(certificates) => certificates,
        None => Certificates::load(Files::own(dir.path(), config.listen.ip())?)?,
    };
    let start = Start { config, dir: &dir, files_max, tls, plain, certificates: Rc::new(certificates) };
    let system = |error: io::Error| StartError::System(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    LocalSet::new().block_on(&runtime, run(start, first))
}

/// The administrator's own certificate, read while this process may still be root.
fn given_certificates(config: &Config) -> Result<Option<Certificates>, TlsError> {
    let files = files(config.tls_cert.as_ref(), config.tls_key.as_ref());
    files.map(Certificates::load).transpose()
}

fn files(cert: Option<&PathBuf>, key: Option<&PathBuf>) -> Option<Files> {
    Some(Files { cert: cert?.clone(), key: key?.clone() })
}

/// Whether a relay could start with this configuration, as far as can be told without starting it.
pub fn check(config: &Config) -> Result<(), StartError> {
    given_certificates(config)?;
    Ok(())
}

/// What is there before the first connection.
pub(super) struct Start<'a> {
    pub(super) config: &'a Config,
    pub(super) dir: &'a DataDir,
    pub(super) files_max: u64,
    tls: TcpListener,
    plain: Option<TcpListener>,
    pub(super) certificates: Rc<Certificates>,
}

impl Start<'_> {
    pub(super) fn tls_address(&self) -> Result<SocketAddr, StartError> {
        self.tls.local_addr().map_err(|error| StartError::System(error.to_string()))
    }
}

async fn run(start: Start<'_>, first: Option<FirstMinute>) -> Result<(), StartError> {
    let system = |error: io::Error| StartError::System(error.to_string());
    let hangup = signal(SignalKind::hangup()).map_err(system)?;
    let (tell, answers) = mpsc::channel(ANSWERS);
    // It may take long to check a large database. Until that is done SIGTERM and SIGINT just end the process.
    let shell = Rc::new(Shell::new(&start, &tell)?);
    let mut signals = Signals::new(hangup).map_err(system)?;
    drop(tell);
    let socket = admin::socket::Socket::bind(&start.dir.socket()).map_err(system)?;
    let mut accepting = vec![spawn_local(socket.serve(Rc::clone(&shell)))];
    let ready = ready(&start).map_err(system)?;
    for (listener, greeting) in
        [(Some(start.tls), Greeting::Tls(Rc::clone(&start.certificates))), (start.plain, Greeting::Plain)]
    {
        let Some(listener) = listener else { continue };
        accepting.push(accept(listener, greeting, &shell));
    }
    match first {
        Some(first) => drop(spawn_local(first(Rc::clone(&shell) as Rc<_>, shell.listening()))),
        None => tell_ready(&ready),
    }
    notify::tell(notify::READY);
    shell.work(answers, &mut signals, &start.certificates, accepting).await;
    Ok(())
}

fn accept(listener: TcpListener, greeting: Greeting, shell: &Rc<Shell>) -> JoinHandle<()> {
    let (net, host) = (Rc::clone(&shell.net), Rc::clone(shell) as Rc<dyn net::Host>);
    spawn_local(async move {
        if let Err(error) = net::accept(listener, greeting, net, host).await {
            tracing::error!(%error, "nothing can be accepted any more");
        }
    })
}

/// The one line that others rely on to the letter.
fn ready(start: &Start<'_>) -> io::Result<String> {
    let tls = start.tls.local_addr()?;
    let plain = start.plain.as_ref().map(TcpListener::local_addr).transpose()?;
    let plain = plain.map_or_else(|| "off".to_owned(), |address| address.to_string());
    Ok(format!("ready tls={tls} plain={plain} fingerprint={}\n", start.certificates.fingerprint()))
}

fn tell_ready(line: &str) {
    let mut out = io::stdout().lock();
    // Nobody may be listening; the relay serves all the same.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

/// Signals that mean something to a relay.
pub(super) struct Signals {
    pub(super) terminate: Signal,
    pub(super) interrupt: Signal,
    pub(super) hangup: Signal,
}

impl Signals {
    fn new(hangup: Signal) -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup,
        })
    }
}
