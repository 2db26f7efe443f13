//! What the table of methods turns into: `Request`, `METHODS`, and the reading of params with
//! errors that name the field and never repeat its value (it may be a password).

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};

use crate::daemon::{Hello, Subscribe};
use crate::{Code, Error, Request, account};

/// A method's params together with the type of its reply.
pub trait Method: Serialize + DeserializeOwned + Into<Request> {
    /// The method's name on the wire, `chat.send`.
    const NAME: &'static str;
    /// What a successful call replies.
    type Reply: Serialize + DeserializeOwned;
}

/// One row of the table of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodRow {
    /// The name on the wire, `chat.send`.
    pub name: &'static str,
    /// The feature, `chat`; empty for `hello`.
    pub feature: &'static str,
    /// The verb, `send`.
    pub verb: &'static str,
    /// The short form as a command, `send`.
    pub short: Option<&'static str>,
    /// One line about it.
    pub about: &'static str,
    /// Whether `qqctl FEATURE VERB` exists; `hello`, `events.subscribe` and `daemon.view` belong to the connection.
    pub command: bool,
}

/// Makes `Request` and all that follows from the table of methods.
macro_rules! methods {
    (@command command) => { true };
    (@command wire) => { false };
    (@short) => { None };
    (@short $short:literal) => { Some($short) };
    (@augment command $Params:ty, $command:ident) => { <$Params as clap::Args>::augment_args($command) };
    (@augment wire $Params:ty, $command:ident) => { $command };
    (@read command $Params:ty, $matches:ident) => {
        <$Params as clap::FromArgMatches>::from_arg_matches($matches).map(Request::from)
    };
    (@read wire $Params:ty, $matches:ident) => { Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)) };

    ($($(#[doc = $doc:literal])+ $kind:ident $Variant:ident = $($params:ident)::+, $name:literal $(/ $short:literal)? -> $Reply:ty;)*) => {
        /// Everything that a frontend may ask of the daemon. In JSON it is the method's params.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Request {
            $($(#[doc = $doc])+ $Variant($($params)::+),)*
        }

        /// The table of methods, in order of declaration.
        pub const METHODS: &[MethodRow] = &[$(MethodRow {
            name: $name,
            feature: $crate::request::halves($name).0,
            verb: $crate::request::halves($name).1,
            short: methods!(@short $($short)?),
            about: concat!($($doc),+).trim_ascii(),
            command: methods!(@command $kind),
        }),*];

        $(
            impl Method for $($params)::+ {
                const NAME: &'static str = $name;
                type Reply = $Reply;
            }

            impl From<$($params)::+> for Request {
                fn from(params: $($params)::+) -> Self {
                    Self::$Variant(params)
                }
            }
        )*

        impl Request {
            /// The method's name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$Variant(_) => $name,)* }
            }

            /// Reads a method's params; missing ones (or null) are `{}`, unknown fields are ignored.
            ///
            /// # Errors
            /// [`Code::UnknownMethod`]; [`Code::BadParams`] with a sentence and a field `field` that name what is wrong.
            pub fn parse(method: &str, params: Option<&serde_json::value::RawValue>) -> Result<Self, Error> {
                match method {
                    $($name => $crate::request::read::<$($params)::+>($name, params).map(Self::$Variant),)*
                    _ => Err($crate::request::unknown_method(method)),
                }
            }
        }

        impl serde::Serialize for Request {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$Variant(params) => params.serialize(serializer),)* }
            }
        }

        /// Adds the arguments of a method to a command.
        #[cfg(feature = "cli")]
        pub(crate) fn augment(name: &str, command: clap::Command) -> clap::Command {
            match name {
                $($name => methods!(@augment $kind $($params)::+, command),)*
                _ => command,
            }
        }

        /// Reads the params of a method from a command's matches.
        #[cfg(feature = "cli")]
        pub(crate) fn from_matches(name: &str, matches: &clap::ArgMatches) -> Result<Request, clap::Error> {
            match name {
                $($name => methods!(@read $kind $($params)::+, matches),)*
                _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
            }
        }

        /// The JSON Schemas of each method's params and reply, in order of declaration.
        #[cfg(feature = "schema")]
        pub(crate) fn schemas(
            params: &mut schemars::SchemaGenerator,
            replies: &mut schemars::SchemaGenerator,
        ) -> Vec<(serde_json::Value, serde_json::Value)> {
            vec![$((
                params.subschema_for::<$($params)::+>().to_value(),
                replies.subschema_for::<$Reply>().to_value(),
            )),*]
        }
    };
}

pub(crate) use methods;

/// A request together with whose it is: what a line to the daemon asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which account is meant: its local name, or its own word while only one is called so. None: the only one that is
    /// logged in. Always none for a method that does not take it ([`MethodRow::takes_account`]).
    pub account: Option<String>,
    /// What is asked.
    pub request: Request,
}

