//! The wire: one JSON-RPC 2.0 object a line, the limits of a line, and where the socket is. It turns
//! bytes into requests, replies and events and back, and does no I/O.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value, error::Category, value::RawValue};
use zeroize::Zeroizing;

use crate::{Code, Envelope, Error};

/// The longest line to the daemon, in bytes, without its end.
pub const MAX_LINE_TO_DAEMON: usize = 1 << 20;
/// The longest line from the daemon, in bytes, without its end.
pub const MAX_LINE_FROM_DAEMON: usize = 16 << 20;
/// Where a page of messages ends, in bytes of JSON.
pub const HISTORY_PAGE_MAX: usize = 512 << 10;
/// The method of a line that carries an event.
pub const EVENT_METHOD: &str = "event";

/// Where the daemon listens: `$XDG_RUNTIME_DIR/qqd/ipc.sock`.
///
/// # Errors
/// [`Code::NoDaemon`] with one clear sentence when `XDG_RUNTIME_DIR` is missing, empty or no absolute path.
pub fn socket_path() -> Result<PathBuf, Error> {
    socket_path_in(std::env::var_os("XDG_RUNTIME_DIR"))
}

fn socket_path_in(runtime_dir: Option<OsString>) -> Result<PathBuf, Error> {
    match runtime_dir.map(PathBuf::from).filter(|dir| dir.is_absolute()) {
        Some(dir) => Ok(dir.join(Path::new("qqd/ipc.sock"))),
        None => Err(Error::new(
            Code::NoDaemon,
            "XDG_RUNTIME_DIR is not set to a directory of yours, so the place of qqd's socket is unknown; log in to a session of your own, or name the socket with --socket PATH",
        )),
    }
}

/// What a caller chose to tell its calls apart; a reply repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// Null: the reply to a line whose id could not be read.
    Null,
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

/// A call: `{"jsonrpc":"2.0","id":1,"method":"chat.send","params":{…}}`.
#[derive(Debug, Clone)]
pub struct RequestLine<'a> {
    /// Repeated by the reply; without one (a notification) there is no reply at all.
    pub id: Option<Id>,
    /// The method's name.
    pub method: String,
    /// The params as they stand in the line.
    pub params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RequestWire<'a> {
    #[serde(default)]
    jsonrpc: String,
    #[serde(default, deserialize_with = "present")]
    id: Option<Id>,
    method: String,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

impl<'a> RequestLine<'a> {
    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// The reply to write back: [`Code::ParseError`] or [`Code::InvalidRequest`], with the id if it could be read.
    pub fn decode(line: &'a [u8]) -> Result<Self, Box<ReplyLine>> {
        let line = line.trim_ascii_end();
        if line.len() > MAX_LINE_TO_DAEMON {
            return Err(refuse(Id::Null, Code::InvalidRequest, "a line may have at most 1 MiB"));
        }
        let wire: RequestWire<'_> = match serde_json::from_slice(line) {
            Ok(wire) => wire,
            Err(error) => return Err(explain(line, &error)),
        };
        if wire.jsonrpc != "2.0" {
            let id = wire.id.unwrap_or(Id::Null);
            return Err(refuse(id, Code::InvalidRequest, r#"a request must carry "jsonrpc":"2.0""#));
        }
        Ok(Self { id: wire.id, method: wire.method, params: wire.params })
    }
}

/// Writes a call as a line with its end; it wipes itself, since it may carry a password.
///
/// # Errors
/// [`Code::Usage`] when the line is longer than [`MAX_LINE_TO_DAEMON`] or the params cannot be JSON.
pub fn encode_request(id: u64, method: &str, params: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Error> {
    #[derive(Serialize)]
    struct Wire<'a, P> {
        jsonrpc: &'static str,
        id: u64,
        method: &'a str,
        params: P,
    }
    let mut line = Zeroizing::new(Vec::with_capacity(512));
    serde_json::to_writer(&mut *line, &Wire { jsonrpc: "2.0", id, method, params }).map_err(|error| {
        Error::new(Code::Usage, format!("the params of {method} cannot be JSON: {error}"))
    })?;
    if line.len() > MAX_LINE_TO_DAEMON {
        return Err(Error::new(Code::Usage, format!("the call {method} is longer than 1 MiB")));
    }
    line.push(b'\n');
    Ok(line)
}

fn refuse(id: Id, code: Code, message: &str) -> Box<ReplyLine> {
    Box::new(ReplyLine::error(id, Error::new(code, message)))
}

fn explain(line: &[u8], error: &serde_json::Error) -> Box<ReplyLine> {
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => {
            let column = error.column();
            refuse(Id::Null, Code::ParseError, &format!("the line is no JSON: see column {column}"))
        }
        Category::Data => {
            let value: Value = serde_json::from_slice(line).unwrap_or_default();
            let id = value.get("id").and_then(|id| Id::deserialize(id).ok()).unwrap_or(Id::Null);
            refuse(
                id,
                Code::InvalidRequest,
                "the line is no request: one object with jsonrpc, id, method, params",
            )
        }
    }
}

/// An answer: `{"jsonrpc":"2.0","id":1,"result":{…}}` or `{"jsonrpc":"2.0","id":1,"error":{…}}`.
#[derive(Debug, Clone)]
pub struct ReplyLine {
    /// The call's id.
    pub id: Id,
    /// The reply, or what went wrong.
    pub result: Result<Box<RawValue>, Error>,
}

