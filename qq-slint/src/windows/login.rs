//! Login, joining by a link, and the first run.

mod join;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ipc_schema::account::{self, State};
use ipc_schema::{Code, Error, Secret, presence};
use qq_slint_ui::{Enter, EnterPage, Known, LoginWindow};
use slint::{ComponentHandle, ModelRc, VecModel};

use crate::app::{App, Daemon, shown_name};
use crate::words;

pub(crate) struct Login {
    window: LoginWindow,
    known: Rc<VecModel<Known>>,
    /// Counts the tries: the reply to one that was cancelled is not for us any more.
    attempt: Cell<u64>,
    /// The account of the try that runs.
    trying: RefCell<Option<String>>,
    /// Those who were logged in here before and are not now; the daemon tells them when it is asked.
    former: RefCell<Vec<String>>,
    /// The server and the key that the user trusts: whoever then types a wrong password is not asked again.
    trusted: RefCell<Option<(String, String)>>,
}

impl Login {
    pub(crate) fn open(app: &App) -> Result<Rc<Self>, slint::PlatformError> {
        let window = LoginWindow::new()?;
        let known = Rc::new(VecModel::default());
        let enter = window.global::<Enter>();
        enter.set_known(ModelRc::from(known.clone()));
        enter.on_login(|| Self::with(|login, app| login.log_in(app, None)));
        enter.on_join(|| Self::with(Self::join));
        enter.on_register(|| Self::with(|login, app| login.register(app, None)));
        enter.on_cancel(|| Self::with(|login, app| login.cancel(app)));
        enter.on_trust(|| Self::with(Self::trust));
        enter.on_distrust(|| Self::with(|login, _| login.fail("", "")));
        enter.on_choose(|at| Self::with(|login, _| login.choose(at)));
        enter.on_typed(|| Self::with(|login, _| login.fail("", "")));
        enter.on_language(|| App::with(next_language));
        enter.on_turn(|page| Self::with(|login, _| login.turn(page)));
        enter.on_leave(|| Self::with(|login, _| login.leave()));
        enter.on_banner_acted(|| App::with(App::on_trouble_acted));
        let login = Rc::new(Self {
            window,
            known,
            attempt: Cell::new(0),
            trying: RefCell::default(),
            former: RefCell::default(),
            trusted: RefCell::default(),
        });
        login.window.window().on_close_requested(|| {
            Self::with(|login, _| login.put_away());
            slint::CloseRequestResponse::HideWindow
        });
        login.dress(app);
        login.fill(app);
        Ok(login)
    }

    fn with(f: impl FnOnce(&Self, &Rc<App>)) {
        App::with_window(|app| &app.login, |login, app| f(login, app));
    }

    #[cfg(test)]
    pub(crate) fn window(&self) -> &LoginWindow {
        &self.window
    }

    pub(crate) fn dress(&self, app: &App) {
        app.dress(&self.window);
    }

    pub(crate) fn show(&self, app: &App) {
        self.draw(app);
        self.look(app);
        // A window that cannot be shown has said so on the terminal.
        let _ = self.window.show();
        crate::winext::focus(self.window.window());
    }

    pub(crate) fn hide(&self) {
        self.put_away();
        crate::winext::rest(self.window.window());
        let _ = self.window.hide();
    }

    /// No password, no invitation and nothing of an account to be stays on a hidden window.
    fn put_away(&self) {
        let enter = self.window.global::<Enter>();
        self.turn(match enter.get_page() {
            EnterPage::First | EnterPage::Run => EnterPage::First,
            EnterPage::Login | EnterPage::Join | EnterPage::Register => EnterPage::Login,
        });
        enter.set_link("".into());
        enter.set_new_account("".into());
        enter.set_shown_name("".into());
    }

    /// A link was given: the page to join by it, with the link in its field.
    pub(crate) fn offer(&self, link: &str) {
        self.turn(EnterPage::Join);
        self.window.global::<Enter>().set_link(link.into());
    }

    /// Why the account that somebody named is not shown.
    pub(crate) fn say(&self, sentence: &str) {
        let enter = self.window.global::<Enter>();
        enter.set_page(EnterPage::Login);
        self.fail(sentence, "");
    }

