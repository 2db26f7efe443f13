//! What the core asks of the daemon's own store and what the store answers: each [`Op`] is one transaction.

mod done;
mod list;
mod rule;

use ipc_schema::chat::State;
use ipc_schema::notify::Rules;
use ipc_schema::presence::Wish;
use relay_schema::Secret;

pub use super::picture::{Fault as PictureFault, Picture};
pub use done::{Arrived, Done, StoreError, Unfilled};
pub use list::{Change, Friend, List, Profile};
pub use rule::Rule;

/// An account as it is kept on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its local name: `name@HOST` as first typed (`:PORT` when it is not 5290). Stays when the address changes.
    pub local: String,
    /// The account's name at the relay.
    pub account: String,
    /// The name it shows.
    pub name: String,
    /// Where the relay is.
    pub relay: Address,
    /// SHA-256 of the relay's key (SPKI), lower-case hex: trusted once, and then the only one.
    pub pin: Option<String>,
    /// This device's UUID.
    pub device: String,
    /// The relay's store as last seen.
    pub epoch: String,
    /// The highest row that is committed here.
    pub cursor: u64,
    /// How it is to show itself; changed by [`Op::Presence`] alone.
    pub own: Own,
}

/// How an account is to show itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// What friends are to see.
    pub presence: Wish,
    /// The status text; none if it was never set here.
    pub note: Option<String>,
}

/// A relay's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Without TLS: loopback only (`plain://127.0.0.1:PORT`).
    pub plain: bool,
}

/// Everything the core needs to begin with.
#[derive(Debug, Clone, Default)]
pub struct All {
    /// What there is of each account that is logged in.
    pub present: Vec<Loaded>,
    /// Accounts that are logged out and whose history is kept: device, pin, epoch and cursor for their next login.
    pub former: Vec<Account>,
    /// What lies here of each of them, by local name.
    pub left: Vec<(String, Left)>,
    /// Those of them whose random password is kept, by local name.
    pub random: Vec<String>,
    /// The rules for notifications.
    pub rules: Rules,
}

/// Everything that one account needs to begin with.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// None before its first login and after a logout.
    pub account: Option<Account>,
    /// Its device token, if the file is there.
    pub token: Option<Secret>,
    /// The friend list, and what belongs to it.
    pub list: List,
    /// One's own profile.
    pub profile: Profile,
    /// Its password is a random one that is kept here ([`Op::Password`]).
    pub random_password: bool,
    /// Messages that the relay has not acknowledged, oldest first.
    pub outbox: Vec<Message>,
    /// Unread messages per friend.
    pub unread: Vec<(String, u64)>,
    /// Own messages that are acknowledged and not yet delivered: `(conv, cseq, id, to)`, for marks that come later.
    pub undelivered: Vec<(String, u64, String, String)>,
    /// How far the newest conversations have come here, `(conv, cseq)`: the relay may not have heard it before the end.
    pub delivered: Vec<(String, u64)>,
    /// How far conversations were read here, `(conv, cseq)`, where the relay may not know it.
    pub read: Vec<(String, u64)>,
    /// What was typed and not sent: to whom, and the text.
    pub drafts: Vec<(String, String)>,
}

/// What an account that is logged out has left here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Messages that the relay has not acknowledged.
    pub outbox: u64,
    /// Unread messages.
    pub unread: u64,
}

/// One try to join: by which link, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The link's code; where registration is open, the account's local name.
    pub code: Secret,
    /// The account's name, if one was asked for.
    pub name: Option<String>,
}

/// What a try to join needs again when its answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// This device's UUID.
    pub device: String,
    /// The random password, if nobody chose one.
    pub password: Option<Secret>,
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Chosen by its sender.
    pub id: String,
    /// Sender.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// The text.
    pub text: String,
    /// `text`, or what a newer program made of it.
    pub kind: String,
    /// Opaque body, base64 as on the wire.
    pub body: Option<String>,
    /// Answers which id.
    pub re: Option<String>,
    /// The conversation; none before the relay said so.
    pub conv: Option<String>,
    /// The number in it.
    pub cseq: Option<u64>,
    /// The row's number in this account's inbox.
    pub seq: Option<u64>,
    /// Where it is on its way. Received ones are `acked` until read here, then `read`.
    pub state: State,
    /// Why it failed.
    pub reason: Option<String>,
    /// RFC 3339, UTC, ms: the relay's time, or our own while it is queued.
    pub ts: String,
}

