//! Settings: of this computer (kept by `crate::prefs`), and of the account that is shown (kept by the daemon).

mod account;
mod device;
mod notify;
mod outbox;
mod picture;
mod sounds;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ipc_schema::{Error, friend};
use qq_slint_ui::{Check, Device, Prefs as Global, Section, SettingsWindow, Waiting};
use slint::{ComponentHandle, ModelRc, SharedString, VecModel};

pub(crate) use self::account::log_out;
use crate::app::{App, shown_name};
use crate::asking::{self, Answer, Question};
use crate::{autostart, winext, words};

/// What its size is remembered by, and the size before there is one to remember: logical pixels.
const KIND: &str = "settings";
const SIZE: (f32, f32) = (680.0, 560.0);

pub(crate) struct Settings {
    window: SettingsWindow,
    devices: Rc<VecModel<Device>>,
    muted: Rc<VecModel<SharedString>>,
    blocked: Rc<VecModel<SharedString>>,
    waiting: Rc<VecModel<Waiting>>,
    checks: Rc<VecModel<Check>>,
    /// How many messages waited when the mirror was looked at last.
    outbox: Cell<u64>,
    /// The account whose fields the window holds, as it was filled in; another one fills them anew.
    filled: RefCell<Option<account::Filled>>,
    own: picture::Own,
}

impl Settings {
    pub(crate) fn open(app: &Rc<App>) -> Result<Rc<Self>, slint::PlatformError> {
        let window = SettingsWindow::new()?;
        let settings = Rc::new(Self {
            window,
            devices: Rc::default(),
            muted: Rc::default(),
            blocked: Rc::default(),
            waiting: Rc::default(),
            checks: Rc::default(),
            outbox: Cell::new(0),
            filled: RefCell::default(),
            own: picture::Own::new(app),
        });
        settings.bind();
        let larger = app.prefs.borrow().font_scale.max(1.0);
        app.size(KIND, settings.window.window(), (SIZE.0 * larger, SIZE.1));
        asking::bind(&settings.window);
        settings.dress(app);
        Ok(settings)
    }

    fn with(f: impl FnOnce(&Rc<Self>, &Rc<App>)) {
        App::with_window(|app| &app.settings, f);
    }

    fn bind(&self) {
        let global = self.window.global::<Global>();
        global.set_devices(ModelRc::from(self.devices.clone()));
        global.set_muted(ModelRc::from(self.muted.clone()));
        global.set_blocked(ModelRc::from(self.blocked.clone()));
        global.set_waiting(ModelRc::from(self.waiting.clone()));
        global.set_checks(ModelRc::from(self.checks.clone()));
        global.set_version(env!("CARGO_PKG_VERSION").into());
        global.on_leave(|| Self::with(|settings, _| settings.hide()));
        self.window.window().on_close_requested(|| {
            Self::with(|settings, _| settings.hide());
            slint::CloseRequestResponse::HideWindow
        });
        global.on_changed(|| Self::with(Self::keep));
        global.on_chosen(|section| Self::with(|settings, app| settings.look(app, section)));
        self.bind_account();
        self.bind_devices();
        self.bind_rules();
        self.bind_outbox();
        self.bind_sounds();
        global.on_unblock(|id| call(friend::Unblock { friend: format!("@{id}") }, |_, _| {}));
    }

    fn question(question: Question) {
        Self::with(|settings, app| asking::ask(&settings.window, app, question));
    }

    #[cfg(test)]
    pub(crate) fn window(&self) -> &SettingsWindow {
        &self.window
    }

    pub(crate) fn dress(&self, app: &App) {
        app.dress(&self.window);
    }

    pub(crate) fn show(self: &Rc<Self>, app: &Rc<App>) {
        self.fill(app);
        self.draw(app);
        // A window that cannot be shown has said so on the terminal.
        let _ = self.window.show();
        winext::focus(self.window.window());
        let section = self.window.global::<Global>().get_section();
        self.look(app, section);
    }

    /// Shows another section.
    pub(crate) fn turn_to(&self, app: &App, section: Section) {
        self.window.global::<Global>().set_section(section);
        self.look(app, section);
    }

    pub(crate) fn hide(&self) {
        App::with(|app| app.keep_size(KIND, self.window.window()));
        self.put_away();
        winext::rest(self.window.window());
        let _ = self.window.hide();
    }

    /// What is worth a password, and what was begun, does not stay on a hidden window.
    fn put_away(&self) {
        let global = self.window.global::<Global>();
        global.set_link("".into());
        global.set_link_code(slint::Image::default());
        global.set_link_expires("".into());
        asking::withdraw(&self.window);
        self.put_picture_away();
        *self.filled.borrow_mut() = None;
    }

