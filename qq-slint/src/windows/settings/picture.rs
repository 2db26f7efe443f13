//! One's own picture: chosen by the desktop's file chooser, or typed where there is none; a square of it is cut out.

use std::path::{Path, PathBuf};

use image::DynamicImage;
use ipc_schema::account;
use qq_slint_ui::{Crop, Prefs as Global, Say};
use slint::ComponentHandle;

use super::Settings;
use crate::app::App;
use crate::asking::Question;
use crate::face::{self, Square};
use crate::{portal, words};

impl Settings {
    pub(super) fn bind_picture(&self) {
        self.window.global::<Global>().on_picture_pick(|| {
            let choose = async {
                let mut title = String::new();
                App::with(|app| {
                    title = app.voice.global::<Say>().invoke_ask_title("picture".into(), "".into()).into();
                });
                match portal::choose_picture(&title).await {
                    Ok(Some(path)) => Self::with(|settings, _| settings.look_at_picture(&path)),
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

    /// A picture was chosen: now its square.
    pub(crate) fn look_at_picture(&self, path: &Path) {
        match face::read(path) {
            Ok(whole) => self.show_picture(whole),
            Err(error) => self.problem(&format!("{error:#}")),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sides of some thousand pixels")]
    pub(crate) fn show_picture(&self, whole: DynamicImage) {
        let crop = self.window.global::<Crop>();
        let shorter = whole.width().min(whole.height()).max(1) as f32;
        crop.set_picture(face::shown(&whole));
        crop.set_wide(whole.width() as f32 / shorter);
        crop.set_high(whole.height() as f32 / shorter);
        crop.set_zoom(1.0);
        crop.set_busy(false);
        crop.set_error("".into());
        crop.invoke_place((crop.get_wide() - 1.0) / 2.0, (crop.get_high() - 1.0) / 2.0);
        *self.picture.borrow_mut() = Some(whole);
        crop.set_open(true);
    }

    fn put_picture_away(&self) {
        let crop = self.window.global::<Crop>();
        crop.set_open(false);
        crop.set_picture(slint::Image::default());
        *self.picture.borrow_mut() = None;
    }

    fn keep_picture(&self, app: &App) {
        let crop = self.window.global::<Crop>();
        let cut = match &*self.picture.borrow() {
            Some(whole) => {
                let chosen = square(whole, crop.get_x(), crop.get_y(), crop.get_zoom());
                face::cut(whole, chosen)
            }
            None => return,
        };
        match cut {
            Ok(file) => {
                crop.set_busy(true);
                send(app, file);
            }
            Err(error) => crop.set_error(format!("{error:#}").into()),
        }
    }
}

/// The path is typed where the desktop has no file chooser.
fn ask_path() {
    Settings::question(Question::new("picture", "", |_, answer, path, _| {
        match face::read(Path::new(&path)) {
            Ok(whole) => {
                answer.done();
                Settings::with(|settings, _| settings.show_picture(whole));
            }
            Err(error) => answer.refuse(&format!("{error:#}")),
        }
    }));
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

/// Sets one's avatar; the file goes when the daemon has read it.
fn send(app: &App, file: PathBuf) {
    let Some(account) = app.account_name() else { return };
    let params =
        account::Profile { picture: Some(file.display().to_string()), ..account::Profile::default() };
    app.link.call(Some(&account), &params, move |reply| {
        // One that cannot be removed lies in a directory that goes with the session.
        let _ = std::fs::remove_file(&file);
        Settings::with(|settings, app| match reply {
            Ok(_) => settings.put_picture_away(),
            Err(error) => {
                let crop = settings.window.global::<Crop>();
                crop.set_busy(false);
                crop.set_error(words::error(&app.voice, &error).into());
            }
        });
    });
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
