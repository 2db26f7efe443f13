//! What a stanza can do beyond what the table makes of it.

use crate::fields::{Flaw, Flawed};
use crate::grammar::Children;
use crate::{Refusal, Stanza};

impl Stanza {
    /// Reads one whole `<msg>…</msg>`, as the [`Framer`](crate::Framer) cuts it.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] whose fault is malformed, unknown-type or bad-field.
    pub fn parse(msg: &[u8]) -> Result<Self, Refusal> {
        let children = Children::read(msg).map_err(|malformed| Refusal::malformed(malformed.0))?;
        let Some(stanza) = Self::read(children.word(), &children) else {
            return Err(Refusal::unknown(&children));
        };
        stanza
            .and_then(|stanza| stanza.complete().map(|()| stanza))
            .map_err(|(flaw, field)| Refusal::flawed(flaw, field, &children))
    }

    /// The stanza as text, for people and tests.
    pub fn to_xml(&self) -> String {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out);
        String::from_utf8(out).expect("only text was written")
    }

    /// The row's number in the account's inbox, for the types that are rows; not the number that an [`Ack`](crate::Ack), a
    /// [`Recv`](crate::Recv) or a [`ListEnd`](crate::ListEnd) speaks about.
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::Chat(chat) => chat.seq,
            Self::Friend(friend) => friend.seq,
            Self::Stranger(stranger) => stranger.seq,
            Self::FriendRequest(request) => request.seq,
            Self::FriendAnswer(answer) => answer.seq,
            Self::FriendRemove(remove) => remove.seq,
            Self::Blocked(blocked) => blocked.seq,
            Self::Group(group) => group.seq,
            Self::GroupRename(rename) => rename.seq,
            Self::GroupRemove(remove) => remove.seq,
            Self::Profile(profile) => profile.seq,
            Self::Login(_) | Self::LoginResponse(_) | Self::User(_) | Self::Line(_) | Self::Shake(_) => None,
            Self::Vidio(_) | Self::RVidio(_) | Self::CallRinging(_) | Self::CallCandidate(_) => None,
            Self::CallEnd(_) | Self::ErrorStanza(_) | Self::Register(_) | Self::RegisterResponse(_) => None,
            Self::Passwd(_) | Self::AccountRemove(_) | Self::Logout(_) | Self::Notice(_) => None,
            Self::DeviceList(_) | Self::Device(_) | Self::DeviceRevoke(_) | Self::DeviceLink(_) => None,
            Self::PicturePut(_) | Self::PictureGet(_) | Self::Picture(_) | Self::FriendMove(_) => None,
            Self::FriendRename(_) | Self::Block(_) | Self::Unblock(_) | Self::ListEnd(_) => None,
            Self::GroupAdd(_) | Self::Recv(_) | Self::Delivered(_) | Self::Read(_) | Self::Typing(_) => None,
            Self::History(_) | Self::Gap(_) | Self::Ack(_) | Self::Nack(_) => None,
            Self::Ping(_) | Self::Pong(_) => None,
        }
    }

    /// What only several fields together can tell: a login has a password, or in the full dialect a token or a code.
    fn complete(&self) -> Result<(), Flawed> {
        let Self::Login(login) = self else { return Ok(()) };
        if login.pwd.is_some() || (login.v.is_some() && (login.token.is_some() || login.code.is_some())) {
            return Ok(());
        }
        Err((Flaw::Missing, "pwd"))
    }
}
