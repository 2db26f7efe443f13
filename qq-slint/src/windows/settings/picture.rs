//! One's own picture: chosen by the desktop's file chooser, or typed where there is none; a square of it is cut out.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use image::DynamicImage;
use ipc_schema::account;
use qq_slint_ui::{Crop, Prefs as Global, Say};
use slint::ComponentHandle;

use super::Settings;
use crate::app::App;
use crate::asking::{Answer, Question};
use crate::face::own::{self, Done, Opened, Problem, Square, Work};
use crate::{portal, words};

impl Settings {
    pub(super) fn bind_picture(&self) {
        self.window.global::<Global>().on_picture_pick(|| {
            let mut shown = None;
            App::with(|app| shown = app.account_name());
            let Some(account) = shown else { return };
            let choose = async move {
                let mut title = String::new();
                App::with(|app| {
                    title = app.voice.global::<Say>().invoke_ask_title("picture".into(), "".into()).into();
                });
                match portal::choose_picture(&title).await {
                    Ok(Some(path)) => {
                        Self::with(|settings, app| settings.look_at_picture(app, &account, &path));
                    }
                    Ok(None) => {}
                    Err(_) => ask_path(),
                }
            };
            if slint::spawn_local(choose).is_err() {
                ask_path();
            }
        });
        let crop = self.window.global::<Crop>();
        crop.on_cancelled(|| Self::with(|settings, _| settings.put_picture_away()));
        crop.on_accepted(|| Self::with(|settings, app| settings.keep_picture(app)));
    }

    /// A picture was chosen for this account: it is opened, and then its square is.
    pub(crate) fn look_at_picture(&self, app: &App, account: &str, path: &Path) {
        if !app.shows(account) {
            return;
        }
        self.problem("");
        *self.own.account.borrow_mut() = account.to_owned();
        *self.own.answer.borrow_mut() = None;
        let opens = self.own.ask(Work::Open(path.to_owned()));
        self.window.global::<Global>().set_picture_opens(opens.is_ok());
        if let Err(problem) = opens {
            self.problem(&problem.said(&app.voice));
        }
    }

    /// The thread has done what it was asked for.
    pub(crate) fn on_picture(app: &App, turn: u64, done: Done) {
        let settings = app.settings.borrow().clone();
        let settings = settings.filter(|settings| settings.own.turn.get() == turn);
        match (settings, done) {
            (Some(settings), Done::Opened(opened)) => settings.on_opened(app, opened),
            (Some(settings), Done::Cut(Ok(file))) => settings.send(app, file),
            (Some(settings), Done::Cut(Err(problem))) => settings.refuse_cut(&problem.said(&app.voice)),
            // Nobody waits for it any more.
            (None, Done::Cut(Ok(file))) => remove(&file),
            (None, Done::Opened(_) | Done::Cut(Err(_))) => {}
        }
    }

