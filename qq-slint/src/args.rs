//! The command line.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, ValueEnum};
use manual::Manual;

use crate::half::Half;

/// What draws the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Renderer {
    /// OpenGL (FemtoVG): smooth; the default where there is a graphics card.
    Gl,
    /// The processor alone: less memory, no driver; the default elsewhere.
    Software,
}

/// Whom the pretend daemon knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pretend {
    /// Five friends.
    Few,
    /// 5,000 friends, 100,000 messages with one of them, long names, long texts.
    Many,
}

/// Qiaoqiao 敲敲: friend list, chat windows, the window shake
///
/// A second start raises the window that is open. The background program qqd is started when it does not run; closing
/// the windows does not end the session.
#[derive(Debug, Parser)]
#[command(
    name = "qq-slint",
    version,
    after_help = "Examples:\n  qq-slint                    the friend list, or login\n  qq-slint qiao://host/i/CODE  join by an invite link\n  qq-slint --open bob         the conversation with bob\n  qq-slint --hidden           in the tray, for the desktop's autostart"
)]
pub(crate) struct Args {
    /// An invite link or a link for your next device (qiao://…)
    #[arg(value_name = "LINK")]
    pub(crate) link: Option<String>,
    /// Open the conversation with this friend
    #[arg(long, value_name = "FRIEND")]
    pub(crate) open: Option<String>,
    /// Start without a window: in the tray, and when a message comes
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Which account to show, where several are logged in
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// What draws the windows
    #[arg(long, value_enum, value_name = "RENDERER")]
    pub(crate) renderer: Option<Renderer>,
    /// Talk to pretend friends of a pretend daemon: nothing is sent, nothing is kept
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true,
        default_missing_value = "few", conflicts_with_all = ["socket", "link", "account"])]
    pub(crate) mock: Option<Pretend>,
    /// The daemon's socket, when it is not where it always is
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Show the windows in one half of the screen, and end when they are closed: to see two people at once
    #[arg(long, value_enum, value_name = "HALF", conflicts_with = "hidden")]
    pub(crate) half: Option<Half>,
    /// Write the page of the manual into this directory, and end: for whoever packages it
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) man: Option<PathBuf>,
}

const FILES: &str = "\
$XDG_CONFIG_HOME/qiaoqiao/window.toml\tHow the windows look and behave on this computer; ~/.config/qiaoqiao/window.toml where \
XDG_CONFIG_HOME is not set.
$XDG_CONFIG_HOME/autostart/io.github.qiaoqiao.Qiaoqiao.desktop\tThe start with the desktop, while it is switched on in the settings.
$XDG_RUNTIME_DIR/qqd/ipc.sock\tThe daemon's socket; another one is named with --socket.
$XDG_RUNTIME_DIR/qqd/window.sock\tHow a second start raises the windows of the first.";

const ENVIRONMENT: &str = "\
DISPLAY, WAYLAND_DISPLAY\tThe display; one of them is needed.
XDG_RUNTIME_DIR\tWhere the sockets are.
XDG_CONFIG_HOME, HOME\tWhere the settings are.
PATH\tWhere qqd is looked for when it does not stand beside qq-slint.
LANG, LC_ALL, LC_MESSAGES\tThe language of the windows, unless the settings name one: English or Chinese.";

const EXIT_STATUS: &str = "\
0\tThe windows were closed for good, or another qq-slint has been told.
1\tNo window can be opened; a sentence says why.
2\tWrong usage.";

/// The page of the manual.
pub(crate) fn manual() -> Manual<'static> {
    let more = &[("EXIT STATUS", EXIT_STATUS), ("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)];
    Manual { command: Args::command(), section: "1", more, see_also: &["qqctl(1)", "qqd(1)"] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
