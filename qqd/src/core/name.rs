//! Names: of accounts, and what a person may write where a friend is meant. Texts of others are cut to a length.

use ipc_schema::account::HOW_TO_COME_IN;
use ipc_schema::{Code, Error};

use super::account::Account;

/// The most characters an account name has.
const MAX: usize = 64;
/// The most characters that are kept of a name, remark or group: as many as a relay takes.
pub(super) const NAME_MAX: usize = 64;
/// The most characters that are kept of a status text, or of the words with a request: as many as a relay takes.
pub(super) const NOTE_MAX: usize = 256;

/// An account name as it is stored and compared, lower-cased; none if `text` is no account name.
pub(super) fn normalise(text: &str) -> Option<String> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let shape = (1..=MAX).contains(&text.len())
        && text.bytes().all(valid)
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    shape.then(|| text.to_ascii_lowercase())
}

/// At most `max` characters of somebody else's text.
pub(super) fn clip(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => text[..at].to_owned(),
        None => text.to_owned(),
    }
}

/// The same on one line and without control characters, for a sentence.
pub(super) fn quote(text: &str) -> String {
    clip(text, 200).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Account {
    /// Oneself, or somebody of the friend list.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.friends.has(name) || self.account.as_ref().is_some_and(|account| account.account == name)
    }

    /// Whom a person means by TO: an account of the friend list, else an exact remark name, else any account name;
    /// `@NAME` is never a remark, `@me` is oneself.
    pub(super) fn resolve(&self, to: &str) -> Result<String, Error> {
        let account = self.account.as_ref().ok_or_else(not_logged_in)?;
        if to.eq_ignore_ascii_case("@me") {
            return Ok(account.account.clone());
        }
        if to.starts_with('#') {
            return Err(Error::new(Code::Unsupported, "rooms are not there yet; name a friend"));
        }
        let name = normalise(to.strip_prefix('@').unwrap_or(to));
        if let Some(name) = name.as_ref().filter(|name| to.starts_with('@') || self.friends.has(name)) {
            return Ok(name.clone());
        }
        let mut remarked = self.friends.remarked(to);
        match (remarked.next(), remarked.next()) {
            (Some(friend), None) => return Ok(friend.to_owned()),
            (Some(one), Some(two)) => return Err(ambiguous(to, one, two)),
            (None, _) => {}
        }
        name.ok_or_else(|| {
            Error::new(
                Code::NotFound,
                format!("{:?} is neither an account nor the remark name of a friend", quote(to)),
            )
            .with_hint("`qqctl friends` lists them")
        })
    }
}

/// Nobody here is called so.
pub(super) fn no_friend(name: &str, unheard: bool) -> Error {
    let mut message = format!("there is no friend called {name}");
    if unheard {
        message.push_str(&format!(", and nothing was said with {name}"));
    }
    Error::new(Code::NotFound, message).with_hint("`qqctl friends` lists them")
}

fn ambiguous(to: &str, one: &str, two: &str) -> Error {
    let to = quote(to);
    Error::new(Code::Ambiguous, format!("{to:?} is the remark name of {one} and of {two}; use the account"))
        .with_field("matches", vec![one, two])
}

/// No account, so nothing to do it with.
pub(super) fn not_logged_in() -> Error {
    Error::new(Code::NotLoggedIn, "nobody is logged in").with_hint(HOW_TO_COME_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_name_is_lower_cased_and_has_safe_characters_only() {
        assert_eq!(normalise("Alice.B_c-9").as_deref(), Some("alice.b_c-9"));
        for bad in ["", ".a", "-a", "_a", "a b", "a@b", "é", "\u{212A}", &"x".repeat(65)] {
            assert_eq!(normalise(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_strangers_text_is_cut_between_characters_and_quoted_on_one_line() {
        assert_eq!(clip("陈雨桐", 2), "陈雨");
        assert_eq!(clip("ab", 2), "ab");
        assert_eq!(quote("a\u{1b}[2J\nb"), "a [2J b");
        assert_eq!(quote(&"x".repeat(1_000)).len(), 200);
    }
}
