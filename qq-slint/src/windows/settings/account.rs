//! The account's section: picture, name, password, server, the ways out.

use std::rc::Rc;

use ipc_schema::{Code, Error, Secret, account};
use qq_slint_ui::Prefs as Global;
use slint::ComponentHandle;

use super::{Settings, call, send};
use crate::app::App;
use crate::asking::{self, Answer, Question};
use crate::words;

/// What the fields of an account were filled with: only what differs from it was edited.
pub(super) struct Filled {
    account: String,
    name: String,
    note: String,
}

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
        global.on_log_out(|| Self::with(|settings, app| asking::ask(&settings.window, app, log_out(app))));
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

    /// The fields of an account that is shown now, until the server has said more.
    pub(super) fn fill_profile(&self, account: &str, name: &str) {
        if self.filled.borrow().as_ref().is_some_and(|filled| filled.account == account) {
            return;
        }
        let global = self.window.global::<Global>();
        global.set_name(name.into());
        global.set_note("".into());
        let filled = Filled { account: account.to_owned(), name: name.to_owned(), note: String::new() };
        *self.filled.borrow_mut() = Some(filled);
    }

    /// What the server says of oneself stands where nothing was typed meanwhile.
    fn show_profile(&self, shown: account::Shown) {
        let global = self.window.global::<Global>();
        let mut filled = self.filled.borrow_mut();
        let Some(filled) = filled.as_mut() else { return };
        if global.get_name() == filled.name {
            global.set_name(shown.name.as_str().into());
        }
        if global.get_note() == filled.note {
            global.set_note(shown.note.as_str().into());
        }
        (filled.name, filled.note) = (shown.name, shown.note);
    }

    /// Sends what was edited, and nothing else: what stands in a field may be older than what is known elsewhere.
    fn keep_profile(&self, _app: &App) {
        let global = self.window.global::<Global>();
        let filled = self.filled.borrow();
        let Some(filled) = filled.as_ref() else { return };
        let edited = |typed: slint::SharedString, before: &str| {
            Some(typed.trim().to_owned()).filter(|typed| typed != before)
        };
        let name = edited(global.get_name(), &filled.name);
        let note = edited(global.get_note(), &filled.note);
        call(account::Profile { name, note, picture: None }, |settings, shown| {
            let global = settings.window.global::<Global>();
            global.set_name(shown.name.as_str().into());
            global.set_note(shown.note.as_str().into());
            settings.problem("");
            settings.show_profile(shown);
        });
    }
}

/// Follows the server to another address; a key that is not known is shown, and trusted only when the user says so.
fn move_to(app: &App, relay: String, trust: Option<String>, answer: Answer) {
    let Some(account) = answer.account.clone() else { return answer.done() };
    let params = account::Relay { relay: relay.clone(), trust };
    app.link.call(Some(&account.clone()), &params, move |reply| {
        App::with(|app| match reply {
            // The next question would stand over another account, or over what was turned to since.
            Err(error) if error.code == Code::Untrusted && (!answer.is_open() || !app.shows(&account)) => {
                answer.done();
            }
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

/// Asks before the account of the friend list is logged out.
pub(crate) fn log_out(app: &App) -> Question {
    let name = app.account_name().unwrap_or_default();
    let shared = app.prefs.borrow().shared.contains(&name);
    let question = Question::new("log-out", name.clone(), move |app, answer, _, _| {
        if !answer.ticked {
            app.keep_drafts_of(&name);
        }
        let params = account::Logout { forget: answer.ticked, account: Some(name.clone()) };
        let name = name.clone();
        app.link.call(None, &params, move |reply| App::with(|app| left(app, &name, &answer, reply)));
    });
    question.ticked(shared)
}

/// The account is logged out: login is what is left to show, if no other account is in.
fn left<T>(app: &Rc<App>, account: &str, answer: &Answer, reply: Result<T, Error>) {
    match reply {
        Ok(_) => {
            answer.done();
            app.forget(account);
            if answer.ticked {
                app.forget_name(account);
            }
            app.leave_account(account);
        }
        Err(error) => answer.failed(app, &error),
    }
}
