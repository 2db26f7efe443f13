//! A line of bash as it is typed: its words without quotes, and a candidate with the quotes that fit what is typed already.

/// What needs a backslash outside quotes. Chinese needs none.
const SPECIAL: &[char] = &[
    ' ', '\t', '\\', '\'', '"', '`', '$', '&', '|', ';', '<', '>', '(', ')', '{', '}', '[', ']', '*', '?',
    '!', '#', '~', '^',
];

/// A line up to the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The words before the one at the cursor, without quotes.
    pub(super) words: Vec<String>,
    /// The word at the cursor, without quotes; empty after a space.
    pub(super) current: String,
    /// The same as it stands in the line.
    raw: String,
    /// The quote that is open at the cursor.
    quote: Option<char>,
}

/// Takes a line apart. Variables and substitutions stay as they are typed.
pub(super) fn split(line: &str) -> Line {
    let mut at = Line::default();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if at.quote.is_none() && matches!(c, ' ' | '\t' | '\n') {
            if !at.raw.is_empty() {
                at.words.push(std::mem::take(&mut at.current));
                at.raw.clear();
            }
            continue;
        }
        at.raw.push(c);
        match (at.quote, c) {
            (Some(quote), c) if c == quote => at.quote = None,
            (None, '\'' | '"') => at.quote = Some(c),
            (None | Some('"'), '\\') => {
                let Some(next) = chars.next() else { break };
                at.raw.push(next);
                if at.quote.is_some() && !matches!(next, '"' | '\\' | '$' | '`') {
                    at.current.push('\\');
                }
                at.current.push(next);
            }
            (_, c) => at.current.push(c),
        }
    }
    at
}

/// One word without its quotes and backslashes.
pub(super) fn unquoted(word: &str) -> String {
    // A space inside belongs to the word here: the shell has taken the line apart already.
    let Line { words, current, .. } = split(word);
    if words.is_empty() { current } else { words.into_iter().chain([current]).collect::<Vec<_>>().join(" ") }
}

impl Line {
    /// What bash has to put in place of `piece`, the end of the current word, so that the word becomes `value`; None when
    /// that cannot be done.
    pub(super) fn replacement(&self, value: &str, piece: &str) -> Option<String> {
        let kept = self.raw.strip_suffix(piece)?;
        let whole = match self.quote {
            // Bash closes the quote.
            Some('\'') => format!("'{}", value.replace('\'', "'\\''")),
            Some(_) => format!("\"{}", escaped(value, &['"', '\\', '$', '`'])),
            None => escaped(value, SPECIAL),
        };
        whole.strip_prefix(kept).map(str::to_owned)
    }
}

fn escaped(value: &str, special: &[char]) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if special.contains(&c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_as_bash_does() {
        let line = split("qqctl send 'big bob' \"say \\\"hi\\\"\" a\\ b");
        assert_eq!(line.words, ["qqctl", "send", "big bob", "say \"hi\""]);
        assert_eq!(line.current, "a b");
        assert_eq!(split("qqctl send ").current, "");
        assert_eq!(split("qqctl send ''").words.len(), 2);
        assert_eq!(split("qqctl send \"a\\b").current, "a\\b");
        assert_eq!(unquoted("'小 "), "小 ");
        assert_eq!(unquoted("小\\ 明"), "小 明");
    }

    #[test]
    fn a_name_is_quoted_as_it_was_begun() {
        let name = "小 明's $x";
        for (line, piece, replacement) in [
            ("q 小", "小", "小\\ 明\\'s\\ \\$x"),
            ("q '小", "小", "小 明'\\''s $x"),
            ("q \"小", "小", "小 明's \\$x"),
            ("q ", "", "小\\ 明\\'s\\ \\$x"),
        ] {
            assert_eq!(split(line).replacement(name, piece).as_deref(), Some(replacement), "{line}");
        }
    }

    #[test]
    fn only_the_end_of_a_word_is_replaced_where_bash_broke_it() {
        assert_eq!(split("q ali@ex").replacement("ali@example.org", "@ex").as_deref(), Some("@example.org"));
        assert_eq!(split("q --color=al").replacement("--color=always", "al").as_deref(), Some("always"));
        assert_eq!(split("q Ali@ex").replacement("ali@example.org", "@ex"), None);
    }
}
