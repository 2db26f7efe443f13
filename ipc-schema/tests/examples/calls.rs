//! The line of every call is frozen: its name, its parameters and what is left out.

use ipc_schema::line::{self, Id, RequestLine};
use ipc_schema::{METHODS, Method, Request, Secret, account, chat, daemon, friend, presence, shake};

use super::more;

/// The line of a call, there and back.
#[track_caller]
fn frozen_call<M: Method>(params: M, rest: &str) -> &'static str {
    let line = line::encode_request(7, M::NAME, &params).unwrap();
    let expected = format!("{{\"jsonrpc\":\"2.0\",\"id\":7,{rest}}}\n");
    assert_eq!(String::from_utf8(line.to_vec()).unwrap(), expected);
    let read = RequestLine::decode(&line).unwrap();
    assert_eq!(read.id, Some(Id::from(7)));
    let request: Request = params.into();
    assert_eq!(Request::parse(&read.method, read.params).unwrap(), request);
    assert_eq!(request.name(), M::NAME);
    let params = read.params.unwrap().get();
    assert_eq!(serde_json::to_string(&request).unwrap(), params);
    M::NAME
}

#[test]
fn every_call_is_frozen() {
    let login = account::Login {
        account: "alice".into(),
        relay: Some("example.org:5290".into()),
        password: Some(Secret::new("hunter2")),
        trust: Some("SHA256:00ff".into()),
    };
    let short = account::Login { account: "alice@example.org".into(), ..account::Login::default() };
    let send = chat::Send { to: "bob".into(), text: "hi".into(), ..chat::Send::default() };
    let kept = chat::Send {
        wait: Some(chat::Wait::Delivered),
        require_online: true,
        id: Some("k1".into()),
        ..send.clone()
    };
    let history = chat::History { to: "bob".into(), ..chat::History::default() };
    let older = chat::History { count: 10, before: Some(12), ..history.clone() };
    let names = [
        frozen_call(
            daemon::Hello::new("qqctl/0.1.0"),
            r#""method":"hello","params":{"protocol":1,"client":"qqctl/0.1.0"}"#,
        ),
        frozen_call(daemon::Subscribe { since: None }, r#""method":"events.subscribe","params":{}"#),
        frozen_call(
            daemon::Subscribe { since: Some(9) },
            r#""method":"events.subscribe","params":{"since":9}"#,
        ),
        frozen_call(daemon::Status {}, r#""method":"daemon.status","params":{}"#),
        frozen_call(
            login,
            r#""method":"account.login","params":{"account":"alice","relay":"example.org:5290","password":"hunter2","trust":"SHA256:00ff"}"#,
        ),
        frozen_call(short, r#""method":"account.login","params":{"account":"alice@example.org"}"#),
        frozen_call(account::Logout::default(), r#""method":"account.logout","params":{}"#),
        frozen_call(
            account::Logout { forget: true, account: None },
            r#""method":"account.logout","params":{"forget":true}"#,
        ),
        frozen_call(
            account::Logout { forget: true, account: Some("alice@example.org".into()) },
            r#""method":"account.logout","params":{"forget":true,"account":"alice@example.org"}"#,
        ),
        frozen_call(friend::List {}, r#""method":"friend.list","params":{}"#),
        frozen_call(presence::Show { friend: None }, r#""method":"presence.show","params":{}"#),
        frozen_call(
            presence::Show { friend: Some("bob".into()) },
            r#""method":"presence.show","params":{"friend":"bob"}"#,
        ),
        frozen_call(send, r#""method":"chat.send","params":{"to":"bob","text":"hi"}"#),
        frozen_call(
            kept,
            r#""method":"chat.send","params":{"to":"bob","text":"hi","wait":"delivered","require_online":true,"id":"k1"}"#,
        ),
        frozen_call(history, r#""method":"chat.history","params":{"to":"bob","count":50}"#),
        frozen_call(older, r#""method":"chat.history","params":{"to":"bob","count":10,"before":12}"#),
        frozen_call(chat::Read::default(), r#""method":"chat.read","params":{}"#),
        frozen_call(
            chat::Read { to: Some("bob".into()), peek: true },
            r#""method":"chat.read","params":{"to":"bob","peek":true}"#,
        ),
        frozen_call(shake::Send { to: "bob".into() }, r#""method":"shake.send","params":{"to":"bob"}"#),
    ];
    for row in METHODS {
        assert!(names.contains(&row.name) || more::has(row.name), "{} has no frozen example", row.name);
    }
}
