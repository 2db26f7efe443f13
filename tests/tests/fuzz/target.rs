//! The readers of what others wrote, and what must hold of each whatever it reads.

use ipc_schema::line::{self, FromDaemon, ReplyLine, RequestLine};
use ipc_schema::{Call, EVENTS, Envelope, Event, Request, State};
use qqd::core::picture::Picture;
use relay_schema::qiao::{self, Link};
use relay_schema::{Fault, Framer, LIMIT_AFTER_LOGIN, LIMIT_BEFORE_LOGIN, Stanza};
use relay_server::config::Config;
use serde_json::value::RawValue;

use crate::corpus;

/// A reader.
#[derive(Debug)]
pub struct Target {
    /// The word in `tests/corpus`.
    pub name: &'static str,
    /// Panics where something is wrong.
    pub read: fn(&[u8]),
    /// What its language is made of.
    pub words: &'static [&'static [u8]],
    /// Input that is right.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "stanza",
        read: read_stanzas,
        words: &[
            b"<msg>",
            b"</msg>",
            b"<msg/>",
            b"<",
            b">",
            b"</",
            b"/>",
            b"<a>",
            b"<a/>",
            b"&lt;",
            b"&#13;",
            b"&#x0;",
            b"&",
            b"]]>",
            b"<![CDATA[",
            b"<!DOCTYPE",
            b"<!--",
            b"<?xml",
            b"?>",
            b" a='b'",
            b"<type>",
            b"</type>",
            b"<id>",
            b"<seq>",
            b"<ts>",
            b"<content>",
            b"</content>",
            b"chat",
            b"\r\n",
            b"\xe5\x9c\xa8",
            b"<msg><type>ping</type><id>a</id></msg>",
        ],
        seeds: corpus::stanzas,
    },
    Target { name: "request", read: read_requests, words: JSON, seeds: || corpus::seeds("request") },
    Target { name: "reply", read: read_replies, words: JSON, seeds: reply_seeds },
    Target {
        name: "link",
        read: read_link,
        words: &[
            b"qiao://",
            b"/i/",
            b"/d/",
            b"#",
            b",",
            b":",
            b"[",
            b"]",
            b"[::1]:5290",
            b"a.b",
            b"%00",
            b"\xc3\xa9",
        ],
        seeds: || {
            let seeds = corpus::seeds("link");
            let whole =
                |seed: &Vec<u8>| std::str::from_utf8(seed).is_ok_and(|text| text.parse::<Link>().is_ok());
            assert!(seeds.iter().all(whole), "a seed of the corpus is no link");
            seeds
        },
    },
    Target {
        name: "config",
        read: read_config,
        words: &[
            b" = ",
            b"\"",
            b"'''",
            b"[",
            b"]",
            b"{",
            b"}",
            b"[[a]]\n",
            b"\n",
            b"#",
            b"\\u0007",
            b"true",
            b"inf",
            b"1979-05-27",
            b"\"0s\"",
            b"\"1h\"",
            b"listen",
            b"[::]:0",
        ],
        seeds: || {
            let all = Config::default().print();
            let lines = all.lines().filter(|line| line.contains(" = ")).map(|line| line.as_bytes().to_vec());
            lines.chain([all.clone().into_bytes()]).collect()
        },
    },
    Target {
        name: "picture",
        read: read_picture,
        words: &[b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"IHDR", b"\0\0\0\0"],
        seeds: || vec![b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()],
    },
];

const JSON: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"{\"a\":",
    b":",
    b",",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b"-",
    b"1e999",
    b"\"id\":",
    b"\"method\":",
    b"\"params\":",
    b"\"jsonrpc\":\"2.0\"",
    b"\"account\":",
    b"\"error\":",
    b"\"result\":",
    b"\"data\":",
    b"\"seq\":",
    b"\"event\":",
    b"\n",
    b"\x1b[2J",
    b"\xe2\x80\xae",
];

/// The stanzas and the fault of a connection whose bytes come in pieces of this length.
fn frames(bytes: &[u8], piece: usize, limit: usize) -> (Vec<Vec<u8>>, Option<Fault>) {
    let mut framer = Framer::new(limit);
    let mut frames = Vec::new();
    for mut piece in bytes.chunks(piece) {
        loop {
            match framer.next(&mut piece) {
                Ok(Some(frame)) => frames.push(frame.bytes().to_vec()),
                Ok(None) => break,
                Err(fault) => return (frames, Some(fault)),
            }
        }
        assert!(framer.partial_len() < limit, "it keeps more than it may");
    }
    (frames, None)
}

