//! The grammar: what a connection's bytes may be and what they may not, one line a rule.

use relay_schema::{Fault, Framer, Id, LIMIT_AFTER_LOGIN, LIMIT_BEFORE_LOGIN, Ping, Stanza};

/// What a connection makes of the bytes: the stanzas, then the fault that ends it.
fn connection(bytes: &[u8]) -> (Vec<Stanza>, Option<Fault>) {
    let mut framer = Framer::new(LIMIT_BEFORE_LOGIN);
    let (mut input, mut stanzas) = (bytes, Vec::new());
    loop {
        match framer.next(&mut input).map(|frame| frame.map(|frame| frame.parse())) {
            Ok(None) => return (stanzas, None),
            Ok(Some(Ok(stanza))) => stanzas.push(stanza),
            Ok(Some(Err(refusal))) => return (stanzas, Some(refusal.fault)),
            Err(fault) => return (stanzas, Some(fault)),
        }
    }
}

fn fault(bytes: &[u8]) -> Option<Fault> {
    connection(bytes).1
}

/// A chat whose content is `inside`, and whatever it makes of it.
fn content(inside: &str) -> Result<String, Fault> {
    let xml = format!(
        "<msg><type>chat</type><myaccount>1</myaccount><friendaccount>2</friendaccount><content>{inside}</content></msg>"
    );
    match connection(xml.as_bytes()) {
        (stanzas, None) => match stanzas.as_slice() {
            [Stanza::Chat(chat)] => Ok(chat.content.clone()),
            other => panic!("{other:?}"),
        },
        (_, Some(fault)) => Err(fault),
    }
}

const PING: &str = "<msg><type>ping</type><id>a</id></msg>";

