//! What the `.slint` files declare, to be held against what was seen: a part that nobody has looked at is found.

use std::collections::BTreeSet;
use std::path::Path;

/// Where the files are.
const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui");

/// The properties that name a control, and what stands before them on their line.
const NAMED: [(&str, &str); 11] = [
    ("", " label:"),
    ("", "accessible-label:"),
    ("MenuItem {", " title:"),
    ("Button {", " text:"),
    ("Tab {", " text:"),
    ("Entry {", " text:"),
    ("Toggle {", " text:"),
    ("SoundLine {", " text:"),
    ("CheckBox {", " text:"),
    ("Tick {", " text:"),
    ("Choice {", " text:"),
];

/// Every file of the windows: its name, and its text.
fn files() -> Vec<(String, String)> {
    fn take(dir: &Path, files: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                take(&path, files);
            } else if path.extension().is_some_and(|end| end == "slint") {
                let name = path.strip_prefix(UI).unwrap().display().to_string();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    take(Path::new(UI), &mut files);
    files.sort();
    files
}

/// The components of our own, each with its file.
pub(super) fn components() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (file, text) in files() {
        for line in text.lines() {
            let line = line.strip_prefix("export ").unwrap_or(line);
            if let Some(name) =
                line.strip_prefix("component ").and_then(|rest| rest.split_whitespace().next())
            {
                all.push((name.to_owned(), file.clone()));
            }
        }
    }
    all
}

/// The names that controls may have, in English, each with its file. `{}` stands for what is put in.
pub(super) fn names() -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    // The desktop itself shows the menu of the icon beside the clock.
    for (file, text) in files().into_iter().filter(|(file, _)| file != "tray.slint") {
        for line in text.lines() {
            // The property that a control is named by goes before its text.
            let found = NAMED.iter().find_map(|(before, property)| {
                let from = line.find(before)?;
                Some(&line[from + line[from..].find(property)? + property.len()..])
            });
            let value = found.map_or("", |value| value.split(';').next().unwrap_or_default());
            all.extend(value.split("@tr(").skip(1).filter_map(|call| Some((literal(call)?, file.clone()))));
        }
    }
    all
}

/// The text of a call of `@tr`: the second literal when the first is a context.
fn literal(call: &str) -> Option<String> {
    let mut parts = call.split('"').skip(1);
    let first = parts.next()?;
    if parts.next()?.trim() == "=>" { parts.next().map(str::to_owned) } else { Some(first.to_owned()) }
}

/// The sheets, by the word that chooses their sentences.
pub(super) fn sheets() -> Vec<&'static str> {
    let say = include_str!("../../../ui/say.slint");
    let titles = say.split("function ask-title").nth(1).unwrap().split("return name;").next().unwrap();
    titles.split("what == \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The sheets that the program asks by, with the file that does.
pub(super) fn asked() -> Vec<(String, String)> {
    fn take(dir: &Path, all: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("tests") {
                    take(&path, all);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in ["Question::new(", "::about("] {
                let words = text.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
                let file = path.display().to_string();
                all.extend(words.filter_map(|rest| Some((rest.split('"').next()?.to_owned(), file.clone()))));
            }
        }
    }
    let mut all = Vec::new();
    take(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut all);
    all
}

/// Whether something that was seen is this name, with anything in the place of `{}`, `{0}` and the like.
pub(super) fn is_seen(name: &str, seen: &BTreeSet<String>) -> bool {
    let mut fixed = name.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    let first = fixed.next().unwrap_or_default();
    let rest: Vec<&str> = fixed.collect();
    seen.iter().any(|label| {
        let Some(mut left) = label.strip_prefix(first) else { return false };
        rest.iter().all(|part| match left.find(part) {
            Some(at) => {
                left = &left[at + part.len()..];
                true
            }
            None => false,
        })
    })
}
