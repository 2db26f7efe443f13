//! Whether the windows speak Chinese: each sentence of the `.slint` files has its translation in `lang/`, with the same
//! placeholders, no translation is left over, and a window takes them up and lays them down again while it is open.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use slint::ComponentHandle;

/// Context (empty when there is none), sentence, its plural (empty when there is none); escapes as they are written.
type Sentence = (String, String, String);

fn ui() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` that end in `.slint`.
fn windows(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the windows") {
        let path = entry.expect("a file of the windows").path();
        if path.is_dir() {
            windows(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "slint") {
            found.push(path);
        }
    }
}

/// The string literal that `text` begins with, without its quotes, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let inside = text.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((inside[..end].to_owned(), inside[end + 1..].trim_start()))
}

/// One `@tr(…)`, from behind its parenthesis.
fn sentence(text: &str) -> Option<Sentence> {
    let (first, rest) = literal(text)?;
    let (context, (id, rest)) = match rest.strip_prefix("=>") {
        Some(rest) => (first, literal(rest)?),
        None => (String::new(), (first, rest)),
    };
    let plural = match rest.strip_prefix('|') {
        Some(rest) => literal(rest)?.0,
        None => String::new(),
    };
    Some((context, id, plural))
}

/// All sentences of the windows.
fn spoken() -> BTreeSet<Sentence> {
    let mut files = Vec::new();
    windows(&ui(), &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of the windows");
        for call in text.split("@tr(").skip(1) {
            let line = call.lines().next().unwrap_or_default();
            found.insert(sentence(call).unwrap_or_else(|| panic!("{}: @tr({line}", file.display())));
        }
    }
    assert!(found.len() > 200, "only {} sentences found: is the scan broken?", found.len());
    found
}

/// The translations of a `.po` file: each sentence with its forms.
fn catalogue(text: &str) -> BTreeMap<Sentence, Vec<String>> {
    let mut all = BTreeMap::new();
    for block in text.split("\n\n") {
        let mut sentence = Sentence::default();
        let mut forms: Vec<String> = Vec::new();
        let mut word = "";
        for line in block.lines().filter(|line| !line.is_empty()) {
            if line.starts_with('#') {
                // Slint passes over both: they would be English on the screen.
                assert!(!line.starts_with("#~") && !line.contains("fuzzy"), "not in use: {line}");
                continue;
            }
            let (key, value) = line.split_at(line.find('"').unwrap_or_else(|| panic!("no string: {line}")));
            let (value, rest) = literal(value).unwrap_or_else(|| panic!("the string does not end: {line}"));
            assert!(rest.is_empty(), "more than a string: {line}");
            if !key.is_empty() {
                word = key.trim_end();
                if word.starts_with("msgstr") {
                    forms.push(String::new());
                }
            }
            let place = match word {
                "msgctxt" => &mut sentence.0,
                "msgid" => &mut sentence.1,
                "msgid_plural" => &mut sentence.2,
                _ => forms.last_mut().unwrap_or_else(|| panic!("what is this? {line}")),
            };
            place.push_str(&value);
        }
        // The first block is the file's header.
        if !sentence.1.is_empty() {
            let id = sentence.1.clone();
            assert!(all.insert(sentence, forms).is_none(), "translated twice: {id}");
        }
    }
    all
}

/// `{}`, `{0}`, `{n}`… of a sentence, sorted: a translation may change their order.
fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<_> =
        text.split('{').skip(1).map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name)).collect();
    found.sort_unstable();
    found
}

#[test]
fn every_sentence_is_translated_and_no_translation_is_left_over() {
    let text =
        fs::read_to_string(ui().join("lang/zh_CN/LC_MESSAGES/qq-slint-ui.po")).expect("the translations");
    let (spoken, translated) = (spoken(), catalogue(&text));
    let mut wrong = Vec::new();
    for missing in spoken.iter().filter(|sentence| !translated.contains_key(*sentence)) {
        wrong.push(format!("no translation: {missing:?}"));
    }
    for (sentence, forms) in &translated {
        let (_, id, plural) = sentence;
        if !spoken.contains(sentence) {
            wrong.push(format!("no window says it: {sentence:?}"));
        }
        // Chinese has one form for all numbers.
        if forms.len() != 1 || forms.iter().any(String::is_empty) {
            wrong.push(format!("not one form: {sentence:?} {forms:?}"));
        }
        let expected = placeholders(if plural.is_empty() { id } else { plural });
        for form in forms {
            if placeholders(form) != expected {
                wrong.push(format!("other placeholders: {id} / {form}"));
            }
            if form.contains("QQ") && !id.contains("Tencent QQ") {
                wrong.push(format!("a name that is not ours: {form}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_open_window_changes_its_language() {
    i_slint_backend_testing::init_no_event_loop();
    let voice = qq_slint_ui::Voice::new().expect("a window");
    let say = voice.global::<qq_slint_ui::Say>();
    for (language, date, wait) in [
        ("zh_CN", "2026年11月23日", "尝试次数过多，请等待 7 秒。"),
        ("en", "23 November 2026", "Too many tries. Wait 7 seconds."),
        ("zh_CN", "2026年11月23日", "尝试次数过多，请等待 7 秒。"),
    ] {
        slint::select_bundled_translation(language).expect("a language of ours");
        assert_eq!(say.invoke_date(23, 11, "2026".into()), date);
        assert_eq!(say.invoke_error("throttled".into(), "".into(), 7, "".into()), wait);
    }
}
