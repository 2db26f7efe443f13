//! Requests, groups, blocks, one's own profile and avatars: what is asked of the relay, and what its rows change.

use super::asking::{done, request_id};
use super::*;
use crate::core::picture::Picture;
use ipc_schema::account::Profile;
use ipc_schema::{friend, group};
use relay_schema::{
    Blocked, Body, FriendAnswer, FriendRequest, Group, GroupRemove, GroupRename, ListEnd, Nack, NackCode,
    Picture as WirePicture,
};

const TS: &str = "2026-01-31T09:30:00.000Z";

fn entry(account: &str, group: &str, seq: Option<u64>) -> Friend {
    Friend { account: account.into(), group: Some(group.into()), seq, ..Friend::default() }
}

/// `from` asks `to`.
fn request(from: &str, to: &str, seq: Option<u64>) -> FriendRequest {
    FriendRequest {
        friendaccount: to.into(),
        note: Some("it is me".into()),
        myaccount: Some(from.into()),
        name: Some("Carol".into()),
        seq,
        ts: Some(TS.into()),
        ..FriendRequest::default()
    }
}

/// `by` answers `asker`.
fn answer(asker: &str, by: &str, state: i32, seq: u64) -> FriendAnswer {
    let (myaccount, seq) = (Some(by.into()), Some(seq));
    FriendAnswer { friendaccount: asker.into(), state, myaccount, seq, ..FriendAnswer::default() }
}

fn blocked(friend: &str, state: i32, seq: Option<u64>) -> Blocked {
    Blocked { friendaccount: friend.into(), state, seq, ts: None }
}

fn group(name: &str, seq: Option<u64>) -> Group {
    Group { group: name.into(), seq, ts: None }
}

fn list(daemon: &mut Daemon) -> Value {
    reply(&daemon.ask(friend::List {}))
}

fn to(friend: &str) -> String {
    friend.into()
}

#[test]
fn nobody_asks_oneself_and_what_was_asked_is_not_taken_back() {
    let mut daemon = Daemon::online();
    let add = |daemon: &mut Daemon, friend: &str| daemon.ask(friend::Add { friend: to(friend), note: None });
    let refused = refusal(&add(&mut daemon, "Alice"));
    assert_eq!(refused.code, Code::Conflict);
    assert!(refused.message.contains("yourself"), "{refused:?}");
    daemon.hear(request("alice", "carol", Some(1)));
    daemon.hear(request("dave", "alice", Some(2)));
    let remove =
        |daemon: &mut Daemon, friend: &str| refusal(&daemon.ask(friend::Remove { friend: to(friend) }));
    let asked = remove(&mut daemon, "carol");
    assert_eq!((asked.code, asked.hint.as_deref()), (Code::Conflict, Some("qqctl friend block carol")));
    assert!(asked.message.contains("cannot be taken back"), "{asked:?}");
    let asks = remove(&mut daemon, "dave");
    assert_eq!((asks.code, asks.hint.as_deref()), (Code::Conflict, Some("qqctl friend decline dave")));
    assert_eq!(remove(&mut daemon, "nobody").code, Code::NotFound);
}

#[test]
fn a_request_is_told_listed_and_accepted() {
    let mut daemon = Daemon::online();
    let outputs = daemon.hear(request("carol", "alice", Some(1)));
    let asked = json!({"friend": "carol", "name": "Carol", "note": "it is me", "incoming": true, "ts": TS});
    assert_eq!(events(&outputs)[0].event.data().unwrap(), asked);
    assert_eq!(list(&mut daemon)["requests"], json!([asked]));

    let id = request_id(&daemon.ask(friend::Accept { friend: to("carol") }));
    assert!(replies(&daemon.hear(done(id, Some(3)))).is_empty());
    assert_eq!(names(&daemon.hear(answer("carol", "alice", 1, 2))), ["friend.answered"]);
    let outputs = daemon.hear(entry("carol", "friend", Some(3)));
    assert_eq!(names(&outputs), ["friend.added"]);
    assert_eq!(reply(&outputs), json!({"friend": "carol"}));
    let listed = list(&mut daemon);
    assert_eq!(listed["groups"][0]["friends"][0]["account"], "carol");
    assert!(listed.get("requests").is_none(), "{listed}");
}

