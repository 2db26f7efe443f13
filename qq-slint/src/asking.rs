//! The sheet over a window: one question at a time, and what is done with the answer.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use ipc_schema::Error;
use qq_slint_ui::{Ask, Say};
use slint::ComponentHandle;

use crate::app::App;
use crate::{winext, words};

/// What an accepted question does: it gets both fields, and says through the [`Answer`] how it went.
pub(crate) type Do = Rc<dyn Fn(&App, Answer, String, String)>;

/// One showing of a sheet. The sheet's callbacks own it until the next question takes their place: whoever comes with an
/// answer after that finds it gone.
#[derive(Default)]
struct Turn {
    /// The question was taken back: nobody waits for what it brings.
    over: Cell<bool>,
}

/// The way back to the sheet that asked; it leads nowhere once that asks something else.
#[derive(Clone)]
pub(crate) struct Answer {
    turn: Weak<Turn>,
    close: Rc<dyn Fn()>,
    fail: Rc<dyn Fn(&str)>,
    /// Whether what could be ticked was.
    pub(crate) ticked: bool,
    /// The account that was shown when it was asked: it is about that one, whichever is shown by now.
    pub(crate) account: Option<String>,
}

impl Answer {
    /// Whether the sheet still asks this: it was neither cancelled nor did it turn to something else.
    pub(crate) fn is_open(&self) -> bool {
        self.turn.upgrade().is_some_and(|turn| !turn.over.get())
    }

    /// It is done: the sheet goes.
    pub(crate) fn done(&self) {
        if self.is_open() {
            (self.close)();
        }
    }

    /// It could not be done: the sheet stays and says why.
    pub(crate) fn failed(&self, app: &App, error: &Error) {
        self.refuse(&words::error(&app.voice, error));
    }

    /// What was typed is of no use: the sheet stays and says why.
    pub(crate) fn refuse(&self, sentence: &str) {
        if self.is_open() {
            (self.fail)(sentence);
        }
    }

    /// As the reply was.
    pub(crate) fn settle<T>(&self, app: &App, reply: Result<T, Error>) {
        match reply {
            Ok(_) => self.done(),
            Err(error) => self.failed(app, &error),
        }
    }
}

/// A question: `what` chooses its sentences (see `Say`), `name` stands in them.
pub(crate) struct Question {
    pub(crate) what: &'static str,
    pub(crate) name: String,
    pub(crate) first: String,
    /// What the first field says when it is empty: how that is written.
    pub(crate) hint: String,
    pub(crate) secret: bool,
    pub(crate) danger: bool,
    pub(crate) ticked: bool,
    /// Said instead of the sentence that belongs to `what`.
    pub(crate) text: Option<String>,
    pub(crate) then: Do,
}

impl Question {
    pub(crate) fn new(
        what: &'static str,
        name: impl Into<String>,
        then: impl Fn(&App, Answer, String, String) + 'static,
    ) -> Self {
        Self {
            what,
            name: name.into(),
            first: String::new(),
            hint: String::new(),
            secret: false,
            danger: false,
            ticked: false,
            text: None,
            then: Rc::new(then),
        }
    }

    /// With this in the first field.
    pub(crate) fn with(mut self, first: impl Into<String>) -> Self {
        self.first = first.into();
        self
    }

    /// With this in the first field, and as its hint once that is emptied.
    pub(crate) fn such_as(mut self, first: impl Into<String>) -> Self {
        self.hint = first.into();
        let first = self.hint.clone();
        self.with(first)
    }

    /// With this sentence instead of the one that its kind has.
    pub(crate) fn saying(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With what can be ticked as it is here.
    pub(crate) fn ticked(mut self, ticked: bool) -> Self {
        self.ticked = ticked;
        self
    }

    /// Its fields hold passwords.
    pub(crate) fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// What it does cannot be taken back.
    pub(crate) fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// What a new window's sheets do with the keyboard: whoever had it gets it back when the sheet goes.
pub(crate) fn bind<C>(window: &C)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    let held: Rc<RefCell<Option<winext::Seat>>> = Rc::default();
    let sheet = window.global::<Ask>();
    let (weak, seat) = (window.as_weak(), held.clone());
    sheet.on_appeared(move || {
        if let Some(window) = weak.upgrade() {
            *seat.borrow_mut() = winext::seat(window.window());
        }
    });
    let weak = window.as_weak();
    sheet.on_back(move || {
        let seat = held.borrow_mut().take();
        weak.upgrade().zip(seat).is_some_and(|(window, seat)| winext::take_seat(window.window(), &seat))
    });
}

/// Puts the question over a window.
pub(crate) fn ask<C>(window: &C, app: &App, question: Question)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    let say = app.voice.global::<Say>();
    let sheet = window.global::<Ask>();
    sheet.set_title(say.invoke_ask_title(question.what.into(), question.name.into()));
    let text = question.text.map(Into::into);
    sheet.set_text(text.unwrap_or_else(|| say.invoke_ask_text(question.what.into())));
    sheet.set_first_label(say.invoke_ask_first(question.what.into()));
    sheet.set_second_label(say.invoke_ask_second(question.what.into()));
    sheet.set_tick_label(say.invoke_ask_tick(question.what.into()));
    sheet.set_tick(question.ticked);
    sheet.set_ok(say.invoke_ask_ok(question.what.into()));
    sheet.set_first(question.first.into());
    sheet.set_first_hint(question.hint.into());
    sheet.set_second("".into());
    sheet.set_first_secret(question.secret);
    sheet.set_second_secret(question.secret);
    sheet.set_danger(question.danger);
    show(window, app.account_name(), question.then);
}

