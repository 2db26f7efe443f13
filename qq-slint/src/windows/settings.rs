//! Settings: of this computer (kept by `crate::prefs`), and of the account that is shown (kept by the daemon).

use std::cell::RefCell;
use std::rc::Rc;

use ipc_schema::{Error, Secret, account, friend, notify};
use qq_slint_ui::{Device, Prefs as Global, Section, SettingsWindow};
use slint::{ComponentHandle, Image, Model, ModelRc, Rgb8Pixel, SharedPixelBuffer, SharedString, VecModel};

use crate::app::{App, shown_name};
use crate::asking::{self, Answer, Question};
use crate::{autostart, face, winext, words};

pub(crate) struct Settings {
    window: SettingsWindow,
    devices: Rc<VecModel<Device>>,
    muted: Rc<VecModel<SharedString>>,
    blocked: Rc<VecModel<SharedString>>,
    /// The account whose fields the window holds; another one fills them anew.
    filled: RefCell<Option<String>>,
}

impl Settings {
    pub(crate) fn open(app: &Rc<App>) -> Result<Rc<Self>, slint::PlatformError> {
        let window = SettingsWindow::new()?;
        let settings = Rc::new(Self {
            window,
            devices: Rc::default(),
            muted: Rc::default(),
            blocked: Rc::default(),
            filled: RefCell::default(),
        });
        settings.bind();
        settings.dress(app);
        Ok(settings)
    }

    fn with(f: impl FnOnce(&Rc<Self>, &Rc<App>)) {
        App::with(|app| {
            let settings = app.settings.borrow().clone();
            if let Some(settings) = settings {
                f(&settings, app);
            }
        });
    }

    fn bind(&self) {
        let global = self.window.global::<Global>();
        global.set_devices(ModelRc::from(self.devices.clone()));
        global.set_muted(ModelRc::from(self.muted.clone()));
        global.set_blocked(ModelRc::from(self.blocked.clone()));
        global.set_version(env!("CARGO_PKG_VERSION").into());
        global.on_leave(|| Self::with(|settings, _| settings.hide()));
        global.on_changed(|| Self::with(Self::keep));
        global.on_rules_changed(|| Self::with(|settings, app| settings.keep_rules(app)));
        global.on_profile_changed(|| Self::with(|settings, app| settings.keep_profile(app)));
        global.on_chosen(|section| Self::with(|settings, app| settings.look(app, section)));
        global.on_link_make(|| Self::with(|settings, app| settings.make_link(app)));
        global.on_unmute(|id| {
            call(notify::Mute { friend: format!("@{id}"), off: true }, |settings, rules| {
                settings.show_rules(rules);
            });
        });
        global.on_unblock(|id| call(friend::Unblock { friend: format!("@{id}") }, |_, _| {}));
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
                send(app, account::Relay { relay, trust: None }, answer);
            }));
        });
        global.on_log_out(|| {
            Self::with(|settings, app| {
                let name = app.account_name().unwrap_or_default();
                let question = Question::new("log-out", name.clone(), move |app, answer, _, _| {
                    let forget = app.prefs.borrow().shared.contains(&name);
                    let params = account::Logout { forget, account: Some(name.clone()) };
                    app.link.call(None, &params, move |reply| App::with(|app| left(app, &answer, reply)));
                });
                asking::ask(&settings.window, app, question);
            });
        });
        global.on_account_remove(|| {
            Self::with(|settings, app| {
                let name = app.account_name().unwrap_or_default();
                let question =
                    Question::new("account-remove", name.clone(), move |app, answer, password, _| {
                        let params = account::Remove { password: Some(Secret::new(password)), forget: false };
                        app.link.call(Some(&name), &params, move |reply| {
                            App::with(|app| left(app, &answer, reply));
                        });
                    });
                asking::ask(&settings.window, app, question.secret().danger());
            });
        });
        global.on_picture_pick(|| {
            Self::question(Question::new("picture", "", |app, answer, path, _| match face::cut(&path) {
                Ok(path) => send_picture(app, path, answer),
                Err(error) => answer.refuse(&format!("{error:#}")),
            }));
        });
        global.on_revoke(|device| {
            Self::with(|settings, app| {
                let client =
                    settings.devices.iter().find(|known| known.id == device).map(|known| known.client);
                let question =
                    Question::new("revoke", client.unwrap_or_default(), move |app, answer, _, _| {
                        send(app, account::Revoke { device: device.to_string() }, answer);
                        Self::with(|settings, app| settings.look(app, Section::Devices));
                    });
                asking::ask(&settings.window, app, question.danger());
            });
        });
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
        self.refresh(app);
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
        let global = self.window.global::<Global>();
        // A link for one's next device is worth a password: it does not stay on a hidden window.
        global.set_link("".into());
        let _ = self.window.hide();
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
        }
        if let Err(error) = autostart::set(global.get_autostart()) {
            self.problem(&format!("{error:#}"));
        }
        app.prefs_changed();
        if relaid {
            app.lay_out();
        }
    }

    pub(crate) fn refresh(&self, app: &App) {
        let global = self.window.global::<Global>();
        global.set_banner(app.trouble().into());
        app.current(|account| {
            global.set_account(account.account.as_str().into());
            global.set_face(app.own_face(account));
            global.set_server(account.link.relay.as_str().into());
            super::update(&self.blocked, account.blocked.iter().map(SharedString::from).collect());
            if self.filled.borrow().as_deref() != Some(&account.account) {
                global.set_name(shown_name(account).into());
                global.set_note(account.note.as_str().into());
                *self.filled.borrow_mut() = Some(account.account.clone());
            }
        });
    }

    /// A section is looked at: what the daemon or the server has to say about it is fetched.
    fn look(&self, app: &App, section: Section) {
        self.problem("");
        match section {
            Section::Devices => call(account::Devices {}, |settings, list: account::DeviceList| {
                let devices = list.devices.into_iter().map(|device| Device {
                    id: device.device.into(),
                    client: device.client.into(),
                    seen: device.seen.get(..16).unwrap_or(&device.seen).replace('T', " ").into(),
                    online: device.online,
                    own: device.own,
                });
                super::update(&settings.devices, devices.collect());
            }),
            Section::Notifications => call(notify::Status {}, |settings, rules| settings.show_rules(rules)),
            Section::Account => {
                let name = app.account_name();
                app.link.call(None, &ipc_schema::daemon::Status {}, move |reply| {
                    Self::with(|settings, _| {
                        let Ok(report) = reply else { return };
                        let random = report
                            .accounts
                            .iter()
                            .any(|a| Some(&a.account) == name.as_ref() && a.random_password);
                        settings.window.global::<Global>().set_random_password(random);
                    });
                });
            }
            Section::Appearance
            | Section::Layout
            | Section::Language
            | Section::Keys
            | Section::Privacy
            | Section::About => {}
        }
    }

    fn show_rules(&self, rules: notify::Rules) {
        let global = self.window.global::<Global>();
        global.set_dnd(rules.dnd);
        global.set_quiet(rules.quiet.unwrap_or_default().into());
        global.set_content(match rules.content {
            notify::Shows::Full => 0,
            notify::Shows::Name => 1,
            notify::Shows::Nothing => 2,
        });
        super::update(&self.muted, rules.muted.into_iter().map(SharedString::from).collect());
    }

    fn keep_rules(&self, app: &App) {
        self.problem("");
        let global = self.window.global::<Global>();
        let switch = if global.get_dnd() { notify::Switch::On } else { notify::Switch::Off };
        let content = match global.get_content() {
            1 => notify::Shows::Name,
            2 => notify::Shows::Nothing,
            _ => notify::Shows::Full,
        };
        let quiet = global.get_quiet().trim().to_owned();
        let hours = if quiet.is_empty() { "off".to_owned() } else { quiet };
        let _ = app;
        call(notify::Dnd { state: switch, minutes: None }, |_, _| {});
        call(notify::Quiet { hours }, |_, _| {});
        call(notify::Content { content }, |settings, rules| settings.show_rules(rules));
    }

    fn keep_profile(&self, _app: &App) {
        let global = self.window.global::<Global>();
        let name = global.get_name().trim().to_owned();
        let note = global.get_note().trim().to_owned();
        let params = account::Profile { name: Some(name), note: Some(note), picture: None };
        call(params, |settings, shown: account::Shown| {
            let global = settings.window.global::<Global>();
            global.set_name(shown.name.into());
            global.set_note(shown.note.into());
            settings.problem("");
        });
    }

    fn make_link(&self, _app: &App) {
        call(account::Link {}, |settings, linked: account::Linked| {
            let global = settings.window.global::<Global>();
            if let Some(code) = code(&linked.link) {
                global.set_link_code(code);
            }
            let until = linked.expires.get(11..16).unwrap_or_default().to_owned();
            global.set_link_expires(format!("{until} UTC").into());
            global.set_link(linked.link.into());
        });
    }
}

