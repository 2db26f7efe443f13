//! What holds for all bytes: any chunking gives the same, any text comes back, nothing panics, memory is bounded.

use proptest::collection::vec;
use proptest::prelude::*;
use relay_schema::{Chat, Fault, Framer, Stanza};

const LIMIT: usize = 200;

/// The frames and the fault of a connection whose bytes come in these chunks.
fn connection<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Option<Fault>) {
    connection_within(chunks, LIMIT)
}

fn connection_within<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit: usize,
) -> (Vec<Vec<u8>>, Option<Fault>) {
    let mut framer = Framer::new(limit);
    let mut frames = Vec::new();
    for mut chunk in chunks {
        loop {
            match framer.next(&mut chunk) {
                Ok(Some(frame)) => frames.push(frame.to_vec()),
                Ok(None) => break,
                Err(fault) => {
                    assert_eq!(framer.next(&mut chunk), Err(fault), "a fault is final");
                    assert_eq!(framer.partial_len(), 0);
                    return (frames, Some(fault));
                }
            }
        }
        assert!(chunk.is_empty(), "all input is used up");
        assert!(framer.partial_len() < limit);
        assert_eq!(framer.is_partial(), framer.partial_len() > 0);
    }
    (frames, None)
}

/// Cuts the bytes at the places given, taken modulo the length.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let ends = places.iter().copied().chain([bytes.len()]);
    let starts = [0].into_iter().chain(places.iter().copied());
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

/// Bytes that come near to stanzas: pieces of the grammar, good and bad, in any order.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"<msg>",
        b"</msg>",
        b"<msg/>",
        b"<msg ",
        b"<",
        b">",
        b"/",
        b"=",
        b"'",
        b"\"",
        b" ",
        b"\r\n",
        b"<type>",
        b"</type>",
        b"ping",
        b"chat",
        b"<id>",
        b"</id>",
        b"a",
        b"<a b='",
        b"<a>",
        b"</a>",
        b"<a/>",
        b"&",
        b"&amp;",
        b"&#65;",
        b";",
        b"]",
        b"]]>",
        b"<![CDATA[",
        b"<!",
        b"<?xml",
        b"<?xml version='1.0'?>",
        b"?>",
        b"<!--",
        b"-->",
        b":",
        b"\0",
        b"\xFF",
        b"\xE5\x9C\xA8",
        b"<msg><type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id>",
        b"<content>x</content>",
        b"<msg><type>chat</type><myaccount>1</myaccount><friendaccount>2</friendaccount>",
        b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];
    let piece = prop_oneof![
        20 => proptest::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Text with everything that could go wrong on its way through XML.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<String>(),
        proptest::sample::select(
            &[
                "\r",
                "\n",
                "\r\n",
                "]]>",
                "]]",
                "&",
                "&amp;",
                "<",
                ">",
                "<![CDATA[",
                "\t",
                " ",
                "&#13;",
                "\u{FEFF}"
            ][..]
        )
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    vec(part, 1..8)
        .prop_map(|parts| parts.concat())
        .prop_filter("content is never empty", |text| !text.is_empty())
}

fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// A stanza with something in every kind of place; the marks are between elements (`\u{1A}`) and in text (`\u{1B}`).
const PLACES: &str = "<msg a='b'>\u{1A} <type>\u{1B}chat\u{1B}</type>\u{1A}<myaccount>1</myaccount>\r\n<friendaccount>2\
    </friendaccount>\u{1A}<x y=\"z\">\u{1A}\u{1B}<x>\u{1A}&lt;\u{1B}<x/></x></x><content>hi\u{1B}<![CDATA[>]]>\u{1B}</content>\u{1A}</msg>";

/// What may stand nowhere in a stanza, neither between elements nor in text.
const FORBIDDEN: &[&str] = &[
    "<!-- x -->",
    "<!---->",
    "<?x?>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE msg>",
    "<!DOCTYPE msg [<!ENTITY a 'b'>]>",
    "<x:y/>",
    "<y x:z='1'/>",
    "<y xmlns='1'/>",
    "<1/>",
    "<y$></y$>",
    "<y z/>",
    "<y z=1/>",
    "<y a='1'b='2'/>",
    "<y a='1' a='2'/>",
    "<y a='<'/>",
    "<y a='&nbsp;'/>",
    "<y a='&#1;'/>",
    "<y a='\u{1}'/>",
    "<y></z>",
    "<y>",
    "</y>",
    "<y",
    "<",
    "<>",
    "</>",
    "<y><y><y><y/></y></y></y>",
    "&",
    "&nbsp;",
    "&#0;",
    "&#xFFFE;",
    "&#xD800;",
    "&amp",
    "]]>",
    "\0",
    "\u{1F}",
    "\u{FFFF}",
    "<![CDATA",
    "<![CDATA[\u{B}]]>",
    "<![cdata[x]]>",
];

