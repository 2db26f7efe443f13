//! Events: what the daemon tells by itself, each in an [`Envelope`]. One table names them all.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use crate::{State, account, call, chat, daemon, friend, group, notify, presence, protocol, shake};

/// Makes [`Event`] and [`EVENTS`] from the table of events.
macro_rules! events {
    (@durable durable) => { true };
    (@durable live) => { false };
    ($($(#[doc = $doc:literal])* $kind:ident $Event:ident($Data:ty) = $name:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[doc = $doc])* $Event($Data),)*
            /// An event that this version does not know, or cannot read: to be ignored, or passed on as it is.
            Unknown {
                /// Its name.
                name: String,
                /// Its data, whatever it is.
                data: Value,
            },
        }

        /// The name of every event, in order of declaration.
        pub const EVENTS: &[&str] = &[$($name),*];

        impl Event {
            /// The name on the wire, `chat.received`.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$Event(_) => $name,)*
                    Self::Unknown { name, .. } => name,
                }
            }

            /// Whether the daemon keeps it for those who subscribe with `since`; live things (shakes,
            /// calls) and the daemon's own are not kept.
            pub fn is_durable(&self) -> bool {
                match self {
                    $(Self::$Event(_) => events!(@durable $kind),)*
                    Self::Unknown { .. } => false,
                }
            }

            fn read(name: String, data: Value) -> Self {
                let known = match name.as_str() {
                    $($name => <$Data>::deserialize(&data).map(Self::$Event).ok(),)*
                    _ => None,
                };
                known.unwrap_or(Self::Unknown { name, data })
            }
        }

        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 {
                    $(Event::$Event(data) => data.serialize(serializer),)*
                    Event::Unknown { data, .. } => data.serialize(serializer),
                }
            }
        }

        /// The JSON Schema of each event's data, by name.
        #[cfg(feature = "schema")]
        pub(crate) fn schemas(generator: &mut schemars::SchemaGenerator) -> serde_json::Map<String, Value> {
            [$(($name.to_owned(), generator.subschema_for::<$Data>().to_value())),*].into_iter().collect()
        }
    };
}

events! {
    /// Everything a frontend shows: the first event of every subscription, and again whenever more changed than the other events can say.
    live DaemonState(State) = "daemon.state";
    /// Events were lost.
    live DaemonGap(daemon::Gap) = "daemon.gap";
    /// Somebody wants to see a window.
    live DaemonWanted(daemon::Wanted) = "daemon.wanted";
    /// Another daemon is installed than the one that runs.
    live DaemonOutdated(daemon::Outdated) = "daemon.outdated";
    /// The daemon was told to end.
    live DaemonStopped(daemon::Stopped) = "daemon.stopped";
    /// The link to the relay moved, or an attempt failed.
    durable AccountState(account::Changed) = "account.state";
    /// The relay refused the login.
    durable AccountRefused(account::Refused) = "account.refused";
    /// The relay has something to say that the account's owner should know.
    durable AccountNotice(account::Notice) = "account.notice";
    /// One's own profile changed.
    durable AccountProfile(account::Shown) = "account.profile";
    /// Somebody is in the friend list now.
    durable FriendAdded(friend::Profile) = "friend.added";
    /// A friend's name, remark or group changed.
    durable FriendChanged(friend::Profile) = "friend.changed";
    /// Somebody left the friend list.
    durable FriendRemoved(friend::Removed) = "friend.removed";
    /// Somebody asks to be friends, or one has asked somebody on another device.
    durable FriendRequested(friend::Asked) = "friend.requested";
    /// A friend request has an answer.
    durable FriendAnswered(friend::Answered) = "friend.answered";
    /// Somebody is blocked, or not any more.
    durable FriendBlocked(friend::Blocked) = "friend.blocked";
    /// There is a new friend group.
    durable GroupAdded(group::Changed) = "group.added";
    /// A friend group has another name.
    durable GroupRenamed(group::Renamed) = "group.renamed";
    /// A friend group is gone; its friends stand in `friend`.
    durable GroupRemoved(group::Changed) = "group.removed";
    /// Somebody came, went, or changed the status text.
    durable PresenceChanged(presence::Changed) = "presence.changed";
    /// A message arrived.
    durable ChatReceived(chat::Received) = "chat.received";
    /// One of one's own messages came further, or failed.
    durable ChatState(chat::Changed) = "chat.state";
    /// A conversation was read up to a message.
    durable ChatRead(chat::Marked) = "chat.read";
    /// The draft of a conversation changed.
    durable ChatDrafted(chat::Drafted) = "chat.drafted";
    /// Older messages are being fetched from the relay.
    live ChatFilling(chat::Filling) = "chat.filling";
    /// A friend begins or stops to write.
    live TypingChanged(chat::TypingChanged) = "typing.changed";
    /// A friend shook one's window.
    live ShakeReceived(shake::Received) = "shake.received";
    /// One shook a friend's window, by whichever program of this daemon.
    live ShakeSent(shake::Sent) = "shake.sent";
    /// Somebody calls.
    live CallIncoming(call::Call) = "call.incoming";
    /// A call came further, or is over.
    live CallState(call::Call) = "call.state";
    /// Nobody is to be disturbed, or may be again; the screen was locked or unlocked; somebody is muted or not any more.
    durable NotifyChanged(notify::Now) = "notify.changed";
    /// The number of unread messages changed.
    durable UnreadChanged(chat::UnreadChanged) = "unread.changed";
}

