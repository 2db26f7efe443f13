//! Input methods for Chinese: fcitx5 with its pinyin, IBus with libpinyin. Each runs in a person's directories and on a test's
//! own desktop, knows nothing but pinyin, and is on from the first letter.

use std::path::PathBuf;
use std::process::Command;

use x11rb::protocol::xproto::{AtomEnum, ConnectionExt};

use super::Desktop;
use super::bus::{Buses, Caller};
use super::child;
use super::sway::Sway;
use crate::person::Person;
use crate::program::Running;
use crate::wait;

const FCITX_PROFILE: &str = "[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=pinyin\n\n[Groups/0/Items/0]\n\
    Name=keyboard-us\nLayout=\n\n[Groups/0/Items/1]\nName=pinyin\nLayout=\n\n[GroupOrder]\n0=Default\n";
const FCITX_CONFIG: &str = "[Behavior]\nActiveByDefault=True\n";
const IBUS_SETTINGS: &str =
    "[desktop/ibus/general]\npreload-engines=['libpinyin']\nuse-system-keyboard-layout=true\n";

/// fcitx5 on an X11 desktop; ready when this returns. Programs use it that are started with `XMODIFIERS=@im=fcitx`.
pub fn fcitx_on_x(desktop: &Desktop, person: &Person) -> Running {
    let running = fcitx(person, desktop.buses(), |command| desktop.place(command));
    until_offered(desktop.display().name(), "@server=fcitx");
    running
}

/// fcitx5 under sway; ready when this returns. Programs find it by the compositor (text-input and input-method).
pub fn fcitx_on_sway(desktop: &Sway, person: &Person) -> Running {
    fcitx(person, desktop.buses(), |command| desktop.place(command))
}

fn fcitx(person: &Person, buses: &Buses, place: impl Fn(&mut Command)) -> Running {
    let (mut command, config) = of(person, "fcitx5", "fcitx5 fcitx5-pinyin");
    let dir = config.join("fcitx5");
    std::fs::create_dir_all(&dir).expect("a directory");
    std::fs::write(dir.join("profile"), FCITX_PROFILE).expect("a profile");
    std::fs::write(dir.join("config"), FCITX_CONFIG).expect("a configuration");
    place(command.args(["--disable", "notificationitem,kimpanel,notifications"]));
    let running = child::spawn(command);
    let bus = Caller::new(buses.session());
    wait::until("fcitx5 has pinyin", || {
        let controller = "org.fcitx.Fcitx.Controller1";
        let reply =
            bus.try_call("org.fcitx.Fcitx5", "/controller", controller, "CurrentInputMethodGroup", &());
        reply.ok()
    });
    running
}

/// Waits until fcitx5 listens to the field that has the keyboard: what is typed before goes to the field as it is.
pub fn fcitx_listens(buses: &Buses) {
    let bus = Caller::new(buses.session());
    wait::until("fcitx5 listens with pinyin", || {
        let controller = "org.fcitx.Fcitx.Controller1";
        let reply = bus.try_call("org.fcitx.Fcitx5", "/controller", controller, "CurrentInputMethod", &());
        (reply.ok()?.body().deserialize::<String>().ok()? == "pinyin").then_some(())
    });
}

/// IBus on an X11 desktop; ready when this returns. Programs use it that are started with `XMODIFIERS=@im=ibus`.
pub fn ibus(desktop: &Desktop, person: &Person) -> Running {
    let (mut command, config) = of(person, "ibus-daemon", "ibus ibus-libpinyin");
    let dir = config.join("glib-2.0/settings");
    std::fs::create_dir_all(&dir).expect("a directory");
    // Its settings are in a plain file, not in the desktop's database.
    std::fs::write(dir.join("keyfile"), IBUS_SETTINGS).expect("settings");
    command.args(["--xim", "--panel", "disable", "--emoji-extension", "disable"]);
    desktop.place(command.env("GSETTINGS_BACKEND", "keyfile"));
    let running = child::spawn(command);
    wait::until("IBus has libpinyin", || {
        // It says that it failed, and yet has chosen it: so it is asked.
        let [_, chosen] = [&["engine", "libpinyin"][..], &["engine"]].map(|args| {
            let (mut ibus, _) = of(person, "ibus", "ibus");
            desktop.place(ibus.args(args));
            ibus.output().map(|out| out.stdout).unwrap_or_default()
        });
        chosen.starts_with(b"libpinyin").then_some(())
    });
    until_offered(desktop.display().name(), "@server=ibus");
    running
}

/// A program of the system in a person's directories, and that for settings.
fn of(person: &Person, program: &str, package: &str) -> (Command, PathBuf) {
    let mut command = child::command(program, package);
    let home = person.command("qqctl");
    for (name, value) in home.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.env("XDG_CACHE_HOME", person.home().join("cache"));
    let config = home.get_envs().find(|(name, _)| *name == "XDG_CONFIG_HOME").and_then(|(_, value)| value);
    (command, PathBuf::from(config.expect("a person has a directory for settings")))
}

/// Waits until the X server's programs can find this input method.
fn until_offered(display: &str, server: &str) {
    let (connection, screen) = x11rb::connect(Some(display)).expect("the X server answers");
    let root = x11rb::connection::Connection::setup(&connection).roots[screen].root;
    let atom = |name: &str| -> Option<u32> {
        Some(connection.intern_atom(false, name.as_bytes()).ok()?.reply().ok()?.atom)
    };
    wait::until(&format!("{server} on {display}"), || {
        let (list, wanted) = (atom("XIM_SERVERS")?, atom(server)?);
        let reply = connection.get_property(false, root, list, AtomEnum::ATOM, 0, 64).ok()?.reply().ok()?;
        let listed = reply.value32()?.any(|atom| atom == wanted);
        let owner = connection.get_selection_owner(wanted).ok()?.reply().ok()?.owner;
        (listed && owner != x11rb::NONE).then_some(())
    });
}
