//! The notification service: what it is called, what it can do, what it shows, and what the user does with that.

use std::collections::HashMap;
use std::path::PathBuf;

use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, Message};

use super::bus;
use super::face;
use crate::core::io::{Button, Desk, Notice, Service as There};

/// Its name and its interface.
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUS: &str = "org.freedesktop.DBus";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Who speaks.
const PROGRAM: &str = "Qiaoqiao";
/// The name of the desktop entry, and of the icon.
const ENTRY: &str = "io.github.qiaoqiao.Qiaoqiao";
/// The longest text of an answer, in bytes; the relay takes no more characters.
const ANSWER_MAX: usize = 64 * 1024;

/// What the service can do, as far as it matters here.
#[derive(Debug, Clone, Copy, Default)]
struct Abilities {
    actions: bool,
    markup: bool,
    reply: bool,
    sound: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Service {
    bus: Connection,
    /// The unique name of whoever is the service; signals of others are not believed.
    owner: Option<String>,
    can: Abilities,
    /// The service's number of each notification, and ours.
    shown: HashMap<u32, u64>,
    /// The token that came for this one just before its action.
    token: Option<(u32, String)>,
}

/// The signals that are wanted.
pub(super) fn rules() -> Vec<String> {
    vec![
        format!("type='signal',sender='{NAME}',interface='{NAME}'"),
        format!("type='signal',sender='{NAME}',interface='{PROPERTIES}',path='{PATH}'"),
        format!("type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{NAME}'"),
    ]
}

impl Service {
    pub(super) fn new(bus: Connection) -> Self {
        Self { bus, owner: None, can: Abilities::default(), shown: HashMap::new(), token: None }
    }

    /// Who is there now.
    pub(super) async fn look(&mut self) -> Vec<Desk> {
        self.owner = bus::owner(&self.bus, NAME).await;
        self.shown.clear();
        if self.owner.is_none() {
            let there = if self.can_be_started().await { There::OnDemand } else { There::None };
            return vec![Desk::Service(there), Desk::Inhibited(false)];
        }
        let name: Option<(String, String, String, String)> = self.ask("GetServerInformation").await;
        let can: Vec<String> = self.ask("GetCapabilities").await.unwrap_or_default();
        let can = |what: &str| can.iter().any(|one| one == what);
        self.can = Abilities {
            actions: can("actions"),
            markup: can("body-markup"),
            reply: can("inline-reply"),
            sound: can("sound"),
        };
        let name = name.map_or_else(|| "unknown".to_owned(), |(name, ..)| name.chars().take(64).collect());
        tracing::info!(service = name, "notifications are shown");
        vec![Desk::Service(There::Running(name)), Desk::Inhibited(self.is_inhibited().await)]
    }

    async fn can_be_started(&self) -> bool {
        let answer =
            self.bus.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "ListActivatableNames", &());
        let Ok(answer) = answer.await else { return false };
        let names: Result<Vec<String>, _> = answer.body().deserialize();
        names.is_ok_and(|names| names.iter().any(|name| name == NAME))
    }

    async fn ask<T: for<'d> serde::Deserialize<'d> + zbus::zvariant::Type>(&self, what: &str) -> Option<T> {
        let answer = self.bus.call_method(Some(NAME), PATH, Some(NAME), what, &()).await.ok()?;
        answer.body().deserialize().ok()
    }

    /// KDE says so; others do not know the property.
    async fn is_inhibited(&self) -> bool {
        let wanted = &(NAME, "Inhibited");
        let Ok(answer) = self.bus.call_method(Some(NAME), PATH, Some(PROPERTIES), "Get", wanted).await else {
            return false;
        };
        let value: Result<OwnedValue, _> = answer.body().deserialize();
        value.is_ok_and(|value| bool::try_from(value).unwrap_or_default())
    }

    /// Shows a notification, in place of the one with its number.
    pub(super) async fn show(&mut self, notice: &Notice, picture: Vec<PathBuf>) -> Vec<Desk> {
        let mut news = Vec::new();
        if self.owner.is_none() {
            // One that starts on demand: what it can do has to be known before it is told anything.
            let start = self.bus.call_method(
                Some(BUS),
                "/org/freedesktop/DBus",
                Some(BUS),
                "StartServiceByName",
                &(NAME, 0_u32),
            );
            if start.await.is_err() {
                return vec![Desk::Closed { number: notice.number, dismissed: true }];
            }
            news.extend(self.look().await);
        }
        let face = if picture.is_empty() { None } else { face::read(picture).await };
        let before = self.shown.iter().find(|(_, number)| **number == notice.number).map(|(id, _)| *id);
        match self.notify(before.unwrap_or_default(), notice, face).await {
            Ok(id) => {
                if let Some(before) = before.filter(|before| *before != id) {
                    self.shown.remove(&before);
                }
                self.shown.insert(id, notice.number);
            }
            Err(error) => {
                tracing::info!(%error, "a notification could not be shown");
                news.push(Desk::Closed { number: notice.number, dismissed: false });
            }
        }
        news
    }

