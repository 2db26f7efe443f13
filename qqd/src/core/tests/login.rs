//! Logging in: the four failures and their sentences, what is on disk before what is said, one account for now.

use super::*;
use ipc_schema::account::{LoggedIn, State};
use relay_schema::{ErrorCode, ErrorStanza, LoginReason};

/// Begins a login and lets it end like this.
fn fails_with(end: impl FnOnce(&mut Daemon) -> Vec<Output>) -> Error {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    let outputs = end(&mut daemon);
    let error = refusal(&outputs);
    assert!(
        daemon.disk.account().is_none() && daemon.disk.token().is_none(),
        "a login that never succeeded is not kept"
    );
    assert_eq!(daemon.core.deadline(), None, "a login that never succeeded is not tried again");
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(600))));
    assert_eq!(daemon.core.state().accounts, []);
    error
}

fn refused(reason: LoginReason, retry: Option<u64>) -> Error {
    fails_with(|daemon| {
        daemon.open();
        daemon.hear(LoginResponse { state: 0, reason: Some(reason), retry, ..LoginResponse::default() })
    })
}

#[test]
fn the_first_thing_is_to_ask_what_is_there_and_requests_wait_for_it() {
    let mut daemon = Daemon::unloaded(Disk::default());
    daemon.hold();
    assert!(matches!(ops(&daemon.run(None))[..], [Op::LoadAll]));
    let outputs = daemon.ask(ipc_schema::daemon::Status {});
    assert!(outputs.is_empty(), "{outputs:?}");
    let outputs = daemon.release();
    assert_eq!(reply(&outputs)["accounts"], json!([]));
}

#[test]
fn a_store_that_cannot_be_read_is_said_to_everybody() {
    let mut daemon = Daemon::unloaded(Disk::default());
    daemon.hold();
    daemon.run(None);
    daemon.ask(ipc_schema::daemon::Status {});
    let outputs = daemon.fail_held();
    assert!(refusal(&outputs).message.contains("disk is full"));
    assert_eq!(refusal(&daemon.ask(ipc_schema::daemon::Status {})).code, Code::Unexpected);
}

#[test]
fn a_closed_port_a_silent_one_a_wrong_password_and_an_unknown_key_are_four_sentences() {
    let closed = fails_with(|daemon| daemon.closed(Closed::Refused { detail: "connection refused".into() }));
    assert_eq!((closed.code, closed.exit()), (Code::NoRelay, 6));
    assert_eq!(
        closed.message,
        "no server listens at example.org:5290 (connection refused); check the address, and that the server runs"
    );

    let silent = fails_with(|daemon| {
        daemon.open();
        assert!(replies(&daemon.pass(Duration::from_millis(9_999))).is_empty());
        daemon.pass(Duration::from_millis(1))
    });
    assert_eq!((silent.code, silent.exit()), (Code::Timeout, 3));
    assert_eq!(
        silent.message,
        "example.org:5290 did not answer the login within 10 s (step: login); try again, or ask whoever runs it"
    );
    assert_eq!(silent.fields["step"], "login");

    let wrong = refused(LoginReason::Credentials, None);
    assert_eq!((wrong.code, wrong.exit()), (Code::Credentials, 4));
    assert_eq!(wrong.message, "wrong account or password for alice at example.org:5290");

    let unknown = fails_with(|daemon| daemon.closed(Closed::Untrusted { key: KEY.into() }));
    assert_eq!((unknown.code, unknown.exit()), (Code::Untrusted, 12));
    assert!(unknown.message.contains(&format!("--trust SHA256:{KEY}")), "{}", unknown.message);
    assert_eq!(unknown.fields["fingerprint"], format!("SHA256:{KEY}"));
}

#[test]
fn a_step_that_takes_too_long_is_named_with_the_address() {
    use super::super::io::Step;
    for (step, word) in [(Step::Connect, "connect"), (Step::Tls, "tls")] {
        let error = fails_with(|daemon| daemon.closed(Closed::TimedOut { step }));
        assert_eq!(error.code, Code::Timeout);
        assert!(
            error.message.contains(&format!("(step: {word})")) && error.message.contains("example.org:5290")
        );
        assert_eq!(error.fields["step"], word);
    }
    let forgotten = fails_with(|daemon| daemon.pass(Duration::from_secs(20)));
    assert_eq!(forgotten.code, Code::Timeout);
}

