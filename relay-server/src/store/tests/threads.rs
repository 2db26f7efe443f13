//! The threaded store: group commit, its order, its queue, its end, and kill -9.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use super::super::writer::Job;
use super::super::{FILE, Full, Settings, Store};
use super::*;

type Answer = (u64, Result<Done, StoreError>);

pub(super) struct Threads {
    pub(super) store: Store<u64>,
    answers: Receiver<Vec<Answer>>,
}

impl Threads {
    pub(super) fn open(dir: &Path, settings: Settings) -> Self {
        let (tell, answers) = mpsc::channel();
        let store = Store::open(dir, settings, Box::new(move |group| drop(tell.send(group)))).unwrap();
        Self { store, answers }
    }

    /// The answers to one transaction, or one read.
    pub(super) fn group(&self) -> Vec<Answer> {
        self.answers.recv_timeout(Duration::from_secs(60)).expect("an answer within a minute")
    }

    pub(super) fn ask(&self, op: Op) -> Result<Done, StoreError> {
        self.store.send(0, op).unwrap();
        self.group().remove(0).1
    }

    /// Runs something on the writer's connection.
    pub(super) fn on_writer(&self, test: impl FnOnce(&rusqlite::Connection) + Send + 'static) {
        self.store.writer.as_ref().unwrap().send(Job::Test(Box::new(test))).ok().unwrap();
    }

    /// Keeps the writer busy until the sender is dropped; comes back when it is.
    pub(super) fn hold(&self) -> SyncSender<()> {
        let (hold, held) = mpsc::sync_channel::<()>(0);
        let (started, start) = mpsc::sync_channel(0);
        self.on_writer(move |_| {
            started.send(()).unwrap();
            let _ = held.recv();
        });
        start.recv().unwrap();
        hold
    }
}

/// alice (1), bob (2), and more accounts, all friends of alice.
fn filled(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    for name in names {
        relay.account(name);
        if *name != "alice" {
            relay.befriend("alice", name);
        }
    }
    dir
}

