//! The benchmark itself: every scenario runs against the real relay, and nothing is lost. No time is looked at.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn bench(args: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_relay-bench")).args(args).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_scenario_runs_and_every_message_comes_once_and_in_order() {
    let relay = Path::new(env!("CARGO_BIN_EXE_relay-bench")).with_file_name("relay-server");
    assert!(
        relay.exists(),
        "relay-server is not built: run `make test`, or `cargo build -p relay-server` first"
    );
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("bench.json");
    let (done, table, talk) = bench(&["--quick", "--json", json.to_str().unwrap()]);
    assert!(done, "{talk}\n{table}");

    let report: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    for scenario in ["forward", "pace", "chat", "login", "storm", "drain", "presence", "idle"] {
        assert!(table.contains(&format!("\n{scenario}\n")), "{scenario} has a head in the table:\n{table}");
        let rows = report["rows"].as_array().unwrap();
        let mut own = rows.iter().filter(|row| row["scenario"] == scenario).peekable();
        assert!(own.peek().is_some(), "{scenario} has rows");
        for row in own {
            assert!(row["median_ours"].is_number(), "the relay was measured: {row}");
        }
    }
    let tallies = report["tallies"].as_array().unwrap();
    assert_eq!(tallies.len(), 5, "the scenarios that count messages: {tallies:?}");
    for tally in tallies {
        let (scenario, tally) = (&tally[0], &tally[1]);
        assert!(tally["expected"].as_u64().unwrap() > 0, "{scenario} counts its messages");
        for wrong in ["lost", "doubled", "misordered"] {
            assert_eq!(tally[wrong], 0, "{scenario}: {tally}");
        }
    }
    assert!(report["raised_limits"]["chats_per_second"].is_string(), "what was raised is said: {report}");
}

#[test]
fn a_relay_that_is_not_there_is_named() {
    let (done, table, talk) = bench(&["--quick", "--relay", "/nowhere/relay-server"]);
    assert!(!done && table.is_empty());
    assert!(talk.contains("/nowhere/relay-server does not start"), "{talk}");
}

#[test]
fn help_says_what_is_measured() {
    let (done, help, _) = bench(&["--help"]);
    assert!(done);
    for words in ["What is measured", "make bench", "forward", "storm", "--only", "--quick", "--json"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    assert!(!help.contains("reference, as a process"), "the hidden command stays hidden: {help}");
}
