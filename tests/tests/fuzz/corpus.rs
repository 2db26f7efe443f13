//! The folder `tests/corpus`: seeds, one a line in `NAME.txt`, and what broke a reader, one a file in `NAME/`.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::Digest as _;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The lines of `NAME.txt`.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let path = folder().join(format!("{target}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

/// What once broke a reader, with its file's name.
pub fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder().join(target)) else { return Vec::new() };
    let entries = entries.map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

/// Keeps what broke a reader; where.
pub fn keep(target: &str, input: &[u8]) -> PathBuf {
    let folder = folder().join(target);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let name: String = sha2::Sha256::digest(input).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = folder.join(name);
    fs::write(&path, input).expect("the file can be written");
    path
}

/// Every `<msg>…</msg>` of the dialogues and of the seed dialect's vectors.
pub fn stanzas() -> Vec<Vec<u8>> {
    let root = folder();
    let root = root.parent().expect("it has one");
    let mut found = Vec::new();
    for folder in ["dialogues", "vectors"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
            let text = fs::read_to_string(entry.expect("an entry").path()).expect("a text");
            let stanzas = text.lines().filter_map(|line| line.get(line.find("<msg>")?..));
            found.extend(stanzas.map(|stanza| stanza.trim_end().as_bytes().to_vec()));
        }
    }
    found.sort();
    found.dedup();
    found
}
