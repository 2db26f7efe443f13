//! Peers that read slowly or not at all, and what their kernels have.

use std::time::Duration;

use relay_schema::Stanza;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::{Net, PAGE};
use super::world::{LOGIN, PING, World, nothing};
use crate::config::Config;
use crate::core::{Class, Input};

const OUTPUT_MAX: usize = 256 * 1_024;

fn config() -> Config {
    Config { output_max: OUTPUT_MAX, output_deadline: Duration::from_millis(300), ..Config::default() }
}

/// Fills what the kernels take, until so much waits in the relay.
fn fill(world: &World, bytes: usize) {
    let text = "x".repeat(8_000);
    for _ in 0..100_000 {
        match world.net.find(1) {
            Some(connection) if connection.held() < bytes => world.send(1, Class::Kept, &text),
            _ => return,
        }
    }
    panic!("it is never full; heard {:?}", world.heard());
}

#[test]
fn a_peer_that_does_not_read_costs_bounded_memory_and_is_closed() {
    World::play(config(), nothing, async |world| {
        let _client = world.client(LOGIN).await;
        world.hears("1 login").await;
        let text = "x".repeat(8_000);
        let mut most = 0;
        for _ in 0..10_000 {
            world.send(1, Class::Kept, &text);
            most = most.max(world.net.find(1).map_or(0, |connection| connection.held()));
        }
        assert!(most > OUTPUT_MAX && most <= OUTPUT_MAX + PAGE, "{most}");
        world.hears("1 closed").await;
        assert!(world.net.is_empty());
    });
}

#[test]
fn a_peer_that_takes_no_byte_for_too_long_is_closed_and_one_that_takes_some_is_not() {
    World::play(config(), nothing, async |world| {
        let mut client = world.client(LOGIN).await;
        world.hears("1 login").await;
        fill(&world, OUTPUT_MAX / 2);
        let begun = std::time::Instant::now();
        let mut some = vec![0; 50_000];
        while begun.elapsed() < Duration::from_millis(900) {
            assert!(client.0.read(&mut some).await.unwrap() > 0);
            fill(&world, OUTPUT_MAX / 2);
        }
        assert!(!world.heard().contains(&"1 closed".to_owned()), "it reads");
        let stopped = std::time::Instant::now();
        while !world.heard().contains(&"1 closed".to_owned()) {
            fill(&world, OUTPUT_MAX / 2);
            tokio::task::yield_now().await;
            assert!(stopped.elapsed() < Duration::from_secs(20), "it takes nothing any more");
        }
        assert!(stopped.elapsed() >= Duration::from_millis(200));
    });
}

#[test]
fn there_is_room_again_only_when_little_waits() {
    let read_on = |net: &Net, input: &Input| {
        if let Input::Stanza { session, stanza: Stanza::Ping(_) } = input {
            net.ask_room(*session);
        }
    };
    World::play(config(), read_on, async |world| {
        let mut client = world.client(LOGIN).await;
        client.say(PING).await;
        world.hears("1 room").await;
        fill(&world, OUTPUT_MAX / 2);
        world.net.ask_room(1);
        fill(&world, OUTPUT_MAX);
        assert_eq!(world.heard().iter().filter(|word| *word == "1 room").count(), 1);
        let mut some = vec![0; 65_536];
        while world.heard().iter().filter(|word| *word == "1 room").count() < 2 {
            client.0.read_exact(&mut some).await.unwrap();
            let held = world.net.find(1).map_or(0, |connection| connection.held());
            assert!(
                held < OUTPUT_MAX / 16 || world.heard().iter().filter(|word| *word == "1 room").count() == 1
            );
        }
    });
}

#[test]
fn who_does_not_read_is_not_read_from() {
    World::play(config(), nothing, async |world| {
        let mut client = world.client(LOGIN).await;
        world.hears("1 login").await;
        fill(&world, OUTPUT_MAX / 2);
        client.say(PING).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!world.heard().contains(&"1 ping".to_owned()));
        let mut some = vec![0; 65_536];
        while !world.heard().contains(&"1 ping".to_owned()) {
            client.0.read_exact(&mut some).await.unwrap();
        }
    });
}

