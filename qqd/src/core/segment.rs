//! Text as the search index knows it. Chinese, Japanese, Thai and the like are single characters, for nobody writes spaces
//! there; so are emoji. Everything else is words. Case, accents and full-width forms make no difference.
//!
//! The index is filled with what [`indexed`] says and asked with what [`phrases`] says. Whoever changes either needs a
//! migration that makes the index anew.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// No word is kept longer than so many characters: what goes on is no word.
const WORD_MAX: usize = 64;
/// Words shorter than this are found whole only: half of all words begin with some letter.
const PREFIX_MIN: usize = 2;
/// Parts neighbours that are single characters and did not stand side by side.
const BREAK: &str = "\u{b7}";
/// Begins the token that says with whom a message was exchanged; no text holds it, for it is in private use.
const PEER: char = '\u{e000}';

/// A text for the index: tokens with a space between them. `peer` is the other one in the conversation.
pub(crate) fn indexed(peer: &str, text: &str) -> String {
    let mut out = peer_token(peer);
    let mut before_single = false;
    for run in runs(text) {
        let first_single = run.first().is_some_and(Token::is_single);
        if before_single && first_single {
            out.push(' ');
            out.push_str(BREAK);
        }
        for token in &run {
            out.push(' ');
            out.push_str(token.text());
        }
        before_single = run.last().is_some_and(Token::is_single);
    }
    out
}

/// The account as a token.
pub(crate) fn peer_token(account: &str) -> String {
    let mut token = String::from(PEER);
    token.extend(account.chars().map(|c| match c {
        '.' => '\u{e001}',
        '_' => '\u{e002}',
        '-' => '\u{e003}',
        c => c,
    }));
    token
}

/// What somebody looks for, each in the index's own language: all of them must be there. Empty if there is nothing to
/// look for. Nothing of the text is a command to the index: every phrase stands in quotation marks and holds none.
pub(crate) fn phrases(text: &str) -> Vec<String> {
    let mut phrases = Vec::new();
    for run in runs(text) {
        let words: Vec<&str> = run.iter().map(Token::text).collect();
        let prefix = match run.last() {
            Some(Token::Word(word)) if word.chars().nth(PREFIX_MIN - 1).is_some() => " *",
            _ => "",
        };
        let phrase = format!("\"{}\"{prefix}", words.join(" "));
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    phrases
}

/// One entry of the index.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Single(String),
    Word(String),
}

impl Token {
    fn is_single(&self) -> bool {
        matches!(self, Self::Single(_))
    }

    fn text(&self) -> &str {
        match self {
            Self::Single(text) | Self::Word(text) => text,
        }
    }
}

/// The tokens of a text; each run stood without anything in between.
fn runs(text: &str) -> Vec<Vec<Token>> {
    let mut runs = Vec::new();
    let mut run: Vec<Token> = Vec::new();
    let mut in_word = false;
    for c in text.nfkc() {
        match kind(c) {
            Kind::Unseen => {}
            Kind::Single => {
                run.push(Token::Single(c.to_string()));
                in_word = false;
            }
            Kind::Word => {
                match run.last_mut() {
                    Some(Token::Word(word)) if in_word => push_folded(word, c),
                    _ => {
                        let mut word = String::new();
                        push_folded(&mut word, c);
                        run.push(Token::Word(word));
                    }
                }
                in_word = true;
            }
            // don't is one word, and so is dont.
            Kind::Apostrophe if in_word => {}
            Kind::Apostrophe | Kind::Apart => {
                runs.push(std::mem::take(&mut run));
                in_word = false;
            }
        }
    }
    runs.push(run);
    for run in &mut runs {
        // A word of nothing but accents is none.
        run.retain(|token| !token.text().is_empty());
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// In lower case and without accents.
fn push_folded(word: &mut String, c: char) {
    if word.chars().count() >= WORD_MAX {
        return;
    }
    for lower in c.to_lowercase() {
        if u32::from(lower) < 0x2000 {
            decompose_canonical(lower, |part| {
                if !matches!(part, '\u{300}'..='\u{36f}') {
                    word.push(part);
                }
            });
        } else {
            word.push(lower);
        }
    }
}

enum Kind {
    Single,
    Word,
    Apostrophe,
    /// It changes how its neighbour looks.
    Unseen,
    Apart,
}

fn kind(c: char) -> Kind {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Kind::Word,
        '\'' | '\u{2019}' => Kind::Apostrophe,
        '\0'..='\u{7f}' => Kind::Apart,
        '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => {
            Kind::Unseen
        }
        c if is_single(c) => Kind::Single,
        c if c.is_alphanumeric() || is_combining_mark(c) => Kind::Word,
        _ => Kind::Apart,
    }
}

