//! One word per idea: methods, subcommands, events and stanzas are held against each other and against this table.

use std::collections::BTreeSet;

use ipc_schema::{EVENTS, METHODS};

/// The vocabulary of architecture.md, as far as it is built: feature, its verbs, its stanzas on the wire.
/// The wire's old spellings (`user`, `line`, `vidio`, `r_vidio`) stand in relay-schema's table, tagged COMPAT.
const VOCABULARY: &[(&str, &[&str], &[&str])] = &[
    (
        "account",
        &[
            "join", "register", "login", "logout", "passwd", "link", "relay", "devices", "revoke", "profile",
            "remove",
        ],
        &[
            "login",
            "login_response",
            "user",
            "register",
            "register_response",
            "passwd",
            "account_remove",
            "logout",
            "notice",
            "device_list",
            "device",
            "device_revoke",
            "device_link",
            "profile",
            "picture_put",
            "picture_get",
            "picture",
        ],
    ),
    (
        "friend",
        &["list", "add", "accept", "decline", "remove", "move", "rename", "block", "unblock", "picture"],
        &[
            "friend",
            "stranger",
            "friend_request",
            "friend_answer",
            "friend_remove",
            "friend_move",
            "friend_rename",
            "block",
            "unblock",
            "blocked",
            "list_end",
        ],
    ),
    ("group", &["add", "rename", "remove"], &["group", "group_add", "group_rename", "group_remove"]),
    ("presence", &["show", "set"], &["line"]),
    (
        "chat",
        &["send", "history", "read", "search", "typing", "explain", "export", "draft"],
        &["chat", "ack", "nack", "recv", "delivered", "read", "typing", "history", "gap"],
    ),
    ("shake", &["send"], &["shake"]),
    (
        "call",
        &["start", "accept", "decline", "hangup"],
        &["vidio", "r_vidio", "call_ringing", "call_candidate", "call_end"],
    ),
    ("outbox", &["list", "retry", "cancel", "clear"], &[]),
    ("notify", &["status", "dnd", "quiet", "mute", "content"], &[]),
    ("daemon", &["status", "doctor", "open", "stop"], &[]),
];

/// What the connection itself says: no feature of the product.
const LINK_STANZAS: &[&str] = &["ping", "pong", "error"];
const LINK_METHODS: &[&str] = &["hello", "events.subscribe", "daemon.view"];
/// Commands of the command line alone.
const OWN_COMMANDS: &[&str] = &["watch", "wait", "rpc", "schema", "words", "completion", "man"];
/// The short forms of the daily commands (ipc.md).
const SHORT: &[(&str, &str)] = &[
    ("join", "account.join"),
    ("login", "account.login"),
    ("logout", "account.logout"),
    ("status", "daemon.status"),
    ("friends", "friend.list"),
    ("send", "chat.send"),
    ("history", "chat.history"),
    ("read", "chat.read"),
    ("search", "chat.search"),
    ("shake", "shake.send"),
    ("accept", "call.accept"),
    ("decline", "call.decline"),
    ("hangup", "call.hangup"),
    ("doctor", "daemon.doctor"),
    ("open", "daemon.open"),
];

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn names(command: &clap::Command) -> BTreeSet<String> {
    command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect()
}

#[test]
fn the_methods_are_those_of_the_vocabulary() {
    let built = set(METHODS.iter().map(|row| row.name));
    let named = VOCABULARY
        .iter()
        .flat_map(|(feature, verbs, _)| verbs.iter().map(move |verb| format!("{feature}.{verb}")));
    assert_eq!(built, named.chain(LINK_METHODS.iter().map(|word| (*word).to_owned())).collect());
}

#[test]
fn the_stanzas_are_those_of_the_vocabulary() {
    let built = set(relay_schema::TYPES.iter().map(|row| row.word));
    let named = VOCABULARY.iter().flat_map(|(_, _, stanzas)| stanzas.iter().copied());
    assert_eq!(built, set(named.chain(LINK_STANZAS.iter().copied())));
}

#[test]
fn every_method_is_a_command_under_the_same_two_words() {
    let tree = qqctl::command();
    for (feature, verbs, _) in VOCABULARY.iter().filter(|(_, verbs, _)| !verbs.is_empty()) {
        let command = tree.find_subcommand(feature).unwrap_or_else(|| panic!("no command {feature}"));
        assert_eq!(names(command), set(verbs.iter().copied()), "the verbs of `qqctl {feature}`");
    }
}

#[test]
fn every_command_is_a_feature_a_short_form_or_named_here() {
    let features =
        VOCABULARY.iter().filter(|(_, verbs, _)| !verbs.is_empty()).map(|(feature, _, _)| *feature);
    let short = SHORT.iter().map(|(short, _)| *short);
    assert_eq!(names(&qqctl::command()), set(features.chain(short).chain(OWN_COMMANDS.iter().copied())));
}

#[test]
fn the_short_forms_are_those_that_people_know() {
    let built: BTreeSet<(&str, &str)> =
        METHODS.iter().filter_map(|row| Some((row.short?, row.name))).collect();
    assert_eq!(built, SHORT.iter().copied().collect());
}

#[test]
fn every_event_belongs_to_a_feature() {
    let features: BTreeSet<&str> =
        VOCABULARY.iter().map(|(feature, _, _)| *feature).chain(["unread", "typing"]).collect();
    for event in EVENTS {
        let (feature, _) = event.split_once('.').unwrap_or_else(|| panic!("{event} has no feature"));
        assert!(features.contains(feature), "{event}");
    }
}

#[test]
fn a_feature_has_a_file_of_its_name_where_it_has_a_part() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (feature, verbs, _) in VOCABULARY.iter().filter(|(_, verbs, _)| !verbs.is_empty()) {
        for room in ["ipc-schema/src", "qqd/src/core"] {
            assert!(
                root.join(room).join(format!("{feature}.rs")).exists(),
                "{room}/{feature}.rs for {verbs:?}"
            );
        }
    }
    // What the relay answers by a rule of its own.
    for feature in ["account", "friend", "group", "presence", "chat", "shake", "call"] {
        assert!(root.join(format!("relay-server/src/core/{feature}.rs")).exists(), "{feature}");
    }
}

#[test]
fn the_old_spellings_stand_in_the_table_of_stanzas_alone() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for room in ["qqd/src", "qqctl/src", "ipc-schema/src"] {
        let out = std::process::Command::new("grep")
            .args(["-rniE", r#""(r_)?vidio"|"line""#])
            .arg(root.join(room))
            .output()
            .unwrap();
        assert!(out.stdout.is_empty(), "{}", String::from_utf8_lossy(&out.stdout));
    }
}
