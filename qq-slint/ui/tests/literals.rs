//! How the windows look stands in `theme.slint` and nowhere else: no other file names a colour, a radius or a duration.

use std::fs;
use std::path::{Path, PathBuf};

/// The files below `folder` that end in `.slint`, but the theme.
fn windows(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the windows") {
        let path = entry.expect("a file of the windows").path();
        if path.is_dir() {
            windows(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "slint") && !path.ends_with("theme.slint") {
            found.push(path);
        }
    }
}

/// The code of a line: no comment, and nothing of what stands between quotes.
fn code(line: &str) -> String {
    let line = line.split_once("//").map_or(line, |(code, _)| code);
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"")
}

/// The words of a line: a number with its unit is one, a name with its hyphens, too.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '#' | '-' | '.' | ':')))
        .filter(|word| !word.is_empty())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// What a line says that only the theme may say.
fn literal(line: &str) -> Option<String> {
    let code = code(line);
    let mut before = "";
    for word in words(&code) {
        let bare = word.trim_end_matches(':');
        let is_colour = bare
            .strip_prefix('#')
            .is_some_and(|hex| hex.len() >= 3 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
            || (matches!(before, "color:" | "background:") && COLOURS.contains(&bare));
        let is_duration = ["ms", "s"].into_iter().any(|unit| bare.strip_suffix(unit).is_some_and(is_number));
        let is_radius = before.ends_with("radius:")
            && bare.strip_suffix("px").is_some_and(|number| is_number(number) && number != "0");
        if is_colour || is_duration || is_radius {
            return Some(bare.to_owned());
        }
        before = word;
    }
    None
}

/// Names that Slint knows of colours; `transparent` is none.
const COLOURS: [&str; 10] =
    ["white", "black", "red", "green", "blue", "yellow", "gray", "grey", "orange", "purple"];

#[test]
fn no_colour_no_radius_and_no_duration_stands_outside_the_theme() {
    let mut files = Vec::new();
    windows(&PathBuf::from(env!("CARGO_MANIFEST_DIR")), &mut files);
    assert!(files.len() > 20, "{files:?}");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of the windows");
        let lines = text.lines().enumerate();
        found.extend(lines.filter_map(|(at, line)| Some((file.clone(), at + 1, literal(line)?))));
    }
    assert!(found.is_empty(), "these belong into theme.slint: {found:#?}");
}

#[test]
fn what_belongs_into_the_theme_is_seen() {
    for line in [
        "background: #fff;",
        "color: x ? #0b6bd3 : Theme.text;",
        "color: white;",
        "interval: 700ms;",
        "animate x { duration: 0.5s; }",
        "ring-radius: 26px;",
        "border-radius: 4px; }",
    ] {
        assert!(literal(line).is_some(), "{line}");
    }
    for line in [
        "border-radius: self.width / 2;",
        "text: \"#fff 700ms\"; // #fff",
        "background: transparent;",
        "x: 8px; width: 36px;",
        "icon: @image-url(\"../icons/search.svg\");",
        "ring-radius: 0px;",
    ] {
        assert_eq!(literal(line), None, "{line}");
    }
}
