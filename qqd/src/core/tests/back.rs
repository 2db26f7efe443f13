//! An account that its relay does not let in any more: what is said of it, and how it comes back by a link.

use super::*;
use ipc_schema::account::{Join, Login};
use relay_schema::qiao::{Kind, Link, Pin, Place};
use relay_schema::{ErrorCode, ErrorStanza, LoginReason};

const CODE: &str = "3v9kq2m8xw4t7ryz0acdefgh1j";

fn link_at(kind: Kind, hosts: &[&str]) -> Join {
    let code = match kind {
        Kind::Invite => CODE.to_owned(),
        Kind::Device => format!("alice.{CODE}"),
    };
    let places = hosts.iter().map(|host| Place { host: (*host).into(), port: 5290 }).collect();
    let pin = Some(Pin([0xaa; 32]));
    Join { link: Link { kind, places, code: Secret::new(code), pin }.to_string(), ..Join::default() }
}

fn device_link() -> Join {
    link_at(Kind::Device, &["10.0.0.5", "example.org"])
}

fn error(code: ErrorCode) -> ErrorStanza {
    ErrorStanza { code, text: String::new(), id: None }
}

fn refused(reason: LoginReason) -> LoginResponse {
    LoginResponse { state: 0, reason: Some(reason), ..LoginResponse::default() }
}

fn status(daemon: &mut Daemon) -> Value {
    reply(&daemon.ask(ipc_schema::daemon::Status {}))["accounts"][0].clone()
}

impl Daemon {
    /// The session is lost, and the relay does not take the token any more.
    fn forgotten(&mut self, reason: LoginReason) {
        self.lost();
        self.pass(Duration::from_millis(500));
        self.open();
        self.hear(refused(reason));
    }
}

/// What is said to the relay after that link: as whom, and with what.
fn said_login(outputs: &[Output]) -> relay_schema::Login {
    let [Stanza::Login(login)] = sent(outputs)[..] else { panic!("{outputs:?}") };
    login.clone()
}

#[test]
fn whoever_is_out_comes_back_by_a_link_as_the_same_device_with_all_that_was_here() {
    type Out = fn(&mut Daemon);
    let ways: [(&str, Out); 3] = [
        ("revoked", |daemon| drop(daemon.hear(error(ErrorCode::Revoked)))),
        ("credentials", |daemon| daemon.forgotten(LoginReason::Credentials)),
        ("disabled", |daemon| drop(daemon.hear(error(ErrorCode::Disabled)))),
    ];
    for (reason, out) in ways {
        let mut daemon = Daemon::with_bob();
        daemon.hear(from_bob(1));
        let device = daemon.disk.account().unwrap().device.clone();
        daemon.ask(text("bob", "k1"));
        out(&mut daemon);
        assert_eq!(status(&mut daemon)["reason"], reason);
        let outputs = daemon.ask(device_link());
        assert!(has_dialled(&outputs) && replies(&outputs).is_empty(), "{reason}: {outputs:?}");
        let login = said_login(&daemon.open());
        assert_eq!(login.code.as_ref().map(Secret::expose), Some(format!("alice.{CODE}").as_str()));
        assert_eq!((login.token, login.device, login.resume), (None, Some(device), Some(1)));
        let outputs = daemon.hear(welcome(1, 1));
        assert_eq!(reply(&outputs)["account"], "alice@example.org");
        assert_eq!(chats(&outputs), ["k1"], "{reason}: what waited is sent");
        assert_eq!((daemon.core.accounts.len(), daemon.disk.messages().len()), (1, 2));
        assert_eq!(status(&mut daemon)["state"], "online");
    }
}

#[test]
fn a_link_that_is_over_leaves_the_account_as_it_was() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "k1"));
    daemon.hear(error(ErrorCode::Revoked));
    daemon.ask(device_link());
    daemon.open();
    let error = refusal(&daemon.hear(refused(LoginReason::Credentials)));
    assert_eq!((error.code, error.exit()), (Code::Denied, 8));
    assert!(error.message.contains("whoever runs the server"), "{error}");
    let shown = status(&mut daemon);
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("offline"), &json!("revoked")));
    assert_eq!(shown["outbox"], 1);
    assert!(has_dialled(&daemon.ask(device_link())), "another link may be tried");
}

