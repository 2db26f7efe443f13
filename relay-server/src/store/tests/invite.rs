//! Invitations, and whoever comes by them.

use relay_schema::RegisterReason;

use super::*;

fn code(n: u8) -> CodeHash {
    CodeHash([n; 32])
}

pub(super) fn create(
    relay: &mut Relay,
    n: u8,
    name: Option<&str>,
    friends: &[&str],
) -> Result<InviteRow, AdminError> {
    create_with(relay, n, name, 1, Some(NOW + DAY), friends)
}

fn create_with(
    relay: &mut Relay,
    n: u8,
    name: Option<&str>,
    uses: u32,
    expires_ms: Option<i64>,
    friends: &[&str],
) -> Result<InviteRow, AdminError> {
    let friends = friends.iter().map(|name| (*name).to_owned()).collect();
    let name = name.map(str::to_owned);
    let op = InviteOp::Create { code: code(n), name, uses, expires_ms, friends, now_ms: relay.now };
    relay.admin(AdminOp::Invite(op)).map(one)
}

fn one(done: AdminDone) -> InviteRow {
    match done {
        AdminDone::Invites(mut rows) if rows.len() == 1 => rows.remove(0),
        other => panic!("{other:?}"),
    }
}

fn list(relay: &mut Relay) -> Vec<InviteRow> {
    let now_ms = relay.now;
    match relay.admin(AdminOp::Invite(InviteOp::List { now_ms })).unwrap() {
        AdminDone::Invites(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn circle(relay: &mut Relay, members: &[(&str, u8)]) -> Vec<(String, bool)> {
    let members = members.iter().map(|(name, n)| ((*name).to_owned(), code(*n))).collect();
    let op = InviteOp::Circle { members, expires_ms: relay.now + DAY, now_ms: relay.now };
    match relay.admin(AdminOp::Invite(op)).unwrap() {
        AdminDone::Circle(members) => {
            members.into_iter().map(|member| (member.name, member.joined)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn inquire(relay: &mut Relay, name: Option<&str>, n: Option<u8>) -> Inquired {
    let (name, code, now_ms) = (name.map(str::to_owned), n.map(code), relay.now);
    match relay.ask(Op::Inquire(Inquiry { name, code, network: HOME, now_ms })) {
        Done::Inquired(inquired) => inquired,
        other => panic!("{other:?}"),
    }
}

pub(super) fn join(relay: &mut Relay, name: &str, n: Option<u8>) -> Joined {
    join_with(relay, name, n, 5_000)
}

fn join_with(relay: &mut Relay, name: &str, n: Option<u8>, friends_max: u32) -> Joined {
    let (password, shown) = (format!("$phc${name}"), name.to_uppercase());
    let (name, code, now_ms) = (name.to_owned(), n.map(code), relay.now);
    match relay.ask(Op::Join(Join { name, shown, password, code, friends_max, now_ms })) {
        Done::Joined(joined) => joined,
        other => panic!("{other:?}"),
    }
}

fn revoke(relay: &mut Relay, which: InviteKey) -> Result<(Vec<String>, bool), AdminError> {
    let now_ms = relay.now;
    relay.admin(AdminOp::Invite(InviteOp::Revoke { which, now_ms })).map(|done| match done {
        AdminDone::Revoked { invites, already } => {
            assert!(invites.iter().all(|row| row.state == InviteState::Revoked && row.revoked_ms.is_some()));
            (invites.into_iter().map(|row| row.id).collect(), already)
        }
        other => panic!("{other:?}"),
    })
}

fn states(relay: &mut Relay) -> Vec<InviteState> {
    list(relay).into_iter().map(|row| row.state).collect()
}

fn refused(reason: RegisterReason) -> Inquired {
    Inquired::Refused(reason)
}

#[test]
fn an_invitation_makes_as_many_accounts_as_it_says() {
    let mut relay = Relay::new();
    let row = create_with(&mut relay, 1, None, 2, None, &[]).unwrap();
    assert_eq!((row.state, row.used, row.uses, row.expires_ms), (InviteState::Open, 0, 2, None));
    assert_eq!(row.id, "0101010101");
    for name in ["alice", "bob"] {
        assert_eq!(inquire(&mut relay, Some(name), Some(1)), Inquired::Free(name.into()));
        assert_eq!(join(&mut relay, name, Some(1)), Ok(vec![]));
    }
    assert_eq!(inquire(&mut relay, Some("carol"), Some(1)), refused(RegisterReason::UsedUp));
    assert_eq!(join(&mut relay, "carol", Some(1)), Err(RegisterReason::UsedUp));
    assert_eq!(relay.find("carol"), None);
    let found = relay.find("alice").unwrap();
    assert_eq!((found.name.as_str(), found.password.as_str()), ("ALICE", "$phc$alice"));
    assert_eq!(
        inquire(&mut relay, Some("alice"), Some(1)),
        Inquired::Joined(Box::new(found), RegisterReason::UsedUp)
    );
    assert_eq!(list(&mut relay)[0].state, InviteState::UsedUp);
}

#[test]
fn each_end_of_an_invitation_has_its_reason() {
    let mut relay = Relay::new();
    create(&mut relay, 1, None, &[]).unwrap();
    create(&mut relay, 2, Some("alice"), &[]).unwrap();
    assert_eq!(inquire(&mut relay, Some("alice"), Some(9)), refused(RegisterReason::Invite));
    assert_eq!(inquire(&mut relay, None, Some(1)), refused(RegisterReason::Name));
    assert_eq!(inquire(&mut relay, None, Some(2)), Inquired::Free("alice".into()));
    assert_eq!(inquire(&mut relay, Some("bob"), Some(2)), refused(RegisterReason::OtherName));
    assert_eq!(
        inquire(&mut relay, Some("bob"), None),
        Inquired::Free("bob".into()),
        "where registration is open"
    );
    let ways =
        [InviteKey::Short("0202020202".into()), InviteKey::Code(code(2)), InviteKey::Name("alice".into())];
    for (which, already) in ways.into_iter().zip([false, true, true]) {
        assert_eq!(revoke(&mut relay, which), Ok((vec!["0202020202".into()], already)));
    }
    assert_eq!(inquire(&mut relay, None, Some(2)), refused(RegisterReason::Revoked));
    for which in [InviteKey::Short("ff".into()), InviteKey::Code(code(9))] {
        let revoke = AdminOp::Invite(InviteOp::Revoke { which, now_ms: NOW });
        assert_eq!(relay.admin(revoke), Err(AdminError::NoInvite));
    }
    relay.now += DAY - 1;
    assert_eq!(inquire(&mut relay, Some("alice"), Some(1)), Inquired::Free("alice".into()));
    relay.now += 1;
    assert_eq!(inquire(&mut relay, Some("alice"), Some(1)), refused(RegisterReason::Expired));
    assert_eq!(join(&mut relay, "alice", Some(1)), Err(RegisterReason::Expired));
    assert_eq!(states(&mut relay), [InviteState::Revoked, InviteState::Expired]);
}

#[test]
fn an_invitation_for_a_name_makes_that_account_and_none_else() {
    let mut relay = Relay::new();
    circle(&mut relay, &[("alice", 1), ("bob", 2)]);
    assert_eq!(join(&mut relay, "mallory", Some(1)), Err(RegisterReason::OtherName));
    assert_eq!(relay.find("mallory"), None);
    assert_eq!(join(&mut relay, "alice", Some(1)), Ok(vec![]));
    assert_eq!(join(&mut relay, "mallory", Some(1)), Err(RegisterReason::UsedUp));
    assert_eq!(circle(&mut relay, &[("alice", 3)]), [("alice".into(), true)]);
}

#[test]
fn a_second_link_for_somebody_who_has_come_is_closed_and_open_again_once_he_is_gone() {
    let mut relay = Relay::new();
    create(&mut relay, 1, Some("alice"), &[]).unwrap();
    create(&mut relay, 2, Some("alice"), &[]).unwrap();
    join(&mut relay, "alice", Some(2)).unwrap();
    assert_eq!(states(&mut relay), [InviteState::UsedUp, InviteState::NameTaken]);
    for name in [None, Some("alice"), Some("alice2")] {
        assert_eq!(inquire(&mut relay, name, Some(1)), refused(RegisterReason::Joined), "{name:?}");
    }
    assert_eq!(join(&mut relay, "alice", Some(1)), Err(RegisterReason::Joined));
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    assert_eq!(states(&mut relay), [InviteState::UsedUp, InviteState::Open]);
    assert_eq!(join(&mut relay, "alice", Some(1)), Ok(vec![]));
}

#[test]
fn all_open_invitations_for_a_name_are_taken_back_together() {
    let mut relay = Relay::new();
    let bob = || InviteKey::Name("bob".into());
    assert_eq!(revoke(&mut relay, bob()), Err(AdminError::NoInviteFor("bob".into())));
    create(&mut relay, 1, Some("bob"), &[]).unwrap();
    create_with(&mut relay, 2, Some("bob"), 1, None, &[]).unwrap();
    create(&mut relay, 3, Some("bobby"), &[]).unwrap();
    create(&mut relay, 4, None, &[]).unwrap();
    relay.now += DAY;
    create_with(&mut relay, 5, Some("bob"), 1, None, &[]).unwrap();
    let open = vec!["0202020202".to_owned(), "0505050505".to_owned()];
    assert_eq!(revoke(&mut relay, bob()), Ok((open.clone(), false)), "the first one's time is over");
    let revoked_at = relay.now;
    relay.now += 1;
    assert_eq!(revoke(&mut relay, bob()), Ok((open, true)));
    let revoked: Vec<_> = list(&mut relay).into_iter().filter_map(|row| row.revoked_ms).collect();
    assert_eq!(revoked, [revoked_at; 2], "since then, not since it was asked for again");
    create_with(&mut relay, 6, Some("dan"), 1, None, &[]).unwrap();
    join(&mut relay, "dan", Some(6)).unwrap();
    assert_eq!(revoke(&mut relay, InviteKey::Name("dan".into())), Err(AdminError::NoInviteFor("dan".into())));
}

#[test]
fn a_taken_name_is_told_from_one_that_came_by_the_same_invitation() {
    let mut relay = Relay::new();
    relay.account("bob");
    create_with(&mut relay, 1, None, 9, None, &[]).unwrap();
    create_with(&mut relay, 2, None, 9, None, &[]).unwrap();
    join(&mut relay, "alice", Some(1)).unwrap();
    join(&mut relay, "carol", None).unwrap();
    let joined = |inquired| matches!(inquired, Inquired::Joined(_, RegisterReason::Taken));
    assert!(joined(inquire(&mut relay, Some("alice"), Some(1))));
    assert!(joined(inquire(&mut relay, Some("carol"), None)));
    for (name, code) in
        [("alice", Some(2)), ("alice", None), ("carol", Some(1)), ("bob", Some(1)), ("bob", None)]
    {
        assert_eq!(inquire(&mut relay, Some(name), code), refused(RegisterReason::Taken), "{name} {code:?}");
        assert_eq!(join(&mut relay, name, code), Err(RegisterReason::Taken), "{name} {code:?}");
    }
    assert_eq!(create(&mut relay, 3, Some("alice"), &[]), Err(AdminError::Taken("alice".into())));
    assert_eq!(create(&mut relay, 3, None, &["nobody"]), Err(AdminError::NoAccount("nobody".into())));
    assert_eq!(list(&mut relay).len(), 2, "a refusal has written nothing");
}

#[test]
fn friends_are_made_as_far_as_there_is_room() {
    let mut relay = Relay::new();
    let (bob, carol) = (relay.account("bob"), relay.account("carol"));
    relay.befriend("bob", "carol");
    let row = create(&mut relay, 1, Some("alice"), &["carol", "bob", "carol"]).unwrap();
    assert_eq!(row.friends, ["bob", "carol"]);
    let rows = join_with(&mut relay, "alice", Some(1), 2).unwrap();
    let alice = relay.find("alice").unwrap().id;
    assert_eq!(rows.iter().map(|(account, _)| *account).collect::<Vec<_>>(), [bob, alice, carol, alice]);
    assert_eq!(said(&relay.rows(alice, 0)), ["1 Friend bob", "2 Friend carol"]);
    assert_eq!(said(&relay.rows(bob, 1)), ["2 Friend alice"]);
    create(&mut relay, 2, Some("dan"), &["alice", "bob"]).unwrap();
    assert_eq!(join_with(&mut relay, "dan", Some(2), 2), Ok(vec![]), "their lists are full");
    assert_eq!(relay.list(bob).len(), 2);
}

#[test]
fn a_circle_makes_friends_of_all_who_come_by_it_and_goes_on_when_it_is_asked_for_again() {
    let mut relay = Relay::new();
    relay.account("carol");
    let seats = circle(&mut relay, &[("alice", 1), ("bob", 2), ("carol", 3)]);
    assert_eq!(seats, [("alice".into(), false), ("bob".into(), false), ("carol".into(), true)]);
    join(&mut relay, "alice", Some(1)).unwrap();
    // The relay was started again with the same names, and one more.
    let seats = circle(&mut relay, &[("alice", 4), ("bob", 5), ("dan", 6)]);
    assert_eq!(seats, [("alice".into(), true), ("bob".into(), false), ("dan".into(), false)]);
    assert_eq!(
        inquire(&mut relay, None, Some(2)),
        Inquired::Free("bob".into()),
        "the first link still works"
    );
    join(&mut relay, "bob", Some(5)).unwrap();
    assert_eq!(
        inquire(&mut relay, Some("bobby"), Some(2)),
        refused(RegisterReason::UsedUp),
        "but not for two"
    );
    join(&mut relay, "dan", Some(6)).unwrap();
    let alice = relay.find("alice").unwrap().id;
    assert_eq!(said(&relay.rows(alice, 0)), ["1 Friend bob", "2 Friend dan"]);
    // Another circle is another one.
    circle(&mut relay, &[("eve", 7), ("fred", 8)]);
    assert_eq!(join(&mut relay, "eve", Some(7)), Ok(vec![]));
    let fred = join(&mut relay, "fred", Some(8)).unwrap();
    assert_eq!(fred.len(), 2);
    assert_eq!(relay.list(alice).len(), 2);
}

#[test]
fn a_removed_account_leaves_its_circle_and_its_invitation() {
    let mut relay = Relay::new();
    circle(&mut relay, &[("alice", 1), ("bob", 2)]);
    join(&mut relay, "alice", Some(1)).unwrap();
    create(&mut relay, 3, None, &["alice"]).unwrap();
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    assert_eq!(join(&mut relay, "bob", Some(2)), Ok(vec![]));
    assert_eq!(join(&mut relay, "carol", Some(3)), Ok(vec![]));
    assert_eq!(inquire(&mut relay, None, Some(1)), refused(RegisterReason::UsedUp));
    for table in ["joined", "invite_friend"] {
        let sql = format!(
            "SELECT count(*) FROM {table} j JOIN account a ON a.id = j.account WHERE a.removed_ms IS NOT NULL"
        );
        assert_eq!(relay.sql::<i64>(&sql), 0, "{table}");
    }
}
