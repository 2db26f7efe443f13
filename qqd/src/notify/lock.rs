//! Whether the screen is locked: by the session's screen saver, or by what the login manager was told.

use std::collections::BTreeMap;

use zbus::{Connection, Message};

use super::bus;

/// Those who lock screens, each with its object. GNOME has a name of its own.
const SAVERS: [(&str, &str); 2] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
];
const BUS: &str = "org.freedesktop.DBus";

/// The signals that are wanted.
pub(super) fn rules() -> Vec<String> {
    let of = |(name, _): &(&str, &str)| {
        [
            format!("type='signal',interface='{name}',member='ActiveChanged'"),
            format!("type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{name}'"),
        ]
    };
    SAVERS.iter().flat_map(of).collect()
}

/// What each of them says.
#[derive(Debug, Default)]
pub(super) struct Locks {
    savers: BTreeMap<&'static str, bool>,
    hinted: bool,
    told: bool,
}

impl Locks {
    /// As it is now; some if that is news.
    pub(super) async fn look(&mut self, bus: &Connection) -> Option<bool> {
        for (name, path) in SAVERS {
            // Asking would start it.
            if bus::owner(bus, name).await.is_none() {
                continue;
            }
            if let Ok(answer) = bus.call_method(Some(name), path, Some(name), "GetActive", &()).await
                && let Ok(active) = answer.body().deserialize()
            {
                self.savers.insert(name, active);
            }
        }
        self.news()
    }

    /// A signal; some if it is news.
    pub(super) fn hear(&mut self, signal: &Message) -> Option<bool> {
        let header = signal.header();
        let interface = header.interface()?.as_str();
        let body = signal.body();
        if interface == BUS {
            let (name, _, owner): (String, String, String) = body.deserialize().ok()?;
            if owner.is_empty() {
                self.savers.remove(name.as_str());
            }
            return self.news();
        }
        let (name, _) = SAVERS.into_iter().find(|(name, _)| *name == interface)?;
        if header.member()?.as_str() == "ActiveChanged" {
            self.savers.insert(name, body.deserialize().ok()?);
        }
        self.news()
    }

    /// The login manager's word.
    pub(super) fn hint(&mut self, locked: bool) -> Option<bool> {
        self.hinted = locked;
        self.news()
    }

    fn news(&mut self) -> Option<bool> {
        let locked = self.hinted || self.savers.values().any(|active| *active);
        let is_news = std::mem::replace(&mut self.told, locked) != locked;
        is_news.then_some(locked)
    }
}
