//! The links of several accounts: none waits for another.

use super::super::Links;
use super::*;

/// The address of a port that is listened on.
fn at(listener: &TcpListener) -> Address {
    Address { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port(), plain: true }
}

async fn open(links: &mut Links, account: u64) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    links.dial(account, 1, at(&listener), Trust::System);
    let relay = within(listener.accept()).await.unwrap().0;
    while !matches!(within(links.next()).await, (whose, 1, News::Open { .. }) if whose == account) {}
    relay
}

#[tokio::test]
async fn a_relay_that_floods_holds_up_no_other() {
    let mut links = Links::new();
    let flooding = open(&mut links, 1).await;
    let mut quiet = open(&mut links, 2).await;
    let flood = tokio::spawn(async move {
        let mut flooding = flooding;
        let stanza = pong(0).to_xml();
        while flooding.write_all(stanza.as_bytes()).await.is_ok() {}
    });
    for n in 0..100 {
        within(quiet.write_all(pong(n).to_xml().as_bytes())).await.unwrap();
        let mut others = 0;
        loop {
            match within(links.next()).await {
                (2, 1, news) => break assert!(is(&news, &pong(n))),
                (1, 1, _) => others += 1,
                other => panic!("{other:?}"),
            }
            assert!(others < 10_000, "the flood is heard and nothing else");
            tokio::task::yield_now().await;
        }
    }
    flood.abort();
}

#[tokio::test]
async fn a_relay_that_answers_nothing_holds_up_no_other() {
    let mut links = Links::with(Settings { tls: DEADLINE * 9, ..Settings::default() });
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    links.dial(1, 1, Address { plain: false, ..at(&silent) }, Trust::System);
    let _silent = within(silent.accept()).await.unwrap();
    let mut relay = open(&mut links, 2).await;
    links.send(2, &ping(1));
    let mut bytes = vec![0; ping(1).to_xml().len()];
    within(relay.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), ping(1).to_xml());
}

#[tokio::test]
async fn a_link_that_ends_is_told_once_and_leaves_the_others() {
    let mut links = Links::new();
    let one = open(&mut links, 1).await;
    let mut other = open(&mut links, 2).await;
    links.hangup(1);
    drop(one);
    assert!(matches!(within(links.next()).await, (1, 1, News::Closed(_))));
    assert!(!links.is_empty());
    within(other.write_all(pong(1).to_xml().as_bytes())).await.unwrap();
    assert!(matches!(within(links.next()).await, (2, 1, news) if is(&news, &pong(1))));
    links.send(1, &ping(1));
    links.hangup(2);
    drop(other);
    assert!(matches!(within(links.next()).await, (2, 1, News::Closed(_))));
    assert!(links.is_empty());
}

#[tokio::test]
async fn the_end_of_an_older_try_does_not_end_a_newer_one() {
    let mut links = Links::new();
    let first = open(&mut links, 1).await;
    drop(first);
    // The end of the first is on its way when the second is dialled.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    tokio::task::yield_now().await;
    links.dial(1, 2, at(&listener), Trust::System);
    let mut relay = within(listener.accept()).await.unwrap().0;
    while !matches!(within(links.next()).await, (1, 2, News::Open { .. })) {}
    links.send(1, &ping(1));
    let mut bytes = vec![0; ping(1).to_xml().len()];
    within(relay.read_exact(&mut bytes)).await.unwrap();
}
