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
    /// To [`Wish::InviteList`]; the one concerned to [`Wish::InviteCreate`] and [`Wish::InviteRevoke`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invites: Option<Vec<InviteRow>>,
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
            Ok(AdminDone::Changed { .. }) => Self::Ok(Report::default()),
            Ok(AdminDone::Accounts(accounts)) => {
                Self::Ok(Report { accounts: Some(accounts), ..Report::default() })
            }
            Ok(AdminDone::Invites(invites)) => {
                Self::Ok(Report { invites: Some(invites), ..Report::default() })
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
                AdminError::Taken(_) | AdminError::FriendsAlready(..) | AdminError::Full(..) => {
                    Code::Conflict
                }
                AdminError::NoAccount(_) | AdminError::NotFriends(..) | AdminError::NoInvite => {
                    Code::NotFound
                }
                AdminError::Oneself(_) => Code::Usage,
            },
            AdminRefusal::Store(StoreError::Full(_) | StoreError::Failed(_)) => Code::Unexpected,
        };
        Self::new(code, refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::op::InviteState;

    #[test]
    fn every_wish_and_answer_has_its_frozen_line() {
        let phc = || Phc("$argon2id$x".into());
        let digest = || Digest("00ff".into());
        let add = Wish::AccountAdd { account: "bob".into(), name: "Bob".into(), password: phc() };
        for (wish, line) in [
            (add, r#"{"do":"account.add","account":"bob","name":"Bob","password":"$argon2id$x"}"#),
            (Wish::AccountList, r#"{"do":"account.list"}"#),
            (
                Wish::AccountPasswd { account: "bob".into(), password: phc() },
                r#"{"do":"account.passwd","account":"bob","password":"$argon2id$x"}"#,
            ),
            (Wish::AccountDisable { account: "bob".into() }, r#"{"do":"account.disable","account":"bob"}"#),
            (Wish::AccountEnable { account: "bob".into() }, r#"{"do":"account.enable","account":"bob"}"#),
            (Wish::AccountRemove { account: "bob".into() }, r#"{"do":"account.remove","account":"bob"}"#),
            (
                Wish::AccountLink { account: "bob".into(), code: digest(), time_ms: 5 },
                r#"{"do":"account.link","account":"bob","code":"00ff","time_ms":5}"#,
            ),
            (
                Wish::InviteCreate {
                    code: digest(),
                    name: Some("bob".into()),
                    uses: 1,
                    time_ms: None,
                    friends: vec!["a".into()],
                },
                r#"{"do":"invite.create","code":"00ff","name":"bob","uses":1,"time_ms":null,"friends":["a"]}"#,
            ),
            (
                Wish::InviteCircle { members: vec![("bob".into(), digest())], time_ms: 5 },
                r#"{"do":"invite.circle","members":[["bob","00ff"]],"time_ms":5}"#,
            ),
            (Wish::InviteList, r#"{"do":"invite.list"}"#),
            (
                Wish::InviteRevoke { which: Named::Id("0f".into()) },
                r#"{"do":"invite.revoke","which":{"id":"0f"}}"#,
            ),
            (
                Wish::InviteRevoke { which: Named::Code(digest()) },
                r#"{"do":"invite.revoke","which":{"code":"00ff"}}"#,
            ),
            (Wish::ServerShow, r#"{"do":"server.show"}"#),
            (Wish::FriendAdd { a: "a".into(), b: "b".into() }, r#"{"do":"friend.add","a":"a","b":"b"}"#),
            (
                Wish::FriendRemove { a: "a".into(), b: "b".into() },
                r#"{"do":"friend.remove","a":"a","b":"b"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&wish).unwrap(), line);
            assert_eq!(serde_json::from_str::<Wish>(line).unwrap(), wish);
        }
        let trouble = Answer::Error(Trouble::new(Code::NotFound, "nobody"));
        let listening = Listening { tls: "[::]:5290".parse().unwrap(), pin: Some(digest()) };
        let invite = InviteRow {
            id: "0f".into(),
            name: None,
            uses: 2,
            used: 1,
            created_ms: 3,
            expires_ms: Some(4),
            state: InviteState::UsedUp,
            friends: vec!["a".into()],
        };
        let member = Member { name: "bob".into(), joined: true };
        for (answer, line) in [
            (Answer::Ok(Report::default()), r#"{"ok":{}}"#),
            (
                Answer::Ok(Report { accounts: Some(Vec::new()), ..Report::default() }),
                r#"{"ok":{"accounts":[]}}"#,
            ),
            (
                Answer::Ok(Report { server: Some(listening), ..Report::default() }),
                r#"{"ok":{"server":{"tls":"[::]:5290","pin":"00ff"}}}"#,
            ),
            (
                Answer::Ok(Report { invites: Some(vec![invite]), ..Report::default() }),
                r#"{"ok":{"invites":[{"id":"0f","name":null,"uses":2,"used":1,"created_ms":3,"expires_ms":4,"state":"used-up","friends":["a"]}]}}"#,
            ),
            (
                Answer::Ok(Report { circle: Some(vec![member]), ..Report::default() }),
                r#"{"ok":{"circle":[{"name":"bob","joined":true}]}}"#,
            ),
            (trouble, r#"{"error":{"code":"not_found","message":"nobody"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&answer).unwrap(), line);
            assert_eq!(serde_json::from_str::<Answer>(line).unwrap(), answer);
        }
    }

    #[test]
    fn names_are_lower_cased_and_bad_or_reserved_ones_refused_with_a_sentence() {
        let add = |account: &str, name: &str| {
            let wish =
                Wish::AccountAdd { account: account.into(), name: name.into(), password: Phc("x".into()) };
            wish.into_op(5, 7)
        };
        let AdminOp::AccountAdd { name, shown, .. } = add("Alice", "").unwrap() else { panic!() };
        assert_eq!((name.as_str(), shown.as_str()), ("alice", "Alice"));
        for bad in
            ["", "a b", ".x", "Root", "system", "admin", "relay", "me", "Me", &"x".repeat(65), "a\u{1b}[2J"]
        {
            let trouble = add(bad, "").unwrap_err();
            assert_eq!(trouble.code, Code::Usage);
            assert!(!trouble.message.contains('\u{1b}') && trouble.message.len() < 300, "{trouble}");
        }
        assert!(add("bob", "Bob\nEve").is_err());
        assert!(add("bob", &"x".repeat(65)).is_err());
        assert!(
            Wish::AccountRemove { account: "root".into() }.into_op(5, 7).is_ok(),
            "it may exist from elsewhere"
        );
    }

    #[test]
    fn a_password_hash_is_not_printed() {
        let wish = Wish::AccountPasswd { account: "bob".into(), password: Phc("$argon2id$secret".into()) };
        assert!(!format!("{wish:?}").contains("secret"));
    }
}
