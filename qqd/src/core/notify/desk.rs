//! What the core and the desktop tell each other: notifications, and what the user does with them.

/// A notification as it is to be now; one with a number that is shown already stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The core's own number for it; never used twice while the daemon runs.
    pub number: u64,
    /// The first line: plain text, control characters taken out.
    pub title: String,
    /// The rest: plain text with line breaks, control characters taken out.
    pub body: String,
    /// The avatar's name (SHA-256 in hex), if there is one to show.
    pub picture: Option<String>,
    /// What can be pressed, with its label in the user's language; [`Button::Open`] is what a click does.
    pub buttons: Vec<(Button, &'static str)>,
    /// It rings: shown above all else, and it stays until the core takes it away.
    pub urgent: bool,
    /// The desktop may make a sound; else a window does.
    pub sound: bool,
}

/// What can be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Button {
    /// A click on the notification itself.
    Open,
    /// Everything in the conversation is read.
    Read,
    /// Shakes back.
    Shake,
    /// An answer is typed into the notification.
    Reply,
    /// Takes a friend request.
    Accept,
    /// Declines a friend request, or a call.
    Decline,
}

impl Button {
    /// Every button.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Read, Self::Shake, Self::Reply, Self::Accept, Self::Decline];

    /// Its key on the bus; `default` and `inline-reply` are the desktops' own words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Open => "default",
            Self::Read => "read",
            Self::Shake => "shake",
            Self::Reply => "inline-reply",
            Self::Accept => "accept",
            Self::Decline => "decline",
        }
    }
}

/// The desktop's notification service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Service {
    /// There is none, or no bus.
    #[default]
    None,
    /// It starts with the first notification.
    OnDemand,
    /// It runs, and is called so.
    Running(String),
}

/// What the desktop tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Desk {
    /// A notification service came, or went; whatever was shown before is gone. One that starts on demand has nothing to
    /// forget, and is told what made it start.
    Service(Service),
    /// The screen is locked, or not any more.
    Locked(bool),
    /// The desktop's own "do not disturb" is on, or not any more.
    Inhibited(bool),
    /// The user pressed something.
    Pressed {
        /// The notification's number.
        number: u64,
        /// What.
        button: Button,
        /// What was typed, for [`Button::Reply`].
        text: String,
        /// An xdg-activation token: whoever has it may take the keyboard focus.
        token: Option<String>,
    },
    /// A notification is not shown any more, and not because the core wanted it.
    Closed {
        /// Its number.
        number: u64,
        /// The user waved it away; else its time was over, or it never came.
        dismissed: bool,
    },
}
