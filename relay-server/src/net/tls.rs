//! The relay's certificate: the administrator's, or a self-signed one made at the first start; its fingerprint; and
//! its renewal without dropping a session.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CipherSuite, ServerConfig, SupportedCipherSuite};
use sha2::{Digest as _, Sha256};

use super::reach::interfaces;

/// The files are looked at no more often than this, and only when somebody connects.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Why there is no certificate: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path:?} cannot be used: {why}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        why: io::Error,
    },
    /// A file holds something else.
    #[error("{path:?} holds no {wanted} in PEM form")]
    NoPem {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// One of the pair is missing.
    #[error(
        "{0:?} is missing, its counterpart is there: put it back, or remove both for a new certificate (clients \
             will have to trust it anew)"
    )]
    Half(PathBuf),
    /// Certificate and key do not fit, or cannot be used.
    #[error("the certificate and key cannot be used: {0}")]
    Unusable(String),
}

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The chain, PEM, the relay's own first.
    pub cert: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl Files {
    /// The relay's own files in its data directory; made there if there are none (0600, in a directory 0700).
    pub fn own(data: &Path, listen: IpAddr) -> Result<Self, TlsError> {
        if let Some(files) = Self::made(data)? {
            return Ok(files);
        }
        let folder = data.join("tls");
        let files = Self { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        make(&folder, &files, listen)?;
        Ok(files)
    }

    /// The relay's own files, if they have been made.
    pub fn made(data: &Path) -> Result<Option<Self>, TlsError> {
        let folder = data.join("tls");
        let files = Self { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        match (files.cert.exists(), files.key.exists()) {
            (true, true) => Ok(Some(files)),
            (true, false) => Err(TlsError::Half(files.key)),
            (false, true) => Err(TlsError::Half(files.cert)),
            (false, false) => Ok(None),
        }
    }

    fn stamp(&self) -> Stamp {
        let stamp =
            |path: &Path| fs::metadata(path).ok().map(|meta| (meta.ino(), meta.mtime(), meta.mtime_nsec()));
        (stamp(&self.cert), stamp(&self.key))
    }
}

type FileStamp = Option<(u64, i64, i64)>;
type Stamp = (FileStamp, FileStamp);

/// What new connections are greeted with.
#[derive(Debug)]
pub struct Certificates {
    files: Files,
    current: RefCell<Loaded>,
    stamp: Cell<Stamp>,
    looked: Cell<Instant>,
}

/// A certificate and its key.
#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    key: [u8; 32],
    is_self_signed: bool,
}

impl Certificates {
    /// Loads the files.
    pub fn load(files: Files) -> Result<Self, TlsError> {
        let stamp = files.stamp();
        let current = RefCell::new(load(&files)?);
        Ok(Self { files, current, stamp: Cell::new(stamp), looked: Cell::new(Instant::now()) })
    }

    /// For the next connection. Once a minute at most it looks whether the files have changed.
    pub fn current(&self) -> Arc<ServerConfig> {
        if self.looked.get().elapsed() >= LOOK_EVERY {
            self.looked.set(Instant::now());
            if self.files.stamp() != self.stamp.get() {
                self.reload();
            }
        }
        Arc::clone(&self.current.borrow().config)
    }

    /// Loads the files again; what cannot be used is logged, and the old certificate stays.
    pub fn reload(&self) {
        let stamp = self.files.stamp();
        match load(&self.files) {
            Ok(loaded) => {
                self.current.replace(loaded);
                self.stamp.set(stamp);
                tracing::info!(fingerprint = %self.fingerprint(), "certificate loaded");
            }
            Err(error) => tracing::error!(%error, "the new certificate is not used; the old one stays"),
        }
    }

    /// `SHA256:` and the SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280) in lower-case hex.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", hex(&self.current.borrow().key))
    }

    /// What an invitation's link pins: the key of a certificate that signs itself. Whatever somebody else has signed may
    /// be one that systems trust, and its key is another one after the next renewal.
    pub fn pin(&self) -> Option<[u8; 32]> {
        let current = self.current.borrow();
        current.is_self_signed.then_some(current.key)
    }
}

fn load(files: &Files) -> Result<Loaded, TlsError> {
    let read = |path: &Path| fs::read(path).map_err(|why| TlsError::File { path: path.to_owned(), why });
    let no_pem = |path: &Path, wanted| TlsError::NoPem { path: path.to_owned(), wanted };
    let unusable = |error: rustls::Error| TlsError::Unusable(error.to_string());

    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(&files.cert)?)
        .collect::<Result<_, _>>()
        .map_err(|_| no_pem(&files.cert, "certificate"))?;
    if chain.is_empty() {
        return Err(no_pem(&files.cert, "certificate"));
    }
    let key_file = zeroize::Zeroizing::new(read(&files.key)?);
    let key = PrivateKeyDer::from_pem_slice(&key_file).map_err(|_| no_pem(&files.key, "private key"))?;

    let own = webpki::EndEntityCert::try_from(&chain[0]);
    let is_self_signed = own.is_ok_and(|own| own.issuer() == own.subject());
    let provider = Arc::new(provider());
    let certified = CertifiedKey::from_der(chain, key, &provider).map_err(unusable)?;
    let spki =
        certified.key.public_key().ok_or_else(|| TlsError::Unusable("it has no public key".to_owned()))?;
    let key = Sha256::digest(&spki).into();

    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.ignore_client_order = true;
    // Tickets instead of a cache: a thousand clients that come back at once cost half, and no memory.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(unusable)?;
    config.send_tls13_tickets = 1;
    Ok(Loaded { config: Arc::new(config), key, is_self_signed })
}

