//! Reaching a relay, or not: each way of failing has its word and its deadline.

use std::time::Instant;

use socket2::{Domain, SockRef, Socket, Type};

use super::super::dial;
use super::*;
use crate::core::io::Step;

/// A port that lets nobody in: its queue is full, and what comes is left without an answer.
struct Stuffed {
    _listener: Socket,
    _inside: Vec<TcpStream>,
    port: u16,
}

async fn stuffed() -> Stuffed {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    listener.listen(0).unwrap();
    let at = listener.local_addr().unwrap().as_socket().unwrap();
    let mut inside = Vec::new();
    while let Ok(Ok(tcp)) = timeout(Duration::from_millis(200), TcpStream::connect(at)).await {
        inside.push(tcp);
    }
    Stuffed { _listener: listener, _inside: inside, port: at.port() }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_refused_at_once() {
    let mut stage = Stage::new().await;
    let address = stage.address();
    stage.listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let begun = Instant::now();
    stage.link.dial(1, address, Trust::System);
    assert!(matches!(stage.closed().await, Closed::Refused { detail } if detail.contains("refused")));
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_unresolved() {
    let mut stage = Stage::new().await;
    let address = Address { host: "x".repeat(300), ..stage.address() };
    stage.link.dial(1, address, Trust::System);
    assert!(matches!(stage.closed().await, Closed::Unresolved { .. }));
}

#[tokio::test]
async fn a_host_that_never_answers_is_given_up_in_time() {
    let mut stage = Stage::with(hasty(), 8).await;
    let stuffed = stuffed().await;
    stage.link.dial(1, Address { port: stuffed.port, ..stage.address() }, Trust::System);
    assert_eq!(stage.closed().await, Closed::TimedOut { step: Step::Connect });
}

#[tokio::test]
async fn a_port_that_accepts_and_stays_silent_is_given_up_in_time() {
    let mut stage = Stage::with(hasty(), 8).await;
    stage.link.dial(1, stage.address(), Trust::System);
    let _silent = stage.accept().await;
    assert!(matches!(stage.next().await, News::Connected { .. }));
    assert_eq!(stage.closed().await, Closed::TimedOut { step: Step::Tls });
}

#[tokio::test]
async fn an_address_that_does_not_answer_does_not_hold_up_the_next_one() {
    let stage = Stage::new().await;
    let stuffed = stuffed().await;
    let silent = std::net::SocketAddr::from(([127, 0, 0, 1], stuffed.port));
    let good = stage.listener.local_addr().unwrap();
    let settings = Settings { stagger: Duration::from_millis(20), ..Settings::default() };
    let tcp = within(dial::race(vec![silent, good], &settings)).await.unwrap();
    assert_eq!(tcp.peer_addr().unwrap(), good);
    // One that refuses does not even wait for the stagger.
    let closed = ([127, 0, 0, 1], 1).into();
    let never = Settings { stagger: DEADLINE * 10, ..Settings::default() };
    assert_eq!(within(dial::race(vec![closed, good], &never)).await.unwrap().peer_addr().unwrap(), good);
    assert!(within(dial::race(vec![closed, closed], &never)).await.is_err());
}

#[test]
fn both_families_of_addresses_are_tried_in_turn() {
    let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>();
    let found = parse(&["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1", "192.0.2.2:1"]);
    let mixed = parse(&["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1"]);
    assert_eq!(dial::mix(found), mixed);
    assert_eq!(dial::mix(vec![mixed[0]; 100]).len(), 16);
}

#[tokio::test]
async fn without_tls_only_this_machine_is_reached() {
    let mut stage = Stage::new().await;
    for host in ["192.0.2.7", "[2001:db8::1]"] {
        stage.link.dial(1, Address { host: host.into(), ..stage.plain() }, Trust::System);
        assert!(
            matches!(stage.closed().await, Closed::Refused { detail } if detail.contains("this machine"))
        );
    }
    for host in ["localhost", "[::1]", "127.0.0.1"] {
        let found = dial::resolve(&Address { host: host.into(), ..stage.plain() }).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|found| found.ip().is_loopback()), "{host}");
    }
}

#[tokio::test]
async fn a_dead_network_is_noticed_by_what_it_does_not_acknowledge() {
    let stage = Stage::new().await;
    let tcp = dial::connect(&stage.address(), &Settings::default()).await.unwrap();
    assert_eq!(SockRef::from(&tcp).tcp_user_timeout().unwrap(), Some(Duration::from_secs(75)));
    assert!(tcp.nodelay().unwrap());
}

