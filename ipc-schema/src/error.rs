//! Errors: a code, fields, and one sentence for a person; the same over the socket, D-Bus and the
//! command line. One table gives each code its word and its exit code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Makes [`Code`] from the table of words and exit codes.
macro_rules! codes {
    ($($(#[doc = $doc:literal])* $Code:ident = $word:literal, exit $exit:literal;)*) => {
        /// What went wrong, as a word, an exit code and a JSON-RPC number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $Code,)*
        }

        impl Code {
            /// Every code, in order of declaration; the first one of an exit code speaks for it.
            pub const ALL: &[Self] = &[$(Self::$Code),*];

            /// The word in `data.code` and in `--json`.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$Code => $word,)* }
            }

            /// The exit code of qqctl, 1 to 14.
            pub const fn exit(self) -> u8 {
                match self { $(Self::$Code => $exit,)* }
            }
        }
    };
}

codes! {
    /// A fault of the daemon or the client; the log has more.
    Unexpected = "unexpected", exit 1;
    /// The call makes no sense as given.
    Usage = "usage", exit 2;
    /// A deadline passed.
    Timeout = "timeout", exit 3;
    /// No account is logged in.
    NotLoggedIn = "not_logged_in", exit 4;
    /// Wrong account or password, or a token that is no longer good.
    Credentials = "credentials", exit 4;
    /// No daemon answers on the socket.
    NoDaemon = "no_daemon", exit 5;
    /// The relay is away.
    NoRelay = "no_relay", exit 6;
    /// There is no such account, friend or message.
    NotFound = "not_found", exit 7;
    /// The name means more than one.
    Ambiguous = "ambiguous", exit 7;
    /// Exists, perhaps, but not for you: strangers and blocks look the same.
    Unreachable = "unreachable", exit 7;
    /// Not allowed.
    Denied = "denied", exit 8;
    /// The account is disabled at the relay.
    Disabled = "disabled", exit 8;
    /// The account has too many devices.
    Devices = "devices", exit 8;
    /// The friend is off line, and this is not kept for later.
    Offline = "offline", exit 9;
    /// Too often; `retry_after_ms` says when again.
    Throttled = "throttled", exit 10;
    /// The relay or the daemon is overloaded; `retry_after_ms` says when again.
    Busy = "busy", exit 10;
    /// It contradicts what is there already.
    Conflict = "conflict", exit 11;
    /// The relay's key is not known yet.
    Untrusted = "untrusted", exit 12;
    /// The relay's key is not the one that was trusted.
    KeyChanged = "key_changed", exit 12;
    /// A part of it was done.
    Partial = "partial", exit 13;
    /// This daemon, relay or desktop cannot do it.
    Unsupported = "unsupported", exit 14;
    /// The two sides have no protocol version in common.
    Version = "version", exit 14;
    /// The line is no JSON.
    ParseError = "parse_error", exit 2;
    /// The line is JSON, but no JSON-RPC 2.0 request.
    InvalidRequest = "invalid_request", exit 2;
    /// There is no such method (in this version).
    UnknownMethod = "unknown_method", exit 14;
    /// A param is missing or has the wrong shape.
    BadParams = "bad_params", exit 2;
    /// A call before `hello`.
    HelloFirst = "hello_first", exit 2;
}

impl Code {
    /// The JSON-RPC number: the standard's where it has one, else -32000 minus the exit code. So
    /// `hello_first` and `usage` are both -32002; the word tells them apart.
    pub const fn rpc(self) -> i32 {
        match self.standard() {
            Some(number) => number,
            None => -32_000 - self.exit() as i32,
        }
    }

    const fn standard(self) -> Option<i32> {
        match self {
            Self::ParseError => Some(-32_700),
            Self::InvalidRequest => Some(-32_600),
            Self::UnknownMethod => Some(-32_601),
            Self::BadParams => Some(-32_602),
            Self::Unexpected
            | Self::Usage
            | Self::Timeout
            | Self::NotLoggedIn
            | Self::Credentials
            | Self::NoDaemon
            | Self::NoRelay
            | Self::NotFound
            | Self::Ambiguous
            | Self::Unreachable
            | Self::Denied
            | Self::Disabled
            | Self::Devices
            | Self::Offline
            | Self::Throttled
            | Self::Busy
            | Self::Conflict
            | Self::Untrusted
            | Self::KeyChanged
            | Self::Partial
            | Self::Unsupported
            | Self::Version
            | Self::HelloFirst => None,
        }
    }

