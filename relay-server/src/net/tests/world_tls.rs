//! A TLS client that trusts whatever it meets.

use std::sync::Arc;

use tokio_rustls::TlsConnector;

pub(super) fn connector() -> TlsConnector {
    TlsConnector::from(Arc::new(test_tls::client(rustls::DEFAULT_VERSIONS).unwrap()))
}