impl Call {
    /// Reads a method's params and the `account` beside them.
    ///
    /// # Errors
    /// As [`Request::parse`].
    pub fn parse(method: &str, params: Option<&RawValue>) -> Result<Self, Error> {
        let request = Request::parse(method, params)?;
        let account = if takes_account(method) { read::<Whose>(method, params)?.account } else { None };
        Ok(Self { account, request })
    }
}

impl<R: Into<Request>> From<R> for Call {
    fn from(request: R) -> Self {
        Self { account: None, request: request.into() }
    }
}

/// The part of the params that says whose they are.
#[derive(Serialize, serde::Deserialize)]
struct Whose {
    #[serde(default)]
    account: Option<String>,
}

/// A method's params with the account that they are for.
#[cfg(feature = "client")]
#[derive(Serialize)]
pub(crate) struct Addressed<'a, P> {
    pub(crate) account: &'a str,
    #[serde(flatten)]
    pub(crate) params: &'a P,
}

/// Methods of the connection, and those whose own params name the account.
const WITHOUT_ACCOUNT: [&str; 6] = [
    Hello::NAME,
    Subscribe::NAME,
    account::Join::NAME,
    account::Register::NAME,
    account::Login::NAME,
    account::Logout::NAME,
];

pub(crate) fn takes_account(method: &str) -> bool {
    !WITHOUT_ACCOUNT.contains(&method)
}

impl MethodRow {
    /// Whether the method takes the common param `account`: all do but `hello`, `events.subscribe`, and those whose own
    /// params name the account (`account.join`, `account.register`, `account.login`, `account.logout`).
    pub fn takes_account(&self) -> bool {
        takes_account(self.name)
    }
}

impl Request {
    /// The same as [`Request::parse`] for params that are a [`Value`] already.
    ///
    /// # Errors
    /// As [`Request::parse`].
    pub fn parse_value(method: &str, params: Option<Value>) -> Result<Self, Error> {
        let raw = params.map(|params| serde_json::value::to_raw_value(&params)).transpose();
        let raw = raw.map_err(|error| Error::new(Code::BadParams, error.to_string()))?;
        Self::parse(method, raw.as_deref())
    }
}

/// Feature and verb of a name; a name without a dot is a verb.
pub(crate) const fn halves(name: &'static str) -> (&'static str, &'static str) {
    let mut at = 0;
    while at < name.len() {
        if name.as_bytes()[at] == b'.' {
            let (feature, rest) = name.split_at(at);
            return (feature, rest.split_at(1).1);
        }
        at += 1;
    }
    ("", name)
}

pub(crate) fn unknown_method(method: &str) -> Error {
    let shown: String = method.chars().take(64).collect();
    Error::new(Code::UnknownMethod, format!("there is no method {shown:?}"))
        .with_hint("`qqctl schema` lists the methods of this version")
}

pub(crate) fn read<P: DeserializeOwned>(method: &str, params: Option<&RawValue>) -> Result<P, Error> {
    let text = match params.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(text) => text,
    };
    if !text.starts_with('{') {
        return Err(bad(format!("the params of {method} must be an object with named fields"), None));
    }
    serde_json::from_str(text).map_err(|error| explain::<P>(method, text, &error))
}

/// Says which field is wrong and what was expected, without repeating the value.
fn explain<P: DeserializeOwned>(method: &str, text: &str, error: &serde_json::Error) -> Error {
    let said = error.to_string();
    if let Some(field) = quoted(&said, "missing field `") {
        return bad(format!("{method} needs `{field}`"), Some(field));
    }
    if let Some(field) = quoted(&said, "duplicate field `") {
        return bad(format!("`{field}` of {method} is given twice"), Some(field));
    }
    // Each field on its own: the one that fails for another reason than the missing others is it.
    let fields: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    for (field, value) in fields {
        let alone = Value::Object(Map::from_iter([(field.clone(), value)]));
        if let Err(error) = P::deserialize(alone) {
            let said = error.to_string();
            if !said.starts_with("missing field") {
                let expected = match said.rsplit_once("expected ").map_or("", |(_, what)| what) {
                    "u16" | "u32" | "u64" => "a whole number, 0 or more",
                    "" => "something else",
                    what => what,
                };
                return bad(format!("`{field}` of {method} must be {expected}"), Some(&field));
            }
        }
    }
    bad(format!("the params of {method} cannot be read"), None)
}

fn quoted<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.strip_prefix(before)?.split('`').next()
}

fn bad(message: String, field: Option<&str>) -> Error {
    let error = Error::new(Code::BadParams, message);
    match field {
        Some(field) => error.with_field("field", field),
        None => error,
    }
}
