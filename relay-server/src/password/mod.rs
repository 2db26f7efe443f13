//! Passwords: preparation (RFC 8265 OpaqueString), Argon2id in PHC strings (RFC 9106), and the pool of threads that
//! checks them. No password is ever formatted, logged or kept.

mod pool;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use relay_schema::Secret;
use subtle::ConstantTimeEq;

pub use pool::{Pool, Settings};

/// The longest password, in bytes after preparation.
pub const LONGEST: usize = 1_024;

/// Stored parameters beyond this (KiB) are not ours: such a hash matches nothing, and costs nothing.
const MEMORY_CEILING: u32 = 256 * 1_024;

const SALT: usize = 16;
const OUTPUT: usize = 32;

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing at all.
    #[error("the password is empty")]
    Empty,
    /// Over [`LONGEST`].
    #[error("the password is longer than 1024 bytes")]
    TooLong,
    /// What RFC 8265 does not allow.
    #[error(
        "the password contains a character that passwords cannot have (a control character, for example)"
    )]
    Character,
}

/// Why no hash could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The password itself.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The machine: no memory, no randomness.
    #[error("the password could not be hashed: {0}")]
    Machine(String),
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// It matches; with a new PHC string where the parameters have risen.
    Right(Option<String>),
    /// It does not match.
    Wrong,
}

/// The working memory of one hash after another (19 MiB once used).
#[derive(Debug, Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// Gives it back to the system.
    pub fn free(&mut self) {
        self.0 = Vec::new();
    }

    fn run(
        &mut self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), String> {
        let blocks = argon2.params().block_count();
        if self.0.len() < blocks {
            self.0.try_reserve_exact(blocks - self.0.len()).map_err(|error| error.to_string())?;
            self.0.resize(blocks, Block::new());
        }
        argon2
            .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut self.0[..blocks])
            .map_err(|error| error.to_string())
    }
}

/// Hashes a password with the parameters of today: Argon2id, 19 MiB, t=2, p=1.
pub fn hash(password: &Secret, memory: &mut Memory) -> Result<String, HashError> {
    hash_prepared(&prepare(password)?, memory).map_err(HashError::Machine)
}

/// Compares a password with an account's PHC string.
pub fn check(password: &Secret, phc: &str, memory: &mut Memory) -> Checked {
    let Ok(password) = prepare(password) else { return Checked::Wrong };
    let Some(stored) = Stored::parse(phc) else { return Checked::Wrong };
    let mut out = [0; Output::MAX_LENGTH];
    let out = &mut out[..stored.output.len()];
    if memory.run(&stored.argon2, password.expose(), &stored.salt, out).is_err() {
        return Checked::Wrong;
    }
    if !bool::from(out.ct_eq(stored.output.as_bytes())) {
        return Checked::Wrong;
    }
    let rehash = stored.is_weaker().then(|| hash_prepared(&password, memory).ok()).flatten();
    Checked::Right(rehash)
}

/// The password as RFC 8265 compares it.
fn prepare(password: &Secret) -> Result<Secret, Unfit> {
    let text = password.expose();
    if text.is_empty() {
        return Err(Unfit::Empty);
    }
    // Before the preparation as well, so that its cost is bounded.
    if text.len() > 4 * LONGEST {
        return Err(Unfit::TooLong);
    }
    let prepared = Secret::new(OpaqueString::enforce(text).map_err(|_| Unfit::Character)?.into_owned());
    if prepared.expose().len() > LONGEST { Err(Unfit::TooLong) } else { Ok(prepared) }
}

fn hash_prepared(password: &Secret, memory: &mut Memory) -> Result<String, String> {
    let mut salt = [0; SALT];
    getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
    let argon2 = today();
    let mut out = [0; OUTPUT];
    memory.run(&argon2, password.expose(), &salt, &mut out)?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(|error| error.to_string())?,
        salt: Some(Salt::new(&salt).map_err(|error| error.to_string())?),
        hash: Some(Output::new(&out).map_err(|error| error.to_string())?),
    };
    Ok(phc.to_string())
}

