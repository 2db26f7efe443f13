//! How people come in: invitations, links for who forgot a password, and the first minute, against the real program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;

use relay_schema::qiao::{Kind, Link};
use serde_json::Value;
use support::{Client, Server, add, done, refused, run};

/// Runs a command that prints a link; the link, and what was said about it.
fn link(data: &Path, args: &[&str]) -> (Link, String) {
    let output = run(data, args, "");
    let (printed, said) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{args:?}: {said}");
    assert_eq!(printed.lines().count(), 1, "{printed}");
    (printed.parse().unwrap_or_else(|error| panic!("{error}: {printed}")), said)
}

fn code(link: &Link) -> &str {
    link.code.expose()
}

/// Asks for an account; the answer.
fn register(server: &Server, account: &str, password: &str, code: &str) -> String {
    let mut client = Client::connect(server);
    let account = if account.is_empty() { String::new() } else { format!("<account>{account}</account>") };
    client.say(&format!(
        "<msg><type>register</type>{account}<pwd>{password}</pwd><invite>{code}</invite><id>r</id></msg>"
    ));
    client.hear("</msg>");
    client.heard().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn list(data: &Path) -> Vec<Value> {
    json(&done(data, &["invite", "list", "--json"], ""))["invites"].as_array().unwrap().clone()
}

/// All that an administrator says about invitations, wherever the wish goes.
fn invite(data: &Path) {
    add(data, "alice", "p1");
    let (code_7, said) = refused(data, &["invite", "list"], "");
    assert_eq!((code_7, said.as_str()), (0, "no invitations yet: relay-server invite create [NAME]\n"));

    let (first, said) = link(data, &["invite", "create", "--public", "relay.example"]);
    assert_eq!(first.kind, Kind::Invite);
    assert!(first.places[0].to_string().starts_with("relay.example:") && first.pin.is_some(), "{first}");
    let id = list(data)[0]["id"].as_str().unwrap().to_owned();
    let words = "it works once, within 7 days, from the Internet if no firewall is in between; it is shown only here (invitation ";
    assert_eq!(said, format!("{words}{id})\n"));

    let args =
        ["invite", "create", "Bob", "--friend", "alice", "--expires", "never", "--public", "127.0.0.1:7"];
    let (_, said) = link(data, &args);
    assert!(said.starts_with("for bob: it works once, without end, from this computer only; "), "{said}");
    assert!(said.contains("whoever joins is a friend of alice at once"), "{said}");
    let (many, said) =
        link(data, &["invite", "create", "--uses", "5", "--expires", "90m", "--public", "nas"]);
    assert!(
        said.starts_with("it works for 5 accounts, within 90 minutes, from your local network; "),
        "{said}"
    );
    let quiet = run(data, &["invite", "create", "-q"], "");
    assert!(quiet.status.success() && quiet.stderr.is_empty());
    let made =
        json(&done(data, &["invite", "create", "carol", "--friend", "Alice", "--json", "--public", "h"], ""));
    let made = &made["invite"];
    assert_eq!((&made["name"], &made["state"], &made["uses"]), (&"carol".into(), &"open".into(), &1.into()));
    assert_eq!(made["friends"], serde_json::json!(["alice"]));
    let own: Link = made["link"].as_str().unwrap().parse().unwrap();
    assert_eq!(made["code"].as_str().unwrap(), code(&own));

    for (args, exit, words) in [
        (&["alice"][..], 11, "there is an account `alice` already"),
        (&["root"], 2, "kept for the server"),
        (&["a b"], 2, "no account name"),
        (&["dan", "--uses", "2"], 2, "an invitation for one name makes one account"),
        (&["--uses", "0"], 2, "an invitation is for 1 to 100000 accounts"),
        (&["--friend", "nobody"], 7, "there is no account `nobody`"),
        (&["--expires", "soon"], 2, "30m, 12h or 7d (at most 3650d), or never"),
        (&["--public", "a b"], 2, "a host's name or address"),
    ] {
        let (found, text) = refused(data, &[&["invite", "create"], args].concat(), "");
        assert!(found == exit && text.contains(words), "{args:?}: {found}: {text}");
    }
    let (exit, text) = refused(data, &["invite", "create", "nobody", "--friend", "x", "--json"], "");
    assert_eq!((exit, &json(&text)["error"]["code"]), (7, &"not_found".into()));
    assert_eq!(list(data).len(), 5, "a refusal has made nothing");

    let revoked = format!("invitation {id} was revoked; accounts that were made with it stay\n");
    assert_eq!(refused(data, &["invite", "revoke", &id], ""), (0, revoked));
    for which in [code(&first).to_uppercase(), first.to_string()] {
        let (exit, text) = refused(data, &["invite", "revoke", &which], "");
        let again = text.starts_with(&format!("invitation {id} was revoked already, 2"));
        assert!(exit == 0 && again && text.ends_with(" UTC\n"), "{exit}: {text}");
    }
    assert_eq!(refused(data, &["invite", "revoke", "-q", &many.to_string()], ""), (0, String::new()));
    for (which, exit, words) in [
        ("0000000000", 7, "there is no such invitation; `invite list` shows them all"),
        ("what", 7, "no invitation for `what` is open; `invite list` shows them all"),
        (&code(&first)[1..], 7, "no invitation for"),
        ("qiao://what", 2, "neither an ID from `invite list`, nor the whole code or link"),
    ] {
        let (found, text) = refused(data, &["invite", "revoke", which], "");
        assert!(found == exit && text.contains(words), "{which}: {found}: {text}");
    }
    let table = done(data, &["invite", "list"], "");
    assert!(table.starts_with("ID  ") && table.contains(" never "), "{table}");
    assert!(table.contains("bob (friend of alice)") && table.contains("revoked     anybody"), "{table}");
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");

    for name in ["facade0123", "ed"] {
        done(data, &["invite", "create", name, "-q"], "");
        let (exit, text) = refused(data, &["invite", "revoke", name], "");
        assert!(exit == 0 && text.contains(&format!(" (for {name}) was revoked; ")), "{exit}: {text}");
    }

    let (forgot, said) = link(data, &["account", "link", "Alice", "--public", "[::1]:9"]);
    assert_eq!((forgot.kind, forgot.account()), (Kind::Device, Some("alice")));
    assert_eq!(
        said,
        "for alice: it logs one device in without a password, once, within 24 hours, from this computer only; it is \
         shown only here\n"
    );
    let made = json(&done(data, &["account", "link", "alice", "--json"], ""));
    assert_eq!(made["account_link"]["account"], "alice");
    assert!(made["account_link"]["link"].as_str().unwrap().parse::<Link>().is_ok());
    assert_eq!(refused(data, &["account", "link", "nobody"], "").0, 7);
    assert_eq!(refused(data, &["account", "link", "a b"], "").0, 2);
    let (exit, text) = refused(data, &["invite", "revoke", &forgot.to_string()], "");
    assert!(exit == 2 && text.contains("a link for a device, not an invitation"), "{text}");
}

#[test]
fn people_are_invited_while_no_server_runs() {
    let data = tempfile::tempdir().unwrap();
    invite(data.path());
}

#[test]
fn people_are_invited_while_a_server_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    invite(data.path());
    // Nothing else is said of where the server is than what it listens on.
    let (link, _) = link(data.path(), &["invite", "create"]);
    assert_eq!(link.places[0].to_string(), server.tls().to_string());
    let fingerprint: String = link.pin.unwrap().0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(server.said("fingerprint"), format!("SHA256:{fingerprint}"));
}

