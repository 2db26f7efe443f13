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
//! # Accounts
//!
//! One daemon keeps up to [`account::MAX`] accounts on line at once. Every method but `hello`, `events.subscribe`,
//! and those whose own params name it (`account.join`, `account.register`, `account.login`, `account.logout`) takes `account` beside its own params: the account's
//! local name, or its own word while only one that is logged in is called so. It is needed only while several are
//! logged in; then a call without it is answered by `ambiguous`, which lists them (`matches`). One that is not known
//! here is `not_found`, one that is logged out `not_logged_in`. Each event's envelope names its account.
//!
//! ```text
//! -> {"jsonrpc":"2.0","id":3,"method":"chat.send","params":{"account":"alice@example.org","to":"bob","text":"hi"}}
//! ```
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
//! | `account.join` | `join` | [`account::Join`] | [`account::Joined`] |
//! | `account.register` | | [`account::Register`] | [`account::Joined`] |
//! | `account.login` | `login` | [`account::Login`] | [`account::LoggedIn`] |
//! | `account.logout` | `logout` | [`account::Logout`] | [`account::LoggedOut`] |
//! | `account.passwd` | | [`account::Passwd`] | [`account::PasswordSet`] |
//! | `account.link` | | [`account::Link`] | [`account::Linked`] |
//! | `account.relay` | | [`account::Relay`] | [`account::LoggedIn`] |
//! | `account.devices` | | [`account::Devices`] | [`account::DeviceList`] |
//! | `account.revoke` | | [`account::Revoke`] | [`account::Revoked`] |
//! | `account.profile` | | [`account::Profile`] | [`account::Shown`] |
//! | `account.remove` | | [`account::Remove`] | [`account::Removed`] |
//! | `friend.list` | `friends` | [`friend::List`] | [`friend::Listed`] |
//! | `friend.add` | | [`friend::Add`] | [`friend::Added`] |
//! | `friend.accept` | | [`friend::Accept`] | [`friend::Done`] |
//! | `friend.decline` | | [`friend::Decline`] | [`friend::Done`] |
//! | `friend.remove` | | [`friend::Remove`] | [`friend::Done`] |
//! | `friend.move` | | [`friend::Move`] | [`friend::Done`] |
//! | `friend.rename` | | [`friend::Rename`] | [`friend::Done`] |
//! | `friend.block` | | [`friend::Block`] | [`friend::Done`] |
//! | `friend.unblock` | | [`friend::Unblock`] | [`friend::Done`] |
//! | `friend.picture` | | [`friend::Picture`] | [`friend::Pictured`] |
//! | `group.add` | | [`group::Add`] | [`group::Done`] |
//! | `group.rename` | | [`group::Rename`] | [`group::Done`] |
//! | `group.remove` | | [`group::Remove`] | [`group::Done`] |
//! | `presence.show` | | [`presence::Show`] | [`presence::Shown`] |
//! | `presence.set` | | [`presence::Set`] | [`presence::Shown`] |
//! | `chat.send` | `send` | [`chat::Send`] | [`chat::Sent`] |
//! | `chat.history` | `history` | [`chat::History`] | [`chat::Page`] |
//! | `chat.read` | `read` | [`chat::Read`] | [`chat::Unread`] |
//! | `chat.search` | `search` | [`chat::Search`] | [`chat::Hits`] |
//! | `chat.typing` | | [`chat::Typing`] | [`chat::Typed`] |
//! | `chat.explain` | | [`chat::Explain`] | [`chat::Explained`] |
//! | `chat.export` | | [`chat::Export`] | [`chat::Exported`] |
//! | `chat.draft` | | [`chat::Draft`] | [`chat::Drafting`] |
//! | `outbox.list` | | [`outbox::List`] | [`outbox::Listed`] |
//! | `outbox.retry` | | [`outbox::Retry`] | [`outbox::Done`] |
//! | `outbox.cancel` | | [`outbox::Cancel`] | [`outbox::Done`] |
//! | `outbox.clear` | | [`outbox::Clear`] | [`outbox::Cleared`] |
//! | `shake.send` | `shake` | [`shake::Send`] | [`shake::Shaken`] |
//! | `call.start` | | [`call::Start`] | [`call::Call`] |
//! | `call.accept` | `accept` | [`call::Accept`] | [`call::Call`] |
//! | `call.decline` | `decline` | [`call::Decline`] | [`call::Call`] |
//! | `call.hangup` | `hangup` | [`call::Hangup`] | [`call::Call`] |
//! | `notify.status` | | [`notify::Status`] | [`notify::Rules`] |
//! | `notify.dnd` | | [`notify::Dnd`] | [`notify::Rules`] |
//! | `notify.quiet` | | [`notify::Quiet`] | [`notify::Rules`] |
//! | `notify.mute` | | [`notify::Mute`] | [`notify::Rules`] |
//! | `notify.content` | | [`notify::Content`] | [`notify::Rules`] |
//! | `daemon.doctor` | `doctor` | [`daemon::Doctor`] | [`daemon::Checked`] |
//! | `daemon.view` | | [`daemon::View`] | [`daemon::Viewed`] |
//! | `daemon.open` | `open` | [`daemon::Open`] | [`daemon::Opened`] |
//! | `daemon.stop` | | [`daemon::Stop`] | [`daemon::Stopping`] |
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
//! | `daemon.wanted` | [`daemon::Wanted`] | no |
//! | `daemon.outdated` | [`daemon::Outdated`] | no |
//! | `daemon.stopped` | [`daemon::Stopped`] | no |
//! | `account.state` | [`account::Changed`] | yes |
//! | `account.refused` | [`account::Refused`] | yes |
//! | `account.notice` | [`account::Notice`] | yes |
//! | `account.profile` | [`account::Shown`] | yes |
//! | `friend.added`, `friend.changed` | [`friend::Profile`] | yes |
//! | `friend.removed` | [`friend::Removed`] | yes |
//! | `friend.requested` | [`friend::Asked`] | yes |
//! | `friend.answered` | [`friend::Answered`] | yes |
//! | `friend.blocked` | [`friend::Blocked`] | yes |
//! | `group.added`, `group.removed` | [`group::Changed`] | yes |
//! | `group.renamed` | [`group::Renamed`] | yes |
//! | `presence.changed` | [`presence::Changed`] | yes |
//! | `chat.received` | [`chat::Received`] | yes |
//! | `chat.state` | [`chat::Changed`] | yes |
//! | `chat.read` | [`chat::Marked`] | yes |
//! | `chat.drafted` | [`chat::Drafted`] | yes |
//! | `chat.filling` | [`chat::Filling`] | no |
//! | `typing.changed` | [`chat::TypingChanged`] | no |
//! | `shake.received` | [`shake::Received`] | no |
//! | `shake.sent` | [`shake::Sent`] | no |
//! | `call.incoming`, `call.state` | [`call::Call`] | no |
//! | `notify.changed` | [`notify::Now`] | yes |
//! | `unread.changed` | [`chat::UnreadChanged`] | yes |
//!
//! What the changes mean for the mirror: while `account.state` is not `online` everybody counts as off line; turning
//! `online` makes one's own presence `online`, until `presence.changed` about one's own account says otherwise; counts
//! (`unread`, `total`, `outbox`) are absolute, never differences. Whatever no change can say (a new login's friend list,
//! `logout --forget`, a new own name) is told by another `daemon.state`.
//!
//! # Windows
//!
//! A window program calls `daemon.view` as soon as it has subscribed, and again whenever the keyboard focus comes to
//! another conversation or leaves its windows. `daemon.open` reaches every connected window program as `daemon.wanted`; with
//! none connected the daemon starts `qq-slint`. What is being typed goes to `chat.draft`, and is there again for whoever
//! opens the conversation next. After `daemon.stopped` a window starts the daemon again only when it is asked to, or at
//! once when that says `restart`; when the connection ends without it, it connects again by itself.
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
pub mod call;
pub mod chat;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "client")]
pub mod client;
pub mod daemon;
pub mod error;
pub mod event;
pub mod friend;
pub mod group;
pub mod inert;
pub mod line;
pub mod notify;
pub mod outbox;
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
pub use request::{Call, Method, MethodRow};
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
    /// Join by an invite link: account, trust and login in one step
    command AccountJoin = account::Join, "account.join" / "join" -> account::Joined;
    /// Make an account where the server lets anybody in
    command AccountRegister = account::Register, "account.register" -> account::Joined;
    /// Log in to a relay and stay logged in
    command AccountLogin = account::Login, "account.login" / "login" -> account::LoggedIn;
    /// Log out from the relay
    command AccountLogout = account::Logout, "account.logout" / "logout" -> account::LoggedOut;
    /// Set another password
    command AccountPasswd = account::Passwd, "account.passwd" -> account::PasswordSet;
    /// Print a one-time link with which another device of your own can log in
    command AccountLink = account::Link, "account.link" -> account::Linked;
    /// Follow a server that has moved to another address, or renew the trust in its key
    command AccountRelay = account::Relay, "account.relay" -> account::LoggedIn;
    /// List the devices that are logged in to your account
    command AccountDevices = account::Devices, "account.devices" -> account::DeviceList;
    /// Log a device out, for good
    command AccountRevoke = account::Revoke, "account.revoke" -> account::Revoked;
    /// Show or change what others see of you
    command AccountProfile = account::Profile, "account.profile" -> account::Shown;
    /// End your account at the server, for good
    command AccountRemove = account::Remove, "account.remove" -> account::Removed;
    /// List friends by group, with presence and unread messages
    command FriendList = friend::List, "friend.list" / "friends" -> friend::Listed;
    /// Ask somebody to be friends
    command FriendAdd = friend::Add, "friend.add" -> friend::Added;
    /// Accept a friend request
    command FriendAccept = friend::Accept, "friend.accept" -> friend::Done;
    /// Decline a friend request
    command FriendDecline = friend::Decline, "friend.decline" -> friend::Done;
    /// End a friendship, or take a stranger out of your list
    command FriendRemove = friend::Remove, "friend.remove" -> friend::Done;
    /// Put a friend into one of your groups
    command FriendMove = friend::Move, "friend.move" -> friend::Done;
    /// Give a friend a name of your own
    command FriendRename = friend::Rename, "friend.rename" -> friend::Done;
    /// Let nothing of somebody reach you any more
    command FriendBlock = friend::Block, "friend.block" -> friend::Done;
    /// Take a block back
    command FriendUnblock = friend::Unblock, "friend.unblock" -> friend::Done;
    /// Say where a friend's avatar lies
    command FriendPicture = friend::Picture, "friend.picture" -> friend::Pictured;
    /// Make a friend group
    command GroupAdd = group::Add, "group.add" -> group::Done;
    /// Give a friend group another name
    command GroupRename = group::Rename, "group.rename" -> group::Done;
    /// Remove a friend group
    command GroupRemove = group::Remove, "group.remove" -> group::Done;
    /// Show your own presence, or a friend's
    command PresenceShow = presence::Show, "presence.show" -> presence::Shown;
    /// Set your own presence
    command PresenceSet = presence::Set, "presence.set" -> presence::Shown;
    /// Send a message
    command ChatSend = chat::Send, "chat.send" / "send" -> chat::Sent;
    /// Show the conversation with a friend
    command ChatHistory = chat::History, "chat.history" / "history" -> chat::Page;
    /// Print unread messages and mark them as read
    command ChatRead = chat::Read, "chat.read" / "read" -> chat::Unread;
    /// Search your messages
    command ChatSearch = chat::Search, "chat.search" / "search" -> chat::Hits;
    /// Tell a friend that you are writing, or have stopped
    command ChatTyping = chat::Typing, "chat.typing" -> chat::Typed;
    /// Tell what became of a message
    command ChatExplain = chat::Explain, "chat.explain" -> chat::Explained;
    /// Write a whole conversation to standard output
    command ChatExport = chat::Export, "chat.export" -> chat::Exported;
    /// Keep a text that is not to be sent yet, or show it
    command ChatDraft = chat::Draft, "chat.draft" -> chat::Drafting;
    /// List the messages that wait for the server, and those that it refused
    command OutboxList = outbox::List, "outbox.list" -> outbox::Listed;
    /// Send a message again that failed
    command OutboxRetry = outbox::Retry, "outbox.retry" -> outbox::Done;
    /// Take a message back that has not been sent yet
    command OutboxCancel = outbox::Cancel, "outbox.cancel" -> outbox::Done;
    /// Take messages that failed off the list of the outbox
    command OutboxClear = outbox::Clear, "outbox.clear" -> outbox::Cleared;
    /// Shake a friend's chat window
    command ShakeSend = shake::Send, "shake.send" / "shake" -> shake::Shaken;
    /// Call a friend
    command CallStart = call::Start, "call.start" -> call::Call;
    /// Accept the call that rings
    command CallAccept = call::Accept, "call.accept" / "accept" -> call::Call;
    /// Decline the call that rings
    command CallDecline = call::Decline, "call.decline" / "decline" -> call::Call;
    /// Hang up
    command CallHangup = call::Hangup, "call.hangup" / "hangup" -> call::Call;
    /// Show the rules for notifications
    command NotifyStatus = notify::Status, "notify.status" -> notify::Rules;
    /// Switch "do not disturb" on or off
    command NotifyDnd = notify::Dnd, "notify.dnd" -> notify::Rules;
    /// Set quiet hours, every day
    command NotifyQuiet = notify::Quiet, "notify.quiet" -> notify::Rules;
    /// Show no notifications of a friend
    command NotifyMute = notify::Mute, "notify.mute" -> notify::Rules;
    /// Say how much of a message a notification shows
    command NotifyContent = notify::Content, "notify.content" -> notify::Rules;
    /// Check that everything works, and say what to do where it does not
    command DaemonDoctor = daemon::Doctor, "daemon.doctor" / "doctor" -> daemon::Checked;
    /// Tell which conversation has the keyboard focus: a window program's own call
    wire DaemonView = daemon::View, "daemon.view" -> daemon::Viewed;
    /// Show the windows, or a conversation in one
    command DaemonOpen = daemon::Open, "daemon.open" / "open" -> daemon::Opened;
    /// Go off line and end the daemon
    command DaemonStop = daemon::Stop, "daemon.stop" -> daemon::Stopping;
}
