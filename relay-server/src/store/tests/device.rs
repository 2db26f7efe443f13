//! Devices, one-time codes, and passwords that their owner changes.

use super::*;

const MINUTE: i64 = 60_000;

fn code(n: u8) -> CodeHash {
    CodeHash([n; 32])
}

fn link(relay: &mut Relay, account: AccountId, n: u8) {
    let op = DeviceOp::Link { code: code(n), expires_ms: relay.now + 10 * MINUTE, now_ms: relay.now };
    assert_eq!(relay.ask(Op::Device { account, op }), Done::Nothing);
}

/// A login of `device` with a code.
fn by_code(
    relay: &mut Relay,
    account: AccountId,
    device: &str,
    n: u8,
    next: u8,
) -> Result<Begun, BeginError> {
    let begin = login(account, None, next);
    let device = begin.device.map(|d| BeginDevice { device: device.into(), code: Some(code(n)), ..d });
    let now_ms = relay.now;
    relay.begin(Begin { device, now_ms, ..begin })
}

fn confirm(relay: &mut Relay, account: AccountId, device: &str, token: u8) {
    assert_eq!(relay.ask(Op::Confirm { account, device: device.into(), token: hash(token) }), Done::Nothing);
}

fn devices(relay: &mut Relay, account: AccountId) -> Vec<String> {
    match relay.ask(Op::Device { account, op: DeviceOp::List }) {
        Done::Devices(rows) => rows.into_iter().map(|row| format!("{} {}", row.device, row.client)).collect(),
        other => panic!("{other:?}"),
    }
}

fn revoke(relay: &mut Relay, account: AccountId, device: &str) -> bool {
    match relay.ask(Op::Device { account, op: DeviceOp::Revoke(device.into()) }) {
        Done::Revoked(done) => done,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_code_works_for_one_device_until_that_has_a_token_of_its_own() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    link(&mut relay, alice, 1);
    assert_eq!(by_code(&mut relay, bob, "a", 1, 1).err(), Some(BeginError::Code));
    assert_eq!(by_code(&mut relay, alice, "a", 2, 1).err(), Some(BeginError::Code));
    assert!(devices(&mut relay, alice).is_empty(), "a refusal has written nothing");
    for next in 1..=3 {
        by_code(&mut relay, alice, "a", 1, next).unwrap();
    }
    assert_eq!(by_code(&mut relay, alice, "b", 1, 9).err(), Some(BeginError::Code));
    confirm(&mut relay, alice, "a", 3);
    assert_eq!(by_code(&mut relay, alice, "a", 1, 9).err(), Some(BeginError::Code));
    assert_eq!(devices(&mut relay, alice), ["a qqd/1"]);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM link"), 0);
}

#[test]
fn a_login_with_the_new_token_spends_the_code_too() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    link(&mut relay, alice, 1);
    by_code(&mut relay, alice, "d", 1, 1).unwrap();
    // The answer came, and the session ended before another stanza was sent.
    relay.begin(login(alice, Some(1), 2)).unwrap();
    assert_eq!(by_code(&mut relay, alice, "d", 1, 9).err(), Some(BeginError::Code));
}

#[test]
fn codes_end_with_their_time_and_the_oldest_of_five_gives_way() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for n in 1..=5 {
        link(&mut relay, alice, n);
        relay.now += 1;
    }
    assert_eq!(by_code(&mut relay, alice, "a", 1, 1).err(), Some(BeginError::Code));
    by_code(&mut relay, alice, "a", 2, 1).unwrap();
    relay.now = NOW + 10 * MINUTE + 2;
    assert_eq!(by_code(&mut relay, alice, "a", 2, 2).err(), Some(BeginError::Code));
    assert_eq!(by_code(&mut relay, alice, "b", 3, 2).err(), Some(BeginError::Code));
    by_code(&mut relay, alice, "b", 4, 2).unwrap();
    relay.now += DAY;
    link(&mut relay, alice, 6);
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM link"), 1, "what is too old is gone");
}

