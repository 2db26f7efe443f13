//! The relay as an enemy: it is understood or left, and never fills the memory.

use std::io::ErrorKind;

use relay_schema::Fault;

use super::*;

async fn unreadable(stage: &mut Stage) -> (Fault, Option<u64>, Vec<u8>) {
    match stage.next().await {
        News::Unreadable { refusal, raw } => (refusal.fault, refusal.seq, raw),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_type_that_is_unknown_is_handed_on_as_it_came_and_the_link_stays() {
    let mut stage = Stage::new().await;
    let mut relay = stage.open_plain().await;
    let raw = b"<msg><type>party</type><seq>41</seq><who>bob</who></msg>";
    within(relay.write_all(raw)).await.unwrap();
    within(relay.write_all(b"<msg><type>pong</type></msg>")).await.unwrap();
    within(relay.write_all(pong(1).to_xml().as_bytes())).await.unwrap();
    assert_eq!(unreadable(&mut stage).await, (Fault::UnknownType, Some(41), raw.to_vec()));
    assert_eq!(unreadable(&mut stage).await.0, Fault::BadField);
    assert!(is(&stage.next().await, &pong(1)));
}

#[tokio::test]
async fn a_relay_that_talks_rubbish_is_left() {
    for rubbish in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\0\xff\xfe", b"<msg><type>ping</type><!-- --></msg>"]
    {
        let mut stage = Stage::new().await;
        let mut relay = stage.open_plain().await;
        within(relay.write_all(rubbish)).await.unwrap();
        assert_eq!(unreadable(&mut stage).await.0, Fault::Malformed);
        assert!(matches!(stage.closed().await, Closed::Lost { .. }));
    }
}

#[tokio::test]
async fn a_stanza_without_an_end_is_left_at_its_limit() {
    let mut stage = Stage::new().await;
    let mut relay = stage.open_plain().await;
    let endless = async {
        let _ = relay.write_all(b"<msg><type>").await;
        while relay.write_all(&[b'x'; 16_384]).await.is_ok() {}
    };
    // The relay gets no further than the link reads.
    let ((), found) = within(async { tokio::join!(endless, unreadable(&mut stage)) }).await;
    assert_eq!((found.0, found.2.len()), (Fault::TooLong, 0));
    assert!(matches!(stage.closed().await, Closed::Lost { .. }));
}

/// A chat as a relay writes it: each of these characters has become six.
fn long_row(seq: u64, characters: usize) -> Vec<u8> {
    let text = "&quot;".repeat(characters);
    let row = format!(
        "<msg><type>chat</type><myaccount>bob</myaccount><friendaccount>alice</friendaccount>\
         <content>{text}</content><seq>{seq}</seq></msg>"
    );
    row.into_bytes()
}

#[tokio::test]
async fn what_was_short_enough_on_its_way_up_may_be_six_times_as_long_on_its_way_down() {
    let mut stage = Stage::new().await;
    let mut relay = stage.open_plain().await;
    let characters = relay_schema::LIMIT_AFTER_LOGIN;
    let writing = async { relay.write_all(&long_row(1, characters)).await.unwrap() };
    let ((), news) = within(async { tokio::join!(writing, stage.next()) }).await;
    let News::Stanza(stanza) = news else { panic!("{news:?}") };
    assert!(matches!(*stanza, Stanza::Chat(chat) if chat.content.len() == characters && chat.seq == Some(1)));
}

#[tokio::test]
async fn of_what_is_unusually_long_only_one_waits() {
    let mut stage = Stage::with(Settings::default(), 8).await;
    let relay = stage.open_plain().await;
    let flood = long_row(1, relay_schema::LIMIT_AFTER_LOGIN / 2);
    let mut sent = 0;
    while let Some(written) = write_some(&relay, &flood[sent % flood.len()..]).await {
        sent += written;
        assert!(sent < 64 * 1024 * 1024, "nothing holds the relay back");
    }
    assert_eq!(stage.events.len(), 1);
    assert!(matches!(stage.next().await, News::Stanza(_)), "and the link still stands");
}

#[tokio::test]
async fn a_flood_is_slowed_down_and_not_stored() {
    let mut stage = Stage::with(Settings::default(), 4).await;
    let relay = stage.open_plain().await;
    let flood = pong(1).to_xml().repeat(1000);
    let mut sent = 0;
    while let Some(written) = write_some(&relay, &flood.as_bytes()[sent % flood.len()..]).await {
        sent += written;
        assert!(sent < 64 * 1024 * 1024, "nothing holds the relay back");
    }
    assert_eq!(stage.events.len(), 4);
    assert!(is(&stage.next().await, &pong(1)), "and the link still stands");
}

/// Writes as soon as the link lets it; none if it does not while everything else has had its turn a thousand times.
async fn write_some(relay: &TcpStream, bytes: &[u8]) -> Option<usize> {
    for _ in 0..1000 {
        match relay.try_write(bytes) {
            Ok(written) => return Some(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => tokio::task::yield_now().await,
            Err(error) => panic!("the link is gone: {error}"),
        }
    }
    None
}

#[tokio::test]
async fn a_relay_that_does_not_read_is_left_when_too_much_waits_for_it() {
    let mut stage = Stage::with(Settings { unsent_max: 100_000, ..Settings::default() }, 8).await;
    let _deaf = stage.open_plain().await;
    let told = loop {
        for n in 0..100 {
            stage.link.send(&ping(n));
        }
        match timeout(Duration::from_millis(1), stage.events.recv()).await {
            Ok(told) => break told.unwrap().1,
            Err(_) => continue,
        }
    };
    assert!(matches!(told, News::Closed(Closed::Lost { detail }) if detail.contains("does not take")));
}

#[tokio::test]
async fn what_is_said_while_nobody_listens_does_not_stop_what_is_sent() {
    let mut stage = Stage::with(Settings::default(), 1).await;
    let mut relay = stage.open_plain().await;
    within(relay.write_all(pong(1).to_xml().repeat(50).as_bytes())).await.unwrap();
    stage.link.send(&ping(7));
    let mut bytes = [0; 512];
    let count = within(relay.read(&mut bytes)).await.unwrap();
    assert_eq!(bytes[..count], *ping(7).to_xml().as_bytes());
}
