//! The frozen examples of the full dialect's second half: accounts and devices, friends and groups, what is live.

use relay_schema::*;

use super::{DEVICE, TS, id, some};

/// Accounts, devices, profiles.
pub(super) fn account() -> Vec<(&'static str, Stanza)> {
    vec![
        (
            "<msg><type>login</type><account>10001</account><id>q1</id><v>1</v>\
             <device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><code>10001.7k3m9q</code></msg>",
            Login {
                account: "10001".into(),
                id: Some(id("q1")),
                v: Some(1),
                device: some(DEVICE),
                code: Some(Secret::new("10001.7k3m9q".into())),
                ..Login::default()
            }
            .into(),
        ),
        (
            "<msg><type>login</type><account>10001</account><pwd>p1</pwd><v>1</v>\
             <device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><state>2</state><note></note></msg>",
            Login {
                account: "10001".into(),
                pwd: Some(Secret::new("p1".into())),
                v: Some(1),
                device: some(DEVICE),
                state: Some(2),
                note: some(""),
                ..Login::default()
            }
            .into(),
        ),
        (
            "<msg><type>user</type><name>小红</name><account>10001</account><picture></picture>\
             <note>在线</note></msg>",
            User {
                name: "小红".into(), account: "10001".into(), picture: String::new(), note: some("在线")
            }
            .into(),
        ),
        (
            "<msg><type>register</type><account>alice</account><name>Alice</name><pwd>p2</pwd>\
             <invite>7k3m9q</invite><id>r1</id></msg>",
            Register {
                account: some("alice"),
                name: some("Alice"),
                pwd: Secret::new("p2".into()),
                invite: Some(Secret::new("7k3m9q".into())),
                id: id("r1"),
            }
            .into(),
        ),
        (
            "<msg><type>register</type><pwd>p2</pwd><invite>7k3m9q</invite><id>r1</id></msg>",
            Register {
                pwd: Secret::new("p2".into()),
                invite: Some(Secret::new("7k3m9q".into())),
                id: id("r1"),
                ..Register::default()
            }
            .into(),
        ),
        (
            "<msg><type>register_response</type><state>1</state><id>r1</id><account>alice</account>\
             </msg>",
            RegisterResponse {
                state: 1,
                id: Some(id("r1")),
                account: some("alice"),
                ..RegisterResponse::default()
            }
            .into(),
        ),
        (
            "<msg><type>register_response</type><state>0</state><reason>throttled</reason>\
             <retry>6000</retry><id>r1</id></msg>",
            RegisterResponse {
                state: 0,
                reason: Some(RegisterReason::Throttled),
                retry: Some(6000),
                id: Some(id("r1")),
                ..RegisterResponse::default()
            }
            .into(),
        ),
        (
            "<msg><type>register_response</type><state>0</state><reason>used-up</reason><id>r1</id></msg>",
            RegisterResponse {
                state: 0,
                reason: Some(RegisterReason::UsedUp),
                id: Some(id("r1")),
                ..RegisterResponse::default()
            }
            .into(),
        ),
        (
            "<msg><type>passwd</type><pwd>p2</pwd><new>p3</new><id>p1</id></msg>",
            Passwd { pwd: Secret::new("p2".into()), new: Secret::new("p3".into()), id: id("p1") }.into(),
        ),
        (
            "<msg><type>account_remove</type><pwd>p2</pwd><id>p2</id></msg>",
            AccountRemove { pwd: Secret::new("p2".into()), id: id("p2") }.into(),
        ),
        ("<msg><type>device_list</type><id>d1</id></msg>", DeviceList { id: id("d1") }.into()),
        (
            "<msg><type>device</type><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <client>qqd/0.1.0</client><ts>2026-01-02T03:04:05.678Z</ts><state>1</state><id>d1</id>\
             </msg>",
            Device {
                device: DEVICE.into(),
                client: "qqd/0.1.0".into(),
                ts: TS.into(),
                state: 1,
                id: id("d1"),
            }
            .into(),
        ),
        (
            "<msg><type>device_revoke</type><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <id>d2</id></msg>",
            DeviceRevoke { device: DEVICE.into(), id: id("d2") }.into(),
        ),
        ("<msg><type>device_link</type><id>d3</id></msg>", DeviceLink { id: id("d3") }.into()),
        (
            "<msg><type>ack</type><id>d3</id><code>10001.7k3m9q</code>\
             <expires>2026-01-02T03:04:05.678Z</expires></msg>",
            Ack {
                id: id("d3"),
                code: Some(Secret::new("10001.7k3m9q".into())),
                expires: some(TS),
                ..Ack::default()
            }
            .into(),
        ),
        (
            "<msg><type>ack</type><id>h1</id><conv>c7</conv><more>1</more></msg>",
            Ack { id: id("h1"), conv: some("c7"), more: Some(1), ..Ack::default() }.into(),
        ),
        (
            "<msg><type>profile</type><name>小红</name><picture></picture><note>在线</note><id>i0</id>\
             </msg>",
            Profile {
                name: some("小红"),
                picture: some(""),
                note: some("在线"),
                id: Some(id("i0")),
                ..Profile::default()
            }
            .into(),
        ),
        (
            "<msg><type>profile</type><name>小红</name><picture>ab12</picture><note></note>\
             <seq>44</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>",
            Profile {
                name: some("小红"),
                picture: some("ab12"),
                note: some(""),
                seq: Some(44),
                ts: some(TS),
                ..Profile::default()
            }
            .into(),
        ),
        (
            "<msg><type>picture_put</type><body>AAH/</body><id>i1</id></msg>",
            PicturePut { body: Body(vec![0, 1, 255]), id: id("i1") }.into(),
        ),
        (
            "<msg><type>picture_get</type><picture>ab12</picture><id>i2</id></msg>",
            PictureGet { picture: "ab12".into(), id: id("i2") }.into(),
        ),
        (
            "<msg><type>picture</type><picture>ab12</picture><body>AAH/</body><id>i2</id></msg>",
            Picture { picture: "ab12".into(), body: Body(vec![0, 1, 255]), id: id("i2") }.into(),
        ),
    ]
}

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