/// A piece of character data as it is written, and the text it stands for; none where that depends on its neighbours.
fn written() -> impl Strategy<Value = (String, Option<String>)> {
    let raw = proptest::sample::select(
        &["a", " ", "\r", "\n", "\t", "]", ">", "]]>", "'", "\"", "在", "\u{85}"][..],
    )
    .prop_map(|raw| (raw.to_owned(), None));
    let named =
        proptest::sample::select(
            &[
                ("&lt;", "<"),
                ("&gt;", ">"),
                ("&amp;", "&"),
                ("&apos;", "'"),
                ("&quot;", "\""),
                ("&#13;", "\r"),
            ][..],
        )
        .prop_map(|(name, text)| (name.to_owned(), Some(text.to_owned())));
    let number = (any::<char>(), any::<bool>()).prop_filter("XML allows it", |(c, _)| allowed(*c)).prop_map(
        |(c, hex)| {
            let code = u32::from(c);
            (if hex { format!("&#x{code:x};") } else { format!("&#0{code};") }, Some(c.into()))
        },
    );
    let cdata = proptest::sample::select(&["", "x", "&amp;", "<b>", "]", "]]", "\r\r\n", "]>"][..])
        .prop_map(|inside| (format!("<![CDATA[{inside}]]>"), Some(lines(inside))));
    prop_oneof![3 => raw, 1 => named, 1 => number, 1 => cdata]
}

