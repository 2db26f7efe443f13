//! The friend list and who is on line.

use super::*;
use ipc_schema::friend::{List, Listed};
use relay_schema::{Friend, FriendRemove, Line, ListEnd, Stranger};

fn friend(account: &str, seq: Option<u64>) -> Friend {
    Friend { name: account.to_uppercase(), account: account.into(), seq, ..Friend::default() }
}

fn line(account: &str, state: i32) -> Line {
    Line { state, friendaccount: Some(account.into()), note: None, id: None }
}

fn list(daemon: &mut Daemon) -> Vec<(String, Vec<(String, String)>)> {
    let listed: Listed = serde_json::from_value(reply(&daemon.ask(List {}))).unwrap();
    let entries = |group: ipc_schema::friend::Group| {
        group.friends.into_iter().map(|entry| (entry.account, entry.state.to_string())).collect()
    };
    listed.groups.into_iter().map(|group| (group.name.clone(), entries(group))).collect()
}

/// On line with bob, carol and the stranger zoe.
fn with_friends() -> Daemon {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    daemon.hear(friend("carol", None));
    daemon.hear(friend("bob", None));
    daemon.hear(Stranger { account: "zoe".into(), ..Stranger::default() });
    daemon.hear(line("bob", 1));
    daemon.hear(ListEnd { seq: 0 });
    daemon
}

fn on_line(account: &str) -> (String, String) {
    (account.into(), "online".into())
}

fn off_line(account: &str) -> (String, String) {
    (account.into(), "offline".into())
}

#[test]
fn the_list_of_a_new_login_is_told_whole_in_groups_with_who_is_on_line() {
    let mut daemon = with_friends();
    let groups = [
        ("friend".to_owned(), vec![on_line("bob"), off_line("carol")]),
        ("stranger".to_owned(), vec![off_line("zoe")]),
    ];
    assert_eq!(list(&mut daemon), groups);
    assert_eq!(daemon.disk.friends().len(), 3);
}

#[test]
fn whoever_asks_for_a_list_that_is_just_coming_waits_for_it() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    assert!(replies(&daemon.ask(List {})).is_empty());
    daemon.hear(friend("bob", None));
    let outputs = daemon.hear(ListEnd { seq: 0 });
    assert_eq!(reply(&outputs)["groups"][0]["friends"][0]["account"], "bob");

    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hear(welcome(0, 0));
    daemon.ask(List {});
    assert_eq!(reply(&daemon.pass(Duration::from_secs(5))), json!({"groups": []}));
}

#[test]
fn a_list_that_comes_again_is_told_as_its_differences() {
    let mut daemon = with_friends();
    daemon.hear(Friend { group: Some("team".into()), ..friend("bob", None) });
    daemon.hear(friend("dave", None));
    let outputs = daemon.hear(ListEnd { seq: 0 });
    let told = ["friend.removed", "friend.removed", "group.added", "friend.changed", "friend.added"];
    assert_eq!(names(&outputs), told);
    assert_eq!(list(&mut daemon)[1], ("team".to_owned(), vec![on_line("bob")]));
}

#[test]
fn rows_add_change_and_remove_friends_after_the_commit() {
    let mut daemon = with_friends();
    daemon.hold();
    assert!(names(&daemon.hear(friend("dave", Some(1)))).is_empty());
    assert_eq!(names(&daemon.release()), ["friend.added"]);
    assert_eq!(
        names(&daemon.hear(Friend { remark: Some("D".into()), ..friend("dave", Some(2)) })),
        ["friend.changed"]
    );
    assert!(names(&daemon.hear(Friend { remark: Some("D".into()), ..friend("dave", Some(3)) })).is_empty());
    let gone = FriendRemove { friendaccount: "dave".into(), seq: Some(4), ..FriendRemove::default() };
    assert_eq!(names(&daemon.hear(gone)), ["friend.removed"]);
    assert_eq!(daemon.disk.cursor(), 4);
}

#[test]
fn presence_is_told_when_it_changes_and_only_of_friends() {
    let mut daemon = with_friends();
    assert!(names(&daemon.hear(line("bob", 1))).is_empty());
    assert!(names(&daemon.hear(line("mallory", 1))).is_empty());
    for (state, word) in [(2, "away"), (3, "busy"), (-1, "offline"), (1, "online")] {
        let outputs = daemon.hear(line("bob", state));
        assert_eq!(
            events(&outputs)[0].event.data().unwrap(),
            json!({"friend": "bob", "state": word, "note": ""})
        );
    }
}

#[test]
fn without_a_session_everybody_is_off_line() {
    let mut daemon = with_friends();
    daemon.lost();
    assert_eq!(list(&mut daemon)[0].1, [off_line("bob"), off_line("carol")]);
    daemon.back(0);
    assert_eq!(list(&mut daemon)[0].1, [off_line("bob"), off_line("carol")]);
    daemon.hear(line("carol", 1));
    assert_eq!(list(&mut daemon)[0].1, [off_line("bob"), on_line("carol")]);
}

#[test]
fn presence_of_oneself_and_of_a_friend_is_shown_from_memory() {
    let mut daemon = with_friends();
    let show = |friend: Option<&str>| ipc_schema::presence::Show { friend: friend.map(str::to_owned) };
    let own = json!({"account": "alice@example.org", "friend": null, "state": "online", "note": ""});
    assert_eq!(reply(&daemon.ask(show(None))), own);
    assert_eq!(reply(&daemon.ask(show(Some("@me")))), own);
    assert_eq!(reply(&daemon.ask(show(Some("bob"))))["state"], "online");
    assert_eq!(refusal(&daemon.ask(show(Some("mallory")))).code, Code::NotFound);
    daemon.lost();
    assert_eq!(reply(&daemon.ask(show(None)))["state"], "offline");
}

#[test]
fn a_status_text_is_shown_also_from_the_friend_list() {
    let mut daemon = with_friends();
    let outputs = daemon.hear(Friend { note: Some("busy baking".into()), ..friend("bob", Some(1)) });
    assert_eq!(names(&outputs), ["presence.changed"]);
    assert_eq!(
        events(&outputs)[0].event.data().unwrap(),
        json!({"friend": "bob", "state": "online", "note": "busy baking"})
    );
}

#[test]
fn friends_are_known_without_the_relay_after_a_start() {
    let mut daemon = Daemon::on(with_friends().disk);
    daemon.closed(Closed::Refused { detail: "refused".into() });
    assert_eq!(list(&mut daemon)[0].1, [off_line("bob"), off_line("carol")]);
    assert_eq!(refusal(&Daemon::new().ask(List {})).code, Code::NotLoggedIn);
}

#[test]
fn presence_that_comes_before_its_friend_counts_within_the_session_only() {
    let mut daemon = with_friends();
    daemon.hear(line("dave", 1));
    daemon.hear(line("erin", 1));
    assert_eq!(names(&daemon.hear(friend("dave", Some(1)))), ["friend.added", "presence.changed"]);
    daemon.lost();
    daemon.back(1);
    assert_eq!(names(&daemon.hear(friend("erin", Some(2)))), ["friend.added"]);
}
