//! Logins: tokens, devices, where a session starts.

use super::*;

fn confirm(relay: &mut Relay, account: AccountId, token: u8) {
    let op = Op::Confirm { account, device: "d".into(), token: hash(token) };
    assert_eq!(relay.ask(op), Done::Nothing);
}

fn shows(relay: &mut Relay, account: AccountId, shown: u8, next: u8) -> Option<BeginError> {
    relay.begin(login(account, Some(shown), next)).err()
}

fn device(name: &str, begin: Begin) -> Begin {
    let device = begin.device.map(|device| BeginDevice { device: name.into(), ..device });
    Begin { device, ..begin }
}

fn resuming(resume: Option<Seq>, epoch: &str, begin: Begin) -> Begin {
    let epoch = Some(epoch.to_owned());
    let device = begin.device.map(|device| BeginDevice { resume, epoch, ..device });
    Begin { device, ..begin }
}

#[test]
fn a_token_is_replaced_at_each_login_and_the_old_one_ends_when_the_new_is_used() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    assert!(relay.begin(login(alice, None, 1)).unwrap().rotated);
    confirm(&mut relay, alice, 1);
    assert_eq!(shows(&mut relay, alice, 1, 2), None);
    confirm(&mut relay, alice, 2);
    assert_eq!(shows(&mut relay, alice, 1, 3), Some(BeginError::TokenReused));
    assert_eq!(shows(&mut relay, alice, 2, 3), None);
}

#[test]
fn whoever_shows_a_token_is_found_by_name_whatever_number_is_told() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.begin(login(alice, None, 1)).unwrap();
    let (found, begun) = relay.enter("alice", login(bob, Some(1), 2));
    assert_eq!((found, begun.unwrap().rotated), (Some(alice), true));
    let (found, begun) = relay.enter("alice", login(alice, Some(9), 3));
    assert_eq!((found, begun), (Some(alice), Err(BeginError::Token)));
    let (found, begun) = relay.enter("nobody", login(alice, Some(2), 3));
    assert_eq!((found, begun), (None, Err(BeginError::Gone)));
    assert_eq!(shows(&mut relay, alice, 2, 3), None);
}

#[test]
fn a_lost_answer_to_a_login_costs_nothing() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    confirm(&mut relay, alice, 1);
    for next in 2..=30 {
        assert_eq!(shows(&mut relay, alice, 1, next), None);
    }
    assert_eq!(shows(&mut relay, alice, 30, 31), None);
    assert_eq!(shows(&mut relay, alice, 1, 32), Some(BeginError::TokenReused));
}

#[test]
fn a_token_that_was_received_but_never_confirmed_lets_in_and_ends_the_one_before() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    assert_eq!(shows(&mut relay, alice, 1, 2), None);
    assert_eq!(shows(&mut relay, alice, 2, 3), None);
    assert_eq!(shows(&mut relay, alice, 1, 4), Some(BeginError::TokenReused));
    assert_eq!(shows(&mut relay, alice, 3, 4), None);
}

#[test]
fn a_login_that_was_long_on_its_way_does_not_lock_the_device_out() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    confirm(&mut relay, alice, 1);
    assert_eq!(shows(&mut relay, alice, 1, 2), None);
    assert_eq!(shows(&mut relay, alice, 1, 3), None);
    assert_eq!(shows(&mut relay, alice, 2, 4), None);
}

#[test]
fn a_late_confirmation_of_an_older_session_ends_no_token_of_a_newer_one() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    assert_eq!(shows(&mut relay, alice, 1, 2), None);
    confirm(&mut relay, alice, 1);
    assert_eq!(shows(&mut relay, alice, 1, 3), None);
}

#[test]
fn a_thief_is_noticed_whoever_of_the_two_comes_first() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    confirm(&mut relay, alice, 1);
    assert_eq!(shows(&mut relay, alice, 1, 66), None);
    assert_eq!(shows(&mut relay, alice, 1, 2), None);
    confirm(&mut relay, alice, 2);
    assert_eq!(shows(&mut relay, alice, 66, 67), Some(BeginError::TokenReused));
    assert_eq!(shows(&mut relay, alice, 1, 67), Some(BeginError::TokenReused));
}

