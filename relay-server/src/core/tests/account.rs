//! Registrations, passwords and devices whose asker goes away in the middle, or whose answer comes late or badly.

use relay_schema::RegisterReason;

use super::*;
use crate::core::op::{DeviceOp, Inquired};

const CODE: &str = "3v9kq2m8xw4t7ryz0acdefgh1j";

fn register(name: &str) -> String {
    format!(
        "<msg><type>register</type><account>{name}</account><pwd>p</pwd><invite>{CODE}</invite><id>r</id></msg>"
    )
}

fn free(name: &str) -> Done {
    Done::Inquired(Inquired::Free(name.to_owned()))
}

impl Relay {
    /// A new password that waits to be hashed.
    fn hash(&mut self) -> Token {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Hash { .. }));
        match self.outputs.remove(at.expect("a password to hash")) {
            Output::Hash { token, .. } => token,
            _ => unreachable!(),
        }
    }

    fn made(&mut self, token: Token) {
        self.checked(token, Verdict::Made { phc: "$new".to_owned() });
    }
}

const PASSWD: &str = "<msg><type>passwd</type><pwd>p</pwd><new>q</new><id>w</id></msg>";

/// A full session of `a` whose password was found right, with another one of the same account.
fn changing(what: &str) -> Relay {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.full(2, &account(1, "a"), "e", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay.say(1, what);
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    let (check, _) = relay.check();
    relay.checked(check, Verdict::Right { rehash: None });
    relay
}

#[test]
fn a_registration_is_hashed_only_once_the_invitation_is_found_and_made_only_while_somebody_waits() {
    let mut relay = Relay::new();
    for session in [1, 2] {
        relay.open(session);
        relay.say(session, &register("a"));
        let (inquire, op) = relay.op();
        assert!(matches!(op, Op::Inquire(_)) && relay.ops() == 0, "{op:?}");
        relay.stored(inquire, free("a"));
        let hash = relay.hash();
        if session == 1 {
            relay.close(1);
            relay.made(hash);
            assert_eq!(relay.ops(), 0, "nobody would hear of it");
        } else {
            relay.made(hash);
            assert!(matches!(relay.op().1, Op::Join(_)));
        }
    }
}

#[test]
fn friends_hear_of_an_account_whose_maker_has_gone_meanwhile() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "b"), "d", &[], 0);
    relay.clear();
    relay.open(2);
    relay.say(2, &register("a"));
    let (inquire, _) = relay.op();
    relay.stored(inquire, free("a"));
    let hash = relay.hash();
    relay.made(hash);
    let (join, _) = relay.op();
    relay.close(2);
    let row = Row { seq: 1, ts_ms: None, item: Item::Friend(friend(2, "a")) };
    relay.stored(join, Done::Joined(Ok(vec![(1, row)])));
    assert_eq!(relay.words(1), ["friend"]);
}

#[test]
fn whoever_was_faster_is_looked_for_once_and_no_more() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(1, &register("a"));
    for _ in 0..2 {
        let (inquire, _) = relay.op();
        relay.stored(inquire, free("a"));
        let hash = relay.hash();
        relay.made(hash);
        let (join, _) = relay.op();
        relay.stored(join, Done::Joined(Err(RegisterReason::Taken)));
    }
    assert_eq!(relay.ops(), 0);
    assert!(relay.heard(1)[0].contains("<state>0</state><reason>taken</reason>"));
}

#[test]
fn a_store_that_fails_or_answers_something_else_makes_a_registration_busy() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(1, &register("a"));
    let (inquire, _) = relay.op();
    relay.failed(inquire);
    relay.say(1, &register("a"));
    let (inquire, _) = relay.op();
    relay.stored(inquire, Done::Nothing);
    relay.say(1, &register("a"));
    let (inquire, _) = relay.op();
    relay.stored(inquire, free("a"));
    let hash = relay.hash();
    relay.stored(hash, Done::Nothing);
    let heard = relay.heard(1);
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|xml| xml.contains("<reason>busy</reason><retry>")), "{heard:?}");
}

