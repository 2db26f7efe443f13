//! Notifications that are shown, each about one thing: what they say now, and how often that may change.

use std::time::Duration;

use ipc_schema::friend;
use ipc_schema::inert;
use ipc_schema::notify::Shows;
use ipc_schema::state;

use super::desk::{Button, Notice};
use super::say::Language;
use crate::core::account::Account;
use crate::core::io::{Local, Output};
use crate::core::{Core, io};

/// The most that are shown at one time; the oldest gives way, a call that rings last of all.
const MAX: usize = 32;
/// A notification changes at most once in this time, so that a flood of messages is none of notifications.
const INTERVAL: Duration = Duration::from_secs(1);
/// The most characters of a message.
const TEXT_MAX: usize = 300;
/// The most characters of a name.
const NAME_MAX: usize = 64;
/// What the product is called, where nobody else is to be named.
const PRODUCT: &str = "Qiaoqiao 敲敲";

/// What a notification is about: there is at most one at a time for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    /// What a friend wrote, or that they shook: whose friend, who.
    Chat(Local, String),
    /// A friend request.
    Request(Local, String),
    /// So many friend requests that one notification tells of all.
    Requests(Local),
    /// A call that rings, by its id.
    Call(Local, String, String),
    /// What came while one was away.
    Missed(Local),
    /// What was pressed in the notification of this friend did not work.
    Failed(Local, String),
}

impl About {
    pub(super) fn account(&self) -> &Local {
        match self {
            Self::Chat(account, _)
            | Self::Request(account, _)
            | Self::Requests(account)
            | Self::Call(account, ..)
            | Self::Missed(account)
            | Self::Failed(account, _) => account,
        }
    }

    pub(super) fn friend(&self) -> Option<&str> {
        match self {
            Self::Chat(_, friend) | Self::Request(_, friend) | Self::Call(_, friend, _) => Some(friend),
            Self::Failed(_, friend) => Some(friend),
            Self::Missed(_) | Self::Requests(_) => None,
        }
    }
}

/// A notification that is shown, or was and may come again with what was not read.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) about: About,
    pub(super) number: u64,
    /// Of [`About::Chat`]: how many messages.
    pub(super) messages: u64,
    /// The newest text.
    pub(super) text: String,
    /// Of [`About::Chat`]: the newest is a shake.
    pub(super) shook: bool,
    /// When it was shown last.
    at: Option<Duration>,
    /// There is news to be shown then.
    pub(super) due: Option<Duration>,
}

impl Core {
    /// Changes what a notification says, or begins one; it is shown at once, or when the last change is a moment ago.
    pub(super) fn tell(&mut self, about: About, change: impl FnOnce(&mut Told)) {
        let now = self.now.mono;
        let at = match self.notices.told.iter().position(|told| told.about == about) {
            Some(at) => at,
            None => {
                if self.notices.told.len() >= MAX {
                    let gives_way = |told: &Told| !matches!(told.about, About::Call(..));
                    let oldest = self.notices.told.iter().position(gives_way);
                    self.take_away(oldest.unwrap_or_default());
                }
                self.notices.last += 1;
                let number = self.notices.last;
                let (text, due) = (String::new(), None);
                self.notices.told.push(Told {
                    about,
                    number,
                    messages: 0,
                    text,
                    shook: false,
                    at: None,
                    due,
                });
                self.notices.told.len() - 1
            }
        };
        let Some(told) = self.notices.told.get_mut(at) else { return };
        change(told);
        match told.at.map(|at| at + INTERVAL).filter(|again| *again > now) {
            Some(again) => told.due = Some(again),
            None => self.show(at),
        }
    }

    /// Shows what has changed a while ago, unless nobody is to be told any more.
    pub(super) fn tell_due(&mut self) {
        let now = self.now.mono;
        while let Some(at) = self.notices.told.iter().position(|told| told.due.is_some_and(|due| due <= now))
        {
            let about = self.notices.told[at].about.clone();
            self.notices.told[at].due = None;
            let wanted = match &about {
                About::Chat(account, friend) => self.may_tell(account, friend),
                About::Request(account, _)
                | About::Requests(account)
                | About::Call(account, ..)
                | About::Missed(account) => self.may_disturb(account),
                // The user has pressed something, and waits.
                About::Failed(..) => true,
            };
            if wanted {
                self.show(at);
            }
        }
    }

