//! The album of golden pictures: small PNG files, and how one is laid beside another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use slint::{Rgba8Pixel, SharedPixelBuffer};

/// So many colours a golden picture has.
const COLOURS: usize = 240;
/// Colours whose channels differ by less than this are of one kind.
const KIND: u8 = 16;
/// How much a channel may differ: the golden ones hold few colours, and another processor rounds otherwise.
const SHADE: u8 = 40;
/// How many of a thousand pixels may differ more.
const PIXELS: usize = 3;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Compares a picture with its golden one; what differs is said, and written to `target/golden`.
pub(super) fn compare(name: &str, picture: &SharedPixelBuffer<Rgba8Pixel>) -> Result<(), String> {
    let (width, height) = (picture.width(), picture.height());
    let pixels = picture.as_slice();
    let taken = RgbImage::from_fn(width, height, |x, y| {
        let pixel = pixels[(y * width + x) as usize];
        Rgb([pixel.r, pixel.g, pixel.b])
    });
    let path = golden().join(format!("{name}.png"));
    if std::env::var_os("BLESS").is_some_and(|bless| bless == "1") {
        write(&path, &taken);
        return Ok(());
    }
    let held = match image::open(&path) {
        Ok(held) => held.to_rgb8(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let near = held.dimensions() == taken.dimensions() && far(&held, &taken) * 1000 <= PIXELS * pixels.len();
    if near {
        return Ok(());
    }
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/golden");
    std::fs::create_dir_all(&out).map_err(|error| error.to_string())?;
    let (now, difference) = (out.join(format!("{name}.png")), out.join(format!("{name}.differs.png")));
    write(&now, &taken);
    write(&difference, &marked(&held, &taken));
    Err(format!("{name}: see {} and {}", now.display(), difference.display()))
}

fn differs(held: &Rgb<u8>, taken: &Rgb<u8>) -> bool {
    held.0.iter().zip(taken.0).any(|(held, taken)| held.abs_diff(taken) > SHADE)
}

fn far(held: &RgbImage, taken: &RgbImage) -> usize {
    held.pixels().zip(taken.pixels()).filter(|(held, taken)| differs(held, taken)).count()
}

/// The new picture, pale, with red where it differs.
fn marked(held: &RgbImage, taken: &RgbImage) -> RgbImage {
    RgbImage::from_fn(taken.width(), taken.height(), |x, y| {
        let pixel = taken.get_pixel(x, y);
        match held.get_pixel_checked(x, y) {
            Some(known) if !differs(known, pixel) => Rgb(pixel.0.map(|shade| 160 + shade / 3)),
            _ => Rgb([220, 0, 0]),
        }
    })
}

/// Writes a picture with a palette of its most frequent colours; a rare one becomes the nearest of them.
fn write(path: &Path, picture: &RgbImage) {
    let mut counted: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for pixel in picture.pixels() {
        *counted.entry(pixel.0).or_default() += 1;
    }
    // One colour of each kind, the most frequent: a gradient has many colours, and few kinds.
    let mut kinds: BTreeMap<[u8; 3], (usize, usize, [u8; 3])> = BTreeMap::new();
    for (colour, count) in &counted {
        let kind = kinds.entry(colour.map(|shade| shade / KIND)).or_default();
        kind.0 += count;
        if *count > kind.1 {
            (kind.1, kind.2) = (*count, *colour);
        }
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|(all, _, colour)| (std::cmp::Reverse(*all), *colour));
    kinds.truncate(COLOURS);
    let palette: Vec<[u8; 3]> = kinds.into_iter().map(|(_, _, colour)| colour).collect();
    let nearest = |colour: &[u8; 3]| {
        let far = |known: &[u8; 3]| -> u32 {
            known.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
        };
        (0_u8..).zip(&palette).min_by_key(|(_, known)| far(known)).map_or(0, |(at, _)| at)
    };
    let places: BTreeMap<[u8; 3], u8> = counted.keys().map(|colour| (*colour, nearest(colour))).collect();
    let data: Vec<u8> = picture.pixels().map(|pixel| places[&pixel.0]).collect();
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut encoder = png::Encoder::new(file, picture.width(), picture.height());
    encoder.set_compression(png::Compression::High);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_palette(palette.concat());
    encoder.write_header().unwrap().write_image_data(&data).unwrap();
}
