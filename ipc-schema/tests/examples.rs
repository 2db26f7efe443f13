//! Every JSON line has a frozen example here: those of the specification word for word, and one of
//! each method and event. A test that fails here means that somebody's script breaks.
#![allow(clippy::unwrap_used, reason = "clippy knows #[test] functions only, not what they call")]

#[path = "examples/calls.rs"]
mod calls;
#[path = "examples/more.rs"]
mod more;

use std::fmt::Debug;

use ipc_schema::line::{EventLine, Id, ReplyLine};
use ipc_schema::{
    Code, EVENTS, Envelope, Error, Event, Method, account, chat, daemon, friend, presence, shake,
};
use serde::{Serialize, de::DeserializeOwned};

/// The value is written as this text, and the text is read as this value.
#[track_caller]
fn frozen<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, text: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), text);
    assert_eq!(serde_json::from_str::<T>(text).unwrap(), *value);
}

fn event(name: &str, data: &str) -> Event {
    let envelope = format!(r#"{{"v":1,"seq":1,"ts":"…","account":null,"event":"{name}","data":{data}}}"#);
    serde_json::from_str::<Envelope>(&envelope).unwrap().event
}

/// The event is written as this data, and read back from it.
#[track_caller]
fn frozen_event(value: &Event, name: &str, data: &str) {
    assert_eq!(value.name(), name);
    assert_eq!(value.data().unwrap().to_string(), data);
    assert_eq!(event(name, data), *value);
}

fn received() -> chat::Received {
    chat::Received {
        id: "…".into(),
        from: "bob".into(),
        to: "alice".into(),
        text: "hi".into(),
        kind: "text".into(),
        conv: "…".into(),
        cseq: 7,
        seq: 41,
        ts: "…".into(),
    }
}

#[test]
fn the_envelope_is_as_specified() {
    let text = r#"{"v":1,"seq":1764000000000001,"ts":"2026-01-31T09:30:00.123Z","account":"alice@example.org","event":"chat.received","replayed":false,"data":{"id":"…","from":"bob","to":"alice","text":"hi","kind":"text","conv":"…","cseq":7,"seq":41,"ts":"…"}}"#;
    let ts = "2026-01-31T09:30:00.123Z";
    let account = Some("alice@example.org".to_owned());
    let envelope = Envelope::new(1_764_000_000_000_001, ts, account, Event::ChatReceived(received()));
    frozen(&envelope, text);
    let line = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{text}}}\n");
    assert_eq!(String::from_utf8(EventLine(envelope).encode()).unwrap(), line);
}

