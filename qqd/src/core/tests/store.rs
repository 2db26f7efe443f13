//! A disk in memory: what the store's operations mean, as `op.rs` says, without SQL.

mod chat;
mod list;

use std::collections::BTreeMap;

use ipc_schema::chat::State;
use ipc_schema::notify::Rules;
use relay_schema::Secret;

use super::super::op::{
    Account, All, Arrived, Change, Done, Friend, Left, List, Loaded, Message, Offer, Op, Own, Picture,
    PictureFault, Profile, Row, Rule, Step, StoreError, Ticket, Unfilled,
};
use super::super::segment;

/// What would be in the files: the accounts in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    shelves: Vec<(String, Shelf)>,
    pictures: BTreeMap<String, Picture>,
    /// How often an avatar was looked for.
    pub(super) looks: u64,
    /// The user's own files, by path.
    pub(super) files: BTreeMap<String, Picture>,
    /// Tries to join whose end is not known.
    pub(super) joining: Vec<(Ticket, Offer)>,
    rules: Rules,
}

/// What there is of one account.
#[derive(Debug, Clone, Default)]
struct Shelf {
    account: Option<Account>,
    present: bool,
    token: Option<Secret>,
    password: Option<Secret>,
    friends: BTreeMap<String, Friend>,
    /// The rest of the list.
    list: List,
    profile: Profile,
    messages: Vec<Message>,
    raw: Vec<u64>,
    marks: BTreeMap<(String, String), u64>,
    missed: bool,
    steps: BTreeMap<String, Vec<Step>>,
    own: Option<Own>,
    unsaid: BTreeMap<String, u64>,
    unfilled: Unfilled,
    drafts: BTreeMap<String, String>,
}

static NO_FRIENDS: BTreeMap<String, Friend> = BTreeMap::new();

impl Disk {
    fn present(&self) -> impl Iterator<Item = &Shelf> {
        self.shelves.iter().map(|(_, shelf)| shelf).filter(|shelf| shelf.present)
    }

    /// Older messages with these are lacking here.
    pub(super) fn lack(&mut self, lacking: &[(&str, Option<u64>)]) {
        for (_, shelf) in &mut self.shelves {
            shelf.unfilled.lacking = lacking.iter().map(|(with, low)| ((*with).to_owned(), *low)).collect();
        }
    }

    /// The account that is logged in; of several the oldest.
    pub(super) fn account(&self) -> Option<&Account> {
        self.present().next()?.account.as_ref()
    }

    pub(super) fn former(&self) -> Vec<&Account> {
        let former = self.shelves.iter().filter(|(_, shelf)| !shelf.present);
        former.filter_map(|(_, shelf)| shelf.account.as_ref()).collect()
    }

    pub(super) fn token(&self) -> Option<&Secret> {
        self.shelves.iter().find_map(|(_, shelf)| shelf.token.as_ref())
    }

    pub(super) fn password(&self) -> Option<&Secret> {
        self.shelves.iter().find_map(|(_, shelf)| shelf.password.as_ref())
    }

    pub(super) fn forget_token(&mut self) {
        self.shelves.iter_mut().for_each(|(_, shelf)| shelf.token = None);
    }

    pub(super) fn forget_token_of(&mut self, local: &str) {
        let own = self.shelves.iter_mut().filter(|(name, _)| name == local);
        own.for_each(|(_, shelf)| shelf.token = None);
    }

    pub(super) fn friends(&self) -> &BTreeMap<String, Friend> {
        self.present().next().map_or(&NO_FRIENDS, |shelf| &shelf.friends)
    }

    pub(super) fn messages(&self) -> Vec<&Message> {
        self.shelves.iter().flat_map(|(_, shelf)| &shelf.messages).collect()
    }

    /// The messages of the account with this local name.
    pub(super) fn messages_of(&self, local: &str) -> Vec<&Message> {
        let own = self.shelves.iter().filter(|(name, _)| name == local);
        own.flat_map(|(_, shelf)| &shelf.messages).collect()
    }

    pub(super) fn raw(&self) -> Vec<u64> {
        self.shelves.iter().flat_map(|(_, shelf)| &shelf.raw).copied().collect()
    }

