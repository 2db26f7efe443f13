//! Profiles and avatars.

use super::*;

fn profile(name: Option<&str>, picture: Option<&str>, note: Option<&str>) -> Wish {
    let own = |text: Option<&str>| text.map(str::to_owned);
    Wish::Profile { name: own(name), picture: own(picture), note: own(note) }
}

fn picture(hash: &str) -> Wish {
    Wish::Picture(Picture { hash: hash.into(), body: hash.as_bytes().to_vec() })
}

fn get(relay: &mut Relay, account: AccountId, hash: &str) -> bool {
    match relay.ask(Op::Picture { account, hash: hash.into() }) {
        Done::Picture(found) => {
            assert!(found.as_ref().is_none_or(|body| body == hash.as_bytes()));
            found.is_some()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_profile_is_told_to_everybody_in_whose_list_one_is() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let (bob, carl) = (relay.account("bob"), relay.account("carl"));
    relay.account("dora");
    relay.befriend("alice", "bob");
    relay.chat(alice, "carl").unwrap();
    let done = relay.wish(alice, profile(Some("小红"), None, Some("在线"))).unwrap();
    let told: Vec<_> = done.rows.iter().map(|(account, _)| *account).collect();
    assert_eq!(told, [alice, bob, carl]);
    assert_eq!(said(&relay.rows(alice, 2)), ["3 profile 小红||在线"]);
    for (owner, kind) in [(bob, FriendKind::Friend), (carl, FriendKind::Stranger)] {
        let rows = relay.rows(owner, 0);
        let Some(Item::Friend(entry)) = rows.last().map(|row| &row.item) else { panic!("{rows:?}") };
        assert_eq!((entry.kind, entry.name.as_str(), entry.note.as_str()), (kind, "小红", "在线"));
    }
    let found = relay.find("alice").unwrap();
    assert_eq!((found.name.as_str(), found.note.as_str()), ("小红", "在线"));
    // What is left out stays; what is so already is no news.
    assert_eq!(relay.wish(alice, profile(Some("小红"), None, None)).unwrap().rows, []);
    relay.wish(alice, profile(Some(""), None, None)).unwrap();
    assert_eq!(relay.find("alice").unwrap().note, "在线");
}

#[test]
fn a_profile_changes_20_times_an_hour() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for n in 0..20 {
        relay.wish(alice, profile(Some(&format!("n{n}")), None, None)).unwrap();
    }
    let refused = relay.wish(alice, profile(Some("more"), None, None)).unwrap_err();
    assert_eq!(refused, Refused { code: NackCode::Rate, retry_ms: Some(3_600_000) });
    relay.wish(alice, profile(Some("n19"), None, None)).unwrap();
    relay.now += 3_600_000;
    relay.wish(alice, profile(Some("more"), None, None)).unwrap();
}

#[test]
fn an_avatar_must_be_put_by_oneself_before_it_is_shown() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    let put = relay.wish(alice, picture("aa")).unwrap();
    assert_eq!(put, Changed { seq: None, rows: Vec::new() });
    assert_eq!(relay.refusal(bob, profile(None, Some("aa"), None)), NackCode::Unknown);
    relay.wish(alice, profile(None, Some("aa"), None)).unwrap();
    assert_eq!(relay.find("alice").unwrap().picture, "aa");
    relay.wish(alice, profile(None, Some(""), None)).unwrap();
    assert_eq!(relay.find("alice").unwrap().picture, "");
}

#[test]
fn an_avatar_is_for_those_who_are_shown_it() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    let names = ["bob", "carl", "dora", "erik", "finn"];
    let [bob, carl, dora, erik, finn] = names.map(|name| relay.account(name));
    relay.befriend("alice", "bob");
    relay.chat(alice, "carl").unwrap();
    relay.wish(alice, Wish::Request { other: "dora".into(), note: String::new() }).unwrap();
    relay.wish(erik, Wish::Request { other: "alice".into(), note: String::new() }).unwrap();
    relay.wish(alice, picture("aa")).unwrap();
    assert!(get(&mut relay, alice, "aa") && !get(&mut relay, bob, "aa"), "nobody is shown it yet");
    relay.wish(alice, profile(None, Some("aa"), None)).unwrap();
    for account in [alice, bob, carl, dora, erik] {
        assert!(get(&mut relay, account, "aa"), "{account}");
    }
    assert!(!get(&mut relay, finn, "aa") && !get(&mut relay, bob, "bb") && !get(&mut relay, bob, ""));
    // Whoever is blocked still has the old one, and never the new one.
    relay.wish(alice, Wish::Block { other: "bob".into() }).unwrap();
    relay.wish(alice, picture("bb")).unwrap();
    relay.wish(alice, profile(None, Some("bb"), None)).unwrap();
    assert!(get(&mut relay, bob, "aa") && !get(&mut relay, bob, "bb"));
    assert!(get(&mut relay, carl, "bb") && !get(&mut relay, carl, "aa"));
}

