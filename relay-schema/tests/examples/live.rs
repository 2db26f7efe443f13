//! The frozen examples of what is live: marks, typing, history, calls.

use relay_schema::*;

use super::{DEVICE, id, some};

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