    fn on_opened(&self, app: &App, opened: Result<Opened, Problem>) {
        self.window.global::<Global>().set_picture_opens(false);
        let answer = self.own.answer.borrow_mut().take();
        if answer.as_ref().is_some_and(|answer| !answer.is_open()) {
            // Whoever has cancelled waits for nothing.
            return;
        }
        match (opened, answer) {
            (Ok(opened), answer) => {
                if let Some(answer) = answer {
                    answer.done();
                }
                self.show_picture(opened);
            }
            (Err(problem), Some(answer)) => answer.refuse(&problem.said(&app.voice)),
            (Err(problem), None) => self.problem(&problem.said(&app.voice)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sides of some thousand pixels")]
    pub(crate) fn show_picture(&self, opened: Opened) {
        let crop = self.window.global::<Crop>();
        let Opened { whole, shown } = opened;
        let shorter = whole.width().min(whole.height()).max(1) as f32;
        crop.set_picture(slint::Image::from_rgba8(shown));
        crop.set_wide(whole.width() as f32 / shorter);
        crop.set_high(whole.height() as f32 / shorter);
        crop.set_zoom(1.0);
        crop.set_busy(false);
        crop.set_error("".into());
        crop.invoke_place((crop.get_wide() - 1.0) / 2.0, (crop.get_high() - 1.0) / 2.0);
        *self.own.whole.borrow_mut() = Some(whole);
        crop.set_open(true);
    }

    pub(super) fn put_picture_away(&self) {
        let crop = self.window.global::<Crop>();
        crop.set_open(false);
        crop.set_picture(slint::Image::default());
        self.window.global::<Global>().set_picture_opens(false);
        self.own.forget();
    }

    fn keep_picture(&self, app: &App) {
        let crop = self.window.global::<Crop>();
        let Some(whole) = self.own.whole.borrow().clone() else { return };
        let chosen = square(&whole, crop.get_x(), crop.get_y(), crop.get_zoom());
        crop.set_error("".into());
        match self.own.ask(Work::Cut(whole, chosen)) {
            Ok(()) => crop.set_busy(true),
            Err(problem) => self.refuse_cut(&problem.said(&app.voice)),
        }
    }

    fn refuse_cut(&self, sentence: &str) {
        let crop = self.window.global::<Crop>();
        crop.set_busy(false);
        crop.set_error(sentence.into());
    }

    /// Sets the account's avatar; the file goes when the daemon has read it.
    fn send(&self, app: &App, file: PathBuf) {
        let account = self.own.account.borrow().clone();
        let params =
            account::Profile { picture: Some(file.display().to_string()), ..account::Profile::default() };
        let turn = self.own.turn.get();
        app.link.call(Some(&account), &params, move |reply| {
            remove(&file);
            Settings::with(|settings, app| match reply {
                _ if settings.own.turn.get() != turn => {}
                Ok(_) => settings.put_picture_away(),
                Err(error) => settings.refuse_cut(&words::error(&app.voice, &error)),
            });
        });
    }
}

/// A picture of one's own, from the choice to the square, and the thread that works on it.
pub(super) struct Own {
    worker: SyncSender<(u64, Work)>,
    /// What is asked for last; an answer to anything else comes too late.
    turn: Cell<u64>,
    /// The picture of which a square is being chosen.
    whole: RefCell<Option<Arc<DynamicImage>>>,
    /// Whose picture it becomes.
    account: RefCell<String>,
    /// The sheet in which its path was typed.
    answer: RefCell<Option<Answer>>,
}

impl Own {
    pub(super) fn new(app: &App) -> Self {
        Self {
            worker: own::worker(app.inbox()),
            turn: Cell::new(0),
            whole: RefCell::default(),
            account: RefCell::default(),
            answer: RefCell::default(),
        }
    }

    fn ask(&self, work: Work) -> Result<(), Problem> {
        let turn = self.turn.get() + 1;
        // One that is refused lets the one before it go on.
        self.worker.try_send((turn, work)).map_err(|_| Problem::Busy)?;
        self.turn.set(turn);
        Ok(())
    }

    fn forget(&self) {
        self.turn.set(self.turn.get() + 1);
        *self.whole.borrow_mut() = None;
    }
}

/// The path is typed where the desktop has no file chooser.
fn ask_path() {
    Settings::question(Question::new("picture", "", |_, answer, path, _| {
        Settings::with(|settings, app| {
            *settings.own.account.borrow_mut() = answer.account.clone().unwrap_or_default();
            let opens = settings.own.ask(Work::Open(path.into()));
            match opens {
                Ok(()) => *settings.own.answer.borrow_mut() = Some(answer),
                Err(problem) => answer.refuse(&problem.said(&app.voice)),
            }
        });
    }));
}

/// One that cannot be removed lies in a directory that goes with the session.
fn remove(file: &Path) {
    let _ = std::fs::remove_file(file);
}

/// The square in pixels: its corner in lengths of the shorter side, the shorter side `zoom` times as long as its own.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides of some thousand pixels, and shares of them"
)]
fn square(whole: &DynamicImage, x: f32, y: f32, zoom: f32) -> Square {
    let (width, height) = (whole.width(), whole.height());
    let shorter = width.min(height);
    let side = ((shorter as f32 / zoom.max(1.0)).round() as u32).clamp(1, shorter);
    let at = |share: f32, length: u32| ((share * shorter as f32).round().max(0.0) as u32).min(length - side);
    Square { x: at(x, width), y: at(y, height), side }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_is_what_was_seen_and_never_leaves_the_picture() {
        let whole = DynamicImage::new_rgb8(400, 200);
        assert_eq!(square(&whole, 0.5, 0.0, 1.0), Square { x: 100, y: 0, side: 200 });
        assert_eq!(square(&whole, 1.5, 0.5, 2.0), Square { x: 300, y: 100, side: 100 });
        assert_eq!(square(&whole, 9.0, -1.0, 0.0), Square { x: 200, y: 0, side: 200 });
        assert_eq!(square(&DynamicImage::new_rgb8(1, 1), 0.0, 0.0, 5.0), Square { x: 0, y: 0, side: 1 });
    }
}
