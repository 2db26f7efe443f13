//! Types and fields: what is refused, what the answer says, and what the writer makes sure of.

use relay_schema::{Chat, ErrorCode, Fault, Id, Login, Refusal, Stanza};

fn refusal(xml: &str) -> Refusal {
    Stanza::parse(xml.as_bytes()).expect_err("it has to be refused")
}

#[test]
fn a_bad_field_is_named_and_the_stanza_keeps_its_id_and_seq() {
    let chat =
        |fields: &str| refusal(&format!("<msg><type>chat</type>{fields}<id>m-1</id><seq>7</seq></msg>"));
    for (fields, field) in [
        ("<friendaccount>2</friendaccount><content>x</content>", "<myaccount>"),
        ("<myaccount/><friendaccount>2</friendaccount><content>x</content>", "<myaccount>"),
        ("<myaccount>1</myaccount><content>x</content>", "<friendaccount>"),
        ("<myaccount>1</myaccount><friendaccount></friendaccount><content>x</content>", "<friendaccount>"),
        ("<myaccount>1</myaccount><friendaccount>2</friendaccount>", "<content>"),
        ("<myaccount>1</myaccount><friendaccount>2</friendaccount><content/>", "<content>"),
        ("<myaccount>1</myaccount><friendaccount>2</friendaccount><content>x</content><cseq/>", "<cseq>"),
        (
            "<myaccount>1</myaccount><friendaccount>2</friendaccount><content>x</content><cseq>-1</cseq>",
            "<cseq>",
        ),
        ("<myaccount>1</myaccount><friendaccount>2</friendaccount><content>x</content><kind/>", "<kind>"),
        ("<myaccount>1</myaccount><friendaccount>2</friendaccount><content>x</content><re>a b</re>", "<re>"),
        (
            "<myaccount>1</myaccount><friendaccount>2</friendaccount><content>x</content><body>A</body>",
            "<body>",
        ),
        (
            "<myaccount>1</myaccount><friendaccount>2</friendaccount><content>x</content><body>AA ==</body>",
            "<body>",
        ),
    ] {
        let refusal = chat(fields);
        assert_eq!(refusal.fault, Fault::BadField, "{fields}");
        assert!(refusal.text.contains(field), "{refusal}");
        assert_eq!((refusal.id, refusal.seq), (Id::new("m-1"), Some(7)), "{fields}");
        assert_eq!(refusal.word.as_deref(), Some("chat"));
    }
}

#[test]
fn numbers_states_and_addresses_have_one_spelling() {
    for number in [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "01",
        "1.0",
        "1e3",
        "0x1",
        "１",
        "9223372036854775808",
        "18446744073709551616",
    ] {
        let refused = refusal(&format!("<msg><type>recv</type><seq>{number}</seq></msg>"));
        assert_eq!((refused.fault, refused.seq), (Fault::BadField, None), "{number:?}");
    }
    for number in ["0", "1", "9223372036854775807"] {
        assert!(Stanza::parse(format!("<msg><type>recv</type><seq>{number}</seq></msg>").as_bytes()).is_ok());
    }
    let line =
        |state: &str| Stanza::parse(format!("<msg><type>line</type><state>{state}</state></msg>").as_bytes());
    assert!(["-1", "0", "1", "2", "3"].iter().all(|state| line(state).is_ok()));
    for state in ["", "-2", "4", "-0", "+1", "01", "--1", " 1", "on", "4294967297"] {
        assert_eq!(line(state).unwrap_err().fault, Fault::BadField, "{state:?}");
    }
    let answer = |state: &str| {
        Stanza::parse(format!("<msg><type>login_response</type><state>{state}</state></msg>").as_bytes())
    };
    assert!(answer("0").is_ok() && answer("1").is_ok());
    assert!(answer("-1").is_err() && answer("2").is_err());
    let vidio = |session: &str| {
        Stanza::parse(
            format!("<msg><type>vidio</type><myaccount>1</myaccount><friendaccount>2</friendaccount><session>{session}</session></msg>")
                .as_bytes(),
        )
    };
    assert!(["127.0.0.1,40001", "0.0.0.0,0", "::1,65535"].iter().all(|session| vidio(session).is_ok()));
    for session in [
        "",
        "127.0.0.1",
        "127.0.0.1:40001",
        "127.0.0.1,",
        ",1",
        "127.0.0.1,65536",
        "127.0.0.1,-1",
        "a.example,1",
        "1.2.3.4,1,2",
    ] {
        assert_eq!(vidio(session).unwrap_err().fault, Fault::BadField, "{session:?}");
    }
}

