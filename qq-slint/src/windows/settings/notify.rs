//! The notifications' section: do not disturb, quiet hours, how much is shown, whom one has muted.

use ipc_schema::notify;
use qq_slint_ui::Prefs as Global;
use slint::{ComponentHandle, SharedString};

use super::{Settings, call};
use crate::app::App;
use crate::windows::{date, update};

impl Settings {
    pub(super) fn bind_rules(&self) {
        let global = self.window.global::<Global>();
        global.on_dnd_changed(|| Self::with(|settings, _| settings.keep_dnd()));
        global.on_rules_changed(|| Self::with(|settings, _| settings.keep_rules()));
        global.on_unmute(|id| {
            // It is named with the account that it belongs to, which need not be the one that is shown.
            let Some((account, friend)) = id.rsplit_once('/') else { return };
            let params = notify::Mute { friend: format!("@{friend}"), off: true };
            App::with(|app| {
                app.link.call(Some(account), &params, |reply| {
                    Self::with(|settings, app| match reply {
                        Ok(rules) => settings.show_rules(rules),
                        Err(error) => settings.fail(app, &error),
                    });
                });
            });
        });
    }

    pub(super) fn show_rules(&self, rules: notify::Rules) {
        let global = self.window.global::<Global>();
        global.set_dnd(i32::from(rules.dnd));
        let until = rules.dnd_until.as_deref().map(date).unwrap_or_default();
        global.set_dnd_until(until.into());
        global.set_quiet(rules.quiet.unwrap_or_default().into());
        global.set_content(match rules.content {
            notify::Shows::Full => 0,
            notify::Shows::Name => 1,
            notify::Shows::Nothing => 2,
        });
        update(&self.muted, rules.muted.into_iter().map(SharedString::from).collect());
    }

    pub(super) fn keep_rules(&self) {
        self.problem("");
        let global = self.window.global::<Global>();
        let content = match global.get_content() {
            1 => notify::Shows::Name,
            2 => notify::Shows::Nothing,
            _ => notify::Shows::Full,
        };
        let quiet = global.get_quiet().trim().to_owned();
        let hours = if quiet.is_empty() { "off".to_owned() } else { quiet };
        call(notify::Quiet { hours }, |_, _| {});
        call(notify::Content { content }, |settings, rules| settings.show_rules(rules));
    }

    fn keep_dnd(&self) {
        let (state, minutes) = match self.window.global::<Global>().get_dnd() {
            0 => (notify::Switch::Off, None),
            2 => (notify::Switch::On, Some(60)),
            3 => (notify::Switch::On, Some(8 * 60)),
            _ => (notify::Switch::On, None),
        };
        call(notify::Dnd { state, minutes }, |settings, rules| settings.show_rules(rules));
    }
}