#[test]
fn a_changed_key_stops_before_the_password_is_sent() {
    let error = fails_with(|daemon| {
        let outputs = daemon.closed(Closed::KeyChanged { expected: "ab".into(), found: "cd".into() });
        assert!(words(&outputs).is_empty());
        outputs
    });
    assert_eq!((error.code, error.exit()), (Code::KeyChanged, 12));
    assert!(error.message.starts_with("stop:") && error.message.contains("The password was not sent"));
}

#[test]
fn an_account_that_was_disabled_is_on_line_again_minutes_after_it_is_enabled() {
    let mut daemon = Daemon::online();
    let disabled = ErrorStanza { code: ErrorCode::Disabled, text: "disabled".into(), id: None };
    let outputs = daemon.hear(disabled);
    assert_eq!(names(&outputs)[..2], ["account.refused", "account.state"], "{outputs:?}");
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(299))), "slowly");
    let no = LoginResponse { state: 0, reason: Some(LoginReason::Disabled), ..LoginResponse::default() };
    assert!(has_dialled(&daemon.pass(Duration::from_secs(60))));
    daemon.open();
    assert!(!names(&daemon.hear(no)).contains(&"account.refused"), "told once");
    assert!(has_dialled(&daemon.pass(Duration::from_secs(340))), "again and again");
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn an_account_that_was_disabled_logs_in_at_once_by_hand() {
    let mut daemon = Daemon::online();
    daemon.hear(ErrorStanza { code: ErrorCode::Disabled, text: "disabled".into(), id: None });
    let by_hand = ipc_schema::account::Login { password: None, ..login("alice@example.org") };
    assert!(has_dialled(&daemon.ask(by_hand)));
    daemon.open();
    assert!(replies(&daemon.hear(welcome(0, 0)))[0].is_ok());
}

#[test]
fn every_reason_of_the_relay_has_its_code() {
    let codes = [
        (LoginReason::Throttled, 10),
        (LoginReason::Busy, 10),
        (LoginReason::Disabled, 8),
        (LoginReason::Devices, 8),
        (LoginReason::Version, 14),
        (LoginReason::Other("moon".into()), 8),
    ];
    for (reason, exit) in codes {
        let error = refused(reason.clone(), Some(6_000));
        assert_eq!(error.exit(), exit, "{reason}");
        assert_eq!(error.retry_after_ms, (exit == 10).then_some(6_000), "{reason}");
    }
    let unresolved = fails_with(|daemon| daemon.closed(Closed::Unresolved { detail: "no such host".into() }));
    assert_eq!(unresolved.exit(), 6);
    let no_tls = fails_with(|daemon| daemon.closed(Closed::Tls { detail: "bad record".into() }));
    assert_eq!(no_tls.exit(), 6);
    let old = fails_with(|daemon| {
        daemon.open();
        daemon.hear(LoginResponse { state: 1, ..LoginResponse::default() })
    });
    assert_eq!(old.exit(), 14);
    let full = fails_with(|daemon| {
        daemon.open();
        daemon.hear(LoginResponse { token: None, ..welcome(0, 0) })
    });
    assert_eq!((full.code, full.retry_after_ms), (Code::Busy, Some(30_000)));
}

#[test]
fn a_login_says_who_and_with_which_device() {
    let mut daemon = Daemon::new();
    let outputs = daemon.ask(login("Alice@example.org:6000"));
    let expected = Address { host: "example.org".into(), port: 6000, plain: false };
    assert!(outputs.iter().any(
        |output| matches!(output, Output::Dial { address, trust: Trust::System, .. } if *address == expected)
    ));
    assert_eq!(link_states(&outputs), ["connecting -"]);
    let outputs = daemon.open();
    let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(said.account, "alice");
    assert_eq!(said.pwd.as_ref().unwrap().expose(), "p1");
    assert_eq!((said.v, said.resume, &said.epoch, &said.token), (Some(1), None, &None, &None));
    assert_eq!(said.client.as_deref(), Some("qqd/0.1.0"));
    let device = uuid::Uuid::parse_str(said.device.as_deref().unwrap()).unwrap();
    assert_eq!(device.get_version_num(), 4);
    assert_eq!(link_states(&outputs), ["authenticating -"]);
}

