//! The order on disk: what the relay acknowledges has been synced before.

use std::process::Command;

use qiaoqiao_tests::raw::Raw;
use qiaoqiao_tests::relay::Relay;

#[test]
fn between_the_read_of_a_chat_and_the_write_of_its_ack_the_databases_log_is_synced() {
    let mut relay = Relay::prepared("");
    relay.account("alice", "Alice", "pa");
    let trace = relay.home().join("trace");
    let plain = relay.command();
    let mut traced = Command::new("strace");
    traced.args([
        "-f",
        "-y",
        "-s",
        "200",
        "-e",
        "trace=read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync",
        "-o",
    ]);
    traced.arg(&trace).arg(plain.get_program()).args(plain.get_args());
    relay.restart_as(traced);

    let mut alice = Raw::full(&relay.plain, "alice", "pa", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
    for number in 0..5 {
        alice.say(&format!(
            "<msg><type>chat</type><myaccount>alice</myaccount><friendaccount>alice</friendaccount><content>durable-{number}</content><id>durable-{number}</id></msg>"
        ));
        alice.hears_until(&format!("<type>ack</type><id>durable-{number}</id>"));
    }
    let trace = std::fs::read_to_string(&trace).expect("strace wrote its file");
    // Number 0 is left out: with it the session's token is confirmed, and that is synced too.
    for number in 1..5 {
        let find = |from: usize, words: &[&str]| {
            let lines = trace.lines().enumerate().skip(from);
            lines.into_iter().find(|(_, line)| words.iter().all(|word| line.contains(word))).map(|(at, _)| at)
        };
        let read = find(0, &["<content>durable-"])
            .and_then(|_| find(0, &[&format!("durable-{number}</content><id>")]))
            .expect("the chat is read");
        let ack = find(read, &["<type>ack</type>", &format!("<id>durable-{number}</id>")])
            .expect("the ack is written");
        let synced = trace
            .lines()
            .take(ack)
            .skip(read)
            .any(|line| line.contains("sync(") && line.contains("relay.db-wal"));
        let between: Vec<&str> = trace.lines().take(ack + 1).skip(read).collect();
        assert!(synced, "no sync of the log between read and ack:\n{}", between.join("\n"));
    }
}
