//! Friend groups: one's own sections of the friend list.

use serde::{Deserialize, Serialize};

/// The longest name of a group, in characters.
pub const NAME_MAX_CHARS: usize = 64;

/// Make a friend group
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Add {
    /// Its name, up to 64 characters
    #[cfg_attr(feature = "cli", arg(value_name = "GROUP"))]
    pub group: String,
}

/// Give a friend group another name
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rename {
    /// Its name so far
    #[cfg_attr(feature = "cli", arg(value_name = "GROUP"))]
    pub group: String,
    /// Its new name, up to 64 characters
    #[cfg_attr(feature = "cli", arg(value_name = "NEW"))]
    pub new: String,
}

/// Remove a friend group
///
/// Its friends stand in My Friends from then on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remove {
    /// Its name
    #[cfg_attr(feature = "cli", arg(value_name = "GROUP"))]
    pub group: String,
}

/// The reply of every verb of this feature: the relay has it, and every device will hear of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {
    /// The name of the group it is about, as it is now.
    pub group: String,
}

/// `group.added` and `group.removed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Changed {
    /// The group's name.
    pub group: String,
}

/// `group.renamed`: its friends moved with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Renamed {
    /// Its name until now.
    pub group: String,
    /// Its name from now on.
    pub new: String,
}
