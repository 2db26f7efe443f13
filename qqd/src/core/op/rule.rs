//! The rules for notifications, as they are kept.

use ipc_schema::notify::Shows;

/// A rule for notifications, as it is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Do not disturb.
    Dnd {
        /// On or off.
        on: bool,
        /// Off again by itself: RFC 3339, UTC, ms.
        until: Option<String>,
    },
    /// Quiet hours, `22:00-07:00`.
    Quiet(Option<String>),
    /// How much is shown.
    Content(Shows),
    /// Somebody of the account is muted.
    Mute {
        /// Who.
        friend: String,
        /// Not any more.
        off: bool,
    },
}
