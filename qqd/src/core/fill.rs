//! Older messages: fetched from the relay page by page while nothing else is to be done, newest conversations first, and
//! at once where somebody looks back. How far that is stands in the store alone, so a restart goes on where it was.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use ipc_schema::chat::Filling as Progress;
use ipc_schema::{Error, Event};
use relay_schema::{Chat, History as Wire, NackCode};

use super::account::Account;
use super::asking::{Outcome, Refused};
use super::op::{Done, Message, Op, StoreError, Unfilled};
use super::read::Look;
use super::stored::{Then, unexpected};

/// Messages a page; the relay ends one after about 64 KiB.
const PAGE: u64 = 200;
/// The most messages, and bytes of them, that are taken for one page whatever the relay sends.
const COMING_MAX: usize = 1_024;
const COMING_MAX_BYTES: usize = 4 << 20;
/// How long the background rests after a failure that names no time.
const REST: Duration = Duration::from_secs(30);
/// One event in this time.
const INTERVAL: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Filling {
    stage: Stage,
    /// With whom older messages are lacking, and the lowest number that is here.
    lacking: VecDeque<(String, Option<u64>)>,
    /// How many older ones are here.
    done: u64,
    /// With whom a page is on its way, and who waits for it.
    under_way: HashMap<String, Vec<Look>>,
    /// What has come of it.
    coming: Vec<Message>,
    coming_bytes: usize,
    rest: Option<Duration>,
    told: Option<Duration>,
}

/// What is known of what is lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Unknown,
    /// The store is looking.
    Asked,
    Known,
}

impl Filling {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.rest
    }

    /// Whether the relay may have older messages with somebody than are here.
    pub(super) fn lacks(&self, with: &str) -> bool {
        self.stage == Stage::Known && self.lacking.iter().any(|(peer, _)| peer == with)
    }

    /// The session is over: the next one looks anew.
    pub(super) fn pause(&mut self) {
        self.stage = Stage::Unknown;
        self.rest = None;
        self.coming.clear();
        self.coming_bytes = 0;
    }

    fn low(&self, with: &str) -> Option<u64> {
        self.lacking.iter().find(|(peer, _)| peer == with).and_then(|(_, low)| *low)
    }

    /// How many there are, as far as is known: a conversation counts from one.
    fn total(&self) -> u64 {
        let lacking = self.lacking.iter().filter_map(|(_, low)| low.map(|low| low.saturating_sub(1)));
        lacking.fold(self.done, u64::saturating_add)
    }
}

impl Account {
    pub(super) fn on_filling_tick(&mut self) {
        if self.filling.rest.is_some_and(|rest| rest <= self.now.mono) {
            self.filling.rest = None;
            self.fill();
        }
    }

    /// Asks for one page more, if nothing else is to be done: no message waits, no row is coming, no page is on its way.
    pub(super) fn fill(&mut self) {
        let free = self.link.is_online() && self.logout.is_none() && self.filling.rest.is_none();
        let quiet = self.inbox.is_caught_up() && self.outbox.len() == 0 && !self.friends.is_due();
        if !free || !quiet || !self.filling.under_way.is_empty() {
            return;
        }
        match self.filling.stage {
            Stage::Asked => {}
            Stage::Unknown => {
                self.filling.stage = Stage::Asked;
                self.ask(Op::Unfilled, Then::Unfilled);
            }
            Stage::Known => {
                if let Some((with, _)) = self.filling.lacking.front().cloned() {
                    self.fetch(with);
                }
            }
        }
    }

    pub(super) fn on_unfilled(&mut self, result: Result<Unfilled, StoreError>) {
        // A session that has begun since asks by itself.
        if self.filling.stage != Stage::Asked {
            return;
        }
        match result {
            Ok(unfilled) => {
                self.filling.stage = Stage::Known;
                self.filling.done = unfilled.done;
                self.filling.lacking = unfilled.lacking.into();
                self.fill();
            }
            Err(_) => {
                self.filling.stage = Stage::Unknown;
                self.filling.rest = Some(self.now.mono + REST);
            }
        }
    }

    /// Somebody looks back to where nothing is here.
    pub(super) fn look_back(&mut self, look: Look) {
        let with = look.with.clone();
        match self.filling.under_way.get_mut(&with) {
            Some(waiting) => waiting.push(look),
            None => {
                self.filling.under_way.insert(with.clone(), vec![look]);
                self.request(with);
            }
        }
    }