#[test]
fn ids_that_are_none_are_bad_fields() {
    let longest = "a".repeat(65);
    for id in ["", " a", "a.b", "é", &longest] {
        let refused = refusal(&format!("<msg><type>ping</type><id>{id}</id></msg>"));
        assert_eq!((refused.fault, refused.id), (Fault::BadField, None), "{id:?}");
    }
    assert!(refusal("<msg><type>ping</type></msg>").text.contains("<id> of ping is missing"));
}

#[test]
fn a_login_needs_a_password_or_in_the_full_dialect_a_token() {
    let login = |fields: &str| {
        Stanza::parse(format!("<msg><type>login</type><account>1</account>{fields}</msg>").as_bytes())
    };
    assert!(login("<pwd>p</pwd>").is_ok());
    assert!(login("<v>1</v><token>t</token>").is_ok());
    for fields in ["", "<pwd/>", "<v>1</v>", "<token>t</token>", "<v>1</v><token/>"] {
        assert_eq!(login(fields).unwrap_err().fault, Fault::BadField, "{fields}");
    }
    let account_missing = refusal("<msg><type>login</type><pwd>p</pwd></msg>");
    assert!(account_missing.text.contains("<account>"));
    let Ok(Stanza::Login(Login { pwd: Some(pwd), .. })) = login("<pwd>p&amp;2</pwd>") else { panic!() };
    assert_eq!(pwd.expose(), "p&2");
}

#[test]
fn an_unknown_type_keeps_its_id_seq_and_word() {
    let refused = refusal("<msg><type>video</type><id>m1</id><seq>9</seq><x><y>1</y></x></msg>");
    assert_eq!((refused.fault, refused.id, refused.seq), (Fault::UnknownType, Id::new("m1"), Some(9)));
    assert_eq!(refused.word.as_deref(), Some("video"));
    assert_eq!(refused.text, "nobody here knows the type \"video\"");
    for xml in [
        "<msg><type/></msg>",
        "<msg><type>Chat</type></msg>",
        "<msg><type> chat</type></msg>",
        "<msg><type>x</type><id>a b</id><seq>x</seq></msg>",
        "<msg><type>x</type><id><b/></id><seq>1</seq><seq>2</seq></msg>",
    ] {
        let refused = refusal(xml);
        assert_eq!((refused.fault, refused.id, refused.seq), (Fault::UnknownType, None, None), "{xml}");
    }
    let hostile = refusal(&format!("<msg><type>\u{202E}&#13;\n\"{}</type></msg>", "x".repeat(3000)));
    assert!(
        hostile.text.chars().count() < 120 && !hostile.text.contains(['\n', '\r', '\u{202E}']),
        "{hostile}"
    );
    assert_eq!(hostile.word.unwrap().chars().count(), 64);
}

#[test]
fn broken_grammar_counts_before_bad_fields_and_names_the_field() {
    let refused = refusal("<msg><type>chat</type><id>m1</id><content>x</content><content>y</content></msg>");
    assert_eq!((refused.fault, refused.id), (Fault::Malformed, Id::new("m1")));
    assert!(refused.text.contains("<content>"), "{}", refused.text);
    let order = refusal("<msg><type>chat</type><id>m1</id></msg><msg/>");
    assert_eq!((order.fault, order.id, order.word), (Fault::Malformed, None, None));
}

#[test]
fn a_refusal_becomes_the_error_that_answers_it() {
    let error = refusal("<msg><type>chat</type><id>m1</id></msg>").to_error();
    assert_eq!(error.code, ErrorCode::BadField);
    assert_eq!(
        Stanza::from(error).to_xml(),
        "<msg><type>error</type><code>bad-field</code><text>&lt;myaccount&gt; of chat is missing; it is required</text>\
         <id>m1</id></msg>"
    );
    for (fault, code, closes) in [
        (Fault::Malformed, "malformed", true),
        (Fault::TooLong, "too-long", true),
        (Fault::TooSlow, "too-slow", true),
        (Fault::UnknownType, "unknown-type", false),
        (Fault::BadField, "bad-field", false),
    ] {
        assert_eq!((fault.code(), fault.closes(), ErrorCode::from(fault).as_str()), (code, closes, code));
    }
}

#[test]
fn the_writer_never_writes_what_the_reader_refuses() {
    let written: Stanza = Chat {
        myaccount: "1".into(),
        friendaccount: "2".into(),
        content: "\0a\u{8}\u{FFFE}\u{FFFF}]]>\r\n\u{1F}".into(),
        seq: Some(u64::MAX),
        ..Chat::default()
    }
    .into();
    let Ok(Stanza::Chat(read)) = Stanza::parse(written.to_xml().as_bytes()) else {
        panic!("{}", written.to_xml())
    };
    assert_eq!(read.content, "\u{FFFD}a\u{FFFD}\u{FFFD}\u{FFFD}]]>\r\n\u{FFFD}");
    assert_eq!(read.seq, Some(i64::MAX as u64));
}
