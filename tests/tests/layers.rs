//! Who may import whom: read from `cargo metadata` and from the sources, so that a forbidden edge fails a test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// (crate, the crates of ours it may use); architecture.md has the same table.
const MAY_USE: &[(&str, &[&str])] = &[
    ("ipc-schema", &[]),
    ("relay-schema", &[]),
    ("manual", &[]),
    ("qqctl", &["ipc-schema", "manual"]),
    ("qq-slint", &["ipc-schema", "manual", "qq-slint-ui"]),
    ("qq-slint-ui", &[]),
    ("qqd", &["ipc-schema", "manual", "relay-schema"]),
    ("relay-server", &["manual", "relay-schema", "test-tls"]),
    ("relay-bench", &["relay-schema", "test-tls"]),
    ("test-tls", &[]),
    ("qiaoqiao-tests", &["ipc-schema", "relay-schema", "qqctl", "qqd", "relay-server"]),
];

/// (daemon, its parts): a part may use the core's types and what stands beside the core, never another part.
const PARTS: &[(&str, &[&str])] = &[
    ("qqd", &["ipc", "notify", "relay", "store"]),
    ("relay-server", &["admin", "net", "password", "store"]),
];

#[test]
fn no_crate_reaches_past_its_border() {
    let wrong: Vec<String> = crates()
        .iter()
        .flat_map(|(name, uses)| {
            let (_, may) = MAY_USE.iter().find(|(known, _)| known == name).unwrap_or_else(|| {
                panic!("{name} stands in no layer: add it to MAY_USE and to docs/architecture.md")
            });
            uses.iter()
                .filter(|used| !may.contains(&used.as_str()))
                .map(move |used| format!("{name} may not use {used}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_for_tests_is_in_no_program() {
    let programs = ["qq-slint", "qqctl", "qqd", "relay-server"];
    for package in packages().iter().filter(|package| programs.contains(&name(package).as_str())) {
        let built = dependencies(package).iter().filter(|used| used["kind"] != "dev").map(name);
        assert!(built.into_iter().all(|used| used != "test-tls"), "{} believes everybody", name(package));
    }
}

#[test]
fn every_crate_of_the_table_exists() {
    let crates = crates();
    for (name, _) in MAY_USE {
        assert!(crates.contains_key(*name), "{name} is in the table and not in the workspace");
    }
}

#[test]
fn no_part_of_a_daemon_imports_another_part() {
    let mut wrong = Vec::new();
    for (daemon, parts) in PARTS {
        for part in *parts {
            for (file, source) in sources_of(daemon, part) {
                let others = parts.iter().filter(|other| *other != part);
                wrong.extend(
                    others
                        .filter(|other| imports(&source, other))
                        .map(|other| format!("{}: imports {other}", file.display())),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_core_knows_schemas_only() {
    let forbidden = [
        "std::fs",
        "std::net::Tcp",
        "std::thread",
        "tokio",
        "rusqlite",
        "SystemTime::now",
        "Instant::now",
        "getrandom",
    ];
    let mut wrong = Vec::new();
    for (daemon, parts) in PARTS {
        for (file, source) in sources_of(daemon, "core") {
            let code = without_tests_and_comments(&source);
            wrong.extend(
                parts
                    .iter()
                    .filter(|part| imports(&code, part))
                    .map(|part| format!("{}: imports {part}", file.display())),
            );
            wrong.extend(
                forbidden
                    .iter()
                    .filter(|word| code.contains(**word))
                    .map(|word| format!("{}: uses {word}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let members = ["ipc-schema", "relay-schema", "qqctl", "qqd", "relay-server", "tests"];
    let files = members.iter().flat_map(|member| rust_files(&root().join(member)));
    // Tests of a module speak through their names.
    let files = files.filter(|file| {
        !file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("src/lib.rs")
    });
    let bare: Vec<PathBuf> =
        files.filter(|file| !read(file).lines().take(3).any(|line| line.starts_with("//!"))).collect();
    assert!(bare.is_empty(), "no //! header: {bare:#?}");
}

/// `crate::NAME` or `super::…::NAME` in code.
fn imports(source: &str, part: &str) -> bool {
    let code = without_tests_and_comments(source);
    let path = format!("crate::{part}");
    code.match_indices(&path)
        .any(|(at, _)| !code[at + path.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        || code.contains(&format!("use crate::{{{part}"))
}

fn without_tests_and_comments(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every workspace crate with the workspace crates it depends on, in any way.
fn crates() -> BTreeMap<String, Vec<String>> {
    let packages = packages();
    let ours: Vec<String> = packages.iter().map(name).collect();
    packages
        .iter()
        .map(|package| {
            let used = dependencies(package).iter().map(name);
            (name(package), used.filter(|used| ours.contains(used)).collect())
        })
        .collect()
}

/// What cargo says of every workspace crate.
fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn dependencies(package: &Value) -> &[Value] {
    package["dependencies"].as_array().expect("dependencies")
}

fn name(value: &Value) -> String {
    value["name"].as_str().expect("a name").to_owned()
}

/// The sources of one room of a daemon: `src/NAME/**` and `src/NAME.rs`.
fn sources_of(daemon: &str, room: &str) -> Vec<(PathBuf, String)> {
    let src = root().join(daemon).join("src");
    let mut files = rust_files(&src.join(room));
    files.extend(Some(src.join(format!("{room}.rs"))).filter(|file| file.exists()));
    assert!(!files.is_empty(), "{daemon} has no room {room}: mend PARTS");
    files
        .into_iter()
        .map(|file| {
            let source = read(&file);
            (file, source)
        })
        .collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true if path.ends_with("target") => Vec::new(),
            true => rust_files(&path),
            false if path.extension().is_some_and(|end| end == "rs") => vec![path],
            false => Vec::new(),
        })
        .collect()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
