//! Dialogues: text files that say who says what and who hears what, played on a [`Stage`]: the relay's core with a
//! store in memory ([`CoreStage`]), or a real relay over real sockets ([`SocketStage`]).
//!
//! ```text
//! # A comment. Setup first:
//! limit shake_interval 10s            a limit other than its default
//! account 10001 红豆&绿豆 小红          name, password, shown name
//! friends 10001 10002
//!
//! A > <msg>…</msg>                     A sends (and connects first, if need be)
//! A < <msg>…</msg>                     A hears next: these children in this order; further ones may follow
//! A <= <msg>…</msg>                    A hears next: these children and no others
//! A hears nothing                      nothing has been sent to A that was not heard
//! A is closed                          the relay has closed A's connection, and nothing else was sent
//! A closes                             A closes its connection
//! A connects from 127.0.1.1            instead of 127.0.0.1
//! A seed 10001                         logs in with the account's password and skips all that comes
//! A full 10001 phone                   the same in the full dialect, on that device
//! clock +5s                            time passes
//! admin friends 10001 10002            also: unfriend A B, passwd NAME NEW, remove NAME, revoke WORD, link NAME WORD,
//!                                      circle NAME…, invite WORD [name N] [uses N] [minutes N] [friend N]…
//! ```
//!
//! In what is heard, a child's text `…` stands for any text, and `$word` keeps the text under that word (or must be the
//! same, if the word has been kept). In what is said, `$word` stands for the kept text, `{20 x 字}` for twenty 字, `{code
//! WORD}` for the code of the invitation or link that is called by the word (of a circle's by the account's name).
//! Words of one stage only: `store stops|goes`, `pool stops|goes|busy|free`, `disk full|free`, `A quiet`,
//! `A stops reading`, `A reads on`, `A is paused`, `A is not paused`.

mod core_stage;
mod script;
mod socket_stage;
mod xml;

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

pub use core_stage::CoreStage;
pub use script::{Act, Change, Invite, Line, Setup, Wish, code, is_for_every_stage, parse, parse_vectors};
pub use socket_stage::SocketStage;
use xml::Child;

/// What a client hears next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A stanza, as it stands on the wire.
    Stanza(String),
    /// The end: the relay has closed the connection.
    End,
    /// Nothing (more) within the stage's patience.
    Nothing,
}

/// Where a dialogue is played.
pub trait Stage {
    /// Accounts, friends, limits; before anybody connects.
    fn set_up(&mut self, setup: &Setup);
    /// A client connects.
    fn connect(&mut self, who: &str, from: IpAddr);
    /// A client says something, in one write.
    fn send(&mut self, who: &str, bytes: &[u8]);
    /// What a client hears next; waits for it as long as the stage is patient.
    fn hear(&mut self, who: &str) -> Heard;
    /// The same when nothing is awaited: a stage with sockets waits only for what is on its way.
    fn overhear(&mut self, who: &str) -> Heard;
    /// A client closes its connection.
    fn close(&mut self, who: &str);
    /// The administrator wishes something.
    fn admin(&mut self, wish: &Wish);
    /// The world changes, or something is looked at that not every stage can show: `Err` if this one cannot, or if
    /// it is not so.
    fn change(&mut self, who: Option<&str>, change: &Change) -> Result<(), String>;
}

/// Plays the dialogue in `path` (a `.txt` of this module's form).
///
/// # Errors
///
/// What did not go as written, with file and line.
pub fn play_file(path: &Path, stage: &mut dyn Stage) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    play(&name, &parse(&name, &text)?, stage)
}

/// Plays the lines of a dialogue called `name`.
///
/// # Errors
///
/// What did not go as written, with file and line.
pub fn play(name: &str, lines: &[Line], stage: &mut dyn Stage) -> Result<(), String> {
    let mut player = Player { stage, passwords: HashMap::new(), kept: HashMap::new(), people: Vec::new() };
    for line in lines {
        player.act(&line.act).map_err(|why| format!("{name}:{}: {why}", line.number))?;
    }
    player.end().map_err(|why| format!("{name}: at the end: {why}"))
}

struct Player<'s> {
    stage: &'s mut dyn Stage,
    passwords: HashMap<String, String>,
    kept: HashMap<String, String>,
    /// Who is connected.
    people: Vec<String>,
}

