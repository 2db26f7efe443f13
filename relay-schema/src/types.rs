//! Values with a shape of their own: identifiers, secrets, opaque bodies.
//!
//! None of them can hold what the wire would refuse, and none prints a secret.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

/// The name of one request or message: 1 to 64 of `[A-Za-z0-9_-]`; senders put 128 random bits into it.
///
/// The default is `0`, a placeholder that lets stanzas have a default.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// The most characters an identifier has.
    pub const MAX: usize = 64;

    /// Takes `text` if it has the shape of an identifier.
    pub fn new(text: &str) -> Option<Self> {
        Self::is_valid(text).then(|| Self(text.to_owned()))
    }

    /// The identifier as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_valid(text: &str) -> bool {
        (1..=Self::MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    }
}

impl Default for Id {
    fn default() -> Self {
        Self("0".to_owned())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A text that is no [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 64 of A-Z, a-z, 0-9, _ and -")]
pub struct NoId;

impl FromStr for Id {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        Self::new(text).ok_or(NoId)
    }
}

/// A password or token: it is wiped from memory when dropped, and no formatting shows it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the secret over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, to be checked or written to the peer, never to a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Opaque bytes, on the wire as base64 (RFC 4648 section 4, padded, without line breaks).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Body(pub Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    //! What the types take, and what they print.

    use super::*;

    #[test]
    fn an_id_has_only_safe_characters_and_at_most_64() {
        let longest = "x".repeat(64);
        for good in ["a", "0", "-", "_", "AZaz09_-", &longest] {
            assert_eq!(Id::new(good).unwrap().as_str(), good);
        }
        let too_long = "x".repeat(65);
        for bad in ["", " a", "a b", "é", "a.b", "a\n", &too_long] {
            assert_eq!(Id::new(bad), None, "{bad:?}");
        }
        assert!(Id::new(Id::default().as_str()).is_some());
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("p2".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "p2");
    }

    #[test]
    fn a_body_prints_its_length_only() {
        assert_eq!(format!("{:?}", Body(vec![1, 2, 3])), "Body(3 bytes)");
    }
}
