//! The tray's host, which may start after this program (a bar that the session starts late, or one that is restarted). Slint's
//! item registers itself once, when it is made, and is nothing for ever where nobody took it; so it is made anew when a host comes.
//! Once it stands it finds its way back to a host that was restarted by itself.

use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::{Connection, MatchRule, MessageStream, message};

const BUS: &str = "org.freedesktop.DBus";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Calls whenever a host has come, or is there already, while no item of this process stands, for as long as the session bus lives.
///
/// # Errors
/// When there is no session bus: then there is no tray either.
pub(crate) async fn watch(missing: impl Fn()) -> zbus::Result<()> {
    watch_on(Connection::session().await?, missing).await
}

async fn watch_on(bus: Connection, missing: impl Fn()) -> zbus::Result<()> {
    // The name appears, and where nobody shows its items yet the host registers later.
    let signal = || MatchRule::builder().msg_type(message::Type::Signal);
    let owner = signal().sender(BUS)?.interface(BUS)?.member("NameOwnerChanged")?.arg(0, WATCHER)?.build();
    let host = signal().interface(WATCHER)?.member("StatusNotifierHostRegistered")?.build();
    // One stream: what both rules let through, in the order in which it came.
    let mut heard = MessageStream::from(&bus);
    let rules = zbus::fdo::DBusProxy::new(&bus).await?;
    rules.add_match_rule(owner).await?;
    rules.add_match_rule(host).await?;
    if has_watcher(&bus).await? && !stands(&bus).await? {
        missing();
    }
    while let Some(message) = heard.next().await {
        let message = message?;
        let header = message.header();
        let member = header.member().map(|member| member.as_str());
        if matches!(member, Some("NameOwnerChanged" | "StatusNotifierHostRegistered"))
            && has_watcher(&bus).await?
            && !stands(&bus).await?
        {
            missing();
        }
    }
    Ok(())
}

async fn has_watcher(bus: &Connection) -> zbus::Result<bool> {
    let reply =
        bus.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "NameHasOwner", &WATCHER).await?;
    reply.body().deserialize()
}

/// Whether an item of this process is on the bus: it has a name there for as long as it stands.
async fn stands(bus: &Connection) -> zbus::Result<bool> {
    let reply = bus.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "ListNames", &()).await?;
    let names: Vec<String> = reply.body().deserialize()?;
    let ours = format!("org.kde.StatusNotifierItem-{}-", std::process::id());
    Ok(names.iter().any(|name| name.starts_with(&ours)))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;

    /// A session bus of its own, which ends with the test.
    struct Bus(Child, String);

    impl Bus {
        fn start() -> Self {
            let mut child = Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--nopidfile", "--print-address"])
                .stdout(Stdio::piped())
                .spawn()
                .expect("dbus-daemon is installed (`scripts/setup test`)");
            let mut address = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
            Self(child, address.trim().to_owned())
        }

        fn connect(&self) -> Connection {
            let address = self.1.as_str();
            zbus::block_on(async { zbus::connection::Builder::address(address)?.build().await }).unwrap()
        }

        fn own(&self, name: &str) -> Connection {
            let connection = self.connect();
            zbus::block_on(connection.request_name(name)).unwrap();
            connection
        }

        /// Hears each time that an item is missing.
        fn watch(&self) -> Receiver<()> {
            let (told, heard) = channel();
            let bus = self.connect();
            std::thread::spawn(move || {
                zbus::block_on(watch_on(bus, || {
                    let _ = told.send(());
                }))
            });
            heard
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn a_host_that_comes_late_or_was_there_before_finds_an_item_missing_until_one_stands() {
        let bus = Bus::start();
        let heard = bus.watch();
        let host = bus.own(WATCHER);
        heard.recv_timeout(SOON).expect("the host came");
        bus.watch().recv_timeout(SOON).expect("the host is there already");
        let _item = bus.own(&format!("org.kde.StatusNotifierItem-{}-1", std::process::id()));
        // A host that comes while the watch begins may be told of twice: by its name, and by the first look.
        while heard.recv_timeout(Duration::from_millis(300)).is_ok() {}
        zbus::block_on(host.close()).unwrap();
        let _again = bus.own(WATCHER);
        assert!(heard.recv_timeout(Duration::from_millis(300)).is_err(), "an item stands");
    }
}
