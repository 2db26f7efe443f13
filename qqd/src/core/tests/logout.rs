//! Logging out, with the relay and without it.

use super::*;
use ipc_schema::account::Logout;

#[test]
fn a_logout_tells_the_relay_forgets_the_token_and_keeps_the_history() {
    let mut daemon = Daemon::online();
    daemon.hear(from_bob(1));
    let outputs = daemon.ask(Logout { forget: false });
    let Some(Stanza::Logout(said)) = sent(&outputs).last() else { panic!("{outputs:?}") };
    let outputs = daemon.hear(Ack { id: said.id.clone().unwrap(), ..Ack::default() });
    assert_eq!(reply(&outputs)["account"], "alice@example.org");
    assert_eq!(link_states(&outputs), ["offline logout"]);
    assert!(has_hung_up(&outputs));
    assert!(daemon.disk.token.is_none() && daemon.disk.account.is_none());
    assert_eq!(daemon.disk.messages.len(), 1);
    assert_eq!(daemon.core.events.mirror().accounts, []);
    assert_eq!(refusal(&daemon.ask(text("bob", "m1"))).code, Code::NotLoggedIn);
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(60))));
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
    reply(&daemon.ask(Logout { forget: true }));
    assert!(daemon.disk.messages.is_empty() && daemon.disk.former.is_empty());

    let mut daemon = Daemon::online();
    daemon.lost();
    reply(&daemon.ask(Logout { forget: false }));
    assert_eq!(daemon.disk.former.len(), 1);
    assert_eq!(reply(&daemon.ask(Logout { forget: true }))["account"], "alice@example.org");
    assert!(daemon.disk.former.is_empty());
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
    let device = daemon.disk.account.as_ref().unwrap().device.clone();
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
        let shown = &daemon.core.events.mirror().accounts[0];
        assert_eq!((shown.unread.total, shown.friend("bob").unwrap().name.as_str()), (1, "Bob"));
    }
}