/// One transaction. But for [`Op::LoadAll`] each is about one account, whose local name goes with it.
#[derive(Debug, Clone)]
pub enum Op {
    /// First: everything there is, of all accounts.
    LoadAll,
    /// What there is of the account: right after the [`Op::SaveAccount`] of a login that began without an account,
    /// because an account that comes back has history.
    Load,
    /// The relay gave a new token: the 0600 file is written, synced, renamed, its directory synced.
    SaveToken {
        /// The token.
        token: Secret,
    },
    /// Before an account is made by a link, or a link's code is used up: what a later try with the same link needs. What is
    /// there already is answered and stays; else the offer is written, synced, and answered. [`Done::Joining`].
    BeginJoin {
        /// Which try.
        ticket: Ticket,
        /// What to keep if nothing is kept.
        offer: Offer,
    },
    /// It came to an end: nothing of it is kept any more.
    EndJoin(Ticket),
    /// The account's password is this random one that nobody else knows: kept beside the token like the token.
    KeepPassword {
        /// The password.
        password: Secret,
    },
    /// Read: whether the database is whole, as far as a moment allows. Answered by [`Done::Whole`], or an error.
    Check,
    /// Read: the kept password. Answered by [`Done::Password`].
    Password,
    /// The kept password is worth nothing any more.
    DropPassword,
    /// A login succeeded: makes or updates the account. A changed epoch resets the cursor to `account.cursor`, and the
    /// `seq` of every message is forgotten until a [`Op::Receive`] brings it again (see [`Op::Lacking`]). With the same
    /// epoch the cursor stays. Never asked for while a [`Op::Receive`] of the same session is on its way.
    SaveAccount(Account),
    /// Log-out: the token is gone. With `wipe` the account, messages, friends too. Answered by [`Done::LoggedOut`].
    Logout {
        /// Also everything else.
        wipe: bool,
    },
    /// Wipes the account, which is logged out. Answered by [`Done::LoggedOut`].
    Forget,
    /// A message into the outbox. The same id again changes nothing and answers what is there.
    Queue(Message),
    /// The relay has it. Answered by [`Done::Delivered`] if its receiver has it too, as a mark said before.
    Acked {
        /// Which.
        id: String,
        /// The conversation.
        conv: String,
        /// The number in it.
        cseq: u64,
        /// The relay's time.
        ts: String,
    },
    /// It will not arrive. Changes nothing once the message is acknowledged.
    Failed {
        /// Which.
        id: String,
        /// A word.
        reason: String,
    },
    /// A row of the inbox together with the cursor. They come without a hole; when one fails, those of the account that
    /// were asked for behind it must fail too, until its next [`Op::SaveAccount`], or the cursor would pass a row that is not here.
    Receive {
        /// The row's number: the new cursor.
        seq: u64,
        /// What it says.
        row: Row,
    },
    /// A whole friend list instead of the old one.
    Friends(List),
    /// One's own profile.
    SaveProfile(Profile),
    /// The file of an avatar, if it is here.
    FindPicture {
        /// SHA-256 in hex.
        hash: String,
    },
    /// An avatar into its file. Answered as [`Op::FindPicture`] is.
    KeepPicture(Picture),
    /// Read: a file of the user's that is to be an avatar.
    ReadPicture {
        /// An absolute path.
        path: String,
    },
    /// `account`, who is somebody else, has everything in `conv` up to `cseq`.
    Delivered {
        /// Which conversation.
        conv: String,
        /// Whose mark.
        account: String,
        /// Up to here, inclusive.
        cseq: u64,
        /// And has read it.
        read: bool,
    },
    /// Another device of the account has read `conv` up to `cseq`. Answered by [`Done::Cleared`].
    ReadElsewhere {
        /// Which conversation.
        conv: String,
        /// Up to here, inclusive.
        cseq: u64,
    },
    /// The relay knows how far these conversations were read here, `(conv, cseq)`.
    Told(Vec<(String, u64)>),
    /// How the account is to show itself from now on.
    Presence(Own),
    /// What older messages the relay may have that are not here. Answered by [`Done::Unfilled`].
    Unfilled,
    /// Older messages of a conversation, oldest first, all before what is here of it. They are neither unread nor news.
    /// Answered by [`Done::Filled`].
    Fill {
        /// With whom.
        with: String,
        /// What the relay has sent.
        messages: Vec<Message>,
        /// There are none before these.
        whole: bool,
    },
    /// The relay's store was restored from a backup (another epoch) and has told all it has: own acknowledged messages
    /// without a `seq` that are not older than `since` are queued again, oldest first. Answered by [`Done::Messages`].
    Lacking {
        /// RFC 3339, UTC, ms.
        since: String,
    },
    /// Read: one message by id.
    Find {
        /// Which.
        id: String,
    },
    /// Read: a page of a conversation, newest first in the store, answered oldest first; ends at 512 KiB.
    History {
        /// With whom.
        with: String,
        /// Older than this message's row (its local number).
        before: Option<u64>,
        /// At most so many.
        count: u32,
    },
    /// Read: the newest messages that hold all the phrases. Answered by [`Done::Hits`], or by [`Done::Found`] with none if
    /// `before` is no message any more.
    Search {
        /// In the words of `segment::phrases`.
        phrases: Vec<String>,
        /// Only with this account.
        with: Option<String>,
        /// Older than the message with this row.
        before: Option<u64>,
        /// At most so many.
        count: u32,
    },
    /// Read: a page of a conversation, oldest first. Answered by [`Done::Messages`], or by [`Done::Found`] with none if
    /// `after` is no message any more.
    Export {
        /// With whom.
        with: String,
        /// Newer than the message with this row.
        after: Option<u64>,
    },
    /// Read: the message with this id, or those whose ids begin so. Answered by [`Done::Explained`].
    Explain {
        /// The id, or its first characters.
        id: String,
    },
    /// What happened with an own message besides what other operations say.
    Note {
        /// Which.
        id: String,
        /// In their order.
        steps: Vec<Step>,
    },
    /// Read: what waits for the relay in its order, then what failed, the newest last. Answered by [`Done::Messages`].
    Outbox {
        /// Nothing that failed and is older than this: RFC 3339, UTC, ms.
        since: String,
    },
    /// A message that failed into the outbox once more. Answered by [`Done::Queued`], or by [`Done::Explained`] with what
    /// was found instead.
    Retry {
        /// The id, or its first characters.
        id: String,
        /// Its time from now on.
        ts: String,
    },
    /// Failed messages off the outbox's list: all, or the one whose id begins so. Answered by [`Done::Unlisted`], or by
    /// [`Done::Explained`] with what was found instead.
    Clear {
        /// The id, or its first characters.
        id: Option<String>,
    },
    /// A rule for notifications, or only a look at them. Answered by [`Done::Notify`].
    Notify(Option<Rule>),
    /// What was typed to somebody and not sent: read, or kept instead of what was there. Answered by [`Done::Draft`].
    Draft {
        /// To whom.
        with: String,
        /// What to keep, empty for nothing; without it what there is stays.
        text: Option<String>,
    },
    /// Unread messages, oldest first; unless `peek` they are read from now on.
    Read {
        /// From whom; all without.
        with: Option<String>,
        /// Look only.
        peek: bool,
    },
}

impl Op {
    /// Whether it is to leave no trace of what it removes.
    pub fn wipes(&self) -> bool {
        matches!(self, Self::Logout { wipe: true } | Self::Forget)
    }
}

/// A step of a message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When; of several times the last: RFC 3339, UTC, ms.
    pub ts: String,
    /// The state it had from then on. A received one is `delivered` when it came here.
    pub state: State,
    /// Why, as a word.
    pub reason: Option<String>,
    /// How often.
    pub times: u64,
}

/// What a received row says.
#[derive(Debug, Clone)]
pub enum Row {
    /// A message; matched with our own by id.
    Chat(Box<Message>),
    /// A change of the friend list or of one's own profile.
    List(Change),
    /// What a whole friend list, which came before it, says already.
    Counted,
    /// A type or kind that this version does not know: kept as it came, and passed.
    Unknown {
        /// The stanza's bytes.
        raw: Vec<u8>,
    },
    /// The relay's retention cut these; counts as their receipt.
    Gap {
        /// First number.
        from: u64,
        /// Last number.
        to: u64,
    },
}
