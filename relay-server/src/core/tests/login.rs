//! Logins that end early or badly.

use super::*;
use crate::core::op::{AccountRow, AdminDone, AdminOp, BeginError};

const LOGIN: &str = "<msg><type>login</type><account>a</account><pwd>p</pwd></msg>";

fn refused(relay: &mut Relay, session: SessionId, reason: &str) {
    let heard = relay.heard(session);
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains(&format!("<state>0</state><reason>{reason}</reason>")), "{heard:?}");
    assert!(relay.outputs.iter().any(|output| matches!(output, Output::LoginFailed { .. })));
}

#[test]
fn an_unknown_account_costs_a_check_like_a_wrong_password() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(1, LOGIN);
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(None));
    let (check, hash) = relay.check();
    assert_eq!(hash, None);
    relay.checked(check, Verdict::Right { rehash: None });
    refused(&mut relay, 1, "credentials");
}

#[test]
fn a_password_of_more_than_1024_bytes_is_not_even_looked_at() {
    let mut relay = Relay::new();
    relay.open(1);
    let login = |length: usize| LOGIN.replace("<pwd>p<", &format!("<pwd>{}<", "p".repeat(length)));
    relay.say(1, &login(1_025));
    assert_eq!(relay.ops(), 0);
    refused(&mut relay, 1, "credentials");
    relay.say(1, &login(1_024));
    assert_eq!(relay.ops(), 1);
}

#[test]
fn a_disabled_account_is_named_to_whoever_knows_its_password_only() {
    let mut relay = Relay::new();
    relay.open(1);
    for (verdict, reason) in [(Verdict::Wrong, "credentials"), (Verdict::Right { rehash: None }, "disabled")]
    {
        relay.say(1, LOGIN);
        let (find, _) = relay.op();
        relay.stored(find, Done::Found(Some(Account { disabled: true, ..account(1, "a") })));
        let (check, hash) = relay.check();
        assert_eq!(hash.as_deref(), Some("phc-a"));
        relay.checked(check, verdict);
        refused(&mut relay, 1, reason);
        assert_eq!(relay.ops(), 0);
    }
}

#[test]
fn a_store_that_fails_makes_the_login_busy() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(1, LOGIN);
    let (find, _) = relay.op();
    relay.failed(find);
    refused(&mut relay, 1, "busy");
    relay.say(1, LOGIN);
    let (find, _) = relay.op();
    relay.stored(find, Done::Nothing);
    refused(&mut relay, 1, "busy");
    relay.say(1, LOGIN);
    let (find, _) = relay.op();
    relay.stored(find, Done::Found(Some(account(1, "a"))));
    let (check, _) = relay.check();
    relay.checked(check, Verdict::Right { rehash: Some("phc-new".into()) });
    let (begin, op) = relay.op();
    let Op::Begin(begin_op) = op else { panic!("{op:?}") };
    assert_eq!((begin_op.rehash.as_deref(), begin_op.proven.as_deref()), (Some("phc-new"), Some("phc-a")));
    relay.failed(begin);
    refused(&mut relay, 1, "busy");
}

#[test]
fn an_account_that_is_gone_or_disabled_meanwhile_is_so_for_this_login() {
    for (error, reason) in [(BeginError::Gone, "credentials"), (BeginError::Disabled, "disabled")] {
        let mut relay = Relay::new();
        relay.open(1);
        relay.say(1, LOGIN);
        let (find, _) = relay.op();
        relay.stored(find, Done::Found(Some(account(1, "a"))));
        let (check, _) = relay.check();
        relay.checked(check, Verdict::Right { rehash: None });
        let (begin, _) = relay.op();
        relay.stored(begin, Done::Begun(Err(error)));
        refused(&mut relay, 1, reason);
    }
}

#[test]
fn a_token_for_no_account_is_looked_for_like_any_other() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(
        1,
        "<msg><type>login</type><account>x</account><v>1</v><device>d</device><token>t</token></msg>",
    );
    let (enter, op) = relay.op();
    assert!(matches!(op, Op::Enter { name, .. } if name == "x"));
    relay.stored(enter, Done::Entered(Box::new((None, Err(BeginError::Gone)))));
    refused(&mut relay, 1, "credentials");
}

