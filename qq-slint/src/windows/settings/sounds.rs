//! The sounds' section: which are heard, and what they sound like.

use qq_slint_ui::Prefs as Global;
use slint::ComponentHandle;

use super::Settings;
use crate::prefs::Prefs;
use crate::sound::Sound;

impl Settings {
    pub(super) fn bind_sounds(&self) {
        self.window.global::<Global>().on_sound_tried(|at| {
            let sound = usize::try_from(at).ok().and_then(|at| Sound::ALL.get(at).copied());
            if let Some(sound) = sound {
                Self::with(|_, app| app.try_sound(sound));
            }
        });
    }
}

/// Shows which sounds are on.
pub(super) fn fill(global: &Global<'_>, prefs: &Prefs) {
    let on = |sound| !prefs.silent.contains(&sound);
    global.set_sound_message(on(Sound::Message));
    global.set_sound_shake(on(Sound::Shake));
    global.set_sound_request(on(Sound::Request));
    global.set_sound_online(on(Sound::Online));
}

/// The sounds that are switched off in the window.
pub(super) fn silent(global: &Global<'_>) -> Vec<Sound> {
    let on = |sound| match sound {
        Sound::Message => global.get_sound_message(),
        Sound::Shake => global.get_sound_shake(),
        Sound::Request => global.get_sound_request(),
        Sound::Online => global.get_sound_online(),
    };
    Sound::ALL.into_iter().filter(|sound| !on(*sound)).collect()
}