#[test]
fn what_the_grammar_forbids_is_malformed() {
    let table: &[&[u8]] = &[
        // Outside the root.
        b"hello",
        b"<msg><type>ping</type><id>a</id></msg>x",
        b"<msg><type>ping</type><id>a</id></msg><![CDATA[ ]]>",
        b"&#32;<msg><type>ping</type><id>a</id></msg>",
        b"\xEF\xBB\xBF<msg><type>ping</type><id>a</id></msg>",
        b"\0<msg><type>ping</type><id>a</id></msg>",
        b"</msg>",
        b"<>",
        // Another root.
        b"<stream><msg/></stream>",
        b"<msgs><type>ping</type><id>a</id></msgs>",
        b"<MSG><type>ping</type><id>a</id></MSG>",
        b"< msg><type>ping</type><id>a</id></msg>",
        b"<ms>",
        // Declarations, comments, instructions.
        b"<!DOCTYPE msg><msg><type>ping</type><id>a</id></msg>",
        b"<!DOCTYPE msg [<!ENTITY a 'b'>]><msg><type>ping</type><id>&a;</id></msg>",
        b"<!-- hi --><msg><type>ping</type><id>a</id></msg>",
        b"<msg><!-- hi --><type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type><id>a<!-- hi --></id></msg>",
        b"<?pi?><msg><type>ping</type><id>a</id></msg>",
        b"<msg><?pi?><type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type><?xml version='1.0'?><id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id></msg><?xml version='1.0'?>",
        b"<msg><type>ping</type><id>a</id><!DOCTYPE x></msg>",
        // Prefixes and namespaces.
        b"<x:msg xmlns:x='y'><type>ping</type><id>a</id></x:msg>",
        b"<msg xmlns='jabber:client'><type>ping</type><id>a</id></msg>",
        b"<msg xmlns:x='y'><type>ping</type><id>a</id></msg>",
        b"<msg xml:lang='de'><type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id><x:y/></msg>",
        b"<msg><type>ping</type><id>a</id><x:y></x:y></msg>",
        b"<msg><type>ping</type><id>a</id><:y/></msg>",
        // Names.
        b"<msg><type>ping</type><id>a</id><1/></msg>",
        b"<msg><type>ping</type><id>a</id><-a/></msg>",
        b"<msg><type>ping</type><id>a</id><.a/></msg>",
        b"<msg><type>ping</type><id>a</id><a$/></msg>",
        b"<msg><type>ping</type><id>a</id>< a/></msg>",
        "<msg><type>ping</type><id>a</id><\u{B7}/></msg>".as_bytes(),
        "<msg><type>ping</type><id>a</id><a\u{D7}/></msg>".as_bytes(),
        "<msg><type>ping</type><id>a</id><\u{37E}/></msg>".as_bytes(),
        // Tags.
        b"<msg><type>ping</typ></msg>",
        b"<msg><type>ping</types></msg>",
        b"<msg><type>ping</type><id>a</msg></id>",
        b"<msg><type>ping</type><id>a</id></msg x='y'>",
        b"<msg><type>ping</type><id>a</id></ msg>",
        b"<msg><type>ping</type><id>a</id></msgs>",
        b"<msg><type>ping</type><id>a</id></></msg>",
        b"<msg><type>ping</type><id>a</id><a / ></msg>",
        b"<msg><type>ping</type><id>a</id><a/ ></msg>",
        b"<msg><type>ping</type><id>a</id><a<b/></msg>",
        b"<msg><type>ping</type><id>a</id></a<b></msg>",
        b"<msg/ >",
        b"<msg/x>",
        // Attributes.
        b"<msg a><type>ping</type><id>a</id></msg>",
        b"<msg a=b><type>ping</type><id>a</id></msg>",
        b"<msg a='b' a='c'><type>ping</type><id>a</id></msg>",
        b"<msg a='b'c='d'><type>ping</type><id>a</id></msg>",
        b"<msg a='<'><type>ping</type><id>a</id></msg>",
        b"<msg a='&'><type>ping</type><id>a</id></msg>",
        b"<msg a='&nbsp;'><type>ping</type><id>a</id></msg>",
        b"<msg a='&#0;'><type>ping</type><id>a</id></msg>",
        b"<msg a='\x01'><type>ping</type><id>a</id></msg>",
        b"<msg ='b'><type>ping</type><id>a</id></msg>",
        b"<msg a=><type>ping</type><id>a</id></msg>",
        b"<msg 1='b'><type>ping</type><id>a</id></msg>",
        b"<msg a==\"b\"><type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id></msg a>",
        // Bytes that are not UTF-8, and a surrogate.
        b"<msg><type>ping</type><id>a</id><x>\xFF</x></msg>",
        b"<msg><type>ping</type><id>a</id><x>\xC0\x80</x></msg>",
        b"<msg><type>ping</type><id>a</id><x>\xED\xA0\x80</x></msg>",
        b"<msg><type>ping</type><id>a</id><x>\xE5\x9C</x></msg>",
        // Text between elements.
        b"<msg>hi<type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type>,<id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id>&amp;</msg>",
        b"<msg><type>ping</type><id>a</id><![CDATA[x]]></msg>",
        b"<msg>text</msg>",
        // The children.
        b"<msg/>",
        b"<msg></msg>",
        b"<msg><id>a</id></msg>",
        b"<msg><type>ping</type><type>ping</type><id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id><type/></msg>",
        b"<msg><type><b>ping</b></type><id>a</id></msg>",
        b"<msg><type>ping</type><id>a</id><id>a</id></msg>",
        b"<msg><type>ping</type><id>a<b/></id></msg>",
        b"<msg><type>login</type><account>1</account><pwd>p</pwd><feature><b/></feature></msg>",
        b"<msg><type>ping</type><id>a</id><a><b><c><d/></c></b></a></msg>",
        b"<msg><type>ping</type><id>a</id><a><b><c><d>",
    ];
    for bytes in table {
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(fault(bytes), Some(Fault::Malformed), "{shown}");
        assert_eq!(Stanza::parse(bytes).map_err(|refusal| refusal.fault), Err(Fault::Malformed), "{shown}");
    }
}