    async fn notify(&self, before: u32, notice: &Notice, face: Option<face::Face>) -> zbus::Result<u32> {
        let body = if self.can.markup { escaped(&notice.body) } else { notice.body.clone() };
        let wanted = |button: &Button| self.can.actions && (*button != Button::Reply || self.can.reply);
        let buttons = notice.buttons.iter().filter(|(button, _)| wanted(button));
        let actions: Vec<&str> = buttons.flat_map(|(button, label)| [button.key(), *label]).collect();
        let category = if notice.urgent { "call.incoming" } else { "im.received" };
        let urgency: u8 = if notice.urgent { 2 } else { 1 };
        let mut hints: HashMap<&str, Value<'_>> = HashMap::from([
            ("urgency", Value::from(urgency)),
            ("category", Value::from(category)),
            ("desktop-entry", Value::from(ENTRY)),
        ]);
        if let Some(face) = face {
            hints.insert("image-data", face.into_value());
        }
        if !notice.sound {
            hints.insert("suppress-sound", Value::from(true));
        } else if self.can.sound {
            let sound = if notice.urgent { "phone-incoming-call" } else { "message-new-instant" };
            hints.insert("sound-name", Value::from(sound));
        }
        let expires = if notice.urgent { 0_i32 } else { -1 };
        let call = (PROGRAM, before, ENTRY, notice.title.as_str(), body, actions, hints, expires);
        let answer = self.bus.call_method(Some(NAME), PATH, Some(NAME), "Notify", &call).await?;
        answer.body().deserialize()
    }

    /// Takes a notification away.
    pub(super) async fn close(&mut self, number: u64) {
        let Some(id) = self.shown.iter().find(|(_, known)| **known == number).map(|(id, _)| *id) else {
            return;
        };
        self.shown.remove(&id);
        // It may be gone already.
        let _ = self.bus.call_method(Some(NAME), PATH, Some(NAME), "CloseNotification", &(id)).await;
    }

    /// A signal: what it means.
    pub(super) async fn hear(&mut self, signal: &Message) -> Vec<Desk> {
        let header = signal.header();
        let member = header.member().map(|member| member.as_str().to_owned()).unwrap_or_default();
        let interface = header.interface().map(|interface| interface.as_str()).unwrap_or_default();
        let sender = header.sender().map(|sender| sender.as_str());
        let body = signal.body();
        if interface == BUS && sender == Some(BUS) && member == "NameOwnerChanged" {
            let ours = body.deserialize().is_ok_and(|(name, _, _): (String, String, String)| name == NAME);
            return if ours { self.on_owner().await } else { Vec::new() };
        }
        if sender.is_none() || sender != self.owner.as_deref() {
            return Vec::new();
        }
        match (interface, member.as_str()) {
            (NAME, "ActivationToken") => {
                self.token = body.deserialize().ok().filter(|(_, token): &(u32, String)| token.len() <= 512);
                Vec::new()
            }
            (NAME, "ActionInvoked") => body.deserialize().map(|it| self.on_action(it)).unwrap_or_default(),
            (NAME, "NotificationReplied") => {
                body.deserialize().map(|it| self.on_reply(it)).unwrap_or_default()
            }
            (NAME, "NotificationClosed") => {
                body.deserialize().map(|it| self.on_closed(it)).unwrap_or_default()
            }
            (PROPERTIES, "PropertiesChanged") => inhibited(signal).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The service came, went, or is another one. What the core knows already is not told again.
    async fn on_owner(&mut self) -> Vec<Desk> {
        let now = bus::owner(&self.bus, NAME).await;
        if now.is_some() && now == self.owner && !self.shown.is_empty() {
            return Vec::new();
        }
        self.look().await
    }

    fn on_action(&mut self, (id, key): (u32, String)) -> Vec<Desk> {
        let token = self.token.take().filter(|(known, _)| *known == id).map(|(_, token)| token);
        let button = Button::ALL.into_iter().find(|button| button.key() == key);
        let (Some(number), Some(button)) = (self.shown.get(&id).copied(), button) else { return Vec::new() };
        // What was typed comes by its own signal.
        if button == Button::Reply {
            return Vec::new();
        }
        vec![Desk::Pressed { number, button, text: String::new(), token }]
    }

    fn on_reply(&mut self, (id, text): (u32, String)) -> Vec<Desk> {
        let Some(number) = self.shown.get(&id).copied() else { return Vec::new() };
        if text.len() > ANSWER_MAX {
            return Vec::new();
        }
        vec![Desk::Pressed { number, button: Button::Reply, text, token: None }]
    }

    fn on_closed(&mut self, (id, reason): (u32, u32)) -> Vec<Desk> {
        let Some(number) = self.shown.remove(&id) else { return Vec::new() };
        vec![Desk::Closed { number, dismissed: reason == 2 }]
    }
}

/// `Inhibited` among the properties that changed.
fn inhibited(signal: &Message) -> Option<Desk> {
    let body = signal.body();
    let (interface, changed, _): (String, HashMap<String, OwnedValue>, Vec<String>) =
        body.deserialize().ok()?;
    let value = changed.get("Inhibited").filter(|_| interface == NAME)?;
    Some(Desk::Inhibited(bool::try_from(value.clone()).ok()?))
}

/// Text that markup leaves as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_message_is_text() {
        assert_eq!(escaped("<b>a & b</b>"), "&lt;b&gt;a &amp; b&lt;/b&gt;");
    }
}
