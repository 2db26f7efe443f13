//! Emoji as pictures, from the colour emoji font of the desktop: the same in both renderers, of which one has no colour
//! glyphs. A sequence (a family, a flag, a skin tone) is one glyph of the font, and so one picture.
//!
//! Where no picture can lie over the text (the line that is being typed, names, status texts), the software renderer shows
//! emoji in the colour of the text, from a font of outlines that this program brings.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use image::RgbaImage;
use image::imageops::FilterType;
use slint::fontique_011::{fontique, shared_collection};
use slint::{Image, Rgba8Pixel, SharedPixelBuffer};
use swash::scale::image::Content;
use swash::scale::{Render, ScaleContext, Source, StrikeWith};
use swash::shape::ShapeContext;
use unicode_segmentation::UnicodeSegmentation;

/// The font that is asked for where the desktop names none for emoji.
const FONT: &str = "Noto Color Emoji";
/// The name under which the font of outlines is known to this program: a font of the desktop may have its own name.
const OUTLINES: &str = "Qiaoqiao Emoji";
/// Noto Emoji: `fonts/OFL.txt` is its licence.
const NOTO_EMOJI: &[u8] = include_bytes!("../fonts/noto-emoji.ttf");
/// The size at which a glyph is drawn before it is made small, in pixels an em: that of the strikes of Noto Color Emoji.
const DRAWN: f32 = 109.0;
/// The largest picture, in pixels a side.
const LARGEST: u32 = 256;
/// How many pictures are kept; then it begins anew.
const KEPT: usize = 1_000;
/// How many emoji of one text are pictures; those behind them are letters.
const SPOTS: usize = 200;

