//! A run: input after input, a watch on the time that each takes, and the smallest input that still does the harm.

use std::cell::Cell;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::panic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant, SystemTime};

use crate::corpus;
use crate::mutate::{Chance, mutated};
use crate::target::Target;

/// A reader that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many rounds of one target, then the next one's.
const TURN: u64 = 64;

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After this time.
    After(Duration),
    /// After so many tries of each target.
    Tries(u64),
}

/// An input that does harm.
#[derive(Debug)]
pub struct Harm {
    pub input: Vec<u8>,
    /// What was said about it.
    pub what: String,
}

/// What is tried just now, for whoever finds the process dead or hanging.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    tried: Mutex<(&'static str, Vec<u8>)>,
    since_ms: AtomicU64,
}

/// See the module.
#[derive(Debug)]
pub struct Hunt {
    seed: u64,
    end: End,
    begun: Instant,
    current: Arc<Current>,
    /// What the last run tried when it ended before its end.
    left: Vec<u8>,
}

thread_local! {
    static TRYING: Cell<bool> = const { Cell::new(false) };
}

/// What the reader says of the bytes: `Err` with the words of its panic, which nobody else hears.
pub fn verdict(read: fn(&[u8]), bytes: &[u8]) -> Result<(), String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |why| {
            if !TRYING.get() {
                tell(why);
            }
        }));
    });
    TRYING.set(true);
    let outcome = panic::catch_unwind(|| read(bytes));
    TRYING.set(false);
    outcome.map_err(|why| {
        let text = why.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| why.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
    })
}

/// A seed that no other run has had.
pub fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    u64::from(now.subsec_nanos()) << 32 | u64::from(std::process::id())
}

/// One round: the same seed and number make the same input in every run.
pub fn try_one(target: &Target, seed: u64, round: u64) -> Option<Harm> {
    let input = mutated(&(target.seeds)(), target.words, &mut Chance::of(seed, round));
    verdict(target.read, &input).err().map(|what| made_small(target, input, what))
}

/// Takes out of the input whatever is not needed for the harm.
fn made_small(target: &Target, mut input: Vec<u8>, mut what: String) -> Harm {
    let mut piece = input.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let before = input.len();
        while at < input.len() {
            let mut shorter = input.clone();
            shorter.drain(at..(at + piece).min(input.len()));
            match verdict(target.read, &shorter) {
                Err(said) => (input, what) = (shorter, said),
                Ok(()) => at += piece,
            }
        }
        match (piece, input.len() < before) {
            (1, false) => return Harm { input, what },
            (_, true) => piece = piece.min(input.len()).max(1),
            (_, false) => piece = (piece / 2).max(1),
        }
    }
}

impl Hunt {
    /// A run from this seed.
    pub fn begin(seed: u64, end: End) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz-tries-this");
        let left = fs::read(&path).unwrap_or_default();
        let file = File::create(&path).expect("a file in the build's own folder");
        let tried = Mutex::new(("", Vec::new()));
        let current = Arc::new(Current { file, path, tried, since_ms: AtomicU64::new(0) });
        Self { seed, end, begun: Instant::now(), current, left }
    }

    /// One line for each input that does harm, at most one a target; the inputs are kept.
    pub fn run(self, targets: &'static [Target]) -> Vec<String> {
        eprintln!("from the seed {} (FUZZ_SEED={0} does the same again)", self.seed);
        self.watch();
        let seeds: Vec<_> = targets.iter().map(|target| (target.seeds)()).collect();
        let mut found: Vec<Option<String>> = vec![None; targets.len()];
        for (target, found) in targets.iter().zip(&mut found) {
            *found = self.try_left(target);
        }
        let mut round = 0;
        while !self.is_over(round) {
            for ((target, seeds), found) in targets.iter().zip(&seeds).zip(&mut found) {
                for round in round..round + TURN {
                    if found.is_none() {
                        *found = self.round(target, seeds, round);
                    }
                }
            }
            round += TURN;
        }
        fs::remove_file(&self.current.path).expect("it can be removed");
        eprintln!("{round} tries of each of {} readers", targets.len());
        found.into_iter().flatten().collect()
    }

    /// What the last run was at when it was killed, or died: it stays kept only if it does harm again.
    fn try_left(&self, target: &Target) -> Option<String> {
        let input = self.left.strip_prefix(target.name.as_bytes())?.strip_prefix(b"\n")?;
        let path = corpus::keep(target.name, input);
        self.note(target.name, input);
        let Err(what) = verdict(target.read, input) else {
            fs::remove_file(&path).expect("it can be removed");
            return None;
        };
        Some(format!("{}: {what} (kept as {})", target.name, path.display()))
    }

    fn is_over(&self, round: u64) -> bool {
        match self.end {
            End::After(time) => self.begun.elapsed() >= time,
            End::Tries(tries) => round >= tries,
        }
    }

    fn round(&self, target: &Target, seeds: &[Vec<u8>], round: u64) -> Option<String> {
        let input = mutated(seeds, target.words, &mut Chance::of(self.seed, round));
        self.note(target.name, &input);
        let what = verdict(target.read, &input).err()?;
        let harm = made_small(target, input, what);
        let path = corpus::keep(target.name, &harm.input);
        Some(format!("{}: {} (kept as {})", target.name, harm.what, path.display()))
    }

    /// A death that nobody can catch, such as a stack that is too deep, leaves the input on disk.
    fn note(&self, target: &'static str, input: &[u8]) {
        let current = &self.current;
        let left = [target.as_bytes(), b"\n", input].concat();
        let write =
            current.file.write_all_at(&left, 0).and_then(|()| current.file.set_len(left.len() as u64));
        write.expect("the disk takes an input");
        *current.tried.lock().expect("nobody panics with it") = (target, input.to_vec());
        current.since_ms.store(self.ms(), Ordering::Release);
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Ends the process when one input takes too long.
    fn watch(&self) {
        let (current, begun) = (Arc::downgrade(&self.current), self.begun);
        std::thread::spawn(move || {
            while let Some(current) = current.upgrade() {
                let since = Duration::from_millis(current.since_ms.load(Ordering::Acquire));
                if begun.elapsed() > since + PATIENCE {
                    let (target, input) = &*current.tried.lock().expect("nobody panics with it");
                    let kept = corpus::keep(target, input);
                    eprintln!("{target} hangs over {}", kept.display());
                    std::process::abort();
                }
                drop(current);
                std::thread::park_timeout(Duration::from_millis(200));
            }
        });
    }
}
