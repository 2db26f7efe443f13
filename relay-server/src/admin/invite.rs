//! What the administrator asks about invitations, as the store carries it out.

use serde::{Deserialize, Serialize};

use super::{Code, Trouble, known_name, new_name};
use crate::core::op::{CodeHash, InviteKey, InviteOp};

/// Members of a circle, and friends that an invitation names, at most.
const PEOPLE_MAX: usize = 64;
/// Accounts that one invitation makes, at most.
const USES_MAX: u32 = 100_000;

/// SHA-256 of a code, in lower-case hex: the code itself never comes here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// The 32 bytes, if it is what it should be.
    pub fn bytes(&self) -> Option<[u8; 32]> {
        let digit = |at: usize| self.0.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        let bytes: Option<Vec<u8>> = (0..32).map(|at| digit(2 * at)).collect();
        let digits = self.0.len() == 64 && self.0.bytes().all(|b| b.is_ascii_hexdigit());
        bytes.filter(|_| digits)?.try_into().ok()
    }

    pub(super) fn hash(&self) -> Result<CodeHash, Trouble> {
        let wrong = || Trouble::new(Code::Usage, "that is no SHA-256 of a code");
        self.bytes().map(CodeHash).ok_or_else(wrong)
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// How an invitation is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// As `invite list` shows it.
    Id(String),
    /// By its code.
    Code(Digest),
    /// All open ones that are for this account.
    Name(String),
}

impl Named {
    pub(super) fn key(&self) -> Result<InviteKey, Trouble> {
        Ok(match self {
            Self::Id(id) => InviteKey::Short(id.clone()),
            Self::Code(code) => InviteKey::Code(code.hash()?),
            Self::Name(name) => InviteKey::Name(known_name(name)?),
        })
    }
}

/// One invitation.
pub(super) fn create(
    code: &Digest,
    name: Option<&str>,
    uses: u32,
    expires_ms: Option<i64>,
    friends: Vec<String>,
    now_ms: i64,
) -> Result<InviteOp, Trouble> {
    let usage = |text: String| Err(Trouble::new(Code::Usage, text));
    if !(1..=USES_MAX).contains(&uses) {
        return usage(format!("an invitation is for 1 to {USES_MAX} accounts"));
    }
    if name.is_some() && uses != 1 {
        return usage(
            "an invitation for one name makes one account: leave out the name or --uses".to_owned(),
        );
    }
    Ok(InviteOp::Create {
        code: code.hash()?,
        name: name.map(new_name).transpose()?,
        uses,
        expires_ms,
        friends: few(friends)?.iter().map(|name| known_name(name)).collect::<Result<_, _>>()?,
        now_ms,
    })
}

/// One for each of these people. A name that stands there twice counts once.
pub(super) fn circle(
    members: Vec<(String, Digest)>,
    expires_ms: i64,
    now_ms: i64,
) -> Result<InviteOp, Trouble> {
    let mut seats: Vec<(String, CodeHash)> = Vec::new();
    for (name, code) in few(members)? {
        let seat = (new_name(&name)?, code.hash()?);
        if seats.iter().all(|(other, _)| *other != seat.0) {
            seats.push(seat);
        }
    }
    Ok(InviteOp::Circle { members: seats, expires_ms, now_ms })
}

fn few<T>(people: Vec<T>) -> Result<Vec<T>, Trouble> {
    if people.len() <= PEOPLE_MAX {
        return Ok(people);
    }
    Err(Trouble::new(Code::Usage, format!("at most {PEOPLE_MAX} names at once")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_sha_256_is_taken_for_one() {
        let whole = Digest::from([0xA5; 32]);
        assert_eq!(whole.0, "a5".repeat(32));
        assert_eq!(whole.hash().unwrap(), CodeHash([0xA5; 32]));
        for bad in [
            "",
            "a5",
            &"a5".repeat(31),
            &"a5".repeat(33),
            &"g5".repeat(32),
            &"é".repeat(32),
            &"+5".repeat(32),
        ] {
            assert_eq!(Digest(bad.to_owned()).hash().unwrap_err().code, Code::Usage, "{bad}");
        }
    }

    #[test]
    fn a_circle_has_each_name_once_and_not_too_many() {
        let member = |name: &str| (name.to_owned(), Digest::from([1; 32]));
        let op = circle(vec![member("Bob"), member("alice"), member("bob")], 9, 5).unwrap();
        let InviteOp::Circle { members, .. } = op else { panic!() };
        assert_eq!(members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["bob", "alice"]);
        let many = (0..65).map(|n| member(&format!("a{n}"))).collect();
        assert_eq!(circle(many, 9, 5).unwrap_err().code, Code::Usage);
    }
}
