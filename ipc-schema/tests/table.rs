//! The table of methods and the table of codes: no doubles, the numbers of the specification, and
//! what a caller is told about a call that is wrong.
#![allow(clippy::unwrap_used, reason = "clippy knows #[test] functions only, not what they call")]

use std::collections::HashSet;

use ipc_schema::line::{Id, MAX_LINE_TO_DAEMON, RequestLine, encode_request};
use ipc_schema::{Code, Error, METHODS, Request, chat};
use serde_json::json;

#[test]
fn no_method_and_no_short_form_is_there_twice() {
    let mut seen = HashSet::new();
    for row in METHODS {
        assert!(seen.insert(row.name), "{} twice", row.name);
        if let Some(short) = row.short {
            assert!(seen.insert(short), "{short} twice");
        }
    }
}

#[test]
fn the_table_says_what_the_specification_says() {
    let rows: Vec<String> =
        METHODS.iter().map(|row| format!("{} {}", row.name, row.short.unwrap_or("-"))).collect();
    let expected = "hello -, events.subscribe -, daemon.status status, account.join join, account.register -, \
        account.login login, account.logout logout, account.passwd -, account.link -, account.relay -, \
        account.devices -, account.revoke -, account.profile -, account.remove -, friend.list friends, friend.add -, \
        friend.accept -, friend.decline -, friend.remove -, friend.move -, friend.rename -, friend.block -, \
        friend.unblock -, friend.picture -, group.add -, group.rename -, group.remove -, presence.show -, \
        presence.set -, chat.send send, chat.history history, chat.read read, chat.search search, chat.typing -, \
        chat.explain -, chat.export -, chat.draft -, outbox.list -, outbox.retry -, outbox.cancel -, outbox.clear -, shake.send shake, \
        call.start -, call.accept accept, call.decline decline, call.hangup hangup, notify.status -, notify.dnd -, notify.quiet -, \
        notify.mute -, notify.content -, daemon.doctor doctor, daemon.view -, daemon.open open, daemon.stop -";
    let own = ["hello", "events.subscribe", "daemon.view"];
    let rows = rows.join(", ");
    assert!(METHODS.iter().all(|row| row.command != own.contains(&row.name)));
    assert_eq!(rows, expected);
    for row in METHODS {
        let joined = if row.feature.is_empty() { row.verb.into() } else { [row.feature, row.verb].join(".") };
        assert_eq!(joined, row.name);
        assert!(!row.about.is_empty() && !row.about.ends_with('.') && row.about.trim() == row.about);
    }
}

#[test]
fn the_crate_docs_name_every_method_event_and_code() {
    let docs = include_str!("../src/lib.rs");
    let docs: String = docs.lines().filter(|line| line.starts_with("//!")).collect();
    let methods = METHODS.iter().map(|row| row.name).chain(METHODS.iter().filter_map(|row| row.short));
    let codes = Code::ALL.iter().map(|code| code.word());
    for word in methods.chain(ipc_schema::EVENTS.iter().copied()).chain(codes) {
        assert!(docs.contains(&format!("`{word}`")), "{word} is not in the specification");
    }
}

#[test]
fn the_exit_codes_are_those_of_the_specification() {
    let by_exit = |exit| -> Vec<&str> {
        Code::ALL.iter().filter(|code| code.exit() == exit).map(|code| code.word()).collect()
    };
    assert_eq!(by_exit(1), ["unexpected"]);
    assert_eq!(by_exit(2), ["usage", "parse_error", "invalid_request", "bad_params", "hello_first"]);
    assert_eq!(by_exit(3), ["timeout"]);
    assert_eq!(by_exit(4), ["not_logged_in", "credentials"]);
    assert_eq!(by_exit(5), ["no_daemon"]);
    assert_eq!(by_exit(6), ["no_relay"]);
    assert_eq!(by_exit(7), ["not_found", "ambiguous", "unreachable"]);
    assert_eq!(by_exit(8), ["denied", "disabled", "devices"]);
    assert_eq!(by_exit(9), ["offline"]);
    assert_eq!(by_exit(10), ["throttled", "busy"]);
    assert_eq!(by_exit(11), ["conflict"]);
    assert_eq!(by_exit(12), ["untrusted", "key_changed"]);
    assert_eq!(by_exit(13), ["partial"]);
    assert_eq!(by_exit(14), ["unsupported", "version", "unknown_method"]);
}

