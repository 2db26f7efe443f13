//! The core's border: what comes in, what goes out, and the limits it keeps. Plain data.

use std::net::IpAddr;
use std::time::Duration;

use relay_schema::{Refusal, Secret, Stanza};

use super::op::{AdminDone, AdminError, AdminOp, Done, Op, StoreError};

/// One connection; never used twice while the relay runs.
pub type SessionId = u64;

/// One operation on its way through the store or the password pool.
pub type Token = u64;

/// The clocks, read by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic, since the relay started.
    pub mono: Duration,
    /// Wall clock, Unix milliseconds.
    pub wall_ms: i64,
}

/// Which dialect a session speaks; decided by its login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The heritage: no `<v>` in the login.
    Seed,
    /// What qqd speaks.
    Full,
}

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// A connection was accepted (and, with TLS, its handshake done).
    Opened {
        /// Which.
        session: SessionId,
        /// The peer's address.
        address: IpAddr,
    },
    /// A whole, valid stanza.
    Stanza {
        /// Which connection.
        session: SessionId,
        /// What it said.
        stanza: Stanza,
    },
    /// A stanza that cannot be read, or a time limit passed: answered by `error`, and closed where the fault closes.
    Refused {
        /// Which connection.
        session: SessionId,
        /// Why.
        refusal: Refusal,
    },
    /// 30 s of silence in a full session: time for a `ping`.
    Quiet {
        /// Which connection.
        session: SessionId,
    },
    /// The output is short again (asked for by [`Output::AskRoom`]).
    Room {
        /// Which connection.
        session: SessionId,
    },
    /// The peer's kernel has acknowledged all that was sent to this connection (asked for by
    /// [`Output::AskAcknowledged`]): said in the very turn in which nothing is unsent and nothing unacknowledged.
    Acknowledged {
        /// Which connection.
        session: SessionId,
    },
    /// The connection is over. If its kernel had acknowledged everything, [`Input::Acknowledged`] came just before.
    Closed {
        /// Which connection.
        session: SessionId,
    },
    /// The store answers.
    Stored {
        /// To which [`Output::Store`].
        token: Token,
        /// What.
        result: Result<Done, StoreError>,
    },
    /// The password pool answers.
    Checked {
        /// To which [`Output::Check`] or [`Output::Hash`].
        token: Token,
        /// What.
        verdict: Verdict,
    },
    /// The administrator asks.
    Admin {
        /// Echoed in [`Output::Admin`].
        reply: u64,
        /// What.
        op: AdminOp,
    },
    /// [`Core::deadline`](super::Core::deadline) has passed.
    Tick,
}

/// What the password pool found, or made.
#[derive(Debug)]
pub enum Verdict {
    /// It matches; `rehash` is a new PHC string where the parameters have risen.
    Right {
        /// To be stored.
        rehash: Option<String>,
    },
    /// It does not match.
    Wrong,
    /// The new password as a PHC string.
    Made {
        /// To be stored.
        phc: String,
    },
    /// RFC 8265 does not allow the new password.
    Unfit,
    /// The queue was full or the wait too long.
    Busy,
}

/// What kind of stanza goes out: what a full output does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An answer or a row: never dropped.
    Kept,
    /// Presence: over 64 KiB unsent only the latest per friend is kept.
    Presence,
    /// Shake, typing: dropped over 64 KiB unsent.
    Ephemeral,
}

