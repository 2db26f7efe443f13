//! What the core asks of the store and what the store answers: each [`Op`] is one transaction, each [`Done`] its
//! result. Plain data; how it is done stands in `store/`.

mod change;
mod done;
mod friend;
mod history;
mod join;

use std::fmt;

use relay_schema::{Body, Id};

pub use change::{Change, Changed, Picture, Refused, Wish};
pub use done::{
    Account, AccountRow, AdminDone, AdminError, BeginError, Begun, Done, Item, Mark, Message, Row,
    StoreError, Submitted,
};
pub use friend::{Behind, Entry, Friend, FriendKind, Request};
pub use history::{History, Page, With};
pub use join::{
    CodeHash, DeviceOp, DeviceRow, Inquired, Inquiry, InviteKey, InviteOp, InviteRow, InviteState, Join,
    Joined, Member, NewPassword, Removal,
};

/// An account's number; names stand in the store's `account` table only.
pub type AccountId = i64;

/// A sequence number of one account's inbox, from 1, growing by exactly one.
pub type Seq = u64;

/// SHA-256 of a token: what the store keeps instead of the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A network as the limits see it: an IPv4 address, or the /64 of an IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(pub std::net::IpAddr);

impl From<std::net::IpAddr> for Network {
    fn from(address: std::net::IpAddr) -> Self {
        use std::net::{IpAddr, Ipv6Addr};
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
        }
    }
}

/// One transaction. Reads run on the readers, everything else on the one writer.
#[derive(Debug, Clone)]
pub enum Op {
    /// Read: the account called `name` (already normalised), and whether it logged in from `network` within 30 days.
    Find {
        /// The account's name.
        name: String,
        /// Where the question comes from.
        network: Network,
        /// Wall clock, Unix milliseconds: what the 30 days are counted from.
        now_ms: i64,
    },
    /// Write: starts a session whose password or token is (or is here) proven.
    Begin(Begin),
    /// Write: [`Op::Find`] and [`Op::Begin`] in one, for whoever shows a token; [`Begin::account`] counts for nothing.
    Enter {
        /// The account's name, normalised.
        name: String,
        /// How the session begins.
        begin: Box<Begin>,
    },
    /// Write: the session that was given this token has used it; the one before is worth nothing any more.
    Confirm {
        /// Whose.
        account: AccountId,
        /// Which device.
        device: String,
        /// The [`BeginDevice::next`] of this very session: a late confirmation of an older session must not make a
        /// token current that a newer session may not have on disk yet.
        token: TokenHash,
    },
    /// Write: forgets the device and its tokens.
    Logout {
        /// Whose.
        account: AccountId,
        /// Which device.
        device: String,
    },
    /// Read: what becomes of a registration.
    Inquire(Inquiry),
    /// Write: makes an account.
    Join(Join),
    /// Write: another password, by the account's owner.
    Passwd(NewPassword),
    /// Write: ends an account, by its owner.
    Remove(Removal),
    /// The account's devices.
    Device {
        /// Whose.
        account: AccountId,
        /// What.
        op: DeviceOp,
    },
    /// Write: the submit rule (see `store/submit.rs`).
    Submit(Submit),
    /// Read: rows of an inbox after a cursor, oldest first.
    Rows {
        /// Whose inbox.
        account: AccountId,
        /// Rows with a greater number.
        after: Seq,
        /// At most so many.
        count: u32,
    },
    /// Read: a page of the whole list: groups by name, `friend` before `stranger` and by account name, who is blocked
    /// and open requests, one's own first, each by account name.
    List {
        /// Whose list.
        account: AccountId,
        /// The last entry of the page before.
        behind: Behind,
        /// With all that follows strangers; the seed dialect has no words for it.
        whole: bool,
        /// At most so many.
        count: u32,
    },
    /// Read: messages of a conversation before one of them.
    History(History),
    /// Read: an avatar, if `account` has put it or is shown it by somebody in its list, by somebody who asks to be
    /// its friend, or whom it asks.
    Picture {
        /// Who asks.
        account: AccountId,
        /// SHA-256 in hex.
        hash: String,
    },
    /// Write: what an account wishes about its friends, groups and profile.
    Change(Box<Change>),
    /// Write: a full device has committed everything up to `seq`; the seed cursor follows the highest.
    Recv {
        /// Whose.
        account: AccountId,
        /// Which device.
        device: String,
        /// Up to here, inclusive.
        seq: Seq,
    },
    /// Write: the kernels of the account's seed clients have acknowledged everything up to `seq`; makes the
    /// `delivered` marks of the conversations concerned.
    SeedCursor {
        /// Whose.
        account: AccountId,
        /// Up to here, inclusive.
        seq: Seq,
        /// The account is invisible: nobody else is told until [`Op::Reveal`].
        is_hidden: bool,
    },
    /// Write: `account` has, or has read, everything of `conv` up to `cseq`.
    Mark {
        /// Which mark.
        kind: MarkKind,
        /// Whose mark.
        account: AccountId,
        /// The conversation.
        conv: String,
        /// Up to here, inclusive.
        cseq: u64,
        /// The account is invisible: nobody else is told until [`Op::Reveal`].
        is_hidden: bool,
    },
    /// Write: the account is invisible no more; gives its marks that nobody else was told.
    Reveal {
        /// Whose.
        account: AccountId,
    },
    /// What the administrator asks.
    Admin(AdminOp),
}

