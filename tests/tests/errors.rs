//! Each row of protocol.md's table of errors, from outside: what is sent, what comes back, what becomes of the
//! connection, and that the relay's memory stays flat. `-- --nocapture` prints the table.

use qiaoqiao_tests::program::rss_kib;
use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

/// After an attack the relay may not have grown by more: allocator slack, not the attacker's bytes.
const GROWTH_MAX_KIB: u64 = 8 * 1024;

struct Case {
    name: &'static str,
    /// In a session that is logged in (or a fresh connection).
    logged_in: bool,
    sent: String,
    code: &'static str,
    closes: bool,
}

fn case(
    name: &'static str,
    logged_in: bool,
    sent: impl Into<String>,
    code: &'static str,
    closes: bool,
) -> Case {
    Case { name, logged_in, sent: sent.into(), code, closes }
}

fn msg(children: &str) -> String {
    format!("<msg>{children}</msg>")
}

fn grammar() -> Vec<Case> {
    let bad = |name, sent: &str| case(name, true, sent, "malformed", true);
    let many = format!("<msg><type>ping</type>{}</msg>", "<x/>".repeat(256));
    vec![
        bad("a DTD", "<!DOCTYPE msg><msg><type>ping</type></msg>"),
        bad("a comment", "<msg><!-- hi --><type>ping</type></msg>"),
        bad("a processing instruction", "<msg><?php ?><type>ping</type></msg>"),
        bad("a second XML declaration", "<?xml version=\"1.0\"?><msg><type>ping</type></msg>"),
        bad("a prefix", "<msg><x:type>ping</x:type></msg>"),
        bad("a namespace", "<msg xmlns=\"jabber:client\"><type>ping</type></msg>"),
        bad("an undeclared entity", "<msg><type>ping</type><id>&nbsp;</id></msg>"),
        bad("a forbidden character", "<msg><type>ping</type><id>\u{1}</id></msg>"),
        bad("a forbidden character as a reference", "<msg><type>ping</type><id>&#0;</id></msg>"),
        bad("]]> in text", "<msg><type>ping</type><id>]]></id></msg>"),
        bad("a name that is none", "<msg><1>x</1></msg>"),
        bad("depth over 4", "<msg><a><b><c><d>deep</d></c></b></a></msg>"),
        bad("more than 256 children", &many),
        bad("another root", "<stream></stream>"),
        bad("text outside the root", "hello <msg><type>ping</type></msg>"),
        bad("an end tag that does not match", "<msg><type>ping</typo></msg>"),
        bad("a single-valued element twice", "<msg><type>ping</type><id>a</id><id>b</id></msg>"),
        bad("no type", "<msg><id>a</id></msg>"),
    ]
}

fn rows() -> Vec<Case> {
    let chat = "<type>chat</type><myaccount>alice</myaccount><friendaccount>bob</friendaccount>";
    vec![
        case(
            "over 4 KiB before login",
            false,
            format!("<msg><type>ping</type><id>{}", "a".repeat(5_000)),
            "too-long",
            true,
        ),
        case(
            "over 256 KiB after login",
            true,
            format!("<msg><type>ping</type><id>{}", "a".repeat(300_000)),
            "too-long",
            true,
        ),
        case("an unknown type", true, msg("<type>teleport</type><id>t1</id>"), "unknown-type", false),
        case(
            "a missing field",
            true,
            msg("<type>chat</type><myaccount>alice</myaccount><content>x</content><id>m1</id>"),
            "bad-field",
            false,
        ),
        case(
            "an empty field",
            true,
            msg(&format!("{chat}<content></content><id>m2</id>")),
            "bad-field",
            false,
        ),
        case("a bad field", true, msg("<type>recv</type><seq>minus one</seq>"), "bad-field", false),
        case(
            "another's account",
            true,
            msg(
                "<type>chat</type><myaccount>bob</myaccount><friendaccount>alice</friendaccount><content>x</content><id>m3</id>",
            ),
            "not-your-account",
            false,
        ),
        case(
            "a type that only the relay sends",
            true,
            msg("<type>ack</type><id>m4</id>"),
            "forbidden",
            false,
        ),
        case("chat before login", false, msg(&format!("{chat}<content>x</content>")), "login-first", false),
        case(
            "login again",
            true,
            msg("<type>login</type><account>alice</account><pwd>pa</pwd>"),
            "already-logged-in",
            false,
        ),
    ]
}

