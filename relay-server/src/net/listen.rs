//! Listening sockets, and the loop that takes connections in. It waits for nobody's handshake, and neither a flood
//! nor a lack of files ends it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, TcpKeepalive, Type};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::driver::{self, Driver};
use super::stream::Socket;
use super::{Certificates, Host, Net};

/// Connections that may wait to be accepted: all of a relay's clients may come back in one second.
const BACKLOG: i32 = 4_096;

/// After an error of accept itself (no more files, no memory).
const PAUSE: Duration = Duration::from_millis(200);

/// rustls holds no more than this for a peer that does not read; the rest waits where it is counted.
const TLS_BUFFER: usize = 32 * 1_024;

/// How connections on one address begin.
#[derive(Debug, Clone)]
pub enum Greeting {
    /// With stanzas.
    Plain,
    /// With a TLS handshake.
    Tls(Rc<Certificates>),
}

/// Binds an address and listens. Accepted connections inherit what is set here: no delay of small writes, and the
/// means to find out that a silent peer is dead within `idle_max`.
pub fn bind(address: SocketAddr, idle_max: Duration) -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    let second = Duration::from_secs(1);
    let keepalive = TcpKeepalive::new()
        .with_time((idle_max * 2 / 5).max(second))
        .with_interval((idle_max * 2 / 15).max(second));
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(idle_max))?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Takes connections in, for ever. While there are `sessions_max` of them, one that has not logged in has to go for
/// each that comes; those who are in stay, and where all are, others wait.
pub async fn accept(
    listener: TcpListener,
    greeting: Greeting,
    net: Rc<Net>,
    host: Rc<dyn Host>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut complained: Option<Instant> = None;
    loop {
        while net.is_shut() {
            complain(&mut complained, "there are as many connections as allowed; others wait");
            net.freed().await;
        }
        match listener.accept().await {
            Ok((tcp, peer)) => {
                net.room().await;
                take_in(tcp, peer, &greeting, &net, &host);
            }
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                complain(&mut complained, &format!("no connection can be accepted: {error}"));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn take_in(tcp: TcpStream, peer: SocketAddr, greeting: &Greeting, net: &Rc<Net>, host: &Rc<dyn Host>) {
    let address = peer.ip().to_canonical();
    let connection = net.admit(address, |session| Connection::new(session, address, Instant::now()));
    tracing::debug!(session = connection.session(), %peer, "connected");
    let socket = Socket::new(tcp);
    let greeting = match greeting {
        Greeting::Plain => driver::Greeting::Plain(socket),
        Greeting::Tls(certificates) => {
            let acceptor = TlsAcceptor::from(certificates.current());
            let accept = acceptor.accept_with(socket, |tls| tls.set_buffer_limit(Some(TLS_BUFFER)));
            driver::Greeting::Tls(Box::new(accept))
        }
    };
    tokio::task::spawn_local(Driver::new(connection, Rc::clone(net), Rc::clone(host), greeting));
}

/// Errors that accept(2) reports of a connection that has gone meanwhile.
fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | TimedOut | WouldBlock)
        || matches!(error.kind(), io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable)
}

/// Logs at most once a minute.
fn complain(last: &mut Option<Instant>, text: &str) {
    if last.is_none_or(|last| last.elapsed() > Duration::from_secs(60)) {
        tracing::warn!("{text}");
        *last = Some(Instant::now());
    }
}

/// Raises the limit of open files as far as it goes, and says how far that is.
pub fn raise_file_limit() -> u64 {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1_024 };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

#[cfg(test)]
mod tests {
    use socket2::SockRef;

    use super::*;

    #[test]
    fn an_accepted_connection_finds_dead_peers_and_does_not_delay() {
        let listener = bind("127.0.0.1:0".parse().unwrap(), Duration::from_secs(75)).unwrap();
        listener.set_nonblocking(false).unwrap();
        let _near = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        let socket = SockRef::from(&far);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(75)));
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(30));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
    }

    #[test]
    fn an_address_in_use_is_refused() {
        let first = bind("127.0.0.1:0".parse().unwrap(), Duration::from_secs(75)).unwrap();
        let error = bind(first.local_addr().unwrap(), Duration::from_secs(75)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
