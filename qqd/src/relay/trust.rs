//! Whom the link believes: a pinned key and nothing else, or else the system's certificate authorities. That the relay
//! holds the key that it shows is checked in both cases, by the TLS provider.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::core::io::{Closed, Trust};

/// What the relay's certificate was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the one.
    Trusted {
        /// SHA-256 of its key, lower-case hex.
        key: String,
        /// The system's authorities vouch for it (asked only if there is no pin).
        by_system: bool,
    },
    /// It is not, for this reason.
    Refused(Closed),
}

/// Judges the relay's certificate and remembers the verdict.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    verdict: Mutex<Option<Verdict>>,
}

impl Verifier {
    /// `roots` matter only where `trust` is the system's.
    pub(super) fn new(trust: Trust, roots: Arc<RootCertStore>) -> Arc<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        Arc::new(Self { trust, roots, provider, verdict: Mutex::new(None) })
    }

    /// What TLS needs for one connection. Sessions are not resumed: each handshake shows the key again.
    pub(super) fn config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(self.clone())
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// What was found; nothing before a certificate came.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Verdict, Error> {
        let certificate = ParsedCertificate::try_from(shown)?;
        let key = fingerprint(&certificate.subject_public_key_info());
        Ok(match &self.trust {
            Trust::Pin(pin) if pin.eq_ignore_ascii_case(&key) => Verdict::Trusted { key, by_system: false },
            Trust::Pin(pin) => {
                Verdict::Refused(Closed::KeyChanged { expected: pin.to_ascii_lowercase(), found: key })
            }
            Trust::System => match self.ask_system(&certificate, intermediates, name, now) {
                Ok(()) => Verdict::Trusted { key, by_system: true },
                Err(error) => {
                    tracing::debug!(%error, key, "the system does not vouch for the relay's certificate");
                    Verdict::Refused(Closed::Untrusted { key })
                }
            },
        })
    }

    fn ask_system(
        &self,
        certificate: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(certificate, &self.roots, intermediates, now, algorithms)?;
        verify_server_name(certificate, name)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.judge(end_entity, intermediates, server_name, now)?;
        let trusted = matches!(verdict, Verdict::Trusted { .. });
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        if trusted {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The SHA-256 of a key's SPKI in lower-case hex.
pub(super) fn fingerprint(spki: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(spki).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes every write");
        hex
    })
}

/// The system's certificate authorities, read from disk at the first call. Blocks.
pub(super) fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    ROOTS.get_or_init(|| Arc::new(read_system_roots())).clone()
}

fn read_system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate authority of the system cannot be read");
    }
    let mut roots = RootCertStore::empty();
    let (taken, unusable) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(taken, unusable, "the system's certificate authorities");
    roots
}
