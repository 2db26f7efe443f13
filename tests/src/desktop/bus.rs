//! A private session bus and a private accessibility bus, on which a screen reader seems to be there.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::zvariant::{DynamicType, Type, Value};
use zbus::{Connection, Message};

use super::child;
use crate::program::Running;
use crate::wait;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(10);

/// No activation: what runs on it is what the test started.
const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:HOW=WHERE</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A session bus that knows no services, with its socket at this `path` or somewhere in this `dir`.
pub(crate) fn config(how: &str, place: &Path) -> String {
    CONFIG.replace("HOW", how).replace("WHERE", &place.display().to_string())
}

/// Both buses.
#[derive(Debug)]
pub struct Buses {
    session: String,
    accessibility: String,
    _launcher: Running,
    _daemon: Running,
}

impl Buses {
    /// Starts both, beside an X server or without one. Nothing else of the user's desktop is started by the session bus: it
    /// knows no services.
    pub(super) fn start(home: &Path, display: Option<&str>) -> Self {
        let config = home.join("bus.conf");
        let text = self::config("dir", home);
        std::fs::write(&config, text).expect("a configuration file");
        let mut daemon = child::command("dbus-daemon", "dbus-daemon");
        daemon.arg("--config-file").arg(&config).args(["--nofork", "--nopidfile", "--nosyslog"]);
        daemon.arg("--print-address=1").env("HOME", home);
        let log = home.join("log");
        let mut daemon = child::spawn_part(daemon, &log);
        let session = child::first_line(&mut daemon, &log);

        let mut launcher = child::command("at-spi-bus-launcher", "at-spi2-core");
        launcher
            .arg("--launch-immediately")
            .env("DBUS_SESSION_BUS_ADDRESS", &session)
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("GSETTINGS_BACKEND", "memory")
            .env_remove("AT_SPI_BUS_ADDRESS");
        // Its registry ends when there is a name of an X server and none answers.
        match display {
            Some(display) => launcher.env("DISPLAY", display),
            None => launcher.env_remove("DISPLAY"),
        };
        let launcher = child::spawn_part(launcher, &log);
        let caller = Caller::new(&session);
        // In this order: what a program is told first is what it believes.
        for name in ["IsEnabled", "ScreenReaderEnabled"] {
            wait::until(&format!("org.a11y.Status takes {name}"), || {
                let on = ("org.a11y.Status", name, Value::from(true));
                let set = caller.try_call(
                    "org.a11y.Bus",
                    "/org/a11y/bus",
                    "org.freedesktop.DBus.Properties",
                    "Set",
                    &on,
                );
                set.ok()
            });
        }
        let accessibility =
            caller.call::<_, String>("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", &());
        Self { session, accessibility, _launcher: launcher, _daemon: daemon }
    }

    /// The session bus's address.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The accessibility bus's address.
    pub fn accessibility(&self) -> &str {
        &self.accessibility
    }
}

/// Calls over a bus, one after the other.
#[derive(Debug)]
pub struct Caller {
    runtime: tokio::runtime::Runtime,
    connection: Connection,
}

impl Caller {
    /// Connects to the bus with this address.
    pub fn new(address: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let connection = runtime.block_on(async {
            let builder = zbus::connection::Builder::address(address).expect("an address");
            builder.build().await.expect("the bus answers")
        });
        Self { runtime, connection }
    }

    /// One call; panics when it is refused.
    pub fn call<B, R>(&self, to: &str, path: &str, interface: &str, method: &str, body: &B) -> R
    where
        B: Serialize + DynamicType,
        R: DeserializeOwned + Type,
    {
        let reply = self.try_call(to, path, interface, method, body);
        let reply = reply.unwrap_or_else(|error| panic!("{interface}.{method} of {to} {path}: {error}"));
        reply.body().deserialize().unwrap_or_else(|error| panic!("{interface}.{method}: {error}"))
    }

    /// One call.
    ///
    /// # Errors
    ///
    /// What the bus or whoever is called answers; a timeout after ten seconds.
    pub fn try_call<B>(
        &self,
        to: &str,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        self.runtime.block_on(async {
            let call = self.connection.call_method(Some(to), path, Some(interface), method, body);
            tokio::time::timeout(CALL, call).await.unwrap_or_else(|_| {
                Err(zbus::Error::Failure(format!("{interface}.{method} was not answered in {CALL:?}")))
            })
        })
    }
}
