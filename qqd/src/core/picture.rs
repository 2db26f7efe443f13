//! Avatars: small files that are passed on as they are and never decoded. Named by their SHA-256.
//!
//! A friend's avatar is fetched when somebody asks for it, and in the background when it is not here: two at a time, once
//! in a session; one that was found here once is not looked for again at the next login, for its name says what it is.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use ipc_schema::friend::{Picture as Wanted, Pictured};
use ipc_schema::{Code, Error};
use relay_schema::{NackCode, PictureGet, Stanza};
use sha2::{Digest, Sha256};

use super::account::Account;
use super::asking::{Outcome, Refused};
use super::name::{no_friend, not_logged_in};
use super::op::{Op, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// The largest avatar, in bytes.
pub const MAX_BYTES: usize = 32 * 1024;
/// The most that are fetched in the background at one time.
const FETCHED_AT_ONCE: usize = 2;
/// The most avatars that one session fetches unasked: one for each entry of the longest list.
const FETCHED_MAX: usize = 5_600;

/// An avatar: its name fits its bytes, which begin like a PNG or a JPEG.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    hash: String,
    body: Vec<u8>,
}

/// Why something is no avatar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A directory, a pipe, a device.
    #[error("it is not a file")]
    NoFile,
    /// So many bytes are too many.
    #[error("it has {0} bytes, and an avatar has at most {MAX_BYTES} (32 KiB); make it smaller")]
    TooBig(u64),
    /// Neither PNG nor JPEG.
    #[error("it is neither a PNG nor a JPEG")]
    NoPicture,
}

impl Picture {
    /// The avatar that these bytes are.
    ///
    /// # Errors
    ///
    /// [`Fault::TooBig`] and [`Fault::NoPicture`].
    pub fn new(body: Vec<u8>) -> Result<Self, Fault> {
        if body.len() > MAX_BYTES {
            return Err(Fault::TooBig(body.len() as u64));
        }
        if extension(&body).is_none() {
            return Err(Fault::NoPicture);
        }
        let hash = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { hash, body })
    }

    /// Its name: SHA-256 in lower-case hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The file's bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// `png` or `jpg`.
    pub fn extension(&self) -> &'static str {
        extension(&self.body).unwrap_or_default()
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.hash, self.body.len())
    }
}

fn extension(body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("png")
    } else if body.starts_with(b"\xff\xd8\xff") {
        Some("jpg")
    } else {
        None
    }
}

/// Whether the text can be an avatar's name, and so a part of a file's name.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is fetched in the background.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    waiting: VecDeque<String>,
    /// Those of this session, so that each is tried once.
    tried: BTreeSet<String>,
    /// Those that lie here.
    held: BTreeSet<String>,
    under_way: usize,
}

impl Pictures {
    /// What lay here may be gone: the next login looks.
    pub(super) fn forget_held(&mut self) {
        self.held.clear();
    }
}

/// Who wants a picture.
#[derive(Debug)]
pub(super) enum For {
    /// A frontend, of this friend.
    Asked(ReplyTo<Wanted>, String),
    /// Nobody yet.
    Later,
}

impl Account {
    /// `friend.picture`.
    pub(super) fn picture(&mut self, to: ReplyTo<Wanted>, params: &Wanted) {
        match self.pictured(params.friend.as_deref()) {
            Err(error) => self.reply(to, Err(error)),
            Ok((friend, picture)) if !is_hash(&picture) => {
                self.reply(to, Ok(Pictured { friend, picture: String::new(), path: None }));
            }
            Ok((friend, hash)) => self.find_picture(hash, For::Asked(to, friend)),
        }
    }

    /// Whose picture is wanted, and its name.
    fn pictured(&self, friend: Option<&str>) -> Result<(String, String), Error> {
        let own = self.account.as_ref().ok_or_else(not_logged_in)?;
        let name = friend.map(|friend| self.resolve(friend)).transpose()?;
        let Some(name) = name.filter(|name| *name != own.account) else {
            return Ok((own.account.clone(), self.profile.picture.clone()));
        };
        let picture = self.friends.picture_of(&name).ok_or_else(|| no_friend(&name, false))?;
        Ok((name, picture))
    }

    fn find_picture(&mut self, hash: String, who: For) {
        self.ask(Op::FindPicture { hash: hash.clone() }, Then::PictureFound(hash, who));
    }

    pub(super) fn on_picture_found(
        &mut self,
        hash: String,
        who: For,
        result: Result<Option<String>, StoreError>,
    ) {
        match result {
            Ok(None) => self.get_picture(hash, who),
            Ok(path) => self.pass_picture(hash, who, Ok(path)),
            Err(error) => self.pass_picture(hash, who, Err(unexpected(&error))),
        }
    }

