//! One account: a value that knows nothing of the others. What goes into it are the inputs that are for it, what comes
//! out is what it has [`Said`]. Here: what it consists of, and what is known of it between logins; who may log in to it
//! stands in `enter`.

mod enter;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use ipc_schema::account::{Changed, State};
use ipc_schema::{Code, Envelope, Error, Event, chat, state};
use relay_schema::{Id, Secret, Stanza};

use super::address;
use super::asking::Asking;
use super::call::Call;
use super::draft::Drafts;
use super::early::Early;
use super::failure::way_back;
use super::fill::Filling;
use super::follow::Look;
use super::friend::Friends;
use super::io::{AccountKey, Aim, ClientId, Local, Token};
use super::join::{Joining, Newcomer};
use super::link::Link;
use super::login::Wanted;
use super::mark::Marks;
use super::op::{self, Left, Loaded};
use super::outbox::Outbox;
use super::picture::Pictures;
use super::receive::Inbox;
use super::request::{Requests, Waiting};
use super::saving::Saving;
use super::shake::Shakes;
use super::stored::Then;
use super::typing::Writing;
use super::{Now, Output, Random, clock, logout};

/// Messages older than this are not sent unasked: 14 days in microseconds.
pub(super) const UNASKED_US: i64 = 14 * 24 * 3_600 * 1_000_000;

/// What an account says to the daemon that it is part of.
#[derive(Debug)]
pub(super) enum Said {
    /// To be handed out as it is.
    Output(Output),
    /// To be numbered, kept and handed out.
    Event(Envelope),
    /// More has changed than events can say: what is to be shown of this account now, if anything.
    Shown(Option<state::Account>),
    /// Its login is on disk.
    LoggedIn(Local),
    /// It is logged out, and kept so.
    LoggedOut(op::Account),
    /// The relay has said who joins: what is to be kept of that one here?
    Named(Newcomer),
    /// How far this clock is ahead of the relay's, in microseconds, for whoever looks.
    Time(u64, Option<i64>),
    /// The way to another address of its relay is to be looked at.
    Aim(Aim),
    /// What it has left on disk.
    Left(Local, Left),
    /// What it had on disk was wiped, and with it what the accounts share there.
    Wiped,
    /// What waited for its first try waits no more.
    Early(Vec<Waiting>),
}

/// One account that is logged in, or on its way in or out.
pub(super) struct Account {
    pub(super) key: AccountKey,
    /// Its local name.
    pub(super) local: Local,
    random: Random,
    /// What the relay is told of this device.
    pub(super) client: Rc<str>,
    pub(super) now: Now,
    pub(super) said: VecDeque<Said>,
    pub(super) requests: Requests,
    /// What the store has been asked and has not answered.
    pub(super) asked: HashMap<u64, Then>,
    last_asked: u64,
    /// What frontends know of this account, and of no other.
    pub(super) mirror: state::State,
    /// The first try to reach the relay has no outcome yet.
    pub(super) early: Option<Early>,
    /// As it is on disk; none before the first login, and after a logout.
    pub(super) account: Option<op::Account>,
    /// The account's token as it is on disk.
    pub(super) token: Option<Secret>,
    /// Its password is a random one, which is kept on disk.
    pub(super) random_password: bool,
    /// The relay refuses this account: nothing is tried again until a login.
    pub(super) refused: Option<Error>,
    /// Somebody joins; then nothing else is known of the account.
    pub(super) joining: Option<Joining>,
    /// A frontend's login on its way.
    pub(super) login: Option<Wanted>,
    /// A new address of the relay that is looked at before the session that stands is given up for it.
    pub(super) looking: Option<Look>,
    /// A login that the relay has accepted and that is not on disk yet.
    pub(super) saving: Option<Saving>,
    pub(super) logout: Option<logout::Pending>,
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    pub(super) friends: Friends,
    pub(super) profile: op::Profile,
    pub(super) pictures: Pictures,
    pub(super) marks: Marks,
    pub(super) writing: Writing,
    pub(super) drafts: Drafts,
    pub(super) call: Option<Call>,
    pub(super) filling: Filling,
    pub(super) shakes: Shakes,
    pub(super) asking: Asking,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("local", &self.local)
            .field("account", &self.account)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// An account that nothing is known of but its name.
    pub(super) fn new(key: AccountKey, local: Local, random: Random, client: Rc<str>, now: Now) -> Self {
        Self {
            key,
            local,
            random,
            client,
            now,
            said: VecDeque::new(),
            requests: Requests::default(),
            asked: HashMap::new(),
            last_asked: 0,
            mirror: state::State::default(),
            early: None,
            account: None,
            token: None,
            random_password: false,
            refused: None,
            joining: None,
            login: None,
            looking: None,
            saving: None,
            logout: None,
            link: Link::default(),
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            friends: Friends::default(),
            profile: op::Profile::default(),
            pictures: Pictures::default(),
            marks: Marks::default(),
            writing: Writing::default(),
            drafts: Drafts::default(),
            call: None,
            filling: Filling::default(),
            shakes: Shakes::default(),
            asking: Asking::default(),
        }
    }

