//! What stands in a message besides letters: links, which are recognised here, shown as such, and opened only when
//! the user has seen the whole of one; emoji, as pictures.

use std::ops::Range;

use qq_slint_ui::{Link, Rich, Say, Spot, Voice};
use slint::{ComponentHandle, Image, ModelRc, SharedString, StyledText, VecModel};

use crate::app::App;
use crate::asking::Question;
use crate::{child, emoji};

/// What a link begins with.
const SCHEMES: [&str; 3] = ["https://", "http://", "qiao://"];
/// What a page's address begins with where its scheme is left out.
const WWW: &str = "www.";
/// The longest link, in bytes; a longer one is text.
const LONGEST: usize = 2_048;
/// How many links of one text can be pressed.
const LINKS: usize = 20;

/// Where the links stand in a text, in bytes. A link has letters of ASCII only: what is behind it in Chinese is not its
/// part, and no letter that looks like another one misleads.
pub(crate) fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((at, named)) = next(text, from) {
        from = at + if named { WWW.len() } else { 3 };
        let name = if named { page(text, at) } else { None };
        let start = if named { name.as_ref().map(|name| name.start) } else { with_scheme(text, at) };
        let Some(start) = start else { continue };
        let run = run(&text[start..]);
        if run.len() > LONGEST {
            // All of it is text: nothing of it is looked at again, or a hostile text would take its length squared.
            from = start + run.len();
            continue;
        }
        let end = match name {
            Some(name) if !goes_on(&text[name.end..]) => name.end,
            Some(_) | None => start + end_of(run),
        };
        if named || has_host(&text[start..end]) {
            found.push(start..end);
            from = end;
        }
        if found.len() == LINKS {
            break;
        }
    }
    found
}

/// Where the next link may be: at the end of a scheme, or (then `true`) where a page's address without one begins.
fn next(text: &str, from: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let rest = &bytes[at..];
        let named = rest.get(..WWW.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(WWW.as_bytes()));
        (named || rest.starts_with(b"://")).then_some((at, named))
    })
}

/// Where a link begins whose scheme ends here, if it is one of ours.
fn with_scheme(text: &str, at: usize) -> Option<usize> {
    let start = SCHEMES.iter().find_map(|scheme| {
        let start = (at + 3).checked_sub(scheme.len())?;
        text.get(start..at + 3)?.eq_ignore_ascii_case(scheme).then_some(start)
    })?;
    let inside = text[..start].chars().next_back().is_some_and(|before| before.is_ascii_alphanumeric());
    (!inside).then_some(start)
}

/// The machine's name of a page's address that begins here without its scheme. It is no part of something else, nobody's
/// name stands in it, and nothing goes on with it that would be read, or opened, as another machine's.
fn page(text: &str, start: usize) -> Option<Range<usize>> {
    let before = text[..start].chars().next_back();
    if before.is_some_and(|before| before.is_ascii_alphanumeric() || "@.-_/\\:&=%+~#?".contains(before)) {
        return None;
    }
    let in_host = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'.';
    let rest = &text[start..];
    let host = &rest[..rest.bytes().position(|letter| !in_host(letter)).unwrap_or(rest.len())];
    // The full stop of the sentence.
    let name = host.trim_end_matches('.');
    let labels: Vec<&str> = name.split('.').collect();
    let is_named =
        labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let top = labels
        .last()
        .is_some_and(|top| top.len() > 1 && top.bytes().all(|letter| letter.is_ascii_alphabetic()));
    let rest = &rest[host.len()..];
    let ends = rest.chars().next().is_none_or(ends_a_name);
    (labels.len() > 2 && is_named && top && ends && !is_login(rest)).then_some(start..start + name.len())
}