#[test]
fn ones_own_request_is_listed_until_it_is_answered() {
    let mut daemon = Daemon::online();
    let add = friend::Add { friend: to("Carol"), note: Some(" it is me ".into()) };
    let outputs = daemon.ask(add.clone());
    assert!(sent(&outputs)[0].to_xml().contains("<friendaccount>carol</friendaccount><note>it is me</note>"));
    daemon.hear(done(request_id(&outputs), Some(1)));
    let outputs = daemon.hear(request("alice", "carol", Some(1)));
    assert_eq!(reply(&outputs), json!({"friend": "carol", "friends": false}));
    assert_eq!(list(&mut daemon)["requests"][0]["incoming"], false);
    let outputs = daemon.hear(answer("alice", "carol", 0, 2));
    let told = json!({"friend": "carol", "accepted": false, "incoming": false});
    assert_eq!(events(&outputs)[0].event.data().unwrap(), told);
    assert!(list(&mut daemon).get("requests").is_none());

    // Both had asked: friends at once.
    let id = request_id(&daemon.ask(add));
    daemon.hear(done(id, Some(3)));
    assert_eq!(reply(&daemon.hear(entry("carol", "friend", Some(3))))["friends"], true);
}

#[test]
fn refusals_say_what_they_mean_for_a_friend() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(request("zoe", "alice", Some(1)));
    daemon.hear(blocked("yan", 1, Some(2)));
    let cases: [(Call, NackCode, Code); 9] = [
        (friend::Add { friend: to("zoe"), note: None }.into(), NackCode::Unknown, Code::Unreachable),
        (friend::Add { friend: to("bob"), note: None }.into(), NackCode::Conflict, Code::Conflict),
        (friend::Add { friend: to("zoe"), note: None }.into(), NackCode::Forbidden, Code::Denied),
        (friend::Add { friend: to("zoe"), note: None }.into(), NackCode::Rate, Code::Throttled),
        (friend::Accept { friend: to("zoe") }.into(), NackCode::Unknown, Code::NotFound),
        (friend::Decline { friend: to("zoe") }.into(), NackCode::Storage, Code::Busy),
        (friend::Move { friend: to("bob"), group: to("friend") }.into(), NackCode::Forbidden, Code::Denied),
        (friend::Block { friend: to("zoe") }.into(), NackCode::Unknown, Code::NotFound),
        (friend::Unblock { friend: to("yan") }.into(), NackCode::Other("x".into()), Code::Unexpected),
    ];
    for (call, code, wanted) in cases {
        let id = request_id(&daemon.ask(call));
        let retry = (code == NackCode::Rate).then_some(5_000);
        let error = refusal(&daemon.hear(Nack { id, code: code.clone(), retry }));
        assert_eq!((error.code, error.retry_after_ms), (wanted, retry), "{code}: {error}");
    }
}

#[test]
fn what_makes_no_sense_does_not_reach_the_relay() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(request("alice", "carol", Some(1)));
    let cases: [(Call, Code); 15] = [
        (friend::Add { friend: to("carol@elsewhere"), note: None }.into(), Code::Usage),
        (friend::Add { friend: to("carol"), note: Some("x".repeat(257)) }.into(), Code::Usage),
        (friend::Remove { friend: to("zoe") }.into(), Code::NotFound),
        (friend::Move { friend: to("bob"), group: to("none") }.into(), Code::NotFound),
        (friend::Move { friend: to("bob"), group: to("stranger") }.into(), Code::Usage),
        (friend::Move { friend: to("bob"), group: to("Strangers") }.into(), Code::Usage),
        (friend::Move { friend: to("bob"), group: to("陌生人") }.into(), Code::Usage),
        (friend::Accept { friend: to("zoe") }.into(), Code::NotFound),
        (friend::Decline { friend: to("zoe") }.into(), Code::NotFound),
        (friend::Accept { friend: to("carol") }.into(), Code::NotFound),
        (friend::Accept { friend: to("bob") }.into(), Code::Conflict),
        (friend::Decline { friend: to("bob") }.into(), Code::Conflict),
        (friend::Unblock { friend: to("bob") }.into(), Code::NotFound),
        (friend::Rename { friend: to("bob"), remark: Some("x".repeat(65)) }.into(), Code::Usage),
        (friend::Picture { friend: Some(to("zoe")) }.into(), Code::NotFound),
    ];
    for (call, wanted) in cases {
        let outputs = daemon.ask(call);
        assert_eq!(refusal(&outputs).code, wanted, "{outputs:?}");
        assert!(sent(&outputs).is_empty());
    }
    daemon.lost();
    assert_eq!(refusal(&daemon.ask(friend::Block { friend: to("bob") })).exit(), 6);
}

