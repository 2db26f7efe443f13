//! The window program's own settings, in `$XDG_CONFIG_HOME/qiaoqiao/window.toml`: how it looks and behaves on this
//! computer. Everything about an account lives in the daemon.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::sound::Sound;
use crate::words::Unwritten;

/// Sizes of windows that can be meant, in logical pixels; NaN is none of them.
const SIZES: std::ops::RangeInclusive<f32> = 200.0..=8_192.0;

/// The settings. Unknown fields of a newer version are ignored, missing ones have their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Prefs {
    /// 0 as the desktop, 1 light, 2 dark.
    pub(crate) theme: i32,
    /// 0.8 to 1.6.
    pub(crate) font_scale: f32,
    /// Nothing moves.
    pub(crate) still: bool,
    /// 0 a window a conversation, 1 one window.
    pub(crate) layout: i32,
    /// 0 as the desktop, 1 English, 2 简体中文.
    pub(crate) language: i32,
    /// Enter sends; else Ctrl+Enter.
    pub(crate) enter_sends: bool,
    /// What a message does: 0 opens its window, 1 only notifies, 2 nothing. None: as fits the window system.
    pub(crate) on_message: Option<i32>,
    /// Sounds that are switched off.
    pub(crate) silent: Vec<Sound>,
    /// Accounts that were logged in on a shared computer: nothing of them stays after log-out.
    pub(crate) shared: Vec<String>,
    /// The account that was logged in last, for the next login; none of a shared computer.
    pub(crate) last: Option<String>,
    /// Groups that are folded, by account and group: `alice@host/friend`.
    pub(crate) folded: Vec<String>,
    /// How large the windows were left, in logical pixels, by their kind: `chat`, `friends`, `both`, `settings`.
    pub(crate) sizes: BTreeMap<String, (f32, f32)>,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            theme: 0,
            font_scale: 1.0,
            still: false,
            layout: 0,
            language: 0,
            enter_sends: true,
            on_message: None,
            silent: Vec::new(),
            shared: Vec::new(),
            last: None,
            folded: Vec::new(),
            sizes: BTreeMap::new(),
        }
    }
}

/// Where the settings are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// This file.
    File(PathBuf),
    /// Not at all: of tests, of `--mock`, and where there is no home.
    Nowhere,
}

impl Place {
    /// Where they are for this user.
    pub(crate) fn of_user() -> Self {
        path().map_or(Self::Nowhere, Self::File)
    }
}

impl Prefs {
    /// Reads them; what is missing or cannot be read is as it is by default.
    pub(crate) fn load(place: &Place) -> Self {
        let path = match place {
            Place::File(path) => Some(path),
            Place::Nowhere => None,
        };
        let mut prefs: Self = path
            .and_then(|path| std::fs::read_to_string(path).ok())
            .and_then(|text| toml::from_str(&text).ok())
            .unwrap_or_default();
        prefs.font_scale = prefs.font_scale.clamp(0.8, 1.6);
        prefs.sizes.retain(|_, (width, height)| SIZES.contains(width) && SIZES.contains(height));
        prefs
    }

    /// Nothing in them names this account any more.
    pub(crate) fn forget(&mut self, account: &str) {
        self.shared.retain(|known| known != account);
        self.last.take_if(|last| last == account);
        let folded = |key: &str| key.strip_prefix(account).is_some_and(|rest| rest.starts_with('/'));
        self.folded.retain(|key| !folded(key));
    }

    /// Writes them, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn save(&self, place: &Place) -> Result<(), Unwritten> {
        match place {
            Place::File(path) => self.write(path).map_err(|error| Unwritten { path: path.clone(), error }),
            Place::Nowhere => Ok(()),
        }
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let beside = path.with_extension("toml.new");
        std::fs::write(&beside, toml::to_string(self).map_err(std::io::Error::other)?)?;
        std::fs::rename(beside, path)
    }
}

fn path() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let config =
        config.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("qiaoqiao/window.toml"))
}
