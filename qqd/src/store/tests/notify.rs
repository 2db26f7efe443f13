//! The rules for notifications, as they are kept.

use ipc_schema::notify::{Rules, Shows};

use super::*;
use crate::core::op::Rule;

fn rules(conn: &mut Connection, rule: Option<Rule>) -> Rules {
    match say(conn, Op::Notify(rule)) {
        Done::Notify(rules) => *rules,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_rule_is_kept_and_changes_no_other() {
    let mut conn = alice();
    assert_eq!(rules(&mut conn, None), Rules::default());
    let until = Some("2026-01-31T10:00:00.000Z".to_owned());
    rules(&mut conn, Some(Rule::Dnd { on: true, until: until.clone() }));
    rules(&mut conn, Some(Rule::Quiet(Some("22:00-07:00".into()))));
    rules(&mut conn, Some(Rule::Content(Shows::Name)));
    rules(&mut conn, Some(Rule::Mute { friend: "bob".into(), off: false }));
    rules(&mut conn, Some(Rule::Mute { friend: "bob".into(), off: false }));
    let expected = Rules {
        dnd: true,
        dnd_until: until,
        quiet: Some("22:00-07:00".into()),
        content: Shows::Name,
        muted: vec!["alice@example.org/bob".into()],
    };
    assert_eq!(rules(&mut conn, None), expected);
    let rule = Some(Rule::Mute { friend: "bob".into(), off: true });
    assert_eq!(rules(&mut conn, rule).muted, [""; 0]);
}

#[test]
fn a_wipe_forgets_who_was_muted() {
    let mut conn = alice();
    rules(&mut conn, Some(Rule::Mute { friend: "bob".into(), off: false }));
    say(&mut conn, Op::Logout { wipe: true });
    assert_eq!(rules(&mut conn, None).muted, [""; 0]);
}