#[test]
fn a_token_is_worth_nothing_for_another_device_or_account() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.begin(login(alice, None, 1)).unwrap();
    relay.begin(device("e", login(alice, None, 2))).unwrap();
    assert_eq!(shows(&mut relay, alice, 2, 3), Some(BeginError::Token));
    assert_eq!(shows(&mut relay, bob, 1, 3), Some(BeginError::Token));
    assert_eq!(shows(&mut relay, alice, 99, 3), Some(BeginError::Token));
    assert_eq!(relay.begin(device("new", login(alice, Some(1), 3))), Err(BeginError::Token));
}

#[test]
fn a_password_login_keeps_the_old_token_until_the_new_one_is_used() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    confirm(&mut relay, alice, 1);
    relay.begin(login(alice, None, 2)).unwrap();
    assert_eq!(shows(&mut relay, alice, 1, 3), None);
    confirm(&mut relay, alice, 2);
    assert_eq!(shows(&mut relay, alice, 1, 4), Some(BeginError::TokenReused));
}

#[test]
fn only_the_last_sixteen_tokens_are_remembered() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    for n in 1..=20 {
        assert_eq!(shows(&mut relay, alice, n, n + 1), None);
    }
    assert_eq!(shows(&mut relay, alice, 4, 99), Some(BeginError::TokenReused));
    assert_eq!(shows(&mut relay, alice, 3, 99), Some(BeginError::Token));
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM token"), 18);
}

#[test]
fn a_logout_ends_the_devices_token() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(login(alice, None, 1)).unwrap();
    relay.begin(device("e", login(alice, None, 2))).unwrap();
    assert_eq!(relay.ask(Op::Logout { account: alice, device: "d".into() }), Done::Nothing);
    assert_eq!(shows(&mut relay, alice, 1, 3), Some(BeginError::Token));
    relay.begin(device("e", login(alice, Some(2), 3))).unwrap();
}

#[test]
fn too_many_devices_are_refused_unless_one_was_unseen_for_30_days() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let at = |name: &str, now_ms| {
        let begin = device(name, login(alice, None, 1));
        let device = begin.device.map(|device| BeginDevice { devices_max: 2, ..device });
        Begin { device, now_ms, ..begin }
    };
    relay.begin(at("a", NOW)).unwrap();
    relay.begin(at("b", NOW + DAY)).unwrap();
    assert_eq!(relay.begin(at("c", NOW + 30 * DAY)), Err(BeginError::Devices));
    relay.begin(at("a", NOW + 2 * DAY)).unwrap();
    relay.begin(at("c", NOW + 32 * DAY)).unwrap();
    assert_eq!(relay.sql::<String>("SELECT group_concat(device) FROM device"), "a,c");
}

#[test]
fn a_device_that_only_receives_is_seen() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.begin(login(alice, None, 1)).unwrap();
    relay.submit(Submit { now_ms: NOW + 31 * DAY, ..chat(bob, "alice", "m1") }).unwrap();
    relay.ask(Op::Recv { account: alice, device: "d".into(), seq: 2 });
    assert_eq!(relay.sql::<i64>("SELECT seen_ms FROM device"), NOW + 31 * DAY);
}

#[test]
fn a_login_whose_account_is_gone_or_has_another_password_is_refused() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let proven = |phc: &str| Begin { proven: Some(phc.into()), ..login(alice, None, 1) };
    assert_eq!(relay.begin(proven("$phc$before")), Err(BeginError::Gone));
    relay.begin(proven("$phc$alice")).unwrap();
    assert_eq!(relay.begin(login(99, None, 1)), Err(BeginError::Gone));
}

