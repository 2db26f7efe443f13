//! The sounds as numbers: each a few notes that are struck and fade, in a WAV file (RIFF, PCM, 16 bit, one channel).

use super::Sound;

/// Samples a second.
pub(super) const RATE: u32 = 44_100;
/// How loud the loudest moment is, of the 16 bits: well below the speech of a call.
const PEAK: f32 = 9_000.0;
/// How long a note takes to be there, in seconds: without it, it would click.
const ATTACK: f32 = 0.006;

/// A note: when it is struck and how long it is heard, in seconds; its pitch in hertz.
struct Note {
    at: f32,
    lasts: f32,
    pitch: f32,
}

const fn note(at: f32, lasts: f32, pitch: f32) -> Note {
    Note { at, lasts, pitch }
}

/// The notes: two that rise for a message, a rattle for the shake, a question for a request, one soft one for on line.
fn notes(sound: Sound) -> &'static [Note] {
    const MESSAGE: [Note; 2] = [note(0.0, 0.16, 880.0), note(0.09, 0.30, 1_318.5)];
    const SHAKE: [Note; 6] = [
        note(0.0, 0.07, 330.0),
        note(0.07, 0.07, 262.0),
        note(0.14, 0.07, 330.0),
        note(0.21, 0.07, 262.0),
        note(0.28, 0.07, 330.0),
        note(0.35, 0.14, 262.0),
    ];
    const REQUEST: [Note; 3] = [note(0.0, 0.18, 659.3), note(0.12, 0.18, 587.3), note(0.24, 0.36, 880.0)];
    const ONLINE: [Note; 2] = [note(0.0, 0.22, 523.3), note(0.10, 0.40, 784.0)];
    match sound {
        Sound::Message => &MESSAGE,
        Sound::Shake => &SHAKE,
        Sound::Request => &REQUEST,
        Sound::Online => &ONLINE,
    }
}

/// The sound's samples.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "less than a second of samples within 16 bits"
)]
fn samples(sound: Sound) -> Vec<i16> {
    let notes = notes(sound);
    let lasts = notes.iter().map(|note| note.at + note.lasts).fold(0.0, f32::max);
    let all = (lasts * RATE as f32) as u32;
    let at = |sample: u32| {
        let now = sample as f32 / RATE as f32;
        let sum: f32 = notes.iter().map(|note| heard(note, now)).sum();
        (sum.clamp(-1.0, 1.0) * PEAK) as i16
    };
    (0..all).map(at).collect()
}

/// How a note moves the air at this second: its pitch, and a little of the octave above, fading.
fn heard(note: &Note, now: f32) -> f32 {
    let since = now - note.at;
    if !(0.0..note.lasts).contains(&since) {
        return 0.0;
    }
    let turn = since * note.pitch * std::f32::consts::TAU;
    let fades = (1.0 - since / note.lasts).powi(2);
    let begins = (since / ATTACK).min(1.0);
    (turn.sin() * 0.6 + (turn * 2.0).sin() * 0.2) * fades * begins
}

/// The sound as a WAV file.
pub(super) fn file(sound: Sound) -> Vec<u8> {
    let samples = samples(sound);
    let bytes = u32::try_from(samples.len() * 2).unwrap_or_default();
    let mut file = Vec::with_capacity(samples.len() * 2 + 44);
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend([1, 0, 1, 0]);
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    // Two bytes a sample, sixteen bits.
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sound_is_short_is_heard_does_not_click_and_is_its_own() {
        let mut all = Vec::new();
        for sound in Sound::ALL {
            let samples = samples(sound);
            let seconds = samples.len() as f32 / RATE as f32;
            assert!((0.2..0.7).contains(&seconds), "{sound:?} lasts {seconds} s");
            let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!((3_000..=9_000).contains(&loudest), "{sound:?}: {loudest}");
            assert!(
                samples[0].unsigned_abs() < 50 && samples[samples.len() - 1].unsigned_abs() < 50,
                "{sound:?}"
            );
            assert!(!all.contains(&samples), "{sound:?} is another one's");
            all.push(samples);
        }
    }

    #[test]
    fn the_file_says_how_long_it_is() {
        let file = file(Sound::Message);
        let size = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((&file[..4], size(4), size(40)), (&b"RIFF"[..], file.len() - 8, file.len() - 44));
    }
}