    fn fetch(&mut self, with: String) {
        self.filling.under_way.insert(with.clone(), Vec::new());
        self.request(with);
    }

    fn request(&mut self, with: String) {
        let (friendaccount, before) = (Some(with.clone()), self.filling.low(&with));
        let wire = |id| Wire { friendaccount, before, count: Some(PAGE), conv: None, id }.into();
        self.ask_relay(wire, move |account, outcome| account.on_page(with, outcome));
    }

    /// `chat` without a `seq`: one of a page, whose end is its ack.
    pub(super) fn on_older(&mut self, chat: &Chat) {
        let filling = &self.filling;
        let room = filling.coming.len() < COMING_MAX && filling.coming_bytes < COMING_MAX_BYTES;
        if filling.under_way.is_empty() || !room {
            return;
        }
        if let Some(message) = self.message(chat) {
            self.filling.coming_bytes += message.text.len() + message.body.as_ref().map_or(0, String::len);
            self.filling.coming.push(message);
        }
    }

    fn on_page(&mut self, with: String, outcome: Outcome) {
        let coming = std::mem::take(&mut self.filling.coming);
        self.filling.coming_bytes = 0;
        match outcome {
            Ok(heard) => {
                let before = self.filling.low(&with).unwrap_or(u64::MAX);
                let fits = |message: &Message| {
                    let cseq = message.cseq.is_some_and(|cseq| cseq < before);
                    cseq && (message.from == with || message.to == with)
                };
                let messages: Vec<Message> = coming.into_iter().filter(fits).collect();
                let whole = messages.is_empty() || heard.ack.and_then(|ack| ack.more) != Some(1);
                self.ask(Op::Fill { with: with.clone(), messages, whole }, Then::Filled(with, whole));
            }
            // Nothing was ever said with that one.
            Err(Refused::No { code: NackCode::Unknown, .. }) => {
                let op = Op::Fill { with: with.clone(), messages: Vec::new(), whole: true };
                self.ask(op, Then::Filled(with, true));
            }
            Err(refused) => {
                let rest = match &refused {
                    Refused::No { retry: Some(retry), .. } => Duration::from_millis(*retry).min(REST),
                    Refused::No { .. } | Refused::Unheard(_) => REST,
                };
                self.filling.rest = self.link.is_online().then_some(self.now.mono + rest);
                let error = refused.into_error(&format!("what was said before with {with}"));
                self.looked(&with, Some(&error));
            }
        }
    }

    pub(super) fn on_filled(&mut self, with: String, whole: bool, result: Result<Done, StoreError>) {
        match result {
            Err(error) => {
                self.filling.rest = Some(self.now.mono + REST);
                self.looked(&with, Some(&unexpected(&error)));
            }
            Ok(done) => {
                let (new, low) = match done {
                    Done::Filled { new, low } => (new, low),
                    _ => (0, None),
                };
                self.filling.done += new;
                if whole || low == Some(1) {
                    self.filling.lacking.retain(|(peer, _)| *peer != with);
                }
                for (_, known) in self.filling.lacking.iter_mut().filter(|(peer, _)| *peer == with) {
                    *known = low;
                }
                self.tell_filling(new > 0);
                self.looked(&with, None);
                self.fill();
            }
        }
    }

    /// Those who looked back get what is here now; with an error those who would get nothing get that.
    fn looked(&mut self, with: &str, error: Option<&Error>) {
        for look in self.filling.under_way.remove(with).unwrap_or_default() {
            self.look(Look { asked: Some(error.cloned()), ..look });
        }
    }

    /// `chat.filling`, not too often, and when it ends.
    fn tell_filling(&mut self, moved: bool) {
        let over = self.filling.lacking.is_empty();
        let shown = self.visible().is_some_and(|known| known.filling.is_some());
        let soon = self.filling.told.is_some_and(|told| told + INTERVAL > self.now.mono);
        if (over && shown) || (moved && !over && !soon) {
            self.filling.told = Some(self.now.mono);
            let (done, total) = (self.filling.done, self.filling.total());
            self.tell(Event::ChatFilling(Progress { done, total }));
        }
    }
}
