//! What came while one was away: counted until the relay has told all of it, then one notification for everything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::desk::Service;
use super::notice::About;
use super::say::Language;
use crate::core::Core;
use crate::core::account::Account;
use crate::core::io::Local;

/// So long after the last thing that was missed it is told. What was read on another device is told by then, too.
const SETTLE: Duration = Duration::from_secs(1);
/// So long it is waited until the relay has told all that it has.
const PATIENCE: Duration = Duration::from_secs(15);
/// What was missed longer ago than this when the desktop comes is not told any more.
const LATE: Duration = Duration::from_secs(120);
/// The most friends that anything is counted for.
const FRIENDS_MAX: usize = 8_192;

/// What an account has missed and nobody has read.
#[derive(Debug)]
pub(super) struct Missed {
    pub(super) account: Local,
    /// How many messages of each friend.
    friends: BTreeMap<String, u64>,
    requests: BTreeSet<String>,
    /// The newest message.
    text: String,
    /// Since when there is something that was not told.
    since: Option<Duration>,
    pub(super) due: Option<Duration>,
}

impl Missed {
    pub(super) fn sentence(&self, say: Language) -> String {
        let messages = self.friends.values().sum();
        let chats = match self.friends.len() {
            0 => None,
            1 => Some(say.messages(messages)),
            friends => Some(say.missed(messages, friends)),
        };
        let requests = self.requests.len() as u64;
        let requests = (requests > 0).then(|| say.missed_requests(requests));
        chats.into_iter().chain(requests).collect::<Vec<_>>().join("\n")
    }

    /// Whose conversation it is all about, if it is one.
    pub(super) fn only_friend(&self) -> Option<&str> {
        let only = self.friends.len() == 1 && self.requests.is_empty();
        self.friends.keys().next().map(String::as_str).filter(|_| only)
    }

    fn is_empty(&self) -> bool {
        self.friends.is_empty() && self.requests.is_empty()
    }
}

impl Core {
    pub(super) fn miss_message(&mut self, account: &Local, friend: &str, text: String) {
        let missed = self.missed(account);
        if missed.friends.len() < FRIENDS_MAX || missed.friends.contains_key(friend) {
            *missed.friends.entry(friend.to_owned()).or_default() += 1;
            missed.text = text;
        }
    }

    pub(super) fn miss_request(&mut self, account: &Local, friend: &str) {
        let missed = self.missed(account);
        if missed.requests.len() < FRIENDS_MAX {
            missed.requests.insert(friend.to_owned());
        }
    }

    fn missed(&mut self, account: &Local) -> &mut Missed {
        let now = self.now.mono;
        let due = Some(now + SETTLE);
        let all = &mut self.notices.missed;
        let at = all.iter().position(|missed| missed.account == *account).unwrap_or_else(|| {
            all.push(Missed {
                account: account.clone(),
                friends: BTreeMap::new(),
                requests: BTreeSet::new(),
                text: String::new(),
                since: None,
                due,
            });
            all.len() - 1
        });
        all[at].due = due;
        if self.notices.service == Service::None {
            all[at].since = Some(now);
        }
        all[at].since.get_or_insert(now);
        &mut all[at]
    }

    /// A notification service came, or went: what was not told is told by the new one.
    pub(super) fn on_service(&mut self) {
        let now = self.now.mono;
        self.notices.missed.retain(|missed| missed.since.is_some_and(|since| now < since + LATE));
        for missed in &mut self.notices.missed {
            missed.due = Some(now + SETTLE);
        }
    }

    /// A friend's messages are read, or their request is answered.
    pub(super) fn miss_no_more(&mut self, account: &str, friend: &str, request: bool) {
        let Some(at) = self.notices.missed.iter().position(|missed| *missed.account == *account) else {
            return;
        };
        let missed = &mut self.notices.missed[at];
        if request {
            missed.requests.remove(friend);
        } else {
            missed.friends.remove(friend);
        }
        if missed.is_empty() {
            let account = self.notices.missed.remove(at).account;
            self.close(&About::Missed(account));
        }
    }

    /// Tells what was missed, if that is all.
    pub(super) fn tell_missed(&mut self) {
        let now = self.now.mono;
        let due = |missed: &Missed| missed.due.is_some_and(|due| due <= now);
        while let Some(at) = self.notices.missed.iter().position(due) {
            if self.notices.service == Service::None {
                self.notices.missed[at].due = None;
                continue;
            }
            let account = self.notices.missed[at].account.clone();
            let missed = &mut self.notices.missed[at];
            let waits = missed.since.is_some_and(|since| now < since + PATIENCE);
            let more = |account: &Account| account.link.is_online() && !account.inbox.is_caught_up();
            if waits && self.accounts.iter().any(|one| one.local == account && more(one)) {
                missed.due = Some(now + SETTLE);
                continue;
            }
            let unwanted = self.unwanted(&account, self.notices.missed[at].friends.keys());
            let missed = &mut self.notices.missed[at];
            (missed.due, missed.since) = (None, None);
            missed.friends.retain(|friend, _| !unwanted.contains(friend));
            if missed.is_empty() || !self.may_disturb(&account) {
                self.notices.missed.remove(at);
                continue;
            }
            let about = About::Missed(account.clone());
            let is_told = self.notices.told.iter().any(|told| told.about == about);
            let missed = &self.notices.missed[at];
            match missed.only_friend().map(str::to_owned).filter(|_| !is_told) {
                None => self.tell(about, |_| {}),
                // Of one conversation it can be said what came.
                Some(friend) => {
                    let missed = self.notices.missed.remove(at);
                    let messages = missed.friends.values().sum::<u64>();
                    self.tell(About::Chat(account, friend), |told| {
                        told.messages += messages;
                        (told.text, told.shook) = (missed.text, false);
                    });
                }
            }
        }
    }
}
