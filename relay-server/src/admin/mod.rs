//! The administrator's border: what `relay-server account …` and `friend …` ask of a relay, as one JSON object a line
//! on a private socket in the data directory. The same wishes go straight to the store while no server runs.

pub mod client;
mod invite;
pub mod socket;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

pub use invite::{Digest, Named};

use crate::core::op::{AccountRow, AdminDone, AdminError, AdminOp, InviteOp, InviteRow, Member, StoreError};
use crate::core::{self, AdminRefusal, SHOWN_MAX, is_reserved, normalise};

/// One thing that the administrator wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do")]
pub enum Wish {
    /// Makes an account.
    #[serde(rename = "account.add")]
    AccountAdd {
        /// Its name.
        account: String,
        /// The name it shows.
        name: String,
        /// Password as a PHC string.
        password: Phc,
    },
    /// All accounts.
    #[serde(rename = "account.list")]
    AccountList,
    /// A new password.
    #[serde(rename = "account.passwd")]
    AccountPasswd {
        /// Which account.
        account: String,
        /// Password as a PHC string.
        password: Phc,
    },
    /// Lets nobody log in to an account any more.
    #[serde(rename = "account.disable")]
    AccountDisable {
        /// Which account.
        account: String,
    },
    /// Ends that.
    #[serde(rename = "account.enable")]
    AccountEnable {
        /// Which account.
        account: String,
    },
    /// Removes an account.
    #[serde(rename = "account.remove")]
    AccountRemove {
        /// Which account.
        account: String,
    },
    /// A one-time code with which a device logs in to an account.
    #[serde(rename = "account.link")]
    AccountLink {
        /// Which account.
        account: String,
        /// Of the code's secret.
        code: Digest,
        /// How long it works, milliseconds.
        time_ms: i64,
    },
    /// Makes an invitation.
    #[serde(rename = "invite.create")]
    InviteCreate {
        /// Of its code, which stays with whoever made it.
        code: Digest,
        /// The account that it is for.
        name: Option<String>,
        /// So many accounts.
        uses: u32,
        /// How long it works, milliseconds; for ever if left out.
        time_ms: Option<i64>,
        /// Whoever comes by it becomes a friend of these.
        friends: Vec<String>,
    },
    /// Makes invitations for people who are going to be friends of each other, but for those who are there.
    #[serde(rename = "invite.circle")]
    InviteCircle {
        /// Account names, and of each its code.
        members: Vec<(String, Digest)>,
        /// How long they work, milliseconds.
        time_ms: i64,
    },
    /// All invitations.
    #[serde(rename = "invite.list")]
    InviteList,
    /// Takes an invitation back.
    #[serde(rename = "invite.revoke")]
    InviteRevoke {
        /// Which.
        which: Named,
    },
    /// Where the server listens, and with which key.
    #[serde(rename = "server.show")]
    ServerShow,
    /// Makes two accounts friends.
    #[serde(rename = "friend.add")]
    FriendAdd {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
    /// Ends a friendship.
    #[serde(rename = "friend.remove")]
    FriendRemove {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
}

/// A password's PHC string; no formatting shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phc(pub String);

impl std::fmt::Debug for Phc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phc(…)")
    }
}

/// The answer to a [`Wish`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Ok(Report),
    /// It is not.
    Error(Trouble),
}

/// What there is to show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// To [`Wish::AccountList`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountRow>>,
    /// To [`Wish::InviteList`]; those concerned to [`Wish::InviteCreate`] and [`Wish::InviteRevoke`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invites: Option<Vec<InviteRow>>,
    /// To [`Wish::InviteRevoke`]: they had been taken back before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,
    /// To [`Wish::InviteCircle`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circle: Option<Vec<Member>>,
    /// To [`Wish::ServerShow`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Listening>,
}

/// A server that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// Where clients connect with TLS.
    pub tls: SocketAddr,
    /// SHA-256 of its key (SubjectPublicKeyInfo) in hex, unless the certificate is one that systems trust.
    pub pin: Option<Digest>,
}

/// Why a wish was not done: a word for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    /// The word.
    pub code: Code,
    /// The sentence.
    pub message: String,
}

impl Trouble {
    /// Puts both together.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The kinds of trouble; each has the exit code that every program of the house gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Nobody expected this.
    Unexpected,
    /// The command itself is wrong.
    Usage,
    /// Nobody, or nothing, of that name.
    NotFound,
    /// This user may not.
    Denied,
    /// Taken, there already, in use.
    Conflict,
}

impl Code {
    /// The exit code.
    pub fn exit(self) -> u8 {
        match self {
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::NotFound => 7,
            Self::Denied => 8,
            Self::Conflict => 11,
        }
    }
}

