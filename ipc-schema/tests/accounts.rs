//! Whose a request is: the param `account` beside every method's own params.
#![allow(clippy::unwrap_used, reason = "clippy knows #[test] functions only, not what they call")]

use ipc_schema::line::RequestLine;
use ipc_schema::{Call, Code, Error, METHODS, account, chat, daemon};

fn parse(line: &str) -> Result<Call, Error> {
    let line = RequestLine::decode(line.as_bytes()).unwrap();
    Call::parse(&line.method, line.params)
}

#[test]
fn the_specified_line_says_whose_it_is() {
    let line = r#"{"jsonrpc":"2.0","id":3,"method":"chat.send","params":{"account":"alice@example.org","to":"bob","text":"hi"}}"#;
    let request = chat::Send { to: "bob".into(), text: "hi".into(), ..chat::Send::default() }.into();
    assert_eq!(parse(line).unwrap(), Call { account: Some("alice@example.org".into()), request });
    for none in [r#"{"account":null}"#, "{}", "null"] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":3,"method":"daemon.status","params":{none}}}"#);
        assert_eq!(parse(&line).unwrap(), Call::from(daemon::Status {}));
    }
}

#[test]
fn an_account_that_is_no_text_is_told_as_any_other_field() {
    let line = r#"{"jsonrpc":"2.0","id":3,"method":"friend.list","params":{"account":7}}"#;
    let error = parse(line).unwrap_err();
    assert_eq!((error.code, error.fields["field"].as_str()), (Code::BadParams, Some("account")));
}

#[test]
fn a_login_and_a_logout_name_their_account_themselves() {
    let line = r#"{"jsonrpc":"2.0","id":3,"method":"account.logout","params":{"account":"alice"}}"#;
    let logout = account::Logout { forget: false, account: Some("alice".into()) };
    assert_eq!(parse(line).unwrap(), Call::from(logout));
    for row in METHODS.iter().filter(|row| !row.takes_account()) {
        let own = ["account.join", "account.register", "account.login", "account.logout"];
        assert!(!row.command || own.contains(&row.name), "{}", row.name);
    }
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_says_it_and_no_method_has_a_param_of_that_name_for_anything_else() {
    let schema = ipc_schema::schema();
    for row in METHODS {
        let said = &schema["methods"][row.name]["params"]["properties"]["account"];
        let common =
            said["description"].as_str().is_some_and(|about| about.starts_with("Which account, by its"));
        let logout = row.name == account_logout();
        assert_eq!(common, row.takes_account() || logout, "{}: {said}", row.name);
    }
    let own = serde_json::to_string(&schema["methods"]["chat.send"]["params"]["required"]).unwrap();
    assert_eq!(own, r#"["to","text"]"#, "it is never required");
}

#[cfg(feature = "schema")]
fn account_logout() -> &'static str {
    <account::Logout as ipc_schema::Method>::NAME
}