/// Whether a machine's name is at its end before this. Other letters, marks and what is not seen would seem to be a part
/// of it; what is written without gaps between its words may follow.
fn ends_a_name(after: char) -> bool {
    if after.is_ascii() {
        return !"@_\\%".contains(after);
    }
    let wide = matches!(after, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    let sign = matches!(after, '«' | '»' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{ff01}'..='\u{ff65}' | '\u{1f300}'..='\u{1faff}');
    wide || after.is_whitespace() || (sign && !after.is_alphanumeric())
}

/// Whether what stands behind a page's machine is a part of its address: a port, a path, a query.
fn goes_on(rest: &str) -> bool {
    let behind = rest
        .strip_prefix(':')
        .map_or(rest, |port| port.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    behind.len() + 1 < rest.len() || behind.starts_with(['/', '?', '#'])
}

/// Whether what stands behind a name makes it somebody's at another machine: `:password@`.
fn is_login(rest: &str) -> bool {
    // What is longer is no link.
    let run = run(&rest[..rest.floor_char_boundary(LONGEST)]);
    let port = run.split(['/', '?', '#']).next().unwrap_or_default();
    port.contains('@')
}

/// What a link opens: itself, and where its scheme was left out the one that nobody can listen to.
fn address(link: &str) -> String {
    match with_scheme(link, link.find("://").unwrap_or(link.len())) {
        Some(0) => link.to_owned(),
        Some(_) | None => format!("https://{link}"),
    }
}

/// What stands here without a gap: only letters that a link may have.
fn run(text: &str) -> &str {
    let inside = |letter: u8| letter.is_ascii_graphic() && !b"<>\"`{}|\\^".contains(&letter);
    &text[..text.bytes().position(|letter| !inside(letter)).unwrap_or(text.len())]
}

/// Where a link that begins this run ends: what closes a sentence or a parenthesis around it is not its part.
fn end_of(run: &str) -> usize {
    let count = |sign: u8| run.bytes().filter(|letter| *letter == sign).count();
    // How many more close than open.
    let mut round = count(b')').saturating_sub(count(b'('));
    let mut square = count(b']').saturating_sub(count(b'['));
    for (at, last) in run.bytes().enumerate().rev() {
        match last {
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'_' | b'~' => {}
            b')' if round > 0 => round -= 1,
            b']' if square > 0 => square -= 1,
            _ => return at + 1,
        }
    }
    0
}

/// Whether a machine's name follows the scheme: one with a dot, an address, or this machine.
fn has_host(link: &str) -> bool {
    let Some((scheme, rest)) = link.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let named = host.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '[');
    let whole = host.contains(['.', ':', '[']) || host.eq_ignore_ascii_case("localhost");
    // Browsers read `%2e` as a dot: it would be another machine than it seems to be.
    let plain = host.starts_with('[') || !host.contains('%');
    named && plain && (whole || scheme.eq_ignore_ascii_case("qiao"))
}

/// Ties a window's texts to what they are made of; `scale` tells how many pixels a logical one has there.
pub(crate) fn bind(rich: &Rich<'_>, scale: impl Fn() -> f32 + 'static) {
    rich.set_outlines(emoji::has_outlines());
    rich.on_spots(|text| {
        let spots = emoji::spots(&text).into_iter().map(|range| Spot {
            at: number(range.start),
            next: number(range.end),
            emoji: text[range].into(),
        });
        ModelRc::new(VecModel::from(spots.collect::<Vec<_>>()))
    });
    rich.on_links(|text| {
        let links = links(&text).into_iter().map(|range| Link {
            at: number(range.start),
            next: number(range.end),
            url: address(&text[range]).into(),
        });
        ModelRc::new(VecModel::from(links.collect::<Vec<_>>()))
    });
    rich.on_styled(|text| {
        let mut shown = StyledText::default();
        App::with(|app| shown = styled(&app.voice, &text));
        shown
    });
    rich.on_picture(move |emoji, side| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some pixels; drawn at 256 at most"
        )]
        let side = (side * scale()).ceil() as u32;
        let mut picture = Image::default();
        App::with(|app| picture = app.emoji.picture(&emoji, side));
        picture
    });
}

/// The text with its links in the colour of links.
fn styled(voice: &Voice, text: &str) -> StyledText {
    let rich = voice.global::<Rich>();
    let mut shown = StyledText::default();
    let mut from = 0;
    for link in links(text) {
        shown = rich.invoke_then_plain(shown, text[from..link.start].into());
        shown = rich.invoke_then_link(shown, text[link.clone()].into());
        from = link.end;
    }
    rich.invoke_then_plain(shown, text[from..].into())
}

/// Asks whether this link shall be opened, and shows the whole of it; one to a Qiaoqiao server opens here.
pub(crate) fn question(link: SharedString) -> Question {
    let url = link.to_string();
    let question = Question::new("link", "", move |app, answer, _, _| {
        if url.to_ascii_lowercase().starts_with("qiao://") {
            answer.done();
            let wish = crate::single::Wish { link: Some(url.clone()), ..crate::single::Wish::default() };
            App::with(|app| app.wish(wish));
            return;
        }
        match child::start("xdg-open", &url) {
            Ok(()) => answer.done(),
            Err(_) => answer.refuse(&app.voice.global::<Say>().invoke_no_opener()),
        }
    });
    question.saying(link)
}

