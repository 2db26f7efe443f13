//! The way to the session's bus: where it may be, and how its coming is noticed without asking again and again.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::net::unix::pipe::Receiver;
use tokio::time::{sleep, timeout};
use zbus::Connection;
use zbus::connection::Builder;

/// How long joining may take.
const JOIN: Duration = Duration::from_secs(5);
/// Messages that may wait while an answer is awaited. With more of them the answer, which comes behind, would not be read.
const WAITING: usize = 1024;
/// How long the desktop has for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// After something has happened where the bus should be: a socket is there before somebody listens on it.
const TRIES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Where the session's bus may be.
#[derive(Debug)]
pub(super) struct Place {
    addresses: Vec<String>,
}

impl Place {
    /// `$DBUS_SESSION_BUS_ADDRESS`, then `$XDG_RUNTIME_DIR/bus`.
    pub(super) fn of_environment() -> Self {
        let named = std::env::var("DBUS_SESSION_BUS_ADDRESS").ok().filter(|address| !address.is_empty());
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
        let usual = runtime.and_then(|directory| {
            let path = Path::new(&directory).join("bus");
            Some(format!("unix:path={}", path.to_str()?))
        });
        let mut addresses: Vec<String> = named.into_iter().chain(usual).collect();
        addresses.dedup();
        Self { addresses }
    }

    /// The sockets that can be watched for.
    fn sockets(&self) -> impl Iterator<Item = PathBuf> {
        let all = self.addresses.iter().flat_map(|address| address.split(';'));
        all.filter_map(|address| {
            let fields = address.strip_prefix("unix:")?.split(',');
            fields.filter_map(|field| field.strip_prefix("path=")).map(PathBuf::from).next()
        })
    }

    /// Watches the directories of the sockets.
    pub(super) fn watch(&self) -> Option<Watch> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
        let wanted = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_ATTRIB;
        let mut names = Vec::new();
        for socket in self.sockets() {
            if let (Some(directory), Some(name)) = (socket.parent(), socket.file_name())
                && inotify.add_watch(directory, wanted).is_ok()
            {
                names.push(name.to_owned());
            }
        }
        let notices = Receiver::from_owned_fd_unchecked(inotify.into()).ok()?;
        Some(Watch { notices, names })
    }

    /// Joins the bus as soon as there is one.
    pub(super) async fn join(&self, watch: &mut Option<Watch>) -> Connection {
        loop {
            for wait in TRIES {
                sleep(wait).await;
                for address in &self.addresses {
                    match timeout(JOIN, connect(address)).await {
                        Ok(Ok(bus)) => return bus,
                        Ok(Err(error)) => tracing::debug!(%address, %error, "no bus there"),
                        Err(_) => tracing::debug!(%address, "that bus does not answer"),
                    }
                }
            }
            match watch {
                Some(watch) => watch.appeared().await,
                None => std::future::pending().await,
            }
        }
    }
}

/// Joins the bus at this address.
///
/// # Errors
/// There is none, or it does not let us in.
pub(super) async fn connect(address: &str) -> zbus::Result<Connection> {
    Builder::address(address)?.method_timeout(ANSWER).max_queued(WAITING).build().await
}

/// Waits so long, or until something happens where the bus should be.
pub(super) async fn pause(watch: &mut Option<Watch>, pause: Duration) {
    match watch {
        // Only that it waits no longer is wanted, so it does not matter which it was.
        Some(watch) => drop(timeout(pause, watch.appeared()).await),
        None => sleep(pause).await,
    }
}

/// Asks the bus for the signals that fit these rules.
///
/// # Errors
/// The bus is gone, or takes no more rules.
pub(super) async fn listen(bus: &Connection, rules: &[String]) -> zbus::Result<()> {
    for rule in rules {
        let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        bus.call_method(Some(name), path, Some(name), "AddMatch", &(rule.as_str())).await?;
    }
    Ok(())
}

/// Who has this name on the bus now, if anybody has.
pub(super) async fn owner(bus: &Connection, name: &str) -> Option<String> {
    let (to, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    let answer = bus.call_method(Some(to), path, Some(to), "GetNameOwner", &(name)).await.ok()?;
    answer.body().deserialize().ok()
}

/// Waits until something happens where the bus should be.
#[derive(Debug)]
pub(super) struct Watch {
    /// The kernel's notices: a pipe's end is tokio's safe way to wait for any descriptor and read(2) from it.
    notices: Receiver,
    /// What the sockets are called in their directories.
    names: Vec<OsString>,
}

impl Watch {
    async fn appeared(&mut self) {
        let mut notice = [0; 4096];
        loop {
            if self.notices.readable().await.is_err() {
                return std::future::pending().await;
            }
            while let Ok(count) = self.notices.try_read(&mut notice) {
                let told = notice.get(..count).unwrap_or_default();
                // A name stands in its notice as it is.
                let is_in = |name: &OsString| told.windows(name.len()).any(|part| part == name.as_bytes());
                if count == 0 || self.names.iter().any(is_in) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_found_in_its_address() {
        let addresses = ["unix:path=/a/b,guid=1;tcp:host=h", "unix:guid=2,path=/c/bus", "unix:abstract=/x"];
        let place = Place { addresses: addresses.map(str::to_owned).to_vec() };
        assert_eq!(place.sockets().collect::<Vec<_>>(), [Path::new("/a/b"), Path::new("/c/bus")]);
    }
}
