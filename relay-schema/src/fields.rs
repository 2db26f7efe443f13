//! The children of one stanza, between their wire form and the fields of a struct.
//!
//! A rule says what text a field may hold: [`Plain`] (the type's own), or one of the others named in the table.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::partial_escape;
use zeroize::{Zeroize, Zeroizing};

use crate::grammar::{Child, Children};
use crate::strict::{has_forbidden, is_char};
use crate::{Body, CallReason, ErrorCode, Fault, Id, LoginReason, NackCode, RegisterReason, Secret};

/// The greatest number on the wire: stores keep signed 64-bit numbers.
const MAX_NUMBER: u64 = i64::MAX as u64;

/// What is wrong with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Twice,
    Nested,
    Missing,
    Bad,
}

impl Flaw {
    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::Twice | Self::Nested => Fault::Malformed,
            Self::Missing | Self::Bad => Fault::BadField,
        }
    }

    /// The sentence for a person.
    pub(crate) fn text(self, word: &str, field: &str) -> String {
        match self {
            Self::Twice => format!("<{field}> of {word} is given twice; once is enough"),
            Self::Nested => format!("<{field}> of {word} holds elements; it may hold text only"),
            Self::Missing => format!("<{field}> of {word} is missing; it is required"),
            Self::Bad => format!("<{field}> of {word} is empty or has a bad value"),
        }
    }
}

/// A flaw and the field that has it.
pub(crate) type Flawed = (Flaw, &'static str);

/// The tags around one field, ready to be copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
}

/// The children that carry one field: one at most, or any number for a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'c, 'm> {
    children: &'c Children<'m>,
    name: &'static str,
    first: Option<usize>,
}

impl<'c> Found<'c, '_> {
    fn one(&self) -> Option<&'c str> {
        self.first.and_then(|at| self.children.list().get(at)).map(Child::text)
    }

    fn all(&self) -> impl Iterator<Item = &'c str> {
        let name = self.name;
        let from = self.first.unwrap_or(self.children.list().len());
        self.children.list()[from..].iter().filter(move |child| child.name() == name).map(Child::text)
    }
}

/// Where each field of a stanza stands among the children; refuses what is given twice or holds elements.
pub(crate) fn place<'c, 'm, const N: usize>(
    children: &'c Children<'m>,
    names: &'static [&'static str; N],
    lists: &[bool; N],
    slot: impl Fn(&str) -> Option<usize>,
) -> Result<[Found<'c, 'm>; N], Flawed> {
    let mut found = names.map(|name| Found { children, name, first: None });
    for (at, child) in children.list().iter().enumerate() {
        let Some(slot) = slot(child.name()) else { continue };
        if !child.flat {
            return Err((Flaw::Nested, names[slot]));
        }
        match found[slot].first {
            None => found[slot].first = Some(at),
            Some(_) if lists[slot] => {}
            Some(_) => return Err((Flaw::Twice, names[slot])),
        }
    }
    Ok(found)
}

/// How a field of type `T` is read and written under a rule.
pub(crate) trait Rule<T> {
    /// Whether the element may be repeated.
    const LIST: bool = false;

    fn read(found: Found<'_, '_>) -> Result<T, Flaw>;

    fn write(value: &T, tags: Tags, out: &mut Vec<u8>);
}

/// The rule of the type itself: a required one is there and not empty, an optional one is not empty where it is there.
#[derive(Debug)]
pub(crate) enum Plain {}

impl<T: Value> Rule<T> for Plain {
    fn read(found: Found<'_, '_>) -> Result<T, Flaw> {
        T::parse(found.one().ok_or(Flaw::Missing)?).ok_or(Flaw::Bad)
    }

    fn write(value: &T, tags: Tags, out: &mut Vec<u8>) {
        element(tags, out, |out| value.append(out));
    }
}

impl<T: Value> Rule<Option<T>> for Plain {
    fn read(found: Found<'_, '_>) -> Result<Option<T>, Flaw> {
        found.one().map(|text| T::parse(text).ok_or(Flaw::Bad)).transpose()
    }

