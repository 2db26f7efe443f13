//! The account's section: picture, name, password, server, the ways out.

use std::rc::Rc;

use ipc_schema::{Code, Error, Secret, account};
use qq_slint_ui::Prefs as Global;
use slint::ComponentHandle;

use super::{Settings, call, send};
use crate::app::App;
use crate::asking::{self, Answer, Question};
use crate::words;

impl Settings {
    pub(super) fn bind_account(&self) {
        let global = self.window.global::<Global>();
        global.on_profile_changed(|| Self::with(|settings, app| settings.keep_profile(app)));
        global.on_password(|| {
            Self::question(
                Question::new("password", "", |app, answer, old, new| {
                    let password = Some(old).filter(|old| !old.is_empty()).map(Secret::new);
                    send(app, account::Passwd { password, new_password: Secret::new(new) }, answer);
                })
                .secret(),
            );
        });
        global.on_server_move(|| {
            Self::question(Question::new("relay", "", |app, answer, relay, _| {
                move_to(app, relay, None, answer);
            }));
        });
        global.on_log_out(|| {
            Self::with(|settings, app| {
                let name = app.account_name().unwrap_or_default();
                let shared = app.prefs.borrow().shared.contains(&name);
                let question = Question::new("log-out", name.clone(), move |app, answer, _, _| {
                    let params = account::Logout { forget: answer.ticked, account: Some(name.clone()) };
                    let name = name.clone();
                    app.link.call(None, &params, move |reply| {
                        App::with(|app| left(app, &name, &answer, reply));
                    });
                });
                asking::ask(&settings.window, app, question.ticked(shared));
            });
        });
        global.on_account_remove(|| {
            Self::with(|settings, app| {
                let name = app.account_name().unwrap_or_default();
                let question =
                    Question::new("account-remove", name.clone(), move |app, answer, password, _| {
                        let params = account::Remove {
                            password: Some(password).filter(|password| !password.is_empty()).map(Secret::new),
                            forget: answer.ticked,
                        };
                        let account = name.clone();
                        app.link.call(Some(&name), &params, move |reply| {
                            App::with(|app| left(app, &account, &answer, reply));
                        });
                    });
                asking::ask(&settings.window, app, question.secret().danger());
            });
        });
        self.bind_picture();
    }

    /// Fetches what one shows of oneself: the mirror knows the status text of the moment only.
    pub(super) fn look_at_profile() {
        call(account::Profile::default(), Self::show_profile);
    }

    fn show_profile(&self, shown: account::Shown) {
        let global = self.window.global::<Global>();
        global.set_name(shown.name.into());
        global.set_note(shown.note.into());
        self.problem("");
    }

    fn keep_profile(&self, _app: &App) {
        let global = self.window.global::<Global>();
        let name = global.get_name().trim().to_owned();
        let note = global.get_note().trim().to_owned();
        let params = account::Profile { name: Some(name), note: Some(note), picture: None };
        call(params, Self::show_profile);
    }
}

/// Follows the server to another address; a key that is not known is shown, and trusted only when the user says so.
fn move_to(app: &App, relay: String, trust: Option<String>, answer: Answer) {
    let Some(account) = app.account_name() else { return answer.done() };
    let params = account::Relay { relay: relay.clone(), trust };
    app.link.call(Some(&account), &params, move |reply| {
        App::with(|app| match reply {
            Err(error) if error.code == Code::Untrusted => {
                answer.done();
                let fingerprint = words::field(&error, "fingerprint").to_owned();
                let sentence = format!("{}\n\n{fingerprint}", words::error(&app.voice, &error));
                let trusted = Question::new("trust", "", move |app, answer, _, _| {
                    move_to(app, relay.clone(), Some(fingerprint.clone()), answer);
                });
                Settings::question(trusted.saying(sentence));
            }
            reply => answer.settle(app, reply),
        });
    });
}

/// The account is logged out: login is what is left to show, if no other account is in.
fn left<T>(app: &Rc<App>, account: &str, answer: &Answer, reply: Result<T, Error>) {
    match reply {
        Ok(_) => {
            answer.done();
            app.close_windows();
            app.forget(account);
            app.show_first();
        }
        Err(error) => answer.failed(app, &error),
    }
}
