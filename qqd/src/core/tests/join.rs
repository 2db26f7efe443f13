//! Joining by a link, and where anybody may: what is on disk before what is said, what is said again, and who one is then.

use super::*;
use ipc_schema::account::{Join, Passwd, Register as Open};
use relay_schema::qiao::{Kind, Link, Pin, Place};
use relay_schema::{LoginReason, Register, RegisterReason, RegisterResponse};

const CODE: &str = "3v9kq2m8xw4t7ryz0acdefgh1j";
const LOCAL: &str = "alice@10.0.0.5:6000";

fn place(host: &str) -> Place {
    Place { host: host.into(), port: 6000 }
}

fn address(host: &str) -> Address {
    Address { host: host.into(), port: 6000, plain: false }
}

/// A link to two addresses.
fn link(kind: Kind) -> String {
    let code = match kind {
        Kind::Invite => CODE.to_owned(),
        Kind::Device => format!("alice.{CODE}"),
    };
    let places = vec![place("10.0.0.5"), place("relay.example.org")];
    Link { kind, places, code: Secret::new(code), pin: Some(Pin([0xaa; 32])) }.to_string()
}

fn invited() -> Join {
    Join { link: link(Kind::Invite), ..Join::default() }
}

fn chosen(password: &str) -> Join {
    Join { password: Some(ipc_schema::Secret::new(password)), ..invited() }
}

impl Daemon {
    /// The first address of a link leads to the relay: what is said to it.
    fn reached(&mut self) -> Vec<Output> {
        self.news(News::Reached { address: address("10.0.0.5") });
        self.news(News::Open { key: Some(KEY.into()), by_system: false })
    }

    fn accepted(&mut self) -> Vec<Output> {
        self.hear(RegisterResponse { state: 1, account: Some("alice".into()), ..RegisterResponse::default() })
    }

    fn unaccepted(&mut self, reason: RegisterReason, retry: Option<u64>) -> Vec<Output> {
        let reason = Some(reason);
        self.hear(RegisterResponse { state: 0, reason, retry, ..RegisterResponse::default() })
    }

    /// Killed and started again: only the disk is left.
    fn killed(self) -> Self {
        Self::on(self.disk)
    }
}

fn said_register(outputs: &[Output]) -> Register {
    let [Stanza::Register(register)] = sent(outputs)[..] else { panic!("{outputs:?}") };
    register.clone()
}

fn said_login(outputs: &[Output]) -> relay_schema::Login {
    let [Stanza::Login(login)] = sent(outputs)[..] else { panic!("{outputs:?}") };
    login.clone()
}

fn dialled_any(outputs: &[Output]) -> Vec<Address> {
    let dialled = outputs.iter().find_map(|output| match output {
        Output::DialAny { addresses, trust: Trust::Pin(pin), .. } if *pin == KEY => Some(addresses.clone()),
        _ => None,
    });
    dialled.unwrap_or_else(|| panic!("{outputs:?}"))
}

#[test]
fn an_invitation_makes_account_trust_and_login_in_one_step() {
    let mut daemon = Daemon::new();
    let outputs = daemon.ask(Join { name: Some("Alice".into()), ..invited() });
    assert_eq!(dialled_any(&outputs), [address("10.0.0.5"), address("relay.example.org")]);
    let register = said_register(&daemon.reached());
    assert_eq!((register.account, register.name.as_deref()), (None, Some("Alice")));
    assert_eq!(register.invite.as_ref().map(Secret::expose), Some(CODE));
    assert!(register.pwd.expose().len() >= 32, "128 bits in hexadecimal");

    let login = said_login(&daemon.accepted());
    assert_eq!((login.account.as_str(), login.pwd.as_ref()), ("alice", Some(&register.pwd)));
    let outputs = daemon.hear(welcome(0, 0));
    let joined = reply(&outputs);
    assert_eq!((&joined["account"], &joined["random_password"]), (&json!(LOCAL), &json!(true)));
    let kept = daemon.disk.account().unwrap();
    assert_eq!((kept.local.as_str(), kept.pin.as_deref()), (LOCAL, Some(KEY)));
    assert_eq!(daemon.disk.password(), Some(&register.pwd));
    assert!(daemon.disk.joining.is_empty(), "nobody has to try again");
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(status["accounts"][0]["random_password"], true);
}

#[test]
fn what_a_second_try_needs_is_on_disk_before_the_relay_hears_anything() {
    let mut daemon = Daemon::new();
    daemon.hold();
    let outputs = daemon.ask(invited());
    let [Op::BeginJoin { .. }] = ops(&outputs)[..] else { panic!("{outputs:?}") };
    assert!(!outputs.iter().any(|output| matches!(output, Output::DialAny { .. })), "not before it is there");
    assert_eq!(refusal(&daemon.fail_held()).exit(), 1, "and not at all if it cannot be kept");
    assert!(!daemon.core.accounts.iter().any(|one| !one.is_over()));
}

