//! Broken stanzas, too many connections, and that nobody else notices.

use relay_schema::Stanza;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::Net;
use super::world::{LOGIN, PING, World, nothing};
use crate::config::Config;
use crate::core::{Dialect, Input};

#[test]
fn a_broken_stanza_is_answered_and_ends_its_own_connection_only() {
    World::play(Config::default(), nothing, async |world| {
        let mut other = world.client(LOGIN).await;
        world.hears("1 login").await;
        for (bytes, code) in [
            ("<msg><!-- x --></msg>".to_owned(), "malformed"),
            ("hello".to_owned(), "malformed"),
            (format!("<msg>{}", " ".repeat(5_000)), "too-long"),
            ("<msg><type>ping</type></nsg>".to_owned(), "malformed"),
        ] {
            let mut client = world.client(&bytes).await;
            let answer = client.rest().await;
            assert_eq!(answer.matches("<msg>").count(), 1, "{answer}");
            assert!(answer.contains(&format!("<code>{code}</code>")), "{bytes}: {answer}");
        }
        other.say(PING).await;
        world.hears("1 ping").await;
    });
}

#[test]
fn a_stanza_may_be_longer_after_the_login() {
    let config = Config { stanza_max: 10_000, ..Config::default() };
    World::play(config, nothing, async |world| {
        let long = |bytes: usize| format!("<msg><type>ping</type><id>{}</id></msg>", "x".repeat(bytes));
        let mut client = world.client(LOGIN).await;
        world.hears("1 login").await;
        client.say(&long(6_000)).await;
        world.hears("1 bad-field").await;
        client.say(&long(10_000)).await;
        assert!(client.rest().await.contains("<code>too-long</code>"));
    });
}

#[test]
fn stanzas_are_found_whatever_the_chunks() {
    World::play(Config::default(), nothing, async |world| {
        let mut client = world.client("").await;
        for byte in format!("{LOGIN}\n {PING}").chars() {
            client.say(&byte.to_string()).await;
            tokio::task::yield_now().await;
        }
        client.say(&PING.repeat(3_000)).await;
        world.until("all pings", || world.heard().len() == 2 + 1 + 3_000).await;
    });
}

#[test]
fn one_connection_too_many_without_a_login_costs_the_oldest() {
    let config = Config { unauthenticated_per_address: 2, ..Config::default() };
    World::play(config, nothing, async |world| {
        let _member = world.client(LOGIN).await;
        world.hears("1 login").await;
        let mut oldest = world.client("").await;
        world.hears("2 opened").await;
        let _second = world.client("").await;
        world.hears("3 opened").await;
        let mut newest = world.client("").await;
        oldest.end().await;
        world.hears("2 closed").await;
        newest.say(LOGIN).await;
        world.hears("4 login").await;
        assert_eq!(world.net.len(), 3);
    });
}

#[test]
fn connections_that_hang_in_the_handshake_count_as_well() {
    let config = Config { unauthenticated_max: 3, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut first = TcpStream::connect(world.tls).await.unwrap();
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(TcpStream::connect(world.tls).await.unwrap());
        }
        let mut rest = Vec::new();
        let _ = first.read_to_end(&mut rest).await;
        world.until("the first to be gone", || world.net.len() == 3).await;
    });
}

#[test]
fn when_there_are_as_many_connections_as_allowed_others_wait_and_those_in_stay() {
    let config = Config { sessions_max: 2, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut first = world.client(LOGIN).await;
        world.hears("1 login").await;
        let second = world.client(LOGIN).await;
        world.hears("2 login").await;
        let _third = world.client(LOGIN).await;
        first.say(PING).await;
        world.hears("1 ping").await;
        assert_eq!(world.net.len(), 2);
        drop(second);
        world.hears("3 login").await;
    });
}

#[test]
fn a_panic_in_one_connection_is_not_noticed_in_another() {
    let panic_at_shake = |_: &Net, input: &Input| {
        if let Input::Stanza { stanza: Stanza::Shake(_), .. } = input {
            panic!("on purpose");
        }
    };
    World::play(Config::default(), panic_at_shake, async |world| {
        let mut other = world.client(LOGIN).await;
        world.hears("1 login").await;
        let shake = "<msg><type>shake</type><myaccount>a</myaccount><friendaccount>b</friendaccount></msg>";
        let mut client = world.client(shake).await;
        client.end().await;
        other.say(PING).await;
        world.hears("2 closed").await;
        world.hears("1 ping").await;
        assert_eq!(world.net.len(), 1);
    });
}

#[test]
fn while_the_gate_is_shut_nobody_is_read_from() {
    World::play(Config::default(), nothing, async |world| {
        let mut client = world.client(PING).await;
        world.hears("1 ping").await;
        world.net.set_reading(false);
        client.say(LOGIN).await;
        let other = world.client(PING).await;
        world.hears("2 opened").await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.heard(), ["1 opened", "1 ping", "2 opened"]);
        world.net.set_reading(true);
        world.hears("1 login").await;
        world.hears("2 ping").await;
        drop(other);
    });
}

#[test]
fn a_tls_connection_says_hello_and_goodbye() {
    let close = |net: &Net, input: &Input| {
        if let Input::Stanza { session, stanza: Stanza::Ping(_) } = input {
            net.close(*session);
        }
    };
    World::play(Config::default(), close, async |world| {
        let tls = super::world_tls::connector();
        let tcp = TcpStream::connect(world.tls).await.unwrap();
        let mut client = tls.connect("localhost".try_into().unwrap(), tcp).await.unwrap();
        client.write_all(PING.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.expect("a close_notify");
        world.hears("1 closed").await;
        world.net.logged_in(1, Dialect::Seed);
        assert_eq!(world.heard(), ["1 opened", "1 ping", "1 closed"]);
    });
}
