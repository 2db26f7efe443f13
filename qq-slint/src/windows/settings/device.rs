//! The devices' section: where one is logged in, and the link for one's next device.

use ipc_schema::{account, inert};
use qq_slint_ui::{Device, Prefs as Global};
use slint::{ComponentHandle, Image, Model, Rgb8Pixel, SharedPixelBuffer};

use super::{Settings, call};
use crate::app::App;
use crate::asking::{self, Question};
use crate::windows::{date, update};

impl Settings {
    pub(super) fn bind_devices(&self) {
        let global = self.window.global::<Global>();
        global.on_link_make(|| Self::with(|settings, app| settings.make_link(app)));
        global.on_revoke(|device| {
            Self::with(|settings, app| {
                let client =
                    settings.devices.iter().find(|known| known.id == device).map(|known| known.client);
                let question =
                    Question::new("revoke", client.unwrap_or_default(), move |app, answer, _, _| {
                        let Some(account) = answer.account.clone() else { return answer.done() };
                        let params = account::Revoke { device: device.to_string() };
                        app.link.call(Some(&account), &params, move |reply| {
                            App::with(|app| answer.settle(app, reply));
                            // Only now it is gone from the list.
                            Self::look_at_devices();
                        });
                    });
                asking::ask(&settings.window, app, question.danger());
            });
        });
    }

    pub(super) fn look_at_devices() {
        call(account::Devices {}, |settings, list: account::DeviceList| {
            let devices = list.devices.into_iter().map(|device| Device {
                id: device.device.into(),
                client: named(&device.client).into(),
                seen: date(&device.seen).into(),
                online: device.online,
                own: device.own,
            });
            update(&settings.devices, devices.collect());
        });
    }

    fn make_link(&self, _app: &App) {
        call(account::Link {}, |settings, linked: account::Linked| {
            let global = settings.window.global::<Global>();
            if let Some(code) = code(&linked.link) {
                global.set_link_code(code);
            }
            global.set_link_expires(date(&linked.expires).into());
            global.set_link(linked.link.into());
        });
    }
}

/// What a device calls itself, the computer's name first: `qqd/0.1.0 (laptop)` is "laptop · qqd 0.1.0". What is written
/// otherwise stands as it is.
fn named(client: &str) -> String {
    let client = inert::line(client);
    let Some((program, host)) = client.strip_suffix(')').and_then(|client| client.split_once(" (")) else {
        return client;
    };
    format!("{host} · {}", program.replacen('/', " ", 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_by_the_computer_they_are_on() {
        assert_eq!(named("qqd/0.1.0 (laptop)"), "laptop · qqd 0.1.0");
        assert_eq!(named("qqd/0.1.0"), "qqd/0.1.0");
        assert_eq!(named("ChatFree (old)"), "old · ChatFree");
        assert_eq!(named("evil\u{202e}\n(x"), inert::line("evil\u{202e}\n(x"));
    }
}
