//! What `--mock=many` pretends: more friends and messages, longer names and texts than anybody has, to see that windows stay
//! quick and whole.

use std::path::{Path, PathBuf};

use ipc_schema::{chat, friend, presence};
use jiff::{SignedDuration, Timestamp};

/// How many friends there are.
pub(crate) const FRIENDS: usize = 5_000;
/// How many messages there are with one of them.
pub(crate) const MESSAGES: usize = 100_000;
/// What the names of their pictures begin with.
const FACE: &str = "face of f";
/// The longest message that a relay takes, in characters.
const LONGEST: usize = 16_384;

const NAMES: [&str; 12] = [
    "陈雨桐",
    "Bob Müller",
    "مريم العلي",
    "欧阳思远",
    "דנה כהן",
    "Aleksandra Wiśniewska",
    "王小明 👩‍💻",
    "Nguyễn Thị Minh Khai",
    "むらさき しきぶ",
    "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff Senior, of whom nobody knows the first twenty-five names",
    "一个名字特别特别特别特别特别特别特别特别特别特别特别特别特别特别特别特别长的人",
    "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
];
const NOTES: [&str; 5] = [
    "",
    "今天也要加油鸭",
    "السلام عليكم ورحمة الله وبركاته",
    "A status text that is a good deal longer than any list is wide, and that ends, if it ever ends, with a full stop.",
    "🎉",
];
const TEXTS: [&str; 8] = [
    "ok",
    "晚上一起吃饭吗？六点在老地方见。",
    "مرحبا! هل نلتقي غدا في الساعة 6:30 عند Café Müller؟",
    "I shall be there at six. If the train is late again, do begin without me, and keep me a piece of the cake.",
    "https://example.org/a/very/long/address/that/no/line/has/room/for?and=it&has=many&more=words&so=that&it=must&break=somewhere",
    "one\n\ttwo\nthree\n\n五",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "👍👍🏽👨‍👩‍👧‍👦🇨🇳",
];

/// Their groups, the first one with nearly all of them.
pub(crate) fn groups() -> Vec<friend::Group> {
    let group = |name: &str, range: std::ops::Range<usize>| friend::Group {
        name: name.to_owned(),
        friends: range.map(one).collect(),
    };
    vec![
        group(friend::FRIENDS, 0..FRIENDS - 1_000),
        group("同学", FRIENDS - 1_000..FRIENDS - 100),
        group("Those whom I met at the summer school of 2019 and its many reunions", FRIENDS - 100..FRIENDS),
        group(friend::STRANGERS, 0..0),
    ]
}

fn one(n: usize) -> friend::Entry {
    let states = presence::State::ALL;
    friend::Entry {
        account: format!("f{n}"),
        name: format!("{} {n}", NAMES[n % NAMES.len()]),
        state: states[n % states.len()],
        note: NOTES[n % NOTES.len()].to_owned(),
        picture: format!("{FACE}{n}"),
        ..friend::Entry::default()
    }
}

/// The file of a picture of theirs, made when it is asked for: there are few files, but each has its name. None: it is no
/// picture of theirs.
pub(crate) fn face(dir: &Path, picture: &str) -> std::io::Result<Option<PathBuf>> {
    let Some(n) = picture.strip_prefix(FACE).and_then(|n| n.parse::<u8>().ok().or(n.bytes().last())) else {
        return Ok(None);
    };
    let n = n % 10;
    let path = dir.join(format!("face-{n}.png"));
    if !path.exists() {
        let pixel = |x: u32, y: u32| image::Rgb([x, y, u32::from(n) * 25].map(|part| part.to_le_bytes()[0]));
        image::RgbImage::from_fn(96, 96, pixel).save(&path).map_err(std::io::Error::other)?;
    }
    Ok(Some(path))
}

/// The conversation with the first of them: a quarter of an hour between two messages, the newest is `now`.
pub(crate) fn messages(own: &str, now: Timestamp) -> Vec<chat::Message> {
    let apart = SignedDuration::from_mins(15);
    let total = i32::try_from(MESSAGES).unwrap_or(i32::MAX);
    (0..total)
        .filter_map(|n| {
            let ts = now.checked_sub(apart * (total - 1 - n)).ok()?;
            let (from, to) = if n % 5 < 2 { (own, "f0") } else { ("f0", own) };
            let text = usize::try_from(n).ok()?;
            Some(chat::Message {
                id: format!("h{n}"),
                from: from.into(),
                to: to.into(),
                text: text_of(text),
                ts: ts.to_string(),
                state: chat::State::Read,
                row: u64::try_from(n).ok(),
                kind: None,
                reason: None,
                why: None,
            })
        })
        .collect()
}

/// One in five hundred is as long as it may be, the last but nine, too.
fn text_of(n: usize) -> String {
    if n % 500 == 490 {
        let text = if n % 1_000 == 490 { "天地玄黄宇宙洪荒" } else { "lorem ipsum " };
        return text.chars().cycle().take(LONGEST).collect();
    }
    format!("{} {n}", TEXTS[n % TEXTS.len()])
}
