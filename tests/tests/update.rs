//! An update from the first release's schema with a large history: nothing is lost, whenever it is killed on the way.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::program::Running;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;
use refinery::{Migration, Runner};
use relay_schema::Secret;
use relay_server::password::{self, Memory};
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// What alice and bob have written to each other, in turn.
const MESSAGES: i64 = 20_000;
const TOKEN: &str = "a token of the first release";
const DEVICE: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
/// Files of the first release; no released file is ever edited.
const DAEMON: &str = include_str!("../../qqd/src/store/migrations/V1__first.sql");
const RELAY: &str = include_str!("../../relay-server/src/store/migrations/V1__first.sql");
/// What the `n`th message says, in SQL; the 4,711th is looked for.
const TEXT: &str =
    "CASE n WHEN 4711 THEN '一起吃晚饭吗? Platypus' ELSE 'number ' || n || ' of the old days' END";
/// The programs are killed at these of their writes to the copy that they make first,
const AT_COPY: &[u32] = &[2, 30, 300];
/// and then at these to the database's log, which is the migration, until one comes through.
const AT_LOG: &[u32] = &[2, 5, 10, 20, 40, 100, 300, 1_000, 2_000, 4_000, 8_000];

/// An empty database with the first release's schema, as that release has opened it.
fn first_release(path: &Path, schema: &str) -> Connection {
    fs::set_permissions(path.parent().expect("a folder"), Permissions::from_mode(0o700)).expect("0700");
    let mut conn = Connection::open(path).expect("a new database");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("0600");
    let first = Migration::unapplied("V1__first", schema).expect("the file is named as it is");
    Runner::new(&[first]).set_grouped(true).run(&mut conn).expect("the first schema is sound");
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").expect("settings");
    conn
}

/// `n` counts the messages from 1.
fn counted(conn: &Connection, sql: &str) {
    let count =
        format!("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {MESSAGES})");
    conn.execute_batch(&sql.replace("EACH", &count)).expect("it is filled");
}

/// A relay of the first release that alice and bob have used for long.
fn old_relay() -> Relay {
    // Its own key, which an update keeps; the store is put in its place.
    let mut relay = Relay::start();
    relay.stop();
    for file in ["relay.db", "relay.db-wal", "relay.db-shm"] {
        let _ = fs::remove_file(relay.data().join(file));
    }
    let conn = first_release(&relay.data().join("relay.db"), RELAY);
    let hash = |password: &str| {
        password::hash(&Secret::new(password.to_owned()), &mut Memory::default()).expect("it can be hashed")
    };
    conn.execute(
        "INSERT INTO account (id, name, shown, password, created_ms)
         VALUES (1, 'alice', 'Alice', ?1, 1), (2, 'bob', 'Bob', ?2, 1)",
        [hash("pa"), hash("pb")],
    )
    .expect("two accounts");
    conn.execute(
        "INSERT INTO device VALUES (1, ?1, 'qqd/0.1.0', ?2, 1)",
        rusqlite::params![DEVICE, MESSAGES + 1],
    )
    .expect("a device");
    let token: [u8; 32] = Sha256::digest(TOKEN).into();
    conn.execute("INSERT INTO token VALUES (1, ?1, 1, 1, ?2)", rusqlite::params![DEVICE, token])
        .expect("a token");
    counted(
        &conn,
        &format!(
            "BEGIN;
             INSERT INTO meta VALUES ('epoch', 'first');
             INSERT INTO inbox_state VALUES (1, {MESSAGES} + 1, 0), (2, {MESSAGES} + 1, 0);
             INSERT INTO friend VALUES (1, 2, 0, 1), (2, 1, 0, 1);
             INSERT INTO conv VALUES (1, 1, 2, {MESSAGES}, {MESSAGES} / 2, {MESSAGES} / 2);
             INSERT INTO mark VALUES (1, 1, 2, {MESSAGES}, {MESSAGES} + 1), (1, 2, 1, {MESSAGES}, {MESSAGES} + 1);
             INSERT INTO inbox VALUES (1, 1, 1, 2), (2, 1, 1, 1);
             INSERT INTO message EACH SELECT n, 1, n, 2 - n % 2, 1 + n % 2, 'm' || n, n + 1, 1700000000000 + n, NULL, NULL,
                                             {TEXT}, NULL FROM c;
             INSERT INTO inbox EACH SELECT 1, n + 1, 0, n FROM c;
             INSERT INTO inbox EACH SELECT 2, n + 1, 0, n FROM c;
             COMMIT;"
        ),
    );
    relay
}