#[test]
fn what_only_the_relay_knows_is_asked_there() {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    daemon.hear(welcome(2, 0));
    assert_eq!(words(&daemon.ask(friend::Accept { friend: to("carol") })), ["friend_answer"]);
    assert_eq!(words(&daemon.ask(friend::Unblock { friend: to("dave") })), ["unblock"]);
    daemon.hear(request("carol", "alice", Some(1)));
    daemon.hear(answer("carol", "alice", 0, 2));
    assert_eq!(refusal(&daemon.ask(friend::Decline { friend: to("carol") })).code, Code::NotFound);
}

#[test]
fn the_groups_that_are_always_there_are_known_by_the_names_that_people_see() {
    let mut daemon = Daemon::with_bob();
    for name in ["My Friends", "my friends", " 我的好友 ", "My Friends 我的好友", "friend"] {
        let outputs = daemon.ask(friend::Move { friend: to("bob"), group: name.into() });
        assert!(sent(&outputs)[0].to_xml().contains("<group>friend</group>"), "{name}: {outputs:?}");
    }
}

#[test]
fn groups_come_change_their_names_and_go_with_their_friends() {
    let mut daemon = Daemon::with_bob();
    assert_eq!(names(&daemon.hear(group("team", Some(1)))), ["group.added"]);
    assert_eq!(list(&mut daemon)["groups"][1], json!({"name": "team", "friends": []}));
    let id = request_id(&daemon.ask(friend::Move { friend: to("bob"), group: to("team") }));
    daemon.hear(done(id, Some(2)));
    let outputs = daemon.hear(entry("bob", "team", Some(2)));
    assert_eq!((names(&outputs), reply(&outputs)), (vec!["friend.changed"], json!({"friend": "bob"})));
    let rename =
        GroupRename { group: "team".into(), new: "crew".into(), seq: Some(3), ..GroupRename::default() };
    assert_eq!(names(&daemon.hear(rename)), ["group.renamed"]);
    assert!(names(&daemon.hear(entry("bob", "crew", Some(4)))).is_empty(), "it moved with its group");
    let gone = GroupRemove { group: "crew".into(), seq: Some(5), ..GroupRemove::default() };
    assert_eq!(names(&daemon.hear(gone)), ["group.removed"]);
    let groups = list(&mut daemon)["groups"].clone();
    assert_eq!(
        (groups[0]["name"].clone(), groups[0]["friends"][0]["account"].clone()),
        ("friend".into(), "bob".into())
    );
    assert_eq!(groups.as_array().unwrap().len(), 1);
    assert_eq!(daemon.disk.friends()["bob"].group, "friend");
}

#[test]
fn a_block_is_told_and_listed() {
    let mut daemon = Daemon::with_bob();
    let id = request_id(&daemon.ask(friend::Block { friend: to("mallory") }));
    daemon.hear(blocked("mallory", 1, Some(1)));
    assert_eq!(reply(&daemon.hear(done(id, Some(1)))), json!({"friend": "mallory"}));
    assert_eq!(list(&mut daemon)["blocked"], json!(["mallory"]));
    daemon.hear(request("mallory", "alice", Some(2)));
    assert!(list(&mut daemon).get("requests").is_none(), "whoever is blocked asks nothing");
    assert_eq!(names(&daemon.hear(blocked("mallory", 0, Some(3)))), ["friend.blocked"]);
    assert!(names(&daemon.hear(blocked("mallory", 0, Some(4)))).is_empty());
    assert_eq!(list(&mut daemon)["requests"][0]["friend"], "mallory");
}