#[test]
fn a_login_says_on_which_computer_the_device_is() {
    for (host, client) in [
        ("laptop", "qqd/0.1.0 (laptop)"),
        ("", "qqd/0.1.0"),
        ("a b\u{202e}", "qqd/0.1.0"),
        (&"x".repeat(65), "qqd/0.1.0"),
    ] {
        let mut daemon = Daemon::new();
        daemon.core.on_host(host);
        daemon.ask(login("alice@example.org"));
        let outputs = daemon.open();
        let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
        assert_eq!(said.client.as_deref(), Some(client), "{host}");
    }
}

#[test]
fn nothing_is_said_before_the_token_and_the_account_are_on_disk() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hold();
    let outputs = daemon.hear(welcome(1, 0));
    assert!(matches!(ops(&outputs)[..], [Op::SaveToken { .. }]), "{outputs:?}");
    for outputs in [
        daemon.hear(User { name: "Alice".into(), account: "alice".into(), ..User::default() }),
        daemon.hear(from_bob(1)),
        daemon.hear(relay_schema::Ping { id: id("p") }),
        daemon.pass(Duration::from_secs(8)),
    ] {
        assert!(outputs.is_empty(), "{outputs:?}");
    }
    let outputs = daemon.release();
    let order: Vec<&str> = outputs
        .iter()
        .map(|output| match output {
            Output::Store { op: Op::SaveAccount(_), .. } => "account",
            Output::Store { op: Op::Load, .. } => "load",
            Output::Store { op: Op::Receive { .. }, .. } => "row",
            Output::Reply { .. } => "reply",
            Output::Event(event) => event.event.name(),
            Output::Send { stanza, .. } => stanza.word(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        order,
        [
            "account",
            "load",
            "reply",
            "daemon.state",
            "account.state",
            "ping",
            "row",
            "pong",
            "chat.received",
            "unread.changed"
        ]
    );
    let account = daemon.disk.account().unwrap();
    assert_eq!(
        (account.local.as_str(), account.name.as_str(), account.epoch.as_str()),
        ("alice@example.org", "Alice", "e1")
    );
    assert_eq!(daemon.disk.token().unwrap().expose(), "t1");
}

#[test]
fn a_login_answers_who_is_logged_in_where() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hold();
    daemon.hear(welcome(0, 0));
    daemon.hear(User { name: "Alice".into(), account: "alice".into(), ..User::default() });
    let answer: LoggedIn = serde_json::from_value(reply(&daemon.release())).unwrap();
    let expected = LoggedIn {
        account: "alice@example.org".into(),
        name: "Alice".into(),
        relay: "example.org:5290".into(),
        state: State::Online,
    };
    assert_eq!(answer, expected);
}

#[test]
fn a_token_that_cannot_be_written_ends_the_login_and_nothing_more_is_said() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hold();
    daemon.hear(welcome(0, 0));
    let outputs = daemon.fail_held();
    assert!(refusal(&outputs).message.contains("disk is full"));
    assert!(has_hung_up(&outputs) && words(&outputs).is_empty());
}

#[test]
fn a_link_that_is_lost_while_the_login_is_written_does_not_undo_the_login() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hold();
    daemon.hear(welcome(0, 0));
    assert!(daemon.lost().is_empty());
    let outputs = daemon.release();
    assert_eq!(reply(&outputs)["state"], "backoff");
    assert!(has_dialled(&daemon.pass(Duration::from_millis(500))));
    let outputs = daemon.open();
    let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(said.token.as_ref().unwrap().expose(), "t1");
}

#[test]
fn a_daemon_that_starts_logs_in_by_itself_with_its_token() {
    let disk = Daemon::online().disk;
    let mut daemon = Daemon::on(disk);
    assert_eq!(daemon.attempt, 1);
    let outputs = daemon.open();
    let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((said.pwd.is_none(), said.token.as_ref().unwrap().expose()), (true, "t1"));
    assert_eq!((said.resume, said.epoch.as_deref()), (Some(0), Some("e1")));
}

#[test]
fn a_response_without_a_token_keeps_the_old_one() {
    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    let outputs = daemon.hear(LoginResponse { token: None, ..welcome(0, 0) });
    assert!(!ops(&outputs).iter().any(|op| matches!(op, Op::SaveToken { .. })));
    assert!(daemon.core.first().link.is_online());
    assert_eq!(daemon.disk.token().unwrap().expose(), "t1");
}

