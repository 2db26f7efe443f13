//! The configuration file: one table of keys, from which come reading, checking, the defaults and what
//! `relay-server config` prints. Unknown keys and bad values are refused with their line.

mod kind;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kind::{Address, AddressOrOff, Bytes, Count, Flag, Kind, LogLevel, PathOrNone, Time, Who};
use toml::de::{DeTable, DeValue};

pub use kind::Registration;
pub(crate) use kind::{address, address_or_off};

use crate::core::Limits;

/// The port that clients try when none is named.
pub const PORT: u16 = 5290;

/// Why a configuration is not taken: one sentence that says where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path:?} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        why: std::io::Error,
    },
    /// The file is no TOML.
    #[error("line {line}: this is no TOML: {text}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        text: String,
    },
    /// Nobody knows this key.
    #[error("line {line}: there is no key `{key}`; `relay-server config` prints them all")]
    UnknownKey {
        /// As the file spells it, escaped.
        key: String,
        /// Counted from 1.
        line: usize,
    },
    /// The value does not fit its key.
    #[error("line {line}: `{key}` must be {wanted}")]
    BadValue {
        /// Which key.
        key: &'static str,
        /// Counted from 1.
        line: usize,
        /// What would fit.
        wanted: String,
    },
    /// Two values do not go together.
    #[error("{0}")]
    Contradiction(String),
    /// The file where it stands: `relay.toml, line 1: …`.
    #[error("{}{}{why}", .path.display(), if matches!(**.why, Self::Contradiction(_)) { ": " } else { ", " })]
    In {
        /// Which file.
        path: PathBuf,
        /// What is wrong in it.
        why: Box<Self>,
    },
}

impl ConfigError {
    /// The same, with the name of the file that it stands in.
    pub fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Unreadable { .. } | Self::In { .. } => self,
            Self::Syntax { .. }
            | Self::UnknownKey { .. }
            | Self::BadValue { .. }
            | Self::Contradiction(_) => Self::In { path: path.to_owned(), why: Box::new(self) },
        }
    }
}

/// One row of the table.
struct Key {
    name: &'static str,
    says: &'static str,
    read: fn(&mut Config, &DeValue<'_>) -> Result<(), String>,
    show: fn(&Config) -> String,
}

macro_rules! keys {
    ($($name:ident: $Type:ty = $default:expr, $kind:expr, $says:literal;)*) => {
        /// Every setting of the relay; [`Config::default`] is what runs without a file.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Config {
            $(#[doc = $says] pub $name: $Type,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            says: $says,
            read: |config, value| {
                config.$name = $kind.read(value)?;
                Ok(())
            },
            show: |config| $kind.show(&config.$name),
        },)*];
    };
}

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const MILLI: Duration = Duration::from_millis(1);