/// The data of an event, without its name.
struct Data<'a>(&'a Event);

impl Event {
    /// Whom it comes from or is about, for `--from` (of a received message: its sender); none for what is about one's own account or the daemon.
    pub fn friend(&self) -> Option<&str> {
        match self {
            Self::FriendAdded(friend) | Self::FriendChanged(friend) => Some(&friend.friend),
            Self::FriendRemoved(removed) => Some(&removed.friend),
            Self::FriendRequested(asked) => Some(&asked.friend),
            Self::FriendAnswered(answered) => Some(&answered.friend),
            Self::FriendBlocked(blocked) => Some(&blocked.friend),
            Self::PresenceChanged(presence) => Some(&presence.friend),
            Self::TypingChanged(typing) => Some(&typing.friend),
            Self::CallIncoming(call) | Self::CallState(call) => Some(&call.friend),
            Self::ChatReceived(chat) => Some(&chat.from),
            Self::ChatState(chat) => Some(&chat.to),
            Self::ChatRead(mark) => Some(&mark.friend),
            Self::ChatDrafted(draft) => Some(&draft.friend),
            Self::DaemonWanted(wanted) => wanted.to.as_deref(),
            Self::ShakeReceived(shake) => Some(&shake.from),
            Self::ShakeSent(shake) => Some(&shake.to),
            Self::UnreadChanged(unread) => Some(&unread.friend),
            Self::DaemonState(_)
            | Self::DaemonGap(_)
            | Self::DaemonOutdated(_)
            | Self::DaemonStopped(_)
            | Self::AccountState(_)
            | Self::AccountRefused(_)
            | Self::AccountProfile(_)
            | Self::GroupAdded(_)
            | Self::GroupRenamed(_)
            | Self::GroupRemoved(_)
            | Self::ChatFilling(_)
            | Self::NotifyChanged(_)
            | Self::AccountNotice(_) => None,
            Self::Unknown { data, .. } => data.get("from").or_else(|| data.get("friend"))?.as_str(),
        }
    }

    /// The data alone, as JSON.
    ///
    /// # Errors
    /// Only if the data cannot be JSON, which no event of this crate brings about.
    pub fn data(&self) -> serde_json::Result<Value> {
        serde_json::to_value(Data(self))
    }
}

/// One event with its number, time and account.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The version of the envelope: [`protocol::VERSION`].
    pub v: u32,
    /// Rises by one with each event; starts at the Unix time of the daemon's start in microseconds.
    pub seq: u64,
    /// When it happened: RFC 3339, UTC, milliseconds.
    pub ts: String,
    /// The local name of the account it is about; null for the daemon's own.
    pub account: Option<String>,
    /// What happened.
    pub event: Event,
    /// It happened while the daemon was away: it must pop no window, ring, shake or run a hook.
    pub replayed: bool,
}

impl Envelope {
    /// An envelope of this version for something that happens now.
    pub fn new(seq: u64, ts: impl Into<String>, account: Option<String>, event: Event) -> Self {
        Self { v: protocol::VERSION, seq, ts: ts.into(), account, event, replayed: false }
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut envelope = serializer.serialize_struct("Envelope", 7)?;
        envelope.serialize_field("v", &self.v)?;
        envelope.serialize_field("seq", &self.seq)?;
        envelope.serialize_field("ts", &self.ts)?;
        envelope.serialize_field("account", &self.account)?;
        envelope.serialize_field("event", self.event.name())?;
        envelope.serialize_field("replayed", &self.replayed)?;
        envelope.serialize_field("data", &Data(&self.event))?;
        envelope.end()
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { v, seq, ts, account, event, replayed, data } = Wire::deserialize(deserializer)?;
        Ok(Self { v, seq, ts, account, event: Event::read(event, data), replayed })
    }
}

/// An envelope whose data has not been read yet.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Envelope"))]
pub(crate) struct Wire {
    /// The version of the envelope: 1.
    v: u32,
    /// Rises by one with each event; starts at the Unix time of the daemon's start in microseconds.
    seq: u64,
    /// When it happened: RFC 3339, UTC, milliseconds.
    ts: String,
    /// The local name of the account it is about; null for the daemon's own.
    account: Option<String>,
    /// The event's name.
    event: String,
    /// It happened while the daemon was away: it must pop no window, ring, shake or run a hook.
    #[serde(default)]
    replayed: bool,
    /// The event's data; see `events`.
    #[serde(default)]
    data: Value,
}