#[test]
fn a_password_that_was_changed_ends_the_other_sessions_though_nobody_hears_the_answer() {
    let mut relay = changing(PASSWD);
    let hash = relay.hash();
    relay.made(hash);
    let (passwd, op) = relay.op();
    let Op::Passwd(op) = op else { panic!("{op:?}") };
    assert_eq!((op.account, &*op.device, &*op.proven, &*op.password), (1, "d", "phc-a", "$new"));
    relay.close(1);
    relay.clear();
    relay.stored(passwd, Done::Passwd(true));
    assert!(relay.heard(2)[0].contains("<code>revoked</code>"));
    assert!(relay.outputs.iter().any(|output| matches!(output, Output::Close { session: 2 })));
}

#[test]
fn nothing_is_hashed_or_changed_for_a_session_that_has_gone() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay.say(1, PASSWD);
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    let (check, _) = relay.check();
    relay.close(1);
    relay.clear();
    relay.checked(check, Verdict::Right { rehash: None });
    assert!(relay.outputs.is_empty(), "{:?}", relay.outputs);
    let mut relay = changing(PASSWD);
    let hash = relay.hash();
    relay.close(1);
    relay.clear();
    relay.made(hash);
    assert!(relay.outputs.is_empty(), "{:?}", relay.outputs);
}

#[test]
fn an_account_that_ends_takes_its_sessions_with_it() {
    let mut relay = changing("<msg><type>account_remove</type><pwd>p</pwd><id>x</id></msg>");
    let (remove, op) = relay.op();
    assert!(matches!(op, Op::Remove(_)), "{op:?}");
    relay.stored(remove, Done::Removed(Some(Vec::new())));
    assert_eq!(relay.heard(1), ["<msg><type>ack</type><id>x</id></msg>"]);
    assert!(relay.heard(2)[0].contains("<code>revoked</code>"));
    let closed = relay.outputs.iter().filter(|output| matches!(output, Output::Close { .. })).count();
    assert_eq!(closed, 2);
}

#[test]
fn a_device_that_is_revoked_is_out_though_nobody_hears_the_answer() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.full(2, &account(1, "a"), "e", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    relay.say(1, "<msg><type>device_revoke</type><device>e</device><id>v</id></msg>");
    let (revoke, op) = relay.op();
    assert!(matches!(op, Op::Device { account: 1, op: DeviceOp::Revoke(ref device) } if device == "e"));
    relay.close(1);
    relay.clear();
    relay.stored(revoke, Done::Revoked(true));
    assert!(relay.heard(2)[0].contains("<code>revoked</code>"));
}

#[test]
fn the_device_that_gave_way_is_told() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "old", &[], 0);
    relay.open(2);
    relay.say(2, "<msg><type>login</type><account>a</account><pwd>p</pwd><v>1</v><device>new</device></msg>");
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    let (check, _) = relay.check();
    relay.checked(check, Verdict::Right { rehash: None });
    let (begin, _) = relay.op();
    relay.clear();
    relay.stored(begin, Done::Begun(Ok(Begun { evicted: Some("old".to_owned()), ..begun(&[], 0) })));
    assert!(relay.heard(1)[0].contains("<code>revoked</code>"));
}

#[test]
fn questions_about_devices_on_their_way_are_bounded() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    relay.clear();
    for n in 0..1_000 {
        relay.say(1, &format!("<msg><type>device_list</type><id>d{n}</id></msg>"));
    }
    assert_eq!(relay.ops(), 200);
    assert_eq!(relay.heard(1).len(), 800);
}

#[test]
fn a_device_that_has_changed_the_password_may_come_back_before_that_is_done() {
    let mut relay = changing(PASSWD);
    let hash = relay.hash();
    relay.made(hash);
    let (passwd, _) = relay.op();
    relay.close(1);
    // With its token, which it keeps.
    relay.full(3, &account(1, "a"), "d", &[], 0);
    relay.clear();
    relay.stored(passwd, Done::Passwd(true));
    assert_eq!(relay.heard(3), [""; 0]);
    assert!(!relay.is_closed(3) && relay.is_closed(2));
}
