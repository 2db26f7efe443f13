//! The login manager on the system's bus, where there is one: whether a session of this user is locked.

use std::collections::{BTreeSet, HashMap};

use tokio::sync::mpsc;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{Connection, Message, MessageStream};

use super::bus;

const NAME: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const PATH: &str = "/org/freedesktop/login1";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Where the system's bus is, if the environment does not say.
const SYSTEM: &str = "unix:path=/run/dbus/system_bus_socket";

/// A session: its id, the user, the user's name, the seat, its object.
type Listed = (String, u32, String, String, OwnedObjectPath);

/// Tells whether a session of this user is locked, now and whenever that changes. Ends where nobody knows.
pub(super) async fn watch(told: mpsc::Sender<bool>) {
    let address = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_else(|_| SYSTEM.to_owned());
    let watched = async {
        let bus = bus::connect(&address).await?;
        let mut messages = MessageStream::from(&bus);
        bus::listen(
            &bus,
            &[
                format!("type='signal',sender='{NAME}',interface='{PROPERTIES}',path_namespace='{PATH}/session',arg0='{SESSION}'"),
                format!("type='signal',sender='{NAME}',interface='{MANAGER}',member='SessionRemoved'"),
            ],
        )
        .await?;
        let mut locked = already(&bus).await?;
        let mut last = !locked.is_empty();
        let mut owner = bus::owner(&bus, NAME).await;
        // Whoever is not there any more needs no word.
        let _ = told.send(last).await;
        while let Some(Ok(message)) = messages.next().await {
            let sender = message.header().sender().map(ToString::to_string);
            if sender != owner {
                // It has begun anew, or somebody else speaks.
                owner = bus::owner(&bus, NAME).await;
            }
            if sender.is_some() && sender == owner {
                hear(&bus, &message, &mut locked).await;
            }
            let now = !locked.is_empty();
            if now != last && told.send(now).await.is_err() {
                break;
            }
            last = now;
        }
        Ok::<_, zbus::Error>(())
    };
    if let Err(error) = watched.await {
        tracing::debug!(%error, "no login manager says whether the screen is locked");
    }
    let _ = told.send(false).await;
}

/// The sessions of this user that are locked now.
async fn already(bus: &Connection) -> zbus::Result<BTreeSet<String>> {
    let answer = bus.call_method(Some(NAME), PATH, Some(MANAGER), "ListSessions", &()).await?;
    let sessions: Vec<Listed> = answer.body().deserialize()?;
    let mut locked = BTreeSet::new();
    for (.., path) in sessions.into_iter().filter(|(_, user, ..)| *user == nix::unistd::getuid().as_raw()) {
        if property(bus, &path, "LockedHint")
            .await
            .is_some_and(|value| bool::try_from(value).unwrap_or_default())
        {
            locked.insert(path.to_string());
        }
    }
    Ok(locked)
}

async fn property(bus: &Connection, path: &str, name: &str) -> Option<OwnedValue> {
    let answer = bus.call_method(Some(NAME), path, Some(PROPERTIES), "Get", &(SESSION, name)).await.ok()?;
    answer.body().deserialize().ok()
}

async fn hear(bus: &Connection, signal: &Message, locked: &mut BTreeSet<String>) {
    let header = signal.header();
    let (Some(interface), Some(path)) = (header.interface(), header.path()) else { return };
    let body = signal.body();
    if interface.as_str() == MANAGER {
        if let Ok((_, gone)) = body.deserialize::<(String, OwnedObjectPath)>() {
            locked.remove(gone.as_str());
        }
        return;
    }
    let changed = body.deserialize::<(String, HashMap<String, OwnedValue>, Vec<String>)>();
    let Ok((_, changed, _)) = changed else { return };
    let hint = changed.get("LockedHint").and_then(|value| bool::try_from(value.clone()).ok());
    match hint {
        Some(true) if is_ours(bus, path).await => drop(locked.insert(path.to_string())),
        Some(false) => drop(locked.remove(path.as_str())),
        Some(true) | None => {}
    }
}

/// Whether the session is this user's.
async fn is_ours(bus: &Connection, path: &str) -> bool {
    let Some(user) = property(bus, path, "User").await else { return false };
    let user: Result<(u32, OwnedObjectPath), _> = user.try_into();
    user.is_ok_and(|(user, _)| user == nix::unistd::getuid().as_raw())
}
