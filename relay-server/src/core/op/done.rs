//! What the store answers: each [`Done`] is the result of one [`super::Op`]. Plain data.

use std::sync::Arc;

use relay_schema::{Body, Id, NackCode};

use super::{
    AccountId, Changed, DeviceRow, Entry, Friend, Inquired, InviteRow, Joined, MarkKind, Member, Page,
    Refused, Request, Seq,
};

/// The answer to an [`Op`](super::Op) that went well.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// To [`Op::Find`](super::Op::Find).
    Found(Option<Account>),
    /// To [`Op::Begin`](super::Op::Begin).
    Begun(Result<Begun, BeginError>),
    /// To [`Op::Enter`](super::Op::Enter): what was found, and what became of it.
    Entered(Box<(Option<Account>, Result<Begun, BeginError>)>),
    /// To [`Op::Inquire`](super::Op::Inquire).
    Inquired(Inquired),
    /// To [`Op::Join`](super::Op::Join).
    Joined(Joined),
    /// To [`Op::Passwd`](super::Op::Passwd): whether it was done.
    Passwd(bool),
    /// To [`Op::Remove`](super::Op::Remove): the friends' rows, if it was done.
    Removed(Option<Vec<(AccountId, Row)>>),
    /// To [`DeviceOp::List`](super::DeviceOp::List).
    Devices(Vec<DeviceRow>),
    /// To [`DeviceOp::Revoke`](super::DeviceOp::Revoke): whether there was such a device.
    Revoked(bool),
    /// To [`Op::Submit`](super::Op::Submit).
    Submitted(Result<Submitted, NackCode>),
    /// To [`Op::Rows`](super::Op::Rows): a page; shorter than asked for only at the end.
    Rows(Vec<Row>),
    /// To [`Op::History`](super::Op::History); none where the account is no member.
    History(Option<Page>),
    /// To [`Op::List`](super::Op::List): a page; shorter than asked for only at the end.
    List(Vec<Entry>),
    /// To [`Op::Picture`](super::Op::Picture).
    Picture(Option<Vec<u8>>),
    /// To [`Op::Change`](super::Op::Change).
    Changed(Result<Changed, Refused>),
    /// To [`Op::SeedCursor`](super::Op::SeedCursor) and [`Op::Mark`](super::Op::Mark): the marks that moved; to
    /// [`Op::Reveal`](super::Op::Reveal): those that are told now.
    Marked(Vec<Mark>),
    /// To [`Op::Confirm`](super::Op::Confirm), [`Op::Logout`](super::Op::Logout), [`Op::Recv`](super::Op::Recv),
    /// [`DeviceOp::Link`](super::DeviceOp::Link).
    Nothing,
    /// To [`Op::Admin`](super::Op::Admin).
    Admin(Result<AdminDone, AdminError>),
}

/// One account as a login needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub account: String,
    /// The name it shows.
    pub name: String,
    /// Empty, or an avatar's SHA-256 in hex.
    pub picture: String,
    /// What it says about itself; may be empty.
    pub note: String,
    /// Password as a PHC string.
    pub password: String,
    /// Nobody may log in.
    pub disabled: bool,
    /// It logged in with a password from this network within 30 days.
    pub known_network: bool,
}

/// A session that has begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// 128 random bits in hex, made with the store.
    pub epoch: String,
    /// The inbox's highest number.
    pub head: Seq,
    /// The number before the first row that follows.
    pub from: Seq,
    /// The device's `resume` lies above the head of the same epoch: it must start anew.
    pub resume_refused: bool,
    /// The whole friend list is to be sent (no `resume`, a new epoch).
    pub whole_list: bool,
    /// The new token is on disk; otherwise (a full disk) the old one stays.
    pub rotated: bool,
    /// The device that had to give way to this one.
    pub evicted: Option<String>,
    /// Who may reach the account and whom it may reach, for presence and ephemeral stanzas: number and name of the
    /// entries of kind `Friend`, in the order of the list.
    pub friends: Vec<(AccountId, String)>,
    /// Whom it blocks.
    pub blocks: Vec<AccountId>,
    /// Who blocks it.
    pub blocked_by: Vec<AccountId>,
    /// Marks that moved since `resume`; without one, those of the conversations of the rows that follow.
    pub marks: Vec<Mark>,
    /// There are marks that others were not told because the account was invisible.
    pub has_hidden_marks: bool,
    /// Up to where the account's seed sessions have been served.
    pub seed_cursor: Seq,
}

/// Why a session cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginError {
    /// Not this device's token, or no such device.
    Token,
    /// No such code, or it is used up or too old.
    Code,
    /// A token that this device has already replaced: somebody kept a copy.
    TokenReused,
    /// Too many devices, all seen within 30 days.
    Devices,
    /// The account was removed, or its password changed, meanwhile.
    Gone,
    /// Everything is right, but the account is disabled.
    Disabled,
}

/// A chat that is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Submitted {
    /// The same `id` was stored before: nothing new happened.
    pub duplicate: bool,
    /// The recipient.
    pub to: AccountId,
    /// The number in the sender's own inbox.
    pub seq: Seq,
    /// The conversation.
    pub conv: String,
    /// The number in it.
    pub cseq: u64,
    /// When the relay stored it, Unix milliseconds.
    pub ts_ms: i64,
    /// The new rows of every inbox concerned, in order (none for a duplicate).
    pub rows: Vec<(AccountId, Row)>,
}

