//! What quick-xml lets pass and the protocol forbids: every such check stands here, with its reason.
//!
//! quick-xml finds tags, texts, CDATA sections and references, and matches end tags. It looks at no character and no
//! name, at attributes only when asked, and at the end of input never.

use std::borrow::Cow;

use memchr::{memchr_iter, memmem};
use quick_xml::Error;
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::escape::{resolve_xml_entity, unescape_with};
use quick_xml::events::attributes::{AttrError, Attribute, Attributes};
use quick_xml::events::{BytesRef, BytesStart, BytesText};

/// A sentence that says which rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// White space as XML 1.0 knows it.
pub(crate) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether XML 1.0 (fifth edition) allows the character in a document, literally or as a reference.
pub(crate) fn is_char(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        _ => c >= ' ',
    }
}

/// Whether there is a control character, U+FFFE or U+FFFF; surrogates are no UTF-8 in the first place.
pub(crate) fn has_forbidden(bytes: &[u8]) -> bool {
    let control =
        bytes.iter().fold(false, |found, &b| found | (b < b' ' && b != b'\t' && b != b'\n' && b != b'\r'));
    control || memchr_iter(0xEF, bytes).any(|at| matches!(bytes[at + 1..], [0xBF, 0xBE | 0xBF, ..]))
}

/// The whole element before it is read: quick-xml takes any character, and drops a byte order mark unseen.
pub(crate) fn document(msg: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(msg).map_err(|_| Malformed("the bytes are not UTF-8"))?;
    if has_forbidden(msg) {
        return Err(Malformed("there is a character that XML forbids"));
    }
    if !text.starts_with('<') {
        return Err(Malformed("there is text outside <msg>"));
    }
    Ok(text)
}

/// A start tag: quick-xml takes for its name all up to white space, and looks at its attributes only here.
pub(crate) fn tag(tag: &BytesStart<'_>) -> Result<(), Malformed> {
    name(tag.name().0)?;
    match tag.attributes_raw() {
        "" => Ok(()),
        raw => attributes(raw).try_for_each(|attribute| attribute.map(drop)),
    }
}

/// A text: quick-xml takes `]]>`.
pub(crate) fn text(text: &BytesText<'_>) -> Result<(), Malformed> {
    if memmem::find(text.as_bytes(), b"]]>").is_some() {
        Err(Malformed("there is ]]> in text"))
    } else {
        Ok(())
    }
}

/// What a reference stands for: quick-xml leaves names to the caller and takes numbers of forbidden characters.
pub(crate) fn reference(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, Malformed> {
    if let Some(text) = resolve_xml_entity(reference) {
        return Ok(Cow::Borrowed(text));
    }
    match reference.resolve_char_ref() {
        Ok(Some(c)) if is_char(c) => Ok(Cow::Owned(c.into())),
        _ => Err(REFERENCE),
    }
}

/// Whether the bytes are an XML declaration that a connection may start with: UTF-8 or no encoding named. quick-xml does
/// not look at their order, at other names and at other values.
pub(crate) fn is_declaration(bytes: &[u8]) -> bool {
    let raw = std::str::from_utf8(bytes).ok().and_then(|text| text.strip_prefix("<?xml")?.strip_suffix("?>"));
    let Some(Ok(list)) = raw.map(|raw| attributes(raw).collect::<Result<Vec<_>, _>>()) else { return false };
    let mut rest = list.iter().map(|attribute| (attribute.key.0, &*attribute.value)).peekable();
    let mut take = |name| rest.next_if(|(key, _)| *key == name).map(|(_, value)| value);
    let minor = take("version").and_then(|version| version.strip_prefix("1."));
    let (encoding, standalone) = (take("encoding"), take("standalone"));
    minor.is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
        && encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case("UTF-8"))
        && standalone.is_none_or(|standalone| matches!(standalone, "yes" | "no"))
        && rest.next().is_none()
}

/// What quick-xml itself found.
pub(crate) fn broken(error: &Error) -> Malformed {
    match error {
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_)) => {
            Malformed("an end tag does not match")
        }
        Error::IllFormed(IllFormedError::UnclosedReference) => REFERENCE,
        Error::Syntax(SyntaxError::UnclosedCData) => Malformed("a CDATA section is not closed"),
        Error::Syntax(
            SyntaxError::InvalidBangMarkup | SyntaxError::UnclosedComment | SyntaxError::UnclosedDoctype,
        )
        | Error::IllFormed(IllFormedError::MissingDoctypeName) => COMMENT,
        _ => Malformed("a tag is not closed"),
    }
}

/// Comments are not part of the grammar, nor is anything that begins as they do.
pub(crate) const COMMENT: Malformed = Malformed("comments and document types are not allowed");

const REFERENCE: Malformed = Malformed("a reference is neither predefined nor a character XML allows");

/// The attributes, from the white space before the first on: quick-xml takes any name and value, and two of them with no
/// white space between.
fn attributes(raw: &str) -> impl Iterator<Item = Result<Attribute<'_>, Malformed>> {
    Attributes::new(raw, 0).map(move |attribute| {
        let attribute = attribute.map_err(|error| match error {
            AttrError::ExpectedEq(_) => Malformed("an attribute has no value"),
            AttrError::Duplicated(..) => Malformed("an attribute is given twice"),
            _ => Malformed("an attribute has no quotes"),
        })?;
        let (key, value) = (attribute.key.0, &*attribute.value);
        name(key)?;
        let at = raw.as_bytes().element_offset(&key.as_bytes()[0]).unwrap_or_default();
        if !raw[..at].ends_with([' ', '\t', '\r', '\n']) {
            return Err(Malformed("a tag is not well-formed"));
        }
        if key == "xmlns" {
            return Err(Malformed("namespaces are not allowed"));
        }
        if value.contains('<') {
            return Err(Malformed("there is < in an attribute"));
        }
        if !unescape_with(value, resolve_xml_entity).is_ok_and(|text| !has_forbidden(text.as_bytes())) {
            return Err(REFERENCE);
        }
        Ok(attribute)
    })
}

/// A name of XML 1.0 (fifth edition) without a prefix.
fn name(name: &str) -> Result<(), Malformed> {
    let mut chars = name.chars();
    if chars.next().is_some_and(is_name_start) && chars.all(is_name_char) {
        return Ok(());
    }
    Err(Malformed(if name.contains(':') { "prefixes are not allowed" } else { "a name is no XML name" }))
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