    fn show(&mut self, at: usize) {
        let Some(told) = self.notices.told.get(at) else { return };
        let Some(notice) = self.worded(told) else { return };
        let now = self.now.mono;
        if let Some(told) = self.notices.told.get_mut(at) {
            (told.at, told.due) = (Some(now), None);
        }
        self.outputs.push_back(Output::Notify(Box::new(notice)));
    }

    /// The screen was locked: what is shown already says no more from now on than what comes on a locked screen.
    pub(super) fn hide(&mut self) {
        let shown = self.notices.told.iter().filter(|told| told.at.is_some());
        let notices: Vec<Notice> = shown.filter_map(|told| self.worded(told)).collect();
        // It is no news.
        let silent = notices.into_iter().map(|notice| Notice { sound: false, ..notice });
        self.outputs.extend(silent.map(|notice| Output::Notify(Box::new(notice))));
    }

    /// Takes the notification about something away, if there is one.
    pub(super) fn close(&mut self, about: &About) {
        if let Some(at) = self.notices.told.iter().position(|told| told.about == *about) {
            self.take_away(at);
        }
    }

    pub(super) fn take_away(&mut self, at: usize) {
        let told = self.notices.told.remove(at);
        if told.at.is_some() {
            self.outputs.push_back(Output::Unnotify { number: told.number });
        }
    }

    /// Takes away all that is about an account which is gone.
    pub(in crate::core) fn close_all_of(&mut self, account: &Local) {
        while let Some(at) = self.notices.told.iter().position(|told| told.about.account() == account) {
            self.take_away(at);
        }
        self.notices.missed.retain(|missed| missed.account != *account);
    }

    /// A notification is not shown any more: what was waved away begins anew, what only went is still counted.
    pub(in crate::core) fn on_closed(&mut self, number: u64, dismissed: bool) {
        let Some(at) = self.notices.told.iter().position(|told| told.number == number) else { return };
        let counts = match self.notices.told[at].about {
            About::Chat(..) | About::Request(..) | About::Requests(_) => true,
            About::Call(..) | About::Missed(_) | About::Failed(..) => false,
        };
        if counts && !dismissed {
            self.notices.told[at].at = None;
            return;
        }
        let told = self.notices.told.remove(at);
        if matches!(told.about, About::Missed(_)) {
            self.notices.missed.retain(|missed| missed.account != *told.about.account());
        }
    }

    pub(super) fn account_of(&self, local: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| *account.local == *local)
    }

    fn worded(&self, told: &Told) -> Option<Notice> {
        let mirror = self.account_of(told.about.account())?.visible()?;
        let notices = &self.notices;
        let shows = match (notices.rules.content, notices.locked) {
            (Shows::Full, true) => Shows::Name,
            (shows, _) => shows,
        };
        let words = Words { say: notices.language, shows, locked: notices.locked, mirror };
        let mut notice = match &told.about {
            About::Chat(_, friend) => words.chat(friend, told),
            About::Request(_, friend) => words.request(friend, told),
            About::Requests(_) => {
                let count = mirror.requests.iter().filter(|asked| asked.incoming).count();
                words.notice(PRODUCT.to_owned(), notices.language.ask(count))
            }
            About::Call(_, friend, _) => words.call(friend),
            About::Failed(_, friend) => words.failed(friend, told),
            About::Missed(account) => {
                let missed = notices.missed.iter().find(|missed| missed.account == *account)?;
                words.notice(notices.language.away().to_owned(), missed.sentence(notices.language))
            }
        };
        notice.number = told.number;
        // A window makes a sound of its own.
        notice.sound = !self.windows.are_there();
        Some(notice)
    }
}

/// What a notification is put into words with.
struct Words<'a> {
    say: Language,
    shows: Shows,
    locked: bool,
    mirror: &'a state::Account,
}