keys! {
    listen: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT), Address,
        "Where clients connect with TLS; port 0 takes a free one.";
    listen_plain: Option<SocketAddr> = None, AddressOrOff,
        "Where clients connect without encryption, or \"off\".";
    allow_plaintext: bool = false, Flag,
        "Whether listen_plain may be an address that other machines reach.";
    tls_cert: Option<PathBuf> = None, PathOrNone,
        "Certificate chain, PEM; empty: a self-signed one is made in the data directory.";
    tls_key: Option<PathBuf> = None, PathOrNone,
        "Private key of tls_cert, PEM.";
    log: tracing::Level = tracing::Level::INFO, LogLevel,
        "What is logged on standard error: error, warn, info, debug or trace.";
    registration: Registration = Registration::Invite, Who,
        "Who may make an account: \"invite\", whoever has an invitation; \"open\", whoever comes.";

    stanza_before_login: usize = 4 * KIB, Bytes(256, MIB),
        "Longest stanza before the login.";
    stanza_max: usize = 256 * KIB, Bytes(4 * KIB, 16 * MIB),
        "Longest stanza after the login.";
    content_max: usize = 16_384, Count(1, 1_000_000),
        "Longest text of a chat, in Unicode characters.";
    login_deadline: Duration = 15 * SECOND, Time(MILLI, HOUR),
        "From the connection, TLS included, or the last failed login, to a login.";
    stanza_deadline: Duration = 10 * SECOND, Time(MILLI, HOUR),
        "From a stanza's first byte to its last, and 1s more for each 4KiB received.";
    idle_max: Duration = 75 * SECOND, Time(100 * MILLI, 24 * HOUR),
        "Full dialect: silence after which a connection is dead; pinged after two fifths of it.";
    unauthenticated_per_address: usize = 512, Count(1, 1_000_000),
        "Connections without a login from one address; beyond it the oldest of them is closed.";
    unauthenticated_max: usize = 4_096, Count(1, 1_000_000),
        "Connections without a login in all; beyond it the oldest of the busiest address is closed.";
    output_max: usize = MIB, Bytes(64 * KIB, 64 * MIB),
        "Unsent bytes of a connection; over a sixteenth of it typing and shakes are dropped.";
    output_deadline: Duration = 30 * SECOND, Time(10 * MILLI, HOUR),
        "A connection whose peer takes no byte for so long is closed.";
    sessions_max: usize = 0, Count(0, 10_000_000),
        "Connections in all; 0: as many as the limit of open files allows.";

    password_checks: usize = 0, Count(0, 1_024),
        "Passwords checked at once, 19MiB of memory each; 0: as many as there are cores.";
    password_waiting: usize = 256, Count(1, 65_536),
        "Password checks that may wait, shared fairly among addresses.";
    password_wait: Duration = 5 * SECOND, Time(MILLI, HOUR),
        "A password check that waited so long is answered `busy`.";
    failed_logins: u32 = 5, Count(1, 1_000_000),
        "Wrong passwords per account and address before each further one must wait.";
    failed_logins_per_address: u32 = 30, Count(1, 1_000_000),
        "Wrong passwords a minute from one address (IPv6: one /64).";
    failed_logins_per_account: u32 = 100, Count(1, 1_000_000),
        "Wrong passwords an hour for one account; after that only known networks may try.";
    token_logins_per_address: u32 = 600, Count(1, 1_000_000),
        "Logins with a device's token a minute from one address.";
    registrations_per_address: u32 = 10, Count(1, 1_000_000),
        "Accounts asked for a minute from one address.";

    chats_per_second: u32 = 50, Count(1, 1_000_000),
        "Chats a second of one account, sustained.";
    chats_burst: u32 = 200, Count(1, 1_000_000),
        "Chats of one account at once.";
    typing_per_second: u32 = 5, Count(1, 1_000_000),
        "How often a second one account tells another that it writes, sustained; what is over it is dropped.";
    typing_burst: u32 = 10, Count(1, 1_000_000),
        "The same at once.";
    marks_per_second: u32 = 200, Count(1, 1_000_000),
        "Conversations a second that one account says it has or has read, sustained; beyond it is slowed.";
    marks_burst: u32 = 2_000, Count(1, 1_000_000),
        "The same at once.";
    shake_interval: Duration = 10 * SECOND, Time(Duration::ZERO, HOUR),
        "Between two shakes of one pair.";
    friends: u32 = 5_000, Count(1, 1_000_000),
        "Friends of an account, and accounts that it blocks.";
    strangers: u32 = 500, Count(1, 1_000_000),
        "Strangers in an account's list; the oldest is dropped.";
    groups: u32 = 64, Count(1, 10_000),
        "Friend groups of an account.";
    devices: u32 = 32, Count(1, 10_000),
        "Devices of an account; the one unseen longest, over 30 days, gives way.";
    requests_per_day: u32 = 20, Count(1, 100_000),
        "Friend requests of an account in 24 hours.";
}

