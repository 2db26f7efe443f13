//! Drafts, as they are kept.

use super::*;

fn draft(conn: &mut Connection, with: &str, text: Option<&str>) -> (String, bool) {
    match say(conn, Op::Draft { with: with.into(), text: text.map(str::to_owned) }) {
        Done::Draft { text, changed } => (text, changed),
        other => panic!("{other:?}"),
    }
}

fn loaded(conn: &mut Connection) -> Vec<(String, String)> {
    match say(conn, Op::Load) {
        Done::Loaded(loaded) => loaded.drafts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_takes_the_place_of_the_older_one_and_an_empty_one_of_all() {
    let mut conn = alice();
    assert_eq!(draft(&mut conn, "bob", None), (String::new(), false));
    assert_eq!(draft(&mut conn, "bob", Some("hi\u{0}there")), ("hi\u{0}there".into(), true));
    assert_eq!(draft(&mut conn, "bob", Some("hi\u{0}there")), ("hi\u{0}there".into(), false));
    draft(&mut conn, "carol", Some("x"));
    assert_eq!(loaded(&mut conn), [("bob".into(), "hi\u{0}there".into()), ("carol".into(), "x".into())]);
    assert_eq!(draft(&mut conn, "bob", Some("")), (String::new(), true));
    assert_eq!(loaded(&mut conn), [("carol".to_owned(), "x".to_owned())]);
}

#[test]
fn a_logout_keeps_drafts_and_a_wipe_does_not() {
    let mut conn = alice();
    draft(&mut conn, "bob", Some("hi"));
    say(&mut conn, Op::Logout { wipe: false });
    say(&mut conn, Op::SaveAccount(account("alice")));
    assert_eq!(loaded(&mut conn).len(), 1);
    say(&mut conn, Op::Logout { wipe: true });
    say(&mut conn, Op::SaveAccount(account("alice")));
    assert_eq!(loaded(&mut conn), []);
}
