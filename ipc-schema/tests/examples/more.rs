//! The frozen calls, replies and events of accounts, friends, groups, search, the outbox, calls and notifications: each
//! text is read and written back as it is.

use ipc_schema::{Request, account, call, chat, daemon, friend, group, notify, outbox, presence};

use super::{Method, event, frozen_event};

/// Method, params, reply.
const CALLS: &[(&str, &str)] = &[
    ("account.join", r#"{"link":"qiao://example.org:5290/i/7k3m9q#pin"}"#),
    (
        "account.join",
        r#"{"link":"qiao://example.org:5290/i/7k3m9q#pin","new_account":"alice","name":"Alice","password":"hunter2"}"#,
    ),
    ("account.register", r#"{"new_account":"alice@example.org","name":"Alice","password":"hunter2"}"#),
    ("account.passwd", r#"{"password":"hunter2","new_password":"hunter3"}"#),
    ("account.link", "{}"),
    ("account.relay", r#"{"relay":"new.example.org:5290","trust":"SHA256:00ff"}"#),
    ("account.devices", "{}"),
    ("account.revoke", r#"{"device":"0b1ef6ce"}"#),
    ("account.profile", "{}"),
    ("account.profile", r#"{"name":"Alice","note":"on the road","picture":"/home/alice/me.png"}"#),
    ("account.remove", r#"{"password":"hunter2","forget":true}"#),
    ("friend.add", r#"{"friend":"bob","note":"it is me"}"#),
    ("friend.accept", r#"{"friend":"bob"}"#),
    ("friend.decline", r#"{"friend":"bob"}"#),
    ("friend.remove", r#"{"friend":"bob"}"#),
    ("friend.move", r#"{"friend":"bob","group":"同学"}"#),
    ("friend.rename", r#"{"friend":"bob","remark":"Bobby"}"#),
    ("friend.rename", r#"{"friend":"bob"}"#),
    ("friend.block", r#"{"friend":"mallory"}"#),
    ("friend.unblock", r#"{"friend":"mallory"}"#),
    ("friend.picture", r#"{"friend":"bob"}"#),
    ("group.add", r#"{"group":"同学"}"#),
    ("group.rename", r#"{"group":"同学","new":"老同学"}"#),
    ("group.remove", r#"{"group":"同学"}"#),
    ("presence.set", r#"{"state":"invisible"}"#),
    ("presence.set", r#"{"state":"away","note":"lunch"}"#),
    ("chat.search", r#"{"text":"晚饭","count":20}"#),
    ("chat.search", r#"{"text":"dinner","to":"bob","count":5,"before":12}"#),
    ("chat.typing", r#"{"to":"bob"}"#),
    ("chat.typing", r#"{"to":"bob","stopped":true}"#),
    ("chat.explain", r#"{"id":"k1"}"#),
    ("chat.export", r#"{"to":"bob","format":"text","after":12}"#),
    ("outbox.list", "{}"),
    ("outbox.retry", r#"{"id":"k1"}"#),
    ("outbox.cancel", r#"{"id":"k1"}"#),
    ("outbox.clear", "{}"),
    ("outbox.clear", r#"{"id":"k1"}"#),
    ("call.start", r#"{"friend":"bob","media":"video"}"#),
    ("call.accept", "{}"),
    ("call.decline", r#"{"call":"k1"}"#),
    ("call.hangup", "{}"),
    ("notify.status", "{}"),
    ("notify.dnd", r#"{"state":"on","minutes":30}"#),
    ("notify.quiet", r#"{"hours":"22:00-07:00"}"#),
    ("notify.mute", r#"{"friend":"bob","off":true}"#),
    ("notify.content", r#"{"content":"name"}"#),
    ("chat.draft", r#"{"to":"bob"}"#),
    ("chat.draft", r#"{"to":"bob","text":"about tonight: "}"#),
    ("daemon.doctor", "{}"),
    ("daemon.view", "{}"),
    ("daemon.view", r#"{"to":"bob"}"#),
    ("daemon.view", r#"{"to":"bob","opens":true}"#),
    ("daemon.open", "{}"),
    (
        "daemon.open",
        r#"{"to":"bob","token":"t1","screen":{"display":":0","xauthority":"/home/alice/.Xauthority"}}"#,
    ),
    (
        "daemon.open",
        r#"{"link":"qiao://example.org:5290/i/7k3m9q#pin","screen":{"wayland_display":"wayland-0"}}"#,
    ),
    ("daemon.stop", "{}"),
    ("daemon.stop", r#"{"restart":true}"#),
];

/// Whether a method has a frozen call here.
pub(super) fn has(method: &str) -> bool {
    CALLS.iter().any(|(name, _)| *name == method)
}

#[test]
fn every_other_call_is_frozen() {
    for (method, text) in CALLS {
        let raw = serde_json::value::RawValue::from_string((*text).to_owned()).unwrap();
        let request = Request::parse(method, Some(&raw)).unwrap_or_else(|error| panic!("{method}: {error}"));
        assert_eq!(request.name(), *method);
        assert_eq!(serde_json::to_string(&request).unwrap(), *text);
    }
}

/// The reply's text is read and written back.
#[track_caller]
fn frozen_reply<M: Method>(text: &str)
where
    M::Reply: std::fmt::Debug,
{
    let reply: M::Reply = serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", M::NAME));
    assert_eq!(serde_json::to_string(&reply).unwrap(), text, "{}", M::NAME);
}

#[test]
fn the_newer_replies_are_frozen() {
    let joined = r#"{"account":"alice@example.org","name":"Alice","relay":"example.org:5290","state":"online","random_password":true}"#;
    frozen_reply::<account::Join>(joined);
    frozen_reply::<account::Register>(&joined.replace(r#","random_password":true"#, ""));
    frozen_reply::<account::Passwd>(r#"{"account":"alice@example.org"}"#);
    frozen_reply::<account::Link>(
        r#"{"link":"qiao://example.org:5290/d/alice.7k3m9q#pin","expires":"2026-01-31T09:40:00.000Z"}"#,
    );
    frozen_reply::<account::Devices>(
        r#"{"devices":[{"device":"0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e","client":"qqd/0.1.0","seen":"2026-01-31T09:30:00.000Z","online":true,"own":true}]}"#,
    );
    frozen_reply::<account::Revoke>(r#"{"device":"0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e"}"#);
    frozen_reply::<account::Profile>(r#"{"account":"alice","name":"Alice","note":"","picture":""}"#);
    frozen_reply::<account::Remove>(r#"{"account":"alice@example.org","wiped":true}"#);
    frozen_reply::<friend::Add>(r#"{"friend":"bob","friends":false}"#);
    frozen_reply::<friend::Block>(r#"{"friend":"mallory"}"#);
    frozen_reply::<friend::List>(
        r#"{"groups":[{"name":"friend","friends":[{"account":"bob","name":"Bob","remark":"","state":"online","note":"","unread":0,"picture":"ab12"}]}],"requests":[{"friend":"carol","name":"Carol","note":"it is me","incoming":true,"ts":"2026-01-31T09:30:00.000Z"}],"blocked":["mallory"]}"#,
    );
    frozen_reply::<friend::Picture>(r#"{"friend":"bob","picture":"ab12","path":"/home/alice/ab12.png"}"#);
    frozen_reply::<group::Rename>(r#"{"group":"老同学"}"#);
    frozen_reply::<presence::Set>(
        r#"{"account":"alice@example.org","friend":null,"state":"offline","note":"","invisible":true}"#,
    );
    frozen_reply::<chat::Search>(
        r#"{"messages":[{"id":"k1","from":"bob","to":"alice","text":"Dinner?","ts":"…","state":"read","row":7}],"more":false,"indexing":true}"#,
    );
    frozen_reply::<chat::Typing>(r#"{"to":"bob"}"#);
    frozen_reply::<chat::Explain>(
        r#"{"message":{"id":"k1","from":"alice","to":"bob","text":"hi","ts":"…","state":"acked"},"steps":[{"ts":"2026-01-31T09:30:00.000Z","state":"queued","reason":"relay-away","text":"stored here; the server was away"}],"summary":"the server has it; bob is off line"}"#,
    );
    frozen_reply::<chat::Export>(
        r#"{"messages":[{"id":"k1","from":"bob","to":"alice","text":"hi","ts":"…","state":"read","row":7,"re":"k0","conv":"c1","cseq":3,"seq":41}],"more":false}"#,
    );
    frozen_reply::<outbox::List>(r#"{"messages":[]}"#);
    frozen_reply::<outbox::List>(r#"{"messages":[],"more":true}"#);
    frozen_reply::<outbox::Clear>(r#"{"messages":2}"#);
    frozen_reply::<outbox::List>(
        r#"{"messages":[{"id":"m1","from":"alice","to":"nobody","text":"hi","ts":"…","state":"failed","row":7,"reason":"unknown","why":"nobody cannot be reached"}]}"#,
    );
    frozen_reply::<outbox::Retry>(r#"{"id":"k1","state":"queued"}"#);
    frozen_reply::<call::Start>(
        r#"{"call":"c1","friend":"bob","incoming":false,"media":"video","state":"calling","reason":null}"#,
    );
    frozen_reply::<notify::Status>(
        r#"{"dnd":false,"dnd_until":null,"quiet":"22:00-07:00","content":"full","muted":["alice@example.org/bob"]}"#,
    );
    frozen_reply::<chat::Draft>(r#"{"to":"bob","text":"about tonight: "}"#);
    frozen_reply::<daemon::View>("{}");
    frozen_reply::<daemon::Open>(r#"{"started":false}"#);
    frozen_reply::<daemon::Stop>(r#"{"pid":1}"#);
    frozen_reply::<daemon::Status>(
        r#"{"daemon":{"version":"0.1.0","pid":1,"uptime_s":1,"outdated":{"running":"0.1.0","installed":"0.2.0"}},"accounts":[],"notifications":"none"}"#,
    );
    frozen_reply::<daemon::Doctor>(
        r#"{"checks":[{"what":"relay.tcp","account":"alice@example.org","verdict":"bad","text":"no server listens there","advice":"check the address"}]}"#,
    );
}

/// The event's data is read as that event and written back.
#[track_caller]
fn frozen_data(name: &str, data: &str) {
    let value = event(name, data);
    assert!(!matches!(value, ipc_schema::Event::Unknown { .. }), "{name} {data}");
    frozen_event(&value, name, data);
}

#[test]
fn the_newer_events_are_frozen() {
    frozen_data("account.profile", r#"{"account":"alice","name":"Alice","note":"","picture":"ab12"}"#);
    frozen_data(
        "friend.changed",
        r#"{"friend":"bob","name":"Bob","remark":"","group":"friend","picture":"ab12"}"#,
    );
    frozen_data(
        "friend.requested",
        r#"{"friend":"carol","name":"Carol","note":"it is me","incoming":true,"ts":"2026-01-31T09:30:00.000Z"}"#,
    );
    frozen_data("friend.answered", r#"{"friend":"carol","accepted":true,"incoming":false}"#);
    frozen_data("friend.blocked", r#"{"friend":"mallory","blocked":true}"#);
    frozen_data("group.added", r#"{"group":"同学"}"#);
    frozen_data("group.renamed", r#"{"group":"同学","new":"老同学"}"#);
    frozen_data("group.removed", r#"{"group":"老同学"}"#);
    frozen_data("presence.changed", r#"{"friend":"alice","state":"offline","note":"","invisible":true}"#);
    frozen_data("chat.drafted", r#"{"friend":"bob","text":"about tonight: "}"#);
    frozen_data("daemon.wanted", r#"{"to":"bob","link":null,"token":"t1"}"#);
    frozen_data("daemon.outdated", r#"{"running":"0.1.0","installed":null}"#);
    frozen_data("daemon.stopped", r#"{"restart":true}"#);
    frozen_data(
        "daemon.state",
        r#"{"daemon":{"version":"0.1.0","pid":1,"started":"2026-01-31T09:00:00.000Z","outdated":{"running":"0.1.0","installed":"0.2.0"}},"notify":{"dnd":false,"locked":false},"accounts":[{"account":"alice@example.org","name":"Alice","state":"online","relay":"example.org:5290","step":null,"reason":null,"presence":"online","note":"","groups":[],"unread":{"total":0},"outbox":0,"drafts":[{"friend":"bob","text":"about tonight: "}]}]}"#,
    );
    frozen_data("chat.filling", r#"{"done":400,"total":20000}"#);
    frozen_data("typing.changed", r#"{"friend":"bob","typing":true}"#);
    let call =
        r#"{"call":"c1","friend":"bob","incoming":true,"media":"audio","state":"ringing","reason":null}"#;
    frozen_data("call.incoming", call);
    frozen_data("call.state", &call.replace("ringing", "ended").replace("null", "\"hangup\""));
}