/// What a mark says; in SQL its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarkKind {
    /// It has reached a device.
    Delivered = 0,
    /// It was read; then it was delivered, too.
    Read = 1,
}

/// A session that starts. Without a device (the seed dialect) nothing but the network is written.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Whose.
    pub account: AccountId,
    /// From where, remembered for the account's 30-day rule when a password proved it.
    pub network: Network,
    /// The device of a full session.
    pub device: Option<BeginDevice>,
    /// The PHC string for which the password was found right ([`Account::password`]), where a password proves the
    /// login: if it is another one by now, the password was changed meanwhile and the answer is `Gone`.
    pub proven: Option<String>,
    /// A new PHC string when the old one's parameters were raised.
    pub rehash: Option<String>,
    /// Wall clock, Unix milliseconds.
    pub now_ms: i64,
}

/// The device half of [`Begin`].
#[derive(Debug, Clone)]
pub struct BeginDevice {
    /// The device's UUID.
    pub device: String,
    /// Program and version as it calls itself.
    pub client: String,
    /// The token it showed, if it logs in with one: checked in this transaction.
    pub shown: Option<TokenHash>,
    /// The one-time code it showed: checked, and used up, in this transaction. The same device may show it again
    /// until its token is confirmed.
    pub code: Option<CodeHash>,
    /// The next token; valid beside the old one until [`Op::Confirm`].
    pub next: TokenHash,
    /// Last sequence number that the device has committed.
    pub resume: Option<Seq>,
    /// The store it knows.
    pub epoch: Option<String>,
    /// At most so many devices; the one unseen longest, over 30 days, gives way.
    pub devices_max: u32,
}

/// A chat on its way into the store.
#[derive(Debug, Clone)]
pub struct Submit {
    /// Who sends: the session's account, nothing else.
    pub from: AccountId,
    /// The recipient's account name, normalised.
    pub to: String,
    /// The sender's id for it (made by the relay for a seed sender).
    pub id: Id,
    /// The text.
    pub content: String,
    /// Kind; none is `text`.
    pub kind: Option<String>,
    /// Answers which id.
    pub re: Option<Id>,
    /// Opaque body.
    pub body: Option<Body>,
    /// The sender asked for `require` `online`: only those who may see each other's presence are told.
    pub require_online: bool,
    /// Somebody of the recipient is on line; if not, and that is required, nothing is stored.
    pub is_online: bool,
    /// At most so many strangers in the recipient's list; the oldest is dropped.
    pub strangers_max: u32,
    /// Counts the core's failed submits, from 1. When a submit ends in a [`StoreError`], the writer refuses every later
    /// one whose `era` is not greater than the failed one's, with the same error: a chat that was on its way behind it
    /// must not overtake it (its sender sends the failed one first again).
    pub era: u64,
    /// Wall clock, Unix milliseconds.
    pub now_ms: i64,
}

/// What an administrator can ask.
#[derive(Debug, Clone)]
pub enum AdminOp {
    /// Write: makes an account.
    AccountAdd {
        /// Its name, normalised.
        name: String,
        /// The name it shows.
        shown: String,
        /// Password as a PHC string.
        password: String,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// Read: all accounts, by name.
    AccountList,
    /// Write: a new password; every device's token ends.
    AccountPasswd {
        /// Which account.
        name: String,
        /// Password as a PHC string.
        password: String,
    },
    /// Write: removes the account, its devices and inbox; its friends get a `friend_remove` row.
    AccountRemove {
        /// Which account.
        name: String,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// Write: nobody can log in to the account any more, or again; its devices and messages stay.
    AccountDisable {
        /// Which account.
        name: String,
        /// False enables it again.
        disabled: bool,
    },
    /// Write: a one-time code with which a device logs in to the account.
    AccountLink {
        /// Which account.
        name: String,
        /// Of the code's secret.
        code: CodeHash,
        /// Until when, Unix milliseconds.
        expires_ms: i64,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// Invitations.
    Invite(InviteOp),
    /// Write: makes two accounts friends of each other; both get a `friend` row.
    FriendAdd {
        /// One.
        a: String,
        /// The other.
        b: String,
        /// At most so many friends an account.
        friends_max: u32,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// Write: ends a friendship; both get a `friend_remove` row.
    FriendRemove {
        /// One.
        a: String,
        /// The other.
        b: String,
        /// Unix milliseconds.
        now_ms: i64,
    },
}
