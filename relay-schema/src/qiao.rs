//! `qiao://` links: how an invitation, or one's own next device, finds the relay, trusts it and proves itself, in one
//! line that fits into a chat or a QR code.
//!
//! ```text
//! qiao://ADDRESS[,ADDRESS…]/i/CODE#PIN      an invitation: whoever has it makes an account (`register`)
//! qiao://ADDRESS[,ADDRESS…]/d/CODE#PIN      a device of an account that is there (`login` with `<code>`)
//! ```
//!
//! - `ADDRESS` is `HOST:PORT`, an IPv6 address in brackets; 1 to 16 of them, all of the same relay: they may be tried at
//!   once, and the first that answers with the right key is taken.
//! - `CODE` of an invitation is 128 random bits in 26 characters of Crockford's base 32, lower case; of a device it is
//!   `ACCOUNT.SECRET`, the secret of the same form: the account's name stands before the last dot.
//! - `PIN` is the SHA-256 of the relay's SubjectPublicKeyInfo (RFC 5280) in base64url without padding: the same 32 bytes
//!   as in a fingerprint `SHA256:HEX`. Without `#PIN` the certificate is one that systems trust, or has to be trusted in
//!   some other way.
//! - A link has at most 1,024 bytes, all of them ASCII. White space around it is no part of it; scheme, host and code are
//!   read without regard to case.
//!
//! ```
//! use relay_schema::qiao::{Kind, Link};
//!
//! let text = "qiao://192.168.1.5:5290,[2001:db8::5]:5290/i/3v9kq2m8xw4t7ryz0acdefgh1j";
//! let link: Link = text.parse()?;
//! assert_eq!((link.kind, link.places.len()), (Kind::Invite, 2));
//! assert_eq!(link.places[1].to_string(), "[2001:db8::5]:5290");
//! assert_eq!(link.to_string(), text);
//! # Ok::<(), relay_schema::qiao::NoLink>(())
//! ```

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Secret;

/// The scheme, as it stands in front.
pub const SCHEME: &str = "qiao://";
/// The most bytes of a link.
pub const LINK_MAX: usize = 1_024;
/// The most addresses of a link.
pub const PLACES_MAX: usize = 16;
/// The characters of a secret: 128 bits, five a character.
pub const SECRET_LEN: usize = 26;

/// The most characters of a host's name (RFC 1035) and of an account's.
const HOST_MAX: usize = 253;
const ACCOUNT_MAX: usize = 64;
/// Crockford's base 32: no i, l, o, u.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `i`: makes an account.
    Invite,
    /// `d`: logs a device into an account that is there.
    Device,
}

impl Kind {
    fn letter(self) -> &'static str {
        match self {
            Self::Invite => "i",
            Self::Device => "d",
        }
    }
}

/// Where a relay listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// A name, an IPv4 address, or an IPv6 address without its brackets; lower case.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

/// What the relay's key must be: SHA-256 of its SubjectPublicKeyInfo.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

/// A `qiao://` link. What it writes is what it reads; `Debug` does not show the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is for.
    pub kind: Kind,
    /// Where the relay is; 1 to [`PLACES_MAX`].
    pub places: Vec<Place>,
    /// The code, of the form that the kind has.
    pub code: Secret,
    /// What the relay's key must be.
    pub pin: Option<Pin>,
}

/// Why a text is no link. Each is a sentence for a person, and none holds a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoLink {
    /// Another scheme, or none.
    #[error("that is not one of our links: they begin with qiao://")]
    Scheme,
    /// Over [`LINK_MAX`], or with characters that no link has.
    #[error("that is not one link: it has at most 1,024 characters, and no spaces among them")]
    Shape,
    /// No address, too many, or a bad one.
    #[error("the link's addresses are not HOST:PORT, 1 to 16 of them")]
    Place,
    /// Neither `/i/` nor `/d/`.
    #[error("the link says neither /i/ (an invitation) nor /d/ (a device)")]
    Kind,
    /// The code has another form.
    #[error("the link's code is not whole; copy the link again")]
    Code,
    /// The pin has another form.
    #[error("the link's end, the key of the server, is not whole; copy the link again")]
    Pin,
}