#[test]
fn a_lost_answer_is_made_up_for_by_the_same_link_even_after_a_restart() {
    let mut daemon = Daemon::new();
    daemon.ask(invited());
    let first = said_register(&daemon.reached());
    let mut daemon = daemon.killed();
    daemon.ask(invited());
    let second = said_register(&daemon.reached());
    assert_eq!(first.pwd, second.pwd);
    let login = said_login(&daemon.accepted());
    // The answer to the login is lost, too.
    let mut daemon = daemon.killed();
    daemon.ask(invited());
    assert_eq!(said_register(&daemon.reached()).pwd, first.pwd);
    let again = said_login(&daemon.accepted());
    assert_eq!((again.device, again.pwd), (login.device, login.pwd), "no second device of the same computer");
    daemon.hold();
    daemon.hear(welcome(0, 0));
    // Nothing of the login is on disk yet, and the process ends.
    daemon.held = None;
    let mut daemon = daemon.killed();
    daemon.ask(invited());
    assert_eq!(said_register(&daemon.reached()).pwd, first.pwd);
    daemon.accepted();
    assert_eq!(reply(&daemon.hear(welcome(0, 0)))["account"], LOCAL);
    assert_eq!(daemon.disk.password(), Some(&first.pwd));
    let mut daemon = daemon.killed();
    daemon.open();
    daemon.hear(welcome(0, 0));
    let passwd = Passwd { new_password: ipc_schema::Secret::new("real"), ..Passwd::default() };
    assert_eq!(words(&daemon.ask(passwd)), ["passwd"]);
}

#[test]
fn a_password_that_somebody_chose_is_kept_nowhere() {
    let mut daemon = Daemon::new();
    daemon.ask(chosen("mine"));
    assert_eq!(said_register(&daemon.reached()).pwd.expose(), "mine");
    daemon.accepted();
    let joined = reply(&daemon.hear(welcome(0, 0)));
    assert_eq!(joined.get("random_password"), None);
    assert!(daemon.disk.password().is_none() && daemon.disk.joining.is_empty());
    assert!(!format!("{:?}", daemon.ops).contains("mine"));
}

#[test]
fn each_refusal_has_its_own_sentence_and_exit_code() {
    let cases = [
        (RegisterReason::Invite, None, 8),
        (RegisterReason::UsedUp, None, 8),
        (RegisterReason::Expired, None, 8),
        (RegisterReason::Revoked, None, 8),
        (RegisterReason::Joined, None, 11),
        (RegisterReason::OtherName, None, 8),
        (RegisterReason::Taken, None, 11),
        (RegisterReason::Name, None, 2),
        (RegisterReason::Weak, None, 2),
        (RegisterReason::Throttled, Some(6_000), 10),
        (RegisterReason::Busy, Some(1_000), 10),
        (RegisterReason::Other("odd".into()), None, 8),
    ];
    let mut sentences = Vec::new();
    for (reason, retry, exit) in cases {
        let mut daemon = Daemon::new();
        daemon.ask(Join { new_account: Some("alice".into()), ..invited() });
        daemon.reached();
        let outputs = daemon.unaccepted(reason.clone(), retry);
        let error = refusal(&outputs);
        assert_eq!((error.exit(), error.retry_after_ms), (exit, retry), "{reason}: {error}");
        assert_eq!(error.fields["reason"], reason.as_str());
        assert!(has_hung_up(&outputs) && daemon.core.accounts.is_empty(), "nothing is left of it");
        assert_eq!(
            daemon.disk.joining.is_empty(),
            retry.is_none(),
            "{reason}: only what may still come is kept"
        );
        assert!(names(&outputs).is_empty(), "nobody else hears of it: {outputs:?}");
        sentences.push(error.message);
    }
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), 12, "{sentences:#?}");
}

#[test]
fn a_name_that_the_invitation_lacks_is_taken_from_the_one_that_others_see() {
    let mut daemon = Daemon::new();
    daemon.ask(Join { name: Some("Alice.B".into()), ..invited() });
    assert_eq!(said_register(&daemon.reached()).account, None);
    let again = said_register(&daemon.unaccepted(RegisterReason::Name, None));
    assert_eq!(again.account.as_deref(), Some("alice.b"));
    let error = refusal(&daemon.unaccepted(RegisterReason::Taken, None));
    assert!(error.message.contains("alice.b2"), "{error}");

    for name in [None, Some("小红".to_owned())] {
        let mut daemon = Daemon::new();
        daemon.ask(Join { name, ..invited() });
        daemon.reached();
        let error = refusal(&daemon.unaccepted(RegisterReason::Name, None));
        assert_eq!(error.exit(), 2);
        assert!(error.message.contains("ACCOUNT"), "it names the argument: {error}");
    }
}