    /// Nobody is logged in to it any more, or yet, and nothing is on its way.
    pub(super) fn is_over(&self) -> bool {
        let is_new = self.joining.is_some() || self.login.is_some();
        self.account.is_none() && !is_new && self.saving.is_none() && self.logout.is_none()
    }

    /// As it is on disk, or will be if its login succeeds.
    pub(super) fn record(&self) -> Option<&op::Account> {
        self.account.as_ref().or_else(|| self.login.as_ref().map(|wanted| &wanted.account))
    }

    /// When [`Account::on_tick`] is wanted.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let times = [
            self.early_deadline(),
            self.link_deadline(),
            self.outbox_deadline(),
            self.inbox.deadline(),
            self.friends.deadline(),
            self.shakes.deadline(),
            self.writing.deadline(),
            self.call.as_ref().and_then(Call::deadline),
            self.filling.deadline(),
            self.asking.deadline(),
            self.logout.as_ref().and_then(logout::Pending::deadline),
        ];
        times.into_iter().flatten().min()
    }

    pub(super) fn on_tick(&mut self) {
        self.on_early_tick();
        self.on_link_tick();
        self.on_logout_tick();
        self.on_outbox_tick();
        self.on_inbox_tick();
        self.on_friends_tick();
        self.on_shakes_tick();
        self.on_writing_tick();
        self.on_call_tick();
        self.on_filling_tick();
        self.on_asking_tick();
    }

    /// A frontend is gone: its requests are forgotten, its messages are not. A login nobody waits for is given up.
    pub(super) fn on_gone(&mut self, client: ClientId) {
        self.requests.forget(client);
        if let Some(early) = &mut self.early {
            early.waiting.retain(|waiting| waiting.caller.client != client);
        }
        self.forsake();
        self.friends.forget(&self.requests);
        self.abandon_join();
        self.abandon_login();
    }

    /// The session ends without a logout, and whoever still waits is told.
    pub(super) fn stop(&mut self, error: &Error) {
        self.say_received();
        self.hang_up();
        let early = self.early.take().map(|early| early.waiting).unwrap_or_default();
        let early = early.into_iter().map(|waiting| waiting.caller);
        for caller in self.requests.take_all().into_iter().chain(early) {
            self.say(caller.refused(error.clone()));
        }
    }

    /// Hands something out.
    pub(super) fn say(&mut self, output: Output) {
        self.said.push_back(Said::Output(output));
    }

    /// A stanza for the relay; only while it has taken the login.
    pub(super) fn send(&mut self, stanza: impl Into<Stanza>) {
        self.link.wrote(self.now.mono);
        self.say(Output::Send { account: self.key, stanza: Box::new(stanza.into()) });
    }

    /// Asks the store; `then` is what happens with the answer.
    pub(super) fn ask(&mut self, op: op::Op, then: Then) {
        self.last_asked += 1;
        self.asked.insert(self.last_asked, then);
        let token = Token { account: self.key, number: self.last_asked };
        self.say(Output::Store { token, whose: self.local.clone(), op });
    }

    pub(super) fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// A name for a message or a request: 128 random bits.
    pub(super) fn random_id(&self) -> Id {
        let hex: String = self.random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        Id::new(&hex).expect("32 hexadecimal digits are an id")
    }

    /// A name for this device.
    pub(super) fn random_uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.random_bytes()).into_uuid().to_string()
    }

    /// A time between `shortest` and `longest`.
    pub(super) fn jitter(&self, shortest: Duration, longest: Duration) -> Duration {
        let share = f64::from(u32::from_le_bytes(self.random_bytes())) / f64::from(u32::MAX);
        shortest + longest.saturating_sub(shortest).mul_f64(share)
    }

    /// Now, RFC 3339.
    pub(super) fn ts(&self) -> String {
        clock::rfc3339(self.now.wall_us)
    }

    /// The store has told what there is: on with the session that was there before.
    pub(super) fn begin(&mut self, loaded: Loaded) {
        self.install(loaded);
        let shown = self.mirrored(Changed::default());
        self.tell_whole(shown);
        if self.token.is_some() {
            self.early = Some(Early::new(self.now.mono));
            self.dial();
        } else {
            self.refuse_without_token();
        }
    }

    /// Takes over what the store has of the account that is logged in.
    pub(super) fn install(&mut self, loaded: Loaded) {
        let Some(account) = loaded.account else { return };
        self.inbox.begin(account.cursor, loaded.unread, loaded.delivered);
        self.marks.begin(loaded.read);
        self.friends.begin(loaded.list);
        self.profile = op::Profile { name: account.name.clone(), ..loaded.profile };
        self.outbox.begin(loaded.outbox);
        self.drafts.begin(loaded.drafts);
        self.token = loaded.token.or_else(|| self.token.take());
        self.random_password = loaded.random_password;
        self.account = Some(account);
        self.said.push_back(Said::LoggedIn(self.local.clone()));
    }

    /// The account as the mirror shows it.
    pub(super) fn mirrored(&self, link: Changed) -> Option<state::Account> {
        let account = self.account.as_ref()?;
        let known = self.visible();
        let link = Changed { relay: address::shown(&account.relay), ..link };
        Some(state::Account {
            account: account.local.clone(),
            name: account.name.clone(),
            link,
            presence: known.map(|known| known.presence).unwrap_or_default(),
            note: account.own.note.clone().unwrap_or_default(),
            invisible: known.is_some_and(|known| known.invisible),
            groups: self.friends.groups(known, &self.inbox),
            unread: chat::Count { total: self.inbox.unread_total() },
            outbox: self.outbox.len(),
            filling: known.and_then(|known| known.filling.clone()),
            requests: self.friends.requests(),
            blocked: self.friends.blocked(),
            picture: self.profile.picture.clone(),
            drafts: self.drafts.shown(),
        })
    }

    /// The token's file is gone: the password is needed once.
    fn refuse_without_token(&mut self) {
        let Some(account) = &self.account else { return };
        let message = format!(
            "the login of {} is not remembered any more; log in {}",
            account.local,
            way_back(&account.local, self.random_password)
        );
        self.refused = Some(Error::new(Code::Credentials, message.clone()));
        let link = Changed {
            state: State::Offline,
            relay: address::shown(&account.relay),
            reason: Some("credentials".to_owned()),
            message: Some(message),
            ..Changed::default()
        };
        self.tell(Event::AccountState(link));
    }

    /// The oldest time of a message that is sent unasked.
    pub(super) fn unasked_since(&self) -> String {
        clock::rfc3339(self.now.wall_us.saturating_sub(UNASKED_US))
    }
}
