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
        let start = if named {
            from = at + WWW.len();
            Some(at).filter(|at| is_page(text, *at))
        } else {
            from = at + 3;
            with_scheme(text, at)
        };
        let Some(start) = start else { continue };
        let run = run(&text[start..]);
        if run.len() > LONGEST {
            // All of it is text: nothing of it is looked at again, or a hostile text would take its length squared.
            from = start + run.len();
            continue;
        }
        let end = start + end_of(run);
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

/// Whether the address of a page begins here, without its scheme. It is no part of something else, nobody's name stands
/// in it, and no letter of another script goes on with it: then it would be read as another machine's.
fn is_page(text: &str, start: usize) -> bool {
    let before = text[..start].chars().next_back();
    if before.is_some_and(|before| before.is_ascii_alphanumeric() || "@.-_/\\:&=%+~#?".contains(before)) {
        return false;
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
    let after = rest[host.len()..].chars().next();
    // What is written without gaps may follow; letters that are written with gaps between words belong to the word.
    let goes_on =
        after.is_some_and(|after| "@_\\".contains(after) || (after.is_alphabetic() && after < '\u{2e80}'));
    labels.len() > 2 && is_named && top && !goes_on && !is_login(&rest[host.len()..])
}

/// Whether what stands behind a name makes it somebody's at another machine: `:password@`.
fn is_login(rest: &str) -> bool {
    let run = run(rest);
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
    named && (whole || scheme.eq_ignore_ascii_case("qiao"))
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
