//! Mutated input for everything that reads what others wrote: `make fuzz` for a minute and from a new seed, `make test`
//! for a moment and always the same. What broke a reader is kept in `tests/corpus/` and replayed from then on.
#![allow(clippy::print_stderr, reason = "who waits for a minute wants to see the seed first")]

mod corpus;
mod hunt;
mod mutate;
mod target;

use std::time::Duration;

use hunt::{End, Hunt};
use target::{TARGETS, Target};

/// How often each reader is tried where nobody asked for more.
const TRIES: u64 = 1_500;

#[test]
fn what_once_broke_a_reader_and_every_seed_is_read_without_harm() {
    for target in TARGETS {
        for (name, bytes) in corpus::kept(target.name) {
            let verdict = hunt::verdict(target.read, &bytes);
            assert_eq!(verdict, Ok(()), "tests/corpus/{}/{name} breaks it", target.name);
        }
        let seeds = (target.seeds)();
        assert!(seeds.len() >= 2, "{} has too few seeds", target.name);
        for seed in seeds {
            assert_eq!(hunt::verdict(target.read, &seed), Ok(()), "{}", String::from_utf8_lossy(&seed));
        }
    }
}

#[test]
fn whatever_is_said_to_a_reader_it_does_no_harm() {
    let end = match std::env::var("FUZZ_SECONDS") {
        Ok(seconds) => End::After(Duration::from_secs(seconds.parse().expect("FUZZ_SECONDS is a number"))),
        Err(_) => End::Tries(TRIES),
    };
    let seed = match std::env::var("FUZZ_SEED") {
        Ok(seed) => seed.parse().expect("FUZZ_SEED is a number"),
        Err(_) if end == End::Tries(TRIES) => 1,
        Err(_) => hunt::any_seed(),
    };
    let hunt = Hunt::begin(seed, end);
    let found = hunt.run(TARGETS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A reader with a mistake that no seed of its shows.
fn read_badly(bytes: &[u8]) {
    assert!(!bytes.windows(3).any(|three| three == b"<<<"), "three of them at once");
}

#[test]
fn a_reader_that_breaks_is_found_and_what_broke_it_is_made_small() {
    const BAD: Target = Target {
        name: "bad",
        read: read_badly,
        words: &[b"<<"],
        seeds: || vec![b"<msg>a long seed with nothing wrong</msg>".to_vec()],
    };
    let found = (1..100_000).find_map(|round| hunt::try_one(&BAD, 7, round)).expect("it is found");
    assert_eq!((found.input.as_slice(), found.what.as_str()), (b"<<<".as_slice(), "three of them at once"));
}
