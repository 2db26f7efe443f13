//! Search in numbers: a store of many messages of realistic lengths, on disk, and the time of what people look for.

use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::core::segment;
use crate::store::open::open;
use crate::store::writer::Writer;

const CHINESE: &[&str] = &[
    "今天",
    "明天",
    "晚上",
    "我们",
    "一起",
    "吃晚饭",
    "吗",
    "的",
    "是",
    "不",
    "好",
    "了",
    "在",
    "有",
    "知道",
    "可以",
    "什么",
    "时候",
    "会议",
    "电影",
    "回家",
    "上班",
    "周末",
    "朋友",
    "谢谢",
    "没关系",
    "等一下",
    "马上",
    "地铁",
    "下雨",
];
const ENGLISH: &[&str] = &[
    "the", "a", "to", "you", "I", "and", "is", "it", "that", "in", "dinner", "tomorrow", "meeting", "see",
    "at", "seven", "ok", "thanks", "great", "work", "home", "later", "what", "about", "call", "with",
    "train", "friday", "really", "sounds",
];

/// A number sequence that is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Mostly a sentence, now and then a long one; a third Chinese, rare words among the frequent ones.
    fn text(&mut self) -> String {
        let length = 2 + self.roll(10) + if self.roll(20) == 0 { self.roll(80) } else { 0 };
        let chinese = self.roll(2) == 0;
        let mut text = String::new();
        for at in 0..length {
            if chinese {
                // One in thirty is one of 2,000 other characters.
                match self.roll(30) {
                    0 => text.extend(char::from_u32(0x4e00 + u32::try_from(self.roll(2_000)).unwrap())),
                    _ => text.push_str(CHINESE[(self.roll(30) * self.roll(30) / 30) as usize]),
                }
                if at % 5 == 4 {
                    text.push('，');
                }
            } else {
                match self.roll(12) {
                    0 => text.push_str(&format!("w{}", self.roll(20_000))),
                    _ => text.push_str(ENGLISH[(self.roll(30) * self.roll(30) / 30) as usize]),
                }
                text.push(' ');
            }
        }
        text
    }
}

fn fill(writer: &mut Writer, count: u64) -> Duration {
    let mut dice = Dice(7);
    let began = Instant::now();
    let mut seq = 0;
    while seq < count {
        let batch: Vec<Asked> = (0..256.min(count - seq))
            .map(|_| {
                seq += 1;
                let ms = 1_700_000_000_000_i128 + i128::from(seq) * 40_000;
                let time = time::OffsetDateTime::from_unix_timestamp_nanos(ms * 1_000_000).unwrap();
                let ts = time.format(&time::format_description::well_known::Rfc3339).unwrap();
                let from = format!("friend{}", dice.roll(50));
                let text = dice.text();
                asked(seq, row(seq, seq, Message { text, ts, ..message(&format!("m{seq}"), &from, "alice") }))
            })
            .collect();
        assert!(writer.commit(&batch).iter().all(|answer| answer.1.is_ok()));
    }
    began.elapsed()
}

fn median(conn: &mut Connection, op: &Op) -> (Duration, Duration, usize) {
    let mut found = 0;
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let began = Instant::now();
            let done = apply(conn, "alice@example.org", op).unwrap();
            let took = began.elapsed();
            let Done::Hits { messages, .. } = done else { panic!("{done:?}") };
            found = messages.len();
            took
        })
        .collect();
    times.sort();
    (times[25], times[49], found)
}

/// Prints a table.
pub(super) fn print(count: u64) {
    let dir = TempDir::new_in(std::env::var("QQD_SEARCH_DIR").unwrap_or_else(|_| "/tmp".into())).unwrap();
    let mut writer = Writer::new(open(dir.path()).unwrap());
    writer.commit(&[asked(1, Op::SaveAccount(account("alice")))]);
    let filled = fill(&mut writer, count);
    let size = std::fs::metadata(dir.path().join("qqd.db")).unwrap().len() / 1_048_576;
    println!("{count} messages in {filled:.1?} (256 a commit), {size} MiB");
    let looked = [
        ("晚饭", None),
        ("饭", None),
        ("的", None),
        ("会议 周末", None),
        ("饭吃", None),
        ("的我", None),
        ("知晚", None),
        ("龘", None),
        ("晚饭", Some("friend7")),
        ("dinner", None),
        ("din", None),
        ("th", None),
        ("w1", None),
        ("w12345", None),
        ("dinner friday thanks", None),
        ("w7 的", None),
        ("zebra", None),
        ("dinner", Some("friend7")),
    ];
    for (text, with) in looked {
        let op = Op::Search {
            phrases: segment::phrases(text),
            with: with.map(str::to_owned),
            before: None,
            count: 20,
        };
        let (middle, worst, found) = median(&mut writer.conn, &op);
        let with = with.map(|with| format!(" --to {with}")).unwrap_or_default();
        println!(
            "{:<34} median {middle:>10.2?}  worst {worst:>10.2?}  hits {found}",
            format!("{text}{with}")
        );
    }
}
