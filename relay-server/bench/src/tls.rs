//! TLS for the reference and for the clients. The clients take whatever key they are shown: who the server is does not
//! matter here, what it costs does. Sessions are not resumed, as the daemon does not resume them either.

use std::sync::Arc;

use anyhow::Result;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, ServerConfig};

/// For the reference: a key of the relay's kind, and the relay's settings.
pub fn server() -> Result<Arc<ServerConfig>> {
    let key = rcgen::KeyPair::generate()?;
    let cert = rcgen::CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

/// For the clients.
pub fn client() -> Result<Arc<ClientConfig>> {
    Ok(Arc::new(test_tls::client(rustls::DEFAULT_VERSIONS)?))
}