impl ReplyLine {
    /// A reply that says what went wrong.
    pub fn error(id: Id, error: Error) -> Self {
        Self { id, result: Err(error) }
    }

    /// The reply to a call, from the method's reply or its error; what cannot be JSON becomes [`Code::Unexpected`].
    pub fn new(id: Id, result: Result<impl Serialize, Error>) -> Self {
        let result = result.and_then(|reply| {
            serde_json::value::to_raw_value(&reply)
                .map_err(|error| Error::new(Code::Unexpected, format!("the reply cannot be JSON: {error}")))
        });
        Self { id, result }
    }

    /// The line with its end.
    pub fn encode(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            jsonrpc: &'static str,
            id: &'a Id,
            #[serde(skip_serializing_if = "Option::is_none")]
            result: Option<&'a RawValue>,
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<&'a Error>,
        }
        let (result, error) = (self.result.as_deref().ok(), self.result.as_ref().err());
        to_line(&Wire { jsonrpc: "2.0", id: &self.id, result, error })
    }
}

/// An event: `{"jsonrpc":"2.0","method":"event","params":ENVELOPE}`.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLine(pub Envelope);

impl EventLine {
    /// The line with its end.
    pub fn encode(&self) -> Vec<u8> {
        encode_event(&self.0)
    }
}

/// Writes an envelope as an event line with its end, without taking it.
pub fn encode_event(envelope: &Envelope) -> Vec<u8> {
    #[derive(Serialize)]
    struct Wire<'a> {
        jsonrpc: &'static str,
        method: &'static str,
        params: &'a Envelope,
    }
    to_line(&Wire { jsonrpc: "2.0", method: EVENT_METHOD, params: envelope })
}

fn to_line(wire: &impl Serialize) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    serde_json::to_writer(&mut line, wire)
        .expect("strings, numbers and string-keyed maps, written to memory, cannot fail");
    line.push(b'\n');
    line
}

/// What a frontend reads.
#[derive(Debug, Clone)]
pub enum FromDaemon {
    /// The answer to a call.
    Reply(ReplyLine),
    /// An event's envelope, exactly as the daemon wrote it; read it with [`read_envelope`].
    Event(Box<RawValue>),
    /// A notification that this version does not know: to be ignored.
    Other,
}

#[derive(Deserialize)]
struct FromDaemonWire {
    #[serde(default, deserialize_with = "present")]
    id: Option<Id>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<Error>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Option<Box<RawValue>>,
}

impl FromDaemon {
    /// Reads a line of the daemon, with or without its end.
    ///
    /// # Errors
    /// [`Code::Unexpected`] when it is no JSON-RPC line.
    pub fn decode(line: &[u8]) -> Result<Self, Error> {
        let wire: FromDaemonWire = serde_json::from_slice(line).map_err(|error| {
            Error::new(Code::Unexpected, format!("qqd sent a line that is no reply: {error}"))
        })?;
        let id = wire.id.unwrap_or(Id::Null);
        match (wire.method.as_deref(), wire.params, wire.error, wire.result) {
            (Some(EVENT_METHOD), Some(envelope), _, _) => Ok(Self::Event(envelope)),
            (Some(_), ..) => Ok(Self::Other),
            (None, _, Some(error), _) => Ok(Self::Reply(ReplyLine::error(id, error))),
            (None, _, None, Some(result)) => Ok(Self::Reply(ReplyLine { id, result: Ok(result) })),
            (None, _, None, None) => {
                Err(Error::new(Code::Unexpected, "qqd sent a line that is neither reply nor event"))
            }
        }
    }
}

/// Reads an event's envelope.
///
/// # Errors
/// [`Code::Unexpected`] when it is none; an unknown event is no error but [`crate::Event::Unknown`].
pub fn read_envelope(raw: &RawValue) -> Result<Envelope, Error> {
    serde_json::from_str(raw.get())
        .map_err(|error| Error::new(Code::Unexpected, format!("qqd sent an event that is none: {error}")))
}

/// Tells a field that is null from one that is missing.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_in_the_runtime_directory() {
        let path = socket_path_in(Some("/run/user/1000".into())).unwrap();
        assert_eq!(path, Path::new("/run/user/1000/qqd/ipc.sock"));
    }

    #[test]
    fn without_a_runtime_directory_there_is_one_clear_sentence() {
        for missing in [None, Some("".into()), Some("tmp".into())] {
            let error = socket_path_in(missing).unwrap_err();
            assert_eq!(error.code, Code::NoDaemon);
            assert!(error.message.starts_with("XDG_RUNTIME_DIR is not set"), "{error}");
        }
    }

    #[test]
    fn what_the_daemon_sends_is_a_reply_an_event_or_ignored() {
        let decode = |line: &str| FromDaemon::decode(line.as_bytes());
        let reply = decode(r#"{"jsonrpc":"2.0","id":1,"result":null}"#).unwrap();
        assert!(matches!(reply, FromDaemon::Reply(ReplyLine { result: Ok(_), .. })));
        let other = decode(r#"{"jsonrpc":"2.0","method":"later","params":{}}"#).unwrap();
        assert!(matches!(other, FromDaemon::Other));
        for bad in ["", "[]", "{}", r#"{"jsonrpc":"2.0","id":1}"#] {
            assert_eq!(decode(bad).unwrap_err().code, Code::Unexpected, "{bad}");
        }
    }
}