impl NoLink {
    /// The same as a word, for a program that says it in another language.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scheme => "link-scheme",
            Self::Shape => "link-shape",
            Self::Place => "link-place",
            Self::Kind => "link-kind",
            Self::Code => "link-code",
            Self::Pin => "link-pin",
        }
    }
}

impl Link {
    /// Of a device's link: the account's name.
    pub fn account(&self) -> Option<&str> {
        match self.kind {
            Kind::Invite => None,
            Kind::Device => device_code(self.code.expose()).map(|(account, _)| account),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        for (at, place) in self.places.iter().enumerate() {
            write!(f, "{}{place}", if at == 0 { "" } else { "," })?;
        }
        write!(f, "/{}/{}", self.kind.letter(), self.code.expose())?;
        self.pin.map_or(Ok(()), |pin| write!(f, "#{pin}"))
    }
}

impl FromStr for Link {
    type Err = NoLink;

    fn from_str(text: &str) -> Result<Self, NoLink> {
        let text = text.trim();
        let scheme = text.get(..SCHEME.len()).ok_or(NoLink::Scheme)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(NoLink::Scheme);
        }
        if text.len() > LINK_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(NoLink::Shape);
        }
        let rest = &text[SCHEME.len()..];
        let (rest, pin) = match rest.split_once('#') {
            Some((rest, pin)) => (rest, Some(pin.parse()?)),
            None => (rest, None),
        };
        let (places, path) = rest.split_once('/').ok_or(NoLink::Kind)?;
        let (kind, code) = path.split_once('/').ok_or(NoLink::Kind)?;
        if places.split(',').count() > PLACES_MAX {
            return Err(NoLink::Place);
        }
        let places = places.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let (kind, code) = match kind {
            "i" => (Kind::Invite, canonical(code)),
            "d" => (Kind::Device, canonical_device(code)),
            _ => return Err(NoLink::Kind),
        };
        Ok(Self { kind, places, code: Secret::new(code.ok_or(NoLink::Code)?), pin })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl FromStr for Place {
    type Err = NoLink;

    fn from_str(text: &str) -> Result<Self, NoLink> {
        let (host, port) = text.rsplit_once(':').ok_or(NoLink::Place)?;
        let digits = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0).ok_or(NoLink::Place)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(v6) => v6.parse::<Ipv6Addr>().map_err(|_| NoLink::Place)?.to_string(),
            None if is_host(host) => host.to_ascii_lowercase(),
            None => return Err(NoLink::Place),
        };
        Ok(Self { host, port })
    }
}

/// A name or an IPv4 address; that a name leads somewhere is for the resolver to find out.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    (1..=HOST_MAX).contains(&text.len()) && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

impl FromStr for Pin {
    type Err = NoLink;

    fn from_str(text: &str) -> Result<Self, NoLink> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoLink::Pin)?;
        bytes.try_into().map(Self).map_err(|_| NoLink::Pin)
    }
}

/// 128 random bits as a secret of a link.
pub fn secret(random: [u8; 16]) -> Secret {
    let bits = u128::from_be_bytes(random);
    let digit = |at: usize| char::from(DIGITS[(bits >> (5 * at) & 31) as usize]);
    Secret::new((0..SECRET_LEN).rev().map(digit).collect())
}

/// An invitation's code as it was written first: lower case, and what is easily taken for another character (`O` for 0,
/// `I` and `L` for 1) put right. None if it cannot be one.
pub fn canonical(code: &str) -> Option<String> {
    if code.len() != SECRET_LEN {
        return None;
    }
    let text: String = code
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    // 130 bits have room for two that are never set.
    let whole = text.bytes().all(|b| DIGITS.contains(&b)) && text.as_bytes()[0] <= b'7';
    whole.then_some(text)
}

/// A device's code, taken apart at its last dot: the account's name and the secret.
pub fn device_code(code: &str) -> Option<(&str, &str)> {
    let (account, secret) = code.rsplit_once('.')?;
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let valid = (1..=ACCOUNT_MAX).contains(&account.len()) && account.bytes().all(name);
    (valid && secret.len() == SECRET_LEN).then_some((account, secret))
}

fn canonical_device(code: &str) -> Option<String> {
    let (account, secret) = device_code(code)?;
    Some(format!("{}.{}", account.to_ascii_lowercase(), canonical(secret)?))
}
