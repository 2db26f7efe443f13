//! Broken stanzas, too many connections, and that nobody else notices.

use std::time::{Duration, Instant};

use relay_schema::{ErrorStanza, Stanza};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::Net;
use super::world::{LOGIN, PING, World, nothing};
use crate::config::Config;
use crate::core::{Class, Dialect, Input};

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

#[test]
fn who_is_full_makes_room_at_the_cost_of_who_has_not_logged_in() {
    let config = Config { sessions_max: 3, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut member = world.client(LOGIN).await;
        world.hears("1 login").await;
        let mut other = world.client(LOGIN).await;
        world.hears("2 login").await;
        let mut idle = world.client("").await;
        world.hears("3 opened").await;
        let mut newest = world.client("").await;
        idle.end().await;
        world.hears("4 opened").await;
        newest.say(LOGIN).await;
        world.hears("4 login").await;
        let _late = world.client("").await;
        member.say(PING).await;
        world.hears("1 ping").await;
        other.say(PING).await;
        world.hears("2 ping").await;
        assert_eq!(world.net.len(), 3);
    });
}

#[test]
fn who_has_not_logged_in_has_at_most_half_of_the_places() {
    let config = Config { sessions_max: 4, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut oldest = world.client("").await;
        world.hears("1 opened").await;
        let _second = world.client("").await;
        world.hears("2 opened").await;
        let _third = world.client("").await;
        oldest.end().await;
        world.hears("3 opened").await;
        world.until("the first to be gone", || world.net.len() == 2).await;
    });
}

#[test]
fn who_fails_to_log_in_too_often_is_closed_after_the_answer() {
    let fail = |net: &Net, input: &Input| {
        if let Input::Stanza { session, stanza: Stanza::Ping(_) } = input {
            net.send(*session, Class::Kept, &ErrorStanza::default().into());
            net.login_failed(*session);
        }
    };
    World::play(Config::default(), fail, async |world| {
        let mut client = world.client(&PING.repeat(19)).await;
        world.until("19 failures", || world.heard().len() == 20).await;
        assert_eq!(world.net.len(), 1);
        client.say(&PING.repeat(3)).await;
        assert_eq!(client.rest().await.matches("<msg>").count(), 20);
        world.hears("1 closed").await;
        assert_eq!(world.heard().len(), 22, "nothing is heard after the last failure");
    });
}

#[test]
fn who_says_no_more_still_gets_the_answers_to_what_it_asked() {
    let ask = |net: &Net, input: &Input| {
        if let Input::Stanza { session, stanza: Stanza::Ping(_) } = input {
            net.asked(*session);
        }
    };
    World::play(Config::default(), ask, async |world| {
        let mut client = world.client(&format!("{LOGIN}{PING}{PING}")).await;
        client.0.shutdown().await.unwrap();
        world.until("both pings", || world.heard().len() == 4).await;
        for answer in ["first", "second"] {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            world.send(1, Class::Kept, answer);
            world.net.ask_acknowledged(1);
            world.net.answered(1);
        }
        let rest = client.rest().await;
        assert!(rest.contains("first") && rest.contains("second"), "{rest}");
        world.hears("1 closed").await;
        assert!(!world.heard().contains(&"1 acknowledged".to_owned()), "{:?}", world.heard());
    });
}

#[test]
fn who_says_no_more_and_is_never_answered_does_not_stay() {
    let ask = |net: &Net, input: &Input| {
        if let Input::Stanza { session, stanza: Stanza::Ping(_) } = input {
            net.asked(*session);
        }
    };
    World::play(Config::default(), ask, async |world| {
        let mut client = world.client(&format!("{LOGIN}{PING}")).await;
        client.0.shutdown().await.unwrap();
        let begun = Instant::now();
        client.end().await;
        let took = begun.elapsed();
        assert!(took > Duration::from_secs(4) && took < Duration::from_secs(8), "{took:?}");
        world.hears("1 closed").await;
    });
}

#[test]
fn who_is_paused_again_and_again_leaves_others_their_turn() {
    let pause = |net: &Net, input: &Input| {
        if let Input::Stanza { session: 1, stanza: Stanza::Ping(_) } = input {
            net.pause(1, Duration::ZERO);
        }
    };
    World::play(Config::default(), pause, async |world| {
        let mut first = world.client(LOGIN).await;
        world.hears("1 login").await;
        let mut second = world.client(LOGIN).await;
        world.hears("2 login").await;
        first.say(&PING.repeat(1_000)).await;
        second.say(PING).await;
        world.until("all pings", || world.heard().len() == 4 + 1_001).await;
        assert_ne!(world.heard().last().unwrap(), "2 ping");
    });
}
