//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// What draws the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Renderer {
    /// OpenGL (FemtoVG): colour emoji, smooth; the default.
    Gl,
    /// The processor alone: less memory, no driver, no colour emoji.
    Software,
}

/// Qiaoqiao 敲敲: friend list, chat windows, the window shake
///
/// A second start raises the window that is open. The background program qqd is started when it does not run; closing
/// the windows does not end the session.
#[derive(Debug, Parser)]
#[command(
    name = "qq-slint",
    version,
    after_help = "Examples:\n  qq-slint                    the friend list, or login\n  qq-slint qiao://host/i/CODE  join by an invite link\n  qq-slint --open bob         the conversation with bob\n  qq-slint --hidden           on line in the tray, for the desktop's autostart"
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
    #[arg(long, conflicts_with_all = ["socket", "link", "account"])]
    pub(crate) mock: bool,
    /// The daemon's socket, when it is not where it always is
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
}