    fn write(value: &Option<T>, tags: Tags, out: &mut Vec<u8>) {
        if let Some(value) = value {
            element(tags, out, |out| value.append(out));
        }
    }
}

impl<T: Value> Rule<Vec<T>> for Plain {
    const LIST: bool = true;

    fn read(found: Found<'_, '_>) -> Result<Vec<T>, Flaw> {
        found.all().map(|text| T::parse(text).ok_or(Flaw::Bad)).collect()
    }

    fn write(values: &Vec<T>, tags: Tags, out: &mut Vec<u8>) {
        for value in values {
            element(tags, out, |out| value.append(out));
        }
    }
}

/// The element has to be there where it is required, but it may be empty.
#[derive(Debug)]
pub(crate) enum MayBeEmpty {}

impl Rule<String> for MayBeEmpty {
    fn read(found: Found<'_, '_>) -> Result<String, Flaw> {
        found.one().map(str::to_owned).ok_or(Flaw::Missing)
    }

    fn write(value: &String, tags: Tags, out: &mut Vec<u8>) {
        element(tags, out, |out| escape(value, out));
    }
}

impl Rule<Option<String>> for MayBeEmpty {
    fn read(found: Found<'_, '_>) -> Result<Option<String>, Flaw> {
        Ok(found.one().map(str::to_owned))
    }

    fn write(value: &Option<String>, tags: Tags, out: &mut Vec<u8>) {
        if let Some(value) = value {
            element(tags, out, |out| escape(value, out));
        }
    }
}

/// An element that is not there means the same as an empty one, and an empty one is not written.
#[derive(Debug)]
pub(crate) enum Omittable {}

impl Rule<String> for Omittable {
    fn read(found: Found<'_, '_>) -> Result<String, Flaw> {
        Ok(found.one().map(str::to_owned).unwrap_or_default())
    }

    fn write(value: &String, tags: Tags, out: &mut Vec<u8>) {
        if !value.is_empty() {
            element(tags, out, |out| escape(value, out));
        }
    }
}

macro_rules! states {
    ($($(#[$doc:meta])* $Name:ident = $allowed:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $Name {}

        impl Rule<i32> for $Name {
            fn read(found: Found<'_, '_>) -> Result<i32, Flaw> {
                state(found.one().ok_or(Flaw::Missing)?, $allowed)
            }

            fn write(value: &i32, tags: Tags, out: &mut Vec<u8>) {
                element(tags, out, |out| out.extend_from_slice(value.to_string().as_bytes()));
            }
        }

        impl Rule<Option<i32>> for $Name {
            fn read(found: Found<'_, '_>) -> Result<Option<i32>, Flaw> {
                found.one().map(|text| state(text, $allowed)).transpose()
            }

            fn write(value: &Option<i32>, tags: Tags, out: &mut Vec<u8>) {
                if let Some(value) = value {
                    <Self as Rule<i32>>::write(value, tags, out);
                }
            }
        }
    )*};
}

states! {
    /// `1` yes, `0` no.
    YesNo = 0..=1;
    /// `-1` off line, `0` invisible, `1` on line, `2` away, `3` busy.
    Presence = -1..=3;
}

/// `ip,port`, an IPv4 or IPv6 address and a decimal port.
#[derive(Debug)]
pub(crate) enum Address {}

impl Rule<String> for Address {
    fn read(found: Found<'_, '_>) -> Result<String, Flaw> {
        let text = found.one().ok_or(Flaw::Missing)?;
        let (ip, port) = text.split_once(',').ok_or(Flaw::Bad)?;
        let good =
            ip.parse::<IpAddr>().is_ok() && number(port).is_some_and(|port| port <= u64::from(u16::MAX));
        if good { Ok(text.to_owned()) } else { Err(Flaw::Bad) }
    }

    fn write(value: &String, tags: Tags, out: &mut Vec<u8>) {
        element(tags, out, |out| escape(value, out));
    }
}

/// A type that stands as text in one element.
pub(crate) trait Value: Sized {
    fn parse(text: &str) -> Option<Self>;

    fn append(&self, out: &mut Vec<u8>);
}

impl Value for String {
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn append(&self, out: &mut Vec<u8>) {
        escape(self, out);
    }
}

impl Value for Secret {
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::new(text.to_owned()))
    }

    /// As CDATA where that is shorter: every password of 1,024 bytes fits into a stanza before login.
    fn append(&self, out: &mut Vec<u8>) {
        let text = self.expose();
        let begin = out.len();
        escape(text, out);
        let (escaped, pieces) = (out.len() - begin, text.matches(CDATA_END).count() + 1);
        let cdata = text.len() + pieces * (CDATA_START.len() + CDATA_END.len());
        if cdata < escaped && !text.contains('\r') && !has_forbidden(text.as_bytes()) {
            out[begin..].zeroize();
            out.truncate(begin);
            // `]]>` would end the section: it is cut between `]]` and `>`.
            let pieces = text.replace(CDATA_END, "]]]]><![CDATA[>");
            for part in [CDATA_START, &Zeroizing::new(pieces), CDATA_END] {
                out.extend_from_slice(part.as_bytes());
            }
        }
    }
}

