//! The devices of one account.

use serde::{Deserialize, Serialize};

/// Print a one-time link with which another device of your own can log in
///
/// On the other device: `qqctl join LINK`, or scan the code. It works once, within ten minutes. Whoever has it can log in as you.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {}

/// The reply of `account.link`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Linked {
    /// `qiao://HOST:PORT/d/CODE#PIN`.
    pub link: String,
    /// Until when it works: RFC 3339, UTC, milliseconds.
    pub expires: String,
}

/// List the devices that are logged in to your account
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Devices {}

/// The reply of `account.devices`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceList {
    /// Seen last first.
    pub devices: Vec<Device>,
}

/// One device, in `account.devices`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    /// Its UUID.
    pub device: String,
    /// Program and version as it calls itself.
    pub client: String,
    /// When it was seen last: RFC 3339, UTC, milliseconds.
    pub seen: String,
    /// It is on line now.
    pub online: bool,
    /// It is this one.
    pub own: bool,
}

/// Log a device out, for good
///
/// For a lost or foreign computer: it is off within a second, and needs the password again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Revoke {
    /// The device: its UUID, or the first characters of it as `account devices` shows them
    #[cfg_attr(feature = "cli", arg(value_name = "DEVICE"))]
    pub device: String,
}

/// The reply of `account.revoke`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Revoked {
    /// The UUID of the device that is gone.
    pub device: String,
}
