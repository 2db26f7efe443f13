//! How accounts come, change hands and go: invitations, registrations, passwords, devices. Plain data, like all ops.

use std::fmt;

use relay_schema::RegisterReason;

use super::{Account, AccountId, Network, Row};

/// SHA-256 of the code of an invitation or of a device's link: what the store keeps instead of the code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeHash(pub [u8; 32]);

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(…)")
    }
}

/// Read: what becomes of somebody who wants an account.
#[derive(Debug, Clone)]
pub struct Inquiry {
    /// The account's name, normalised; none for the invitation's own.
    pub name: Option<String>,
    /// The invitation; none where registration is open.
    pub code: Option<CodeHash>,
    /// From where.
    pub network: Network,
    /// Wall clock, Unix milliseconds.
    pub now_ms: i64,
}

/// The answer to an [`Inquiry`].
#[derive(Debug, Clone, PartialEq)]
pub enum Inquired {
    /// The account of this name can be made.
    Free(String),
    /// It is there, made with this very invitation: whoever knows its password asks a second time. Whoever does not
    /// is told the reason.
    Joined(Box<Account>, RegisterReason),
    /// It cannot be made.
    Refused(RegisterReason),
}

/// Write: makes an account.
#[derive(Debug, Clone)]
pub struct Join {
    /// Its name, normalised and not reserved.
    pub name: String,
    /// The name it shows.
    pub shown: String,
    /// Password as a PHC string.
    pub password: String,
    /// The invitation; none where registration is open.
    pub code: Option<CodeHash>,
    /// At most so many friends an account.
    pub friends_max: u32,
    /// Wall clock, Unix milliseconds.
    pub now_ms: i64,
}

/// Write: another password for an account; every token but its own device's ends, and every open link.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Whose.
    pub account: AccountId,
    /// The device that keeps its token.
    pub device: String,
    /// The PHC string for which the old password was found right; if it is another one by now, nothing happens.
    pub proven: String,
    /// The new one.
    pub password: String,
}

/// Write: ends an account.
#[derive(Debug, Clone)]
pub struct Removal {
    /// Which.
    pub account: AccountId,
    /// As in [`NewPassword`].
    pub proven: String,
    /// Wall clock, Unix milliseconds.
    pub now_ms: i64,
}

/// What an account does with its devices.
#[derive(Debug, Clone)]
pub enum DeviceOp {
    /// Read: all of them.
    List,
    /// Write: forgets one, its tokens and what it logged in with.
    Revoke(String),
    /// Write: a one-time code for another one; the oldest open one gives way to a fifth.
    Link {
        /// Of its secret.
        code: CodeHash,
        /// Until when, Unix milliseconds.
        expires_ms: i64,
        /// Wall clock, Unix milliseconds.
        now_ms: i64,
    },
}

/// One device in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its UUID.
    pub device: String,
    /// The program, as it calls itself.
    pub client: String,
    /// When it was seen last, Unix milliseconds.
    pub seen_ms: i64,
}

/// What the administrator does with invitations.
#[derive(Debug, Clone)]
pub enum InviteOp {
    /// Write: makes one.
    Create {
        /// Of its code.
        code: CodeHash,
        /// The account that it is for; none for any name.
        name: Option<String>,
        /// So many accounts.
        uses: u32,
        /// Until when, Unix milliseconds; none for ever.
        expires_ms: Option<i64>,
        /// Whoever comes by it becomes a friend of these.
        friends: Vec<String>,
        /// Wall clock, Unix milliseconds.
        now_ms: i64,
    },
    /// Write: one for each of these who has no account yet; all who come by one circle's invitations are friends.
    Circle {
        /// Account names, and of each its code.
        members: Vec<(String, CodeHash)>,
        /// Until when, Unix milliseconds.
        expires_ms: i64,
        /// Wall clock, Unix milliseconds.
        now_ms: i64,
    },
    /// Read: all of them, the newest first.
    List {
        /// Wall clock, Unix milliseconds.
        now_ms: i64,
    },
    /// Write: takes one back, or all open ones of a name.
    Revoke {
        /// By its short name, its code, or the account that it is for.
        which: InviteKey,
        /// Wall clock, Unix milliseconds.
        now_ms: i64,
    },
}

/// How an invitation is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InviteKey {
    /// As `invite list` shows it.
    Short(String),
    /// By its code.
    Code(CodeHash),
    /// All open ones that are for the account of this name.
    Name(String),
}

/// One line of `invite list`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InviteRow {
    /// Its short name; it tells nothing of the code.
    pub id: String,
    /// The account that it is for.
    pub name: Option<String>,
    /// So many accounts.
    pub uses: u32,
    /// So many have been made.
    pub used: u32,
    /// When it was made, Unix milliseconds.
    pub created_ms: i64,
    /// Until when, Unix milliseconds; none for ever.
    pub expires_ms: Option<i64>,
    /// When it was taken back, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<i64>,
    /// Whether it still makes accounts.
    pub state: InviteState,
    /// Whoever comes by it becomes a friend of these.
    pub friends: Vec<String>,
}

/// Whether an invitation still makes accounts, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InviteState {
    /// It does.
    Open,
    /// Taken back.
    Revoked,
    /// All its accounts are made.
    UsedUp,
    /// Its time is over.
    Expired,
    /// The account that it is for came by something else.
    NameTaken,
}

/// One of a circle.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Member {
    /// The account's name.
    pub name: String,
    /// There is such an account already: no invitation was made.
    pub joined: bool,
}

/// An account that was made: the rows of its friends, and of its own inbox.
pub type Joined = Result<Vec<(AccountId, Row)>, RegisterReason>;