/// Scripts without spaces between words, and pictures.
fn is_single(c: char) -> bool {
    matches!(c,
        // Chinese and Japanese characters, bopomofo.
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        // Thai, Lao, Burmese, Khmer.
        | '\u{e01}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{1000}'..='\u{1049}' | '\u{1780}'..='\u{17d3}'
        // Money, signs, arrows, emoji with their colours.
        | '\u{a2}'..='\u{a9}' | '\u{ae}' | '\u{b0}' | '\u{20a0}'..='\u{20cf}' | '\u{2190}'..='\u{23ff}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
        // Brackets and the like among them.
        && !matches!(c, '\u{2308}'..='\u{230b}' | '\u{2329}' | '\u{232a}' | '\u{2768}'..='\u{2775}' | '\u{30a0}' | '\u{30fb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> String {
        indexed("", text).trim_start_matches(PEER).trim_start().to_owned()
    }

    #[test]
    fn chinese_is_single_characters_and_the_rest_are_words() {
        assert_eq!(tokens("一起吃晚饭吗"), "一 起 吃 晚 饭 吗");
        assert_eq!(tokens("Dinner? At SEVEN!"), "dinner at seven");
        assert_eq!(tokens("去K歌，好吗"), "去 k 歌 · 好 吗");
        assert_eq!(tokens("晚 饭"), "晚 · 饭");
        assert_eq!(tokens("see 你 there"), "see 你 there");
        assert_eq!(tokens("ガイド"), tokens("ｶﾞｲﾄﾞ"));
        assert_ne!(tokens("か"), tokens("が"));
    }

    #[test]
    fn case_accents_widths_and_apostrophes_make_no_difference() {
        assert_eq!(tokens("Ｄｉｎｎｅｒ　１２"), "dinner 12");
        assert_eq!(tokens("Café cafe\u{301} CAFÉ"), "cafe cafe cafe");
        assert_eq!(tokens("don't don’t DONT"), "dont dont dont");
        assert_eq!(tokens("'quoted' it's"), "quoted its");
        assert_eq!(tokens("Ёлка ёлка"), "елка елка");
        assert_eq!(tokens("İstanbul"), "istanbul");
        assert_eq!(tokens("हिन्दी"), "हिन्दी");
    }

    #[test]
    fn emoji_are_found_one_by_one() {
        assert_eq!(tokens("ok👍🏽!"), "ok 👍 🏽");
        assert_eq!(tokens("❤\u{fe0f}"), "❤");
        assert_eq!(tokens("👩\u{200d}🚀"), "👩 🚀");
    }

    #[test]
    fn nothing_that_is_typed_is_a_command() {
        assert_eq!(
            phrases(r#""a* AND (b:c) NEAR/2 -dinner^"#),
            ["\"a\"", "\"and\" *", "\"b\"", "\"c\"", "\"near\" *", "\"2\"", "\"dinner\" *"]
        );
        assert_eq!(phrases("晚饭 晚饭"), ["\"晚 饭\""]);
        assert_eq!(phrases("吃pizza"), ["\"吃 pizza\" *"]);
        for nothing in ["", "  ", "?!。，", "\u{301}", "\u{e000}bob", "***", "'"] {
            let found = phrases(nothing);
            assert!(found.is_empty() || nothing.contains("bob"), "{nothing:?}: {found:?}");
        }
        assert!(phrases("\u{e000}bob").iter().all(|phrase| !phrase.contains(PEER)));
    }

    #[test]
    fn a_long_word_is_cut_and_the_cut_one_is_found() {
        let long = "x".repeat(10_000);
        assert_eq!(tokens(&long).len(), WORD_MAX);
        assert_eq!(phrases(&long), [format!("\"{}\" *", "x".repeat(WORD_MAX))]);
    }

    #[test]
    fn the_account_of_a_conversation_is_one_token() {
        for account in ["bob", "a.b_c-9"] {
            let token = peer_token(account);
            assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii()), "{token}");
        }
        assert_ne!(peer_token("a.b"), peer_token("a-b"));
    }
}
