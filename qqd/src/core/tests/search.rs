//! What a search takes, and what it refuses before it asks the store.

use ipc_schema::Request;
use ipc_schema::chat::{Export, Search};

use super::*;

fn search(text: &str) -> Search {
    Search { text: text.into(), ..Search::default() }
}

#[test]
fn what_came_in_is_found_and_nothing_to_look_for_is_refused() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(from_bob(1));
    let found = reply(&daemon.ask(Request::ChatSearch(search("ROW 1"))));
    assert_eq!((&found["messages"][0]["id"], &found["more"]), (&json!("b1"), &json!(false)));
    for nothing in ["", " ", "?!", "、。"] {
        let error = refusal(&daemon.ask(Request::ChatSearch(search(nothing))));
        assert_eq!(error.code, Code::Usage, "{nothing:?}");
        assert!(error.message.contains("no word"), "{}", error.message);
    }
    let many = (0..65).map(|number| format!("w{number} ")).collect::<String>();
    assert_eq!(refusal(&daemon.ask(Request::ChatSearch(search(&many)))).code, Code::Usage);
    for count in [0, 201] {
        let params = Search { count, ..search("row") };
        assert_eq!(refusal(&daemon.ask(Request::ChatSearch(params))).code, Code::Usage);
    }
}

#[test]
fn a_conversation_with_nobody_is_not_found() {
    let mut daemon = Daemon::with_bob();
    let to = Some("mallory".to_owned());
    assert_eq!(
        refusal(&daemon.ask(Request::ChatSearch(Search { to, ..search("row") }))).code,
        Code::NotFound
    );
    let to = Some("bob".to_owned());
    assert_eq!(
        reply(&daemon.ask(Request::ChatSearch(Search { to, ..search("row") })))["messages"],
        json!([])
    );
    let export = |to: &str| Request::ChatExport(Export { to: to.into(), ..Export::default() });
    assert_eq!(refusal(&daemon.ask(export("mallory"))).code, Code::NotFound);
    daemon.hear(from_bob(1));
    let page = reply(&daemon.ask(export("bob")));
    assert_eq!((&page["messages"][0]["conv"], &page["messages"][0]["cseq"]), (&json!("c1"), &json!(1)));
}

#[test]
fn without_an_account_there_is_nothing_to_search() {
    let mut daemon = Daemon::new();
    assert_eq!(refusal(&daemon.ask(Request::ChatSearch(search("row")))).code, Code::NotLoggedIn);
}
