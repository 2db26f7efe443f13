//! One's own sections of the friend list.

use crate::Id;

stanza! {
    /// `group`, relay to client: one of one's own groups; in a whole list one each, and the row of [`GroupAdd`].
    ///
    /// ```xml
    /// <msg><type>group</type><group>同学</group><seq>46</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>
    /// ```
    Group {
        /// Its name.
        group: String,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `group_add`, client to relay: makes a group. Its name is one line of 1 to 64 characters, white space at its ends does not
    /// count; `friend` and `stranger` are there for ever.
    ///
    /// ```xml
    /// <msg><type>group_add</type><group>同学</group><id>g1</id></msg>
    /// ```
    ///
    /// Answered by [`Ack`](crate::Ack), or [`Nack`](crate::Nack) with `conflict` (there is one of that name) or `forbidden` (64 are there).
    GroupAdd {
        /// Its name.
        group: String,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `group_rename`, both ways: up it gives a group another name, down it is the row that says so; its members move with it, and
    /// each gets a [`Friend`](crate::Friend) row behind it, too. Refused with `unknown`, `conflict` (there is one of the new name, or one
    /// of the two is there for ever), `too-big` or `rate` (60 an hour).
    ///
    /// ```xml
    /// <msg><type>group_rename</type><group>同学</group><new>老同学</new><id>g2</id></msg>
    /// ```
    GroupRename {
        /// Its name so far.
        group: String,
        /// Its new name.
        new: String,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `group_remove`, both ways: up it removes a group, down it is the row that says so; its members stand in `friend` from then on,
    /// without rows of their own.
    ///
    /// ```xml
    /// <msg><type>group_remove</type><group>同学</group><id>g3</id></msg>
    /// ```
    GroupRemove {
        /// Its name.
        group: String,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}
