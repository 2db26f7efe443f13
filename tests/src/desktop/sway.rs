//! A Wayland desktop of its own for a test of windows: sway without a screen (and as another user than root, which a
//! compositor should not be), a session bus, an accessibility bus and a keyboard, all private and ended with the test.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::bus::Buses;
use super::child;
use super::keyboard::Keyboard;
use super::picture::Picture;
use super::screen::Screen;
use crate::person::Person;
use crate::program::Running;
use crate::wait;

/// The user `nobody` and its group, of every Linux system.
const NOBODY: u32 = 65_534;
/// The name by which windows belong to their desktop entry.
pub const APP_ID: &str = "io.github.qiaoqiao.Qiaoqiao";

/// See the module. Dropped, everything in it ends.
#[derive(Debug)]
pub struct Sway {
    buses: Buses,
    socket: PathBuf,
    control: PathBuf,
    _sway: Running,
    home: TempDir,
}

/// A window as sway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its title.
    pub title: String,
    /// The program it belongs to.
    pub app: String,
    /// It has the keyboard.
    pub focused: bool,
}

impl Sway {
    /// Starts all of it, with these lines in sway's configuration.
    pub fn start(config: &str) -> Self {
        let home = tempfile::Builder::new().prefix("qs-").tempdir().expect("a temporary directory");
        // Another user looks through it for his own directory.
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).expect("0711");
        let run = home.path().join("run");
        std::fs::create_dir(&run).expect("a directory");
        std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o700)).expect("0700");
        let file = run.join("config");
        let all = format!("xwayland disable\noutput HEADLESS-1 resolution 1600x1000\n{config}\n");
        std::fs::write(&file, all).expect("a configuration file");
        let sway = start(&run, &file, &home.path().join("log"));
        let found = |begin: &'static str, end: &'static str| {
            wait::until(&format!("sway's {begin}"), || {
                let entries = std::fs::read_dir(&run).expect("a directory").flatten();
                let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
                names.find(|name| name.starts_with(begin) && name.ends_with(end)).map(|name| run.join(name))
            })
        };
        let control = found("sway-ipc.", ".sock");
        let socket = found("wayland-", "").with_extension("");
        let buses = Buses::start(home.path(), None);
        let desktop = Self { buses, socket, control, _sway: sway, home };
        wait::until("sway answers", || desktop.ask(&["-t", "get_version"]));
        desktop
    }

    /// What a screen reader sees.
    pub fn screen(&self) -> Screen {
        Screen::new(&self.buses)
    }

    /// The session bus and the accessibility bus.
    pub fn buses(&self) -> &Buses {
        &self.buses
    }

    /// A keyboard. At most one for each desktop, before the first window: see [`Keyboard`].
    pub fn keyboard(&self) -> Keyboard {
        Keyboard::plug_in(&self.socket)
    }

    /// Puts a command on this desktop: its compositor and its session bus, and no other.
    pub fn place(&self, command: &mut Command) {
        command
            .env("WAYLAND_DISPLAY", &self.socket)
            .env("DBUS_SESSION_BUS_ADDRESS", self.buses.session())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env_remove("AT_SPI_BUS_ADDRESS")
            .env_remove("XDG_CURRENT_DESKTOP");
    }

    /// Starts `qq-slint` of this person, drawn by the processor and in English.
    pub fn windows_of(&self, person: &Person, args: &[&str]) -> Running {
        let mut command = person.command("qq-slint");
        command.args(["--renderer", "software"]).args(args).env("LC_ALL", "C.UTF-8");
        self.place(&mut command);
        child::spawn(command)
    }

    /// Starts a program of the system on it, with directories of its own.
    pub fn run(&self, program: &str, package: &str, args: &[&str]) -> Running {
        let mut command = child::command(program, package);
        let home = self.home.path();
        command.args(args).env("HOME", home).env("XDG_RUNTIME_DIR", home).env("XDG_CONFIG_HOME", home);
        self.place(&mut command);
        child::spawn(command)
    }

    /// The windows now.
    pub fn windows(&self) -> Vec<Tile> {
        fn collect(node: &Value, tiles: &mut Vec<Tile>) {
            if let (Some(app), Some(title)) = (node["app_id"].as_str(), node["name"].as_str()) {
                let focused = node["focused"] == true;
                tiles.push(Tile { title: title.into(), app: app.into(), focused });
            }
            for inner in
                ["nodes", "floating_nodes"].iter().filter_map(|list| node[*list].as_array()).flatten()
            {
                collect(inner, tiles);
            }
        }
        let mut tiles = Vec::new();
        collect(&self.ask(&["-t", "get_tree"]).unwrap_or_default(), &mut tiles);
        tiles
    }

    /// Waits for a window with this title.
    pub fn window(&self, title: &str) -> Tile {
        wait::until(&format!("the window {title:?}"), || {
            self.windows().into_iter().find(|tile| tile.title == title)
        })
    }

    /// Gives a window the keyboard; it has it when this returns.
    pub fn focus(&self, title: &str) {
        wait::until(&format!("{title:?} has the keyboard"), || {
            if self.windows().iter().any(|tile| tile.title == title && tile.focused) {
                return Some(());
            }
            self.command(&format!("[title=\"^{title}$\"] focus"));
            None
        });
    }

    /// One of sway's own commands (sway(5)).
    pub fn command(&self, command: &str) {
        self.ask(&[command]);
    }

    /// What is on the screen.
    pub fn picture(&self) -> Picture {
        let mut grim = child::command("grim", "grim");
        self.place(grim.args(["-t", "ppm", "-"]));
        let out = grim.output().expect("grim starts");
        assert!(out.status.success(), "grim: {}", String::from_utf8_lossy(&out.stderr));
        Picture::of_ppm(&out.stdout)
    }

    fn ask(&self, args: &[&str]) -> Option<Value> {
        let mut swaymsg = child::command("swaymsg", "sway");
        let out = swaymsg.arg("-s").arg(&self.control).arg("-r").args(args).output().expect("swaymsg starts");
        serde_json::from_slice(&out.stdout).ok()
    }
}

fn start(run: &Path, config: &Path, log: &Path) -> Running {
    let mut sway = child::command("setpriv", "util-linux");
    if nix::unistd::geteuid().is_root() {
        for file in [run, config] {
            std::os::unix::fs::chown(file, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
        }
        let nobody = NOBODY.to_string();
        sway.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
    }
    sway.args(["--pdeathsig", "KILL", "--"]).arg(child::find("sway", "sway")).arg("-c").arg(config);
    sway.env("XDG_RUNTIME_DIR", run).env("HOME", run).env("WLR_BACKENDS", "headless");
    sway.env("WLR_RENDERER", "pixman").env("WLR_LIBINPUT_NO_DEVICES", "1");
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "SWAYSOCK", "DBUS_SESSION_BUS_ADDRESS"] {
        sway.env_remove(name);
    }
    child::spawn_part(sway, log)
}
