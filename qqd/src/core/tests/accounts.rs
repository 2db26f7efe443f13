//! Several accounts of one daemon: each as if it were alone.

use super::*;
use crate::core::picture::Picture;
use crate::core::tests::asking::request_id;
use ipc_schema::account::{Login, Logout, MAX};
use ipc_schema::{chat, daemon::Status, friend, presence};
use relay_schema::{Body, LoginReason};

const ALICE: &str = "alice@example.org";
const BOB: &str = "bob@example.org";

/// What is asked of the account called so.
fn of(account: &str, request: impl Into<ipc_schema::Request>) -> Call {
    Call { account: Some(account.into()), request: request.into() }
}

impl Daemon {
    /// From now on what the relay says goes to the account with this local name.
    fn turn_to(&mut self, local: &str) {
        let account = self.core.accounts.iter().find(|account| *account.local == *local).unwrap();
        (self.account, self.attempt) = (account.key, account.link.attempt);
    }

    fn is_online(&self, local: &str) -> bool {
        self.core.accounts.iter().any(|account| *account.local == *local && account.link.is_online())
    }

    /// Alice and Bob of one relay are on line; both have a friend called carol.
    fn two() -> Self {
        let mut daemon = Self::listed(&["carol"]);
        daemon.enter(BOB);
        let carol = Friend { name: "Carol of Bob".into(), account: "carol".into(), ..Friend::default() };
        daemon.hear(carol);
        daemon.hear(relay_schema::ListEnd { seq: 0 });
        daemon
    }

    /// One more account comes on line.
    fn enter(&mut self, account: &str) {
        self.ask(login(account));
        self.open();
        let outputs = self.hear(welcome(0, 0));
        assert_eq!(reply(&outputs)["state"], "online", "{account}");
    }

    /// The same relays and the same disk after a restart.
    fn restarted(&self) -> Self {
        Self::on(self.disk.clone())
    }
}

/// Whom the links that are used belong to.
fn used(outputs: &[Output]) -> Vec<u64> {
    let used = outputs.iter().filter_map(|output| match output {
        Output::Dial { account, .. } | Output::Send { account, .. } | Output::Hangup { account } => {
            Some(*account)
        }
        _ => None,
    });
    used.collect()
}

/// Whom the events are about.
fn told<'a>(outputs: &'a [Output], name: &str) -> Vec<Option<&'a str>> {
    let named = events(outputs).into_iter().filter(|event| event.event.name() == name);
    named.map(|event| event.account.as_deref()).collect()
}

