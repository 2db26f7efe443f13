//! What takes too long.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::world::{Client, FULL_LOGIN, LOGIN, PING, World, nothing};
use crate::config::Config;
use crate::core::Input;

const SHORT: Duration = Duration::from_millis(80);

#[test]
fn who_does_not_log_in_in_time_is_told_and_closed() {
    let config = Config { login_deadline: SHORT, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut client = world.client(PING).await;
        assert!(client.rest().await.contains("<code>too-slow</code>"));
        world.hears("1 closed").await;
        assert_eq!(world.heard(), ["1 opened", "1 ping", "1 too-slow", "1 closed"]);
    });
}

#[test]
fn a_failed_login_gives_as_much_time_again() {
    let config = Config { login_deadline: Duration::from_millis(400), ..Config::default() };
    let fail = |net: &super::super::Net, input: &Input| {
        if let Input::Stanza { session, .. } = input {
            net.login_failed(*session);
        }
    };
    World::play(config, fail, async |world| {
        let begun = Instant::now();
        let mut client = world.client("").await;
        while begun.elapsed() < Duration::from_millis(250) {
            tokio::task::yield_now().await;
        }
        client.say(PING).await;
        client.rest().await;
        assert!(begun.elapsed() >= Duration::from_millis(640), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_handshake_that_never_comes_is_dropped_and_nobody_hears_of_it() {
    let config = Config { login_deadline: SHORT, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut client = Client(TcpStream::connect(world.tls).await.unwrap());
        assert_eq!(client.rest().await, "");
        world.until("the connection to be forgotten", || world.net.is_empty()).await;
        assert!(world.heard().is_empty());
    });
}

#[test]
fn a_stanza_that_trickles_is_too_slow_but_logged_in_silence_is_not() {
    let config = Config { stanza_deadline: SHORT, login_deadline: SHORT, ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut quiet = world.client(LOGIN).await;
        world.hears("1 login").await;
        let mut slow = world.client(&format!("{LOGIN}<msg><type>pi")).await;
        slow.say("n").await;
        assert!(slow.rest().await.contains("<code>too-slow</code>"));
        quiet.say(PING).await;
        world.hears("1 ping").await;
    });
}

#[test]
fn the_next_stanza_has_its_own_time() {
    let config = Config { stanza_deadline: Duration::from_millis(300), ..Config::default() };
    World::play(config, nothing, async |world| {
        let mut client = world.client(LOGIN).await;
        let begun = Instant::now();
        let (first, second) = PING.split_at(7);
        while begun.elapsed() < Duration::from_millis(700) {
            client.say(first).await;
            tokio::task::yield_now().await;
            client.say(second).await;
        }
        drop(client);
        world.hears("1 closed").await;
        assert!(!world.heard().contains(&"1 too-slow".to_owned()));
    });
}

#[test]
fn a_silent_full_session_is_pinged_once_and_then_closed() {
    let config = Config { idle_max: Duration::from_millis(200), ..Config::default() };
    World::play(config, nothing, async |world| {
        let begun = Instant::now();
        let mut client = world.client(FULL_LOGIN).await;
        client.end().await;
        assert!(begun.elapsed() >= Duration::from_millis(200));
        world.hears("1 closed").await;
        assert_eq!(world.heard(), ["1 opened", "1 login", "1 quiet", "1 closed"]);
    });
}

#[test]
fn a_byte_in_time_keeps_a_full_session_and_a_seed_session_needs_none() {
    let config = Config { idle_max: Duration::from_millis(200), ..Config::default() };
    World::play(config, nothing, async |world| {
        let _seed = world.client(LOGIN).await;
        world.hears("1 login").await;
        let mut full = world.client(FULL_LOGIN).await;
        for n in 1..=4 {
            let quiets = || world.heard().iter().filter(|word| *word == "2 quiet").count();
            world.until("a ping to be wanted", || quiets() == n).await;
            full.say(PING).await;
        }
        assert!(
            !world.heard().iter().any(|word| word.ends_with("closed") || word == "1 quiet"),
            "{:?}",
            world.heard()
        );
    });
}

#[test]
fn while_a_session_is_paused_nothing_is_read_and_its_deadlines_stand_still() {
    let config = Config { stanza_deadline: Duration::from_millis(150), ..Config::default() };
    let pause = |net: &super::super::Net, input: &Input| {
        if let Input::Stanza { session, stanza: relay_schema::Stanza::Ping(_) } = input {
            net.pause(*session, Duration::from_millis(300));
        }
    };
    World::play(config, pause, async |world| {
        let mut client = world.client(LOGIN).await;
        world.hears("1 login").await;
        let begun = Instant::now();
        client.say(&format!("{PING}{LOGIN}<msg>")).await;
        world.hears("1 ping").await;
        client.say("<type>shake</type><myaccount>a</myaccount>").await;
        world.until("the second login", || world.heard().len() >= 4).await;
        assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
        client.say("<friendaccount>b</friendaccount></msg>").await;
        world.hears("1 shake").await;
        assert_eq!(world.heard(), ["1 opened", "1 login", "1 ping", "1 login", "1 shake"]);
    });
}

#[test]
fn a_pause_does_not_count_towards_the_time_of_a_stanza_that_had_begun() {
    let config = Config { stanza_deadline: Duration::from_secs(1), ..Config::default() };
    World::play(config, nothing, async |world| {
        let (first, second) = PING.split_at(7);
        let mut client = world.client(&format!("{LOGIN}{LOGIN}{first}")).await;
        world.until("both logins", || world.heard().len() == 3).await;
        world.net.pause(1, Duration::from_millis(1_200));
        let begun = Instant::now();
        world.until("the pause to end", || begun.elapsed() > Duration::from_millis(1_250)).await;
        client.say(second).await;
        world.until("a word", || world.heard().len() > 3).await;
        assert_eq!(world.heard()[3..], ["1 ping"]);
    });
}

#[test]
fn a_pause_can_be_ended() {
    let pause = |net: &super::super::Net, input: &Input| {
        if let Input::Stanza { session, stanza: relay_schema::Stanza::Ping(_) } = input {
            net.pause(*session, Duration::from_secs(3_600));
        }
    };
    World::play(Config::default(), pause, async |world| {
        let _client = world.client(&format!("{PING}{LOGIN}")).await;
        world.hears("1 ping").await;
        world.net.pause(1, Duration::ZERO);
        world.hears("1 login").await;
    });
}

#[test]
fn after_the_last_words_the_peer_may_go_on_talking_for_a_while() {
    World::play(Config::default(), nothing, async |world| {
        let mut client = world.client("hello").await;
        assert!(client.rest().await.contains("<code>malformed</code>"));
        let begun = Instant::now();
        for _ in 0..200 {
            let said = client.0.write_all(&[b'x'; 1_000]).await;
            // A reset could cost the peer what it has not read yet.
            assert!(said.is_ok() || begun.elapsed() > Duration::from_millis(900), "{said:?}");
            tokio::task::yield_now().await;
        }
        world.hears("1 closed").await;
        assert!(begun.elapsed() > Duration::from_millis(500), "{:?}", begun.elapsed());
    });
}
