//! The way to an open connection: name, TCP, TLS, each within its deadline.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::Settings;
use super::trust::{Verdict, Verifier, system_roots};
use crate::core::io::{Closed, Step, Trust};
use crate::core::op::Address;

/// Not more addresses of one name are tried.
const ADDRESSES: usize = 16;

/// What stanzas travel on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection that is ready for the first stanza.
pub(super) struct Reached {
    /// To read and write on.
    pub(super) stream: Box<dyn Stream>,
    /// The relay's key; none without TLS.
    pub(super) key: Option<String>,
    /// The system vouches for it.
    pub(super) by_system: bool,
}

/// Name and TCP. Several addresses are tried one after the other, each beside those that have not answered yet.
pub(super) async fn connect(address: &Address, settings: &Settings) -> Result<TcpStream, Closed> {
    let connecting = async {
        let found = resolve(address).await?;
        race(found, settings).await.map_err(|error| Closed::Refused { detail: error.to_string() })
    };
    let tcp = timeout(settings.connect, connecting)
        .await
        .map_err(|_| Closed::TimedOut { step: Step::Connect })??;
    if let Err(error) = set_up(&tcp, settings) {
        tracing::warn!(%error, "a socket option could not be set");
    }
    Ok(tcp)
}

/// TLS, unless the address goes without. Nothing is sent on it before `trust` is satisfied.
pub(super) async fn secure(
    tcp: TcpStream,
    address: &Address,
    trust: Trust,
    settings: &Settings,
) -> Result<Reached, Closed> {
    if address.plain {
        return Ok(Reached { stream: Box::new(tcp), key: None, by_system: false });
    }
    timeout(settings.tls, handshake(tcp, address, trust, settings))
        .await
        .map_err(|_| Closed::TimedOut { step: Step::Tls })?
}

/// The whole way to several addresses at once: the first whose key is trusted is taken, the others are dropped.
pub(super) async fn any(
    addresses: Vec<Address>,
    trust: &Trust,
    settings: &Settings,
) -> Result<(Address, Reached), Closed> {
    let mut tries = JoinSet::new();
    for (at, address) in addresses.into_iter().take(ADDRESSES).enumerate() {
        let (trust, settings) = (trust.clone(), settings.clone());
        tries.spawn(async move {
            let reached = async {
                let tcp = connect(&address, &settings).await?;
                secure(tcp, &address, trust, &settings).await
            };
            let reached = reached.await;
            (at, address, reached)
        });
    }
    let mut failed = Vec::new();
    while let Some(ended) = tries.join_next().await {
        match ended {
            Ok((_, address, Ok(reached))) => return Ok((address, reached)),
            Ok((at, address, Err(closed))) => failed.push((at, address, closed)),
            Err(error) => tracing::error!(%error, "a try to reach the server has failed"),
        }
    }
    failed.sort_by_key(|(at, ..)| *at);
    Err(Closed::Nowhere { tried: failed.into_iter().map(|(_, address, closed)| (address, closed)).collect() })
}

async fn handshake(
    tcp: TcpStream,
    address: &Address,
    trust: Trust,
    settings: &Settings,
) -> Result<Reached, Closed> {
    let name = ServerName::try_from(host(address).to_owned())
        .map_err(|_| Closed::Unresolved { detail: format!("{} is no host name", address.host) })?;
    let roots = roots(&trust, settings).await;
    let verifier = Verifier::new(trust, roots);
    let config = verifier.config().map_err(|error| Closed::Tls { detail: error.to_string() })?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
    match (connected, verifier.verdict()) {
        (Ok(stream), Some(Verdict::Trusted { key, by_system })) => {
            Ok(Reached { stream: Box::new(stream), key: Some(key), by_system })
        }
        (_, Some(Verdict::Refused(closed))) => Err(closed),
        (Err(error), _) => Err(tls_failed(&error)),
        (Ok(_), None) => Err(Closed::Tls { detail: "the server showed no certificate".into() }),
    }
}

/// What TLS itself cannot read is no TLS; what ends on the way was lost.
fn tls_failed(error: &io::Error) -> Closed {
    let detail = error.to_string();
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return Closed::Tls { detail };
    }
    Closed::Lost { detail }
}

async fn roots(trust: &Trust, settings: &Settings) -> Arc<RootCertStore> {
    match (trust, &settings.roots) {
        (Trust::Pin(_), _) => Arc::new(RootCertStore::empty()),
        (Trust::System, Some(roots)) => roots.clone(),
        (Trust::System, None) => tokio::task::spawn_blocking(system_roots).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the system's certificate authorities could not be read");
            Arc::new(RootCertStore::empty())
        }),
    }
}

pub(super) async fn resolve(address: &Address) -> Result<Vec<SocketAddr>, Closed> {
    let found: Vec<SocketAddr> = lookup_host((host(address), address.port))
        .await
        .map_err(|error| Closed::Unresolved { detail: error.to_string() })?
        .filter(|found| !address.plain || found.ip().is_loopback())
        .collect();
    if found.is_empty() && address.plain {
        let detail = "a connection without TLS goes to this machine only (127.0.0.1 or ::1)".into();
        return Err(Closed::Refused { detail });
    }
    if found.is_empty() {
        return Err(Closed::Unresolved { detail: format!("{} has no address", address.host) });
    }
    Ok(mix(found))
}

/// The host without the brackets of an IPv6 address.
fn host(address: &Address) -> &str {
    let host = address.host.as_str();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// IPv4 and IPv6 in turn, beginning with the resolver's first choice (RFC 8305 section 4).
pub(super) fn mix(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v4 = found.first().is_some_and(SocketAddr::is_ipv4);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        found.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    let mut mixed = Vec::new();
    while !(one.is_empty() && other.is_empty()) {
        mixed.extend(one.pop_front());
        mixed.extend(other.pop_front());
    }
    mixed.truncate(ADDRESSES);
    mixed
}

/// The first address that answers; a new one is tried whenever one fails or takes longer than the stagger.
pub(super) async fn race(addresses: Vec<SocketAddr>, settings: &Settings) -> io::Result<TcpStream> {
    let mut waiting = VecDeque::from(addresses);
    let mut tries = JoinSet::new();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(next) = waiting.pop_front() {
            tries.spawn(TcpStream::connect(next));
        }
        let ended = tokio::select! {
            ended = tries.join_next() => ended,
            () = sleep(settings.stagger), if !waiting.is_empty() => continue,
        };
        match ended {
            Some(Ok(Ok(tcp))) => return Ok(tcp),
            Some(Ok(Err(error))) => failure = error,
            Some(Err(error)) => failure = io::Error::other(error),
            None => return Err(failure),
        }
    }
}

fn set_up(tcp: &TcpStream, settings: &Settings) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    SockRef::from(tcp).set_tcp_user_timeout(Some(settings.silence))
}
