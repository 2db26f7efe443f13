//! The frozen examples of what carries the full dialect: answers, marks, pings, the ends of lists.

use relay_schema::*;

use super::{DEVICE, TS, id, some};

/// The types of the full dialect.
pub(super) fn session() -> Vec<(&'static str, Stanza)> {
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
