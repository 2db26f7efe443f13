//! The window shake.

use crate::Id;

stanza! {
    /// `shake`, both ways: shakes the friend's chat window; only while on line, never kept.
    ///
    /// ```xml
    /// <msg><type>shake</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount></msg>
    /// ```
    Shake {
        /// The sender.
        myaccount: String,
        /// The receiver.
        friendaccount: String,
        /// Full dialect: the name of this request.
        id: Option<Id>,
    }
}
