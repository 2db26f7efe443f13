//! Logging out, with the relay and without it.

use super::*;
use ipc_schema::account::Logout;
use relay_schema::{ErrorCode, ErrorStanza};

#[test]
fn a_logout_tells_the_relay_forgets_the_token_and_keeps_the_history() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    let outputs = daemon.ask(Logout::default());
    let Some(Stanza::Logout(said)) = sent(&outputs).last() else { panic!("{outputs:?}") };
    let outputs = daemon.hear(Ack { id: said.id.clone().unwrap(), ..Ack::default() });
    assert_eq!(reply(&outputs)["account"], "alice@example.org");
    assert_eq!(link_states(&outputs), ["offline logout"]);
    assert!(has_hung_up(&outputs));
    assert!(daemon.disk.token().is_none() && daemon.disk.account().is_none());
    assert_eq!(daemon.disk.messages().len(), 1);
    assert_eq!(daemon.core.state().accounts, []);
    assert_eq!(refusal(&daemon.ask(text("bob", "m1"))).code, Code::NotLoggedIn);
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(60))));
}

/// A log-out of whoever is meant, with all that is theirs.
fn forget() -> Logout {
    Logout { forget: true, account: None }
}

/// Alice and then Bob have logged in here and out again; each has left a message that was not sent.
fn two_kept() -> Daemon {
    let mut daemon = Daemon::new();
    for account in ["alice@example.org", "bob@example.org"] {
        daemon.ask(login(account));
        daemon.open();
        daemon.hear(welcome(0, 0));
        daemon.lost();
        daemon.ask(text("carol", &format!("from-{}", ipc_schema::account::bare(account))));
        reply(&daemon.ask(Logout::default()));
    }
    daemon
}

#[test]
fn forgetting_among_several_asks_which_and_wipes_only_that_one() {
    let mut daemon = two_kept();
    let error = refusal(&daemon.ask(forget()));
    assert_eq!((error.code, error.exit()), (Code::Ambiguous, 7));
    assert_eq!(error.fields["matches"], json!(["alice@example.org", "bob@example.org"]));
    assert!(error.message.contains("--account") && error.message.contains("bob@example.org"), "{error}");
    assert_eq!((daemon.disk.former().len(), daemon.disk.messages().len()), (2, 2));

    let bob = Logout { account: Some("Bob".into()), ..forget() };
    let gone = reply(&daemon.ask(bob.clone()));
    assert_eq!(gone, json!({"account": "bob@example.org", "unsent": 1, "told": false, "wiped": true}));
    assert!(daemon.disk.message("from-alice").is_some() && daemon.disk.message("from-bob").is_none());
    assert_eq!(refusal(&daemon.ask(bob)).code, Code::NotFound, "once is enough");
    assert_eq!(reply(&daemon.ask(forget()))["account"], "alice@example.org");
    assert_eq!(refusal(&daemon.ask(forget())).code, Code::NotLoggedIn);
    assert!(daemon.disk.messages().is_empty() && daemon.disk.former().is_empty());
}

#[test]
fn forgetting_while_logged_in_leaves_those_who_are_logged_out() {
    for chosen in [None, Some("bob@example.org")] {
        let mut daemon = two_kept();
        daemon.ask(login("bob@example.org"));
        daemon.open();
        daemon.hear(welcome(0, 0));
        daemon.lost();
        let params = Logout { account: chosen.map(str::to_owned), ..forget() };
        assert_eq!(reply(&daemon.ask(params))["account"], "bob@example.org");
        assert_eq!(daemon.disk.former().len(), 1);
        assert!(daemon.disk.message("from-alice").is_some() && daemon.disk.message("from-bob").is_none());
    }
}

