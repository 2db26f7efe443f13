//! Emoji where no picture lies over the text: the software renderer has to draw something there.

use qq_slint_ui::Talk;
use slint::{ComponentHandle, Rgba8Pixel, SharedPixelBuffer};

use super::CHAT;
use super::studio::{Look, Studio};

/// How many pixels of two pictures of one window differ.
fn differ(a: &SharedPixelBuffer<Rgba8Pixel>, b: &SharedPixelBuffer<Rgba8Pixel>) -> usize {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    a.as_slice().iter().zip(b.as_slice()).filter(|(a, b)| a != b).count()
}

#[test]
fn an_emoji_is_seen_in_the_line_that_is_typed() {
    let studio = Studio::open(Look::LightEnglish);
    studio.begin();
    let talk = studio.chat("bob");
    let window = talk.window();
    let draw = |draft: &str| {
        talk.put_draft(studio.app(), draft);
        studio.pass(200);
        window.window().take_snapshot().unwrap()
    };
    studio.size(window, CHAT);
    let (short, long) = (draw("   "), draw("      "));
    // The cursor, and the button that sends.
    let cursor = differ(&short, &long);
    for emoji in ["😀", "🦆", "❤️", "👍🏽", "🇩🇪", "👨‍👩‍👧‍👦", "2️⃣"] {
        let seen = differ(&draw(&emoji.repeat(3)), &short);
        assert!(seen > cursor + 100, "{emoji}: {seen} pixels, of which {cursor} are the cursor's");
    }
    let sequence = differ(&draw("👨‍👩‍👧‍👦"), &draw("👨👩👧👦"));
    assert!(sequence > 100, "a family is one sign, not four beside each other: {sequence} pixels");
}

#[test]
fn an_emoji_is_seen_in_a_name_and_in_a_status_text() {
    let studio = Studio::open(Look::LightEnglish);
    studio.begin();
    let talk = studio.chat("bob");
    let window = talk.window();
    studio.size(window, CHAT);
    let draw = |name: &str, status: &str| {
        window.global::<Talk>().set_name(name.into());
        window.global::<Talk>().set_status(status.into());
        studio.pass(200);
        window.window().take_snapshot().unwrap()
    };
    let nothing = draw("", "");
    for emoji in ["😀", "🦆", "🇩🇪"] {
        let name = differ(&draw(emoji, ""), &nothing);
        assert!(name > 50, "{emoji} in a name: {name} pixels");
        let status = differ(&draw("", emoji), &nothing);
        assert!(status > 50, "{emoji} in a status text: {status} pixels");
    }
}
