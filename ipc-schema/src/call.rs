//! Calls: asked for, accepted, ended. This version rings and answers on every device; sound and picture come later.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// What a call carries.
    #[derive(Default)]
    #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
    pub enum Media {
        /// Sound only
        #[default]
        Audio = "audio",
        /// Sound and picture
        Video = "video",
    }
}

words! {
    /// How far a call is.
    pub enum State {
        /// Asked for; no device of the callee has answered yet.
        Calling = "calling",
        /// A device rings: the callee's, or one's own.
        Ringing = "ringing",
        /// Accepted.
        Accepted = "accepted",
        /// Over; `reason` says why.
        Ended = "ended",
    }
}

/// Call a friend
///
/// Rings on every device of the friend. This version carries no sound or picture yet: it shows that the other side answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Start {
    /// Whom: an account or a remark name
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub friend: String,
    /// What the call carries
    #[serde(default)]
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "MEDIA", default_value_t = Media::Audio))]
    pub media: Media,
}

/// Accept the call that rings
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accept {
    /// Which, if several ring: the call's id
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "CALL"))]
    pub call: Option<String>,
}

/// Decline the call that rings
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decline {
    /// Which, if several ring: the call's id
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "CALL"))]
    pub call: Option<String>,
}

/// Hang up
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hangup {
    /// Which, if there are several: the call's id
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "CALL"))]
    pub call: Option<String>,
}

/// A call: the reply of every verb of this feature, and the data of `call.incoming` and `call.state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Call {
    /// Its id.
    pub call: String,
    /// The other one.
    pub friend: String,
    /// They call.
    pub incoming: bool,
    /// What it carries.
    pub media: Media,
    /// How far it is.
    pub state: State,
    /// Why it is over, as a word: `hangup`, `declined`, `busy`, `timeout`, `answered-elsewhere`, `glare`, `offline`, `failed`; null until then.
    pub reason: Option<String>,
}
