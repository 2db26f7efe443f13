//! The rules for notifications: what is asked of the store, and what is refused before.

use ipc_schema::Request;
use ipc_schema::notify::{Content, Dnd, Mute, Quiet, Shows, Status, Switch};

use super::*;
use crate::core::op::Rule;

fn rule(outputs: &[Output]) -> Option<Rule> {
    ops(outputs).into_iter().find_map(|op| if let Op::Notify(rule) = op { rule.clone() } else { None })
}

#[test]
fn each_word_is_a_rule_and_nobody_has_to_be_logged_in() {
    let mut daemon = Daemon::new();
    let dnd = |state, minutes| Request::NotifyDnd(Dnd { state, minutes });
    let until = Some("2026-01-31T10:00:00.000Z".to_owned());
    assert_eq!(rule(&daemon.ask(dnd(Switch::On, Some(30)))), Some(Rule::Dnd { on: true, until }));
    assert_eq!(rule(&daemon.ask(dnd(Switch::Off, None))), Some(Rule::Dnd { on: false, until: None }));
    for wrong in [dnd(Switch::Off, Some(1)), dnd(Switch::On, Some(0)), dnd(Switch::On, Some(100_000))] {
        assert_eq!(refusal(&daemon.ask(wrong)).code, Code::Usage);
    }
    let quiet = |hours: &str| Request::NotifyQuiet(Quiet { hours: hours.into() });
    assert_eq!(rule(&daemon.ask(quiet("off"))), Some(Rule::Quiet(None)));
    assert_eq!(refusal(&daemon.ask(quiet("late"))).code, Code::Usage);
    assert_eq!(reply(&daemon.ask(Request::NotifyStatus(Status {})))["dnd"], false);
}

#[test]
fn a_friend_is_muted_and_somebody_else_is_not() {
    let mut daemon = Daemon::with_bob();
    let mute = |friend: &str, off| Request::NotifyMute(Mute { friend: friend.into(), off });
    assert_eq!(rule(&daemon.ask(mute("@bob", false))), Some(Rule::Mute { friend: "bob".into(), off: false }));
    assert_eq!(refusal(&daemon.ask(mute("mallory", false))).code, Code::NotFound);
    assert!(rule(&daemon.ask(mute("mallory", true))).is_some(), "whoever has left can be forgotten");
}

#[test]
fn the_rules_are_the_daemons_but_an_account_that_is_named_is_one_of_here() {
    let mut daemon = Daemon::with_bob();
    let rules = || -> [Request; 4] {
        [
            Request::NotifyStatus(Status {}),
            Request::NotifyDnd(Dnd { state: Switch::On, minutes: None }),
            Request::NotifyQuiet(Quiet { hours: "off".into() }),
            Request::NotifyContent(Content { content: Shows::Name }),
        ]
    };
    for request in rules() {
        let call = Call { account: Some("zzz".into()), request };
        let outputs = daemon.ask(call);
        assert_eq!(refusal(&outputs).code, Code::NotFound);
        assert!(ops(&outputs).is_empty(), "nothing was changed");
    }
    for request in rules() {
        reply(&daemon.ask(Call { account: Some("alice".into()), request }));
    }
}