#[test]
fn every_error_of_the_table_is_answered_as_the_protocol_says() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    let mut devices = 0_u64;
    let mut open = |logged_in: bool| {
        devices += 1;
        let device = format!("6f9619ff-8b86-4d01-b42d-{:012x}", devices % 16);
        if logged_in { Raw::full(&relay.plain, "alice", "pa", &device) } else { Raw::connect(&relay.plain) }
    };
    drop(open(true));
    println!("{:40} {:18} {:7} {:>10} {:>10}", "sent", "answer", "then", "KiB before", "KiB after");
    for case in grammar().into_iter().chain(rows()) {
        let mut raw = open(case.logged_in);
        let before = rss_kib(relay.pid());
        raw.try_say(case.sent.as_bytes());
        let answer = raw.hears_until("<type>error</type>");
        assert!(answer.contains(&format!("<code>{}</code><text>", case.code)), "{}: {answer}", case.name);
        if let Some(id) =
            case.sent.split("<id>").nth(1).and_then(|rest| rest.split_once("</id>")).filter(|_| !case.closes)
        {
            assert!(
                answer.contains(&format!("<id>{}</id>", id.0)),
                "{}: the id is repeated: {answer}",
                case.name
            );
        }
        if case.closes {
            raw.hears_the_end();
        } else {
            raw.say("<msg><type>ping</type><id>still-there</id></msg>");
            raw.hears_until("<id>still-there</id>");
        }
        let after = rss_kib(relay.pid());
        println!(
            "{:40} {:18} {:7} {before:>10} {after:>10}",
            case.name,
            case.code,
            if case.closes { "closed" } else { "stays" }
        );
        assert!(after < before + GROWTH_MAX_KIB, "{}: {before} KiB before, {after} KiB after", case.name);
    }
}

#[test]
fn the_third_stanza_before_a_login_closes() {
    let relay = Relay::start();
    let mut raw = Raw::connect(&relay.plain);
    for _ in 0..3 {
        raw.say("<msg><type>recv</type><seq>1</seq></msg>");
        raw.hears("<code>login-first</code>");
    }
    raw.hears_the_end();
}

#[test]
fn bytes_that_are_no_utf8_are_malformed() {
    let relay = Relay::start();
    let mut raw = Raw::connect(&relay.plain);
    raw.try_say(b"<msg><type>ping</type><id>\xff\xfe</id></msg>");
    raw.hears("<code>malformed</code>");
    raw.hears_the_end();
}

#[test]
fn a_wrong_password_keeps_the_connection_for_another_try() {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let mut raw = Raw::connect(&relay.plain);
    raw.say("<msg><type>login</type><account>alice</account><pwd>wrong</pwd></msg>");
    raw.hears("<type>login_response</type><state>0</state><reason>credentials</reason>");
    raw.say("<msg><type>login</type><account>nobody</account><pwd>wrong</pwd></msg>");
    raw.hears("<type>login_response</type><state>0</state><reason>credentials</reason>");
    raw.say("<msg><type>login</type><account>alice</account><pwd>pa</pwd></msg>");
    raw.hears("<type>login_response</type><state>1</state>");
}

#[test]
fn a_stanza_that_never_ends_is_cut_off_and_costs_no_memory() {
    let relay = Relay::start();
    let before = rss_kib(relay.pid());
    let mut raw = Raw::connect(&relay.plain);
    raw.say("<msg><type>login</type><account>");
    let chunk = vec![b'a'; 1 << 20];
    // The relay answers at once and drains for up to a second, so that the answer arrives; then it closes.
    wait::until("the relay closes", || (!raw.try_say(&chunk)).then_some(()));
    let after = rss_kib(relay.pid());
    assert!(after < before + GROWTH_MAX_KIB, "{before} KiB before, {after} KiB after");
}