/// Line ends as XML reads them.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The text of the pieces; none if there is `]]>` outside a CDATA section.
fn meaning(pieces: &[(String, Option<String>)]) -> Option<String> {
    pieces.chunk_by(|a, b| a.1.is_none() && b.1.is_none()).try_fold(String::new(), |text, run| {
        let raw: String = run.iter().map(|piece| &*piece.0).collect();
        match &run[0].1 {
            Some(known) => Some(text + known),
            None => (!raw.contains("]]>")).then(|| text + &lines(&raw)),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_chunking_gives_the_same_stanzas_and_the_same_fault(bytes in soup(), places in vec(any::<usize>(), 0..12)) {
        let whole = connection([&bytes[..]]);
        prop_assert_eq!(&connection(cut(&bytes, &places)), &whole);
        prop_assert_eq!(&connection(bytes.chunks(1)), &whole);
        prop_assert!(whole.0.iter().all(|frame| frame.len() <= LIMIT));
    }

    #[test]
    fn any_text_comes_back_from_the_wire(content in text()) {
        let written: Stanza =
            Chat { myaccount: "1".into(), friendaccount: "2".into(), content: content.clone(), ..Chat::default() }.into();
        let xml = written.to_xml();
        let mut framer = Framer::new(1 << 20);
        let mut input = xml.as_bytes();
        let read = framer.next(&mut input).unwrap().unwrap().parse().unwrap();
        let expected: String = content.chars().map(|c| if allowed(c) { c } else { '\u{FFFD}' }).collect();
        let Stanza::Chat(chat) = &read else { panic!("{read:?}") };
        prop_assert_eq!(&chat.content, &expected);
        prop_assert_eq!(read.to_xml(), xml);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in soup(), garbage in vec(any::<u8>(), 0..200)) {
        for bytes in [&bytes, &garbage] {
            let _ = Stanza::parse(bytes);
            for frame in connection([&bytes[..]]).0 {
                let _ = Stanza::parse(&frame);
            }
        }
    }

    #[test]
    fn what_is_taken_is_written_so_that_it_means_the_same(bytes in soup()) {
        for frame in connection([&bytes[..]]).0 {
            if let Ok(stanza) = Stanza::parse(&frame) {
                prop_assert_eq!(Stanza::parse(stanza.to_xml().as_bytes()), Ok(stanza));
            }
        }
    }

    #[test]
    fn one_forbidden_thing_anywhere_makes_a_stanza_malformed(
        place in any::<prop::sample::Index>(),
        forbidden in proptest::sample::select(FORBIDDEN),
        places in vec(any::<usize>(), 0..6),
    ) {
        let marks = ['\u{1A}', '\u{1B}'];
        let good = PLACES.replace(marks, "");
        prop_assert!(Stanza::parse(good.as_bytes()).is_ok());

        let at = *place.get(&PLACES.match_indices(marks).map(|(at, _)| at).collect::<Vec<_>>());
        let (before, after) = PLACES.split_at(at);
        let bad = format!("{}{forbidden}{}", before.replace(marks, ""), after.replace(marks, ""));
        let fault = Stanza::parse(bad.as_bytes()).map_err(|refusal| refusal.fault);
        prop_assert_eq!(fault, Err(Fault::Malformed), "{}", bad);

        let (frames, fault) = connection_within(cut(bad.as_bytes(), &places), 4096);
        prop_assert!(fault.is_some() || !frames.is_empty(), "{} is not answered", bad);
        prop_assert!(frames.iter().all(|frame| Stanza::parse(frame).is_err()), "{}", bad);
    }

    #[test]
    fn character_data_means_what_xml_says(pieces in vec(written(), 1..12)) {
        let inside: String = pieces.iter().map(|piece| &*piece.0).collect();
        let xml = format!(
            "<msg><type>user</type><name>{inside}</name><account>1</account><picture/></msg>"
        );
        let read = match Stanza::parse(xml.as_bytes()) {
            Ok(Stanza::User(user)) => Some(user.name),
            _ => None,
        };
        prop_assert_eq!(read, meaning(&pieces), "{}", xml);
    }
}

#[test]
fn a_session_cut_at_any_two_places_gives_the_same_stanzas() {
    let bytes = b"<?xml version='1.0'?>\n<msg><type>ping</type><id>a</id></msg><msg/>\n \
        <msg a='>'><type>pong</type><x><![CDATA[]]</msg>]]></x ></msg>\n<msg><type>recv</type><seq>1</seq></msg>";
    let whole = connection([&bytes[..]]);
    assert_eq!((whole.0.len(), whole.1), (4, None));
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            assert_eq!(connection([&bytes[..first], &bytes[first..second], &bytes[second..]]), whole);
        }
    }
}

#[test]
fn an_endless_stanza_is_refused_at_its_limit_wherever_it_is_endless() {
    for (start, filler) in [
        ("<msg><type>", "x"),
        ("<msg", " "),
        ("<msg a='", "x"),
        ("<msg><![CDATA[", "]"),
        ("<msg>", "<a/>"),
        ("<msg></", "msg "),
    ] {
        let limit = 4096;
        let mut framer = Framer::new(limit);
        let mut taken = 0;
        let filler = filler.repeat(100);
        let mut chunks = [start].into_iter().chain(std::iter::repeat(&*filler));
        let fault = loop {
            let mut input = chunks.next().unwrap().as_bytes();
            let before = input.len();
            match framer.next(&mut input) {
                Ok(frame) => assert_eq!(frame, None),
                Err(fault) => break fault,
            }
            taken += before - input.len();
            assert!(framer.partial_len() == taken && taken < limit);
        };
        assert_eq!(fault, Fault::TooLong, "{start}");
        assert!(taken >= limit - 400, "{start} {taken}");
    }
}

#[test]
fn endless_white_space_between_stanzas_is_taken_and_not_kept() {
    let mut framer = Framer::new(64);
    for _ in 0..10_000 {
        let mut input: &[u8] = b" \r\n\t \r\n\t \r\n\t \r\n\t \r\n\t \r\n\t \r\n\t \r\n\t";
        assert_eq!(framer.next(&mut input), Ok(None));
        assert!(!framer.is_partial() && framer.partial_len() == 0);
    }
}

#[test]
fn a_limit_may_change_between_stanzas_and_holds_for_a_partial_one() {
    let long = format!("<msg><type>ping</type><id>a</id><x>{}</x></msg>", "x".repeat(100));
    let mut framer = Framer::new(64);
    framer.set_limit(1000);
    assert!(framer.next(&mut long.as_bytes()).unwrap().is_some());
    let mut half = &long.as_bytes()[..100];
    assert_eq!(framer.next(&mut half), Ok(None));
    framer.set_limit(64);
    assert_eq!(framer.next(&mut &long.as_bytes()[100..]), Err(Fault::TooLong));
}

#[test]
fn hostile_shapes_take_linear_time() {
    let attributes: String = (0..40_000).map(|n| format!(" a{n}=''")).collect();
    let shapes = [
        format!("<msg{attributes}><type>ping</type><id>a</id></msg>"),
        format!("<msg><type>ping</type><id>a</id><x>{}</x></msg>", "]]&gt;".repeat(40_000)),
        format!("<msg><type>ping</type><id>a</id><x>{}</x></msg>", "<![CDATA[]]]]>".repeat(15_000)),
        format!("<msg><type>ping</type><id>a</id><x>&#{}65;</x></msg>", "0".repeat(250_000)),
        format!("<msg><type>ping</type><id>{}a</id></msg>", "<![CDATA[]]>".repeat(20_000)),
    ];
    for shape in shapes {
        let started = std::time::Instant::now();
        let mut framer = Framer::new(1 << 20);
        for chunk in shape.as_bytes().chunks(7) {
            if let Some(frame) = framer.next(&mut { chunk }).unwrap() {
                assert!(frame.parse().is_ok());
            }
        }
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}