#[test]
fn one_who_is_logged_out_is_forgotten_without_a_word_to_the_one_who_is_not() {
    let mut daemon = two_kept();
    daemon.ask(login("bob@example.org"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    let alice = Logout { account: Some("alice@example.org".into()), ..Logout::default() };
    assert_eq!(refusal(&daemon.ask(alice.clone())).code, Code::NotLoggedIn, "out already");
    let outputs = daemon.ask(Logout { forget: true, ..alice });
    assert_eq!(reply(&outputs)["account"], "alice@example.org");
    assert!(words(&outputs).is_empty() && events(&outputs).is_empty());
    assert!(daemon.core.first().link.is_online() && daemon.disk.token().is_some());
    assert!(daemon.disk.former().is_empty() && daemon.disk.message("from-bob").is_some());
}

#[test]
fn a_wipe_that_fails_can_be_asked_for_again() {
    let mut daemon = two_kept();
    let alice = Logout { account: Some("alice".into()), ..forget() };
    daemon.hold();
    daemon.ask(alice.clone());
    assert_eq!(refusal(&daemon.fail_held()).code, Code::Unexpected);
    assert_eq!(reply(&daemon.ask(alice))["wiped"], true);
}

#[test]
fn a_logout_tells_what_was_not_sent_and_whether_the_relay_was_told() {
    let mut daemon = Daemon::online();
    daemon.lost();
    daemon.ask(text("bob", "m1"));
    daemon.ask(text("bob", "m2"));
    let out = reply(&daemon.ask(Logout::default()));
    assert_eq!(out, json!({"account": "alice@example.org", "unsent": 2, "told": false, "wiped": false}));

    let mut daemon = Daemon::online();
    let outputs = daemon.ask(forget());
    let Some(Stanza::Logout(said)) = sent(&outputs).last() else { panic!("{outputs:?}") };
    let outputs = daemon.hear(Ack { id: said.id.clone().unwrap(), ..Ack::default() });
    let out = json!({"account": "alice@example.org", "unsent": 0, "told": true, "wiped": true});
    assert_eq!(reply(&outputs), out);

    let mut daemon = Daemon::online();
    daemon.ask(Logout::default());
    assert_eq!(reply(&daemon.pass(Duration::from_secs(2)))["told"], false, "it did not answer");
}

#[test]
fn the_status_lists_who_is_logged_out_and_kept() {
    let mut daemon = two_kept();
    daemon.ask(login("bob@example.org"));
    daemon.open();
    daemon.hear(welcome(1, 0));
    daemon.hear(Chat { friendaccount: "bob".into(), myaccount: "carol".into(), ..from_bob(1) });
    daemon.lost();
    reply(&daemon.ask(Logout::default()));
    for mut daemon in [Daemon::on(daemon.disk.clone()), daemon] {
        let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
        let [alice, bob] = &status["accounts"].as_array().unwrap()[..] else { panic!("{status}") };
        for account in [alice, bob] {
            let words = (&account["state"], &account["presence"], &account["reason"]);
            assert_eq!(words, (&json!("offline"), &json!("offline"), &json!("logout")), "{account}");
        }
        assert_eq!(alice["account"], "alice@example.org");
        assert_eq!((&alice["outbox"], &alice["unread"]["total"]), (&json!(1), &json!(0)));
        assert_eq!((&bob["outbox"], &bob["unread"]["total"]), (&json!(1), &json!(1)));
        daemon.ask(login("bob@example.org"));
        let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
        assert_eq!(status["accounts"].as_array().unwrap().len(), 2, "nobody twice: {status}");
    }
}

#[test]
fn a_logout_waits_two_seconds_for_the_relay_and_no_longer() {
    let mut daemon = Daemon::online();
    daemon.ask(Logout::default());
    assert!(replies(&daemon.pass(Duration::from_millis(1_999))).is_empty());
    assert_eq!(replies(&daemon.pass(Duration::from_millis(1))).len(), 1);
}

#[test]
fn a_logout_works_while_the_relay_is_away_or_goes_away() {
    let mut daemon = Daemon::online();
    daemon.lost();
    reply(&daemon.ask(Logout::default()));
    let mut daemon = Daemon::online();
    daemon.ask(Logout::default());
    reply(&daemon.lost());
    assert_eq!(daemon.core.deadline(), None);
}

#[test]
fn without_an_account_there_is_nothing_to_log_out_of() {
    assert_eq!(refusal(&Daemon::new().ask(Logout::default())).code, Code::NotLoggedIn);
}

#[test]
fn forgetting_wipes_everything_also_afterwards() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.lost();
    reply(&daemon.ask(forget()));
    assert!(daemon.disk.messages().is_empty() && daemon.disk.former().is_empty());

    let mut daemon = Daemon::online();
    daemon.lost();
    reply(&daemon.ask(Logout::default()));
    assert_eq!(daemon.disk.former().len(), 1);
    assert_eq!(reply(&daemon.ask(forget()))["account"], "alice@example.org");
    assert!(daemon.disk.former().is_empty());
}

#[test]
fn whoever_logs_in_again_has_the_history_the_device_and_the_place_in_the_rows() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    daemon.hear(relay_schema::Friend {
        name: "Bob".into(),
        account: "bob".into(),
        seq: Some(2),
        ..Default::default()
    });
    let device = daemon.disk.account().unwrap().device.clone();
    daemon.lost();
    daemon.ask(text("bob", "m1"));
    daemon.ask(Logout::default());
    for mut daemon in [Daemon::on(daemon.disk.clone()), daemon] {
        daemon.ask(login("alice"));
        let outputs = daemon.open();
        let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
        assert_eq!((said.resume, said.device.as_ref()), (Some(2), Some(&device)));
        let outputs = daemon.hear(welcome(2, 2));
        assert_eq!(chats(&outputs), ["m1"]);
        let shown = &daemon.core.state().accounts[0];
        assert_eq!((shown.unread.total, shown.friend("bob").unwrap().name.as_str()), (1, "Bob"));
    }
}

#[test]
fn a_logout_that_meets_another_login_of_this_device_ends_and_does_not_take_the_device_back() {
    let mut daemon = Daemon::online();
    daemon.ask(Logout::default());
    let outputs = daemon.ask(login("alice@example.org"));
    assert_eq!(refusal(&outputs).code, Code::Conflict, "one after the other");
    let replaced = ErrorStanza { code: ErrorCode::Replaced, text: "another login".into(), id: None };
    let left = reply(&daemon.hear(replaced));
    assert_eq!((&left["account"], &left["told"]), (&json!("alice@example.org"), &json!(false)));
    assert!(daemon.disk.token().is_none() && daemon.disk.account().is_none());
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(600))), "it is the other one's device now");
    assert!(has_dialled(&daemon.ask(login("alice@example.org"))), "until somebody logs in");
}
