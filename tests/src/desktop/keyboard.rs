//! A keyboard on Wayland (`zwp_virtual_keyboard_v1`), with the American layout. One keyboard types the whole test: sway 1.7
//! ends when a keyboard goes while an input method listens to it.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use wayland_client::protocol::wl_keyboard::{KeyState, KeymapFormat};
use wayland_client::protocol::{wl_registry, wl_seat};
use wayland_client::{Connection, Dispatch, EventQueue, Proxy, QueueHandle, delegate_noop};
use wayland_protocols_misc::zwp_virtual_keyboard_v1::client::{
    zwp_virtual_keyboard_manager_v1::ZwpVirtualKeyboardManagerV1,
    zwp_virtual_keyboard_v1::ZwpVirtualKeyboardV1,
};

const KEYMAP: &str = r#"xkb_keymap {
    xkb_keycodes { include "evdev+aliases(qwerty)" };
    xkb_types { include "complete" };
    xkb_compat { include "complete" };
    xkb_symbols { include "pc+us" };
};"#;

/// The keys of the American layout without Shift, by the number of the first one in each row (Linux's input-event-codes).
const ROWS: [(u32, &str); 6] = [
    (2, "1234567890-="),
    (16, "qwertyuiop[]\n"),
    (30, "asdfghjkl;'`"),
    (44, "zxcvbnm,./"),
    (57, " "),
    (14, "\u{8}\t"),
];

/// See the module.
#[derive(Debug)]
pub struct Keyboard {
    queue: EventQueue<Found>,
    found: Found,
    keyboard: ZwpVirtualKeyboardV1,
    begun: Instant,
}

/// What the compositor offers.
#[derive(Debug, Default)]
struct Found {
    seat: Option<wl_seat::WlSeat>,
    keyboards: Option<ZwpVirtualKeyboardManagerV1>,
}

impl Keyboard {
    /// Plugs it in at the compositor with this socket.
    pub(super) fn plug_in(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("the compositor listens");
        let connection = Connection::from_socket(stream).expect("a Wayland connection");
        let mut queue = connection.new_event_queue();
        let handle = queue.handle();
        let _registry = connection.display().get_registry(&handle, ());
        let mut found = Found::default();
        queue.roundtrip(&mut found).expect("the compositor answers");
        let (Some(seat), Some(keyboards)) = (&found.seat, &found.keyboards) else {
            panic!("the compositor knows no virtual keyboards")
        };
        let keyboard = keyboards.create_virtual_keyboard(seat, &handle, ());
        let mut keymap = tempfile::tempfile().expect("a temporary file");
        let bytes = [KEYMAP.as_bytes(), &[0]].concat();
        keymap.write_all(&bytes).expect("a keymap is written");
        let size = u32::try_from(bytes.len()).expect("a keymap is small");
        keyboard.keymap(KeymapFormat::XkbV1.into(), keymap.as_fd(), size);
        let mut plugged = Self { queue, found, keyboard, begun: Instant::now() };
        plugged.settle();
        plugged
    }

    /// Types a text of small letters, digits, blanks, line ends and backspaces, `pause` after each letter.
    pub fn write(&mut self, text: &str, pause: Duration) {
        for letter in text.chars() {
            self.tap(code(letter));
            // As fast as somebody types.
            std::thread::park_timeout(pause);
        }
    }

    fn tap(&mut self, code: u32) {
        for state in [KeyState::Pressed, KeyState::Released] {
            let time = u32::try_from(self.begun.elapsed().as_millis()).unwrap_or(u32::MAX);
            self.keyboard.key(time, code, state.into());
        }
        self.settle();
    }

    /// The compositor has taken it.
    fn settle(&mut self) {
        self.queue.roundtrip(&mut self.found).expect("the compositor answers");
    }
}

fn code(letter: char) -> u32 {
    let found = ROWS.iter().find_map(|(first, row)| {
        Some(first + u32::try_from(row.chars().position(|key| key == letter)?).ok()?)
    });
    found.unwrap_or_else(|| panic!("no key for {letter:?}"))
}

impl Dispatch<wl_registry::WlRegistry, ()> for Found {
    fn event(
        found: &mut Self,
        registry: &wl_registry::WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        if let wl_registry::Event::Global { name, interface, .. } = event {
            if interface == wl_seat::WlSeat::interface().name {
                found.seat = Some(registry.bind(name, 1, handle, ()));
            } else if interface == ZwpVirtualKeyboardManagerV1::interface().name {
                found.keyboards = Some(registry.bind(name, 1, handle, ()));
            }
        }
    }
}

delegate_noop!(Found: ignore wl_seat::WlSeat);
delegate_noop!(Found: ZwpVirtualKeyboardManagerV1);
delegate_noop!(Found: ZwpVirtualKeyboardV1);
