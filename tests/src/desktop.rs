//! A desktop of its own for a test of windows: an X server without a screen, a window manager, a session bus and an
//! accessibility bus, all private and ended with the test. What a user does is done by real keys ([`keys`]) or as a
//! screen reader does it ([`screen`]); what a user sees is read from the accessibility tree.
//!
//! ```no_run
//! use qiaoqiao_tests::desktop::Desktop;
//! use qiaoqiao_tests::person::Person;
//!
//! let desktop = Desktop::start();
//! let alice = Person::new("alice");
//! let mut program = desktop.windows_of(&alice, &["--mock"]);
//! let screen = desktop.screen();
//! let window = screen.window("Qiaoqiao");
//! window.press("button", "Settings");
//! program.terminate();
//! ```

pub mod bus;
pub mod child;
pub mod display;
pub mod events;
pub mod input_method;
pub mod keyboard;
pub mod keys;
pub mod picture;
pub mod screen;
pub mod sway;
pub mod tree;

use std::process::Command;

use tempfile::TempDir;

use crate::person::Person;
use crate::program::Running;
use bus::Buses;
use display::Display;
use keys::Keys;
use screen::Screen;

/// What one person sits before. Dropped, everything in it ends.
#[derive(Debug)]
pub struct Desktop {
    // The order is that of the ends: the window manager and the buses before the server that they use.
    buses: Buses,
    display: Display,
    _home: TempDir,
}

impl Desktop {
    /// Starts the X server, the window manager and both buses; a screen reader seems to be there before any program is.
    pub fn start() -> Self {
        Self::scaled(1.0)
    }

    /// The same before a screen of this scale: 1.5 for half as many pixels again on the same room.
    pub fn scaled(scale: f64) -> Self {
        let home = tempfile::Builder::new().prefix("qd-").tempdir().expect("a temporary directory");
        let display = Display::start(home.path(), scale);
        let buses = Buses::start(home.path(), Some(display.name()));
        Self { buses, display, _home: home }
    }

    /// The X display: windows, their positions, who has the keyboard.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// The session bus and the accessibility bus.
    pub fn buses(&self) -> &Buses {
        &self.buses
    }

    /// The keyboard.
    pub fn keys(&self) -> Keys<'_> {
        Keys::new(&self.display)
    }

    /// What a screen reader sees.
    pub fn screen(&self) -> Screen {
        Screen::new(&self.buses)
    }

    /// Puts a command on this desktop: its display and its session bus, and no other.
    pub fn place(&self, command: &mut Command) {
        command
            .env("DISPLAY", self.display.name())
            .env("DBUS_SESSION_BUS_ADDRESS", self.buses.session())
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env_remove("AT_SPI_BUS_ADDRESS")
            .env_remove("XAUTHORITY")
            .env_remove("XDG_CURRENT_DESKTOP");
    }

    /// `qq-slint` of this person, drawn by the processor and in English, with more arguments; not yet started.
    pub fn window_program(&self, person: &Person, args: &[&str]) -> Command {
        let mut command = person.command("qq-slint");
        command.args(["--renderer", "software"]).args(args).env("LC_ALL", "C.UTF-8");
        self.place(&mut command);
        command
    }

    /// Starts `qq-slint` of this person.
    pub fn windows_of(&self, person: &Person, args: &[&str]) -> Running {
        child::spawn(self.window_program(person, args))
    }
}