/// A QR code, a pixel a module, with the quiet zone of four that ISO/IEC 18004 asks for.
fn code(text: &str) -> Option<Image> {
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new(text).ok()?;
    let side = code.width() + 2 * QUIET;
    let size = u32::try_from(side).ok()?;
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(size, size);
    for (at, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let (x, y) = ((at % side).checked_sub(QUIET), (at / side).checked_sub(QUIET));
        let dark = match (x, y) {
            (Some(x), Some(y)) if x < code.width() && y < code.width() => code[(x, y)] == qrcode::Color::Dark,
            _ => false,
        };
        let shade = if dark { 0 } else { 255 };
        *pixel = Rgb8Pixel { r: shade, g: shade, b: shade };
    }
    Some(Image::from_rgb8(buffer))
}

/// Calls for the shown account; a refusal is told in the window.
fn call<M: ipc_schema::Method + 'static>(params: M, then: impl FnOnce(&Settings, M::Reply) + 'static) {
    App::with(|app| {
        let Some(account) = app.account_name() else { return };
        app.link.call(Some(&account), &params, move |reply| {
            Settings::with(|settings, app| match reply {
                Ok(reply) => then(settings, reply),
                Err(error) => settings.fail(app, &error),
            });
        });
    });
}

fn send<M: ipc_schema::Method + 'static>(app: &App, params: M, answer: Answer) {
    let Some(account) = app.account_name() else { return answer.done() };
    app.link.call(Some(&account), &params, move |reply| App::with(|app| answer.settle(app, reply)));
}

/// Sets one's avatar; the file goes when the daemon has read it.
fn send_picture(app: &App, path: std::path::PathBuf, answer: Answer) {
    let Some(account) = app.account_name() else { return answer.done() };
    let params =
        account::Profile { picture: Some(path.display().to_string()), ..account::Profile::default() };
    app.link.call(Some(&account), &params, move |reply| {
        // One that cannot be removed lies in a directory that goes with the session.
        let _ = std::fs::remove_file(&path);
        App::with(|app| answer.settle(app, reply));
    });
}

/// The account is logged out: login is what is left to show, if no other account is in.
fn left<T>(app: &Rc<App>, answer: &Answer, reply: Result<T, Error>) {
    match reply {
        Ok(_) => {
            answer.done();
            app.close_windows();
            app.show_first();
        }
        Err(error) => answer.failed(app, &error),
    }
}
