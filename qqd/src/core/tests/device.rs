//! The devices of an account, its password, and what happens when the relay logs this one out.

use super::asking::{done, request_id};
use super::*;
use crate::core::io::{Examined, Probe};
use ipc_schema::account::{Devices, Link, Login, Passwd, Relay, Remove, Revoke};
use relay_schema::{Device, ErrorCode, ErrorStanza, LoginReason, LoginResponse, Nack, NackCode};

const LAPTOP: &str = "0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e";
const PHONE: &str = "0b2ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e";

fn device(uuid: &str, seen: &str, id: &Id) -> Device {
    Device { device: uuid.into(), client: "qqd/0.1.0".into(), ts: seen.into(), state: 0, id: id.clone() }
}

/// The relay tells its devices: this one, and two others.
fn list(daemon: &mut Daemon, id: &Id) -> Vec<Output> {
    let own = daemon.disk.account().unwrap().device.clone();
    daemon.hear(device(LAPTOP, "2026-01-30T09:30:00.000Z", id));
    daemon.hear(Device { state: 1, ..device(&own, "2026-01-31T09:30:00.000Z", id) });
    daemon.hear(device(PHONE, "2026-01-29T09:30:00.000Z", id));
    daemon.hear(done(id.clone(), None))
}

fn passwd(old: Option<&str>, new: &str) -> Passwd {
    Passwd { password: old.map(ipc_schema::Secret::new), new_password: ipc_schema::Secret::new(new) }
}

/// A daemon whose account has a random password that is kept.
fn with_random() -> Daemon {
    let mut daemon = Daemon::online();
    let kept = Op::KeepPassword { password: Secret::new("kept".into()) };
    daemon.disk.apply("alice@example.org", kept).unwrap();
    let mut daemon = Daemon::on(daemon.disk);
    daemon.open();
    daemon.hear(welcome(0, 0));
    daemon
}

fn random(daemon: &mut Daemon) -> Value {
    reply(&daemon.ask(ipc_schema::daemon::Status {}))["accounts"][0]["random_password"].clone()
}

fn revoked() -> ErrorStanza {
    ErrorStanza { code: ErrorCode::Revoked, text: "gone".into(), id: None }
}

#[test]
fn the_devices_are_listed_the_newest_first_and_the_own_one_is_marked() {
    let mut daemon = Daemon::online();
    let id = request_id(&daemon.ask(Devices {}));
    let listed = reply(&list(&mut daemon, &id));
    let devices = listed["devices"].as_array().unwrap();
    let told: Vec<_> = devices.iter().map(|one| (&one["online"], &one["own"])).collect();
    assert_eq!(
        told,
        [(&json!(true), &json!(true)), (&json!(false), &json!(false)), (&json!(false), &json!(false))]
    );
    assert_eq!(devices[1]["device"], LAPTOP);
}