#[test]
fn addresses_that_lead_nowhere_are_listed_and_another_key_stops_everything() {
    let fails = |tried: Vec<Closed>| {
        let mut daemon = Daemon::new();
        daemon.ask(invited());
        let places = ["10.0.0.5", "relay.example.org"].map(address);
        let error =
            refusal(&daemon.closed(Closed::Nowhere { tried: places.into_iter().zip(tried).collect() }));
        assert!(daemon.core.accounts.is_empty() && !has_dialled(&daemon.pass(Duration::from_secs(600))));
        assert!(!daemon.disk.joining.is_empty(), "the same link may be tried again");
        error
    };
    let refused = || Closed::Refused { detail: "connection refused (os error 111)".into() };
    let silent = Closed::TimedOut { step: super::super::io::Step::Connect };
    let error = fails(vec![refused(), silent]);
    assert_eq!(error.exit(), 6);
    assert_eq!(
        error.message,
        "the server is not to be reached at 10.0.0.5:6000 (connection refused), relay.example.org:6000 (no answer); check \
         that it runs, and that this computer's network leads there"
    );
    let other = Closed::KeyChanged { expected: KEY.into(), found: "bb".into() };
    let error = fails(vec![refused(), other]);
    assert_eq!((error.code, error.exit()), (Code::KeyChanged, 12));
    let error = fails(vec![Closed::Untrusted { key: KEY.into() }, refused()]);
    assert_eq!((error.code, error.exit()), (Code::Untrusted, 12));
}

#[test]
fn what_cannot_be_a_link_or_a_name_is_said_before_anything_is_dialled() {
    let mut daemon = Daemon::new();
    let device = || Join { link: link(Kind::Device), ..Join::default() };
    for bad in [
        Join { link: "https://example.org".into(), ..Join::default() },
        Join { link: format!("{}x", link(Kind::Invite)), ..Join::default() },
        Join { new_account: Some("a b".into()), ..invited() },
        Join { new_account: Some("alice@example.org".into()), ..invited() },
        Join { name: Some("x".repeat(65)), ..invited() },
        Join { name: Some("Alice\u{ffff}".into()), ..invited() },
        chosen(""),
        Join { name: Some("Alice".into()), ..device() },
        Join { new_account: Some("bob".into()), ..device() },
    ] {
        let outputs = daemon.ask(bad);
        assert_eq!(refusal(&outputs).exit(), 2);
        assert_eq!(outputs.len(), 1, "{outputs:?}");
    }
}

#[test]
fn an_old_relay_and_one_that_talks_nonsense_are_told_apart() {
    use relay_schema::{ErrorCode, ErrorStanza};
    for (code, exit) in [(ErrorCode::UnknownType, 14), (ErrorCode::LoginFirst, 14), (ErrorCode::Forbidden, 6)]
    {
        let mut daemon = Daemon::new();
        daemon.ask(invited());
        daemon.reached();
        let outputs = daemon.hear(ErrorStanza { code, text: String::new(), id: None });
        assert_eq!(refusal(&outputs).exit(), exit);
    }
    let mut daemon = Daemon::new();
    daemon.ask(invited());
    daemon.reached();
    assert!(replies(&daemon.hear(welcome(0, 0))).is_empty(), "that was not asked");
    assert_eq!(refusal(&daemon.pass(Duration::from_secs(10))).exit(), 3);
}

#[test]
fn a_link_of_another_device_logs_in_with_its_code_and_always_as_the_same_device() {
    let device = || Join { link: link(Kind::Device), ..Join::default() };
    let mut daemon = Daemon::new();
    daemon.ask(device());
    let login = said_login(&daemon.reached());
    assert_eq!((login.account.as_str(), &login.pwd), ("alice", &None));
    assert_eq!(login.code.as_ref().map(Secret::expose), Some(format!("alice.{CODE}").as_str()));
    let mut daemon = daemon.killed();
    daemon.ask(device());
    assert_eq!(said_login(&daemon.reached()).device, login.device, "the code is this device's by now");
    let joined = reply(&daemon.hear(welcome(0, 0)));
    assert_eq!((&joined["account"], joined.get("random_password")), (&json!(LOCAL), None));
    assert!(daemon.disk.password().is_none() && daemon.disk.joining.is_empty());

    let error = refusal(&daemon.ask(device()));
    assert_eq!((error.code, error.exit()), (Code::Conflict, 11), "{error}");
}