#[test]
fn a_login_that_nobody_waits_for_is_given_up() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    let outputs = daemon.say(Input::Gone { client: 1 });
    assert!(has_hung_up(&outputs) && replies(&outputs).is_empty());
    assert!(daemon.hear(welcome(0, 0)).is_empty());
    assert!(daemon.disk.account().is_none());
    assert!(has_dialled(&daemon.ask(login("bob@example.org"))));
}

#[test]
fn a_token_that_is_refused_is_not_tried_again_until_a_login() {
    let mut daemon = Daemon::online();
    daemon.ask(text("bob", "m1"));
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    let outputs = daemon.hear(LoginResponse { state: 0, ..LoginResponse::default() });
    assert_eq!(names(&outputs), ["account.refused", "account.state"]);
    assert_eq!(link_states(&outputs), ["offline credentials"]);
    assert_eq!(daemon.core.deadline(), None);
    assert!(!has_dialled(&daemon.say(Input::Woken)));
    assert_eq!(refusal(&daemon.ask(text("bob", "m2"))).exit(), 4);
    assert!(daemon.disk.message("m1").is_some(), "the outbox stays");
    daemon.ask(login("alice"));
    daemon.open();
    assert_eq!(chats(&daemon.hear(welcome(0, 0))), ["m1"]);
}

#[test]
fn a_relay_that_is_busy_is_asked_again_when_it_says() {
    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    let busy = LoginResponse {
        state: 0,
        reason: Some(LoginReason::Busy),
        retry: Some(20_000),
        ..LoginResponse::default()
    };
    let outputs = daemon.hear(busy);
    assert_eq!(link_states(&outputs), ["backoff busy"]);
    assert!(!has_dialled(&daemon.say(Input::Woken)));
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(19))));
    assert!(has_dialled(&daemon.pass(Duration::from_secs(4))));
}

#[test]
fn a_token_file_that_is_gone_asks_for_the_password_once() {
    let mut disk = Daemon::online().disk;
    disk.forget_token();
    let mut daemon = Daemon::on(disk);
    assert_eq!(daemon.attempt, 0);
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["accounts"][0]["reason"], "credentials");
    assert!(has_dialled(&daemon.ask(login("alice"))));
}

#[test]
fn an_own_name_that_changes_is_told_and_kept() {
    let mut daemon = Daemon::online();
    let outputs = daemon.hear(User { name: "Alicia".into(), account: "alice".into(), ..User::default() });
    assert_eq!(names(&outputs), ["account.profile"]);
    assert_eq!(daemon.disk.account().unwrap().name, "Alicia");
    assert_eq!(daemon.core.state().accounts[0].name, "Alicia");
}

#[test]
fn a_login_without_tls_at_a_tls_port_is_told_what_may_be_wrong() {
    let plain = account::Login { relay: Some("plain://127.0.0.1:5290".into()), ..login("alice") };
    let reached = |daemon: &mut Daemon| {
        daemon.ask(plain.clone());
        daemon.news(News::Connected { peer: "127.0.0.1:5290".parse().unwrap() });
        daemon.news(News::Open { key: None, by_system: false });
    };
    let mut daemon = Daemon::new();
    reached(&mut daemon);
    let hint = refusal(&daemon.lost()).hint;
    assert_eq!(hint.as_deref(), Some("is that the TLS port? leave plain:// out"));
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    assert_eq!(refusal(&daemon.lost()).hint, None);
}

#[test]
fn failures_say_server_and_leave_the_systems_numbers_out() {
    let fail = |closed| {
        let mut daemon = Daemon::new();
        daemon.ask(login("alice@example.org"));
        refusal(&daemon.closed(closed))
    };
    let error = fail(Closed::Refused { detail: "Connection refused (os error 111)".into() });
    let message = "no server listens at example.org:5290 (Connection refused); check the address, and that the server runs";
    assert_eq!(error.message, message);
    let error = fail(Closed::Untrusted { key: KEY.into() });
    assert!(error.message.starts_with("the key of example.org:5290 is not known to this computer yet: "));
    assert!(error.message.contains("--trust SHA256:"));

    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    daemon.hear(LoginResponse { state: 0, ..LoginResponse::default() });
    let error = refusal(&daemon.ask(text("bob", "m1")));
    assert!(error.message.ends_with("ask whoever runs the server"), "{}", error.message);
}