impl Wish {
    /// The wish as the store carries it out, its names normalised.
    pub fn into_op(self, friends_max: u32, now_ms: i64) -> Result<AdminOp, Trouble> {
        Ok(match self {
            Self::AccountAdd { account, name, password } => {
                let shown = shown(if name.trim().is_empty() { &account } else { &name })?;
                AdminOp::AccountAdd { name: new_name(&account)?, shown, password: password.0, now_ms }
            }
            Self::AccountList => AdminOp::AccountList,
            Self::AccountPasswd { account, password } => {
                AdminOp::AccountPasswd { name: known_name(&account)?, password: password.0 }
            }
            Self::AccountDisable { account } => {
                AdminOp::AccountDisable { name: known_name(&account)?, disabled: true }
            }
            Self::AccountEnable { account } => {
                AdminOp::AccountDisable { name: known_name(&account)?, disabled: false }
            }
            Self::AccountRemove { account } => AdminOp::AccountRemove { name: known_name(&account)?, now_ms },
            Self::AccountLink { account, code, time_ms } => AdminOp::AccountLink {
                name: known_name(&account)?,
                code: code.hash()?,
                expires_ms: now_ms.saturating_add(time_ms),
                now_ms,
            },
            Self::InviteCreate { code, name, uses, time_ms, friends } => {
                let expires_ms = time_ms.map(|time| now_ms.saturating_add(time));
                AdminOp::Invite(invite::create(&code, name.as_deref(), uses, expires_ms, friends, now_ms)?)
            }
            Self::InviteCircle { members, time_ms } => {
                AdminOp::Invite(invite::circle(members, now_ms.saturating_add(time_ms), now_ms)?)
            }
            Self::InviteList => AdminOp::Invite(InviteOp::List { now_ms }),
            Self::InviteRevoke { which } => AdminOp::Invite(InviteOp::Revoke { which: which.key()?, now_ms }),
            Self::ServerShow => return Err(Trouble::new(Code::NotFound, "no server runs here")),
            Self::FriendAdd { a, b } => {
                AdminOp::FriendAdd { a: known_name(&a)?, b: known_name(&b)?, friends_max, now_ms }
            }
            Self::FriendRemove { a, b } => {
                AdminOp::FriendRemove { a: known_name(&a)?, b: known_name(&b)?, now_ms }
            }
        })
    }
}

/// A name that an account can have.
fn known_name(text: &str) -> Result<String, Trouble> {
    normalise(text).ok_or_else(|| {
        let text: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        Trouble::new(
            Code::Usage,
            format!("`{text}` is no account name: 1 to 64 of a-z, 0-9, `.`, `_` and `-`, the first a letter or digit"),
        )
    })
}

/// A name that a new account can have.
fn new_name(text: &str) -> Result<String, Trouble> {
    let name = known_name(text)?;
    if is_reserved(&name) {
        return Err(Trouble::new(
            Code::Usage,
            format!("`{name}` is kept for the server itself: choose another name"),
        ));
    }
    Ok(name)
}

fn shown(text: &str) -> Result<String, Trouble> {
    core::shown(text).ok_or_else(|| {
        Trouble::new(
            Code::Usage,
            format!("a shown name has at most {SHOWN_MAX} characters, and no control characters among them"),
        )
    })
}

impl From<Result<AdminDone, AdminRefusal>> for Answer {
    fn from(result: Result<AdminDone, AdminRefusal>) -> Self {
        match result {
            Ok(AdminDone::Changed { .. } | AdminDone::Disabled(_)) => Self::Ok(Report::default()),
            Ok(AdminDone::Accounts(accounts)) => {
                Self::Ok(Report { accounts: Some(accounts), ..Report::default() })
            }
            Ok(AdminDone::Invites(invites)) => {
                Self::Ok(Report { invites: Some(invites), ..Report::default() })
            }
            Ok(AdminDone::Revoked { invites, already }) => {
                Self::Ok(Report { invites: Some(invites), already: Some(already), ..Report::default() })
            }
            Ok(AdminDone::Circle(circle)) => Self::Ok(Report { circle: Some(circle), ..Report::default() }),
            Err(refusal) => Self::Error(refusal.into()),
        }
    }
}

impl From<AdminRefusal> for Trouble {
    fn from(refusal: AdminRefusal) -> Self {
        let code = match &refusal {
            AdminRefusal::Wish(wish) => match wish {
                AdminError::Taken(_)
                | AdminError::Disabled(_)
                | AdminError::FriendsAlready(..)
                | AdminError::Full(..) => Code::Conflict,
                AdminError::NoAccount(_)
                | AdminError::NotFriends(..)
                | AdminError::NoInvite
                | AdminError::NoInviteFor(_) => Code::NotFound,
                AdminError::Oneself(_) => Code::Usage,
            },
            AdminRefusal::Store(StoreError::Full(_) | StoreError::Failed(_)) => Code::Unexpected,
        };
        Self::new(code, refusal.to_string())
    }
}

#[cfg(test)]
mod tests;