#[test]
fn of_what_is_not_shown_the_last_8_are_kept() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.wish(alice, picture("shown")).unwrap();
    relay.wish(alice, profile(None, Some("shown"), None)).unwrap();
    relay.wish(bob, picture("p0")).unwrap();
    for n in 0..10 {
        relay.now += 1;
        relay.wish(alice, picture(&format!("p{n}"))).unwrap();
    }
    // Put again it counts as new.
    relay.now += 1;
    relay.wish(alice, picture("p2")).unwrap();
    relay.now += 1;
    relay.wish(alice, picture("p10")).unwrap();
    let there: Vec<_> =
        ["shown", "p0", "p1", "p2", "p3", "p4", "p10"].map(|hash| get(&mut relay, alice, hash)).into();
    assert_eq!(there, [true, false, false, true, false, true, true]);
    assert!(get(&mut relay, bob, "p0"), "another account has put it, too");
    assert_eq!(relay.sql::<i64>("SELECT count(*) FROM picture"), 10);
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    assert_eq!(relay.sql::<String>("SELECT group_concat(hash) FROM picture"), "p0");
}

#[test]
fn avatars_have_a_rate() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for n in 0..60 {
        relay.wish(alice, picture(&format!("p{n}"))).unwrap();
    }
    assert_eq!(relay.refusal(alice, picture("more")), NackCode::Rate);
    relay.wish(alice, picture("p59")).unwrap();
}

#[test]
fn nothing_of_an_account_that_was_removed_is_left() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for name in ["bob", "carl"] {
        relay.account(name);
        relay.befriend("alice", name);
    }
    for wish in [
        picture("aa"),
        profile(Some("x"), Some("aa"), Some("y")),
        Wish::GroupAdd { group: "g".into() },
        Wish::Move { other: "bob".into(), group: "g".into() },
        Wish::Block { other: "carl".into() },
    ] {
        relay.wish(alice, wish).unwrap();
    }
    relay.admin(AdminOp::AccountRemove { name: "alice".into(), now_ms: NOW }).unwrap();
    for table in ["friend", "friend_group", "block", "request", "stamp", "picture", "picture_owner", "device"]
    {
        assert_eq!(relay.sql::<i64>(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(relay.sql::<String>("SELECT note || picture FROM account WHERE name = 'alice'"), "");
}

#[test]
fn an_avatar_that_only_a_blocked_account_is_shown_is_taken_away_with_its_file() {
    let mut relay = Relay::new();
    let (alice, bob) = (relay.account("alice"), relay.account("bob"));
    relay.befriend("alice", "bob");
    relay.wish(alice, picture("old")).unwrap();
    relay.wish(alice, profile(None, Some("old"), None)).unwrap();
    relay.wish(alice, Wish::Block { other: "bob".into() }).unwrap();
    for n in 0..12 {
        let hash = format!("p{n}");
        relay.wish(alice, picture(&hash)).unwrap();
        relay.wish(alice, profile(None, Some(&hash), None)).unwrap();
        let [Entry::Friend(seen)] = &relay.entries(bob, Behind::Friend(None), true, 1)[..] else { panic!() };
        let seen = seen.picture.clone();
        assert!(["old", ""].contains(&&*seen), "{seen}");
        assert!(seen.is_empty() || get(&mut relay, bob, &seen), "{seen} is shown, but cannot be had");
    }
    assert!(!get(&mut relay, bob, "old"));
}

#[test]
fn whoever_has_written_to_everybody_tells_some_of_them_only() {
    let mut relay = Relay::new();
    let alice = relay.account("alice");
    for n in 0..600 {
        let name = format!("n{n}");
        relay.account(&name);
        relay.chat(alice, &name).unwrap();
    }
    relay.account("bob");
    relay.befriend("alice", "bob");
    let told = relay.wish(alice, profile(Some("New"), None, None)).unwrap();
    assert_eq!(told.rows.len(), 1 + 500 + 1, "oneself, strangers, a friend");
}