#[test]
fn a_device_is_revoked_by_the_beginning_of_its_name_and_never_this_one() {
    let mut daemon = Daemon::online();
    let own = daemon.disk.account().unwrap().device.clone();
    for (prefix, exit) in [("zz", 7), ("", 7), ("0b", 7), (own.as_str(), 11)] {
        let id = request_id(&daemon.ask(Revoke { device: prefix.into() }));
        let error = refusal(&list(&mut daemon, &id));
        assert_eq!(error.exit(), exit, "{prefix}: {error}");
        assert_eq!(error.hint.as_deref() == Some("qqctl logout"), prefix == own, "{error:?}");
    }
    let id = request_id(&daemon.ask(Revoke { device: "0B2".into() }));
    let outputs = list(&mut daemon, &id);
    let [Stanza::DeviceRevoke(revoke)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(revoke.device, PHONE);
    assert_eq!(reply(&daemon.hear(done(revoke.id.clone(), None))), json!({"device": PHONE}));
}

#[test]
fn a_link_carries_address_code_and_key() {
    let mut daemon = Daemon::new();
    let trust = Some(format!("SHA256:{KEY}"));
    daemon.ask(Login { trust, ..login("alice@example.org") });
    daemon.news(News::Open { key: Some(KEY.into()), by_system: false });
    daemon.hear(welcome(0, 0));
    let id = request_id(&daemon.ask(Link {}));
    let code = "alice.3v9kq2m8xw4t7ryz0acdefgh1j";
    let expires = Some("2026-01-31T09:40:00.000Z".to_owned());
    let ack = Ack { code: Some(Secret::new(code.into())), expires, ..done(id, None) };
    let linked = reply(&daemon.hear(ack));
    let link: relay_schema::qiao::Link = linked["link"].as_str().unwrap().parse().unwrap();
    assert_eq!((link.account(), link.places[0].to_string().as_str()), (Some("alice"), "example.org:5290"));
    assert_eq!(link.pin.unwrap().0, [0xaa; 32]);
    assert_eq!(linked["expires"], "2026-01-31T09:40:00.000Z");
    let id = request_id(&daemon.ask(Link {}));
    assert_eq!(refusal(&daemon.hear(done(id, None))).code, Code::Unexpected, "an ack without a code");
}

#[test]
fn another_password_needs_the_one_so_far() {
    let mut daemon = Daemon::online();
    assert_eq!(refusal(&daemon.ask(passwd(None, "new"))).exit(), 2);
    assert_eq!(refusal(&daemon.ask(passwd(Some("p1"), ""))).exit(), 2);
    for (code, exit) in [(NackCode::Credentials, 4), (NackCode::Weak, 2), (NackCode::Rate, 10)] {
        let id = request_id(&daemon.ask(passwd(Some("p1"), "new")));
        assert_eq!(refusal(&daemon.hear(Nack { id, code, retry: None })).exit(), exit);
    }
    let outputs = daemon.ask(passwd(Some("p1"), "new"));
    let [Stanza::Passwd(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((said.pwd.expose(), said.new.expose()), ("p1", "new"));
    assert_eq!(reply(&daemon.hear(done(said.id.clone(), None))), json!({"account": "alice@example.org"}));
}

#[test]
fn a_random_password_need_not_be_known_and_is_forgotten_once_there_is_a_real_one() {
    let mut daemon = with_random();
    assert_eq!(random(&mut daemon), json!(true));
    let outputs = daemon.ask(passwd(None, "real"));
    let [Stanza::Passwd(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(said.pwd.expose(), "kept");
    let id = said.id.clone();
    assert!(daemon.disk.password().is_some(), "not before the relay has the new one");
    daemon.hear(done(id, None));
    assert!(daemon.disk.password().is_none());
    assert_eq!(random(&mut daemon), Value::Null);
}

#[test]
fn an_account_is_removed_at_the_relay_first_and_its_history_stays_unless_it_is_to_go() {
    for forget in [false, true] {
        let mut daemon = with_random();
        let outputs = daemon.ask(Remove { password: None, forget });
        let [Stanza::AccountRemove(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
        assert_eq!(said.pwd.expose(), "kept");
        let id = said.id.clone();
        let error = refusal(&daemon.hear(Nack { id, code: NackCode::Credentials, retry: None }));
        assert_eq!(error.exit(), 4);
        assert!(daemon.core.first().link.is_online(), "nothing has changed");

        let outputs = daemon.ask(Remove { password: Some(ipc_schema::Secret::new("p1")), forget });
        let outputs = daemon.hear(done(request_id(&outputs), None));
        assert_eq!(reply(&outputs), json!({"account": "alice@example.org", "wiped": forget}));
        assert!(daemon.disk.account().is_none() && daemon.disk.token().is_none());
        assert!(daemon.disk.password().is_none(), "it opens nothing any more");
        assert_eq!(daemon.disk.former().len(), usize::from(!forget));
    }
}

/// The shell has looked at the address of `outputs`.
fn looked(daemon: &mut Daemon, outputs: &[Output], tls: Result<Option<String>, Closed>) -> Vec<Output> {
    let number = outputs.iter().find_map(|output| match output {
        Output::Examine { number, aims } => Some((*number, aims[0].account)),
        _ => None,
    });
    let (number, account) = number.unwrap_or_else(|| panic!("{outputs:?}"));
    let tcp = tls.clone().map(|_| Duration::from_millis(5));
    let probes = vec![Probe { account, tcp, tls }];
    daemon.say(Input::Examined { number, examined: Examined { runtime: Ok(()), probes } })
}

#[test]
fn a_logout_while_the_new_address_is_looked_at_answers_both() {
    let mut daemon = Daemon::online();
    let outputs = daemon.ask(Relay { relay: "new.example.org".into(), trust: None });
    let leaving = daemon.ask(ipc_schema::account::Logout::default());
    assert_eq!(refusal(&leaving).code, Code::Conflict);
    assert!(replies(&looked(&mut daemon, &outputs, Ok(None))).is_empty());
    daemon.pass(Duration::from_secs(2));
    assert!(daemon.disk.account().is_none());
}

#[test]
fn a_relay_that_moved_is_followed_and_if_that_fails_nothing_has_changed() {
    let to = |relay: &str| Relay { relay: relay.into(), trust: None };
    let mut daemon = Daemon::with_bob();
    let before = daemon.disk.account().unwrap().clone();
    assert_eq!(refusal(&daemon.ask(to("plain://127.0.0.1:1"))).exit(), 2, "never back to no TLS");
    let nowhere = Closed::Refused { detail: "Connection refused".into() };
    for (closed, exit) in [(Closed::Untrusted { key: KEY.into() }, 12), (nowhere, 6)] {
        let outputs = daemon.ask(to("new.example.org"));
        assert!(!has_dialled(&outputs) && !has_hung_up(&outputs) && daemon.core.first().link.is_online());
        assert_eq!(refusal(&daemon.ask(to("other.example.org"))).code, Code::Conflict, "one at a time");
        let outputs = looked(&mut daemon, &outputs, Err(closed));
        assert_eq!(refusal(&outputs).exit(), exit);
        assert!(!has_hung_up(&outputs) && events(&outputs).is_empty(), "the session stands: {outputs:?}");
        assert!(daemon.core.first().link.is_online());
        assert_eq!(daemon.disk.account(), Some(&before));
    }
    let outputs = daemon.ask(to("new.example.org"));
    assert!(has_dialled(&looked(&mut daemon, &outputs, Ok(Some(KEY.into())))));
    daemon.open();
    let no = LoginResponse { state: 0, reason: Some(LoginReason::Credentials), ..LoginResponse::default() };
    assert_eq!(refusal(&daemon.hear(no)).exit(), 4);
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert!(daemon.core.first().link.is_online(), "back where it was");
    assert_eq!(daemon.disk.account().map(|now| &now.relay), Some(&before.relay));

    daemon.ask(text("bob", "k1"));
    let outputs = daemon.ask(to("new.example.org:6000"));
    looked(&mut daemon, &outputs, Ok(Some(KEY.into())));
    let outputs = daemon.open();
    let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((said.resume, said.token.is_some()), (Some(0), true));
    let outputs = daemon.hear(welcome(0, 0));
    let moved = reply(&outputs);
    assert_eq!(
        (&moved["account"], &moved["relay"]),
        (&json!("alice@example.org"), &json!("new.example.org:6000"))
    );
    assert_eq!(chats(&outputs), ["k1"], "what waits goes there");
    let after = daemon.disk.account().unwrap();
    assert_eq!((&after.local, after.relay.port, &after.device), (&before.local, 6000, &before.device));
    let mut daemon = Daemon::on(daemon.disk);
    let outputs = daemon.pass(Duration::ZERO);
    assert!(outputs.is_empty() && daemon.core.first().account.as_ref().unwrap().relay.port == 6000);
}

#[test]
fn whoever_is_out_stays_out_for_the_same_reason_after_a_move_that_failed() {
    let mut daemon = Daemon::online();
    daemon.hear(revoked());
    daemon.ask(Relay { relay: "new.example.org".into(), trust: None });
    let outputs = daemon.closed(Closed::Refused { detail: "refused".into() });
    assert_eq!(refusal(&outputs).exit(), 6);
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    let status = &status["accounts"][0];
    assert_eq!((&status["reason"], &status["relay"]), (&json!("revoked"), &json!("example.org:5290")));
}

#[test]
fn a_device_that_was_revoked_stays_out_until_somebody_logs_in_and_keeps_what_it_has() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(text("bob", "k1"));
    let outputs = daemon.hear(revoked());
    assert_eq!(link_states(&outputs), ["offline revoked"]);
    assert!(names(&outputs).contains(&"account.refused"), "{outputs:?}");
    assert!(!has_dialled(&daemon.pass(Duration::from_secs(3_600))), "nothing is tried");
    let status = reply(&daemon.ask(ipc_schema::daemon::Status {}));
    assert_eq!(
        (&status["accounts"][0]["reason"], &status["accounts"][0]["outbox"]),
        (&json!("revoked"), &json!(1))
    );

    // Without a password the server is only looked at; with one all goes on, and what waited is sent.
    let bare = Login { account: "alice".into(), ..Login::default() };
    assert!(has_dialled(&daemon.ask(bare)));
    assert_eq!(refusal(&daemon.open()).code, Code::Credentials);
    daemon.ask(login("alice"));
    daemon.open();
    let outputs = daemon.hear(welcome(0, 0));
    assert_eq!(chats(&outputs), ["k1"]);
}

#[test]
fn a_random_password_opens_the_account_again_when_somebody_asks_for_it() {
    let mut daemon = with_random();
    daemon.hear(revoked());
    daemon.ask(Login { account: "alice".into(), ..Login::default() });
    let outputs = daemon.open();
    let [Stanza::Login(said)] = sent(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!(said.pwd.as_ref().map(Secret::expose), Some("kept"));
    daemon.hear(welcome(0, 0));
    assert!(daemon.core.first().link.is_online() && daemon.disk.password().is_some());

    // Somebody has set another one elsewhere, and knows it.
    daemon.hear(revoked());
    daemon.ask(login("alice"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert!(daemon.disk.password().is_none(), "what is kept is not the password any more");
}