    /// Asks who was logged in here before: they are in nobody's friend list, and so not in the mirror.
    pub(crate) fn look(&self, app: &App) {
        app.link.call(None, &ipc_schema::daemon::Status {}, |reply| {
            Self::with(|login, app| {
                let Ok(report) = reply else { return };
                let out = report.accounts.into_iter().filter(|known| known.state == State::Offline);
                *login.former.borrow_mut() = out.map(|known| known.account).collect();
                login.suggest(app);
                login.refresh(app);
            });
        });
    }

    /// Whoever was logged in last need not type the name again.
    fn suggest(&self, app: &App) {
        let enter = self.window.global::<Enter>();
        let former = self.former.borrow();
        let last = app.prefs.borrow().last.clone().filter(|last| former.contains(last));
        let Some(name) = last.or_else(|| former.first().cloned()) else { return };
        if enter.get_account().is_empty()
            && matches!(enter.get_page(), EnterPage::First | EnterPage::Login)
            && !enter.get_busy()
        {
            enter.set_account(name.into());
            enter.set_page(EnterPage::Login);
        }
    }

    /// What a newly opened window begins with.
    fn fill(&self, app: &App) {
        self.refresh(app);
        let enter = self.window.global::<Enter>();
        let state = app.state.borrow();
        match state.accounts.first() {
            Some(account) => {
                enter.set_account(account.account.as_str().into());
                enter.set_page(EnterPage::Login);
            }
            None => enter.set_server_shown(true),
        }
    }

    /// Shows what has changed, where somebody sees it: a hidden window that changes wakes Slint 60 times a second.
    pub(crate) fn refresh(&self, app: &App) {
        if self.window.window().is_visible() {
            self.draw(app);
        }
    }

    fn draw(&self, app: &App) {
        let enter = self.window.global::<Enter>();
        let state = app.state.borrow();
        let known =
            state.accounts.iter().filter(|account| account.link.state == State::Offline).map(|account| {
                Known {
                    account: account.account.as_str().into(),
                    name: shown_name(account).into(),
                    face: app.own_face(account),
                }
            });
        let mut known: Vec<Known> = known.collect();
        let former = self.former.borrow();
        known.extend(former.iter().filter(|name| state.account(name).is_none()).map(|name| {
            let shown = account::bare(name);
            // Their pictures went with the log-out, or belong to whoever logs in next.
            let face = crate::face::face(shown, shown, None, qq_slint_ui::Presence::Unknown);
            Known { account: name.as_str().into(), name: shown.into(), face }
        }));
        super::update(&self.known, known);
        let away = !matches!(*app.daemon.borrow(), Daemon::Here);
        enter.set_banner(if away { app.trouble().into() } else { "".into() });
        enter.set_banner_action(if away { app.trouble_action() } else { "".into() });
        if let Some(trying) = self.trying.borrow().as_deref() {
            // Its server may not have been typed.
            let is_meant = |known: &str| {
                known == trying || account::bare(known) == account::bare(trying) && !trying.contains('@')
            };
            let links =
                state.accounts.iter().filter(|known| is_meant(&known.account)).map(|known| &known.link);
            if let Some(link) = links.into_iter().find(|link| link.step.is_some()) {
                enter.set_step(words::link(&app.voice, link).into());
            }
        }
    }

    fn choose(&self, at: i32) {
        let known = usize::try_from(at).ok().and_then(|at| slint::Model::row_data(&*self.known, at));
        if let Some(known) = known {
            let enter = self.window.global::<Enter>();
            enter.set_account(known.account);
            enter.set_password("".into());
            self.fail("", "");
        }
    }

    /// Another page is shown: what stood on the one before is gone.
    fn turn(&self, page: EnterPage) {
        self.fail("", "");
        let enter = self.window.global::<Enter>();
        enter.set_password("".into());
        enter.set_name_asked(false);
        enter.set_chosen_name("".into());
        enter.set_page(page);
    }

    fn fail(&self, sentence: &str, fingerprint: &str) {
        let enter = self.window.global::<Enter>();
        enter.set_error(sentence.into());
        enter.set_fingerprint(fingerprint.into());
    }

    fn begin(&self, app: &App, account: &str, relay: &str) -> u64 {
        self.fail("", "");
        let enter = self.window.global::<Enter>();
        enter.set_busy(true);
        let say = app.voice.global::<qq_slint_ui::Say>();
        enter.set_step(say.invoke_working("connect".into(), relay.into()));
        *self.trying.borrow_mut() = Some(account.to_owned());
        self.attempt.set(self.attempt.get() + 1);
        self.attempt.get()
    }

