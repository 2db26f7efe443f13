//! Who is on line.

use crate::Id;

stanza! {
    /// `line`, both ways: presence.
    ///
    /// ```xml
    /// <msg><type>line</type><state>-1</state><friendaccount>10002</friendaccount></msg>
    /// ```
    ///
    /// Down without `<id>` it is news about a friend, with `<id>` (or in the seed dialect) the answer to a chat, shake or
    /// call that nobody of the receiver is on line. Up, in the full dialect, it sets one's own and has no `<friendaccount>`;
    /// it is no request and not answered. A device says its state with [`Login`](crate::Login) or by this, once after each login; a session
    /// that has said nothing, and every seed session, is on line.
    ///
    /// Friends hear one state of an account: that of its most available device, where on line comes before busy and busy
    /// before away. `0` on any of its devices makes the whole account invisible until that device says another state or
    /// is gone: to friends it is off line, whatever its other devices say. The note is the one that was set last, by whichever
    /// device. A device that leaves counts for 5 s more, so that coming back is no news.
    Line {
        /// `1` on line, `2` away, `3` busy, `-1` off line; up also `0`, invisible.
        state: i32 as Presence,
        /// Whose presence it is; left out for one's own.
        friendaccount: Option<String>,
        /// What somebody says about the state, at most 256 characters; up: empty takes it away, left out leaves it. Down:
        /// left out means that there is none.
        note: Option<String> as MayBeEmpty,
        /// The request that this answers.
        id: Option<Id>,
    }
}
