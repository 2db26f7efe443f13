//! Plays every file of `dialogues/`, and the vectors, on the relay's core with the real store in memory.

use std::fs;
use std::path::{Path, PathBuf};

use qiaoqiao_tests::dialogue::{CoreStage, Setup, Stage as _, parse_vectors, play, play_file};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_dialogue_goes_as_written() {
    let mut files: Vec<_> =
        fs::read_dir(here("dialogues")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20, "only {} dialogues were found", files.len());
    let failures: Vec<_> =
        files.iter().filter_map(|file| play_file(file, &mut CoreStage::default()).err()).collect();
    assert!(failures.is_empty(), "{} of {} dialogues:\n{}", failures.len(), files.len(), failures.join("\n"));
}

#[test]
fn the_vectors_of_the_seed_dialect_go_as_written() {
    let text = fs::read_to_string(here("vectors/seed-session.txt")).unwrap();
    let mut stage = CoreStage::default();
    for (name, password, shown) in
        [("10001", "红豆&绿豆", "小红"), ("10002", "p2", "小明"), ("10003", "p3", "小刚")]
    {
        let (name, password, shown) = (name.to_owned(), password.to_owned(), shown.to_owned());
        stage.set_up(&Setup::Account { name, password, shown });
    }
    stage.set_up(&Setup::Friends { a: "10001".to_owned(), b: "10002".to_owned() });
    let lines = parse_vectors("seed-session.txt", &text).unwrap();
    assert_eq!(lines.len(), 40);
    play("seed-session.txt", &lines, &mut stage).unwrap();
}