/// The usual cryptography, with AES-128 and SHA-256 first: processors have instructions for SHA-256, and most have none
/// for the SHA-384 of the other AES suite, whose handshake costs a tenth more.
fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    let is_first = |suite: &SupportedCipherSuite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256;
    provider.cipher_suites.sort_by_key(|suite| !is_first(suite));
    provider
}

fn make(folder: &Path, files: &Files, listen: IpAddr) -> Result<(), TlsError> {
    let unusable = |error: rcgen::Error| TlsError::Unusable(error.to_string());
    let mut params = rcgen::CertificateParams::new(names(listen)).map_err(unusable)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "relay-server");
    let key = rcgen::KeyPair::generate().map_err(unusable)?;
    let cert = params.self_signed(&key).map_err(unusable)?;

    let file = |path: &Path, why| TlsError::File { path: path.to_owned(), why };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|why| file(folder, why))?;
    let key_pem = zeroize::Zeroizing::new(key.serialize_pem());
    // The certificate last: were the machine to stop in between, the sentence of `Half` says what to do.
    write_private(&files.key, key_pem.as_bytes()).map_err(|why| file(&files.key, why))?;
    write_private(&files.cert, cert.pem().as_bytes()).map_err(|why| file(&files.cert, why))?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| file(folder, why))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// The names under which clients may reach this machine.
fn names(listen: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if !host.trim().is_empty() && host.trim().bytes().all(valid) {
        names.push(host.trim().to_ascii_lowercase());
    }
    if listen.is_unspecified() {
        names.extend(interfaces().into_iter().map(|address| address.to_string()));
    } else {
        names.push(listen.to_string());
    }
    names.sort();
    names.dedup();
    names
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const ANY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

    #[test]
    fn the_first_start_makes_a_private_certificate_and_later_starts_keep_it() {
        let data = tempfile::tempdir().unwrap();
        let first = Certificates::load(Files::own(data.path(), ANY).unwrap()).unwrap().fingerprint();
        let second = Certificates::load(Files::own(data.path(), ANY).unwrap()).unwrap().fingerprint();
        assert_eq!(first, second);
        let mode = |name: &str| fs::metadata(data.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("tls"), mode("tls/key.pem"), mode("tls/cert.pem")), (0o700, 0o600, 0o600));
    }

    #[test]
    fn the_fingerprint_is_the_sha_256_of_the_public_key_in_lower_case_hex() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::own(data.path(), ANY).unwrap();
        let fingerprint = Certificates::load(files.clone()).unwrap().fingerprint();
        let key = rcgen::KeyPair::from_pem(&fs::read_to_string(&files.key).unwrap()).unwrap();
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        assert_eq!(fingerprint, format!("SHA256:{}", hex(&Sha256::digest(spki))));
        assert_eq!(fingerprint.len(), "SHA256:".len() + 64);
        let pin = Certificates::load(files).unwrap().pin().unwrap();
        assert_eq!(fingerprint, format!("SHA256:{}", hex(&pin)));
    }

    #[test]
    fn what_somebody_else_signed_is_not_pinned() {
        let data = tempfile::tempdir().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority =
            rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["relay.example".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &authority).unwrap();
        let files = Files { cert: data.path().join("cert.pem"), key: data.path().join("key.pem") };
        fs::write(&files.cert, cert.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        assert_eq!(Certificates::load(files).unwrap().pin(), None);
    }

    #[test]
    fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
        let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = Files::own(data.path(), ANY).unwrap();
        let certificates = Certificates::load(files.clone()).unwrap();
        let (first, config) = (certificates.fingerprint(), certificates.current());
        assert!(Arc::ptr_eq(&config, &certificates.current()));

        let new = Files::own(other.path(), ANY).unwrap();
        fs::copy(&new.key, &files.key).unwrap();
        certificates.reload();
        assert_eq!(certificates.fingerprint(), first, "the key does not fit the certificate");
        fs::copy(&new.cert, &files.cert).unwrap();
        certificates.looked.set(Instant::now().checked_sub(LOOK_EVERY).unwrap());
        assert!(!Arc::ptr_eq(&config, &certificates.current()), "the change of the files is seen");
        assert_ne!(certificates.fingerprint(), first);
    }

    #[test]
    fn what_is_wrong_with_the_files_is_said() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::own(data.path(), ANY).unwrap();
        fs::write(&files.key, "no key").unwrap();
        let error = Certificates::load(files.clone()).unwrap_err().to_string();
        assert!(error.contains("key.pem") && error.contains("private key"), "{error}");
        fs::remove_file(&files.key).unwrap();
        assert!(matches!(Files::own(data.path(), ANY), Err(TlsError::Half(path)) if path == files.key));
    }

    #[test]
    fn the_certificate_names_this_machine() {
        let names = names(ANY);
        assert!(
            ["localhost", "127.0.0.1", "::1"].iter().all(|name| names.contains(&(*name).to_owned())),
            "{names:?}"
        );
    }
}
