//! Which account may log in, with what, and which key is believed.

use super::*;
use ipc_schema::account::Login;

#[test]
fn an_account_that_is_logged_in_does_not_move_to_another_relay_unasked() {
    let mut daemon = Daemon::online();
    let relay = Some("10.0.0.1".into());
    let elsewhere = Login { relay, ..login("alice@example.org") };
    let error = refusal(&daemon.ask(elsewhere));
    assert_eq!((error.code, error.exit()), (Code::Conflict, 11));
    assert!(error.message.contains("log it out"), "{error}");
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn the_relay_must_be_known_somehow() {
    let mut daemon = Daemon::new();
    let error = refusal(&daemon.ask(login("alice")));
    assert_eq!(error.code, Code::Usage);
    assert!(error.message.contains("--relay"));
    let relay = |relay: &str| Login { relay: Some(relay.into()), ..login("alice") };
    assert_eq!(refusal(&daemon.ask(relay("plain://10.0.0.1"))).code, Code::Usage);
    assert!(has_dialled(&daemon.ask(relay("example.org"))));
    assert_eq!(refusal(&daemon.ask(relay("example.org"))).code, Code::Conflict, "one login at a time");
}

#[test]
fn the_same_account_needs_neither_relay_nor_password_while_its_token_is_good() {
    let mut daemon = Daemon::online();
    let outputs = daemon.ask(Login { account: "alice".into(), ..Login::default() });
    assert_eq!(reply(&outputs)["state"], "online");
    assert!(!has_dialled(&outputs));
    let mut empty = Daemon::new();
    assert!(has_dialled(&empty.ask(Login { account: "alice@example.org".into(), ..Login::default() })));
    let outputs = empty.open();
    assert!(sent(&outputs).is_empty(), "the server was looked at, and nothing said to it");
    assert_eq!(refusal(&outputs).exit(), 4);
    assert!(!has_dialled(&empty.pass(Duration::from_secs(600))), "and it is not tried again");
}

#[test]
fn a_password_that_was_given_is_checked_and_a_wrong_one_does_not_end_what_was_there() {
    let mut daemon = Daemon::online();
    assert!(has_dialled(&daemon.ask(login("alice"))));
    daemon.open();
    let outputs = daemon.hear(LoginResponse { state: 0, ..LoginResponse::default() });
    assert_eq!(refusal(&outputs).code, Code::Credentials);
    assert!(has_dialled(&outputs), "back with the token");
    let outputs = daemon.open();
    let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert!(said.token.is_some());
    daemon.hear(welcome(0, 0));
    assert!(daemon.core.first().link.is_online());
    assert!(has_dialled(&daemon.ask(login("alice"))));
    daemon.open();
    let outputs = daemon.hear(welcome(0, 0));
    assert_eq!(reply(&outputs)["state"], "online");
}

#[test]
fn a_key_that_was_trusted_once_is_the_only_one_from_then_on() {
    let mut daemon = Daemon::new();
    let trust = Some(format!("SHA256:{}", KEY.to_uppercase()));
    let outputs = daemon.ask(Login { trust, ..login("alice@example.org") });
    let pin = Trust::Pin(KEY.into());
    assert!(outputs.iter().any(|output| matches!(output, Output::Dial { trust, .. } if *trust == pin)));
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert_eq!(daemon.disk.account().unwrap().pin.as_deref(), Some(KEY));
    daemon.lost();
    let outputs = daemon.pass(Duration::from_millis(500));
    assert!(outputs.iter().any(|output| matches!(output, Output::Dial { trust, .. } if *trust == pin)));
}

#[test]
fn a_key_that_the_system_vouches_for_is_not_pinned_and_another_one_is() {
    assert_eq!(Daemon::online().disk.account().unwrap().pin, None);
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.news(News::Open { key: Some(KEY.into()), by_system: false });
    daemon.hear(welcome(0, 0));
    assert_eq!(daemon.disk.account().unwrap().pin.as_deref(), Some(KEY));
}
