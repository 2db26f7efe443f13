//! What one shows of oneself: name, avatar, and a few words.

use ipc_schema::account::{Profile as Ask, Shown};
use ipc_schema::{Code, Error, Event};
use relay_schema::{Body, NackCode, PicturePut, Profile as Wire, User};

use super::account::Account;
use super::address::usage;
use super::asking::Refused;
use super::chat::is_xml;
use super::name::{NAME_MAX, NOTE_MAX, clip, not_logged_in};
use super::op::{Change, Op, Picture, PictureFault, Profile, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// The longest shown name, in characters.
const SHOWN_MAX: usize = 64;
/// The longest words about oneself, in characters.
const WORDS_MAX: usize = 256;

/// What is wished, but for the avatar.
#[derive(Debug)]
pub(super) struct Wish {
    to: ReplyTo<Ask>,
    name: Option<String>,
    note: Option<String>,
}

impl Account {
    /// `account.profile`.
    pub(super) fn own_profile(&mut self, to: ReplyTo<Ask>, params: &Ask) {
        let checked = || {
            let name = params.name.as_deref().map(|name| line(name, SHOWN_MAX, "name")).transpose()?;
            let note = params.note.as_deref().map(|note| line(note, WORDS_MAX, "note")).transpose()?;
            Ok((name, note))
        };
        let (name, note) = match checked() {
            Err(error) => return self.reply(to, Err(error)),
            Ok(fields) => fields,
        };
        let wish = Wish { to, name, note };
        match params.picture.as_deref() {
            None if wish.name.is_none() && wish.note.is_none() => {
                let shown = self.shown_profile();
                self.reply(wish.to, shown);
            }
            None => self.ask_profile(wish, None),
            Some("") => self.ask_profile(wish, Some(String::new())),
            Some(path) if !path.starts_with('/') => {
                let error = usage("the picture's path must be a whole one, from / on".to_owned());
                self.reply(wish.to, Err(error));
            }
            Some(path) => match self.askable() {
                Err(error) => self.reply(wish.to, Err(error)),
                Ok(()) => self.ask(Op::ReadPicture { path: path.to_owned() }, Then::PictureRead(wish)),
            },
        }
    }

    /// One's own profile as it is known here.
    fn shown_profile(&self) -> Result<Shown, Error> {
        let own = self.account.as_ref().ok_or_else(not_logged_in)?;
        let Profile { name, picture, note } = self.profile.clone();
        Ok(Shown { account: own.account.clone(), name, note, picture })
    }

    pub(super) fn on_picture_read(
        &mut self,
        wish: Wish,
        result: Result<Result<Picture, PictureFault>, StoreError>,
    ) {
        match result {
            Err(error) => self.reply(wish.to, Err(unexpected(&error))),
            Ok(Err(fault)) => self.reply(wish.to, Err(no_avatar(&fault))),
            Ok(Ok(picture)) => self.put_picture(wish, picture),
        }
    }

    fn put_picture(&mut self, wish: Wish, picture: Picture) {
        let body = Body(picture.body().to_vec());
        self.ask_relay(
            |id| PicturePut { body, id }.into(),
            move |account, outcome| match outcome {
                Err(refused) => {
                    let error = match refused {
                        Refused::No { code: NackCode::Forbidden, .. } => Error::new(
                            Code::Usage,
                            "the server does not take this picture: it must be a whole PNG or JPEG with at most 1,024 \
                             pixels a side",
                        ),
                        refused @ (Refused::No { .. } | Refused::Unheard(_)) => {
                            refused.into_error("the picture")
                        }
                    };
                    account.reply(wish.to, Err(error));
                }
                Ok(_) => {
                    let hash = picture.hash().to_owned();
                    account.ask(Op::KeepPicture(picture), Then::Nothing);
                    account.ask_profile(wish, Some(hash));
                }
            },
        );
    }

    fn ask_profile(&mut self, wish: Wish, picture: Option<String>) {
        let Wish { to, name, note } = wish;
        self.ask_relay(
            |id| Wire { name, picture, note, id: Some(id), seq: None, ts: None }.into(),
            move |account, outcome| {
                let reply = match outcome {
                    Ok(_) => account.shown_profile(),
                    Err(refused) => Err(refused.into_error("your profile")),
                };
                account.reply(to, reply);
            },
        );
    }

    /// `user`: one's own profile as it is at a login.
    pub(super) fn on_user(&mut self, user: User) {
        let User { name, picture, note, .. } = user;
        let profile = Profile {
            name: clip(&name, NAME_MAX),
            picture: clip(&picture, 64),
            note: note.map_or_else(|| self.profile.note.clone(), |note| clip(&note, NOTE_MAX)),
        };
        if self.profile != profile && self.account.is_some() {
            self.ask(Op::SaveProfile(profile.clone()), Then::Nothing);
            self.show_profile(profile, false);
        }
    }

    /// `profile`: a row.
    pub(super) fn on_profile(&mut self, wire: Wire) {
        let Wire { name, picture, note, seq, .. } = wire;
        if let Some(seq) = seq {
            self.take_change(
                seq,
                Change::Profile {
                    name: name.map(|name| clip(&name, NAME_MAX)),
                    picture: picture.map(|picture| clip(&picture, 64)),
                    note: note.map(|note| clip(&note, NOTE_MAX)),
                },
            );
        }
    }

    /// A row of one's own profile is on disk.
    pub(super) fn change_profile(
        &mut self,
        name: Option<String>,
        picture: Option<String>,
        note: Option<String>,
        replayed: bool,
    ) {
        let now = self.profile.clone();
        let profile = Profile {
            name: name.unwrap_or(now.name),
            picture: picture.unwrap_or(now.picture),
            note: note.unwrap_or(now.note),
        };
        self.show_profile(profile, replayed);
    }

    /// One's own profile is another one.
    fn show_profile(&mut self, profile: Profile, replayed: bool) {
        if self.profile == profile {
            return;
        }
        if let Some(account) = &mut self.account {
            account.name.clone_from(&profile.name);
        }
        self.profile = profile;
        self.want_picture(&self.profile.picture.clone());
        if let Ok(shown) = self.shown_profile() {
            self.tell_row(Event::AccountProfile(shown), replayed);
        }
    }
}

/// A text that the relay takes: one line.
pub(super) fn line(text: &str, max: usize, what: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.chars().count() > max {
        return Err(usage(format!("the {what} has more than {max} characters; make it shorter")));
    }
    if text.chars().any(|c| c.is_control() || !is_xml(c)) {
        return Err(usage(format!("the {what} must be one line without control characters")));
    }
    Ok(text.to_owned())
}

fn no_avatar(fault: &PictureFault) -> Error {
    let code = match fault {
        PictureFault::Missing => Code::NotFound,
        PictureFault::Unreadable(_) => Code::Denied,
        PictureFault::NoFile | PictureFault::TooBig(_) | PictureFault::NoPicture => Code::Usage,
    };
    let error = Error::new(code, format!("that picture cannot be an avatar: {fault}"));
    match fault {
        PictureFault::TooBig(bytes) => {
            error.with_field("bytes", *bytes).with_field("max", super::picture::MAX_BYTES as u64)
        }
        _ => error,
    }
}
