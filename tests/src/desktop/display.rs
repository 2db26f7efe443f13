//! An X server without a screen, with openbox as the window manager: who has the keyboard, and where the windows are.

use std::path::Path;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt, ImageFormat, MapState, PropMode, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::child;
use super::picture::Picture;
use crate::program::Running;
use crate::wait;

/// The X server and the window manager.
pub struct Display {
    name: String,
    connection: RustConnection,
    root: Window,
    _manager: Running,
    _server: Running,
}

impl std::fmt::Debug for Display {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Display").field(&self.name).finish()
    }
}

/// Where a window is, in pixels of the screen, and how large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From the left.
    pub x: i16,
    /// From the top.
    pub y: i16,
    /// Without its frame.
    pub width: u16,
    /// Without its frame.
    pub height: u16,
}

impl Display {
    /// Starts both, on a display number that nobody uses; ready when this returns.
    ///
    /// `scale` is that of a screen with so many more pixels on the same room: the screen is larger by it, and says so as a
    /// desktop's settings do, by `Xft.dpi` (96 is a scale of 1).
    pub(super) fn start(home: &Path, scale: f64) -> Self {
        let mut server = child::command("Xvfb", "xvfb");
        // The server writes its number when it is ready.
        let size = format!("{:.0}x{:.0}x24", 1600.0 * scale, 1000.0 * scale);
        server.args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp", "-noreset"]);
        let log = home.join("log");
        let mut server = child::spawn_part(server, &log);
        let name = format!(":{}", child::first_line(&mut server, &log));
        let (connection, screen) = x11rb::connect(Some(&name)).expect("the X server answers");
        let root = connection.setup().roots[screen].root;
        let settings = format!("Xft.dpi:\t{:.0}\n", 96.0 * scale);
        connection
            .change_property8(
                PropMode::REPLACE,
                root,
                AtomEnum::RESOURCE_MANAGER,
                AtomEnum::STRING,
                settings.as_bytes(),
            )
            .expect("a request")
            .check()
            .expect("the X server keeps the settings");
        let mut manager = child::command("openbox", "openbox");
        manager.arg("--sm-disable").env("DISPLAY", &name).env("HOME", home).env("XDG_CONFIG_HOME", home);
        manager.env("XDG_CACHE_HOME", home).env("XDG_DATA_HOME", home).env_remove("DBUS_SESSION_BUS_ADDRESS");
        let manager = child::spawn_part(manager, &log);
        let display = Self { name, connection, root, _manager: manager, _server: server };
        wait::until("openbox manages the windows", || {
            display.numbers(root, "_NET_SUPPORTING_WM_CHECK", AtomEnum::WINDOW.into()).first().copied()
        });
        display
    }

    /// `:NUMBER`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The window that has the keyboard, if one has.
    pub fn active(&self) -> Option<Window> {
        let active = self.numbers(self.root, "_NET_ACTIVE_WINDOW", AtomEnum::WINDOW.into());
        active.into_iter().find(|window| *window != 0)
    }

    /// The windows of the programs, those that are hidden not counted, oldest first.
    pub fn windows(&self) -> Vec<Window> {
        let all = self.numbers(self.root, "_NET_CLIENT_LIST", AtomEnum::WINDOW.into());
        all.into_iter().filter(|window| self.is_mapped(*window)).collect()
    }

    /// The titles of [`Self::windows`].
    pub fn titles(&self) -> Vec<String> {
        self.windows().into_iter().map(|window| self.title(window)).collect()
    }

    /// The window whose title ends with this, else the first whose title contains it.
    pub fn find(&self, title: &str) -> Option<Window> {
        let all: Vec<_> = self.windows().into_iter().map(|window| (window, self.title(window))).collect();
        let ends = all.iter().find(|(_, has)| has.ends_with(title));
        ends.or_else(|| all.iter().find(|(_, has)| has.contains(title))).map(|(window, _)| *window)
    }

    /// Waits for a window whose title contains this.
    pub fn window(&self, title: &str) -> Window {
        wait::until(&format!("a window with {title:?} in its title"), || self.find(title))
    }

    /// A window's title.
    pub fn title(&self, window: Window) -> String {
        let utf8 = self.atom("UTF8_STRING");
        let mut bytes = self.bytes(window, "_NET_WM_NAME", utf8);
        if bytes.is_empty() {
            // Old programs (xterm) have only this one.
            bytes = self.bytes(window, "WM_NAME", AtomEnum::ANY.into());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Where a window is on the screen.
    pub fn place(&self, window: Window) -> Option<Place> {
        let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
        let origin = self.connection.translate_coordinates(window, self.root, 0, 0).ok()?.reply().ok()?;
        Some(Place { x: origin.dst_x, y: origin.dst_y, width: size.width, height: size.height })
    }

    /// Whether a window asks for a look (`_NET_WM_STATE_DEMANDS_ATTENTION`).
    pub fn wants_a_look(&self, window: Window) -> bool {
        let attention = self.atom("_NET_WM_STATE_DEMANDS_ATTENTION");
        self.numbers(window, "_NET_WM_STATE", AtomEnum::ATOM.into()).contains(&attention)
    }

    /// What a window shows, as the X server has it: to compare with another moment.
    pub fn picture(&self, window: Window) -> Vec<u8> {
        let place = self.place(window).expect("the window is there");
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, window, 0, 0, place.width, place.height, !0)
            .expect("a request")
            .reply();
        image.map(|image| image.data).unwrap_or_default()
    }

    /// A picture of a window, without its frame.
    pub fn shot(&self, window: Window) -> Picture {
        let place = self.place(window).expect("the window is there");
        let pixels = self.picture(window).chunks_exact(4).map(|bgr| [bgr[2], bgr[1], bgr[0]]).collect();
        Picture { width: place.width.into(), height: place.height.into(), pixels }
    }

    fn is_mapped(&self, window: Window) -> bool {
        let attributes =
            self.connection.get_window_attributes(window).ok().and_then(|sent| sent.reply().ok());
        attributes.is_some_and(|attributes| attributes.map_state == MapState::VIEWABLE)
    }

    fn atom(&self, name: &str) -> Atom {
        let sent = self.connection.intern_atom(false, name.as_bytes()).expect("a request");
        sent.reply().expect("the X server answers").atom
    }

    fn numbers(&self, window: Window, name: &str, kind: Atom) -> Vec<u32> {
        let bytes = self.bytes(window, name, kind);
        bytes.chunks_exact(4).map(|four| u32::from_ne_bytes(four.try_into().expect("four bytes"))).collect()
    }

    /// A property; nothing where there is none, or the window is gone.
    fn bytes(&self, window: Window, name: &str, kind: Atom) -> Vec<u8> {
        let sent = self.connection.get_property(false, window, self.atom(name), kind, 0, 1 << 16);
        sent.ok().and_then(|sent| sent.reply().ok()).map(|reply| reply.value).unwrap_or_default()
    }
}
