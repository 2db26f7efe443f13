//! The words between a frontend and `qqd`: the specification of the local API, and its types.
//!
//! # The socket
//!
//! JSON-RPC 2.0, **one object a line** (`\n`), UTF-8, no batches, requests and events on one connection, over the stream
//! socket `$XDG_RUNTIME_DIR/qqd/ipc.sock` ([`socket_path`]). A line to the daemon has at most 1 MiB, a line from it at
//! most 16 MiB ([`mod@line`]).
//!
//! ```text
//! -> {"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"client":"qqctl/0.1.0"}}
//! <- {"jsonrpc":"2.0","id":1,"result":{"protocol":1,"min_protocol":1,"daemon":"0.1.0","features":[]}}
//! -> {"jsonrpc":"2.0","id":2,"method":"chat.send","params":{"to":"bob","text":"hi"}}
//! <- {"jsonrpc":"2.0","id":2,"result":{"id":"m1","state":"acked","peer":"offline"}}
//! ```
//!
//! - The first call is `hello`; before it every call is answered by -32002 (`hello_first`).
//! - Params are an object with named fields; left out they are `{}`. **Additions never break**: unknown fields, events
//!   and notifications are ignored, by both sides.
//! - A request without `id` gets no reply. Replies may overtake one another; the `id` tells which is which.
//! - Whatever comes from other people (texts, names, notes, remarks) is exact in JSON and may hold control
//!   characters: a program that prints it makes it harmless first.
//! - Times are RFC 3339, UTC, with milliseconds: `2026-01-31T09:30:00.123Z`.
//!
//! # Methods
//!
//! A method is `feature.verb`; on the command line it is `qqctl FEATURE VERB`, some also have a short form. The table at
//! the end of this file is the only place that names them; [`METHODS`] is what it says.
//!
//! | method | short | params | reply |
//! | --- | --- | --- | --- |
//! | `hello` | | [`daemon::Hello`] | [`daemon::Welcome`] |
//! | `events.subscribe` | | [`daemon::Subscribe`] | [`daemon::Subscribed`] |
//! | `daemon.status` | `status` | [`daemon::Status`] | [`daemon::Report`] |
//! | `account.login` | `login` | [`account::Login`] | [`account::LoggedIn`] |
//! | `account.logout` | `logout` | [`account::Logout`] | [`account::LoggedOut`] |
//! | `friend.list` | `friends` | [`friend::List`] | [`friend::Listed`] |
//! | `presence.show` | | [`presence::Show`] | [`presence::Shown`] |
//! | `chat.send` | `send` | [`chat::Send`] | [`chat::Sent`] |
//! | `chat.history` | `history` | [`chat::History`] | [`chat::Page`] |
//! | `chat.read` | `read` | [`chat::Read`] | [`chat::Unread`] |
//! | `shake.send` | `shake` | [`shake::Send`] | [`shake::Shaken`] |
//!
//! # Events
//!
//! `events.subscribe` replies with the current `seq`; then events come as notifications:
//!
//! ```text
//! <- {"jsonrpc":"2.0","method":"event","params":{"v":1,"seq":1764000000000001,"ts":"2026-01-31T09:30:00.123Z",
//!     "account":"alice@example.org","event":"shake.received","replayed":false,"data":{"from":"bob"}}}
//! ```
//!
//! The first is always `daemon.state`, everything a frontend shows; then come the changes, and a mirror ([`State`])
//! that applies them equals the daemon's. With `since` the durable events after that `seq` come again, of the last 4,096;
//! an older or foreign `since` gets `daemon.gap` and the state. Shakes (and calls) are live: never replayed.
//!
//! `"replayed":true` marks what happened while the daemon was away: it pops no window, shakes nothing, runs no hook.
//!
//! A reader that falls behind (1,024 events or 1 MiB of changes, the state not counted) gets `daemon.gap` in the place
//! of what it lost; unless a `daemon.state` follows, it subscribes again, which starts over. After 30 s of a full queue it
//! is cut off. Replies are never dropped: while more than 1 MiB is unsent the daemon does not read that connection.
//!
//! | event | data | kept for `since` |
//! | --- | --- | --- |
//! | `daemon.state` | [`State`] | no |
//! | `daemon.gap` | [`daemon::Gap`] | no |
//! | `account.state` | [`account::Changed`] | yes |
//! | `account.refused` | [`account::Refused`] | yes |
//! | `account.notice` | [`account::Notice`] | yes |
//! | `friend.added`, `friend.changed` | [`friend::Profile`] | yes |
//! | `friend.removed` | [`friend::Removed`] | yes |
//! | `presence.changed` | [`presence::Changed`] | yes |
//! | `chat.received` | [`chat::Received`] | yes |
//! | `chat.state` | [`chat::Changed`] | yes |
//! | `chat.read` | [`chat::Marked`] | yes |
//! | `shake.received` | [`shake::Received`] | no |
//! | `unread.changed` | [`chat::UnreadChanged`] | yes |
//!
//! What the changes mean for the mirror: while `account.state` is not `online` everybody counts as off line; turning
//! `online` makes one's own presence `online`, until `presence.changed` about one's own account says otherwise; counts
//! (`unread`, `total`, `outbox`) are absolute, never differences. Whatever no change can say (a new login's friend list,
//! `logout --forget`, a new own name) is told by another `daemon.state`.
//!
//! # Errors
//!
//! ```text
//! <- {"jsonrpc":"2.0","id":3,"error":{"code":-32007,"message":"there is no friend called rob",
//!     "data":{"code":"not_found","hint":"`qqctl friends` lists them"}}}
//! ```
//!
//! `data.code` is the word to decide by; `message` is one sentence for a person. -32700, -32600, -32601 and -32602 are the
//! standard's; all others are -32000 minus the exit code of `qqctl`. Where it helps there are `hint`, `retry_after_ms`,
//! and more fields, such as `field` (of `bad_params`), `step` and `relay` (of a failed login), `fingerprint`, `id`.
//!
//! | exit | words |
//! | --- | --- |
//! | 1 | `unexpected` |
//! | 2 | `usage`, `parse_error` (-32700), `invalid_request` (-32600), `bad_params` (-32602), `hello_first` (-32002) |
//! | 3 | `timeout` |
//! | 4 | `not_logged_in`, `credentials` |
//! | 5 | `no_daemon` |
//! | 6 | `no_relay` |
//! | 7 | `not_found`, `ambiguous`, `unreachable` |
//! | 8 | `denied`, `disabled`, `devices` |
//! | 9 | `offline` |
//! | 10 | `throttled`, `busy` |
//! | 11 | `conflict` |
//! | 12 | `untrusted`, `key_changed` |
//! | 13 | `partial` |
//! | 14 | `unsupported`, `version`, `unknown_method` (-32601) |
//!
//! # Versions
//!
//! `hello` carries the newest protocol of the client; the answer says what the daemon speaks, newest and oldest. New
//! methods, fields and events do not raise [`protocol::VERSION`]; only what breaks an old reader does.
//!
//! # Features of the crate
//!
//! `client`: a blocking client; `cli`: the params as clap arguments, the table as commands; `schema`: the JSON Schema.
#![cfg_attr(
    feature = "client",
    doc = r#"