#[test]
fn a_link_made_before_the_first_start_is_good_after_it() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let (invitation, _) = link(data.path(), &["invite", "create", "bob", "--friend", "alice"]);
    assert!(invitation.places.iter().all(|place| place.port == 5290), "{invitation}");
    let config = data.path().join("relay.toml");
    std::fs::write(&config, "listen = \"127.0.0.1:7777\"\n").unwrap();
    let config = config.to_str().unwrap();
    let (other, _) = link(data.path(), &["invite", "create", "--config", config]);
    assert_eq!(other.places[0].to_string(), "127.0.0.1:7777");
    let server = Server::start(data.path(), &[]);
    let pin: String = invitation.pin.unwrap().0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(server.said("fingerprint"), format!("SHA256:{pin}"));
    let answer = register(&server, "", "p2", code(&invitation));
    assert!(answer.contains("<state>1</state><id>r</id><account>bob</account>"), "{answer}");
    Client::login(&server, "bob", "p2").hear("<type>friend</type><name>alice</name>");
}

#[test]
fn the_wrong_the_used_up_and_the_revoked_link_are_told_apart_and_no_code_is_logged() {
    let data = tempfile::tempdir().unwrap();
    add(data.path(), "alice", "p1");
    let server = Server::start(data.path(), &["--config", trace(data.path())]);
    let (used, _) = link(data.path(), &["invite", "create"]);
    let (revoked, _) = link(data.path(), &["invite", "create"]);
    done(data.path(), &["invite", "revoke", code(&revoked)], "");
    let bob = register(&server, "bob", "sesame-2", code(&used));
    assert!(bob.contains("<state>1</state>"), "{bob}");
    let wrong = code(&revoked).chars().rev().collect::<String>().replacen(|_| true, "0", 1);
    for (code, reason) in [(code(&used), "used-up"), (code(&revoked), "revoked"), (&*wrong, "invite")] {
        let answer = register(&server, "carol", "sesame-3", code);
        assert!(answer.contains(&format!("<state>0</state><reason>{reason}</reason>")), "{answer}");
    }
    let (device, _) = link(data.path(), &["account", "link", "bob"]);
    let mut client = Client::connect(&server);
    client.say(&format!(
        "<msg><type>login</type><account>bob</account><v>1</v><device>d</device><code>{}</code></msg>",
        code(&device)
    ));
    client.hear("<state>1</state>");
    let (_, _, log) = server.stop();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log says everything that it can: {log}");
    let secret = code(&device).rsplit_once('.').unwrap().1;
    for secret in [code(&used), code(&revoked), secret, "sesame", "argon2id"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

/// A configuration that logs everything.
fn trace(data: &Path) -> &'static str {
    let file = data.join("trace.toml");
    std::fs::write(&file, "log = \"trace\"\n").unwrap();
    file.to_str().unwrap().to_owned().leak()
}

/// The links of the people in what `up` printed.
fn links(printed: &str) -> Vec<(String, Link)> {
    let names = printed.lines().filter_map(|line| line.strip_prefix("For ")?.strip_suffix(':'));
    let links = printed.lines().filter_map(|line| line.parse().ok());
    names.map(str::to_owned).zip(links).collect()
}

#[test]
fn the_first_minute_invites_a_circle_of_friends_and_goes_on_where_it_stopped() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let (server, printed) = Server::up(&data, &["--invite", "alice,Bob"]);
    assert!(printed.contains("\nIt can be reached from this computer only.\n"), "{printed}");
    let first = links(&printed);
    assert_eq!(first.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["alice", "bob"]);
    assert_eq!(first[0].1.places[0].to_string(), server.tls().to_string());
    let answer = register(&server, "", "p1", code(&first[0].1));
    assert!(answer.contains("<account>alice</account>"), "{answer}");
    assert_eq!(server.stop().0, 0);

    let (server, printed) = Server::up(&data, &["--invite", "alice", "--invite", "bob"]);
    assert!(printed.contains("\nalice has an account already.\n"), "{printed}");
    assert!(printed.contains("The link works once, within 7 days.\n"), "{printed}");
    let second = links(&printed);
    assert_eq!(second.len(), 1);
    let mut alice = Client::login(&server, "alice", "p1");
    let answer = register(&server, "", "p2", code(&second[0].1));
    assert!(answer.contains("<account>bob</account>"), "{answer}");
    alice.hear("<type>friend</type><name>bob</name>");
    let answer = register(&server, "bobby", "p2", code(&first[1].1));
    assert!(answer.contains("<reason>used-up</reason>"), "{answer}");
    drop(server);

    let (_server, printed) = Server::up(&data, &["--invite", "alice,bob", "--public", "relay.example:7"]);
    assert!(printed.starts_with("The server runs at:\n  relay.example:7\nIt can be"), "{printed}");
    assert!(
        links(&printed).is_empty() && printed.contains("invite people with `relay-server invite create`")
    );
}

#[test]
fn without_a_data_directory_the_commands_that_make_one_are_named() {
    let home = tempfile::tempdir().unwrap();
    let (exit, text) = refused(&home.path().join("data"), &["invite", "list"], "");
    assert!(exit == 7 && text.contains("`relay-server up`"), "{text}");
}

#[test]
fn a_name_that_nobody_can_have_is_refused_before_the_server_starts() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    for names in ["root", "a b", "alice,"] {
        let (exit, text) = refused(&data, &["up", "--invite", names], "");
        assert_eq!((exit, text.lines().count()), (2, 1), "{text}");
    }
    assert!(!data.exists());
}