#[test]
fn a_connection_that_ends_while_its_login_is_checked_leaves_nothing_behind() {
    let mut relay = Relay::new();
    for stage in 0..3 {
        relay.open(stage);
        relay.say(stage, LOGIN);
        let (find, _) = relay.op();
        if stage == 0 {
            relay.close(stage);
        }
        relay.stored(find, Done::Found(Some(account(1, "a"))));
        if stage == 0 {
            assert!(relay.outputs.is_empty(), "{:?}", relay.outputs);
            continue;
        }
        let (check, _) = relay.check();
        if stage == 1 {
            relay.close(stage);
        }
        relay.checked(check, Verdict::Right { rehash: None });
        if stage == 1 {
            assert!(relay.outputs.is_empty(), "{:?}", relay.outputs);
            continue;
        }
        let (begin, _) = relay.op();
        relay.close(stage);
        relay.stored(begin, Done::Begun(Ok(begun(&[], 0))));
        assert!(relay.outputs.is_empty(), "{:?}", relay.outputs);
    }
    assert_eq!((relay.core.pending.len(), relay.core.sessions.len(), relay.core.online.len()), (0, 0, 0));
}

#[test]
fn a_wrong_password_counts_even_if_its_connection_does_not_wait() {
    let mut relay = Relay::new();
    for session in 0..5 {
        relay.open(session);
        relay.say(session, LOGIN);
        let (find, _) = relay.op();
        relay.stored(find, Done::Found(Some(account(1, "a"))));
        let (check, _) = relay.check();
        relay.close(session);
        relay.checked(check, Verdict::Wrong);
    }
    relay.open(9);
    relay.say(9, LOGIN);
    refused(&mut relay, 9, "throttled");
}

#[test]
fn without_a_new_token_on_disk_the_old_one_stays_and_nothing_is_confirmed() {
    let mut relay = Relay::new();
    relay.open(1);
    relay.say(
        1,
        "<msg><type>login</type><account>a</account><v>1</v><device>d</device><token>t</token></msg>",
    );
    let (enter, _) = relay.op();
    let begun = Begun { rotated: false, ..begun(&[], 0) };
    relay.stored(enter, Done::Entered(Box::new((Some(account(1, "a")), Ok(begun)))));
    let heard = relay.heard(1);
    assert!(heard[0].contains("<state>1</state>") && !heard[0].contains("<token>"), "{heard:?}");
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    assert_eq!(relay.ops(), 0);
}

#[test]
fn the_first_stanza_after_the_login_confirms_the_token_once() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>nonsense</type></msg>");
    assert!(matches!(relay.op().1, Op::Confirm { account: 1, device, .. } if device == "d"));
    relay.say(1, "<msg><type>ping</type><id>p</id></msg>");
    assert_eq!(relay.ops(), 0);
}

#[test]
fn the_list_of_accounts_says_who_is_on_line() {
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.seed(2, &account(1, "a"), &[], 0);
    relay.input(Input::Admin { reply: 7, op: AdminOp::AccountList });
    let (list, _) = relay.op();
    let row = |name: &str| AccountRow {
        account: name.to_owned(),
        name: String::new(),
        disabled: false,
        friends: 0,
        devices: 0,
        created_ms: 0,
        online: 0,
    };
    relay.stored(list, Done::Admin(Ok(AdminDone::Accounts(vec![row("a"), row("b")]))));
    let Some(Output::Admin { reply: 7, result: Ok(AdminDone::Accounts(rows)) }) = relay.outputs.pop() else {
        panic!("{:?}", relay.outputs)
    };
    assert_eq!((rows[0].online, rows[1].online), (2, 0));
    relay.input(Input::Admin { reply: 8, op: AdminOp::AccountList });
    let (list, _) = relay.op();
    relay.failed(list);
    assert!(matches!(relay.outputs.pop(), Some(Output::Admin { reply: 8, result: Err(_) })));
}

#[test]
fn only_a_stanza_that_was_read_shows_that_the_client_has_its_new_token() {
    for fault in [relay_schema::Fault::TooSlow, relay_schema::Fault::TooLong] {
        let mut relay = Relay::new();
        relay.full(1, &account(1, "a"), "d", &[], 0);
        relay.input(Input::Refused { session: 1, refusal: fault.into() });
        assert!(relay.is_closed(1));
        assert_eq!(relay.ops(), 0);
    }
    let mut relay = Relay::new();
    relay.full(1, &account(1, "a"), "d", &[], 0);
    relay.say(1, "<msg><type>nonsense</type></msg>");
    assert!(matches!(relay.op().1, Op::Confirm { .. }));
}