impl Value for Id {
    fn parse(text: &str) -> Option<Self> {
        Self::new(text)
    }

    fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

impl Value for Body {
    fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().map(Self)
    }

    fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(STANDARD.encode(&self.0).as_bytes());
    }
}

impl Value for u64 {
    fn parse(text: &str) -> Option<Self> {
        number(text)
    }

    fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice((*self).min(MAX_NUMBER).to_string().as_bytes());
    }
}

macro_rules! code_values {
    ($($Code:ident)*) => {$(
        impl Value for $Code {
            fn parse(text: &str) -> Option<Self> {
                (!text.is_empty()).then(|| Self::from(text))
            }

            fn append(&self, out: &mut Vec<u8>) {
                escape(self.as_str(), out);
            }
        }
    )*};
}

code_values! { CallReason ErrorCode LoginReason NackCode RegisterReason }

/// The `<id>` among the fields; other types only have to answer because the table asks every field alike.
pub(crate) trait AsId {
    fn as_id(&self) -> Option<&Id> {
        None
    }
}

impl AsId for Id {
    fn as_id(&self) -> Option<&Id> {
        Some(self)
    }
}

impl<T: AsId> AsId for Option<T> {
    fn as_id(&self) -> Option<&Id> {
        self.as_ref().and_then(T::as_id)
    }
}

macro_rules! no_ids {
    ($($Type:ty)*) => {
        $(impl AsId for $Type {})*
    };
}

no_ids! { String Secret Body u64 i32 Vec<String> CallReason ErrorCode LoginReason NackCode RegisterReason }

/// A number as it is written, digits only: no sign, no white space, no leading zero, at most 2^63 - 1.
pub(crate) fn number(text: &str) -> Option<u64> {
    let canonical = match text.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    text.parse().ok().filter(|&number| canonical && number <= MAX_NUMBER)
}

fn state(text: &str, allowed: std::ops::RangeInclusive<i32>) -> Result<i32, Flaw> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let value = number(digits).and_then(|n| i32::try_from(n).ok()).map(|n| sign * n).ok_or(Flaw::Bad)?;
    let negative_zero = sign < 0 && value == 0;
    if allowed.contains(&value) && !negative_zero { Ok(value) } else { Err(Flaw::Bad) }
}

fn element(tags: Tags, out: &mut Vec<u8>, text: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(tags.open.as_bytes());
    text(out);
    out.extend_from_slice(tags.close.as_bytes());
}

const CDATA_START: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

/// Appends text so that a reader gets it back: `&`, `<`, `>` and the carriage return (which a reader would make a line
/// end) as references. The characters that XML 1.0 forbids even as references become U+FFFD: quick-xml writes them.
fn escape(text: &str, out: &mut Vec<u8>) {
    let allowed: Cow<'_, str> = if has_forbidden(text.as_bytes()) {
        text.replace(|c| !is_char(c), "\u{FFFD}").into()
    } else {
        text.into()
    };
    out.extend_from_slice(partial_escape(allowed).as_bytes());
}