thread_local! {
    /// Whether the windows of this thread have the font of outlines.
    static BROUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Gives the software renderer emoji that it can draw: outlines, before any font of colours is asked. Said when it has been
/// chosen, and before the first text is laid out; OpenGL draws the colours by itself.
pub(crate) fn bring_outlines() {
    let mut collection = shared_collection();
    let named = fontique::FontInfoOverride { family_name: Some(OUTLINES), ..Default::default() };
    let fonts = collection.register_fonts(fontique::Blob::new(Arc::new(NOTO_EMOJI)), Some(named));
    let Some((outlines, _)) = fonts.first() else { return };
    // Behind the desktop's own letters: it has digits too, which begin the keycaps.
    let sans = fontique::GenericFamily::SansSerif;
    let mut families: Vec<_> = collection.generic_families(sans).collect();
    if families.is_empty() {
        return;
    }
    families.insert(1, *outlines);
    collection.set_generic_families(sans, families.into_iter());
    BROUGHT.set(true);
}

/// Whether the letters of a text hold outlines where its emoji are, below their pictures.
pub(crate) fn has_outlines() -> bool {
    BROUGHT.get()
}

/// Where the emoji stand in a text, in bytes.
pub(crate) fn spots(text: &str) -> Vec<Range<usize>> {
    if text.is_ascii() {
        return Vec::new();
    }
    let emoji = text.grapheme_indices(true).filter(|(_, letter)| is_emoji(letter));
    emoji.map(|(at, letter)| at..at + letter.len()).take(SPOTS).collect()
}

/// Whether a text is one to three emoji and nothing else.
pub(crate) fn is_large(text: &str) -> bool {
    let letters = text.trim().graphemes(true).take(4);
    let letters: Vec<&str> = letters.collect();
    (1..=3).contains(&letters.len()) && letters.iter().all(|letter| is_emoji(letter))
}

/// Whether a letter is shown as an emoji: as Unicode says, one that is a sign of text by itself (☎) only with the selector
/// U+FE0F behind it.
fn is_emoji(letter: &str) -> bool {
    let Some(first) = letter.chars().next().filter(|_| letter.len() > 1) else { return false };
    match emojis::get(letter) {
        Some(known) => known.as_str() == letter || first >= '\u{1f000}' || letter.contains('\u{200d}'),
        // Newer than what is known here.
        None => ('\u{1f300}'..='\u{1faff}').contains(&first) && !letter.contains('\u{fe0e}'),
    }
}

/// The font, and the pictures that were drawn from it.
#[derive(Default)]
pub(crate) struct Pictures {
    font: OnceCell<Option<Font>>,
    drawn: RefCell<HashMap<(String, u32), Image>>,
}

struct Font {
    data: fontique::Blob<u8>,
    offset: u32,
    key: swash::CacheKey,
    tools: RefCell<(ShapeContext, ScaleContext)>,
}

impl Pictures {
    /// The picture of an emoji in a square of so many pixels; an empty one when the font has none.
    pub(crate) fn picture(&self, emoji: &str, side: u32) -> Image {
        let side = side.clamp(1, LARGEST);
        let wanted = (emoji.to_owned(), side);
        if let Some(image) = self.drawn.borrow().get(&wanted) {
            return image.clone();
        }
        let font = self.font.get_or_init(Font::find);
        let image = font.as_ref().and_then(|font| font.draw(emoji, side)).unwrap_or_default();
        let mut drawn = self.drawn.borrow_mut();
        if drawn.len() >= KEPT {
            drawn.clear();
        }
        drawn.insert(wanted, image.clone());
        image
    }
}

impl Font {
    fn find() -> Option<Self> {
        let mut collection = shared_collection();
        let mut sources = fontique::SourceCache::default();
        let mut query = collection.query(&mut sources);
        query.set_families([
            fontique::QueryFamily::Generic(fontique::GenericFamily::Emoji),
            fontique::QueryFamily::Named(FONT),
        ]);
        let mut found = None;
        query.matches_with(|font| {
            let index = usize::try_from(font.index).unwrap_or_default();
            match swash::FontRef::from_index(font.blob.data(), index) {
                Some(face) => {
                    found = Some(Self {
                        offset: face.offset,
                        key: face.key,
                        data: font.blob.clone(),
                        tools: RefCell::new((ShapeContext::new(), ScaleContext::new())),
                    });
                    fontique::QueryStatus::Stop
                }
                None => fontique::QueryStatus::Continue,
            }
        });
        found
    }

    fn draw(&self, emoji: &str, side: u32) -> Option<Image> {
        let face = swash::FontRef { data: self.data.data(), offset: self.offset, key: self.key };
        let (shaping, scaling) = &mut *self.tools.borrow_mut();
        let mut shaper = shaping.builder(face).size(DRAWN).build();
        shaper.add_str(emoji);
        let mut glyph = None;
        shaper.shape_with(|cluster| {
            if let (None, Some(first)) = (glyph, cluster.glyphs.iter().find(|glyph| glyph.id != 0)) {
                glyph = Some(first.id);
            }
        });
        let mut scaler = scaling.builder(face).size(DRAWN).build();
        let sources = [Source::ColorOutline(0), Source::ColorBitmap(StrikeWith::BestFit)];
        let drawn = Render::new(&sources).render(&mut scaler, glyph?)?;
        if drawn.content != Content::Color {
            return None;
        }
        let (width, height) = (drawn.placement.width, drawn.placement.height);
        let glyph = RgbaImage::from_raw(width, height, drawn.data)?;
        let whole = width.max(height);
        let mut square = RgbaImage::new(whole, whole);
        let (x, y) = ((whole - width) / 2, (whole - height) / 2);
        image::imageops::overlay(&mut square, &glyph, x.into(), y.into());
        let small = image::imageops::resize(&square, side, side, FilterType::Triangle);
        Some(Image::from_rgba8(SharedPixelBuffer::<Rgba8Pixel>::clone_from_slice(small.as_raw(), side, side)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        spots(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_sequence_is_one_emoji_and_a_sign_of_text_is_none() {
        assert_eq!(found("see 👨‍👩‍👧‍👦, 🇩🇪 and 👍🏽!"), ["👨‍👩‍👧‍👦", "🇩🇪", "👍🏽"]);
        assert_eq!(found("I ❤️ it, I ❤ it, ✅ ©, 3 #1, 2️⃣"), ["❤️", "✅", "2️⃣"]);
        assert_eq!(found("今天也要加油鸭🦆🦆"), ["🦆", "🦆"]);
        assert_eq!(found("plain, 好的"), [""; 0]);
    }

    #[test]
    fn one_to_three_emoji_alone_are_large() {
        assert!(is_large("👍") && is_large(" 🎉🎉🎉\n") && is_large("👨‍👩‍👧‍👦"));
        assert!(!is_large("🎉🎉🎉🎉") && !is_large("ok 👍") && !is_large("") && !is_large("123"));
    }
}
