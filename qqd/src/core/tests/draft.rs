//! Drafts: kept, told, restored, and not kept for ever.

use ipc_schema::chat::{Draft, TEXT_MAX_CHARS};

use super::*;

fn keep(to: &str, text: &str) -> ipc_schema::Request {
    Draft { to: to.into(), text: Some(text.into()) }.into()
}

fn look(to: &str) -> ipc_schema::Request {
    Draft { to: to.into(), text: None }.into()
}

fn shown(daemon: &Daemon) -> Vec<(String, String)> {
    let state = daemon.core.state();
    state.accounts[0].drafts.iter().map(|draft| (draft.friend.clone(), draft.text.clone())).collect()
}

#[test]
fn what_was_typed_is_there_again_after_a_restart_and_lists_show_its_beginning() {
    let mut daemon = Daemon::with_bob();
    let text = "about tonight: ".repeat(20);
    let outputs = daemon.ask(keep("bob", &text));
    assert_eq!(names(&outputs), ["chat.drafted"]);
    assert_eq!(reply(&outputs), json!({ "to": "bob", "text": text }));
    daemon.ask(keep("@me", "buy milk"));
    let begins: String = text.chars().take(80).collect();
    let expected = [("alice".to_owned(), "buy milk".to_owned()), ("bob".to_owned(), begins)];
    assert_eq!(shown(&daemon), expected);
    let mut daemon = Daemon::on(daemon.disk);
    assert_eq!(shown(&daemon), expected);
    assert_eq!(reply(&daemon.ask(look("bob")))["text"], text);
}

#[test]
fn an_empty_one_is_none_and_the_same_again_is_no_news() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(keep("bob", "hi"));
    assert_eq!(names(&daemon.ask(keep("bob", "hi"))), [""; 0]);
    assert_eq!(names(&daemon.ask(look("bob"))), [""; 0]);
    assert_eq!(names(&daemon.ask(keep("bob", ""))), ["chat.drafted"]);
    assert_eq!(shown(&daemon), []);
    assert_eq!(reply(&daemon.ask(look("bob")))["text"], "");
}

#[test]
fn a_draft_is_no_longer_than_a_message_and_there_are_not_endlessly_many() {
    let mut daemon = Daemon::with_bob();
    assert_eq!(reply(&daemon.ask(keep("bob", &"好".repeat(TEXT_MAX_CHARS))))["to"], "bob");
    let error = refusal(&daemon.ask(keep("bob", &"好".repeat(TEXT_MAX_CHARS + 1))));
    assert_eq!((error.code, &error.fields["reason"]), (Code::Usage, &json!("too-big")));
    for number in 1..1_024 {
        reply(&daemon.ask(keep(&format!("f{number}"), "x")));
    }
    assert_eq!(refusal(&daemon.ask(keep("one-more", "x"))).code, Code::Conflict);
    assert_eq!(reply(&daemon.ask(keep("bob", "shorter")))["text"], "shorter");
}

#[test]
fn whoever_was_away_hears_only_the_newest_of_a_draft_that_was_typed() {
    let mut daemon = Daemon::with_bob();
    let since = events(&daemon.ask(keep("@me", "bread")))[0].seq;
    for text in ["a", "ab", "abc"] {
        daemon.ask(keep("bob", text));
    }
    daemon.ask(keep("@me", "milk"));
    let outputs = daemon.ask(ipc_schema::daemon::Subscribe { since: Some(since) });
    let missed: Vec<String> = outputs
        .iter()
        .flat_map(|output| match output {
            Output::Subscribed { first, .. } => first.clone(),
            _ => Vec::new(),
        })
        .map(|envelope| envelope.event.data().unwrap()["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(missed, ["abc", "milk"]);
}

#[test]
fn nobody_who_is_logged_out_has_a_draft_and_it_is_there_again_after_the_login() {
    let mut daemon = Daemon::with_bob();
    daemon.ask(keep("bob", "hi"));
    daemon.hold();
    daemon.ask(keep("bob", "hi there"));
    daemon.ask(account::Logout::default());
    daemon.pass(Duration::from_secs(10));
    let outputs = daemon.release();
    assert!(!names(&outputs).contains(&"chat.drafted"), "{outputs:?}");
    assert_eq!(refusal(&daemon.ask(look("bob"))).code, Code::NotLoggedIn);
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert_eq!(shown(&daemon), [("bob".to_owned(), "hi there".to_owned())]);
}