    /// Another account is shown: nothing of the one before stays, and the section is looked at anew.
    pub(crate) fn on_turned(&self, app: &App) {
        self.put_away();
        let global = self.window.global::<Global>();
        global.set_random_password(false);
        global.set_any_failed(false);
        super::update(&self.devices, Vec::new());
        super::update(&self.waiting, Vec::new());
        self.outbox.set(0);
        self.refresh(app);
        if self.window.window().is_visible() {
            self.look(app, global.get_section());
        }
    }

    pub(crate) fn problem(&self, sentence: &str) {
        self.window.global::<Global>().set_problem(sentence.into());
    }

    fn fail(&self, app: &App, error: &Error) {
        self.problem(&words::error(&app.voice, error));
    }

    /// Shows the settings of this computer as they are.
    fn fill(&self, app: &App) {
        let global = self.window.global::<Global>();
        let prefs = app.prefs.borrow();
        global.set_theme(prefs.theme);
        global.set_font_scale(prefs.font_scale);
        global.set_still(prefs.still);
        global.set_layout(prefs.layout);
        global.set_language(prefs.language);
        global.set_enter_sends(prefs.enter_sends);
        sounds::fill(&global, &prefs);
        global.set_wayland(winext::on_wayland());
        global.set_autostart(autostart::is_on());
        drop(prefs);
        global.set_on_message(app.on_message());
    }

    /// Takes what was set in the window.
    fn keep(self: &Rc<Self>, app: &Rc<App>) {
        let global = self.window.global::<Global>();
        let relaid;
        {
            let mut prefs = app.prefs.borrow_mut();
            prefs.theme = global.get_theme();
            prefs.font_scale = global.get_font_scale();
            prefs.still = global.get_still();
            relaid = prefs.layout != global.get_layout();
            prefs.layout = global.get_layout();
            prefs.language = global.get_language();
            prefs.enter_sends = global.get_enter_sends();
            prefs.on_message = Some(global.get_on_message());
            prefs.silent = sounds::silent(&global);
        }
        if let Err(error) = autostart::set(global.get_autostart()) {
            self.problem(&error.said(&app.voice));
        }
        app.prefs_changed();
        if relaid {
            app.lay_out();
        }
    }

    /// Shows what has changed, where somebody sees it: a hidden window that changes wakes Slint 60 times a second.
    pub(crate) fn refresh(&self, app: &App) {
        if self.window.window().is_visible() {
            self.draw(app);
        }
    }

    fn draw(&self, app: &App) {
        let global = self.window.global::<Global>();
        global.set_banner(app.trouble().into());
        app.current(|account| {
            self.follow_outbox(account.outbox);
            global.set_account(account.account.as_str().into());
            global.set_face(app.own_face(account));
            global.set_server(account.link.relay.as_str().into());
            super::update(&self.blocked, account.blocked.iter().map(SharedString::from).collect());
            self.fill_profile(&account.account, &shown_name(account));
        });
    }

    /// A section is looked at: what the daemon or the server has to say about it is fetched.
    fn look(&self, app: &App, section: Section) {
        self.problem("");
        match section {
            Section::Devices => Self::look_at_devices(),
            Section::Outbox => Self::look_at_outbox(),
            Section::Notifications => {
                call(ipc_schema::notify::Status {}, |settings, rules| settings.show_rules(rules));
            }
            Section::Account => {
                Self::look_at_profile();
                let name = app.account_name();
                app.link.call(None, &ipc_schema::daemon::Status {}, move |reply| {
                    Self::with(|settings, app| {
                        let Ok(report) = reply else { return };
                        if app.account_name() != name {
                            return;
                        }
                        let random = report
                            .accounts
                            .iter()
                            .any(|a| Some(&a.account) == name.as_ref() && a.random_password);
                        settings.window.global::<Global>().set_random_password(random);
                    });
                });
            }
            Section::Sounds
            | Section::Appearance
            | Section::Layout
            | Section::Language
            | Section::Keys
            | Section::Privacy
            | Section::Doctor
            | Section::About => {}
        }
    }
}

/// Calls for the shown account; a refusal is told in the window. An answer that comes when another one is shown is dropped.
fn call<M: ipc_schema::Method + 'static>(params: M, then: impl FnOnce(&Settings, M::Reply) + 'static) {
    App::with(|app| {
        let Some(account) = app.account_name() else { return };
        app.link.call(Some(&account.clone()), &params, move |reply| {
            Settings::with(|settings, app| match reply {
                _ if !app.shows(&account) => {}
                Ok(reply) => then(settings, reply),
                Err(error) => settings.fail(app, &error),
            });
        });
    });
}

/// Calls for the account that the sheet was about, and answers it.
fn send<M: ipc_schema::Method + 'static>(app: &App, params: M, answer: Answer) {
    let Some(account) = answer.account.clone() else { return answer.done() };
    app.link.call(Some(&account), &params, move |reply| App::with(|app| answer.settle(app, reply)));
}