```no_run
# fn main() -> Result<(), ipc_schema::Error> {
use ipc_schema::{Client, chat, socket_path};
let mut client = Client::connect(&socket_path()?, "example/1", Some(std::time::Duration::from_secs(5)))?;
let sent = client.call(&chat::Send { to: "bob".into(), text: "hi".into(), ..chat::Send::default() })?;
println!("{} is {}", sent.id, sent.state);
# Ok(())
# }
```"#
)]

pub mod account;
pub mod chat;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "client")]
pub mod client;
pub mod daemon;
pub mod error;
pub mod event;
pub mod friend;
pub mod line;
pub mod presence;
mod request;
#[cfg(feature = "schema")]
mod schema;
pub mod secret;
pub mod shake;
pub mod state;
mod words;

#[cfg(feature = "client")]
pub use client::Client;
pub use error::{Code, Error};
pub use event::{EVENTS, Envelope, Event};
pub use line::socket_path;
use request::methods;
pub use request::{Method, MethodRow};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use secret::Secret;
pub use state::State;

/// The version of this API.
pub mod protocol {
    /// The newest protocol that this crate speaks.
    pub const VERSION: u32 = 1;
    /// The oldest one that it still understands.
    pub const MIN: u32 = 1;
}

methods! {
    /// Greet the daemon: the first call on every connection
    wire Hello = daemon::Hello, "hello" -> daemon::Welcome;
    /// Follow what happens, the whole state first
    wire EventsSubscribe = daemon::Subscribe, "events.subscribe" -> daemon::Subscribed;
    /// Show the daemon, its accounts and their connection
    command DaemonStatus = daemon::Status, "daemon.status" / "status" -> daemon::Report;
    /// Log in to a relay and stay logged in
    command AccountLogin = account::Login, "account.login" / "login" -> account::LoggedIn;
    /// Log out from the relay
    command AccountLogout = account::Logout, "account.logout" / "logout" -> account::LoggedOut;
    /// List friends by group, with presence and unread messages
    command FriendList = friend::List, "friend.list" / "friends" -> friend::Listed;
    /// Show your own presence, or a friend's
    command PresenceShow = presence::Show, "presence.show" -> presence::Shown;
    /// Send a message
    command ChatSend = chat::Send, "chat.send" / "send" -> chat::Sent;
    /// Show the conversation with a friend
    command ChatHistory = chat::History, "chat.history" / "history" -> chat::Page;
    /// Print unread messages and mark them as read
    command ChatRead = chat::Read, "chat.read" / "read" -> chat::Unread;
    /// Shake a friend's chat window
    command ShakeSend = shake::Send, "shake.send" / "shake" -> shake::Shaken;
}
