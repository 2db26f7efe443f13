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

    /// Ends the search and closes the emoji panel beside the friend list, before another conversation comes there.
    pub(crate) fn close_tools(&self) {
        if let Self::Beside(window) = self {
            window.invoke_close_tools();
        }
    }

    pub(crate) fn write(&self) {
        either!(self, window => window.invoke_write());
    }

    /// So that this row is the first in view. The list knows the heights of far rows only when it draws them, so the row is
    /// sought again a few times.
    pub(crate) fn to_row(&self, row: usize) {
        self.again(&[0, 20, 60], move |stage| stage.seek(row));
    }

    /// So that this row stands in the middle of the view, about.
    pub(crate) fn to_found(&self, row: usize) {
        self.to_row(row);
        self.again(&[120], Self::nudge);
    }

    /// To the newest message; sought again as a row is.
    pub(crate) fn to_end(&self) {
        self.again(&[0, 20, 60, 120], |stage| either!(stage, window => window.invoke_to_end()));
    }

    fn seek(&self, row: usize) {
        let row = i32::try_from(row).unwrap_or(i32::MAX);
        either!(self, window => window.invoke_to_row(row));
    }

    fn nudge(&self) {
        either!(self, window => window.invoke_nudge());
    }

    /// Does it after each of these pauses (ms), if the window is there still.
    fn again(&self, pauses: &[u64], f: impl Fn(&Self) + Clone + 'static) {
        for pause in pauses.iter().copied().map(std::time::Duration::from_millis) {
            let f = f.clone();
            match self {
                Self::Own(window) => {
                    let weak = window.as_weak();
                    slint::Timer::single_shot(pause, move || {
                        if let Some(window) = weak.upgrade() {
                            f(&Self::Own(window));
                        }
                    });
                }
                Self::Beside(window) => {
                    let weak = window.as_weak();
                    slint::Timer::single_shot(pause, move || {
                        if let Some(window) = weak.upgrade() {
                            f(&Self::Beside(window));
                        }
                    });
                }
            }
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        either!(self, window => window.invoke_is_at_end())
    }

    /// Whether the very first row is in view.
    pub(crate) fn is_at_start(&self) -> bool {
        either!(self, window => window.invoke_is_at_start())
    }

    pub(crate) fn sway(&self, x: f32) {
        either!(self, window => window.set_sway(x));
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