#[test]
fn a_device_link_that_is_over_says_so_and_is_no_wrong_password() {
    let mut daemon = Daemon::new();
    daemon.ask(Join { link: link(Kind::Device), ..Join::default() });
    daemon.reached();
    let reason = Some(LoginReason::Credentials);
    let error = refusal(&daemon.hear(LoginResponse { state: 0, reason, ..LoginResponse::default() }));
    assert_eq!((error.code, error.exit()), (Code::Denied, 8));
    assert!(daemon.disk.account().is_none());
}

#[test]
fn whoever_comes_back_by_a_link_has_their_history_and_nobody_is_here_twice() {
    let mut daemon = Daemon::new();
    daemon.ask(invited());
    daemon.reached();
    daemon.accepted();
    daemon.hear(welcome(3, 3));
    daemon.hear(relay_schema::ListEnd { seq: 3 });
    let device = daemon.disk.account().unwrap().device.clone();
    daemon.ask(ipc_schema::account::Logout::default());
    daemon.pass(Duration::from_secs(2));
    assert!(daemon.disk.password().is_some(), "nobody else knows it");

    daemon.ask(Join { link: link(Kind::Device), ..Join::default() });
    let login = said_login(&daemon.reached());
    assert_eq!((login.resume, login.device), (Some(3), Some(device)));
    assert_eq!(reply(&daemon.hear(welcome(3, 3)))["account"], LOCAL);
    assert_eq!(daemon.disk.former().len(), 0);

    // Whoever tries the same link once more hears what became of it.
    daemon.ask(invited());
    daemon.reached();
    let error = refusal(&daemon.unaccepted(RegisterReason::UsedUp, None));
    assert!(error.exit() == 8 && error.message.contains(LOCAL), "{error}");

    // The relay says at the end that it is somebody who is here.
    daemon.ask(chosen("p1"));
    daemon.reached();
    let outputs = daemon.accepted();
    assert_eq!(refusal(&outputs).exit(), 11);
    assert!(has_hung_up(&outputs) && daemon.core.accounts.len() == 1);
}

#[test]
fn a_text_that_is_no_link_is_refused_with_a_word_for_what_is_wrong() {
    let whole = link(Kind::Invite);
    for (text, word) in [
        ("https://relay.example.org", "link-scheme"),
        (&whole.replace("/i/", "/x/"), "link-kind"),
        (&whole[..whole.len() - 1], "link-pin"),
    ] {
        let error = refusal(&Daemon::new().ask(Join { link: text.to_owned(), ..Join::default() }));
        assert_eq!((error.exit(), error.fields["reason"].as_str()), (2, Some(word)), "{error:?}");
    }
}

#[test]
fn two_tries_by_one_link_at_a_time_are_one_too_many_and_a_frontend_that_goes_ends_its_own() {
    let mut daemon = Daemon::new();
    daemon.ask(invited());
    assert_eq!(refusal(&daemon.ask(invited())).exit(), 11);
    daemon.reached();
    assert!(has_hung_up(&daemon.say(Input::Gone { client: 1 })));
    assert!(daemon.core.accounts.is_empty() && !daemon.disk.joining.is_empty());
    assert!(daemon.core.deadline().is_none());
}

#[test]
fn where_anybody_may_join_no_link_is_needed_and_an_unknown_key_is_asked_about() {
    let open = |trust: Option<String>| Open {
        new_account: "Alice@relay.example.org:6000".into(),
        trust,
        ..Open::default()
    };
    let mut daemon = Daemon::new();
    daemon.ask(open(None));
    let tried = vec![(address("relay.example.org"), Closed::Untrusted { key: KEY.into() })];
    let error = refusal(&daemon.closed(Closed::Nowhere { tried }));
    assert_eq!(error.exit(), 12);
    assert_eq!(error.fields["fingerprint"], format!("SHA256:{KEY}"));

    daemon.ask(open(Some(format!("SHA256:{KEY}"))));
    daemon.news(News::Reached { address: address("relay.example.org") });
    let register = said_register(&daemon.news(News::Open { key: Some(KEY.into()), by_system: false }));
    assert_eq!((register.account.as_deref(), register.invite), (Some("alice"), None));
    daemon.accepted();
    let joined = reply(&daemon.hear(welcome(0, 0)));
    assert_eq!(joined["account"], "alice@relay.example.org:6000");
    assert_eq!(joined["random_password"], true);
    assert_eq!(refusal(&daemon.ask(open(None))).exit(), 11);
}
