//! Friends with real programs: two devices of Alice, one of Bob, and Carol, whose client knows the seed dialect only. What
//! each of the four sees; `cargo test --test friends -- --nocapture` shows it.

#![allow(clippy::print_stdout, reason = "what everybody sees is shown to whoever asks for it")]

use qiaoqiao_tests::person::{Person, Watch, text};
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use serde_json::{Value, json};

/// A grey pixel.
const PNG: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\x68\x00\x00\x00\x82\x00\x81\x77\xcd\x72\xb6\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// Everybody, and what everybody's screen says from now on.
struct Four {
    relay: Relay,
    phone: Person,
    laptop: Person,
    bob: Person,
    carol: Raw,
    seen: [Watch; 3],
}

fn four() -> Four {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.account("carol", "Carol", "pc");
    relay.friends("alice", "carol");
    let phone = Person::logged_in("alice", "pa", &relay);
    let laptop = Person::logged_in("alice", "pa", &relay);
    let bob = Person::logged_in("bob", "pb", &relay);
    let mut carol = Raw::seed(&relay.plain, "carol", "pc");
    carol.hears("<type>user</type>");
    carol.hears("<account>alice</account>");
    let seen = [phone.watch(), laptop.watch(), bob.watch()];
    Four { relay, phone, laptop, bob, carol, seen }
}

impl Four {
    /// The event that all of these see; the first number is the phone, then the laptop, then Bob.
    fn see(&self, who: &[usize], event: &str, fits: impl Fn(&Value) -> bool) {
        for at in who {
            let name = ["alice's phone ", "alice's laptop", "bob           "][*at];
            let event = self.seen[*at].next(event, &fits);
            println!("  {name} sees {:<16} {}", event["event"].as_str().unwrap_or_default(), event["data"]);
        }
    }

    fn carol_hears(&mut self, part: &str) {
        println!("  carol (seed)   hears {}", self.carol.hears_until(part));
    }

    fn screens(&self) {
        for (name, person) in
            [("alice's phone", &self.phone), ("alice's laptop", &self.laptop), ("bob", &self.bob)]
        {
            println!("\n$ qqctl friends    # {name}\n{}", person.ok(&["friends"]).trim_end());
        }
    }
}

fn does(who: &str, person: &Person, args: &[&str]) {
    let out = person.run(args);
    println!("\n{who}$ qqctl {}    # {}", args.join(" "), text(&out.stderr).trim_end());
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
}

fn exit(person: &Person, args: &[&str]) -> Option<i32> {
    let out = person.run(args);
    println!(
        "\n$ qqctl {}    # exit {:?}: {}",
        args.join(" "),
        out.status.code(),
        text(&out.stderr).trim_end()
    );
    out.status.code()
}

fn is(field: &'static str, wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |data| data[field] == wanted
}

#[test]
fn two_devices_of_alice_bob_and_carol_with_an_old_client_see_what_is_theirs_to_see() {
    let mut four = four();
    does("bob", &four.bob, &["friend", "add", "alice", "-m", "it is me, Bob"]);
    assert_eq!(four.bob.json(&["friends"])["requests"][0]["incoming"], false, "a script sees it at once");
    four.see(&[0, 1, 2], "friend.requested", is("note", "it is me, Bob"));
    let listed = four.laptop.ok(&["friends"]);
    assert!(
        listed.contains("bob (Bob) asks to be friends: it is me, Bob — qqctl friend accept bob"),
        "{listed}"
    );

    does("phone", &four.phone, &["friend", "accept", "bob"]);
    let groups = four.phone.json(&["friends"])["groups"].clone();
    assert_eq!(groups[0]["friends"][0]["account"], "bob", "a script sees it at once: {groups}");
    four.see(&[0, 1, 2], "friend.answered", is("friend", "alice").or(is("friend", "bob")));
    four.see(&[0, 1], "friend.added", is("friend", "bob"));
    four.see(&[2], "friend.added", is("friend", "alice"));

    does("laptop", &four.laptop, &["friend", "rename", "bob", "Bobby"]);
    four.see(&[0, 1], "friend.changed", is("remark", "Bobby"));
    does("phone", &four.phone, &["group", "add", "同学"]);
    four.see(&[0, 1], "group.added", is("group", "同学"));
    does("phone", &four.phone, &["friend", "move", "Bobby", "同学"]);
    four.see(&[0, 1], "friend.changed", is("group", "同学"));

    let picture = four.phone.home().join("me.png");
    std::fs::write(&picture, PNG).expect("a picture");
    let mut change = four.phone.qqctl(&["account", "profile", "--note", "baking", "--picture", "me.png"]);
    let out = change.current_dir(four.phone.home()).output().expect("qqctl starts");
    println!(
        "\nphone$ qqctl account profile --note baking --picture me.png\n{}",
        text(&out.stdout).trim_end()
    );
    assert!(out.status.success(), "{}", text(&out.stderr));
    four.see(&[0, 1], "account.profile", is("note", "baking"));
    four.see(&[2], "friend.changed", |data| data["friend"] == "alice" && data["picture"] != "");
    let hash = four.phone.json(&["account", "profile"])["picture"].as_str().expect("a name").to_owned();
    four.carol_hears(&format!("<picture>{hash}</picture>"));
    let path = four.bob.ok(&["friend", "picture", "alice"]);
    println!("\nbob$ qqctl friend picture alice\n{}", path.trim_end());
    assert_eq!(std::fs::read(path.trim_end()).expect("the file"), PNG);

    chat_read_away_and_invisible(&mut four);
    does("phone", &four.phone, &["friend", "block", "carol"]);
    four.see(&[0, 1], "friend.blocked", is("friend", "carol"));
    four.carol.say("<msg><type>chat</type><myaccount>carol</myaccount><friendaccount>alice</friendaccount><content>hello?</content></msg>");
    println!("  carol (seed)   says  hello? to alice");
    four.carol_hears("<type>line</type><state>-1</state>");
    assert_eq!(four.laptop.json(&["read"])["messages"], json!([]), "nothing of hers arrives");
    four.screens();
    let bobs = four.bob.json(&["friends"]);
    assert!(!bobs.to_string().contains("Bobby") && !bobs.to_string().contains("同学"), "{bobs}");
}