#[tokio::test]
async fn of_several_addresses_the_first_that_has_the_right_key_is_taken() {
    let mut stage = Stage::new().await;
    let (stranger, right) = (Stage::new().await, Identity::self_signed());
    let (silent, dead) = (stuffed().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let closed = Address { port: dead.local_addr().unwrap().port(), ..stage.address() };
    drop(dead);
    let addresses =
        vec![Address { port: silent.port, ..stage.address() }, closed, stranger.address(), stage.address()];
    let begun = Instant::now();
    stage.link.dial_any(1, addresses, Trust::Pin(right.fingerprint()));
    let wrong = Identity::self_signed();
    let tcp = stranger.accept().await;
    assert!(within(wrong.acceptor().accept(tcp)).await.is_err(), "nothing is said to a stranger");
    let tcp = stage.accept().await;
    let mut relay = within(right.acceptor().accept(tcp)).await.unwrap();
    assert!(matches!(stage.next().await, News::Reached { address } if address == stage.address()));
    assert!(matches!(stage.next().await, News::Open { key: Some(key), .. } if key == right.fingerprint()));
    assert!(begun.elapsed() < Duration::from_secs(4), "nobody waits for those who do not answer");
    relay.write_all(ping(1).to_xml().as_bytes()).await.unwrap();
    assert!(is(&stage.next().await, &ping(1)));
}

#[tokio::test]
async fn where_no_address_leads_to_the_relay_each_says_why() {
    let mut stage = Stage::with(hasty(), 8).await;
    let (stranger, dead) = (Stage::new().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let closed = Address { port: dead.local_addr().unwrap().port(), ..stage.address() };
    drop(dead);
    let places = vec![stage.address(), closed, stranger.address()];
    stage.link.dial_any(1, places.clone(), Trust::Pin("aa".into()));
    let _silent = stage.accept().await;
    let tcp = stranger.accept().await;
    assert!(within(Identity::self_signed().acceptor().accept(tcp)).await.is_err());
    let Closed::Nowhere { tried } = stage.closed().await else { panic!("somewhere?") };
    assert_eq!(tried.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>(), places);
    let [(_, silent), (_, refused), (_, other)] = &tried[..] else { panic!("{tried:?}") };
    assert_eq!(*silent, Closed::TimedOut { step: Step::Tls });
    assert!(
        matches!(refused, Closed::Refused { .. }) && matches!(other, Closed::KeyChanged { .. }),
        "{tried:?}"
    );

    let many = vec![Address { port: places[1].port, ..stage.address() }; 40];
    stage.link.dial_any(2, many, Trust::System);
    let Closed::Nowhere { tried } = stage.closed().await else { panic!("somewhere?") };
    assert_eq!(tried.len(), 16);
}

#[tokio::test]
async fn a_probe_says_how_far_the_way_is_open_and_says_nothing_to_the_relay() {
    use super::super::probe::look;
    use crate::core::io::Aim;
    let (stage, right) = (Stage::new().await, Identity::self_signed());
    let aim = |trust| Aim { account: 7, address: stage.address(), trust };
    let looking = tokio::spawn(look(aim(Trust::Pin(right.fingerprint())), Settings::default()));
    let tcp = stage.accept().await;
    let mut relay = within(right.acceptor().accept(tcp)).await.unwrap();
    let probe = within(looking).await.unwrap();
    assert!(
        probe.account == 7 && probe.tcp.is_ok() && probe.tls == Ok(Some(right.fingerprint())),
        "{probe:?}"
    );
    assert_eq!(within(relay.read(&mut [0; 16])).await.unwrap_or(0), 0, "nothing was said");

    let looking = tokio::spawn(look(aim(Trust::Pin("aa".into())), Settings::default()));
    let tcp = stage.accept().await;
    assert!(within(right.acceptor().accept(tcp)).await.is_err());
    let probe = within(looking).await.unwrap();
    assert!(probe.tcp.is_ok() && matches!(probe.tls, Err(Closed::KeyChanged { .. })), "{probe:?}");

    let silent = tokio::spawn(look(aim(Trust::System), hasty()));
    let _held = stage.accept().await;
    let probe = within(silent).await.unwrap();
    assert_eq!(probe.tls, Err(Closed::TimedOut { step: Step::Tls }));
}