#[test]
fn a_revoked_device_has_no_token_and_no_code() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.begin(login(alice, None, 1)).unwrap();
    link(&mut relay, alice, 1);
    by_code(&mut relay, alice, "a", 1, 2).unwrap();
    assert!(!revoke(&mut relay, bob, "d"));
    assert!(revoke(&mut relay, alice, "d") && revoke(&mut relay, alice, "a"));
    assert!(!revoke(&mut relay, alice, "d"));
    assert_eq!(relay.begin(login(alice, Some(1), 2)), Err(BeginError::Token));
    assert_eq!(by_code(&mut relay, alice, "a", 1, 3).err(), Some(BeginError::Code));
}

#[test]
fn the_device_that_gives_way_is_named() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let on = |name: &str, now_ms: i64| {
        let begin = login(alice, None, 1);
        let device = begin.device.map(|d| BeginDevice { device: name.into(), devices_max: 2, ..d });
        Begin { device, now_ms, ..begin }
    };
    assert_eq!(relay.begin(on("old", NOW)).unwrap().evicted, None);
    assert_eq!(relay.begin(on("new", NOW + DAY)).unwrap().evicted, None);
    assert_eq!(relay.begin(on("x", NOW + 29 * DAY)), Err(BeginError::Devices));
    assert_eq!(relay.begin(on("x", NOW + 31 * DAY - 1)).unwrap().evicted.as_deref(), Some("old"));
    assert_eq!(devices(&mut relay, alice), ["x qqd/1", "new qqd/1"]);
}

#[test]
fn a_new_password_of_ones_own_keeps_ones_own_token_and_ends_all_else() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    link(&mut relay, alice, 1);
    link(&mut relay, alice, 2);
    by_code(&mut relay, alice, "other", 1, 2).unwrap();
    let passwd = |proven: &str| {
        let (proven, password) = (proven.to_owned(), "$new".to_owned());
        Op::Passwd(NewPassword { account: alice, device: "d".into(), proven, password })
    };
    assert_eq!(relay.ask(passwd("$phc$somebody")), Done::Passwd(false));
    assert_eq!(relay.find("alice").unwrap().password, "$phc$alice");
    assert_eq!(relay.ask(passwd("$phc$alice")), Done::Passwd(true));
    assert_eq!(relay.find("alice").unwrap().password, "$new");
    assert_eq!(relay.ask(passwd("$phc$alice")), Done::Passwd(false), "it is another one by now");
    assert_eq!(by_code(&mut relay, alice, "x", 2, 3).err(), Some(BeginError::Code));
    assert_eq!(by_code(&mut relay, alice, "other", 1, 3).err(), Some(BeginError::Code));
    relay.begin(login(alice, Some(1), 2)).unwrap();
    let begin = login(alice, Some(2), 3);
    let device = begin.device.map(|d| BeginDevice { device: "other".into(), ..d });
    assert_eq!(relay.begin(Begin { device, ..begin }), Err(BeginError::Token));
    let begin = Begin { proven: Some("$phc$alice".into()), ..login(alice, None, 4) };
    assert_eq!(relay.begin(begin), Err(BeginError::Gone), "a login that was on its way with the old one");
}

#[test]
fn an_account_that_ends_itself_is_gone_from_its_friends_lists() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    link(&mut relay, alice, 1);
    let remove =
        |proven: &str| Op::Remove(Removal { account: alice, proven: proven.to_owned(), now_ms: NOW });
    assert_eq!(relay.ask(remove("$phc$bob")), Done::Removed(None));
    let Done::Removed(Some(rows)) = relay.ask(remove("$phc$alice")) else { panic!() };
    assert_eq!(rows.iter().map(|(account, _)| *account).collect::<Vec<_>>(), [bob]);
    assert_eq!(said(&relay.rows(bob, 1)), ["2 gone alice"]);
    assert_eq!(relay.find("alice"), None);
    assert_eq!(relay.ask(remove("$phc$alice")), Done::Removed(None));
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM link"), 0);
}
