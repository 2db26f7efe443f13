//! The friend list with its groups, requests and blocks, and one's own profile.

use ipc_schema::friend::Asked;

use super::*;
use crate::core::op::{Change, Profile};
use crate::store::schema;

fn tell(conn: &mut Connection, seq: u64, change: Change) {
    say(conn, Op::Receive { seq, row: Row::List(change) });
}

fn asked(friend: &str, minute: u32) -> Asked {
    let ts = format!("2026-01-31T09:{minute:02}:00.000Z");
    Asked { friend: friend.into(), name: friend.to_uppercase(), note: "it is me".into(), incoming: true, ts }
}

fn grouped(account: &str, group: &str) -> Friend {
    Friend { group: group.into(), ..friend(account) }
}

#[test]
fn the_friend_list_is_replaced_as_a_whole_and_changed_by_rows() {
    let mut conn = alice();
    say(&mut conn, friends([friend("bob"), friend("carol")]));
    say(&mut conn, friends([friend("bob"), friend("dave")]));
    let renamed = Friend { name: "Robert".into(), remark: "r".into(), note: "n".into(), ..friend("bob") };
    tell(&mut conn, 1, Change::Friend(renamed.clone()));
    tell(&mut conn, 2, Change::Removed("dave".into()));
    let loaded = load(&mut conn);
    assert_eq!(loaded.list.friends, [renamed]);
    assert_eq!(loaded.account.unwrap().cursor, 2);
}

#[test]
fn groups_requests_and_blocks_are_kept_and_replaced_with_the_list() {
    let mut conn = alice();
    let list = List {
        friends: vec![grouped("bob", "team")],
        groups: vec!["empty".into(), "team".into()],
        requests: vec![asked("dave", 5), asked("carol", 1)],
        blocked: vec!["mallory".into(), "trudy".into()],
    };
    say(&mut conn, Op::Friends(list.clone()));
    assert_eq!(load(&mut conn).list, list);
    say(&mut conn, friends([friend("bob")]));
    assert_eq!(load(&mut conn).list, List { friends: vec![friend("bob")], ..List::default() });
}

#[test]
fn each_row_changes_what_it_says() {
    let mut conn = alice();
    tell(&mut conn, 1, Change::Group("team".into()));
    tell(&mut conn, 2, Change::Friend(grouped("bob", "team")));
    tell(&mut conn, 3, Change::Friend(grouped("carol", "new")));
    assert_eq!(load(&mut conn).list.groups, ["new", "team"], "a member says that its group is there");
    tell(&mut conn, 4, Change::GroupRenamed { group: "team".into(), new: "crew".into() });
    tell(&mut conn, 5, Change::GroupRenamed { group: "none".into(), new: "other".into() });
    tell(&mut conn, 6, Change::GroupRemoved("new".into()));
    let list = load(&mut conn).list;
    assert_eq!(
        (list.friends, list.groups),
        (vec![grouped("bob", "crew"), friend("carol")], vec!["crew".into()])
    );

    tell(&mut conn, 7, Change::Requested(asked("dave", 1)));
    tell(&mut conn, 8, Change::Requested(asked("erin", 2)));
    tell(&mut conn, 9, Change::Requested(Asked { incoming: false, ..asked("dave", 3) }));
    tell(&mut conn, 10, Change::Answered { friend: "dave".into(), incoming: true, accepted: false });
    let requests = [Asked { incoming: false, ..asked("dave", 3) }, asked("erin", 2)];
    assert_eq!(load(&mut conn).list.requests, requests);

    tell(&mut conn, 11, Change::Blocked { friend: "erin".into(), blocked: true });
    tell(&mut conn, 12, Change::Blocked { friend: "dave".into(), blocked: true });
    tell(&mut conn, 13, Change::Blocked { friend: "erin".into(), blocked: false });
    assert_eq!(load(&mut conn).list.blocked, ["dave"]);
    say(&mut conn, Op::Receive { seq: 14, row: Row::Counted });
    assert_eq!(load(&mut conn).account.unwrap().cursor, 14);
}

#[test]
fn ones_own_profile_is_kept_and_what_a_row_leaves_out_stays() {
    let mut conn = alice();
    assert_eq!(load(&mut conn).profile, Profile { name: "ALICE".into(), ..Profile::default() });
    let profile = Profile { name: "Alice".into(), picture: "ab".repeat(32), note: "hello".into() };
    say(&mut conn, Op::SaveProfile(profile.clone()));
    assert_eq!(load(&mut conn).profile, profile);
    let change = Change::Profile { name: None, picture: Some(String::new()), note: Some("bye".into()) };
    tell(&mut conn, 1, change);
    let after = Profile { name: "Alice".into(), picture: String::new(), note: "bye".into() };
    assert_eq!(load(&mut conn).profile, after);
    assert_eq!(load(&mut conn).account.unwrap().name, "Alice");
}

#[test]
fn the_groups_of_an_older_version_are_those_of_its_friends() {
    let mut conn = Connection::open_in_memory().unwrap();
    let all = schema::migrations();
    let before: Vec<_> = all.iter().filter(|one| one.version() < 3).cloned().collect();
    schema::create(&mut conn, &before).unwrap();
    conn.execute_batch(
        "INSERT INTO account VALUES (1, 'alice@example.org', 'alice', '', 'example.org', 5290, 0, NULL, 'd', 'e', 0, 1);
         INSERT INTO friend VALUES (1, 'bob', '', '', 'team', '', ''), (1, 'carol', '', '', 'friend', '', '');",
    )
    .unwrap();
    schema::create(&mut conn, &all).unwrap();
    assert_eq!(load(&mut conn).list.groups, ["team"]);
}
