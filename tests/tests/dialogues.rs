//! Plays every file of `dialogues/`, and the vectors, on the relay's core with the real store in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use qiaoqiao_tests::dialogue::{
    CoreStage, Setup, SocketStage, Stage as _, is_for_every_stage, parse, parse_vectors, play, play_file,
};

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
fn the_same_dialogues_go_as_written_over_real_sockets() {
    let mut files: Vec<_> =
        fs::read_dir(here("dialogues")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| is_for_every_stage(&parse("", &fs::read_to_string(file).unwrap()).unwrap()));
    assert!(files.len() > 15, "only {} dialogues need nothing but sockets", files.len());
    let failures = Mutex::new(Vec::new());
    let queue = Mutex::new(files.iter());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(file) = { queue.lock().unwrap().next() } {
                    let failure = play_file(file, &mut SocketStage::default()).err();
                    failures.lock().unwrap().extend(failure);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
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
