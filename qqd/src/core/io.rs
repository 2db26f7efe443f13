//! What goes into the daemon's core and what comes out of it: the only place where its parts meet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipc_schema::daemon::Screen;
use ipc_schema::{Call, Envelope, Error};
use relay_schema::{Refusal, Stanza};
use serde_json::Value;

pub use super::notify::desk::{Button, Desk, Notice, Service};
use super::op::{Address, Done, Op, StoreError};
pub use super::picture::is_hash;

/// One frontend's connection; never used twice while the daemon runs.
pub type ClientId = u64;

/// The [`ClientId`] of the desktop, where a notification's buttons are pressed; no connection has it.
pub const DESK: ClientId = 0;

/// A frontend's own id for its request, echoed.
pub type RequestId = Value;

/// One account that is logged in or on its way; never used twice while the daemon runs.
pub type AccountKey = u64;

/// The [`AccountKey`] of what is no account's but the daemon's own.
pub const DAEMON: AccountKey = 0;

/// An account's local name.
pub type Local = Arc<str>;

/// One operation on its way through the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// Who asked.
    pub account: AccountKey,
    /// The asker's own number for it.
    pub number: u64,
}

/// One try of an account to reach its relay; what an older one still says is ignored.
pub type Attempt = u64;

/// The clocks, read by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic (it does not count sleep), since the daemon started.
    pub mono: Duration,
    /// Wall clock, Unix microseconds.
    pub wall_us: i64,
    /// How far the local time is ahead of UTC now, in seconds.
    pub ahead_s: i32,
}

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// A frontend asks (after its `hello`, which `ipc/` answers itself).
    Request {
        /// Who.
        client: ClientId,
        /// Its id for the request.
        id: RequestId,
        /// What, and which account is meant.
        call: Call,
    },
    /// A frontend is gone: nobody waits for its answers.
    Gone {
        /// Who.
        client: ClientId,
    },
    /// An account's relay link.
    Link {
        /// Whose.
        account: AccountKey,
        /// Which try.
        attempt: Attempt,
        /// What happened.
        news: News,
    },
    /// The store answers.
    Stored {
        /// To which [`Output::Store`].
        token: Token,
        /// What.
        result: Result<Done, StoreError>,
    },
    /// The shell has looked.
    Examined {
        /// To which [`Output::Examine`].
        number: u64,
        /// What it found.
        examined: Examined,
    },
    /// The shell has started a window program, or could not.
    Opened {
        /// To which [`Output::Open`].
        number: u64,
        /// Whether it runs.
        result: Result<(), Unopened>,
    },
    /// Another daemon is installed than the one that runs: its file was replaced, or a newer program of ours says so.
    Outdated {
        /// Which version; none when it cannot be told.
        installed: Option<String>,
    },
    /// The desktop tells something.
    Desk(Desk),
    /// The machine woke from sleep or its addresses changed.
    Woken,
    /// [`super::Core::deadline`] has passed.
    Tick,
    /// SIGTERM: say good-bye.
    Stop,
}

/// The way to an account's relay, to be looked at.
#[derive(Debug, Clone)]
pub struct Aim {
    /// Whose.
    pub account: AccountKey,
    /// Where.
    pub address: Address,
    /// Whom to believe.
    pub trust: Trust,
}

/// What was found on the way to an account's relay.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Whose.
    pub account: AccountKey,
    /// How long name and TCP took.
    pub tcp: Result<Duration, Closed>,
    /// The key that the relay showed and that is trusted; none without TLS.
    pub tls: Result<Option<String>, Closed>,
}

/// A window program that is to be started, and what it is to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// The local name of the account that it is about.
    pub account: Option<Local>,
    /// The friend whose conversation it is to show.
    pub to: Option<String>,
    /// A link that it is to open.
    pub link: Option<String>,
    /// An xdg-activation token.
    pub token: Option<String>,
    /// On which screen; where nothing is said, on the daemon's own.
    pub screen: Screen,
}

/// Why a window program was not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unopened {
    /// It is not installed.
    Missing,
    /// Neither X11 nor Wayland is there.
    NoDisplay,
    /// What the system said.
    Failed(String),
}

/// What the shell found outside of the core and the store.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Whether the socket and its directory are the user's alone, else what is wrong with them.
    pub runtime: Result<(), String>,
    /// Of each account that was to be looked at.
    pub probes: Vec<Probe>,
}