/// One row of an inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number.
    pub seq: Seq,
    /// When it was made, Unix milliseconds; none of a chat (its message has it) and of rows that are older than that.
    pub ts_ms: Option<i64>,
    /// What it says.
    pub item: Item,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A message; shared, as it is a row of several inboxes.
    Chat(Arc<Message>),
    /// A new or changed entry of the friend list.
    Friend(Friend),
    /// An entry whose group or remark the list's owner has changed: no news for the seed dialect, which has neither.
    Moved(Friend),
    /// An entry is gone, or a request that was open.
    FriendRemove {
        /// Who.
        account: String,
    },
    /// Somebody asks to be friends.
    Request(Request),
    /// Somebody answered.
    Answer {
        /// The other one of the two.
        account: String,
        /// The other one answered, not the inbox's owner.
        theirs: bool,
        /// Accepted.
        accepted: bool,
    },
    /// Somebody is blocked, or not any more.
    Blocked {
        /// Who.
        id: AccountId,
        /// Who, by name.
        account: String,
        /// Blocked.
        blocked: bool,
    },
    /// A new group.
    Group {
        /// Its name.
        name: String,
    },
    /// A group has another name.
    GroupRename {
        /// So far.
        name: String,
        /// From now on.
        new: String,
    },
    /// A group is gone; its members stand where their kind stands.
    GroupRemove {
        /// Its name.
        name: String,
    },
    /// One's own profile.
    Profile {
        /// The name that is shown.
        name: String,
        /// Empty, or an avatar's SHA-256 in hex.
        picture: String,
        /// What one says about oneself.
        note: String,
    },
}

/// A stored message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Sender's account name.
    pub from: String,
    /// Recipient's account name.
    pub to: String,
    /// The sender's id for it.
    pub id: Id,
    /// The text.
    pub content: String,
    /// Kind; none is `text`.
    pub kind: Option<String>,
    /// Answers which id.
    pub re: Option<Id>,
    /// Opaque body.
    pub body: Option<Body>,
    /// The conversation.
    pub conv: String,
    /// The number in it.
    pub cseq: u64,
    /// When the relay stored it, Unix milliseconds.
    pub ts_ms: i64,
}

/// A mark that moved: `account` has, or has read, `conv` up to `cseq`; the sessions of `tell` hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which mark.
    pub kind: MarkKind,
    /// The conversation.
    pub conv: String,
    /// Whose mark.
    pub account: AccountId,
    /// Whose mark, by name.
    pub name: String,
    /// Up to here, inclusive.
    pub cseq: u64,
    /// The accounts that are told.
    pub tell: Vec<AccountId>,
}

/// What an administrator gets.
#[derive(Debug, Clone, PartialEq)]
pub enum AdminDone {
    /// It is done; these rows are new, these accounts' sessions must end.
    Changed {
        /// New inbox rows.
        rows: Vec<(AccountId, Row)>,
        /// Sessions of these accounts end.
        end: Vec<AccountId>,
    },
    /// The account is disabled; its sessions must end, its devices keep their tokens.
    Disabled(AccountId),
    /// All accounts.
    Accounts(Vec<AccountRow>),
    /// All invitations, or the one that was made.
    Invites(Vec<InviteRow>),
    /// Invitations that are taken back.
    Revoked {
        /// Which.
        invites: Vec<InviteRow>,
        /// They were already; nothing happened.
        already: bool,
    },
    /// A circle's members, in the order of asking.
    Circle(Vec<Member>),
}

/// One line of `account list`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountRow {
    /// Its name.
    pub account: String,
    /// The name it shows.
    pub name: String,
    /// Nobody may log in.
    pub disabled: bool,
    /// How many friends.
    pub friends: u64,
    /// How many devices.
    pub devices: u64,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// Sessions on line now; filled in by the core.
    #[serde(default)]
    pub online: u64,
}

/// Why an administrator's wish was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// The name is taken.
    #[error("there is an account `{0}` already; `account passwd {0}` gives it another password")]
    Taken(String),
    /// No such account.
    #[error("there is no account `{0}`; `account list` shows them all")]
    NoAccount(String),
    /// Nobody may log in to it, by a link either.
    #[error("`{0}` is disabled, so that a link would log nobody in; `account enable {0}` first")]
    Disabled(String),
    /// They are friends already.
    #[error("{0} and {1} are friends already")]
    FriendsAlready(String, String),
    /// They are not friends.
    #[error("{0} and {1} are not friends")]
    NotFriends(String, String),
    /// One cannot be one's own friend.
    #[error("`{0}` cannot be a friend of itself")]
    Oneself(String),
    /// No such invitation.
    #[error("there is no such invitation; `invite list` shows them all")]
    NoInvite,
    /// No invitation for this name that could be taken back.
    #[error("no invitation for `{0}` is open; `invite list` shows them all")]
    NoInviteFor(String),
    /// The list is full.
    #[error("{0} has {1} friends, which is the limit (`friends`)")]
    Full(String, u32),
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room on disk, or the disk refuses to write; it may work again later.
    #[error("the disk is full or cannot be written: {0}")]
    Full(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Failed(String),
}
