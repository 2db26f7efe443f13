//! How a new account is made: by a link, or where anybody may.

use std::rc::Rc;

use ipc_schema::{Code, Error, Secret, account};
use qq_slint_ui::Enter;
use slint::ComponentHandle;

use super::{Login, filled};
use crate::app::App;
use crate::words;

impl Login {
    pub(super) fn join(&self, app: &Rc<App>) {
        let enter = self.window.global::<Enter>();
        let link = enter.get_link().trim().to_owned();
        if link.is_empty() || enter.get_busy() {
            return;
        }
        let password = enter.get_password().to_string();
        let name = enter.get_shown_name().trim().to_owned();
        let new_account = filled(&enter.get_chosen_name());
        let attempt = self.begin(app, "", &link);
        let (is_named, has_key) = (new_account.is_some(), link.contains('#'));
        let params = account::Join {
            link,
            new_account,
            name: Some(name).filter(|name| !name.is_empty()),
            password: Some(password).filter(|password| !password.is_empty()).map(Secret::new),
        };
        app.link.call(None, &params, move |reply| {
            Self::with(|login, app| match reply {
                Ok(joined) => login.on_in(app, attempt, &joined.account, 0),
                Err(error) => {
                    login.on_refused(app, attempt, &error);
                    login.on_unjoined(app, attempt, &error, is_named, has_key);
                }
            });
        });
    }

    /// What an invitation lacks is asked for, or said.
    fn on_unjoined(&self, app: &App, attempt: u64, error: &Error, is_named: bool, has_key: bool) {
        if attempt != self.attempt.get() {
            return;
        }
        let enter = self.window.global::<Enter>();
        let say = app.voice.global::<qq_slint_ui::Say>();
        let reason = words::field(error, "reason");
        if matches!(reason, "name" | "taken") {
            enter.set_name_asked(true);
        }
        if reason == "name" && !is_named {
            self.fail(&say.invoke_unnamed(), "");
        }
        if error.code == Code::Untrusted && !has_key {
            // Whom to trust stands in the link: nobody compares a fingerprint for what was lost in copying.
            self.fail(&say.invoke_keyless(words::field(error, "relay").into()), "");
        }
    }

    /// Makes an account where the server lets anybody in.
    pub(super) fn register(&self, app: &Rc<App>, trust: Option<String>) {
        let enter = self.window.global::<Enter>();
        let new_account = enter.get_new_account().trim().to_owned();
        if new_account.is_empty() || enter.get_busy() {
            return;
        }
        let Some((_, relay)) = new_account.split_once('@') else {
            return self.fail(&app.voice.global::<qq_slint_ui::Say>().invoke_no_account_address(), "");
        };
        let trust = self.trusting(relay, trust);
        let attempt = self.begin(app, &new_account, relay);
        let params = account::Register {
            name: filled(&enter.get_shown_name()),
            password: Some(enter.get_password().to_string()).filter(|it| !it.is_empty()).map(Secret::new),
            relay: None,
            new_account,
            trust,
        };
        app.link.call(None, &params, move |reply| {
            Self::with(|login, app| match reply {
                Ok(joined) => login.on_in(app, attempt, &joined.account, 0),
                Err(error) => login.on_refused(app, attempt, &error),
            });
        });
    }
}
