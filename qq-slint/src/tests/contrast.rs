//! Every text stands out from what lies below it (WCAG 2.1 AA), by the colours of `theme.slint`.

#[test]
fn every_text_can_be_read_on_its_ground_in_the_light_and_in_the_dark() {
    let grounds: &[(&str, &[&str])] = &[
        ("text", &["ground", "ground-soft", "ground-chat", "hover", "selected", "border"]),
        ("text-soft", &["ground", "ground-soft", "hover", "selected"]),
        ("accent", &["ground"]),
        ("on-accent", &["accent"]),
        ("on-header", &["header", "header-end", "header-field"]),
        ("bubble-text", &["bubble-in", "bubble-out"]),
        ("bubble-soft", &["bubble-in", "bubble-out"]),
        ("link", &["bubble-in", "bubble-out"]),
        ("danger", &["ground", "ground-chat"]),
        ("on-badge", &["badge"]),
        ("on-notice", &["notice"]),
        ("on-selection", &["selection"]),
    ];
    for dark in [false, true] {
        for (text, on) in grounds {
            for ground in *on {
                let (a, b) = (luminance(colour(text, dark)), luminance(colour(ground, dark)));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= 4.5, "{text} on {ground}, dark {dark}: {ratio:.2}");
            }
        }
    }
}

/// A colour of `theme.slint`.
fn colour(name: &str, dark: bool) -> u32 {
    let theme = include_str!("../../ui/theme.slint");
    let line = theme
        .lines()
        .find(|line| line.contains(&format!("<color> {name}:")))
        .unwrap_or_else(|| panic!("no {name}"));
    let shades: Vec<&str> = line.split('#').skip(1).map(|rest| &rest[..6]).collect();
    let shade = if dark { shades[0] } else { shades[shades.len() - 1] };
    u32::from_str_radix(shade, 16).unwrap()
}

/// The relative luminance of WCAG 2.1.
fn luminance(colour: u32) -> f64 {
    let [_, r, g, b] = colour.to_be_bytes().map(|byte| {
        let share = f64::from(byte) / 255.0;
        if share <= 0.03928 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}
