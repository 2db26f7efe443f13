//! Account names: `[a-z0-9][a-z0-9._-]{0,63}`, read without regard to case.

/// The most characters an account name has.
const MAX: usize = 64;

/// The most characters of a shown name.
pub const SHOWN_MAX: usize = 64;

/// Names that no account may have: the relay's own.
const RESERVED: [&str; 5] = ["admin", "me", "relay", "root", "system"];

/// An account name as it is stored and compared, lower-cased; none if `text` is no account name.
pub fn normalise(text: &str) -> Option<String> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let shape = (1..=MAX).contains(&text.len())
        && text.bytes().all(valid)
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    shape.then(|| text.to_ascii_lowercase())
}

/// A shown name without the white space around it; none if it is too long, or holds what is not seen or what a terminal
/// would obey. It may be empty.
pub fn shown(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.chars().count() <= SHOWN_MAX && text.chars().all(crate::log::is_inert);
    fits.then(|| text.to_owned())
}

/// Whether a normalised name is kept for the relay itself: no account may be made with it.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Whether `text` names the account whose normalised name is `name`.
pub(super) fn is(text: &str, name: &str) -> bool {
    text.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_is_lower_cased_and_has_safe_characters_only() {
        assert_eq!(normalise("Alice.B_c-9").as_deref(), Some("alice.b_c-9"));
        assert_eq!(normalise("10001").as_deref(), Some("10001"));
        let longest = "x".repeat(64);
        assert_eq!(normalise(&longest), Some(longest.clone()));
        for bad in ["", ".a", "-a", "_a", "a b", "a@b", "é", "a/..", "\u{212A}", &"x".repeat(65)] {
            assert_eq!(normalise(bad), None, "{bad:?}");
        }
        assert!(is_reserved("root") && !is_reserved("10001"));
    }
}
