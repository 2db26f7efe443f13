//! What one shows of oneself.

use serde::{Deserialize, Serialize};

/// Show or change what others see of you
///
/// Without an option: shows it. An empty text removes what stood there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// The name that others see, up to 64 characters
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SHOWN"))]
    pub name: Option<String>,
    /// What you say about yourself, up to 256 characters
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "TEXT"))]
    pub note: Option<String>,
    /// An avatar: the path of a PNG or JPEG, up to 32 KiB and 1,024 pixels a side; "" removes it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE"))]
    pub picture: Option<String>,
}

/// The reply of `account.profile`, and the data of the event of the same name: one's own profile as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shown {
    /// The account at the relay.
    pub account: String,
    /// The name that others see.
    pub name: String,
    /// What one says about oneself; empty when there is nothing.
    pub note: String,
    /// The avatar's name (SHA-256 in hex); empty when there is none.
    pub picture: String,
}