fn chat_read_away_and_invisible(four: &mut Four) {
    does("bob", &four.bob, &["send", "alice", "晚饭?"]);
    four.see(&[0, 1], "chat.received", is("text", "晚饭?"));
    four.see(&[2], "chat.state", is("state", "delivered"));
    does("laptop", &four.laptop, &["read", "bob"]);
    four.see(&[0, 1], "unread.changed", |data| data["total"] == 0);
    four.see(&[2], "chat.read", is("by", "alice"));
    does("laptop", &four.laptop, &["send", "carol", "hello Carol"]);
    four.carol_hears("<content>hello Carol</content>");
    four.see(&[0], "chat.received", is("text", "hello Carol"));

    does("phone", &four.phone, &["presence", "set", "away", "-m", "lunch"]);
    assert_eq!(four.bob.json(&["presence", "show", "alice"])["state"], "online", "the laptop is there");
    does("laptop", &four.laptop, &["presence", "set", "away", "-m", "lunch"]);
    four.see(&[2], "presence.changed", |data| data["friend"] == "alice" && data["state"] == "away");
    does("laptop", &four.laptop, &["presence", "set", "invisible"]);
    four.see(&[2], "presence.changed", |data| data["friend"] == "alice" && data["state"] == "offline");
    four.carol.say("<msg><type>chat</type><myaccount>carol</myaccount><friendaccount>alice</friendaccount><content>there?</content></msg>");
    println!("  carol (seed)   says  there? to alice");
    four.carol_hears("<type>line</type><state>-1</state>");
    four.see(&[0, 1], "chat.received", is("text", "there?"));
    four.phone.ok(&["read"]);
    does("laptop", &four.laptop, &["presence", "set", "online"]);
    does("phone", &four.phone, &["presence", "set", "online"]);
    four.see(&[2], "presence.changed", |data| data["friend"] == "alice" && data["state"] == "online");
}

/// Either of the two.
trait Or: Fn(&Value) -> bool + Sized {
    fn or(self, other: impl Fn(&Value) -> bool) -> impl Fn(&Value) -> bool {
        move |data| self(data) || other(data)
    }
}

impl<F: Fn(&Value) -> bool> Or for F {}

#[test]
fn what_cannot_be_done_ends_with_a_sentence_and_its_exit_code() {
    let mut four = four();
    assert_eq!(exit(&four.bob, &["friend", "add", "nobody"]), Some(7));
    assert_eq!(exit(&four.bob, &["friend", "accept", "alice"]), Some(7));
    assert_eq!(exit(&four.phone, &["friend", "add", "carol"]), Some(11));
    assert_eq!(exit(&four.phone, &["friend", "move", "carol", "none"]), Some(7));
    four.phone.ok(&["group", "add", "team"]);
    assert_eq!(exit(&four.phone, &["group", "add", "team"]), Some(11));
    four.bob.ok(&["friend", "add", "alice"]);
    four.phone.ok(&["friend", "decline", "bob"]);
    assert_eq!(exit(&four.phone, &["friend", "decline", "bob"]), Some(7));
    assert_eq!(exit(&four.phone, &["friend", "accept", "carol"]), Some(11));
    assert_eq!(exit(&four.phone, &["friend", "unblock", "carol"]), Some(7));
    for group in ["My Friends", "我的好友"] {
        let out = four.phone.run(&["friend", "move", "carol", group]);
        assert_eq!(text(&out.stderr).trim_end(), "carol stands in My Friends now.");
    }
    assert_eq!(exit(&four.bob, &["friend", "add", "alice"]), Some(10));
    let big = four.bob.home().join("big.png");
    std::fs::write(&big, [PNG, &[0; 40_000]].concat()).expect("a file");
    assert_eq!(exit(&four.bob, &["account", "profile", "--picture", big.to_str().expect("UTF-8")]), Some(2));
    assert_eq!(exit(&four.bob, &["account", "profile", "--picture", "/nowhere.png"]), Some(7));
    four.relay.kill();
    qiaoqiao_tests::wait::until("the loss is noticed", || {
        (four.bob.json(&["status"])["accounts"][0]["state"] != "online").then_some(())
    });
    assert_eq!(exit(&four.bob, &["friend", "add", "carol"]), Some(6));
}
