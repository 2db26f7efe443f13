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
            format!("type='signal',sender='{name}',interface='{name}',member='ActiveChanged'"),
            format!("type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{name}'"),
        ]
    };
    SAVERS.iter().flat_map(of).collect()
}

/// What each of them says.
#[derive(Debug, Default)]
pub(super) struct Locks {
    /// The unique name of each that is there; signals of others are not believed.
    owners: BTreeMap<&'static str, String>,
    savers: BTreeMap<&'static str, bool>,
    hinted: bool,
    told: bool,
}

impl Locks {
    /// As it is now; some if that is news.
    pub(super) async fn look(&mut self, bus: &Connection) -> Option<bool> {
        for (name, path) in SAVERS {
            self.look_at(bus, name, path).await;
        }
        self.news()
    }

    async fn look_at(&mut self, bus: &Connection, name: &'static str, path: &str) {
        let owner = bus::owner(bus, name).await;
        self.owned(name, owner.clone());
        // Asking for it by its name would start it.
        if let Some(owner) = owner
            && let Ok(answer) = bus.call_method(Some(owner), path, Some(name), "GetActive", &()).await
            && let Ok(active) = answer.body().deserialize()
        {
            self.savers.insert(name, active);
        }
    }

    /// Somebody is there under this name, or nobody; what they say is not known yet.
    fn owned(&mut self, name: &'static str, owner: Option<String>) {
        self.savers.remove(name);
        match owner {
            Some(owner) => self.owners.insert(name, owner),
            None => self.owners.remove(name),
        };
    }

    /// A signal; some if it is news.
    pub(super) async fn hear(&mut self, bus: &Connection, signal: &Message) -> Option<bool> {
        if let Some((name, path)) = changed_owner(signal) {
            self.look_at(bus, name, path).await;
            return self.news();
        }
        self.hear_saver(signal)
    }

    fn hear_saver(&mut self, signal: &Message) -> Option<bool> {
        let header = signal.header();
        let interface = header.interface()?.as_str();
        let (name, _) = SAVERS.into_iter().find(|(name, _)| *name == interface)?;
        let sender = header.sender()?.as_str();
        if header.member()?.as_str() == "ActiveChanged"
            && self.owners.get(name).is_some_and(|owner| owner == sender)
        {
            self.savers.insert(name, signal.body().deserialize().ok()?);
        }
        self.news()
    }

    /// The login manager's word.
    pub(super) fn hint(&mut self, locked: bool) -> Option<bool> {
        self.hinted = locked;
        self.news()
    }

    /// The session's bus is gone, and with it who was on it; the login manager is on another one.
    pub(super) fn leave(&mut self) -> Option<bool> {
        self.owners.clear();
        self.savers.clear();
        self.news()
    }

    fn news(&mut self) -> Option<bool> {
        let locked = self.hinted || self.savers.values().any(|active| *active);
        let is_news = std::mem::replace(&mut self.told, locked) != locked;
        is_news.then_some(locked)
    }
}

/// Which of those who lock screens came, went, or is another one: as the bus itself says.
fn changed_owner(signal: &Message) -> Option<(&'static str, &'static str)> {
    let header = signal.header();
    if header.sender()?.as_str() != BUS || header.member()?.as_str() != "NameOwnerChanged" {
        return None;
    }
    let (changed, _, _): (String, String, String) = signal.body().deserialize().ok()?;
    SAVERS.into_iter().find(|(name, _)| *name == changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVER: &str = SAVERS[0].0;

    fn active(sender: &str, active: bool) -> Message {
        let signal = Message::signal(SAVERS[0].1, SAVER, "ActiveChanged").unwrap().sender(sender).unwrap();
        signal.build(&active).unwrap()
    }

    #[test]
    fn only_who_locks_the_screen_says_that_it_is_open() {
        let mut locks = Locks::default();
        assert_eq!(locks.hear_saver(&active(":1.5", true)), None, "nobody is there");
        locks.owned(SAVER, Some(":1.5".to_owned()));
        assert_eq!(locks.hear_saver(&active(":1.5", true)), Some(true));
        assert_eq!(locks.hear_saver(&active(":1.6", false)), None);
        assert_eq!(locks.hear_saver(&active(":1.5", false)), Some(false));
    }

    #[test]
    fn only_the_bus_says_who_came_and_went() {
        let changed = |sender: &str| {
            let signal = Message::signal("/org/freedesktop/DBus", BUS, "NameOwnerChanged").unwrap();
            signal.sender(sender).unwrap().build(&(SAVER, ":1.5", "")).unwrap()
        };
        assert_eq!(changed_owner(&changed(BUS)), Some(SAVERS[0]));
        assert_eq!(changed_owner(&changed(":1.6")), None);
    }

    #[test]
    fn the_login_managers_word_outlives_the_sessions_bus() {
        let mut locks = Locks::default();
        assert_eq!(locks.hint(true), Some(true));
        assert_eq!(locks.leave(), None);
        assert_eq!(locks.hint(false), Some(false));
        locks.owned(SAVER, Some(":1.5".to_owned()));
        assert_eq!(locks.hear_saver(&active(":1.5", true)), Some(true));
        assert_eq!(locks.leave(), Some(false), "who said so is gone");
    }
}