/// Marks, typing, history, calls.
pub(super) fn live() -> Vec<(&'static str, Stanza)> {
    vec![
        (
            "<msg><type>read</type><conv>c7</conv><cseq>9</cseq></msg>",
            Read { conv: "c7".into(), cseq: 9, ..Read::default() }.into(),
        ),
        (
            "<msg><type>read</type><conv>c7</conv><cseq>9</cseq><account>10002</account></msg>",
            Read { conv: "c7".into(), cseq: 9, account: some("10002") }.into(),
        ),
        (
            "<msg><type>typing</type><friendaccount>10002</friendaccount><state>1</state></msg>",
            Typing { friendaccount: "10002".into(), state: 1 }.into(),
        ),
        (
            "<msg><type>history</type><friendaccount>10002</friendaccount><before>120</before>\
             <count>50</count><id>h1</id></msg>",
            History {
                friendaccount: some("10002"),
                before: Some(120),
                count: Some(50),
                id: id("h1"),
                ..History::default()
            }
            .into(),
        ),
        (
            "<msg><type>history</type><conv>c7</conv><id>h2</id></msg>",
            History { conv: some("c7"), id: id("h2"), ..History::default() }.into(),
        ),
        (
            "<msg><type>vidio</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount>\
             <session>0.0.0.0,0</session><id>v1</id><call>k1</call><media>video</media>\
             <offer>o</offer><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <to_device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</to_device></msg>",
            Vidio {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                session: "0.0.0.0,0".into(),
                id: Some(id("v1")),
                call: Some(id("k1")),
                media: some("video"),
                offer: some("o"),
                device: some(DEVICE),
                to_device: some(DEVICE),
            }
            .into(),
        ),
        (
            "<msg><type>r_vidio</type><myaccount>10002</myaccount>\
             <friendaccount>10001</friendaccount><session>0.0.0.0,0</session><id>v2</id>\
             <call>k1</call><media>audio</media><answer>a</answer>\
             <device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <to_device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</to_device></msg>",
            RVidio {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                session: "0.0.0.0,0".into(),
                id: Some(id("v2")),
                call: Some(id("k1")),
                media: some("audio"),
                answer: some("a"),
                device: some(DEVICE),
                to_device: some(DEVICE),
            }
            .into(),
        ),
        (
            "<msg><type>call_ringing</type><myaccount>10002</myaccount>\
             <friendaccount>10001</friendaccount><call>k1</call><id>v3</id>\
             <device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <to_device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</to_device></msg>",
            CallRinging {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                call: id("k1"),
                id: Some(id("v3")),
                device: some(DEVICE),
                to_device: some(DEVICE),
            }
            .into(),
        ),
        (
            "<msg><type>call_candidate</type><myaccount>10002</myaccount>\
             <friendaccount>10001</friendaccount><call>k1</call>\
             <candidate>1 1 udp 2130706431 127.0.0.1 40001 typ host</candidate><id>v4</id>\
             <device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <to_device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</to_device></msg>",
            CallCandidate {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                call: id("k1"),
                candidate: "1 1 udp 2130706431 127.0.0.1 40001 typ host".into(),
                id: Some(id("v4")),
                device: some(DEVICE),
                to_device: some(DEVICE),
            }
            .into(),
        ),
        (
            "<msg><type>call_end</type><myaccount>10002</myaccount>\
             <friendaccount>10001</friendaccount><call>k1</call><reason>answered-elsewhere</reason>\
             <id>v5</id><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device>\
             <to_device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</to_device></msg>",
            CallEnd {
                myaccount: "10002".into(),
                friendaccount: "10001".into(),
                call: id("k1"),
                reason: CallReason::AnsweredElsewhere,
                id: Some(id("v5")),
                device: some(DEVICE),
                to_device: some(DEVICE),
            }
            .into(),
        ),
    ]
}
