//! The frozen examples of accounts, devices and profiles.

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
