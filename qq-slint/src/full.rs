//! Whether the window that has the keyboard fills the screen: a film, a game, a talk. X11 only; elsewhere nobody tells, and the
//! default there is not to open windows anyway. (EWMH: `_NET_ACTIVE_WINDOW`, `_NET_WM_STATE_FULLSCREEN`.)

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{AtomEnum, ChangeWindowAttributesAux, ConnectionExt, EventMask, Window};
use x11rb::rust_connection::RustConnection;

use crate::winext;

/// Calls whenever that changes, and at first if it is so already, from a thread that sleeps in between.
pub(crate) fn watch(told: impl Fn(bool) + Send + 'static) {
    if winext::on_wayland() || std::env::var_os("DISPLAY").is_none() {
        return;
    }
    // Where nobody can be asked, or no longer, nothing is known to fill the screen.
    let follow = move || {
        if Screen::connect().and_then(|screen| screen.follow(&told)).is_err() {
            told(false);
        }
    };
    // Without the thread windows open over whatever there is, as where nobody tells.
    let _ = std::thread::Builder::new().name("full-screen".into()).spawn(follow);
}

struct Screen {
    connection: RustConnection,
    root: Window,
    /// `_NET_ACTIVE_WINDOW`, `_NET_WM_STATE`, `_NET_WM_STATE_FULLSCREEN`.
    active: u32,
    state: u32,
    full: u32,
}

impl Screen {
    fn connect() -> Result<Self, Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(None)?;
        let root = connection.setup().roots.get(screen).ok_or("the display has no screen")?.root;
        let atom = |name: &[u8]| -> Result<u32, Box<dyn std::error::Error>> {
            Ok(connection.intern_atom(false, name)?.reply()?.atom)
        };
        let active = atom(b"_NET_ACTIVE_WINDOW")?;
        let (state, full) = (atom(b"_NET_WM_STATE")?, atom(b"_NET_WM_STATE_FULLSCREEN")?);
        Ok(Self { connection, root, active, state, full })
    }

    /// Until the connection ends.
    fn follow(&self, told: &impl Fn(bool)) -> Result<(), Box<dyn std::error::Error>> {
        self.listen(self.root, EventMask::PROPERTY_CHANGE)?;
        let (mut window, mut last) = (0, false);
        loop {
            let now = self.numbers(self.root, self.active, AtomEnum::WINDOW)?.first().copied().unwrap_or(0);
            if now != window {
                self.listen(window, EventMask::NO_EVENT)?;
                self.listen(now, EventMask::PROPERTY_CHANGE)?;
                window = now;
            }
            let full = self.numbers(window, self.state, AtomEnum::ATOM)?.contains(&self.full);
            if full != last {
                told(full);
                last = full;
            }
            self.wait(window)?;
        }
    }

    fn listen(&self, window: Window, mask: EventMask) -> Result<(), ReplyError> {
        if window != 0 {
            let wanted = ChangeWindowAttributesAux::new().event_mask(mask);
            // Of one that is gone already nothing is heard, and nothing is to be.
            self.connection.change_window_attributes(window, &wanted)?.ignore_error();
        }
        Ok(())
    }

    /// A list of numbers that a window carries; empty where there is no such window, or it has none.
    fn numbers(&self, window: Window, name: u32, kind: AtomEnum) -> Result<Vec<u32>, ReplyError> {
        if window == 0 {
            return Ok(Vec::new());
        }
        match self.connection.get_property(false, window, name, kind, 0, 64)?.reply() {
            Ok(property) => Ok(property.value32().map(Iterator::collect).unwrap_or_default()),
            Err(ReplyError::X11Error(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Until another window has the keyboard, or this one another state.
    fn wait(&self, window: Window) -> Result<(), ReplyError> {
        loop {
            if let Event::PropertyNotify(changed) = self.connection.wait_for_event()?
                && ((changed.window, changed.atom) == (self.root, self.active)
                    || (changed.window, changed.atom) == (window, self.state))
            {
                return Ok(());
            }
        }
    }
}