/// What the relay link tells.
#[derive(Debug)]
pub enum News {
    /// TCP stands; TLS begins.
    Connected {
        /// With whom.
        peer: SocketAddr,
    },
    /// To [`Output::DialAny`], just before [`News::Open`]: which of the addresses it is.
    Reached {
        /// The relay is there.
        address: Address,
    },
    /// Ready for the first stanza. `key` is the relay's key (SHA-256 of its SPKI, lower-case hex; none for
    /// `plain://`), `by_system` says that the system's certificate authorities vouch for it.
    Open {
        /// The relay's key.
        key: Option<String>,
        /// The system trusts the certificate.
        by_system: bool,
    },
    /// A stanza.
    Stanza(Box<Stanza>),
    /// A stanza that cannot be read; with a `seq` it is kept raw and passed.
    Unreadable {
        /// Why.
        refusal: Box<Refusal>,
        /// Its bytes.
        raw: Vec<u8>,
    },
    /// It is over, or never began.
    Closed(Closed),
}

/// Why a link is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// The host's name is not known.
    Unresolved {
        /// What the resolver said.
        detail: String,
    },
    /// Nobody listens there, or the network does not lead there.
    Refused {
        /// What the system said.
        detail: String,
    },
    /// A step took too long.
    TimedOut {
        /// Which.
        step: Step,
    },
    /// The certificate is not the system's, and nobody has trusted it yet. Nothing was sent.
    Untrusted {
        /// SHA-256 of its key, lower-case hex.
        key: String,
    },
    /// Another key than the one that was trusted. Nothing was sent.
    KeyChanged {
        /// The trusted one.
        expected: String,
        /// The one shown.
        found: String,
    },
    /// TLS failed otherwise (no TLS there, for example).
    Tls {
        /// What rustls said.
        detail: String,
    },
    /// The connection ended: by the peer, the network, or 75 s of silence.
    Lost {
        /// What happened.
        detail: String,
    },
    /// To [`Output::DialAny`]: no address leads to the relay.
    Nowhere {
        /// Each with its own end.
        tried: Vec<(Address, Closed)>,
    },
    /// We hung up.
    Hangup,
}

/// The steps of reaching a relay, each with a deadline of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// TCP: 5 s.
    Connect,
    /// TLS: 5 s.
    Tls,
    /// From the login stanza to its answer: 10 s. Kept by the core.
    Login,
}

/// Whom the link is to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The system's certificate authorities, nobody else.
    System,
    /// This key (SHA-256 of the SPKI, lower-case hex) and no other, whatever an authority says.
    Pin(String),
}

/// What goes out.
#[derive(Debug)]
pub enum Output {
    /// An answer; each request gets exactly one.
    Reply {
        /// To whom.
        client: ClientId,
        /// Its id for the request.
        id: RequestId,
        /// What.
        result: Result<Value, Error>,
    },
    /// `client` has subscribed: its reply came just before, these follow (the state first, or what it missed), then
    /// every [`Output::Event`].
    Subscribed {
        /// Who.
        client: ClientId,
        /// First of all.
        first: Vec<Envelope>,
    },
    /// News for every subscriber.
    Event(Envelope),
    /// Try to reach an account's relay; ends its link that is still there.
    Dial {
        /// Whose.
        account: AccountKey,
        /// Its number, repeated in [`Input::Link`].
        attempt: Attempt,
        /// Where.
        address: Address,
        /// Whom to believe.
        trust: Trust,
    },
    /// The same where the relay may be at several addresses: all are tried at once, and the first that is trusted is taken.
    DialAny {
        /// Whose.
        account: AccountKey,
        /// Its number, repeated in [`Input::Link`].
        attempt: Attempt,
        /// Where; more than 16 are not tried.
        addresses: Vec<Address>,
        /// Whom to believe.
        trust: Trust,
    },
    /// A stanza for an account's relay.
    Send {
        /// Whose.
        account: AccountKey,
        /// What.
        stanza: Box<Stanza>,
    },
    /// End an account's link: send what is written, then close.
    Hangup {
        /// Whose.
        account: AccountKey,
    },
    /// Start a window program.
    Open {
        /// Comes back in [`Input::Opened`].
        number: u64,
        /// Which, and what it is to show.
        window: Window,
    },
    /// Look at the socket's directory and the ways to the relays, beside all else.
    Examine {
        /// Comes back in [`Input::Examined`].
        number: u64,
        /// Which ways.
        aims: Vec<Aim>,
    },
    /// Show a notification, or what it says now.
    Notify(Box<Notice>),
    /// Take a notification away.
    Unnotify {
        /// Its number.
        number: u64,
    },
    /// An operation for the store.
    Store {
        /// Comes back in [`Input::Stored`].
        token: Token,
        /// The local name of the account whose data it is about; empty for [`Op::LoadAll`].
        whose: Local,
        /// What.
        op: Op,
    },
    /// All is said: the process may end.
    Stopped,
}
