//! What one shows of oneself, and avatars: kept under their SHA-256, looked at before they are, never decoded.

use relay_schema::{Body, ErrorCode, NackCode, Picture as PictureStanza, PictureGet, PicturePut, Profile};
use sha2::{Digest, Sha256};

use super::bucket::{Bucket, Size};
use super::chat::{FLIGHT_RETRY, STORAGE_RETRY};
use super::op::{Op, Picture, Wish};
use super::pending::Pending;
use super::session::live;
use super::{Core, Now, SessionId, name, picture, wire};

/// The most characters of a shown name.
const NAME_MAX: usize = super::SHOWN_MAX;
/// The most characters of what one says about oneself.
const NOTE_MAX: usize = 256;
/// The most bytes of an avatar.
const PICTURE_MAX: usize = 32 * 1024;
/// Characters of an avatar's name: SHA-256 in hex.
const HASH: usize = 64;
/// Avatars that an account asks for: so many at once, and so many a second.
const GETS_BURST: u32 = 64;
const GETS_PER_SECOND: u32 = 10;

impl Core {
    pub(super) fn on_profile(&mut self, now: Now, session: SessionId, profile: Profile) {
        let Profile { name, picture, note, id, .. } = profile;
        let name = match name {
            None => None,
            Some(name) => match self.text(session, id.as_ref(), ("profile", "name"), &name, NAME_MAX) {
                Some(name) if name::shown(&name).is_some() => Some(name),
                Some(_) => {
                    let why = "<name> of profile must not hold what is not seen, or what turns a line round";
                    return self.error(session, ErrorCode::BadField, why, id);
                }
                None => return,
            },
        };
        let note = match note {
            None => None,
            Some(note) => match self.text(session, id.as_ref(), ("profile", "note"), &note, NOTE_MAX) {
                Some(note) => Some(note),
                None => return,
            },
        };
        let picture = picture.map(known_picture);
        self.wish(now, session, "profile", id, Wish::Profile { name, picture, note });
    }

    pub(super) fn on_picture_put(&mut self, now: Now, session: SessionId, put: PicturePut) {
        let PicturePut { body: Body(body), id } = put;
        if body.len() > PICTURE_MAX {
            return self.nack(session, id, NackCode::TooBig, None);
        }
        match picture::size(&body) {
            None => return self.nack(session, id, NackCode::Forbidden, None),
            Some(size) if !size.is_allowed() => return self.nack(session, id, NackCode::TooBig, None),
            Some(_) => {}
        }
        let hash = wire::hex(&Sha256::digest(&body));
        self.wish(now, session, "picture_put", Some(id), Wish::Picture(Picture { hash, body }));
    }

    pub(super) fn on_picture_get(&mut self, now: Now, session: SessionId, get: PictureGet) {
        let PictureGet { picture, id } = get;
        let hash = known_picture(picture);
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        let size = size();
        let bucket = self.pictures.entry(now.mono, account, || Bucket::full(size, now.mono));
        let wait = bucket.wait(size, now.mono);
        if !wait.is_zero() {
            return self.nack(session, id, NackCode::Rate, Some(wait));
        }
        bucket.take(size, now.mono);
        if !self.take_off(session, PICTURE_MAX) {
            return self.nack(session, id, NackCode::Rate, Some(FLIGHT_RETRY));
        }
        self.ask(Op::Picture { account, hash: hash.clone() }, Pending::Picture { session, id, hash });
    }

    /// The store has looked for an avatar, or could not.
    pub(super) fn on_picture(
        &mut self,
        session: SessionId,
        id: relay_schema::Id,
        hash: String,
        found: Result<Option<Vec<u8>>, ()>,
    ) {
        self.landed(session, PICTURE_MAX);
        if live(&self.sessions, session).is_none() {
            return;
        }
        match found {
            Ok(Some(body)) => self.send(session, PictureStanza { picture: hash, body: Body(body), id }),
            Ok(None) => self.nack(session, id, NackCode::Unknown, None),
            Err(()) => self.nack(session, id, NackCode::Storage, Some(STORAGE_RETRY)),
        }
    }
}

/// The name of an avatar that should be there; of what is too long for one, something that none is called.
fn known_picture(hash: String) -> String {
    if hash.len() > HASH { "-".to_owned() } else { hash }
}

pub(super) fn size() -> Size {
    Size::new(GETS_BURST, GETS_PER_SECOND)
}
