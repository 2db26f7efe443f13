//! The frozen examples of the seed dialect, and of its stanzas with all that the full dialect adds to them.

use relay_schema::*;

use super::{DEVICE, TS, id, some};

/// The seed dialect, as in the vectors.
pub(super) fn plain() -> Vec<(&'static str, Stanza)> {
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
pub(super) fn extended() -> Vec<(&'static str, Stanza)> {
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
