//! What the desktop is asked through its portal (XDG Desktop Portal): a file that the user chooses, and whether the
//! desktop wants things to stand still. Where there is no portal, whoever asks has another way.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, MatchRule, MessageStream};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const CHOOSER: &str = "org.freedesktop.portal.FileChooser";
const REQUEST: &str = "org.freedesktop.portal.Request";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
/// Where GNOME, and the portals that follow it, say whether there are animations.
const ANIMATIONS: (&str, &str) = ("org.gnome.desktop.interface", "enable-animations");

/// What the portal answers to a request: how it ended (0: done), and with what.
type Response = (u32, HashMap<String, OwnedValue>);

/// Lets the user choose a picture; None when they chose none.
///
/// # Errors
/// When there is no session bus, or no portal that chooses files.
pub(crate) async fn choose_picture(title: &str) -> zbus::Result<Option<PathBuf>> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let bus = Connection::session().await?;
    let token = format!("qiaoqiao_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let sender = bus.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_"));
    let request = format!("{PATH}/request/{}/{token}", sender.unwrap_or_default());
    // Listened for before it is asked: the answer may come at once.
    let rule = MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .interface(REQUEST)?
        .member("Response")?
        .path(request)?
        .build();
    let mut answers = MessageStream::for_match_rule(rule, &bus, Some(1)).await?;
    let kinds = vec![(1_u32, "image/png"), (1_u32, "image/jpeg")];
    let options: HashMap<&str, Value<'_>> = HashMap::from([
        ("handle_token", Value::from(token.as_str())),
        ("filters", Value::from(vec![("PNG, JPEG", kinds)])),
    ]);
    bus.call_method(Some(PORTAL), PATH, Some(CHOOSER), "OpenFile", &("", title, options)).await?;
    let Some(answer) = answers.next().await else { return Ok(None) };
    let (ended, mut with): Response = answer?.body().deserialize()?;
    let chosen =
        with.remove("uris").filter(|_| ended == 0).and_then(|uris| Vec::<String>::try_from(uris).ok());
    Ok(chosen.and_then(|uris| path_of(uris.first()?)))
}

/// The file that a URI names; None for what is no file of this computer.
fn path_of(uri: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let coded = uri.strip_prefix("file://")?.as_bytes();
    let mut path = Vec::with_capacity(coded.len());
    let mut at = 0;
    while let Some(byte) = coded.get(at) {
        if *byte == b'%' {
            let digits = std::str::from_utf8(coded.get(at + 1..at + 3)?).ok()?;
            path.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            path.push(*byte);
            at += 1;
        }
    }
    path.starts_with(b"/").then(|| std::ffi::OsString::from_vec(path).into())
}

/// Tells whether the desktop wants things to stand still, now and whenever that changes, for as long as the session bus
/// lives.
///
/// # Errors
/// When there is no session bus, no portal, or the desktop says nothing of animations.
pub(crate) async fn watch_motion(told: impl Fn(bool)) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let rule = MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .interface(SETTINGS)?
        .member("SettingChanged")?
        .build();
    let mut changes = MessageStream::for_match_rule(rule, &bus, Some(16)).await?;
    let now = bus.call_method(Some(PORTAL), PATH, Some(SETTINGS), "ReadOne", &ANIMATIONS).await?;
    let animated: OwnedValue = now.body().deserialize()?;
    told(bool::try_from(animated).is_ok_and(|animated| !animated));
    while let Some(change) = changes.next().await {
        let change = change?;
        let body = change.body();
        let (space, key, value): (String, String, OwnedValue) = body.deserialize()?;
        if (space.as_str(), key.as_str()) == ANIMATIONS {
            told(bool::try_from(value).is_ok_and(|animated| !animated));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_file_has_the_name_that_it_has_on_the_disk() {
        assert_eq!(path_of("file:///home/a/%E5%9B%BE%20%25.png"), Some(PathBuf::from("/home/a/图 %.png")));
        for uri in ["https://example.org/a.png", "file://", "file:///a%2", "file:///a%zz", "file://host/a"] {
            assert_eq!(path_of(uri), None, "{uri}");
        }
    }
}