#[test]
fn the_numbers_are_the_standards_or_follow_the_exit_code() {
    for code in Code::ALL.iter().copied() {
        let expected = match code.word() {
            "parse_error" => -32700,
            "invalid_request" => -32600,
            "unknown_method" => -32601,
            "bad_params" => -32602,
            "hello_first" => -32002,
            _ => -32000 - i32::from(code.exit()),
        };
        assert_eq!(code.rpc(), expected, "{code}");
        assert_eq!(Code::from_word(code.word()), Some(code));
        let error = Error::new(code, "x").with_hint("y").with_retry_after_ms(1).with_field("z", 2);
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(serde_json::from_str::<Error>(&text).unwrap(), error);
    }
}

#[test]
fn an_unknown_word_or_foreign_error_still_gets_an_exit_code() {
    let read = |value| serde_json::from_value::<Error>(value).unwrap();
    let newer =
        read(json!({"code": -32010, "message": "m", "data": {"code": "too_eager", "retry_after_ms": 5}}));
    assert_eq!((newer.exit(), newer.retry_after_ms), (10, Some(5)));
    assert_eq!(read(json!({"code": -32602, "message": "m"})).code, Code::BadParams);
    assert_eq!(read(json!({"code": 1, "message": "m", "data": "text"})).code, Code::Unexpected);
    assert_eq!(read(json!({"code": -32002, "message": "m", "data": null})).exit(), 2);
}

#[test]
fn a_field_cannot_take_the_place_of_the_code() {
    let mut error = Error::new(Code::Offline, "bob is offline").with_field("code", "x").with_field("hint", 1);
    assert!(error.fields.is_empty());
    error.fields.insert("message".into(), "x".into());
    let value = error.to_json();
    assert_eq!(value, json!({"error": {"code": "offline", "message": "bob is offline"}}));
}

#[track_caller]
fn refused(method: &str, params: serde_json::Value) -> (Code, String) {
    let error = Request::parse_value(method, Some(params)).unwrap_err();
    assert_eq!(error.fields.contains_key("field"), error.message.contains('`'), "{}", error.message);
    (error.code, error.message)
}

#[test]
fn a_wrong_call_is_told_which_field_is_wrong() {
    let bad = |message: &str| (Code::BadParams, message.to_owned());
    assert_eq!(refused("chat.send", json!({"to": "bob"})), bad("chat.send needs `text`"));
    assert_eq!(
        refused("chat.send", json!({"text": 1, "to": "bob"})),
        bad("`text` of chat.send must be a string")
    );
    assert_eq!(
        refused("chat.send", json!({"wait": "long", "to": "bob", "text": "hi"})),
        bad("`wait` of chat.send must be one of `relay`, `delivered`, `read`")
    );
    assert_eq!(
        refused("chat.history", json!({"to": "bob", "count": -1})),
        bad("`count` of chat.history must be a whole number, 0 or more")
    );
    assert_eq!(
        refused("chat.send", json!(["bob", "hi"])),
        bad("the params of chat.send must be an object with named fields")
    );
    let twice = br#"{"jsonrpc":"2.0","id":1,"method":"shake.send","params":{"to":"a","to":"b"}}"#;
    let line = RequestLine::decode(twice).unwrap();
    let error = Request::parse(&line.method, line.params).unwrap_err();
    assert_eq!(error.message, "`to` of shake.send is given twice");
    let error = Request::parse("chat.shout", None).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::UnknownMethod, "there is no method \"chat.shout\"")
    );
}

