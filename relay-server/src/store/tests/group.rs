//! Groups, where friends stand, remarks, and the whole list.

use super::*;

fn add(name: &str) -> Wish {
    Wish::GroupAdd { group: name.into() }
}

fn rename(group: &str, new: &str) -> Wish {
    Wish::GroupRename { group: group.into(), new: new.into() }
}

fn remove(name: &str) -> Wish {
    Wish::GroupRemove { group: name.into() }
}

fn put(other: &str, group: &str) -> Wish {
    Wish::Move { other: other.into(), group: group.into() }
}

fn remark(other: &str, remark: &str) -> Wish {
    Wish::Rename { other: other.into(), remark: remark.into() }
}

fn alice_and_friends(names: &[&str]) -> (Relay, AccountId) {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for name in names {
        relay.account(name);
        relay.befriend("alice", name);
    }
    (relay, alice)
}

#[test]
fn a_group_is_made_renamed_and_removed_and_its_members_follow() {
    let (mut relay, alice) = alice_and_friends(&["bob", "carl"]);
    relay.wish(alice, add("同学")).unwrap();
    relay.wish(alice, put("bob", "同学")).unwrap();
    relay.wish(alice, rename("同学", "老同学")).unwrap();
    assert_eq!(
        said(&relay.rows(alice, 2)),
        [
            "3 group 同学",
            "4 own Friend bob in Some(\"老同学\") as ",
            "5 group 同学 -> 老同学",
            "6 own Friend bob in Some(\"老同学\") as ",
        ]
    );
    let list = |relay: &mut Relay| listed(&relay.entries(alice, Behind::Group(None), true, 10));
    assert_eq!(
        list(&mut relay),
        ["group 老同学", "Friend bob in Some(\"老同学\") as ", "Friend carl in None as "]
    );
    let removed = relay.wish(alice, remove("老同学")).unwrap();
    assert_eq!(removed.rows.len(), 1);
    assert_eq!(list(&mut relay), ["Friend bob in None as ", "Friend carl in None as "]);
    assert_eq!(relay.wish(alice, remove("老同学")).unwrap().rows, []);
    assert_eq!(said(&relay.rows(alice, 6)), ["7 no group 老同学"]);
}

