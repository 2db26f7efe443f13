//! A link that stands: stanzas both ways, and its ends.

use super::*;

/// Reads the relay's end until it is closed.
async fn all(relay: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    within(relay.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn what_is_sent_in_one_go_leaves_in_one_write() {
    let mut stage = Stage::new().await;
    let mut relay = stage.open_plain().await;
    for n in 0..32 {
        stage.link.send(&ping(n));
    }
    let mut bytes = vec![0; 65_536];
    let count = within(relay.read(&mut bytes)).await.unwrap();
    let expected: String = (0..32).map(|n| ping(n).to_xml()).collect();
    assert_eq!(String::from_utf8_lossy(&bytes[..count]), expected);
}

#[tokio::test]
async fn stanzas_arrive_whole_in_whatever_pieces_they_come() {
    let mut stage = Stage::new().await;
    let mut relay = stage.open_plain().await;
    let bytes: String = (0..20).map(|n| pong(n).to_xml() + "\n").collect();
    for piece in bytes.as_bytes().chunks(7) {
        within(relay.write_all(piece)).await.unwrap();
        within(relay.flush()).await.unwrap();
    }
    for n in 0..20 {
        assert!(is(&stage.next().await, &pong(n)));
    }
}

#[tokio::test]
async fn hanging_up_sends_what_waits_and_then_closes() {
    let mut stage = Stage::new().await;
    let mut relay = stage.open_plain().await;
    let count = 2000;
    for n in 0..count {
        stage.link.send(&ping(n));
    }
    stage.link.hangup();
    assert_eq!(all(&mut relay).await, (0..count).map(|n| ping(n).to_xml()).collect::<String>());
    drop(relay);
    assert_eq!(stage.closed().await, Closed::Hangup);
}

#[tokio::test]
async fn hanging_up_on_a_relay_that_talks_resets_nothing() {
    let mut stage = Stage::with(Settings::default(), 1).await;
    let mut relay = stage.open_plain().await;
    within(relay.write_all(pong(1).to_xml().repeat(5000).as_bytes())).await.unwrap();
    stage.link.send(&ping(1));
    stage.link.hangup();
    assert_eq!(all(&mut relay).await, ping(1).to_xml());
    let error = relay.take_error().unwrap();
    assert!(error.is_none(), "a reset could overtake what was sent last: {error:?}");
    drop(relay);
    while !matches!(stage.next().await, News::Closed(Closed::Hangup)) {}
}

#[tokio::test]
async fn hanging_up_says_good_bye_in_tls_too() {
    let identity = Identity::self_signed();
    let mut stage = Stage::new().await;
    let mut relay = stage.open_tls(&identity, Trust::Pin(identity.fingerprint())).await.unwrap();
    assert!(matches!(stage.next().await, News::Open { .. }));
    stage.link.send(&ping(1));
    stage.link.hangup();
    let mut bytes = Vec::new();
    within(relay.read_to_end(&mut bytes)).await.expect("closed with TLS's own good-bye");
    assert_eq!(bytes, ping(1).to_xml().into_bytes());
    drop(relay);
    assert_eq!(stage.closed().await, Closed::Hangup);
}

#[tokio::test]
async fn hanging_up_while_dialling_ends_it_at_once() {
    let mut stage = Stage::new().await;
    stage.link.dial(1, stage.address(), Trust::System);
    let _silent = stage.accept().await;
    assert!(matches!(stage.next().await, News::Connected { .. }));
    stage.link.hangup();
    assert_eq!(stage.closed().await, Closed::Hangup);
    stage.link.hangup();
    stage.link.send(&ping(1));
    assert!(stage.events.try_recv().is_err(), "the end is told once");
}

#[tokio::test]
async fn hanging_up_does_not_wait_for_a_relay_that_does_not_read() {
    let mut stage = Stage::with(hasty(), 8).await;
    let _deaf = stage.open_plain().await;
    for n in 0..40_000 {
        stage.link.send(&ping(n));
    }
    stage.link.hangup();
    let closed = stage.closed().await;
    assert!(matches!(closed, Closed::Hangup | Closed::Lost { .. }), "{closed:?}");
}

#[tokio::test]
async fn dialling_again_cuts_the_link_before_and_nothing_more_is_told_of_it() {
    let mut stage = Stage::new().await;
    let mut first = stage.open_plain().await;
    stage.link.dial(2, stage.plain(), Trust::System);
    assert_eq!(all(&mut first).await, "");
    let _second = stage.accept().await;
    for _ in 0..2 {
        assert_eq!(within(stage.events.recv()).await.unwrap().0, 2);
    }
}

#[tokio::test]
async fn a_relay_that_closes_is_lost() {
    let mut stage = Stage::new().await;
    drop(stage.open_plain().await);
    assert!(matches!(stage.closed().await, Closed::Lost { .. }));
}

#[tokio::test]
async fn a_relay_that_dies_is_lost() {
    let mut stage = Stage::new().await;
    let relay = stage.open_plain().await;
    socket2::SockRef::from(&relay).set_linger(Some(Duration::ZERO)).unwrap();
    drop(relay);
    assert!(matches!(stage.closed().await, Closed::Lost { detail } if detail.contains("reset")));
}

#[tokio::test]
async fn a_relay_that_falls_silent_is_lost() {
    let mut stage = Stage::with(hasty(), 8).await;
    let _silent = stage.open_plain().await;
    assert!(matches!(stage.closed().await, Closed::Lost { detail } if detail.contains("nothing came")));
}