#[test]
fn it_is_said_when_the_peers_kernel_has_everything_and_not_before() {
    World::play(Config::default(), nothing, async |world| {
        let mut client = world.client(LOGIN).await;
        world.hears("1 login").await;
        fill(&world, 1);
        world.net.ask_acknowledged(1);
        world.send(1, Class::Kept, "hello");
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!world.heard().contains(&"1 acknowledged".to_owned()));
        let mut some = vec![0; 65_536];
        while !world.heard().contains(&"1 acknowledged".to_owned()) {
            let read = tokio::time::timeout(Duration::from_millis(50), client.0.read(&mut some));
            assert!(!matches!(read.await, Ok(Err(_))));
        }
        drop(client);
        world.hears("1 closed").await;
        assert_eq!(world.heard().iter().filter(|word| *word == "1 acknowledged").count(), 1);
    });
}

#[test]
fn what_only_our_own_kernel_has_is_not_acknowledged() {
    World::play(Config::default(), nothing, async |world| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut client = socket.connect(world.plain).await.unwrap();
        client.write_all(LOGIN.as_bytes()).await.unwrap();
        world.hears("1 login").await;
        while world.net.find(1).unwrap().is_acknowledged() {
            world.send(1, Class::Kept, &"x".repeat(8_000));
        }
        world.until("all to be in the kernel", || !world.net.find(1).unwrap().has_output()).await;
        world.net.ask_acknowledged(1);
        world.stub_settle();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!world.heard().contains(&"1 acknowledged".to_owned()));
        tokio::spawn(async move { tokio::io::copy(&mut client, &mut tokio::io::sink()).await });
        world.hears("1 acknowledged").await;
    });
}

#[test]
fn at_the_end_it_is_said_once_more_what_the_peers_kernel_had() {
    let answer_and_ask = |net: &Net, input: &Input| {
        if let Input::Stanza { session, stanza } = input {
            net.send(*session, Class::Kept, stanza);
            net.ask_acknowledged(*session);
        }
    };
    World::play(Config::default(), answer_and_ask, async |world| {
        let mut client = world.client(PING).await;
        let mut echo = vec![0; PING.len()];
        client.0.read_exact(&mut echo).await.unwrap();
        drop(client);
        world.hears("1 closed").await;
        assert_eq!(world.heard(), ["1 opened", "1 ping", "1 acknowledged", "1 closed"]);
    });
}

#[test]
fn a_reset_before_the_peers_kernel_had_everything_is_no_acknowledgement() {
    World::play(Config::default(), nothing, async |world| {
        let client = world.client(LOGIN).await;
        world.hears("1 login").await;
        fill(&world, 1);
        world.net.ask_acknowledged(1);
        socket2::SockRef::from(&client.0).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        world.hears("1 closed").await;
        assert!(!world.heard().contains(&"1 acknowledged".to_owned()));
    });
}

#[test]
fn what_came_too_late_to_be_sent_is_not_acknowledged_with_the_rest() {
    World::play(Config::default(), nothing, async |world| {
        let mut client = world.client(LOGIN).await;
        world.hears("1 login").await;
        fill(&world, 1);
        client.0.shutdown().await.unwrap();
        world.until("the end to be seen", || !world.net.find(1).unwrap().is_open()).await;
        world.send(1, Class::Kept, "too late");
        world.net.ask_acknowledged(1);
        assert!(!client.rest().await.contains("too late"));
        world.hears("1 closed").await;
        assert!(!world.heard().contains(&"1 acknowledged".to_owned()));
    });
}

#[test]
fn much_goes_out_whole_with_tls_too() {
    World::play(Config::default(), nothing, async |world| {
        let tcp = TcpStream::connect(world.tls).await.unwrap();
        let tls = super::world_tls::connector();
        let mut client = tls.connect("localhost".try_into().unwrap(), tcp).await.unwrap();
        client.write_all(LOGIN.as_bytes()).await.unwrap();
        world.hears("1 login").await;
        let text = "x".repeat(8_000);
        let mut stanzas = 0;
        while world.net.find(1).is_some_and(|connection| connection.held() < 500_000) {
            world.send(1, Class::Kept, &text);
            stanzas += 1;
        }
        world.net.close(1);
        world.stub_settle();
        let mut rest = String::new();
        client.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest.matches("</msg>").count(), stanzas);
        world.hears("1 closed").await;
    });
}