/// What goes out.
#[derive(Debug)]
pub enum Output {
    /// A stanza for a connection; those of one turn go out in one write. Answers are not counted here: a connection
    /// whose peer does not read must not be read either.
    Send {
        /// Which connection.
        session: SessionId,
        /// What kind.
        class: Class,
        /// What.
        stanza: Stanza,
    },
    /// The login succeeded: the larger stanza limit and the dialect's silence rules apply.
    LoggedIn {
        /// Which connection.
        session: SessionId,
        /// Which dialect.
        dialect: Dialect,
    },
    /// The login failed: the connection's login deadline starts anew.
    LoginFailed {
        /// Which connection.
        session: SessionId,
    },
    /// No stanza of this connection is handed in for so long (measured from now), not even one whose bytes have been
    /// read. A later pause replaces the earlier one; a zero one ends it.
    Pause {
        /// Which connection.
        session: SessionId,
        /// How long.
        time: Duration,
    },
    /// Send what is written, shut the write side, drain up to 1 s, close. Nothing more is said to it; what it still
    /// says is ignored, but [`Input::Acknowledged`] and [`Input::Closed`] are wanted.
    Close {
        /// Which connection.
        session: SessionId,
    },
    /// Say [`Input::Room`] once the output is short.
    AskRoom {
        /// Which connection.
        session: SessionId,
    },
    /// Say [`Input::Acknowledged`] once the peer's kernel has everything.
    AskAcknowledged {
        /// Which connection.
        session: SessionId,
    },
    /// An operation for the store.
    Store {
        /// Comes back in [`Input::Stored`].
        token: Token,
        /// What.
        op: Op,
    },
    /// A password to check.
    Check {
        /// Comes back in [`Input::Checked`].
        token: Token,
        /// Fairness is per address.
        address: IpAddr,
        /// As the client sent it.
        password: Secret,
        /// The account's PHC string; none for an unknown account: the dummy hash is checked, and it is never right.
        hash: Option<String>,
    },
    /// A new password to hash.
    Hash {
        /// Comes back in [`Input::Checked`].
        token: Token,
        /// Fairness is per address.
        address: IpAddr,
        /// As the client sent it.
        password: Secret,
    },
    /// The administrator's answer.
    Admin {
        /// Of which [`Input::Admin`].
        reply: u64,
        /// What.
        result: Result<AdminDone, AdminRefusal>,
    },
}

/// Why an administrator's wish was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminRefusal {
    /// The wish itself.
    #[error(transparent)]
    Wish(#[from] AdminError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The limits that the core keeps; keys of the configuration file (trust.md).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Content of a chat, in Unicode scalar values.
    pub content_max: usize,
    /// Chats a second per account, sustained.
    pub chats_per_second: u32,
    /// Chats at once per account.
    pub chats_burst: u32,
    /// `typing` a second from one account to another, sustained.
    pub typing_per_second: u32,
    /// `typing` at once from one account to another.
    pub typing_burst: u32,
    /// `delivered` and `read` a second per account, sustained.
    pub marks_per_second: u32,
    /// `delivered` and `read` at once per account.
    pub marks_burst: u32,
    /// Between two delivered shakes of one pair.
    pub shake_interval: Duration,
    /// Friends an account.
    pub friends: u32,
    /// Strangers an account.
    pub strangers: u32,
    /// Groups an account.
    pub groups: u32,
    /// Requests to be friends that an account may make in 24 hours.
    pub requests_per_day: u32,
    /// Devices an account.
    pub devices: u32,
    /// Wrong passwords per account and address before waiting.
    pub failed_logins: u32,
    /// Wrong passwords a minute per address (or /64).
    pub failed_logins_per_address: u32,
    /// Wrong passwords an hour per account; after that passwords only from known networks.
    pub failed_logins_per_account: u32,
    /// Logins with a token a minute per address.
    pub token_logins_per_address: u32,
    /// Registrations a minute per address, and at once.
    pub registrations_per_address: u32,
    /// Whoever comes may make an account, without an invitation.
    pub open_registration: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            content_max: 16_384,
            chats_per_second: 50,
            chats_burst: 200,
            typing_per_second: 5,
            typing_burst: 10,
            marks_per_second: 200,
            marks_burst: 2_000,
            shake_interval: Duration::from_secs(10),
            friends: 5_000,
            strangers: 500,
            groups: 64,
            requests_per_day: 20,
            devices: 32,
            failed_logins: 5,
            failed_logins_per_address: 30,
            failed_logins_per_account: 100,
            token_logins_per_address: 600,
            registrations_per_address: 10,
            open_registration: false,
        }
    }
}