impl Player<'_> {
    fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::SetUp(setup) => {
                if let Setup::Account { name, password, .. } = setup {
                    self.passwords.insert(name.clone(), password.clone());
                }
                self.stage.set_up(setup);
            }
            Act::Connects { who, from } => self.connect(who, *from),
            Act::Says { who, text } => {
                self.need(who);
                let text = xml::fill(text, &self.kept)?;
                self.stage.send(who, text.as_bytes());
            }
            Act::Hears { who, text, exactly } => {
                let heard = self.stage.hear(who);
                self.compare(who, text, *exactly, heard)?;
            }
            Act::HearsNothing { who } => match self.stage.overhear(who) {
                Heard::Nothing => {}
                other => return Err(format!("{who} hears {other:?}")),
            },
            Act::IsClosed { who } => match self.stage.hear(who) {
                Heard::End => self.people.retain(|other| other != who),
                other => return Err(format!("{who} is not closed but hears {other:?}")),
            },
            Act::Closes { who } => {
                self.stage.close(who);
                self.people.retain(|other| other != who);
            }
            Act::LogsIn { who, account, device } => self.log_in(who, account, device.as_deref())?,
            Act::Admin(wish) => self.stage.admin(wish),
            Act::Change { who, change } => self.stage.change(who.as_deref(), change)?,
        }
        Ok(())
    }

    fn connect(&mut self, who: &str, from: IpAddr) {
        self.stage.connect(who, from);
        self.people.push(who.to_owned());
    }

    fn need(&mut self, who: &str) {
        if !self.people.iter().any(|other| other == who) {
            self.connect(who, IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
    }

    /// Logs in and skips the welcome: a ping's answer comes after all of it.
    fn log_in(&mut self, who: &str, account: &str, device: Option<&str>) -> Result<(), String> {
        self.need(who);
        let pwd = self.passwords.get(account).ok_or_else(|| format!("no account {account} was set up"))?;
        let full = device.map(|device| format!("<v>1</v><device>{device}</device><client>test</client>"));
        let full = full.unwrap_or_default();
        let pwd = xml::escape(pwd);
        let login =
            format!("<msg><type>login</type><account>{account}</account><pwd>{pwd}</pwd>{full}</msg>");
        self.stage.send(who, login.as_bytes());
        match self.stage.hear(who) {
            Heard::Stanza(stanza) if stanza.contains("<state>1</state>") => {}
            other => return Err(format!("{who} cannot log in as {account}: {other:?}")),
        }
        loop {
            match self.stage.overhear(who) {
                Heard::Stanza(_) => {}
                Heard::End => return Err(format!("{who} was closed after its login")),
                Heard::Nothing => return Ok(()),
            }
        }
    }

    fn compare(&mut self, who: &str, text: &str, exactly: bool, heard: Heard) -> Result<(), String> {
        let Heard::Stanza(heard) = heard else {
            return Err(format!("{who} should hear {text} but hears {heard:?}"));
        };
        let fail = |why: &str| Err(format!("{who} should hear\n  {text}\nbut hears ({why})\n  {heard}"));
        let (expected, found) = (xml::children(text)?, xml::children(&heard)?);
        if found.len() < expected.len() || (exactly && found.len() > expected.len()) {
            return fail("another number of children");
        }
        for (Child { name, text: wanted }, child) in expected.iter().zip(&found) {
            if *name != child.name {
                return fail(&format!("<{name}> is not in its place"));
            }
            if wanted == "…" {
                continue;
            }
            let wanted = match wanted.strip_prefix('$') {
                Some(word) => self.kept.entry(word.to_owned()).or_insert_with(|| child.text.clone()),
                None => wanted,
            };
            if *wanted != child.text {
                return fail(&format!("<{name}> is not {wanted}"));
            }
        }
        Ok(())
    }

    /// Whoever is still connected has heard everything.
    fn end(&mut self) -> Result<(), String> {
        for who in &self.people {
            match self.stage.overhear(who) {
                Heard::Nothing => {}
                other => return Err(format!("nobody expected that {who} hears {other:?}")),
            }
        }
        Ok(())
    }
}

/// The clock's unit in dialogues: `5s`, `200ms`, `2m`.
///
/// # Errors
///
/// A sentence, if it is no such time.
pub fn time(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().map_err(|_| format!("{text} is no time"))?;
    match &text[digits..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        _ => Err(format!("{text} is no time: 200ms, 5s, 2m")),
    }
}