fn today() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// A PHC string taken apart.
struct Stored {
    argon2: Argon2<'static>,
    algorithm: Algorithm,
    salt: Vec<u8>,
    output: Output,
}

impl Stored {
    fn parse(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = hash.version.map_or(Some(Version::V0x13), |version| Version::try_from(version).ok())?;
        let params = Params::try_from(&hash).ok()?;
        if params.m_cost() > MEMORY_CEILING || params.t_cost() > 64 {
            return None;
        }
        let (salt, output) = (hash.salt?, hash.hash?);
        Some(Self { argon2: Argon2::new(algorithm, version, params), algorithm, salt: salt.to_vec(), output })
    }

    fn is_weaker(&self) -> bool {
        let params = self.argon2.params();
        self.algorithm != Algorithm::Argon2id
            || params.m_cost() < Params::DEFAULT_M_COST
            || params.t_cost() < Params::DEFAULT_T_COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn weak_hash(text: &str) -> String {
        use argon2::PasswordHasher;
        let params = Params::new(64, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_with_salt(text.as_bytes(), b"0123456789abcdef").unwrap().to_string()
    }

    #[test]
    fn the_right_password_matches_and_another_does_not() {
        let memory = &mut Memory::default();
        let phc = hash(&secret("p2"), memory).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(check(&secret("p2"), &phc, memory), Checked::Right(None));
        assert_eq!(check(&secret("p3"), &phc, memory), Checked::Wrong);
        assert_ne!(hash(&secret("p2"), memory).unwrap(), phc, "every hash has its own salt");
    }

    #[test]
    fn a_hash_is_what_other_programs_make_of_the_same_password() {
        use argon2::PasswordVerifier;
        let memory = &mut Memory::default();
        let phc = hash(&secret("p2"), memory).unwrap();
        assert!(today().verify_password(b"p2", phc.as_str()).is_ok());
    }

    #[test]
    fn a_weaker_hash_is_made_anew_once_the_password_is_known() {
        let memory = &mut Memory::default();
        let Checked::Right(Some(new)) = check(&secret("p2"), &weak_hash("p2"), memory) else { panic!() };
        assert_eq!(check(&secret("p2"), &new, memory), Checked::Right(None));
        assert_eq!(check(&secret("p3"), &weak_hash("p2"), memory), Checked::Wrong);
    }

    #[test]
    fn passwords_are_compared_as_rfc_8265_says() {
        let memory = &mut Memory::default();
        let same = |a: &str, b: &str, memory: &mut Memory| {
            let phc = hash(&secret(a), memory).unwrap();
            check(&secret(b), &phc, memory) == Checked::Right(None)
        };
        assert!(same("caf\u{e9}", "cafe\u{301}", memory), "composed and decomposed");
        assert!(same("a\u{a0}b", "a b", memory), "a no-break space is a space");
        assert!(!same("Secret", "secret", memory), "case counts");
        assert!(same(" 密码 ", " 密码 ", memory));
    }

    #[test]
    fn what_is_no_password_is_refused_with_a_reason() {
        let refused = |text: &str| match hash(&secret(text), &mut Memory::default()) {
            Err(HashError::Unfit(unfit)) => Some(unfit),
            Err(HashError::Machine(_)) | Ok(_) => None,
        };
        assert_eq!(refused(""), Some(Unfit::Empty));
        assert_eq!(refused(&"x".repeat(1_025)), Some(Unfit::TooLong));
        assert_eq!(refused(&"x".repeat(1_024)), None);
        assert_eq!(refused("a\u{7}b"), Some(Unfit::Character));
        assert_eq!(refused("a\nb"), Some(Unfit::Character));
    }

    #[test]
    fn a_broken_or_absurd_stored_hash_matches_nothing() {
        let memory = &mut Memory::default();
        for phc in [
            "",
            "x",
            "$argon2id$",
            "$argon2id$v=19$m=4294967295,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$aaaa",
            "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        ] {
            assert_eq!(check(&secret("p2"), phc, memory), Checked::Wrong, "{phc}");
        }
    }
}