fn numbers(done: &Result<Done, StoreError>) -> Result<(String, u64, Seq), String> {
    match done {
        Ok(Done::Submitted(Ok(s))) => Ok((s.conv.clone(), s.cseq, s.seq)),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn a_thousand_chats_at_once_get_numbers_without_a_gap() {
    let dir = filled(&["alice", "bob", "carol", "dave"]);
    let threads = Threads::open(dir.path(), Settings::default());
    std::thread::scope(|scope| {
        for part in 0..4_u64 {
            let store = &threads.store;
            scope.spawn(move || {
                for n in 0..250 {
                    let to = ["bob", "carol", "dave"][(n % 3) as usize];
                    let name = format!("m-{part}-{n}");
                    store.send(part * 250 + n, Op::Submit(chat(1, to, &name))).unwrap();
                }
            });
        }
    });
    let (mut convs, mut seqs, mut tokens) =
        (BTreeMap::<_, BTreeSet<u64>>::new(), BTreeSet::new(), BTreeSet::new());
    while tokens.len() < 1_000 {
        for (token, done) in threads.group() {
            let (conv, cseq, seq) = numbers(&done).unwrap();
            assert!(tokens.insert(token) && seqs.insert(seq) && convs.entry(conv).or_default().insert(cseq));
        }
    }
    assert_eq!(seqs, (4..=1_003).collect());
    for cseqs in convs.values() {
        assert_eq!(*cseqs, (1..=cseqs.len() as u64).collect());
    }
    drop(threads);
    let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
    assert_eq!(relay.rows(1, 0).len(), 1_003);
}

#[test]
fn what_has_queued_up_is_one_transaction_up_to_its_size() {
    let dir = filled(&["alice", "bob"]);
    let patient = Settings { group: 256, group_time: Duration::from_secs(60), ..Settings::default() };
    let threads = Threads::open(dir.path(), patient);
    let hold = threads.hold();
    for n in 0..300 {
        threads.store.send(n, Op::Submit(chat(1, "bob", &format!("m{n}")))).unwrap();
    }
    drop(hold);
    let (first, second) = (threads.group(), threads.group());
    assert_eq!((first.len(), second.len()), (256, 44));
    let tokens: Vec<u64> = first.iter().chain(&second).map(|(token, _)| *token).collect();
    assert_eq!(tokens, (0..300).collect::<Vec<_>>());
}

#[test]
fn a_transaction_takes_no_further_chat_when_its_time_is_over() {
    let dir = filled(&["alice", "bob"]);
    let hasty = Settings { group_time: Duration::ZERO, ..Settings::default() };
    let threads = Threads::open(dir.path(), hasty);
    let hold = threads.hold();
    for n in 0..3 {
        threads.store.send(n, Op::Submit(chat(1, "bob", &format!("m{n}")))).unwrap();
    }
    drop(hold);
    assert_eq!([threads.group().len(), threads.group().len(), threads.group().len()], [1, 1, 1]);
}

#[test]
fn a_chat_that_fails_harms_no_other_in_its_transaction() {
    for how in ["ABORT", "ROLLBACK", "FAIL"] {
        let dir = filled(&["alice", "bob", "carol"]);
        let threads = Threads::open(dir.path(), Settings::default());
        let trigger = format!(
            "CREATE TRIGGER poison AFTER INSERT ON message WHEN new.mid = 'poison'
             BEGIN SELECT RAISE({how}, 'poisoned'); END"
        );
        threads.on_writer(move |conn| conn.execute_batch(&trigger).unwrap());
        let hold = threads.hold();
        let (carol, alice) = (chat(3, "alice", "before"), chat(1, "bob", "poison"));
        let behind = chat(1, "bob", "behind");
        let later = Submit { era: 2, ..chat(1, "bob", "later") };
        for (n, chat) in [carol, alice, behind, chat(3, "alice", "after"), later].into_iter().enumerate() {
            threads.store.send(n as u64, Op::Submit(chat)).unwrap();
        }
        drop(hold);
        let mut done = Vec::new();
        while done.len() < 5 {
            done.extend(threads.group());
        }
        let poisoned = done[1].1.clone().unwrap_err();
        assert!(matches!(&poisoned, StoreError::Failed(why) if why.contains("poisoned")), "{poisoned:?}");
        assert_eq!(done[2].1, Err(poisoned), "{how}: it must not overtake the one that failed");
        let stored = [0, 3, 4].map(|n| numbers(&done[n].1).unwrap());
        assert_eq!(stored.clone().map(|(_, _, seq)| seq), [2, 3, 5], "{how}");
        assert_eq!(stored.map(|(_, cseq, _)| cseq), [1, 2, 1], "{how}");
        drop(threads);
        let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
        assert_eq!(relay.rows(1, 0).iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_reader_sees_every_chat_that_was_answered() {
    let dir = filled(&["alice", "bob"]);
    let threads = Threads::open(dir.path(), Settings::default());
    for n in 1..=200 {
        let (_, _, seq) = numbers(&threads.ask(Op::Submit(chat(1, "bob", &format!("m{n}"))))).unwrap();
        let rows = threads.ask(Op::Rows { account: 2, after: seq - 1, count: 10 }).unwrap();
        assert!(matches!(rows, Done::Rows(rows) if rows.len() == 1), "{n}");
    }
}

#[test]
fn readers_answer_while_the_writer_is_busy() {
    let dir = filled(&["alice", "bob"]);
    let threads = Threads::open(dir.path(), Settings::default());
    let _hold = threads.hold();
    let find = Op::Find { name: "bob".into(), network: HOME, now_ms: NOW };
    assert!(matches!(threads.ask(find), Ok(Done::Found(Some(bob))) if bob.id == 2));
    let friends = Op::List { account: 1, behind: Behind::Friend(None), whole: true, count: 10 };
    assert!(matches!(threads.ask(friends), Ok(Done::List(list)) if list.len() == 1));
    let accounts = Op::Admin(AdminOp::AccountList);
    assert!(
        matches!(threads.ask(accounts), Ok(Done::Admin(Ok(AdminDone::Accounts(list)))) if list.len() == 2)
    );
}

#[test]
fn a_full_queue_says_so_and_lets_no_later_chat_overtake() {
    let dir = filled(&["alice", "bob"]);
    let threads = Threads::open(dir.path(), Settings { queue: 2, ..Settings::default() });
    let hold = threads.hold();
    let send = |n: u64, era| {
        let chat = Submit { era, ..chat(1, "bob", &format!("m{n}")) };
        threads.store.send(n, Op::Submit(chat))
    };
    assert_eq!((send(1, 1), send(2, 1), send(3, 1)), (Ok(()), Ok(()), Err(Full)));
    drop(hold);
    let mut answered = threads.group().len();
    while answered < 2 {
        answered += threads.group().len();
    }
    assert_eq!((send(4, 1), send(3, 2)), (Err(Full), Ok(())));
    assert!(numbers(&threads.group()[0].1).is_ok());
}

#[test]
fn closing_the_store_first_carries_out_what_waits() {
    let dir = filled(&["alice", "bob"]);
    let Threads { store, answers } = Threads::open(dir.path(), Settings::default());
    for n in 0..1_000 {
        store.send(n, Op::Submit(chat(1, "bob", &format!("m{n}")))).unwrap();
    }
    drop(store);
    let answered: Vec<Answer> = answers.try_iter().flatten().collect();
    assert_eq!(answered.len(), 1_000);
    assert!(answered.iter().all(|(_, done)| numbers(done).is_ok()));
}

/// The child chats as fast as it can and prints each answer; the parent kills it in the middle of it.
#[test]
fn kill_9_loses_no_chat_that_was_answered() {
    if let Some(dir) = child_dir() {
        let threads = Threads::open(&dir, Settings::default());
        for n in 0.. {
            let _ = threads.store.send(n, Op::Submit(chat(1, "bob", &format!("m{n}"))));
            for (token, done) in threads.answers.try_iter().flatten() {
                println!("\nanswered m{token} {}", numbers(&done).unwrap().2);
            }
        }
    }
    for lines in [30, 500, 3_000] {
        let dir = filled(&["alice", "bob"]);
        let mut child = child("threads::kill_9_loses_no_chat_that_was_answered", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = said.filter(|line| line.starts_with("answered "));
        let mut answered: Vec<String> = said.by_ref().take(lines).collect();
        child.kill().unwrap();
        answered.extend(said);
        child.wait().unwrap();
        let mut relay = Relay::on(Direct::open(dir.path()).unwrap());
        let rows = relay.rows(2, 0);
        let all: Vec<Seq> = rows.iter().map(|row| row.seq).collect();
        assert_eq!(all, (1..=rows.len() as u64).collect::<Vec<_>>());
        let stored: BTreeSet<String> = rows
            .iter()
            .filter_map(|row| match &row.item {
                Item::Chat(m) => Some(format!("answered {} {}", m.id, row.seq)),
                _ => None,
            })
            .collect();
        assert!(answered.len() >= lines);
        // The last line may have been cut by the kill.
        for line in &answered[..answered.len() - 1] {
            assert!(stored.contains(line), "{line}");
        }
    }
}

#[test]
fn a_log_that_was_cut_off_anywhere_leaves_whole_transactions() {
    let dir = filled(&["alice", "bob"]);
    let threads = Threads::open(dir.path(), Settings::default());
    for n in 0..40 {
        threads.ask(Op::Submit(chat(1, "bob", &format!("m{n}")))).unwrap();
    }
    let [db, wal] = [FILE, "relay.db-wal"].map(|name| fs::read(dir.path().join(name)).unwrap());
    let mut counts = Vec::new();
    for part in 0..=20 {
        let crashed = tempfile::tempdir().unwrap();
        fs::write(crashed.path().join(FILE), &db).unwrap();
        fs::write(crashed.path().join("relay.db-wal"), &wal[..wal.len() * part / 20]).unwrap();
        let mut relay = Relay::on(Direct::open(crashed.path()).unwrap());
        let (alice, bob) = (relay.rows(1, 1).len(), relay.rows(2, 1).len());
        let messages: i64 = relay.sql("SELECT count(*) FROM message");
        assert_eq!((alice, messages), (bob, i64::try_from(bob).unwrap()));
        assert_eq!(relay.chat(1, "bob").unwrap().seq, alice as u64 + 2);
        counts.push(alice);
    }
    assert!(counts.is_sorted() && counts[0] == 0 && counts[20] == 40, "{counts:?}");
}
