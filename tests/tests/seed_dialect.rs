//! A client that knows only the seed dialect, against the real relay with a freshly made database.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use qiaoqiao_tests::person::text;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;

fn relay_of_the_vectors() -> Relay {
    let relay = Relay::start();
    relay.account("10001", "小红", "红豆&绿豆");
    relay.account("10002", "小明", "p2");
    relay.account("10003", "小刚", "p3");
    relay.friends("10001", "10002");
    relay
}

#[test]
fn a_script_of_thirty_lines_plays_the_vectors_over_raw_tcp() {
    let relay = relay_of_the_vectors();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (host, port) = relay.plain.rsplit_once(':').unwrap();
    let vectors = File::open(here.join("vectors/seed-session.txt")).unwrap();
    let out = Command::new(here.join("seed-script")).args([host, port]).stdin(vectors).output().unwrap();
    assert!(out.status.success(), "{}{}", text(&out.stdout), text(&out.stderr));
    assert_eq!(text(&out.stdout), "all 40 lines played\n");
}

#[test]
fn a_kept_message_is_delivered_once_and_not_again_at_the_next_login() {
    let relay = relay_of_the_vectors();
    let mut red = Raw::seed(&relay.plain, "10001", "红豆&amp;绿豆");
    red.hears("<type>user</type>");
    red.hears("<type>friend</type>");
    red.say("<msg><type>chat</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><content>kept</content></msg>");
    red.hears("<type>line</type><state>-1</state>");

    let mut ming = Raw::seed(&relay.plain, "10002", "p2");
    ming.hears("<type>user</type>");
    ming.hears("<type>friend</type>");
    ming.hears("<content>kept</content>");
    // The kernel has it: the relay may move the cursor. A ping is answered only after everything before it.
    drop(ming);

    let mut again = Raw::seed(&relay.plain, "10002", "p2");
    again.hears("<type>user</type>");
    again.hears("<type>friend</type>");
    again.say("<msg><type>ping</type><id>p1</id></msg>");
    again.hears("<type>pong</type>");
}