#[test]
fn the_specified_events_are_as_specified() {
    frozen_event(
        &Event::ChatReceived(received()),
        "chat.received",
        r#"{"id":"…","from":"bob","to":"alice","text":"hi","kind":"text","conv":"…","cseq":7,"seq":41,"ts":"…"}"#,
    );
    let acked = chat::Changed {
        id: "…".into(),
        to: "bob".into(),
        state: chat::State::Acked,
        peer: Some(chat::Peer::Online),
        reason: None,
        ts: "…".into(),
        outbox: None,
    };
    let text = r#"{"id":"…","to":"bob","state":"acked","peer":"online","reason":null,"ts":"…"}"#;
    frozen_event(&Event::ChatState(acked), "chat.state", text);
    let shaken = shake::Received { from: "bob".into() };
    frozen_event(&Event::ShakeReceived(shaken), "shake.received", r#"{"from":"bob"}"#);
    let shook = shake::Sent { to: "bob".into() };
    frozen_event(&Event::ShakeSent(shook), "shake.sent", r#"{"to":"bob"}"#);
    let bob = presence::Changed {
        friend: "bob".into(),
        state: presence::State::Online,
        note: String::new(),
        ..Default::default()
    };
    let text = r#"{"friend":"bob","state":"online","note":""}"#;
    frozen_event(&Event::PresenceChanged(bob), "presence.changed", text);
    let online = account::Changed {
        state: account::State::Online,
        relay: "example.org:5290".into(),
        ..account::Changed::default()
    };
    let text = r#"{"state":"online","relay":"example.org:5290","step":null,"reason":null}"#;
    frozen_event(&Event::AccountState(online), "account.state", text);
    let gap = daemon::Gap { lost: Some(57) };
    frozen_event(&Event::DaemonGap(gap), "daemon.gap", r#"{"lost":57}"#);
}

#[test]
fn the_specified_words_are_as_specified() {
    fn words<T: Copy + std::fmt::Display + Serialize>(all: &[T]) -> String {
        let words: Vec<_> = all.iter().map(ToString::to_string).collect();
        let json: Vec<_> = all.iter().map(|word| serde_json::to_value(word).unwrap()).collect();
        assert_eq!(words, json);
        words.join(" ")
    }
    assert_eq!(words(chat::State::ALL), "queued sent acked delivered read failed");
    assert_eq!(words(presence::State::ALL), "online away busy offline");
    assert_eq!(words(account::State::ALL), "offline connecting authenticating online backoff");
    assert_eq!(words(account::Step::ALL), "connect tls login");
    assert_eq!(words(chat::Peer::ALL), "online offline");
    assert_eq!(words(chat::Wait::ALL), "relay delivered read");
}

#[test]
fn the_specified_replies_are_as_specified() {
    let report = daemon::Report {
        daemon: daemon::Running { version: "0.1.0".into(), pid: 1, uptime_s: 1, outdated: None },
        accounts: vec![daemon::Account {
            account: "alice@example.org".into(),
            state: account::State::Online,
            relay: "…".into(),
            presence: presence::State::Online,
            unread: chat::Count { total: 3 },
            secret_store: "file".into(),
            outbox: 0,
            step: None,
            reason: None,
            message: None,
            ..Default::default()
        }],
        notifications: "none".into(),
    };
    frozen(
        &report,
        r#"{"daemon":{"version":"0.1.0","pid":1,"uptime_s":1},"accounts":[{"account":"alice@example.org","state":"online","relay":"…","presence":"online","unread":{"total":3},"secret_store":"file","outbox":0}],"notifications":"none"}"#,
    );
    let bob = friend::Entry {
        account: "bob".into(),
        name: "Bob".into(),
        state: presence::State::Online,
        ..friend::Entry::default()
    };
    frozen(
        &friend::Listed {
            groups: vec![friend::Group { name: "friend".into(), friends: vec![bob] }],
            ..Default::default()
        },
        r#"{"groups":[{"name":"friend","friends":[{"account":"bob","name":"Bob","remark":"","state":"online","note":"","unread":0}]}]}"#,
    );
    let sent = chat::Sent { id: "…".into(), state: chat::State::Acked, peer: Some(chat::Peer::Offline) };
    frozen(&sent, r#"{"id":"…","state":"acked","peer":"offline"}"#);
    frozen(
        &chat::Page { messages: vec![message()], more: false },
        r#"{"messages":[{"id":"…","from":"…","to":"…","text":"…","ts":"…","state":"read"}],"more":false}"#,
    );
    frozen(
        &daemon::Hello { protocol: 1, client: "qqctl/0.1.0".into() },
        r#"{"protocol":1,"client":"qqctl/0.1.0"}"#,
    );
    frozen(
        &daemon::Welcome::new("0.1.0", vec![]),
        r#"{"protocol":1,"min_protocol":1,"daemon":"0.1.0","features":[]}"#,
    );
}

fn message() -> chat::Message {
    let word = || String::from("…");
    chat::Message {
        id: word(),
        from: word(),
        to: word(),
        text: word(),
        ts: word(),
        state: chat::State::Read,
        row: None,
        kind: None,
        reason: None,
        why: None,
    }
}

#[test]
fn the_other_replies_are_frozen() {
    let queued = chat::Sent { id: "m1".into(), state: chat::State::Queued, peer: None };
    frozen(&queued, r#"{"id":"m1","state":"queued","peer":null}"#);
    let mut message = message();
    message.row = Some(12);
    message.kind = Some("call".into());
    message.reason = Some("too-big".into());
    frozen(
        &chat::Unread { messages: vec![message], more: true },
        r#"{"messages":[{"id":"…","from":"…","to":"…","text":"…","ts":"…","state":"read","row":12,"kind":"call","reason":"too-big"}],"more":true}"#,
    );
    let logged_in = account::LoggedIn {
        account: "alice@example.org".into(),
        name: "Alice".into(),
        relay: "example.org:5290".into(),
        state: account::State::Online,
    };
    frozen(
        &logged_in,
        r#"{"account":"alice@example.org","name":"Alice","relay":"example.org:5290","state":"online"}"#,
    );
    let logged_out =
        account::LoggedOut { account: "alice@example.org".into(), unsent: 2, told: true, wiped: false };
    frozen(&logged_out, r#"{"account":"alice@example.org","unsent":2,"told":true,"wiped":false}"#);
    let older: account::LoggedOut = serde_json::from_str(r#"{"account":"alice@example.org"}"#).unwrap();
    assert_eq!(older, account::LoggedOut { unsent: 0, told: false, ..logged_out });
    let mut shown = presence::Shown {
        account: "alice@example.org".into(),
        friend: None,
        state: presence::State::Online,
        note: String::new(),
        ..Default::default()
    };
    frozen(&shown, r#"{"account":"alice@example.org","friend":null,"state":"online","note":""}"#);
    shown.friend = Some("bob".into());
    frozen(&shown, r#"{"account":"alice@example.org","friend":"bob","state":"online","note":""}"#);
    frozen(&shake::Shaken { to: "bob".into() }, r#"{"to":"bob"}"#);
    frozen(&daemon::Subscribed { seq: 1_764_000_000_000_001 }, r#"{"seq":1764000000000001}"#);
}

#[test]
fn the_other_events_are_frozen() {
    let lost = account::Changed {
        state: account::State::Backoff,
        relay: "example.org:5290".into(),
        step: Some(account::Step::Tls),
        reason: Some("timeout".into()),
        message: Some("example.org:5290 did not finish the TLS handshake".into()),
        retry_after_ms: Some(500),
    };
    let text = r#"{"state":"backoff","relay":"example.org:5290","step":"tls","reason":"timeout","message":"example.org:5290 did not finish the TLS handshake","retry_after_ms":500}"#;
    frozen_event(&Event::AccountState(lost), "account.state", text);
    let message = "too many wrong passwords; wait 30 s".into();
    let refused = account::Refused { reason: "throttled".into(), message, retry_after_ms: Some(30_000) };
    let text =
        r#"{"reason":"throttled","message":"too many wrong passwords; wait 30 s","retry_after_ms":30000}"#;
    frozen_event(&Event::AccountRefused(refused), "account.refused", text);
    let notice = account::Notice {
        code: "token-reused".into(),
        message: "an old login of one of your devices was used".into(),
        device: Some("6f9619ff-8b86-4d01-b42d-00cf4fc964ff".into()),
    };
    let text = r#"{"code":"token-reused","message":"an old login of one of your devices was used","device":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}"#;
    frozen_event(&Event::AccountNotice(notice), "account.notice", text);
    let bob = friend::Profile {
        friend: "bob".into(),
        name: "Bob".into(),
        remark: "Bobby".into(),
        group: "friend".into(),
        ..Default::default()
    };
    let text = r#"{"friend":"bob","name":"Bob","remark":"Bobby","group":"friend"}"#;
    frozen_event(&Event::FriendAdded(bob.clone()), "friend.added", text);
    frozen_event(&Event::FriendChanged(bob), "friend.changed", text);
    let removed = friend::Removed { friend: "bob".into() };
    frozen_event(&Event::FriendRemoved(removed), "friend.removed", r#"{"friend":"bob"}"#);
    let queued = chat::Changed {
        id: "m1".into(),
        to: "bob".into(),
        state: chat::State::Failed,
        peer: None,
        reason: Some("unknown".into()),
        ts: "…".into(),
        outbox: Some(0),
    };
    let text =
        r#"{"id":"m1","to":"bob","state":"failed","peer":null,"reason":"unknown","ts":"…","outbox":0}"#;
    frozen_event(&Event::ChatState(queued), "chat.state", text);
    let mark = chat::Marked { friend: "bob".into(), by: "alice".into(), conv: "c1".into(), cseq: 7 };
    let text = r#"{"friend":"bob","by":"alice","conv":"c1","cseq":7}"#;
    frozen_event(&Event::ChatRead(mark), "chat.read", text);
    let unread = chat::UnreadChanged { friend: "bob".into(), unread: 2, total: 5 };
    let text = r#"{"friend":"bob","unread":2,"total":5}"#;
    frozen_event(&Event::UnreadChanged(unread), "unread.changed", text);
    frozen_event(&Event::DaemonGap(daemon::Gap { lost: None }), "daemon.gap", r#"{"lost":null}"#);
}

#[test]
fn the_state_is_frozen() {
    let text = r#"{"daemon":{"version":"0.1.0","pid":1,"started":"2026-01-31T09:00:00.000Z"},"notify":{"dnd":false,"locked":false},"accounts":[{"account":"alice@example.org","name":"Alice","state":"online","relay":"example.org:5290","step":null,"reason":null,"presence":"online","note":"","groups":[{"name":"friend","friends":[{"account":"bob","name":"Bob","remark":"","state":"online","note":"","unread":3}]},{"name":"stranger","friends":[]}],"unread":{"total":3},"outbox":0}]}"#;
    let Event::DaemonState(state) = event("daemon.state", text) else { panic!("the state cannot be read") };
    frozen_event(&Event::DaemonState(state.clone()), "daemon.state", text);
    assert_eq!(state.account("alice@example.org").unwrap().friend("bob").unwrap().unread, 3);
}

#[test]
fn every_event_of_the_list_is_known_and_kept_as_specified() {
    let list = "daemon.state daemon.gap daemon.wanted daemon.outdated daemon.stopped account.state account.refused account.notice account.profile friend.added friend.changed friend.removed friend.requested friend.answered friend.blocked group.added group.renamed group.removed presence.changed chat.received chat.state chat.read chat.drafted chat.filling typing.changed shake.received shake.sent call.incoming call.state notify.changed unread.changed";
    assert_eq!(EVENTS.join(" "), list);
    assert!(Event::ChatReceived(received()).is_durable());
    assert!(!event("shake.received", r#"{"from":"bob"}"#).is_durable());
    assert!(!event("daemon.gap", r#"{"lost":1}"#).is_durable());
}

#[test]
fn an_event_of_a_newer_daemon_is_passed_on_as_it_is() {
    let text = r#"{"v":1,"seq":1,"ts":"…","account":null,"event":"tea.ready","replayed":false,"data":{"from":"bob","cups":2}}"#;
    let envelope: Envelope = serde_json::from_str(text).unwrap();
    assert!(matches!(&envelope.event, Event::Unknown { name, .. } if name == "tea.ready"));
    assert_eq!(envelope.event.friend(), Some("bob"));
    frozen(&envelope, text);
    // A new word in a known event is no reason to lose it.
    let invisible = event("presence.changed", r#"{"friend":"bob","state":"invisible","note":""}"#);
    assert!(matches!(invisible, Event::Unknown { .. }));
}

#[test]
fn replies_and_errors_are_frozen() {
    let reply = ReplyLine::new(Id::from(2), Ok(shake::Shaken { to: "bob".into() }));
    let text = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"to\":\"bob\"}}\n";
    assert_eq!(String::from_utf8(reply.encode()).unwrap(), text);
    let error = Error::new(Code::NotFound, "there is no friend called rob")
        .with_hint("`qqctl friends` lists them")
        .with_field("to", "rob");
    let reply = ReplyLine::error(Id::Text("a".into()), error.clone());
    let text = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32007,\"message\":\"there is no friend called rob\",\"data\":{\"code\":\"not_found\",\"hint\":\"`qqctl friends` lists them\",\"to\":\"rob\"}}}\n";
    assert_eq!(String::from_utf8(reply.encode()).unwrap(), text);
    let json = r#"{"error":{"code":"not_found","message":"there is no friend called rob","hint":"`qqctl friends` lists them","to":"rob"}}"#;
    assert_eq!(error.to_json().to_string(), json);
    let throttled = Error::new(Code::Throttled, "wait 8 s").with_retry_after_ms(8_000);
    let text = r#"{"code":-32010,"message":"wait 8 s","data":{"code":"throttled","retry_after_ms":8000}}"#;
    frozen(&throttled, text);
    let bare = Error::new(Code::Offline, "bob is offline");
    frozen(&bare, r#"{"code":-32009,"message":"bob is offline","data":{"code":"offline"}}"#);
    assert_eq!(bare.to_string(), "bob is offline");
}