    fn get_picture(&mut self, hash: String, who: For) {
        let picture = hash.clone();
        self.ask_relay(
            |id| PictureGet { picture, id }.into(),
            move |account, outcome| match checked(&hash, outcome) {
                Ok(picture) => {
                    account.ask(Op::KeepPicture(picture), Then::PictureKept(hash, who));
                }
                Err(error) => account.pass_picture(hash, who, Err(error)),
            },
        );
    }

    pub(super) fn on_picture_kept(
        &mut self,
        hash: String,
        who: For,
        result: Result<Option<String>, StoreError>,
    ) {
        self.pass_picture(hash, who, result.map_err(|error| unexpected(&error)));
    }

    /// The file lies here, or cannot.
    fn pass_picture(&mut self, hash: String, who: For, result: Result<Option<String>, Error>) {
        if result.is_err() {
            self.pictures.held.remove(&hash);
        } else if matches!(result, Ok(Some(_))) && self.pictures.held.len() < FETCHED_MAX {
            self.pictures.held.insert(hash.clone());
        }
        match who {
            For::Asked(to, friend) => {
                let reply = result.map(|path| Pictured { friend, picture: hash, path });
                self.reply(to, reply);
            }
            For::Later => {
                if let Err(error) = result {
                    tracing::debug!(%error, picture = hash, "an avatar was not fetched");
                }
                self.pictures.under_way = self.pictures.under_way.saturating_sub(1);
                self.fetch_pictures();
            }
        }
    }

    /// An avatar that may not be here yet.
    pub(super) fn want_picture(&mut self, hash: &str) {
        let new = is_hash(hash)
            && !self.pictures.held.contains(hash)
            && self.pictures.tried.len() < FETCHED_MAX
            && self.pictures.tried.insert(hash.to_owned());
        if new {
            self.pictures.waiting.push_back(hash.to_owned());
            self.fetch_pictures();
        }
    }

    /// Goes on fetching, while there is a session.
    fn fetch_pictures(&mut self) {
        while self.pictures.under_way < FETCHED_AT_ONCE && self.askable().is_ok() {
            let Some(hash) = self.pictures.waiting.pop_front() else { return };
            self.pictures.under_way += 1;
            self.find_picture(hash, For::Later);
        }
    }

    /// A session begins: what is missing is tried once more.
    pub(super) fn start_pictures(&mut self) {
        self.pictures.tried.clear();
        self.pictures.waiting.clear();
        for hash in self.friends.pictures() {
            self.want_picture(&hash);
        }
    }
}

/// The avatar, if the relay has sent that one.
fn checked(hash: &str, outcome: Outcome) -> Result<Picture, Error> {
    let heard = outcome.map_err(|refused| match refused {
        Refused::No { code: NackCode::Unknown, .. } => {
            Error::new(Code::NotFound, "the server has no such picture for you")
        }
        refused @ (Refused::No { .. } | Refused::Unheard(_)) => refused.into_error("the picture"),
    })?;
    let body = heard.parts.into_iter().find_map(|part| match part {
        Stanza::Picture(picture) => Some(picture.body.0),
        _ => None,
    });
    let wrong = || Error::new(Code::Unexpected, "the server has sent something else than the picture");
    let picture = body.map(Picture::new).and_then(Result::ok).ok_or_else(wrong)?;
    if picture.hash() == hash { Ok(picture) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_avatar_is_a_png_or_a_jpeg_of_32_kib_at_most() {
        let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 8]].concat();
        let picture = Picture::new(png).unwrap();
        assert_eq!(picture.extension(), "png");
        assert!(is_hash(picture.hash()), "{picture:?}");
        assert_eq!(Picture::new(b"\xff\xd8\xff\xe0".to_vec()).unwrap().extension(), "jpg");
        for bad in [b"".as_slice(), b"GIF89a", b"<svg/>"] {
            assert_eq!(Picture::new(bad.to_vec()), Err(Fault::NoPicture));
        }
        let mut long = b"\xff\xd8\xff".to_vec();
        long.resize(MAX_BYTES + 1, 0);
        assert_eq!(Picture::new(long.clone()), Err(Fault::TooBig(32_769)));
        long.pop();
        assert!(Picture::new(long).is_ok());
    }

    #[test]
    fn an_avatars_name_leads_to_no_other_directory() {
        assert!(is_hash(&"a1".repeat(32)));
        for bad in ["", "../../etc/passwd", &"A1".repeat(32), &"/.".repeat(32), &"ab".repeat(33)] {
            assert!(!is_hash(bad), "{bad}");
        }
    }
}