    fn log_in(&self, app: &Rc<App>, trust: Option<String>) {
        let enter = self.window.global::<Enter>();
        let account = enter.get_account().trim().to_owned();
        let server = enter.get_server().trim().to_owned();
        if account.is_empty() || enter.get_busy() {
            return;
        }
        let password = enter.get_password().to_string();
        let relay = account.split_once('@').map_or(server.clone(), |(_, host)| host.to_owned());
        let trust = self.trusting(&relay, trust);
        let attempt = self.begin(app, &account, &relay);
        let params = account::Login {
            account,
            relay: Some(server).filter(|server| !server.is_empty()),
            password: Some(password).filter(|password| !password.is_empty()).map(Secret::new),
            trust,
        };
        let start_state = enter.get_start_state();
        app.link.call(None, &params, move |reply| {
            Self::with(|login, app| match reply {
                Ok(logged_in) => login.on_in(app, attempt, &logged_in.account, start_state),
                Err(error) => login.on_refused(app, attempt, &error),
            });
        });
    }

    fn on_in(&self, app: &Rc<App>, attempt: u64, account: &str, start_state: i32) {
        if attempt != self.attempt.get() {
            // It was cancelled, and the answer was on its way: out again.
            let params = account::Logout { forget: false, account: Some(account.to_owned()) };
            app.link.call(None, &params, drop);
            return;
        }
        self.rest();
        let enter = self.window.global::<Enter>();
        enter.set_password("".into());
        enter.set_link("".into());
        let wish =
            [None, Some(presence::Wish::Away), Some(presence::Wish::Busy), Some(presence::Wish::Invisible)];
        if let Some(state) = usize::try_from(start_state).ok().and_then(|at| wish.get(at).copied().flatten())
        {
            app.link.call(Some(account), &presence::Set { state, note: None }, drop);
        }
        {
            let mut prefs = app.prefs.borrow_mut();
            prefs.shared.retain(|known| known != account);
            if enter.get_shared() {
                prefs.shared.push(account.to_owned());
                prefs.last.take_if(|last| last == account);
            } else {
                prefs.last = Some(account.to_owned());
            }
        }
        app.prefs_changed();
        app.turn_to(Some(account.to_owned()));
        app.show_friends();
        self.hide();
    }

    fn on_refused(&self, app: &App, attempt: u64, error: &Error) {
        if attempt != self.attempt.get() {
            return;
        }
        self.rest();
        let enter = self.window.global::<Enter>();
        if error.code == Code::NotFound && !enter.get_account().contains('@') {
            enter.set_server_shown(true);
        }
        let fingerprint = if error.code == Code::Untrusted { words::field(error, "fingerprint") } else { "" };
        self.fail(&words::error(&app.voice, error), fingerprint);
    }

    fn trust(&self, app: &Rc<App>) {
        let enter = self.window.global::<Enter>();
        let fingerprint = enter.get_fingerprint().to_string();
        match enter.get_page() {
            EnterPage::Register => self.register(app, Some(fingerprint)),
            EnterPage::First | EnterPage::Login | EnterPage::Join | EnterPage::Run => {
                self.log_in(app, Some(fingerprint));
            }
        }
    }

    /// The key that is trusted at this server: the one that was just accepted, else the one from before.
    fn trusting(&self, relay: &str, accepted: Option<String>) -> Option<String> {
        let mut trusted = self.trusted.borrow_mut();
        if let Some(key) = accepted {
            *trusted = Some((relay.to_owned(), key));
        }
        trusted.as_ref().filter(|(at, _)| at == relay).map(|(_, key)| key.clone())
    }

    fn cancel(&self, app: &App) {
        let trying = self.trying.borrow().clone().filter(|account| !account.is_empty());
        self.attempt.set(self.attempt.get() + 1);
        self.rest();
        if let Some(account) = trying {
            app.link.call(None, &account::Logout { forget: false, account: Some(account) }, drop);
        }
    }

    fn rest(&self) {
        self.window.global::<Enter>().set_busy(false);
        *self.trying.borrow_mut() = None;
    }

    fn leave(&self) {
        let was = self.window.global::<Enter>().get_page();
        self.turn(EnterPage::First);
        if was == EnterPage::First {
            self.hide();
        }
    }
}

/// What was typed, if anything was.
fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// English, 简体中文, and back, by the language that is shown.
fn next_language(app: &Rc<App>) {
    let chinese = app.speaks_chinese();
    app.prefs.borrow_mut().language = if chinese { 1 } else { 2 };
    app.prefs_changed();
}
