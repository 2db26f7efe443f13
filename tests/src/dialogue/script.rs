//! The lines of a dialogue.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::time;

/// One line that is not empty and no comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file.
    pub number: usize,
    /// What happens.
    pub act: Act,
}

/// What happens in a line; see the module's page for the words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are explained on the module's page")]
pub enum Act {
    SetUp(Setup),
    Connects { who: String, from: IpAddr },
    Says { who: String, text: String },
    Hears { who: String, text: String, exactly: bool },
    HearsNothing { who: String },
    IsClosed { who: String },
    Closes { who: String },
    LogsIn { who: String, account: String, device: Option<String> },
    Admin(Wish),
    Change { who: Option<String>, change: Change },
}

/// What there is before anybody connects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are explained on the module's page")]
pub enum Setup {
    /// A limit of the relay's configuration; values as `20` or `5s`.
    Limit {
        key: String,
        value: String,
    },
    Account {
        name: String,
        password: String,
        shown: String,
    },
    Friends {
        a: String,
        b: String,
    },
}

/// What the administrator wishes while people are on line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are explained on the module's page")]
pub enum Wish {
    Friends { a: String, b: String },
    Unfriend { a: String, b: String },
    Passwd { name: String, password: String },
    Remove { name: String },
    Invite(Invite),
    Circle { members: Vec<String> },
    Revoke { word: String },
    Link { name: String, word: String },
}

/// An invitation whose code is [`code`] of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are explained on the module's page")]
pub struct Invite {
    pub word: String,
    pub name: Option<String>,
    pub uses: u32,
    pub minutes: Option<i64>,
    pub friends: Vec<String>,
}

/// The code that a dialogue calls by a word (at most 26 of Crockford's digits): the word, filled up with zeros.
pub fn code(word: &str) -> String {
    format!("{word:0>26}")
}

/// What changes around the relay, or is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are explained on the module's page")]
pub enum Change {
    Clock(Duration),
    StoreStops,
    StoreGoes,
    PoolStops,
    PoolGoes,
    PoolBusy,
    PoolFree,
    DiskFull,
    DiskFree,
    Quiet,
    StopsReading,
    ReadsOn,
    IsPaused,
    IsNotPaused,
}

/// Whether a dialogue needs nothing but clients and an administrator: a stage on real sockets can play it.
pub fn is_for_every_stage(lines: &[Line]) -> bool {
    !lines.iter().any(|line| matches!(line.act, Act::Change { .. }))
}

/// The lines of a dialogue file.
///
/// # Errors
///
/// The first line that nobody understands.
pub fn parse(name: &str, text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = at + 1;
        let act = act(line).map_err(|why| format!("{name}:{number}: {why}"))?;
        lines.push(Line { number, act });
    }
    Ok(lines)
}

/// The lines of `vectors/seed-session.txt` (`C:A` says, `S:A` hears).
///
/// # Errors
///
/// The first line that is none of these.
pub fn parse_vectors(name: &str, text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = at + 1;
        let odd = || format!("{name}:{number}: neither C: nor S:");
        let (who, text) = line.split_once(' ').ok_or_else(odd)?;
        let text = text.to_owned();
        let act = match who.split_once(':').ok_or_else(odd)? {
            ("C", who) => Act::Says { who: who.to_owned(), text },
            ("S", who) => Act::Hears { who: who.to_owned(), text, exactly: false },
            _ => return Err(odd()),
        };
        lines.push(Line { number, act });
    }
    Ok(lines)
}