/// Alice's computer, with a daemon of the first release that has all of it.
fn old_daemon(relay: &Relay) -> Person {
    let alice = Person::new("alice");
    fs::create_dir_all(alice.data()).expect("a data directory");
    let conn = first_release(&alice.data().join("qqd.db"), DAEMON);
    let (host, port) = relay.tls.rsplit_once(':').expect("HOST:PORT");
    let pin = relay.fingerprint.strip_prefix("SHA256:").expect("a fingerprint");
    conn.execute(
        "INSERT INTO account VALUES (1, ?1, 'alice', 'Alice', ?2, ?3, 0, ?4, ?5, 'first', ?6, 1)",
        rusqlite::params![format!("alice@{}", relay.tls), host, port, pin, DEVICE, MESSAGES + 1],
    )
    .expect("an account");
    counted(
        &conn,
        &format!(
            "BEGIN;
             INSERT INTO friend VALUES (1, 'bob', 'Bob', '', 'friend', '', '');
             INSERT INTO mark VALUES (1, '1', 'alice', {MESSAGES}), (1, '1', 'bob', {MESSAGES});
             INSERT INTO message EACH SELECT n, 1, 'bob', n % 2, 'm' || n, iif(n % 2, 'alice', 'bob'),
                    iif(n % 2, 'bob', 'alice'), {TEXT}, 'text', NULL, NULL, '1', n, n + 1, iif(n % 2, 'delivered', 'read'),
                    NULL, strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + n, 'unixepoch') FROM c;
             COMMIT;"
        ),
    );
    let token = alice.data().join("token");
    fs::write(&token, TOKEN).expect("a token");
    fs::set_permissions(token, Permissions::from_mode(0o600)).expect("0600");
    alice
}

/// The command under `strace`, which kills it with SIGKILL at its `write`th write at a place in this file.
fn killed_at(write: u32, file: &Path, plain: &Command) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-P"]).arg(file);
    traced.arg("-e").arg(format!("inject=pwrite64:signal=KILL:when={write}"));
    traced.arg(plain.get_program()).args(plain.get_args()).process_group(0);
    for (name, value) in plain.get_envs() {
        traced.env(name, value.unwrap_or_default());
    }
    traced.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    traced
}

/// The schema that a start would find, read from a copy: what is looked at is not changed.
fn schema(data: &Path, file: &str) -> i64 {
    let copy = tempfile::tempdir().expect("a temporary directory");
    for end in ["", "-wal"] {
        let name = format!("{file}{end}");
        if data.join(&name).exists() {
            fs::copy(data.join(&name), copy.path().join(&name)).expect("a copy");
        }
    }
    number(&copy.path().join(file), "SELECT max(version) FROM refinery_schema_history")
}

