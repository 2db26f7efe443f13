//! What one shows of oneself, and avatars.

use crate::{Body, Id};

stanza! {
    /// `profile`, both ways: up it changes one's own profile (what is left out stays), down it is the row that says so.
    ///
    /// ```xml
    /// <msg><type>profile</type><name>小红</name><picture></picture><note>在线</note><seq>44</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>
    /// ```
    ///
    /// Friends get a [`Friend`](crate::Friend) row with what is new, and those among whose strangers one is a
    /// [`Stranger`](crate::Stranger) row; nobody whom one blocks. Refused with `unknown` (an avatar that this account has not put,
    /// or that was put too long ago: the last 8 are kept that are not shown), `too-big` or `rate` (20 changes an hour).
    Profile {
        /// The name that is shown, one line of at most 64 characters; may be empty.
        name: Option<String> as MayBeEmpty,
        /// The avatar's name (SHA-256 in hex) as put by [`PicturePut`]; empty for none.
        picture: Option<String> as MayBeEmpty,
        /// What one says about oneself, one line of at most 256 characters; may be empty.
        note: Option<String> as MayBeEmpty,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `picture_put`, client to relay: stores an avatar under its SHA-256. PNG or JPEG, up to 32 KiB, at most 1,024 pixels a side.
    ///
    /// ```xml
    /// <msg><type>picture_put</type><body>iVBORw0KGgo=</body><id>i1</id></msg>
    /// ```
    ///
    /// Answered by [`Ack`](crate::Ack), or [`Nack`](crate::Nack) with `too-big` (bytes or pixels), `forbidden` (no picture), `rate` (60 an
    /// hour) or `storage`.
    PicturePut {
        /// The file's bytes.
        body: Body,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `picture_get`, client to relay: asks for an avatar that one has put or is shown (by somebody in one's list, or at the other
    /// end of an open request); answered by [`Picture`], or [`Nack`](crate::Nack) with `unknown` or `rate`.
    ///
    /// ```xml
    /// <msg><type>picture_get</type><picture>ab12</picture><id>i2</id></msg>
    /// ```
    PictureGet {
        /// The avatar's name (SHA-256 in hex).
        picture: String,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `picture`, relay to client: an avatar.
    ///
    /// ```xml
    /// <msg><type>picture</type><picture>ab12</picture><body>iVBORw0KGgo=</body><id>i2</id></msg>
    /// ```
    Picture {
        /// The avatar's name (SHA-256 in hex).
        picture: String,
        /// The file's bytes.
        body: Body,
        /// The `<id>` of the request.
        id: Id,
    }
}