impl Config {
    /// Reads a file; what it does not say stays at its default.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads a file's text. [`Config::check`] is the caller's, once its flags are in.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let line_of =
            |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1;
        let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            line: line_of(error.span().map_or(0, |span| span.start)),
            text: error.message().escape_debug().to_string(),
        })?;
        let mut config = Self::default();
        let mut rows: Vec<_> = table.get_ref().iter().collect();
        rows.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in rows {
            let line = line_of(name.span().start);
            let Some(key) = KEYS.iter().find(|key| key.name == name.get_ref().as_ref()) else {
                return Err(ConfigError::UnknownKey { key: name.get_ref().escape_debug().to_string(), line });
            };
            (key.read)(&mut config, value.get_ref()).map_err(|wanted| ConfigError::BadValue {
                key: key.name,
                line,
                wanted,
            })?;
        }
        Ok(config)
    }

    /// What no single key can tell.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |text: String| Err(ConfigError::Contradiction(text));
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return wrong("`tls_cert` and `tls_key` go together: give both or neither".to_owned());
        }
        if self.stanza_before_login > self.stanza_max {
            return wrong("`stanza_before_login` must not be over `stanza_max`".to_owned());
        }
        match self.listen_plain {
            Some(address) if !address.ip().to_canonical().is_loopback() && !self.allow_plaintext => {
                wrong(format!(
                    "{address} would let others read passwords on the way: listen on a loopback address without \
                 encryption, or set `allow_plaintext = true` in the configuration file"
                ))
            }
            Some(address) if address == self.listen && address.port() != 0 => {
                wrong(format!("TLS and plain text cannot both listen on {address}"))
            }
            _ => Ok(()),
        }
    }

    /// All keys with their values and one line each: a valid configuration file.
    pub fn print(&self) -> String {
        let mut text = String::from(
            "# The server's configuration, as it is without a file (relay-server serve --config FILE).\n",
        );
        if *self != Self::default() {
            text = String::from("# The server's configuration.\n");
        }
        for key in KEYS {
            text.push_str(&format!("\n# {}\n{} = {}\n", key.says, key.name, (key.show)(self)));
        }
        text
    }

    /// The part that the core keeps.
    pub fn limits(&self) -> Limits {
        Limits {
            content_max: self.content_max,
            chats_per_second: self.chats_per_second,
            chats_burst: self.chats_burst,
            typing_per_second: self.typing_per_second,
            typing_burst: self.typing_burst,
            marks_per_second: self.marks_per_second,
            marks_burst: self.marks_burst,
            shake_interval: self.shake_interval,
            friends: self.friends,
            strangers: self.strangers,
            groups: self.groups,
            requests_per_day: self.requests_per_day,
            devices: self.devices,
            failed_logins: self.failed_logins,
            failed_logins_per_address: self.failed_logins_per_address,
            failed_logins_per_account: self.failed_logins_per_account,
            token_logins_per_address: self.token_logins_per_address,
            registrations_per_address: self.registrations_per_address,
            open_registration: self.registration == Registration::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_config_prints_is_a_valid_file_that_says_the_same() {
        let config = Config::default();
        assert_eq!(Config::parse(&config.print()).unwrap(), config);
        let changed = Config {
            listen: "[::1]:7".parse().unwrap(),
            listen_plain: Some("127.0.0.1:0".parse().unwrap()),
            allow_plaintext: true,
            tls_cert: Some("/a b/\"c\".pem".into()),
            tls_key: Some("/key.pem".into()),
            log: tracing::Level::DEBUG,
            registration: Registration::Open,
            login_deadline: Duration::from_millis(1_500),
            idle_max: Duration::from_secs(120),
            output_max: 3 * MIB,
            content_max: 7,
            ..Config::default()
        };
        assert_eq!(Config::parse(&changed.print()).unwrap(), changed);
    }

    #[test]
    fn every_key_is_explained_on_one_line() {
        let text = Config::default().print();
        for key in KEYS {
            assert!(text.contains(&format!("\n# {}\n{} = ", key.says, key.name)), "{}", key.name);
            assert!(
                key.says.ends_with('.') && !key.says.contains('\n') && key.says.len() < 100,
                "{}",
                key.says
            );
        }
        assert!(text.contains("login_deadline = \"15s\""), "{text}");
        assert!(text.contains("stanza_max = \"256KiB\""), "{text}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_name_and_line() {
        let refused =
            Config::parse("listen = \"127.0.0.1:1\"\n\n# x\nlogin_dealine = \"15s\"\n").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "line 4: there is no key `login_dealine`; `relay-server config` prints them all"
        );
        assert!(
            Config::parse("[limits]\nfriends = 3\n").unwrap_err().to_string().contains("no key `limits`")
        );
        let nasty = Config::parse("\"a\\u001b[31m\" = 1").unwrap_err().to_string();
        assert!(!nasty.contains('\u{1b}'), "{nasty:?}");
    }

    #[test]
    fn a_bad_value_is_refused_with_what_would_be_right() {
        for (text, wanted) in [
            ("login_deadline = 15", "`login_deadline` must be a time from 1ms to 1h, such as \"10s\""),
            ("login_deadline = \"15 parsecs\"", "a time from 1ms to 1h"),
            ("login_deadline = \"2h\"", "a time from 1ms to 1h"),
            ("stanza_max = \"1KiB\"", "`stanza_max` must be a size from 4KiB to 16MiB, such as \"64KiB\""),
            ("friends = 0", "`friends` must be a number from 1 to 1000000"),
            ("friends = -1", "a number from 1"),
            ("friends = 99999999999999999999", "a number from 1"),
            ("friends = \"many\"", "a number from 1"),
            ("listen = \"localhost\"", "an address and a port"),
            ("allow_plaintext = \"yes\"", "true or false"),
            ("log = \"loud\"", "one of"),
            ("registration = \"closed\"", "`registration` must be \"invite\" or \"open\""),
        ] {
            let refused = Config::parse(text).unwrap_err().to_string();
            assert!(refused.starts_with("line 1: ") && refused.contains(wanted), "{text}: {refused}");
        }
        assert!(Config::parse("friends = 1\nlisten == 3").unwrap_err().to_string().starts_with("line 2: "));
    }

    #[test]
    fn plain_text_beyond_loopback_needs_to_be_allowed() {
        let plain = |address: &str, allow_plaintext| Config {
            listen_plain: Some(address.parse().unwrap()),
            allow_plaintext,
            ..Config::default()
        };
        assert!(plain("127.0.0.1:5291", false).check().is_ok());
        assert!(plain("[::1]:5291", false).check().is_ok());
        assert!(plain("[::ffff:127.0.0.1]:5291", false).check().is_ok());
        for open in ["0.0.0.0:5291", "192.0.2.1:5291", "[::]:5291"] {
            let refused = plain(open, false).check().unwrap_err().to_string();
            assert!(refused.contains("allow_plaintext"), "{refused}");
            assert!(plain(open, true).check().is_ok());
        }
        assert!(plain("0.0.0.0:5290", true).check().is_err());
        assert!(Config { tls_key: Some("/k".into()), ..Config::default() }.check().is_err());
    }
}