#[test]
fn a_disabled_account_is_named_to_its_owner_only_and_once_enabled_its_devices_go_on() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let disable = |disabled| AdminOp::AccountDisable { name: "alice".into(), disabled };
    let proven = |phc: &str| Begin { proven: Some(phc.into()), ..login(alice, None, 5) };
    relay.begin(login(alice, None, 1)).unwrap();
    let done = relay.admin(disable(true)).unwrap();
    assert_eq!(done, AdminDone::Disabled(alice), "its sessions end");
    assert!(relay.find("alice").unwrap().disabled);
    assert_eq!(relay.begin(proven("$phc$alice")), Err(BeginError::Disabled));
    assert_eq!(relay.begin(proven("$phc$before")), Err(BeginError::Gone));
    assert_eq!(relay.begin(login(alice, Some(1), 2)), Err(BeginError::Disabled));
    assert_eq!(relay.begin(login(alice, Some(9), 2)), Err(BeginError::Token));
    let done = relay.admin(disable(false)).unwrap();
    assert_eq!(done, AdminDone::Changed { rows: vec![], end: vec![] });
    relay.begin(login(alice, Some(1), 2)).unwrap();
    let nobody = AdminOp::AccountDisable { name: "nobody".into(), disabled: true };
    assert_eq!(relay.admin(nobody), Err(AdminError::NoAccount("nobody".into())));
}

#[test]
fn a_rehashed_password_is_kept() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    relay.begin(Begin { rehash: Some("$better".into()), ..login(alice, None, 1) }).unwrap();
    assert_eq!(relay.find("alice").unwrap().password, "$better");
}

#[test]
fn a_token_login_makes_no_network_known_and_at_most_64_are() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let from = |n: u8, shown, now_ms| {
        let network = Network(IpAddr::V4(Ipv4Addr::new(10, 0, 0, n)));
        Begin { network, now_ms, ..login(alice, shown, 1 + n) }
    };
    for n in 0..100 {
        relay.begin(from(n, None, NOW + i64::from(n))).unwrap();
    }
    relay.begin(from(200, Some(100), NOW)).unwrap();
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM network"), 64);
    assert_eq!(relay.sql::<i64>("SELECT min(last_ms) FROM network"), NOW + 36);
    relay.begin(from(7, None, NOW + 40 * DAY)).unwrap();
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM network"), 1);
}

#[test]
fn a_session_goes_on_where_its_device_stopped() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let epoch = inbox_epoch(relay.store.epoch(), alice);
    for _ in 0..1_200 {
        relay.chat(alice, "alice").unwrap();
    }
    for (resume, epoch, expected) in [
        (Some(7), &*epoch, (7, false, false)),
        (Some(0), &*epoch, (0, false, false)),
        (Some(1_200), &*epoch, (1_200, false, false)),
        (Some(1_201), &*epoch, (0, true, true)),
        (Some(u64::MAX), &*epoch, (0, true, true)),
        (Some(7), "another", (0, true, false)),
        (Some(5_000), "another", (0, true, false)),
        (None, &*epoch, (200, true, false)),
    ] {
        let begun = relay.begin(resuming(resume, epoch, login(alice, None, 1))).unwrap();
        assert_eq!((begun.head, &begun.epoch), (1_200, &inbox_epoch(relay.store.epoch(), alice)));
        assert_eq!((begun.from, begun.whole_list, begun.resume_refused), expected, "{resume:?} {epoch}");
    }
    assert_eq!(relay.store.epoch().len(), 32);
}

#[test]
fn a_device_of_a_removed_account_misses_nothing_of_a_new_one_with_its_name() {
    let mut relay = Relay::new();
    let before = relay.account("bob");
    relay.chat(before, "bob").unwrap();
    let old = relay.begin(resuming(None, "", login(before, None, 1))).unwrap();
    relay.admin(AdminOp::AccountRemove { name: "bob".into(), now_ms: NOW }).unwrap();
    let bob = relay.account("bob");
    relay.chat(bob, "bob").unwrap();
    relay.chat(bob, "bob").unwrap();
    let begun = relay.begin(resuming(Some(old.head), &old.epoch, login(bob, None, 1))).unwrap();
    assert_eq!((begun.from, begun.whole_list), (0, true), "the cursor counted another inbox");
}

#[test]
fn a_seed_session_goes_on_at_the_accounts_seed_cursor() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    relay.chat(bob, "alice").unwrap();
    relay.ask(Op::SeedCursor { account: alice, seq: 1, is_hidden: false });
    let begun = relay.begin(Begin { device: None, ..login(alice, None, 1) }).unwrap();
    assert_eq!((begun.seed_cursor, begun.from, begun.head, begun.rotated), (1, 1, 2, false));
    assert_eq!(begun.friends[0].1, "bob");
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM device"), 0);
}
