//! Opaque bodies are kept in the wire's own form (base64), and relay-schema is what knows it.

use relay_schema::{Body, Chat, Stanza};

const OPEN: &str = "<body>";
const CLOSE: &str = "</body>";

/// The body as it stands on the wire.
pub(super) fn encode(body: Body) -> Option<String> {
    let xml = Stanza::from(Chat { body: Some(body), ..Chat::default() }).to_xml();
    let (_, rest) = xml.split_once(OPEN)?;
    rest.split_once(CLOSE).map(|(text, _)| text.to_owned())
}

/// The body that stands on the wire like this.
pub(super) fn decode(base64: &str) -> Option<Body> {
    let safe = base64.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    let chat =
        Chat { myaccount: "a".into(), friendaccount: "b".into(), content: "c".into(), ..Chat::default() };
    let xml = Stanza::from(chat).to_xml().replace("</msg>", &format!("{OPEN}{base64}{CLOSE}</msg>"));
    match Stanza::parse(xml.as_bytes()) {
        Ok(Stanza::Chat(chat)) if safe => chat.body,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_kept_as_base64_and_read_back() {
        let body = Body(vec![0, 1, 2, 253, 254, 255]);
        assert_eq!(encode(body.clone()).as_deref(), Some("AAEC/f7/"));
        assert_eq!(decode("AAEC/f7/"), Some(body));
        assert_eq!(decode("</body><x>"), None);
    }
}
