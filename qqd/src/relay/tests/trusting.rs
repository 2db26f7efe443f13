//! Whom the link believes. Whoever it does not believe gets no byte.

use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::*;

/// All that the relay's end gets after a handshake that it took for done.
async fn heard(relay: Option<TlsStream<TcpStream>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut relay) = relay {
        // The connection is cut without a good-bye, which is an error, too.
        let _ = within(relay.read_to_end(&mut bytes)).await;
    }
    bytes
}

#[tokio::test]
async fn a_key_that_nobody_vouches_for_is_untrusted_and_gets_no_byte() {
    let (mut stage, identity) = (Stage::new().await, Identity::self_signed());
    stage.link.dial(1, stage.address(), Trust::System);
    stage.link.send(&ping(1));
    let tcp = stage.accept().await;
    assert!(matches!(stage.next().await, News::Connected { .. }));
    let relay = within(identity.acceptor().accept(tcp)).await.ok();
    assert_eq!(heard(relay).await, b"");
    assert_eq!(stage.closed().await, Closed::Untrusted { key: identity.fingerprint() });
}

#[tokio::test]
async fn the_pinned_key_is_trusted_whoever_signed_it() {
    let (mut stage, identity) = (Stage::new().await, Identity::self_signed());
    let pin = identity.fingerprint();
    let mut relay = stage.open_tls(&identity, Trust::Pin(pin.to_uppercase())).await.unwrap();
    assert!(matches!(stage.next().await, News::Open { key: Some(key), by_system: false } if key == pin));
    stage.link.send(&ping(1));
    let mut bytes = [0; 512];
    let count = within(relay.read(&mut bytes)).await.unwrap();
    assert_eq!(bytes[..count], *ping(1).to_xml().as_bytes());
    within(relay.write_all(pong(1).to_xml().as_bytes())).await.unwrap();
    assert!(is(&stage.next().await, &pong(1)));
}

#[tokio::test]
async fn another_key_than_the_pinned_one_is_refused_even_if_an_authority_vouches_for_it() {
    let (roots, identity) = by_authority(vec!["127.0.0.1".into()]);
    let mut stage = Stage::with(Settings { roots: Some(roots), ..Settings::default() }, 8).await;
    let expected = Identity::self_signed().fingerprint();
    let relay = stage.open_tls(&identity, Trust::Pin(expected.clone())).await;
    assert_eq!(heard(relay).await, b"");
    assert_eq!(stage.closed().await, Closed::KeyChanged { expected, found: identity.fingerprint() });
}

#[tokio::test]
async fn a_certificate_of_an_authority_is_trusted_for_its_name() {
    let (roots, identity) = by_authority(vec!["127.0.0.1".into()]);
    let mut stage = Stage::with(Settings { roots: Some(roots), ..Settings::default() }, 8).await;
    let _relay = stage.open_tls(&identity, Trust::System).await.unwrap();
    let fingerprint = identity.fingerprint();
    assert!(
        matches!(stage.next().await, News::Open { key: Some(key), by_system: true } if key == fingerprint)
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_untrusted() {
    let (roots, identity) = by_authority(vec!["example.org".into()]);
    let mut stage = Stage::with(Settings { roots: Some(roots), ..Settings::default() }, 8).await;
    let relay = stage.open_tls(&identity, Trust::System).await;
    assert_eq!(heard(relay).await, b"");
    assert_eq!(stage.closed().await, Closed::Untrusted { key: identity.fingerprint() });
}

#[tokio::test]
async fn showing_the_pinned_certificate_is_not_enough_without_its_key() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (mut stage, identity) = (Stage::new().await, Identity::self_signed());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let thief = PrivateKeyDer::try_from(KeyPair::generate().unwrap().serialize_der()).unwrap();
        let thief = provider.key_provider.load_private_key(thief).unwrap();
        let shown = CertifiedKey::new(vec![identity.certificate.clone()], thief);
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        stage.link.dial(1, stage.address(), Trust::Pin(identity.fingerprint()));
        let tcp = stage.accept().await;
        assert!(matches!(stage.next().await, News::Connected { .. }));
        let relay = within(TlsAcceptor::from(Arc::new(config)).accept(tcp)).await.ok();
        assert_eq!(heard(relay).await, b"");
        assert!(matches!(stage.closed().await, Closed::Tls { .. }));
    }
}

#[tokio::test]
async fn the_key_is_looked_at_again_in_every_connection() {
    let mut stage = Stage::new().await;
    let (first, second) = (Identity::self_signed(), Identity::self_signed());
    for _ in 0..2 {
        let relay = stage.open_tls(&first, Trust::Pin(first.fingerprint())).await.unwrap();
        assert!(matches!(stage.next().await, News::Open { .. }));
        drop(relay);
        assert!(matches!(stage.closed().await, Closed::Lost { .. }));
    }
    stage.open_tls(&second, Trust::Pin(first.fingerprint())).await;
    assert!(matches!(stage.closed().await, Closed::KeyChanged { .. }));
}

#[tokio::test]
async fn a_port_without_tls_is_told_from_a_lost_connection() {
    let mut stage = Stage::new().await;
    stage.link.dial(1, stage.address(), Trust::System);
    let mut relay = stage.accept().await;
    relay.write_all(b"<msg><type>error</type><code>malformed</code></msg>").await.unwrap();
    assert!(matches!(stage.next().await, News::Connected { .. }));
    assert!(matches!(stage.closed().await, Closed::Tls { .. }));

    stage.link.dial(2, stage.address(), Trust::System);
    drop(stage.accept().await);
    assert!(matches!(stage.next().await, News::Connected { .. }));
    assert!(matches!(stage.closed().await, Closed::Lost { .. }));
}