#[test]
fn what_can_never_become_a_stanza_is_found_at_once() {
    for bytes in [
        "<msg><type>ping</type><id>a</msg>",
        "<msg><type>ping</type><id>a</ID>",
        "<msg><type>ping</type></idea>",
        "<msg><type>ping</type><id>a</i>",
        "<msg><a / ",
        "<msg><a/b",
        "<msg><a=",
        "<msg><a\"",
        "<msg><a b='<",
        "<msg><a b=\"c'<",
        "<msg><!-",
        "<msg><?",
        "<msg><![CDATA{",
        "<?xmk",
        "<?xml version='1.0' encoding='UTF-16'?>",
        "x",
    ] {
        let bytes = bytes.as_bytes();
        let (all, but_one) = (fault(bytes), fault(&bytes[..bytes.len() - 1]));
        assert_eq!((all, but_one), (Some(Fault::Malformed), None), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn text_may_not_hold_what_xml_forbids() {
    let table = [
        "a]]>b",
        "]]>",
        "]]]>",
        "<![CDATA[]]]]>]]>",
        "&",
        "&;",
        "& ",
        "&amp",
        "&AMP;",
        "&nbsp;",
        "&a.b;",
        "&#;",
        "&#x;",
        "&#38",
        "&#-1;",
        "&#+1;",
        "&#X41;",
        "&#xG;",
        "&#4a;",
        "&# 65;",
        "&#0;",
        "&#x0;",
        "&#8;",
        "&#x1f;",
        "&#xD800;",
        "&#xDFFF;",
        "&#xFFFE;",
        "&#xFFFF;",
        "&#x110000;",
        "&#99999999999999999999;",
        "&#4294967361;",
        "&#x100000041;",
        "&&amp;",
        "a < b",
        "<",
        "\u{0}",
        "\u{1}",
        "\u{8}",
        "\u{B}",
        "\u{C}",
        "\u{E}",
        "\u{1F}",
        "\u{FFFE}",
        "\u{FFFF}",
        "<![cdata[x]]>",
        "<![CDATA [x]]>",
        "<!x>",
        "</b>",
        "<![CDATA[\u{1}]]>",
        "<b>x</b>",
        "<b/>",
    ];
    for inside in table {
        assert_eq!(content(inside), Err(Fault::Malformed), "{inside:?}");
    }
}

#[test]
fn text_is_what_a_reader_of_xml_would_see() {
    let table = [
        ("a", "a"),
        (" a ", " a "),
        (" ", " "),
        ("\n\t", "\n\t"),
        ("a\r\nb\rc\r\r\nd", "a\nb\nc\n\nd"),
        ("&#13;&#10;&#x9;", "\r\n\t"),
        ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
        ("&amp;lt;", "&lt;"),
        ("&#65;&#x42;&#x4a;&#x4A;&#0000067;", "ABJJC"),
        ("&#128075;&#x1F44B;", "👋👋"),
        ("&#xFFFD;&#xE000;&#x10FFFF;", "\u{FFFD}\u{E000}\u{10FFFF}"),
        ("]] > ]]&gt; ]]", "]] > ]]&gt; ]]".replace("&gt;", ">").as_str()),
        ("a>b", "a>b"),
        ("\"'", "\"'"),
        ("<![CDATA[<b>&amp;\r\n</b>]]>", "<b>&amp;\n</b>"),
        ("x<![CDATA[]]>y", "xy"),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
        ("<![CDATA[]]]>", "]"),
        ("<![CDATA[]a]><]b]]>", "]a]><]b"),
        ("<![CDATA[]]]]>", "]]"),
        ("<![CDATA[\r]]>\n<![CDATA[\r\r\n]]>", "\n\n\n\n"),
        ("\u{7F}\u{85}\u{2028}\u{FEFF}", "\u{7F}\u{85}\u{2028}\u{FEFF}"),
    ]
    .map(|(inside, text)| (inside.to_owned(), text.to_owned()));
    for (inside, text) in table {
        assert_eq!(content(&inside), Ok(text), "{inside:?}");
    }
}

#[test]
fn what_the_grammar_allows_is_taken() {
    let table: &[&str] = &[
        "<msg><id>a</id><type>ping</type></msg>",
        " \r\n\t<msg>\n  <type>ping</type>\r\n\t<id>a</id>\n</msg>\n\n",
        "<msg ><type >ping</type ><id\n>a</id\t></msg\r>",
        "<msg a='1' b = \"2\"\tc\n=\n'&lt;&#65;>]]>\"'><type x=''>ping</type><id y='/'>a</id></msg>",
        "<msg><type><![CDATA[ping]]></type><id>&#97;</id></msg>",
        "<msg> <![CDATA[ \n]]> &#32;<type>ping</type><id>a</id></msg>",
        "<msg><type>ping</type><id>a</id><x/><x/><x >y</x><account>1</account><account>2</account></msg>",
        "<msg><type>ping</type><id>a</id><a><b><c/></b>text<b><c>x&amp;]]<![CDATA[<]]></c></b></a></msg>",
        "<msg><type>ping</type><id>a</id><名字 属性='值'/><_a.-1·/></msg>",
        "<?xml version='1.0'?><msg><type>ping</type><id>a</id></msg>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<msg><type>ping</type><id>a</id></msg>",
        "<?xml version = '1.0' encoding = 'utf-8' standalone='yes' ?><msg><type>ping</type><id>a</id></msg>",
        "<?xml version='1.0' standalone='no'?><msg><type>ping</type><id>a</id></msg>",
    ];
    for xml in table {
        let ping = Ping { id: Id::new("a").unwrap() }.into();
        assert_eq!(connection(xml.as_bytes()), (vec![ping], None), "{xml}");
    }
}

#[test]
fn a_declaration_is_taken_once_at_the_very_start_and_only_for_utf8() {
    for declaration in [
        "<?xml?>",
        "<?xml ?>",
        "<?xml version='2.0'?>",
        "<?xml version='1.'?>",
        "<?xml version='1.0\"?>",
        "<?xml version=1.0?>",
        "<?xml encoding='UTF-8'?>",
        "<?xml version='1.0' encoding='ISO-8859-1'?>",
        "<?xml version='1.0' encoding='UTF-16'?>",
        "<?xml version='1.0' encoding='GB18030'?>",
        "<?xml version='1.0'encoding='UTF-8'?>",
        "<?xml version='1.0' standalone='maybe'?>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>",
        "<?xml version='1.0' x='y'?>",
        "<?xml version='1.0'>",
        "<?xml-stylesheet version='1.0'?>",
        "<?XML version='1.0'?>",
        " <?xml version='1.0'?>",
        "<?xml version='1.0'?><?xml version='1.0'?>",
        "<msg><type>ping</type><id>a</id></msg><?xml version='1.0'?>",
    ] {
        let bytes = format!("{declaration}{PING}");
        assert_eq!(fault(bytes.as_bytes()), Some(Fault::Malformed), "{declaration}");
    }
    let endless = format!("<?xml version='1.0'{}", " ".repeat(300));
    assert_eq!(fault(endless.as_bytes()), Some(Fault::Malformed));
}

#[test]
fn a_stanza_has_at_most_256_children_and_its_limit_of_bytes() {
    let children = |n: usize| format!("<msg><type>ping</type><id>a</id>{}</msg>", "<x/>".repeat(n));
    assert_eq!(fault(children(254).as_bytes()), None);
    assert_eq!(fault(children(255).as_bytes()), Some(Fault::Malformed));
    let inner = |n: usize| format!("<msg><type>ping</type><id>a</id><l>{}</l></msg>", "<x/>".repeat(n));
    assert_eq!(fault(inner(256).as_bytes()), None);
    assert_eq!(fault(inner(257).as_bytes()), Some(Fault::Malformed));
    let each = format!("<l>{}</l>", "<x/>".repeat(200));
    assert_eq!(fault(format!("<msg><type>ping</type><id>a</id>{each}{each}</msg>").as_bytes()), None);

    for limit in [LIMIT_BEFORE_LOGIN, LIMIT_AFTER_LOGIN] {
        let sized =
            |n: usize| format!("<msg><type>ping</type><id>a</id><x>{}</x></msg>\n", "x".repeat(n - 45));
        for (size, expected) in [(limit, Ok(Some(limit))), (limit + 1, Err(Fault::TooLong))] {
            let xml = sized(size);
            let mut framer = Framer::new(limit);
            assert_eq!(framer.next(&mut xml.as_bytes()).map(|frame| frame.map(|f| f.len())), expected);
        }
    }
}
