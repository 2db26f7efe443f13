//! The daemon and the window programs: what a window shows, that one is wanted, and that the daemon ends or is too old.

use serde::{Deserialize, Serialize};

/// Tell which conversation has the keyboard focus now, in the window program that this connection belongs to. Whoever has
/// called it counts as a window program until it disconnects. Nobody is notified of messages of a conversation that is viewed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct View {
    /// The other one in the conversation, an account of the call's account's friends; left out: none has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// This program shows each incoming message by itself now, or its user wants to be told of none: no notification comes of what
    /// friends write while it is connected, but on a locked screen. What was missed is told all the same, and requests, and calls.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opens: bool,
    /// Something fills the screen there (a film, a game, a talk): no window of this program opens or shakes until it is told again without this.
    /// A shake then comes as a notification, and what friends write does unless `opens` says that nobody is to be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full: bool,
}

/// The reply of `daemon.view`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Viewed {}

/// Show the windows, or a conversation in one
///
/// A window program that runs already comes to the front; else qq-slint is started, on this display. TO opens the
/// conversation with a friend, a qiao:// link what it is for (to join). Without either the friend list is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Open {
    /// Whose conversation: an account or a remark name; or a link, qiao://…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "TO|LINK"))]
    pub to: Option<String>,
    /// A link, `qiao://…`; then `to` is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub link: Option<String>,
    /// An xdg-activation token, with which the window may take the keyboard focus (Wayland's `xdg_activation_v1`, and startup notification on X11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub token: Option<String>,
    /// Where the caller's windows stand, for a window program that must be started; else where the daemon's would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(skip))]
    pub screen: Option<Box<Screen>>,
}

/// Where windows stand, in `daemon.open`: as it is said in the caller's environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Screen {
    /// `WAYLAND_DISPLAY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wayland_display: Option<String>,
    /// `DISPLAY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// `XAUTHORITY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xauthority: Option<String>,
}

/// The reply of `daemon.open`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Opened {
    /// Whether a window program was started for it; else those that run were told (`daemon.wanted`).
    pub started: bool,
}

/// `daemon.wanted`: somebody wants to see a window. The envelope's account is whose conversation it is. Never replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wanted {
    /// The other one in the conversation; null for the friend list.
    pub to: Option<String>,
    /// A link, `qiao://…`, to be joined by; null when it is none.
    pub link: Option<String>,
    /// An xdg-activation token; null when there is none.
    pub token: Option<String>,
}

/// Go off line and end the daemon
///
/// Nobody is logged out: the next qqctl command, or window, starts it again, and you are on line again. Windows that are
/// open stay, and wait until somebody wants to be on line again; with --restart they do so at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stop {
    /// Start it again at once, as after an update
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "cli", arg(long))]
    pub restart: bool,
}

/// The reply of `daemon.stop`; the connection ends after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stopping {
    /// The process that ends, within five seconds.
    pub pid: u32,
}

/// `daemon.stopped`: `daemon.stop` ended it; no more comes on this connection. Not told when it ends for another reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stopped {
    /// It is to be there again at once: whoever keeps it running starts it. Else nobody does so unasked.
    pub restart: bool,
}

/// `daemon.outdated`: another `qqd` is installed than the one that runs, which goes on until it is restarted (`daemon.stop`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outdated {
    /// The version that runs, `0.1.0`.
    pub running: String,
    /// The version that is installed, which may have the same number; null when it cannot be told.
    pub installed: Option<String>,
}