fn act(line: &str) -> Result<Act, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let own = |text: &str| text.to_owned();
    if let [who, arrow @ (">" | "<" | "<="), _, ..] = words[..] {
        let (_, text) = line.split_once(arrow).unwrap_or_default();
        let (who, text) = (own(who), own(text.trim()));
        return Ok(match arrow {
            ">" => Act::Says { who, text },
            _ => Act::Hears { who, text, exactly: arrow == "<=" },
        });
    }
    Ok(match words[..] {
        ["limit", key, value] => Act::SetUp(Setup::Limit { key: own(key), value: own(value) }),
        ["account", name, password, shown] => {
            Act::SetUp(Setup::Account { name: own(name), password: own(password), shown: own(shown) })
        }
        ["friends", a, b] => Act::SetUp(Setup::Friends { a: own(a), b: own(b) }),
        ["admin", "friends", a, b] => Act::Admin(Wish::Friends { a: own(a), b: own(b) }),
        ["admin", "unfriend", a, b] => Act::Admin(Wish::Unfriend { a: own(a), b: own(b) }),
        ["admin", "passwd", name, password] => {
            Act::Admin(Wish::Passwd { name: own(name), password: own(password) })
        }
        ["admin", "remove", name] => Act::Admin(Wish::Remove { name: own(name) }),
        ["admin", "invite", word, ref more @ ..] => Act::Admin(Wish::Invite(invite(word, more)?)),
        ["admin", "circle", ref names @ ..] => {
            Act::Admin(Wish::Circle { members: names.iter().map(|name| own(name)).collect() })
        }
        ["admin", "revoke", word] => Act::Admin(Wish::Revoke { word: own(word) }),
        ["admin", "link", name, word] => Act::Admin(Wish::Link { name: own(name), word: own(word) }),
        ["clock", by] => world(Change::Clock(time(by.trim_start_matches('+'))?)),
        ["store", "stops"] => world(Change::StoreStops),
        ["store", "goes"] => world(Change::StoreGoes),
        ["pool", "stops"] => world(Change::PoolStops),
        ["pool", "goes"] => world(Change::PoolGoes),
        ["pool", "busy"] => world(Change::PoolBusy),
        ["pool", "free"] => world(Change::PoolFree),
        ["disk", "full"] => world(Change::DiskFull),
        ["disk", "free"] => world(Change::DiskFree),
        [who, "connects"] => Act::Connects { who: own(who), from: Ipv4Addr::LOCALHOST.into() },
        [who, "connects", "from", from] => {
            Act::Connects { who: own(who), from: from.parse().map_err(|_| format!("{from} is no address"))? }
        }
        [who, "hears", "nothing"] => Act::HearsNothing { who: own(who) },
        [who, "is", "closed"] => Act::IsClosed { who: own(who) },
        [who, "closes"] => Act::Closes { who: own(who) },
        [who, "seed", account] => Act::LogsIn { who: own(who), account: own(account), device: None },
        [who, "full", account, device] => {
            Act::LogsIn { who: own(who), account: own(account), device: Some(own(device)) }
        }
        [who, "quiet"] => theirs(who, Change::Quiet),
        [who, "stops", "reading"] => theirs(who, Change::StopsReading),
        [who, "reads", "on"] => theirs(who, Change::ReadsOn),
        [who, "is", "paused"] => theirs(who, Change::IsPaused),
        [who, "is", "not", "paused"] => theirs(who, Change::IsNotPaused),
        _ => return Err(format!("nobody understands `{line}`")),
    })
}

/// `name N`, `uses N`, `minutes N`, `friend N` after an invitation's word.
fn invite(word: &str, more: &[&str]) -> Result<Invite, String> {
    let mut invite =
        Invite { word: word.to_owned(), name: None, uses: 1, minutes: None, friends: Vec::new() };
    for pair in more.chunks(2) {
        let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
        match *pair {
            ["name", name] => invite.name = Some(name.to_owned()),
            ["uses", uses] => invite.uses = number(uses)?,
            ["minutes", minutes] => invite.minutes = Some(i64::from(number(minutes)?)),
            ["friend", name] => invite.friends.push(name.to_owned()),
            _ => return Err(format!("nobody understands `{}` of an invitation", pair.join(" "))),
        }
    }
    Ok(invite)
}

fn world(change: Change) -> Act {
    Act::Change { who: None, change }
}

fn theirs(who: &str, change: Change) -> Act {
    Act::Change { who: Some(who.to_owned()), change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_nobody_understands_is_named() {
        let error = parse("x.txt", "# fine\n\nA sings\n").unwrap_err();
        assert_eq!(error, "x.txt:3: nobody understands `A sings`");
    }

    #[test]
    fn what_is_said_may_hold_arrows() {
        let lines = parse("x", "A > <msg><content>a > b</content></msg>").unwrap();
        let text = "<msg><content>a > b</content></msg>".to_owned();
        assert_eq!(lines[0].act, Act::Says { who: "A".into(), text });
    }
}