fn number(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn links_are_found_without_the_sentence_around_them() {
        assert_eq!(found("see https://example.org/a?b=c#d."), ["https://example.org/a?b=c#d"]);
        assert_eq!(found("（https://example.org/路）看"), ["https://example.org/"]);
        assert_eq!(
            found("(http://localhost:80/x_(y)), qiao://host/i/K7"),
            ["http://localhost:80/x_(y)", "qiao://host/i/K7"]
        );
        assert_eq!(found("HTTPS://EXAMPLE.ORG and http://[::1]/"), ["HTTPS://EXAMPLE.ORG", "http://[::1]/"]);
    }

    #[test]
    fn what_only_looks_like_a_link_is_text() {
        for text in [
            "https://",
            "https:// example.org",
            "xhttps://a.b",
            "file:///etc/passwd",
            "javascript://a.b",
            "https://münchen",
            "https://www.bank.com%2eevil.example",
            "://",
            "http://nodots",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        let long = format!("https://a.b/{}", "x".repeat(LONGEST));
        assert_eq!(found(&long), [""; 0]);
        assert_eq!(found(&"http://a.b ".repeat(100)).len(), LINKS);
        assert_eq!(
            found(&format!("{long} http://a.b")),
            ["http://a.b"],
            "what stands behind it is looked at"
        );
    }

    #[test]
    fn a_page_may_be_named_without_its_scheme() {
        assert_eq!(
            found("see www.foo.de, (WWW.Foo.co.uk/a_(b)). 看www.foo.de看 www.foo.de:8080/?q=@x"),
            ["www.foo.de", "WWW.Foo.co.uk/a_(b)", "www.foo.de", "www.foo.de:8080/?q=@x"]
        );
        assert_eq!(found("www.a.de,www.b.de;x www.a.de(b)"), ["www.a.de", "www.b.de", "www.a.de"]);
        assert_eq!(
            found("www.a.de:x www.a.de:80, www.a.de:80x"),
            ["www.a.de", "www.a.de:80", "www.a.de:80x"]
        );
        assert_eq!(found("“www.a.de” www.a.de…😀"), ["www.a.de", "www.a.de"]);
        assert_eq!(found("https://www.foo.de/www.bar.de"), ["https://www.foo.de/www.bar.de"]);
        assert_eq!(found("www.x and http://a.b"), ["http://a.b"]);
        assert_eq!(address("www.foo.de/?u=http://a.b"), "https://www.foo.de/?u=http://a.b");
        assert_eq!(address("HTTP://www.foo.de"), "HTTP://www.foo.de");
        assert_eq!(address("qiao://host/i/K7"), "qiao://host/i/K7");
    }

    #[test]
    fn what_only_looks_like_a_page_is_text() {
        for text in [
            "www.",
            "www.foo",
            "www.foo.",
            "www..foo.de",
            "www.-foo.de",
            "www.foo.1",
            "www.foo.d\u{435}",
            "www.foo.co\u{43c}",
            "www.foo.com.\u{430}uth.example",
            "www.m\u{fc}nchen.de",
            "www.bank.com@evil.example",
            "www.bank.com:x@evil.example/",
            "you@www.foo.de",
            "evil.www.foo.de",
            "awww.foo.de",
            "file://www.foo.de",
            "www.foo.de\\@evil.example",
            "www.bank.com%2eevil.example",
            "www.bank.com%EF%BC%8Eevil.example",
            "www.bank.co\u{200b}m",
            "www.bank.co\u{ad}m",
            "www.bank.com\u{301}",
            "www.bank.co\u{ff4d}",
            "www.bank.co\u{1d5c6}",
            "www.BANK.CO\u{a4df}",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        let long = format!("www.a.bc/{}", "x".repeat(LONGEST));
        assert_eq!(found(&format!("{long} www.a.bc")), ["www.a.bc"]);
    }

    #[test]
    fn parentheses_around_a_link_are_told_from_its_own() {
        assert_eq!(found("((http://a.b/(c)))."), ["http://a.b/(c)"]);
        assert_eq!(found("[http://a.b/[c]]],"), ["http://a.b/[c]"]);
        assert_eq!(found("http://a.b/(c"), ["http://a.b/(c"]);
    }

    #[test]
    fn a_hostile_text_takes_no_longer_than_another() {
        const MESSAGE: usize = 16_384;
        let started = std::time::Instant::now();
        for (begin, end) in [
            ("http://", ")"),
            ("http://", "."),
            ("https:///", "]"),
            ("://", ":"),
            ("http://a.b/(", ")"),
            ("(www.", "a"),
            ("(www.a.bc:", ":"),
            ("(www.a.bc:", "@"),
            ("www.a.b", "c"),
        ] {
            for times in [1, 100, 1_000] {
                let mut text = begin.repeat(times);
                text.push_str(&end.repeat(MESSAGE - text.len()));
                links(&text);
                // Runs that are just not too long.
                let piece = begin.repeat(times.min(100)) + &end.repeat(900) + " ";
                links(&piece.repeat(MESSAGE / piece.len()));
            }
        }
        // It takes some hundredths of a second; with the length squared it took minutes.
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    }
}
