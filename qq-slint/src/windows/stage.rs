//! Where a conversation is shown: in a window of its own, or beside the friend list (the one-window layout). Both hold the
//! same parts, so the rest of the program need not know which it is.

use qq_slint_ui::{ChatWindow, FriendsWindow, Rich, Talk};
use slint::ComponentHandle;

use crate::app::App;
use crate::asking::{self, Question};
use crate::rich;

pub(crate) enum Stage {
    /// A window of its own.
    Own(ChatWindow),
    /// The right side of the friends window.
    Beside(FriendsWindow),
}

/// The same call on whichever window it is.
macro_rules! either {
    ($stage:expr, $window:ident => $call:expr) => {
        match $stage {
            Stage::Own($window) => $call,
            Stage::Beside($window) => $call,
        }
    };
}

impl Stage {
    pub(crate) fn talk(&self) -> Talk<'_> {
        either!(self, window => window.global::<Talk>())
    }

    pub(crate) fn rich(&self) -> Rich<'_> {
        either!(self, window => window.global::<Rich>())
    }

    /// Ties the texts of messages to what they are made of.
    pub(crate) fn bind_rich(&self) {
        either!(self, window => {
            let weak = window.as_weak();
            let scale = move || weak.upgrade().map_or(1.0, |window| window.window().scale_factor());
            rich::bind(&window.global::<Rich>(), scale);
        });
    }

    pub(crate) fn window(&self) -> &slint::Window {
        either!(self, window => window.window())
    }

    pub(crate) fn show(&self) {
        // A window that cannot be shown has said so on the terminal.
        let _ = either!(self, window => window.show());
    }

    pub(crate) fn write(&self) {
        either!(self, window => window.invoke_write());
    }

    pub(crate) fn to_row(&self, share: f32) {
        either!(self, window => window.invoke_to_row(share));
    }

    pub(crate) fn is_at_end(&self) -> bool {
        either!(self, window => window.invoke_is_at_end())
    }

    pub(crate) fn content_height(&self) -> f32 {
        either!(self, window => window.invoke_content_height())
    }

    pub(crate) fn scroll_by(&self, distance: f32) {
        either!(self, window => window.invoke_scroll_by(distance));
    }

    pub(crate) fn sway(&self, x: f32) {
        either!(self, window => window.set_sway(x));
    }

    /// To the newest message. The list learns the heights of new rows only as it draws them, so the end is sought again
    /// a few times.
    pub(crate) fn to_end(&self) {
        for pause in [0, 20, 60, 120].map(std::time::Duration::from_millis) {
            match self {
                Self::Own(window) => {
                    let weak = window.as_weak();
                    slint::Timer::single_shot(pause, move || {
                        if let Some(window) = weak.upgrade() {
                            window.invoke_to_end();
                        }
                    });
                }
                Self::Beside(window) => {
                    let weak = window.as_weak();
                    slint::Timer::single_shot(pause, move || {
                        if let Some(window) = weak.upgrade() {
                            window.invoke_to_end();
                        }
                    });
                }
            }
        }
    }

    pub(crate) fn ask(&self, app: &App, question: Question) {
        either!(self, window => asking::ask(window, app, question));
    }

    pub(crate) fn tell(&self, title: &str, text: &str) {
        either!(self, window => asking::tell(window, title, text));
    }

    pub(crate) fn tell_about(&self, app: &App, account: &str, friend: &str) {
        either!(self, window => asking::tell_about(window, app, Some(account), friend));
    }

    pub(crate) fn dress(&self, app: &App) {
        either!(self, window => app.dress(window));
    }
}
