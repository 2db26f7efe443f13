//! The four short sounds: made here, note by note, and played by the desktop's own player, so that no sound system is
//! linked in. Where there is no player or no sound, it is quiet.

mod play;
mod wave;

use serde::{Deserialize, Serialize};

pub(crate) use play::Player;

/// What sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sound {
    /// A message of a friend.
    Message,
    /// A shake.
    Shake,
    /// Somebody asks to be one's friend.
    Request,
    /// A friend comes on line.
    Online,
}

impl Sound {
    /// All of them, in the order of the settings.
    pub(crate) const ALL: [Self; 4] = [Self::Message, Self::Shake, Self::Request, Self::Online];
}