fn number(path: &Path, sql: &str) -> i64 {
    let conn = Connection::open(path).expect("the database opens");
    conn.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Starts the program again and again, and kills it at one write after the other to the copy and to the log of the
/// database; the schemas that were found after each kill in the log. `is_up` is asked until the program is up or dead.
fn killed(
    data: &Path,
    [copy, database]: [&str; 2],
    plain: &Command,
    is_up: impl Fn(&mut Running) -> Option<bool>,
) -> Vec<i64> {
    let comes_through = |file: &str, write: u32| {
        let child = killed_at(write, &data.join(file), plain).spawn().expect("strace starts");
        let mut running = Running(child);
        let up = wait::until("the program is up, or dead", || is_up(&mut running));
        running.kill();
        up
    };
    for write in AT_COPY {
        assert!(!comes_through(copy, *write), "the copy {copy} has fewer than {write} writes");
        assert_eq!(schema(data, database), 1, "nothing is changed before it is copied");
    }
    let log = format!("{database}-wal");
    let dead = AT_LOG.iter().take_while(|write| !comes_through(&log, **write));
    dead.map(|_| schema(data, database)).collect()
}

fn kill_the_relay(relay: &Relay) -> Vec<i64> {
    killed(&relay.data(), ["relay.db.copy", "relay.db"], &relay.command(), |running| {
        let mut line = String::new();
        BufReader::new(running.0.stdout.take()?).read_line(&mut line).ok()?;
        Some(line.starts_with("ready"))
    })
}

fn kill_the_daemon(alice: &Person) -> Vec<i64> {
    killed(&alice.data(), ["qqd.db.v1.new", "qqd.db"], &alice.command("qqd"), |running| {
        let ended = running.0.try_wait().expect("it is a child of ours").is_some();
        if ended { Some(false) } else { alice.daemon().map(|_| true) }
    })
}

/// The name of the copy that the relay made: its end is the schema to which it was brought.
fn copy_of(data: &Path) -> String {
    let newest = schema(data, "relay.db");
    format!("relay.db.before-V{newest}")
}

fn texts(reply: &Value) -> Vec<&str> {
    let messages = reply["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["text"].as_str().expect("a text")).collect()
}

#[test]
fn an_update_with_twenty_thousand_messages_keeps_them_all_whenever_it_is_killed() {
    let mut relay = old_relay();
    let alice = old_daemon(&relay);
    let at_relay = kill_the_relay(&relay);
    assert!(at_relay.contains(&1), "no kill was in the middle: {at_relay:?}");
    let at_daemon = kill_the_daemon(&alice);
    let between = |schema: &i64| (1..*at_daemon.last().unwrap_or(&0)).contains(schema);
    assert!(at_daemon.iter().any(between), "no kill was in the middle: {at_daemon:?}");
    relay.restart();
    alice.online();

    let export = alice.ok(&["chat", "export", "bob"]);
    let ids = export.lines().map(|line| {
        let message: Value = serde_json::from_str(line).expect("a message a line");
        message["id"].as_str().expect("an id").to_owned()
    });
    assert!(ids.eq((1..=MESSAGES).map(|n| format!("m{n}"))), "all of them, each once, in their order");
    let newest = format!("number {MESSAGES} of the old days");
    assert_eq!(texts(&alice.json(&["history", "bob", "--count", "1"])), [newest.as_str()]);
    for (words, found) in
        [("platypus", "一起吃晚饭吗? Platypus"), ("晚饭", "一起吃晚饭吗? Platypus"), ("20000", &newest)]
    {
        wait::until(&format!("{words} is found"), || {
            let reply = alice.json(&["search", words]);
            (reply["indexing"] != true).then(|| assert_eq!(texts(&reply), [found]))
        });
    }

    let bob = Person::logged_in("bob", "pb", &relay);
    wait::until("bob's new device has the newest message", || {
        (texts(&bob.json(&["history", "alice", "--count", "1"])) == [newest.as_str()]).then_some(())
    });
    bob.ok(&["send", "alice", "after the update", "--wait", "delivered"]);
    assert_eq!(texts(&alice.json(&["read"])), ["after the update"], "nothing else was unread");
    alice.stop_daemon();
    bob.stop_daemon();
    relay.stop();
    for (data, file, copy) in
        [(relay.data(), "relay.db", copy_of(&relay.data())), (alice.data(), "qqd.db", "qqd.db.v1".into())]
    {
        let count = "SELECT count(*) FROM message";
        assert_eq!(number(&data.join(file), count), MESSAGES + 1, "{file}");
        assert_eq!(
            number(
                &data.join(file),
                "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
            ),
            0
        );
        assert_eq!(number(&data.join(&copy), count), MESSAGES, "{copy} is how it was before");
        assert_eq!(schema(&data, &copy), 1);
    }
    let rows = number(&relay.data().join("relay.db"), "SELECT count(*) FROM inbox WHERE kind = 0");
    assert_eq!(rows, 2 * (MESSAGES + 1));
}