#[test]
fn a_whole_list_replaces_everything_and_rows_that_it_counts_in_change_nothing() {
    let mut daemon = Daemon::with_bob();
    daemon.hear(group("old", Some(1)));
    daemon.hear(request("carol", "alice", Some(2)));
    daemon.hear(blocked("mallory", 1, Some(3)));
    let before = daemon.ops.len();
    daemon.hear(group("new", None));
    daemon.hear(entry("dave", "new", None));
    daemon.hear(request("erin", "alice", None));
    daemon.hear(blocked("trudy", 1, None));
    assert_eq!(daemon.ops.len(), before, "nothing counts before the list ends");
    let outputs = daemon.hear(ListEnd { seq: 9 });
    let told = [
        "friend.removed",
        "group.removed",
        "friend.answered",
        "friend.blocked",
        "group.added",
        "friend.added",
        "friend.requested",
        "friend.blocked",
    ];
    assert_eq!(names(&outputs), told);
    assert!(events(&outputs).iter().all(|event| event.replayed), "it happened while the daemon was away");
    assert!(names(&daemon.hear(request("carol", "alice", Some(4)))).is_empty(), "the list knew that already");
    assert_eq!(daemon.disk.cursor(), 4);
    let listed = list(&mut daemon);
    assert_eq!((&listed["blocked"], &listed["requests"][0]["friend"]), (&json!(["trudy"]), &json!("erin")));

    // The same after a restart, from the disk.
    let mut again = Daemon::on(daemon.disk.clone());
    again.closed(Closed::Refused { detail: "refused".into() });
    let after = list(&mut again);
    assert_eq!((&after["blocked"], &after["requests"]), (&listed["blocked"], &listed["requests"]));
    assert_eq!(
        after["groups"].as_array().unwrap().iter().map(|g| g["name"].clone()).collect::<Vec<_>>(),
        ["new"]
    );
}

#[test]
fn what_happened_while_the_daemon_was_away_is_told_as_such() {
    let mut daemon = Daemon::with_bob();
    daemon.lost();
    daemon.back(2);
    let outputs = daemon.hear(request("carol", "alice", Some(1)));
    assert!(events(&outputs)[0].replayed);
    daemon.hear(blocked("mallory", 1, Some(2)));
    assert!(!events(&daemon.hear(request("dave", "alice", Some(3))))[0].replayed);
}

#[test]
fn a_request_that_is_not_ones_own_is_kept_as_it_came() {
    let mut daemon = Daemon::online();
    assert!(names(&daemon.hear(request("mallory", "bob", Some(1)))).is_empty());
    assert!(names(&daemon.hear(request("alice", "alice", Some(2)))).is_empty());
    assert_eq!(daemon.disk.raw(), [1, 2]);
}

fn png() -> Picture {
    Picture::new(b"\x89PNG\r\n\x1a\nalice".to_vec()).unwrap()
}

#[test]
fn ones_own_profile_is_shown_and_changed_everywhere() {
    let mut daemon = Daemon::online();
    let shown = json!({"account": "alice", "name": "Alice", "note": "", "picture": ""});
    assert_eq!(reply(&daemon.ask(Profile::default())), shown);
    let ask = Profile { note: Some("hello".into()), ..Profile::default() };
    let outputs = daemon.ask(ask);
    assert!(sent(&outputs)[0].to_xml().contains("<type>profile</type><note>hello</note><id>"), "{outputs:?}");
    daemon.hear(done(request_id(&outputs), Some(1)));
    let row = |name: &str, picture: &str, seq| relay_schema::Profile {
        name: Some(name.into()),
        picture: Some(picture.into()),
        note: Some("hello".into()),
        seq: Some(seq),
        ..relay_schema::Profile::default()
    };
    let outputs = daemon.hear(row("Alice", "", 1));
    let shown = json!({"account": "alice", "name": "Alice", "note": "hello", "picture": ""});
    assert_eq!((names(&outputs), reply(&outputs)), (vec!["account.profile"], shown));

    // From another device; and it is known after a restart.
    assert_eq!(names(&daemon.hear(row("Alison", "", 2))), ["account.profile"]);
    let mut again = Daemon::on(daemon.disk.clone());
    again.closed(Closed::Refused { detail: "refused".into() });
    assert_eq!(reply(&again.ask(Profile::default()))["name"], "Alison");
}