    pub(super) fn cursor(&self) -> u64 {
        self.account().map_or(0, |account| account.cursor)
    }

    pub(super) fn message(&self, id: &str) -> Option<&Message> {
        self.messages().into_iter().find(|message| message.id == id)
    }

    pub(super) fn apply(&mut self, whose: &str, op: Op) -> Result<Done, StoreError> {
        if matches!(op, Op::LoadAll) {
            return Ok(Done::All(Box::new(self.load_all())));
        }
        if let Op::Notify(rule) = op {
            return Ok(Done::Notify(Box::new(self.ruled(whose, rule))));
        }
        let path = |picture: &Picture| format!("/data/{}.{}", picture.hash(), picture.extension());
        match &op {
            Op::FindPicture { hash } => {
                self.looks += 1;
                return Ok(Done::PicturePath(self.pictures.get(hash).map(path)));
            }
            Op::KeepPicture(picture) => {
                self.pictures.insert(picture.hash().to_owned(), picture.clone());
                return Ok(Done::PicturePath(Some(path(picture))));
            }
            Op::ReadPicture { path } => {
                let file = self.files.get(path).cloned();
                return Ok(Done::PictureRead(file.ok_or(PictureFault::Missing)));
            }
            _ => {}
        }
        match op {
            Op::BeginJoin { ticket, offer } => {
                let known = self.joining.iter().find(|(known, _)| *known == ticket).cloned();
                let (ticket, offer) = known.unwrap_or((ticket, offer));
                self.joining.retain(|(known, _)| *known != ticket);
                self.joining.push((ticket, offer.clone()));
                return Ok(Done::Joining(Box::new(offer)));
            }
            Op::EndJoin(ticket) => {
                self.joining.retain(|(known, _)| *known != ticket);
                return Ok(Done::Nothing);
            }
            _ => {}
        }
        let at = self.shelves.iter().position(|(name, _)| name == whose).unwrap_or_else(|| {
            self.shelves.push((whose.to_owned(), Shelf::default()));
            self.shelves.len() - 1
        });
        let wiped = op.wipes();
        let done = self.shelves[at].1.apply(op);
        if wiped {
            // The avatars of all accounts lie together, and go together.
            self.pictures.clear();
            self.shelves.remove(at);
        }
        done
    }

    fn ruled(&mut self, whose: &str, rule: Option<Rule>) -> Rules {
        match rule {
            None => {}
            Some(Rule::Dnd { on, until }) => (self.rules.dnd, self.rules.dnd_until) = (on, until),
            Some(Rule::Quiet(hours)) => self.rules.quiet = hours,
            Some(Rule::Content(shows)) => self.rules.content = shows,
            Some(Rule::Mute { friend, off }) => {
                let friend = format!("{whose}/{friend}");
                self.rules.muted.retain(|muted| *muted != friend);
                self.rules.muted.extend((!off).then_some(friend));
            }
        }
        self.rules.clone()
    }

    fn load_all(&self) -> All {
        let former = self.former().into_iter().cloned().collect();
        let gone = self.shelves.iter().filter(|(_, shelf)| !shelf.present && shelf.account.is_some());
        let left = gone.map(|(name, shelf)| (name.clone(), shelf.left())).collect();
        let random = self.shelves.iter().filter(|(_, shelf)| !shelf.present && shelf.password.is_some());
        let random = random.map(|(name, _)| name.clone()).collect();
        All {
            present: self.present().map(Shelf::load).collect(),
            former,
            left,
            random,
            rules: self.rules.clone(),
        }
    }
}

impl Shelf {
    fn own(&self, message: &Message) -> bool {
        self.account.as_ref().is_some_and(|account| account.account == message.from)
    }

    fn explain(&self, id: &str) -> Done {
        let found = self.messages.iter().enumerate().filter(|(_, message)| message.id.starts_with(id));
        let matches = found.map(|(row, message)| (row as u64 + 1, message.clone())).collect();
        Done::Explained { matches, steps: self.steps.get(id).cloned().unwrap_or_default() }
    }