/// What a device knows that applies rows in order, and takes a list's entries as they are.
fn follow(rows: &[Row], groups: &mut std::collections::BTreeMap<String, Option<String>>) {
    for row in rows {
        match &row.item {
            Item::Moved(f) => {
                groups.insert(f.account.clone(), f.group.clone());
            }
            Item::GroupRename { name, new } => {
                for group in groups.values_mut().filter(|group| group.as_ref() == Some(name)) {
                    *group = Some(new.clone());
                }
            }
            Item::GroupRemove { name } => {
                for group in groups.values_mut().filter(|group| group.as_ref() == Some(name)) {
                    *group = None;
                }
            }
            Item::Group { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn rows_that_follow_a_list_which_knew_them_already_end_where_the_list_is() {
    let (mut relay, alice) = alice_and_friends(&["bob", "carl"]);
    for wish in [add("a"), add("b"), put("bob", "a"), put("carl", "b")] {
        relay.wish(alice, wish).unwrap();
    }
    let head = relay.rows(alice, 0).len() as u64;
    for wish in [rename("b", "c"), rename("a", "b"), remove("c"), rename("b", "c"), add("b")] {
        relay.wish(alice, wish).unwrap();
    }
    // Read now, though it was begun at `head`.
    let mut groups: std::collections::BTreeMap<_, _> = relay
        .entries(alice, Behind::Friend(None), true, 10)
        .into_iter()
        .map(|entry| match entry {
            Entry::Friend(f) => (f.account, f.group),
            other => panic!("{other:?}"),
        })
        .collect();
    let now = groups.clone();
    assert_eq!((now["bob"].as_deref(), now["carl"].as_deref()), (Some("c"), None));
    follow(&relay.rows(alice, head), &mut groups);
    assert_eq!(groups, now);
}

#[test]
fn names_are_unique_and_two_are_there_for_ever() {
    let (mut relay, alice) = alice_and_friends(&["bob"]);
    relay.wish(alice, add("a")).unwrap();
    relay.wish(alice, add("b")).unwrap();
    for wish in [
        add("a"),
        add("friend"),
        add("stranger"),
        rename("a", "b"),
        rename("a", "friend"),
        rename("stranger", "c"),
        remove("friend"),
    ] {
        assert_eq!(relay.refusal(alice, wish.clone()), NackCode::Conflict, "{wish:?}");
    }
    assert_eq!(relay.refusal(alice, rename("none", "c")), NackCode::Unknown);
    assert_eq!(relay.wish(alice, rename("a", "a")).unwrap().rows, []);
    // Another account has its own.
    let bob = relay.find("bob").unwrap().id;
    relay.wish(bob, add("a")).unwrap();
    assert_eq!(relay.refusal(bob, put("alice", "b")), NackCode::Unknown);
}

#[test]
fn there_are_at_most_64_groups() {
    let (mut relay, alice) = alice_and_friends(&[]);
    for n in 0..64 {
        relay.wish(alice, add(&format!("g{n}"))).unwrap();
    }
    assert_eq!(relay.refusal(alice, add("one more")), NackCode::Forbidden);
    relay.wish(alice, remove("g0")).unwrap();
    relay.wish(alice, add("one more")).unwrap();
}

#[test]
fn only_a_friend_can_be_moved_and_only_into_a_group_that_is_there() {
    let (mut relay, alice) = alice_and_friends(&["bob"]);
    let carl = relay.account("carl");
    relay.chat(carl, "alice").unwrap();
    relay.wish(alice, add("a")).unwrap();
    assert_eq!(relay.refusal(alice, put("carl", "a")), NackCode::Forbidden);
    for (other, group) in [("bob", "none"), ("bob", "stranger"), ("nobody", "a"), ("alice", "a"), ("", "a")] {
        assert_eq!(relay.refusal(alice, put(other, group)), NackCode::Unknown, "{other} {group}");
    }
    assert_eq!(relay.wish(alice, put("bob", "friend")).unwrap().seq, None);
    assert!(relay.wish(alice, put("bob", "a")).unwrap().seq.is_some());
    assert_eq!(relay.wish(alice, put("bob", "a")).unwrap().seq, None);
    assert!(relay.wish(alice, put("bob", "friend")).unwrap().seq.is_some());
}

#[test]
fn a_remark_is_ones_own() {
    let (mut relay, alice) = alice_and_friends(&["bob"]);
    let bob = relay.find("bob").unwrap().id;
    let done = relay.wish(alice, remark("bob", "阿明")).unwrap();
    assert_eq!(done.rows.len(), 1, "nobody else hears of it");
    assert_eq!(relay.wish(alice, remark("bob", "阿明")).unwrap().rows, []);
    assert_eq!(relay.refusal(alice, remark("nobody", "x")), NackCode::Unknown);
    let list = relay.entries(bob, Behind::Friend(None), true, 10);
    assert_eq!(listed(&list), ["Friend alice in None as "]);
}

#[test]
fn the_whole_list_comes_in_pages_of_any_size() {
    let (mut relay, alice) = alice_and_friends(&["bob", "carl"]);
    for name in ["dora", "erik", "finn", "gina"] {
        let from = relay.account(name);
        match name {
            "dora" => drop(relay.chat(from, "alice").unwrap()),
            "gina" => drop(relay.wish(alice, Wish::Request { other: name.into(), note: "n".into() })),
            _ => drop(relay.wish(from, Wish::Request { other: "alice".into(), note: "n".into() })),
        }
    }
    for wish in [add("z"), add("a"), put("bob", "z"), Wish::Block { other: "finn".into() }] {
        relay.wish(alice, wish).unwrap();
    }
    let whole = relay.entries(alice, Behind::Group(None), true, 100);
    assert_eq!(
        listed(&whole),
        [
            "group a",
            "group z",
            "Friend bob in Some(\"z\") as ",
            "Friend carl in None as ",
            "Stranger dora in None as ",
            "blocked finn",
            "request gina own: n",
            "request erik theirs: n",
            "request finn theirs: n",
        ]
    );
    for count in 1..=9 {
        let mut paged = Vec::new();
        for _ in 0..=whole.len() {
            let behind = paged.last().map_or(Behind::Group(None), Entry::behind);
            let page = relay.entries(alice, behind, true, count);
            let end = page.len() < count as usize;
            paged.extend(page);
            if end {
                break;
            }
        }
        assert_eq!(paged, whole, "{count}");
    }
    let seed = relay.entries(alice, Behind::Friend(None), false, 100);
    assert_eq!(seed, whole[2..5]);
}