#[test]
fn an_avatar_is_read_put_and_then_shown() {
    let mut daemon = Daemon::online();
    daemon.disk.files.insert("/home/alice/me.png".into(), png());
    let ask = |path: &str| Profile { picture: Some(path.into()), ..Profile::default() };
    assert_eq!(refusal(&daemon.ask(ask("me.png"))).code, Code::Usage);
    assert_eq!(refusal(&daemon.ask(ask("/home/alice/none.png"))).code, Code::NotFound);
    let outputs = daemon.ask(ask("/home/alice/me.png"));
    assert_eq!(words(&outputs), ["picture_put"]);
    let outputs = daemon.hear(done(request_id(&outputs), None));
    assert_eq!(words(&outputs), ["profile"]);
    let hash = png().hash().to_owned();
    assert!(sent(&outputs)[0].to_xml().contains(&format!("<picture>{hash}</picture>")));
    daemon.hear(done(request_id(&outputs), Some(1)));
    let row = relay_schema::Profile { picture: Some(hash.clone()), seq: Some(1), ..Default::default() };
    assert_eq!(reply(&daemon.hear(row))["picture"], hash);
    // One's own is here already.
    let own = reply(&daemon.ask(friend::Picture { friend: None }));
    assert_eq!(own["path"], format!("/data/{hash}.png"));
}

fn avatar(id: Id, picture: &Picture) -> WirePicture {
    WirePicture { picture: picture.hash().into(), body: Body(picture.body().to_vec()), id }
}

#[test]
fn a_friends_avatar_is_fetched_once_and_only_if_it_is_that_one() {
    let mut daemon = Daemon::with_bob();
    assert_eq!(reply(&daemon.ask(friend::Picture { friend: Some(to("bob")) }))["path"], Value::Null);
    let hash = png().hash().to_owned();
    let outputs = daemon.hear(Friend { picture: hash.clone(), ..entry("bob", "friend", Some(1)) });
    assert_eq!((names(&outputs), words(&outputs)), (vec!["friend.changed"], vec!["picture_get"]));
    let other = Picture::new(b"\xff\xd8\xffother".to_vec()).unwrap();
    daemon.hear(avatar(request_id(&outputs), &other));

    // It was another one; whoever asks has it fetched again.
    let outputs = daemon.ask(friend::Picture { friend: Some(to("bob")) });
    let outputs = daemon.hear(avatar(request_id(&outputs), &png()));
    let path = format!("/data/{hash}.png");
    assert_eq!(reply(&outputs), json!({"friend": "bob", "picture": hash, "path": path}));
    let outputs = daemon.ask(friend::Picture { friend: Some(to("bob")) });
    assert_eq!((reply(&outputs)["path"].clone(), words(&outputs)), (path.into(), vec![]));
    daemon.lost();
    assert!(reply(&daemon.ask(friend::Picture { friend: Some(to("bob")) }))["path"].is_string());
}

#[test]
fn an_avatar_that_lies_here_is_not_looked_for_at_every_login() {
    let mut daemon = Daemon::with_bob();
    let hash = png().hash().to_owned();
    let outputs = daemon.hear(Friend { picture: hash, ..entry("bob", "friend", Some(1)) });
    daemon.hear(avatar(request_id(&outputs), &png()));
    let looks = daemon.disk.looks;
    assert_eq!(looks, 1);
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    daemon.hear(welcome(1, 1));
    assert_eq!(daemon.disk.looks, looks, "its name says that it is the one");
    let mut next = Daemon::on(daemon.disk);
    next.open();
    next.hear(welcome(1, 1));
    assert_eq!(next.disk.looks, looks + 1, "a daemon that begins looks once");
}

#[test]
fn avatars_are_fetched_two_at_a_time_in_the_background() {
    let mut daemon = Daemon::online();
    for (name, byte) in [("bob", "b"), ("carol", "c"), ("dave", "d")] {
        daemon.hear(Friend { picture: byte.repeat(64), ..entry(name, "friend", None) });
    }
    let outputs = daemon.hear(ListEnd { seq: 0 });
    assert_eq!(words(&outputs), ["picture_get", "picture_get"]);
    assert_eq!(
        words(&daemon.pass(Duration::from_secs(10))),
        ["picture_get"],
        "nobody has answered the others"
    );
}

#[test]
fn a_group_of_the_table_is_a_method_of_the_daemon() {
    let mut daemon = Daemon::online();
    daemon.hear(group("a", Some(1)));
    let calls: [(Call, &str); 3] = [
        (group::Add { group: "a".into() }.into(), "group_add"),
        (group::Rename { group: "a".into(), new: "b".into() }.into(), "group_rename"),
        (group::Remove { group: "a".into() }.into(), "group_remove"),
    ];
    for (call, word) in calls {
        assert_eq!(words(&daemon.ask(call)), [word]);
    }
}