fn states(daemon: &mut Daemon) -> Vec<(String, String)> {
    let status = reply(&daemon.ask(Status {}));
    let accounts = status["accounts"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    accounts.map(|known| (word(&known["account"]), word(&known["state"]))).collect()
}

fn pair(one: &str, other: &str) -> [(String, String); 2] {
    [(ALICE.into(), one.into()), (BOB.into(), other.into())]
}

#[test]
fn two_accounts_are_on_line_at_once_and_status_and_state_list_both() {
    let mut daemon = Daemon::two();
    assert!(daemon.is_online(ALICE) && daemon.is_online(BOB));
    assert_eq!(states(&mut daemon), pair("online", "online"));
    let state = daemon.core.state();
    let names: Vec<&str> = state.accounts.iter().map(|account| account.account.as_str()).collect();
    assert_eq!(names, [ALICE, BOB]);
    let one = reply(&daemon.ask(of("bob", Status {})));
    assert_eq!(one["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(one["accounts"][0]["account"], BOB);
}

#[test]
fn the_same_name_at_another_relay_is_another_account() {
    let mut daemon = Daemon::online();
    for account in ["alice@other.example", "alice@example.org:6000"] {
        daemon.enter(account);
    }
    assert_eq!(daemon.core.accounts.len(), 3);
    let devices: std::collections::BTreeSet<_> = daemon.core.present().map(|known| &known.device).collect();
    assert_eq!(devices.len(), 3, "each is a device of its own");
    let error = refusal(&daemon.ask(of("alice", friend::List {})));
    assert_eq!(error.code, Code::Ambiguous, "the bare word means three");
    let listed = daemon.ask(of("alice@other.example", presence::Show::default()));
    assert_eq!(reply(&listed)["account"], "alice@other.example");
}

#[test]
fn a_request_without_an_account_is_ambiguous_and_one_with_it_goes_to_that_one() {
    let mut daemon = Daemon::two();
    let requests: [ipc_schema::Request; 6] = [
        friend::List {}.into(),
        presence::Show::default().into(),
        text("carol", "k1").into(),
        chat::History { to: "carol".into(), before: None, count: 5 }.into(),
        chat::Read::default().into(),
        ipc_schema::shake::Send { to: "carol".into() }.into(),
    ];
    for request in requests {
        let error = refusal(&daemon.ask(request));
        assert_eq!((error.code, error.exit()), (Code::Ambiguous, 7));
        let hint = error.hint.unwrap();
        assert!(hint.contains("--account") && hint.contains(ALICE) && hint.contains(BOB), "{hint}");
        assert_eq!(error.fields["matches"], json!([ALICE, BOB]));
    }
    assert!(daemon.disk.messages().is_empty());
    for (named, local, name) in [(ALICE, ALICE, ""), ("BOB", BOB, "Carol of Bob"), (BOB, BOB, "Carol of Bob")]
    {
        let listed = reply(&daemon.ask(of(named, friend::List {})));
        assert_eq!(listed["groups"][0]["friends"][0]["name"], name);
        assert_eq!(reply(&daemon.ask(of(named, presence::Show::default())))["account"], local);
    }
    for nobody in ["carol", "bob@elsewhere", "", "@"] {
        assert_eq!(refusal(&daemon.ask(of(nobody, friend::List {}))).code, Code::NotFound, "{nobody:?}");
        assert_eq!(refusal(&daemon.ask(of(nobody, Status {}))).code, Code::NotFound, "{nobody:?}");
    }
}

#[test]
fn what_two_accounts_say_and_hear_does_not_mix() {
    let mut daemon = Daemon::two();
    let outputs = daemon.ask(of("bob", text("carol", "same")));
    let [Stanza::Chat(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((said.myaccount.as_str(), used(&outputs)), ("bob", vec![daemon.account]));
    assert_eq!(told(&outputs, "chat.state"), [Some(BOB)]);
    let outputs = daemon.ask(of("alice", text("carol", "same")));
    let [Stanza::Chat(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(said.myaccount, "alice", "the same key is another message");

    let outputs = daemon.hear(ack("same", 1));
    assert_eq!(told(&outputs, "chat.state"), [Some(BOB)]);
    assert_eq!(daemon.disk.messages_of(BOB)[0].state, chat::State::Acked);
    assert_eq!(daemon.disk.messages_of(ALICE)[0].state, chat::State::Queued);

    let mut row = from_bob(1);
    (row.myaccount, row.friendaccount) = ("carol".into(), "bob".into());
    let outputs = daemon.hear(row);
    assert_eq!(told(&outputs, "chat.received"), [Some(BOB)]);
    let unread = |daemon: &mut Daemon, account| {
        let read = reply(&daemon.ask(of(account, chat::Read { to: None, peek: true })));
        read["messages"].as_array().unwrap().len()
    };
    assert_eq!((unread(&mut daemon, ALICE), unread(&mut daemon, BOB)), (0, 1));
}

#[test]
fn a_relay_that_refuses_one_account_leaves_the_other_on_line() {
    let mut daemon = Daemon::two();
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    let no = LoginResponse { state: 0, reason: Some(LoginReason::Disabled), ..LoginResponse::default() };
    let outputs = daemon.hear(no);
    assert_eq!(told(&outputs, "account.refused"), [Some(BOB)]);
    assert_eq!(states(&mut daemon), pair("online", "backoff"));
    assert_eq!(refusal(&daemon.ask(of("bob", text("carol", "b1")))).code, Code::NoRelay);
    assert_eq!(chats(&daemon.ask(of("alice", text("carol", "a1")))), ["a1"]);
}

#[test]
fn a_flood_of_one_relay_ends_that_session_alone() {
    let mut daemon = Daemon::two();
    daemon.hold();
    let mut ended = false;
    for seq in 1..=9_000 {
        ended |= has_hung_up(&daemon.hear(Friend {
            name: String::new(),
            account: format!("f{seq}"),
            seq: Some(seq),
            ..Friend::default()
        }));
    }
    assert!(ended && daemon.is_online(ALICE) && !daemon.is_online(BOB));
}

#[test]
fn a_login_that_fails_beside_another_account_leaves_nothing_behind() {
    let mut daemon = Daemon::online();
    daemon.ask(login(BOB));
    daemon.open();
    let no = LoginResponse { state: 0, reason: Some(LoginReason::Credentials), ..LoginResponse::default() };
    assert_eq!(refusal(&daemon.hear(no)).code, Code::Credentials);
    assert_eq!(states(&mut daemon), [(ALICE.into(), "online".into())]);
    assert_eq!(daemon.core.accounts.len(), 1);
    assert_eq!(chats(&daemon.ask(text("bob", "m1"))), ["m1"], "there is only one again");
}

#[test]
fn while_another_account_is_on_its_way_in_the_one_that_is_there_needs_no_name() {
    let mut daemon = Daemon::online();
    daemon.ask(login(BOB));
    assert_eq!(chats(&daemon.ask(text("bob", "m1"))), ["m1"]);
    assert_eq!(refusal(&daemon.ask(login(BOB))).code, Code::Conflict, "one login at a time");
}

#[test]
fn logging_out_one_leaves_the_other_alone() {
    let mut daemon = Daemon::two();
    let error = refusal(&daemon.ask(Logout::default()));
    assert_eq!(error.code, Code::Ambiguous);
    let outputs = daemon.ask(Logout { forget: false, account: Some("bob".into()) });
    let Some(Stanza::Logout(said)) = sent(&outputs).last() else { panic!("{outputs:?}") };
    let outputs =
        daemon.hear(relay_schema::Ack { id: said.id.clone().unwrap(), ..relay_schema::Ack::default() });
    assert_eq!(reply(&outputs)["account"], BOB);
    assert_eq!(states(&mut daemon), pair("online", "offline"));
    assert_eq!(refusal(&daemon.ask(of("bob", friend::List {}))).code, Code::NotLoggedIn);
    assert_eq!(daemon.core.accounts.len(), 1);
    assert!(daemon.disk.token().is_some() && daemon.is_online(ALICE));

    daemon.enter(BOB);
    assert_eq!(states(&mut daemon), pair("online", "online"));
    assert_eq!(reply(&daemon.ask(of("bob", friend::List {})))["groups"][0]["friends"][0]["account"], "carol");
}

#[test]
fn both_come_back_by_themselves_after_a_restart_each_with_its_own_token() {
    let mut daemon = Daemon::two().restarted();
    for (local, word) in [(BOB, "bob"), (ALICE, "alice")] {
        daemon.turn_to(local);
        let outputs = daemon.open();
        let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
        assert!(said.token.is_some() && said.account == word);
        daemon.hear(welcome(0, 0));
    }
    assert_eq!(states(&mut daemon), pair("online", "online"));
}

#[test]
fn an_early_request_waits_for_its_own_account_only() {
    let mut daemon = Daemon::two().restarted();
    assert!(replies(&daemon.ask(of("bob", text("carol", "m1")))).is_empty());
    daemon.turn_to(ALICE);
    daemon.open();
    assert!(replies(&daemon.hear(welcome(0, 0))).is_empty(), "that was the other one");
    daemon.turn_to(BOB);
    daemon.open();
    assert_eq!(chats(&daemon.hear(welcome(0, 0))), ["m1"]);
}

#[test]
fn one_without_its_token_needs_the_password_and_the_other_does_not() {
    let mut daemon = Daemon::two();
    daemon.disk.forget_token_of(BOB);
    let mut daemon = daemon.restarted();
    daemon.turn_to(ALICE);
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert_eq!(states(&mut daemon), pair("online", "offline"));
}

#[test]
fn a_name_without_its_relay_means_the_only_one_called_so() {
    let mut daemon = Daemon::two();
    let again = Login { account: "bob".into(), ..Login::default() };
    assert_eq!(reply(&daemon.ask(again.clone()))["account"], BOB);
    daemon.enter("bob@other.example");
    let error = refusal(&daemon.ask(again));
    assert_eq!(error.code, Code::Ambiguous);
    assert_eq!(error.fields["matches"], json!([BOB, "bob@other.example"]));
}

#[test]
fn there_is_room_for_so_many_accounts_and_no_more() {
    let mut daemon = Daemon::new();
    for number in 1..=MAX {
        daemon.enter(&format!("user{number}@example.org"));
    }
    let error = refusal(&daemon.ask(login("late@example.org")));
    assert_eq!((error.code, error.exit()), (Code::Conflict, 11));
    assert!(error.message.contains("16") && error.message.contains("log one of them out"), "{error}");
    daemon.lost();
    reply(&daemon.ask(Logout { forget: true, account: Some(format!("user{MAX}")) }));
    daemon.enter("late@example.org");
}

#[test]
fn a_daemon_that_stops_hangs_up_everywhere_and_answers_everybody() {
    let mut daemon = Daemon::two();
    daemon.ask(of("bob", chat::Send { wait: Some(chat::Wait::Relay), ..text("carol", "m1") }));
    let outputs = daemon.say(Input::Stop);
    let hung_up = outputs.iter().filter(|output| matches!(output, Output::Hangup { .. })).count();
    assert_eq!((hung_up, refusal(&outputs).code), (2, Code::NoDaemon));
    assert!(matches!(outputs.last(), Some(Output::Stopped)));
}

#[test]
fn news_of_an_account_that_is_gone_means_nothing() {
    let mut daemon = Daemon::two();
    daemon.lost();
    reply(&daemon.ask(Logout { forget: true, account: Some("bob".into()) }));
    assert!(daemon.lost().is_empty());
    assert!(daemon.open().is_empty());
    assert!(daemon.is_online(ALICE));
}

#[test]
fn avatars_that_went_with_another_accounts_wipe_are_fetched_again_at_the_next_login() {
    for is_kept in [false, true] {
        let mut daemon = Daemon::two();
        if is_kept {
            // Bob is logged out already, and wiped from what is kept.
            daemon.lost();
            reply(&daemon.ask(Logout { forget: false, account: Some("bob".into()) }));
        }
        daemon.turn_to(ALICE);
        let picture = Picture::new(b"\x89PNG\r\n\x1a\ncarol".to_vec()).unwrap();
        let hash = picture.hash().to_owned();
        let carol =
            Friend { account: "carol".into(), picture: hash.clone(), seq: Some(1), ..Friend::default() };
        let outputs = daemon.hear(carol);
        let (id, body) = (request_id(&outputs), Body(picture.body().to_vec()));
        daemon.hear(relay_schema::Picture { picture: hash, body, id });

        if !is_kept {
            daemon.turn_to(BOB);
            daemon.lost();
        }
        reply(&daemon.ask(Logout { forget: true, account: Some("bob".into()) }));
        daemon.turn_to(ALICE);
        daemon.lost();
        daemon.pass(Duration::from_millis(500));
        daemon.turn_to(ALICE);
        daemon.open();
        assert!(words(&daemon.hear(welcome(1, 1))).contains(&"picture_get"), "{is_kept}");
    }
}