    fn message(&self, id: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    fn apply(&mut self, op: Op) -> Result<Done, StoreError> {
        Ok(match op {
            Op::LoadAll => unreachable!("it is nobody's"),
            Op::Load => Done::Loaded(Box::new(self.load())),
            Op::SaveToken { token } => {
                self.token = Some(token);
                Done::Nothing
            }
            Op::BeginJoin { .. } | Op::EndJoin(_) => unreachable!("nobody's yet"),
            Op::KeepPassword { password } => {
                self.password = Some(password);
                Done::Nothing
            }
            Op::Check => Done::Whole { bytes: 4_096 },
            Op::Password => Done::Password(self.password.clone()),
            Op::DropPassword => {
                self.password = None;
                Done::Nothing
            }
            Op::SaveAccount(account) => self.save(account),
            Op::Logout { .. } | Op::Forget => {
                (self.token, self.present) = (None, false);
                Done::LoggedOut(self.left())
            }
            Op::Queue(message) => self.queue(message),
            Op::Acked { id, conv, cseq, ts } => self.acked(&id, &conv, cseq, &ts),
            Op::Failed { id, reason } => {
                for message in self.messages.iter_mut().filter(|m| m.id == id && m.state == State::Queued) {
                    message.state = State::Failed;
                    message.reason = Some(reason.clone());
                }
                Done::Nothing
            }
            Op::Receive { seq, row } => return self.receive(seq, row),
            Op::Friends(mut list) => {
                let friends = std::mem::take(&mut list.friends).into_iter();
                self.friends = friends.map(|friend| (friend.account.clone(), friend)).collect();
                self.list = list;
                Done::Nothing
            }
            Op::SaveProfile(profile) => {
                self.keep_profile(profile);
                Done::Nothing
            }
            Op::FindPicture { .. } | Op::KeepPicture(_) | Op::ReadPicture { .. } => {
                unreachable!("they are nobody's")
            }
            Op::Delivered { conv, account, cseq, read } => self.delivered(conv, account, cseq, read),
            Op::ReadElsewhere { conv, cseq } => self.read_elsewhere(conv, cseq),
            Op::Told(told) => {
                self.unsaid.retain(|conv, cseq| !told.contains(&(conv.clone(), *cseq)));
                Done::Nothing
            }
            Op::Presence(own) => {
                self.account.iter_mut().for_each(|account| account.own = own.clone());
                Done::Nothing
            }
            Op::Unfilled => Done::Unfilled(self.unfilled.clone()),
            Op::Fill { with, messages, whole } => self.fill(&with, messages, whole),
            Op::Lacking { since } => self.lacking(&since),
            Op::Find { id } => Done::Found(self.message(&id).cloned().map(Box::new)),
            Op::History { with, .. } => self.page(|message| message.from == with || message.to == with),
            Op::Read { with, peek } => self.read(with.as_deref(), peek),
            Op::Search { phrases, with, .. } => {
                let has = |message: &Message| {
                    let tokens = segment::indexed("", &message.text);
                    phrases.iter().all(|phrase| tokens.contains(phrase.trim_matches(['"', '*', ' '])))
                };
                let of = |message: &Message, with: &str| message.from == with || message.to == with;
                match self
                    .page(|message| has(message) && with.as_deref().is_none_or(|with| of(message, with)))
                {
                    Done::Messages { messages, more } => Done::Hits { messages, more, indexing: false },
                    other => other,
                }
            }
            Op::Export { with, .. } => self.page(|message| message.from == with || message.to == with),
            Op::Explain { id } => self.explain(&id),
            Op::Note { id, steps } => {
                self.steps.entry(id).or_default().extend(steps);
                Done::Nothing
            }
            Op::Outbox { .. } => self.page(|message| matches!(message.state, State::Queued | State::Failed)),
            Op::Retry { id, ts } => {
                match self.messages.iter_mut().find(|m| m.id == id && m.state == State::Failed) {
                    None => self.explain(&id),
                    Some(message) => {
                        (message.state, message.reason, message.ts) = (State::Queued, None, ts);
                        Done::Queued { message: Box::new(message.clone()), known: false }
                    }
                }
            }
            Op::Clear { id } => {
                let failed = |m: &&Message| {
                    m.state == State::Failed && id.as_deref().is_none_or(|id| m.id.starts_with(id))
                };
                match self.messages.iter().filter(failed).count() {
                    0 if id.is_some() => self.explain(&id.unwrap_or_default()),
                    cleared => Done::Unlisted(cleared as u64),
                }
            }
            Op::Draft { with, text } => {
                let known = self.drafts.get(&with).cloned().unwrap_or_default();
                let changed = text.as_ref().is_some_and(|text| *text != known);
                let text = text.unwrap_or(known);
                self.drafts.insert(with, text.clone());
                self.drafts.retain(|_, text| !text.is_empty());
                Done::Draft { text, changed }
            }
            Op::Notify(_) => unreachable!("they are nobody's"),
        })
    }

    fn load(&self) -> Loaded {
        let outbox = self.messages.iter().filter(|message| message.state == State::Queued).cloned().collect();
        let mut unread: BTreeMap<String, u64> = BTreeMap::new();
        for message in self.messages.iter().filter(|m| !self.own(m) && m.state == State::Acked) {
            *unread.entry(message.from.clone()).or_default() += 1;
        }
        Loaded {
            account: self.account.clone().filter(|_| self.present),
            token: self.token.clone(),
            list: List { friends: self.friends.values().cloned().collect(), ..self.list.clone() },
            profile: self.profile.clone(),
            random_password: self.password.is_some(),
            outbox,
            unread: unread.into_iter().collect(),
            undelivered: Vec::new(),
            delivered: self.received(),
            read: self.unsaid.clone().into_iter().collect(),
            drafts: self.drafts.clone().into_iter().collect(),
        }
    }

    fn save(&mut self, account: Account) -> Done {
        let known = self.account.take();
        self.own = known.as_ref().map(|known| known.own.clone());
        let same = known.as_ref().is_some_and(|known| known.epoch == account.epoch);
        let cursor = known.filter(|_| same).map_or(account.cursor, |known| known.cursor);
        if !same {
            for message in &mut self.messages {
                (message.conv, message.cseq, message.seq) = (None, None, None);
            }
        }
        let own = self.own.take().unwrap_or_else(|| account.own.clone());
        self.account = Some(Account { cursor, own, ..account });
        self.present = true;
        self.missed = false;
        Done::Nothing
    }

    fn left(&self) -> Left {
        let count = |wanted: &dyn Fn(&&Message) -> bool| self.messages.iter().filter(wanted).count() as u64;
        Left {
            outbox: count(&|message| self.own(message) && message.state == State::Queued),
            unread: count(&|message| !self.own(message) && message.state == State::Acked),
        }
    }

    fn queue(&mut self, message: Message) -> Done {
        if let Some(known) = self.message(&message.id) {
            return Done::Queued { message: Box::new(known.clone()), known: true };
        }
        self.messages.push(message.clone());
        Done::Queued { message: Box::new(message), known: false }
    }

    fn acked(&mut self, id: &str, conv: &str, cseq: u64, ts: &str) -> Done {
        let marks = &self.marks;
        let Some(message) = self.messages.iter_mut().find(|message| message.id == id) else {
            return Done::Nothing;
        };
        (message.conv, message.cseq, message.ts) = (Some(conv.into()), Some(cseq), ts.into());
        let mark = marks.get(&(conv.to_owned(), message.to.clone())).copied().unwrap_or_default();
        if mark >= cseq {
            message.state = State::Delivered;
            return Done::Delivered(vec![Arrived {
                id: id.to_owned(),
                to: message.to.clone(),
                state: State::Delivered,
            }]);
        }
        message.state = State::Acked;
        Done::Nothing
    }

    fn receive(&mut self, seq: u64, row: Row) -> Result<Done, StoreError> {
        if self.missed {
            return Err(StoreError::Failed("a row before it is missing".into()));
        }
        let mut done = Done::Received { new: false, unread: false };
        match row {
            Row::Chat(message) => done = self.chat(seq, *message),
            Row::List(change) => self.change(change),
            Row::Counted => {}
            Row::Unknown { .. } => self.raw.push(seq),
            Row::Gap { .. } => {}
        }
        if let Some(account) = &mut self.account {
            account.cursor = seq;
        }
        Ok(done)
    }
}