    /// The code of a word; none for a word that only a newer version knows.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.word() == word)
    }

    /// The code of a JSON-RPC number: the first one in the table with it; [`Code::Unexpected`] for a foreign one.
    pub fn from_rpc(number: i64) -> Self {
        Self::ALL.iter().copied().find(|code| i64::from(code.rpc()) == number).unwrap_or(Self::Unexpected)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// What crosses the border when something went wrong. In JSON it is the JSON-RPC error object,
/// `{"code":-32007,"message":"…","data":{"code":"not_found",…}}`.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(into = "Wire", from = "Wire")]
#[error("{message}")]
pub struct Error {
    /// What it is.
    pub code: Code,
    /// One sentence for a person: what happened and what to do.
    pub message: String,
    /// What to try next, a command or a flag.
    pub hint: Option<String>,
    /// When another try has a chance, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// More about it, by name; the names `code`, `message`, `hint` and `retry_after_ms` are taken.
    pub fields: BTreeMap<String, Value>,
}

impl Error {
    /// An error with its code and sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, retry_after_ms: None, fields: BTreeMap::new() }
    }

    /// Adds what to try next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds when another try has a chance, in milliseconds.
    #[must_use]
    pub fn with_retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// Adds a field; a name that is taken (see [`Error::fields`]) is left out.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: impl Into<Value>) -> Self {
        if !TAKEN.contains(&name) {
            self.fields.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The exit code of qqctl, 1 to 14.
    pub const fn exit(&self) -> u8 {
        self.code.exit()
    }

    /// What `--json` prints on standard error: `{"error":{"code":"not_found","message":"…","hint":"…",…}}`.
    pub fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.code.word().into());
        error.insert("message".into(), self.message.clone().into());
        self.write_extras(&mut error);
        json!({ "error": error })
    }

    fn write_extras(&self, into: &mut Map<String, Value>) {
        if let Some(hint) = &self.hint {
            into.insert("hint".into(), hint.clone().into());
        }
        if let Some(ms) = self.retry_after_ms {
            into.insert("retry_after_ms".into(), ms.into());
        }
        let free = self.fields.iter().filter(|(name, _)| !TAKEN.contains(&name.as_str()));
        into.extend(free.map(|(name, value)| (name.clone(), value.clone())));
    }
}

/// Names that the error object uses itself.
const TAKEN: [&str; 4] = ["code", "message", "hint", "retry_after_ms"];

/// The JSON-RPC error object.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Error"))]
pub(crate) struct Wire {
    /// The standard's number, or -32000 minus the exit code.
    code: i64,
    /// One sentence for a person.
    message: String,
    /// `code` as a word, and, where there are any, `hint`, `retry_after_ms` and more fields.
    #[serde(default)]
    data: Value,
}

impl From<Error> for Wire {
    fn from(error: Error) -> Self {
        let mut data = Map::new();
        data.insert("code".into(), error.code.word().into());
        error.write_extras(&mut data);
        Self { code: error.code.rpc().into(), message: error.message, data: data.into() }
    }
}

impl From<Wire> for Error {
    fn from(wire: Wire) -> Self {
        let mut data = match wire.data {
            Value::Object(data) => data,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        let word = data.get("code").and_then(Value::as_str).and_then(Code::from_word);
        let hint = data.get("hint").and_then(Value::as_str).map(str::to_owned);
        let retry_after_ms = data.get("retry_after_ms").and_then(Value::as_u64);
        data.retain(|name, _| !TAKEN.contains(&name.as_str()));
        Self {
            code: word.unwrap_or_else(|| Code::from_rpc(wire.code)),
            message: wire.message,
            hint,
            retry_after_ms,
            fields: data.into_iter().collect(),
        }
    }
}
