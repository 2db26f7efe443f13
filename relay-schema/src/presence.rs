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
    /// call that nobody of the receiver is on line. Up, in the full dialect, it sets one's own and has no `<friendaccount>`.
    Line {
        /// `1` on line, `2` away, `3` busy, `-1` off line; up also `0`, invisible.
        state: i32 as Presence,
        /// Whose presence it is; left out for one's own.
        friendaccount: Option<String>,
        /// What somebody says about the state; may be empty.
        note: Option<String> as MayBeEmpty,
        /// The request that this answers.
        id: Option<Id>,
    }
}