/// Shows a sentence, or several lines, with nothing to decide.
pub(crate) fn tell<C>(window: &C, title: &str, text: &str)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    let sheet = window.global::<Ask>();
    sheet.set_title(title.into());
    sheet.set_text(text.into());
    sheet.set_first_label("".into());
    sheet.set_second_label("".into());
    sheet.set_tick_label("".into());
    sheet.set_ok("".into());
    sheet.set_danger(false);
    show(window, None, Rc::new(|_, answer, _, _| answer.done()));
}

/// Shows what is known of a friend.
pub(crate) fn tell_about<C>(window: &C, app: &App, account: Option<&str>, friend: &str)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    let state = app.state.borrow();
    let Some(friend) =
        account.and_then(|account| state.account(account)).and_then(|known| known.friend(friend))
    else {
        return;
    };
    let presence = app.voice.global::<Say>().invoke_presence(crate::face::presence(friend.state, false));
    let mut lines =
        vec![friend.name.as_str(), friend.account.as_str(), presence.as_str(), friend.note.as_str()];
    lines.retain(|line| !line.is_empty());
    lines.dedup();
    tell(window, friend.shown(), &lines.join("\n"));
}

/// Takes back what is asked: nobody is there to answer it, or it is about somebody else than is shown now.
pub(crate) fn withdraw<C>(window: &C)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    let sheet = window.global::<Ask>();
    if sheet.get_open() {
        sheet.invoke_cancelled();
    }
}

/// The window goes: what it asks goes with it, unless somebody has answered and waits for what comes of it.
pub(crate) fn leave<C>(window: &C)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    if !window.global::<Ask>().get_busy() {
        withdraw(window);
    }
}

fn show<C>(window: &C, account: Option<String>, then: Do)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    let sheet = window.global::<Ask>();
    sheet.set_error("".into());
    sheet.set_busy(false);
    let weak = window.as_weak();
    let close: Rc<dyn Fn()> = Rc::new(move || {
        if let Some(window) = weak.upgrade() {
            let sheet = window.global::<Ask>();
            sheet.set_open(false);
            // What was typed, perhaps a password, does not stay.
            sheet.set_first("".into());
            sheet.set_second("".into());
        }
    });
    let weak = window.as_weak();
    let fail: Rc<dyn Fn(&str)> = Rc::new(move |sentence| {
        if let Some(window) = weak.upgrade() {
            window.global::<Ask>().set_busy(false);
            window.global::<Ask>().set_error(sentence.into());
        }
    });
    let weak = window.as_weak();
    let turn = Rc::new(Turn::default());
    let (cancelled, ends) = (close.clone(), turn.clone());
    sheet.on_cancelled(move || {
        ends.over.set(true);
        cancelled();
    });
    sheet.on_accepted(move |first, second| {
        let (mut ticked, mut secret) = (false, false);
        if let Some(window) = weak.upgrade() {
            let sheet = window.global::<Ask>();
            sheet.set_busy(true);
            sheet.set_error("".into());
            ticked = sheet.get_tick();
            secret = sheet.get_first_secret();
        }
        let turn = Rc::downgrade(&turn);
        let account = account.clone();
        let answer = Answer { turn, close: close.clone(), fail: fail.clone(), ticked, account };
        // A password may begin or end with a space.
        let typed = |text: slint::SharedString| {
            if secret { text.to_string() } else { text.trim().to_owned() }
        };
        App::with(|app| then(app, answer, typed(first), typed(second)));
    });
    sheet.set_open(true);
}