/// The pieces in which bytes come change nothing; what is read is written, and read again, as the same; a refusal can be
/// said.
fn read_stanzas(bytes: &[u8]) {
    for limit in [LIMIT_BEFORE_LOGIN, LIMIT_AFTER_LOGIN] {
        let whole = frames(bytes, bytes.len().max(1), limit);
        assert_eq!(frames(bytes, 1 + bytes.len() % 7, limit), whole, "the pieces change what is heard");
        for frame in &whole.0 {
            match Stanza::parse(frame) {
                Ok(stanza) => {
                    let xml = stanza.to_xml();
                    assert_eq!(
                        Stanza::parse(xml.as_bytes()),
                        Ok(stanza),
                        "it is written as something else: {xml}"
                    );
                }
                Err(refusal) => {
                    let said = Stanza::from(refusal.to_error()).to_xml();
                    assert!(Stanza::parse(said.as_bytes()).is_ok(), "the refusal is no stanza: {said}");
                }
            }
        }
    }
}

/// A line to the daemon is a call or an error that can be said; a call is written as what it was read from.
fn read_requests(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        let read = match RequestLine::decode(line) {
            Ok(read) => read,
            Err(reply) => {
                read_reply(&reply.encode());
                continue;
            }
        };
        let id = read.id.unwrap_or(line::Id::Null);
        match Call::parse(&read.method, read.params) {
            Err(error) => read_reply(&ReplyLine::error(id, error).encode()),
            Ok(call) => {
                let params = serde_json::value::to_raw_value(&call.request).expect("a call is JSON");
                let again = Request::parse(call.request.name(), Some(&params));
                assert_eq!(again.as_ref(), Ok(&call.request), "it is written as something else: {params}");
            }
        }
    }
}

fn read_reply(line: &[u8]) {
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "a line is one line");
    assert!(
        matches!(FromDaemon::decode(line), Ok(FromDaemon::Reply(_))),
        "{}",
        String::from_utf8_lossy(line)
    );
}

/// A line from the daemon is a reply, an event or an error; an event is passed on as it was, and changes what is known
/// without harm.
fn read_replies(bytes: &[u8]) {
    let mut state = State::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        match FromDaemon::decode(line) {
            Ok(FromDaemon::Reply(reply)) => read_reply(&reply.encode()),
            Ok(FromDaemon::Event(raw)) => {
                let Ok(envelope) = line::read_envelope(&raw) else { continue };
                let text = serde_json::to_string(&envelope).expect("an event is JSON");
                let again: Result<Envelope, _> = serde_json::from_str(&text);
                assert_eq!(again.ok().as_ref(), Some(&envelope), "it is written as something else: {text}");
                state.apply(&envelope);
                serde_json::to_string(&state).expect("what is known is JSON");
            }
            Ok(FromDaemon::Other) | Err(_) => {}
        }
    }
}

/// Each reply's result stands for the data of those events that it fits, too.
fn reply_seeds() -> Vec<Vec<u8>> {
    let mut seeds = corpus::seeds("reply");
    let replies: Vec<ReplyLine> = seeds
        .iter()
        .filter_map(|line| match FromDaemon::decode(line) {
            Ok(FromDaemon::Reply(reply)) => Some(reply),
            Ok(FromDaemon::Event(_) | FromDaemon::Other) | Err(_) => None,
        })
        .collect();
    for data in replies.iter().filter_map(|reply| reply.result.as_ref().ok()) {
        seeds.extend(EVENTS.iter().filter_map(|name| event_line(name, data)));
    }
    seeds
}

fn event_line(name: &str, data: &RawValue) -> Option<Vec<u8>> {
    let envelope = format!(
        r#"{{"v":1,"seq":9,"ts":"2026-01-31T09:30:00.123Z","account":"alice@example.org","event":"{name}","data":{data}}}"#
    );
    let read: Envelope = serde_json::from_str(&envelope).ok()?;
    let known = !matches!(read.event, Event::Unknown { .. });
    known.then(|| format!(r#"{{"jsonrpc":"2.0","method":"event","params":{envelope}}}"#).into_bytes())
}

/// A link is written as what it was read from, and an error holds nothing of it.
fn read_link(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(code) = qiao::canonical(text) {
        assert_eq!(qiao::canonical(&code).as_deref(), Some(code.as_str()));
    }
    if let Ok(link) = text.parse::<Link>() {
        let written = link.to_string();
        assert_eq!(written.parse(), Ok(link), "it is written as something else: {written}");
    }
}

/// A configuration is printed as a file that says the same, and an error is one line without control characters.
fn read_config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Config::parse(text) {
        Err(error) => {
            let error = error.to_string();
            assert!(!error.contains(char::is_control), "{error:?}");
        }
        Ok(config) => {
            let sound = config.check().is_ok();
            let printed = config.print();
            let again = Config::parse(&printed).unwrap_or_else(|error| panic!("{error} in {printed}"));
            assert_eq!(again, config, "it is printed as something else");
            assert_eq!(again.check().is_ok(), sound);
        }
    }
}

/// An avatar has the name of its bytes and a known kind.
fn read_picture(bytes: &[u8]) {
    let Ok(picture) = Picture::new(bytes.to_vec()) else { return };
    assert!(qqd::core::picture::is_hash(picture.hash()));
    assert!(["png", "jpg"].contains(&picture.extension()));
    assert_eq!(picture.body(), bytes);
}
