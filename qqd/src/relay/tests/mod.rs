//! The link against relays on real sockets, with real certificates: kind ones, strange ones and hostile ones.

mod dialling;
mod hostile;
mod several;
mod talking;
mod trusting;

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, Issuer, KeyPair};
use relay_schema::{Ping, Pong, Stanza};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::trust::fingerprint;
use super::{Link, Settings};
use crate::core::io::{Attempt, Closed, News, Trust};
use crate::core::op::Address;

/// Far longer than anything that is waited for.
const DEADLINE: Duration = Duration::from_secs(20);

/// Short deadlines, for what is expected to pass one.
fn hasty() -> Settings {
    let short = Duration::from_millis(300);
    Settings { connect: short, tls: short, silence: short, goodbye: short, ..Settings::default() }
}

/// A certificate with its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params().self_signed(&key).unwrap().der().clone();
        Self { certificate, key }
    }

    fn fingerprint(&self) -> String {
        use rcgen::PublicKeyData;
        fingerprint(&self.key.subject_public_key_info())
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn params() -> CertificateParams {
    CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()]).unwrap()
}

/// A certificate authority, and a certificate of it for `names`.
fn by_authority(names: Vec<String>) -> (Arc<RootCertStore>, Identity) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    (Arc::new(roots), Identity { certificate: certificate.der().clone(), key })
}

/// A relay's port, and the link that is to reach it.
struct Stage {
    listener: TcpListener,
    link: Link,
    events: Receiver<(Attempt, News)>,
}

impl Stage {
    async fn new() -> Self {
        Self::with(Settings::default(), 64).await
    }

    async fn with(settings: Settings, room: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tell, events) = mpsc::channel(room);
        Self { listener, link: Link::with(tell, settings), events }
    }

    fn address(&self) -> Address {
        Address { host: "127.0.0.1".into(), port: self.listener.local_addr().unwrap().port(), plain: false }
    }

    fn plain(&self) -> Address {
        Address { plain: true, ..self.address() }
    }

    async fn accept(&self) -> TcpStream {
        within(self.listener.accept()).await.unwrap().0
    }

    /// Dials without TLS, and hands out the relay's end.
    async fn open_plain(&mut self) -> TcpStream {
        self.link.dial(1, self.plain(), Trust::System);
        let relay = self.accept().await;
        assert!(matches!(self.next().await, News::Connected { .. }));
        assert!(matches!(self.next().await, News::Open { key: None, by_system: false }));
        relay
    }

    /// Dials, and lets a relay with this identity do its part of the handshake.
    async fn open_tls(&mut self, identity: &Identity, trust: Trust) -> Option<TlsStream<TcpStream>> {
        self.link.dial(1, self.address(), trust);
        let tcp = self.accept().await;
        assert!(matches!(self.next().await, News::Connected { .. }));
        within(identity.acceptor().accept(tcp)).await.ok()
    }

    async fn next(&mut self) -> News {
        within(self.events.recv()).await.expect("the link tells more").1
    }

    async fn closed(&mut self) -> Closed {
        match self.next().await {
            News::Closed(closed) => closed,
            other => panic!("{other:?}"),
        }
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("it happens in time")
}

fn ping(n: usize) -> Stanza {
    Ping { id: format!("p{n}").parse().unwrap() }.into()
}

fn pong(n: usize) -> Stanza {
    Pong { id: format!("p{n}").parse().unwrap() }.into()
}

fn is(news: &News, stanza: &Stanza) -> bool {
    matches!(news, News::Stanza(found) if **found == *stanza)
}