#[test]
fn a_wrong_password_field_is_not_repeated_in_the_error() {
    let (_, message) = refused("account.login", json!({"account": "alice", "password": 123456}));
    assert_eq!(message, "`password` of account.login must be a string");
    let (_, message) = refused("account.login", json!({"account": "alice", "password": ["hunter2"]}));
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn missing_params_are_an_empty_object_and_unknown_fields_are_ignored() {
    for params in [None, Some(json!(null)), Some(json!({})), Some(json!({"later": true}))] {
        assert_eq!(Request::parse_value("friend.list", params).unwrap().name(), "friend.list");
    }
    let with_more = json!({"to": "bob", "text": "hi", "mood": "good"});
    let plain: Request = chat::Send { to: "bob".into(), text: "hi".into(), ..chat::Send::default() }.into();
    assert_eq!(Request::parse_value("chat.send", Some(with_more)).unwrap(), plain);
    let history = Request::parse_value("chat.history", Some(json!({"to": "bob"}))).unwrap();
    assert_eq!(history, chat::History { to: "bob".into(), count: 50, before: None }.into());
}

#[track_caller]
fn answer(line: &str) -> String {
    String::from_utf8(RequestLine::decode(line.as_bytes()).unwrap_err().encode()).unwrap()
}

#[test]
fn a_line_that_is_no_request_gets_the_standards_answer() {
    assert!(answer("{nonsense").starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"#));
    assert!(answer("").starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"#));
    assert!(
        answer(r#"{"jsonrpc":"2.0","id":3}"#)
            .starts_with(r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32600,"#)
    );
    assert!(
        answer(r#"{"id":"x","method":"hello"}"#)
            .starts_with(r#"{"jsonrpc":"2.0","id":"x","error":{"code":-32600,"#)
    );
    assert!(answer("[]").contains("-32600"));
    assert!(answer(&" ".repeat(5)).contains("-32700"));
    assert!(answer(&"x".repeat(MAX_LINE_TO_DAEMON + 1)).contains("1 MiB"));
}

#[test]
fn a_notification_has_no_id_and_null_is_an_id() {
    let line = RequestLine::decode(b"{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}\r\n").unwrap();
    assert_eq!((line.id, line.params.is_none()), (None, true));
    let line =
        RequestLine::decode(br#"{"jsonrpc":"2.0","id":null,"method":"h\u0065llo","params":null}"#).unwrap();
    assert_eq!((line.id, line.method.as_str()), (Some(Id::Null), "hello"));
}

#[test]
fn a_call_of_exactly_one_mebibyte_passes_and_one_byte_more_does_not() {
    let send = |text: String| chat::Send { to: "bob".into(), text, ..chat::Send::default() };
    let empty = encode_request(1, "chat.send", &send(String::new())).unwrap().len() - 1;
    let most = MAX_LINE_TO_DAEMON - empty;
    let line = encode_request(1, "chat.send", &send("x".repeat(most))).unwrap();
    assert_eq!(line.len(), MAX_LINE_TO_DAEMON + 1);
    assert!(RequestLine::decode(&line).is_ok());
    let error = encode_request(1, "chat.send", &send("x".repeat(most + 1))).unwrap_err();
    assert_eq!(error.code, Code::Usage);
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_has_every_method_and_event() {
    let schema = ipc_schema::schema();
    for row in METHODS {
        let method = &schema["methods"][row.name];
        assert_eq!(method["params"]["type"], "object", "{}", row.name);
        assert_eq!(method["reply"]["type"], "object", "{}", row.name);
        assert_eq!(method["about"], row.about);
    }
    for event in ipc_schema::EVENTS {
        assert_eq!(schema["events"][event]["type"], "object", "{event}");
    }
    assert_eq!(schema["methods"]["chat.send"]["params"]["required"], json!(["to", "text"]));
    assert_eq!(schema["methods"]["chat.send"]["reply"]["required"], json!(["id", "state", "peer"]));
    let password = &schema["methods"]["account.login"]["params"]["properties"]["password"];
    assert!(password.to_string().contains("\"string\""), "{password}");
    assert!(!schema.to_string().contains("$ref"), "every schema is complete in itself");
    assert_eq!(schema["error"]["properties"]["code"]["type"], "integer");
    assert_eq!(schema["envelope"]["properties"]["seq"]["type"], "integer");
}

#[cfg(feature = "cli")]
#[test]
fn every_command_of_the_table_parses_and_explains_its_arguments() {
    for row in METHODS.iter().filter(|row| row.command) {
        let command = ipc_schema::cli::command(row);
        command.clone().debug_assert();
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", row.name, argument.get_id());
        }
        assert_eq!(command.get_about().unwrap().to_string(), row.about);
        assert!(command.clone().render_long_help().to_string().len() > 80);
    }
    let parse = |name: &str, words: &[&str]| {
        let row = METHODS.iter().find(|row| row.name == name).unwrap();
        let matches = ipc_schema::cli::command(row).try_get_matches_from([&["x"], words].concat());
        matches.and_then(|matches| ipc_schema::cli::request(row, &matches))
    };
    let kept = chat::Send {
        to: "bob".into(),
        text: "hi".into(),
        wait: Some(chat::Wait::Relay),
        require_online: true,
        id: Some("k".into()),
    };
    let words = ["bob", "hi", "--wait", "relay", "--require-online", "--id", "k"];
    assert_eq!(parse("chat.send", &words).unwrap(), kept.into());
    let page = chat::History { to: "bob".into(), count: 5, before: None };
    assert_eq!(parse("chat.history", &["bob", "-n", "5"]).unwrap(), page.into());
    assert!(parse("chat.history", &["bob", "-n", "0"]).is_err());
    assert!(parse("chat.send", &["bob"]).is_err());
    assert!(parse("account.login", &["alice", "--password", "x"]).is_err());
}
