//! The tray item: unread state, and the way back to the windows.

use crate::app::App;

pub(crate) struct Tray {
    tray: qq_slint_ui::Tray,
}

impl Tray {
    pub(crate) fn open() -> Result<Self, slint::PlatformError> {
        let tray = qq_slint_ui::Tray::new()?;
        tray.on_open(|| App::with(App::show_first));
        tray.on_settings(|| App::with(App::show_settings));
        tray.on_close_windows(|| App::with(App::close_windows));
        tray.on_quit(|| App::with(App::quit));
        tray.show()?;
        Ok(Self { tray })
    }

    /// All accounts in one: unread messages summed, grey when none is on line, as without a daemon.
    pub(crate) fn refresh(&self, app: &App) {
        let trouble = if app.is_without_daemon() { app.trouble() } else { String::new() };
        self.tray.set_trouble(trouble.into());
        self.tray.set_forgets(app.is_shared());
        let state = app.state.borrow();
        let unread: u64 = state.accounts.iter().map(|account| account.unread.total).sum();
        self.tray.set_unread(i32::try_from(unread).unwrap_or(i32::MAX));
        let online = ipc_schema::account::State::Online;
        let is_online = state.accounts.iter().any(|account| account.link.state == online);
        self.tray.set_away(!(app.is_here() && is_online));
    }
}