impl Words<'_> {
    fn notice(&self, title: String, body: String) -> Notice {
        let buttons = vec![(Button::Open, self.say.open())];
        Notice { number: 0, title, body, picture: None, buttons, urgent: false, sound: false }
    }

    /// One that begins with who it is about, as far as that may be seen.
    fn about(&self, friend: &str, body: String) -> Notice {
        let entry = self.mirror.friend(friend);
        let mut notice = self.notice(name(entry.map_or(friend, friend::Entry::shown)), body);
        notice.picture = entry.map(|entry| entry.picture.clone()).filter(|hash| io::is_hash(hash));
        if self.shows == Shows::Nothing {
            (notice.title, notice.picture) = (PRODUCT.to_owned(), None);
        }
        notice
    }

    fn chat(&self, friend: &str, told: &Told) -> Notice {
        let count = self.say.messages(told.messages);
        let who = self.mirror.friend(friend).map_or(friend, friend::Entry::shown);
        let shook = || self.say.shook((self.shows != Shows::Nothing).then(|| name(who)).as_deref());
        let body = match (told.shook, told.messages, self.shows) {
            (true, 0, _) => shook(),
            (true, _, _) => format!("{}\n{count}", shook()),
            (false, 1, Shows::Full) => plain(&told.text, TEXT_MAX),
            (false, _, Shows::Full) => format!("{count}\n{}", plain(&told.text, TEXT_MAX)),
            (false, _, Shows::Name | Shows::Nothing) => count,
        };
        let mut notice = self.about(friend, body);
        let open_to_all = self.locked;
        if !open_to_all && self.shows != Shows::Nothing {
            notice.buttons.push((Button::Reply, self.say.reply()));
            if told.shook {
                notice.buttons.push((Button::Shake, self.say.shake_back()));
            }
        }
        if !open_to_all && told.messages > 0 {
            notice.buttons.push((Button::Read, self.say.read()));
        }
        notice
    }

    fn request(&self, friend: &str, told: &Told) -> Notice {
        let asks = self.say.asks();
        let note = plain(&told.text, TEXT_MAX);
        let body = match self.shows {
            Shows::Full if !note.is_empty() => format!("{asks}\n{note}"),
            Shows::Full | Shows::Name | Shows::Nothing => asks.to_owned(),
        };
        let mut notice = self.about(friend, body);
        let asked = self.mirror.requests.iter().find(|asked| asked.incoming && asked.friend == friend);
        if let Some(asked) = asked
            .filter(|asked| !asked.name.is_empty() && asked.name != friend && self.shows != Shows::Nothing)
        {
            // Names are anybody's to choose, accounts are not.
            notice.title = format!("{} ({friend})", name(&asked.name));
        }
        if !self.locked {
            notice.buttons.push((Button::Accept, self.say.accept()));
            notice.buttons.push((Button::Decline, self.say.decline()));
        }
        notice
    }

    fn call(&self, friend: &str) -> Notice {
        let mut notice = self.about(friend, self.say.calls().to_owned());
        notice.buttons.push((Button::Decline, self.say.decline()));
        notice.urgent = true;
        notice
    }

    fn failed(&self, friend: &str, told: &Told) -> Notice {
        // The reason may name what was written, and to whom.
        let mut notice = self.about(friend, String::new());
        notice.body = match self.shows {
            Shows::Full => plain(&told.text, TEXT_MAX),
            Shows::Name => std::mem::take(&mut notice.title),
            Shows::Nothing => String::new(),
        };
        notice.title = self.say.failed().to_owned();
        notice
    }
}

/// Somebody else's name: a text of one line.
fn name(text: &str) -> String {
    cut(&inert::line(text), NAME_MAX)
}

/// Somebody else's text.
fn plain(text: &str, max: usize) -> String {
    cut(&inert::body(text), max)
}

/// At most so many characters of it.
fn cut(text: &str, max: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_is_inert() {
        assert_eq!(plain(" a\x1b[1m\tb\u{202e}c\nd ", 300), "a [1m bc\nd");
        assert_eq!(plain("abcdef", 3), "abc…");
        assert_eq!(name("bob\nNew message\u{2028}x"), "bob New message x", "a name is no second line");
        assert_eq!(plain(&format!("e{}", "\u{301}".repeat(50)), 300).chars().count(), 1 + inert::MARKS_MAX);
    }
}
