//! The little XML that dialogues need: `<msg>` with flat text children.

use std::collections::HashMap;

/// One child: its name and its text, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) name: String,
    pub(super) text: String,
}

/// The children of one `<msg>`, in order.
pub(super) fn children(msg: &str) -> Result<Vec<Child>, String> {
    let bad = || format!("this is no stanza: {msg}");
    let inner =
        msg.trim().strip_prefix("<msg>").and_then(|rest| rest.strip_suffix("</msg>")).ok_or_else(bad)?;
    let (mut rest, mut children) = (inner.trim_start(), Vec::new());
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or_else(bad)?;
        let (name, text, after) = match name.strip_suffix('/') {
            Some(name) => (name, "", after),
            None => {
                let (text, after) = after.split_once(&format!("</{name}>")).ok_or_else(bad)?;
                (name, text, after)
            }
        };
        children.push(Child { name: name.trim().to_owned(), text: decode(text)? });
        rest = after.trim_start();
    }
    Ok(children)
}

/// Text as it stands in an element.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn decode(text: &str) -> Result<String, String> {
    let (mut rest, mut out) = (text, String::new());
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').ok_or_else(|| format!("an entity has no end: {text}"))?;
        out.push_str(before);
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => other
                .strip_prefix('#')
                .and_then(|number| number.parse().ok())
                .and_then(char::from_u32)
                .ok_or_else(|| format!("nobody knows &{other};"))?,
        });
        rest = after;
    }
    Ok(out + rest)
}

/// What is said, with `>$word<` and `{20 x 字}` replaced.
pub(super) fn fill(text: &str, kept: &HashMap<String, String>) -> Result<String, String> {
    let mut out = text.to_owned();
    while let Some((before, rest)) = out.split_once(">$") {
        let (word, after) = rest.split_once('<').ok_or_else(|| format!("no end: {text}"))?;
        let value = kept.get(word).ok_or_else(|| format!("nobody has kept ${word}"))?;
        out = format!("{before}>{}<{after}", escape(value));
    }
    while let Some((before, rest)) = out.split_once('{') {
        let (inner, after) = rest.split_once('}').ok_or_else(|| format!("no end: {text}"))?;
        if let Some(word) = inner.strip_prefix("code ") {
            out = format!("{before}{}{after}", super::code(word));
            continue;
        }
        let (count, what) =
            inner.split_once(" x ").ok_or_else(|| format!("{{{inner}}} is not {{20 x 字}}"))?;
        let count: usize = count.parse().map_err(|_| format!("{count} is no number"))?;
        out = format!("{before}{}{after}", what.repeat(count));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_read_in_order_and_decoded() {
        let found =
            children("<msg><type>chat</type> <picture/><content>1 &lt; 2 &#38; 3</content></msg>").unwrap();
        let found: Vec<_> = found.iter().map(|child| (child.name.as_str(), child.text.as_str())).collect();
        assert_eq!(found, [("type", "chat"), ("picture", ""), ("content", "1 < 2 & 3")]);
        assert!(children("<msg><type>chat</msg>").is_err());
    }

    #[test]
    fn kept_words_and_repeats_are_filled_in() {
        let kept = HashMap::from([("t".to_owned(), "a&b".to_owned())]);
        assert_eq!(fill("<a>$t</a>{3 x 字}", &kept).unwrap(), "<a>a&amp;b</a>字字字");
        assert!(fill("<a>$other</a>", &kept).is_err());
    }
}
