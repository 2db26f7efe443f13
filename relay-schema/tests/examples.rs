//! Every stanza has a frozen example: it is read as this value and written back as these bytes, today and for ever.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use relay_schema::{
    Ack, Body, Chat, Delivered, Direction, ErrorCode, ErrorStanza, Friend, FriendRemove, Gap, Id, Line,
    ListEnd, Login, LoginReason, LoginResponse, Logout, Nack, NackCode, Notice, Ping, Pong, RVidio, Recv,
    Row, Secret, Shake, Stanza, Stranger, TYPES, User, Vidio,
};

#[path = "examples/more.rs"]
mod more;

const TS: &str = "2026-01-02T03:04:05.678Z";
const DEVICE: &str = "0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e";

fn id(text: &str) -> Id {
    Id::new(text).expect("the examples have valid ids")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The seed dialect, as in the vectors.
fn seed() -> Vec<(&'static str, Stanza)> {
    vec![
        (
            "<msg><type>login</type><account>10001</account><pwd>红豆&amp;绿豆</pwd></msg>",
            Login {
                account: "10001".into(), pwd: Some(Secret::new("红豆&绿豆".into())), ..Login::default()
            }
            .into(),
        ),
        (
            "<msg><type>login_response</type><state>1</state></msg>",
            LoginResponse { state: 1, ..LoginResponse::default() }.into(),
        ),
        (
            "<msg><type>login_response</type><state>0</state><reason>throttled</reason><retry>6000</retry></msg>",
            LoginResponse {
                reason: Some(LoginReason::Throttled),
                retry: Some(6000),
                ..LoginResponse::default()
            }
            .into(),
        ),
        (
            "<msg><type>user</type><name>小红</name><account>10001</account><picture></picture></msg>",
            User {
                name: "小红".into(),
                account: "10001".into(),
                picture: String::new(),
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend</type><name>小明</name><account>10002</account><picture></picture></msg>",
            Friend { name: "小明".into(), account: "10002".into(), ..Friend::default() }.into(),
        ),
        (
            "<msg><type>stranger</type><name>小刚</name><account>10003</account><picture></picture></msg>",
            Stranger { name: "小刚".into(), account: "10003".into(), ..Stranger::default() }.into(),
        ),
        (
            "<msg><type>chat</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount>\
             <content>在吗? 1 &lt; 2 &amp;&amp; \"ok\" 👋</content></msg>",
            Chat {
                myaccount: "10001".into(),
                friendaccount: "10002".into(),
                content: "在吗? 1 < 2 && \"ok\" 👋".into(),
                ..Chat::default()
            }
            .into(),
        ),
        (
            "<msg><type>line</type><state>-1</state><friendaccount>10002</friendaccount></msg>",
            Line { state: -1, friendaccount: some("10002"), ..Line::default() }.into(),
        ),
        (
            "<msg><type>shake</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount></msg>",
            Shake { myaccount: "10001".into(), friendaccount: "10002".into(), id: None }.into(),
        ),
        (
            "<msg><type>vidio</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount>\
             <session>127.0.0.1,40001</session></msg>",
            Vidio {
                myaccount: "10001".into(),
                friendaccount: "10002".into(),
                session: "127.0.0.1,40001".into(),
                id: None,
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>r_vidio</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount>\
             <session>127.0.0.1,40002</session></msg>",
            RVidio {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                session: "127.0.0.1,40002".into(),
                id: None,
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>error</type><code>not-your-account</code></msg>",
            ErrorStanza { code: ErrorCode::NotYourAccount, ..ErrorStanza::default() }.into(),
        ),
    ]
}

/// The seed dialect's stanzas with every child of the full dialect.
fn extended() -> Vec<(&'static str, Stanza)> {
    vec![
        (
            "<msg><type>login</type><account>10001</account><id>q1</id><v>1</v><feature>read</feature>\
             <feature>calls</feature><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><client>qqd/0.1.0</client>\
             <resume>41</resume><epoch>e5</epoch><token>t0k</token></msg>",
            Login {
                account: "10001".into(),
                pwd: None,
                id: Some(id("q1")),
                v: Some(1),
                feature: vec!["read".into(), "calls".into()],
                device: some(DEVICE),
                client: some("qqd/0.1.0"),
                resume: Some(41),
                epoch: some("e5"),
                token: Some(Secret::new("t0k".into())),
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>login_response</type><state>1</state><id>q1</id><v>1</v><feature>read</feature>\
             <device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><token>t1k</token><epoch>e5</epoch><seq>50</seq>\
             <from>41</from></msg>",
            LoginResponse {
                state: 1,
                reason: None,
                retry: None,
                id: Some(id("q1")),
                v: Some(1),
                feature: vec!["read".into()],
                device: some(DEVICE),
                token: Some(Secret::new("t1k".into())),
                epoch: some("e5"),
                seq: Some(50),
                from: Some(41),
            }
            .into(),
        ),
        (
            "<msg><type>friend</type><name>小明</name><account>10002</account><picture>ab12</picture>\
             <group>friend</group><remark>Ming</remark><note></note><seq>42</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>",
            Friend {
                name: "小明".into(),
                account: "10002".into(),
                picture: "ab12".into(),
                group: some("friend"),
                remark: some("Ming"),
                note: some(""),
                seq: Some(42),
                ts: some(TS),
            }
            .into(),
        ),
        (
            "<msg><type>stranger</type><name></name><account>10003</account><picture></picture>\
             <group>stranger</group><remark></remark><note>hi</note><seq>43</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>",
            Stranger {
                name: String::new(),
                account: "10003".into(),
                picture: String::new(),
                group: some("stranger"),
                remark: some(""),
                note: some("hi"),
                seq: Some(43),
                ts: some(TS),
            }
            .into(),
        ),
        (
            "<msg><type>chat</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><content>x</content>\
             <id>m1</id><kind>text</kind><re>m0</re><body>AAH/</body><require>online</require><seq>42</seq>\
             <conv>c7</conv><cseq>9</cseq><ts>2026-01-02T03:04:05.678Z</ts></msg>",
            Chat {
                myaccount: "10001".into(),
                friendaccount: "10002".into(),
                content: "x".into(),
                id: Some(id("m1")),
                kind: some("text"),
                re: Some(id("m0")),
                body: Some(Body(vec![0, 1, 255])),
                require: some("online"),
                seq: Some(42),
                conv: some("c7"),
                cseq: Some(9),
                ts: some(TS),
            }
            .into(),
        ),
        (
            "<msg><type>line</type><state>2</state><note>lunch</note></msg>",
            Line { state: 2, note: some("lunch"), ..Line::default() }.into(),
        ),
        (
            "<msg><type>line</type><state>-1</state><friendaccount>10002</friendaccount><note></note><id>m1</id></msg>",
            Line { state: -1, friendaccount: some("10002"), note: some(""), id: Some(id("m1")) }.into(),
        ),
        (
            "<msg><type>shake</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><id>s1</id></msg>",
            Shake { myaccount: "10001".into(), friendaccount: "10002".into(), id: Some(id("s1")) }.into(),
        ),
        (
            "<msg><type>vidio</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount>\
             <session>0.0.0.0,0</session><id>v1</id></msg>",
            Vidio {
                myaccount: "10001".into(),
                friendaccount: "10002".into(),
                session: "0.0.0.0,0".into(),
                id: Some(id("v1")),
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>r_vidio</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount>\
             <session>0.0.0.0,0</session><id>v2</id></msg>",
            RVidio {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                session: "0.0.0.0,0".into(),
                id: Some(id("v2")),
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>error</type><code>bad-field</code>\
             <text>&lt;content&gt; of chat is missing; it is required</text><id>m1</id></msg>",
            ErrorStanza {
                code: ErrorCode::BadField,
                text: "<content> of chat is missing; it is required".into(),
                id: Some(id("m1")),
            }
            .into(),
        ),
    ]
}

/// The types of the full dialect.
fn full() -> Vec<(&'static str, Stanza)> {
    vec![
        ("<msg><type>logout</type><id>q7</id></msg>", Logout { id: Some(id("q7")) }.into()),
        (
            "<msg><type>ack</type><id>m1</id><seq>42</seq><conv>c7</conv><cseq>9</cseq>\
             <ts>2026-01-02T03:04:05.678Z</ts></msg>",
            Ack {
                id: id("m1"),
                seq: Some(42),
                conv: some("c7"),
                cseq: Some(9),
                ts: some(TS),
                ..Default::default()
            }
            .into(),
        ),
        ("<msg><type>ack</type><id>s1</id></msg>", Ack { id: id("s1"), ..Ack::default() }.into()),
        (
            "<msg><type>nack</type><id>m1</id><code>rate</code><retry>2000</retry></msg>",
            Nack { id: id("m1"), code: NackCode::Rate, retry: Some(2000) }.into(),
        ),
        (
            "<msg><type>nack</type><id>m1</id><code>stale-epoch</code></msg>",
            Nack { id: id("m1"), code: NackCode::Other("stale-epoch".into()), retry: None }.into(),
        ),
        ("<msg><type>recv</type><seq>42</seq></msg>", Recv { seq: 42 }.into()),
        (
            "<msg><type>delivered</type><conv>c7</conv><cseq>9</cseq><account>10002</account></msg>",
            Delivered { conv: "c7".into(), cseq: 9, account: some("10002") }.into(),
        ),
        ("<msg><type>ping</type><id>p3</id></msg>", Ping { id: id("p3") }.into()),
        ("<msg><type>pong</type><id>p3</id></msg>", Pong { id: id("p3") }.into()),
        (
            "<msg><type>friend_remove</type><friendaccount>10002</friendaccount><id>f1</id></msg>",
            FriendRemove {
                friendaccount: "10002".into(),
                id: Some(id("f1")),
                seq: None,
                ..Default::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend_remove</type><friendaccount>10002</friendaccount><seq>43</seq></msg>",
            FriendRemove { friendaccount: "10002".into(), id: None, seq: Some(43), ..Default::default() }
                .into(),
        ),
        ("<msg><type>list_end</type><seq>42</seq></msg>", ListEnd { seq: 42 }.into()),
        ("<msg><type>gap</type><from>1</from><to>40</to></msg>", Gap { from: 1, to: 40 }.into()),
        (
            "<msg><type>notice</type><code>token-reused</code><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <text>An old token of this device was used.</text></msg>",
            Notice {
                code: "token-reused".into(),
                device: some(DEVICE),
                text: "An old token of this device was used.".into(),
            }
            .into(),
        ),
    ]
}

fn examples() -> Vec<(&'static str, Stanza)> {
    [seed(), extended(), full(), more::account(), more::friend(), more::live()].concat()
}

#[test]
fn every_frozen_example_is_read_as_its_value_and_written_back_identically() {
    for (xml, value) in examples() {
        assert_eq!(Stanza::parse(xml.as_bytes()).as_ref(), Ok(&value), "{xml}");
        assert_eq!(value.to_xml(), xml);
        assert!(xml.contains(&format!("<type>{}</type>", value.word())));
    }
}

#[test]
fn every_type_and_every_child_stands_in_an_example_in_the_tables_order() {
    let examples = examples();
    for row in TYPES {
        let mut seen = BTreeSet::new();
        for (xml, _) in examples.iter().filter(|(_, value)| value.word() == row.word) {
            let at = |field: &&str| xml.find(&format!("<{field}>"));
            let places: Vec<usize> = row.fields.iter().filter_map(at).collect();
            assert!(places.is_sorted(), "{xml}");
            seen.extend(row.fields.iter().filter(|field| at(field).is_some()));
        }
        assert_eq!(seen, row.fields.iter().collect(), "{}", row.word);
    }
}

#[test]
fn every_type_shows_an_example_in_the_docs_that_reads_and_writes_back() {
    let rooms =
        ["account", "call", "chat", "device", "friend", "group", "link", "presence", "profile", "shake"];
    let read = |room| fs::read_to_string(format!("{}/src/{room}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let source: String = rooms.into_iter().map(read).collect();
    let shown: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// "))
        .filter(|line| line.starts_with("<msg>"))
        .collect();
    let words = shown.iter().map(|xml| Stanza::parse(xml.as_bytes()).unwrap().word());
    assert_eq!(words.clone().collect::<BTreeSet<_>>(), TYPES.iter().map(|row| row.word).collect());
    assert_eq!(words.count(), TYPES.len());
    for xml in shown {
        assert_eq!(Stanza::parse(xml.as_bytes()).unwrap().to_xml(), xml);
    }
}

#[test]
fn id_and_seq_are_found_whatever_the_type() {
    for (xml, value) in examples() {
        let id = xml.split_once("<id>").map(|(_, rest)| rest.split_once('<').unwrap().0);
        assert_eq!(value.id().map(Id::as_str), id, "{xml}");
        let about = ["login_response", "ack", "recv", "list_end"].contains(&value.word());
        assert_eq!(value.seq().is_some(), !about && xml.contains("<seq>"), "{xml}");
    }
}

#[test]
fn the_table_says_who_may_send_a_type_and_in_which_dialect() {
    let words = |direction| TYPES.iter().filter(move |row| row.direction == direction).map(|row| row.word);
    let up = "login register passwd account_remove logout device_list device_revoke device_link picture_put picture_get \
              friend_move friend_rename block unblock group_add recv history";
    assert!(words(Direction::Up).eq(up.split_whitespace()));
    let down = "login_response user friend stranger error register_response notice device picture blocked list_end group \
                gap ack nack";
    assert!(words(Direction::Down).eq(down.split_whitespace()));
    let heritage: Vec<&str> = TYPES.iter().filter(|row| row.heritage).map(|row| row.word).collect();
    let seed = [
        "login",
        "login_response",
        "user",
        "friend",
        "stranger",
        "chat",
        "line",
        "shake",
        "vidio",
        "r_vidio",
        "error",
    ];
    assert_eq!(heritage, seed);
    assert_eq!(Row::of("chat").unwrap().fields[..3], ["myaccount", "friendaccount", "content"]);
    assert_eq!(Row::of("video"), None);
}

#[test]
fn every_line_of_the_seed_vectors_reads_and_writes_back() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/seed-session.txt");
    let session = fs::read_to_string(path).unwrap();
    let mut count = 0;
    for line in session.lines().filter(|line| !line.is_empty()) {
        let (_, xml) = line.split_once(' ').unwrap();
        assert_eq!(Stanza::parse(xml.as_bytes()).unwrap().to_xml(), xml);
        count += 1;
    }
    assert_eq!(count, 40);
}
