//! Makes other bytes of bytes that are right: a few changes of the kinds that readers get wrong.

/// Numbers at the borders of what readers keep numbers in.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "00",
    "1.5",
    "1e999",
    "127",
    "128",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
];
/// Bytes that mean something to somebody.
const BYTES: &[u8] =
    b"\0\x01\x07\t\n\r\x1b !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\xbf\xc0\xe2\xed\xf4\xff";
/// Over this many bytes nothing grows any more.
const LONGEST: usize = 16 * 1024;

/// Numbers that are the same in every run from the same seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The chances of one round of a run.
    pub fn of(seed: u64, round: u64) -> Self {
        Self(seed.wrapping_mul(0xA076_1D64_78BD_642F) ^ round.wrapping_mul(0xE703_7ED1_A0B4_28DB))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to, without `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    pub fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = [4, 32, length][self.below(3)];
        start..(start + self.below(most + 1)).min(length)
    }
}

/// One of the seeds with one change, or up to eight.
pub fn mutated(seeds: &[Vec<u8>], words: &[&[u8]], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(8) {
        change(&mut bytes, seeds, words, chance);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&[u8]], chance: &mut Chance) {
    let length = bytes.len();
    let at = chance.below(length + 1);
    match chance.below(10) {
        0 if length > 0 => bytes[at.min(length - 1)] ^= 1 << chance.below(8),
        1 if length > 0 => bytes[at.min(length - 1)] = BYTES[chance.below(BYTES.len())],
        2 => drop(bytes.drain(chance.range(length))),
        3 => {
            let again = bytes[chance.range(length)].repeat(1 + chance.below(3));
            bytes.splice(at..at, again);
        }
        4 => drop(bytes.splice(at..at, chance.one_of(words).repeat(1 + chance.below(3)))),
        5 => {
            // Deep, or long.
            let times = [16, 128, 1_024][chance.below(3)];
            bytes.splice(at..at, chance.one_of(words).repeat(times));
        }
        6 => bytes.truncate(at),
        7 => {
            let other = &seeds[chance.below(seeds.len())];
            let piece = other[chance.range(other.len())].to_vec();
            let place = chance.range(length);
            bytes.splice(place, piece);
        }
        8 => change_number(bytes, at, chance),
        _ => bytes.insert(at, BYTES[chance.below(BYTES.len())]),
    }
}

/// The first number behind `at` becomes another one.
fn change_number(bytes: &mut Vec<u8>, at: usize, chance: &mut Chance) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|found| at + found) else { return };
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    bytes.splice(start..start + digits, chance.one_of(NUMBERS).bytes());
}
