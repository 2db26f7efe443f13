//! The frozen examples of friends and groups.

use relay_schema::*;

use super::{TS, id, some};

/// Friends and groups.
pub(super) fn friend() -> Vec<(&'static str, Stanza)> {
    vec![
        (
            "<msg><type>friend_request</type><friendaccount>10002</friendaccount><note>我是小红</note>\
             <id>f2</id></msg>",
            FriendRequest {
                friendaccount: "10002".into(),
                note: some("我是小红"),
                id: Some(id("f2")),
                ..FriendRequest::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend_request</type><friendaccount>10002</friendaccount><note></note>\
             <myaccount>10001</myaccount><name>小红</name><picture></picture><seq>44</seq>\
             <ts>2026-01-02T03:04:05.678Z</ts></msg>",
            FriendRequest {
                friendaccount: "10002".into(),
                note: some(""),
                myaccount: some("10001"),
                name: some("小红"),
                picture: some(""),
                seq: Some(44),
                ts: some(TS),
                ..FriendRequest::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend_answer</type><friendaccount>10001</friendaccount><state>1</state>\
             <id>f3</id></msg>",
            FriendAnswer {
                friendaccount: "10001".into(),
                state: 1,
                id: Some(id("f3")),
                ..FriendAnswer::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend_answer</type><friendaccount>10001</friendaccount><state>0</state>\
             <myaccount>10002</myaccount><seq>44</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>",
            FriendAnswer {
                friendaccount: "10001".into(),
                state: 0,
                myaccount: some("10002"),
                seq: Some(44),
                ts: some(TS),
                ..FriendAnswer::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend_remove</type><friendaccount>10002</friendaccount><seq>43</seq>\
             <ts>2026-01-02T03:04:05.678Z</ts></msg>",
            FriendRemove {
                friendaccount: "10002".into(),
                seq: Some(43),
                ts: some(TS),
                ..FriendRemove::default()
            }
            .into(),
        ),
        (
            "<msg><type>friend_move</type><friendaccount>10002</friendaccount><group>同学</group>\
             <id>f4</id></msg>",
            FriendMove { friendaccount: "10002".into(), group: "同学".into(), id: id("f4") }.into(),
        ),
        (
            "<msg><type>friend_rename</type><friendaccount>10002</friendaccount><remark>阿明</remark>\
             <id>f5</id></msg>",
            FriendRename { friendaccount: "10002".into(), remark: "阿明".into(), id: id("f5") }.into(),
        ),
        (
            "<msg><type>friend_rename</type><friendaccount>10002</friendaccount><remark></remark>\
             <id>f5</id></msg>",
            FriendRename { friendaccount: "10002".into(), remark: String::new(), id: id("f5") }.into(),
        ),
        (
            "<msg><type>block</type><friendaccount>10004</friendaccount><id>f6</id></msg>",
            Block { friendaccount: "10004".into(), id: id("f6") }.into(),
        ),
        (
            "<msg><type>unblock</type><friendaccount>10004</friendaccount><id>f7</id></msg>",
            Unblock { friendaccount: "10004".into(), id: id("f7") }.into(),
        ),
        (
            "<msg><type>blocked</type><friendaccount>10004</friendaccount><state>1</state>\
             <seq>44</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>",
            Blocked { friendaccount: "10004".into(), state: 1, seq: Some(44), ts: some(TS) }.into(),
        ),
        (
            "<msg><type>blocked</type><friendaccount>10004</friendaccount><state>0</state></msg>",
            Blocked { friendaccount: "10004".into(), state: 0, ..Blocked::default() }.into(),
        ),
        (
            "<msg><type>group</type><group>同学</group><seq>44</seq><ts>2026-01-02T03:04:05.678Z</ts>\
             </msg>",
            Group { group: "同学".into(), seq: Some(44), ts: some(TS) }.into(),
        ),
        (
            "<msg><type>group_add</type><group>同学</group><id>g1</id></msg>",
            GroupAdd { group: "同学".into(), id: id("g1") }.into(),
        ),
        (
            "<msg><type>group_rename</type><group>同学</group><new>老同学</new><id>g2</id></msg>",
            GroupRename {
                group: "同学".into(),
                new: "老同学".into(),
                id: Some(id("g2")),
                ..GroupRename::default()
            }
            .into(),
        ),
        (
            "<msg><type>group_rename</type><group>同学</group><new>老同学</new><seq>44</seq>\
             <ts>2026-01-02T03:04:05.678Z</ts></msg>",
            GroupRename {
                group: "同学".into(),
                new: "老同学".into(),
                seq: Some(44),
                ts: some(TS),
                ..GroupRename::default()
            }
            .into(),
        ),
        (
            "<msg><type>group_remove</type><group>同学</group><id>g3</id></msg>",
            GroupRemove { group: "同学".into(), id: Some(id("g3")), ..GroupRemove::default() }.into(),
        ),
        (
            "<msg><type>group_remove</type><group>同学</group><seq>44</seq>\
             <ts>2026-01-02T03:04:05.678Z</ts></msg>",
            GroupRemove { group: "同学".into(), seq: Some(44), ts: some(TS), ..GroupRemove::default() }
                .into(),
        ),
    ]
}