#[test]
fn a_relay_that_was_moved_is_found_where_the_link_says_by_its_key() {
    let mut daemon = Daemon::online();
    daemon.forgotten(LoginReason::Credentials);
    let mut disk = daemon.disk;
    let op = crate::core::op::Account { pin: Some(KEY.into()), ..disk.account().unwrap().clone() };
    disk.apply("alice@example.org", Op::SaveAccount(op)).unwrap();
    let mut daemon = Daemon::on(disk);
    daemon.open();
    daemon.hear(refused(LoginReason::Credentials));
    let outputs = daemon.ask(link_at(Kind::Device, &["10.0.0.5"]));
    let pinned =
        |output: &Output| matches!(output, Output::DialAny { trust: Trust::Pin(pin), .. } if pin == KEY);
    assert!(outputs.iter().any(pinned), "{outputs:?}");
    let address = Address { host: "10.0.0.5".into(), port: 5290, plain: false };
    daemon.news(News::Reached { address });
    daemon.open();
    assert_eq!(reply(&daemon.hear(welcome(0, 0)))["relay"], "10.0.0.5:5290");
    let kept = daemon.disk.account().unwrap();
    assert_eq!((kept.local.as_str(), kept.relay.host.as_str()), ("alice@example.org", "10.0.0.5"));
}

#[test]
fn whoever_is_on_line_does_not_join_again_and_a_daemon_that_just_starts_finds_out_first() {
    let mut daemon = Daemon::online();
    let outputs = daemon.ask(device_link());
    let error = refusal(&outputs);
    assert!(error.code == Code::Conflict && error.message.contains("is logged in"), "{error}");
    assert!(!has_dialled(&outputs) && daemon.core.first().link.is_online());

    let mut daemon = Daemon::on(daemon.disk);
    assert!(replies(&daemon.ask(device_link())).is_empty(), "nobody knows yet whether the token is good");
    daemon.open();
    assert_eq!(refusal(&daemon.hear(welcome(0, 0))).code, Code::Conflict, "it was");

    let mut daemon = Daemon::on(daemon.disk);
    daemon.ask(device_link());
    daemon.open();
    assert!(has_dialled(&daemon.hear(refused(LoginReason::Credentials))), "it was not");
    assert!(said_login(&daemon.open()).code.is_some());
    assert_eq!(replies(&daemon.hear(welcome(0, 0))).len(), 1);
}

#[test]
fn an_invitation_is_no_way_back_and_says_where_to_look() {
    let mut daemon = Daemon::online();
    daemon.hear(error(ErrorCode::Revoked));
    let invited = Join { new_account: Some("alice".into()), ..link_at(Kind::Invite, &["example.org"]) };
    let error = refusal(&daemon.ask(invited));
    assert!(error.code == Code::Conflict && !error.message.contains("logged in"), "{error}");
}

#[test]
fn the_advice_fits_whatever_the_reason_was_and_names_the_password_that_is_kept() {
    let ways = ["qqctl login alice", "qqctl join LINK", "ask whoever runs the server"];
    let outs = [
        |daemon: &mut Daemon| drop(daemon.hear(error(ErrorCode::Revoked))),
        |daemon: &mut Daemon| {
            daemon.forgotten(LoginReason::Credentials);
        },
    ];
    for out in outs {
        let mut daemon = Daemon::online();
        out(&mut daemon);
        let said = status(&mut daemon)["message"].as_str().unwrap_or_default().to_owned();
        assert!(ways.iter().all(|way| said.contains(way)) && said.contains("with the password"), "{said}");

        let kept = Op::KeepPassword { password: Secret::new("kept".into()) };
        daemon.disk.apply("alice@example.org", kept).unwrap();
        let mut daemon = Daemon::on(daemon.disk);
        daemon.open();
        daemon.hear(welcome(0, 0));
        out(&mut daemon);
        let said = status(&mut daemon)["message"].as_str().unwrap_or_default().to_owned();
        assert!(said.contains("with the random password that is kept here (qqctl login alice"), "{said}");
        daemon.ask(Login { account: "alice".into(), ..Login::default() });
        assert_eq!(said_login(&daemon.open()).pwd.as_ref().map(Secret::expose), Some("kept"));
        let error = refusal(&daemon.hear(refused(LoginReason::Credentials)));
        assert_eq!(error.code, Code::Credentials);
        assert!(error.message.contains("does not take the random password either"), "{error}");
    }
}
